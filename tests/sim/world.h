/* SPDX-License-Identifier: MIT */
/* A world: some devices with the real device/core, iot-local's real cloud/core over SQLite in memory, a network between
 * them, and a clock that jumps from event to event. world.c owns clock and events, device.c a device and its application,
 * service.c the service and its operator, ledger.c what an outside observer writes down and holds against G1 to G6, witness.c
 * what he sees at the service: for whom an update was meant, and whom it has met. */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include "cloud/base/clock.h"
#include "cloud/core/core.h"
#include "device/core/jobs/engine.h"
#include "device/core/link/link.h"
#include "device/core/messages/messages.h"
#include "sim/choice.h"
#include "sim/script.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdio.h>

#define SIM_DEVICES    4
#define SIM_JOBS       20
#define SIM_EVENTS     256
#define SIM_ENTRIES    512
#define SIM_HITS       64
#define SIM_MESSAGES   200 /* of a device's application, beside its jobs */
#define SIM_CREATIONS  32  /* of one job */
#define SIM_NAME_CAP   16
#define SIM_TIME_MIN   60000u
#define SIM_LATENCY_MS 10
#define SIM_START_MS                                                                                         \
    1700000000123 /* wall clock of the service when a world begins, but for some random ones */

struct sim_world;

/* What the applications of this world can do; the names are the actions of job documents. */
enum sim_action {
    SIM_ONCE,    /* returns a final status */
    SIM_AGAIN,   /* the same, three attempts */
    SIM_LATER,   /* returns IN_PROGRESS and reports later, also after a boot (WAIT) */
    SIM_STEPS,   /* progress every half minute under AWS's step timer, two attempts */
    SIM_LONG,    /* runs for half an hour */
    SIM_RESTART, /* the restart is the job */
    SIM_ASYNC, /* a task of the application works on it, whatever becomes of it, and reports by its id: the seed's way */
    SIM_RESUME, /* returns IN_PROGRESS and reports later; after a boot a resume handler goes on with it */
    SIM_ACTIONS,
    SIM_BAD = SIM_ACTIONS, /* a document that no handler is for; in a planned world it is too large */
    /* in planned worlds: the other ones, in the order of sim_bad_documents */
    SIM_MUTE,
    SIM_BAD_FIRST = SIM_MUTE,
    SIM_NUMBER,
    SIM_NOBODY,
    SIM_LIST,
    SIM_TWICE,
    SIM_BAD_LAST = SIM_TWICE,
};

struct sim_job {
    char id[SIM_NAME_CAP];
    enum sim_action action;
    unsigned devices;             /* one bit per target */
    uint64_t due_ms;              /* when it is to be made first */
    uint64_t created_ms, gone_ms; /* the last time that it was made, and deleted */
    bool is_created;
    unsigned creations;
    int64_t created_at_s[SIM_CREATIONS]; /* by the service's clock */
};

/* An execution as the service knows it. */
struct sim_name {
    uint8_t device;
    char job_id[SIM_NAME_CAP];
    int64_t number, queued_at_s;
};

/* An execution that an update has met that was not meant for it, or not any more. */
struct sim_hit {
    struct sim_name name;
    bool
        is_stray; /* it was meant for an earlier one of this job id, or was sent before its last claim was accepted */
    bool is_blurred; /* it came late, and the service knows an older attempt now */
};

/* A claim that the service has accepted, or an IN_PROGRESS that it has taken for one. */
struct sim_claim {
    struct sim_name name;
    unsigned attempt;
    uint64_t accepted_ms;
    uint64_t document;   /* hash of the text that the service had for it then */
    bool was_on_its_way; /* it was meant for an earlier one, and sent before this one came into being */
};

