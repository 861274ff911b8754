/* SPDX-License-Identifier: MIT */
/* What a device asks of fleet provisioning: which topic means what, and the members of its payload (docs/protocol.md 7). */
#ifndef CLOUD_MQTT_PROVISIONING_REQUEST_H
#define CLOUD_MQTT_PROVISIONING_REQUEST_H

#include "cloud/core/core.h"

#include <jansson.h>

enum provisioning_operation {
    PROVISIONING_CREATE_KEYS,     /* CreateKeysAndCertificate */
    PROVISIONING_CREATE_FROM_CSR, /* CreateCertificateFromCsr */
    PROVISIONING_REGISTER_THING,  /* RegisterThing */
};

struct provisioning_topic {
    enum provisioning_operation operation;
    bool is_cbor;               /* the payload's format, and the answer's; else JSON */
    struct slice template_name; /* RegisterThing; points into the topic */
};

/* false: no request of fleet provisioning. */
bool provisioning_topic_read(struct slice topic, struct provisioning_topic *out);

struct provisioning_members {
    json_t *object; /* owns what the others show; NULL: an empty payload */
    const char
        *request;      /* CreateCertificateFromCsr: the CSR, not empty; its text is judged where it is used */
    const char *token; /* RegisterThing; "": none was sent */
    json_t *parameters; /* an object of texts; NULL: none were sent */
};

/* Bytes of a payload. AWS's broker takes 128 KB; what these operations ask for is far below, and many may wait for a key. */
#define PROVISIONING_PAYLOAD_MAX 16384

/* Reads the members that the operation knows; others are left alone. false: the error says what is wrong with them. */
bool provisioning_members_read(const struct provisioning_topic *topic, struct slice payload,
                               struct provisioning_members *members, struct core_error *error);
void provisioning_members_clear(struct provisioning_members *members);

#endif
