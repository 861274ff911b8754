/* SPDX-License-Identifier: MIT */
/* The connection to AWS IoT: MQTT 3.1.1 over TLS 1.2 or newer, with the thing's certificate. The library connects, keeps the
 * connection and connects again on its own, with growing and random pauses of up to two minutes.
 * All functions: any task, not from an ISR, at any time; none waits for the network. */
#ifndef LIB_AWS_H
#define LIB_AWS_H

#include "lib_config.h"
#include "lib_msg.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    STATE_AWS_IDLE,         /* SYSTEM_init has not succeeded yet */
    STATE_AWS_INIT,         /* configured, not started */
    STATE_AWS_START,        /* started, never connected so far */
    STATE_AWS_PROVISIONING, /* kept for programs; fleet provisioning is not part of this version */
    STATE_AWS_CONNECTED,
    STATE_AWS_DISCONNECTED,     /* was connected; the library connects again */
    STATE_AWS_SUSPENDED,        /* the application called AWS_suspend */
    STATE_AWS_RESUME,           /* the application called AWS_resume; not connected yet */
    STATE_AWS_PROVISION_FAILED, /* kept for programs, as STATE_AWS_PROVISIONING is */
    STATE_AWS_MAX
} awsIotStates_et;

typedef void (*awsSubscribeCallback_t)(const char *pTopicStr, const char *pPayloadStr);

/* Who the device is and where it connects. Texts are NUL-terminated. The library copies hostNameStr and pThingNameStr;
 * the PEM texts must stay where they are as long as the program runs.
 *
 * One of three ways to configure a device (the provisioning methods of the original library):
 * 1. thing certificate: pThingNameStr, pThingCertStr, pThingPrivateKeyStr;
 * 2. claim certificate: not part of this version, SYSTEM_init refuses it;
 * 3. nothing at all: the device waits in SYSTEM_MODE_DEVICE_CONFIG. */
typedef struct {
    char hostNameStr
        [LENGTH_HOST_NAME];    /* the endpoint (`aws iot describe-endpoint --endpoint-type iot:Data-ATS`): a
                                           name or an address, without scheme and port. The server's certificate must be
                                           made out to it */
    uint16_t port_u16;         /* 8883; 443 also works with AWS (ALPN) */
    const char *pRootCaStr;    /* PEM: whom the device trusts, one certificate or several */
    const char *pThingCertStr; /* PEM: the device's certificate, its chain may follow */
    const char *pThingPrivateKeyStr; /* PEM: its key, not encrypted */
    const char *pClaimCertStr;
    const char *pClaimPrivateKeyStr;
    const char *pClaimTemplateStr;
    const char *pThingNameStr; /* 1..128 of [a-zA-Z0-9:_-]; also the MQTT client id */
    uint8_t maxShadowCount_u8; /* this one and the next four are accepted and not used */
    uint8_t maxPublishMessagesToStore_u8;
    uint8_t maxSubscribeMessagesToStore_u8;
    uint8_t maxSubscribeTopics_u8;
    uint8_t maxJobs_u8;
    awsSubscribeCallback_t
        subscribeCallbackHandler; /* accepted and not used, as AWS_subscribe is not available */
} awsConfig_st;

/* true from the server's CONNACK to the end of that connection. */
bool AWS_isConnected(void);

/* What the connection does now. */
awsIotStates_et AWS_getState(void);

/* "IDLE", "INIT", "START", "PROVISIONING", "CONNECTED", "DISCONNECTED", "SUSPENDED", "RESUME", "PROVISION_FAILED". Static. */
const char *AWS_getStateString(void);

/* The thing's name; empty before SYSTEM_init has succeeded. Static, does not change while the device runs. */
const char *AWS_getThingName(void);

/* Closes the connection, and the device stays offline until AWS_resume. A job that runs goes on, and its status waits. */
void AWS_suspend(void);
void AWS_resume(void);

/* Closes the connection and makes a new one. */
void AWS_restart(void);

/* The application's own messages. NOT PART OF THIS VERSION: AWS_publish, AWS_subscribe and AWS_subMsgRead return false and
 * AWS_subMsgAvailable returns 0; the first two log that. They are here so that programs compile. */
bool AWS_publish(mqttMsg_st *ps_msg);
bool AWS_subscribe(const char *pTopicStr, uint8_t qos_e);
uint16_t AWS_subMsgAvailable(void);
bool AWS_subMsgRead(mqttMsg_st *ps_msg);

/* The thing's classic shadow. NOT PART OF THIS VERSION: the functions return false, and each says so once through the log. Types and
 * functions are here so that programs compile. */
typedef enum {
    SHADOW_VALUE_TYPE_INT,
    SHADOW_VALUE_TYPE_UINT,
    SHADOW_VALUE_TYPE_STRING,
    SHADOW_VALUE_TYPE_MAX
} shadowValueType_et;

typedef enum {
    SHADOW_UPDATE_TYPE_DESIRED,
    SHADOW_UPDATE_TYPE_REPORTED,
    SHADOW_UPDATE_TYPE_ALL, /* both */
    SHADOW_UPDATE_TYPE_MAX
} shadowUpdateType_et;

typedef union {
    uint32_t val_u32;
    int32_t val_i32;
    char str[LENGTH_AWS_SHADOW_BUFFER];
} value_ut;

/* A member of the shadow's document, by its key. */
typedef struct {
    char keyStr[LENGTH_AWS_SHADOW_KEY];
    value_ut value_e;
    shadowValueType_et valType_e;
} awsThingShadow_st;

typedef void (*awsShadowUpdateCallBack_t)(char *pKeyStr, void *pValue);

/* A member whose changes the application wants to hear of. */
typedef struct {
    shadowValueType_et valType_e;
    awsShadowUpdateCallBack_t callBackHandler;
    char keyStr[LENGTH_AWS_SHADOW_KEY];
    value_ut value_e;
    uint8_t isUpdated_b8;
} awsShadow_st;

bool AWS_shadowDeltaRegister(awsShadow_st *ps_shadow);
bool AWS_shadowUpdate(const char *pKeyStr, void *pValue, shadowUpdateType_et updateType_e);
bool AWS_shadowDocumentUpdate(awsThingShadow_st as_thingShadow[], uint8_t maxKeys_u8,
                              shadowUpdateType_et updateType_e);

#ifdef __cplusplus
}
#endif

#endif
