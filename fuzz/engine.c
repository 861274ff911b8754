/* SPDX-License-Identifier: MIT */
/* The whole job engine, and a service that sends whatever it likes. Input: lines. A line's first byte says what happens, the
 * rest is a payload (or what stands at `apply`); so topic and state are chosen by the bytes in front. The client token of
 * each request is sixteen zeros, so that an answer can meet it. Whatever comes: no crash, a wake time after now, invariants that
 * hold (jobs_engine_check), requests that are JSON on topics of ours, a handler that is started alone, with a document, and only
 * after the journal has its start, and one cancel callback at a time. */
#include "device/core/jobs/engine.h"

#include "common/json.h"
#include "fuzz/require.h"
#include "tests/fakes/cut_message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOPICS       "$aws/things/lamp/jobs/"
#define EVENTS_MAX   200
#define ATTEMPTS_MAX 3
#define MINUTE_MS    60000u

static struct device {
    struct jobs_engine engine;
    char document[CONFIG_DEVICE_JOBS_DOCUMENT_SIZE];
    uint64_t now_ms;
    char record[JOBS_RECORD_CAP];
    size_t record_len;
    bool fails_saves;
    bool fails_publishes;
    bool wants_reconnect;
    bool is_handler_running;
    bool is_refreshing;
    uint32_t run_id;      /* of the handler that was started last in this boot; 0: none */
    uint32_t callback_id; /* of the run whose cancel callback has not returned; 0: none */
} device;

/* ---- effects */

static void require_ours(const char *topic)
{
    REQUIRE(strlen(topic) < DEVICE_TOPIC_CAP);
    REQUIRE(strncmp(topic, TOPICS, strlen(TOPICS)) == 0);
}

static enum err do_subscribe(void *ctx, enum jobs_subscription id, const char *filter)
{
    (void)ctx;
    REQUIRE(id < JOBS_SUB_COUNT);
    require_ours(filter);
    return device.fails_publishes ? ERR_OFFLINE : ERR_OK;
}

static enum err do_publish(void *ctx, const char *topic, const char *payload, size_t len)
{
    struct json_field token = {.key = "clientToken", .parent = JSON_TOP};
    (void)ctx;
    require_ours(topic);
    REQUIRE(strpbrk(topic, "+#") == NULL);
    REQUIRE(len > 0 && len < JOBS_PAYLOAD_CAP && strlen(payload) == len);
    REQUIRE(json_read((struct slice){payload, len}, &token, 1, NULL) == ERR_OK);
    REQUIRE(token.type == JSON_STRING && token.text.len == JOBS_TOKEN_CAP - 1);
    return device.fails_publishes ? ERR_OFFLINE : ERR_OK;
}

static void do_reconnect(void *ctx, const char *why)
{
    (void)ctx;
    REQUIRE(why[0] != '\0');
    device.wants_reconnect = true;
}

static enum err do_save(void *ctx, const void *record, size_t len)
{
    static struct journal journal;
    static struct jobs_outcome outcome;
    static struct details details;
    (void)ctx;
    REQUIRE(len > 0 && len <= sizeof(device.record));
    REQUIRE(journal_decode((struct slice){record, len}, &journal, &outcome, &details) == JOURNAL_GOOD);
    if (device.fails_saves) {
        return ERR_STORAGE;
    }
    memcpy(device.record, record, len);
    device.record_len = len;
    return ERR_OK;
}

/* G1: a start is in the journal, with its attempt and without a final status, before it happens. */
static void require_journaled(const struct jobs_run *run)
{
    static struct journal journal;
    static struct jobs_outcome outcome;
    static struct details details;
    struct slice record = {device.record, device.record_len};
    REQUIRE(journal_decode(record, &journal, &outcome, &details) == JOURNAL_GOOD);
    REQUIRE(strcmp(journal.started.job_id, run->job_id) == 0);
    REQUIRE(journal.started.execution_number == run->execution_number);
    REQUIRE(journal.attempt == run->attempt && journal.last_run_id == run->run_id);
    REQUIRE(!journal.has_outcome);
}

