/* SPDX-License-Identifier: MIT */
#include "ports/linux/tls_key_search.h"

#include <string.h>

const char tls_key_no_module[] =
    "needs a PKCS#11 module that can be loaded: name its file in the URI, ?module-path=/..., or "
    "let p11-kit know it";
const char tls_key_no_object[] =
    "names something that is not there: no such token, or nothing of that name and type in it";
const char tls_key_no_pin[] =
    "names a token that wants a PIN: give pin-source=file:/... (or pin-value) in the URI, after a '?'";
const char tls_key_bad_pin[] = "names a token that refuses the PIN of the URI";
const char tls_key_other_module[] =
    "names another PKCS#11 module than the one that is loaded in this process";

/* An empty answer means that there is none; with -1 the provider would ask at the terminal. */
static int answer_pin(char *out, int cap, int is_writing, void *ctx)
{
    (void)is_writing;
    struct tls_key_search *search = ctx;
    if (!search) {
        return 0;
    }
    search->was_asked = true;
    size_t len = strlen(search->uri.pin);
    if (len > (size_t)cap) {
        return 0;
    }
    memcpy(out, search->uri.pin, len);
    return (int)len;
}

UI_METHOD *tls_key_ui(void)
{
    static UI_METHOD *ui; /* stays: the engine keeps it */
    if (!ui) {
        ui = UI_UTIL_wrap_read_pem_callback(answer_pin, 0);
    }
    return ui;
}
