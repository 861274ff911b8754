/* SPDX-License-Identifier: MIT */
/* The evaluated template was checked for its form; here its values meet the registry. AWS leaves open what happens to a resource
 * that exists when OverrideSettings say nothing: it stays as it is (docs/protocol.md 9, U51). */
#include "cloud/core/provisioning/resources.h"

#include "cloud/base/hex.h"
#include "cloud/base/memory.h"
#include "cloud/core/names.h"
#include "cloud/core/registry/attributes.h"
#include "cloud/core/registry/billing_groups.h"
#include "cloud/core/registry/registry_private.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum override { DO_NOTHING, REPLACE, FAIL, MERGE };

/* One resource, as the template has it. */
struct resource {
    const char *name; /* logical */
    const json_t *properties;
    const json_t *overrides;
};

struct apply {
    struct core *core;
    struct resources *out;
    struct core_error *error;
    const char
        *principal_type; /* of thing and certificate; NULL = as AttachThingPrincipal does without one */
};

void resources_clear(struct resources *resources)
{
    json_decref(resources->arns);
    *resources = (struct resources){0};
}

/* --- Reading --- */

static json_t *resources_of(const json_t *evaluated)
{
    return json_object_get(evaluated, "Resources");
}

static bool has_type(const json_t *value, const char *type)
{
    return strcmp(json_string_value(json_object_get(value, "Type")), type) == 0;
}

/* The only resource of a type; false: there is none. */
static bool find_resource(const json_t *evaluated, const char *type, struct resource *out)
{
    const char *name;
    json_t *value;
    json_object_foreach(resources_of(evaluated), name, value)
    {
        if (has_type(value, type)) {
            *out = (struct resource){name, json_object_get(value, "Properties"),
                                     json_object_get(value, "OverrideSettings")};
            return true;
        }
    }
    return false;
}

/* *text stays NULL when the property is not there. A function may have made something else of it than a text. */
static bool read_text(struct apply *apply, const struct resource *resource, const char *name,
                      const char **text)
{
    const json_t *value = json_object_get(resource->properties, name);
    *text = json_string_value(value);
    if (value && !*text) {
        core_fail(apply->error, CORE_INVALID_REQUEST, "%s of '%.100s' must be a text", name, resource->name);
    }
    return !value || *text;
}

static enum override override_of(const struct resource *resource, const char *property)
{
    const char *word = json_string_value(json_object_get(resource->overrides, property));
    return !word                          ? DO_NOTHING
           : strcmp(word, "REPLACE") == 0 ? REPLACE
           : strcmp(word, "FAIL") == 0    ? FAIL
           : strcmp(word, "MERGE") == 0   ? MERGE
                                          : DO_NOTHING;
}

const char *resources_signing_request(const json_t *evaluated)
{
    struct resource certificate;
    return find_resource(evaluated, "AWS::IoT::Certificate", &certificate)
               ? json_string_value(json_object_get(certificate.properties, "CertificateSigningRequest"))
               : NULL;
}

static bool conflict(struct apply *apply, const char *what, const char *name)
{
    core_fail(apply->error, CORE_CONFLICT,
              "thing '%s' exists already with another %s, and OverrideSettings of the template say FAIL",
              name, what);
    return false;
}

static void put_arn(struct apply *apply, const char *logical_name, const char *kind, const char *name)
{
    char arn[256];
    arn_write(apply->core, kind, name, arn, sizeof arn);
    json_object_set_new(apply->out->arns, logical_name, json_string(arn));
}

/* --- Thing --- */

struct wanted {
    char *attributes; /* JSON text; NULL: the template says nothing */
    const char *type, *billing_group;
};

static bool change_attributes(struct apply *apply, const struct resource *resource,
                              const struct wanted *wanted, const struct thing *thing,
                              struct thing_update *update)
{
    enum override override = override_of(resource, "AttributePayload");
    if (!wanted->attributes || override == DO_NOTHING) {
        return true;
    }
    char *read = attributes_read(slice_from(wanted->attributes), apply->error);
    bool is_same = read && strcmp(read, thing->attributes) == 0;
    free(read);
    if (!apply->error->code && override == FAIL && !is_same) {
        return conflict(apply, "AttributePayload", thing->name);
    }
    if (override != FAIL && !is_same) {
        update->attributes = slice_from(wanted->attributes);
        update->is_merged = override == MERGE;
    }
    return !apply->error->code;
}

static bool change_type(struct apply *apply, const struct resource *resource, const struct wanted *wanted,
                        const struct thing *thing, struct thing_update *update)
{
    enum override override = override_of(resource, "ThingTypeName");
    if (!wanted->type || strcmp(wanted->type, thing->type) == 0 || override == DO_NOTHING) {
        return true;
    }
    update->type = wanted->type;
    return override == REPLACE || conflict(apply, "ThingTypeName", thing->name);
}

