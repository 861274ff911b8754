/* SPDX-License-Identifier: MIT */
/* Pre-provisioning hooks: a URL on loopback that stands for AWS's Lambda function. It is asked with POST, with the object that
 * the Lambda gets, and answers with the object that the Lambda returns. On the loop's thread, through one descriptor; many
 * hooks at once, so that a slow one keeps nobody else waiting. */
#ifndef CLOUD_MQTT_HOOK_H
#define CLOUD_MQTT_HOOK_H

#include "cloud/base/clock.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define HOOK_PATIENCE_MS 5000  /* by AWS: it must have answered by then */
#define HOOK_ANSWER_MAX  65536 /* bytes of its answer */

struct hook_caller;

/* NULL: libcurl or epoll gave nothing. The clock lives as long as the caller. */
struct hook_caller *hook_caller_open(const struct clock *clock);
/* Those who wait are told that there was no answer. */
void hook_caller_close(struct hook_caller *caller);

/* why: NULL, or why it is no answer. The body lives during the call. */
struct hook_answer {
    long status; /* of HTTP */
    const char *body;
    size_t len;
    const char *why;
};
typedef void (*hook_fn)(void *ctx, const struct hook_answer *answer);

/* Both texts are copied. Connects to loopback addresses only, whatever the name means; follows no redirect and no proxy. fn is
 * called once, never from here. */
void hook_ask(struct hook_caller *caller, const char *url, const char *request, hook_fn fn, void *ctx);

/* An epoll descriptor to wait for. When it is readable or the time (milliseconds; -1: never) has passed, call hook_run. */
int hook_descriptor(const struct hook_caller *caller);
int hook_timeout_ms(const struct hook_caller *caller);
void hook_run(struct hook_caller *caller);

/* Does the answer allow it: status 200, and an object with "allowProvisioning": true (or "true", as AWS's guide has it, too)?
 * *overrides: its parameterOverrides, a new reference, NULL when there are none. false: one line in `why`. */
bool hook_allows(const struct hook_answer *answer, json_t **overrides, char *why, size_t why_cap);

#endif
