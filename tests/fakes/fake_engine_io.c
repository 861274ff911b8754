/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/json.h"
#include "fakes/cut_message.h"
#include "fakes/fake_engine_io.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[] = {"SUBSCRIBE", "PUBLISH", "RECONNECT", "SAVE",
                                         "START",     "CANCEL",  "REFRESHED", "RESTART"};

static struct fake_effect *note(struct fake_engine *f, enum fake_kind kind, const char *text)
{
    assert_true(f->effect_count < FAKE_EFFECTS);
    struct fake_effect *effect = &f->effects[f->effect_count++];
    memset(effect, 0, sizeof(*effect));
    effect->kind = kind;
    assert_true(strlen(text) < FAKE_TEXT_CAP);
    snprintf(effect->text, sizeof effect->text, "%s", text);
    return effect;
}

static bool is_dead(const struct fake_engine *f)
{
    return f->cut_after > 0 && f->effect_count >= f->cut_after;
}

static void set_tail(struct fake_effect *effect, const char *topic)
{
    assert_int_equal(strncmp(topic, FAKE_PREFIX, strlen(FAKE_PREFIX)), 0);
    snprintf(effect->topic, sizeof effect->topic, "%s", topic + strlen(FAKE_PREFIX));
}

static enum err do_subscribe(void *ctx, enum jobs_subscription id, const char *filter)
{
    struct fake_engine *f = ctx;
    char text[16];

    if (f->fail_subscribe) {
        return ERR_OFFLINE;
    }
    snprintf(text, sizeof text, "%d", (int)id);
    set_tail(note(f, FAKE_SUBSCRIBE, text), filter);
    return ERR_OK;
}

/* Cuts the token out of the text, and checks it. */
static void take_token(struct fake_engine *f, struct fake_effect *effect)
{
    static const char key[] = "\"clientToken\":\"";
    char *at = strstr(effect->text, key);
    assert_non_null(at);
    at += strlen(key);
    assert_int_equal(strspn(at, "0123456789abcdef"), JOBS_TOKEN_CAP - 1);
    assert_int_equal(at[JOBS_TOKEN_CAP - 1], '"');
    memcpy(effect->token, at, JOBS_TOKEN_CAP - 1);
    memmove(at + 1, at + JOBS_TOKEN_CAP - 1, strlen(at + JOBS_TOKEN_CAP - 1) + 1);
    *at = 'T';
    for (size_t i = 1; i <= 50 && i < f->effect_count; i++) {
        assert_true(memcmp(effect[-(ptrdiff_t)i].token, effect->token, JOBS_TOKEN_CAP) != 0);
    }
}

static enum err do_publish(void *ctx, const char *topic, const char *payload, size_t len)
{
    struct fake_engine *f = ctx;

    if (is_dead(f)) {
        return ERR_OK;
    }
    assert_int_equal(strlen(payload), len);
    assert_true(strlen(topic) < DEVICE_TOPIC_CAP);
    if (f->fail_publishes > 0) {
        f->fail_publishes--;
        return ERR_OFFLINE;
    }
    struct fake_effect *effect = note(f, FAKE_PUBLISH, payload);
    set_tail(effect, topic);
    take_token(f, effect);
    return ERR_OK;
}

static void do_reconnect(void *ctx, const char *why)
{
    note(ctx, FAKE_RECONNECT, why);
}

static enum err do_save(void *ctx, const void *record, size_t len)
{
    struct fake_engine *f = ctx;

    if (is_dead(f)) {
        return ERR_OK;
    }
    f->saves++;
    if (f->fail_save_at == UINT_MAX || f->saves == f->fail_save_at) {
        f->failed_saves++;
        return ERR_STORAGE;
    }
    assert_true(len > 0 && len <= sizeof(f->record));
    memcpy(f->record, record, len);
    f->record_len = len;
    note(f, FAKE_SAVE, "");
    return ERR_OK;
}

