/* SPDX-License-Identifier: MIT */
/* Seams of a device on a table: an MQTT connection whose other end is the test, a storage in memory that can be slow or broken, a
 * board whose log can be read and whose restart only ends the task. Tasks, locks and the monotonic clock are the real ones.
 *
 * Waiting functions return when the thing has happened and fail the test after 20 s. */
#ifndef TESTS_FAKES_FAKE_PORTS_H
#define TESTS_FAKES_FAKE_PORTS_H

#include "device/port/port_board.h"
#include "device/port/port_gpio.h"
#include "device/port/port_mqtt.h"
#include "device/port/port_network.h"
#include "device/port/port_store.h"

void fake_reset(void);

/* ---- MQTT: topics by what stands behind "$aws/things/lamp/jobs/" */
#define FAKE_THING  "lamp"
#define FAKE_PREFIX "$aws/things/" FAKE_THING "/jobs/"

/* The engine opened a connection, the count-th since fake_reset. */
void fake_wait_open(unsigned count);
unsigned fake_open_count(void);
unsigned fake_close_count(void);
bool fake_is_opened_as(const char *client_id, const char *cert_pem); /* the last one */

/* CONNACK, and every SUBSCRIBE granted from here on; returns when the device has sent them all. */
void fake_connect(void);
/* The same without that: for a test that refuses some. */
void fake_connect_only(void);
/* From here on a SUBSCRIBE whose filter ends so is answered like this. NULL: none. */
enum fake_refusal {
    FAKE_REFUSED, /* a SUBACK that says no */
    FAKE_CLOSED,  /* the peer closes the connection, as AWS does */
    FAKE_SILENT,
};
void fake_refuse_subscribe(const char *ending, enum fake_refusal how);
unsigned fake_subscribe_count(void); /* since fake_reset */
void fake_disconnect(const char *text);
void fake_disconnect_for(enum err reason, const char *text); /* also of one that never came */
void fake_answer_subscribe(int message_id);                  /* a SUBACK that nobody has asked for */

/* The next publish, in order. Copies; payload_cap at least 2048. */
void fake_wait_publish(char *topic, size_t topic_cap, char *payload, size_t payload_cap);
/* With what the last one of these was published. */
void fake_taken_publish(uint8_t *qos, bool *is_retained);
unsigned fake_publish_count(void);
bool fake_has_publish(void);                  /* there is one already */
void fake_drop_publishes(void);               /* those that nobody has taken are lost */
bool fake_is_next_publish(const char *topic); /* there is one already, and to this topic; it is not taken */

/* From here on the peer acknowledges no PUBLISH and no SUBSCRIBE, as AWS does with who sends too fast; answers still come. false:
 * all are acknowledged. */
void fake_withhold_acknowledgements(bool withholds);
unsigned fake_full_count(void); /* packets that the port has refused for that, or for the next */
/* From here on the peer reads nothing of what it need not acknowledge: publishes with QoS 0 and UNSUBSCRIBEs fill their places. false: it
 * has read them. */
void fake_stop_reading(bool stops);
/* The last UNSUBSCRIBE's filter; how many there were since fake_reset. */
unsigned fake_unsubscribe_count(char *filter, size_t cap);

/* true: it was handed to the library (there is a connection). */
bool fake_deliver(const char *topic, const char *payload);
bool fake_deliver_pieces(const char *topic, const char *payload, size_t piece);
void fake_deliver_piece(const char *topic, const char *payload, size_t offset,
                        size_t len); /* and no more of it */
/* Whole, to a topic outside of FAKE_PREFIX. */
bool fake_deliver_own(const char *topic, struct slice payload, uint8_t qos, bool is_retained);

bool fake_deliver_own_pieces(const char *topic, const char *payload, size_t piece);

/* port_mqtt_open and port_mqtt_check answer this from here on. */
void fake_mqtt_fail_open(enum err err);
void fake_mqtt_refuse_credential(enum port_mqtt_credential bad, const char *why);

