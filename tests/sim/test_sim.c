/* SPDX-License-Identifier: MIT */
/* The device's engine against iot-local's own service core, in one process, under a virtual clock: the real device/core and
 * the real cloud/core over SQLite in memory, and between them a network and a power supply that do their worst. Messages
 * are lost, doubled, delayed and reordered; connections and power go at any effect; puts fail; operators cancel, delete,
 * force and create the same id again; executions time out and are retried; notifications are lost for whole rounds. Then
 * it is quiet, and everything must come to its end. G1 to G5.
 *
 * SIM_SEED replays one world, SIM_WORLDS runs more than the short form. */
// LINK: fake_engine_io device_core cloud_mqtt_plane jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/mqtt/device_plane.h"
#include "fakes/core_fixture.h"
#include "fakes/fake_engine_io.h"
#include "sim/totals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORLDS     300
#define STEPS      250
#define JOBS_MAX   8
#define LEDGER_MAX 128
#define IN_AIR     64
#define TEXT_CAP   2048

static const struct jobs_action actions[] = {
    {.name = "once", .max_attempts = 1, .deadline_s = 600},
    {.name = "again", .max_attempts = 3, .deadline_s = 600, .on_interrupted = JOBS_INTERRUPTED_RERUN},
    {.name = "later", .max_attempts = 1, .deadline_s = 600, .on_interrupted = JOBS_INTERRUPTED_WAIT},
    {.name = "steps", .max_attempts = 2, .deadline_s = 300, .timeout_min = 2},
};
#define ACTIONS (sizeof actions / sizeof actions[0])

/* What the device did for one execution, as an outside observer writes it down. */
struct entry {
    char job_id[CORE_JOB_ID_CAP];
    int64_t number, queued_at_s;
    unsigned starts, max_attempts;
    const char *confirmed; /* the final status that the engine has confirmed to the application */
    bool has_reported;     /* the application has reported a final status, confirmed or not */
    bool is_told;          /* the handler was told to end */
};

struct message {
    char topic[DEVICE_TOPIC_CAP];
    char text[TEXT_CAP];
    bool to_device;
    unsigned connection;
};

struct world {
    struct fake_engine *f;
    struct fixture fx;
    uint64_t random;
    struct entry ledger[LEDGER_MAX];
    size_t entry_count;
    size_t job_count;
    struct message air[IN_AIR];
    size_t air_count;
    unsigned connection;
    bool is_connected, is_handler_running, is_calm, is_deaf;
    struct entry *running; /* of the last start on this boot */
};

static uint32_t dice(struct world *w, uint32_t sides)
{
    w->random = w->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(w->random >> 33) % sides;
}

/* ---- the service */

static struct core *service(struct world *w)
{
    w->fx.now_ms = FIXTURE_START_MS + (int64_t)w->f->now_ms;
    assert_true(core_begin(w->fx.core));
    return w->fx.core;
}

static void send_to_device(struct world *w, const char *topic, const char *text, size_t len)
{
    if (w->air_count == IN_AIR || len >= TEXT_CAP)
        return; /* lost */
    struct message *m = &w->air[w->air_count++];
    *m = (struct message){.to_device = true, .connection = w->connection};
    snprintf(m->topic, sizeof m->topic, "%s", topic);
    memcpy(m->text, text, len);
}

/* Every line of fx.heard is "lamp/notify {...}". */
static void take_notices(struct world *w)
{
    char *line = w->fx.heard;
    while (line && *line) {
        char *end = strchr(line, '\n');
        char *blank = strchr(line, ' ');
        *blank = '\0';
        if (!w->is_deaf)
            send_to_device(w, line + strlen(FAKE_THING "/"), blank + 1, (size_t)(end - blank - 1));
        line = end + 1;
    }
    free(w->fx.heard);
    w->fx.heard = NULL;
    w->fx.heard_len = 0;
}

static void done(struct world *w)
{
    assert_true(core_commit(w->fx.core));
    core_publish_outbox(w->fx.core);
    take_notices(w);
    core_error_clear(&w->fx.error);
}

