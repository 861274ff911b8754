/* SPDX-License-Identifier: MIT */
/* What gives the engine life: the engine task, which alone touches engine, link and storage; the worker task, which runs the
 * application's handlers; the event task, which runs its other callbacks; and the one MQTT connection.
 *
 * There is one of it in a program, like the ports below. All functions: any task, not from an ISR, and never under a lock
 * that a callback takes; none waits for the network. */
#ifndef DEVICE_RUNTIME_RUNTIME_H
#define DEVICE_RUNTIME_RUNTIME_H

#include "device/core/jobs/engine.h"

/* Texts and the document buffer must live as long as the program. thing_name NULL: the device does not know yet who it is; handlers can be
 * registered and the tasks started, and nothing connects before the prologue (prologue.h) has found an identity. */
struct runtime_config {
    const char *host;
    uint16_t port;
    const char *thing_name;
    const char *root_ca_pem;
    const char *cert_pem;
    const char *key_pem;
    char *document;
    size_t document_cap;

    /* On the worker task; may block. The run and its document are valid until it returns. With run->is_resumed the resume handler
     * is meant. */
    enum jobs_status (*run_handler)(const struct jobs_run *run);
    /* On the event task: the service has ended the run, or the run is past its deadline. `user` of its action. May block: its
     * return tells the engine that the application has heard, and until then there is no second call. */
    void (*cancel_handler)(uint32_t run_id, void *user);
    /* On the event task: the connection came or went. Only the last state counts when it changes faster. */
    void (*link_changed)(bool is_up);
    /* On the event task, may be NULL: the network below the connection came or went (runtime_network_changed). The same. */
    void (*network_changed)(bool is_up);
};

enum runtime_link {
    RUNTIME_LINK_IDLE,     /* not started */
    RUNTIME_LINK_STARTING, /* started, never connected */
    RUNTIME_LINK_UP,
    RUNTIME_LINK_DOWN,      /* was up; connects again */
    RUNTIME_LINK_SUSPENDED, /* by runtime_suspend */
    RUNTIME_LINK_RESUMING,  /* resumed, not connected yet */
};

/* Opens the storage and loads the journal. ERR_STORAGE: the storage cannot be used. ERR_BUSY: it runs already, or a
 * handler of the run before has not returned. */
enum err runtime_init(const struct runtime_config *config);

/* What the last good runtime_init was given; all NULL before. */
const struct runtime_config *runtime_given(void);

/* Who the device is; "" while it does not know. The text lives as long as the program. */
const char *runtime_thing_name(void);

/* Before or after runtime_start. Errors of jobs_engine_register; ERR_BUSY before runtime_init. The name is copied. */
enum err runtime_register(const struct jobs_action *action);

/* Starts the tasks and returns; after runtime_stop the engine goes on where it was, and a stop that is not through is taken back.
 * ERR_BUSY: they run, or runtime_init was not good. ERR_FULL: no memory for a task. */
enum err runtime_start(void);

/* Ends the connection, then the tasks. ERR_OK: there is no task of the library any more, and what a handler returned and a caller was told
 * is in storage. ERR_BUSY: the connection is closed, but a handler or callback of the application has not returned, or the device is about to
 * restart; a log line says which. The tasks end by themselves when that is over; until then reports are taken. ERR_TIMEOUT: neither in time. */
enum err runtime_stop(void);

/* Nothing in hand, nothing unsent, nothing unheard (jobs_engine_is_at_rest). true before runtime_init was good. */
bool runtime_is_at_rest(void);

struct runtime_pair {
    const char *key;
    const char *value;
};

/* `pairs` are the application's details, NULL: those given before stay; report->details is not looked at.
 * IN_PROGRESS by job id: left in a mailbox that holds the newest one; ERR_OK says no more than that. By run: waits until the engine task
 * has looked, 4 s at most; ERR_BUSY: the mailbox was taken for 2 s of them.
 * Final: waits until the mailbox is free, however long that takes (a turn of the engine task for each report before it), then until
 * the engine task has journaled it, 2 s at most. ERR_OK: it is in storage. ERR_STORAGE: it is not, and is sent from memory. ERR_TIMEOUT: it is
 * in the mailbox and cannot be turned away any more, but not yet in storage.
 * ERR_NOT_FOUND: no such run. ERR_STALE: the service has ended the run, and nothing is sent. ERR_BUSY: the run has a final status
 * already, or the engine task does not run (any more).
 * *refused (may be NULL) counts the pairs that break the rules of details_add; the rest goes out. */
enum err runtime_report(const struct jobs_report *report, const struct runtime_pair pairs[], size_t count,
                        size_t *refused);

/* From the handler of this run, on the worker task: reads the document of its execution anew into the document buffer, and waits for
 * that, three request timeouts at most. ERR_OK: it stands there. Else it stands there as it was, or the buffer is the empty text because
 * something came that cannot be used. Nobody writes the buffer when this has returned.
 * ERR_NOT_FOUND: this run's handler does not run, the service has ended it, or has no document for it. ERR_TIMEOUT: no answer.
 * ERR_BUSY: another call is out, or the tasks do not run (any more). */
enum err runtime_refresh_document(uint32_t run_id);

/* The run of an earlier boot that waits for a report, and its document as a text. `run` has job_id for its own. false: there is
 * none, or its document does not fit into cap bytes. */
bool runtime_get_waiting(struct jobs_run *run, char job_id[DEVICE_JOB_ID_CAP], char *document, size_t cap);

void runtime_suspend(bool is_suspended);

/* Drops the connection and makes a new one, also when it was suspended. */
void runtime_reconnect(void);

/* What port_network_start is given: notes it for the event task, and that the next try to connect is worth while now. */
void runtime_network_changed(bool is_up);

/* Restarts the device after delay_ms, with the journal in storage; a handler that runs then has 2 s more to return. */
void runtime_restart(uint32_t delay_ms);
/* The same at once, and `before` is called right before it: on the engine task, whose last work it is, when that runs. */
void runtime_restart_after(void (*before)(void));

enum runtime_link runtime_link_state(void);
bool runtime_is_started(void);
void runtime_get_counters(struct jobs_counters *counters);

#endif
