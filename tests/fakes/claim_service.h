/* SPDX-License-Identifier: MIT */
/* AWS's part of fleet provisioning in a test over fake_ports: signs what a device asks for, with a key of its own. Include after cmocka.h. */
#ifndef TESTS_FAKES_CLAIM_SERVICE_H
#define TESTS_FAKES_CLAIM_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

#define CLAIM_CSR_TOPIC      "$aws/certificates/create-from-csr/json"
#define CLAIM_REGISTER_TOPIC "$aws/provisioning-templates/fleet/provision/json"

/* Takes the device's next message, which has to be a CSR (any other message of the test's own subscriptions fails it); keeps its key. */
void claim_take_csr(void);
/* The JSON of the answer: a certificate for the key of that request, which `client` has asked for. */
void claim_write_certificate(char *payload, size_t cap, const char *token);
void claim_accept_csr(const char *token);
/* Takes the registration; its parameters are looked for as JSON text. */
void claim_take_registration(const char *token);
bool claim_has_parameter(const char *key, const char *value);
void claim_accept_registration(const char *thing_name);
/* Right behind it; the device may have closed the connection by then. */
void claim_double_registration(const char *thing_name);
void claim_reject(const char *topic, const char *code, const char *message);

const char *claim_certificate(void); /* the last one that was made, as PEM */
/* Is it for the same key as the one before? */
bool claim_is_same_key(void);
void claim_reset(void);

#endif
