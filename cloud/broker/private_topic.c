/* SPDX-License-Identifier: MIT */
#include "cloud/broker/private_topic.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SERIAL_DIGITS 16

enum err private_topic_write(const char *prefix, const struct private_topic *topic, char *out, size_t cap)
{
    int len = snprintf(out, cap, "%s%016" PRIx64 "/%u/%.*s", prefix, topic->serial, topic->qos,
                       (int)topic->topic.len, topic->topic.ptr);
    return len >= 0 && (size_t)len < cap ? ERR_OK : ERR_TOO_LONG;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c != '\0' ? strchr(digits, c) : NULL;
    return found != NULL ? (int)(found - digits) : -1;
}

bool private_topic_parse(const char *text, const char *prefix, struct private_topic *topic)
{
    struct slice rest = slice_from(text);
    if (!slice_starts_with(rest, prefix)) {
        return false;
    }
    const char *at = rest.ptr + strlen(prefix);

    uint64_t serial = 0;
    for (int i = 0; i < SERIAL_DIGITS; i++, at++) {
        int digit = hex_digit(*at);
        if (digit < 0) {
            return false;
        }
        serial = serial << 4 | (uint64_t)digit;
    }
    if (at[0] != '/' || (at[1] != '0' && at[1] != '1') || at[2] != '/' || at[3] == '\0') {
        return false;
    }
    *topic = (struct private_topic){serial, (uint8_t)(at[1] - '0'), slice_from(at + 3)};
    return true;
}

bool private_topic_subscribed(const char *text, struct slice *filter)
{
    struct slice rest = slice_from(text);
    if (!slice_starts_with(rest, PRIVATE_TOPIC_SUBSCRIBED)) {
        return false;
    }
    *filter = slice_from(text + strlen(PRIVATE_TOPIC_SUBSCRIBED));
    return true;
}
