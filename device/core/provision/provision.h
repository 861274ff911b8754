/* SPDX-License-Identifier: MIT */
/* How a device gets an identity of its own, as a state machine without I/O: fleet provisioning by claim, and the change of a certificate
 * (rotation), which is the same way from another origin.
 *
 *     make a key -> store it -> ask for a certificate (CreateCertificateFromCsr) -> store certificate and ownership token
 *     -> register (RegisterThing) -> store the thing name -> connect as the thing -> store the identity, erase what was pending
 *
 * Guarantees, shown by tests/provision: the key is stored before its CSR is sent and never leaves the device; a certificate that does not
 * match it does not count; the identity is stored after a good connect only, and an old one is replaced, never erased; a power cut at any
 * moment, and each answer that is lost or late, costs at most one certificate that nobody uses; a stored identity sends nothing.
 *
 * Source: AWS IoT Developer Guide, "Device provisioning MQTT API". Requests carry no clientToken there, so that an answer is known by what
 * it holds: a certificate by the key, a registration by being awaited.
 *
 * All functions from one task or under one lock. The machine is handed the time (ms, monotonic) with each event; after each call its
 * owner looks at provision_link and provision_wake_at_ms. */
#ifndef DEVICE_CORE_PROVISION_PROVISION_H
#define DEVICE_CORE_PROVISION_PROVISION_H

#include "device/core/provision/steps.h"
#include "device/core/provision/words.h"

/* Begins, or goes on where a power cut has left it. Nothing is done yet: provision_wake_at_ms is now, and provision_tick does it (the first
 * tick may make a key). A rotation whose connection stands already is told so next (provision_connected). `workspace`, the texts of `config` and `io`'s ctx live until the machine is over.
 * stored: the payload of RECORD_PENDING in workspace->pending, where runtime_record_read has put it; empty: there is none.
 * identity: what is stored as RECORD_IDENTITY; NULL: nothing is. Needed during this call only.
 * A claim with an identity has been provisioned: what is left of its pending record is erased, and the machine is DONE (that of a rotation stays). The same holds of a rotation
 * whose new identity is that one. A pending record of the other origin, of another given_id, or that nobody can read, counts as none.
 * ERR_ARG: template name or thing name is none. ERR_TOO_LONG: the parameters do not fit. Nothing was begun then. */
enum err provision_start(struct provision *p, const struct provision_config *config,
                         const struct provision_io *io, struct provision_workspace *workspace,
                         struct slice stored, const struct identity *identity, uint64_t now_ms);

/* The connection that was opened with `link` stands. */
void provision_connected(struct provision *p, enum provision_link link, uint64_t now_ms);
/* It failed or is gone. Need not be told when its owner closes it because another link is wanted. reason as the port gives it: ERR_REFUSED and
 * ERR_TLS of a connect count as the service's no, anything else as the network's fault; ERR_OK: the device has closed it (a suspension). */
void provision_disconnected(struct provision *p, enum provision_link link, enum err reason, uint64_t now_ms);
/* The SUBACK to the last io.subscribe. Need not be told: nothing depends on it. */
void provision_subscribed(struct provision *p, bool is_granted, uint64_t now_ms);
/* true: it was one of the machine's topics, whatever it meant. payload: at most DEVICE_PROVISION_MESSAGE_CAP bytes, whole. */
bool provision_message(struct provision *p, struct slice topic, struct slice payload, uint64_t now_ms);
/* Time has come to provision_wake_at_ms. Good at any time. */
void provision_tick(struct provision *p, uint64_t now_ms);

/* Gives a rotation up: pending is erased, then the machine is FAILED. false: too late, the new identity has connected, or nothing goes on. */
bool provision_cancel(struct provision *p, const char *why, uint64_t now_ms);

enum provision_link provision_link(const struct provision *p);
uint64_t provision_wake_at_ms(const struct provision *p); /* PROVISION_NEVER: only after another call */

/* Is this topic one that provision_message takes? For whoever decides where a message is put before it is whole. */
bool provision_is_topic(const struct provision *p, struct slice topic);

/* DONE or FAILED: nothing more comes of it, and the storage is as it should be. OFF is none of them. */
bool provision_is_over(const struct provision *p);
bool provision_is_done(const struct provision *p);
/* It goes on, and the last try was refused or not answered (the API's PROVISION_FAILED). */
bool provision_is_failing(const struct provision *p);

/* Who the device is with PROVISION_LINK_NEW; false: there is no such identity yet, or provision_start was given the stored
 * one and that is it. The texts lie in the workspace. */
bool provision_new_identity(const struct provision *p, struct identity *identity);
/* The new certificate's id as the service gave it, "" before; until the workspace is used for something else. */
const char *provision_certificate_id(const struct provision *p);
/* The last refusal or failure in words ("RegisterThing: InvalidCertificateOwnershipToken: ..."), "" when there was none. In the struct. */
const char *provision_problem(const struct provision *p);

/* Asserts what must always hold between two calls; for tests. */
void provision_check(const struct provision *p);

#endif
