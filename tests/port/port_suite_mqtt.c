/* SPDX-License-Identifier: MIT */
#include "port/port_suite.h"

#include <stdatomic.h>
#include <string.h>

#define PATIENCE_MS 70000 /* port_mqtt_open promises its news within 60 s */
#define CLOSE_MS    5000
#define SHORT_CAP   64 /* of a payload that is looked at byte by byte */
#define TOPIC       "suite/topic"

/* What came, in order; written by the network task before `arrived` is set. */
#define EVENTS_MAX 32
struct seen {
    enum port_mqtt_event_type type;
    enum err reason;
    int message_id;
    bool is_granted;
    bool has_text;
    char text[200];
    bool is_in_order; /* each piece where the one before had ended */
    size_t topic_len, payload_len;
    uint32_t sum; /* of the payload, as sum_of */
    char topic[64];
    char payload[SHORT_CAP];
};
static struct seen seen[EVENTS_MAX];
static unsigned seen_count; /* guarded by `mutex`, like the array */
static unsigned taken;
static struct port_mutex mutex;
static struct port_signal arrived;

static uint32_t sum_of(uint32_t sum, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        sum = sum * 31 + (unsigned char)bytes[i];
    }
    return sum;
}

static void begin_event(struct seen *slot, const struct port_mqtt_event *event)
{
    *slot = (struct seen){.type = event->type,
                          .reason = event->reason,
                          .message_id = event->message_id,
                          .is_granted = event->is_granted,
                          .has_text = event->text && event->text[0],
                          .is_in_order = true,
                          .topic_len = event->topic.len};
    if (event->text) {
        strncpy(slot->text, event->text, sizeof(slot->text) - 1);
    }
    if (event->topic.len <= sizeof(slot->topic)) {
        memcpy(slot->topic, event->topic.ptr ? event->topic.ptr : "", event->topic.len);
    }
}

/* true: it is whole. */
static bool add_piece(struct seen *slot, const struct port_mqtt_event *event)
{
    size_t len = event->payload.len;
    slot->is_in_order = slot->is_in_order && event->offset == slot->payload_len;
    slot->sum = sum_of(slot->sum, event->payload.ptr, len);
    if (len > 0 && slot->payload_len + len <= sizeof(slot->payload)) {
        memcpy(slot->payload + slot->payload_len, event->payload.ptr, len);
    }
    slot->payload_len += len;
    return slot->payload_len >= event->total;
}

static void on_event(void *ctx, const struct port_mqtt_event *event)
{
    (void)ctx;
    port_mutex_lock(&mutex);
    if (seen_count < EVENTS_MAX) {
        struct seen *slot = &seen[seen_count];
        if (event->offset == 0) {
            begin_event(slot, event);
        }
        seen_count += add_piece(slot, event);
    }
    port_mutex_unlock(&mutex);
    port_signal_set(&arrived);
}

/* The next event, or NULL after PATIENCE_MS. */
static const struct seen *next_event(void)
{
    for (;;) {
        port_mutex_lock(&mutex);
        const struct seen *event = taken < seen_count ? &seen[taken++] : NULL;
        port_mutex_unlock(&mutex);
        if (event) {
            return event;
        }
        if (!port_signal_wait(&arrived, PATIENCE_MS)) {
            return NULL;
        }
    }
}

static unsigned events_so_far(void)
{
    port_mutex_lock(&mutex);
    unsigned count = seen_count;
    port_mutex_unlock(&mutex);
    return count;
}

static void forget_events(void)
{
    static bool are_objects_made;
    if (!are_objects_made) {
        port_mutex_init(&mutex);
        port_signal_init(&arrived);
        are_objects_made = true;
    }
    port_mutex_lock(&mutex);
    seen_count = 0;
    port_mutex_unlock(&mutex);
    taken = 0;
    port_signal_wait(&arrived, 0);
}

static struct port_mqtt_config config_for(const struct port_world *world, uint16_t port)
{
    return (struct port_mqtt_config){
        .host = world->host,
        .port = port,
        .client_id = "suite",
        .keepalive_s = 30,
        .root_ca_pem = world->root_ca_pem,
        .cert_pem = world->cert_pem,
        .key_pem = world->key_pem,
    };
}

static enum err open_with(const struct port_mqtt_config *config)
{
    port_mqtt_close();
    forget_events();
    return port_mqtt_open(config, on_event, NULL);
}

