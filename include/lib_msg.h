/* SPDX-License-Identifier: MIT */
/* A message of the application's own topics, as the original library has it: in arrays of fixed size, for AWS_publish and
 * AWS_subMsgRead (lib_aws.h). */
#ifndef LIB_MSG_H
#define LIB_MSG_H

#include "lib_config.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* MQTT's quality of service. AWS IoT has no third one. */
typedef enum {
    QOS0_AT_MOST_ONCE = 0,
    QOS1_AT_LEASET_ONCE = 1, /* programs use this spelling */
    QOS_AT_MAX
} qos_et;

typedef struct {
    char topicStr[LENGTH_MQTT_TOPIC];     /* NUL-terminated */
    char payloadStr[LENGTH_MQTT_PAYLOAD]; /* any bytes */
    uint16_t payloadLen_u16;              /* of payloadStr, without a NUL */
    uint8_t topicLen_u8;                  /* of topicStr, without its NUL */
    qos_et qos_e;
    bool retain_b8;
} mqttMsg_st;

#ifdef __cplusplus
}
#endif

#endif
