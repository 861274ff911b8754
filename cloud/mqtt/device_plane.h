/* SPDX-License-Identifier: MIT */
/* The device's Jobs API over MQTT without MQTT: a request topic and payload in, an answer topic and payload out.
 * docs/protocol.md 1.1 to 1.8. The caller owns connections, batches and delivery. */
#ifndef CLOUD_MQTT_DEVICE_PLANE_H
#define CLOUD_MQTT_DEVICE_PLANE_H

#include "cloud/core/core.h"

struct device_answer {
    char *topic;   /* malloc'd; NULL: nothing to answer (not a request topic at all) */
    char *payload; /* malloc'd */
    size_t payload_len;
};

/* topic: as the device published it, "$aws/things/<thing>/jobs/...". Inside a batch of the core. */
void device_plane_handle(struct core *core, struct slice topic, struct slice payload,
                         struct device_answer *answer);

/* The same answer as an InternalError, for when the COMMIT failed. */
void device_plane_internal_error(struct core *core, struct slice topic, struct slice payload,
                                 struct device_answer *answer);

void device_answer_clear(struct device_answer *answer);

/* Does the request on this topic change anything? */
bool device_plane_writes(struct slice topic);

/* Is this a topic on which a device may send a Jobs request (whatever the thing)? Each of these gets an answer. */
bool device_plane_is_request(struct slice topic);

#endif
