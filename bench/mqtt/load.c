/* SPDX-License-Identifier: MIT */
/* MQTT loads over mutual TLS. Closed loop: N connections, each with one request in flight, QoS 1 both ways. Fleet: N
 * devices that wait for their jobs.
 *
 *   bench_mqtt respond SOCKET                                 answers req/ID on rep/ID, over a Unix socket
 *   bench_mqtt raw   HOST PORT FOLDER CONNECTIONS SECONDS     request and answer through the broker alone
 *   bench_mqtt jobs  HOST PORT FOLDER CONNECTIONS SECONDS     UpdateJobExecution, answered by the service
 *   bench_mqtt fleet HOST PORT FOLDER CONNECTIONS SECONDS FIRST   connects fleet-FIRST and so many more, all with the
 *                                    certificate of FOLDER/fleet, says so when nothing comes any more, and waits for a notify each
 *
 * FOLDER holds bench-0, bench-1, ... as `iot-local thing` writes them; `jobs` expects an execution named "load" on each
 * thing. Prints one JSON line: round trips, seconds, p50 and p99 in microseconds. */
#include <mosquitto.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

#define PAYLOAD_CAP 256
#define SAMPLES_MAX 2000000
#define SETUP_SECS  20

struct client {
    struct mosquitto *mosq;
    char name[32];
    char topic[96];
    uint64_t sent_ns;
    unsigned serial;
    bool is_ready;
    bool watches_write;
    bool is_told; /* has got its notify */
};

static bool is_jobs;
static bool is_fleet;
static unsigned told_count;
static bool is_measuring;
static int ready_count;
static uint32_t *samples;
static size_t sample_count;

static uint64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void fail(const char *what, int code)
{
    fprintf(stderr, "bench_mqtt: %s: %s\n", what, mosquitto_strerror(code));
    exit(1);
}

static void send_request(struct client *client)
{
    char payload[PAYLOAD_CAP];
    int len =
        snprintf(payload, sizeof payload,
                 "{\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"state\":\"running\",\"attempt\":\"1\","
                 "\"progress\":\"%u\"},\"clientToken\":\"%s-%u\"}",
                 client->serial % 100, client->name, client->serial);
    client->serial++;
    client->sent_ns = now_ns();
    int code = mosquitto_publish(client->mosq, NULL, client->topic, len, payload, 1, false);
    if (code != MOSQ_ERR_SUCCESS) {
        fail("publish", code);
    }
}

static void on_message(struct mosquitto *mosq, void *userdata, const struct mosquitto_message *message)
{
    struct client *client = userdata;
    (void)mosq;
    if (is_fleet) {
        told_count += !client->is_told;
        client->is_told = true;
        return;
    }
    if (is_jobs && !strstr(message->topic, "/update/accepted")) {
        return;
    }
    if (is_measuring && sample_count < SAMPLES_MAX) {
        samples[sample_count++] = (uint32_t)((now_ns() - client->sent_ns) / 1000);
    }
    send_request(client);
}

static void on_subscribe(struct mosquitto *mosq, void *userdata, int mid, int count, const int *granted)
{
    struct client *client = userdata;
    (void)mosq, (void)mid;
    if (count != 1 || granted[0] > 1) {
        fail("subscription refused", MOSQ_ERR_ACL_DENIED);
    }
    client->is_ready = true;
    ready_count++;
}

static void on_connect(struct mosquitto *mosq, void *userdata, int code)
{
    struct client *client = userdata;
    char filter[128];
    if (code != 0) {
        fail("connection refused", MOSQ_ERR_CONN_REFUSED);
    }
    if (is_fleet) {
        snprintf(filter, sizeof filter, "$aws/things/%s/jobs/notify", client->name);
    } else if (is_jobs) {
        snprintf(filter, sizeof filter, "$aws/things/%s/jobs/load/update/+", client->name);
    } else {
        snprintf(filter, sizeof filter, "rep/%s", client->name);
    }
    mosquitto_subscribe(mosq, NULL, filter, 1);
}

static void set_nodelay(struct mosquitto *mosq)
{
    mosquitto_int_option(mosq, MOSQ_OPT_TCP_NODELAY, 1);
}

