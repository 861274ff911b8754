/* SPDX-License-Identifier: MIT */
/* esp-mqtt, esp-tls and mbedTLS played on a host: a client task that does with its transport what esp-mqtt does, and a server
 * that is the test. Goes together with fake_idf. */
#ifndef TESTS_FAKES_FAKE_ESP_MQTT_H
#define TESTS_FAKES_FAKE_ESP_MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the next connections go. */
struct mqtt_script {
    int tls_error;          /* esp_tls_conn_new_sync fails with this esp_err_t */
    int native_error;       /* errno behind it */
    int tls_code;           /* mbedTLS's, positive as esp-tls stores it */
    uint32_t verify_flags;  /* what was wrong with the server's certificate */
    int connack;            /* CONNACK's code */
    bool hangs;             /* connecting takes until mqtt_release */
    bool refuses_publish;   /* the connection breaks when something is published */
    bool refuses_subscribe; /* a SUBSCRIBE is not taken, and esp-mqtt leaves it at that */
    bool hangs_in_publish;  /* the server reads nothing: each publish takes until mqtt_release */
};

void mqtt_reset(void);
void mqtt_set_script(const struct mqtt_script *script);
void mqtt_wait_hanging(void); /* ... and it is connecting now */
void mqtt_release(void);

/* What the client was given. */
struct mqtt_seen {
    char host[64], client_id[64];
    uint32_t port;
    int keepalive_s, protocol, in_buffer, out_buffer;
    bool has_auto_reconnect, has_alpn, verifies; /* verifies: with a root CA and the host's name */
    unsigned starts, ends;                       /* clients started and destroyed */
    const void *key;                             /* the text of the key, with its length right; NULL: none */
    const void *ds_data;                         /* esp_ds_data_ctx_t, of the Digital Signature peripheral */
    bool uses_secure_element;
};
struct mqtt_seen mqtt_get_seen(void);

/* The next thing that the client has sent, in order; waits for it. `what`: "SUB filter", "UNSUB filter" or "PUB topic payload"; a QoS of 0
 * and retain are told: "SUB0", "PUB0", "PUBR", "PUB0R". Returns its message id, 0 for a publish with QoS 0. */
int mqtt_wait_sent(char *what, size_t cap);
unsigned mqtt_sent_count(void);

/* From the server; each waits until the client's task has worked on it. */
void mqtt_suback(int message_id, unsigned char code);
void mqtt_unsuback(int message_id);
void mqtt_puback(int message_id);
void mqtt_mark_messages(int qos, bool is_retained); /* those that come from here on; 0 and false at first */
void mqtt_message(const char *topic, const char *payload, int len,
                  int total); /* total < 0: after one piece, silence */
void mqtt_drop(void);         /* the server closes the connection */
void mqtt_drop_twice(void);   /* and esp-mqtt says so twice */
void mqtt_go_silent(void);    /* the keep-alive fails */

#endif
