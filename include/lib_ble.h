/* SPDX-License-Identifier: MIT */
/* Bluetooth Low Energy, by which the original library's devices can be configured. NOT PART OF THIS VERSION: every function that could fail
 * does, and each says so once through the log. They are here so that programs compile that use them beside other things.
 * Any task, not from an ISR, at any time. */
#ifndef LIB_BLE_H
#define LIB_BLE_H

#include "lib_config.h"
#include "lib_utils.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What became of a packet. Only BLE_DISCONNECTED is answered. */
typedef enum {
    BLE_OKAY,
    BLE_BUFF_EMPTY,
    BLE_BUFF_EXCEEDS_LIMIT,
    BLE_WRITE_FULL,
    BLE_WRITE_FAILED,
    BLE_DISCONNECTED,
    BLE_ERROR_MAX
} bleWrtStatus_et;

typedef void (*bleCallBack_t)(const char *pPacketStr, const char *pDataStr);

/* Programs of the original library declare the callback's texts with const and without it; in C each of them is taken as it is. */
#if defined(__GNUC__) && !defined(__cplusplus)
typedef union {
    bleCallBack_t pWithConst;
    void (*pWithout)(char *pPacketStr, char *pDataStr);
} bleAnyCallBack_t __attribute__((__transparent_union__));
#else
typedef bleCallBack_t bleAnyCallBack_t;
#endif

bool BLE_init(void);
bool BLE_packetRegister(const char *pPacketStr, bleAnyCallBack_t callbackHandler);
bool BLE_isConnected(void); /* false, without a word */
void BLE_disconnect(void);  /* nothing to do, without a word */
bleWrtStatus_et BLE_packetSendData(const char *pPacketStr, const char *pDataStr, uint8_t code_u8);
bleWrtStatus_et BLE_packetSendAck(const char *pPacketStr, uint8_t code_u8);

#ifdef __cplusplus
}
#endif

#endif
