/* SPDX-License-Identifier: MIT */
/* The connection of the port suite: what its checks send, and what came. One task. */
#ifndef TESTS_PORT_PORT_SUITE_EVENTS_H
#define TESTS_PORT_PORT_SUITE_EVENTS_H

#include "port/port_suite.h"

#define SUITE_CLOSE_MS    5000 /* port_mqtt_close promises that */
#define SUITE_SHORT_CAP   64   /* of a payload that is looked at byte by byte */
#define SUITE_TOPIC       "suite/topic"
#define SUITE_OTHER_TOPIC "suite/other"
#define SUITE_KEPT_TOPIC  "suite/kept"

/* Anything but PUBLISHED; a message when it is whole. */
struct suite_event {
    enum port_mqtt_event_type type;
    enum err reason;
    int message_id;
    bool is_granted;
    bool has_text;
    char text[200];
    bool is_in_order; /* each piece where the one before had ended, and nothing between them */
    size_t topic_len, payload_len;
    uint32_t sum; /* of the payload, as suite_sum */
    uint8_t qos;
    bool is_retained;
    char topic[64];
    char payload[SUITE_SHORT_CAP];
};

uint32_t suite_sum(uint32_t sum, const char *bytes, size_t len);

/* ---- connections; const char *: NULL, or what did not hold */
struct port_mqtt_config suite_config(const struct port_world *world, uint16_t port);
void suite_take_event(void *ctx, const struct port_mqtt_event *event); /* for port_mqtt_open */
enum err suite_open(const struct port_mqtt_config *config);            /* closes, forgets what came, opens */
const char *suite_connect_to(const struct port_world *world, uint16_t port);
const char *suite_connect(const struct port_world *world); /* to its good_port */
const char *suite_subscribe(const char *filter, uint8_t qos);
enum err suite_publish_as(const char *topic, const void *payload, size_t len, uint8_t qos, int *id);
enum err suite_publish(const void *payload, size_t len); /* to SUITE_TOPIC, QoS 1 */

/* ---- what came since suite_open */
const struct suite_event *suite_next_event(void);   /* NULL: none came for longer than anything may take */
unsigned suite_events_so_far(void);                 /* with every PUBLISHED */
unsigned suite_acknowledged_count(void);            /* every PUBLISHED */
unsigned suite_acknowledged(int id);                /* those of this id */
bool suite_wait_acknowledged(int id);               /* false: it did not come */
bool suite_wait_acknowledged_count(unsigned count); /* false: fewer came, or more */
bool suite_is_message(const struct suite_event *event, const char *topic, const char *payload, size_t len);

#define PORT_TRY(call)                                                                                       \
    do {                                                                                                     \
        const char *failed_ = (call);                                                                        \
        if (failed_) {                                                                                       \
            return failed_;                                                                                  \
        }                                                                                                    \
    } while (0)

#endif
