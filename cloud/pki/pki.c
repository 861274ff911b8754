/* SPDX-License-Identifier: MIT */
#include "cloud/pki/pki.h"
#include "cloud/base/memory.h"

#include "cloud/base/address.h"
#include "cloud/base/clock.h"
#include "cloud/pki/certificate_id.h"
#include "cloud/pki/key_stock.h"
#include "cloud/pki/pki_file.h"
#include "cloud/pki/pki_make.h"
#include "cloud/pki/pki_request.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define SERVER_RENEW_S (30 * 86400L) /* a certificate with less left is replaced */

struct pki {
    X509 *ca;
    EVP_PKEY *ca_key;
    char *ca_pem;
    struct key_stock stock;
};

struct reason {
    char *text;
    size_t cap;
};

/* Always false, so that a step can end with it. */
__attribute__((format(printf, 2, 3))) static bool fail(struct reason *why, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why->text, why->cap, format, arguments);
    va_end(arguments);
    return false;
}

static bool fail_openssl(struct reason *why, const char *what)
{
    char text[160] = "unknown error";
    unsigned long code = ERR_get_error();
    if (code != 0) {
        ERR_error_string_n(code, text, sizeof(text));
    }
    ERR_clear_error();
    return fail(why, "OpenSSL cannot %s: %s", what, text);
}

static bool make_path(char path[PATH_MAX], const char *dir, const char *name, struct reason *why)
{
    if (snprintf(path, PATH_MAX, "%s/%s", dir, name) < PATH_MAX) {
        return true;
    }
    return fail(why, "the path %s/%s is too long", dir, name);
}

/* A file that is not there is not an error: *certificate stays NULL. */
static bool load_certificate(const char *path, X509 **certificate, struct reason *why)
{
    *certificate = pki_file_read_certificate(path);
    if (*certificate != NULL || errno == ENOENT) {
        return true;
    }
    int code = errno;
    ERR_clear_error();
    return fail(why, "%s: %s", path, code == EINVAL ? "this is not a PEM certificate" : strerror(code));
}

static bool load_key(const char *path, EVP_PKEY **key, struct reason *why)
{
    *key = pki_file_read_key(path);
    if (*key != NULL || errno == ENOENT) {
        return true;
    }
    int code = errno;
    ERR_clear_error();
    return fail(why, "%s: %s", path, code == EINVAL ? "this is not a PEM private key" : strerror(code));
}

static bool make_key_file(const char *path, EVP_PKEY **key, struct reason *why)
{
    *key = pki_make_ec_key();
    if (*key == NULL) {
        return fail_openssl(why, "make a key");
    }
    if (!pki_file_write_key(path, *key)) {
        return fail(why, "%s: %s", path, strerror(errno));
    }
    return true;
}

static bool make_certificate_file(const char *path, const struct pki_order *order, X509 **certificate,
                                  struct reason *why)
{
    *certificate = pki_make_certificate(order);
    if (*certificate == NULL) {
        return fail_openssl(why, "make a certificate");
    }
    if (!pki_file_write_certificate(path, *certificate)) {
        return fail(why, "%s: %s", path, strerror(errno));
    }
    return true;
}

/* The key is written first: a crash between the two leaves a key, and the next start makes a certificate for it. A
 * certificate without its key is another matter: a new key would lock out every device that trusts the old one. */
static bool open_ca(struct pki *pki, const char *dir, struct reason *why)
{
    char certificate_path[PATH_MAX], key_path[PATH_MAX];
    if (!make_path(certificate_path, dir, "ca.pem", why) || !make_path(key_path, dir, "ca.key", why) ||
        !load_certificate(certificate_path, &pki->ca, why) || !load_key(key_path, &pki->ca_key, why)) {
        return false;
    }
    if (pki->ca != NULL && pki->ca_key == NULL) {
        return fail(why,
                    "%s is missing, but %s is there: restore it, or remove both (and make all devices anew)",
                    key_path, certificate_path);
    }
    if (pki->ca_key == NULL && !make_key_file(key_path, &pki->ca_key, why)) {
        return false;
    }
    struct pki_order order = {.kind = PKI_ROOT, .key = pki->ca_key};
    if (pki->ca == NULL && !make_certificate_file(certificate_path, &order, &pki->ca, why)) {
        return false;
    }

    if (X509_check_private_key(pki->ca, pki->ca_key) != 1) {
        ERR_clear_error();
        return fail(why, "%s does not belong to %s", key_path, certificate_path);
    }
    if (X509_cmp_current_time(X509_get0_notAfter(pki->ca)) <= 0) {
        return fail(why, "%s has expired: remove it and %s, and make all devices anew", certificate_path,
                    key_path);
    }
    pki->ca_pem = pki_certificate_text(pki->ca);
    return pki->ca_pem != NULL || fail(why, "out of memory");
}

static bool has_name(X509 *certificate, const char *name)
{
    return address_is_one(name)
               ? X509_check_ip_asc(certificate, name, 0) == 1
               : X509_check_host(certificate, name, 0, X509_CHECK_FLAG_NO_WILDCARDS, NULL) == 1;
}

