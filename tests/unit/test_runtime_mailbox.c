/* SPDX-License-Identifier: MIT */
/* device/runtime/mailbox.c alone: what stands in the slot, when newer progress takes the place of older, who is woken. No engine task
 * runs: the test is it. */
// LINK: device_runtime device_core fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_time.h"
#include "device/runtime/state.h"
#include "fakes/fake_ports.h"

#include <pthread.h>
#include <string.h>

static char document[CONFIG_DEVICE_JOBS_DOCUMENT_SIZE];
static struct runtime_command *const command = &device_runtime.mailbox.command;

static int setup(void **state)
{
    (void)state;
    fake_reset();
    const struct runtime_config config = {
        .thing_name = "lamp", .document = document, .document_cap = sizeof(document)};
    command->state = RUNTIME_COMMAND_FREE; /* what the test before has left there */
    device_runtime.life.is_started = false;
    assert_int_equal(runtime_init(&config), ERR_OK);
    device_runtime.life.is_started = true;
    port_signal_wait(&device_runtime.replied, 0);
    port_signal_set(&device_runtime.gate);
    return 0;
}

static struct jobs_report progress_of(const char *job_id)
{
    return (struct jobs_report){.job_id = job_id, .status = JOBS_STATUS_IN_PROGRESS, .progress_percent = -1};
}

static struct jobs_report final_of(uint32_t run_id)
{
    return (struct jobs_report){.run_id = run_id, .status = JOBS_STATUS_SUCCEEDED, .progress_percent = -1};
}

static enum err report(const struct jobs_report *report)
{
    return runtime_report(report, NULL, 0, NULL);
}

/* Its caller does not wait. */
static void let_caller_go(void)
{
    port_signal_set(&device_runtime.replied);
}

static void test_slot_has_what_the_report_says(void **state)
{
    (void)state;
    const struct runtime_pair one = {"one", "1"}, two = {"two", "2"};
    const struct jobs_report *slot = &command->u.report.report;
    char job_id[] = "j1", message[] = "half";
    struct jobs_report first = progress_of(job_id);
    first.message = message;
    first.progress_percent = 40;
    assert_int_equal(runtime_report(&first, &one, 1, NULL), ERR_OK);
    memset(job_id, 'x', 2);
    memset(message, 'x', 4); /* the texts are the slot's own */
    assert_string_equal(slot->job_id, "j1");
    assert_int_equal(slot->run_id, 0);
    assert_int_equal(slot->status, JOBS_STATUS_IN_PROGRESS);
    assert_string_equal(slot->message, "half");
    assert_int_equal(slot->progress_percent, 40);
    assert_non_null(strstr(slot->details->text, "\"one\":\"1\""));
    struct jobs_report second = progress_of("j1"); /* what it does not say stays */
    assert_int_equal(report(&second), ERR_OK);
    assert_string_equal(slot->message, "half");
    assert_int_equal(slot->progress_percent, 40);
    assert_non_null(strstr(slot->details->text, "\"one\":\"1\""));
    second.message = "more";
    second.progress_percent = 0;
    assert_int_equal(runtime_report(&second, &two, 1, NULL), ERR_OK);
    assert_string_equal(slot->message, "more");
    assert_int_equal(slot->progress_percent, 0);
    assert_null(strstr(slot->details->text, "one"));
    assert_non_null(strstr(slot->details->text, "\"two\":\"2\""));
    runtime_mailbox_serve(0);
    const struct jobs_report other = progress_of("j2"); /* nothing of the report before */
    assert_int_equal(report(&other), ERR_OK);
    assert_string_equal(slot->job_id, "j2");
    assert_null(slot->message);
    assert_null(slot->details);
    assert_int_equal(slot->progress_percent, -1);
    runtime_mailbox_serve(0);
    const struct jobs_report of_run = final_of(7);
    let_caller_go();
    assert_int_equal(report(&of_run), ERR_TIMEOUT);
    assert_null(slot->job_id);
    assert_int_equal(slot->run_id, 7);
    assert_int_equal(slot->status, JOBS_STATUS_SUCCEEDED);
}

static void test_refused_pairs_are_counted(void **state)
{
    (void)state;
    const struct runtime_pair pairs[] = {{"a", "1"}, {"bad key", "x"}, {"state", "x"}, {"b", "2"}};
    const struct jobs_report progress = progress_of("j1");
    size_t refused = 99;
    assert_int_equal(runtime_report(&progress, pairs, 4, &refused), ERR_OK);
    assert_int_equal(refused, 2);
    assert_string_equal(command->u.report.details.text, "\"a\":\"1\",\"b\":\"2\"");
    assert_int_equal(runtime_report(&progress, NULL, 0, &refused), ERR_OK);
    assert_int_equal(refused, 0);
    const struct jobs_report nameless = progress_of(NULL), bad = {.run_id = 7, .status = JOBS_STATUS_COUNT};
    refused = 99;
    assert_int_equal(runtime_report(&nameless, pairs, 4, &refused), ERR_ARG);
    assert_int_equal(refused, 0);
    assert_int_equal(report(&bad), ERR_ARG);
}

