/* SPDX-License-Identifier: MIT */
/* The sections of a template and the properties of its resources. Functions in them: template_function_check.c. */
#include "cloud/core/provisioning/template_body.h"

#include "cloud/base/text.h"
#include "cloud/core/names.h"
#include "cloud/core/provisioning/template_function.h"

#include <string.h>

#define PARAMETER_NAME_MAX  2048
#define PARAMETER_VALUE_MAX 4096
#define PARAMETERS_MAX      100

static enum core_code refuse(struct core_error *error, const char *what, const char *name, const char *how)
{
    return core_fail(error, CORE_INVALID_REQUEST, "%s '%.100s' %s", what, name, how);
}

/* Calls fn for each member of an object until one is refused. */
typedef enum core_code (*member_fn)(void *ctx, const char *key, const json_t *value,
                                    struct core_error *error);
static enum core_code each(const json_t *object, member_fn fn, void *ctx, struct core_error *error)
{
    json_t *source = (json_t *)(uintptr_t)object;
    for (void *at = json_object_iter(source); at && !error->code; at = json_object_iter_next(source, at)) {
        fn(ctx, json_object_iter_key(at), json_object_iter_value(at), error);
    }
    return error->code;
}

static enum core_code check_known(void *ctx, const char *key, const json_t *value, struct core_error *error)
{
    (void)value;
    return text_has_word(ctx, key)
               ? CORE_OK
               : core_fail(error, CORE_INVALID_REQUEST, "the template has a '%.100s' where it may have: %s",
                           key, (const char *)ctx);
}

static enum core_code check_members(const json_t *object, const char *known, struct core_error *error)
{
    return each(object, check_known, (void *)(uintptr_t)known, error);
}

/* --- Parameters and Mappings --- */

static enum core_code check_parameter(void *ctx, const char *name, const json_t *value,
                                      struct core_error *error)
{
    const char *type = json_string_value(json_object_get(value, "Type"));
    const json_t *by_default = json_object_get(value, "Default");
    (void)ctx;
    if (!json_is_object(value) || !type || strcmp(type, "String") != 0) {
        return refuse(error, "parameter", name, "needs the form {\"Type\": \"String\"}");
    }
    if (by_default && !json_is_string(by_default)) {
        return refuse(error, "parameter", name, "has a Default that is no text");
    }
    bool is_pseudo = strncmp(name, TEMPLATE_PSEUDO_PREFIX, strlen(TEMPLATE_PSEUDO_PREFIX)) == 0;
    if (is_pseudo && strcmp(name, TEMPLATE_CERTIFICATE) != 0) {
        return refuse(error, "parameter", name,
                      "belongs to just-in-time provisioning, which iot-local does not model; here "
                      "is " TEMPLATE_CERTIFICATE);
    }
    return check_members(value, "Type Default", error);
}

static bool is_plain(const json_t *value)
{
    bool is_good = json_is_string(value) || json_is_array(value);
    for (size_t i = 0; is_good && i < json_array_size(value); i++) {
        is_good = json_is_string(json_array_get(value, i));
    }
    return is_good;
}

static enum core_code check_plain(void *ctx, const char *key, const json_t *value, struct core_error *error)
{
    return is_plain(value) ? CORE_OK
                           : core_fail(error, CORE_INVALID_REQUEST,
                                       "Mappings: '%.100s' of '%.100s' must be a text or a list of texts; no"
                                       " function may stand there",
                                       key, (const char *)ctx);
}

static enum core_code check_map_key(void *ctx, const char *key, const json_t *value, struct core_error *error)
{
    (void)ctx;
    return json_is_object(value) ? each(value, check_plain, (void *)(uintptr_t)key, error)
                                 : refuse(error, "Mappings: the key", key, "must hold named values");
}

static enum core_code check_mapping(void *ctx, const char *name, const json_t *value,
                                    struct core_error *error)
{
    (void)ctx;
    return json_is_object(value) ? each(value, check_map_key, NULL, error)
                                 : refuse(error, "Mappings: the map", name, "must be an object of keys");
}

/* --- Resources --- */