static void do_start_handler(void *ctx, const struct jobs_run *run)
{
    struct json_field fields[] = {{.key = "action", .parent = JSON_TOP},
                                  {.key = "steps", .parent = JSON_TOP}};
    (void)ctx;
    REQUIRE(!device.is_handler_running);
    REQUIRE(run->run_id != 0 && run->run_id != device.run_id);
    REQUIRE(journal_is_job_id(slice_from(run->job_id)));
    REQUIRE(run->attempt >= 1);
    REQUIRE(run->document_len < sizeof(device.document) && strlen(device.document) == run->document_len);
    REQUIRE(json_read((struct slice){device.document, run->document_len}, fields, 2, NULL) == ERR_OK);
    REQUIRE(fields[0].type == JSON_STRING ||
            (fields[0].type == JSON_ABSENT && fields[1].type != JSON_ABSENT));
    if (!run->is_resumed) { /* else it was started before this boot, or the journal was lost since */
        REQUIRE(run->attempt <= (run->user == NULL ? 1 : ATTEMPTS_MAX));
        require_journaled(run);
    }
    device.is_handler_running = true;
    device.run_id = run->run_id;
}

static void do_cancel_handler(void *ctx, uint32_t run_id, void *user)
{
    (void)ctx;
    REQUIRE(run_id != 0 && device.callback_id == 0);
    REQUIRE(user == NULL || user == &device);
    device.callback_id = run_id;
}

static void do_refreshed(void *ctx, uint32_t run_id, bool is_fresh)
{
    (void)ctx;
    REQUIRE(device.is_refreshing && run_id == device.run_id);
    REQUIRE(!is_fresh || strlen(device.document) == device.engine.execution.document_len);
    device.is_refreshing = false;
}

static void do_restart(void *ctx, const char *why)
{
    (void)ctx;
    REQUIRE(why[0] != '\0' && (device.is_handler_running || device.callback_id != 0));
}

static uint32_t do_random(void *ctx)
{
    (void)ctx;
    return 0;
}

static void do_log(void *ctx, enum log_level level, const char *text)
{
    (void)ctx, (void)level;
    REQUIRE(strlen(text) <
            sizeof(union jobs_scratch)); /* the statement that a policy lacks makes the longest line */
}

/* ---- events */

static void boot(void)
{
    static const struct jobs_action actions[] = {
        {.name = "fail", .max_attempts = 1, .has_cancel = true, .timeout_min = 1, .deadline_s = 600},
        {.name = "rerun",
         .max_attempts = ATTEMPTS_MAX,
         .on_interrupted = JOBS_INTERRUPTED_RERUN,
         .user = &device},
        {.name = "wait",
         .max_attempts = 1,
         .has_cancel = true,
         .on_interrupted = JOBS_INTERRUPTED_WAIT,
         .deadline_s = 60},
        {.name = "resume",
         .max_attempts = 1,
         .has_cancel = true,
         .has_resume = true,
         .on_interrupted = JOBS_INTERRUPTED_WAIT},
        {.name = "steps",
         .is_member = true,
         .max_attempts = 1,
         .has_cancel = true,
         .on_stuck = JOBS_STUCK_LEAVE,
         .deadline_s = 90},
        {.name = "restart", .max_attempts = 1, .on_interrupted = JOBS_INTERRUPTED_SUCCEED},
    };
    struct jobs_engine_config config = {
        .thing_name = "lamp",
        .io = {NULL, do_subscribe, do_publish, do_reconnect, do_save, do_start_handler, do_cancel_handler,
               do_refreshed, do_restart, do_random, do_log},
    };

    memset(&device.engine, 0xA5, sizeof(device.engine));
    device.is_handler_running = device.wants_reconnect = device.is_refreshing = false;
    device.run_id = device.callback_id = 0;
    jobs_engine_init(&device.engine, &config, (struct slice){device.record, device.record_len},
                     device.now_ms);
    jobs_engine_started(&device.engine, device.now_ms);
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        REQUIRE(jobs_engine_register(&device.engine, &actions[i], device.now_ms) == ERR_OK);
    }
}

