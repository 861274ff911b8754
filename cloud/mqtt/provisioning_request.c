/* SPDX-License-Identifier: MIT */
#include "cloud/mqtt/provisioning_request.h"

#include "cloud/mqtt/cbor.h"

/* --- Topics --- */

/* rest: behind the operation. */
static bool read_format(struct slice rest, struct provisioning_topic *out)
{
    out->is_cbor = slice_is(rest, "cbor");
    return out->is_cbor || slice_is(rest, "json");
}

static bool read_certificates(struct slice rest, struct provisioning_topic *out)
{
    struct slice verb = slice_cut(&rest, '/');
    if (slice_is(verb, "create")) {
        out->operation = PROVISIONING_CREATE_KEYS;
    } else if (slice_is(verb, "create-from-csr")) {
        out->operation = PROVISIONING_CREATE_FROM_CSR;
    } else {
        return false;
    }
    return read_format(rest, out);
}

static bool read_template(struct slice rest, struct provisioning_topic *out)
{
    out->operation = PROVISIONING_REGISTER_THING;
    out->template_name = slice_cut(&rest, '/');
    return out->template_name.len > 0 && slice_is(slice_cut(&rest, '/'), "provision") &&
           read_format(rest, out);
}

bool provisioning_topic_read(struct slice topic, struct provisioning_topic *out)
{
    struct provisioning_topic read = {0};
    struct slice rest = topic;
    bool is_good = false;
    if (!slice_is(slice_cut(&rest, '/'), "$aws")) {
        return false;
    }
    struct slice family = slice_cut(&rest, '/');
    if (slice_is(family, "certificates")) {
        is_good = read_certificates(rest, &read);
    } else if (slice_is(family, "provisioning-templates")) {
        is_good = read_template(rest, &read);
    }
    if (is_good) {
        *out = read;
    }
    return is_good;
}

/* --- Payloads --- */

static json_t *read_json(struct slice payload, struct core_error *error)
{
    json_error_t where;
    json_t *value = json_loadb(payload.ptr, payload.len, JSON_REJECT_DUPLICATES, &where);
    if (!value) {
        core_fail(error, CORE_INVALID_REQUEST, "the payload is not usable as JSON at byte %d: %.100s",
                  where.position, where.text);
    }
    return value;
}

static json_t *read_cbor(struct slice payload, struct core_error *error)
{
    char why[160] = "";
    json_t *value = cbor_read(payload.ptr, payload.len, why, sizeof why);
    if (!value) {
        core_fail(error, CORE_INVALID_REQUEST, "the payload is not usable as CBOR at %s", why);
    }
    return value;
}

/* NULL and no error: it is empty. */
static json_t *read_object(const struct provisioning_topic *topic, struct slice payload,
                           struct core_error *error)
{
    if (!payload.len) {
        return NULL;
    }
    if (payload.len > PROVISIONING_PAYLOAD_MAX) {
        core_fail(error, CORE_INVALID_REQUEST, "the payload has %zu bytes; at most %d are allowed",
                  payload.len, PROVISIONING_PAYLOAD_MAX);
        return NULL;
    }
    json_t *value = topic->is_cbor ? read_cbor(payload, error) : read_json(payload, error);
    if (value && !json_is_object(value)) {
        core_fail(error, CORE_INVALID_REQUEST, "the payload must be %s",
                  topic->is_cbor ? "a map" : "an object");
        json_decref(value);
        value = NULL;
    }
    return value;
}

static bool refuse(struct core_error *error, const char *member, const char *wanted)
{
    core_fail(error, CORE_INVALID_REQUEST, "%s must be %s", member, wanted);
    return false;
}

static bool read_csr(struct provisioning_members *members, struct core_error *error)
{
    members->request = json_string_value(json_object_get(members->object, "certificateSigningRequest"));
    return (members->request && *members->request) ||
           refuse(error, "certificateSigningRequest", "a certificate signing request as PEM text");
}

static bool are_texts(const json_t *object)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value)
    {
        if (!json_is_string(value)) {
            return false;
        }
    }
    return true;
}

/* null and an absent member are the same. */
static bool read_registration(struct provisioning_members *members, struct core_error *error)
{
    const json_t *token = json_object_get(members->object, "certificateOwnershipToken");
    json_t *parameters = json_object_get(members->object, "parameters");
    if (token && !json_is_null(token) && !json_is_string(token)) {
        return refuse(error, "certificateOwnershipToken", "a string");
    }
    members->token = json_is_string(token) ? json_string_value(token) : "";
    members->parameters = json_is_null(parameters) ? NULL : parameters;
    if (members->parameters && !(json_is_object(parameters) && are_texts(parameters))) {
        return refuse(error, "parameters", "an object of strings");
    }
    return true;
}

bool provisioning_members_read(const struct provisioning_topic *topic, struct slice payload,
                               struct provisioning_members *members, struct core_error *error)
{
    *members = (struct provisioning_members){.object = read_object(topic, payload, error)};
    if (error->code != CORE_OK) {
        return false;
    }
    switch (topic->operation) {
    case PROVISIONING_CREATE_FROM_CSR:
        return read_csr(members, error);
    case PROVISIONING_REGISTER_THING:
        return read_registration(members, error);
    case PROVISIONING_CREATE_KEYS:
        break;
    }
    return true;
}

void provisioning_members_clear(struct provisioning_members *members)
{
    json_decref(members->object);
    *members = (struct provisioning_members){0};
}
