/* SPDX-License-Identifier: MIT */
/* Documents of the actions ota and rollback. Every member that is bad is named, not the first alone; members that nobody knows are passed over. */
#ifndef DEVICE_CORE_OTA_OTA_DOCUMENT_H
#define DEVICE_CORE_OTA_OTA_DOCUMENT_H

#include "common/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OTA_DIGEST_BYTES    32
#define OTA_SIGNATURE_BYTES 72 /* DER of an ECDSA signature on P-256 is never longer */
#define OTA_VERSION_CAP     64 /* printable ASCII, and NUL */

enum ota_kind {
    OTA_KIND_UPDATE = 1,   /* an image is downloaded */
    OTA_KIND_ROLLBACK = 2, /* the other slot's image, which is there already */
};

struct ota_document {
    enum ota_kind kind;
    uint32_t size; /* bytes of the image; 0: not said */
    bool has_digest;
    uint8_t digest[OTA_DIGEST_BYTES]; /* sha256: 64 hexadecimal digits */
    uint8_t signature_len;            /* signature: base64 of DER; 0: there is none */
    uint8_t signature[OTA_SIGNATURE_BYTES];
    char version[OTA_VERSION_CAP];     /* "": not said */
    char min_version[OTA_VERSION_CAP]; /* the running image's must be at least this; "": any may be */
    bool is_forced;                    /* an older version is taken as well */
};

/* Reads one. url: https://..., decoded into url (an UPDATE needs one, a ROLLBACK is not asked for it). ERR_ARG, and *document as it was: `problem` names what is bad in
 * each member ("url: not an https link; size: not a whole number from 1 to 4294967295"), cut where it does not fit. A link is never part of it. */
enum err ota_document_read(struct slice text, enum ota_kind kind, struct ota_document *document, char *url,
                           size_t url_cap, char *problem, size_t problem_cap);

/* Is that a link that one may follow: https, a host, no blanks and controls? For documents and redirects. */
bool ota_document_is_link(struct slice link);

/* Do both describe the same image? Links may differ. */
bool ota_document_is_same(const struct ota_document *a, const struct ota_document *b);

/* Versions are ordered by up to four numbers ("1.2.10", "v2.0-rc1": what follows the numbers is not looked at). */
enum ota_order {
    OTA_ORDER_NONE, /* one of them begins with no number */
    OTA_ORDER_LESS,
    OTA_ORDER_EQUAL,
    OTA_ORDER_MORE,
};
enum ota_order ota_document_order(const char *version, const char *other);

#endif
