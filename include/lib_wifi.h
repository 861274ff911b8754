/* SPDX-License-Identifier: MIT */
/* What the network is like at this moment. ESP32: of the Wi-Fi station, or of another interface that leads further (Ethernet). Linux: of the
 * interface that the default route leaves by, whatever its kind; without one, of the first that is up and not the loopback.
 * Any task, not from an ISR, after SYSTEM_start; none waits for the network. */
#ifndef LIB_WIFI_H
#define LIB_WIFI_H

#include "lib_config.h"
#include "lib_utils.h"

#ifdef __cplusplus
extern "C" {
#endif

/* true: an interface is up and has an address, or the device is connected to AWS IoT. */
bool WIFI_isConnected(void);

/* That interface's address as text, IPv4 before IPv6; empty without one. In one buffer of the library, which the next call from any task
 * may change: copy it. Not const, because programs of the original library do not expect it; it is not theirs to change. */
char *WIFI_getIpAddress(void);

/* The access point's signal in dBm, -1 (strong) to -127. 0: the interface has no radio, is not connected, or this platform cannot
 * tell, which is said once through the log. */
int8_t WIFI_getRssi(void);

/* The same in percent: 100 from -50 dBm on, 0 from -100 dBm down and where WIFI_getRssi answers 0. */
uint8_t WIFI_getSignalStrength(void);

/* "CONNECTED" or "DISCONNECTED", by WIFI_isConnected; "IDLE" before SYSTEM_init has succeeded. Static. */
const char *WIFI_getStateString(void);

#ifdef __cplusplus
}
#endif

#endif
