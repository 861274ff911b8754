/* SPDX-License-Identifier: MIT */
/* The listing of the seed as its reader writes it: a plain flag that is cleared behind the report, strcpy into globals, values of four bytes,
 * an application task that looks every 100 ms. Only the system's configuration is left to who includes it. */
#ifndef TESTS_UNIT_SEED_LISTING_H
#define TESTS_UNIT_SEED_LISTING_H

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

#include <string.h>

#define LED_PIN 2

static systemInitConfig_st s_sysConfig;

/* The seed's flag is plain: a race, though no compiler and no processor of ours makes anything of it. */
#ifdef __SANITIZE_THREAD__
#define SEED_FLAG _Atomic bool
#else
#define SEED_FLAG bool
#endif

SEED_FLAG job_received = false;
char job_id[LENGTH_JOB_ID] = {0};
char job_document[LENGTH_JOB_DOCUMENT] = {0};

static jobsStatus_et blink_led(job_st *ps_job)
{
    print_info("%s : %s", ps_job->idStr, ps_job->documentStr);
    // copy job_id & job_document
    strcpy(job_id, ps_job->idStr);
    strcpy(job_document, ps_job->documentStr);
    // handle the operation in application task
    job_received = true;
    return JOB_STATUS_IN_PROGRESS;
}

static void app_task(void *param)
{
    (void)param;
    while (1) {
        switch (SYSTEM_getMode()) {
        case SYSTEM_MODE_NORMAL: {
            char countStr[4] = {0};
            uint32_t countValue = 0;
            // job received? perform operation
            if (job_received) {
                // variable for extracting json key-value pair
                tagStructure_st countKeyValuePair[1] = {{"count", countStr}};
                // parse job document to initialize count value
                if (JSON_processString(job_document, countKeyValuePair, 1)) {
                    countValue = util_getNumFromString(countStr);
                    print_info("blink %d times\r\n", countValue);
                    if (countValue > 0) {
                        // blink 3 times
                        for (uint8_t i = 0; i < countValue; i++) {
                            GPIO_pinWrite(LED_PIN, 1);
                            TASK_DELAY_MS(500);
                            GPIO_pinWrite(LED_PIN, 0);
                            TASK_DELAY_MS(500);
                        }
                        JOBS_updateStatus(job_id, JOB_STATUS_SUCCESSED);
                    }
                }
                job_received = false;
            }
            break;
        }
        default:
            break;
        }
        TASK_DELAY_MS(100);
    }
}

static bool start_program(void)
{
    bool systemInitSuccess = SYSTEM_init(&s_sysConfig);
    if (systemInitSuccess) {
        SYSTEM_start();
        JOBS_register("blink", 0, blink_led);
    }
    TaskHandle_t tHandle_appTask = NULL;
    return xTaskCreate(&app_task, "app_task", 1024, NULL, 4, &tHandle_appTask) == pdPASS &&
           tHandle_appTask != NULL;
}

#endif
