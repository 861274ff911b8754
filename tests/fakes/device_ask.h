/* SPDX-License-Identifier: MIT */
/* Sends a device's request and shows the answer as one line, "b/get/accepted {...}". After core_fixture.h. */
#ifndef TESTS_FAKES_DEVICE_ASK_H
#define TESTS_FAKES_DEVICE_ASK_H

#include "cloud/mqtt/device_plane.h"

static inline const char *ask_bytes(struct fixture *fx, const char *thing, const char *verb,
                                    struct slice payload)
{
    static char line[200000];
    char prefix[160];
    char topic[300];
    struct device_answer answer;
    snprintf(prefix, sizeof prefix, "$aws/things/%s/jobs/", thing);
    snprintf(topic, sizeof topic, "%s%s", prefix, verb);
    /* exact sizes, so that the sanitizer sees every byte that is read behind them */
    char *copy = malloc(payload.len + 1);
    assert_non_null(copy);
    copy = realloc(memcpy(copy, payload.ptr ? payload.ptr : "", payload.len), payload.len ? payload.len : 1);
    assert_true(core_begin(fx->core));
    device_plane_handle(fx->core, slice_from(topic), (struct slice){copy, payload.len}, &answer);
    fixture_finish(fx);
    free(copy);
    assert_non_null(answer.topic);
    assert_int_equal(strlen(answer.payload), answer.payload_len);
    assert_int_equal(strncmp(answer.topic, prefix, strlen(prefix)), 0);
    snprintf(line, sizeof line, "%s %s", answer.topic + strlen(prefix), answer.payload);
    device_answer_clear(&answer);
    return line;
}

static inline const char *ask(struct fixture *fx, const char *thing, const char *verb, const char *payload)
{
    return ask_bytes(fx, thing, verb, slice_from(payload));
}

static inline void expect_answer(struct fixture *fx, const char *thing, const char *verb, const char *payload,
                                 const char *wanted)
{
    const char *got = ask(fx, thing, verb, payload);
    if (strcmp(got, wanted) != 0) {
        fail_msg("%s %.200s\n gave   %s\n wanted %s", verb, payload, got, wanted);
    }
}

#endif
