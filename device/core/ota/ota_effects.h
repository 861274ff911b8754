/* SPDX-License-Identifier: MIT */
/* The effects that stand in the machine's table (ota_steps.c). */
#ifndef DEVICE_CORE_OTA_OTA_EFFECTS_H
#define DEVICE_CORE_OTA_OTA_EFFECTS_H

#include "device/core/ota/ota_state.h"

enum ota_effect {
    OTA_EFFECT_IMPOSSIBLE, /* what is not in the table: this event does not come in this state */
    OTA_EFFECT_COMPARE,    /* a block of the running image is hashed */
    OTA_EFFECT_ALLOW,      /* the application is asked */
    OTA_EFFECT_LOOK,       /* which blocks are there? */
    OTA_EFFECT_PREPARE,    /* no block is there any more */
    OTA_EFFECT_ASK,        /* the next missing blocks are requested */
    OTA_EFFECT_TAKE,       /* the answer is good: an object that is new is put */
    OTA_EFFECT_PAUSE,      /* again after a backoff */
    OTA_EFFECT_HOLD,       /* the storage has failed: again after a backoff of its own */
    OTA_EFFECT_REFRESH,    /* a fresh document is asked for */
    OTA_EFFECT_VERIFY,     /* a block of the other slot is hashed */
    OTA_EFFECT_ARM,        /* TRIAL is put */
    OTA_EFFECT_ACTIVATE,   /* the other slot is the next boot's */
    OTA_EFFECT_RESTART,
    OTA_EFFECT_PROVE,   /* a block of the new image, which runs, is hashed */
    OTA_EFFECT_TEST,    /* the application says whether it is healthy */
    OTA_EFFECT_PASS,    /* PASSED is put */
    OTA_EFFECT_CONFIRM, /* the new image stays */
    OTA_EFFECT_CONDEMN, /* FAILED is put */
    OTA_EFFECT_REVERT,  /* the old image is booted */
    OTA_EFFECT_REPORT,  /* the job's end is reported */
    OTA_EFFECT_CLEAR,   /* the record is erased */
    OTA_EFFECT_END,
    OTA_EFFECT_LEAVE, /* the request is dropped, and nothing is left to do */
    OTA_EFFECT_COUNT,
};

/* What follows from an effect at once: the next event, or NONE. */
typedef enum ota_event (*ota_effect_fn)(struct ota *o);
extern const ota_effect_fn ota_effects[OTA_EFFECT_COUNT];

#define OTA_LINE_CAP 320 /* of the log */

/* What ota_problem gives from now on: `what` and `detail`. reason: the word in statusDetails, if the job ends with it. */
void ota_fail(struct ota *o, const char *reason, const char *what, const char *detail);

/* The phase of the state and how far the image is. */
void ota_effects_progress(const struct ota *o, struct ota_progress *progress);
/* Tells it, as often as the rate allows. */
void ota_effects_tell(struct ota *o);

#endif
