/* SPDX-License-Identifier: MIT */
#include "cloud/daemon/daemon.h"

#include "cloud/broker/mosquitto_child.h"
#include "cloud/cli/cli.h"
#include "cloud/cli/cli_data_dir.h"
#include "cloud/core/core.h"
#include "cloud/daemon/access_keys.h"
#include "cloud/daemon/daemon_options.h"
#include "cloud/daemon/data_dir.h"
#include "cloud/daemon/loop.h"
#include "cloud/daemon/port.h"
#include "cloud/http/server.h"
#include "cloud/mqtt/broker_link.h"
#include "cloud/mqtt/device_plane.h"
#include "cloud/pki/pki.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DATABASE_NAME    "iot.db"
#define OBJECTS_NAME     "objects"
#define CONTROL_NAME     "control.sock"
#define PLUGIN_NAME      "iot_local_plugin.so"
#define WHY_CAP          (2 * PATH_MAX + 300)
#define TIMEOUT_MAX_MS   60000 /* so that a leap of the wall clock is noticed */
#define BROKER_TRIES_MAX 5     /* at start, with a port that we chose ourselves */
#define BROKER_PAUSE_MS  5000  /* later, when it could not even be started */
#define SECRET_BYTES     32

struct daemon {
    struct daemon_options options;
    struct data_dir dir;
    char plugin[PATH_MAX];
    char mqtt_socket[PATH_MAX];
    char secret[2 * SECRET_BYTES + 1];
    char why[WHY_CAP]; /* the reason of the first failure */
    struct core *core;
    struct pki *pki;
    struct http_server *http;
    struct access_keys keys;
    struct broker_link *link;
    struct mosquitto_child broker;
    unsigned broker_tries;
    bool is_mqtt_port_given;
    struct loop loop;
    struct loop_source signal_source, http_source, link_source, broker_source, output_source;
    int signals;
    bool is_ready; /* has been ready once */
    bool is_stopping;
    bool has_failed;
    struct device_answer answers[BROKER_LINK_BATCH];
};

