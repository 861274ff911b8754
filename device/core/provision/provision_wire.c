/* SPDX-License-Identifier: MIT */
/* What a device says to fleet provisioning, and what it reads of the answers. What follows from them is the machine's affair. */
#include "device/core/provision/provision_wire.h"

#include "common/json.h"
#include "common/json_write.h"
#include "device/core/text.h"

#include <assert.h>
#include <string.h>

#define TOKEN_REFUSED "InvalidCertificateOwnershipToken"

static const struct {
    const char *name, *before, *after;
    bool has_template; /* its name stands between the two */
} requests[PROVISION_REQUEST_COUNT] = {
    [PROVISION_REQUEST_CERT] = {"CreateCertificateFromCsr", "$aws/certificates/", "create-from-csr/json",
                                false},
    [PROVISION_REQUEST_REG] = {"RegisterThing", "$aws/provisioning-templates/", "/provision/json", true},
};

static const char *const tails[] = {
    [PROVISION_ANSWER_NONE] = "",
    [PROVISION_ANSWER_ACCEPTED] = "/accepted",
    [PROVISION_ANSWER_REJECTED] = "/rejected",
};

const char *provision_wire_name(enum provision_request request)
{
    return requests[request].name;
}

bool provision_wire_is_template_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    size_t len = name != NULL ? strlen(name) : 0;

    return len > 0 && len < DEVICE_TEMPLATE_NAME_CAP && strspn(name, allowed) == len;
}

static char *append(char *at, const char *text)
{
    size_t len = strlen(text);
    memcpy(at, text, len + 1);
    return at + len;
}

void provision_wire_topic(char out[PROVISION_TOPIC_CAP], const char *template_name,
                          enum provision_request request, enum provision_answer answer)
{
    assert(provision_wire_is_template_name(template_name));
    char *at = append(out, requests[request].before);
    if (requests[request].has_template) {
        at = append(at, template_name);
    }
    at = append(at, requests[request].after);
    append(at, tails[answer]);
}

enum provision_answer provision_wire_parse_topic(const char *template_name, struct slice topic,
                                                 enum provision_request *request)
{
    char known[PROVISION_TOPIC_CAP];

    for (int i = 0; i < PROVISION_REQUEST_COUNT; i++) {
        for (int answer = PROVISION_ANSWER_ACCEPTED; answer <= PROVISION_ANSWER_REJECTED; answer++) {
            provision_wire_topic(known, template_name, (enum provision_request)i,
                                 (enum provision_answer)answer);
            if (slice_is(topic, known)) {
                *request = (enum provision_request)i;
                return (enum provision_answer)answer;
            }
        }
    }
    return PROVISION_ANSWER_NONE;
}

enum err provision_wire_csr(const char *csr_pem, char *out, size_t cap, size_t *len)
{
    struct json_writer w;

    json_write_begin(&w, out, cap);
    json_write_object(&w);
    json_write_key(&w, "certificateSigningRequest");
    json_write_string(&w, csr_pem);
    json_write_object_end(&w);
    return json_write_finish(&w, len);
}

enum err provision_wire_registration(const struct provision_config *config, const char *token, char *out,
                                     size_t cap, size_t *len)
{
    struct json_writer w;

    json_write_begin(&w, out, cap);
    json_write_object(&w);
    json_write_key(&w, "certificateOwnershipToken");
    json_write_string(&w, token);
    json_write_key(&w, "parameters");
    json_write_object(&w);
    for (size_t i = 0; i < config->parameter_count; i++) {
        const struct provision_parameter *parameter = &config->parameters[i];
        if (parameter->value != NULL && parameter->value[0] != '\0') {
            json_write_key(&w, parameter->key);
            json_write_string(&w, parameter->value);
        }
    }
    json_write_object_end(&w);
    json_write_object_end(&w);
    return json_write_finish(&w, len);
}

