/* SPDX-License-Identifier: MIT */
#include "cloud/broker/topic_class.h"

#include "cloud/broker/private_topic.h"

#include <string.h>

/* Events for operators: whatever stands there, the service alone publishes it. */
static enum topic_class classify_event(struct slice rest)
{
    (void)rest;
    return TOPIC_NOTIFICATION;
}

static bool is_jobs_notification(struct slice level)
{
    return slice_is(level, "notify") || slice_is(level, "notify-next") ||
           slice_starts_with(level, "notify-namespace-") ||
           slice_starts_with(level, "notify-next-namespace-");
}

/* rest: what stands behind "$aws/things/<thing>/jobs/". */
static enum topic_class classify_jobs(struct slice rest)
{
    struct slice last = slice_cut(&rest, '/');
    bool is_alone = rest.ptr == NULL;
    while (rest.ptr != NULL) {
        last = slice_cut(&rest, '/');
    }

    if (is_alone && is_jobs_notification(last)) {
        return TOPIC_NOTIFICATION;
    }
    if (!is_alone && (slice_is(last, "accepted") || slice_is(last, "rejected"))) {
        return TOPIC_ANSWER;
    }
    return TOPIC_REQUEST;
}

/* rest: behind one of the three operations of fleet provisioning and its slash. Nothing else lives below them. */
static enum topic_class classify_format(struct slice rest)
{
    struct slice format = slice_cut(&rest, '/');
    if (!slice_is(format, "json") && !slice_is(format, "cbor")) {
        return TOPIC_RESERVED;
    }
    if (rest.ptr == NULL) {
        return TOPIC_PROVISIONING;
    }
    return slice_is(rest, "accepted") || slice_is(rest, "rejected") ? TOPIC_ANSWER : TOPIC_RESERVED;
}

/* The families of topics that the service serves; all others that begin with $ are reserved. Another family is another
 * row. */
static const struct family {
    const char *head; /* how its topics begin; + stands for one level that is not empty */
    enum topic_class (*classify)(struct slice rest); /* rest: behind the head, at least one byte */
} families[] = {
    {"$aws/certificates/create/", classify_format},
    {"$aws/certificates/create-from-csr/", classify_format},
    {"$aws/provisioning-templates/+/provision/", classify_format},
    {"$aws/events/", classify_event},
    {"$aws/things/+/jobs/", classify_jobs},
};

/* Moves *rest behind the head. */
static bool has_head(const char *head, struct slice *rest)
{
    struct slice levels = slice_from(head);
    while (levels.len > 0) {
        struct slice wanted = slice_cut(&levels, '/');
        struct slice level = slice_cut(rest, '/');
        if (slice_is(wanted, "+") ? level.len == 0 : !slice_equals(level, wanted)) {
            return false;
        }
    }
    return rest->len > 0;
}

enum topic_class topic_classify(const char *topic)
{
    struct slice rest = slice_from(topic);
    if (!slice_starts_with(rest, "$")) {
        return TOPIC_ORDINARY;
    }
    if (slice_is(slice_cut(&rest, '/'), PRIVATE_TOPIC_ROOT)) {
        return TOPIC_PRIVATE;
    }
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        rest = slice_from(topic);
        if (has_head(families[i].head, &rest)) {
            return families[i].classify(rest);
        }
    }
    return TOPIC_RESERVED;
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

bool topic_has_wildcard(const char *filter)
{
    return strpbrk(filter, "+#") != NULL;
}

/* May this level of a filter stand for that level of a topic? */
static bool fits_level(struct slice level, const char *wanted)
{
    return slice_is(level, "+") || slice_is(level, wanted);
}

bool topic_filter_hears_jobs(const char *filter)
{
    static const char *const head[] = {"$aws", "things", NULL, "jobs"}; /* NULL: a thing's name */
    struct slice rest = slice_from(filter);

    for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++) {
        struct slice level = slice_cut(&rest, '/');
        if (i > 0 && slice_is(level, "#")) {
            return true;
        }
        bool fits = head[i] == NULL ? level.len > 0 : fits_level(level, head[i]);
        if (!fits ||
            (i == 0 && slice_is(level, "+"))) { /* no wildcard stands for a level that begins with $ */
            return false;
        }
    }
    struct slice last = slice_cut(&rest, '/');
    bool is_end = rest.ptr == NULL || slice_is(rest, "#");
    return slice_is(last, "#") || (is_end && (fits_level(last, "notify") || fits_level(last, "notify-next")));
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
