/* SPDX-License-Identifier: MIT */
/* The provider first, because OpenSSL has given engines up. What is asked of both is the same: an object by its URI, with the PIN
 * handed in beside it. */
#include "ports/linux/tls_key.h"
#include "common/pem.h"
#include "ports/linux/tls_key_engine.h"

#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/store.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t mutex =
    PTHREAD_MUTEX_INITIALIZER;  /* for what is static below, and in tls_key_engine.c */
static OSSL_PROVIDER *provider; /* NULL: not loaded */

/* ---- the provider */

/* Where OpenSSL's own configuration has loaded the provider, it has also said which module. */
static const char *load_provider(const struct pkcs11_uri *uri, bool *is_there)
{
    static char module_path[PKCS11_URI_CAP]; /* what `provider` was loaded with */
    static bool is_missing;                  /* OpenSSL has none: looked for once */
    *is_there = provider || OSSL_PROVIDER_available(NULL, "pkcs11");
    if (*is_there) {
        bool is_same = !uri->module_path[0] || (provider && !strcmp(uri->module_path, module_path));
        return is_same ? NULL : tls_key_other_module;
    }
    if (is_missing) {
        return NULL;
    }
    if (uri->module_path[0]) {
        setenv("PKCS11_PROVIDER_MODULE", uri->module_path,
               1); /* the one way that all versions of OpenSSL 3 have */
    }
    OSSL_PROVIDER_available(NULL,
                            "default"); /* comes first, so that keys outside of tokens stay its affair */
    provider = OSSL_PROVIDER_try_load(NULL, "pkcs11", 1);
    *is_there = provider != NULL;
    is_missing = !provider;
    strcpy(module_path, uri->module_path);
    return NULL;
}

static void take_object(struct tls_key_search *search, OSSL_STORE_CTX *store)
{
    while (!search->key && !search->certificate && !OSSL_STORE_eof(store)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);
        int type = info ? OSSL_STORE_INFO_get_type(info) : 0;
        if (type == OSSL_STORE_INFO_PKEY && !search->for_certificate) {
            search->key = OSSL_STORE_INFO_get1_PKEY(info);
        } else if (type == OSSL_STORE_INFO_CERT && search->for_certificate) {
            search->certificate = OSSL_STORE_INFO_get1_CERT(info);
        }
        OSSL_STORE_INFO_free(info);
    }
}

/* Only the provider has a store for this scheme; a module that cannot be loaded shows here. */
static bool open_store(struct tls_key_search *search)
{
    OSSL_STORE_CTX *store = OSSL_STORE_open(search->uri.object, tls_key_ui(), search, NULL, NULL);
    if (!store) {
        return false;
    }
    OSSL_STORE_expect(store, search->for_certificate ? OSSL_STORE_INFO_CERT : OSSL_STORE_INFO_PKEY);
    take_object(search, store);
    OSSL_STORE_close(store);
    return true;
}

/* The provider does not say why it has found nothing. */
static const char *explain(const struct tls_key_search *search)
{
    if (!search->was_asked) {
        return tls_key_no_object;
    }
    return search->uri.has_pin
               ? "names something that is not there, or a token that refuses the PIN of the URI"
               : tls_key_no_pin;
}

static const char *search_provider(struct tls_key_search *search, bool *is_there)
{
    const char *why = load_provider(&search->uri, is_there);
    if (why || !*is_there) {
        return why;
    }
    if (!open_store(search)) {
        OSSL_PROVIDER_unload(provider); /* so that another module can be tried */
        provider = NULL;
        return tls_key_no_module;
    }
    return search->key || search->certificate ? NULL : explain(search);
}

/* ---- both */

static const char *search_token(struct tls_key_search *search)
{
    if (search->uri.module_path[0] && access(search->uri.module_path, R_OK)) {
        return "has a module-path that cannot be read";
    }
    bool is_there = false;
    const char *why = search_provider(search, &is_there);
    if (!is_there) {
        why = tls_key_engine_search(search, &is_there);
    }
    return is_there ? why
                    : "needs OpenSSL's provider or engine for PKCS#11 (Debian: pkcs11-provider, or "
                      "libengine-pkcs11-openssl)";
}

static const char *search_uri(const char *text, struct tls_key_search *search)
{
    if (!pem_refers_to(text, PKCS11_URI_SCHEME)) {
        return "is neither PEM text nor a reference that is known here, which begins with 'pkcs11:'";
    }
    const char *why = pkcs11_uri_read(text, search->for_certificate ? "cert" : "private", &search->uri);
    if (why) {
        return why;
    }
    pthread_mutex_lock(&mutex);
    ERR_set_mark();
    why = search_token(search);
    ERR_pop_to_mark();
    pthread_mutex_unlock(&mutex);
    pkcs11_uri_wipe(&search->uri);
    return why;
}

bool tls_key_is_reference(const char *text)
{
    return pem_is_reference(text);
}

EVP_PKEY *tls_key_load(const char *uri, const char **why)
{
    struct tls_key_search search = {.for_certificate = false};
    *why = search_uri(uri, &search);
    return search.key;
}

X509 *tls_key_load_certificate(const char *uri, const char **why)
{
    struct tls_key_search search = {.for_certificate = true};
    *why = search_uri(uri, &search);
    return search.certificate;
}
