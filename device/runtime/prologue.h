/* SPDX-License-Identifier: MIT */
/* What may stand before jobs: a device that was started without an identity gets one from here, and one that has an identity may be given
 * another: provisioning by claim, local configuration, rotation of the certificate. Linked only into programs that use one of them.
 *
 * The runtime lives without any: then it connects as what runtime_init was given. */
#ifndef DEVICE_RUNTIME_PROLOGUE_H
#define DEVICE_RUNTIME_PROLOGUE_H

#include "device/port/port_mqtt.h"
#include "device/runtime/inbox.h"

#include <stdbool.h>
#include <stdint.h>

/* With whom the device connects, and as whom. The texts must live until another identity is used or the engine task has ended; that of a thing's
 * name as long as the program. */
struct runtime_identity {
    const char *host;
    uint16_t port;
    const char *
        client_id; /* the thing's name; with a claim a name that its policy allows. NULL: nobody, and nothing connects */
    const char *root_ca_pem;
    const char *cert_pem;
    const char *key_pem;
    bool
        is_claim; /* neither jobs nor the application's messages have part in its connection, and nobody is told of that */
};

/* How far the device is on the way to an identity. */
enum runtime_provisioning {
    RUNTIME_PROVISIONING_NOT,     /* there is an identity, or nobody is after one */
    RUNTIME_PROVISIONING_RUNS,    /* the device works on getting one */
    RUNTIME_PROVISIONING_FAILED,  /* it was refused or not answered; it is tried again */
    RUNTIME_PROVISIONING_AWAITED, /* somebody has to configure the device */
};

struct runtime_prologue {
    /* The engine task's function in place of runtime_engine_task, which it calls: what it has on its stack is there as long as the task is, and
     * only on devices that need it. stack_bytes: how much that is. */
    void (*task)(void *ctx);
    uint32_t stack_bytes;

    /* on the engine task. The identity is that of runtime_init when the task starts. */
    void (*started)(uint64_t now_ms);
    void (*serve)(uint64_t now_ms); /* at each turn, behind jobs */
    uint64_t (*wake_at_ms)(void);   /* RUNTIME_NEVER: not for this */
    /* The connection stands. Called before jobs hear of it (which they do not with a claim). */
    void (*connected)(uint64_t now_ms);
    /* It has ended, or did not come (was_up false). is_own_doing: the device has closed it (reason ERR_OK; there may have been none), or could
     * not begin to open it (reason says why). */
    void (*disconnected)(bool was_up, enum err reason, bool is_own_doing, uint64_t now_ms);
    /* SUBSCRIBED: of something that it has sent, or of nothing that anybody waits for */
    void (*answered)(const struct inbox_item *item, uint64_t now_ms);

    /* with `lock` held, on the network task: a piece of a message. true: the message is the prologue's. With a claim all of them are; those that
     * it does not take are dropped. */
    bool (*receive)(const struct port_mqtt_event *event);
    /* on the event task: tells the application one thing. false: there is nothing */
    bool (*deliver)(void);
    /* with `lock` held, any task: the device may sleep */
    bool (*is_idle)(void);

    /* NULL, or: another one comes, whose place is below this one. Before the tasks run. */
    void (*stand_on)(const struct runtime_prologue *below);
};

/* After runtime_init, before runtime_start, from one task. Lives as long as the program; NULL: there is none. */
void runtime_set_prologue(const struct runtime_prologue *prologue);

/* Who the device is, in place of what runtime_init was given: after it, before runtime_start, from one task. is_claim is not looked at. */
void runtime_identify(const struct runtime_identity *identity);

/* For the prologue, on the engine task, not from `disconnected`: from the end of this turn the device connects with this identity. The
 * connection that stands is closed first; `disconnected` is told of that (is_own_doing). */
void runtime_use_identity(const struct runtime_identity *identity);

/* For the prologue, any task: who the device is, as runtime_thing_name tells it. The runtime does the same when a connection with jobs stands. */
void runtime_show_thing(const char *thing_name);

/* The first: for the prologue. Any task. */
void runtime_set_provisioning(enum runtime_provisioning state);
enum runtime_provisioning runtime_provisioning_state(void);

#endif
