/* SPDX-License-Identifier: MIT */
/* What the original library has and this version has not: each function answers false, or 0, and says so in the log, once
 * (lib_ble.h, lib_ota.h, lib_aws.h, lib_system.h). */
// LINK: device_api device_runtime device_core fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_ports.h"
#include "lib_ble.h"
#include "lib_system.h"

#include <stdio.h>
#include <string.h>

/* Programs have written it in both ways. */
static void on_packet(const char *pPacketStr, const char *pDataStr)
{
    (void)pPacketStr, (void)pDataStr;
}

static void on_plain_packet(char *pPacketStr, char *pDataStr)
{
    (void)pPacketStr, (void)pDataStr;
}

static void on_delta(char *pKeyStr, void *pValue)
{
    (void)pKeyStr, (void)pValue;
}

static awsShadow_st led = {
    .keyStr = "LED", .valType_e = SHADOW_VALUE_TYPE_UINT, .callBackHandler = &on_delta, .value_e.val_u32 = 1};
static awsThingShadow_st members[] = {
    {.keyStr = "COLOR", .valType_e = SHADOW_VALUE_TYPE_STRING, .value_e.str = "RED"}};

static int ble_init(void)
{
    return BLE_init();
}
static int ble_register(void)
{
    return BLE_packetRegister("led", on_packet) || BLE_packetRegister("led", on_plain_packet);
}
static int ble_data(void)
{
    return BLE_packetSendData("led", "1", 0) == BLE_OKAY;
}
static int ble_ack(void)
{
    return BLE_packetSendAck("led", 0) == BLE_OKAY;
}
static int ota_start(void)
{
    return OTA_start(OTA_UPDATE_TYPE_WEB);
}
static int system_update(void)
{
    return SYSTEM_startFirmwareUpdate(OTA_UPDATE_TYPE_WEB, "https://example.com/new.bin");
}
static int system_ota(void)
{
    return SYSTEM_startOta("https://example.com/new.bin");
}
static int shadow_register(void)
{
    return AWS_shadowDeltaRegister(&led);
}
static int shadow_update(void)
{
    return AWS_shadowUpdate("LED", &led.value_e.val_u32, SHADOW_UPDATE_TYPE_REPORTED);
}
static int shadow_document(void)
{
    return AWS_shadowDocumentUpdate(members, 1, SHADOW_UPDATE_TYPE_ALL);
}

static const struct {
    const char *name, *words;
    int (*call)(void); /* 0: it answers as it should */
} rows[] = {
    {"BLE_init", "Bluetooth is not part of this version", ble_init},
    {"BLE_packetRegister", "Bluetooth is not part of this version", ble_register},
    {"BLE_packetSendData", "Bluetooth is not part of this version", ble_data},
    {"BLE_packetSendAck", "Bluetooth is not part of this version", ble_ack},
    {"OTA_start", "firmware updates are not part of this version", ota_start},
    {"SYSTEM_startFirmwareUpdate", "firmware updates are not part of this version", system_update},
    {"SYSTEM_startOta", "firmware updates are not part of this version", system_ota},
    {"AWS_shadowDeltaRegister", "shadows are not part of this version", shadow_register},
    {"AWS_shadowUpdate", "shadows are not part of this version", shadow_update},
    {"AWS_shadowDocumentUpdate", "shadows are not part of this version", shadow_document},
};

static void test_each_answers_false_and_says_so_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char line[100];
        snprintf(line, sizeof(line), "%s: %s", rows[i].name, rows[i].words);
        for (int times = 0; times < 3; times++) {
            assert_int_equal(rows[i].call(), 0);
            assert_int_equal(fake_log_count(line), 1);
        }
    }
}

static void test_questions_are_answered_without_a_word(void **state)
{
    (void)state;
    fake_reset();
    assert_false(BLE_isConnected());
    BLE_disconnect();
    assert_false(OTA_inProgress());
    assert_int_equal(OTA_getProgressPercentage(), 0);
    assert_string_equal(fake_log(), "");
    OTA_printStatus();
    assert_true(fake_log_has("OTA_printStatus: firmware updates are not part of this version"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_answers_false_and_says_so_once),
        cmocka_unit_test(test_questions_are_answered_without_a_word),
    };
    fake_reset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