static void serve(struct world *w, const struct message *request)
{
    char topic[sizeof FAKE_PREFIX + DEVICE_TOPIC_CAP];
    struct device_answer answer;
    snprintf(topic, sizeof topic, FAKE_PREFIX "%s", request->topic);
    device_plane_handle(service(w), slice_from(topic), slice_from(request->text), &answer);
    assert_true(core_commit(w->fx.core));
    assert_non_null(answer.topic);
    if (request->connection == w->connection)
        send_to_device(w, answer.topic + strlen(FAKE_PREFIX), answer.payload, answer.payload_len);
    device_answer_clear(&answer);
    core_publish_outbox(w->fx.core);
    take_notices(w);
}

static void create_job(struct world *w, size_t index)
{
    static const char *const bad[] = {"{\"no\":1}", "{\"action\":7}", "{\"action\":\"nobody\"}", "[]"};
    char id[16], document[80];
    snprintf(id, sizeof id, "k%zu", index);
    snprintf(document, sizeof document, "{\"action\":\"%s\"}", actions[dice(w, ACTIONS)].name);
    const char *target = FIXTURE_ARN("thing", FAKE_THING);
    struct job_create create = {
        .job_id = id,
        .targets = &target,
        .target_count = 1,
        .document = slice_from(dice(w, 8) == 0 ? bad[dice(w, 4)] : document),
        .in_progress_timeout_min = dice(w, 4) == 0 ? 20 : 0,
        .retries = {{.failure_type = "FAILED", .retries = dice(w, 3)}},
        .retry_count = 1,
    };
    struct job job;
    if (jobs_create(service(w), &create, &job, &w->fx.error) == CORE_OK)
        job_clear(&job);
    done(w);
}

static void count_pending(void *ctx, const struct execution *execution)
{
    (void)execution;
    ++*(unsigned *)ctx;
}

static unsigned pending(struct world *w)
{
    unsigned number = 0;
    executions_pending(service(w), FAKE_THING, count_pending, &number, &w->fx.error);
    done(w);
    return number;
}

/* ---- the device */

static struct entry *entry_of_run(struct world *w)
{
    const struct jobs_run *run = &w->f->run;
    for (size_t i = 0; i < w->entry_count; i++) {
        struct entry *e = &w->ledger[i];
        if (strcmp(e->job_id, run->job_id) == 0 && e->number == run->execution_number &&
            e->queued_at_s == run->queued_at_s)
            return e;
    }
    assert_true(w->entry_count < LEDGER_MAX);
    struct entry *e = &w->ledger[w->entry_count++];
    *e = (struct entry){.number = run->execution_number, .queued_at_s = run->queued_at_s};
    snprintf(e->job_id, sizeof e->job_id, "%s", run->job_id);
    for (size_t i = 0; i < ACTIONS; i++) {
        char document[80];
        snprintf(document, sizeof document, "{\"action\":\"%s\"}", actions[i].name);
        if (strcmp(document, w->f->run_document) == 0)
            e->max_attempts = actions[i].max_attempts;
    }
    return e;
}

static void check_start(struct world *w)
{
    struct entry *e = entry_of_run(w);
    assert_false(w->is_handler_running); /* one at a time */
    w->is_handler_running = true;
    w->running = e;
    e->starts++;
    totals.starts++;
    assert_true(e->max_attempts > 0);          /* its document names a registered action */
    assert_true(e->starts <= e->max_attempts); /* G1 */
    assert_true(w->f->run.attempt >= e->starts);
    assert_null(e->confirmed); /* G1, G4 */
}

static void power_on(struct world *w);

static void carry(struct world *w, const struct fake_effect *effect)
{
    if (!w->is_connected || w->air_count == IN_AIR)
        return;
    struct message *m = &w->air[w->air_count++];
    *m = (struct message){.connection = w->connection};
    memcpy(m->topic, effect->topic, sizeof m->topic);
    const char *mark = strstr(effect->text, "\"clientToken\":\"T\""); /* the fake shows T for every token */
    assert_non_null(mark);
    int head = (int)(mark - effect->text) + (int)strlen("\"clientToken\":\"");
    snprintf(m->text, sizeof m->text, "%.*s%s%s", head, effect->text, effect->token, effect->text + head + 1);
}

