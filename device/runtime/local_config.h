/* SPDX-License-Identifier: MIT */
/* The configuration of a device that was given nothing: taken as a text, judged, stored; read again at the next start. The device and
 * device-config use the same functions. One task at a time. */
#ifndef DEVICE_RUNTIME_LOCAL_CONFIG_H
#define DEVICE_RUNTIME_LOCAL_CONFIG_H

#include "common/err.h"
#include "device/core/store/config_check.h"
#include "device/core/store/record.h"

#define LOCAL_CONFIG_ROOM RECORD_BYTES(CONFIG_RECORD_MAX)
#define LOCAL_CONFIG_TEXT                                                                                    \
    RECORD_HEADER_BYTES /* where a text stands in the room, up to CONFIG_RECORD_MAX bytes */
#define LOCAL_CONFIG_SSID_CAP     33
#define LOCAL_CONFIG_PASSWORD_CAP 65

struct local_config {
    char *room; /* LOCAL_CONFIG_ROOM bytes, the caller's */
    size_t len; /* of the payload in the room; 0: there is none, and texts and way mean nothing */
    enum config_way way;
    struct config_texts texts; /* lie in the room */
    /* The network's name and password, which a later text need not bring again; empty: none. */
    char ssid[LOCAL_CONFIG_SSID_CAP], password[LOCAL_CONFIG_PASSWORD_CAP];
    /* May be NULL: hears each thing that is wrong, beside the answer. */
    void (*tell)(const char *field, const char *what);
};

/* Reads what is stored. ERR_NOT_FOUND: nothing that can be used. ERR_STORAGE: the storage cannot be read. */
enum err local_config_load(struct local_config *config);

/* Judges the text of text_len bytes at room + LOCAL_CONFIG_TEXT (more than CONFIG_RECORD_MAX: it is not there), field by field, asks the port about certificates and keys, and stores it.
 * A claim means a new beginning: a stored identity is erased,
 * and what was on the way to one. true: it is in storage, and `answer` is {"result":"ok"}. false: what was stored
 * is as it was, and `answer` says why: {"result":"refused","findings":[{"field":"endpoint","what":"has a path; ..."}]}; findings for which
 * there is no room are counted ("more":2). */
bool local_config_take(struct local_config *config, size_t text_len, char *answer, size_t answer_cap);

/* Stores the network's name and password beside what is held. false: the storage does not take them; they are kept for the next text. */
bool local_config_take_wifi(struct local_config *config, const char *ssid, const char *password);

/* Erases what a reset does, in its order: identity, what is on the way to one, configuration, journal of jobs, last known time, rotation. The
 * application's data stays. */
enum err local_config_erase(void);

#endif
