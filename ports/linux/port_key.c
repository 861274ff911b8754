/* SPDX-License-Identifier: MIT */
/* Keys and requests with OpenSSL. */
#include "device/port/port_key.h"

#include "device/port/port_board.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <stdio.h>
#include <string.h>

/* Nobody is there to be asked for a password. */
static int no_password(char *buf, int size, int is_writing, void *ctx)
{
    (void)buf, (void)size, (void)is_writing, (void)ctx;
    return -1;
}

static enum err fail(const char *what)
{
    char line[256];
    const char *why = ERR_reason_error_string(ERR_peek_last_error());
    snprintf(line, sizeof(line), "%s cannot be made: %s", what, why ? why : "OpenSSL does not say why");
    port_board_log(LOG_LEVEL_ERROR, line);
    ERR_clear_error();
    return ERR_TLS;
}

static EVP_PKEY *read_key(const char *key_pem)
{
    BIO *bio = BIO_new_mem_buf(key_pem, -1);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
    BIO_free(bio);
    ERR_clear_error();
    return key;
}

static X509 *read_certificate(const char *cert_pem)
{
    BIO *bio = BIO_new_mem_buf(cert_pem, -1);
    X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, no_password, NULL) : NULL;
    BIO_free(bio);
    ERR_clear_error();
    return certificate;
}

/* Memory that is overwritten when it is freed: a key goes through it. */
static BIO *new_memory(void)
{
    return BIO_new(BIO_s_secmem());
}

static enum err take_text(BIO *bio, char *out, size_t cap)
{
    char *text = NULL;
    long len = BIO_get_mem_data(bio, &text);
    if (len <= 0) {
        return ERR_TLS;
    }
    if ((size_t)len >= cap) {
        return ERR_TOO_LONG;
    }
    memcpy(out, text, (size_t)len);
    out[len] = '\0';
    return ERR_OK;
}

enum err port_key_make(char *key_pem, size_t cap)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIO *bio = new_memory();
    bool is_made = key && bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;
    enum err err = is_made ? take_text(bio, key_pem, cap) : fail("a key");
    BIO_free(bio);
    EVP_PKEY_free(key);
    return err;
}

static bool fill_request(X509_REQ *request, EVP_PKEY *key, const char *common_name)
{
    const unsigned char *name = (const unsigned char *)common_name;
    return X509_REQ_set_version(request, X509_REQ_VERSION_1) == 1 &&
           X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request), "CN", MBSTRING_UTF8, name, -1, -1,
                                      0) == 1 &&
           X509_REQ_set_pubkey(request, key) == 1 && X509_REQ_sign(request, key, EVP_sha256()) > 0;
}

enum err port_key_make_request(const char *key_pem, const char *common_name, char *csr_pem, size_t cap)
{
    EVP_PKEY *key = read_key(key_pem);
    if (!key) {
        return ERR_CORRUPT;
    }
    X509_REQ *request = X509_REQ_new();
    BIO *bio = new_memory();
    bool is_made = request && bio && fill_request(request, key, common_name) &&
                   PEM_write_bio_X509_REQ(bio, request) == 1;
    enum err err = is_made ? take_text(bio, csr_pem, cap) : fail("a certificate signing request");
    BIO_free(bio);
    X509_REQ_free(request);
    EVP_PKEY_free(key);
    return err;
}

bool port_key_is_match(const char *cert_pem, const char *key_pem)
{
    X509 *certificate = read_certificate(cert_pem);
    EVP_PKEY *key = read_key(key_pem);
    bool is_match = certificate && key && X509_check_private_key(certificate, key) == 1;
    ERR_clear_error();
    EVP_PKEY_free(key);
    X509_free(certificate);
    return is_match;
}

enum err port_key_certificate_id(const char *cert_pem, char id[PORT_KEY_CERTIFICATE_ID_CAP])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    X509 *certificate = read_certificate(cert_pem);
    bool is_good = certificate && X509_digest(certificate, EVP_sha256(), hash, &len) == 1 &&
                   2 * len + 1 == PORT_KEY_CERTIFICATE_ID_CAP;
    X509_free(certificate);
    if (!is_good) {
        return ERR_CORRUPT;
    }
    for (unsigned i = 0; i < len; i++) {
        id[2 * i] = digits[hash[i] >> 4];
        id[2 * i + 1] = digits[hash[i] & 15];
    }
    id[2 * len] = '\0';
    return ERR_OK;
}
