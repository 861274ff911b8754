/* SPDX-License-Identifier: MIT */
/* The daemon's life: everything is opened, the loop runs, everything is closed. */
#include "cloud/base/hex.h"
#include "cloud/base/log.h"
#include "cloud/cli/cli.h"
#include "cloud/cli/cli_data_dir.h"
#include "cloud/core/messages/retained.h"
#include "cloud/daemon/daemon_private.h"
#include "cloud/daemon/port.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define BROKER_TRIES_MAX 5    /* at start, with a port that we chose ourselves */
#define BROKER_PAUSE_MS  5000 /* later, when it could not even be started */
#define CONTROL_NAME     "control.sock"
#define OBJECTS_NAME     "objects"
#define LOG_NAME         "iot-local.log"
#define BROKER_SAVES_MS  (2 * 1000 * MOSQUITTO_CONF_AUTOSAVE_S)
#define TIMEOUT_MAX_MS   60000 /* so that a leap of the wall clock is noticed */

static void stop_with_failure(struct daemon *daemon)
{
    log_line(LOG_LEVEL_ERROR, "%s", daemon->why);
    daemon->has_failed = true;
    daemon->is_stopping = true;
}

static void log_warning(const char *line)
{
    log_line(LOG_LEVEL_WARNING, "%s", line);
}

/* --- The connection to the broker --- */

static void on_request(void *ctx, struct broker_request *request)
{
    struct daemon *daemon = ctx;
    if (request->from.is_provisioning) {
        provisioning_turn_add(&daemon->provisioning, request);
    } else {
        device_turn_add(&daemon->devices, request);
    }
}

static void on_subscribed(void *ctx, struct slice filter)
{
    device_turn_subscribed(&((struct daemon *)ctx)->devices, filter);
}

static void on_retained(void *ctx, struct slice topic, int qos, struct slice payload)
{
    device_turn_retained(&((struct daemon *)ctx)->devices, topic, qos, payload);
}

static void on_lost(void *ctx)
{
    core_broker_lost(((struct daemon *)ctx)->core);
}

/* A process that is stopped, or caught in its own loop, hears no other signal. */
static void on_frozen(void *ctx)
{
    struct daemon *daemon = ctx;
    log_line(LOG_LEVEL_WARNING, "mosquitto has said nothing for %d s: ended, and started again",
             BROKER_FROZEN_MS / 1000);
    mosquitto_child_kill(&daemon->broker);
}

static void publish_retained(void *ctx, const struct retained *retained)
{
    const struct daemon *daemon = ctx;
    broker_link_publish(daemon->link, retained->topic, retained->payload, retained->payload_len,
                        retained->qos, true);
}

/* From now on the changes so far have to live so long in the broker until they are surely on its disk. */
static void watch_retained(struct daemon *daemon)
{
    daemon->retained_number = retained_newest_unsaved(daemon->core);
    daemon->retained_since_ms = clock_monotonic_ms(daemon->clock);
}

static void check_retained(struct daemon *daemon)
{
    bool is_up = daemon->link != NULL && broker_link_is_ready(daemon->link);
    if (!is_up || clock_monotonic_ms(daemon->clock) - daemon->retained_since_ms < BROKER_SAVES_MS) {
        return;
    }
    if (daemon->retained_number == 0 || retained_saved_up_to(daemon->core, daemon->retained_number)) {
        watch_retained(daemon);
    }
}

static void become_ready(struct daemon *daemon)
{
    if (ready_tell(daemon)) {
        daemon->is_ready = true;
    } else {
        stop_with_failure(daemon);
    }
}

static void on_init_end(void *ctx)
{
    struct daemon *daemon = ctx;
    loop_remove(&daemon->loop, &daemon->init_source);
    if (init_child_has_succeeded(&daemon->init)) {
        become_ready(daemon);
    } else {
        snprintf(daemon->why, sizeof(daemon->why), "--init %s: not everything could be made",
                 daemon->options.init);
        stop_with_failure(daemon);
    }
}

