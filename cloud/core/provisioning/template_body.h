/* SPDX-License-Identifier: MIT */
/* The text of a provisioning template: what may stand in it, and what becomes of it with the parameters of a device. Knows no
 * database. docs/protocol.md 7. */
#ifndef CLOUD_CORE_TEMPLATE_BODY_H
#define CLOUD_CORE_TEMPLATE_BODY_H

#include "cloud/core/core.h"

#include <jansson.h>

#define TEMPLATE_BODY_MAX     10240
#define TEMPLATE_POLICIES_MAX 10 /* of a certificate */

/* Whose template it is. RegisterThing over HTTP may name its certificate in other ways, and knows no mappings and no
 * configuration. */
enum template_use { TEMPLATE_OF_FLEET, TEMPLATE_OF_REGISTER_THING };

/* Reads and checks a template: sections, resources and their properties, OverrideSettings, the form of each function, and that
 * what is referred to is declared. The caller decrefs. NULL: CORE_INVALID_REQUEST with a sentence. */
json_t *template_body_read(struct slice text, enum template_use use, struct core_error *error);

/* What a template that was read says with these parameters: a copy of its Resources and DeviceConfiguration in which values
 * stand in the place of functions. parameters: an object of strings, NULL = none; certificate_id: the value of
 * AWS::IoT::Certificate::Id, NULL = none. The caller decrefs. NULL: CORE_INVALID_REQUEST. */
json_t *template_body_evaluate(const json_t *body, const json_t *parameters, const char *certificate_id,
                               struct core_error *error);

/* CORE_OK, or CORE_INVALID_REQUEST: this is no flat object of strings, or too much of it. what: for the sentence. NULL is none,
 * and good. */
enum core_code template_check_parameters(const char *what, const json_t *parameters,
                                         struct core_error *error);

#endif
