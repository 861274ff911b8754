/* SPDX-License-Identifier: MIT */
/* The conformance suite of a port, written against device/port/ alone: a port that passes it is finished. Needs no test framework, so
 * that it also runs on a device. */
#ifndef TESTS_PORT_PORT_SUITE_H
#define TESTS_PORT_PORT_SUITE_H

#include "device/port/port_board.h"
#include "device/port/port_mqtt.h"
#include "device/port/port_network.h"
#include "device/port/port_store.h"
#include "device/port/port_sync.h"
#include "device/port/port_time.h"

/* What the suite needs of the world. Every broker takes the certificate below and lets it do everything, but for the
 * one forbidden filter. */
struct port_world {
    const char *host; /* the name in `good`'s certificate */
    uint16_t good_port;
    uint16_t wrong_name_port; /* its certificate is for another name */
    uint16_t expired_port;    /* its certificate has expired */
    uint16_t closed_port;     /* nobody listens there */
    uint16_t silent_port;     /* takes connections and says nothing */
    uint16_t deaf_port;       /* answers CONNECT, and reads nothing more; its certificate is good */
    size_t
        largest_payload; /* that must go out and come back: PORT_MQTT_PAYLOAD_CAP, less where memory is short */
    const char *root_ca_pem;
    const char *other_ca_pem; /* another authority */
    const char *cert_pem;
    const char *key_pem;
    const char *other_key_pem;    /* of another certificate */
    const char *forbidden_filter; /* the good broker answers its SUBSCRIBE with 0x80 */
};

/* NULL: passed. Else what did not hold. */
struct port_check {
    const char *name;
    const char *(*run)(const struct port_world *world);
};

extern const struct port_check port_checks_local[]; /* time, tasks, storage, board */
extern const unsigned port_checks_local_count;
extern const struct port_check port_checks_mqtt[];
extern const unsigned port_checks_mqtt_count;
extern const struct port_check port_checks_messages[];
extern const unsigned port_checks_messages_count;

#define PORT_TEXT_(line) #line
#define PORT_TEXT(line)  PORT_TEXT_(line)
#define PORT_EXPECT(condition)                                                                               \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            return __FILE__ ":" PORT_TEXT(__LINE__) ": " #condition;                                         \
        }                                                                                                    \
    } while (0)

#endif
