/* SPDX-License-Identifier: MIT */
/* Topics and filters of the application's own messages. AWS IoT Core ends the connection of who publishes on a topic or subscribes to a
 * filter that it does not take ("MQTT topics"; quotas: size of a topic, slashes), and with it goes every job's request; so what AWS does
 * not take is refused before it is sent. */
#ifndef DEVICE_CORE_MESSAGES_TOPIC_H
#define DEVICE_CORE_MESSAGES_TOPIC_H

#include "common/slice.h"

#define TOPIC_LEN_MAX     256
#define TOPIC_SLASHES_MAX 7

/* NULL: good. Else what is wrong with it, a static text that goes on after "the topic ..." and "the filter ...". The topics below
 * $aws/things/<thing_name>/jobs are the library's. */
const char *topic_why_not(struct slice topic, const char *thing_name);
const char *filter_why_not(struct slice filter, const char *thing_name);

/* Is this a topic below $aws/things/<thing_name>/jobs/? */
bool topic_is_of_jobs(struct slice topic, const char *thing_name);

/* MQTT 3.1.1, 4.7. A shared filter, $share/GROUP/FILTER, matches as FILTER does. */
bool topic_matches(struct slice topic, struct slice filter);

#endif
