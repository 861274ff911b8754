/* SPDX-License-Identifier: MIT */
/* The state of device/runtime, shared by its files: runtime.c (life cycle, wishes of other tasks), engine_task.c (engine task),
 * connection.c (when to connect), reception.c (network task), document.c (whose the document buffer is), mailbox.c (reports,
 * registrations), refresh.c (documents read anew), claim.c (provisioning, a prologue), worker.c (worker task, event task). */
#ifndef DEVICE_RUNTIME_STATE_H
#define DEVICE_RUNTIME_STATE_H

#include "common/json_cut.h"
#include "device/core/jobs/engine.h"
#include "device/core/link/link.h"
#include "device/port/port_board.h"
#include "device/port/port_mqtt.h"
#include "device/port/port_sync.h"
#include "device/runtime/inbox.h"
#include "device/runtime/prologue.h"
#include "device/runtime/runtime.h"

#include <stdatomic.h>

#define RUNTIME_NEVER       UINT64_MAX
#define RUNTIME_JOURNAL_KEY "jobs"
#define RUNTIME_COMMAND_MS  2000  /* how long a caller waits for the engine task's answer */
#define RUNTIME_STOP_MS     10000 /* the connection's end may take 5 s of it */
#define RUNTIME_REASON_CAP  192
#define RUNTIME_LINE_CAP    (RUNTIME_REASON_CAP + 160)

enum runtime_command_state {
    RUNTIME_COMMAND_FREE,
    RUNTIME_COMMAND_GIVEN, /* filled, and the engine task has not looked yet */
    RUNTIME_COMMAND_TAKEN, /* the engine task carries it out */
    RUNTIME_COMMAND_DONE,  /* the result stands there */
};

enum runtime_command_type {
    RUNTIME_COMMAND_REGISTER,
    RUNTIME_COMMAND_REPORT,
};

/* What a task asks of the engine task: one at a time. All of it is written under `lock`; while TAKEN only the engine task looks at
 * it. */
struct runtime_command {
    enum runtime_command_state state;
    bool is_awaited; /* else the engine task frees it */
    bool
        is_behind_return; /* when it was given, the handler had returned, and the engine task had not heard of it */
    enum runtime_command_type type;
    enum err result;
    union {
        struct {
            struct jobs_action action;
            char name[DEVICE_ACTION_CAP];
        } registration;
        struct {
            struct jobs_report report; /* its texts and details are these, or NULL */
            char job_id[DEVICE_JOB_ID_CAP];
            char message[JOURNAL_MESSAGE_CAP];
            struct details details;
        } report;
    } u;
};

/* Whose the document buffer is. The network task writes it while ARRIVING and LENT_ARRIVING only. */
enum runtime_document {
    RUNTIME_DOCUMENT_FREE,
    RUNTIME_DOCUMENT_ARRIVING, /* in the message that is being received */
    RUNTIME_DOCUMENT_QUEUED,   /* of a message in the queue */
    RUNTIME_DOCUMENT_IN_HAND,  /* the engine judges or runs it: nobody writes */
    /* The handler waits for it anew (refresh.c): an answer about its execution may be written, and nothing else. */
    RUNTIME_DOCUMENT_LENT,
    RUNTIME_DOCUMENT_LENT_ARRIVING,
    RUNTIME_DOCUMENT_LENT_QUEUED, /* of a message in the queue, or the engine looks at it */
};

/* Which document a message may bring. */
enum runtime_bearer {
    RUNTIME_BEARER_NONE,
    RUNTIME_BEARER_HINT,   /* notify-next */
    RUNTIME_BEARER_CLAIM,  /* the answer to an update */
    RUNTIME_BEARER_NEXT,   /* the answer to $next/get */
    RUNTIME_BEARER_IN_HAND /* the answer to a question about the run in hand */
};

/* The message that is being received. */
struct runtime_message {
    struct json_cut cut;         /* of the document */
    struct json_cut details_cut; /* of statusDetails, in the rest */
    enum runtime_bearer bearer;
    bool has_document; /* a piece of one has come; what it has no place for is counted */
    bool is_too_large; /* without document and details */
    size_t document_len;
    size_t details_len;
    uint16_t head_len;   /* where its payload starts in the queue's item, */
    uint16_t details_at; /* and its details */
};

#define RUNTIME_MESSAGE_TOO_LARGE (-1) /* in place of document_len: its rest did not fit and is not there */

/* The wish for a document anew; guarded by `lock`. */
enum runtime_refresh_state {
    RUNTIME_REFRESH_NONE,
    RUNTIME_REFRESH_WANTED, /* the engine task has not looked yet */
    RUNTIME_REFRESH_OUT,    /* the engine has it, and the buffer is lent */
    RUNTIME_REFRESH_DONE,   /* the result stands there, the caller has not taken it */
};