/* Newer progress takes the place of older of the same run, which nobody has taken and nobody waits for, and of nothing else. */
static void test_what_progress_takes_the_place_of(void **state)
{
    (void)state;
    const struct jobs_report older = progress_of("j1"), newer = progress_of("j1"), other = progress_of("j2");
    assert_int_equal(report(&older), ERR_OK);
    port_signal_set(&device_runtime.gate); /* whoever wants the slot sees at once that it is taken */
    assert_int_equal(report(&newer), ERR_OK);
    assert_int_equal(report(&other), ERR_BUSY);
    command->is_awaited = true;
    assert_int_equal(report(&newer), ERR_BUSY);
    command->is_awaited = false;
    command->u.report.report.status = JOBS_STATUS_SUCCEEDED;
    assert_int_equal(report(&newer), ERR_BUSY);
    command->u.report.report.status = JOBS_STATUS_IN_PROGRESS;
    command->u.report.report.run_id = 7;
    assert_int_equal(report(&newer), ERR_BUSY);
    command->u.report.report.run_id = 0;
    command->type = RUNTIME_COMMAND_REGISTER;
    assert_int_equal(report(&newer), ERR_BUSY);
    command->type = RUNTIME_COMMAND_REPORT;
    command->state = RUNTIME_COMMAND_TAKEN;
    assert_int_equal(report(&newer), ERR_BUSY);
    command->state = RUNTIME_COMMAND_GIVEN;
    assert_int_equal(report(&newer), ERR_OK);
}

/* A report that comes when the handler has returned, and the engine task has not heard of that. */
static void test_report_behind_the_return(void **state)
{
    (void)state;
    const struct jobs_report progress = progress_of("j1");
    device_runtime.worker.has_returned = true;
    assert_int_equal(report(&progress), ERR_OK);
    assert_true(command->is_behind_return);
    runtime_mailbox_serve(0);
    assert_false(device_runtime.worker.has_returned); /* the engine has heard of it first */
    assert_int_equal(report(&progress), ERR_OK);
    assert_false(command->is_behind_return);
    device_runtime.worker.has_returned = true;
    runtime_mailbox_serve(0);
    assert_true(device_runtime.worker.has_returned); /* its turn comes */
}

static void test_bad_registrations_are_refused(void **state)
{
    (void)state;
    char name[DEVICE_ACTION_CAP + 1];
    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    const struct jobs_action nameless = {.max_attempts = 1}, too_long = {.name = name, .max_attempts = 1};
    let_caller_go();
    assert_int_equal(runtime_register(&nameless), ERR_ARG);
    assert_int_equal(runtime_register(&too_long), ERR_ARG);
    assert_int_equal(command->state, RUNTIME_COMMAND_FREE);
}

/* A registration whose caller has left is carried out all the same, with what it said. */
static void test_registration_outlives_its_caller(void **state)
{
    (void)state;
    char name[] = "blink";
    struct jobs_action action = {.name = name, .max_attempts = 1};
    let_caller_go();
    assert_int_equal(runtime_register(&action), ERR_TIMEOUT);
    assert_false(command->is_awaited);
    memset(name, 'x', 5);
    runtime_mailbox_serve(0);
    assert_int_equal(command->state, RUNTIME_COMMAND_FREE);
    device_runtime.life.is_started = false; /* the engine is the caller's */
    action.name = "blink";
    assert_int_equal(runtime_register(&action), ERR_EXISTS);
    action.name = "xxxxx";
    assert_int_equal(runtime_register(&action), ERR_OK);
}

struct caller {
    pthread_t thread;
    struct jobs_report report;
    enum err result;
    atomic_bool has_returned;
};

static void *call(void *ctx)
{
    struct caller *caller = ctx;
    caller->result = report(&caller->report);
    atomic_store(&caller->has_returned, true);
    return NULL;
}

static void start_caller(struct caller *caller, struct jobs_report report)
{
    *caller = (struct caller){.report = report, .result = ERR_INTERNAL};
    assert_int_equal(pthread_create(&caller->thread, NULL, call, caller), 0);
}

static enum err join_caller(struct caller *caller)
{
    fake_wait_flag(&caller->has_returned);
    pthread_join(caller->thread, NULL);
    return caller->result;
}