/* ---- storage */
unsigned fake_put_count(void);
unsigned fake_clock_put_count(void);       /* of the last known time, which fake_put_count leaves out */
void fake_store_fail(enum err err);        /* each put, from here on; ERR_OK: good again */
void fake_store_fail_gets(unsigned count); /* so many, from here on */
void fake_store_hold(void);                /* the next put waits in the middle ... */
void fake_wait_held(void);                 /* ... it does now ... */
void fake_store_release(void);             /* ... and goes on */
size_t fake_stored(char *out, size_t cap); /* the journal's record */
/* After so many puts and erases, from here on, the power is gone: what comes then does nothing. UINT_MAX: it stays. */
void fake_store_cut(unsigned operations);
unsigned fake_store_operations(void); /* since then */

/* ---- board */
const char *fake_log(void); /* all of it; for a message, while nobody writes */
bool fake_log_has(const char *text);
void fake_wait_log(const char *text);
void fake_log_hold(const char *text); /* the task that logs this waits ... */
void fake_log_release(void);          /* ... and goes on */
void fake_wait_restart(void);
unsigned fake_restart_count(void);
void fake_shut_down(
    void); /* what the device does before it restarts: calls what port_board_on_shutdown was given */
unsigned fake_puts_at_restart(void);
void fake_set_wall_s(int64_t wall_s);
/* What port_time_built_s says. */
#define FAKE_BUILT_S 1767225600
/* What the library has begun the clock at, and as a clock that stands still it shows that from then on; 0: it has not. */
int64_t fake_clock_begun_s(void);
/* The library may not set this clock. */
void fake_fix_clock(void);
void fake_advance_ms(uint64_t ms); /* the monotonic clock jumps; who waits on a signal is not woken by that */
unsigned fake_clock_reads(void);   /* of the monotonic clock, since fake_reset */
void fake_hurry(unsigned factor);  /* port_time_sleep_ms, and with it TASK_DELAY_MS, takes so much less */
const char *fake_network_ssid(void); /* what port_network_start was given; NULL: it was not called */
const char *fake_network_password(void);
void fake_network_change(bool is_up);
/* What port_network_look, port_board_mac and port_board_reset_cause answer from here on. */
void fake_network_set(const struct port_network_state *state, enum err err);
void fake_board_set(enum err of_mac, enum port_board_reset cause);
unsigned fake_log_count(const char *text); /* how often it stands in the log */

/* ---- local configuration: fake_configure.c */
void fake_configure_reset(void); /* fake_reset does it: there is no way to configure the device */
void fake_configure_set(bool has_way, bool ends_by_restart, bool needs_ssid);
void fake_configure_fail(enum err err);      /* port_configure_start answers this from here on */
bool fake_is_configurable(bool *wants_wifi); /* the library waits for a text; wants_wifi may be NULL */
bool fake_configure(const char *text, char *answer,
                    size_t cap); /* true: the library wanted no more, and has gone on */
bool fake_configure_wifi(const char *ssid, const char *password);
bool fake_configure_has(const char *bytes); /* they stand somewhere in the memory for texts */

/* ---- pins, 16 of them: fake_gpio.c */
void fake_gpio_reset(void); /* fake_reset does it */
unsigned fake_gpio_changes(uint8_t pin);
enum port_gpio_mode fake_gpio_mode(uint8_t pin);
enum port_gpio_pull fake_gpio_pull(uint8_t pin);
enum port_gpio_edges fake_gpio_edges(uint8_t pin); /* that are watched */
/* From now on every call for this pin is refused, until ERR_OK. */
void fake_gpio_refuse(uint8_t pin, enum err err);
/* The input changes, and its edge is reported if it is watched; `missed` edges before it. */
void fake_gpio_input(uint8_t pin, bool level, uint32_t missed);
void fake_gpio_late_edge(uint8_t pin); /* an edge is still reported to who has watched the pin last */
unsigned fake_gpio_waits(void);        /* how often a task has begun to wait for an edge, ever */

/* ---- anything else that comes from another task: fake_wait.c */
#include <stdatomic.h>
void fake_wait_flag(atomic_bool *flag);

#define FAKE_WAIT(condition)                                                                                 \
    do {                                                                                                     \
        uint64_t until_ms_ = fake_patience_ms();                                                             \
        while (!(condition)) {                                                                               \
            fake_wait_more(until_ms_, #condition);                                                           \
        }                                                                                                    \
    } while (0)
uint64_t fake_patience_ms(void);
void fake_wait_more(uint64_t until_ms, const char *what);

#endif