static int64_t wall_ms(void *ctx)
{
    struct timespec now;
    (void)ctx;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void stop_with_failure(struct daemon *daemon)
{
    fprintf(stderr, "iot-local: %s\n", daemon->why);
    daemon->has_failed = true;
    daemon->is_stopping = true;
}

/* --- Requests of devices --- */

/* One COMMIT for all of them; whoever reads "accepted" may rely on the disk. */
static void handle_chunk(struct daemon *daemon, const struct broker_request *requests, size_t count)
{
    bool is_kept = core_begin(daemon->core);
    for (size_t i = 0; is_kept && i < count; i++) {
        device_plane_handle(daemon->core, requests[i].from.topic, requests[i].payload, &daemon->answers[i]);
    }
    if (is_kept) {
        is_kept = core_commit(daemon->core);
    }
    if (!is_kept) {
        fprintf(stderr, "iot-local: the database refused: %s\n", core_storage_error(daemon->core));
    }

    for (size_t i = 0; i < count; i++) {
        struct device_answer *answer = &daemon->answers[i];
        if (!is_kept) {
            device_answer_clear(answer);
            device_plane_internal_error(daemon->core, requests[i].from.topic, requests[i].payload, answer);
        }
        if (answer->topic != NULL) {
            broker_link_answer(daemon->link, &requests[i], answer->topic, answer->payload,
                               answer->payload_len);
        }
        device_answer_clear(answer);
    }
    core_publish_outbox(daemon->core);
}

static void on_requests(void *ctx, const struct broker_request *requests, size_t count)
{
    while (count > 0) {
        size_t chunk = count < BROKER_LINK_BATCH ? count : BROKER_LINK_BATCH;
        handle_chunk(ctx, requests, chunk);
        requests += chunk;
        count -= chunk;
    }
}

static void on_notification(void *ctx, const char *topic, const char *payload, size_t len)
{
    struct daemon *daemon = ctx;
    if (daemon->link != NULL) {
        broker_link_notify(daemon->link, topic, payload, len);
    }
}

/* --- Ready --- */

static void print_welcome(const struct daemon *daemon)
{
    const struct daemon_options *options = &daemon->options;
    bool is_ipv6 = strchr(options->listen, ':') != NULL;
    const char *host = strcmp(options->listen, "0.0.0.0") == 0 ? "127.0.0.1" : options->listen;
    if (strcmp(host, "::") == 0) {
        host = "::1";
    }

    printf("iot-local is ready; Ctrl-C stops it.\n"
           "  devices:  mqtts://%s:%u   (CA certificate: %s/ca.pem)\n"
           "  AWS API:  http://%s%s%s:%u\n\n",
           options->endpoint, options->mqtt_port, daemon->dir.path, is_ipv6 ? "[" : "", host,
           is_ipv6 ? "]" : "", options->http_port);
    printf("In another terminal:\n"
           "  iot-local thing lamp --out lamp%s%s\n",
           options->data != NULL ? " --data " : "", options->data != NULL ? options->data : "");
    access_keys_print(&daemon->keys, options->region);
    printf("  aws --endpoint-url http://%s%s%s:%u iot list-things\n", is_ipv6 ? "[" : "", host,
           is_ipv6 ? "]" : "", options->http_port);
    fflush(stdout);
}

static bool make_ready_file(struct daemon *daemon)
{
    const char *path = daemon->options.ready_file;
    int fd = path != NULL ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -1;
    if (path != NULL && fd < 0) {
        snprintf(daemon->why, sizeof(daemon->why), "--ready-file %s: %s", path, strerror(errno));
        return false;
    }
    if (fd >= 0) {
        close(fd);
    }
    return true;
}

/* After every new connection to the broker: what it knew of notifications is gone with it. */
static void on_link_ready(void *ctx)
{
    struct daemon *daemon = ctx;
    const struct data_dir_status status = {
        .http_port = daemon->options.http_port,
        .mqtt_port = daemon->options.mqtt_port,
        .endpoint = daemon->options.endpoint,
    };
    core_announce_pending(daemon->core);
    if (daemon->is_ready) {
        fprintf(stderr, "iot-local: the broker is back\n");
        return;
    }
    if (!make_ready_file(daemon) ||
        !data_dir_write_status(&daemon->dir, &status, daemon->why, sizeof(daemon->why))) {
        stop_with_failure(daemon);
        return;
    }
    daemon->is_ready = true;
    print_welcome(daemon);
}

/* --- The broker's life --- */

static bool configure_broker(struct daemon *daemon)
{
    const struct mosquitto_conf conf = {
        .plugin = daemon->plugin,
        .database = DATABASE_NAME,
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
    while (mosquitto_child_next_line(&daemon->broker, line, sizeof(line))) {
        fprintf(stderr, "iot-local: broker: %s\n", line);
    }
}

static bool start_broker(struct daemon *daemon)
{
    daemon->broker_tries++;
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

static bool open_http(struct daemon *daemon);

/* Before it was ever ready somebody may have taken the port that we had chosen: choose another one, and tell it. */
static bool choose_again(struct daemon *daemon)
{
    if (daemon->is_mqtt_port_given || daemon->broker_tries >= BROKER_TRIES_MAX) {
        return false;
    }
    loop_remove(&daemon->loop, &daemon->http_source);
    http_stop(daemon->http);
    daemon->http = NULL;
    daemon->options.mqtt_port = port_pick(daemon->options.listen);
    return open_http(daemon);
}

static void restart_broker(struct daemon *daemon)
{
    bool is_good = daemon->is_ready || (choose_again(daemon) && configure_broker(daemon));
    if (is_good && start_broker(daemon)) {
        return;
    }
    if (!daemon->is_ready) {
        stop_with_failure(daemon);
        return;
    }
    fprintf(stderr, "iot-local: %s; trying again\n", daemon->why);
    daemon->broker.start_at_ms = monotonic_ms() + BROKER_PAUSE_MS;
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
        fprintf(stderr, "iot-local: %s; starting it again\n", how);
    } else {
        snprintf(daemon->why, sizeof(daemon->why), "%s before it was ready", how);
    }
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

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int next_timeout_ms(const struct daemon *daemon)
{
    int64_t left_ms = TIMEOUT_MAX_MS;
    int64_t timer_ms = core_next_timer_ms(daemon->core);
    int http_ms = http_timeout_ms(daemon->http);

    if (timer_ms != INT64_MAX) {
        left_ms = smaller(left_ms, timer_ms - wall_ms(NULL));
    }
    if (http_ms >= 0) {
        left_ms = smaller(left_ms, http_ms);
    }
    if (daemon->broker.pid == 0) {
        left_ms = smaller(left_ms, daemon->broker.start_at_ms - monotonic_ms());
    }
    left_ms = smaller(left_ms, broker_link_timeout_ms(daemon->link));
    return left_ms > 0 ? (int)left_ms : 0;
}

/* What is due because time has passed. */
static void run_timers(struct daemon *daemon)
{
    if (core_next_timer_ms(daemon->core) <= wall_ms(NULL)) {
        core_run_timers(daemon->core);
    }
    if (http_timeout_ms(daemon->http) == 0) {
        http_run(daemon->http);
    }
    if (broker_link_timeout_ms(daemon->link) == 0) {
        broker_link_run(daemon->link);
    }
    if (daemon->broker.pid == 0 && daemon->broker.start_at_ms <= monotonic_ms()) {
        restart_broker(daemon);
    }
}

static void serve(struct daemon *daemon)
{
    while (!daemon->is_stopping) {
        loop_run(&daemon->loop, next_timeout_ms(daemon));
        if (!daemon->is_stopping) {
            run_timers(daemon);
        }
    }
}

/* --- Start --- */

static bool find_plugin(struct daemon *daemon)
{
    static const char *const places[] = {"", "../lib/iot-local/"};
    char self[PATH_MAX];
    char path[PATH_MAX];

    if (daemon->options.plugin != NULL) {
        if (realpath(daemon->options.plugin, daemon->plugin) != NULL) {
            return true;
        }
        snprintf(daemon->why, sizeof(daemon->why), "--plugin %s: %s", daemon->options.plugin,
                 strerror(errno));
        return false;
    }
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    self[len > 0 ? len : 0] = '\0';
    char *name = strrchr(self, '/');
    if (name != NULL) {
        name[1] = '\0';
    }
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        int path_len = snprintf(path, sizeof(path), "%s%s" PLUGIN_NAME, self, places[i]);
        if (path_len < (int)sizeof(path) && realpath(path, daemon->plugin) != NULL) {
            return true;
        }
    }
    snprintf(daemon->why, sizeof(daemon->why),
             PLUGIN_NAME " is neither in %s nor in %s../lib/iot-local: name it with --plugin PATH", self,
             self);
    return false;
}

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
    unsigned char bytes[SECRET_BYTES];
    if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes)) {
        snprintf(daemon->why, sizeof(daemon->why), "getrandom: %s", strerror(errno));
        return false;
    }
    for (size_t i = 0; i < sizeof(bytes); i++) {
        snprintf(daemon->secret + 2 * i, 3, "%02x", bytes[i]);
    }
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

