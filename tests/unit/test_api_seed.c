/* SPDX-License-Identifier: MIT */
/* The program of the seed, with its own types, calls and order of calls: plain flag, strcpy, an unsized char[4], SYSTEM_start before
 * JOBS_register, xTaskCreate with 1024 bytes of stack. It compiles without a warning and does what its text says. */
// LINK: device_api device_run device_core fake_service fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_service.h"

/* ---- the program */
#include "lib_aws.h"
#include "lib_delay.h"
#include "lib_gpio.h"
#include "lib_jobs.h"
#include "lib_json.h"
#include "lib_print.h"
#include "lib_system.h"
#include "lib_utils.h"
#include <string.h>

#define LED_PIN 2

static atomic_bool job_received = false; /* the seed has a plain bool, which only works by luck */
static char job_id[LENGTH_JOB_ID] = {0};
static char job_document[LENGTH_JOB_DOCUMENT] = {0};
static systemInitConfig_st s_sysConfig;
static bool has_task;

static jobsStatus_et blink_led(job_st *ps_job)
{
    print_info("%s : %s", ps_job->idStr, ps_job->documentStr);
    strcpy(job_id, ps_job->idStr);
    strcpy(job_document, ps_job->documentStr);
    job_received = true;
    return JOB_STATUS_IN_PROGRESS;
}

static void look_for_a_job(void)
{
    char countStr[4] = {0};
    uint32_t countValue = 0;
    if (job_received) {
        tagStructure_st countKeyValuePair[1] = {{"count", countStr}};
        if (JSON_processString(job_document, countKeyValuePair, 1)) {
            countValue = util_getNumFromString(countStr);
            print_info("blink %d times\r\n", countValue);
            if (countValue > 0) {
                for (uint8_t i = 0; i < countValue; i++) {
                    GPIO_pinWrite(LED_PIN, 1);
                    TASK_DELAY_MS(1);
                    GPIO_pinWrite(LED_PIN, 0);
                    TASK_DELAY_MS(1);
                }
                job_received = false; /* the seed clears it after the report, and may so lose the next job */
                JOBS_updateStatus(job_id, JOB_STATUS_SUCCESSED);
            }
        }
    }
}

static void app_task(void *param)
{
    (void)param;
    while (1) {
        switch (SYSTEM_getMode()) {
        case SYSTEM_MODE_NORMAL:
            if (AWS_isConnected()) {
                look_for_a_job();
            }
            break;
        default:
            break;
        }
        TASK_DELAY_MS(1);
    }
}

static void start_program(void)
{
    bool systemInitSuccess = SYSTEM_init(&s_sysConfig);
    if (systemInitSuccess) {
        SYSTEM_start();
        JOBS_register("blink", 0, blink_led);
    }
    TaskHandle_t tHandle_appTask = NULL;
    has_task = xTaskCreate(&app_task, "app_task", 1024, NULL, 4, &tHandle_appTask) == pdPASS &&
               tHandle_appTask != NULL;
}

/* ---- the test */
#define CERT "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"
#define KEY  "-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----\n"

static void test_the_seeds_program(void **state)
{
    (void)state;
    fake_reset();
    s_sysConfig = (systemInitConfig_st){.s_awsConfig = {.hostNameStr = "localhost",
                                                        .port_u16 = 8883,
                                                        .pRootCaStr = CERT,
                                                        .pThingCertStr = CERT,
                                                        .pThingPrivateKeyStr = KEY,
                                                        .pThingNameStr = FAKE_THING}};
    start_program();
    assert_true(has_task);
    fake_offer_job(1, "job-1",
                   "{\n\"action\": \"blink\",\n\"count\": 3,\n\"onTime\": 250,\n\"offTime\": 500\n}");
    struct fake_request request;
    fake_accept_until(&request, "job-1", "SUCCEEDED");
    assert_true(fake_log_has("print: look_for_a_job: blink 3 times"));
    assert_int_equal(fake_gpio_changes(LED_PIN), 6);

    fake_answer_next("job-2", "{\"action\":\"blink\",\"count\":1}");
    fake_accept_until(&request, "job-2", "SUCCEEDED");
    assert_int_equal(fake_gpio_changes(LED_PIN), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_seeds_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
