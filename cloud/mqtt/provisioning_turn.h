/* SPDX-License-Identifier: MIT */
/* A request of fleet provisioning on its way: keys and signatures on the worker, the database in a turn, a template's hook over
 * HTTP, then the answer to the connection that asked. */
#ifndef CLOUD_MQTT_PROVISIONING_TURN_H
#define CLOUD_MQTT_PROVISIONING_TURN_H

#include "cloud/base/worker.h"
#include "cloud/mqtt/device_turn.h"
#include "cloud/mqtt/hook.h"
#include "cloud/pki/pki.h"

/* On their way at once; further ones are rejected as throttled, because every one of them may cost a key. */
#define PROVISIONING_TURN_MAX 1000

struct provisioning_turn {
    const struct device_turn *devices;
    struct worker *worker; /* for these alone: a hundred keys take ten seconds and more */
    struct pki *pki;       /* the worker's */
    struct hook_caller *hooks;
    unsigned count; /* on their way */
};

/* Takes over the request. */
void provisioning_turn_add(struct provisioning_turn *desk, struct broker_request *request);

#endif
