/* SPDX-License-Identifier: MIT */
/* Those effects of the machine in device/core/provision (struct provision_io) that are the same whoever runs it: on the engine task, ctx is not
 * looked at. */
#ifndef DEVICE_RUNTIME_PROVISION_EFFECTS_H
#define DEVICE_RUNTIME_PROVISION_EFFECTS_H

#include "device/core/provision/words.h"

struct provision;
struct runtime_answers;

enum err provision_effects_make_key(void *ctx, char *key_pem, size_t cap);
bool provision_effects_is_match(void *ctx, const char *cert_pem, const char *key_pem);
enum err provision_effects_publish(void *ctx, const char *topic, const char *payload, size_t len);
enum err provision_effects_erase(void *ctx, enum record_kind kind);
uint32_t provision_effects_random(void *ctx);
void provision_effects_log(void *ctx, enum log_level level, const char *text);

/* Hands the machine the answers that are whole; without the runtime's lock. */
void provision_effects_read_answers(struct runtime_answers *answers, struct provision *machine,
                                    uint64_t now_ms);

#endif
