/* SPDX-License-Identifier: MIT */
/* A device's publish, as the broker hands it on. Input: the first line is the topic, the rest is the payload. Whatever
 * comes, the answer is JSON on a topic that MQTT allows, at the place that the request asks for; a request that is
 * accepted is a topic of ours; and the service still answers the next device. */
#include "cloud/mqtt/device_plane.h"
#include "cloud/core/jobs/jobs.h"
#include "cloud/core/registry/registry.h"
#include "common/json.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void require(bool is_true, const char *what)
{
    if (!is_true) {
        fprintf(stderr, "broken: %s\n", what);
        abort();
    }
}

static int64_t now_ms(void *ctx)
{
    (void)ctx;
    return 1700000000123;
}

static const struct clock clock = {.wall_ms = now_ms, .monotonic_ms = now_ms};

static bool is_json_object(struct slice text)
{
    struct json_field field = {.key = "timestamp", .parent = JSON_TOP};
    return !json_read(text, &field, 1, NULL) && field.type == JSON_NUMBER;
}

static void hear(void *ctx, const char *topic, const char *payload, size_t len, int64_t notice)
{
    (void)ctx;
    (void)notice;
    require(strncmp(topic, "$aws/things/lamp/jobs/notify", 28) == 0, "topic of a notification");
    require(is_json_object((struct slice){payload, len}), "notification is JSON");
}

/* One thing with a job that runs and one that waits. */
static struct core *open_core(void)
{
    char why[256];
    struct core_error error = {.code = CORE_OK};
    struct core_config config = {.database = ":memory:", .clock = &clock, .publish = hear};
    struct core *core = core_open(&config, why, sizeof why);
    require(core && core_begin(core), "core_open");
    struct thing thing;
    require(!things_create(core, &(struct thing_create){.name = "lamp"}, &thing, &error), "things_create");
    thing_clear(&thing);
    const char *targets[] = {"arn:aws:iot:us-east-1:123456789012:thing/lamp"};
    const char *job_ids[] = {"a", "b"};
    for (size_t i = 0; i < 2; i++) {
        struct job job;
        struct job_create create = {.job_id = job_ids[i],
                                    .targets = targets,
                                    .target_count = 1,
                                    .document = slice_from("{\"n\":[1.50,\"\\u0041\"]}"),
                                    .in_progress_timeout_min = 5,
                                    .retries = {{"ALL", 10}},
                                    .retry_count = 1};
        require(!jobs_create(core, &create, &job, &error), "jobs_create");
        job_clear(&job);
    }
    require(core_commit(core), "core_commit");
    return core;
}

static void check_answer(struct slice topic, const struct device_answer *answer)
{
    struct slice got = slice_from(answer->topic);
    require(got.len == topic.len + strlen("/accepted"), "length of the answer's topic");
    require(memcmp(got.ptr, topic.ptr, topic.len) == 0, "the answer belongs to the request");
    const char *end = got.ptr + topic.len;
    require(!strcmp(end, "/accepted") || !strcmp(end, "/rejected"), "end of the answer's topic");
    require(!strpbrk(got.ptr, "+#"), "no wildcard in a topic");
    for (size_t i = 0; i < got.len; i++) {
        require((unsigned char)got.ptr[i] >= 0x20, "no control character in a topic");
    }
    require(strlen(answer->payload) == answer->payload_len, "no NUL in the answer");
    require(is_json_object((struct slice){answer->payload, answer->payload_len}), "the answer is JSON");
    if (!strcmp(end, "/accepted")) {
        require(device_plane_is_request(topic), "only a request is accepted");
    } else {
        struct json_field code = {.key = "code", .parent = JSON_TOP};
        require(!json_read(slice_from(answer->payload), &code, 1, NULL) && code.type == JSON_STRING,
                "a rejection has a code");
        require(!slice_is(code.text, "InternalError"), "a device cannot break the service");
    }
}

static void handle(struct core *core, struct slice topic, struct slice payload)
{
    struct device_answer answer;
    require(core_begin(core), "core_begin");
    device_plane_handle(core, topic, payload, &answer);
    require(core_commit(core), "core_commit");
    require(!answer.topic == !answer.payload, "topic and payload come together");
    require(answer.topic || !device_plane_is_request(topic), "a request gets an answer");
    if (answer.topic) {
        check_answer(topic, &answer);
    }
    device_answer_clear(&answer);
    core_publish_outbox(core);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct core *core;
    static unsigned runs;
    if (runs++ % 1000 == 0) { /* a fresh one now and then: what earlier inputs did must not pile up */
        core_close(core);
        core = open_core();
    }
    struct slice payload = {(const char *)data, size};
    struct slice topic = slice_cut(&payload, '\n');
    handle(core, topic, payload.ptr ? payload : SLICE_EMPTY);
    handle(core, slice_from("$aws/things/lamp/jobs/get"), slice_from("{}"));
    return 0;
}
