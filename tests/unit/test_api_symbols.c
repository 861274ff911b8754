/* SPDX-License-Identifier: MIT */
/* Every public function exists with the type that is written down here, and the table below has every function that the headers
 * declare. Sizes: the library and an application must agree, or the program does not link. */
// LINK: device_api device_runtime device_core fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_ports.h"
#include "lib_aws.h"
#include "lib_ble.h"
#include "lib_config.h"
#include "lib_delay.h"
#include "lib_flash.h"
#include "lib_gpio.h"
#include "lib_jobs.h"
#include "lib_json.h"
#include "lib_msg.h"
#include "lib_ota.h"
#include "lib_print.h"
#include "lib_system.h"
#include "lib_utils.h"
#include "lib_wifi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A row compiles only when the function has this type. */
#define FUNCTION(name, type)                                                                                 \
    {                                                                                                        \
#name, (void (*)(void)) _Generic(&name, type : &name)                                                \
    }

static const struct {
    const char *name;
    void (*function)(void);
} functions[] = {
    FUNCTION(AWS_isConnected, bool (*)(void)),
    FUNCTION(AWS_getState, awsIotStates_et (*)(void)),
    FUNCTION(AWS_getStateString, const char *(*)(void)),
    FUNCTION(AWS_getThingName, const char *(*)(void)),
    FUNCTION(AWS_setProvisioningParameter, bool (*)(const char *, const char *)),
    FUNCTION(AWS_suspend, void (*)(void)),
    FUNCTION(AWS_resume, void (*)(void)),
    FUNCTION(AWS_restart, void (*)(void)),
    FUNCTION(AWS_publish, bool (*)(mqttMsg_st *)),
    FUNCTION(AWS_subscribe, bool (*)(const char *, uint8_t)),
    FUNCTION(AWS_subMsgAvailable, uint16_t (*)(void)),
    FUNCTION(AWS_subMsgRead, bool (*)(mqttMsg_st *)),
    FUNCTION(AWS_close, void (*)(void)),
    FUNCTION(AWS_printStatus, void (*)(void)),
    FUNCTION(AWS_printSubscribedTopics, void (*)(void)),
    FUNCTION(AWS_publishMessage, bool (*)(const char *, const void *, uint32_t, qos_et, bool)),
    FUNCTION(AWS_subscribeTopic, bool (*)(const char *, qos_et, awsMessageCallback_t, void *)),
    FUNCTION(AWS_unsubscribe, bool (*)(const char *)),
    FUNCTION(AWS_pubMsgAvailable, uint16_t (*)(void)),
    FUNCTION(AWS_publishInProgress, bool (*)(void)),
    FUNCTION(AWS_getMessageCounters, void (*)(awsMessageCounters_st *)),
    FUNCTION(AWS_shadowDeltaRegister, bool (*)(awsShadow_st *)),
    FUNCTION(AWS_shadowUpdate, bool (*)(const char *, void *, shadowUpdateType_et)),
    FUNCTION(AWS_shadowDocumentUpdate, bool (*)(awsThingShadow_st *, uint8_t, shadowUpdateType_et)),
    FUNCTION(BLE_init, bool (*)(void)),
    FUNCTION(BLE_packetRegister, bool (*)(const char *, bleAnyCallBack_t)),
    FUNCTION(BLE_isConnected, bool (*)(void)),
    FUNCTION(BLE_disconnect, void (*)(void)),
    FUNCTION(BLE_packetSendData, bleWrtStatus_et (*)(const char *, const char *, uint8_t)),
    FUNCTION(BLE_packetSendAck, bleWrtStatus_et (*)(const char *, uint8_t)),
    FUNCTION(OTA_start, bool (*)(firmUpdateType_et)),
    FUNCTION(OTA_getProgressPercentage, uint8_t (*)(void)),
    FUNCTION(OTA_inProgress, bool (*)(void)),
    FUNCTION(OTA_printStatus, void (*)(void)),
    FUNCTION(WIFI_isConnected, bool (*)(void)),
    FUNCTION(WIFI_getIpAddress, char *(*)(void)),
    FUNCTION(WIFI_getRssi, int8_t (*)(void)),
    FUNCTION(WIFI_getSignalStrength, uint8_t (*)(void)),
    FUNCTION(WIFI_getStateString, const char *(*)(void)),
    FUNCTION(delay, void (*)(uint32_t)),
    FUNCTION(millis, uint32_t (*)(void)),
    FUNCTION(micros, uint32_t (*)(void)),
    FUNCTION(FLASH_isDeviceRegistered, bool (*)(void)),
    FUNCTION(FLASH_getThingName, const char *(*)(void)),
    FUNCTION(FLASH_getCertificate, char *(*)(deviceCertType_et)),
    FUNCTION(FLASH_appDataRead, bool (*)(void *, uint16_t)),
    FUNCTION(FLASH_appDataWrite, bool (*)(void *, uint16_t)),
    FUNCTION(FLASH_appDataEraseAll, bool (*)(void)),
    FUNCTION(FLASH_printConfig, void (*)(void)),
    FUNCTION(FLASH_updatePending, bool (*)(void)),
    FUNCTION(GPIO_pinMode, bool (*)(uint8_t, uint8_t, uint8_t, gpio_intr_handler)),
    FUNCTION(GPIO_pinDirection, bool (*)(uint8_t, uint8_t)),
    FUNCTION(GPIO_pinHandler, bool (*)(uint8_t, uint8_t, uint8_t, gpio_intr_handler)),
    FUNCTION(GPIO_inputMode, bool (*)(uint8_t, uint8_t, uint8_t, gpioEdgeHandler_t, void *)),
    FUNCTION(GPIO_getLostEdges, uint32_t (*)(uint8_t)),
    FUNCTION(GPIO_pinWrite, void (*)(uint8_t, uint8_t)),
    FUNCTION(GPIO_pinRead, uint8_t (*)(uint8_t)),
    FUNCTION(JOBS_register, bool (*)(const char *, uint8_t, jobCallBack_t)),
    FUNCTION(JOBS_updateStatus, void (*)(const char *, jobsStatus_et)),
    FUNCTION(JOBS_updateStatusDetails, void (*)(const char *, jobsStatus_et, const jobDetail_st *, uint8_t)),
    FUNCTION(JOBS_report, bool (*)(uint32_t, jobsStatus_et, const jobDetail_st *, uint8_t)),
    FUNCTION(JOBS_updateProgress, void (*)(const char *, uint8_t)),
    FUNCTION(JOBS_registerHandler, bool (*)(const jobHandler_st *)),
    FUNCTION(JOBS_registerRestart, bool (*)(const char *)),
    FUNCTION(JOBS_getWaiting, bool (*)(job_st *)),
    FUNCTION(JOBS_refreshDocument, bool (*)(uint32_t)),
    FUNCTION(JOBS_getCounters, void (*)(jobsCounters_st *)),
    FUNCTION(JSON_processString, bool (*)(const char *, const tagStructure_st *, uint8_t)),
    FUNCTION(JSON_processSizedString, bool (*)(const char *, const jsonTag_st *, uint8_t)),
    FUNCTION(JSON_getValues, bool (*)(const char *, const jsonTag_st *, uint8_t)),
    FUNCTION(JSON_processArrayObjs, bool (*)(const char *, jsonArray_st *)),
    FUNCTION(JSON_getUint32, bool (*)(const char *, const char *, uint32_t *)),
    FUNCTION(JSON_getInt32, bool (*)(const char *, const char *, int32_t *)),
    FUNCTION(JSON_getBool, bool (*)(const char *, const char *, bool *)),
    FUNCTION(JSON_getString, bool (*)(const char *, const char *, char *, size_t)),
    FUNCTION(JSON_getUint32Or, bool (*)(const char *, const char *, uint32_t, uint32_t *)),
    FUNCTION(JSON_getInt32Or, bool (*)(const char *, const char *, int32_t, int32_t *)),
    FUNCTION(JSON_getBoolOr, bool (*)(const char *, const char *, bool, bool *)),
    FUNCTION(JSON_getStringOr, bool (*)(const char *, const char *, const char *, char *, size_t)),
    FUNCTION(print_line, void (*)(logLevels_et, const char *, const char *, ...)),
    FUNCTION(print_always, void (*)(const char *, const char *, ...)),
    FUNCTION(print_setLevel, void (*)(logLevels_et)),
    FUNCTION(SYSTEM_init, bool (*)(systemInitConfig_st *)),
    FUNCTION(SYSTEM_start, void (*)(void)),
    FUNCTION(SYSTEM_getMode, systemMode_et (*)(void)),
    FUNCTION(SYSTEM_getModeString, const char *(*)(void)),
    FUNCTION(SYSTEM_restart, void (*)(uint32_t)),
    FUNCTION(SYSTEM_getDeviceName, const char *(*)(void)),
    FUNCTION(SYSTEM_stop, bool (*)(void)),
    FUNCTION(SYSTEM_isIdle, bool (*)(void)),
    FUNCTION(SYSTEM_factoryReset, void (*)(bool, bool)),
    FUNCTION(SYSTEM_isWaitingForRestart, bool (*)(void)),
    FUNCTION(SYSTEM_abort, void (*)(const char *, const char *, uint32_t)),
    FUNCTION(SYSTEM_getMacAddr, const char *(*)(void)),
    FUNCTION(SYSTEM_getResetCause, const char *(*)(void)),
    FUNCTION(SYSTEM_startFirmwareUpdate, bool (*)(firmUpdateType_et, const char *)),
    FUNCTION(SYSTEM_startOta, bool (*)(const char *)),
    FUNCTION(util_isValidString, bool (*)(const char *)),
    FUNCTION(util_getNumFromString, uint32_t (*)(const char *)),
    FUNCTION(util_parseUint32, bool (*)(const char *, uint32_t *)),
};