/* Everything that can go wrong before anything runs. */
static bool prepare(struct daemon *daemon)
{
    char program[PATH_MAX];
    char *why = daemon->why;
    char *path = cli_data_dir(daemon->options.data);
    if (path == NULL) {
        snprintf(why, WHY_CAP, "there is no home directory: say where to keep the data with --data DIR");
        return false;
    }
    daemon->is_mqtt_port_given = daemon->options.mqtt_port != 0;
    bool is_open = data_dir_open(&daemon->dir, path, why, WHY_CAP);
    free(path);
    return is_open &&
           data_dir_socket(&daemon->dir, MOSQUITTO_CONF_SOCKET, daemon->mqtt_socket, why, WHY_CAP) &&
           mosquitto_child_find(daemon->options.mosquitto, program, why, WHY_CAP) && find_plugin(daemon) &&
           mosquitto_child_open(&daemon->broker, program, daemon->dir.path, why, WHY_CAP) &&
           choose_port(daemon, &daemon->options.mqtt_port, "--mqtt-port") &&
           (daemon->options.http_port == 0 ||
            choose_port(daemon, &daemon->options.http_port, "--http-port")) &&
           make_secret(daemon) && take_signals(daemon);
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
        .now_ms = wall_ms,
        .publish = on_notification,
        .ctx = daemon,
    };
    if (!data_dir_file(&daemon->dir, DATABASE_NAME, path, daemon->why, WHY_CAP) ||
        !data_dir_file(&daemon->dir, OBJECTS_NAME, objects, daemon->why, WHY_CAP)) {
        return false;
    }
    daemon->core = core_open(&config, daemon->why, WHY_CAP);
    return daemon->core != NULL;
}

