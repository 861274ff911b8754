/* SPDX-License-Identifier: MIT */
/* OpenSSL 3 calls engines deprecated, OpenSSL 4 has none. Once loaded, engine and module stay until the process ends: keys point into
 * them, and what they clean up at a later end they do not clean up well. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "ports/linux/tls_key_engine.h"

#include <openssl/err.h>

#include <string.h>

#if !defined(OPENSSL_NO_ENGINE) && defined(__has_include)
#if __has_include(<openssl/engine.h>)
#define HAS_ENGINE
#include <openssl/engine.h>
#endif
#endif

#ifdef HAS_ENGINE
/* Of PKCS#11 (C_Login) and of libp11, as they come in OpenSSL's list of errors. */
#define CKR_PIN_INCORRECT 0xA0
#define CKR_PIN_LOCKED    0xA4
#define P11_LOAD_MODULE   1025
#define ENG_INVALID_ID    100

static ENGINE *engine;                   /* NULL: not loaded */
static bool has_module;                  /* libp11 has loaded one, and keeps it */
static char module_path[PKCS11_URI_CAP]; /* its path; empty: it was left to libp11 */

static bool load_engine(void)
{
    if (engine) {
        return true;
    }
    ENGINE *found = ENGINE_by_id("pkcs11");
    if (!found || !ENGINE_init(found)) {
        ENGINE_free(found);
        return false;
    }
    ENGINE_ctrl_cmd_string(found, "QUIET", NULL, 1); /* it writes to standard error otherwise */
    ENGINE_ctrl_cmd(found, "SET_USER_INTERFACE", 0, tls_key_ui(), NULL, 1);
    engine = found;
    return true;
}

/* Lets libp11 load this URI's module, and no other afterwards. Without a path it has one itself, until it is given one. */
static bool choose_module(const struct pkcs11_uri *uri)
{
    static const char usual[] = "p11-kit-proxy.so";
    if (has_module) {
        return !uri->module_path[0] || !strcmp(uri->module_path, module_path);
    }
    bool is_usual = !uri->module_path[0] && !module_path[0];
    strcpy(module_path, uri->module_path[0] || is_usual ? uri->module_path : usual);
    return is_usual || ENGINE_ctrl_cmd(engine, "MODULE_PATH", 0, module_path, NULL, 0) == 1;
}

static bool is_error(unsigned long error, const char *library, int reason)
{
    const char *name = ERR_lib_error_string(error);
    return name && !strcmp(name, library) && ERR_GET_REASON(error) == reason;
}

/* From OpenSSL's list of errors, which is empty afterwards. */
static const char *explain(const struct tls_key_search *search)
{
    const char *why = search->was_asked && !search->uri.has_pin ? tls_key_no_pin : tls_key_no_object;
    unsigned long error;
    while ((error = ERR_get_error())) {
        if (is_error(error, "PKCS#11 module", CKR_PIN_INCORRECT)) {
            why = tls_key_bad_pin;
        } else if (is_error(error, "PKCS#11 module", CKR_PIN_LOCKED)) {
            why = "names a token whose PIN is locked, after too many wrong ones";
        } else if (is_error(error, "libp11", P11_LOAD_MODULE)) {
            why = tls_key_no_module;
        } else if (is_error(error, "pkcs11 engine", ENG_INVALID_ID)) {
            why = "is a URI that OpenSSL's engine does not understand: it knows token, serial, model, "
                  "manufacturer, object and id";
        }
    }
    return why;
}

static X509 *load_certificate(struct tls_key_search *search)
{
    struct {
        const char *uri;
        X509 *certificate;
    } order = {search->uri.object, NULL};
    ENGINE_ctrl_cmd(engine, "LOAD_CERT_CTRL", 0, &order, NULL, 0);
    return order.certificate;
}

const char *tls_key_engine_search(struct tls_key_search *search, bool *is_there)
{
    *is_there = load_engine();
    if (!*is_there) {
        return tls_key_no_module;
    }
    if (!choose_module(&search->uri)) {
        return tls_key_other_module;
    }
    if (search->uri.has_pin) {
        ENGINE_ctrl_cmd_string(engine, "PIN", search->uri.pin, 0);
    }
    ENGINE_ctrl_cmd(engine, "SET_CALLBACK_DATA", 0, search, NULL, 1);
    ERR_clear_error();
    if (search->for_certificate) {
        search->certificate = load_certificate(search);
    } else {
        search->key = ENGINE_load_private_key(engine, search->uri.object, tls_key_ui(), search);
    }
    ENGINE_ctrl_cmd(engine, "SET_CALLBACK_DATA", 0, NULL, NULL, 1);
    const char *why = search->key || search->certificate ? NULL : explain(search);
    has_module = has_module || why != tls_key_no_module;
    return why;
}
#else
const char *tls_key_engine_search(struct tls_key_search *search, bool *is_there)
{
    (void)search;
    *is_there = false;
    return tls_key_no_module;
}
#endif
