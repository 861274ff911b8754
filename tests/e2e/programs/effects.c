/* SPDX-License-Identifier: MIT */
/* A device that is killed (test_kill.py). Each handler writes down that it was started before it does anything, and each
 * final status is written down when the library has confirmed it. What stands in the file `effects` survives the kill:
 *     start ACTION JOB EXECUTION ATTEMPT RUN END MS
 *     confirmed JOB EXECUTION ATTEMPT END
 * "once" and "again" report from inside the handler; "later" is reported by another task, and after a boot by what the
 * file says. */
#include "common/device_config.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "lib_jobs.h"
#include "lib_json.h"
#include "lib_system.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RERUNS          3
#define REPORT_WITHIN_S 5 /* a "later" of which only the journal knows ends by its deadline */
#define REPORT_RETRY_MS 10

struct run {
    char job[LENGTH_JOB_ID];
    long long execution;
    unsigned attempt;
    uint32_t id; /* 0: none */
    char end[16];
    uint32_t work_ms;
};

void app_main(void);

static int effects = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct run later; /* waits for its report */

__attribute__((format(printf, 1, 2))) static void write_down(const char *format, ...)
{
    char line[256];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (len <= 0 || (size_t)len >= sizeof line || write(effects, line, (size_t)len) != len ||
        fsync(effects) != 0) {
        abort();
    }
}

static jobsStatus_et status_of(const struct run *run)
{
    if (strcmp(run->end, "SUCCEEDED") == 0) {
        return JOB_STATUS_SUCCEEDED;
    }
    return strcmp(run->end, "FAILED") == 0 ? JOB_STATUS_FAILED : JOB_STATUS_REJECTED;
}

static bool report(const struct run *run)
{
    const jobDetail_st details[] = {{"end", run->end}};
    if (!JOBS_report(run->id, status_of(run), details, 1)) {
        return false;
    }
    write_down("confirmed %s %lld %u %s\n", run->job, run->execution, run->attempt, run->end);
    return true;
}

static bool read_job(const job_st *job, const char *action, struct run *run)
{
    *run =
        (struct run){.execution = job->executionNumber_s64, .attempt = job->attempt_u8, .id = job->runId_u32};
    strcpy(run->job, job->idStr);
    if (!JSON_getString(job->documentStr, "end", run->end, sizeof run->end) ||
        !JSON_getUint32(job->documentStr, "ms", &run->work_ms)) {
        return false;
    }
    write_down("start %s %s %lld %u %u %s %u\n", action, run->job, run->execution, run->attempt, run->id,
               run->end, run->work_ms);
    return true;
}

static jobsStatus_et on_job(job_st *job, void *action)
{
    struct run run;
    if (!read_job(job, action, &run)) {
        return JOB_STATUS_REJECTED;
    }
    TASK_DELAY_MS(run.work_ms);
    return report(&run) ? JOB_STATUS_IN_PROGRESS : status_of(&run);
}

static jobsStatus_et on_later(job_st *job, void *action)
{
    struct run run;
    if (!read_job(job, action, &run)) {
        return JOB_STATUS_REJECTED;
    }
    pthread_mutex_lock(&lock);
    later = run;
    pthread_mutex_unlock(&lock);
    return JOB_STATUS_IN_PROGRESS;
}

static void report_later(void *ctx)
{
    (void)ctx;
    for (;;) {
        pthread_mutex_lock(&lock);
        struct run run = later;
        pthread_mutex_unlock(&lock);
        TASK_DELAY_MS(run.id != 0 ? run.work_ms : REPORT_RETRY_MS);
        if (run.id == 0 || !report(&run)) {
            continue;
        }
        pthread_mutex_lock(&lock);
        if (later.id == run.id) {
            later.id = 0;
        }
        pthread_mutex_unlock(&lock);
    }
}

/* The last "later" that was started and not confirmed. */
static void remember(const char *path)
{
    char line[256];
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        struct run run = {.id = 0};
        if (sscanf(line, "start later %64s %lld %u %u %15s %u", run.job, &run.execution, &run.attempt,
                   &run.id, run.end, &run.work_ms) == 6) {
            later = run;
        } else if (sscanf(line, "confirmed %64s", run.job) == 1 && strcmp(run.job, later.job) == 0) {
            later.id = 0;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

void app_main(void)
{
    static systemInitConfig_st config;
    static const jobHandler_st handlers[] = {
        {.pActionStr = "once", .pHandler = on_job, .pContext = "once"},
        {.pActionStr = "again",
         .pHandler = on_job,
         .pContext = "again",
         .onInterrupted_e = JOB_INTERRUPTED_RERUN,
         .maxAttempts_u8 = RERUNS},
        {.pActionStr = "later",
         .pHandler = on_later,
         .pContext = "later",
         .onInterrupted_e = JOB_INTERRUPTED_WAIT,
         .deadlineSec_u32 = REPORT_WITHIN_S},
    };
    char path[512];

    snprintf(path, sizeof path, "%s/effects", getenv("DEVICE_DIR"));
    remember(path);
    effects = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (effects < 0 || !device_config_load(&config) || !SYSTEM_init(&config)) {
        return;
    }
    for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++) {
        JOBS_registerHandler(&handlers[i]);
    }
    SYSTEM_start();
    xTaskCreate(report_later, "later", 4096, NULL, 4, NULL);
}
