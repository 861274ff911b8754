/* SPDX-License-Identifier: MIT */
#include "cloud/daemon/daemon_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void on_hook(void *ctx)
{
    hook_run(((struct daemon *)ctx)->hooks);
}

bool provisioning_life_open(struct daemon *daemon)
{
    daemon->hooks = hook_caller_open(daemon->clock);
    daemon->provisioning = (struct provisioning_turn){
        .devices = &daemon->devices,
        .worker = daemon->worker,
        .pki = daemon->pki,
        .hooks = daemon->hooks,
    };
    if (daemon->hooks != NULL &&
        loop_add(&daemon->loop, &daemon->hook_source, hook_descriptor(daemon->hooks), on_hook, daemon)) {
        return true;
    }
    snprintf(daemon->why, DAEMON_WHY_CAP, "libcurl, for pre-provisioning hooks: %s", strerror(errno));
    return false;
}

void provisioning_life_close(struct daemon *daemon)
{
    loop_remove(&daemon->loop, &daemon->hook_source);
    hook_caller_close(daemon->hooks);
    daemon->hooks = NULL;
}

int64_t provisioning_life_timeout_ms(struct daemon *daemon)
{
    int left_ms = hook_timeout_ms(daemon->hooks);
    return left_ms < 0 ? INT64_MAX : left_ms;
}

void provisioning_life_run(struct daemon *daemon)
{
    if (hook_timeout_ms(daemon->hooks) == 0) {
        hook_run(daemon->hooks);
    }
}