static bool is_in_table(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        if (strlen(functions[i].name) == len && strncmp(functions[i].name, name, len) == 0) {
            return functions[i].function != NULL;
        }
    }
    return false;
}

/* A prototype starts its line with the type; comments, macros and typedefs do not look like that. */
static unsigned check_header(const char *header)
{
    char path[512], line[512];
    snprintf(path, sizeof(path), "%s/../include/%s", TEST_SOURCE_DIR, header);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    unsigned count = 0;
    while (fgets(line, sizeof(line), file)) {
        static const char *const types[] = {
            "bool ",     "void ",        "uint8_t ",         "uint16_t ",
            "uint32_t ", "const char *", "systemMode_et ",   "awsIotStates_et ",
            "int8_t ",   "char *",       "bleWrtStatus_et ", "LIB_GPIO_INLINE bool "};
        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
            size_t start = strlen(types[i]);
            char *open = strchr(line, '(');
            if (strncmp(line, types[i], start) == 0 && open) {
                if (!is_in_table(line + start, (size_t)(open - line) - start)) {
                    fail_msg("%s: not in the table: %s", header, line);
                }
                count++;
            }
        }
    }
    fclose(file);
    return count;
}

static void test_the_table_has_every_function_of_the_headers(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "lib_aws.h",   "lib_delay.h", "lib_gpio.h", "lib_jobs.h", "lib_json.h", "lib_print.h", "lib_system.h",
        "lib_utils.h", "lib_ble.h",   "lib_ota.h",  "lib_wifi.h", "lib_msg.h",  "lib_flash.h"};
    unsigned count = 0;
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        count += check_header(headers[i]);
    }
    assert_int_equal(count, sizeof(functions) / sizeof(functions[0]));
}

