/* SPDX-License-Identifier: MIT */
/* The words in which runtime and machine speak about firmware updates, and what a state of the machine is. Types only: nothing in this file
 * does anything. */
#ifndef DEVICE_CORE_OTA_OTA_WORDS_H
#define DEVICE_CORE_OTA_OTA_WORDS_H

#include "common/err.h"
#include "common/log_level.h"
#include "common/slice.h"
#include "device/core/config.h"
#include "device/core/ota/ota_document.h"
#include "device/core/store/ota_record.h"
#include "device/core/store/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OTA_NEVER UINT64_MAX

/* Times and counts, in ms where nothing else is said. */
#define OTA_STALL_MS      30000 /* a server that gives no byte for so long is left */
#define OTA_RETRY_BASE_MS 1000  /* after an answer that failed, doubled with each, with jitter, ... */
#define OTA_RETRY_CAP_MS  60000 /* ... up to this; a block that is written resets it */
#define OTA_HOLD_BASE_MS  1000  /* the same for a storage that fails */
#define OTA_HOLD_CAP_MS   60000
#define OTA_FRESH_MS      30000 /* a fresh document is waited for so long */
#define OTA_RESTART_MS    10000 /* a restart that has not come by then is asked again */
#define OTA_HEALTH_MS                                                                                        \
    600000 /* a new image that nobody has found healthy by then is not; config can say otherwise */
#define OTA_BAD_MAX                                                                                          \
    5 /* so many answers in a row that are wrong, without a block in between, end the update */
#define OTA_DENIED_MAX    3   /* the same of 403 with a fresh link each */
#define OTA_REDIRECTS_MAX 5   /* for one request */
#define OTA_HEADERS_MAX   100 /* header lines of one answer */
#define OTA_RESTARTS_MAX  2   /* clean restarts of a download */
#define OTA_TRIALS_MAX                                                                                       \
    2 /* activations: an image that has fallen back once may have met a power cut, and gets another try */
#define OTA_CONDEMN_MAX                                                                                      \
    5                /* so often the verdict over a bad image is put; then the device goes back without it */
#define OTA_LOOKS 64 /* blocks, per tick, that are asked whether they are written */

/* Storage of one update: a put when the download begins, one for each clean restart, two for each trial (before its activation, after its
 * self-test), an erase at the end. However often the power is cut: 1 + OTA_RESTARTS_MAX + 2 * OTA_TRIALS_MAX + 1; an update without
 * trouble has 1 + 0 + 2 + 1. Failed puts do not count. */
#define OTA_WRITES(restarts, trials) (1 + (restarts) + 2 * (trials) + 1)
_Static_assert(OTA_WRITES(OTA_RESTARTS_MAX, OTA_TRIALS_MAX) <= 8, "an update has at most eight writes");

struct ota_config {      /* all texts live until the machine is over */
    const char *version; /* of the running image, "" when it has none */
    const char *
        public_key_pem; /* an image without its signature is refused; NULL: no key, signatures are not looked at */
    bool
        accepts_undigested; /* takes a document with neither sha256 nor (with a key) signature; then only size and activate judge the image */
    uint32_t range_blocks;  /* of one request, at least 1 */
    uint32_t health_ms;     /* 0: OTA_HEALTH_MS */
};

/* The two slots, with the same meaning as in device/port/port_ota.h. */
enum ota_running { OTA_RUNNING_CONFIRMED, OTA_RUNNING_TRIAL };
enum ota_other { OTA_OTHER_UNUSED, OTA_OTHER_NEXT, OTA_OTHER_TRIED, OTA_OTHER_USABLE };

struct ota_slots {
    uint8_t running_slot; /* 0 or 1 */
    enum ota_running running;
    enum ota_other other;
    uint32_t capacity_bytes;
    uint32_t block_bytes;
    uint32_t running_bytes; /* 0: not known */
    uint32_t other_bytes;
    uint32_t boots;
};

/* May an update begin? */
enum ota_permission {
    OTA_MAY_BEGIN,
    OTA_MAY_NOT, /* vetoed: the job fails */
    OTA_NOT_YET, /* postponed: asked again after *again_ms; the job lives by its heartbeats */
};

/* How a job ends. Texts are valid during the call. */
struct ota_outcome {
    const char *job_id;
    bool is_good;
    const char *reason;    /* "" of a good one; else ROLLED_BACK or a word of ota_steps.c */
    const char *message;   /* a sentence for people */
    const char *version;   /* of the document, "" when it has none */
    const uint8_t *digest; /* SHA-256 of the image that runs, when is_good; NULL: not known */
    uint32_t boots;
};

/* Phases as people see them: the value of `phase` in statusDetails. */
struct ota_progress {
    const char *phase;
    uint8_t percent; /* of the whole way; 100 is never shown before the new image is confirmed */
    uint32_t bytes;  /* in the slot; 0 before the download and after the restart */
    uint32_t rate;   /* bytes a second, of the last seconds; 0: none came */
};

