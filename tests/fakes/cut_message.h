/* SPDX-License-Identifier: MIT */
/* A whole message handed to the engine as device/runtime does it: without its document, which stands in a buffer of its own. */
#ifndef TESTS_FAKES_CUT_MESSAGE_H
#define TESTS_FAKES_CUT_MESSAGE_H

#include "common/json_cut.h"
#include "device/core/jobs/engine.h"

#include <stdlib.h>
#include <string.h>

/* `rest` has room for `payload` and one byte more. The document is put where there is room for it, with a NUL; document_cap 0:
 * nothing of it is kept. */
static inline struct slice cut_message(struct slice payload, char *rest, size_t *rest_len, char *document,
                                       size_t document_cap)
{
    struct json_cut cut;
    struct slice run;
    size_t document_len = 0;

    *rest_len = 0;
    json_cut_begin(&cut, "jobDocument");
    while (payload.len > 0) {
        if (json_cut_next(&cut, &payload, &run) == JSON_CUT_REST) {
            memcpy(rest + *rest_len, run.ptr, run.len);
            *rest_len += run.len;
        } else {
            if (document_len + run.len < document_cap) {
                memcpy(document + document_len, run.ptr, run.len);
            }
            document_len += run.len;
        }
    }
    if (document_cap == 0 || document_len == 0) {
        return SLICE_EMPTY;
    }
    if (document_len >= document_cap) {
        return (struct slice){NULL, document_len};
    }
    document[document_len] = '\0';
    return (struct slice){document, document_len};
}

/* The rest is a copy of exact size without a NUL, so that a sanitizer sees each byte that is read too many; and a document that the
 * engine does not keep is overwritten. */
static inline void hand_message(struct jobs_engine *e, struct slice topic, struct slice payload,
                                char document[CONFIG_DEVICE_JOBS_DOCUMENT_SIZE], uint64_t now_ms)
{
    bool is_next = slice_ends_with(topic, "/$next/get/accepted");
    bool wants_document = is_next || slice_ends_with(topic, "/notify-next") ||
                          slice_ends_with(topic, "/update/accepted") ||
                          (e->execution.is_refreshing && slice_ends_with(topic, "/get/accepted"));
    bool is_lent = e->execution.is_refreshing && !is_next && slice_ends_with(topic, "/get/accepted");
    bool is_free = is_lent || !jobs_engine_keeps_document(e);
    char skipped[1];
    size_t rest_len = 0;
    char *rest = malloc(payload.len + 1);
    struct slice cut = wants_document && is_free
                           ? cut_message(payload, rest, &rest_len, document, CONFIG_DEVICE_JOBS_DOCUMENT_SIZE)
                           : cut_message(payload, rest, &rest_len, skipped, wants_document ? 1 : 0);

    if (rest_len > 0) {
        rest = realloc(rest, rest_len);
    }
    if (rest_len > DEVICE_MESSAGE_CAP) {
        rest_len = 0;
    }
    if (is_next && !is_free && cut.len > 0) { /* it has a document, and there is no room for that */
        jobs_engine_tick(e, now_ms);
    } else {
        jobs_engine_message(e, topic, (struct slice){rest, rest_len}, rest_len > 0 ? cut : SLICE_EMPTY,
                            now_ms);
    }
    free(rest);
    if (!jobs_engine_keeps_document(e)) {
        memset(document, 0xA5, CONFIG_DEVICE_JOBS_DOCUMENT_SIZE);
    }
}

#endif
