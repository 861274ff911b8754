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
    STATE_AWS_PROVISIONING, /* gets an identity by its claim; AWS_isConnected is false meanwhile */
    STATE_AWS_CONNECTED,
    STATE_AWS_DISCONNECTED, /* was connected; the library connects again */
    STATE_AWS_SUSPENDED,    /* the application called AWS_suspend */
    STATE_AWS_RESUME,       /* the application called AWS_resume; not connected yet */
    STATE_AWS_PROVISION_FAILED, /* that was refused or not answered, a line in the log says why; it is tried again */
    STATE_AWS_MAX
} awsIotStates_et;

typedef void (*awsSubscribeCallback_t)(const char *pTopicStr, const char *pPayloadStr);

/* Who the device is and where it connects. Texts are NUL-terminated. The library copies hostNameStr and pThingNameStr;
 * the others must stay where they are as long as the program runs.
 *
 * One of three ways to configure a device (the provisioning methods of the original library):
 * 1. thing certificate: pThingNameStr, pThingCertStr, pThingPrivateKeyStr;
 * 2. claim certificate: pClaimCertStr, pClaimPrivateKeyStr, pClaimTemplateStr: fleet provisioning (docs/provisioning.md). A device that has
 *    nothing stored makes a key, which never leaves it, gets a certificate and a thing name from AWS IoT and stores them; from then on,
 *    and after each boot, it is that thing. What is stored comes before the claim, a given thing certificate before both;
 * 3. nothing at all: what somebody has configured on the spot and the device has stored; else the device waits for that in
 *    SYSTEM_MODE_DEVICE_CONFIG (docs/provisioning-local.md). */
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
    const char *pClaimCertStr;       /* as pThingCertStr; the same for all devices of a batch */
    const char *pClaimPrivateKeyStr; /* as pThingPrivateKeyStr */
    const char *pClaimTemplateStr;   /* the name of the provisioning template, 1..36 of [a-zA-Z0-9_-] */
    const char *pThingNameStr;       /* 1..128 of [a-zA-Z0-9:_-]; also the MQTT client id */
    uint8_t maxShadowCount_u8;       /* this one and the next four are accepted and not used: see Kconfig */
    uint8_t maxPublishMessagesToStore_u8;
    uint8_t maxSubscribeMessagesToStore_u8;
    uint8_t maxSubscribeTopics_u8;
    uint8_t maxJobs_u8;
    awsSubscribeCallback_t
        subscribeCallbackHandler; /* hears of messages for AWS_subscribe, on the event task; may be NULL */
} awsConfig_st;

/* true from the server's CONNACK to the end of that connection. */
bool AWS_isConnected(void);

/* What the connection does now. */
awsIotStates_et AWS_getState(void);

/* "IDLE", "INIT", "START", "PROVISIONING", "CONNECTED", "DISCONNECTED", "SUSPENDED", "RESUME", "PROVISION_FAILED". Static. */
const char *AWS_getStateString(void);

/* The thing's name; empty before SYSTEM_init has succeeded, and with a claim until the device knows who it is. Static, and from then on does not
 * change while the device runs. */
const char *AWS_getThingName(void);

/* With a claim: a pair for the parameters of the template, beside those that the device gives by itself: SerialNumber (the board's own number),
 * DeviceNamePrefix (pDeviceNamePrefixStr) and AppVersion (pAppVersionStr). Up to 8; a later call with the same key changes the value.
 * Before SYSTEM_start, from one task; the texts must stay as long as the program runs. NULL or an empty value: the pair is not sent,
 * and the template's Default counts. false, and a line in the log: a key that is not 1 to 128 of [a-zA-Z0-9:_-] or one of the three, no
 * room, or too late. */
bool AWS_setProvisioningParameter(const char *pKeyStr, const char *pValueStr);

/* The change of the device's certificate as a job: registers the library's own handler for the action "rotate-certificate". A job with the document
 *     {"action":"rotate-certificate","template":"NAME"}
 * makes a new key on the device, asks over the present connection for a certificate (CreateCertificateFromCsr), registers it by that provisioning
 * template (RegisterThing, with the parameters ThingName and SerialNumber), connects with it, and stores it in the
 * place of the old one when that was good; else the old one stays. The old certificate is not touched at AWS: the job's statusDetails say
 * oldCertificateId and newCertificateId, for whoever deactivates it. docs/rotation.md has the template and the policy.
 *
 * pTemplateStr: the template for documents that name none; NULL: they must. The text must stay as long as the program runs.
 * Between SYSTEM_init and SYSTEM_start, at each boot: a certificate that SYSTEM_init is given and that was rotated is replaced by the stored one only
 * in programs that call this. It needs 16 KiB of memory, and 6 KiB more of the engine task's stack, only there.
 * false, and a line in the log: too early or too late, not the name of a template (1..36 of [0-9A-Za-z_-]), or the table of actions is full. */
bool AWS_registerCertificateRotation(const char *pTemplateStr);

