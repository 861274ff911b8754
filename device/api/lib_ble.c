/* SPDX-License-Identifier: MIT */
/* Bluetooth, which this version does not have. */
#include "lib_ble.h"
#include "device/api/once.h"

#define NO_BLE "Bluetooth is not part of this version"

bool BLE_init(void)
{
    ONCE_ERROR(NO_BLE);
    return false;
}

bool BLE_packetRegister(const char *pPacketStr, bleAnyCallBack_t callbackHandler)
{
    (void)pPacketStr, (void)callbackHandler;
    ONCE_ERROR(NO_BLE);
    return false;
}

bool BLE_isConnected(void)
{
    return false;
}

void BLE_disconnect(void)
{
}

bleWrtStatus_et BLE_packetSendData(const char *pPacketStr, const char *pDataStr, uint8_t code_u8)
{
    (void)pPacketStr, (void)pDataStr, (void)code_u8;
    ONCE_ERROR(NO_BLE);
    return BLE_DISCONNECTED;
}

bleWrtStatus_et BLE_packetSendAck(const char *pPacketStr, uint8_t code_u8)
{
    (void)pPacketStr, (void)code_u8;
    ONCE_ERROR(NO_BLE);
    return BLE_DISCONNECTED;
}