static void connect_all(void)
{
    jobs_engine_connected(&device.engine, device.now_ms);
    for (unsigned id = 0; id < JOBS_SUB_COUNT; id++) {
        jobs_engine_subscribed(&device.engine, (enum jobs_subscription)id, true, device.now_ms);
    }
}

/* A copy of exact size: the address sanitizer sees the first byte read too far. */
static void receive(struct slice topic, struct slice payload)
{
    char *topic_copy = malloc(topic.len + 1);
    REQUIRE(topic_copy != NULL);
    memcpy(topic_copy, topic.ptr, topic.len);
    hand_message(&device.engine, (struct slice){topic_copy, topic.len}, payload, device.document,
                 device.now_ms);
    free(topic_copy);
}

/* Of the execution in hand, as an honest service would; "" and "$next" are a hostile one's. */
static void answer(const char *operation, struct slice payload)
{
    char topic[DEVICE_TOPIC_CAP];
    snprintf(topic, sizeof(topic), "%s%s/%s", TOPICS, device.engine.execution.identity.job_id, operation);
    receive(slice_from(topic), payload);
}

static enum jobs_status read_status(struct slice *rest)
{
    unsigned digit = rest->len > 0 ? (unsigned char)rest->ptr[0] - (unsigned)'0' : 0;
    if (rest->len > 0) {
        *rest = (struct slice){rest->ptr + 1, rest->len - 1};
    }
    return (enum jobs_status)(digit <= JOBS_STATUS_COUNT ? digit : JOBS_STATUS_FAILED);
}

/* A status digit, then the value of a detail, which is also the message. */
static void report(bool by_id, struct slice rest)
{
    static char job_id[DEVICE_JOB_ID_CAP];
    static struct details details;
    struct jobs_report report = {.status = read_status(&rest), .run_id = by_id ? 0 : device.run_id};
    char text[2048];
    size_t len = rest.len < sizeof(text) - 1 ? rest.len : sizeof(text) - 1;

    if (len > 0) {
        memcpy(text, rest.ptr, len);
    }
    text[len] = '\0';
    if (by_id) {
        memcpy(job_id, device.engine.execution.identity.job_id, sizeof(job_id));
        report.job_id = job_id;
    }
    report.progress_percent = len % 2 == 0 ? (int)(len % 128) : -1;
    report.message = text;
    details_clear(&details);
    details_add(&details, "note", text);
    details_add(&details, text, "by its own name");
    report.details = len % 3 == 0 ? NULL : &details;
    jobs_engine_report(&device.engine, &report, device.now_ms);
    jobs_engine_check(&device.engine);
    jobs_engine_answered(&device.engine, device.now_ms);
}

static void handler_returns(struct slice rest)
{
    if (!device.is_handler_running) {
        return;
    }
    device.is_handler_running = false;
    jobs_engine_handler_returned(&device.engine, device.run_id, read_status(&rest), device.now_ms);
}

static void callback_returns(void)
{
    uint32_t run_id = device.callback_id;
    device.callback_id = 0;
    jobs_engine_cancel_returned(&device.engine, run_id, device.now_ms);
}

static void refresh(void)
{
    enum err err = jobs_engine_refresh(&device.engine, device.run_id, device.now_ms);
    if (err == ERR_OK) {
        REQUIRE(device.is_handler_running && !device.is_refreshing);
        device.is_refreshing = true;
    }
}

static void drop_refresh(void)
{
    device.is_refreshing = false;
    jobs_engine_drop_refresh(&device.engine, device.now_ms);
}

/* The payload of an answer whose document did not fit. */
static void oversized(const char *tail, struct slice rest)
{
    char topic[DEVICE_TOPIC_CAP];
    struct slice document = {NULL, CONFIG_DEVICE_JOBS_DOCUMENT_SIZE + rest.len};
    snprintf(topic, sizeof(topic), "%s%s", TOPICS, tail);
    jobs_engine_message(&device.engine, slice_from(topic), rest, document, device.now_ms);
}

static void wake(void)
{
    uint64_t wake_ms = jobs_engine_wake_at_ms(&device.engine);
    if (wake_ms != UINT64_MAX) {
        device.now_ms = wake_ms;
    }
    jobs_engine_tick(&device.engine, device.now_ms);
}

