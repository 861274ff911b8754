/* SPDX-License-Identifier: MIT */
#include "fakes/runtime_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

struct runtime_table table;
static char document[CONFIG_DEVICE_JOBS_DOCUMENT_SIZE];

static enum jobs_status handle(const struct jobs_run *run)
{
    table.handler_thread = pthread_self();
    snprintf(table.seen_document, sizeof(table.seen_document), "%s", document);
    snprintf(table.seen_job_id, sizeof(table.seen_job_id), "%s", run->job_id);
    atomic_store(&table.seen_run_id, run->run_id);
    if (table.in_handler) {
        atomic_store(&table.in_handler_result, table.in_handler());
    }
    atomic_store(&table.is_in_handler, true);
    fake_wait_flag(&table.may_return);
    return atomic_load(&table.return_status);
}

static void on_cancel(uint32_t run_id, void *user)
{
    atomic_store(&table.cancel_run_id, run_id);
    atomic_store(&table.cancel_user, user);
    if (table.in_cancel) {
        atomic_store(&table.in_cancel_result, table.in_cancel());
    }
    atomic_fetch_add(&table.cancels, 1);
    fake_wait_flag(&table.may_leave_cancel);
}

static void on_link(bool is_up)
{
    atomic_fetch_add(is_up ? &table.ups : &table.downs, 1);
}

static void on_network(bool is_up)
{
    (void)is_up;
    atomic_store(&table.is_in_event, true);
    fake_wait_flag(&table.may_leave_event);
}

static void init_as(const char *thing_name)
{
    const struct runtime_config config = {
        .host = "localhost",
        .port = 8883,
        .thing_name = thing_name,
        .root_ca_pem = "ca",
        .cert_pem = "cert",
        .key_pem = "key",
        .document = document,
        .document_cap = sizeof(document),
        .run_handler = handle,
        .cancel_handler = on_cancel,
        .link_changed = on_link,
        .network_changed = on_network,
    };
    enum err err = ERR_BUSY; /* a task that was in a callback ends when it leaves it */
    FAKE_WAIT((err = runtime_init(&config)) != ERR_BUSY);
    assert_int_equal(err, ERR_OK);
}

void table_init(void)
{
    init_as(FAKE_THING);
}

void table_init_without_thing(void)
{
    init_as(NULL);
}

enum err table_register_blink(void)
{
    const struct jobs_action action = {
        .name = "blink", .max_attempts = 1, .has_cancel = true, .user = &table.user};
    return runtime_register(&action);
}

int table_setup(void **state)
{
    (void)state;
    fake_reset();
    table.in_handler = NULL;
    table.in_cancel = NULL;
    runtime_network_changed(false); /* what it was told last outlives a run */
    atomic_store(&table.is_in_event, false);
    atomic_store(&table.may_leave_event, true);
    atomic_store(&table.is_in_handler, false);
    atomic_store(&table.may_return, true);
    atomic_store(&table.may_leave_cancel, true);
    atomic_store(&table.return_status, JOBS_STATUS_IN_PROGRESS);
    atomic_store(&table.cancels, 0);
    atomic_store(&table.ups, 0);
    atomic_store(&table.downs, 0);
    table_init();
    assert_int_equal(table_register_blink(), ERR_OK);
    return 0;
}

int table_teardown(void **state)
{
    (void)state;
    atomic_store(&table.may_return, true);
    atomic_store(&table.may_leave_cancel, true);
    atomic_store(&table.may_leave_event, true);
    fake_store_release();
    runtime_stop();
    /* a task that was in the application's code ends when it leaves it */
    const struct runtime_config config = {
        .thing_name = FAKE_THING, .document = document, .document_cap = sizeof(document)};
    FAKE_WAIT(runtime_init(&config) != ERR_BUSY);
    return 0;
}

void table_start_job(void)
{
    assert_int_equal(runtime_start(), ERR_OK);
    fake_offer_job(1, "j1", TABLE_DOCUMENT);
    fake_accept_claim("j1");
    fake_wait_flag(&table.is_in_handler);
}

const char *table_document(void)
{
    return document;
}

struct jobs_report table_report(enum jobs_status status)
{
    return (struct jobs_report){.job_id = "j1", .status = status, .progress_percent = -1};
}

static void *report_on_thread(void *ctx)
{
    struct table_reporter *reporter = ctx;
    atomic_store(&reporter->result, runtime_report(&reporter->report, NULL, 0, NULL));
    atomic_store(&reporter->has_returned, true);
    return NULL;
}

static void start_reporter(struct table_reporter *reporter, struct jobs_report report)
{
    *reporter = (struct table_reporter){.report = report, .result = ERR_INTERNAL};
    assert_int_equal(pthread_create(&reporter->thread, NULL, report_on_thread, reporter), 0);
}

void table_start_reporter(struct table_reporter *reporter, enum jobs_status status)
{
    start_reporter(reporter, table_report(status));
}

void table_start_reporter_of_run(struct table_reporter *reporter, enum jobs_status status)
{
    struct jobs_report report = table_report(status);
    report.job_id = NULL;
    report.run_id = atomic_load(&table.seen_run_id);
    start_reporter(reporter, report);
}

enum err table_join_reporter(struct table_reporter *reporter)
{
    pthread_join(reporter->thread, NULL);
    return atomic_load(&reporter->result);
}