static bool change_billing_group(struct apply *apply, const struct resource *resource,
                                 const struct wanted *wanted, const struct thing *thing)
{
    enum override override = override_of(resource, "BillingGroup");
    struct billing_member member = {.thing = thing->name};
    if (!wanted->billing_group || strcmp(wanted->billing_group, thing->billing_group) == 0 ||
        override == DO_NOTHING) {
        return true;
    }
    if (override == FAIL) {
        return conflict(apply, "BillingGroup", thing->name);
    }
    member.group = thing->billing_group;
    if (*thing->billing_group && billing_groups_remove_thing(apply->core, &member, apply->error)) {
        return false;
    }
    member.group = wanted->billing_group;
    return !billing_groups_add_thing(apply->core, &member, apply->error);
}

static bool change_thing(struct apply *apply, const struct resource *resource, const struct wanted *wanted,
                         const struct thing *thing)
{
    struct thing_update update = {.name = thing->name};
    if (!change_attributes(apply, resource, wanted, thing, &update) ||
        !change_type(apply, resource, wanted, thing, &update)) {
        return false;
    }
    if ((update.attributes.ptr || update.type) && things_update(apply->core, &update, apply->error)) {
        return false;
    }
    return change_billing_group(apply, resource, wanted, thing);
}

static bool make_or_change_thing(struct apply *apply, const struct resource *resource,
                                 const struct wanted *wanted, const char *name)
{
    struct thing thing = {0};
    struct thing_create create = {.name = name,
                                  .attributes = slice_from(wanted->attributes),
                                  .type = wanted->type,
                                  .billing_group = wanted->billing_group};
    enum core_code code = things_describe(apply->core, name, &thing, apply->error);
    bool is_good = code == CORE_OK          ? change_thing(apply, resource, wanted, &thing)
                   : code == CORE_NOT_FOUND ? !things_create(apply->core, &create, &thing, apply->error)
                                            : false;
    thing_clear(&thing);
    return is_good;
}

static bool apply_thing(struct apply *apply, const struct resource *resource)
{
    struct wanted wanted = {0};
    const char *name;
    if (!read_text(apply, resource, "ThingName", &name) ||
        !read_text(apply, resource, "ThingTypeName", &wanted.type) ||
        !read_text(apply, resource, "BillingGroup", &wanted.billing_group)) {
        return false;
    }
    const json_t *attributes = json_object_get(resource->properties, "AttributePayload");
    wanted.attributes = attributes ? json_dumps(attributes, JSON_COMPACT) : NULL;
    name = name ? name : apply->out->certificate_id;
    bool is_good = make_or_change_thing(apply, resource, &wanted, name);
    free(wanted.attributes);
    if (is_good) {
        snprintf(apply->out->thing, sizeof apply->out->thing, "%s", name);
        put_arn(apply, resource->name, "thing", name);
    }
    return is_good;
}

/* --- Certificate --- */

static bool read_status(struct apply *apply, const struct resource *resource, char status[16])
{
    const char *given;
    if (!read_text(apply, resource, "Status", &given)) {
        return false;
    }
    snprintf(status, 16, "%s", given ? given : "ACTIVE");
    for (char *at = status; *at; at++) { /* AWS's own samples have "Active" */
        *at = (char)toupper((unsigned char)*at);
    }
    if (strcmp(status, "ACTIVE") != 0 && strcmp(status, "INACTIVE") != 0) {
        core_fail(apply->error, CORE_INVALID_REQUEST,
                  "Status of '%.100s' must be ACTIVE or INACTIVE, not '%.40s'", resource->name, given);
    }
    return !apply->error->code;
}

/* One that waits for this has no status of its own yet: the template's counts, whatever OverrideSettings say. */
static bool apply_status(struct apply *apply, const struct resource *resource,
                         const struct certificate *certificate)
{
    char status[16];
    enum override override = override_of(resource, "Status");
    if (!read_status(apply, resource, status)) {
        return false;
    }
    if (strcmp(certificate->status, "PENDING_ACTIVATION") != 0) {
        if (strcmp(certificate->status, status) == 0 || override == DO_NOTHING) {
            return true;
        }
        if (override == FAIL) {
            core_fail(apply->error, CORE_CONFLICT,
                      "certificate '%s' is %s already, and OverrideSettings of the template say FAIL",
                      certificate->id, certificate->status);
            return false;
        }
    }
    return !certificates_update(apply->core, certificate->id, status, apply->error);
}

