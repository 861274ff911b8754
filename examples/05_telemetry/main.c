/* SPDX-License-Identifier: MIT */
/* The application's own messages and jobs over one connection. The device publishes on THING/telemetry, hears THING/commands, and
 * both a command and a job change how often it publishes:
 *     {"interval":200}                        published on THING/commands: for whoever is connected now
 *     {"action":"interval","interval":200}    as a job: arrives even if the device is away, and reports back
 * Its policy must allow these topics (README.md). */
#include "common/device_config.h"
#include "lib_aws.h"
#include "lib_delay.h"
#include "lib_jobs.h"
#include "lib_json.h"
#include "lib_print.h"
#include "lib_system.h"

#define INTERVAL_MIN_MS 10
#define INTERVAL_MAX_MS 3600000

void app_main(void);

static volatile uint32_t interval_ms = 1000;

static bool set_interval(const char *json)
{
    uint32_t ms;
    if (!JSON_getUint32(json, "interval", &ms) || ms < INTERVAL_MIN_MS || ms > INTERVAL_MAX_MS) {
        return false;
    }
    interval_ms = ms;
    print_info("every %u ms from now on", (unsigned)ms);
    return true;
}

/* On the library's event task: short, and it does not block. */
static void on_command(const awsMessage_st *ps_message, void *pContext)
{
    (void)pContext;
    if (!ps_message->pPayload) {
        print_error("a command of %u bytes is too long", (unsigned)ps_message->length_u32);
    } else if (!set_interval(ps_message->pPayload)) {
        print_error("a command needs \"interval\", %d to %d ms", INTERVAL_MIN_MS, INTERVAL_MAX_MS);
    }
}

static jobsStatus_et on_job(job_st *ps_job)
{
    return set_interval(ps_job->documentStr) ? JOB_STATUS_SUCCEEDED : JOB_STATUS_REJECTED;
}

/* Retained: whoever subscribes later, or asks with `aws iot-data get-retained-message`, has the last one. */
static void publish(const char *pTopicStr, uint32_t number)
{
    char text[64];
    int len =
        snprintf(text, sizeof(text), "{\"number\":%u,\"uptimeMs\":%u}", (unsigned)number, (unsigned)millis());
    if (!AWS_publishMessage(pTopicStr, text, (uint32_t)len, QOS1_AT_LEASET_ONCE, true)) {
        print_error("message %u is left out", (unsigned)number); /* offline for long: the queue is full */
    }
}

void app_main(void)
{
    static systemInitConfig_st config;
    static char telemetry[LENGTH_THING_NAME + 12], commands[LENGTH_THING_NAME + 12];
    if (!device_config_load(&config) || !SYSTEM_init(&config)) {
        return; /* the log names each wrong field */
    }
    snprintf(telemetry, sizeof(telemetry), "%s/telemetry", AWS_getThingName());
    snprintf(commands, sizeof(commands), "%s/commands", AWS_getThingName());
    AWS_subscribeTopic(commands, QOS1_AT_LEASET_ONCE, on_command, NULL);
    JOBS_register("interval", 0, on_job);
    SYSTEM_start();
    for (uint32_t number = 1;; number++) {
        publish(telemetry, number);
        TASK_DELAY_MS(interval_ms);
    }
}