/* The link becomes ready again when the broker has died meanwhile: one init is enough. */
static void start_init(struct daemon *daemon)
{
    if (daemon->init.pid > 0) {
        return;
    }
    if (!init_child_start(&daemon->init, daemon->options.init, daemon->dir.path) ||
        !loop_add(&daemon->loop, &daemon->init_source, daemon->init.descriptor, on_init_end, daemon)) {
        snprintf(daemon->why, sizeof(daemon->why), "--init %s: %s", daemon->options.init, strerror(errno));
        stop_with_failure(daemon);
    }
}

static void on_link_ready(void *ctx)
{
    struct daemon *daemon = ctx;
    if (daemon->is_broker_new) {
        daemon->is_broker_new = false;
        core_broker_started(daemon->core);
        core_sessions_restored(daemon->core);
    }
    retained_each_unsaved(daemon->core, publish_retained, daemon);
    watch_retained(daemon);
    if (daemon->is_ready) {
        log_line(LOG_LEVEL_INFO, "the broker is back");
    } else if (daemon->options.init != NULL) {
        start_init(daemon);
    } else {
        become_ready(daemon);
    }
}

/* --- Mosquitto, when it is to start again --- */

/* Before it was ever ready somebody may have taken the port that we had chosen: choose another one, and tell it. */
static bool choose_again(struct daemon *daemon)
{
    if (daemon->is_mqtt_port_given || daemon->broker_tries >= BROKER_TRIES_MAX) {
        return false;
    }
    daemon->options.mqtt_port = port_pick(daemon->options.listen);
    http_set_mqtt_port(daemon->http, daemon->options.mqtt_port);
    return daemon->options.mqtt_port != 0;
}

static void restart_broker(struct daemon *daemon)
{
    bool is_good = daemon->is_ready || (choose_again(daemon) && broker_life_configure(daemon));
    if (is_good && broker_life_start(daemon)) {
        return;
    }
    if (!daemon->is_ready) {
        stop_with_failure(daemon);
        return;
    }
    log_line(LOG_LEVEL_WARNING, "%s; trying again", daemon->why);
    daemon->broker.start_at_ms = clock_monotonic_ms(daemon->clock) + BROKER_PAUSE_MS;
}

/* --- The loop --- */

static void on_signal(void *ctx)
{
    struct daemon *daemon = ctx;
    struct signalfd_siginfo info;
    if (read(daemon->signals, &info, sizeof(info)) == sizeof(info)) {
        daemon->is_stopping = true;
    }
}

static void on_http(void *ctx)
{
    http_run(((struct daemon *)ctx)->http);
}

static void on_link(void *ctx)
{
    broker_link_run(((struct daemon *)ctx)->link);
}

static void on_worker(void *ctx)
{
    worker_run(((struct daemon *)ctx)->worker);
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int next_timeout_ms(struct daemon *daemon)
{
    int64_t left_ms = TIMEOUT_MAX_MS;
    int http_ms = http_timeout_ms(daemon->http);

    left_ms = smaller(left_ms, turn_timeout_ms(&daemon->turn));
    if (http_ms >= 0) {
        left_ms = smaller(left_ms, http_ms);
    }
    if (daemon->broker.pid == 0) {
        left_ms = smaller(left_ms, daemon->broker.start_at_ms - clock_monotonic_ms(daemon->clock));
    }
    left_ms = smaller(left_ms, broker_link_timeout_ms(daemon->link));
    left_ms = smaller(left_ms, provisioning_life_timeout_ms(daemon));
    return left_ms > 0 ? (int)left_ms : 0;
}

/* What the turn has answered goes out before the loop waits again. */
static void answer_http(struct daemon *daemon)
{
    if (http_timeout_ms(daemon->http) == 0) {
        http_run(daemon->http);
    }
}

/* What is due because time has passed. */
static void run_timers(struct daemon *daemon)
{
    answer_http(daemon);
    check_retained(daemon);
    provisioning_life_run(daemon);
    if (broker_link_timeout_ms(daemon->link) == 0) {
        broker_link_run(daemon->link);
    }
    if (daemon->broker.pid == 0 && daemon->broker.start_at_ms <= clock_monotonic_ms(daemon->clock)) {
        restart_broker(daemon);
    }
}

static void serve(struct daemon *daemon)
{
    while (!daemon->is_stopping) {
        loop_run(&daemon->loop, next_timeout_ms(daemon));
        if (!daemon->is_stopping) {
            run_timers(daemon);
            turn_run(&daemon->turn);
            answer_http(daemon);
        }
    }
}

/* --- Start --- */

static bool choose_port(struct daemon *daemon, uint16_t *port, const char *option)
{
    const char *address = daemon->options.listen;
    bool is_free;
    if (*port == 0) {
        *port = port_pick(address);
        is_free = *port != 0;
    } else {
        is_free = port_is_free(address, *port);
    }
    if (is_free) {
        return true;
    }
    if (errno == EADDRINUSE) {
        snprintf(daemon->why, sizeof(daemon->why),
                 "port %u on %s is in use by another program: stop it, or choose another port with %s", *port,
                 address, option);
    } else {
        snprintf(daemon->why, sizeof(daemon->why), "cannot listen on %s, port %u (%s): %s", address, *port,
                 option, strerror(errno));
    }
    return false;
}

static bool make_secret(struct daemon *daemon)
{
    unsigned char bytes[DAEMON_SECRET_BYTES];
    if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes)) {
        snprintf(daemon->why, sizeof(daemon->why), "getrandom: %s", strerror(errno));
        return false;
    }
    hex_write(bytes, sizeof(bytes), daemon->secret);
    return true;
}

