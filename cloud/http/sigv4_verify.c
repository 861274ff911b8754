/* SPDX-License-Identifier: MIT */
#include "cloud/http/sigv4_verify.h"

#include "cloud/base/text.h"
#include "cloud/http/sigv4_canonical.h"
#include "cloud/http/sigv4_chunks.h"
#include "cloud/http/sigv4_key.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SKEW_MAX_S     (15 * 60) /* as AWS allows */
#define UNSIGNED       "UNSIGNED-PAYLOAD"
#define STREAM_PLAIN   "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
#define STREAM_SIGNED  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
#define STREAM_TRAILER "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
#define MISMATCH                                                                                             \
    "the signature does not match: another secret access key, or the request was changed on its way"

static void refuse(struct signature *signature, enum signature_state state, const char *why)
{
    signature->state = state;
    snprintf(signature->why, sizeof signature->why, "%s", why);
}

static bool is_s3(const struct signature *signature)
{
    return strcmp(signature->service, "s3") == 0;
}

/* What the client says of its body; NULL: nothing. */
static const char *told_payload(const struct request *request, const struct signature *signature)
{
    const char *told = request_header(request, "x-amz-content-sha256");
    if (!told && signature->is_presigned) {
        told = request_query(request, "X-Amz-Content-Sha256");
        told = told || !is_s3(signature) ? told : UNSIGNED;
    }
    return told;
}

static bool is_digest(const char *text)
{
    return strlen(text) == SIGV4_HEX_CAP - 1 && strspn(text, "0123456789abcdef") == SIGV4_HEX_CAP - 1;
}

/* --- Which headers must be signed --- */

struct header_check {
    struct slice signed_headers;
    bool is_one_missing;
};

static bool names(struct slice list, const char *name)
{
    while (list.ptr) {
        struct slice entry = slice_cut(&list, ';');
        if (entry.len == strlen(name) && strncasecmp(entry.ptr, name, entry.len) == 0) {
            return true;
        }
    }
    return false;
}

/* AWS asks for "host" and every "x-amz-..."; we also for those that say on whom an operation acts. */
static void check_header(void *arg, const char *name, const char *value)
{
    struct header_check *check = arg;
    (void)value;
    bool must_be = strcasecmp(name, "host") == 0 || strncasecmp(name, "x-amz-", 6) == 0 ||
                   strcasecmp(name, "x-amzn-principal") == 0 || strcasecmp(name, "x-amzn-iot-principal") == 0;
    check->is_one_missing |= must_be && !names(check->signed_headers, name);
}

static bool signs_its_headers(const struct request *request, const struct signature *signature)
{
    struct header_check check = {.signed_headers = signature->signed_headers};
    request_each_header(request, check_header, &check);
    return !check.is_one_missing && names(signature->signed_headers, "host");
}

/* --- The signature --- */

static void check_date(int64_t now_s, struct signature *signature)
{
    int64_t signed_s = 0;
    if (!signature_date(signature->date, &signed_s)) {
        refuse(signature, SIGNATURE_INCOMPLETE, "the request has no X-Amz-Date like 20260101T000000Z");
    } else if (strncmp(signature->date, signature->scope, 8) != 0) {
        refuse(signature, SIGNATURE_MISMATCH, "the date in Credential is not that of X-Amz-Date");
    } else if (signed_s > now_s + SKEW_MAX_S || (!signature->is_presigned && signed_s < now_s - SKEW_MAX_S)) {
        signature->state = SIGNATURE_SKEWED;
        snprintf(signature->why, sizeof signature->why,
                 "Signature expired: %s is more than 15 minutes away from this machine's clock",
                 signature->date);
    }
}

static void check_signature(const struct request *request, const struct credentials *credentials,
                            const char *payload, struct signature *signature)
{
    char digest[SIGV4_HEX_CAP];
    char wanted[SIGV4_HEX_CAP];
    unsigned char key[32];
    char *canonical = sigv4_canonical_request(request, is_s3(signature), signature->signed_headers, payload);
    sigv4_digest(canonical, strlen(canonical), digest);
    char *to_sign = text_format("AWS4-HMAC-SHA256\n%s\n%s\n%s", signature->date, signature->scope, digest);
    sigv4_signing_key(credentials_secret(credentials, signature->key_id), signature->scope, key);
    sigv4_sign(key, to_sign, wanted);
    OPENSSL_cleanse(key, sizeof key);
    free(to_sign);
    free(canonical);
    if (!sigv4_is_same(signature->digits, wanted)) {
        refuse(signature, SIGNATURE_MISMATCH, MISMATCH);
    }
}

void signature_verify(const struct request *request, const struct credentials *credentials, int64_t now_s,
                      struct signature *signature)
{
    if (signature->is_version_2) {
        refuse(
            signature, SIGNATURE_OLD_VERSION,
            "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.");
        return;
    }
    if (!credentials_secret(credentials, signature->key_id)) {
        refuse(signature, SIGNATURE_UNKNOWN_KEY,
               "this iot-local does not know the access key id of the request");
        return;
    }
    check_date(now_s, signature);
    if (signature->state != SIGNATURE_GOOD) {
        return;
    }
    if (!signs_its_headers(request, signature)) {
        refuse(signature, SIGNATURE_MISMATCH, "host and every x-amz- header must be signed");
        return;
    }
    const char *payload = told_payload(request, signature);
    if (payload) {
        check_signature(request, credentials, payload, signature);
    } else if (is_s3(signature)) {
        refuse(signature, SIGNATURE_INCOMPLETE,
               "Missing required header for this request: x-amz-content-sha256");
    } else {
        signature->needs_body = true;
    }
}

/* --- The body --- */

static bool are_chunks_signed(const struct request *request, const struct credentials *credentials,
                              const struct signature *signature, bool has_trailer)
{
    struct sigv4_chain chain = {.date = signature->date, .scope = signature->scope};
    struct slice body = {request->body ? request->body : "", request->body_len};
    memcpy(chain.last, signature->digits, sizeof chain.last);
    sigv4_signing_key(credentials_secret(credentials, signature->key_id), signature->scope, chain.key);
    bool is_good = sigv4_chunks_are_signed(&chain, body, has_trailer);
    OPENSSL_cleanse(chain.key, sizeof chain.key);
    return is_good;
}

void signature_verify_body(const struct request *request, const struct credentials *credentials,
                           struct signature *signature)
{
    char digest[SIGV4_HEX_CAP];
    const char *payload = told_payload(request, signature);
    if (payload && (strcmp(payload, UNSIGNED) == 0 || strcmp(payload, STREAM_PLAIN) == 0)) {
        return;
    }
    bool has_trailer = payload && strcmp(payload, STREAM_TRAILER) == 0;
    if (payload && (has_trailer || strcmp(payload, STREAM_SIGNED) == 0)) {
        if (!are_chunks_signed(request, credentials, signature, has_trailer)) {
            refuse(signature, SIGNATURE_MISMATCH, "the signature of a chunk of the body does not match");
        }
        return;
    }
    sigv4_digest(request->body, request->body_len, digest);
    if (signature->needs_body) {
        check_signature(request, credentials, digest, signature);
    } else if (payload && (!is_digest(payload) || strcmp(payload, digest) != 0)) {
        refuse(signature, SIGNATURE_BODY_MISMATCH,
               "the body has another SHA-256 than x-amz-content-sha256 says");
    }
}
