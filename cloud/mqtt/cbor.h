/* SPDX-License-Identifier: MIT */
/* CBOR (RFC 8949) as far as it can say what JSON says: numbers, texts, true, false, null, arrays, and maps whose keys are texts.
 * For the requests of fleet provisioning on topics that end with /cbor, and their answers. Why not a library: libcbor (Debian
 * 12 has 0.8) makes room for whatever length a stranger's head announces before it has seen one element. */
#ifndef CLOUD_MQTT_CBOR_H
#define CLOUD_MQTT_CBOR_H

#include <jansson.h>
#include <stddef.h>

#define CBOR_DEPTH_MAX 16    /* arrays and maps in each other */
#define CBOR_ITEMS_MAX 16384 /* of one message: keys count, and each piece of a text that comes in pieces */

/* Exactly one item. Takes every form of a head that RFC 8949 calls well-formed (longer than needed, of indefinite length) and
 * leaves out tags; undefined becomes null. NULL: one line in `why`, with the place; also for what JSON cannot say: byte
 * strings, integers beyond 64 bits, numbers that are not finite, other simple values, keys that are no texts, a key that comes
 * twice, and texts that hold U+0000. */
json_t *cbor_read(const void *bytes, size_t len, char *why, size_t why_cap);

/* malloc'd, heads as short as can be, members in the object's order; NULL: deeper than CBOR_DEPTH_MAX. */
void *cbor_write(const json_t *value, size_t *len);

#endif
