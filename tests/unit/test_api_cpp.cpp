// SPDX-License-Identifier: MIT
// The public headers from C++: every function is called once, types and macros are used as an application would
// (api.md: "Each header compiles on its own, in C11 and from C++").
// LINK: device_api device_runtime device_core fake_wait fake_ports port_linux common
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstring>

extern "C" {
#include <cmocka.h>
void fake_reset(void);
}

#define thisModule APP_MODULE_MAIN
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

static jobsStatus_et handler(job_st *ps_job)
{
    return std::strlen(ps_job->documentStr) > 0 ? JOB_STATUS_SUCCEEDED : JOB_STATUS_FAILED;
}

static jobsStatus_et full_handler(job_st *ps_job, void *pContext)
{
    (void)pContext;
    return handler(ps_job);
}

static void on_cancel(uint32_t runId_u32, void *pContext)
{
    (void)runId_u32, (void)pContext;
}

static void test_jobs(void **state)
{
    (void)state;
    assert_false(JOBS_register("blink", 0, handler));
    jobHandler_st options = {};
    options.pActionStr = "update";
    options.pHandler = full_handler;
    options.pCancelHandler = on_cancel;
    options.onInterrupted_e = JOB_INTERRUPTED_WAIT;
    assert_false(JOBS_registerHandler(&options));
    const jobDetail_st details[] = {{"phase", "download"}};
    JOBS_updateStatus("id", JOB_STATUS_SUCCESSED);
    JOBS_updateStatusDetails("id", JOB_STATUS_FAILED, details, 1);
    JOBS_updateProgress("id", 50);
    assert_false(JOBS_report(1, JOB_STATUS_REJECTED, details, 1));
    jobsCounters_st counters;
    JOBS_getCounters(&counters);
    assert_int_equal(counters.received_u32, 0);
}

static void test_json(void **state)
{
    (void)state;
    char countStr[4], urlStr[32], pointerSized[8];
    tagStructure_st pair[1] = {{"count", countStr}};
    assert_true(JSON_processString("{\"count\":3}", pair, 1));
    assert_string_equal(countStr, "3");
    const jsonTag_st tags[] = {JSON_TAG("url", urlStr), JSON_TAG("p", pointerSized)};
    assert_int_equal(tags[0].valueSize, 32);
    assert_int_equal(tags[1].valueSize, 8);
    assert_true(JSON_getValues("{\"url\":\"x\",\"p\":\"1234567\"}", tags, 2));
    uint32_t u = 0;
    int32_t i = 0;
    bool b = false;
    assert_true(JSON_getUint32("{\"v\":7}", "v", &u));
    assert_true(JSON_getInt32("{\"v\":-7}", "v", &i));
    assert_true(JSON_getBool("{\"v\":true}", "v", &b));
    assert_true(JSON_getString("{\"v\":\"x\"}", "v", urlStr, sizeof(urlStr)));
    assert_true(u == 7 && i == -7 && b);
    assert_true(JSON_getUint32Or("{}", "v", 8, &u));
    assert_true(JSON_getInt32Or("{}", "v", -8, &i));
    assert_true(JSON_getBoolOr("{}", "v", false, &b));
    assert_true(JSON_getStringOr("{}", "v", "y", urlStr, sizeof(urlStr)));
    assert_true(u == 8 && i == -8 && !b && urlStr[0] == 'y');
}

static void test_array(void **state)
{
    (void)state;
    static jsonArray_st array;
    assert_true(JSON_processArrayObjs("[{\"a\":1}]", &array));
    assert_int_equal(array.numOfJosnObjs_u8, 1);
    assert_string_equal(array.jsonObjs[0], "{\"a\":1}");
}

// The macro and the function are the same function.
static void test_process_string(void **state)
{
    (void)state;
    char url[32];
    const tagStructure_st tags[] = {{"url", url}};
    bool (*function)(const char *, const tagStructure_st *, uint8_t) = JSON_processString;
    assert_true(::JSON_processString("{\"url\":\"abc\"}", tags, 1));
    assert_true((JSON_processString)("{\"url\":\"abc\"}", tags, 1));
    assert_true(function("{\"url\":\"abc\"}", tags, 1));
    assert_false(function("{\"url\":\"abcd\"}", tags, 1));
    assert_string_equal(url, "");
}

static void test_system_and_connection(void **state)
{
    (void)state;
    systemInitConfig_st config = {};
    std::strcpy(config.s_awsConfig.hostNameStr, "example.com");
    assert_false(SYSTEM_init(&config));
    SYSTEM_start();
    assert_int_equal(SYSTEM_getMode(), SYSTEM_MODE_IDLE);
    assert_string_equal(SYSTEM_getModeString(), "IDLE");
    assert_string_equal(SYSTEM_getDeviceName(), "");
    assert_false(AWS_isConnected());
    assert_int_equal(AWS_getState(), STATE_AWS_IDLE);
    assert_string_equal(AWS_getStateString(), "IDLE");
    assert_string_equal(AWS_getThingName(), "");
    AWS_suspend();
    AWS_resume();
    AWS_restart();
    mqttMsg_st message = {};
    assert_false(AWS_publish(&message));
    assert_false(AWS_subscribe("topic", QOS1_AT_LEASET_ONCE));
    assert_int_equal(AWS_subMsgAvailable(), 0);
    assert_false(AWS_subMsgRead(&message));
    assert_true(SYSTEM_stop());
    assert_true(SYSTEM_isIdle());
    void (*reset)(bool, bool) = SYSTEM_factoryReset; // the same
    assert_true(reset != nullptr);
    void (*restart)(uint32_t) = SYSTEM_restart; // not called: it does what it says
    assert_true(restart != nullptr);
}