static void do_start_handler(void *ctx, const struct jobs_run *run)
{
    struct fake_engine *f = ctx;

    if (is_dead(f)) {
        return;
    }
    struct fake_effect *effect = note(f, FAKE_START, run->job_id);
    effect->run_id = run->run_id;
    effect->user = run->user;
    assert_int_equal(strlen(f->document), run->document_len);
    assert_true(run->run_id != 0);
    f->run = *run;
    memcpy(f->run_document, f->document, run->document_len + 1);
    f->starts += !run->is_resumed;
}

static void do_cancel_handler(void *ctx, uint32_t run_id, void *user)
{
    struct fake_engine *f = ctx;
    if (is_dead(f)) {
        return;
    }
    struct fake_effect *effect = note(f, FAKE_CANCEL, "");
    effect->run_id = run_id;
    effect->user = user;
    f->cancelled_run = run_id;
}

static void do_refreshed(void *ctx, uint32_t run_id, bool is_fresh)
{
    struct fake_engine *f = ctx;
    if (!is_dead(f)) {
        note(f, FAKE_REFRESHED, is_fresh ? "fresh" : "stale")->run_id = run_id;
    }
}

static void do_restart(void *ctx, const char *why)
{
    struct fake_engine *f = ctx;
    if (!is_dead(f)) {
        note(f, FAKE_RESTART, why);
    }
}

static uint32_t do_random(void *ctx)
{
    struct fake_engine *f = ctx;
    f->random = f->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(f->random >> 32);
}

static void do_log(void *ctx, enum log_level level, const char *text)
{
    struct fake_engine *f = ctx;
    size_t len = strlen(f->log);
    (void)level;
    snprintf(f->log + len, sizeof f->log - len, "%s\n", text);
}

void fake_check(const struct fake_engine *f)
{
    jobs_engine_check(&f->engine);
}

struct fake_engine *fake_new(void)
{
    struct fake_engine *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->now_ms = 1000;
    f->random = 42;
    return f;
}

void fake_free(struct fake_engine *f)
{
    free(f);
}

void fake_boot(struct fake_engine *f)
{
    struct jobs_engine_config config = {
        .thing_name = FAKE_THING,
        .io =
            {
                .ctx = f,
                .subscribe = do_subscribe,
                .publish = do_publish,
                .reconnect = do_reconnect,
                .save = do_save,
                .start_handler = do_start_handler,
                .cancel_handler = do_cancel_handler,
                .refreshed = do_refreshed,
                .restart = do_restart,
                .random = do_random,
                .log = do_log,
            },
    };

    f->cut_after = 0;
    memset(&f->engine, 0xA5, sizeof f->engine);
    memset(f->document, 0xA5, sizeof f->document);
    jobs_engine_init(&f->engine, &config, (struct slice){f->record, f->record_len}, f->now_ms);
    jobs_engine_started(&f->engine, f->now_ms);
    fake_check(f);
    f->seen = f->effect_count;
}

void fake_register_action(struct fake_engine *f, const struct jobs_action *action)
{
    assert_int_equal(jobs_engine_register(&f->engine, action, f->now_ms), ERR_OK);
    fake_check(f);
}

void fake_register(struct fake_engine *f, const char *name)
{
    fake_register_action(f, &(struct jobs_action){.name = name, .max_attempts = 1, .has_cancel = true});
}

static void expect_subscribe(struct fake_engine *f, const char *filter)
{
    size_t at = f->seen;
    unsigned publishes = 0;

    while (at < f->effect_count && (f->effects[at].kind != FAKE_SUBSCRIBE || f->effects[at].is_looked_at)) {
        publishes += f->effects[at].kind == FAKE_PUBLISH;
        at++;
    }
    if (at == f->effect_count) {
        fail_msg("no SUBSCRIBE %s", filter);
    }
    assert_string_equal(f->effects[at].topic, filter);
    f->effects[at].is_looked_at = true;
    for (at++; at < f->effect_count; at++) {
        assert_true(f->effects[at].kind != FAKE_SUBSCRIBE); /* one at a time */
    }
    if (f->engine.exchange.requests[JOBS_REQUEST_NEXT].failures == 0 && jobs_engine_is_idle(&f->engine)) {
        assert_true(publishes > 0); /* the first question was before it */
    }
}