static bool is_server_good(const struct pki *pki, X509 *certificate, EVP_PKEY *key, const char *const *names,
                           size_t name_count)
{
    time_t soon = (time_t)(clock_wall_ms(&clock_real) / 1000) + SERVER_RENEW_S;
    bool is_good = certificate != NULL && key != NULL && X509_check_private_key(certificate, key) == 1 &&
                   X509_verify(certificate, pki->ca_key) == 1 &&
                   X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0 &&
                   X509_cmp_time(X509_get0_notAfter(certificate), &soon) > 0;
    for (size_t i = 0; is_good && i < name_count; i++) {
        is_good = has_name(certificate, names[i]);
    }
    ERR_clear_error();
    return is_good;
}

/* A damaged server certificate is no loss, it is made anew; so load errors do not count here. */
static bool open_server(const struct pki *pki, const char *dir, const char *const *names, size_t name_count,
                        struct reason *why)
{
    char certificate_path[PATH_MAX], key_path[PATH_MAX];
    X509 *certificate = NULL;
    EVP_PKEY *key = NULL;
    if (!make_path(certificate_path, dir, "server.pem", why) ||
        !make_path(key_path, dir, "server.key", why)) {
        return false;
    }
    certificate = pki_file_read_certificate(certificate_path);
    key = pki_file_read_key(key_path);
    ERR_clear_error();

    bool is_good = is_server_good(pki, certificate, key, names, name_count);
    if (!is_good) {
        X509_free(certificate);
        EVP_PKEY_free(key);
        certificate = NULL;
        key = NULL;
        is_good = make_key_file(key_path, &key, why);
        struct pki_order order = {
            .kind = PKI_SERVER,
            .key = key,
            .issuer = pki->ca,
            .issuer_key = pki->ca_key,
            .names = names,
            .name_count = name_count,
        };
        is_good = is_good && make_certificate_file(certificate_path, &order, &certificate, why);
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
    return is_good;
}

struct pki *pki_open(const char *dir, const char *const *names, size_t name_count, char *why, size_t why_cap)
{
    struct reason reason = {why, why_cap};
    struct pki *pki = memory_zeroed(sizeof(*pki));
    bool is_good;

    if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
        is_good = fail(&reason, "%s: %s", dir, strerror(errno));
    } else {
        is_good = open_ca(pki, dir, &reason) && open_server(pki, dir, names, name_count, &reason);
    }
    if (is_good) {
        return pki;
    }
    pki_close(pki);
    return NULL;
}

void pki_close(struct pki *pki)
{
    if (pki == NULL) {
        return;
    }
    X509_free(pki->ca);
    EVP_PKEY_free(pki->ca_key);
    free(pki->ca_pem);
    key_stock_clear(&pki->stock);
    free(pki);
}

const char *pki_ca_pem(const struct pki *pki)
{
    return pki->ca_pem;
}

/* Signs a certificate for the key of the order. with_private: the caller has made that key, and is given it. */
static bool issue(const struct pki *pki, struct pki_order *order, bool with_private,
                  struct pki_issued *issued, struct reason *why)
{
    struct pki_issued fresh = {0};
    order->kind = PKI_DEVICE;
    order->issuer = pki->ca;
    order->issuer_key = pki->ca_key;
    X509 *certificate = order->key != NULL ? pki_make_certificate(order) : NULL;
    if (certificate != NULL) {
        fresh.certificate_pem = pki_certificate_text(certificate);
        fresh.private_key_pem = with_private ? pki_private_key_text(order->key) : NULL;
        fresh.public_key_pem = pki_public_key_text(order->key);
        fresh.not_before_s = pki_seconds_of(X509_get0_notBefore(certificate));
        fresh.not_after_s = pki_seconds_of(X509_get0_notAfter(certificate));
    }
    bool is_good = fresh.certificate_pem != NULL && (!with_private || fresh.private_key_pem != NULL) &&
                   fresh.public_key_pem != NULL && certificate_id(certificate, fresh.certificate_id);
    X509_free(certificate);
    if (!is_good) {
        pki_issued_clear(&fresh);
        return fail_openssl(why, "issue a certificate");
    }
    *issued = fresh;
    return true;
}

bool pki_issue(struct pki *pki, struct pki_issued *issued, char *why, size_t why_cap)
{
    return pki_issue_for_seconds(pki, 0, issued, why, why_cap);
}

bool pki_issue_for_seconds(struct pki *pki, int64_t seconds, struct pki_issued *issued, char *why,
                           size_t why_cap)
{
    struct reason reason = {why, why_cap};
    struct pki_order order = {.key = key_stock_take(&pki->stock), .lifetime_s = seconds};
    bool is_good = issue(pki, &order, true, issued, &reason);
    EVP_PKEY_free(order.key);
    return is_good;
}

enum err pki_issue_for(struct pki *pki, const char *request, struct pki_issued *issued, char *why,
                       size_t why_cap)
{
    struct reason reason = {why, why_cap};
    X509_REQ *read = pki_request_read(request, why, why_cap);
    if (read == NULL) {
        return ERR_ARG;
    }
    struct pki_order order = {.key = X509_REQ_get0_pubkey(read), .subject = X509_REQ_get_subject_name(read)};
    bool is_good = issue(pki, &order, false, issued, &reason);
    X509_REQ_free(read);
    return is_good ? ERR_OK : ERR_INTERNAL;
}

bool pki_make_ahead(struct pki *pki, const atomic_bool *stop)
{
    return key_stock_add(&pki->stock, stop);
}

void pki_issued_clear(struct pki_issued *issued)
{
    free(issued->certificate_pem);
    pki_text_wipe(issued->private_key_pem);
    free(issued->public_key_pem);
    *issued = (struct pki_issued){0};
}
