/* SPDX-License-Identifier: MIT */
/* The functions of a provisioning template: Ref, Fn::Join, Fn::Select, Fn::FindInMap, Fn::Split, Fn::Sub (docs/protocol.md 7).
 * A function is a JSON object with one member whose name is the function's. */
#ifndef CLOUD_CORE_TEMPLATE_FUNCTION_H
#define CLOUD_CORE_TEMPLATE_FUNCTION_H

#include "cloud/core/core.h"

#include <jansson.h>

#define TEMPLATE_DEPTH_MAX     32    /* levels of objects, lists and functions in each other */
#define TEMPLATE_TEXT_MAX      65536 /* bytes of all texts that one evaluation makes */
#define TEMPLATE_VALUES_MAX    50000 /* values that one evaluation makes, empty texts among them */
#define TEMPLATE_CERTIFICATE   "AWS::IoT::Certificate::Id"
#define TEMPLATE_PSEUDO_PREFIX "AWS::" /* names of parameters that a service provides */

/* What a template declares. */
struct template_scope {
    const json_t *parameters; /* the section; NULL = none */
    const json_t *mappings;   /* the section; NULL = none */
};

/* What a device's values make of it. */
struct template_values {
    struct template_scope scope;
    const json_t *given;        /* an object of strings; NULL = none */
    const char *certificate_id; /* NULL = none */
    size_t text_left;           /* begins as TEMPLATE_TEXT_MAX */
    size_t values_left;         /* begins as TEMPLATE_VALUES_MAX */
};

/* Is this value a function, or does it try to be one? */
bool template_function_is(const json_t *value);

/* Every function in this value has a good form, and refers to what there is. CORE_OK or CORE_INVALID_REQUEST. */
enum core_code template_function_check(const struct template_scope *scope, const json_t *value,
                                       struct core_error *error);

/* A copy of a value that was checked, with values in the place of functions. The caller decrefs. NULL: CORE_INVALID_REQUEST, a
 * parameter has no value, an index leads nowhere, or text or values are too many. */
json_t *template_function_evaluate(struct template_values *values, const json_t *value,
                                   struct core_error *error);

#endif
