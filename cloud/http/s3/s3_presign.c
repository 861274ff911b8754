/* SPDX-License-Identifier: MIT */
#include "cloud/http/s3/s3_presign.h"

#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "cloud/http/sigv4.h"
#include "cloud/http/sigv4_key.h"

#include <ctype.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HTTPS_PORT 443

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("-_.~", c));
}

/* The caller frees. */
static char *encode(const char *text, bool keeps_slashes)
{
    char *out = memory_resize(NULL, 3 * strlen(text) + 1);
    char *to = out;
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (is_unreserved(c) || (keeps_slashes && c == '/')) {
            *to++ = *text;
        } else {
            to += sprintf(to, "%%%02X", c);
        }
    }
    *to = '\0';
    return out;
}

char *s3_presign_path(const char *bucket, const char *key)
{
    char *encoded = encode(key, true);
    char *path = text_format("/%s/%s", bucket, encoded);
    free(encoded);
    return path;
}

char *s3_presign_host(const char *endpoint, uint16_t port)
{
    bool is_ipv6 = strchr(endpoint, ':') != NULL;
    char *name = text_format(is_ipv6 ? "[%s]" : "%s", endpoint);
    for (char *at = name; *at; at++) {
        *at = (char)tolower((unsigned char)*at);
    }
    if (port == HTTPS_PORT) {
        return name;
    }
    char *host = text_format("%s:%u", name, port);
    free(name);
    return host;
}

static void write_date(int64_t now_s, char date[SIGNATURE_DATE_CAP])
{
    time_t now = (time_t)now_s;
    struct tm when = {0};
    gmtime_r(&now, &when);
    strftime(date, SIGNATURE_DATE_CAP, "%Y%m%dT%H%M%SZ", &when);
}

/* The parameters in the order of their names, as the signature covers them. */
static char *make_query(const struct s3_signer *signer, const char *scope, const char *date,
                        int64_t expires_s)
{
    char *credential = text_format("%s/%s", signer->key_id, scope);
    char *encoded = encode(credential, false);
    char *query = text_format(
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=%s&X-Amz-Date=%s&X-Amz-Expires=%" PRId64
        "&X-Amz-SignedHeaders=host",
        encoded, date, expires_s);
    free(encoded);
    free(credential);
    return query;
}

static void sign(const struct s3_signer *signer, const char *canonical, const char *scope, const char *date,
                 char hex[SIGV4_HEX_CAP])
{
    unsigned char key[32];
    char digest[SIGV4_HEX_CAP];
    sigv4_digest(canonical, strlen(canonical), digest);
    char *to_sign = text_format("AWS4-HMAC-SHA256\n%s\n%s\n%s", date, scope, digest);
    sigv4_signing_key(signer->secret, scope, key);
    sigv4_sign(key, to_sign, hex);
    OPENSSL_cleanse(key, sizeof key);
    free(to_sign);
}

char *s3_presign(const struct s3_signer *signer, const char *path, int64_t now_s, int64_t expires_s)
{
    char date[SIGNATURE_DATE_CAP] = "";
    char signature[SIGV4_HEX_CAP];
    write_date(now_s, date);
    char *scope = text_format("%.8s/%s/s3/aws4_request", date, signer->region);
    char *query = make_query(signer, scope, date, expires_s);
    char *canonical =
        text_format("GET\n%s\n%s\nhost:%s\n\nhost\nUNSIGNED-PAYLOAD", path, query, signer->host);
    sign(signer, canonical, scope, date, signature);
    char *link = text_format("https://%s%s?%s&X-Amz-Signature=%s", signer->host, path, query, signature);
    free(canonical);
    free(query);
    free(scope);
    return link;
}
