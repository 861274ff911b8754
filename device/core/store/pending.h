/* SPDX-License-Identifier: MIT */
/* What a device holds that is on its way to an identity of its own: the payload of the record "pending". It is there from the moment at
 * which the key was made until the identity is stored. */
#ifndef DEVICE_CORE_STORE_PENDING_H
#define DEVICE_CORE_STORE_PENDING_H

#include "common/slice.h"
#include "device/core/config.h"

#include <stdbool.h>
#include <stddef.h>

/* The numbers are stored: none ever gets another meaning. */
enum pending_origin {
    PENDING_CLAIM = 1,    /* the device has no identity yet */
    PENDING_ROTATION = 2, /* it has one, and shall have another certificate */
};

enum pending_stage {
    PENDING_KEY = 1,         /* key */
    PENDING_CERTIFICATE = 2, /* key, certificate, its id, ownership token */
    PENDING_TRIAL = 3,       /* key, certificate, its id, thing name: registered, and not connected yet */
};

/* Texts with their NUL; those that the stage does not have are "". */
struct pending {
    enum pending_origin origin;
    enum pending_stage stage;
    const char *key_pem;
    const char *given_id; /* ROTATION: struct identity, given_id; may be "" */
    const char *cert_pem;
    const char *certificate_id; /* as the service gave it; may be "" */
    const char *token;
    const char *thing_name;
};

#define PENDING_HEAD 2 /* bytes before the first text, which is the key */
#define PENDING_MAX                                                                                          \
    (PENDING_HEAD + DEVICE_KEY_CAP + DEVICE_CERTIFICATE_ID_CAP + DEVICE_CERTIFICATE_CAP +                    \
     DEVICE_CERTIFICATE_ID_CAP + DEVICE_OWNERSHIP_TOKEN_CAP)

/* The payload's length; 0: a text that the stage needs is empty, or it does not fit. The texts may stand in `payload` already, in the order
 * of the struct and none before its place; *pending then has their new places. */
size_t pending_write(struct pending *pending, char *payload, size_t cap);

/* The texts lie in the payload. false, and *pending as it was: it is not what pending_write makes. */
bool pending_read(struct slice payload, struct pending *pending);

#endif