struct runtime_refresh {
    enum runtime_refresh_state state;
    uint32_t run_id;
    enum err result;
};

/* The one call of the cancel callback that can be out; guarded by `lock`. */
enum runtime_cancel_state {
    RUNTIME_CANCEL_NONE,
    RUNTIME_CANCEL_WANTED,   /* the event task has not taken it */
    RUNTIME_CANCEL_OUT,      /* the application is in it */
    RUNTIME_CANCEL_RETURNED, /* and the engine task has not heard of it yet */
};

struct runtime_cancel {
    enum runtime_cancel_state state;
    uint32_t run_id;
    void *user;
};

/* Who lives. The engine task clears is_started as the last thing that it does. */
struct runtime_life {
    bool is_ready;   /* runtime_init was good: there is an engine. It outlives its task */
    bool is_started; /* the engine task takes commands; the engine is nobody else's */
    bool
        is_stopping; /* the engine task closes the connection, ends when nothing of the application is out, and the others after it */
    bool is_wait_told;    /* while is_stopping: the log has a line about what is waited for */
    bool is_worker_alive; /* from before the task's start until its last look at this struct, */
    bool is_event_alive;  /* and the same of the event task */
};

/* What other tasks wish of the engine task, which has not looked yet. */
struct runtime_wishes {
    bool suspend; /* stays as it was set last */
    bool reconnect;
    bool has_network_come;
    uint64_t restart_at_ms;       /* RUNTIME_NEVER: no restart is wanted */
    void (*before_restart)(void); /* called as the last thing; may be NULL */
};

/* What the network task hands to the engine task. */
struct runtime_incoming {
    struct inbox inbox;
    char bytes[INBOX_CAP]; /* of the inbox */
    struct runtime_message
        message; /* the one that is being received; means something while an item of the inbox is open */
    enum runtime_document document;
    bool
        is_hint; /* while ARRIVING or QUEUED: the document came with a notify-next, and gives way to an answer's */
    uint8_t
        queued_documents; /* items of the inbox that have one; the last of them has the buffer, if any has */
    bool is_message_lost; /* a message was dropped: the engine must ask again */
    bool is_event_lost;   /* news of the connection were dropped: it must be made anew */
};

struct runtime_mailbox {
    struct runtime_command
        command; /* FREE while the signal `gate` is set, as long as the engine task lives */
    bool
        is_report_answered; /* who waited for the answer to a report has it, and the engine has not heard of that */
};

/* What other tasks may see of the engine task's own; written at the end of each of its turns. */
struct runtime_shown {
    enum runtime_link link; /* SUSPENDED also while the tasks end: the connection is closed */
    /* of whom the last connection with jobs was, or what runtime_init was given; NULL: nobody yet */
    const char *thing_name;
    enum runtime_provisioning provisioning;
    bool is_at_rest; /* jobs_engine_is_at_rest; false while a turn is under way */
    struct jobs_counters counters;
    bool
        has_waiting; /* `waiting` is the run that waits for a report, and the document buffer has its document */
    struct jobs_run waiting;
    char waiting_job_id[DEVICE_JOB_ID_CAP];
};

/* The worker task and its one handler. */
struct runtime_worker {
    bool has_work; /* the engine's order, which the worker task has not taken */
    bool is_busy;  /* from the engine's order until the handler has returned */
    bool
        has_returned; /* and the engine task has not heard of it: never with is_busy, one run at a time is out */
    enum jobs_status status; /* what it returned; means something with has_returned */
    struct jobs_run run;     /* the order; not written while is_busy */
};

/* The event task and the application's callbacks on it. */
struct runtime_events {
    bool is_busy; /* a callback is out */
    struct runtime_cancel cancel;
    bool is_link_told; /* what link_changed was told last */
    bool is_network_up;
    bool is_network_told; /* what network_changed was told last */
};

/* The engine task's own: no other task looks at it while life.is_started. */
struct runtime_own {
    struct jobs_engine engine;
    struct link link;
    struct runtime_identity identity;      /* whose the connection is, or will be */
    struct runtime_identity next_identity; /* means something with must_change: its successor */
    bool must_change;
    bool is_refresh_known;                /* the engine has a wish for a document */
    int subscription_ids[JOBS_SUB_COUNT]; /* of the SUBSCRIBE that waits for its SUBACK; -1: none does */
    bool must_drop;                       /* the engine wants another connection */
    bool must_restart;                    /* the engine wants a restart */
};

/* Who shares the connection with jobs: the application's own messages (messages.c), which are linked only into programs that use
 * them. */
