/* SPDX-License-Identifier: MIT */
/* What each event makes of the machine's state, as one table. What an effect does stands in ota_effects.c. */
#include "device/core/ota/ota_steps.h"

#include "device/core/ota/ota_effects.h"

#include <assert.h>

struct step {
    uint8_t to; /* enum ota_state */
    uint8_t effect;
};

/* clang-format off */
#define ON(state, event, next, effect) [OTA_##state][OTA_EVENT_##event] = {OTA_##next, OTA_EFFECT_##effect}

static const struct step steps[OTA_STATE_COUNT][OTA_EVENT_COUNT] = {
    ON(COMPARING,  DUE,     COMPARING,  COMPARE),
    ON(COMPARING,  AGAIN,   COMPARING,  HOLD),
    ON(COMPARING,  SAME,    REPORTING,  REPORT),   /* nothing to do, and the job succeeds */
    ON(COMPARING,  DONE,    ALLOWING,   ALLOW),
    ON(COMPARING,  CANCEL,  OFF,        LEAVE),

    ON(ALLOWING,   DUE,     ALLOWING,   ALLOW),
    ON(ALLOWING,   DONE,    LOOKING,    LOOK),
    ON(ALLOWING,   START,   PREPARING,  PREPARE),
    ON(ALLOWING,   WHOLE,   VERIFYING,  VERIFY),   /* a rollback */
    ON(ALLOWING,   FAIL,    REPORTING,  REPORT),   /* vetoed */
    ON(ALLOWING,   CANCEL,  OFF,        LEAVE),

    ON(LOOKING,    DUE,     LOOKING,    LOOK),
    ON(LOOKING,    DONE,    REQUESTED,  ASK),
    ON(LOOKING,    CANCEL,  OFF,        LEAVE),

    ON(PREPARING,  DUE,     PREPARING,  PREPARE),
    ON(PREPARING,  AGAIN,   PREPARING,  HOLD),
    ON(PREPARING,  DONE,    REQUESTED,  ASK),
    ON(PREPARING,  FAIL,    REPORTING,  REPORT),
    ON(PREPARING,  CANCEL,  OFF,        LEAVE),

    ON(REQUESTED,  DUE,     PAUSED,     PAUSE),    /* no word from the server */
    ON(REQUESTED,  DONE,    RECEIVING,  TAKE),
    ON(REQUESTED,  WHOLE,   VERIFYING,  VERIFY),
    ON(REQUESTED,  LOST,    PAUSED,     PAUSE),
    ON(REQUESTED,  MOVED,   REQUESTED,  ASK),
    ON(REQUESTED,  DENIED,  REFRESHING, REFRESH),
    ON(REQUESTED,  START,   PREPARING,  PREPARE),  /* another object */
    ON(REQUESTED,  FAIL,    REPORTING,  REPORT),
    ON(REQUESTED,  CANCEL,  OFF,        LEAVE),

    ON(RECEIVING,  DUE,     PAUSED,     PAUSE),
    ON(RECEIVING,  AGAIN,   PAUSED,     HOLD),     /* the block could not be written, the record not put */
    ON(RECEIVING,  LOST,    PAUSED,     PAUSE),
    ON(RECEIVING,  MORE,    REQUESTED,  ASK),
    ON(RECEIVING,  FAIL,    REPORTING,  REPORT),
    ON(RECEIVING,  CANCEL,  OFF,        LEAVE),

    ON(PAUSED,     DUE,     REQUESTED,  ASK),
    ON(PAUSED,     FAIL,    REPORTING,  REPORT),
    ON(PAUSED,     CANCEL,  OFF,        LEAVE),

    ON(REFRESHING, DUE,     REFRESHING, REFRESH),
    ON(REFRESHING, FRESH,   REQUESTED,  ASK),
    ON(REFRESHING, FAIL,    REPORTING,  REPORT),
    ON(REFRESHING, CANCEL,  OFF,        LEAVE),

    ON(VERIFYING,  DUE,     VERIFYING,  VERIFY),
    ON(VERIFYING,  AGAIN,   VERIFYING,  HOLD),
    ON(VERIFYING,  DONE,    ARMING,     ARM),
    ON(VERIFYING,  START,   PREPARING,  PREPARE),  /* blocks of an earlier boot were no good */
    ON(VERIFYING,  FAIL,    REPORTING,  REPORT),
    ON(VERIFYING,  CANCEL,  OFF,        LEAVE),

    ON(ARMING,     DUE,     ARMING,     ARM),
    ON(ARMING,     AGAIN,   ARMING,     HOLD),
    ON(ARMING,     DONE,    ACTIVATING, ACTIVATE),
    ON(ARMING,     CANCEL,  OFF,        LEAVE),

    ON(ACTIVATING, DUE,     ACTIVATING, ACTIVATE),
    ON(ACTIVATING, AGAIN,   ACTIVATING, HOLD),
    ON(ACTIVATING, DONE,    RESTARTING, RESTART),
    ON(ACTIVATING, FAIL,    REPORTING,  REPORT),   /* the platform does not take the image */

    ON(RESTARTING, DUE,     RESTARTING, RESTART),

    ON(PROVING,    DUE,     PROVING,    PROVE),
    ON(PROVING,    AGAIN,   PROVING,    HOLD),
    ON(PROVING,    DONE,    TESTING,    TEST),
    ON(PROVING,    PASSED,  CONFIRMING, CONFIRM),
    ON(PROVING,    ILL,     CONDEMNING, CONDEMN),
    ON(PROVING,    FAIL,    REPORTING,  REPORT),   /* somebody else's image runs */

    ON(TESTING,    DUE,     CONDEMNING, CONDEMN),
    ON(TESTING,    HEALTHY, PASSING,    PASS),
    ON(TESTING,    ILL,     CONDEMNING, CONDEMN),

    ON(PASSING,    DUE,     PASSING,    PASS),
    ON(PASSING,    AGAIN,   PASSING,    HOLD),
    ON(PASSING,    DONE,    CONFIRMING, CONFIRM),

    ON(CONFIRMING, DUE,     CONFIRMING, CONFIRM),
    ON(CONFIRMING, AGAIN,   CONFIRMING, HOLD),
    ON(CONFIRMING, DONE,    REPORTING,  REPORT),

    ON(CONDEMNING, DUE,     CONDEMNING, CONDEMN),
    ON(CONDEMNING, AGAIN,   CONDEMNING, HOLD),
    ON(CONDEMNING, DONE,    REVERTING,  REVERT),

    ON(REVERTING,  DUE,     REVERTING,  REVERT),
    ON(REVERTING,  AGAIN,   REVERTING,  HOLD),
    ON(REVERTING,  FAIL,    REPORTING,  REPORT),   /* there is nothing to go back to */

    ON(REPORTING,  DUE,     REPORTING,  REPORT),
    ON(REPORTING,  DONE,    CLEARING,   CLEAR),

    ON(CLEARING,   DUE,     CLEARING,   CLEAR),
    ON(CLEARING,   AGAIN,   CLEARING,   HOLD),
    ON(CLEARING,   DONE,    OFF,        END),
};
/* clang-format on */

enum ota_event ota_steps_take(struct ota *o, enum ota_event event)
{
    const struct step *step = &steps[o->state][event];

    assert(step->effect != OTA_EFFECT_IMPOSSIBLE);
    o->state = step->to;
    o->at_ms = OTA_NEVER;
    enum ota_event next = ota_effects[step->effect](o);
    ota_effects_tell(o);
    return next;
}
