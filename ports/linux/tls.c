/* SPDX-License-Identifier: MIT */
#include "ports/linux/tls.h"
#include "common/date.h"
#include "common/pem.h"
#include "device/port/port_time.h"
#include "ports/linux/tls_key.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <time.h>

#define ALPN_PORT 443
static const unsigned char alpn[] =
    "\x0ex-amzn-mqtt-ca"; /* AWS IoT: MQTT with a client certificate on port 443 */

static int no_password(char *buf, int size, int is_writing, void *ctx)
{
    (void)buf, (void)size, (void)is_writing, (void)ctx;
    return -1;
}

/* The next certificate of a PEM text, or NULL. */
static X509 *read_certificate(BIO *bio)
{
    return PEM_read_bio_X509(bio, NULL, no_password, NULL);
}

static bool is_at_end(void)
{
    unsigned long error = ERR_peek_last_error();
    return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

static const char *use_root_ca(SSL_CTX *ctx, const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509_STORE *store = SSL_CTX_get_cert_store(ctx);
    unsigned count = 0;
    X509 *certificate;
    while (bio && (certificate = read_certificate(bio))) {
        count += X509_STORE_add_cert(store, certificate) == 1;
        X509_free(certificate);
    }
    bool is_whole = is_at_end();
    BIO_free(bio);
    if (count == 0) {
        return "holds no certificate that can be read";
    }
    return is_whole ? NULL : "is damaged after its first certificate";
}

static const char refused_certificate[] = "is a certificate that OpenSSL refuses (too weak a key or digest?)";

static const char *use_certificate_elsewhere(SSL_CTX *ctx, const char *reference)
{
    const char *why = NULL;
    X509 *certificate = tls_key_load_certificate(reference, &why);
    if (certificate && SSL_CTX_use_certificate(ctx, certificate) != 1) {
        why = refused_certificate;
    }
    X509_free(certificate);
    return why;
}

static const char *use_certificate(SSL_CTX *ctx, const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *certificate = bio ? read_certificate(bio) : NULL;
    const char *why = "holds no certificate that can be read";
    if (!certificate) {
        goto finish;
    }
    if (SSL_CTX_use_certificate(ctx, certificate) != 1) {
        why = refused_certificate;
        goto finish;
    }
    X509 *next;
    while ((next = read_certificate(bio))) {
        if (SSL_CTX_add0_chain_cert(ctx, next) != 1) {
            X509_free(next);
            why = "has a chain that OpenSSL refuses";
            goto finish;
        }
    }
    why = is_at_end() ? NULL : "is damaged after its first certificate";
finish:
    X509_free(certificate);
    BIO_free(bio);
    return why;
}

static EVP_PKEY *read_key(const char *pem, const char **why)
{
    struct pem_block block;
    if (pem_find(pem, "PRIVATE KEY", &block) && pem_is_encrypted(&block)) {
        *why = "is encrypted; a device has nobody to ask for the password";
        return NULL;
    }
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
    *why = key ? NULL : "holds no private key that can be read";
    BIO_free(bio);
    return key;
}

static const char *use_key(SSL_CTX *ctx, const char *text)
{
    const char *why = NULL;
    bool is_elsewhere = tls_key_is_reference(text);
    EVP_PKEY *key = is_elsewhere ? tls_key_load(text, &why) : read_key(text, &why);
    if (key && (SSL_CTX_use_PrivateKey(ctx, key) != 1 || SSL_CTX_check_private_key(ctx) != 1)) {
        why = is_elsewhere ? "does not belong to the certificate, or its public half is not in the token"
                           : "does not belong to the certificate";
    }
    EVP_PKEY_free(key);
    return why;
}

/* Seconds since 1970; 0: it cannot be read. */
static int64_t seconds_of(const ASN1_TIME *time)
{
    struct tm parts;
    return ASN1_TIME_to_tm(time, &parts) == 1 ? (int64_t)timegm(&parts) : 0;
}

static int on_verify(int is_good, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_verdict *verdict = ssl ? SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)) : NULL;
    if (!is_good && verdict) {
        verdict->verify_error = X509_STORE_CTX_get_error(store);
        X509 *certificate = X509_STORE_CTX_get_current_cert(store);
        verdict->subject[0] = '\0';
        if (certificate) {
            X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, verdict->subject,
                                      sizeof(verdict->subject));
            verdict->from_s = seconds_of(X509_get0_notBefore(certificate));
            verdict->to_s = seconds_of(X509_get0_notAfter(certificate));
        }
    }
    return is_good;
}

