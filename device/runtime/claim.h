/* SPDX-License-Identifier: MIT */
/* Fleet provisioning by claim: a device that has no identity in its storage gets one by its claim certificate, stores it and is that thing
 * from then on; one that has connects as it at once. The way itself is device/core/provision; here stand its tasks, memory, connection and
 * storage. What it needs of memory lies on the engine task's stack, and so only on devices that use it. */
#ifndef DEVICE_RUNTIME_CLAIM_H
#define DEVICE_RUNTIME_CLAIM_H

#include "common/err.h"
#include "device/core/provision/words.h"

#include <stdint.h>

/* All texts must live as long as the program. */
struct runtime_claim {
    const char *host;
    uint16_t port;
    const char *root_ca_pem;
    const char *cert_pem; /* the claim's */
    const char *key_pem;
    const char *template_name;
    const char *client_id; /* with the claim, and the common name of the request; one for each device */
    const char *serial_number;
    const char *name_prefix; /* this one and the next: NULL or "": not sent */
    const char *app_version;
    char *thing_name; /* room for DEVICE_THING_NAME_CAP bytes: the name is put there when it is known */
    void (*provisioned)(
        void); /* on the event task, when a new identity is in use for the first time; may be NULL */
};

/* After runtime_init without a thing's name, before runtime_start; from one task. */
void runtime_claim(const struct runtime_claim *claim);

/* More pairs for the template, beside the three above; a later one of the same key takes the place of an earlier. Before runtime_start, from one
 * task. The texts must live as long as the program. ERR_ARG: no key, one of the three, or not 1 to 128 of [a-zA-Z0-9:_-]. ERR_FULL:
 * there are RUNTIME_CLAIM_PAIRS. */
#define RUNTIME_CLAIM_PAIRS 8
enum err runtime_claim_parameter(const char *key, const char *value);

#endif
