/* SPDX-License-Identifier: MIT */
/* One device, one service that knows nothing but docs/protocol.md 1.6 to 1.9, and a network and a power supply that do their
 * worst: messages are lost, doubled, reordered and delayed, connections and power go at any effect, puts fail, operators
 * cancel, delete and retry, filters are refused, applications go on after all that, and callbacks take their time. Then it is
 * quiet, and everything must come to its end. G1 to G5.
 *
 * A round is replayed by its seed, which a failure prints: CHAOS_SEED runs that one alone, CHAOS_ROUNDS runs more,
 * from CHAOS_FIRST on: long runs take a range that was never played before. */
// LINK: fake_engine_io device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/chaos_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 400
#define STEPS  300

static struct job *job_of_run(struct world *w)
{
    for (size_t i = 0; i < w->job_count; i++) {
        struct job *job = &w->jobs[i];
        if (strcmp(job->id, w->f->run.job_id) == 0 && job->number == w->f->run.execution_number &&
            job->queued_at_s == w->f->run.queued_at_s) {
            return job;
        }
    }
    fail_msg("a run of no job");
    return NULL;
}

static void check_document(struct world *w, const struct job *job, const char *document)
{
    char number[16];
    snprintf(number, sizeof number, "\"<%d>\"", (int)(job - w->jobs));
    assert_non_null(strstr(document, number)); /* its own one */
}

static void check_start(struct world *w)
{
    struct job *job = job_of_run(w);
    assert_false(w->is_handler_running); /* one at a time, and only after the last one has returned */
    assert_true(!w->is_at_work ||
                w->f->now_ms >= w->until_ms); /* and is done with its run, or had its time */
    w->is_handler_running = w->is_at_work = true;
    w->until_ms = w->f->now_ms + DEADLINE_S * 1000ull;
    w->ends_run = false;
    w->running = job;
    assert_null(job->confirmed);
    assert_true(job->status == NULL || strcmp(job->status, "QUEUED") != 0);
    assert_false(job->is_bad_document);
    check_document(w, job, w->f->run_document);
    if (w->f->run.is_resumed) {
        assert_true(job->starts <= 1); /* the power may have gone between claim and start */
        assert_true(actions[job->action].has_resume);
        assert_true(job->resumed_boot != w->boot); /* once per boot */
        job->resumed_boot = w->boot;
        job->is_taken_up = true;
        return;
    }
    job->starts++;
    assert_true(job->starts <= actions[job->action].max_attempts); /* G1 */
    assert_true(job->starts <= job->claims);
    assert_in_range(w->f->run.attempt, job->starts, job->claims);
}

static void check_cancel(struct world *w, const struct fake_effect *effect)
{
    assert_false(w->is_callback_out); /* one at a time */
    w->is_callback_out = true;
    w->ends_run = w->running != NULL && effect->run_id == w->f->run.run_id && !w->is_handler_running;
}

/* One at a time, in their order, and the next one when no SUBACK comes in time. */
static void check_subscribe(struct world *w, const struct fake_effect *effect)
{
    int id = effect->text[0] - '0';
    assert_true(w->asked_filter < id);
    assert_true(w->asked_filter == -1 || w->f->now_ms >= w->asked_ms + CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS);
    w->asked_filter = id;
    w->asked_ms = w->f->now_ms;
}

static void power_on(struct world *w);

/* Takes what the engine did since the last look. */
static void look(struct world *w)
{
    struct fake_engine *f = w->f;
    while (f->seen < f->effect_count) {
        const struct fake_effect *effect = &f->effects[f->seen++];
        switch (effect->kind) {
        case FAKE_PUBLISH:
            if (w->is_connected && w->air_count < IN_AIR) {
                struct message *m = &w->air[w->air_count++];
                *m = (struct message){.connection = w->connection};
                memcpy(m->topic, effect->topic, sizeof m->topic);
                memcpy(m->text, effect->text, strlen(effect->text) + 1);
                memcpy(m->token, effect->token, sizeof m->token);
            }
            break;
        case FAKE_START:
            check_start(w);
            break;
        case FAKE_CANCEL:
            check_cancel(w, effect);
            break;
        case FAKE_SUBSCRIBE:
            check_subscribe(w, effect);
            break;
        case FAKE_REFRESHED:
            assert_true(w->is_refreshing && w->is_handler_running);
            w->is_refreshing = false;
            if (strcmp(effect->text, "fresh") == 0) {
                check_document(w, w->running, f->document);
            }
            break;
        case FAKE_RECONNECT:
            w->is_connected = false;
            w->asked_filter = -1;
            jobs_engine_disconnected(&f->engine, true, f->now_ms);
            break;
        case FAKE_RESTART:
            power_on(w);
            return;
        default:
            break;
        }
    }
    if (f->cut_after > 0 && f->effect_count >= f->cut_after) {
        power_on(w);
    }
}