static void client_open(struct client *client, unsigned index, const char *host, int port, const char *folder)
{
    char ca[512], cert[512], key[512];
    snprintf(client->name, sizeof client->name, is_fleet ? "fleet-%u" : "bench-%u", index);
    const char *identity = is_fleet ? "fleet" : client->name;
    snprintf(ca, sizeof ca, "%s/%s/root_ca.pem", folder, identity);
    snprintf(cert, sizeof cert, "%s/%s/certificate.pem", folder, identity);
    snprintf(key, sizeof key, "%s/%s/private_key.pem", folder, identity);
    if (is_jobs) {
        snprintf(client->topic, sizeof client->topic, "$aws/things/%s/jobs/load/update", client->name);
    } else {
        snprintf(client->topic, sizeof client->topic, "req/%s", client->name);
    }
    client->mosq = mosquitto_new(client->name, true, client);
    mosquitto_connect_callback_set(client->mosq, on_connect);
    mosquitto_subscribe_callback_set(client->mosq, on_subscribe);
    mosquitto_message_callback_set(client->mosq, on_message);
    set_nodelay(client->mosq);
    int code = mosquitto_tls_set(client->mosq, ca, NULL, cert, key, NULL);
    if (code == MOSQ_ERR_SUCCESS) {
        code = mosquitto_connect(client->mosq, host, port, 600);
    }
    if (code != MOSQ_ERR_SUCCESS) {
        fail("connect", code);
    }
}

static void watch(int poller, struct client *client, int operation)
{
    client->watches_write = mosquitto_want_write(client->mosq);
    struct epoll_event event = {.events = EPOLLIN | (client->watches_write ? (uint32_t)EPOLLOUT : 0u),
                                .data.ptr = client};
    epoll_ctl(poller, operation, mosquitto_socket(client->mosq), &event);
}

static void turn(int poller, int timeout_ms)
{
    struct epoll_event events[128];
    int count = epoll_wait(poller, events, 128, timeout_ms);
    for (int i = 0; i < count; i++) {
        struct client *client = events[i].data.ptr;
        int code = MOSQ_ERR_SUCCESS;
        if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
            code = mosquitto_loop_read(client->mosq, 10);
        }
        if (code == MOSQ_ERR_SUCCESS && mosquitto_want_write(client->mosq)) {
            code = mosquitto_loop_write(client->mosq, 10);
        }
        if (code != MOSQ_ERR_SUCCESS) {
            fail("connection lost", code);
        }
        if (mosquitto_want_write(client->mosq) != client->watches_write) {
            watch(poller, client, EPOLL_CTL_MOD);
        }
    }
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int run_load(const char *host, int port, const char *folder, unsigned connections, double seconds)
{
    struct client *clients = calloc(connections, sizeof *clients);
    samples = malloc(SAMPLES_MAX * sizeof *samples);
    int poller = epoll_create1(EPOLL_CLOEXEC);
    if (!clients || !samples || poller < 0) {
        fail("set-up", MOSQ_ERR_NOMEM);
    }
    for (unsigned i = 0; i < connections; i++) {
        client_open(&clients[i], i, host, port, folder);
        watch(poller, &clients[i], EPOLL_CTL_ADD);
        turn(poller, 0);
    }
    uint64_t give_up = now_ns() + SETUP_SECS * 1000000000ull;
    while ((unsigned)ready_count < connections) {
        turn(poller, 10);
        if (now_ns() > give_up) {
            fail("not every connection got ready", MOSQ_ERR_TIMEOUT);
        }
    }
    for (unsigned i = 0; i < connections; i++) {
        send_request(&clients[i]);
        if (mosquitto_want_write(clients[i].mosq) != clients[i].watches_write) {
            watch(poller, &clients[i], EPOLL_CTL_MOD);
        }
    }
    uint64_t start = now_ns() + 500000000ull; /* half a second to warm up */
    uint64_t end = start + (uint64_t)(seconds * 1e9);
    while (now_ns() < end) {
        is_measuring = now_ns() >= start;
        turn(poller, 10);
    }
    if (sample_count == 0) {
        fail("no answer came at all", MOSQ_ERR_TIMEOUT);
    }
    qsort(samples, sample_count, sizeof *samples, by_value);
    printf("{\"connections\":%u,\"round_trips\":%zu,\"seconds\":%.2f,\"per_second\":%.0f,\"p50_us\":%u,"
           "\"p99_us\":%u,\"max_us\":%u}\n",
           connections, sample_count, seconds, (double)sample_count / seconds, samples[sample_count / 2],
           samples[sample_count * 99 / 100], samples[sample_count - 1]);
    return 0;
}

/* Handshakes that are under way at once: more would only wait for each other. */
#define HANDSHAKES_MAX 64