/* Takes what the engine did since the last look. */
static void look(struct world *w)
{
    struct fake_engine *f = w->f;
    while (f->seen < f->effect_count) {
        const struct fake_effect *effect = &f->effects[f->seen++];
        if (effect->kind == FAKE_START)
            assert_true(f->seen > 1 &&
                        effect[-1].kind == FAKE_SAVE); /* G1: the record stands before the handler runs */
        if (effect->kind == FAKE_CANCEL && w->running && effect->run_id == f->run.run_id)
            w->running->is_told = true;
        if (effect->kind == FAKE_PUBLISH) {
            carry(w, effect);
        } else if (effect->kind == FAKE_START) {
            check_start(w);
        } else if (effect->kind == FAKE_RECONNECT) {
            w->is_connected = false;
            jobs_engine_disconnected(&f->engine, f->now_ms);
        } else if (effect->kind == FAKE_RESTART) {
            power_on(w);
            return;
        }
    }
    if (f->cut_after > 0 && f->effect_count >= f->cut_after) {
        count(FAULT_CUT);
        power_on(w);
    }
}

static void power_on(struct world *w)
{
    struct fake_engine *f = w->f;
    w->is_connected = w->is_handler_running = false;
    w->connection++;
    w->running = NULL;
    f->effect_count = 0; /* room for the next boot */
    f->log[0] = '\0';
    f->now_ms += 100;
    fake_boot(f);
    for (size_t i = 0; i < ACTIONS; i++)
        fake_register_action(f, &actions[i]);
    if (!w->is_calm && dice(w, 2) == 0)
        f->cut_after = f->effect_count + 1 + dice(w, 30);
    look(w);
}

static void connect_device(struct world *w)
{
    w->connection++;
    w->is_connected = true;
    jobs_engine_connected(&w->f->engine, w->f->now_ms);
    for (int id = 0; id < JOBS_SUB_COUNT; id++)
        jobs_engine_subscribed(&w->f->engine, (enum jobs_subscription)id, true, w->f->now_ms);
    look(w);
}

static void disconnect_device(struct world *w)
{
    w->is_connected = false;
    jobs_engine_disconnected(&w->f->engine, w->f->now_ms);
    look(w);
}

static void deliver(struct world *w, size_t index, bool keep)
{
    struct message m = w->air[index];
    if (!keep) {
        memmove(&w->air[index], &w->air[index + 1], (w->air_count - index - 1) * sizeof w->air[0]);
        w->air_count--;
    }
    if (!m.to_device)
        serve(w, &m); /* also of a connection that is gone: it was on its way */
    else if (m.connection == w->connection && w->is_connected)
        fake_message(w->f, m.topic, m.text);
    look(w);
}

static void handler_ends(struct world *w, enum jobs_status status)
{
    if (!w->is_handler_running)
        return;
    w->is_handler_running = false;
    fake_return(w->f, status);
    look(w);
}

static void application_reports(struct world *w, enum jobs_status status)
{
    static const char *const texts[] = {NULL, "SUCCEEDED", "FAILED", "REJECTED"};
    struct fake_engine *f = w->f;
    struct jobs_report report = {.status = status, .run_id = f->run.run_id};
    struct entry *e = w->running;
    if (f->starts == 0 || e == NULL)
        return;
    e->has_reported = e->has_reported || status != JOBS_STATUS_IN_PROGRESS;
    enum err err = jobs_engine_report(&f->engine, &report, f->now_ms);
    bool is_cut = f->cut_after > 0 && f->effect_count >= f->cut_after; /* in it: nobody was told */
    if (err == ERR_OK && status != JOBS_STATUS_IN_PROGRESS && !is_cut)
        e->confirmed = texts[status];
    look(w);
}

