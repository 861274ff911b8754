/* SPDX-License-Identifier: MIT */
/* What the worlds of a campaign have met: each fault, and each row of the machine's table. What they never meet they prove nothing about. */
#include "ota/world.h"

#include <stdio.h>

static const char *const names[POINTS] = {
#define X(name, what, ...) what,
    POINT_LIST(X)
#undef X
};
static const char *const options[POINTS][OPTIONS_MAX] = {
#define X(name, what, ...) {__VA_ARGS__},
    POINT_LIST(X)
#undef X
};
static const char *const weathers[WEATHERS] = {
#define X(name, what) what,
    WEATHER_LIST(X)
#undef X
};

#define ON(event) (1u << OTA_EVENT_##event)

/* The events that come in a state, written a second time (device/core/ota/ota_steps.c). */
static const unsigned rows[OTA_STATE_COUNT] = {
    [OTA_COMPARING] = ON(DUE) | ON(AGAIN) | ON(SAME) | ON(DONE) | ON(CANCEL),
    [OTA_ALLOWING] = ON(DUE) | ON(DONE) | ON(START) | ON(WHOLE) | ON(FAIL) | ON(CANCEL),
    [OTA_LOOKING] = ON(DONE),
    [OTA_PREPARING] = ON(DUE) | ON(AGAIN) | ON(DONE) | ON(CANCEL),
    [OTA_REQUESTED] = ON(DUE) | ON(DONE) | ON(WHOLE) | ON(LOST) | ON(MOVED) | ON(DENIED) | ON(START) |
                      ON(FAIL) | ON(CANCEL),
    [OTA_RECEIVING] = ON(DUE) | ON(AGAIN) | ON(LOST) | ON(MORE) | ON(FAIL) | ON(CANCEL),
    [OTA_PAUSED] = ON(DUE) | ON(FAIL) | ON(CANCEL),
    [OTA_REFRESHING] = ON(DUE) | ON(FRESH) | ON(FAIL) | ON(CANCEL),
    [OTA_VERIFYING] = ON(DUE) | ON(AGAIN) | ON(DONE) | ON(START) | ON(FAIL) | ON(CANCEL),
    [OTA_ARMING] = ON(DUE) | ON(AGAIN) | ON(DONE) | ON(CANCEL),
    [OTA_ACTIVATING] = ON(DUE) | ON(AGAIN) | ON(DONE) | ON(FAIL),
    [OTA_RESTARTING] = ON(DUE),
    [OTA_PROVING] = ON(DUE) | ON(AGAIN) | ON(DONE) | ON(PASSED) | ON(ILL) | ON(FAIL),
    [OTA_TESTING] = ON(DUE) | ON(HEALTHY) | ON(ILL),
    [OTA_PASSING] = ON(DUE) | ON(AGAIN) | ON(DONE),
    [OTA_CONFIRMING] = ON(DUE) | ON(AGAIN) | ON(DONE),
    [OTA_CONDEMNING] = ON(DUE) | ON(AGAIN) | ON(DONE),
    [OTA_REVERTING] = ON(DUE) | ON(AGAIN),
    [OTA_REPORTING] = ON(DUE) | ON(DONE),
    [OTA_CLEARING] = ON(DUE) | ON(AGAIN) | ON(DONE),
};

static struct totals *counted;

void reach_begin(struct totals *totals)
{
    counted = totals;
}

/* The machine calls this in the place of ota_steps_take (the linker's --wrap). */
enum ota_event __real_ota_steps_take(struct ota *o, enum ota_event event); /* NOLINT */
enum ota_event __wrap_ota_steps_take(struct ota *o, enum ota_event event); /* NOLINT */

enum ota_event __wrap_ota_steps_take(struct ota *o, enum ota_event event) /* NOLINT */
{
    counted->rows[o->state][event]++;
    return __real_ota_steps_take(o, event);
}

const char *point_name(enum point point)
{
    return names[point];
}

const char *option_name(enum point point, unsigned option)
{
    return options[point][option];
}

unsigned option_count(enum point point)
{
    unsigned count = 0;
    while (count < OPTIONS_MAX && options[point][count] != NULL) {
        count++;
    }
    return count;
}

const char *weather_name(enum weather weather)
{
    return weathers[weather];
}

int reach_report(const struct totals *totals)
{
    int missed = 0;

    for (int point = 0; point < POINTS; point++) {
        for (unsigned option = 1; option < option_count((enum point)point); option++) {
            if (totals->met[point][option] == 0) {
                printf("never met: %s: %s\n", names[point], options[point][option]);
                missed++;
            }
        }
    }
    for (unsigned state = 0; state < OTA_STATE_COUNT; state++) {
        for (unsigned event = 0; event < OTA_EVENT_COUNT; event++) {
            if ((rows[state] >> event & 1) != 0 && totals->rows[state][event] == 0) {
                printf("never met: event %u in state %u\n", event, state);
                missed++;
            }
        }
    }
    return missed;
}
