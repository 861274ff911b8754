/* SPDX-License-Identifier: MIT */
/* A device that blinks an LED when a job asks for it:
 *     {"action": "blink", "count": 3, "onTime": 250, "offTime": 500}
 * The handler takes a copy and returns; the application task blinks and reports. Runs on ESP32 and on Linux. */
#include "common/device_config.h"
#include "lib_aws.h"
#include "lib_delay.h"
#include "lib_gpio.h"
#include "lib_jobs.h"
#include "lib_json.h"
#include "lib_print.h"
#include "lib_system.h"
#include "lib_utils.h"

#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include <stdatomic.h>
#include <string.h>

#define LED_PIN    2
#define DEFAULT_MS 500 /* for a document without onTime and offTime */

void app_main(void);

static atomic_bool job_received; /* job_id and job_document are the application task's when it is set */
static char job_id[LENGTH_JOB_ID];
static char job_document[LENGTH_JOB_DOCUMENT];

/* On the library's worker task. No other job starts before the application task has reported this one, also when the operator has
 * cancelled, deleted or retried it meanwhile: until then these copies are that task's. */
static jobsStatus_et blink_led(job_st *ps_job)
{
    print_info("%s : %s", ps_job->idStr, ps_job->documentStr);
    strcpy(job_id, ps_job->idStr);
    strcpy(job_document, ps_job->documentStr);
    atomic_store(&job_received, true);
    return JOB_STATUS_IN_PROGRESS;
}

static void blink(uint32_t count, uint32_t on_ms, uint32_t off_ms)
{
    for (uint32_t i = 0; i < count; i++) {
        GPIO_pinWrite(LED_PIN, 1);
        TASK_DELAY_MS(on_ms);
        GPIO_pinWrite(LED_PIN, 0);
        TASK_DELAY_MS(off_ms);
    }
}

/* Values of up to three digits, and NUL: JSON_processString refuses what does not fit, and the operator reads why. */
static jobsStatus_et perform_job(void)
{
    char countStr[4] = {0};
    tagStructure_st countKeyValuePair[1] = {{"count", countStr}};
    if (!JSON_processString(job_document, countKeyValuePair, 1)) {
        return JOB_STATUS_FAILED;
    }
    uint32_t countValue = util_getNumFromString(countStr);
    print_info("blink %u times", (unsigned)countValue);
    if (countValue == 0) {
        return JOB_STATUS_FAILED;
    }

    char onTimeStr[4] = {0};
    char offTimeStr[4] = {0};
    tagStructure_st timeKeyValuePairs[2] = {{"onTime", onTimeStr}, {"offTime", offTimeStr}};
    bool hasTimes = JSON_processString(job_document, timeKeyValuePairs, 2);
    blink(countValue, hasTimes ? util_getNumFromString(onTimeStr) : DEFAULT_MS,
          hasTimes ? util_getNumFromString(offTimeStr) : DEFAULT_MS);
    return JOB_STATUS_SUCCESSED;
}

static void app_task(void *param)
{
    (void)param;
    while (1) {
        switch (SYSTEM_getMode()) {
        case SYSTEM_MODE_NORMAL:
            if (AWS_isConnected() && atomic_load(&job_received)) {
                jobsStatus_et status = perform_job();
                atomic_store(&job_received, false);
                JOBS_updateStatus(job_id, status); /* the last use of the copies: the next job may come */
            }
            break;
        default:
            break;
        }
        TASK_DELAY_MS(100);
    }
}

void app_main(void)
{
    static systemInitConfig_st s_sysConfig = {.pDeviceNamePrefixStr = "blink", .pAppVersionStr = "1.0.0"};
    if (!device_config_load(&s_sysConfig)) {
        return;
    }
    bool systemInitSuccess = SYSTEM_init(&s_sysConfig);
    if (!systemInitSuccess) {
        return;
    }
    SYSTEM_start();
    JOBS_register("blink", 0, blink_led);
    TaskHandle_t tHandle_appTask = NULL;
    xTaskCreate(&app_task, "app_task", 1024, NULL, 4, &tHandle_appTask);
}
