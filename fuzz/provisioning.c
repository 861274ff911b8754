/* SPDX-License-Identifier: MIT */
/* A device's request of fleet provisioning, as the broker hands it on. Input: the first line is the topic, the rest is the
 * payload. Whatever comes, there is an answer in the request's format, at the place that the request asks for; a rejection has
 * its three members, and none is our own fault; and nothing that was not given out is a token. */
#include "cloud/core/provisioning/templates.h"
#include "cloud/mqtt/cbor.h"
#include "cloud/mqtt/provisioning_plane.h"
#include "fuzz/require.h"

#include <string.h>

#define BODY                                                                                                 \
    "{\"Parameters\":{\"SerialNumber\":{\"Type\":\"String\"},"                                               \
    "\"AWS::IoT::Certificate::Id\":{\"Type\":\"String\"}},\"Resources\":{\"thing\":{"                        \
    "\"Type\":\"AWS::IoT::Thing\",\"Properties\":{\"ThingName\":{\"Ref\":\"SerialNumber\"}}},"               \
    "\"certificate\":{\"Type\":\"AWS::IoT::Certificate\",\"Properties\":{"                                   \
    "\"CertificateId\":{\"Ref\":\"AWS::IoT::Certificate::Id\"},\"Status\":\"Active\"}}}}"

static int64_t now_ms(void *ctx)
{
    (void)ctx;
    return 1700000000123;
}

static const struct clock clock = {.wall_ms = now_ms, .monotonic_ms = now_ms};

static struct core *open_core(void)
{
    char why[256];
    struct core_error error = {.code = CORE_OK};
    struct template made;
    const struct core_config config = {.database = ":memory:", .clock = &clock};
    const struct template_create create = {.name = "fleet",
                                           .body = slice_from(BODY),
                                           .role_arn = "arn:aws:iam::123456789012:role/x",
                                           .is_enabled = true};
    struct core *core = core_open(&config, why, sizeof why);
    REQUIRE(core && core_begin(core));
    REQUIRE(templates_create(core, &create, &made, &error) == CORE_OK);
    template_clear(&made);
    REQUIRE(core_commit(core));
    return core;
}

static void check_rejection(const json_t *members)
{
    const char *code = json_string_value(json_object_get(members, "errorCode"));
    REQUIRE(json_object_size(members) == 3 && code && strcmp(code, "InternalError") != 0);
    REQUIRE(json_integer_value(json_object_get(members, "statusCode")) >= 400);
    REQUIRE(json_string_length(json_object_get(members, "errorMessage")) > 0);
}

static void check_answer(const struct provisioning_call *call)
{
    struct device_answer answer;
    char why[200] = "";
    size_t len = strlen(call->topic);
    provisioning_call_answer(call, &answer);
    REQUIRE(strncmp(answer.topic, call->topic, len) == 0 && strcmp(answer.topic + len, "/rejected") == 0);
    json_t *members = call->target.is_cbor ? cbor_read(answer.payload, answer.payload_len, why, sizeof why)
                                           : json_loadb(answer.payload, answer.payload_len, 0, NULL);
    check_rejection(members);
    json_decref(members);
    provisioning_answer_clear(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct core *core;
    if (!core) {
        core = open_core();
    }
    struct slice payload = {(const char *)data, size};
    const struct provisioning_asker asker = {
        .topic = slice_cut(&payload, '\n'),
        .payload = payload.ptr ? payload : SLICE_EMPTY,
        .client_id = "claimant",
        .certificate_id = "aaaa",
    };
    struct provisioning_call *call = provisioning_call_open(core, &asker);
    if (!call) {
        return 0;
    }
    if (call->step == PROVISIONING_SERVE) {
        REQUIRE(core_begin(core));
        provisioning_serve(call);
        REQUIRE(core_commit(core));
    }
    if (call->step == PROVISIONING_ANSWER) { /* else it waits for a key, which is made elsewhere */
        check_answer(call);
    }
    provisioning_call_close(call);
    return 0;
}
