/* SPDX-License-Identifier: MIT */
/* AWS's words for why a connection ended (docs/protocol.md 1.13), as far as they can be true here. */
#ifndef CLOUD_BROKER_DISCONNECT_REASON_H
#define CLOUD_BROKER_DISCONNECT_REASON_H

#define DISCONNECT_AUTH_ERROR       "AUTH_ERROR" /* it did what its policies do not allow */
#define DISCONNECT_CLIENT_INITIATED "CLIENT_INITIATED_DISCONNECT"
#define DISCONNECT_CLIENT_ERROR     "CLIENT_ERROR" /* it broke rules of MQTT, or limits */
#define DISCONNECT_CONNECTION_LOST  "CONNECTION_LOST"
#define DISCONNECT_DUPLICATE        "DUPLICATE_CLIENTID"
#define DISCONNECT_FORBIDDEN        "FORBIDDEN_ACCESS" /* its certificate is not ACTIVE any more */
#define DISCONNECT_KEEP_ALIVE       "MQTT_KEEP_ALIVE_TIMEOUT"
#define DISCONNECT_SERVER_ERROR     "SERVER_ERROR"
#define DISCONNECT_SERVER_INITIATED "SERVER_INITIATED_DISCONNECT"

#endif