/* Closes the connection, and the device stays offline until AWS_resume. A job that runs goes on, and its status waits. */
void AWS_suspend(void);
void AWS_resume(void);

/* Closes the connection, if there is one, and makes a new one, also after AWS_suspend and AWS_close. */
void AWS_restart(void);

/* Closes the connection as AWS_suspend does; AWS_resume or AWS_restart opens one again. */
void AWS_close(void);

/* One line about the connection, and one for each subscription, at PRINT_LEVEL_INFO. */
void AWS_printStatus(void);
void AWS_printSubscribedTopics(void);

/* ---- the application's own messages
 *
 * They share the one connection with jobs, which go first. From SYSTEM_init on, connected or not: what was taken waits for the
 * connection, and subscriptions are made anew on each one. No call waits for the network. Their memory is in a program only if it calls
 * one of these functions (CONFIG_DEVICE_JOBS_OUTBOX_SIZE and _RECEIVED_SIZE, 4096 bytes each).
 *
 * The rule when there is no room: the newest message is refused (false), and counted. A message of QoS 1 that was taken is sent until AWS IoT
 * has acknowledged it, over as many connections as that takes, so it may arrive twice; it is given up, with a line in the log, when it
 * alone ends three connections in a row, which is what AWS IoT does to a topic that the policy does not allow. A message of QoS 0 is sent once. A
 * power cut loses what waits.
 *
 * AWS's limits are kept ("AWS IoT Core message broker and protocol limits and quotas"): 128 KB a message, 256 bytes and 7 slashes a topic,
 * 50 subscriptions a connection; 100 publishes and 512 KB a second are not exceeded, messages wait instead. Topics below
 * $aws/things/<thing name>/jobs/ are the library's own, and refused. */
/* Takes a copy of `length` bytes. QoS 0 or 1; a retained message stays with AWS IoT for later subscribers. false, and a line in the log:
 * no room now, a topic that AWS IoT does not take, or more than there ever is room for. */
bool AWS_publishMessage(const char *pTopicStr, const void *pPayload, uint32_t length_u32, qos_et qos_e,
                        bool retain_b8);

typedef struct {
    const char *pTopicStr;
    const void
        *pPayload; /* length_u32 bytes and a NUL; NULL: there was no room for a message of that length */
    uint32_t length_u32;
    uint32_t capacity_u32; /* the longest for which there ever is room */
} awsMessage_st;

/* On the library's event task, which also runs systemEventCallBack and the cancel callbacks: while it blocks, those wait. Everything that
 * ps_message points to is valid until it returns. */
typedef void (*awsMessageCallback_t)(const awsMessage_st *ps_message, void *pContext);

/* A filter with the wildcards + and #, of up to CONFIG_DEVICE_JOBS_FILTER_SIZE - 1 bytes, CONFIG_DEVICE_JOBS_SUBSCRIPTIONS of them at
 * most. A message goes to the callback of each filter that matches. Called again for a filter it takes the new callback and, if AWS IoT
 * had refused the filter, asks again. true says that it will be asked for; whether the policy allows it shows
 * AWS_printSubscribedTopics, and a line in the log if it does not. */
bool AWS_subscribeTopic(const char *pFilterStr, qos_et qos_e, awsMessageCallback_t callback, void *pContext);

/* A callback that has begun may still run when this returns; no new one begins. false: there is no such subscription. */
bool AWS_unsubscribe(const char *pFilterStr);

/* As AWS_publishMessage, of payloadLen_u16 bytes of payloadStr. A length of 0 means the text up to its NUL. */
bool AWS_publish(mqttMsg_st *ps_msg);

/* As AWS_subscribeTopic, for messages that the application fetches: they go to s_awsConfig.subscribeCallbackHandler if SYSTEM_init was given one,
 * else into a queue (CONFIG_DEVICE_JOBS_POLLED_SIZE bytes), which AWS_subMsgRead empties, the oldest first. A message that does not fit
 * into mqttMsg_st is left out, with a line that says how long it is. */
bool AWS_subscribe(const char *pTopicStr, uint8_t qos_e);
uint16_t AWS_subMsgAvailable(void);
bool AWS_subMsgRead(mqttMsg_st *ps_msg); /* false: the queue is empty */

/* How many messages that were taken are not sent yet, or not acknowledged; and whether there is one. */
uint16_t AWS_pubMsgAvailable(void);
bool AWS_publishInProgress(void);

/* Since the start of the program. */
typedef struct {
    uint32_t taken_u32;            /* by AWS_publish and AWS_publishMessage */
    uint32_t refused_u32;          /* no room */
    uint32_t sent_u32;             /* with those that were sent again */
    uint32_t acknowledged_u32;     /* of QoS 1 */
    uint32_t dropped_u32;          /* given up */
    uint32_t received_u32;         /* handed to callbacks, those of AWS_subscribe included */
    uint32_t receivedRefused_u32;  /* no room */
    uint32_t receivedTooLarge_u32; /* and never was */
} awsMessageCounters_st;
void AWS_getMessageCounters(awsMessageCounters_st *ps_counters);

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