enum form { TEXT, ATTRIBUTES, DOCUMENT, GROUPS, UNMODELLED };
enum uses { FLEET = 1, HTTP = 2, BOTH = 3 };

struct property {
    const char *name;
    enum form form;
    unsigned uses;
};

static const struct property thing_properties[] = {
    {"ThingName", TEXT, BOTH},          {"AttributePayload", ATTRIBUTES, BOTH},
    {"ThingTypeName", TEXT, BOTH},      {"ThingGroups", GROUPS, BOTH},
    {"BillingGroup", TEXT, BOTH},       {"PackageVersions", UNMODELLED, BOTH},
    {"ThingPrincipalType", TEXT, BOTH}, {0},
};
static const struct property certificate_properties[] = {
    {"CertificateId", TEXT, BOTH},
    {"Status", TEXT, BOTH},
    {"ThingPrincipalType", TEXT, BOTH},
    {"CertificateSigningRequest", TEXT, HTTP},
    {"CertificatePem", UNMODELLED, HTTP},
    {"CACertificatePem", UNMODELLED, HTTP},
    {0},
};
static const struct property policy_properties[] = {
    {"PolicyName", TEXT, BOTH},
    {"PolicyDocument", DOCUMENT, BOTH},
    {0},
};

static const struct resource_type {
    const char *name;
    const struct property *properties;
    const char *overrides; /* properties that OverrideSettings may name */
    const char *merges;    /* those that can be merged */
    size_t max;            /* of a template */
} types[] = {
    {"AWS::IoT::Thing", thing_properties, "AttributePayload ThingTypeName ThingGroups BillingGroup",
     "AttributePayload ThingGroups", 1},
    {"AWS::IoT::Certificate", certificate_properties, "Status", "", 1},
    {"AWS::IoT::Policy", policy_properties, "", "", TEMPLATE_POLICIES_MAX},
};
#define TYPE_COUNT  (sizeof types / sizeof *types)
#define CERTIFICATE 1
#define POLICY      2

struct check {
    struct template_scope scope;
    enum template_use use;
    const struct resource_type *type; /* of the resource at hand */
    size_t counts[TYPE_COUNT];
};

static bool is_textual(const json_t *value)
{
    return json_is_string(value) || template_function_is(value);
}

static enum core_code check_attribute(void *ctx, const char *name, const json_t *value,
                                      struct core_error *error)
{
    (void)ctx;
    return is_textual(value) ? CORE_OK
                             : refuse(error, "AttributePayload: the value of", name, "must be a text");
}

static enum core_code check_form(enum form form, const char *name, const json_t *value,
                                 struct core_error *error)
{
    switch (form) {
    case TEXT:
        return is_textual(value) ? CORE_OK : refuse(error, "property", name, "must be a text");
    case DOCUMENT:
        return is_textual(value) || json_is_object(value)
                   ? CORE_OK
                   : refuse(error, "property", name, "must be a policy: an object, or its text");
    case ATTRIBUTES:
        return json_is_object(value) && !template_function_is(value)
                   ? each(value, check_attribute, NULL, error)
                   : refuse(error, "property", name, "must be an object of texts");
    case GROUPS:
        return json_is_array(value) && json_array_size(value) == 0
                   ? CORE_OK
                   : refuse(error, "property", name,
                            "must be an empty list: iot-local does not model thing groups");
    case UNMODELLED:
        break;
    }
    return refuse(error, "property", name, "is not modelled by iot-local");
}

static enum core_code check_property(void *ctx, const char *name, const json_t *value,
                                     struct core_error *error)
{
    const struct check *check = ctx;
    unsigned use = check->use == TEMPLATE_OF_FLEET ? FLEET : HTTP;
    for (const struct property *known = check->type->properties; known->name; known++) {
        if (strcmp(known->name, name) != 0) {
            continue;
        }
        return known->uses & use
                   ? check_form(known->form, name, value, error)
                   : refuse(error, "property", name,
                            "cannot be in a template of fleet provisioning:"
                            " the certificate is the device's, {\"Ref\": \"" TEMPLATE_CERTIFICATE "\"}");
    }
    return core_fail(error, CORE_INVALID_REQUEST, "a resource of the type %s has no property '%.100s'",
                     check->type->name, name);
}

