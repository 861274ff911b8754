/* SPDX-License-Identifier: MIT */
/* Fleet provisioning as AWS documents it ("Device provisioning MQTT API", "Fleet provisioning"): a certificate is PENDING_ACTIVATION until
 * RegisterThing, its token lives one hour and is good for one registration, and a certificate whose token was not used is deleted. Written
 * from these pages; it takes texts apart by itself. */
#include "provision/world.h"

#include "common/json.h"

#include <stdio.h>
#include <string.h>

#define TOKEN_MS HOUR_MS

void service_begin(struct world *w)
{
    if (w->origin == PENDING_ROTATION) {
        w->certificates[1] = (struct certificate){.status = CERTIFICATE_ACTIVE, .key = 1};
        w->certificate_count = 1;
    }
}

static void expire(struct world *w)
{
    for (unsigned i = 1; i <= w->certificate_count; i++) {
        struct certificate *c = &w->certificates[i];
        if (c->status == CERTIFICATE_PENDING && w->now_ms >= c->expires_ms) {
            c->status = CERTIFICATE_DELETED;
        }
    }
}

/* The value of a string member, as it stands there. */
static bool member(const char *payload, const char *key, char *out, size_t cap)
{
    char quoted[64];
    snprintf(quoted, sizeof(quoted), "\"%s\":\"", key);
    const char *at = strstr(payload, quoted);
    if (at == NULL) {
        return false;
    }
    at += strlen(quoted);
    const char *end = strchr(at, '"');
    if (end == NULL || (size_t)(end - at) >= cap) {
        return false;
    }
    memcpy(out, at, (size_t)(end - at));
    out[end - at] = '\0';
    return true;
}

static void answer(struct world *w, const char *topic, const char *tail, const char *payload, uint64_t in_ms)
{
    struct news news = {.type = NEWS_MESSAGE};
    snprintf(news.topic, sizeof(news.topic), "%s%s", topic, tail);
    snprintf(news.payload, sizeof(news.payload), "%s", payload);
    if (!weather_is(w, WEATHER_NO_RECEIVE)) {
        send_news(w, &news, in_ms);
    }
}

static void refuse(struct world *w, const char *topic, int status, const char *code, const char *message)
{
    char payload[256];
    snprintf(payload, sizeof(payload), "{\"statusCode\":%d,\"errorCode\":\"%s\",\"errorMessage\":\"%s\"}",
             status, code, message);
    answer(w, topic, "/rejected", payload, 50);
}

/* The accepted answer, on a way that can be bad. `foreign`: what fits to another device. */
static void deliver(struct world *w, const char *topic, const char *payload, const char *foreign,
                    unsigned option)
{
    switch (option) {
    case ANSWER_LOST:
    case ANSWER_CLOSED:
    case ANSWER_CUT:
        break;
    case ANSWER_31S:
    case ANSWER_45S:
        answer(w, topic, "/accepted", payload, option == ANSWER_31S ? 31000 : 45000);
        break;
    case ANSWER_10MIN:
        answer(w, topic, "/accepted", payload, 10 * MINUTE_MS);
        break;
    case ANSWER_NO_JSON:
        answer(w, topic, "/accepted", "{\"certificatePem\":\"", 50);
        break;
    case ANSWER_EMPTY:
        answer(w, topic, "/accepted", "{}", 50);
        break;
    case ANSWER_FOREIGN:
        answer(w, topic, "/accepted", foreign, 50);
        break;
    case ANSWER_AFTER_FOREIGN:
        answer(w, topic, "/accepted", foreign, 50);
        answer(w, topic, "/accepted", payload, 60);
        break;
    default:
        answer(w, topic, "/accepted", payload, 50);
        if (option == ANSWER_TWICE) {
            answer(w, topic, "/accepted", payload, 55);
        }
        break;
    }
}

static void certificate_text(char *out, size_t cap, const char *id_key, unsigned serial, unsigned key)
{
    snprintf(
        out, cap,
        "{\"%s\":\"%064u\",\"certificatePem\":\"-----BEGIN CERTIFICATE-----\\nserial-%u "
        "public-%u\\n-----END CERTIFICATE-----\\n\",\"certificateOwnershipToken\":\"token-%u-\\u0041.x\"}",
        id_key, serial, serial, key, serial);
}

