/* SPDX-License-Identifier: MIT */
/* The daemon as its own files see it: daemon.c (its life), broker_life.c (mosquitto's life), objects_life.c (HTTPS), ready.c (what is told when all
 * is there). */
#ifndef CLOUD_DAEMON_DAEMON_PRIVATE_H
#define CLOUD_DAEMON_DAEMON_PRIVATE_H

#include "cloud/base/worker.h"
#include "cloud/broker/mosquitto_child.h"
#include "cloud/core/turn.h"
#include "cloud/daemon/access_keys.h"
#include "cloud/daemon/background.h"
#include "cloud/daemon/daemon_options.h"
#include "cloud/daemon/data_dir.h"
#include "cloud/daemon/init_child.h"
#include "cloud/daemon/loop.h"
#include "cloud/daemon/service_clock.h"
#include "cloud/http/objects_server.h"
#include "cloud/http/server.h"
#include "cloud/mqtt/device_turn.h"
#include "cloud/mqtt/provisioning_turn.h"
#include "cloud/pki/pki.h"

#define DAEMON_DATABASE     "iot.db"
#define DAEMON_WHY_CAP      (2 * PATH_MAX + 300)
#define DAEMON_SECRET_BYTES 32

struct daemon {
    const struct clock *clock;          /* the machine's */
    struct service_clock service_clock; /* what the service goes by */
    struct daemon_options options;
    struct background *background; /* who waits, and where the log goes */
    char log[PATH_MAX];            /* "": standard error */
    struct data_dir dir;
    char plugin[PATH_MAX];
    char mqtt_socket[PATH_MAX];
    char secret[2 * DAEMON_SECRET_BYTES + 1];
    char why[DAEMON_WHY_CAP]; /* the reason of the first failure */
    struct core *core;
    struct pki *pki;
    struct worker *worker;
    struct turn turn;
    struct http_server *http;
    struct core *reader; /* of the objects' server alone */
    struct objects_server *objects;
    struct credentials *link_keys; /* what signs links to objects */
    char *objects_host;            /* where devices reach objects, "NAME:PORT"; 443 is left out */
    struct access_keys keys;
    struct broker_link *link;
    struct device_turn devices;
    struct pki
        *claim_pki; /* the same authority for another worker: the keys of claims keep no operator waiting */
    struct worker *claim_worker;
    struct hook_caller *hooks;
    struct provisioning_turn provisioning;
    struct init_child init;
    struct mosquitto_child broker;
    unsigned broker_tries;
    int64_t retained_number;   /* changes of retained messages up to this one ... */
    int64_t retained_since_ms; /* ... are in the broker since then, by the monotonic clock */
    bool is_broker_new;        /* it has started, and the core does not know */
    bool is_mqtt_port_given;
    struct loop loop;
    struct loop_source signal_source, http_source, link_source, worker_source, broker_source, output_source,
        init_source, hook_source, claim_source;
    int signals;
    bool is_ready; /* has been ready once */
    bool is_stopping;
    bool has_failed;
};

/* daemon.c: opens everything, serves until it is told to end, closes everything; the exit code. */
int daemon_live(const struct daemon_options *options, struct background *background);

/* provisioning_life.c: fleet provisioning, between broker, worker, turns and hooks. false: daemon->why. */
bool provisioning_life_open(struct daemon *daemon);
void provisioning_life_close(struct daemon *daemon);         /* those who wait for a hook are told */
int64_t provisioning_life_timeout_ms(struct daemon *daemon); /* INT64_MAX: none */
void provisioning_life_run(struct daemon *daemon);           /* what is due because time has passed */

/* way_out.c: for core_config and broker_link_config; ctx: the daemon. */
size_t way_out_room(void *ctx);
void way_out_notice(void *ctx, const char *topic, const char *payload, size_t len, int64_t notice);
void way_out_delivered(void *ctx, int64_t notice);
size_t way_out_event_room(void *ctx);
void way_out_event(void *ctx, const char *topic, struct slice payload, int64_t event);
void way_out_event_delivered(void *ctx, int64_t event);

/* broker_life.c. false: daemon->why. */
bool broker_life_find_plugin(struct daemon *daemon);
bool broker_life_trust(struct daemon *daemon); /* before the start: certificates of others that it trusts */
bool broker_life_configure(struct daemon *daemon);
bool broker_life_start(struct daemon *daemon);

/* objects_life.c: objects over HTTPS, and links to them (core_config.sign_link). false: daemon->why. */
bool objects_life_open(struct daemon *daemon);
void objects_life_close(struct daemon *daemon);
char *objects_life_sign(void *ctx, const char *bucket, const char *key, int64_t expires_s);

/* ready.c: makes the ready file and status.json, and prints what to do next. false: daemon->why. */
bool ready_tell(struct daemon *daemon);

#endif