struct runtime_guest {
    /* on the engine task, at its turns */
    void (*serve)(uint64_t now_ms);
    uint64_t (*wake_at_ms)(uint64_t now_ms);
    void (*disconnected)(bool is_own_doing, uint64_t now_ms);
    /* SUBSCRIBED, PUBLISHED: of something that it has sent, or of nothing that anybody waits for */
    void (*answered)(const struct inbox_item *item, uint64_t now_ms);
    /* with `lock` held, on the network task: a piece of a message. true: it is not one of jobs */
    bool (*receive)(const struct port_mqtt_event *event);
    /* on the event task: hands one message to the application. false: there is none */
    bool (*deliver)(void);
    /* with `lock` held, any task: nothing waits to be sent, acknowledged or handed over */
    bool (*is_idle)(void);
};

struct runtime {
    struct runtime_config config;              /* written by runtime_init alone, when no task runs */
    atomic_bool are_objects_made;              /* lock and signals can be used; never false again */
    const struct runtime_guest *_Atomic guest; /* NULL: there is none; never NULL again */
    const struct runtime_prologue
        *_Atomic prologue; /* NULL: there is none; does not change while a task runs */
    struct port_mutex lock;
    struct port_signal wake;       /* the engine task has something to do */
    struct port_signal gate;       /* the command slot can be taken: whoever waits for it takes the signal */
    struct port_signal replied;    /* the command is DONE */
    struct port_signal work_given; /* the worker task has something to do */
    struct port_signal event;      /* the event task has something to do */
    struct port_signal refreshed;  /* refresh.state may be DONE */
    struct port_signal ended;      /* a task has ended, or the connection of those that end */

    /* guarded by `lock` */
    struct runtime_life life;
    struct runtime_wishes wishes;
    struct runtime_incoming incoming;
    struct runtime_mailbox mailbox;
    struct runtime_refresh refresh;
    struct runtime_shown shown;
    struct runtime_worker worker;
    struct runtime_events events;

    struct runtime_own own;
};

extern struct runtime device_runtime;

/* check.c */
void runtime_check(void); /* with `lock` held */

/* state.c; and runtime_is_started, runtime_thing_name (runtime.h), what is shown of the identity (prologue.h) */
bool runtime_is_application_out(
    void); /* with `lock` held: a handler or cancel callback is, or the engine has not heard of its return */
uint64_t runtime_now_ms(void);
__attribute__((format(printf, 2, 3))) void runtime_log(enum log_level level, const char *format, ...);

/* engine_task.c */
void runtime_engine_task(void *ctx);
void runtime_engine_init(struct slice record);
void runtime_connection_init(void); /* connection.c: the identity is what runtime_init was given */

/* connection.c */
void runtime_connection_serve(uint64_t now_ms);
void runtime_connection_event(const struct inbox_item *item, uint64_t now_ms);
void runtime_connection_close(void);
uint64_t runtime_connection_wake_at_ms(void);
enum err runtime_connection_subscribe(void *ctx, enum jobs_subscription id, const char *filter);

/* reception.c: the port's event function */
void runtime_reception_event(void *ctx, const struct port_mqtt_event *event);

/* document.c: all with `lock` held, but for runtime_document_settle */
bool runtime_document_begin(enum runtime_bearer bearer); /* true: the message may write the buffer */
bool runtime_document_is_arriving(void);
void runtime_document_end(size_t len); /* it is whole, and its message is being queued */
void runtime_document_drop(void);      /* its message brings no document; half of one never stays */
bool runtime_document_hand_over(
    void); /* a message with a document is looked at; true: the buffer still has it */
void runtime_document_settle(void); /* on the engine task: free for the next, unless the engine keeps it */
void runtime_document_forget_queued(void); /* the queue was emptied */
void runtime_document_lend(void);          /* the handler waits for its document anew */
void runtime_document_end_loan(bool is_good);

/* mailbox.c */
void runtime_mailbox_serve(uint64_t now_ms);
void runtime_mailbox_let_go(void); /* with `lock` held: the engine task ends, and the slot is free */

/* refresh.c */
void runtime_refresh_serve(uint64_t now_ms);
void runtime_refresh_ended(void *ctx, uint32_t run_id, bool is_fresh);
void runtime_refresh_fail_all(void); /* the engine task ends */

/* worker.c */
void runtime_worker_task(void *ctx);
void runtime_event_task(void *ctx);
void runtime_worker_start_handler(void *ctx, const struct jobs_run *work);
void runtime_worker_cancel_handler(void *ctx, uint32_t run_id, void *user);
void runtime_worker_serve_return(uint64_t now_ms);
void runtime_worker_serve_cancel(uint64_t now_ms);

#endif
