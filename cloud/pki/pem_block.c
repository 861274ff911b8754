/* SPDX-License-Identifier: MIT */
#include "cloud/pki/pem_block.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

static const char *behind_white(const char *text)
{
    return text + strspn(text, " \t\r\n");
}

/* NULL: the text is one block of this kind, by its first and last lines. */
static const char *refuse_frame(const char *text, size_t max, const char *kind)
{
    char begin[64], end[64];
    snprintf(begin, sizeof(begin), "-----BEGIN %s-----", kind);
    snprintf(end, sizeof(end), "-----END %s-----", kind);
    if (strlen(text) > max) {
        return "it is too long";
    }
    if (strstr(text, "PRIVATE KEY-----") != NULL) {
        return "there is a private key in it: keep that on the device, and send the certificate alone";
    }
    text = behind_white(text);
    if (strncmp(text, begin, strlen(begin)) != 0) {
        return "it does not begin with the PEM line";
    }
    const char *last = strstr(text, end);
    if (last == NULL) {
        return "the PEM line at its end is missing";
    }
    const char *rest = behind_white(last + strlen(end));
    if (strncmp(rest, "-----BEGIN ", 11) == 0) {
        return "there is more than one PEM block in it: send one, without its chain";
    }
    return *rest != '\0' ? "there is something behind its PEM block" : NULL;
}

bool pem_block_read(const char *text, size_t max, const char *kind, unsigned char **der, long *len, char *why,
                    size_t why_cap)
{
    const char *reason = refuse_frame(text, max, kind);
    char *name = NULL, *header = NULL;
    *der = NULL;
    if (reason == NULL) {
        BIO *bio = BIO_new_mem_buf(text, -1);
        bool is_read = bio != NULL && PEM_read_bio(bio, &name, &header, der, len) == 1;
        reason = !is_read ? "its base64 text is damaged" : NULL;
        if (is_read && (strcmp(name, kind) != 0 || header[0] != '\0')) {
            reason = "it has header lines, or is encrypted";
        }
        BIO_free(bio);
        OPENSSL_free(name);
        OPENSSL_free(header);
        ERR_clear_error();
    }
    if (reason == NULL) {
        return true;
    }
    OPENSSL_free(*der);
    *der = NULL;
    snprintf(why, why_cap, "this is not one PEM %s: %s", kind, reason);
    return false;
}
