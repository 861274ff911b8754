/* SPDX-License-Identifier: MIT */
/* Start of the library: configuration, tasks, modes. */
#ifndef LIB_SYSTEM_H
#define LIB_SYSTEM_H

#include "lib_aws.h"
#include "lib_delay.h"
#include "lib_ota.h"
#include "lib_print.h"
#include "lib_utils.h"

/* Programs of the original library expect the functions of FreeRTOS, and esp_restart, from this header. */
#if defined(__has_include)
#if __has_include("freertos/FreeRTOS.h")
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#endif
#if __has_include("esp_system.h")
#include "esp_system.h"
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    SYSTEM_MODE_IDLE,          /* SYSTEM_init has not succeeded */
    SYSTEM_MODE_TEST,          /* kept for programs, not entered */
    SYSTEM_MODE_DEVICE_CONFIG, /* no configuration was given and none is stored: somebody has to configure the device
                                  (docs/provisioning-local.md) */
    SYSTEM_MODE_WIFI_CONFIG, /* the same for the name of the Wi-Fi alone, on a chip whose firmware can be configured */
    SYSTEM_MODE_NORMAL, /* the configuration is valid; AWS_isConnected tells whether the device is connected */
    SYSTEM_MODE_OTA,    /* kept for programs, not entered */
    SYSTEM_MODE_ABORT,  /* SYSTEM_abort was called: the device restarts */
    SYSTEM_MODE_MAX
} systemMode_et;

/* The library tells each change of the connection as an MQTT event and as an AWS event: programs use one or the other. It tells Wi-Fi events
 * where it brings the network up (ESP32, with pWifiSsidStr). It does not tell BLE events, which are kept for programs. */
typedef enum {
    EVENT_WIFI_CONNECTED,
    EVENT_WIFI_DISCONNECTED,
    EVENT_AWS_CONNECTED,
    EVENT_AWS_DISCONNECTED,
    EVENT_BLE_CONNECTED,
    EVENT_BLE_AUTHENTICATED,
    EVENT_BLE_DISCONNECTED,
    EVENT_MQTT_CONNECTED,
    EVENT_MQTT_DISCONNECTED,
    EVENT_THING_PROVISIONED, /* the device has got an identity of its own by its claim, and stored it; once */
    EVENT_MAX
} systemEvents_et;

/* The library calls it on its event task. It may call any function of the library. While it blocks, later events wait; when the connection
 * came and went meanwhile, the library tells only the last state. */
typedef void (*systemEventCb_t)(systemEvents_et event_e);

typedef struct {
    const logLevels_et
        *pLogLevels_e; /* one level for each module, logModulesCount_u8 of them; the highest becomes the
                                         level of print_..., or NULL */
    uint8_t logModulesCount_u8;
    const char *pLicenseIdStr; /* accepted and ignored: the library needs no licence key */
    const char *pWifiSsidStr;  /* up to 32 bytes. The platform's network code uses it, Linux ignores it */
    const char *pWifiPwdStr;   /* up to 64 characters; used and ignored as pWifiSsidStr is */
    const char *pDeviceNamePrefixStr; /* up to 15 of [A-Za-z0-9_-]; NULL: "device" */
    const char
        *pAppVersionStr; /* for the log, and for the template of a claim, up to 31 characters, or NULL */
    systemEventCb_t systemEventCallBack;
    awsConfig_st s_awsConfig;
} systemInitConfig_st;

/* Checks the whole configuration, loads the journal of jobs, decides the mode. Call once, before any other task uses the
 * library. May block for the storage (up to 100 ms) and for the check of the certificates (up to 1 s on an ESP32).
 * false: something is wrong, the log says what, field by field; the mode stays SYSTEM_MODE_IDLE and the call may be
 * repeated. The struct may go away afterwards, the PEM texts and references must stay; with a claim certificate, or with nothing given, all texts
 * must. After a success further calls return false. */
bool SYSTEM_init(systemInitConfig_st *s_pConfig);

/* Starts the library's tasks and returns at once; handlers may be registered before or after. Without a successful
 * SYSTEM_init, and while they run: logged, no effect. After SYSTEM_stop, or after one that has returned false: everything goes on
 * where it was, with the handlers that are registered; a status that was not sent yet is sent. In the modes DEVICE_CONFIG and WIFI_CONFIG it
 * waits, without the calling task, until somebody has configured the device, and goes on then. */
void SYSTEM_start(void);