static void operator_acts(struct world *w)
{
    size_t index = 1 + dice(w, (uint32_t)w->job_count);
    char id[16];
    snprintf(id, sizeof id, "k%zu", index);
    struct job_cancel cancel = {.job_id = id, .is_forced = dice(w, 2) == 0};
    struct job job = {0};
    switch (dice(w, 3)) {
    case 0:
        count(FAULT_CANCEL);
        jobs_cancel(service(w), &cancel, &job, &w->fx.error);
        job_clear(&job);
        break;
    case 1:
        count(FAULT_DELETE);
        jobs_delete(service(w), id, true, &w->fx.error);
        break;
    default: /* delete, and create the same id again: number and id are those of before, queuedAt is not */
        count(FAULT_RECREATED);
        fake_pass(w->f, 1000);
        look(w);
        jobs_delete(service(w), id, true, &w->fx.error);
        done(w);
        create_job(w, index);
        return;
    }
    done(w);
}

static void pass_time(struct world *w)
{
    if (jobs_engine_wake_at_ms(&w->f->engine) != UINT64_MAX) {
        fake_wake(w->f);
        look(w);
    }
    service(w);
    done(w);
    core_run_timers(w->fx.core);
    core_publish_outbox(w->fx.core);
    take_notices(w);
}

/* ---- a world */

static void step(struct world *w)
{
    uint32_t any = w->air_count > 0 ? dice(w, (uint32_t)w->air_count) : 0;
    switch (dice(w, 20)) {
    case 0:
        if (w->is_connected && dice(w, 3) == 0) {
            count(FAULT_DISCONNECT);
            disconnect_device(w);
        }
        break;
    case 1:
        if (dice(w, 5) == 0) {
            count(FAULT_CUT);
            power_on(w);
        }
        break;
    case 2:
        if (dice(w, 4) == 0)
            operator_acts(w);
        break;
    case 3:
        if (w->air_count > 0) {
            count(FAULT_DOUBLED);
            deliver(w, any, true);
        }
        break;
    case 4:
        if (w->air_count > 0) {
            count(FAULT_LOST);
            w->air[any] = w->air[--w->air_count];
        }
        break;
    case 5:
        handler_ends(w, (enum jobs_status)dice(w, JOBS_STATUS_COUNT));
        break;
    case 6:
        application_reports(w, (enum jobs_status)dice(w, JOBS_STATUS_COUNT));
        break;
    case 7:
        w->f->fail_save_at = dice(w, 4) == 0 ? w->f->saves + 1 : 0;
        totals.faults[FAULT_PUT] += w->f->fail_save_at != 0;
        break;
    case 8:
        if (dice(w, 3) == 0) { /* the service runs ahead: its timers fire while the device sleeps */
            count(FAULT_TIME);
            fake_pass(w->f, 1 + dice(w, 300000));
            look(w);
        }
        pass_time(w);
        break;
    case 9:
        pass_time(w);
        break;
    default:
        if (!w->is_connected) {
            connect_device(w);
        } else if (w->air_count > 0) {
            totals.faults[FAULT_REORDERED] += any != 0;
            deliver(w, dice(w, 3) ? 0 : any, false);
        }
    }
}

static bool is_over_in_service(struct world *w, const struct entry *e)
{
    struct execution execution;
    enum core_code code =
        executions_describe(service(w), FAKE_THING, e->job_id, e->number, &execution, &w->fx.error);
    done(w);
    bool is_over = code != CORE_OK || execution.queued_at_ms / 1000 != e->queued_at_s ||
                   execution_status_is_terminal(execution.status);
    if (code == CORE_OK)
        execution_clear(&execution);
    return is_over;
}

/* G5: cancelled, deleted or timed out in the service while the handler runs: soon after the next connection it knows,
 * even if every notification was lost. */