/* Signals come through the loop; a client that goes away in the middle of an answer must not end us. */
static bool take_signals(struct daemon *daemon)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    daemon->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (daemon->signals >= 0 && loop_open(&daemon->loop) &&
        loop_add(&daemon->loop, &daemon->signal_source, daemon->signals, on_signal, daemon)) {
        return true;
    }
    snprintf(daemon->why, sizeof(daemon->why), "signalfd or epoll: %s", strerror(errno));
    return false;
}

/* Who is not in the foreground has no terminal to speak to. A file that was given is the caller's, long or not. */
static bool open_log(struct daemon *daemon)
{
    const char *given = daemon->options.log;
    if (given == NULL && daemon->background->ready < 0) {
        return true;
    }
    bool has_path = given != NULL
                        ? snprintf(daemon->log, sizeof(daemon->log), "%s", given) < PATH_MAX
                        : data_dir_file(&daemon->dir, LOG_NAME, daemon->log, daemon->why, DAEMON_WHY_CAP);
    if (has_path && given == NULL) {
        background_turn_log(daemon->log);
    }
    if (has_path && background_open_log(daemon->background, daemon->log)) {
        return true;
    }
    snprintf(daemon->why, DAEMON_WHY_CAP, "the log %s: %s", daemon->log, strerror(errno));
    return false;
}

/* Everything that can go wrong before anything runs. */
static bool prepare(struct daemon *daemon)
{
    char program[PATH_MAX];
    char *why = daemon->why;
    char *path = cli_data_dir(daemon->options.data);
    if (path == NULL) {
        snprintf(why, DAEMON_WHY_CAP,
                 "there is no home directory: say where to keep the data with --data DIR");
        return false;
    }
    daemon->is_mqtt_port_given = daemon->options.mqtt_port != 0;
    bool is_open = data_dir_open(&daemon->dir, path, why, DAEMON_WHY_CAP);
    free(path);
    return is_open && open_log(daemon) &&
           data_dir_socket(&daemon->dir, MOSQUITTO_CONF_SOCKET, daemon->mqtt_socket, why, DAEMON_WHY_CAP) &&
           mosquitto_child_find(daemon->options.mosquitto, program, why, DAEMON_WHY_CAP) &&
           broker_life_find_plugin(daemon) &&
           mosquitto_child_open(&daemon->broker, program, daemon->dir.path, why, DAEMON_WHY_CAP) &&
           choose_port(daemon, &daemon->options.mqtt_port, "--mqtt-port") &&
           (daemon->options.http_port == 0 ||
            choose_port(daemon, &daemon->options.http_port, "--http-port")) &&
           make_secret(daemon) && take_signals(daemon);
}

