/* SPDX-License-Identifier: MIT */
/* The connection to AWS IoT: MQTT 3.1.1 over TLS 1.2 or newer, with the thing's certificate. The library connects, keeps the
 * connection and connects again on its own, with growing and random pauses of up to two minutes.
 * All functions: any task, not from an ISR, at any time; none waits for the network. */
#ifndef LIB_AWS_H
#define LIB_AWS_H

#include "lib_config.h"

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
 * the others must stay where they are as long as the program runs.
 *
 * One of three ways to configure a device (the provisioning methods of the original library):
 * 1. thing certificate: pThingNameStr, pThingCertStr, pThingPrivateKeyStr;
 * 2. claim certificate: not part of this version, SYSTEM_init refuses it;
 * 3. nothing at all: the device waits in SYSTEM_MODE_DEVICE_CONFIG. */
typedef struct {
    char hostNameStr
        [LENGTH_HOST_NAME]; /* the endpoint (`aws iot describe-endpoint --endpoint-type iot:Data-ATS`): a
                                           name or an address, without scheme and port. The server's certificate must be
                                           made out to it */
    uint16_t port_u16;      /* 8883; 443 also works with AWS (ALPN) */
    const char *pRootCaStr; /* PEM: whom the device trusts, one certificate or several */
    const char
        *pThingCertStr; /* PEM: the device's certificate, its chain may follow. Linux: also a PKCS#11 URI */
    /* PEM: its key, not encrypted; or a reference to a key that signs and is not read (docs/security.md). Linux: a
     * PKCS#11 URI, "pkcs11:token=lamps;object=lamp-1?pin-source=file:/etc/lamp/pin". ESP32: "esp-ds:NAMESPACE",
     * "esp-secure-cert:", "esp-secure-element:". Neither PEM nor a reference is ever logged. */
    const char *pThingPrivateKeyStr;
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
typedef enum {
    QOS0_AT_MOST_ONCE = 0,
    QOS1_AT_LEASET_ONCE = 1, /* programs use this spelling */
    QOS_AT_MAX
} qos_et;

typedef struct {
    char topicStr[LENGTH_MQTT_TOPIC];
    char payloadStr[LENGTH_MQTT_PAYLOAD];
    uint16_t payloadLen_u16;
    uint8_t topicLen_u8;
    qos_et qos_e;
    bool retain_b8;
} mqttMsg_st;

bool AWS_publish(mqttMsg_st *ps_msg);
bool AWS_subscribe(const char *pTopicStr, uint8_t qos_e);
uint16_t AWS_subMsgAvailable(void);
bool AWS_subMsgRead(mqttMsg_st *ps_msg);

#ifdef __cplusplus
}
#endif

#endif