static bool is_in(enum runtime_command_state state)
{
    port_mutex_lock(&device_runtime.lock);
    bool result = command->state == state;
    port_mutex_unlock(&device_runtime.lock);
    return result;
}

/* Several wait for the slot when the engine task ends: one wakes the other. */
static void test_all_who_wait_learn_of_the_end(void **state)
{
    (void)state;
    struct caller callers[3];
    const struct jobs_report progress = progress_of("j1");
    assert_int_equal(report(&progress), ERR_OK); /* the slot is taken */
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3; i++) {
            start_caller(&callers[i], final_of((uint32_t)i + 1));
        }
        port_time_sleep_ms(100); /* they wait; should one come later, the test says less */
        port_mutex_lock(&device_runtime.lock);
        device_runtime.life.is_started = false;
        if (round == 0) {
            command->state = RUNTIME_COMMAND_FREE; /* it was carried out before: see has_ended */
        }
        runtime_mailbox_let_go();
        port_mutex_unlock(&device_runtime.lock);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(join_caller(&callers[i]), ERR_BUSY);
        }
        assert_int_equal(command->state, round == 0 ? RUNTIME_COMMAND_FREE : RUNTIME_COMMAND_DONE);
        command->state =
            RUNTIME_COMMAND_DONE; /* once more, with an answer in the slot that nobody has taken */
        command->is_awaited = true;
        device_runtime.life.is_started = true;
        port_signal_wait(&device_runtime.gate, 0);
    }
}

/* The answer comes when the caller has waited long enough and has not looked yet: it is his, and leaves nothing behind for the next. */
static void test_answer_at_the_end_of_the_wait(void **state)
{
    (void)state;
    struct caller caller;
    start_caller(&caller, final_of(1));
    FAKE_WAIT(is_in(RUNTIME_COMMAND_GIVEN));
    port_mutex_lock(&device_runtime.lock);
    port_time_sleep_ms(RUNTIME_COMMAND_MS + 300); /* should it take longer, the test says nothing */
    command->result = ERR_STALE;
    command->state = RUNTIME_COMMAND_DONE;
    port_signal_set(&device_runtime.replied);
    port_mutex_unlock(&device_runtime.lock);
    assert_int_equal(join_caller(&caller), ERR_STALE);
    assert_false(port_signal_wait(&device_runtime.replied, 0));
    assert_true(port_signal_wait(&device_runtime.gate, 0));
    assert_true(device_runtime.mailbox.is_report_answered);
    runtime_mailbox_serve(0);
    assert_false(device_runtime.mailbox.is_report_answered); /* the engine hears of it once */
}

/* The pause before the next claim runs from when the caller has heard, not from when he could have; a registration has none. */
static void test_engine_hears_when_the_caller_has(void **state)
{
    (void)state;
    uint64_t *const claim_at_ms = &device_runtime.own.engine.execution.claim_at_ms;
    struct caller caller;
    const struct jobs_action action = {.name = "blink", .max_attempts = 1};
    *claim_at_ms = RUNTIME_NEVER;
    let_caller_go();
    assert_int_equal(runtime_register(&action), ERR_TIMEOUT);
    runtime_mailbox_serve(1000);
    assert_true(*claim_at_ms == RUNTIME_NEVER);
    start_caller(&caller, final_of(1));
    FAKE_WAIT(is_in(RUNTIME_COMMAND_GIVEN));
    runtime_mailbox_serve(2000);
    assert_true(*claim_at_ms == RUNTIME_NEVER);
    assert_int_equal(join_caller(&caller), ERR_NOT_FOUND);
    runtime_mailbox_serve(3000);
    assert_int_equal(*claim_at_ms, 3020);
    const struct jobs_report progress = progress_of("j1"); /* nobody waits */
    *claim_at_ms = RUNTIME_NEVER;
    assert_int_equal(report(&progress), ERR_OK);
    runtime_mailbox_serve(4000);
    assert_int_equal(*claim_at_ms, 4020);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_slot_has_what_the_report_says, setup),
        cmocka_unit_test_setup(test_refused_pairs_are_counted, setup),
        cmocka_unit_test_setup(test_what_progress_takes_the_place_of, setup),
        cmocka_unit_test_setup(test_report_behind_the_return, setup),
        cmocka_unit_test_setup(test_bad_registrations_are_refused, setup),
        cmocka_unit_test_setup(test_registration_outlives_its_caller, setup),
        cmocka_unit_test_setup(test_all_who_wait_learn_of_the_end, setup),
        cmocka_unit_test_setup(test_answer_at_the_end_of_the_wait, setup),
        cmocka_unit_test_setup(test_engine_hears_when_the_caller_has, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
