/* SPDX-License-Identifier: MIT */
#include "device/core/messages/topic.h"

#include "device/core/text.h"

#include <string.h>

#define RULES "$aws/rules/" /* Basic Ingest: the rule's own levels do not count */
#define SHARE "$share/"

/* UTF-8 without what AWS IoT, or MQTT itself, keeps out of topics. */
static bool is_clean(struct slice text)
{
    while (text.len > 0) {
        const char *at = text.ptr;
        char clean[TEXT_STEP_MAX];
        size_t len = text_step(&text, clean);
        if (text.ptr != at + len || memcmp(at, clean, len) != 0) {
            return false;
        }
    }
    return true;
}

/* Behind the first `levels` levels. */
static struct slice behind(struct slice topic, int levels)
{
    while (levels-- > 0) {
        slice_cut(&topic, '/');
    }
    return topic;
}

static unsigned count_slashes(struct slice text)
{
    unsigned count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += text.ptr[i] == '/';
    }
    return count;
}

static const char *why_not(struct slice text, struct slice counted)
{
    if (text.len == 0) {
        return "is empty";
    }
    if (text.len > TOPIC_LEN_MAX) {
        return "is longer than 256 bytes";
    }
    if (!is_clean(text)) {
        return "has a control character, or is not UTF-8";
    }
    return count_slashes(counted) > TOPIC_SLASHES_MAX ? "has more than 7 slashes" : NULL;
}

bool topic_is_of_jobs(struct slice topic, const char *thing_name)
{
    return slice_is(slice_cut(&topic, '/'), "$aws") && slice_is(slice_cut(&topic, '/'), "things") &&
           slice_is(slice_cut(&topic, '/'), thing_name) && slice_is(slice_cut(&topic, '/'), "jobs") &&
           topic.ptr != NULL;
}

const char *topic_why_not(struct slice topic, const char *thing_name)
{
    const char *why = why_not(topic, slice_starts_with(topic, RULES) ? behind(topic, 3) : topic);
    if (why) {
        return why;
    }
    for (size_t i = 0; i < topic.len; i++) {
        if (topic.ptr[i] == '+' || topic.ptr[i] == '#') {
            return "has a wildcard";
        }
    }
    return topic_is_of_jobs(topic, thing_name) ? "is one of the library's own" : NULL;
}

/* May some topic of the library's own match this filter? */
static bool reaches_jobs(struct slice filter, const char *thing_name)
{
    const char *const levels[] = {"$aws", "things", thing_name, "jobs"};
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        struct slice level = slice_cut(&filter, '/');
        if (i > 0 && slice_is(level, "#")) {
            return true;
        }
        if (!slice_is(level, levels[i]) && (i == 0 || !slice_is(level, "+"))) {
            return false;
        }
    }
    return filter.ptr != NULL;
}

static bool has_good_wildcards(struct slice filter)
{
    while (filter.ptr != NULL) {
        struct slice level = slice_cut(&filter, '/');
        for (size_t i = 0; i < level.len; i++) {
            bool is_wildcard = level.ptr[i] == '+' || level.ptr[i] == '#';
            if (is_wildcard && level.len > 1) {
                return false;
            }
        }
        if (slice_is(level, "#") && filter.ptr != NULL) {
            return false;
        }
    }
    return true;
}

const char *filter_why_not(struct slice filter, const char *thing_name)
{
    bool is_shared = slice_starts_with(filter, SHARE);
    struct slice own = is_shared ? behind(filter, 2) : filter;
    const char *why = why_not(filter, own);
    if (why) {
        return why;
    }
    if (is_shared && own.len == 0) {
        return "has no filter behind $share and the group";
    }
    if (!has_good_wildcards(own)) {
        return "has a wildcard that is not a level of its own, or # that is not the last one";
    }
    return reaches_jobs(own, thing_name) ? "reaches topics of the library's own" : NULL;
}

bool topic_matches(struct slice topic, struct slice filter)
{
    if (slice_starts_with(filter, SHARE)) {
        filter = behind(filter, 2);
    }
    bool is_hidden = topic.len > 0 && topic.ptr[0] == '$'; /* to a wildcard in the first level */
    if (is_hidden && filter.len > 0 && (filter.ptr[0] == '+' || filter.ptr[0] == '#')) {
        return false;
    }
    while (topic.ptr != NULL && filter.ptr != NULL) {
        struct slice level = slice_cut(&topic, '/');
        struct slice wanted = slice_cut(&filter, '/');
        if (slice_is(wanted, "#")) {
            return true;
        }
        if (!slice_is(wanted, "+") && !slice_equals(level, wanted)) {
            return false;
        }
    }
    return topic.ptr == NULL && (filter.ptr == NULL || slice_is(filter, "#")); /* a/# matches a, too */
}