void fake_connect(struct fake_engine *f)
{
    static const char *const filters[] = {"notify-next", "notify", "+/get/+", "+/update/+"};

    fake_expect_quiet(f);
    jobs_engine_connected(&f->engine, f->now_ms);
    fake_check(f);
    for (int id = 0; id < JOBS_SUB_COUNT; id++) {
        expect_subscribe(f, filters[id]);
        fake_subscribed(f, (enum jobs_subscription)id, true);
    }
}

void fake_disconnect(struct fake_engine *f)
{
    jobs_engine_disconnected(&f->engine, false, f->now_ms);
    fake_check(f);
}

void fake_subscribed(struct fake_engine *f, enum jobs_subscription id, bool is_granted)
{
    jobs_engine_subscribed(&f->engine, id, is_granted, f->now_ms);
    fake_check(f);
}

void fake_expect_idle(struct fake_engine *f)
{
    for (int i = 0; i < 2; i++) {
        fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
        fake_accept(f, "$next/get", "");
    }
    fake_expect_quiet(f);
}

struct fake_engine *fake_ready(void)
{
    struct fake_engine *f = fake_new();
    fake_boot(f);
    fake_register(f, "blink");
    fake_connect(f);
    return f;
}

struct fake_engine *fake_running(void)
{
    struct fake_engine *f = fake_ready();
    fake_expect_publish_to(f, "$next/get");
    fake_accept(f, "$next/get", fake_execution("j1", 1, "QUEUED", "{\"action\":\"blink\"}"));
    fake_expect_publish_to(f, "j1/update");
    fake_accept(f, "j1/update", "");
    fake_expect(f, FAKE_START, "j1");
    return f;
}

static struct fake_effect *next_effect(struct fake_engine *f, enum fake_kind kind, const char *what)
{
    while (f->seen < f->effect_count && ((f->effects[f->seen].kind == FAKE_SAVE && kind != FAKE_SAVE) ||
                                         f->effects[f->seen].is_looked_at)) {
        f->seen++;
    }
    if (f->seen == f->effect_count) {
        fail_msg("nothing happened, expected %s %s", kind_names[kind], what);
    }
    struct fake_effect *effect = &f->effects[f->seen++];
    if (effect->kind != kind) {
        fail_msg("%s %s %s, expected %s %s", kind_names[effect->kind], effect->topic, effect->text,
                 kind_names[kind], what);
    }
    return effect;
}

const char *fake_expect_publish_to(struct fake_engine *f, const char *tail)
{
    struct fake_effect *effect = next_effect(f, FAKE_PUBLISH, tail);
    assert_string_equal(effect->topic, tail);
    return effect->text;
}

void fake_expect_publish(struct fake_engine *f, const char *tail, const char *payload)
{
    assert_string_equal(fake_expect_publish_to(f, tail), payload);
}

void fake_expect_next_soon(struct fake_engine *f)
{
    uint64_t before_ms = f->now_ms;

    fake_expect_quiet(f);
    fake_wake(f);
    assert_int_equal(f->now_ms - before_ms, FAKE_HINT_MS);
    fake_expect_publish(f, "$next/get", "{\"clientToken\":\"T\"}");
}

void fake_expect_publish_later(struct fake_engine *f, const char *tail)
{
    uint64_t before_ms = f->now_ms;

    fake_expect_quiet(f);
    fake_wake(f);
    assert_in_range(f->now_ms - before_ms, 1, FAKE_CLAIM_PAUSE_MS);
    fake_expect_publish_to(f, tail);
}

void fake_expect(struct fake_engine *f, enum fake_kind kind, const char *text)
{
    struct fake_effect *effect = next_effect(f, kind, text);
    if (text[0] != '\0') {
        assert_string_equal(effect->text, text);
    }
}

void fake_expect_quiet(struct fake_engine *f)
{
    for (; f->seen < f->effect_count; f->seen++) {
        struct fake_effect *effect = &f->effects[f->seen];
        if (effect->kind != FAKE_SAVE && !effect->is_looked_at) {
            fail_msg("%s %s %s, expected nothing", kind_names[effect->kind], effect->topic, effect->text);
        }
    }
}

