/* SPDX-License-Identifier: MIT */
/* device/runtime over fake ports and with its real tasks: a handler that the test holds and lets go, reports from other tasks. */
#ifndef TESTS_FAKES_RUNTIME_TABLE_H
#define TESTS_FAKES_RUNTIME_TABLE_H

#include "device/runtime/runtime.h"
#include "fakes/fake_service.h"

#include <pthread.h>
#include <sched.h>

#define TABLE_DOCUMENT "{\"action\":\"blink\",\"count\":3}"

struct runtime_table {
    char seen_document[CONFIG_DEVICE_JOBS_DOCUMENT_SIZE];
    char seen_job_id[DEVICE_JOB_ID_CAP];
    _Atomic uint32_t seen_run_id;
    pthread_t handler_thread;
    enum err (*in_handler)(void); /* what the handler does besides */
    _Atomic enum err in_handler_result;
    atomic_bool is_in_handler;
    atomic_bool may_return; /* the handler waits for it */
    _Atomic enum jobs_status return_status;
    atomic_uint cancels;
    atomic_bool may_leave_cancel; /* the cancel callback waits for it */
    _Atomic uint32_t cancel_run_id;
    void *_Atomic cancel_user;
    enum err (*in_cancel)(void); /* what the cancel callback does besides */
    _Atomic enum err in_cancel_result;
    atomic_uint ups, downs;
    atomic_bool is_in_event;
    atomic_bool may_leave_event; /* the callbacks about the network wait for it */
    int user;                    /* of the action "blink" */
};

extern struct runtime_table table;

/* cmocka's setup (fresh fakes, runtime_init, "blink" registered) and teardown (everything let go, runtime_stop). */
int table_setup(void **state);
int table_teardown(void **state);

void table_init(void);
void table_init_without_thing(void); /* the identity comes later */
enum err table_register_blink(void);

/* Job "j1" is offered and claimed, and its handler runs. */
void table_start_job(void);

const char *table_document(void); /* the buffer as it is */

struct jobs_report table_report(enum jobs_status status); /* of "j1" */

/* A report from another task. */
struct table_reporter {
    pthread_t thread;
    struct jobs_report report;
    _Atomic enum err result;
    atomic_bool has_returned;
};
void table_start_reporter(struct table_reporter *reporter, enum jobs_status status);
void table_start_reporter_of_run(struct table_reporter *reporter, enum jobs_status status); /* by run id */
enum err table_join_reporter(struct table_reporter *reporter);

#endif
