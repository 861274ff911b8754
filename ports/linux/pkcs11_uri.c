/* SPDX-License-Identifier: MIT */
/* The path of a URI is handed on as it is, after a look at it, because OpenSSL's provider and engine want it as a URI. The query stays
 * here: the engine writes the URI of an object that it does not find to standard error, with a PIN if that is in it. */
#include "ports/linux/pkcs11_uri.h"
#include "common/slice.h"

#include <openssl/crypto.h>

#include <stdio.h>
#include <string.h>

static const char too_long[] = "is too long for a PKCS#11 URI";
static const char no_attribute[] =
    "is no PKCS#11 URI: its parts must be name=value (RFC 7512), with ';' between "
    "them, and after a '?' with '&'";
static const char no_character[] =
    "is no PKCS#11 URI: a blank or other special character is written as %20 or the "
    "like, and % stands before two hexadecimal digits";

static int hex_value(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* One character of a value, with its %; -1: none that may stand there. */
static int take_character(struct slice *rest)
{
    static const char marks[] =
        "-._~:[]@!$'()*+,=/&?|"; /* RFC 7512, 2.3, where a value cannot end; and the | of pin-source */
    char c = rest->ptr[0];
    int high = rest->len > 2 ? hex_value(rest->ptr[1]) : -1;
    int low = rest->len > 2 ? hex_value(rest->ptr[2]) : -1;
    bool is_encoded = c == '%' && high >= 0 && low >= 0;
    bool is_plain =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c && strchr(marks, c));
    if (!is_encoded && !is_plain) {
        return -1;
    }
    size_t len = is_encoded ? 3 : 1;
    *rest = (struct slice){rest->ptr + len, rest->len - len};
    return is_encoded ? high * 16 + low : c;
}

static const char *decode(struct slice value, char out[PKCS11_URI_CAP])
{
    size_t len = 0;
    while (value.len > 0) {
        int c = take_character(&value);
        if (c < 0) {
            return no_character;
        }
        if (c == 0) {
            return "is no PKCS#11 URI that can be used: it has a %00";
        }
        if (len == PKCS11_URI_CAP - 1) {
            return too_long;
        }
        out[len++] = (char)c;
    }
    out[len] = '\0';
    return NULL;
}

static const char *check_value(struct slice value)
{
    while (value.len > 0) {
        if (take_character(&value) < 0) {
            return no_character;
        }
    }
    return NULL;
}

/* ---- PINs */

static const char *read_pin_file(const char *path, struct pkcs11_uri *uri)
{
    FILE *file = fopen(path, "r");
    if (!file) {
        return "has a pin-source that cannot be opened";
    }
    setvbuf(file, NULL, _IONBF, 0); /* no copy of the PIN stays in a buffer */
    bool is_read = fgets(uri->pin, sizeof(uri->pin), file);
    fclose(file);
    if (!is_read) {
        return "has a pin-source that holds no PIN";
    }
    size_t len = strcspn(uri->pin, "\r\n");
    bool is_whole = uri->pin[len] || len < sizeof(uri->pin) - 1;
    uri->pin[len] = '\0';
    uri->has_pin = true;
    if (!is_whole) {
        return too_long;
    }
    return len > 0 ? NULL : "has a pin-source that holds no PIN";
}

static const char *take_pin_source(struct slice value, struct pkcs11_uri *uri)
{
    char source[PKCS11_URI_CAP] = "";
    const char *why = decode(value, source);
    if (why) {
        return why;
    }
    const char *path = source;
    if (!strncmp(path, "file:", 5)) {
        path += 5;
        path += strncmp(path, "//", 2) ? 0 : 2; /* file:///folder/file */
    }
    return path[0] == '/'
               ? read_pin_file(path, uri)
               : "has a pin-source that is no file; write file: and a whole path (no command is run)";
}

/* ---- parts */

struct attribute {
    struct slice name, value;
};

static bool cut_attribute(struct slice *rest, char separator, struct attribute *attribute)
{
    struct slice part = slice_cut(rest, separator);
    attribute->name = slice_cut(&part, '=');
    attribute->value = part;
    return attribute->name.len > 0 && part.ptr;
}

static const char *take_query(struct slice query, struct pkcs11_uri *uri)
{
    while (query.ptr) {
        struct attribute attribute;
        const char *why = NULL;
        if (!cut_attribute(&query, '&', &attribute)) {
            return no_attribute;
        }
        bool is_value = slice_is(attribute.name, "pin-value");
        bool is_source = slice_is(attribute.name, "pin-source");
        if ((is_value || is_source) && uri->has_pin) {
            return "has more than one PIN";
        }
        if (is_value) {
            why = decode(attribute.value, uri->pin);
            uri->has_pin = true;
        } else if (is_source) {
            why = take_pin_source(attribute.value, uri);
        } else if (slice_is(attribute.name, "module-path")) {
            why = decode(attribute.value, uri->module_path);
        } else if (slice_is(attribute.name, "module-name")) {
            why = "has a module-name, which says too little here; give module-path, or none for all that "
                  "p11-kit knows";
        }
        if (why) {
            return why;
        }
    }
    return NULL;
}

/* *has_type: the path says itself what class of object it means. */
static const char *check_path(struct slice path, const char *type, bool *has_type)
{
    bool has_name = false;
    *has_type = false;
    path = path.len > 0 ? path : SLICE_EMPTY;
    while (path.ptr) {
        struct attribute attribute;
        if (!cut_attribute(&path, ';', &attribute)) {
            return no_attribute;
        }
        const char *why = check_value(attribute.value);
        if (why) {
            return why;
        }
        has_name |= slice_is(attribute.name, "object") || slice_is(attribute.name, "id");
        if (slice_is(attribute.name, "type")) {
            *has_type = true;
            if (!slice_is(attribute.value, type)) {
                return "names an object of another type (it is type=private for a key, type=cert for a "
                       "certificate)";
            }
        }
        if (strncmp(attribute.name.ptr, "pin-", 4) == 0) {
            return "has its PIN in the wrong place: a '?' stands before pin-value and pin-source";
        }
    }
    return has_name ? NULL : "names no object: it needs object=LABEL or id=%01, beside token=LABEL";
}

static const char *read_parts(struct slice text, const char *type, struct pkcs11_uri *uri)
{
    slice_cut(&text, ':');
    struct slice path = slice_cut(&text, '?');
    bool has_type;
    const char *why = check_path(path, type, &has_type);
    if (why) {
        return why;
    }
    int len = snprintf(uri->object, sizeof(uri->object), PKCS11_URI_SCHEME ":%.*s%s%s", (int)path.len,
                       path.ptr, has_type ? "" : ";type=", has_type ? "" : type);
    if (len < 0 || (size_t)len >= sizeof(uri->object)) {
        return too_long;
    }
    return text.ptr ? take_query(text, uri) : NULL;
}

const char *pkcs11_uri_read(const char *text, const char *type, struct pkcs11_uri *uri)
{
    text += strspn(text, " \t\r\n");
    size_t len = strcspn(text, "\r\n");
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t')) {
        len--;
    }
    *uri = (struct pkcs11_uri){.has_pin = false};
    const char *why = len < PKCS11_URI_CAP ? read_parts((struct slice){text, len}, type, uri) : too_long;
    if (why) {
        pkcs11_uri_wipe(uri);
    }
    return why;
}

void pkcs11_uri_wipe(struct pkcs11_uri *uri)
{
    OPENSSL_cleanse(uri, sizeof(*uri));
}
