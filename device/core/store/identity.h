/* SPDX-License-Identifier: MIT */
/* Who a provisioned device is: the payload of the record "identity". */
#ifndef DEVICE_CORE_STORE_IDENTITY_H
#define DEVICE_CORE_STORE_IDENTITY_H

#include "common/slice.h"

#include <stdbool.h>
#include <stddef.h>

#define IDENTITY_MAX 4096 /* bytes of the payload; AWS's certificate and RSA key have 3 KiB */

/* NUL-terminated texts, none empty but given_id. */
struct identity {
    const char *thing_name; /* what AWS IoT takes: 1..128 of [a-zA-Z0-9:_-] */
    const char *cert_pem;
    const char *key_pem;
    /* NULL or "": it was stored by provisioning. Else it came of a rotation, and this is the certificate id (SHA-256 of its DER, 64 hex
     * digits) of the certificate that SYSTEM_init was given then: it comes before exactly that one, which would else be back with the next boot.
     * A firmware that gives another certificate has it its way. identity_read gives "" for none. */
    const char *given_id;
};

bool identity_is_thing_name(const char *text);
bool identity_is_certificate_id(const char *text); /* 64 hex digits */

/* The payload's length; 0: it does not fit into cap bytes, or a text is empty or not what it should be. */
size_t identity_write(const struct identity *identity, char *payload, size_t cap);

/* The texts lie in the payload. false, and *identity as it was: it is not what identity_write makes. */
bool identity_read(struct slice payload, struct identity *identity);

#endif
