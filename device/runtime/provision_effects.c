/* SPDX-License-Identifier: MIT */
/* See provision_effects.h. */
#include "device/runtime/provision_effects.h"

#include "device/core/provision/provision.h"

#include "device/port/port_board.h"
#include "device/port/port_key.h"
#include "device/port/port_mqtt.h"
#include "device/runtime/answer.h"
#include "device/runtime/records.h"
#include "device/runtime/state.h"

enum err provision_effects_make_key(void *ctx, char *key_pem, size_t cap)
{
    (void)ctx;
    return port_key_make(key_pem, cap);
}

bool provision_effects_is_match(void *ctx, const char *cert_pem, const char *key_pem)
{
    (void)ctx;
    return port_key_is_match(cert_pem, key_pem);
}

enum err provision_effects_publish(void *ctx, const char *topic, const char *payload, size_t len)
{
    (void)ctx;
    const struct port_mqtt_message message = {.topic = topic, .payload = payload, .len = len, .qos = 1};
    return port_mqtt_publish(&message, NULL);
}

enum err provision_effects_erase(void *ctx, enum record_kind kind)
{
    (void)ctx;
    return runtime_record_erase(kind);
}

uint32_t provision_effects_random(void *ctx)
{
    (void)ctx;
    return port_board_random();
}

void provision_effects_log(void *ctx, enum log_level level, const char *text)
{
    (void)ctx;
    port_board_log(level, text);
}

static struct runtime_answer *take_answer(struct runtime_answers *answers, unsigned *too_large)
{
    port_mutex_lock(&device_runtime.lock);
    struct runtime_answer *answer = runtime_answers_take(answers);
    *too_large = answers->too_large;
    answers->too_large = 0;
    port_mutex_unlock(&device_runtime.lock);
    return answer;
}

void provision_effects_read_answers(struct runtime_answers *answers, struct provision *machine,
                                    uint64_t now_ms)
{
    unsigned too_large;
    for (struct runtime_answer *answer; (answer = take_answer(answers, &too_large)) || too_large > 0;) {
        if (too_large > 0) {
            runtime_log(LOG_LEVEL_ERROR, "provisioning: an answer is longer than %d bytes, and left out",
                        DEVICE_PROVISION_MESSAGE_CAP);
        }
        if (answer) {
            provision_message(machine, (struct slice){answer->topic, answer->topic_len},
                              (struct slice){answer->payload, answer->payload_len}, now_ms);
            port_mutex_lock(&device_runtime.lock);
            runtime_answers_give_back(answer);
            port_mutex_unlock(&device_runtime.lock);
        }
    }
}