/* For a device that sleeps or is about to lose its power: closes the connection in good order and ends the library's tasks. Waits for the
 * connection's end (up to 5 s, usually a round trip) and for the storage, not for the application.
 * true: there is no task of the library any more, and what it has confirmed is in storage. Also when it was not started.
 * false: the connection is closed and no job begins, but a handler or callback of the application has not returned, or SYSTEM_restart was
 * called; a log line says which. The library stops by itself when that is over: reports are taken until then, and the call may be repeated to
 * learn when. So it is inside a handler or callback: there it returns false.
 * A run whose handler has returned IN_PROGRESS goes on after SYSTEM_start; until then its reports are refused (JOBS_report: false), and its
 * deadline goes on. When the power goes instead, the run counts as interrupted, as with every power cut.
 * The application's own messages: what has come is heard by its callback before this returns true; what was taken and not acknowledged stays
 * in memory, and goes out after SYSTEM_start.
 * A network that the library has brought up (Wi-Fi on an ESP32) stays up. Any task. */
bool SYSTEM_stop(void);

/* true: nothing is lost or late when the device sleeps or loses its power now: no job is in hand (also none that the service has ended while
 * the application works on it), every final status was accepted by the service, no report waits, no message of the application waits to be
 * sent, acknowledged or heard by its callback, and while the device is connected the service has said that nothing is pending. Also before
 * SYSTEM_start and after SYSTEM_stop, where it tells what storage and queues have. It may be false for a moment while the library works. A device that wakes, works and sleeps again waits for
 * `AWS_isConnected() && SYSTEM_isIdle()`, with a limit of its own. Any task. */
bool SYSTEM_isIdle(void);

/* The mode that SYSTEM_init has decided; it changes to NORMAL when somebody has configured a device that waits. Any task, at any time. */
systemMode_et SYSTEM_getMode(void);

/* "IDLE", "TEST", "DEVICE CONFIG", "WIFI CONFIG", "NORMAL", "OTA", "ABORT". Static. */
const char *SYSTEM_getModeString(void);

/* Restarts the device after at least this many milliseconds; returns at once when SYSTEM_start was called and the mode is NORMAL, else not at
 * all. A final status that was reported before has reached the storage by then, also one that the handler which calls this
 * returns within 2 s; it is sent after the boot. For the restart as a job see JOBS_registerRestart.
 * Linux: the process ends with exit code 86, for a supervisor that starts it again: device-run, or systemd's
 * RestartForceExitStatus=86. */
void SYSTEM_restart(uint32_t delayMs_u32);

/* Makes the device forget who it is: erases the stored identity (certificate, key, thing name), the stored configuration and the journal of jobs,
 * with eraseAllData_b8 the application's data (lib_flash.h) as well, and restarts it as SYSTEM_restart(0) does. Not what the firmware
 * carries: a device with a certificate in s_awsConfig comes back as the same thing.
 * useFactoryImage_b8 is of the original library, whose devices have a factory image; this version logs that, and resets the data.
 * A status that the service has not accepted is lost, and a job that runs ends as an interrupted one does: for a reset as a job report the final status,
 * and call this when SYSTEM_isIdle() is true.
 * When the power goes in the middle, some of it is erased, the identity first; a second reset erases the rest. Any task; returns at
 * once when SYSTEM_start was called, else not at all. */
void SYSTEM_factoryReset(bool useFactoryImage_b8, bool eraseAllData_b8);

/* The prefix, "_" and the board's own number; the same after each boot. Static; empty before SYSTEM_init. */
const char *SYSTEM_getDeviceName(void);

/* true: the application (also by SYSTEM_factoryReset), or a job of JOBS_registerRestart, has asked for a restart, and it has not happened yet. */
bool SYSTEM_isWaitingForRestart(void);

/* Logs pFunNameStr, the error and its number, sets SYSTEM_MODE_ABORT and restarts the device, as SYSTEM_restart(0) does. Texts may be NULL. */
void SYSTEM_abort(const char *pMsgStr, const char *pFunNameStr, uint32_t errorCode_u32);

/* Twelve hexadecimal digits: on ESP32 the MAC address that the factory has written; on Linux that of the interface that lib_wifi.h tells
 * of. Empty where there is none, which is said once through the log. Static. */
const char *SYSTEM_getMacAddr(void);

/* Why the device started, in the words of the ESP32's boot ROM, where the original library has them from:
 *     POWERON_RESET, EXT_CPU_RESET (the reset pin), SW_CPU_RESET (SYSTEM_restart, esp_restart), RTCWDT_RTC_RESET (a watchdog),
 *     DEEPSLEEP_RESET, RTCWDT_BROWN_OUT_RESET; New: PANIC_RESET (a crash); NO_MEAN: nobody knows.
 * On Linux device-run tells the first start, a restart and a crash apart; without it NO_MEAN. Static. */
const char *SYSTEM_getResetCause(void);

/* Firmware updates. NOT PART OF THIS VERSION: both return false and say so once through the log. */
bool SYSTEM_startFirmwareUpdate(firmUpdateType_et type_e, const char *pUrlStr);
bool SYSTEM_startOta(const char *pUrlStr);

#ifdef __cplusplus
}
#endif

#endif
