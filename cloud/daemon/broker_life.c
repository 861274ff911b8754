/* SPDX-License-Identifier: MIT */
/* mosquitto's life under the daemon: configured, started, heard, and its death noticed. daemon.c starts it again. */
#include "cloud/base/log.h"
#include "cloud/base/program.h"
#include "cloud/core/registry/broker_anchors.h"
#include "cloud/daemon/daemon_private.h"
#include "cloud/daemon/port.h"
#include "cloud/pki/trust_dir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PLUGIN_NAME "iot_local_plugin.so"

bool broker_life_find_plugin(struct daemon *daemon)
{
    static const char *const places[] = {"", "../lib/iot-local/"};
    char folder[PATH_MAX];
    char path[PATH_MAX];

    if (daemon->options.plugin != NULL) {
        if (realpath(daemon->options.plugin, daemon->plugin) != NULL) {
            return true;
        }
        snprintf(daemon->why, sizeof(daemon->why), "--plugin %s: %s", daemon->options.plugin,
                 strerror(errno));
        return false;
    }
    program_folder(folder);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        int path_len = snprintf(path, sizeof(path), "%s/%s" PLUGIN_NAME, folder, places[i]);
        if (path_len < (int)sizeof(path) && realpath(path, daemon->plugin) != NULL) {
            return true;
        }
    }
    snprintf(daemon->why, sizeof(daemon->why),
             PLUGIN_NAME " is neither in %s nor in %s/../lib/iot-local: name it with --plugin PATH", folder,
             folder);
    return false;
}

static void trust_anchor(void *ctx, const char *pem)
{
    struct daemon *daemon = ctx;
    struct foreign anchor;
    if (!foreign_read(pem, &anchor, daemon->why, DAEMON_WHY_CAP)) {
        log_line(LOG_LEVEL_WARNING, "a certificate that was registered cannot be read: %s", daemon->why);
        return;
    }
    if (!trust_dir_add(daemon->dir.path, &anchor, daemon->why, DAEMON_WHY_CAP)) {
        daemon->has_failed = true;
    }
    foreign_clear(&anchor);
}

/* What the broker trusts is written anew at each start. */
bool broker_life_trust(struct daemon *daemon)
{
    if (!trust_dir_open(daemon->dir.path, daemon->why, DAEMON_WHY_CAP)) {
        return false;
    }
    if (!broker_anchors_each(daemon->core, trust_anchor, daemon)) {
        snprintf(daemon->why, DAEMON_WHY_CAP, "%s", core_storage_error(daemon->core));
        return false;
    }
    return !daemon->has_failed;
}

bool broker_life_configure(struct daemon *daemon)
{
    const struct mosquitto_conf conf = {
        .plugin = daemon->plugin,
        .database = DAEMON_DATABASE,
        .region = daemon->options.region,
        .account = daemon->options.account,
        .secret = daemon->secret,
        .listen = daemon->options.listen,
        .port = daemon->options.mqtt_port,
        .is_root = geteuid() == 0,
    };
    return mosquitto_child_configure(&daemon->broker, &conf, daemon->why, sizeof(daemon->why));
}

static void on_broker_event(void *ctx);

static void on_broker_output(void *ctx)
{
    struct daemon *daemon = ctx;
    char line[sizeof(daemon->broker.said) + 1];
    enum words_worth worth;
    while ((worth = mosquitto_child_next_line(&daemon->broker, line, sizeof(line))) != WORDS_NOTHING) {
        log_line(worth == WORDS_DAILY ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING, "broker: %s", line);
    }
}

bool broker_life_start(struct daemon *daemon)
{
    daemon->broker_tries++;
    daemon->is_broker_new = true;
    if (!mosquitto_child_start(&daemon->broker, daemon->why, sizeof(daemon->why))) {
        return false;
    }
    if (loop_add(&daemon->loop, &daemon->broker_source, daemon->broker.descriptor, on_broker_event, daemon) &&
        loop_add(&daemon->loop, &daemon->output_source, daemon->broker.output, on_broker_output, daemon)) {
        return true;
    }
    snprintf(daemon->why, sizeof(daemon->why), "epoll: %s", strerror(errno));
    return false;
}

static void on_broker_event(void *ctx)
{
    struct daemon *daemon = ctx;
    char how[100];
    on_broker_output(daemon); /* its last words */
    loop_remove(&daemon->loop, &daemon->broker_source);
    loop_remove(&daemon->loop, &daemon->output_source);
    if (!mosquitto_child_has_died(&daemon->broker, how, sizeof(how))) {
        return;
    }
    if (daemon->is_ready) {
        log_line(LOG_LEVEL_WARNING, "%s; starting it again", how);
    } else {
        snprintf(daemon->why, sizeof(daemon->why), "%s before it was ready", how);
    }
}