/* One execution as an outside observer sees it. */
struct sim_entry {
    uint8_t device;
    char job_id[SIM_NAME_CAP];
    int64_t number, queued_at_s;
    enum sim_action action;
    unsigned starts;
    unsigned boot_of_start, boot_of_resume;
    uint64_t renewed_ms; /* its deadline runs from here, or later */
    uint64_t over_ms;    /* it ended in the service while its handler ran; 0: not */
    enum jobs_status confirmed;
    bool has_confirmed; /* the engine has confirmed a final status to the application */
    bool has_reported;  /* the application has reported one, confirmed or not */
    bool is_told;       /* the handler was told to end */
    bool is_performed;  /* the application has done it: its own task, or the handler */
    bool has_memory;    /* a final status could not be stored and was sent from memory: `in_memory` */
    enum jobs_status in_memory;
    bool is_taken_back; /* storage has forgotten what confirmed it: it may be reported once more */
    bool is_excused;    /* the journal was lost after the confirmation */
    bool is_retired;    /* its job was deleted and made again: what has its name by now is another one */
    bool is_forgiven;   /* the service has gone back to a backup from before its end */
};

#define SIM_PLACES 3

/* What the application listens to (listening.c), by the observer's reckoning. */
struct sim_listening {
    bool is_wanted[SIM_PLACES]; /* by the application */
    uint8_t qos[SIM_PLACES];    /* for which it was wanted last */
    bool is_anew
        [SIM_PLACES]; /* it was wanted once more, or otherwise, since it was asked for: no answer is about that */
    bool is_granted[SIM_PLACES];     /* by the broker, on this connection */
    unsigned asked;                  /* the place whose SUBSCRIBE is not answered, and 1; 0: none */
    unsigned ends[SIM_PLACES];       /* connections in a row that have ended under its SUBSCRIBE */
    uint64_t ended_ms[SIM_PLACES];   /* when there were enough of them, on the engine's clock; 0: never */
    uint64_t refused_ms[SIM_PLACES]; /* when the device heard of a refusal; 0: never, or long ago */
    uint64_t change_at_ms;           /* the application changes its mind */
};

/* The application's own messages (traffic.c). They are numbered; what follows `messages` is the observer's. */
struct sim_traffic {
    struct messages messages;
    char outbox[512];
    uint64_t random, publish_at_ms;
    int last_id;
    unsigned first, next; /* those of this boot that were taken */
    unsigned newest_arrived;
    unsigned refused;
    uint8_t arrivals[SIM_MESSAGES];
    uint8_t ends[SIM_MESSAGES]; /* connections that have ended while this one alone was on its way */
    struct sim_listening listening;
};

struct sim_device {
    struct sim_world *world;
    struct sim_traffic traffic;
    uint8_t index;
    char name[SIM_NAME_CAP];
    struct jobs_engine engine;
    struct link link;
    char document[CONFIG_DEVICE_JOBS_DOCUMENT_SIZE];
    char record[JOBS_RECORD_CAP]; /* the flash */
    size_t record_len;
    char previous[JOBS_RECORD_CAP]; /* the record before it */
    size_t previous_len;
    bool is_unusable,
        was_unusable;    /* what stands in the flash is no record of this firmware; nor the one before it */
    uint64_t booted_ms;  /* the engine's clock counts from here */
    unsigned boots;      /* also the number of this boot */
    unsigned connection; /* number of the present or last connection */
    uint64_t connected_ms;
    uint64_t random;
    bool is_on, is_connected;
    bool is_late;        /* on this boot handlers are registered some seconds after the start */
    bool is_dead;        /* the power went inside an effect: nothing happens any more until the next boot */
    bool must_drop;      /* the connection is to be cut, */
    bool is_own_drop;    /* because the engine has asked for a new one */
    unsigned heard;      /* one bit per filter that the broker has granted on this connection */
    unsigned asked;      /* the same, that was asked for */
    bool is_subscribed;  /* no further one is asked for on it */
    bool has_refusal;    /* on this boot a filter was refused, or a connection has ended at one: */
    uint64_t refusal_ms; /* the last time */
    uint64_t refused_at_ms[JOBS_SUB_COUNT]; /* when each was answered with a refusal; 0: not on this boot */
    unsigned saves;
    bool was_save;                     /* the last effect was a put that went well */
    bool has_lost_journal;             /* once */
    uint64_t missed_ms;                /* the last time that a notification did not come, or late */
    uint64_t refused_ms;               /* the last time that a question was refused */
    uint64_t told_ms, asked_ms;        /* when the last answer to a question came, and when it was given */
    struct sim_claim claims[SIM_JOBS]; /* the last one of each job id that the service has accepted */
    /* the application */
    struct sim_entry *running; /* its handler was started on this boot and has not returned */
    struct sim_entry *waiting; /* its handler has returned IN_PROGRESS on this boot */
    uint32_t run_id;
    unsigned reports;       /* tries of the one that is owed */
    unsigned step;          /* of the handler's programme */
    unsigned behavior;      /* option of SIM_CHOICE_HANDLER */
    struct sim_entry *owed; /* a report that the application still owes, also after a boot */
    struct sim_entry
        *working; /* the application's own task works on it until it has reported; not over a boot */
    uint32_t working_run_id;
    uint64_t answered_ms;        /* when a final report from outside a handler was answered last */
    bool is_callback_out;        /* a cancel callback has not returned */
    uint64_t callback_back_ms;   /* when one returned last */
    bool is_reporting_callback;  /* the cancel callback reports before it returns */
    bool is_refreshed, is_fresh; /* the document was asked for anew, and what came of that */
};

