/* SPDX-License-Identifier: MIT */
/* What a topic means to the broker: docs/protocol.md 1.1 and 8 ("reserved topics"). Policies do not decide that. */
#ifndef CLOUD_BROKER_TOPIC_CLASS_H
#define CLOUD_BROKER_TOPIC_CLASS_H

#include "common/slice.h"

enum topic_class {
    TOPIC_ORDINARY, /* the application's own */
    TOPIC_REQUEST, /* a device asks the service; also what only looks like a request: the service refuses that with words */
    TOPIC_PROVISIONING, /* a device asks for an identity: a request, too */
    TOPIC_ANSWER,       /* the service answers one connection */
    TOPIC_NOTIFICATION, /* the service tells all who may hear it */
    TOPIC_RESERVED,     /* another topic that begins with $ */
    TOPIC_PRIVATE,      /* between plugin and daemon */
};

enum topic_class topic_classify(const char *topic);

/* "$share/<group>/<filter>" gives the filter; any other text gives itself. NULL: begins with "$share" but has no
 * group or filter. */
const char *topic_without_share(const char *filter);

/* Does the filter have + or # in it? */
bool topic_has_wildcard(const char *filter);

/* Can a message on "$aws/things/<some thing>/jobs/notify" or ".../notify-next" come through this filter (which has no
 * $share/<group>/ in front)? As mosquitto matches, where "x/#" matches "x", too. */
bool topic_filter_hears_jobs(const char *filter);

#define TOPIC_LEN_MAX     256 /* bytes */
#define TOPIC_SLASHES_MAX 7

/* AWS's limits on a topic or filter. */
bool topic_fits_limits(const char *topic);

#endif