static enum core_code check_override(void *ctx, const char *name, const json_t *value,
                                     struct core_error *error)
{
    const struct check *check = ctx;
    const char *word = json_string_value(value);
    if (!text_has_word(check->type->overrides, name)) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "OverrideSettings of a resource of the type %s cannot name '%.100s'",
                         check->type->name, name);
    }
    if (!word || !text_has_word("DO_NOTHING REPLACE FAIL MERGE", word)) {
        return refuse(error, "OverrideSettings:", name, "must be DO_NOTHING, REPLACE, FAIL or MERGE");
    }
    return strcmp(word, "MERGE") != 0 || text_has_word(check->type->merges, name)
               ? CORE_OK
               : refuse(error, "OverrideSettings:", name, "cannot be MERGE");
}

static enum core_code check_choices(const struct check *check, const char *name, const json_t *properties,
                                    struct core_error *error)
{
    if (check->type == &types[POLICY]) {
        bool has_name = json_object_get(properties, "PolicyName");
        bool has_document = json_object_get(properties, "PolicyDocument");
        return has_name != has_document
                   ? CORE_OK
                   : refuse(error, "resource", name, "needs PolicyName or PolicyDocument, and not both");
    }
    if (check->type == &types[CERTIFICATE]) {
        bool has_id = json_object_get(properties, "CertificateId");
        bool has_request = json_object_get(properties, "CertificateSigningRequest");
        return has_id != has_request
                   ? CORE_OK
                   : refuse(error, "resource", name,
                            check->use == TEMPLATE_OF_FLEET
                                ? "needs a CertificateId: {\"Ref\": \"" TEMPLATE_CERTIFICATE "\"}"
                                : "needs CertificateId or CertificateSigningRequest, and not both");
    }
    return CORE_OK;
}

static enum core_code check_resource(void *ctx, const char *name, const json_t *value,
                                     struct core_error *error)
{
    struct check *check = ctx;
    const char *type = json_string_value(json_object_get(value, "Type"));
    const json_t *properties = json_object_get(value, "Properties");
    const json_t *overrides = json_object_get(value, "OverrideSettings");
    size_t i = 0;
    while (i < TYPE_COUNT && type && strcmp(types[i].name, type) != 0) {
        i++;
    }
    if (!type || i == TYPE_COUNT) {
        return refuse(error, "resource", name,
                      "needs a Type: AWS::IoT::Thing, AWS::IoT::Certificate or AWS::IoT::Policy");
    }
    if (++check->counts[i] > types[i].max) {
        return core_fail(error, CORE_INVALID_REQUEST, "the template has more than %zu of the type %s",
                         types[i].max, type);
    }
    if (!json_is_object(properties) || template_function_is(properties) ||
        (overrides && !json_is_object(overrides))) {
        return refuse(error, "resource", name,
                      "needs Properties, and may have OverrideSettings, both as objects");
    }
    check->type = &types[i];
    if (check_members(value, "Type Properties OverrideSettings", error) ||
        each(properties, check_property, check, error) || each(overrides, check_override, check, error)) {
        return error->code;
    }
    return check_choices(check, name, properties, error);
}

/* --- All of it --- */

static enum core_code check_setting(void *ctx, const char *name, const json_t *value,
                                    struct core_error *error)
{
    (void)ctx;
    return is_textual(value) ? CORE_OK : refuse(error, "DeviceConfiguration:", name, "must be a text");
}

static enum core_code check_sections(const json_t *body, enum template_use use, struct core_error *error)
{
    static const char *const sections[] = {"Parameters", "Resources", "Mappings", "DeviceConfiguration"};
    if (check_members(body,
                      use == TEMPLATE_OF_FLEET ? "Parameters Resources Mappings DeviceConfiguration"
                                               : "Parameters Resources",
                      error)) {
        return error->code;
    }
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        const json_t *section = json_object_get(body, sections[i]);
        if (section && (!json_is_object(section) || template_function_is(section))) {
            return refuse(error, "section", sections[i], "must be an object");
        }
    }
    return json_object_size(json_object_get(body, "Parameters")) <= PARAMETERS_MAX
               ? CORE_OK
               : core_fail(error, CORE_INVALID_REQUEST, "a template declares at most %d parameters",
                           PARAMETERS_MAX);
}

