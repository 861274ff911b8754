/* SPDX-License-Identifier: MIT */
/* The world of one device for the interleavings: the seams of device/port over the scheduler, an MQTT peer with a service behind it, and
 * an application on the public headers. What a scenario changes of it stands in `world_rules`. */
#ifndef TESTS_INTERLEAVE_WORLD_H
#define TESTS_INTERLEAVE_WORLD_H

#include "fakes/job_service.h"
#include "interleave/scheduler.h"

#include "lib_jobs.h"
#include "lib_system.h"

#define HOUR_MS 3600000u

/* ---- the device's RAM (device_ram.c): what its objects have in .data and .bss */
void device_ram_keep(void);  /* before the first world */
void device_ram_reset(void); /* as a boot finds it */

/* ---- seams (ports.c) */
void ports_reset(void);      /* an empty store, a log without lines */
const char *ports_log(void); /* the last lines */
bool ports_wants_boot(void); /* the device has restarted itself; true once */
bool ports_is_off(void);     /* the same, and nobody has asked ports_wants_boot since */
void ports_set_clock(bool is_set);
void ports_fail_task(unsigned count);    /* after so many good ones a start of a task fails, once */
void ports_set_storage(uint32_t put_ms); /* how long a put takes */

/* ---- the peer (peer.c): from the world's coroutine, or from the device's through port_mqtt */
extern struct job_service service;
struct peer_rules {
    bool withholds_acknowledgements;
    bool withholds_subacks;
    uint32_t end_ms; /* how long the network task takes to end */
    unsigned piece;  /* messages come in pieces of so many bytes; 0: whole */
};
extern struct peer_rules peer_rules;
void peer_reset(unsigned jobs);
void peer_cut(void);       /* the connection breaks, if there is one */
void peer_power_cut(void); /* the device's end of it is gone */

void peer_send(const char *topic, const char *payload); /* to the device, by its whole topic */

/* ---- fleet provisioning (provisioner.c) */
struct provisioner_rules {
    bool is_on;        /* else every connection is the thing's */
    bool is_rotation;  /* the given certificate is a thing's, which asks for another one */
    unsigned losses;   /* so many answers, the first ones, do not come */
    unsigned doubles;  /* each answer comes so often more */
    unsigned refusals; /* so many connects with the new certificate, the first ones, are refused */
};
extern struct provisioner_rules provisioner_rules;
enum provisioner_step {
    PROVISIONER_CSR,          /* the service has a request for a certificate, and has answered it */
    PROVISIONER_REGISTRATION, /* the same for RegisterThing */
    PROVISIONER_CONNECTED,    /* the device connects with the new certificate */
    PROVISIONER_STEPS,
};
enum provisioner_peer { PROVISIONER_REFUSED, PROVISIONER_CLAIM, PROVISIONER_THING };
void provisioner_reset(void);
void provisioner_await(enum provisioner_step step); /* from the world's coroutine */
enum provisioner_peer provisioner_judge(const char *client_id, const char *cert_pem);
bool provisioner_request(const char *topic, const char *payload); /* false: not one of its topics */
/* At the end: the identity is stored, there was one key, and at most one certificate more for each cut and each lost answer. */
void provisioner_check(unsigned cuts);
unsigned provisioner_claims(void); /* connections with the certificate that the device was given, so far */

/* ---- the application (application.c) */
enum application_way {
    WAY_RETURNS, /* the handler returns SUCCEEDED */
    WAY_REPORTS, /* the handler reports SUCCEEDED itself, after progress, and returns IN_PROGRESS */
    WAY_OTHER_TASK, /* the handler returns IN_PROGRESS, and another task reports progress by id, then SUCCEEDED by run */
    WAY_TWO_TASKS,    /* the same with two tasks at once: one reports progress, the other SUCCEEDED */
    WAY_UNTIL_CANCEL, /* the handler works until the cancel callback tells it to stop, a minute at most */
    WAY_REFRESHES,    /* the handler wants its document anew, and returns SUCCEEDED */
    WAY_LATE,         /* the handler sleeps past its deadline */
    WAY_RESTARTS,     /* the handler restarts the device, and returns SUCCEEDED */
    WAY_ROTATES,      /* the handler begins the change of the certificate, which the library reports */
};
struct application_rules {
    enum application_way way;
    bool has_cancel;
    bool has_claim; /* SYSTEM_init is given a claim certificate */
    uint32_t deadline_s;
    unsigned attempts;
    uint32_t event_ms; /* how long the event callback blocks */
    uint32_t cancel_ms;
    unsigned repeats; /* a final report that was refused comes again so often */
};
extern struct application_rules application_rules;

void application_reset(void);
bool application_init(void);                           /* SYSTEM_init */
bool application_register(void);                       /* JOBS_registerHandler for "work" */
void application_boot(void *ctx);                      /* the device's main: init, start, register */
void application_await_start(unsigned job);            /* from the world's coroutine */
bool application_has_open_job(void);                   /* claimed, and its end is not known to the service */
void application_check(unsigned job, bool has_booted); /* what must hold of a job that has ended */

/* ---- the application's own messages, and their observer (traffic.c) */
extern uint32_t traffic_callback_ms; /* how long the callback of a message blocks */
void traffic_reset(void);
void traffic_boot(void);
void traffic_publish(
    const char *topic); /* a numbered message of QoS 1; the broker ends the connection on topic "bad" */
void traffic_listen(const char *filter);
bool traffic_arrives(const char *topic,
                     const char *payload); /* at the peer; false: the broker does not take it */
void traffic_start(const char *task,
                   void (*entry)(void *ctx)); /* a task of the application that ends with traffic_done */
void traffic_done(void);
void traffic_came(void); /* the network task has handed one over */
bool traffic_is_at_rest(void);
bool traffic_is_unsent(void); /* a message was taken, and has not come to the peer */
void traffic_check(void);

/* ---- beginning and end of a world */

void world_begin(unsigned jobs, enum application_way way);

/* The device gets its power, and runs `device_main`. */
void world_boot(void (*device_main)(void *ctx));

/* Until every job has ended and the device is at rest, `hours` at most; boots it when it has restarted. Then what must hold of every world:
 * starts, confirmed reports, cancels; and the tasks end when they are told to. */
void world_settle(unsigned hours);

/* ---- scenarios (scenarios.c) */
struct scenario {
    const char *name;
    const char *what;
    void (*play)(void);
};
extern const struct scenario scenarios[];
extern const unsigned scenarios_count;

#endif
