/* SPDX-License-Identifier: MIT */
#include "cloud/core/provisioning/registration.h"

#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "cloud/core/core_private.h"
#include "cloud/core/provisioning/ownership.h"
#include "cloud/core/provisioning/resources.h"
#include "cloud/core/provisioning/template_body.h"
#include "cloud/core/provisioning/templates.h"
#include "cloud/core/registry/certificates.h"

#include <stdlib.h>
#include <string.h>

#define CONFIGURATION_MAX (128 * 1024 - 512) /* of MQTT's payload, less what stands around it */

/* What both calls look up. */
struct found {
    struct template template;
    char certificate_id[CORE_CERTIFICATE_ID_CAP];
};

static enum core_code find(struct core *core, const struct registration *registration, struct found *found,
                           struct core_error *error)
{
    *found = (struct found){0};
    core_error_clear(error);
    char *name = text_copy_n(registration->template_name.ptr, registration->template_name.len);
    templates_describe(core, name, &found->template, error);
    free(name);
    if (!error->code && !found->template.is_enabled) {
        core_fail(error, CORE_INVALID_REQUEST,
                  "provisioning template '%s' is not enabled: nobody is registered by it"
                  " (UpdateProvisioningTemplate)",
                  found->template.name);
    }
    if (!error->code && !template_check_parameters("parameters", registration->parameters, error)) {
        ownership_find(core, registration->token, found->certificate_id, error);
    }
    return error->code;
}

/* --- Before the hook is asked --- */

static void put_text(json_t *object, const char *name, const char *text)
{
    json_object_set_new(object, name, json_string(text ? text : ""));
}

/* As AWS hands it to a Lambda. */
static char *make_request(const struct registration *registration, const struct found *found,
                          const struct certificate *certificate)
{
    json_t *request = json_object();
    put_text(request, "claimCertificateId", registration->claim_certificate_id);
    put_text(request, "certificateId", certificate->id);
    put_text(request, "certificatePem", certificate->pem);
    put_text(request, "templateArn", found->template.arn);
    put_text(request, "clientId", registration->client_id);
    if (json_is_object(registration->parameters)) {
        json_object_set(request, "parameters", registration->parameters);
    } else {
        json_object_set_new(request, "parameters", json_object());
    }
    char *text = json_dumps(request, JSON_COMPACT);
    json_decref(request);
    if (!text) {
        memory_out();
    }
    return text;
}

enum core_code registration_check(struct core *core, const struct registration *registration, char **hook_url,
                                  char **hook_request, struct core_error *error)
{
    struct found found;
    struct certificate certificate = {0};
    *hook_url = *hook_request = NULL;
    if (!find(core, registration, &found, error) && found.template.hook_url &&
        !certificates_describe(core, found.certificate_id, &certificate, error)) {
        *hook_request = make_request(registration, &found, &certificate);
        *hook_url = text_copy(found.template.hook_url);
    }
    certificate_clear(&certificate);
    template_clear(&found.template);
    return error->code;
}

/* --- After it --- */

/* The device's parameters with those of the hook over them. The caller decrefs. */
static json_t *join_parameters(const struct registration *registration, json_t *overrides)
{
    json_t *all = json_object();
    if (json_is_object(registration->parameters)) {
        json_object_update(all, registration->parameters);
    }
    if (json_is_object(overrides)) {
        json_object_update(all, overrides);
    }
    return all;
}

static json_t *evaluate(const struct registration *registration, const struct found *found, json_t *overrides,
                        struct core_error *error)
{
    if (template_check_parameters("parameterOverrides of the hook", overrides, error)) {
        return NULL;
    }
    json_t *body = template_body_read(slice_from(found->template.body), TEMPLATE_OF_FLEET, error);
    json_t *parameters = join_parameters(registration, overrides);
    json_t *evaluated = body ? template_body_evaluate(body, parameters, found->certificate_id, error) : NULL;
    json_decref(parameters);
    json_decref(body);
    return evaluated;
}

/* The answer is one message, and a device's own text may be six times as long once it is escaped. */
static enum core_code check_size(const json_t *configuration, struct core_error *error)
{
    char *text = json_dumps(configuration, JSON_COMPACT | JSON_ENCODE_ANY);
    size_t len = text ? strlen(text) : 0;
    free(text);
    return len <= CONFIGURATION_MAX
               ? CORE_OK
               : core_fail(error, CORE_INVALID_REQUEST,
                           "DeviceConfiguration has %zu bytes as JSON with these parameters; at most %d are"
                           " allowed",
                           len, CONFIGURATION_MAX);
}

/* A function can have made a list of a setting: the device is promised texts. */
static enum core_code check_configuration(json_t *configuration, struct core_error *error)
{
    const char *name;
    json_t *value;
    json_object_foreach(configuration, name, value)
    {
        if (!json_is_string(value)) {
            return core_fail(error, CORE_INVALID_REQUEST, "DeviceConfiguration: '%.100s' must be a text",
                             name);
        }
    }
    return check_size(configuration, error);
}

static json_t *make_answer(json_t *configuration, const char *thing)
{
    json_t *answer = json_object();
    json_object_set(answer, "deviceConfiguration", configuration);
    if (*thing) {
        put_text(answer, "thingName", thing);
    }
    return answer;
}

static void apply(struct core *core, const json_t *evaluated, const char *certificate_id, json_t **answer,
                  struct core_error *error)
{
    struct resources made = {0};
    json_t *configuration = json_object_get(evaluated, "DeviceConfiguration");
    if (!check_configuration(configuration, error) &&
        !resources_apply(core, evaluated, certificate_id, &made, error)) {
        if (ownership_end(core, certificate_id)) {
            *answer = make_answer(configuration, made.thing);
        } else {
            core_fail_storage(core, error);
        }
    }
    resources_clear(&made);
}

enum core_code registration_apply(struct core *core, const struct registration *registration,
                                  json_t *overrides, json_t **answer, struct core_error *error)
{
    struct found found;
    struct core_write write;
    json_t *made = NULL;
    json_t *evaluated =
        find(core, registration, &found, error) ? NULL : evaluate(registration, &found, overrides, error);
    if (evaluated && core_write_begin(core, &write, error)) {
        apply(core, evaluated, found.certificate_id, &made, error);
        core_write_end(core, &write, error);
    }
    if (error->code) {
        json_decref(made);
    } else {
        *answer = made;
    }
    json_decref(evaluated);
    template_clear(&found.template);
    return error->code;
}