static enum core_code check_body(const json_t *body, enum template_use use, struct core_error *error)
{
    struct check check = {.use = use};
    if (check_sections(body, use, error)) {
        return error->code;
    }
    const json_t *resources = json_object_get(body, "Resources");
    const json_t *configuration = json_object_get(body, "DeviceConfiguration");
    check.scope.parameters = json_object_get(body, "Parameters");
    check.scope.mappings = json_object_get(body, "Mappings");
    if (each(check.scope.parameters, check_parameter, NULL, error) ||
        each(check.scope.mappings, check_mapping, NULL, error) ||
        each(resources, check_resource, &check, error) || each(configuration, check_setting, NULL, error) ||
        template_function_check(&check.scope, resources, error) ||
        template_function_check(&check.scope, configuration, error)) {
        return error->code;
    }
    return check.counts[CERTIFICATE] ? CORE_OK
                                     : core_fail(error, CORE_INVALID_REQUEST,
                                                 "Resources of the template has no AWS::IoT::Certificate");
}

json_t *template_body_read(struct slice text, enum template_use use, struct core_error *error)
{
    json_error_t why;
    if (text.len > TEMPLATE_BODY_MAX) {
        core_fail(error, CORE_INVALID_REQUEST, "templateBody has at most %d bytes", TEMPLATE_BODY_MAX);
        return NULL;
    }
    json_t *body = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, &why);
    if (!json_is_object(body)) {
        core_fail(error, CORE_INVALID_REQUEST, "templateBody is no JSON object: %s, line %d",
                  body ? "it is another value" : why.text, body ? 1 : why.line);
    } else {
        check_body(body, use, error);
    }
    if (error->code) {
        json_decref(body);
        return NULL;
    }
    return body;
}

json_t *template_body_evaluate(const json_t *body, const json_t *parameters, const char *certificate_id,
                               struct core_error *error)
{
    struct template_values values = {
        .scope = {json_object_get(body, "Parameters"), json_object_get(body, "Mappings")},
        .given = parameters,
        .certificate_id = certificate_id,
        .text_left = TEMPLATE_TEXT_MAX,
        .values_left = TEMPLATE_VALUES_MAX,
    };
    static const char *const sections[] = {"Resources", "DeviceConfiguration"};
    json_t *out = json_object();
    for (size_t i = 0; i < sizeof sections / sizeof *sections && !error->code; i++) {
        const json_t *section = json_object_get(body, sections[i]);
        json_t *value = section ? template_function_evaluate(&values, section, error) : json_object();
        if (value) {
            json_object_set_new(out, sections[i], value);
        }
    }
    if (error->code) {
        json_decref(out);
        return NULL;
    }
    return out;
}

/* --- Parameters of a device, and of a hook --- */

static enum core_code check_value(void *ctx, const char *name, const json_t *value, struct core_error *error)
{
    if (!*name || strlen(name) > PARAMETER_NAME_MAX) {
        return core_fail(error, CORE_INVALID_REQUEST, "%s: a name has 1 to %d bytes", (const char *)ctx,
                         PARAMETER_NAME_MAX);
    }
    return json_is_string(value) && json_string_length(value) <= PARAMETER_VALUE_MAX &&
                   strlen(json_string_value(value)) == json_string_length(value)
               ? CORE_OK
               : core_fail(error, CORE_INVALID_REQUEST,
                           "%s: the value of '%.100s' must be a text of at most %d bytes", (const char *)ctx,
                           name, PARAMETER_VALUE_MAX);
}

enum core_code template_check_parameters(const char *what, const json_t *parameters, struct core_error *error)
{
    if (!parameters || json_is_null(parameters)) {
        return CORE_OK;
    }
    if (!json_is_object(parameters) || json_object_size(parameters) > PARAMETERS_MAX) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "%s must be an object of at most %d texts: {\"NAME\": \"VALUE\"}", what,
                         PARAMETERS_MAX);
    }
    return each(parameters, check_value, (void *)(uintptr_t)what, error);
}