static const char *connect_good(const struct port_world *world)
{
    struct port_mqtt_config config = config_for(world, world->good_port);
    PORT_EXPECT(open_with(&config) == ERR_OK);
    const struct seen *event = next_event();
    PORT_EXPECT(event && event->type == PORT_MQTT_CONNECTED);
    return NULL;
}

static const char *subscribe_to_topic(void)
{
    int id = -1;
    PORT_EXPECT(port_mqtt_subscribe(TOPIC, &id) == ERR_OK);
    const struct seen *event = next_event();
    PORT_EXPECT(event && event->type == PORT_MQTT_SUBSCRIBED && event->message_id == id && event->is_granted);
    return NULL;
}

#define PORT_TRY(call)                                                                                       \
    do {                                                                                                     \
        const char *failed_ = (call);                                                                        \
        if (failed_) {                                                                                       \
            return failed_;                                                                                  \
        }                                                                                                    \
    } while (0)

/* ---- good connections */

static const char *check_message_goes_round(const struct port_world *world)
{
    PORT_TRY(connect_good(world));
    PORT_TRY(subscribe_to_topic());
    static const char payload[] = "any\0bytes\xff";
    PORT_EXPECT(port_mqtt_publish(TOPIC, payload, sizeof(payload)) == ERR_OK);
    const struct seen *event = next_event();
    PORT_EXPECT(event && event->type == PORT_MQTT_MESSAGE && event->is_in_order);
    PORT_EXPECT(event->topic_len == strlen(TOPIC) && memcmp(event->topic, TOPIC, event->topic_len) == 0);
    PORT_EXPECT(event->payload_len == sizeof(payload) &&
                memcmp(event->payload, payload, sizeof(payload)) == 0);
    PORT_EXPECT(port_mqtt_publish(TOPIC, NULL, 0) == ERR_OK);
    event = next_event();
    PORT_EXPECT(event && event->type == PORT_MQTT_MESSAGE && event->payload_len == 0);
    port_mqtt_close();
    return NULL;
}

