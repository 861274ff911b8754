/* SPDX-License-Identifier: MIT */
/* Connections: good ones, refused ones, credentials. */
#include "port/port_suite_events.h"

#include <string.h>

/* ---- good connections */

static const char *check_message_goes_round(const struct port_world *world)
{
    PORT_TRY(suite_connect(world));
    PORT_TRY(suite_subscribe(SUITE_TOPIC, 1));
    static const char payload[] = "any\0bytes\xff";
    PORT_EXPECT(suite_publish(payload, sizeof(payload)) == ERR_OK);
    const struct suite_event *event = suite_next_event();
    PORT_EXPECT(event && event->type == PORT_MQTT_MESSAGE && event->is_in_order);
    PORT_EXPECT(event->topic_len == strlen(SUITE_TOPIC) &&
                memcmp(event->topic, SUITE_TOPIC, event->topic_len) == 0);
    PORT_EXPECT(event->payload_len == sizeof(payload) &&
                memcmp(event->payload, payload, sizeof(payload)) == 0);
    PORT_EXPECT(suite_publish(NULL, 0) == ERR_OK);
    event = suite_next_event();
    PORT_EXPECT(event && event->type == PORT_MQTT_MESSAGE && event->payload_len == 0);
    port_mqtt_close();
    return NULL;
}

static const char *check_burst_keeps_its_order(const struct port_world *world)
{
    PORT_TRY(suite_connect(world));
    PORT_TRY(suite_subscribe(SUITE_TOPIC, 1));
    for (unsigned char i = 0; i < 20; i++) {
        enum err err;
        while ((err = suite_publish(&i, 1)) == ERR_FULL) {
            port_time_sleep_ms(1); /* the outgoing queue is bounded */
        }
        PORT_EXPECT(err == ERR_OK);
    }
    for (unsigned char i = 0; i < 20; i++) {
        const struct suite_event *event = suite_next_event();
        PORT_EXPECT(event && event->type == PORT_MQTT_MESSAGE && event->payload_len == 1);
        PORT_EXPECT((unsigned char)event->payload[0] == i);
    }
    port_mqtt_close();
    return NULL;
}

/* what is larger than any buffer comes all the same, in pieces or not, and the connection lives. */
static const char *check_large_message_comes_whole(const struct port_world *world)
{
    static char large[5000];
    for (size_t i = 0; i < sizeof(large); i++) {
        large[i] = (char)(i * i >> 4);
    }
    PORT_TRY(suite_connect(world));
    PORT_TRY(suite_subscribe(SUITE_TOPIC, 1));
    for (size_t len = sizeof(large); len > 900; len /= 2) {
        PORT_EXPECT(suite_publish(large, len) == ERR_OK);
        const struct suite_event *event = suite_next_event();
        PORT_EXPECT(event && event->type == PORT_MQTT_MESSAGE && event->is_in_order);
        PORT_EXPECT(event->topic_len == strlen(SUITE_TOPIC) &&
                    memcmp(event->topic, SUITE_TOPIC, event->topic_len) == 0);
        PORT_EXPECT(event->payload_len == len && event->sum == suite_sum(0, large, len));
    }
    port_mqtt_close();
    return NULL;
}

/* the code in the SUBACK is looked at. */
static const char *check_refused_subscription_is_told(const struct port_world *world)
{
    PORT_TRY(suite_connect(world));
    int id = -1;
    PORT_EXPECT(port_mqtt_subscribe(world->forbidden_filter, 1, &id) == ERR_OK);
    const struct suite_event *event = suite_next_event();
    PORT_EXPECT(event && event->type == PORT_MQTT_SUBSCRIBED && event->message_id == id &&
                !event->is_granted);
    port_mqtt_close();
    return NULL;
}

static const char *check_one_connection_at_a_time(const struct port_world *world)
{
    PORT_TRY(suite_connect(world));
    struct port_mqtt_config config = suite_config(world, world->good_port);
    PORT_EXPECT(port_mqtt_open(&config, suite_take_event, NULL) == ERR_BUSY);
    port_mqtt_close();
    port_mqtt_close(); /* does nothing when there is none */
    return NULL;
}

static const char *check_no_event_after_close(const struct port_world *world)
{
    PORT_TRY(suite_connect(world));
    PORT_TRY(suite_subscribe(SUITE_TOPIC, 1));
    for (int i = 0; i < 5; i++) {
        PORT_EXPECT(suite_publish("x", 1) == ERR_OK);
    }
    port_mqtt_close();
    unsigned count = suite_events_so_far();
    port_time_sleep_ms(100);
    PORT_EXPECT(suite_events_so_far() == count);
    int id = 0;
    PORT_EXPECT(suite_publish("x", 1) == ERR_OFFLINE);
    PORT_EXPECT(suite_publish_as(SUITE_TOPIC, "x", 1, 0, NULL) == ERR_OFFLINE);
    PORT_EXPECT(port_mqtt_subscribe(SUITE_TOPIC, 1, &id) == ERR_OFFLINE);
    PORT_EXPECT(port_mqtt_unsubscribe(SUITE_TOPIC) == ERR_OFFLINE);
    return NULL;
}

static const char *check_many_connections(const struct port_world *world)
{
    for (int i = 0; i < 20; i++) {
        PORT_TRY(suite_connect(world));
        PORT_TRY(suite_subscribe(SUITE_TOPIC, 1));
        port_mqtt_close();
    }
    return NULL;
}