static void check_cancel_is_told(struct world *w)
{
    uint64_t until_ms = w->f->now_ms + 30000;
    if (w->is_connected)
        disconnect_device(w);
    if (w->running && dice(w, 2) == 0) {
        struct job job = {0};
        jobs_cancel(service(w), &(struct job_cancel){.job_id = w->running->job_id, .is_forced = true}, &job,
                    &w->fx.error);
        job_clear(&job);
        done(w);
    }
    do {
        if (!w->is_connected)
            connect_device(w);
        while (w->air_count > 0)
            deliver(w, 0, false);
        if (jobs_engine_wake_at_ms(&w->f->engine) > until_ms)
            break;
        pass_time(w);
    } while (w->f->now_ms < until_ms);
    const struct entry *e = w->running;
    if (w->is_handler_running && !e->has_reported && is_over_in_service(w, e))
        assert_true(e->is_told);
}

/* No faults any more. Handlers return, the application reports, and time passes until nothing is pending. */
static void calm_down(struct world *w)
{
    w->is_calm = true;
    w->f->fail_save_at = 0;
    w->f->cut_after = 0;
    check_cancel_is_told(w);
    for (int i = 0; i < 3000 && (pending(w) > 0 || w->air_count > 0 || w->f->engine.phase != JOBS_IDLE);
         i++) {
        if (!w->is_connected)
            connect_device(w);
        while (w->air_count > 0)
            deliver(w, 0, false);
        handler_ends(w, i % 3 ? JOBS_STATUS_IN_PROGRESS : JOBS_STATUS_SUCCEEDED);
        if (i % 2)
            application_reports(w, JOBS_STATUS_SUCCEEDED);
        if (w->air_count == 0)
            pass_time(w);
    }
}

/* G2: what was confirmed is what the operator sees, unless the service had ended or forgotten the execution before. */
static void check_entry(struct world *w, const struct entry *e)
{
    struct execution execution;
    enum core_code code =
        executions_describe(service(w), FAKE_THING, e->job_id, e->number, &execution, &w->fx.error);
    done(w);
    if (code != CORE_OK)
        return; /* deleted */
    bool is_same = execution.queued_at_ms / 1000 == e->queued_at_s;
    enum execution_status status = execution.status;
    execution_clear(&execution);
    if (!is_same || status == EXECUTION_CANCELED || status == EXECUTION_TIMED_OUT)
        return;
    totals.by_status[status]++;
    if (e->confirmed)
        assert_string_equal(execution_status_text(status), e->confirmed);
    if (status == EXECUTION_SUCCEEDED)
        assert_true(e->starts > 0);
}

static void play(uint64_t seed)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    *w = (struct world){.f = fake_new(), .random = seed};
    w->f->random = seed + 1;
    w->is_deaf = dice(w, 4) == 0; /* G3: every notification of this world is lost */
    totals.faults[FAULT_NOTICES] += w->is_deaf;
    fixture_open(&w->fx, ":memory:");
    fixture_thing(&w->fx, FAKE_THING);
    power_on(w);
    for (int i = 0; i < STEPS; i++) {
        if (w->job_count < JOBS_MAX && dice(w, 25) == 0)
            create_job(w, ++w->job_count);
        if (w->job_count > 0)
            step(w);
    }
    calm_down(w);
    assert_int_equal(pending(w), 0); /* G2, G3 */
    assert_int_equal(w->f->engine.phase, JOBS_IDLE);
    assert_false(w->f->engine.journal.has_outcome);
    for (size_t i = 0; i < w->entry_count; i++)
        check_entry(w, &w->ledger[i]);
    totals.worlds++;
    totals.executions += w->entry_count;
    fixture_close(&w->fx);
    fake_free(w->f);
    free(w);
}

static void test_worlds(void **state)
{
    const char *seed = getenv("SIM_SEED");
    const char *worlds = getenv("SIM_WORLDS");
    uint64_t last = worlds ? strtoull(worlds, NULL, 10) : WORLDS;
    (void)state;
    for (uint64_t i = 1; i <= last && !seed; i++) {
        char text[32];
        snprintf(text, sizeof text, "%llu", (unsigned long long)i);
        setenv("SIM_LAST", text, 1);
        play(i * 2654435761u);
    }
    if (seed)
        play(strtoull(seed, NULL, 10) * 2654435761u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(test_worlds, tell)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
