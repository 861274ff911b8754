/* SPDX-License-Identifier: MIT */
/* The words in which runtime and machine speak about provisioning, and what a state of the machine is. Types only: nothing in this file
 * does anything. */
#ifndef DEVICE_CORE_PROVISION_WORDS_H
#define DEVICE_CORE_PROVISION_WORDS_H

#include "common/err.h"
#include "common/log_level.h"
#include "device/core/config.h"
#include "device/core/store/identity.h"
#include "device/core/store/pending.h"
#include "device/core/store/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROVISION_NEVER UINT64_MAX

/* Times and counts, in ms where nothing else is said. */
#define PROVISION_ANSWER_MS                                                                                  \
    30000 /* a request without an answer by then is lost; AWS gives a hook alone 5 s */
#define PROVISION_SUBACK_MS      5000    /* a subscription is a hint, and no more is waited for */
#define PROVISION_RETRY_BASE_MS  30000   /* after a refusal, doubled with each, with jitter, ... */
#define PROVISION_RETRY_CAP_MS   1800000 /* ... up to this */
#define PROVISION_TRIAL_BASE_MS  4000    /* the same for refused connects with the new certificate */
#define PROVISION_TRIAL_CAP_MS   60000
#define PROVISION_SAVE_BASE_MS   2000 /* the same for a storage or a key that fails */
#define PROVISION_SAVE_CAP_MS    300000
#define PROVISION_TRIAL_REFUSALS 6 /* so many refused connects, and the new certificate is given up */
#define PROVISION_TRIAL_DOUBTS                                                                               \
    8 /* so many failed ones without a cause, and the old identity is asked whether it can connect */
#define PROVISION_SUBSCRIBE_LOSSES                                                                           \
    2 /* so many connections ended by a SUBSCRIBE in a row, and it is left out */
#define PROVISION_ROTATION_FAILURES                                                                          \
    5 /* so many refused or unanswered requests, and a rotation is given up; a lost answer to RegisterThing is two of them */

/* Parameters of the template that a device gives without being asked. The names are those of our documents; AWS has none. */
#define PROVISION_SERIAL_NUMBER      "SerialNumber"
#define PROVISION_DEVICE_NAME_PREFIX "DeviceNamePrefix"
#define PROVISION_APP_VERSION        "AppVersion"
#define PROVISION_THING_NAME         "ThingName" /* of a rotation: the template has to keep it */

/* A pair for the template. Without a value (NULL or "") it is not sent, so that the template's Default counts. */
struct provision_parameter {
    const char *key;
    const char *value;
};

struct provision_config { /* all texts live until the machine is over */
    enum pending_origin origin;
    const char *template_name;                    /* 1..36 characters of [0-9A-Za-z_-] */
    const struct provision_parameter *parameters; /* in JSON at most DEVICE_PROVISION_PARAMETERS_CAP bytes */
    size_t parameter_count;
    /* ROTATION: the present thing name, which the template must answer with, else "" or NULL. */
    const char *thing_name;
    /* ROTATION: certificate id (SHA-256 of its DER, 64 hex digits) of the certificate that SYSTEM_init was given, else "" or NULL. It is
     * stored with the new identity, which from then on comes before exactly that given one (struct identity). */
    const char *given_id;
};

/* With which identity the machine wants the device's connection. Whoever owns the connection looks after each call of the machine: is it
 * another one than the present connection has, that is closed and a new one opened, with the owner's own backoff for failed attempts. */
enum provision_link {
    PROVISION_LINK_NONE, /* with none: there is no connection while the machine wants this */
    PROVISION_LINK_ORIGIN, /* claim: with the claim certificate. Rotation: with the present identity, jobs go on */
    PROVISION_LINK_NEW, /* with provision_new_identity; also when the machine is DONE */
};

/* Effects of the machine. `ctx` comes first in each. Pointers are valid during the call only. None may wait for the network, none may call
 * back into the machine. */
struct provision_io {
    void *ctx;
    /* A new EC P-256 key, as PEM with its NUL. May take a second. */
    enum err (*make_key)(void *ctx, char *key_pem, size_t cap);
    /* PKCS #10 of this key, as PEM with its NUL. ERR_CORRUPT, ERR_TLS or ERR_ARG: the key cannot be used, and another one is made. */
    enum err (*make_csr)(void *ctx, const char *key_pem, char *csr_pem, size_t cap);
    bool (*is_match)(void *ctx, const char *cert_pem, const char *key_pem);
    /* A hint; the answer, if there is one, comes as provision_subscribed. An error means that it was not sent. */
    enum err (*subscribe)(void *ctx, const char *filter);
    /* QoS 1. An error means that it was not sent. The payload can hold a token: never into a log. */
    enum err (*publish)(void *ctx, const char *topic, const char *payload, size_t len);
    /* RECORD_PENDING or RECORD_IDENTITY: the payload stands at record + RECORD_HEADER_BYTES, with room for the envelope
     * (runtime_record_write). Atomic, and durable when it returns ERR_OK. */
    enum err (*put)(void *ctx, enum record_kind kind, char *record, size_t payload_len);
    enum err (*erase)(void *ctx, enum record_kind kind); /* durable; good also when there is none */
    /* The template's answer. device_configuration: JSON text of an object, "{}" when it has none. Told once, and not again after a power
     * cut. May be NULL. */
    void (*registered)(void *ctx, const char *thing_name, struct slice device_configuration);
    uint32_t (*random)(void *ctx);
    void (*log)(void *ctx, enum log_level level, const char *text);
};

/* Where the machine's texts lie, for its whole life. */
struct provision_workspace {
    char pending[RECORD_BYTES(PENDING_MAX)]; /* the record as it is, or will be, stored */
    char out[DEVICE_PROVISION_OUT_CAP];      /* the message or identity that is being made */
};

/* CERT_: a certificate is wanted for the stored key. REG_: the certificate and its token are stored, and the thing is to be registered. */
enum provision_state {
    PROVISION_OFF,              /* not started */
    PROVISION_KEY,              /* there is no usable key in storage; one is made at at_ms */
    PROVISION_CERT_OFFLINE,     /* no connection */
    PROVISION_CERT_SUBSCRIBING, /* a SUBACK is waited for, until at_ms */
    PROVISION_CERT_ASKED,       /* the CSR was sent; its answer is waited for, until at_ms */
    PROVISION_CERT_PAUSED,      /* refused or not answered; again at at_ms */
    PROVISION_CERT_KEEPING,     /* there is a certificate, not in storage; put again at at_ms */
    PROVISION_REG_OFFLINE,
    PROVISION_REG_SUBSCRIBING,
    PROVISION_REG_ASKED,
    PROVISION_REG_PAUSED,
    PROVISION_REG_KEEPING,  /* there is a thing name, not in storage; put again at at_ms */
    PROVISION_DROPPING,     /* the certificate is of no use; the record without it is put again at at_ms */
    PROVISION_TRIAL,        /* connects with the new identity */
    PROVISION_TRIAL_PAUSED, /* that was refused; again at at_ms */
    PROVISION_PROBE,        /* that fails without a cause: can the old identity connect? */
    PROVISION_ADOPTING,     /* it has connected; the identity is put again at at_ms */
    PROVISION_CLEARING,     /* the identity is stored; the pending record is erased again at at_ms */
    PROVISION_LEAVING,      /* a rotation is given up; the pending record is erased again at at_ms */
    PROVISION_DONE,         /* provisioned: the identity is stored, nothing is pending */
    PROVISION_FAILED,       /* a rotation was given up: the present identity stays, nothing is pending */
    PROVISION_STATE_COUNT,
};

#endif