static double seconds_since(uint64_t start_ns)
{
    return (double)(now_ns() - start_ns) / 1e9;
}

/* What was pending is announced to those who subscribe: until that is over. */
static void settle(int poller, struct client *clients, unsigned connections)
{
    unsigned before;
    do {
        uint64_t start = now_ns();
        before = told_count;
        while (seconds_since(start) < 1) {
            turn(poller, 10);
        }
    } while (told_count != before);
    for (unsigned i = 0; i < connections; i++) {
        clients[i].is_told = false;
    }
    told_count = 0;
}

static int run_fleet(const char *host, int port, const char *folder, unsigned connections, double seconds,
                     unsigned first)
{
    struct client *clients = calloc(connections, sizeof *clients);
    int poller = epoll_create1(EPOLL_CLOEXEC);
    struct rlimit files;
    if (!clients || poller < 0 || getrlimit(RLIMIT_NOFILE, &files) != 0) {
        fail("set-up", MOSQ_ERR_NOMEM);
    }
    files.rlim_cur = files.rlim_max; /* a descriptor for each device */
    setrlimit(RLIMIT_NOFILE, &files);
    uint64_t start = now_ns();
    for (unsigned i = 0; i < connections; i++) {
        client_open(&clients[i], first + i, host, port, folder);
        watch(poller, &clients[i], EPOLL_CTL_ADD);
        while (i + 1 - (unsigned)ready_count >= HANDSHAKES_MAX) {
            turn(poller, 10);
        }
    }
    while ((unsigned)ready_count < connections) {
        turn(poller, 10);
    }
    double took = seconds_since(start);
    settle(poller, clients, connections);
    printf("{\"connected\":%u,\"seconds\":%.2f}\n", connections, took);
    fflush(stdout);
    start = now_ns();
    while (told_count < connections && seconds_since(start) < seconds) {
        turn(poller, 10);
    }
    printf("{\"told\":%u,\"seconds\":%.2f}\n", told_count, seconds_since(start));
    return 0;
}

static void on_request(struct mosquitto *mosq, void *userdata, const struct mosquitto_message *message)
{
    char topic[96];
    (void)userdata;
    snprintf(topic, sizeof topic, "rep/%s", message->topic + 4);
    mosquitto_publish(mosq, NULL, topic, message->payloadlen, message->payload, 1, false);
}

static void on_responder_connect(struct mosquitto *mosq, void *userdata, int code)
{
    (void)userdata;
    if (code != 0) {
        fail("responder refused", MOSQ_ERR_CONN_REFUSED);
    }
    mosquitto_subscribe(mosq, NULL, "req/+", 1);
}

static int run_responder(const char *socket_path)
{
    struct mosquitto *mosq = mosquitto_new("responder", true, NULL);
    mosquitto_connect_callback_set(mosq, on_responder_connect);
    mosquitto_message_callback_set(mosq, on_request);
    mosquitto_int_option(mosq, MOSQ_OPT_SEND_MAXIMUM, 10000);
    mosquitto_int_option(mosq, MOSQ_OPT_RECEIVE_MAXIMUM, 10000);
    int code = mosquitto_connect(mosq, socket_path, 0, 600);
    if (code != MOSQ_ERR_SUCCESS) {
        fail("responder", code);
    }
    code = mosquitto_loop_forever(mosq, 1000, 1);
    return code == MOSQ_ERR_SUCCESS ? 0 : 1;
}

int main(int argc, char **argv)
{
    mosquitto_lib_init();
    if (argc == 3 && strcmp(argv[1], "respond") == 0) {
        return run_responder(argv[2]);
    }
    if (argc == 7 && (strcmp(argv[1], "raw") == 0 || strcmp(argv[1], "jobs") == 0)) {
        is_jobs = strcmp(argv[1], "jobs") == 0;
        return run_load(argv[2], atoi(argv[3]), argv[4], (unsigned)atoi(argv[5]), atof(argv[6]));
    }
    if (argc == 8 && strcmp(argv[1], "fleet") == 0) {
        is_fleet = true;
        return run_fleet(argv[2], atoi(argv[3]), argv[4], (unsigned)atoi(argv[5]), atof(argv[6]),
                         (unsigned)atoi(argv[7]));
    }
    fprintf(
        stderr,
        "usage: bench_mqtt respond SOCKET | raw|jobs|fleet HOST PORT FOLDER CONNECTIONS SECONDS [FIRST]\n");
    return 2;
}