static bool open_http(struct daemon *daemon)
{
    char path[PATH_MAX];
    const struct http_config config = {
        .core = daemon->core,
        .pki = daemon->pki,
        .listen = daemon->options.listen,
        .port = daemon->options.http_port,
        .endpoint = daemon->options.endpoint,
        .names = daemon->options.names,
        .name_count = daemon->options.name_count,
        .credentials = daemon->keys.credentials,
        .mqtt_port = daemon->options.mqtt_port,
        .socket_path = path,
    };
    if (!data_dir_socket(&daemon->dir, CONTROL_NAME, path, daemon->why, WHY_CAP)) {
        return false;
    }
    daemon->http = http_start(&config, daemon->why, WHY_CAP);
    if (daemon->http == NULL) {
        return false;
    }
    daemon->options.http_port = http_port(daemon->http);
    if (loop_add(&daemon->loop, &daemon->http_source, http_descriptor(daemon->http), on_http, daemon)) {
        return true;
    }
    snprintf(daemon->why, WHY_CAP, "epoll: %s", strerror(errno));
    return false;
}

static bool open_link(struct daemon *daemon)
{
    const struct broker_link_config config = {
        .socket_path = daemon->mqtt_socket,
        .secret = daemon->secret,
        .on_requests = on_requests,
        .on_ready = on_link_ready,
        .ctx = daemon,
    };
    daemon->link = broker_link_create(&config);
    if (daemon->link != NULL && loop_add(&daemon->loop, &daemon->link_source,
                                         broker_link_descriptor(daemon->link), on_link, daemon)) {
        return true;
    }
    snprintf(daemon->why, WHY_CAP, "the connection to the broker: %s", strerror(errno));
    return false;
}

/* mosquitto starts while we do the rest; it needs the certificates and the database. */
static bool start(struct daemon *daemon)
{
    daemon->pki =
        pki_open(daemon->dir.path, daemon->options.names, daemon->options.name_count, daemon->why, WHY_CAP);
    return daemon->pki != NULL && open_core(daemon) &&
           access_keys_open(&daemon->keys, &daemon->options, &daemon->dir, daemon->why, WHY_CAP) &&
           configure_broker(daemon) && start_broker(daemon) && open_http(daemon) && open_link(daemon);
}

/* In reverse: no new requests, then no broker, then no database. */
static void stop(struct daemon *daemon)
{
    loop_remove(&daemon->loop, &daemon->http_source);
    if (daemon->http != NULL) {
        http_stop(daemon->http);
    }
    access_keys_close(&daemon->keys);
    mosquitto_child_terminate(&daemon->broker);
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

int daemon_up(int argc, char **argv)
{
    static struct daemon daemon = {
        .dir.lock = -1,
        .broker = {.lock = -1, .descriptor = -1, .output = -1},
        .signals = -1,
        .signal_source.descriptor = -1,
        .http_source.descriptor = -1,
        .link_source.descriptor = -1,
        .broker_source.descriptor = -1,
        .output_source.descriptor = -1,
    };
    enum args_outcome outcome = daemon_options_parse(argc, argv, &daemon.options);
    if (outcome != ARGS_GOOD) {
        return outcome == ARGS_HELP ? CLI_OK : CLI_USAGE;
    }

    umask(077);
    if (prepare(&daemon) && start(&daemon)) {
        serve(&daemon);
    } else {
        stop_with_failure(&daemon);
    }
    stop(&daemon);
    return daemon.has_failed ? CLI_FAILED : CLI_OK;
}
