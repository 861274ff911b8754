/* SPDX-License-Identifier: MIT */
/* Who a provisioned device is: the payload of the record "identity". */
#ifndef DEVICE_CORE_STORE_IDENTITY_H
#define DEVICE_CORE_STORE_IDENTITY_H

#include "common/slice.h"

#include <stdbool.h>
#include <stddef.h>

#define IDENTITY_MAX 4096 /* bytes of the payload; AWS's certificate and RSA key have 3 KiB */

/* NUL-terminated texts, none empty. */
struct identity {
    const char *thing_name; /* what AWS IoT takes: 1..128 of [a-zA-Z0-9:_-] */
    const char *cert_pem;
    const char *key_pem;
};

/* The payload's length; 0: it does not fit into cap bytes, or a text is empty. */
size_t identity_write(const struct identity *identity, char *payload, size_t cap);

/* The texts lie in the payload. false, and *identity as it was: it is not what identity_write makes. */
bool identity_read(struct slice payload, struct identity *identity);

#endif
