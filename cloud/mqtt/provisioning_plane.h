/* SPDX-License-Identifier: MIT */
/* Fleet provisioning without MQTT: one request of a device, step by step (docs/protocol.md 7). Whoever holds it takes each step
 * where the step belongs, until there is an answer. */
#ifndef CLOUD_MQTT_PROVISIONING_PLANE_H
#define CLOUD_MQTT_PROVISIONING_PLANE_H

#include "cloud/mqtt/hook.h"
#include "cloud/mqtt/provisioning_answer.h"
#include "cloud/mqtt/provisioning_request.h"
#include "cloud/pki/pki.h"

enum provisioning_step {
    PROVISIONING_WORK,   /* provisioning_work, on the thread that the authority belongs to */
    PROVISIONING_SERVE,  /* provisioning_serve, inside a batch of the core that writes */
    PROVISIONING_HOOK,   /* hook_url is to be asked with hook_request, then provisioning_hook_answered */
    PROVISIONING_ANSWER, /* provisioning_call_answer, once the batch is on disk */
};

/* Who asks what. The texts are copied. */
struct provisioning_asker {
    struct slice topic, payload;
    const char *client_id;
    const char *certificate_id; /* of the connection: the claim's */
};

struct provisioning_call {
    enum provisioning_step step; /* the next one */
    struct core *core;
    char *topic;
    struct provisioning_topic target; /* points into the topic */
    char *client_id, *certificate_id;
    struct provisioning_members members;
    struct pki_issued issued;      /* what the work has made */
    char *hook_url, *hook_request; /* NULL: the template has none */
    bool is_allowed_by_hook;       /* it has been asked, this hook_url */
    json_t *overrides;             /* what it has said beside that; NULL: nothing */
    json_t *accepted;              /* the members of the answer */
    struct provisioning_refusal refusal;
};

/* NULL: the topic is none of fleet provisioning. */
struct provisioning_call *provisioning_call_open(struct core *core, const struct provisioning_asker *asker);
void provisioning_call_close(struct provisioning_call *call);

void provisioning_work(struct provisioning_call *call, struct pki *pki);
void provisioning_serve(struct provisioning_call *call);
void provisioning_hook_answered(struct provisioning_call *call, const struct hook_answer *answer);

/* The request is refused before anything was done: too many wait. */
void provisioning_call_throttle(struct provisioning_call *call);
/* The batch was not kept: nothing of it happened. Or nothing has been begun, because the service ends. */
void provisioning_call_not_kept(struct provisioning_call *call);

/* The caller ends the answer with provisioning_answer_clear. */
void provisioning_call_answer(const struct provisioning_call *call, struct device_answer *answer);

#endif