static void power_on(struct world *w)
{
    struct fake_engine *f = w->f;
    w->is_connected = false;
    w->connection++;
    w->boot++;
    w->is_handler_running = w->is_callback_out = w->is_refreshing = w->is_at_work = false;
    w->asked_filter = -1;
    w->running = NULL;
    f->effect_count = 0; /* room for the next boot */
    f->log[0] = '\0';
    f->now_ms += 100;
    fake_boot(f);
    for (size_t i = 0; i < ACTIONS; i++) {
        fake_register_action(f, &actions[i]);
    }
    if (!w->is_calm && dice(w, 2) == 0) {
        f->cut_after = f->effect_count + 1 + dice(w, 30);
    }
    look(w);
}

static void connect_device(struct world *w)
{
    struct fake_engine *f = w->f;
    w->connection++;
    w->is_connected = true;
    w->asked_filter = -1;
    jobs_engine_connected(&f->engine, f->now_ms);
    fake_check(f);
    look(w);
}

static void disconnect_device(struct world *w)
{
    w->is_connected = false;
    w->asked_filter = -1;
    jobs_engine_disconnected(&w->f->engine, dice(w, 2) == 0, w->f->now_ms);
    fake_check(w->f);
    look(w);
}

/* The SUBACK that is due: granted, refused by the policy, now and then by accident; or the broker closes the connection instead. */
static void suback(struct world *w)
{
    int id = w->asked_filter;

    if (id < 0 || !w->is_connected) {
        return;
    }
    bool is_denied = (w->denied >> id & 1) != 0;
    w->asked_filter = -1;
    if (is_denied && w->closes) {
        w->is_connected = false;
        bool is_explained = jobs_engine_disconnected(&w->f->engine, false, w->f->now_ms);
        assert_true(is_explained || w->f->now_ms >= w->asked_ms + CONFIG_DEVICE_JOBS_REQUEST_TIMEOUT_MS);
        fake_check(w->f);
    } else {
        fake_subscribed(w->f, (enum jobs_subscription)id, !is_denied && (w->is_calm || dice(w, 20) > 0));
    }
    look(w);
}

static void lose(struct world *w, size_t index)
{
    w->air_count--;
    w->air[index] = w->air[w->air_count];
}

static void deliver(struct world *w, size_t index, bool keep)
{
    struct message m = w->air[index];
    if (!keep) {
        memmove(&w->air[index], &w->air[index + 1], (w->air_count - index - 1) * sizeof w->air[0]);
        w->air_count--;
    }
    if (!m.to_device) {
        serve(w, &m); /* also of a connection that is gone: it was on its way */
    } else if (m.connection == w->connection && w->is_connected) {
        fake_message(w->f, m.topic, m.text);
    }
    look(w);
}

/* What the application says or returns while puts fail may go out from memory. */
static void note_saves(struct world *w, struct job *job, unsigned failed_before)
{
    if (job != NULL && w->f->failed_saves != failed_before) {
        job->is_unsaved = true;
    }
}

static void handler_ends(struct world *w, enum jobs_status status)
{
    struct job *job = w->running;
    unsigned failed = w->f->failed_saves;

    if (!w->is_handler_running) {
        return;
    }
    if (w->is_refreshing) {
        w->is_refreshing = false;
        jobs_engine_drop_refresh(&w->f->engine, w->f->now_ms);
    }
    w->is_handler_running = false;
    w->is_at_work = w->is_at_work && status == JOBS_STATUS_IN_PROGRESS;
    fake_return(w->f, status);
    note_saves(w, job, failed);
    look(w);
}

static void callback_ends(struct world *w)
{
    if (!w->is_callback_out) {
        return;
    }
    w->is_callback_out = false;
    w->is_at_work = w->is_at_work && !w->ends_run;
    fake_return_cancel(w->f);
    look(w);
}

static void application_refreshes(struct world *w)
{
    if (w->is_handler_running && !w->is_refreshing) {
        w->is_refreshing = fake_refresh(w->f) == ERR_OK;
        look(w);
    }
}

