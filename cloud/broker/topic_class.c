/* SPDX-License-Identifier: MIT */
#include "cloud/broker/topic_class.h"

#include "cloud/broker/private_topic.h"

#include <string.h>

static bool is_notification(struct slice level)
{
    return slice_is(level, "notify") || slice_is(level, "notify-next") ||
           slice_starts_with(level, "notify-namespace-") ||
           slice_starts_with(level, "notify-next-namespace-");
}

/* rest: what stands behind "$aws/things/<thing>/jobs/". */
static enum topic_class classify_job_topic(struct slice rest)
{
    struct slice last = slice_cut(&rest, '/');
    bool is_alone = rest.ptr == NULL;
    while (rest.ptr != NULL) {
        last = slice_cut(&rest, '/');
    }

    if (is_alone && is_notification(last)) {
        return TOPIC_NOTIFICATION;
    }
    if (!is_alone && (slice_is(last, "accepted") || slice_is(last, "rejected"))) {
        return TOPIC_JOB_ANSWER;
    }
    return TOPIC_JOB_REQUEST;
}

enum topic_class topic_classify(const char *topic)
{
    struct slice rest = slice_from(topic);
    if (!slice_starts_with(rest, "$")) {
        return TOPIC_ORDINARY;
    }

    struct slice root = slice_cut(&rest, '/');
    if (slice_is(root, PRIVATE_TOPIC_ROOT)) {
        return TOPIC_PRIVATE;
    }
    if (!slice_is(root, "$aws") || !slice_is(slice_cut(&rest, '/'), "things")) {
        return TOPIC_RESERVED;
    }
    struct slice thing = slice_cut(&rest, '/');
    struct slice service = slice_cut(&rest, '/');
    if (thing.len == 0 || !slice_is(service, "jobs") || rest.len == 0) {
        return TOPIC_RESERVED;
    }
    return classify_job_topic(rest);
}

const char *topic_without_share(const char *filter)
{
    struct slice rest = slice_from(filter);
    if (!slice_is(slice_cut(&rest, '/'), "$share")) {
        return filter;
    }
    struct slice group = slice_cut(&rest, '/');
    return group.len > 0 && rest.len > 0 ? rest.ptr : NULL;
}

bool topic_fits_limits(const char *topic)
{
    size_t len = strlen(topic);
    size_t slashes = 0;
    for (size_t i = 0; i < len && len <= TOPIC_LEN_MAX; i++) {
        slashes += topic[i] == '/';
    }
    return len <= TOPIC_LEN_MAX && slashes <= TOPIC_SLASHES_MAX;
}
