/* SPDX-License-Identifier: MIT */
#include "cloud/daemon/daemon_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void on_hook(void *ctx)
{
    hook_run(((struct daemon *)ctx)->hooks);
}

static void on_worker(void *ctx)
{
    worker_run(((struct daemon *)ctx)->claim_worker);
}

static bool open_worker(struct daemon *daemon)
{
    daemon->claim_pki = pki_open(daemon->dir.path, daemon->options.names, daemon->options.name_count,
                                 daemon->why, DAEMON_WHY_CAP);
    if (daemon->claim_pki == NULL) {
        return false;
    }
    daemon->claim_worker = worker_open(NULL, NULL);
    if (daemon->claim_worker != NULL &&
        loop_add(&daemon->loop, &daemon->claim_source, worker_descriptor(daemon->claim_worker), on_worker,
                 daemon)) {
        return true;
    }
    snprintf(daemon->why, DAEMON_WHY_CAP, "the worker of fleet provisioning: %s", strerror(errno));
    return false;
}

static bool open_hooks(struct daemon *daemon)
{
    daemon->hooks = hook_caller_open(daemon->clock);
    if (daemon->hooks != NULL &&
        loop_add(&daemon->loop, &daemon->hook_source, hook_descriptor(daemon->hooks), on_hook, daemon)) {
        return true;
    }
    snprintf(daemon->why, DAEMON_WHY_CAP, "libcurl, for pre-provisioning hooks: %s", strerror(errno));
    return false;
}

bool provisioning_life_open(struct daemon *daemon)
{
    if (!open_worker(daemon) || !open_hooks(daemon)) {
        return false;
    }
    daemon->provisioning = (struct provisioning_turn){
        .devices = &daemon->devices,
        .worker = daemon->claim_worker,
        .pki = daemon->claim_pki,
        .hooks = daemon->hooks,
    };
    return true;
}

/* What is finished here goes on into a turn, which is told next that nothing will be kept. */
void provisioning_life_close(struct daemon *daemon)
{
    loop_remove(&daemon->loop, &daemon->claim_source);
    loop_remove(&daemon->loop, &daemon->hook_source);
    worker_close(daemon->claim_worker);
    hook_caller_close(daemon->hooks);
    pki_close(daemon->claim_pki);
    daemon->claim_worker = NULL;
    daemon->hooks = NULL;
    daemon->claim_pki = NULL;
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