enum sim_event_kind {
    SIM_EVENT_BOOT,
    SIM_EVENT_REGISTER,
    SIM_EVENT_OPENED,     /* a connection attempt ends */
    SIM_EVENT_SUBACK,     /* value: id, or id + 16 when refused */
    SIM_EVENT_PUBACK,     /* value: id of a message of the application */
    SIM_EVENT_OWN_SUBACK, /* value: twice the id of a SUBSCRIBE of the application, and 1 when refused */
    SIM_EVENT_TO_SERVICE,
    SIM_EVENT_TO_DEVICE,
    SIM_EVENT_APPLICATION, /* the next step of the handler or of who reports for it */
    SIM_EVENT_WORK,        /* the application's own task is done with its work */
    SIM_EVENT_CALLBACK,    /* value: run whose cancel callback returns */
    SIM_EVENT_CREATE,      /* value: job */
};

struct sim_event {
    uint64_t at_ms;
    uint32_t serial; /* events of one moment keep their order */
    enum sim_event_kind kind;
    uint8_t device;
    unsigned epoch; /* connection or boot that it belongs to */
    unsigned value;
    /* Of a message: when it was sent; of an update that goes out with the answer to a question: when that was given. */
    uint64_t sent_ms;
    int64_t about_s;       /* of a request: queuedAt of the execution that the device had in hand */
    char *topic, *payload; /* of a message; malloc'd together */
    size_t payload_len;
};

struct sim_service {
    struct sim_world *world; /* that it serves now */
    struct core *core;
    sqlite3 *db; /* of core: the observer's window */
    sqlite3_stmt *look;
    sqlite3_stmt *earlier;
    sqlite3_stmt *named;
    unsigned char *backup; /* serialized database, of when the last job was created */
    sqlite3_int64 backup_len;
    int64_t wall_offset_ms;
    int64_t next_timer_ms; /* wall clock; 0: ask */
    struct clock clock;    /* of the core */
    uint64_t broker_up_ms;
    bool was_set;      /* the clock was: queuedAt tells no order any more */
    bool was_restored; /* a backup came back */
    unsigned requests;
};

/* What came of all worlds of a process. */
struct sim_totals {
    uint64_t worlds, executions, starts, jobs, events, boots, saves, requests, notices;
    uint64_t resumed;   /* starts with an attempt above 1 */
    uint64_t confirmed; /* final statuses that were confirmed */
    uint64_t told;
    uint64_t left;      /* runs that the service had ended while the application's own task went on */
    uint64_t waited;    /* WAIT runs of earlier boots that were shown */
    uint64_t fast;      /* claims that followed a notify-next */
    uint64_t refreshed; /* documents that came anew */
    uint64_t strays;    /* updates that met another execution of their name */
    uint64_t faults[SIM_CHOICES][SIM_OPTIONS_MAX];
    uint64_t by_status[EXECUTION_STATUS_COUNT];
    uint64_t by_reason[32];
    uint64_t steps[JOBS_STATE_COUNT][JOBS_EVENT_COUNT];             /* of the engine's table */
    uint64_t pairs[SIM_CHOICES][SIM_OPTIONS_MAX][JOBS_STATE_COUNT]; /* which fault has met which state */
    uint64_t hash; /* of every event of the last world, if it was told */
};