/* Values that programs and the wire depend on. */
static void test_fixed_values(void **state)
{
    (void)state;
    assert_int_equal(JOB_STATUS_IN_PROGRESS, 0);
    assert_int_equal(JOB_STATUS_SUCCESSED, 1);
    assert_int_equal(JOB_STATUS_FAILED, 2);
    assert_int_equal(JOB_STATUS_REJECTED, 3);
    assert_int_equal(JOB_STATUS_SUCCEEDED, JOB_STATUS_SUCCESSED);
    assert_true(JOB_STATUS_ACCEPTED > JOB_STATUS_REJECTED && JOB_STATUS_ACCEPTED < JOB_STATUS_MAX);
    assert_int_equal(LENGTH_JOB_ID, 65);
    assert_int_equal(sizeof(((job_st *)0)->documentStr), LENGTH_JOB_DOCUMENT);
    assert_int_equal(sizeof(tagStructure_st), 2 * sizeof(char *));
    assert_int_equal(CONFIG_DEVICE_JOBS_UNSIZED_VALUE, 4);
    assert_int_equal(LENGTH_MQTT_TOPIC, 100);
    assert_int_equal(LENGTH_MQTT_PAYLOAD, 1024);
    assert_int_equal(sizeof(((jsonArray_st *)0)->jsonObjs), 10 * 150);
    assert_int_equal(sizeof(((awsShadow_st *)0)->keyStr), 16);
    assert_int_equal(sizeof(((awsShadow_st *)0)->value_e.str), 24);
    assert_int_equal(LIB_MODULE_MAX, 14); /* a program's table of levels has one for each, in this order */
    assert_int_equal(LIB_MODULE_UART, 13);
    assert_int_equal(DRV_MODULE_BLE, 9);
    jobCallback_t same = (jobCallBack_t)NULL;
    assert_null(same);
}