static void nothing(void *pArg)
{
    (void)pArg;
}

static void on_packet(const char *pPacketStr, const char *pDataStr)
{
    (void)pPacketStr, (void)pDataStr;
}

static void test_what_is_not_there(void **state)
{
    (void)state;
    assert_false(BLE_init());
    assert_false(BLE_packetRegister("led", on_packet));
    assert_false(BLE_isConnected());
    BLE_disconnect();
    assert_int_equal(BLE_packetSendData("led", "1", 0), BLE_DISCONNECTED);
    assert_int_equal(BLE_packetSendAck("led", 0), BLE_DISCONNECTED);
    assert_false(OTA_start(OTA_UPDATE_TYPE_WEB));
    assert_int_equal(OTA_getProgressPercentage(), 0);
    assert_false(OTA_inProgress());
    OTA_printStatus();
    assert_false(SYSTEM_startFirmwareUpdate(OTA_UPDATE_TYPE_LOCAL, "http://x"));
    assert_false(SYSTEM_startOta("http://x"));
    awsShadow_st shadow = {};
    awsThingShadow_st member = {};
    assert_false(AWS_shadowDeltaRegister(&shadow));
    assert_false(AWS_shadowUpdate("led", &member.value_e.val_u32, SHADOW_UPDATE_TYPE_REPORTED));
    assert_false(AWS_shadowDocumentUpdate(&member, 1, SHADOW_UPDATE_TYPE_ALL));
}

static void test_network_and_board(void **state)
{
    (void)state;
    assert_false(WIFI_isConnected());
    assert_string_equal(WIFI_getIpAddress(), "");
    assert_int_equal(WIFI_getRssi(), 0);
    assert_int_equal(WIFI_getSignalStrength(), 0);
    assert_string_equal(WIFI_getStateString(), "IDLE");
    assert_string_equal(SYSTEM_getMacAddr(), "0a1b2c3d4eff");
    assert_string_equal(SYSTEM_getResetCause(), "NO_MEAN");
    assert_false(SYSTEM_isWaitingForRestart());
    void (*abort_device)(const char *, const char *, uint32_t) = SYSTEM_abort; // not called: it restarts
    assert_true(abort_device != nullptr);
}

static void no_edge(const gpioEdge_st *ps_edge, void *pContext)
{
    (void)ps_edge, (void)pContext;
}

static void test_the_rest(void **state)
{
    (void)state;
    GPIO_pinMode(2, GPIO_MODE_OUTPUT, GPIO_PIN_INTR_DISABLE, NULL);
    assert_false(GPIO_pinMode(2, GPIO_MODE_OUTPUT, GPIO_PIN_INTR_DISABLE, nothing));
    assert_true(GPIO_pinMode(3, GPIO_MODE_INPUT, GPIO_PIN_INTR_POSEDGE, nothing));
    assert_true(GPIO_inputMode(3, GPIO_PIN_INTR_ANYEDGE, GPIO_PULLUP_ONLY, no_edge, nullptr));
    assert_true(GPIO_pinDirection(3, GPIO_MODE_DISABLE));
    assert_int_equal(GPIO_getLostEdges(3), 0);
    GPIO_pinWrite(2, HIGH);
    assert_int_equal(GPIO_pinRead(2), HIGH);
    uint32_t before = millis();
    TASK_DELAY_MS(1);
    delay(1);
    assert_true(millis() - before >= 2);
    print_error("%s %d", "error", 1);
    print_info("%s", "info");
    print_debug("debug");
    print_verbose("%s", "always");
    assert_true(micros() > 0);
    assert_true(util_isValidString("x"));
    unsigned bits = 0;
    util_UpdateBit(bits, 3, true);
    assert_true(bits == 8 && util_IsBitSet(bits, 3) && util_IsBitCleared(bits, 2));
    print_setLevel(PRINT_LEVEL_INFO);
    uint32_t value = 0;
    assert_true(util_parseUint32("12", &value));
    assert_int_equal(util_getNumFromString("12"), value);
    assert_true(TRUE && !FALSE && HIGH != LOW);
}

static void test_flash(void **state)
{
    (void)state;
    fake_reset();
    char data[LENGTH_FLASH_APP_DATA] = {1};
    assert_true(FLASH_appDataWrite(data, sizeof(data)));
    assert_true(FLASH_appDataRead(data, 1));
    assert_true(FLASH_appDataEraseAll());
    assert_false(FLASH_updatePending());
    assert_false(FLASH_isDeviceRegistered());
    assert_string_equal(FLASH_getThingName(), "");
    char *pem = FLASH_getCertificate(FLASH_CERT_PRIVATE_KEY);
    assert_null(pem);
    FLASH_printConfig();
}

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jobs),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_process_string),
        cmocka_unit_test(test_system_and_connection),
        cmocka_unit_test(test_the_rest),
        cmocka_unit_test(test_array),
        cmocka_unit_test(test_what_is_not_there),
        cmocka_unit_test(test_network_and_board),
        cmocka_unit_test(test_flash),
    };
    fake_reset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
