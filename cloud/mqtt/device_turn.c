/* SPDX-License-Identifier: MIT */
#include "cloud/mqtt/device_turn.h"

#include "cloud/base/log.h"
#include "cloud/base/memory.h"
#include "cloud/base/utf8.h"
#include "cloud/core/messages/retained.h"
#include "cloud/mqtt/device_plane.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* --- Requests --- */

struct waiting {
    struct turn_request turn; /* first, so that the turn's pointer is this one's */
    struct device_turn *devices;
    struct broker_request *request;
    struct device_answer answer;
};

static void serve(struct turn_request *turn)
{
    struct waiting *waiting = (struct waiting *)turn;
    device_plane_handle(waiting->devices->core, waiting->request->from.topic, waiting->request->payload,
                        &waiting->answer);
}

/* A refusal is told with what the device is told. */
static void log_answer(const struct broker_request *request, const struct device_answer *answer)
{
    static const char rejected[] = "/rejected";
    size_t len = answer->topic != NULL ? strlen(answer->topic) : 0;
    bool is_rejected =
        len > strlen(rejected) && strcmp(answer->topic + len - strlen(rejected), rejected) == 0;
    const char *outcome = is_rejected ? "rejected" : len > 0 ? "accepted" : "no answer";
    const struct log_field fields[] = {{"topic", request->from.topic.ptr, 0}, {"outcome", outcome, 0}};
    log_event(LOG_LEVEL_DEBUG, fields, sizeof fields / sizeof fields[0], "device request %s: %s%s%.*s",
              request->from.topic.ptr, outcome, is_rejected ? " " : "",
              is_rejected ? utf8_fit(answer->payload, 300) : 0, is_rejected ? answer->payload : "");
}

static void done(struct turn_request *turn, bool is_kept)
{
    struct waiting *waiting = (struct waiting *)turn;
    struct broker_request *request = waiting->request;
    struct device_answer *answer = &waiting->answer;
    if (!is_kept) {
        device_answer_clear(answer);
        device_plane_internal_error(waiting->devices->core, request->from.topic, request->payload, answer);
    }
    if (log_wants(LOG_LEVEL_DEBUG)) {
        log_answer(request, answer);
    }
    if (answer->topic != NULL && waiting->devices->link != NULL) {
        broker_link_answer(waiting->devices->link, request, answer->topic, answer->payload,
                           answer->payload_len);
    }
    device_answer_clear(answer);
    free(request);
    free(waiting);
}

void device_turn_add(struct device_turn *devices, struct broker_request *request)
{
    struct waiting *waiting = memory_zeroed(sizeof *waiting);
    *waiting = (struct waiting){
        .turn = {.writes = device_plane_writes(request->from.topic),
                 .order = request->from.serial,
                 .serve = serve,
                 .done = done},
        .devices = devices,
        .request = request,
    };
    turn_add(devices->turn, &waiting->turn);
}

/* --- Subscriptions --- */

struct subscription {
    struct turn_request turn; /* first */
    struct core *core;
    char *filter;
};

static void tell_core(struct turn_request *turn)
{
    struct subscription *subscription = (struct subscription *)turn;
    core_subscribed(subscription->core, slice_from(subscription->filter));
}

static void forget(struct turn_request *turn, bool is_kept)
{
    struct subscription *subscription = (struct subscription *)turn;
    if (!is_kept) {
        core_subscription_failed(subscription->core);
    }
    free(subscription->filter);
    free(subscription);
}

void device_turn_subscribed(struct device_turn *devices, struct slice filter)
{
    struct subscription *subscription = memory_zeroed(sizeof *subscription);
    *subscription = (struct subscription){
        .turn = {.writes = true, .serve = tell_core, .done = forget},
        .core = devices->core,
        .filter = memory_copy(filter.ptr, filter.len),
    };
    turn_add(devices->turn, &subscription->turn);
}

/* --- Retained messages --- */

struct retained_note {
    struct turn_request turn; /* first */
    struct core *core;
    int qos;
    char *topic, *payload;
    size_t payload_len;
};

/* A database that refuses fails the whole batch, and says so. */
static void keep_retained(struct turn_request *turn)
{
    struct retained_note *note = (struct retained_note *)turn;
    retained_put(note->core, slice_from(note->topic), note->qos,
                 (struct slice){note->payload, note->payload_len});
}

static void forget_retained(struct turn_request *turn, bool is_kept)
{
    struct retained_note *note = (struct retained_note *)turn;
    (void)is_kept;
    free(note->topic);
    free(note->payload);
    free(note);
}

void device_turn_retained(struct device_turn *devices, struct slice topic, int qos, struct slice payload)
{
    struct retained_note *note = memory_zeroed(sizeof *note);
    *note = (struct retained_note){
        .turn = {.writes = true, .serve = keep_retained, .done = forget_retained},
        .core = devices->core,
        .qos = qos,
        .topic = memory_copy(topic.ptr, topic.len),
        .payload = memory_copy(payload.ptr, payload.len),
        .payload_len = payload.len,
    };
    turn_add(devices->turn, &note->turn);
}