static bool make_keys_ahead(void *ctx)
{
    const struct daemon *daemon = ctx;
    return pki_make_ahead(daemon->pki, worker_is_closing(daemon->worker));
}

static bool open_worker(struct daemon *daemon)
{
    daemon->worker = worker_open(make_keys_ahead, daemon);
    if (daemon->worker != NULL && loop_add(&daemon->loop, &daemon->worker_source,
                                           worker_descriptor(daemon->worker), on_worker, daemon)) {
        return true;
    }
    snprintf(daemon->why, DAEMON_WHY_CAP, "the worker: %s", strerror(errno));
    return false;
}

static bool open_clock(struct daemon *daemon)
{
    return service_clock_open(&daemon->service_clock, &daemon->dir, daemon->options.has_virtual_clock,
                              daemon->why, DAEMON_WHY_CAP);
}

static bool open_core(struct daemon *daemon)
{
    char path[PATH_MAX], objects[PATH_MAX];
    const struct core_config config = {
        .database = path,
        .objects_dir = objects,
        .region = daemon->options.region,
        .account = daemon->options.account,
        .requests_per_s = daemon->options.requests_per_s,
        .clock = &daemon->service_clock.clock,
        .publish = way_out_notice,
        .room = way_out_room,
        .publish_event = way_out_event,
        .event_room = way_out_event_room,
        .sign_link = objects_life_sign,
        .ctx = daemon,
    };
    if (!data_dir_file(&daemon->dir, DAEMON_DATABASE, path, daemon->why, DAEMON_WHY_CAP) ||
        !data_dir_file(&daemon->dir, OBJECTS_NAME, objects, daemon->why, DAEMON_WHY_CAP)) {
        return false;
    }
    daemon->core = core_open(&config, daemon->why, DAEMON_WHY_CAP);
    if (daemon->core == NULL) {
        return false;
    }
    turn_open(&daemon->turn, daemon->core, &daemon->service_clock.clock, log_warning);
    return true;
}

static bool is_broker_up(void *ctx)
{
    const struct daemon *daemon = ctx;
    return daemon->link != NULL && broker_link_is_ready(daemon->link);
}

static bool publish_message(void *ctx, const struct message *message)
{
    const struct daemon *daemon = ctx;
    return daemon->link != NULL && broker_link_publish(daemon->link, message->topic, message->payload,
                                                       message->len, message->qos, message->is_retained);
}

static bool set_shift(void *ctx, int64_t by_ms)
{
    struct daemon *daemon = ctx;
    return service_clock_set(&daemon->service_clock, by_ms);
}

static bool open_http(struct daemon *daemon)
{
    char path[PATH_MAX];
    const struct http_config config = {
        .core = daemon->core,
        .clock = daemon->clock,
        .turn = &daemon->turn,
        .worker = daemon->worker,
        .pki = daemon->pki,
        .listen = daemon->options.listen,
        .port = daemon->options.http_port,
        .endpoint = daemon->options.endpoint,
        .names = daemon->options.names,
        .name_count = daemon->options.name_count,
        .credentials = daemon->keys.credentials,
        .credentials_file = daemon->keys.credentials != NULL ? daemon->keys.path : NULL,
        .link_keys = daemon->link_keys,
        .mqtt_port = daemon->options.mqtt_port,
        .https_port = daemon->options.https_port,
        .is_broker_up = is_broker_up,
        .publish = publish_message,
        .set_shift = set_shift,
        .daemon = daemon,
        .shift = daemon->options.has_virtual_clock ? &daemon->service_clock.shift : NULL,
        .socket_path = path,
    };
    if (!data_dir_socket(&daemon->dir, CONTROL_NAME, path, daemon->why, DAEMON_WHY_CAP)) {
        return false;
    }
    daemon->http = http_start(&config, daemon->why, DAEMON_WHY_CAP);
    if (daemon->http == NULL) {
        return false;
    }
    daemon->options.http_port = http_port(daemon->http);
    if (loop_add(&daemon->loop, &daemon->http_source, http_descriptor(daemon->http), on_http, daemon)) {
        return true;
    }
    snprintf(daemon->why, DAEMON_WHY_CAP, "epoll: %s", strerror(errno));
    return false;
}

