/* SPDX-License-Identifier: MIT */
/* Keys and requests with mbedTLS: made as DER in small buffers, and written as PEM from there, because the functions that write PEM at once
 * have room for the largest RSA key. */
#include "device/port/port_key.h"

#include "device/port/port_board.h"
#include "ports/esp_idf/pk_versions.h"

#include "mbedtls/pem.h"
#include "mbedtls/x509_crt.h"
#include "mbedtls/x509_csr.h"
#if MBEDTLS_VERSION_MAJOR < 4
#include "mbedtls/ecp.h"
#include "mbedtls/sha256.h"
#endif

#include <stdio.h>
#include <stdlib.h>

#define KEY_DER     160 /* SEC 1 (RFC 5915): 121 bytes for P-256 */
#define REQUEST_DER 512 /* about 250 bytes, and up to 64 of the name */
#define SUBJECT_CAP 80

static enum err fail(const char *what, int error)
{
    char line[96];
    snprintf(line, sizeof(line), "%s cannot be made: mbedTLS error -0x%x", what, (unsigned)-error);
    port_board_log(LOG_LEVEL_ERROR, line);
    return ERR_TLS;
}

/* mbedTLS writes to the end of a buffer. */
static enum err write_pem(const char *begin, const char *end, const unsigned char *der, size_t len, char *out,
                          size_t cap)
{
    size_t written = 0;
    /* asked for the length first: outputs change on success only */
    mbedtls_pem_write_buffer(begin, end, der, len, NULL, 0, &written);
    if (written == 0 || written > cap) {
        return written == 0 ? ERR_TLS : ERR_TOO_LONG;
    }
    return mbedtls_pem_write_buffer(begin, end, der, len, (unsigned char *)out, cap, &written) ? ERR_TLS
                                                                                               : ERR_OK;
}

#if MBEDTLS_VERSION_MAJOR < 4
static int make(mbedtls_pk_context *key)
{
    int error = mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
    return error ? error
                 : mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key), pk_random_bytes, NULL);
}

static int write_request(mbedtls_x509write_csr *request, unsigned char *der, size_t cap)
{
    return mbedtls_x509write_csr_der(request, der, cap, pk_random_bytes, NULL);
}

static int hash(const unsigned char *data, size_t len, unsigned char out[32])
{
    return mbedtls_sha256(data, len, out, 0);
}
#else
/* PSA makes it, and forgets it when mbedTLS has its copy. */
static int make(mbedtls_pk_context *key)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    mbedtls_svc_key_id_t id = MBEDTLS_SVC_KEY_ID_INIT;
    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_bits(&attributes, 256);
    psa_set_key_algorithm(&attributes, PSA_ALG_ECDSA(PSA_ALG_SHA_256));
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_EXPORT);
    int error = (int)psa_generate_key(&attributes, &id);
    if (error) {
        return error;
    }
    error = mbedtls_pk_copy_from_psa(id, key);
    psa_destroy_key(id);
    return error;
}

static int write_request(mbedtls_x509write_csr *request, unsigned char *der, size_t cap)
{
    return mbedtls_x509write_csr_der(request, der, cap);
}

static int hash(const unsigned char *data, size_t len, unsigned char out[32])
{
    size_t written;
    return (int)psa_hash_compute(PSA_ALG_SHA_256, data, len, out, 32, &written);
}
#endif

enum err port_key_make(char *key_pem, size_t cap)
{
    static const char what[] = "a key";
    unsigned char der[KEY_DER];
    mbedtls_pk_context key;
    if (!pk_is_library_ready()) {
        return fail(what, 0);
    }
    mbedtls_pk_init(&key);
    int result = make(&key);
    result = result ? -abs(result) : mbedtls_pk_write_key_der(&key, der, sizeof(der));
    mbedtls_pk_free(&key);
    if (result <= 0) {
        return fail(what, result);
    }
    enum err err = write_pem("-----BEGIN EC PRIVATE KEY-----\n", "-----END EC PRIVATE KEY-----\n",
                             der + sizeof(der) - result, (size_t)result, key_pem, cap);
    memset(der, 0, sizeof(der));
    return err;
}

static int request_der(mbedtls_pk_context *key, const char *common_name, unsigned char *der, size_t cap)
{
    char subject[SUBJECT_CAP];
    mbedtls_x509write_csr request;
    snprintf(subject, sizeof(subject), "CN=%s", common_name);
    mbedtls_x509write_csr_init(&request);
    mbedtls_x509write_csr_set_md_alg(&request, MBEDTLS_MD_SHA256);
    mbedtls_x509write_csr_set_key(&request, key);
    int result = mbedtls_x509write_csr_set_subject_name(&request, subject);
    if (!result) {
        result = write_request(&request, der, cap);
    }
    mbedtls_x509write_csr_free(&request);
    return result;
}

enum err port_key_make_request(const char *key_pem, const char *common_name, char *csr_pem, size_t cap)
{
    static const char what[] = "a certificate signing request";
    unsigned char der[REQUEST_DER];
    mbedtls_pk_context key;
    if (!pk_is_library_ready()) {
        return fail(what, 0);
    }
    mbedtls_pk_init(&key);
    if (pk_parse(&key, key_pem)) {
        mbedtls_pk_free(&key);
        return ERR_CORRUPT;
    }
    int result = request_der(&key, common_name, der, sizeof(der));
    mbedtls_pk_free(&key);
    if (result <= 0) {
        return fail(what, result);
    }
    return write_pem("-----BEGIN CERTIFICATE REQUEST-----\n", "-----END CERTIFICATE REQUEST-----\n",
                     der + sizeof(der) - result, (size_t)result, csr_pem, cap);
}

/* On the heap: more than a task's stack should hold for one look. NULL: the text holds no certificate. */
static mbedtls_x509_crt *read_certificate(const char *cert_pem)
{
    mbedtls_x509_crt *certificate = pk_is_library_ready() ? malloc(sizeof(*certificate)) : NULL;
    if (!certificate) {
        return NULL;
    }
    mbedtls_x509_crt_init(certificate);
    if (mbedtls_x509_crt_parse(certificate, (const unsigned char *)cert_pem, strlen(cert_pem) + 1) < 0) {
        mbedtls_x509_crt_free(certificate);
        free(certificate);
        return NULL;
    }
    return certificate;
}

static void let_go(mbedtls_x509_crt *certificate)
{
    mbedtls_x509_crt_free(certificate);
    free(certificate);
}

bool port_key_is_match(const char *cert_pem, const char *key_pem)
{
    mbedtls_x509_crt *certificate = read_certificate(cert_pem);
    mbedtls_pk_context key;
    if (!certificate) {
        return false;
    }
    mbedtls_pk_init(&key);
    bool is_match = pk_parse(&key, key_pem) == 0 && pk_is_pair(&certificate->pk, &key);
    mbedtls_pk_free(&key);
    let_go(certificate);
    return is_match;
}

enum err port_key_certificate_id(const char *cert_pem, char id[PORT_KEY_CERTIFICATE_ID_CAP])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[32];
    mbedtls_x509_crt *certificate = read_certificate(cert_pem);
    if (!certificate) {
        return ERR_CORRUPT;
    }
    int error = hash(certificate->raw.p, certificate->raw.len, bytes);
    let_go(certificate);
    if (error) {
        return ERR_TLS;
    }
    for (size_t i = 0; i < sizeof(bytes); i++) {
        id[2 * i] = digits[bytes[i] >> 4];
        id[2 * i + 1] = digits[bytes[i] & 15];
    }
    id[2 * sizeof(bytes)] = '\0';
    return ERR_OK;
}
