/* SPDX-License-Identifier: MIT */
/* The core's way to the broker, and the broker's word back: notices of devices, events for operators. There is no link before the
 * broker is started, nor after the daemon has closed it. */
#include "cloud/daemon/daemon_private.h"

size_t way_out_room(void *ctx)
{
    const struct daemon *daemon = ctx;
    return daemon->link != NULL ? broker_link_room(daemon->link) : 0;
}

void way_out_notice(void *ctx, const char *topic, const char *payload, size_t len, int64_t notice)
{
    const struct daemon *daemon = ctx;
    if (daemon->link != NULL) {
        broker_link_notify(daemon->link, topic, payload, len, notice);
    }
}

void way_out_delivered(void *ctx, int64_t notice)
{
    core_delivered(((struct daemon *)ctx)->core, notice);
}

size_t way_out_event_room(void *ctx)
{
    const struct daemon *daemon = ctx;
    return daemon->link != NULL ? broker_link_event_room(daemon->link) : 0;
}

void way_out_event(void *ctx, const char *topic, struct slice payload, int64_t event)
{
    const struct daemon *daemon = ctx;
    if (daemon->link != NULL) {
        broker_link_event(daemon->link, topic, payload, event);
    }
}

void way_out_event_delivered(void *ctx, int64_t event)
{
    core_event_delivered(((struct daemon *)ctx)->core, event);
}