static char *make_topic(const char *tail, size_t *len)
{
    *len = strlen(FAKE_PREFIX) + strlen(tail);
    char *topic = malloc(*len + 1);
    assert_non_null(topic);
    snprintf(topic, *len + 1, "%s%s", FAKE_PREFIX, tail);
    topic = realloc(topic, *len); /* without a NUL, see cut_message.h */
    assert_non_null(topic);
    return topic;
}

/* What the service has sent, it sends once more with the answer to a claim. */
static void note_offer(struct fake_engine *f, const char *tail, const char *payload)
{
    struct json_field fields[] = {{.key = "execution", .parent = JSON_TOP},
                                  {.key = "jobDocument", .parent = 0}};

    if (strcmp(tail, "$next/get/accepted") != 0 && strcmp(tail, "notify-next") != 0) {
        return;
    }
    if (json_read(slice_from(payload), fields, 2, NULL) == ERR_OK && fields[1].type != JSON_ABSENT) {
        assert_int_equal(slice_copy(fields[1].text, f->offered, sizeof f->offered), ERR_OK);
    }
}

void fake_message(struct fake_engine *f, const char *tail, const char *payload)
{
    size_t topic_len;
    char *topic = make_topic(tail, &topic_len);

    note_offer(f, tail, payload);
    hand_message(&f->engine, (struct slice){topic, topic_len}, slice_from(payload), f->document, f->now_ms);
    fake_check(f);
    free(topic);
}

void fake_message_oversized(struct fake_engine *f, const char *tail, const char *payload, size_t document_len)
{
    size_t topic_len;
    char *topic = make_topic(tail, &topic_len);

    jobs_engine_message(&f->engine, (struct slice){topic, topic_len}, slice_from(payload),
                        (struct slice){NULL, document_len}, f->now_ms);
    fake_check(f);
    free(topic);
}

static const struct fake_effect *last_request(struct fake_engine *f, const char *tail)
{
    for (size_t i = f->effect_count; i > 0; i--) {
        if (f->effects[i - 1].kind == FAKE_PUBLISH && strcmp(f->effects[i - 1].topic, tail) == 0) {
            return &f->effects[i - 1];
        }
    }
    fail_msg("no request on %s", tail);
    return NULL;
}

static void answer(struct fake_engine *f, const char *tail, const char *end, const char *first,
                   const char *members)
{
    const struct fake_effect *request = last_request(f, tail);
    bool adds_document = strcmp(end, "accepted") == 0 && !f->withholds_document && f->offered[0] != '\0' &&
                         strstr(request->text, "\"includeJobDocument\":true") != NULL &&
                         strstr(members, "\"jobDocument\"") == NULL;
    char topic[DEVICE_TOPIC_CAP];
    size_t cap = strlen(members) + sizeof f->offered + 512;
    char *payload = malloc(cap);

    assert_non_null(payload);
    snprintf(topic, sizeof topic, "%s/%s", tail, end);
    snprintf(payload, cap, "{\"clientToken\":\"%s\",\"timestamp\":%d%s%s%s%s%s}", request->token, FAKE_TIME_S,
             first, members[0] != '\0' ? "," : "", members, adds_document ? ",\"jobDocument\":" : "",
             adds_document ? f->offered : "");
    fake_message(f, topic, payload);
    free(payload);
}

void fake_accept(struct fake_engine *f, const char *tail, const char *members)
{
    answer(f, tail, "accepted", "", members);
}

void fake_reject(struct fake_engine *f, const char *tail, const char *code, const char *members)
{
    char first[128];
    snprintf(first, sizeof first, ",\"code\":\"%s\",\"message\":\"no\"", code);
    answer(f, tail, "rejected", first, members);
}

