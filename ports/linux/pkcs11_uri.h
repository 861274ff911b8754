/* SPDX-License-Identifier: MIT */
/* PKCS#11 URIs (RFC 7512) taken apart: what names an object in a token, and what is needed to get at it. */
#ifndef PORTS_LINUX_PKCS11_URI_H
#define PORTS_LINUX_PKCS11_URI_H

#include <stdbool.h>

#define PKCS11_URI_CAP    1024 /* of each text, with its NUL */
#define PKCS11_URI_SCHEME "pkcs11"

struct pkcs11_uri {
    char object
        [PKCS11_URI_CAP]; /* a URI that names the object and its class, without a query: holds no secret */
    char module_path[PKCS11_URI_CAP]; /* empty: OpenSSL finds the module */
    bool has_pin;
    char pin[PKCS11_URI_CAP]; /* secret */
};

/* `type`: the class that the object must be of, "private" or "cert". A file that pin-source names is read. NULL: *uri is filled;
 * forget it with pkcs11_uri_wipe. Otherwise says what is wrong (static text, without any part of `text`), and *uri holds nothing. */
const char *pkcs11_uri_read(const char *text, const char *type, struct pkcs11_uri *uri);

void pkcs11_uri_wipe(struct pkcs11_uri *uri);

#endif