static void close_http(struct daemon *daemon)
{
    loop_remove(&daemon->loop, &daemon->http_source);
    http_stop(daemon->http);
    daemon->http = NULL;
}

static bool open_link(struct daemon *daemon)
{
    const struct broker_link_config config = {
        .clock = daemon->clock,
        .socket_path = daemon->mqtt_socket,
        .secret = daemon->secret,
        .on_request = on_request,
        .on_subscribed = on_subscribed,
        .on_retained = on_retained,
        .on_delivered = way_out_delivered,
        .on_event_delivered = way_out_event_delivered,
        .on_ready = on_link_ready,
        .on_lost = on_lost,
        .on_frozen = on_frozen,
        .ctx = daemon,
    };
    daemon->link = broker_link_create(&config);
    daemon->devices = (struct device_turn){daemon->core, &daemon->turn, daemon->link};
    if (daemon->link != NULL && loop_add(&daemon->loop, &daemon->link_source,
                                         broker_link_descriptor(daemon->link), on_link, daemon)) {
        return true;
    }
    snprintf(daemon->why, DAEMON_WHY_CAP, "the connection to the broker: %s", strerror(errno));
    return false;
}

/* mosquitto starts while we do the rest; it needs the certificates and the database. */
static bool start(struct daemon *daemon)
{
    daemon->pki = pki_open(daemon->dir.path, daemon->options.names, daemon->options.name_count, daemon->why,
                           DAEMON_WHY_CAP);
    return daemon->pki != NULL && open_clock(daemon) && open_worker(daemon) && open_core(daemon) &&
           broker_life_trust(daemon) &&
           access_keys_open(&daemon->keys, &daemon->options, &daemon->dir, daemon->why, DAEMON_WHY_CAP) &&
           broker_life_configure(daemon) && broker_life_start(daemon) && objects_life_open(daemon) &&
           open_http(daemon) && provisioning_life_open(daemon) && open_link(daemon);
}

/* In reverse: what the worker has begun is finished and those who wait are told, then no new requests, then no broker, then
 * no database. */
static void stop(struct daemon *daemon)
{
    init_child_close(&daemon->init);
    worker_close(daemon->worker);
    provisioning_life_close(daemon);
    if (daemon->core != NULL) {
        turn_close(&daemon->turn);
    }
    close_http(daemon);
    objects_life_close(daemon);
    access_keys_close(&daemon->keys);
    mosquitto_child_terminate(&daemon->broker);
    daemon->devices.link = NULL;
    broker_link_destroy(daemon->link);
    daemon->link = NULL;
    mosquitto_child_close(&daemon->broker);
    if (daemon->core != NULL) {
        core_close(daemon->core);
    }
    pki_close(daemon->pki);
    if (daemon->is_ready && daemon->options.ready_file != NULL) {
        unlink(daemon->options.ready_file);
    }
    data_dir_close(&daemon->dir);
    loop_close(&daemon->loop);
    if (daemon->signals >= 0) {
        close(daemon->signals);
    }
}

int daemon_live(const struct daemon_options *options, struct background *background)
{
    static struct daemon daemon = {
        .clock = &clock_real,
        .dir.lock = -1,
        .broker = {.lock = -1, .descriptor = -1, .output = -1},
        .signals = -1,
        .signal_source.descriptor = -1,
        .http_source.descriptor = -1,
        .link_source.descriptor = -1,
        .worker_source.descriptor = -1,
        .broker_source.descriptor = -1,
        .output_source.descriptor = -1,
        .hook_source.descriptor = -1,
        .claim_source.descriptor = -1,
        .init = INIT_CHILD_NONE,
        .init_source.descriptor = -1,
    };
    daemon.options = *options;
    daemon.background = background;

    umask(077);
    log_open(daemon.clock, daemon.options.is_verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO,
             daemon.options.is_log_json);
    if (prepare(&daemon) && start(&daemon)) {
        serve(&daemon);
    } else {
        stop_with_failure(&daemon);
    }
    stop(&daemon);
    return daemon.has_failed ? CLI_FAILED : CLI_OK;
}
