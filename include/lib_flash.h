/* SPDX-License-Identifier: MIT */
/* What the device stores: who it is, and 256 bytes of the application. On Linux files in a folder (docs/storage.md says where), on ESP32
 * the NVS partition. Each record is put whole or not at all, whatever the power does.
 *
 * All functions: any task, not from an ISR. Before SYSTEM_init too, then from the one task that will call it. They may block for the storage
 * (up to 100 ms). Names as in the original library; LENGTH_FLASH_APP_DATA is ours. */
#ifndef LIB_FLASH_H
#define LIB_FLASH_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LENGTH_FLASH_APP_DATA 256 /* bytes */

typedef enum {
    FLASH_CERT_CERTIFICATE_PEM,
    FLASH_CERT_PRIVATE_KEY,
    FLASH_CERT_MAX,
    FLAH_CERT_MAX = FLASH_CERT_MAX /* programs may use this spelling */
} deviceCertType_et;

/* true: the device has a thing's certificate and key: given in s_awsConfig to a SYSTEM_init that was good, or stored. */
bool FLASH_isDeviceRegistered(void);

/* The thing's name: the given one, else the stored one, else empty. Stays as long as the program runs. */
const char *FLASH_getThingName(void);

/* The PEM text of certificate or private key: the given one, else the stored one; NULL: there is none, or certType_e is none of its values
 * (which is logged). Stays as long as the program runs, and must not be written. */
char *FLASH_getCertificate(deviceCertType_et certType_e);

/* Reads the first size_u16 bytes of the application's data, 1..256; what was never written is 0.
 * false, and the bytes as they were: pData is NULL, size_u16 out of range, nothing is stored, or the storage cannot be read. The log says so, but
 * for "nothing is stored", which is the first boot of a device.
 * This call and FLASH_appDataWrite take 304 bytes of the caller's stack on an ESP32-C3 beside what the storage takes. */
bool FLASH_appDataRead(void *pData, uint16_t size_u16);

/* Stores size_u16 bytes, 1..256, as the application's data; what was stored behind them is gone. true: a power cut cannot undo it any more.
 * false: pData is NULL, size_u16 out of range, or the storage does not take them; the log says which, and what was stored is still there.
 * Flash wears out: not more often than every few minutes, over years. */
bool FLASH_appDataWrite(void *pData, uint16_t size_u16);

/* Erases the application's data. true also when there is none. */
bool FLASH_appDataEraseAll(void);

/* Prints who the device is, and whether that was given or is stored. No key, no certificate, no password. */
void FLASH_printConfig(void);

/* Whether something waits to be stored. Always false: each call above stores at once. */
bool FLASH_updatePending(void);

#ifdef __cplusplus
}
#endif

#endif
