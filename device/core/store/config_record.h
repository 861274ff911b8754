/* SPDX-License-Identifier: MIT */
/* How a device is configured that was given nothing: the payload of the record "config", what each field may hold, and the text (a JSON
 * object) by which somebody hands a configuration in. Linux's device-config, the serial console and Espressif's provisioning component
 * bring the same text. Nothing here allocates or waits; whoever calls owns the bytes. */
#ifndef DEVICE_CORE_STORE_CONFIG_RECORD_H
#define DEVICE_CORE_STORE_CONFIG_RECORD_H

#include "common/slice.h"

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the payload, and of the text: certificate, root CA and an RSA key have about 4.5 KiB. */
#define CONFIG_RECORD_MAX 6144

/* The numbers are stored: none ever gets another meaning. */
enum config_field {
    CONFIG_ENDPOINT = 1,
    CONFIG_PORT, /* decimal; absent: 8883 */
    CONFIG_ROOT_CA,
    CONFIG_THING_NAME,
    CONFIG_CERTIFICATE,
    CONFIG_PRIVATE_KEY,
    CONFIG_CLAIM_CERTIFICATE,
    CONFIG_CLAIM_PRIVATE_KEY,
    CONFIG_TEMPLATE,
    CONFIG_WIFI_SSID,
    CONFIG_WIFI_PASSWORD,
    CONFIG_NAME_PREFIX,
    CONFIG_FIELDS, /* one more than the last */
};

/* The texts, NUL-terminated, in the payload they were read from; NULL: absent. None is empty. [0] is NULL. */
struct config_texts {
    const char *of[CONFIG_FIELDS];
};

/* The member of the JSON object: "endpoint", "rootCa", "thingName" ... Static. */
const char *config_field_name(enum config_field field);

/* Never shown: private keys, the Wi-Fi's password. */
bool config_field_is_secret(enum config_field field);

/* false, and *texts as they were: it is not what the functions below make. Fields of a later firmware are passed over. */
bool config_record_read(struct slice payload, struct config_texts *texts);

/* Puts `text` in the place of what the field held; NULL or empty: takes the field away. The payload has len bytes, and room for cap. The new
 * length. `text` must not lie in the payload. 0, and nothing is changed: it does not fit, or the payload is none. An empty one has one byte. */
size_t config_record_set(char *payload, size_t len, size_t cap, enum config_field field, const char *text);

/* What is wrong, for people: the field's name, as it stands in the text (not NUL-terminated, empty: the whole), and a sentence. Both die
 * with the call. */
typedef void (*config_complain_fn)(void *ctx, struct slice field, const char *what);

/* Makes the payload of a JSON object, in the place where its text stands: whatever comes of it, the text is gone. true: *payload_len is set.
 * false: `complain` has heard each thing that is wrong (no JSON, an unknown member, a value that is no text). The values are not judged. */
bool config_text_to_record(char *text, size_t text_len, size_t *payload_len, config_complain_fn complain,
                           void *ctx);

#endif
