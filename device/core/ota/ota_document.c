/* SPDX-License-Identifier: MIT */
/* Reads documents of firmware updates, and compares versions. What an image may be for the device that runs is up to ota.c. */
#include "device/core/ota/ota_document.h"

#include "common/json.h"
#include "common/number.h"
#include "device/core/text.h"

#include <string.h>

enum member { URL, SIZE, SHA256, SIGNATURE, VERSION, MIN_VERSION, FORCE, MEMBERS };

#define VERSION_NUMBERS 4

/* ---- complaints */

struct complaints {
    char *out;
    size_t cap;
    bool has_some;
};

static void complain(struct complaints *c, const char *member, const char *what)
{
    if (c->has_some) {
        text_append(c->out, c->cap, "; ");
    }
    c->has_some = true;
    text_append(c->out, c->cap, member);
    text_append(c->out, c->cap, ": ");
    text_append(c->out, c->cap, what);
}

/* ---- members */

static bool is_host_end(char c)
{
    return c == '/' || c == '?' || c == '#';
}

bool ota_document_is_link(struct slice link)
{
    static const char scheme[] = "https://";
    const size_t len = sizeof(scheme) - 1;

    if (link.len <= len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        const char c = link.ptr[i];
        if ((c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c) != scheme[i]) {
            return false;
        }
    }
    for (size_t i = len; i < link.len; i++) {
        if (link.ptr[i] <= ' ' || link.ptr[i] > '~') {
            return false;
        }
    }
    for (size_t i = len; i < link.len && !is_host_end(link.ptr[i]); i++) {
        if (link.ptr[i] == '@') { /* a name and a password in a link are somebody's mistake, or trick */
            return false;
        }
    }
    return !is_host_end(link.ptr[len]) && link.ptr[len] != ':';
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool read_digest(const char *text, size_t len, uint8_t digest[OTA_DIGEST_BYTES])
{
    if (len != (size_t)2 * OTA_DIGEST_BYTES) {
        return false;
    }
    for (size_t i = 0; i < OTA_DIGEST_BYTES; i++) {
        const int high = digit_of(text[2 * i]);
        const int low = digit_of(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        digest[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

static int base64_of(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Base64 (RFC 4648) with its padding and no bits over. 0: it is not, or is longer than cap. */
static size_t read_base64(const char *text, size_t len, uint8_t *out, size_t cap)
{
    size_t padding = 0;
    size_t made = 0;
    uint32_t bits = 0;

    if (len == 0 || len % 4 != 0) {
        return 0;
    }
    while (padding < 2 && text[len - 1 - padding] == '=') {
        padding++;
    }
    for (size_t i = 0; i < len - padding; i++) {
        const int value = base64_of(text[i]);
        if (value < 0) {
            return 0;
        }
        bits = bits << 6 | (uint32_t)value;
        if (i % 4 == 0) {
            continue;
        }
        if (made == cap) {
            return 0;
        }
        out[made++] = (uint8_t)(bits >> (6 - i % 4 * 2));
    }
    const uint32_t left = padding == 0 ? 0 : padding == 1 ? 0x3 : 0xF;
    return (bits & left) == 0 ? made : 0;
}

/* One INTEGER of a signature: positive, in its shortest form, at most 32 bytes beside its sign. */
static bool take_integer(const uint8_t **at, const uint8_t *end)
{
    const uint8_t *p = *at;

    if (end - p < 3 || p[0] != 0x02 || p[1] == 0 || p[1] > 33 || end - p < 2 + p[1]) {
        return false;
    }
    const bool has_zero = p[2] == 0;
    if ((p[2] & 0x80) != 0 || (has_zero && (p[1] == 1 || (p[3] & 0x80) == 0)) || (!has_zero && p[1] == 33)) {
        return false;
    }
    *at = p + 2 + p[1];
    return true;
}

static bool is_signature(const uint8_t *der, size_t len)
{
    const uint8_t *at = der + 2;
    const uint8_t *end = der + len;

    return len >= 8 && der[0] == 0x30 && der[1] == len - 2 && take_integer(&at, end) &&
           take_integer(&at, end) && at == end;
}

static bool is_version(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~') {
            return false;
        }
    }
    return text[0] != '\0';
}

/* The text of a string member. false: it is not there (no complaint), or not a text of less than cap bytes. */
static bool take_text(const struct json_field *field, char *out, size_t cap, size_t *len,
                      struct complaints *c, const char *what)
{
    if (field->type == JSON_ABSENT || field->type == JSON_NULL) {
        return false;
    }
    if (field->type != JSON_STRING || json_decode(field->text, out, cap, len)) {
        complain(c, field->key, what);
        return false;
    }
    return true;
}

/* ---- the members, each with its rule */

static void read_url(const struct json_field *field, bool is_needed, char *url, size_t url_cap,
                     struct complaints *c)
{
    size_t len;

    url[0] = '\0';
    if (field->type == JSON_ABSENT && is_needed) {
        complain(c, field->key, "is missing");
    } else if (take_text(field, url, url_cap, &len, c, "not a text that fits the buffer for links") &&
               !ota_document_is_link((struct slice){url, len})) {
        complain(c, field->key, "not an https link");
    }
}

static void read_size(const struct json_field *field, struct ota_document *document, struct complaints *c)
{
    if (field->type == JSON_ABSENT || field->type == JSON_NULL) {
        return;
    }
    if (field->type != JSON_NUMBER || number_to_u32(field->text, &document->size) || document->size == 0) {
        complain(c, field->key, "not a whole number from 1 to 4294967295");
    }
}

static void read_proof(const struct json_field fields[], struct ota_document *document, struct complaints *c)
{
    static const char no_digest[] = "not 64 hexadecimal digits";
    static const char no_signature[] = "not an ECDSA signature on P-256, DER in base64";
    char text[(OTA_SIGNATURE_BYTES + 2) / 3 * 4 + 1];
    size_t len;

    if (take_text(&fields[SHA256], text, sizeof(text), &len, c, no_digest)) {
        document->has_digest = read_digest(text, len, document->digest);
        if (!document->has_digest) {
            complain(c, fields[SHA256].key, no_digest);
        }
    }
    if (take_text(&fields[SIGNATURE], text, sizeof(text), &len, c, no_signature)) {
        const size_t made = read_base64(text, len, document->signature, sizeof(document->signature));
        if (is_signature(document->signature, made)) {
            document->signature_len = (uint8_t)made;
        } else {
            complain(c, fields[SIGNATURE].key, no_signature);
        }
    }
}

static void read_versions(const struct json_field fields[], struct ota_document *document,
                          struct complaints *c)
{
    static const char no_version[] = "not 1 to 63 printable ASCII characters without blanks";
    size_t len;

    if (take_text(&fields[VERSION], document->version, sizeof(document->version), &len, c, no_version) &&
        !is_version(document->version)) {
        complain(c, fields[VERSION].key, no_version);
    }
    if (take_text(&fields[MIN_VERSION], document->min_version, sizeof(document->min_version), &len, c,
                  no_version) &&
        (!is_version(document->min_version) ||
         ota_document_order(document->min_version, document->min_version) == OTA_ORDER_NONE)) {
        complain(c, fields[MIN_VERSION].key, "does not begin with a number");
    }
}

enum err ota_document_read(struct slice text, enum ota_kind kind, struct ota_document *document, char *url,
                           size_t url_cap, char *problem, size_t problem_cap)
{
    struct json_field fields[MEMBERS] = {
        [URL] = {.key = "url", .parent = JSON_TOP},
        [SIZE] = {.key = "size", .parent = JSON_TOP},
        [SHA256] = {.key = "sha256", .parent = JSON_TOP},
        [SIGNATURE] = {.key = "signature", .parent = JSON_TOP},
        [VERSION] = {.key = "version", .parent = JSON_TOP},
        [MIN_VERSION] = {.key = "minVersion", .parent = JSON_TOP},
        [FORCE] = {.key = "force", .parent = JSON_TOP},
    };
    struct ota_document found = {.kind = kind};
    struct complaints c = {problem, problem_cap, false};

    problem[0] = '\0';
    enum err err = json_read(text, fields, MEMBERS, NULL);
    if (err) {
        complain(&c, "the document", err_text(err));
        return ERR_ARG;
    }
    if (kind == OTA_KIND_UPDATE) {
        read_url(&fields[URL], true, url, url_cap, &c);
    }
    read_size(&fields[SIZE], &found, &c);
    read_proof(fields, &found, &c);
    read_versions(fields, &found, &c);
    if (fields[FORCE].type > JSON_STRING && fields[FORCE].type != JSON_TRUE &&
        fields[FORCE].type != JSON_FALSE) {
        complain(&c, "force", "neither true nor false");
    } else if (fields[FORCE].type == JSON_STRING) {
        complain(&c, "force", "neither true nor false");
    }
    found.is_forced = fields[FORCE].type == JSON_TRUE;
    if (c.has_some) {
        return ERR_ARG;
    }
    *document = found;
    return ERR_OK;
}

bool ota_document_is_same(const struct ota_document *a, const struct ota_document *b)
{
    return a->kind == b->kind && a->size == b->size && a->has_digest == b->has_digest &&
           memcmp(a->digest, b->digest, sizeof(a->digest)) == 0 && a->signature_len == b->signature_len &&
           memcmp(a->signature, b->signature, a->signature_len) == 0 && strcmp(a->version, b->version) == 0;
}

/* ---- order */

static bool read_numbers(const char *version, uint64_t numbers[VERSION_NUMBERS])
{
    const char *at = version[0] == 'v' || version[0] == 'V' ? version + 1 : version;

    if (*at < '0' || *at > '9') {
        return false;
    }
    for (int i = 0; i < VERSION_NUMBERS; i++) {
        for (; *at >= '0' && *at <= '9'; at++) {
            numbers[i] = numbers[i] > UINT32_MAX ? numbers[i] : numbers[i] * 10 + (uint64_t)(*at - '0');
        }
        if (at[0] != '.' || at[1] < '0' || at[1] > '9') {
            break;
        }
        at++;
    }
    return true;
}

enum ota_order ota_document_order(const char *version, const char *other)
{
    uint64_t a[VERSION_NUMBERS] = {0};
    uint64_t b[VERSION_NUMBERS] = {0};

    if (!read_numbers(version, a) || !read_numbers(other, b)) {
        return OTA_ORDER_NONE;
    }
    for (int i = 0; i < VERSION_NUMBERS; i++) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? OTA_ORDER_LESS : OTA_ORDER_MORE;
        }
    }
    return OTA_ORDER_EQUAL;
}
