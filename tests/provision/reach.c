/* SPDX-License-Identifier: MIT */
/* What the worlds of a campaign have met: each fault, and each row of the machine's table. What they never meet they prove nothing about. */
#include "provision/world.h"

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

static const char *const states[PROVISION_STATE_COUNT] = {"OFF",
                                                          "KEY",
                                                          "CERT_OFFLINE",
                                                          "CERT_SUBSCRIBING",
                                                          "CERT_ASKED",
                                                          "CERT_PAUSED",
                                                          "CERT_KEEPING",
                                                          "REG_OFFLINE",
                                                          "REG_SUBSCRIBING",
                                                          "REG_ASKED",
                                                          "REG_PAUSED",
                                                          "REG_KEEPING",
                                                          "DROPPING",
                                                          "TRIAL",
                                                          "TRIAL_PAUSED",
                                                          "PROBE",
                                                          "ADOPTING",
                                                          "CLEARING",
                                                          "LEAVING",
                                                          "DONE",
                                                          "FAILED"};

#define ON(event) (1u << PROVISION_EVENT_##event)
#define DEAF      (ON(UP) | ON(DOWN) | ON(REFUSED))

/* The events that come in a state, written a second time (device/core/provision/steps.c), without those that a machine is deaf to. */
static const unsigned rows[PROVISION_STATE_COUNT] = {
    [PROVISION_KEY] = ON(DUE) | ON(SAVED) | ON(UNSAVED) | ON(GIVE_UP),
    [PROVISION_CERT_OFFLINE] = ON(UP) | ON(DOWN) | ON(REFUSED) | ON(GIVE_UP),
    [PROVISION_CERT_SUBSCRIBING] =
        ON(DUE) | ON(SETTLED) | ON(READY) | ON(DOWN) | ON(REFUSED) | ON(GOOD) | ON(GIVE_UP),
    [PROVISION_CERT_ASKED] = ON(DUE) | ON(DOWN) | ON(BAD) | ON(USELESS) | ON(GOOD) | ON(GIVE_UP),
    [PROVISION_CERT_PAUSED] = ON(DUE) | ON(GOOD) | ON(GIVE_UP),
    [PROVISION_CERT_KEEPING] = ON(DUE) | ON(SAVED) | ON(UNSAVED) | ON(GIVE_UP),
    [PROVISION_REG_OFFLINE] = ON(UP) | ON(DOWN) | ON(REFUSED) | ON(GIVE_UP),
    [PROVISION_REG_SUBSCRIBING] = ON(DUE) | ON(SETTLED) | ON(READY) | ON(DOWN) | ON(REFUSED) | ON(GIVE_UP),
    [PROVISION_REG_ASKED] = ON(DUE) | ON(DOWN) | ON(BAD) | ON(USELESS) | ON(GOOD) | ON(GIVE_UP),
    [PROVISION_REG_PAUSED] = ON(DUE) | ON(GOOD) | ON(GIVE_UP),
    [PROVISION_REG_KEEPING] = ON(DUE) | ON(SAVED) | ON(UNSAVED) | ON(GIVE_UP),
    [PROVISION_DROPPING] = ON(DUE) | ON(SAVED) | ON(UNSAVED) | ON(GIVE_UP),
    [PROVISION_TRIAL] = ON(UP) | ON(DOWN) | ON(REFUSED) | ON(DOUBT) | ON(USELESS) | ON(GIVE_UP),
    [PROVISION_TRIAL_PAUSED] = ON(DUE) | ON(GIVE_UP),
    [PROVISION_PROBE] = ON(USELESS) | ON(DOWN) | ON(REFUSED) | ON(GIVE_UP),
    [PROVISION_ADOPTING] = ON(DUE) | ON(SAVED) | ON(UNSAVED),
    [PROVISION_CLEARING] = ON(DUE) | ON(SAVED) | ON(UNSAVED),
    [PROVISION_LEAVING] = ON(DUE) | ON(SAVED) | ON(UNSAVED),
};

static struct totals *counted;

void reach_begin(struct totals *totals)
{
    counted = totals;
}

/* The machine calls this in the place of provision_steps_take (the linker's --wrap). */
enum provision_event __real_provision_steps_take(struct provision *p,
                                                 enum provision_event event); /* NOLINT */
enum provision_event __wrap_provision_steps_take(struct provision *p,
                                                 enum provision_event event); /* NOLINT */

enum provision_event __wrap_provision_steps_take(struct provision *p, enum provision_event event) /* NOLINT */
{
    counted->rows[p->state][event]++;
    return __real_provision_steps_take(p, event);
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

const char *state_name(unsigned state)
{
    return state < PROVISION_STATE_COUNT ? states[state] : "-";
}

int reach_report(const struct totals *totals, bool is_complete)
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
    for (unsigned state = 0; state < PROVISION_STATE_COUNT; state++) {
        for (unsigned event = 0; event < PROVISION_EVENT_COUNT; event++) {
            if ((rows[state] >> event & 1) != 0 && totals->rows[state][event] == 0) {
                printf("never met: event %u in state %s\n", event, states[state]);
                missed++;
            }
        }
    }
    return is_complete ? missed : 0;
}
