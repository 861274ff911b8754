/* SPDX-License-Identifier: MIT */
/* From CreateJob to the handler's start, and to SUCCEEDED as the operator sees it, with the real device library.
 *
 *   bench_latency DEVICE_FOLDER HTTP_PORT JOBS
 *
 * Every third job runs beside telemetry of the device, 80 messages of QoS 1 a second over the same connection: "busy". Also
 * measures the parts that cannot be avoided, in the same run: an HTTP round trip, one durable commit of SQLite as
 * the service does it, one put of the device's store. Prints one JSON line, microseconds. */
#include "common/device_config.h"
#include "device/port/port_store.h"

#include "lib_aws.h"
#include "lib_jobs.h"
#include "lib_system.h"

#include <curl/curl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define JOBS_MAX 2000

static _Atomic uint64_t started_us;
static CURL *curl;
static char answer[16384];
static size_t answer_len;

static uint64_t now_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

static void fail(const char *what)
{
    fprintf(stderr, "bench_latency: %s\n", what);
    exit(1);
}

static jobsStatus_et on_job(job_st *job)
{
    (void)job;
    atomic_store(&started_us, now_us());
    return JOB_STATUS_SUCCEEDED;
}

static size_t take(char *data, size_t size, size_t count, void *ctx)
{
    (void)ctx;
    size_t len = size * count;
    if (answer_len + len >= sizeof answer) {
        return 0;
    }
    memcpy(answer + answer_len, data, len);
    answer_len += len;
    answer[answer_len] = '\0';
    return len;
}

static void request(const char *method, const char *url, const char *body)
{
    answer_len = 0;
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    if (!body) {
        curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L), curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, NULL);
    }
    if (curl_easy_perform(curl) != CURLE_OK) {
        fail("HTTP request failed");
    }
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
        fprintf(stderr, "bench_latency: %s %s: HTTP %ld %s\n", method, url, status, answer);
        exit(1);
    }
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* ---- telemetry */

#define TELEMETRY_US 12500

static atomic_bool is_busy, is_sent;

static void *send_telemetry(void *topic)
{
    for (unsigned number = 0;; number++) {
        char text[64];
        snprintf(text, sizeof text, "{\"number\":%u,\"temperature\":21.5,\"humidity\":40}", number);
        atomic_store(&is_sent, !AWS_publishInProgress());
        if (atomic_load(&is_busy) &&
            !AWS_publishMessage(topic, text, (uint32_t)strlen(text), QOS1_AT_LEASET_ONCE, false)) {
            fail("telemetry is not taken");
        }
        usleep(TELEMETRY_US);
    }
    return NULL;
}

static void start_telemetry(const char *thing)
{
    static char topic[200];
    pthread_t thread;
    snprintf(topic, sizeof topic, "%s/telemetry", thing);
    if (pthread_create(&thread, NULL, send_telemetry, topic) != 0) {
        fail("no thread for the telemetry");
    }
}

/* Several messages are on their way, or none is. */
static void set_busy(bool value)
{
    atomic_store(&is_busy, value);
    usleep(5 * TELEMETRY_US);
    while (!value && !atomic_load(&is_sent)) {
        usleep(TELEMETRY_US);
    }
}

/* ---- the numbers */

static uint64_t quantile(uint64_t *values, size_t count, unsigned percent)
{
    qsort(values, count, sizeof *values, by_value);
    return values[count * percent / 100 < count ? count * percent / 100 : count - 1];
}

static uint64_t probe_http(int port)
{
    char url[128];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/endpoint?endpointType=iot%%3AData-ATS", port);
    uint64_t start = now_us();
    request("GET", url, NULL);
    return now_us() - start;
}

/* A database with the service's settings, on the file system that the service uses. */
static sqlite3 *open_probe(const char *folder)
{
    char path[600];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/probe.db", folder);
    if (sqlite3_open(path, &db) != SQLITE_OK ||
        sqlite3_exec(db,
                     "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                     "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)",
                     0, 0, 0) != SQLITE_OK) {
        fail("cannot open the probe database");
    }
    return db;
}

/* One row in one transaction. */
static uint64_t probe_commit(sqlite3 *db)
{
    uint64_t start = now_us();
    if (sqlite3_exec(db, "INSERT INTO t(b) VALUES (hex(randomblob(100)))", 0, 0, 0) != SQLITE_OK) {
        fail("probe insert failed");
    }
    return now_us() - start;
}

static uint64_t probe_put(void)
{
    char record[400];
    memset(record, 'x', sizeof record);
    uint64_t start = now_us();
    if (port_store_put("probe", record, sizeof record) != ERR_OK) {
        fail("probe put failed");
    }
    return now_us() - start;
}