/* What an application of another document size would refer to is not there. */
bool right_size(const char *, uint8_t, jobCallBack_t) __asm__(
    "JOBS_register_with_document_of_" LIB_JOBS_TEXT(CONFIG_DEVICE_JOBS_DOCUMENT_SIZE)) __attribute__((weak));
bool wrong_size(const char *, uint8_t, jobCallBack_t) __asm__("JOBS_register_with_document_of_8192")
    __attribute__((weak));
bool no_size(const char *, uint8_t, jobCallBack_t) __asm__("JOBS_register") __attribute__((weak));

static void test_other_document_size_does_not_link(void **state)
{
    (void)state;
    assert_int_not_equal(CONFIG_DEVICE_JOBS_DOCUMENT_SIZE, 8192);
    assert_true(right_size == JOBS_register);
    assert_true(wrong_size == NULL);
    assert_true(no_size == NULL);
}

static long default_in(const char *file, const char *name)
{
    char path[512], line[512], wanted[100];
    snprintf(path, sizeof(path), "%s/../%s", TEST_SOURCE_DIR, file);
    snprintf(wanted, sizeof(wanted), "#define %s ", name);
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    long value = -1;
    while (value < 0 && fgets(line, sizeof(line), in)) {
        if (strncmp(line, wanted, strlen(wanted)) == 0) {
            value = strtol(line + strlen(wanted), NULL, 10);
        }
    }
    fclose(in);
    return value;
}

/* The public header stands alone, so two defaults are written twice. */
static void test_defaults_that_are_written_twice_agree(void **state)
{
    (void)state;
    static const char *const names[] = {"CONFIG_DEVICE_JOBS_DOCUMENT_SIZE",
                                        "CONFIG_DEVICE_JOBS_UNSIZED_VALUE"};
    for (size_t i = 0; i < 2; i++) {
        long value = default_in("include/lib_config.h", names[i]);
        assert_true(value > 0);
        assert_int_equal(value, default_in("device/core/config.h", names[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table_has_every_function_of_the_headers),
        cmocka_unit_test(test_fixed_values),
        cmocka_unit_test(test_other_document_size_does_not_link),
        cmocka_unit_test(test_defaults_that_are_written_twice_agree),
    };
    fake_reset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