/* Effects of the machine. `ctx` comes first in each. Pointers are valid during the call only. None may wait for the network, none may call
 * back into the machine. */
struct ota_io {
    void *ctx;
    /* As in port_ota.h. */
    enum err (*describe)(void *ctx, struct ota_slots *slots);
    enum err (*begin)(void *ctx, uint32_t image_bytes);
    enum err (*write)(void *ctx, uint32_t index, const void *bytes, size_t len);
    bool (*is_written)(void *ctx, uint32_t index);
    enum err (*read)(void *ctx, bool of_running, uint32_t offset, void *bytes, size_t len);
    enum err (*activate)(void *ctx);
    enum err (*confirm)(void *ctx);
    enum err (*roll_back)(void *ctx);
    void (*hash_begin)(void *ctx);
    void (*hash_add)(void *ctx, const void *bytes, size_t len);
    void (*hash_end)(void *ctx, uint8_t digest[OTA_DIGEST_BYTES]);
    bool (*is_signed)(void *ctx, const uint8_t digest[OTA_DIGEST_BYTES], const uint8_t *signature,
                      size_t len);

    /* GET `url` with "Range: bytes=first-last" and "Accept-Encoding: identity", over the connection that stands when it leads there. No
     * redirect is followed: the machine does. The answer comes as ota_answer_... An error means that it was not sent. The URL is a
     * secret: never into a log. */
    enum err (*request)(void *ctx, const char *url, uint32_t first, uint32_t last);
    /* The answer is of no interest any more, and nothing of it may come. Its connection is closed unless the whole answer was read. Good also without a request. */
    void (*drop)(void *ctx);
    /* A fresh document of this job (JOBS_refreshDocument): it comes as ota_refreshed, or not at all. An error: not now. */
    enum err (*refresh)(void *ctx);

    /* RECORD_OTA: the payload stands at record + RECORD_HEADER_BYTES, with room for the envelope. Atomic, durable with ERR_OK. */
    enum err (*put)(void *ctx, char *record, size_t payload_len);
    enum err (*erase)(void *ctx); /* durable; good also when there is none */
    enum ota_permission (*ask)(void *ctx, const struct ota_document *update, uint32_t *again_ms);
    void (*restart)(void *ctx);
    /* The job's final status: with ERR_OK it stands in the journal of jobs. Good also when that job has ended before (after a power cut it is told again). */
    enum err (*report)(void *ctx, const struct ota_outcome *outcome);
    void (*progressed)(void *ctx, const struct ota_progress *progress); /* rate-limited; may be NULL */
    uint32_t (*random)(void *ctx);
    void (*log)(void *ctx, enum log_level level, const char *text);
};

/* Where the machine's bytes and texts lie, for its whole life. */
struct ota_workspace {
    uint8_t *block; /* at least block_bytes of the slots */
    size_t block_cap;
    char *url; /* as long as a URL may be, with its NUL */
    size_t url_cap;
    char record[RECORD_BYTES(OTA_RECORD_BYTES)];
};

enum ota_state {
    OTA_OFF,        /* nothing goes on; ota_begin begins */
    OTA_COMPARING,  /* is it the running image already? Block by block */
    OTA_ALLOWING,   /* the application was asked, and wants to be asked again at at_ms */
    OTA_LOOKING,    /* which blocks are there already? */
    OTA_PREPARING,  /* the other slot is made ready; again at at_ms */
    OTA_REQUESTED,  /* the answer's headers are waited for, until at_ms */
    OTA_RECEIVING,  /* its body, until at_ms */
    OTA_PAUSED,     /* an answer failed; again at at_ms */
    OTA_REFRESHING, /* the link is no good any more; a fresh document is waited for, until at_ms */
    OTA_VERIFYING,  /* the image is read from the storage, block by block */
    OTA_ARMING,     /* it is good; put again at at_ms */
    OTA_ACTIVATING, /* it is to be the next boot's; again at at_ms */
    OTA_RESTARTING, /* the restart is asked again at at_ms */
    OTA_PROVING,    /* after the boot: is it the image that was verified? Block by block */
    OTA_TESTING,    /* the application's health check is waited for, until at_ms */
    OTA_PASSING,    /* it is healthy; put again at at_ms */
    OTA_CONFIRMING, /* again at at_ms */
    OTA_CONDEMNING, /* it is not healthy; put again at at_ms */
    OTA_REVERTING,  /* back to the old image; again at at_ms */
    OTA_REPORTING,  /* the job's end is reported again at at_ms */
    OTA_CLEARING,   /* the record is erased again at at_ms */
    OTA_STATE_COUNT,
};

#endif