static void run_job(const char *thing, int port, unsigned index, uint64_t *to_start, uint64_t *to_end)
{
    char url[256], body[256];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/jobs/latency-%u", port, index);
    snprintf(body, sizeof body,
             "{\"targets\":[\"arn:aws:iot:us-east-1:123456789012:thing/%s\"],"
             "\"document\":\"{\\\"action\\\":\\\"measure\\\"}\"}",
             thing);
    atomic_store(&started_us, 0);
    uint64_t created = now_us();
    request("PUT", url, body);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/things/%s/jobs/latency-%u", port, thing, index);
    uint64_t give_up = created + 10000000u;
    while (atomic_load(&started_us) == 0) {
        usleep(20);
        if (now_us() > give_up) {
            fail("a job was not started within 10 s");
        }
    }
    *to_start = atomic_load(&started_us) - created;
    do {
        request("GET", url, NULL);
    } while (!strstr(answer, "SUCCEEDED") && now_us() < give_up);
    *to_end = now_us() - created;
    if (!strstr(answer, "SUCCEEDED")) {
        fail("a job did not succeed within 10 s");
    }
}

/* Until the device has put its last record of the job: a probe must not share the disk with it. */
static void wait_settled(unsigned jobs)
{
    jobsCounters_st counters;
    do {
        usleep(20000);
        JOBS_getCounters(&counters);
    } while (counters.journalWrites_u32 < 3 * jobs);
}

static struct curl_slist *sign(struct curl_slist *list)
{
    list = curl_slist_append(
        list, "Authorization: AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/iot/aws4_request, "
              "SignedHeaders=host;x-amz-date, Signature="
              "0000000000000000000000000000000000000000000000000000000000000000");
    list = curl_slist_append(list, "X-Amz-Date: 20260101T000000Z");
    return curl_slist_append(list, "Content-Type: application/json");
}

int main(int argc, char **argv)
{
    static systemInitConfig_st config;
    static uint64_t to_start[JOBS_MAX], to_end[JOBS_MAX], busy_start[JOBS_MAX], busy_end[JOBS_MAX];
    static uint64_t rested_start[JOBS_MAX], rested_end[JOBS_MAX];
    static uint64_t http[JOBS_MAX], commit[JOBS_MAX], put[JOBS_MAX];
    if (argc != 4) {
        fail("usage: bench_latency DEVICE_FOLDER HTTP_PORT JOBS");
    }
    setenv("DEVICE_DIR", argv[1], 1);
    int port = atoi(argv[2]);
    unsigned jobs = (unsigned)atoi(argv[3]);
    if (jobs == 0 || jobs > JOBS_MAX) {
        fail("JOBS is 1..2000");
    }

    curl_global_init(CURL_GLOBAL_DEFAULT);
    curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, sign(NULL));

    if (!device_config_load(&config) || !SYSTEM_init(&config)) {
        fail("no valid device folder");
    }
    const char *thing = config.s_awsConfig.pThingNameStr;
    sqlite3 *db = open_probe(argv[1]);
    JOBS_register("measure", 0, on_job);
    SYSTEM_start();
    for (int i = 0; i < 1000 && !AWS_isConnected(); i++) {
        usleep(10000);
    }
    if (!AWS_isConnected()) {
        fail("the device did not connect within 10 s");
    }
    start_telemetry(thing);
    for (unsigned i = 0; i < jobs; i++) { /* by turns, so that a slow moment of the disk hits all alike */
        wait_settled(3 * i);
        http[i] = probe_http(port);
        commit[i] = probe_commit(db);
        put[i] = probe_put();
        run_job(thing, port, 3 * i, &to_start[i], &to_end[i]); /* right behind its parts */
        /* With and without telemetry follow the same pause: after a rest everything is a little slower. */
        set_busy(false);
        run_job(thing, port, 3 * i + 1, &rested_start[i], &rested_end[i]);
        set_busy(true);
        run_job(thing, port, 3 * i + 2, &busy_start[i], &busy_end[i]);
        set_busy(false);
    }
    sqlite3_close(db);

    printf("{\"jobs\":%u,\"http_us\":%lu,\"commit_us\":%lu,\"put_us\":%lu,\"start_p50_us\":%lu,\"start_p99_"
           "us\":%lu,"
           "\"end_p50_us\":%lu,\"end_p99_us\":%lu,\"rested_start_p50_us\":%lu,\"rested_end_p50_us\":%lu,"
           "\"busy_start_p50_us\":%lu,\"busy_end_p50_us\":%lu}\n",
           jobs, quantile(http, jobs, 50), quantile(commit, jobs, 50), quantile(put, jobs, 50),
           quantile(to_start, jobs, 50), quantile(to_start, jobs, 99), quantile(to_end, jobs, 50),
           quantile(to_end, jobs, 99), quantile(rested_start, jobs, 50), quantile(rested_end, jobs, 50),
           quantile(busy_start, jobs, 50), quantile(busy_end, jobs, 50));
    fflush(stdout);
    _exit(0); /* tasks of the library live until the process ends */
}