struct sim_world {
    struct sim_chooser chooser;
    struct sim_script *script; /* it is written down, or replayed; NULL: neither */
    struct sim_service *service;
    struct sim_device devices[SIM_DEVICES];
    unsigned device_count;
    uint64_t clock_at_boot_ms; /* the devices' clocks begin here: some shortly before 32 bits are full */
    int64_t start_ms;          /* wall clock of the service when it begins: the same */
    unsigned absent;           /* one bit per device that a script has taken away */
    struct sim_job jobs[SIM_JOBS];
    unsigned job_count;
    struct sim_event events[SIM_EVENTS];
    unsigned event_count;
    uint32_t serial;
    uint64_t now_ms;
    uint64_t calm_ms; /* from here on nothing goes wrong */
    uint64_t last_fault_ms;
    bool has_traffic; /* applications send messages of their own */
    bool is_deaf;     /* every notification is lost, until it is calm */
    unsigned refused; /* one bit per filter that the policy does not allow */
    bool
        is_closing; /* what the policy does not allow closes the connection, as AWS IoT does; else SUBACK 0x80 */
    unsigned
        habit; /* of a planned world: how every handler behaves, an option of SIM_CHOICE_HANDLER; 0: as it comes */
    bool had_weeks;        /* once */
    bool has_backups;      /* a service of this world may come back from one */
    bool has_lost_journal; /* a device of this world has */
    struct sim_entry ledger[SIM_ENTRIES];
    unsigned entry_count;
    struct sim_hit hits[SIM_HITS];
    unsigned hit_count;
    FILE *trace; /* where the world is told line by line; NULL: nowhere */
    struct sim_totals *totals;
    jmp_buf *failed;
    const char *kind; /* of violation: sim_fail's format */
    char why[256];
};

/* ---- world.c */
/* A planned world has one device and one job per given action; at most SIM_JOBS. */
void sim_world_small(struct sim_world *w, struct sim_service *service, const enum sim_action *actions,
                     unsigned action_count);
void sim_world_random(struct sim_world *w, struct sim_service *service);
/* Runs to the end, checks everything on the way. false: w->why says what broke. */
bool sim_world_run(struct sim_world *w);

/* sim_choose, counted and told. `d`: whom it is about. */
unsigned sim_happens(struct sim_world *w, struct sim_device *d, enum sim_choice choice, uint32_t allowed);
struct sim_event *sim_post(struct sim_world *w, enum sim_event_kind kind, unsigned device, uint64_t in_ms);
/* A message; copies. */
struct sim_event *sim_post_message(struct sim_world *w, enum sim_event_kind kind, unsigned device,
                                   unsigned connection, uint64_t in_ms, const char *topic,
                                   const char *payload, size_t len);
