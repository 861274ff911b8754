/* SPDX-License-Identifier: MIT */
/* What an HTTP server's answer to a ranged GET is worth. Only 206 with the range that was asked for, of the object that was begun with, lets
 * bytes in; nothing of a body is looked at before the verdict. */
#ifndef DEVICE_CORE_OTA_OTA_JUDGE_H
#define DEVICE_CORE_OTA_OTA_JUDGE_H

#include "common/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ota_verdict {
    OTA_VERDICT_GOOD,    /* 206: bytes first..judge->last follow, of an object of judge->total bytes */
    OTA_VERDICT_MOVED,   /* a redirect to another https link, which stands in `url` now */
    OTA_VERDICT_DENIED,  /* the link is no good any more */
    OTA_VERDICT_CHANGED, /* it is another object than the one that was begun with */
    OTA_VERDICT_LATER,   /* the server cannot just now */
    OTA_VERDICT_BAD,     /* not what was asked for */
    OTA_VERDICT_FATAL,   /* nothing will come of it */
};

/* Which object the blocks in the slot are of. */
struct ota_object {
    uint32_t size; /* 0: not known yet */
    uint32_t etag_crc;
    uint16_t etag_len;
    bool is_begun; /* there is an ETag to be held against (also the absence of one) */
};

struct ota_judge {
    struct ota_object object;
    uint32_t first, asked_last;
    char *url; /* a redirect's link is put there */
    size_t url_cap;
    uint16_t status;
    uint8_t headers;
    bool has_range, has_length, is_range_bad, is_encoded, is_doubled, has_link, is_link_bad;
    uint32_t range_first, last, total;
    uint32_t length;
    uint32_t etag_crc;
    uint16_t etag_len;
    bool has_etag;
};

/* The question: bytes first..last of this object. */
void ota_judge_begin(struct ota_judge *judge, const struct ota_object *object, uint32_t first, uint32_t last,
                     char *url, size_t url_cap);
void ota_judge_status(struct ota_judge *judge, unsigned status);
/* false: so many header lines are no answer. */
bool ota_judge_header(struct ota_judge *judge, struct slice name, struct slice value, uint8_t headers_max);
/* *what: why it is not good, for people; static. */
enum ota_verdict ota_judge_verdict(const struct ota_judge *judge, const char **what);

#endif
