/* SPDX-License-Identifier: MIT */
/* Retained messages, as GetRetainedMessage and ListRetainedMessages of iot-data show them. The broker has its own copy, which it
 * delivers; this one knows since when, and survives a broker that is killed. */
#ifndef CLOUD_CORE_RETAINED_H
#define CLOUD_CORE_RETAINED_H

#include "cloud/core/core.h"

struct retained {
    char *topic;
    void *payload; /* of a list: NULL */
    size_t payload_len;
    int qos;
    int64_t modified_at_ms;
};
void retained_clear(struct retained *retained);
/* The message is the caller's during the call only. */
typedef void (*retained_fn)(void *ctx, const struct retained *retained);

/* An empty payload removes the message. false: the database failed. Inside a batch that writes. payload.ptr may be NULL when it is
 * empty. */
bool retained_put(struct core *core, struct slice topic, int qos, struct slice payload);

enum core_code retained_get(struct core *core, const char *topic, struct retained *out,
                            struct core_error *error);
/* Without payloads; the topic that was retained first comes last. */
enum core_code retained_list(struct core *core, const char *after, int64_t limit, retained_fn fn, void *ctx,
                             char next[CORE_KEY_CAP], struct core_error *error);

/* What a broker that has been killed may not have saved, in the order of the changes; an empty payload: it was removed. */
bool retained_each_unsaved(struct core *core, retained_fn fn, void *ctx);
/* The number of the newest such change, 0: there is none. */
int64_t retained_newest_unsaved(struct core *core);
/* The broker has surely saved all changes up to this number. Outside of batches. false: the database failed, ask again. */
bool retained_saved_up_to(struct core *core, int64_t number);

#endif