uint64_t sim_hash(const char *text);
/* Into the hash of a world that is told: what its lines leave out. */
void sim_mix(struct sim_world *w, const void *bytes, size_t len);
void sim_trace(struct sim_world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
_Noreturn void sim_fail(struct sim_world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define sim_check(w, condition, ...)                                                                         \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            sim_fail((w), __VA_ARGS__);                                                                      \
    } while (0)

/* ---- hash.c: what a build must say like every other. An exit code */
int sim_hash_tell(uint64_t from, uint64_t seeds, bool is_each); /* seeds 0: as many as the gate plays */
/* ---- shrink.c */
/* A random world, as it was written down; `jobs` (NULL: not wanted) are filled before it runs. */
bool sim_play_script(struct sim_world *w, struct sim_service *service, struct sim_script *script, FILE *trace,
                     struct sim_totals *totals, struct sim_job *jobs);
/* Exit code: 0 nothing breaks, 1 the shortest world that does stands in the file `out`, 2 that cannot be. */
int sim_shrink(struct sim_world *w, struct sim_service *service, uint64_t seed, const char *out);

/* ---- plant.c */
bool sim_plant(const char *name); /* false: there is no such fault */

/* ---- reach.c */
bool sim_is_of_device(enum sim_choice choice, unsigned option); /* else it is about everybody */
/* This fault meets this device; what is about everybody meets all that are on. */
void sim_reach_fault(struct sim_world *w, const struct sim_device *d, enum sim_choice choice,
                     unsigned option);
/* What was met, in numbers. */
void sim_reach_tell(const struct sim_totals *t);
/* Was everything met that can be? A line for each thing that was not, and for each that the list says cannot be, and was. */
bool sim_reach_check(const struct sim_totals *t, bool has_pairs);
/* Fault by state, as a table of docs/guarantees.md. */
void sim_reach_matrix(const struct sim_totals *t);

/* ---- device.c */
void sim_device_boot(struct sim_device *d);
void sim_device_register(struct sim_device *d);
void sim_device_power_cut(struct sim_device *d);
void sim_device_cut(struct sim_device *d, bool is_own_doing); /* its connection */
void sim_device_called_back(struct sim_device *d, uint32_t run_id);
void sim_device_opened(struct sim_device *d);
void sim_device_suback(struct sim_device *d, unsigned value);
void sim_device_message(struct sim_device *d, const struct sim_event *event);
void sim_device_wake(struct sim_device *d);
void sim_device_resync(struct sim_device *d);
uint64_t sim_device_wake_at_ms(struct sim_device *d); /* world time */
bool sim_device_is_idle(struct sim_device *d);
uint64_t sim_device_now_ms(const struct sim_device *d); /* the engine's clock */
/* After every event of the engine: what it asked for, and that it is in order. */
void sim_device_settle(struct sim_device *d);

/* ---- traffic.c: nothing in a world without */
void sim_traffic_boot(struct sim_device *d);
void sim_traffic_serve(struct sim_device *d); /* may want the connection cut, or the power */
void sim_traffic_acknowledged(struct sim_device *d, unsigned id);
void sim_traffic_cut(struct sim_device *d, bool is_own_doing);
uint64_t sim_traffic_wake_at_ms(struct sim_device *d); /* the engine's clock */
bool sim_traffic_is_sent(const struct sim_device *d);
void sim_traffic_check_end(struct sim_device *d);
uint32_t sim_traffic_draw(struct sim_device *d, uint32_t below);

/* ---- listening.c: as above; for traffic.c, but for sim_listening_answered and sim_listening_is_settled */
void sim_listening_boot(struct sim_device *d);
void sim_listening_change_when_due(struct sim_device *d, uint64_t now_ms);
enum err sim_listening_subscribe(struct sim_device *d, const char *filter, int *id);
enum err sim_listening_unsubscribe(struct sim_device *d, const char *filter);
void sim_listening_answered(struct sim_device *d, unsigned value);
void sim_listening_cut(struct sim_device *d, bool is_own_doing);
void sim_listening_check(struct sim_device *d);
bool sim_listening_is_settled(struct sim_device *d);

/* ---- application.c */
extern const struct jobs_action sim_actions[SIM_ACTIONS];
void sim_application_started(struct sim_device *d, struct sim_entry *entry, const struct jobs_run *run);
/* The run of an earlier boot goes on: its resume handler runs, or somebody may report. */
void sim_application_resumed(struct sim_device *d, struct sim_entry *entry, const struct jobs_run *run);
void sim_application_waits(struct sim_device *d, struct sim_entry *entry, const struct jobs_run *run);
void sim_application_told(struct sim_device *d, uint32_t run_id);
void sim_application_called_back(struct sim_device *d, uint32_t run_id);
void sim_application_work_done(struct sim_device *d);
void sim_application_step(struct sim_device *d);
void sim_application_booted(struct sim_device *d);

/* ---- service.c */
struct sim_bad_document {
    const char *name, *text;
};
const char *sim_action_name(enum sim_action action); /* of a small world */
extern const struct sim_bad_document sim_bad_documents[SIM_BAD_LAST - SIM_BAD_FIRST + 1];
bool sim_service_open(struct sim_service *s);
void sim_service_close(struct sim_service *s);
void sim_service_begin(struct sim_world *w); /* an empty service for a new world, things registered */
void sim_service_request(struct sim_world *w, const struct sim_event *event);
void sim_service_create(struct sim_world *w, struct sim_job *job);
void sim_service_cancel(struct sim_world *w, const struct sim_job *job, bool is_forced);
bool sim_service_delete(struct sim_world *w, struct sim_job *job); /* false: there is no such job */
void sim_service_restart(struct sim_world *w, bool is_from_backup);
void sim_service_broker_started(struct sim_world *w);
void sim_service_subscribed(struct sim_world *w, const char *filter);
void sim_service_set_clock(struct sim_world *w, int64_t by_ms);
void sim_service_run_timers(struct sim_world *w);
uint64_t sim_service_timer_at_ms(struct sim_world *w); /* world time */
unsigned sim_service_pending(struct sim_world *w, unsigned device);

/* What stands in the database about an execution. */
struct sim_look {
    bool is_there; /* with this queuedAt */
    enum execution_status status;
    int64_t version;
    unsigned attempt; /* of statusDetails, 0: none */
    char reason[32];
};
struct sim_look sim_service_look(struct sim_world *w, const struct sim_entry *entry);
/* Is an execution QUEUED that stood in line before this one? */
bool sim_service_has_earlier(struct sim_world *w, const struct sim_entry *entry);

/* The execution of this device, job id and number: completes the name, and gives the attempt (0: none) and the hash of its
 * document (NULL: not wanted). */
unsigned sim_service_find(struct sim_world *w, struct sim_name *name, uint64_t *document);

/* ---- witness.c */
struct sim_witness {
    struct sim_name name;
    unsigned attempt;
};
/* An update comes to the service; false: it is something else. */
bool sim_witness_sees(struct sim_world *w, const struct sim_event *request, struct sim_witness *seen);
void sim_witness_accepted(struct sim_world *w, const struct sim_event *request, struct sim_witness *seen);
/* Each run stands under the claim of its job id that was accepted last, with the document that its execution had then. */
void sim_witness_started(struct sim_device *d, const struct jobs_run *run);
struct sim_hit *sim_witness_hit(struct sim_world *w, const struct sim_name *name); /* NULL: none */

/* ---- flash.c */
/* What is put, or half of it. */
void sim_flash_put(struct sim_device *d, const void *record, size_t len, bool is_torn);
/* What has become of it when a boot reads it; before the engine begins. */
void sim_flash_read(struct sim_device *d);
/* Behind the engine's beginning: it has noticed what cannot be used. */
void sim_flash_check(struct sim_device *d);

/* ---- filters.c */
void sim_filters_asked(struct sim_device *d, enum jobs_subscription id);
void sim_filters_answered(struct sim_device *d, enum jobs_subscription id, bool is_granted);
void sim_filters_cut(struct sim_device *d);
/* After each event: what was left out on this connection was refused within a day. */
void sim_filters_check(struct sim_device *d);

/* ---- ledger.c */
void sim_ledger_retire(struct sim_world *w, const char *job_id);
struct sim_entry *sim_ledger_entry(struct sim_device *d, const struct jobs_run *run);
void sim_ledger_started(struct sim_device *d, struct sim_entry *entry, const struct jobs_run *run);
void sim_ledger_confirmed(struct sim_device *d, enum jobs_status status);
/* The handler has returned a final status: it counts when it has reached the flash. */
void sim_ledger_returned(struct sim_device *d, struct sim_entry *entry, enum jobs_status status);
void sim_ledger_told(struct sim_device *d, uint32_t run_id);
void sim_ledger_journal_lost(struct sim_device *d);
/* The boot finds `found` in the place of what stood in the flash. */
void sim_ledger_journal_stale(struct sim_device *d, struct slice found);
void sim_ledger_service_restored(struct sim_world *w);
/* The service has changed something on its own: whose handler must be told? */
void sim_ledger_service_moved(struct sim_world *w);
/* Nobody who must be told waits too long. */
void sim_ledger_check_told(struct sim_world *w);
void sim_ledger_check_end(struct sim_world *w);

#endif