static const char *check_burst_keeps_its_order(const struct port_world *world)
{
    PORT_TRY(connect_good(world));
    PORT_TRY(subscribe_to_topic());
    for (unsigned char i = 0; i < 20; i++) {
        enum err err;
        while ((err = port_mqtt_publish(TOPIC, &i, 1)) == ERR_FULL) {
            port_time_sleep_ms(1); /* the outgoing queue is bounded */
        }
        PORT_EXPECT(err == ERR_OK);
    }
    for (unsigned char i = 0; i < 20; i++) {
        const struct seen *event = next_event();
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
    PORT_TRY(connect_good(world));
    PORT_TRY(subscribe_to_topic());
    for (size_t len = sizeof(large); len > 900; len /= 2) {
        PORT_EXPECT(port_mqtt_publish(TOPIC, large, len) == ERR_OK);
        const struct seen *event = next_event();
        PORT_EXPECT(event && event->type == PORT_MQTT_MESSAGE && event->is_in_order);
        PORT_EXPECT(event->topic_len == strlen(TOPIC) && memcmp(event->topic, TOPIC, event->topic_len) == 0);
        PORT_EXPECT(event->payload_len == len && event->sum == sum_of(0, large, len));
    }
    port_mqtt_close();
    return NULL;
}

/* the code in the SUBACK is looked at. */
static const char *check_refused_subscription_is_told(const struct port_world *world)
{
    PORT_TRY(connect_good(world));
    int id = -1;
    PORT_EXPECT(port_mqtt_subscribe(world->forbidden_filter, &id) == ERR_OK);
    const struct seen *event = next_event();
    PORT_EXPECT(event && event->type == PORT_MQTT_SUBSCRIBED && event->message_id == id &&
                !event->is_granted);
    port_mqtt_close();
    return NULL;
}

static const char *check_one_connection_at_a_time(const struct port_world *world)
{
    PORT_TRY(connect_good(world));
    struct port_mqtt_config config = config_for(world, world->good_port);
    PORT_EXPECT(port_mqtt_open(&config, on_event, NULL) == ERR_BUSY);
    port_mqtt_close();
    port_mqtt_close(); /* does nothing when there is none */
    return NULL;
}

static const char *check_no_event_after_close(const struct port_world *world)
{
    PORT_TRY(connect_good(world));
    PORT_TRY(subscribe_to_topic());
    for (int i = 0; i < 5; i++) {
        PORT_EXPECT(port_mqtt_publish(TOPIC, "x", 1) == ERR_OK);
    }
    port_mqtt_close();
    unsigned count = events_so_far();
    port_time_sleep_ms(100);
    PORT_EXPECT(events_so_far() == count);
    int id = 0;
    PORT_EXPECT(port_mqtt_publish(TOPIC, "x", 1) == ERR_OFFLINE);
    PORT_EXPECT(port_mqtt_subscribe(TOPIC, &id) == ERR_OFFLINE);
    return NULL;
}

static const char *check_many_connections(const struct port_world *world)
{
    for (int i = 0; i < 20; i++) {
        PORT_TRY(connect_good(world));
        PORT_TRY(subscribe_to_topic());
        port_mqtt_close();
    }
    return NULL;
}

/* Clean session: what was subscribed before is not any more. */
static const char *check_session_is_clean(const struct port_world *world)
{
    PORT_TRY(connect_good(world));
    PORT_TRY(subscribe_to_topic());
    port_mqtt_close();
    PORT_TRY(connect_good(world));
    PORT_EXPECT(port_mqtt_publish(TOPIC, "nobody hears it", 15) == ERR_OK);
    PORT_TRY(subscribe_to_topic()); /* its SUBACK comes first, not the message */
    port_mqtt_close();
    return NULL;
}

/* ---- servers that must be refused */

static const char *expect_refused(const struct port_mqtt_config *config, enum err reason, const char *word)
{
    PORT_EXPECT(open_with(config) == ERR_OK);
    const struct seen *event = next_event();
    PORT_EXPECT(event && event->type == PORT_MQTT_DISCONNECTED);
    PORT_EXPECT(event->reason == reason);
    PORT_EXPECT(event->has_text);
    PORT_EXPECT(!word || strstr(event->text, word));
    int id = 0;
    PORT_EXPECT(port_mqtt_subscribe(TOPIC, &id) == ERR_OFFLINE);
    port_mqtt_close();
    PORT_EXPECT(events_so_far() == 1);
    return NULL;
}

static const char *check_other_authority_is_refused(const struct port_world *world)
{
    struct port_mqtt_config config = config_for(world, world->good_port);
    config.root_ca_pem = world->other_ca_pem;
    return expect_refused(&config, ERR_TLS, "root CA");
}

static const char *check_other_name_is_refused(const struct port_world *world)
{
    struct port_mqtt_config config = config_for(world, world->wrong_name_port);
    return expect_refused(&config, ERR_TLS, world->host);
}

static const char *check_expired_certificate_is_refused(const struct port_world *world)
{
    struct port_mqtt_config config = config_for(world, world->expired_port);
    return expect_refused(&config, ERR_TLS, "expired");
}

static const char *check_nobody_listens(const struct port_world *world)
{
    struct port_mqtt_config config = config_for(world, world->closed_port);
    return expect_refused(&config, ERR_OFFLINE, NULL);
}

static const char *check_unknown_host(const struct port_world *world)
{
    struct port_mqtt_config config = config_for(world, world->good_port);
    config.host = "no-such-host.invalid"; /* RFC 6761: never resolves */
    return expect_refused(&config, ERR_OFFLINE, config.host);
}

/* A server that takes the connection and says nothing holds nobody up. */
static const char *check_close_while_connecting_is_quick(const struct port_world *world)
{
    struct port_mqtt_config config = config_for(world, world->silent_port);
    for (uint32_t wait_ms = 0; wait_ms <= 200; wait_ms += 100) {
        PORT_EXPECT(open_with(&config) == ERR_OK);
        port_time_sleep_ms(wait_ms);
        uint64_t before_ms = port_time_monotonic_ms();
        port_mqtt_close();
        PORT_EXPECT(port_time_monotonic_ms() - before_ms < CLOSE_MS);
        PORT_EXPECT(events_so_far() == 0);
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
    PORT_EXPECT(open_with(&config) == ERR_TLS);
    PORT_EXPECT(events_so_far() == 0);
    return NULL;
}

static const char *check_credentials(const struct port_world *world)
{
    struct port_mqtt_config config = config_for(world, world->good_port);
    enum port_mqtt_credential bad;
    const char *why;
    PORT_EXPECT(port_mqtt_check(&config, &bad, &why) == ERR_OK);
    config.root_ca_pem = "no PEM";
    PORT_TRY(expect_bad(config, PORT_MQTT_ROOT_CA));
    config = config_for(world, world->good_port);
    config.cert_pem = world->key_pem;
    PORT_TRY(expect_bad(config, PORT_MQTT_CERT));
    config = config_for(world, world->good_port);
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
