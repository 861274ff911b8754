/* SPDX-License-Identifier: MIT */
/* Who is connected, and since when each keeps us waiting for a whole request. When the listener is almost full, the one that
 * has kept us waiting longest is shut out, so that half-open connections that trickle cannot lock out others. Where answers are large
 * (cuts_answers), clients that do not read theirs are no better: when almost all are being served, the oldest answer is cut off. */
#ifndef CLOUD_HTTP_CROWD_H
#define CLOUD_HTTP_CROWD_H

#include "cloud/base/clock.h"

#include <microhttpd.h>
#include <stdbool.h>

#define CROWD_LIMIT 256 /* connections of a listener */
#define CROWD_FULL  224 /* with more than that room is made */

struct visitor;

struct crowd {
    const struct clock *clock;
    struct visitor *first;
    unsigned count;
    bool cuts_answers;
};

/* For MHD_OPTION_NOTIFY_CONNECTION; ctx is the crowd. */
void crowd_on_connection(void *ctx, struct MHD_Connection *connection, void **visitor,
                         enum MHD_ConnectionNotificationCode what);

/* The request is complete, we are the ones who keep the client waiting now; and: its answer is sent, the next may come. */
void crowd_begins_service(struct MHD_Connection *connection);
void crowd_ends_service(struct crowd *crowd, struct MHD_Connection *connection);

#endif
