/* SPDX-License-Identifier: MIT */
/* The service posts what devices say to this URL: nothing but this machine may be reached by it. */
#include "cloud/core/provisioning/hook_url.h"

#include "cloud/base/address.h"
#include "cloud/base/utf8.h"
#include "cloud/core/names.h"
#include "common/number.h"

#include <string.h>

#define URL_MAX  2048
#define HOST_CAP 64
#define SCHEME   "http://"

/* Behind the host: nothing, or a port from 1, and then nothing or a path. */
static bool is_port_and_path(const char *text)
{
    int64_t port;
    if (*text == ':') {
        size_t digits = strspn(text + 1, "0123456789");
        if (digits > 5 || number_to_i64((struct slice){text + 1, digits}, &port) || port < 1 ||
            port > 65535) {
            return false;
        }
        text += 1 + digits;
    }
    return *text == '\0' || *text == '/';
}

static bool is_loopback(const char *url)
{
    char host[HOST_CAP];
    if (strncmp(url, SCHEME, strlen(SCHEME)) != 0) {
        return false;
    }
    const char *at = url + strlen(SCHEME);
    bool has_brackets = *at == '[';
    size_t len = has_brackets ? strcspn(++at, "]") : strcspn(at, ":/");
    if (slice_copy((struct slice){at, len}, host, sizeof host) || (has_brackets && at[len] != ']')) {
        return false;
    }
    bool is_name = !has_brackets && strcmp(host, "localhost") == 0;
    bool is_address = address_is_loopback(host) && (strchr(host, ':') != NULL) == has_brackets;
    return (is_name || is_address) && is_port_and_path(at + len + has_brackets);
}

enum core_code hook_url_check(const char *url, struct core_error *error)
{
    /* visible ASCII only: the URL becomes a line of a request */
    bool is_visible = name_is_printable(slice_from(url), URL_MAX) && !strpbrk(url, " #");
    return is_visible && is_loopback(url)
               ? CORE_OK
               : core_fail(
                     error, CORE_INVALID_REQUEST,
                     "targetArn '%.*s' is no hook here: iot-local has no Lambda, and asks an URL of this"
                     " machine instead, http://127.0.0.1:PORT/PATH (or localhost, or [::1])",
                     utf8_fit(url, NAME_SHOWN), url);
}