/* Clean session: what was subscribed before is not any more. */
static const char *check_session_is_clean(const struct port_world *world)
{
    PORT_TRY(suite_connect(world));
    PORT_TRY(suite_subscribe(SUITE_TOPIC, 1));
    port_mqtt_close();
    PORT_TRY(suite_connect(world));
    PORT_EXPECT(suite_publish("nobody hears it", 15) == ERR_OK);
    PORT_TRY(suite_subscribe(SUITE_TOPIC, 1)); /* its SUBACK comes first, not the message */
    port_mqtt_close();
    return NULL;
}

/* ---- servers that must be refused */

static const char *expect_refused(const struct port_mqtt_config *config, enum err reason, const char *word)
{
    PORT_EXPECT(suite_open(config) == ERR_OK);
    const struct suite_event *event = suite_next_event();
    PORT_EXPECT(event && event->type == PORT_MQTT_DISCONNECTED);
    PORT_EXPECT(event->reason == reason);
    PORT_EXPECT(event->has_text);
    PORT_EXPECT(!word || strstr(event->text, word));
    int id = 0;
    PORT_EXPECT(port_mqtt_subscribe(SUITE_TOPIC, 1, &id) == ERR_OFFLINE);
    port_mqtt_close();
    PORT_EXPECT(suite_events_so_far() == 1);
    return NULL;
}

static const char *check_other_authority_is_refused(const struct port_world *world)
{
    struct port_mqtt_config config = suite_config(world, world->good_port);
    config.root_ca_pem = world->other_ca_pem;
    return expect_refused(&config, ERR_TLS, "root CA");
}

static const char *check_other_name_is_refused(const struct port_world *world)
{
    struct port_mqtt_config config = suite_config(world, world->wrong_name_port);
    return expect_refused(&config, ERR_TLS, world->host);
}

static const char *check_expired_certificate_is_refused(const struct port_world *world)
{
    struct port_mqtt_config config = suite_config(world, world->expired_port);
    return expect_refused(&config, ERR_TLS, "expired");
}

static const char *check_nobody_listens(const struct port_world *world)
{
    struct port_mqtt_config config = suite_config(world, world->closed_port);
    return expect_refused(&config, ERR_OFFLINE, NULL);
}

static const char *check_unknown_host(const struct port_world *world)
{
    struct port_mqtt_config config = suite_config(world, world->good_port);
    config.host = "no-such-host.invalid"; /* RFC 6761: never resolves */
    return expect_refused(&config, ERR_OFFLINE, config.host);
}

/* A server that takes the connection and says nothing holds nobody up. */
static const char *check_close_while_connecting_is_quick(const struct port_world *world)
{
    struct port_mqtt_config config = suite_config(world, world->silent_port);
    for (uint32_t wait_ms = 0; wait_ms <= 200; wait_ms += 100) {
        PORT_EXPECT(suite_open(&config) == ERR_OK);
        port_time_sleep_ms(wait_ms);
        uint64_t before_ms = port_time_monotonic_ms();
        port_mqtt_close();
        PORT_EXPECT(port_time_monotonic_ms() - before_ms < SUITE_CLOSE_MS);
        PORT_EXPECT(suite_events_so_far() == 0);
    }
    return NULL;
}

/* ---- credentials */

static const char *expect_bad(struct port_mqtt_config config, enum port_mqtt_credential which)
{
    enum port_mqtt_credential bad = PORT_MQTT_ROOT_CA;
    const char *why = NULL;
    PORT_EXPECT(port_mqtt_check(&config, &bad, &why) == ERR_TLS);
    PORT_EXPECT(bad == which && why && why[0]);
    config.host = "localhost";
    PORT_EXPECT(suite_open(&config) == ERR_TLS);
    PORT_EXPECT(suite_events_so_far() == 0);
    return NULL;
}

static const char *check_credentials(const struct port_world *world)
{
    struct port_mqtt_config config = suite_config(world, world->good_port);
    enum port_mqtt_credential bad;
    const char *why;
    PORT_EXPECT(port_mqtt_check(&config, &bad, &why) == ERR_OK);
    config.root_ca_pem = "no PEM";
    PORT_TRY(expect_bad(config, PORT_MQTT_ROOT_CA));
    config = suite_config(world, world->good_port);
    config.cert_pem = world->key_pem;
    PORT_TRY(expect_bad(config, PORT_MQTT_CERT));
    config = suite_config(world, world->good_port);
    config.key_pem = world->cert_pem;
    PORT_TRY(expect_bad(config, PORT_MQTT_KEY));
    config.key_pem = world->other_key_pem;
    PORT_TRY(expect_bad(config, PORT_MQTT_KEY));
    return NULL;
}

const struct port_check port_checks_mqtt[] = {
    {"message goes round", check_message_goes_round},
    {"burst keeps its order", check_burst_keeps_its_order},
    {"large message comes whole", check_large_message_comes_whole},
    {"refused subscription is told", check_refused_subscription_is_told},
    {"one connection at a time", check_one_connection_at_a_time},
    {"no event after close", check_no_event_after_close},
    {"many connections", check_many_connections},
    {"session is clean", check_session_is_clean},
    {"other authority is refused", check_other_authority_is_refused},
    {"other name is refused", check_other_name_is_refused},
    {"expired certificate is refused", check_expired_certificate_is_refused},
    {"nobody listens", check_nobody_listens},
    {"unknown host", check_unknown_host},
    {"close while connecting is quick", check_close_while_connecting_is_quick},
    {"credentials", check_credentials},
};
const unsigned port_checks_mqtt_count = sizeof(port_checks_mqtt) / sizeof(port_checks_mqtt[0]);
