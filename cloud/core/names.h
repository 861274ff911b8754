/* SPDX-License-Identifier: MIT */
/* The patterns and lengths of docs/protocol.md 4, and ARNs. */
#ifndef CLOUD_CORE_NAMES_H
#define CLOUD_CORE_NAMES_H

#include "cloud/core/core.h"

#define NAME_SHOWN 560 /* bytes of a bad name that an error repeats: more than any good one has */

bool name_is_thing(struct slice text);       /* 1..128 [a-zA-Z0-9:_-] */
bool name_is_job(struct slice text);         /* 1..64 [a-zA-Z0-9_-] */
bool name_is_policy(struct slice text);      /* 1..128 [a-zA-Z0-9_+=,.@-] */
bool name_is_certificate(struct slice text); /* 64 hex digits */
bool name_is_template(struct slice text);    /* 1..36 [0-9A-Za-z_-] */
bool name_is_bucket(struct slice text);      /* 3..63 [a-z0-9.-], begins and ends with a letter or digit */
bool name_is_reason(struct slice text);      /* 1..128 [A-Z0-9_] */

/* Names and values of a thing's attributes. The values' pattern is that of the current model of AWS IoT; the one that old
 * clients carry has neither '=' nor brackets. */
bool name_is_attribute(struct slice text);       /* 1..128 [a-zA-Z0-9_.,@/:#-] */
bool name_is_attribute_value(struct slice text); /* 0..800 [a-zA-Z0-9_.,@/:#=\[\]-] */

/* 1..max bytes of valid UTF-8 without NUL. */
bool name_is_utf8(struct slice text, size_t max);
/* 1..max characters of valid UTF-8 without NUL. */
bool name_is_text(struct slice text, size_t max);
/* 0..max characters of AWS's [^\p{C}]: valid UTF-8, none of them a control or format character (utf8_is_other). */
bool name_is_free_text(struct slice text, size_t max);

/* 0..max bytes of ASCII that can be seen, and blanks. */
bool name_is_printable(struct slice text, size_t max);
/* 1..128 characters of AWS's [\p{L}\p{Z}\p{N}_.:/=+\-@]; beyond ASCII everything passes but category C. */
bool name_is_tag_key(struct slice text);

/* Checks a name and says what is wrong: CORE_OK or CORE_INVALID_REQUEST. Types of things and billing groups are named as
 * things are; what: "thing", "thing type", "billing group". */
enum core_code name_check_entity(const char *what, const char *name, struct core_error *error);
enum core_code name_check_thing(const char *name, struct core_error *error);
enum core_code name_check_job(const char *name, struct core_error *error);

/* "arn:PARTITION:iot:REGION:ACCOUNT:" + kind + "/" + name, cut at cap; the region decides the partition. */
void arn_write(const struct core *core, const char *kind, const char *name, char *out, size_t cap);

/* The name behind "arn:PARTITION:iot:REGION:ACCOUNT:KIND/" of our region and account; false: another ARN, or none. */
bool arn_read(const struct core *core, const char *arn, const char *kind, struct slice *name);

#endif