static void create_from_csr(struct world *w, const char *topic, const char *payload, unsigned option)
{
    char csr[1024];
    char text[1024];
    char foreign[1024];
    unsigned key = 0;

    if (member(payload, "certificateSigningRequest", csr, sizeof(csr)) &&
        strncmp(csr, "-----BEGIN CERTIFICATE REQUEST-----\\n", 37) == 0) {
        key = number_in(csr, "public-");
    }
    if (key == 0) {
        broken(w, "a CSR that is none: %.100s", payload);
        return;
    }
    if (w->certificate_count + 1 >= CERTIFICATES) {
        broken(w, "too many certificates");
        return;
    }
    unsigned serial = ++w->certificate_count;
    w->certificates[serial] =
        (struct certificate){.status = CERTIFICATE_PENDING, .key = key, .expires_ms = w->now_ms + TOKEN_MS};
    certificate_text(text, sizeof(text), option == ANSWER_NO_ID ? "other" : "certificateId", serial, key);
    certificate_text(foreign, sizeof(foreign), "certificateId", CERTIFICATES, 9999);
    deliver(w, topic, text, foreign, option);
}

static void register_thing(struct world *w, const char *topic, const char *payload, unsigned option,
                           bool is_token_refused)
{
    char token[128];
    char serial_number[64];

    if (!member(payload, "certificateOwnershipToken", token, sizeof(token)) ||
        !member(payload, "SerialNumber", serial_number, sizeof(serial_number)) ||
        strstr(payload, "\"DeviceNamePrefix\":\"lamp \\\"x\\\"\"") == NULL ||
        strstr(payload, "AppVersion") != NULL) {
        broken(w, "a registration that is none: %.200s", payload);
        return;
    }
    unsigned serial = number_in(token, "token-");
    struct certificate *c = &w->certificates[serial < CERTIFICATES ? serial : 0];
    char expected[64];
    snprintf(expected, sizeof(expected), "token-%u-A.x", serial);
    bool is_good = c->status == CERTIFICATE_PENDING && !c->is_token_used && strcmp(token, expected) == 0;
    if (!is_good || is_token_refused || weather_is(w, WEATHER_NO_TOKEN)) {
        refuse(w, topic, 400, "InvalidCertificateOwnershipToken",
               "The certificate ownership token is invalid or has expired");
        return;
    }
    if (weather_is(w, WEATHER_DISABLED)) {
        refuse(w, topic, 400, "InvalidRequest", "Provisioning template is not enabled");
        return;
    }
    c->is_token_used = true;
    c->status = CERTIFICATE_ACTIVE;
    char text[256];
    snprintf(text, sizeof(text), "{\"deviceConfiguration\":{\"colour\":\"red\"},\"thingName\":\"lamp-%s\"}",
             serial_number);
    deliver(w, topic, text,
            w->origin == PENDING_ROTATION
                ? "{\"thingName\":\"lamp-1\",\"deviceConfiguration\":{\"colour\":\"red\"}}"
                : "{\"thingName\":\"lamp/1\"}",
            option);
}

void service_take(struct world *w, const char *topic, const char *payload, unsigned answer_option,
                  bool is_refusing, bool is_token_refused)
{
    expire(w);
    if (json_read((struct slice){payload, strlen(payload)}, NULL, 0, NULL) != ERR_OK) {
        broken(w, "a request is no JSON: %.100s", payload);
        return;
    }
    if (is_refusing) {
        refuse(w, topic, 500, "InternalError", "try again");
    } else if (strcmp(topic, "$aws/certificates/create-from-csr/json") == 0) {
        if (is_token_refused) {
            refuse(w, topic, 400, "InvalidCertificateOwnershipToken", "which was not asked");
        } else {
            create_from_csr(w, topic, payload, answer_option);
        }
    } else if (strcmp(topic, "$aws/provisioning-templates/lamps/provision/json") == 0) {
        register_thing(w, topic, payload, answer_option, is_token_refused);
    } else {
        broken(w, "a topic that nobody knows: %s", topic);
    }
}

bool service_lets_in(struct world *w, const char *cert_pem, const char *key_pem)
{
    expire(w);
    unsigned serial = number_in(cert_pem, "serial-");
    unsigned key = number_in(key_pem, "secret-");
    return serial != 0 && serial < CERTIFICATES && w->certificates[serial].status == CERTIFICATE_ACTIVE &&
           w->certificates[serial].key == key;
}