const char *fake_execution(const char *job_id, int64_t number, const char *status, const char *document)
{
    static char text[40000];
    int len =
        snprintf(text, sizeof text,
                 "\"execution\":{\"jobId\":\"%s\",\"status\":\"%s\",\"queuedAt\":%d,\"lastUpdatedAt\":%d,"
                 "\"versionNumber\":1,\"executionNumber\":%lld",
                 job_id, status, FAKE_QUEUED_S, FAKE_QUEUED_S, (long long)number);
    if (document != NULL) {
        len += snprintf(text + len, sizeof text - (size_t)len, ",\"jobDocument\":%s", document);
    }
    snprintf(text + len, sizeof text - (size_t)len, "}");
    assert_true(strlen(text) + 1 < sizeof text);
    return text;
}

void fake_expect_seen(struct fake_engine *f, const char *job_id)
{
    char tail[DEVICE_TOPIC_CAP];
    snprintf(tail, sizeof tail, "%s/get", job_id);
    fake_expect_publish(f, tail,
                        "{\"executionNumber\":1,\"includeJobDocument\":false,\"clientToken\":\"T\"}");
    fake_accept(f, tail, fake_execution(job_id, 1, "IN_PROGRESS", NULL));
}

void fake_return(struct fake_engine *f, enum jobs_status status)
{
    jobs_engine_handler_returned(&f->engine, f->run.run_id, status, f->now_ms);
    fake_check(f);
}

void fake_return_cancel(struct fake_engine *f)
{
    jobs_engine_cancel_returned(&f->engine, f->cancelled_run, f->now_ms);
    fake_check(f);
}

enum err fake_refresh(struct fake_engine *f)
{
    enum err err = jobs_engine_refresh(&f->engine, f->run.run_id, f->now_ms);
    fake_check(f);
    return err;
}

enum err fake_report_whole(struct fake_engine *f, const struct jobs_report *report)
{
    enum err err = jobs_engine_report(&f->engine, report, f->now_ms);
    fake_check(f);
    jobs_engine_answered(&f->engine, f->now_ms);
    fake_check(f);
    return err;
}

enum err fake_report(struct fake_engine *f, const char *job_id, enum jobs_status status)
{
    return fake_report_whole(
        f, &(struct jobs_report){.job_id = job_id, .status = status, .progress_percent = -1});
}

enum err fake_report_run(struct fake_engine *f, uint32_t run_id, enum jobs_status status)
{
    return fake_report_whole(
        f, &(struct jobs_report){.run_id = run_id, .status = status, .progress_percent = -1});
}

static void tick_at(struct fake_engine *f, uint64_t when)
{
    uint64_t wake_ms = jobs_engine_wake_at_ms(&f->engine);
    size_t effects = f->effect_count;
    size_t log_len = strlen(f->log);

    assert_true(wake_ms > f->now_ms); /* else the last event left something undone: a busy loop */
    if (when - 1 > f->now_ms) {
        jobs_engine_tick(&f->engine, when - 1);
        fake_check(f);
        assert_int_equal(f->effect_count, effects);
        assert_int_equal(strlen(f->log), log_len);
        assert_true(jobs_engine_wake_at_ms(&f->engine) == wake_ms);
    }
    f->now_ms = when;
    jobs_engine_tick(&f->engine, when);
    fake_check(f);
    assert_true(jobs_engine_wake_at_ms(&f->engine) > f->now_ms);
}

void fake_wake(struct fake_engine *f)
{
    uint64_t wake_ms = jobs_engine_wake_at_ms(&f->engine);
    assert_true(wake_ms != UINT64_MAX);
    tick_at(f, wake_ms);
}

void fake_pass(struct fake_engine *f, uint64_t ms)
{
    uint64_t end = f->now_ms + ms;
    while (jobs_engine_wake_at_ms(&f->engine) <= end) {
        fake_wake(f);
    }
    f->now_ms = end;
}

unsigned fake_count(const struct fake_engine *f, enum fake_kind kind, const char *topic)
{
    unsigned count = 0;
    for (size_t i = 0; i < f->effect_count; i++) {
        count += f->effects[i].kind == kind && (topic == NULL || strcmp(f->effects[i].topic, topic) == 0);
    }
    return count;
}