/* A refused or missing SUBACK of one of the four. */
static void subscribe_badly(struct slice rest)
{
    unsigned id = rest.len > 0 ? (unsigned char)rest.ptr[0] % (JOBS_SUB_COUNT + 1) : 0;
    jobs_engine_connected(&device.engine, device.now_ms);
    jobs_engine_subscribed(&device.engine, (enum jobs_subscription)id, rest.len % 2 == 0, device.now_ms);
}

static void notice(const char *tail, struct slice payload)
{
    char topic[DEVICE_TOPIC_CAP];
    snprintf(topic, sizeof(topic), "%s%s", TOPICS, tail);
    receive(slice_from(topic), payload);
}

static void free_topic(struct slice rest)
{
    struct slice topic = slice_cut(&rest, ' ');
    receive(topic, rest.ptr != NULL ? rest : SLICE_EMPTY);
}

static void tell_engine(char what, struct slice rest)
{
    switch (what) {
    case 'N':
        notice("$next/get/accepted", rest);
        break;
    case 'n':
        notice("$next/get/rejected", rest);
        break;
    case 'D':
        answer("get/accepted", rest);
        break;
    case 'd':
        answer("get/rejected", rest);
        break;
    case 'U':
        answer("update/accepted", rest);
        break;
    case 'u':
        answer("update/rejected", rest);
        break;
    case 'I':
        notice("notify", rest);
        break;
    case 'i':
        notice("notify-next", rest);
        break;
    case '$':
        free_topic(rest);
        break;
    case 'O':
        oversized("$next/get/accepted", rest);
        break;
    case 'Q':
        oversized("notify-next", rest);
        break;
    case 'o':
        notice("notify", SLICE_EMPTY);
        break;
    case 'Z':
        jobs_engine_resync(&device.engine, device.now_ms);
        break;
    default:
        break;
    }
}

static void happen(char what, struct slice rest)
{
    switch (what) {
    case 'C':
        connect_all();
        break;
    case 'c':
        subscribe_badly(rest);
        break;
    case 'X':
        jobs_engine_disconnected(&device.engine, rest.len % 2 != 0, device.now_ms);
        break;
    case 'K':
        callback_returns();
        break;
    case 'F':
        refresh();
        break;
    case 'f':
        drop_refresh();
        break;
    case 'B': /* the power goes and comes */
        boot();
        break;
    case 'W':
        wake();
        break;
    case 'T':
        device.now_ms += (rest.len + 1) * MINUTE_MS;
        jobs_engine_tick(&device.engine, device.now_ms);
        break;
    case 'R':
        report(false, rest);
        break;
    case 'r':
        report(true, rest);
        break;
    case 'H':
        handler_returns(rest);
        break;
    case 'S':
        device.fails_saves = !device.fails_saves;
        break;
    case 'P':
        device.fails_publishes = !device.fails_publishes;
        break;
    default:
        tell_engine(what, rest);
    }
}

static void check_engine(void)
{
    const struct jobs_engine *e = &device.engine;
    const struct jobs_execution *x = &e->execution;
    jobs_engine_check(e);
    REQUIRE(jobs_engine_wake_at_ms(e) > device.now_ms);
    REQUIRE(jobs_states_in(x, JOBS_HANDLER_OUT) == device.is_handler_running);
    REQUIRE(x->out.run_id == device.callback_id);
    REQUIRE(x->is_refreshing == device.is_refreshing);
    REQUIRE(x->details.len < DETAILS_TEXT_CAP && strlen(x->details.text) == x->details.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {(const char *)data, size};
    device.now_ms = 1000;
    device.record_len = 0;
    device.fails_saves = device.fails_publishes = false;
    boot();
    for (int events = 0; events < EVENTS_MAX && input.ptr != NULL && input.len > 0; events++) {
        struct slice line = slice_cut(&input, '\n');
        if (line.len == 0) {
            continue;
        }
        happen(line.ptr[0], (struct slice){line.ptr + 1, line.len - 1});
        if (device.wants_reconnect) {
            device.wants_reconnect = false;
            jobs_engine_disconnected(&device.engine, true, device.now_ms);
        }
        check_engine();
    }
    return 0;
}
