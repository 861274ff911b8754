/* SPDX-License-Identifier: MIT */
#include "cloud/broker/private_topic.h"

#include "cloud/base/hex.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SERIAL_DIGITS      16
#define CERTIFICATE_DIGITS 64

static const char digits[] = "0123456789abcdef";

static enum err fits(int len, size_t cap)
{
    return len >= 0 && (size_t)len < cap ? ERR_OK : ERR_TOO_LONG;
}

enum err private_topic_write_request(const struct private_topic *topic, char *out, size_t cap)
{
    if (strlen(topic->certificate_id) != CERTIFICATE_DIGITS) {
        return ERR_ARG;
    }
    char client[2 * sizeof(topic->client_id) + 1] = ""; /* with the slash behind it */
    if (topic->is_provisioning) {
        hex_write(topic->client_id, strlen(topic->client_id), client);
        strcat(client, "/");
    }
    return fits(snprintf(out, cap, "%s%016" PRIx64 "/%s/%u/%s%.*s",
                         topic->is_provisioning ? PRIVATE_TOPIC_PROVISION : PRIVATE_TOPIC_REQUEST,
                         topic->serial, topic->certificate_id, topic->qos, client, (int)topic->topic.len,
                         topic->topic.ptr),
                cap);
}

enum err private_topic_write_answer(const struct private_topic *topic, char *out, size_t cap)
{
    return fits(snprintf(out, cap, PRIVATE_TOPIC_ANSWER "%016" PRIx64 "/%u/%.*s", topic->serial, topic->qos,
                         (int)topic->topic.len, topic->topic.ptr),
                cap);
}

/* The level that stands next, when it has exactly so many lower case hexadecimal digits; else empty. */
static struct slice cut_digits(struct slice *rest, size_t count)
{
    struct slice level = slice_cut(rest, '/');
    return level.len == count && strspn(level.ptr, digits) == count ? level : SLICE_EMPTY;
}

static bool cut_serial(struct slice *rest, uint64_t *serial)
{
    struct slice level = cut_digits(rest, SERIAL_DIGITS);
    *serial = 0;
    for (size_t i = 0; i < level.len; i++) {
        *serial = *serial << 4 | (uint64_t)(strchr(digits, level.ptr[i]) - digits);
    }
    return level.len > 0;
}

/* "<qos>/<topic>", the end of both forms. */
static bool read_end(struct slice rest, struct private_topic *topic)
{
    struct slice qos = slice_cut(&rest, '/');
    if ((!slice_is(qos, "0") && !slice_is(qos, "1")) || rest.len == 0) {
        return false;
    }
    topic->qos = slice_is(qos, "1");
    topic->topic = rest;
    return true;
}

/* NULL: the text does not begin with the prefix. */
static const char *behind(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);
    return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

/* "<client id>/<topic>", what stands behind <qos> in a request of fleet provisioning. */
static bool read_client(struct private_topic *topic)
{
    struct slice client = slice_cut(&topic->topic, '/');
    size_t len = client.len / 2;
    return client.len % 2 == 0 && len < sizeof(topic->client_id) &&
           hex_read(client.ptr, len, topic->client_id) && topic->topic.len > 0;
}

bool private_topic_parse_request(const char *text, struct private_topic *topic)
{
    const char *provisioning = behind(text, PRIVATE_TOPIC_PROVISION);
    struct private_topic read = {.is_provisioning = provisioning != NULL};
    struct slice rest = slice_from(read.is_provisioning ? provisioning : behind(text, PRIVATE_TOPIC_REQUEST));

    if (!cut_serial(&rest, &read.serial)) {
        return false;
    }
    struct slice certificate = cut_digits(&rest, CERTIFICATE_DIGITS);
    if (slice_copy(certificate, read.certificate_id, sizeof(read.certificate_id)) != ERR_OK ||
        certificate.len == 0 || !read_end(rest, &read) || (read.is_provisioning && !read_client(&read))) {
        return false;
    }
    *topic = read;
    return true;
}

bool private_topic_parse_answer(const char *text, struct private_topic *topic)
{
    struct slice rest = slice_from(behind(text, PRIVATE_TOPIC_ANSWER));
    struct private_topic read = {0};

    if (!cut_serial(&rest, &read.serial) || !read_end(rest, &read)) {
        return false;
    }
    *topic = read;
    return true;
}

const char *private_topic_subscribed_filter(const char *text)
{
    const char *filter = behind(text, PRIVATE_TOPIC_SUBSCRIBED);
    return filter != NULL && filter[0] != '\0' ? filter : NULL;
}

const char *private_topic_retained(const char *text, int *qos)
{
    const char *rest = behind(text, PRIVATE_TOPIC_RETAINED);
    if (rest == NULL || (rest[0] != '0' && rest[0] != '1') || rest[1] != '/' || rest[2] == '\0') {
        return NULL;
    }
    *qos = rest[0] - '0';
    return rest + 2;
}