/* The run of this boot, or one of an earlier boot that waits for a report; 0: none. */
static uint32_t run_to_report(struct world *w, struct job **job)
{
    struct jobs_run run;

    *job = w->running;
    if (*job == NULL && jobs_engine_waiting(&w->f->engine, &run)) {
        for (size_t i = 0; i < w->job_count; i++) {
            struct job *this = &w->jobs[i];
            if (strcmp(this->id, run.job_id) == 0 && this->number == run.execution_number) {
                *job = this;
            }
        }
        assert_non_null(*job);
        (*job)->is_taken_up = true;
        return run.run_id;
    }
    return *job != NULL ? w->f->run.run_id : 0;
}

static void application_reports(struct world *w, enum jobs_status status)
{
    static const char *const texts[] = {NULL, "SUCCEEDED", "FAILED", "REJECTED"};
    struct fake_engine *f = w->f;
    struct job *job;
    uint32_t run_id = run_to_report(w, &job);
    unsigned failed = f->failed_saves;

    if (run_id == 0) {
        return;
    }
    enum err err = fake_report_run(f, run_id, status);
    bool is_known = err == ERR_OK || err == ERR_STALE || err == ERR_STORAGE;
    bool is_lost =
        f->cut_after > 0 && f->effect_count >= f->cut_after; /* the power went in it: nobody was told */
    note_saves(w, job, failed);
    if (is_known && job == w->running) {
        w->is_at_work = w->is_at_work && status == JOBS_STATUS_IN_PROGRESS;
        if (f->now_ms < w->until_ms) {
            w->until_ms = f->now_ms + DEADLINE_S * 1000ull;
        }
    }
    if (err == ERR_OK && status != JOBS_STATUS_IN_PROGRESS && !is_lost) {
        job->confirmed = texts[status];
    }
    look(w);
}

static void operator_acts(struct world *w)
{
    struct job *job = &w->jobs[dice(w, (uint32_t)w->job_count)];
    struct job *first = next_job(w);
    if (!is_pending(job)) {
        return;
    }
    switch (dice(w, 3)) {
    case 0:
        job->status = "CANCELED";
        job->version++;
        break;
    case 1:
        job->status = "TIMED_OUT";
        break;
    default:
        job->status = NULL;
    }
    notify(w, first);
}

static void pass_time(struct world *w)
{
    uint64_t wake_ms = jobs_engine_wake_at_ms(&w->f->engine);
    if (wake_ms == UINT64_MAX) {
        return;
    }
    fake_wake(w->f);
    look(w);
}

static void step(struct world *w)
{
    static const char *const rubbish[] = {"", "{}", "{\"clientToken\":\"0123456789abcdef\"}", "[",
                                          "{\"jobs\":7}"};
    static const char *const topics[] = {"notify", "notify-next", "$next/get/accepted", "k1/update/accepted",
                                         "k1/get/rejected"};
    w->now_s += dice(w, 3) == 0;
    switch (dice(w, 23)) {
    case 0:
        if (w->is_connected && dice(w, 3) == 0) {
            disconnect_device(w);
        }
        break;
    case 1:
        if (dice(w, 5) == 0) {
            power_on(w);
        }
        break;
    case 2:
        if (dice(w, 3) == 0) {
            operator_acts(w);
        }
        break;
    case 3:
        if (w->air_count > 0) {
            deliver(w, dice(w, (uint32_t)w->air_count), true); /* doubled */
        }
        break;
    case 4:
        if (w->air_count > 0) {
            lose(w, dice(w, (uint32_t)w->air_count));
        }
        break;
    case 5:
        handler_ends(w, (enum jobs_status)dice(w, JOBS_STATUS_COUNT));
        break;
    case 6:
        application_reports(w, (enum jobs_status)dice(w, JOBS_STATUS_COUNT));
        break;
    case 7:
        if (w->is_connected) {
            fake_message(w->f, topics[dice(w, 5)], rubbish[dice(w, 5)]);
        }
        look(w);
        break;
    case 8:
        w->f->fail_save_at = dice(w, 4) == 0 ? w->f->saves + 1 : 0;
        break;
    case 9:
    case 10:
        pass_time(w);
        break;
    case 11:
        if (dice(w, 4) == 0) {
            jobs_engine_resync(&w->f->engine, w->f->now_ms);
            fake_check(w->f);
            look(w);
        }
        break;
    case 12:
        callback_ends(w);
        break;
    case 13:
        application_refreshes(w);
        break;
    case 14:
    case 15:
        suback(w);
        break;
    default:
        if (!w->is_connected) {
            connect_device(w);
        } else if (w->air_count > 0) {
            deliver(w, dice(w, 3) ? 0 : dice(w, (uint32_t)w->air_count), false);
        }
    }
}

