/* SPDX-License-Identifier: MIT */
/* Firmware whose power is cut (play.py). It says on the console, which the emulator writes into a file, what it does:
 *     effect start ACTION JOB EXECUTION ATTEMPT END MS     before a handler does anything else
 *     effect confirmed JOB EXECUTION ATTEMPT END           when the library has confirmed a final status
 *     stack TASK FREE                                      the fewest bytes that were ever free, every few seconds
 *     heap FREE FEWEST
 * "once" and "again" report from inside the handler; "later" is reported by another task, also after a boot, by what it has in
 * NVS. "restart" is the library's own. */
#include "common/device_config.h"
#include "lib_delay.h"
#include "lib_jobs.h"
#include "lib_json.h"
#include "lib_print.h"
#include "lib_system.h"

#include "esp_rom_crc.h"
#include "esp_system.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "freertos/task.h"
#include "nvs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RERUNS           3
#define REPORT_WITHIN_S  5 /* a "later" of which NVS knows nothing ends by its deadline */
#define REPORT_RETRY_MS  20
#define WATCH_MS         2000
#define TASKS_MAX        24
#define LATER_STACK      4096
#define WATCH_STACK      4096
#define PRIORITY_OF_OURS 4

struct run {
    char job[LENGTH_JOB_ID];
    long long execution;
    unsigned attempt;
    uint32_t id; /* 0: none */
    char end[16];
    uint32_t work_ms;
    char document[24]; /* what came of it: its bytes and their CRC-32 */
};

void app_main(void);

static SemaphoreHandle_t lock; /* of `later` in memory and in NVS */
static struct run later;
static nvs_handle_t store;

/* One write, whole, even if tasks take turns. */
static void say(const char *line)
{
    fputs(line, stdout);
    fflush(stdout);
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
    const jobDetail_st details[] = {{"end", run->end}, {"document", run->document}};
    if (!JOBS_report(run->id, status_of(run), details, 2)) {
        return false;
    }
    char line[160];
    snprintf(line, sizeof(line), "effect confirmed %s %lld %u %s\n", run->job, run->execution, run->attempt,
             run->end);
    say(line);
    return true;
}

static bool read_job(const job_st *job, const char *action, struct run *run)
{
    *run =
        (struct run){.execution = job->executionNumber_s64, .attempt = job->attempt_u8, .id = job->runId_u32};
    strcpy(run->job, job->idStr);
    if (!JSON_getString(job->documentStr, "end", run->end, sizeof(run->end)) ||
        !JSON_getUint32(job->documentStr, "ms", &run->work_ms)) {
        return false;
    }
    size_t len = strlen(job->documentStr);
    snprintf(run->document, sizeof(run->document), "%u %08lx", (unsigned)len,
             (unsigned long)esp_rom_crc32_le(0, (const uint8_t *)job->documentStr, (uint32_t)len));
    char line[160];
    snprintf(line, sizeof(line), "effect start %s %s %lld %u %s %lu\n", action, run->job, run->execution,
             run->attempt, run->end, (unsigned long)run->work_ms);
    say(line);
    return true;
}

static jobsStatus_et on_job(job_st *job, void *action)
{
    struct run run;
    if (!read_job(job, action, &run)) {
        return JOB_STATUS_REJECTED;
    }
    print_info("%s works for %lu ms", run.job, (unsigned long)run.work_ms);
    TASK_DELAY_MS(run.work_ms);
    return report(&run) ? JOB_STATUS_IN_PROGRESS : status_of(&run);
}

static void set_later(const struct run *run)
{
    xSemaphoreTake(lock, portMAX_DELAY);
    later = *run;
    nvs_set_blob(store, "later", run, sizeof(*run));
    nvs_commit(store);
    xSemaphoreGive(lock);
}

static jobsStatus_et on_later(job_st *job, void *action)
{
    struct run run;
    if (!read_job(job, action, &run)) {
        return JOB_STATUS_REJECTED;
    }
    set_later(&run);
    return JOB_STATUS_IN_PROGRESS;
}

static void report_later(void *param)
{
    (void)param;
    while (1) {
        xSemaphoreTake(lock, portMAX_DELAY);
        struct run run = later;
        xSemaphoreGive(lock);
        TASK_DELAY_MS(run.id ? run.work_ms : REPORT_RETRY_MS);
        if (!run.id || !report(&run)) {
            continue;
        }
        xSemaphoreTake(lock, portMAX_DELAY);
        if (later.id == run.id) {
            later.id = 0;
            nvs_erase_key(store, "later");
            nvs_commit(store);
        }
        xSemaphoreGive(lock);
    }
}

static void watch(void *param)
{
    static TaskStatus_t tasks[TASKS_MAX];
    (void)param;
    while (1) {
        TASK_DELAY_MS(WATCH_MS);
        UBaseType_t count = uxTaskGetSystemState(tasks, TASKS_MAX, NULL);
        char line[80];
        for (UBaseType_t i = 0; i < count; i++) {
            snprintf(line, sizeof(line), "stack %s %lu\n", tasks[i].pcTaskName,
                     (unsigned long)tasks[i].usStackHighWaterMark);
            say(line);
        }
        snprintf(line, sizeof(line), "heap %lu %lu\n", (unsigned long)esp_get_free_heap_size(),
                 (unsigned long)esp_get_minimum_free_heap_size());
        say(line);
    }
}

static bool open_store(void)
{
    size_t len = sizeof(later);
    lock = xSemaphoreCreateMutex();
    if (!lock || nvs_open("chip", NVS_READWRITE, &store) != ESP_OK) {
        return false;
    }
    if (nvs_get_blob(store, "later", &later, &len) != ESP_OK || len != sizeof(later)) {
        later.id = 0;
    }
    return true;
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
    if (!device_config_load(&config) || !SYSTEM_init(&config) || !open_store()) {
        say("no start\n");
        return;
    }
    for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
        JOBS_registerHandler(&handlers[i]);
    }
    JOBS_registerRestart(NULL);
    SYSTEM_start();
    xTaskCreate(report_later, "later", LATER_STACK, NULL, PRIORITY_OF_OURS, NULL);
    xTaskCreate(watch, "watch", WATCH_STACK, NULL, 1, NULL);
}
