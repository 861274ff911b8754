/* SPDX-License-Identifier: MIT */
/* Topics, requests and answers of fleet provisioning, as texts (AWS IoT Developer Guide, "Device provisioning MQTT API"). Knows no state. */
#ifndef DEVICE_CORE_PROVISION_PROVISION_WIRE_H
#define DEVICE_CORE_PROVISION_PROVISION_WIRE_H

#include "device/core/provision/words.h"

/* The longest: $aws/provisioning-templates/<36 characters>/provision/json/accepted, and NUL. */
#define PROVISION_TOPIC_CAP 96

enum provision_request {
    PROVISION_REQUEST_CERT, /* CreateCertificateFromCsr */
    PROVISION_REQUEST_REG,  /* RegisterThing */
    PROVISION_REQUEST_COUNT,
};

enum provision_answer {
    PROVISION_ANSWER_NONE, /* not a topic of ours */
    PROVISION_ANSWER_ACCEPTED,
    PROVISION_ANSWER_REJECTED,
};

/* AWS's name of the operation. */
const char *provision_wire_name(enum provision_request request);

bool provision_wire_is_template_name(const char *name);

/* `answer` NONE: the topic of the request. */
void provision_wire_topic(char out[PROVISION_TOPIC_CAP], const char *template_name,
                          enum provision_request request, enum provision_answer answer);
enum provision_answer provision_wire_parse_topic(const char *template_name, struct slice topic,
                                                 enum provision_request *request);

/* Payloads of requests; *len without NUL. ERR_TOO_LONG: no room. */
enum err provision_wire_csr(const char *csr_pem, char *out, size_t cap, size_t *len);
enum err provision_wire_registration(const struct provision_config *config, const char *token, char *out,
                                     size_t cap, size_t *len);

/* The accepted answer to CSR: decodes its texts into `room`, in the order of struct pending, and changes these three of *into.
 * ERR_NOT_FOUND: a member is missing, empty or no string. ERR_TOO_LONG: one is longer than it may be. Errors of json_read. */
enum err provision_wire_read_certificate(struct slice payload, char *room, size_t cap, struct pending *into);

/* The accepted answer to a registration. ERR_NOT_FOUND: no name of a thing. */
enum err provision_wire_read_registration(struct slice payload, char thing_name[DEVICE_THING_NAME_CAP],
                                          struct slice *device_configuration);

/* The words of a rejection, "<errorCode>: <errorMessage>", clean and cut; what cannot be read has words, too. `room`: for decoding. */
void provision_wire_read_rejection(struct slice payload, char *room, size_t room_cap, char *words, size_t cap,
                                   bool *is_token_refused);

#endif