/* No faults any more. Handlers return, the application reports, and time passes until nothing is pending. */
static void calm_down(struct world *w)
{
    w->is_calm = true;
    w->f->fail_save_at = 0;
    w->f->cut_after = 0;
    for (int i = 0;
         i < 3000 && (next_job(w) != NULL || w->air_count > 0 || !jobs_engine_is_idle(&w->f->engine)); i++) {
        if (!w->is_connected) {
            connect_device(w);
        }
        suback(w);
        callback_ends(w);
        while (w->air_count > 0) {
            deliver(w, 0, false);
        }
        handler_ends(w, i % 3 ? JOBS_STATUS_IN_PROGRESS : JOBS_STATUS_SUCCEEDED);
        if (i % 2) {
            application_reports(w, JOBS_STATUS_SUCCEEDED);
        }
        if (w->air_count == 0) {
            pass_time(w);
        }
    }
}

static void check_end(struct world *w)
{
    assert_null(next_job(w)); /* G2, G3: everything was claimed or rejected, and has its final status */
    assert_true(jobs_engine_is_idle(&w->f->engine));
    assert_false(w->f->engine.execution.journal.has_outcome);
    for (size_t i = 0; i < w->job_count; i++) {
        const struct job *job = &w->jobs[i];
        if (job->status == NULL || strcmp(job->status, "CANCELED") == 0 ||
            strcmp(job->status, "TIMED_OUT") == 0) {
            continue;
        }
        if (strcmp(job->status, "SUCCEEDED") == 0) {
            assert_true(job->starts > 0 || job->is_taken_up);
        }
        if (job->confirmed != NULL &&
            !job->is_unsaved) { /* REJECTED is not reached from IN_PROGRESS in this service */
            assert_string_equal(job->status,
                                strcmp(job->confirmed, "REJECTED") == 0 ? "FAILED" : job->confirmed);
        }
        if (job->is_bad_document) {
            assert_string_equal(job->status, "REJECTED");
        }
    }
}

static void add_job(struct world *w)
{
    struct job *first = next_job(w);
    struct job *job = &w->jobs[w->job_count++];
    *job = (struct job){.number = 1,
                        .queued_at_s = 1700000000 + (int)w->job_count,
                        .status = "QUEUED",
                        .version = 1,
                        .attempt = -1,
                        .action = dice(w, ACTIONS),
                        .is_bad_document = dice(w, 8) == 0};
    snprintf(job->id, sizeof job->id, "k%zu", w->job_count);
    notify(w, first);
}

static void play(uint64_t seed)
{
    struct world w = {.f = fake_new(), .random = seed, .now_s = 1700000000, .asked_filter = -1};
    w.closes = seed % 3 == 0;
    w.denied = dice(&w, 3) == 0 ? dice(&w, 16) : 0;
    w.f->random = seed + 1;
    add_job(&w);
    power_on(&w);
    for (int i = 0; i < STEPS; i++) {
        if (w.job_count < JOBS && dice(&w, 20) == 0) {
            add_job(&w);
        }
        step(&w);
    }
    calm_down(&w);
    check_end(&w);
    fake_free(w.f);
}

static void test_chaos(void **state)
{
    const char *seed = getenv("CHAOS_SEED");
    const char *rounds = getenv("CHAOS_ROUNDS");
    const char *first = getenv("CHAOS_FIRST");
    uint64_t from = first != NULL ? strtoull(first, NULL, 10) : 1;
    uint64_t last = from + (rounds != NULL ? strtoull(rounds, NULL, 10) : ROUNDS) - 1;
    (void)state;
    for (uint64_t i = from; i <= last && seed == NULL; i++) {
        char text[32];
        snprintf(text, sizeof text, "%llu", (unsigned long long)i);
        setenv("CHAOS_LAST", text, 1);
        play(i * 2654435761u);
    }
    if (seed != NULL) {
        play(strtoull(seed, NULL, 10) * 2654435761u);
    }
}

static int tell_seed(void **state)
{
    (void)state;
    if (getenv("CHAOS_SEED") == NULL) {
        print_message("last round: CHAOS_SEED=%s\n", getenv("CHAOS_LAST"));
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(test_chaos, tell_seed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