/* Decodes a member at *room, moves that behind its NUL, and gives the text. */
static enum err take(const struct json_field *field, size_t cap, char **room, const char *end,
                     const char **text)
{
    const size_t left = (size_t)(end - *room);
    size_t len;

    if (field->type != JSON_STRING || field->text.len == 0) {
        return ERR_NOT_FOUND;
    }
    enum err err = json_decode(field->text, *room, cap < left ? cap : left, &len);
    if (err) {
        return err;
    }
    *text = *room;
    *room += len + 1;
    return ERR_OK;
}

/* For people: without it the certificate is as good. An empty text has its NUL as well, and so its place before the next one. */
static enum err take_certificate_id(const struct json_field *field, char **room, const char *end,
                                    const char **text)
{
    char *const before = *room;

    if (before == end) {
        return ERR_TOO_LONG;
    }
    if (take(field, DEVICE_CERTIFICATE_ID_CAP, room, end, text) != ERR_OK ||
        !identity_is_certificate_id(*text)) {
        before[0] = '\0';
        *text = before;
        *room = before + 1;
    }
    return ERR_OK;
}

enum err provision_wire_read_certificate(struct slice payload, char *room, size_t cap, struct pending *into)
{
    struct json_field fields[] = {
        {.key = "certificatePem", .parent = JSON_TOP},
        {.key = "certificateId", .parent = JSON_TOP},
        {.key = "certificateOwnershipToken", .parent = JSON_TOP},
    };
    const char *const end = room + cap;
    const char *cert_pem;
    const char *certificate_id;
    const char *token;

    enum err err = json_read(payload, fields, 3, NULL);
    if (!err) {
        err = take(&fields[0], DEVICE_CERTIFICATE_CAP, &room, end, &cert_pem);
    }
    if (!err) {
        err = take_certificate_id(&fields[1], &room, end, &certificate_id);
    }
    if (!err) {
        err = take(&fields[2], DEVICE_OWNERSHIP_TOKEN_CAP, &room, end, &token);
    }
    if (err) {
        return err;
    }
    into->cert_pem = cert_pem;
    into->certificate_id = certificate_id;
    into->token = token;
    return ERR_OK;
}

enum err provision_wire_read_registration(struct slice payload, char thing_name[DEVICE_THING_NAME_CAP],
                                          struct slice *device_configuration)
{
    struct json_field fields[] = {
        {.key = "thingName", .parent = JSON_TOP},
        {.key = "deviceConfiguration", .parent = JSON_TOP},
    };
    char name[DEVICE_THING_NAME_CAP];
    char *room = name;
    const char *text;

    enum err err = json_read(payload, fields, 2, NULL);
    if (!err) {
        err = take(&fields[0], sizeof(name), &room, name + sizeof(name), &text);
    }
    if (!err && !identity_is_thing_name(name)) {
        err = ERR_NOT_FOUND;
    }
    if (err) {
        return err;
    }
    memcpy(thing_name, name, sizeof(name));
    *device_configuration = fields[1].type == JSON_OBJECT ? fields[1].text : slice_from("{}");
    return ERR_OK;
}

void provision_wire_read_rejection(struct slice payload, char *room, size_t room_cap, char *words, size_t cap,
                                   bool *is_token_refused)
{
    struct json_field fields[] = {
        {.key = "errorCode", .parent = JSON_TOP},
        {.key = "errorMessage", .parent = JSON_TOP},
    };

    words[0] = '\0';
    *is_token_refused = false;
    if (json_read(payload, fields, 2, NULL) != ERR_OK || fields[0].type != JSON_STRING) {
        text_append(words, cap, "the refusal has no errorCode");
        return;
    }
    *is_token_refused = json_string_is(fields[0].text, TOKEN_REFUSED);
    for (int i = 0; i < 2; i++) {
        if (fields[i].type == JSON_STRING && json_decode(fields[i].text, room, room_cap, NULL) == ERR_OK) {
            text_append(words, cap, i > 0 ? ": " : "");
            text_append(words, cap, room);
        }
    }
}