static bool apply_certificate(struct apply *apply, const struct resource *resource, const char *meant)
{
    struct certificate certificate = {0};
    const char *named;
    if (!read_text(apply, resource, "CertificateId", &named)) {
        return false;
    }
    if (named && meant && strcasecmp(named, meant) != 0) {
        core_fail(apply->error, CORE_INVALID_REQUEST,
                  "CertificateId of '%.100s' is '%.64s', which is not the certificate that is registered",
                  resource->name, named);
        return false;
    }
    bool is_good = !certificates_describe(apply->core, meant ? meant : named, &certificate, apply->error) &&
                   apply_status(apply, resource, &certificate);
    if (is_good) {
        memcpy(apply->out->certificate_id, certificate.id, sizeof certificate.id);
        put_arn(apply, resource->name, "cert", certificate.id);
    }
    certificate_clear(&certificate);
    return is_good;
}

/* --- Policies --- */

/* AWS names a policy that has no name by a hash of its document, which has the digits of a SHA-1. */
static void name_policy(const char *document, char name[CORE_POLICY_NAME_CAP])
{
    unsigned char digest[20];
    if (EVP_Digest(document, strlen(document), digest, NULL, EVP_sha1(), NULL) != 1) {
        memory_out();
    }
    hex_write(digest, sizeof digest, name);
    for (char *at = name; *at; at++) {
        *at = (char)toupper((unsigned char)*at);
    }
}

static bool make_policy(struct apply *apply, const json_t *document, char name[CORE_POLICY_NAME_CAP])
{
    char *text =
        json_is_string(document) ? strdup(json_string_value(document)) : json_dumps(document, JSON_COMPACT);
    struct policy policy = {0};
    if (!text) {
        memory_out();
    }
    name_policy(text, name);
    int got = core_has_row(apply->core, STORE_POLICY_EXISTS, name);
    if (got < 0) {
        core_fail_storage(apply->core, apply->error);
    } else if (!got) {
        policies_create(apply->core, name, slice_from(text), NULL, &policy, apply->error);
    }
    policy_clear(&policy);
    free(text);
    return !apply->error->code;
}

static bool apply_policy(struct apply *apply, const struct resource *resource)
{
    char made[CORE_POLICY_NAME_CAP];
    char arn[256];
    const char *name;
    const json_t *document = json_object_get(resource->properties, "PolicyDocument");
    if (!read_text(apply, resource, "PolicyName", &name) ||
        (document && !make_policy(apply, document, made))) {
        return false;
    }
    name = document ? made : name;
    arn_write(apply->core, "cert", apply->out->certificate_id, arn, sizeof arn);
    if (policies_attach(apply->core, name, arn, apply->error)) {
        return false;
    }
    put_arn(apply, resource->name, "policy", name);
    return true;
}

static bool apply_policies(struct apply *apply, const json_t *evaluated)
{
    const char *name;
    json_t *value;
    json_object_foreach(resources_of(evaluated), name, value)
    {
        struct resource resource = {name, json_object_get(value, "Properties"), NULL};
        if (has_type(value, "AWS::IoT::Policy") && !apply_policy(apply, &resource)) {
            return false;
        }
    }
    return true;
}

/* --- All of it --- */

static bool attach(struct apply *apply)
{
    char arn[256];
    arn_write(apply->core, "cert", apply->out->certificate_id, arn, sizeof arn);
    return !*apply->out->thing ||
           !principals_attach(apply->core, apply->out->thing, arn, apply->principal_type, apply->error);
}

static void apply_all(struct apply *apply, const json_t *evaluated, const char *certificate_id)
{
    struct resource certificate, thing;
    bool has_thing = find_resource(evaluated, "AWS::IoT::Thing", &thing);
    if (!find_resource(evaluated, "AWS::IoT::Certificate", &certificate) ||
        !apply_certificate(apply, &certificate, certificate_id) ||
        !read_text(apply, &certificate, "ThingPrincipalType", &apply->principal_type) ||
        (has_thing && !apply->principal_type &&
         !read_text(apply, &thing, "ThingPrincipalType", &apply->principal_type)) ||
        (has_thing && !apply_thing(apply, &thing)) || !apply_policies(apply, evaluated)) {
        return;
    }
    attach(apply);
}

enum core_code resources_apply(struct core *core, const json_t *evaluated, const char *certificate_id,
                               struct resources *out, struct core_error *error)
{
    struct apply apply = {.core = core, .out = out, .error = error};
    struct core_write write;
    *out = (struct resources){.arns = json_object()};
    core_error_clear(error);
    if (core_write_begin(core, &write, error)) {
        apply_all(&apply, evaluated, certificate_id);
    }
    if (core_write_end(core, &write, error)) {
        resources_clear(out);
    }
    return error->code;
}

enum core_code resources_register(struct core *core, const json_t *evaluated,
                                  const struct certificate *issued, struct resources *out,
                                  struct core_error *error)
{
    struct core_write write;
    *out = (struct resources){0};
    core_error_clear(error);
    if (core_write_begin(core, &write, error) && (!issued || !certificates_add(core, issued, error))) {
        resources_apply(core, evaluated, issued ? issued->id : NULL, out, error);
    }
    if (core_write_end(core, &write, error)) {
        resources_clear(out);
    }
    return error->code;
}