static bool expect_name(SSL_CTX *ctx, const char *host)
{
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    /* Not the system's clock, which may be one that nothing has set. */
    X509_VERIFY_PARAM_set_time(param, (time_t)port_time_wall_s());
    /* A pinned intermediate or server certificate is as good as a root, as with mbedTLS. */
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
    if (X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1) {
        return true;
    }
    return X509_VERIFY_PARAM_set1_host(param, host, 0) == 1;
}

static const char *use_all(SSL_CTX *ctx, const struct port_mqtt_config *config,
                           enum port_mqtt_credential *bad)
{
    *bad = PORT_MQTT_ROOT_CA;
    const char *why = use_root_ca(ctx, config->root_ca_pem);
    if (!why) {
        *bad = PORT_MQTT_CERT;
        why = tls_key_is_reference(config->cert_pem) ? use_certificate_elsewhere(ctx, config->cert_pem)
                                                     : use_certificate(ctx, config->cert_pem);
    }
    if (!why) {
        *bad = PORT_MQTT_KEY;
        why = use_key(ctx, config->key_pem);
    }
    return why;
}

SSL_CTX *tls_context_new(const struct port_mqtt_config *config, struct tls_verdict *verdict,
                         enum port_mqtt_credential *bad, const char **why)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    *bad = PORT_MQTT_ROOT_CA;
    *why = "cannot be used: out of memory";
    if (!ctx) {
        return NULL;
    }
    *verdict = (struct tls_verdict){.verify_error = X509_V_OK};
    SSL_CTX_set_app_data(ctx, verdict);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, on_verify);
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    *why = use_all(ctx, config, bad);
    bool is_good = !*why && (!config->host || expect_name(ctx, config->host));
    if (config->port == ALPN_PORT) {
        is_good = is_good && SSL_CTX_set_alpn_protos(ctx, alpn, sizeof(alpn) - 1) == 0;
    }
    ERR_clear_error();
    const X509 *own = is_good ? SSL_CTX_get0_certificate(ctx) : NULL;
    if (own) {
        verdict->own_from_s = seconds_of(X509_get0_notBefore(own));
        verdict->own_to_s = seconds_of(X509_get0_notAfter(own));
    }
    if (!is_good) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

/* A certificate, "has expired" or "is not valid yet", with the dates that show who is wrong. */
static void tell_times(const char *who, bool is_late, int64_t limit_s, char *out, size_t cap)
{
    char limit[DATE_CAP], now[DATE_CAP];
    date_write(limit_s, limit);
    date_write(port_time_wall_s(), now);
    snprintf(out, cap, "%s %s (valid %s %s): this device's clock says %s, is that right?", who,
             is_late ? "has expired" : "is not valid yet", is_late ? "until" : "from", limit, now);
}

const char *tls_own_fault(const struct tls_verdict *verdict, char *out, size_t cap)
{
    const int64_t now_s = port_time_wall_s();
    const bool is_late = now_s > verdict->own_to_s;
    if (!is_late && now_s >= verdict->own_from_s) {
        return NULL;
    }
    tell_times("its certificate", is_late, is_late ? verdict->own_to_s : verdict->own_from_s, out, cap);
    return out;
}

void tls_explain(const struct tls_verdict *verdict, const char *host, char *out, size_t cap)
{
    char who[100];
    switch (verdict->verify_error) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        snprintf(out, cap, "server certificate is not for '%.100s'", host);
        break;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        snprintf(who, sizeof(who), "server certificate ('%.40s')", verdict->subject);
        tell_times(who, true, verdict->to_s, out, cap);
        break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        snprintf(who, sizeof(who), "server certificate ('%.40s')", verdict->subject);
        tell_times(who, false, verdict->from_s, out, cap);
        break;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        snprintf(out, cap, "server certificate ('%s') is not signed by the given root CA: %s",
                 verdict->subject, X509_verify_cert_error_string(verdict->verify_error));
        break;
    default:
        snprintf(out, cap, "server certificate ('%s') is refused: %s", verdict->subject,
                 X509_verify_cert_error_string(verdict->verify_error));
        break;
    }
}
