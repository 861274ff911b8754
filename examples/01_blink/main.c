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

#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include <stdatomic.h>
#include <string.h>

#define LED_PIN    2
#define COUNT_MAX  1000
#define TIME_MAX   60000 /* ms */
#define DEFAULT_MS 500   /* for a document without onTime or offTime */

struct order {
    uint32_t count, on_ms, off_ms;
};

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

static void blink(const struct order *order)
{
    for (uint32_t i = 0; i < order->count; i++) {
        GPIO_pinWrite(LED_PIN, 1);
        TASK_DELAY_MS(order->on_ms);
        GPIO_pinWrite(LED_PIN, 0);
        TASK_DELAY_MS(order->off_ms);
    }
}

/* false: a value is there that is no such number. The library tells the operator which and why. */
static bool read_order(const char *document, struct order *order)
{
    return JSON_getUint32Or(document, "count", 0, &order->count) &&
           JSON_getUint32Or(document, "onTime", DEFAULT_MS, &order->on_ms) &&
           JSON_getUint32Or(document, "offTime", DEFAULT_MS, &order->off_ms);
}

/* What only this program knows to be wrong, in words for the operator; NULL: nothing. */
static const char *judge_order(const struct order *order)
{
    if (order->count < 1 || order->count > COUNT_MAX) {
        return "'count' must be 1 to 1000";
    }
    if (order->on_ms < 1 || order->on_ms > TIME_MAX) {
        return "'onTime' must be 1 to 60000 ms";
    }
    return order->off_ms < 1 || order->off_ms > TIME_MAX ? "'offTime' must be 1 to 60000 ms" : NULL;
}

/* Done as asked, or FAILED with the reason; never something else in its place. */
static jobsStatus_et perform_job(jobDetail_st *message)
{
    struct order order;
    if (!read_order(job_document, &order)) {
        return JOB_STATUS_FAILED;
    }
    const char *why = judge_order(&order);
    if (why) {
        *message = (jobDetail_st){"message", why};
        return JOB_STATUS_FAILED;
    }
    print_info("blink %u times", (unsigned)order.count);
    blink(&order);
    return JOB_STATUS_SUCCESSED;
}

static void app_task(void *param)
{
    (void)param;
    while (1) {
        switch (SYSTEM_getMode()) {
        case SYSTEM_MODE_NORMAL:
            if (AWS_isConnected() && atomic_load(&job_received)) {
                jobDetail_st message = {0};
                jobsStatus_et status = perform_job(&message);
                atomic_store(&job_received, false);
                /* the last use of the copies: the next job may come */
                JOBS_updateStatusDetails(job_id, status, &message, message.pKeyStr ? 1 : 0);
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
