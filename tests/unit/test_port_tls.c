/* SPDX-License-Identifier: MIT */
/* The Linux port's connection beyond the suite: what a person reads when it fails, the server name in the handshake, ALPN on port
 * 443, the oldest TLS version, addresses in place of names (docs/protocol.md 8). */
// LINK: port_linux tls_world common ssl crypto
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_mqtt.h"
#include "device/port/port_sync.h"
#include "device/port/port_time.h"
#include "fakes/tls_world.h"
#include "ports/linux/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct tls_identity authority, other_authority, server, address_server, early_server, late_server,
    device, foreign_device;
static struct tls_broker broker;
static struct tls_listener listeners[4];

static struct port_mutex mutex;
static struct port_signal arrived;
static bool has_connected, has_ended;
static enum err reason;
static char text[400];

static void on_event(void *ctx, const struct port_mqtt_event *event)
{
    (void)ctx;
    port_mutex_lock(&mutex);
    has_connected = has_connected || event->type == PORT_MQTT_CONNECTED;
    if (event->type == PORT_MQTT_DISCONNECTED) {
        has_ended = true;
        reason = event->reason;
        snprintf(text, sizeof(text), "%s", event->text ? event->text : "");
    }
    port_mutex_unlock(&mutex);
    port_signal_set(&arrived);
}

static void wait_for(const bool *what)
{
    for (;;) {
        port_mutex_lock(&mutex);
        bool is_there = *what;
        bool is_over = has_ended;
        port_mutex_unlock(&mutex);
        if (is_there) {
            return;
        }
        if (is_over || !port_signal_wait(&arrived, 60000)) {
            fail_msg("did not come; the end: '%s'", text);
        }
    }
}

static struct port_mqtt_config config_for(const char *host, uint16_t port)
{
    return (struct port_mqtt_config){.host = host,
                                     .port = port,
                                     .client_id = "lamp",
                                     .keepalive_s = 30,
                                     .root_ca_pem = authority.cert,
                                     .cert_pem = device.cert,
                                     .key_pem = device.key};
}

static void open_connection(const struct port_mqtt_config *config)
{
    has_connected = has_ended = false;
    text[0] = '\0';
    assert_int_equal(port_mqtt_open(config, on_event, NULL), ERR_OK);
}

static void expect_end(enum err wanted, const char *words)
{
    wait_for(&has_ended);
    port_mqtt_close();
    if (reason != wanted || !strstr(text, words)) {
        fail_msg("%s: '%s', wanted '%s'", err_text(reason), text, words);
    }
}

static int start_world(void **state)
{
    (void)state;
    port_mutex_init(&mutex);
    port_signal_init(&arrived);
    tls_make_authority(&authority, "world authority");
    tls_make_authority(&other_authority, "other\nauthority");
    tls_make_identity(&server, &authority, "server", "DNS:localhost", -1, 30);
    tls_make_identity(&address_server, &authority, "server", "IP:127.0.0.1", -1, 30);
    tls_make_identity(&device, &authority, "device", NULL, -1, 30);
    tls_make_identity(&foreign_device, &other_authority, "device", NULL, -1, 30);
    listeners[0].server = &server;
    listeners[1].server = &address_server;
    tls_make_identity(&early_server, &authority, "early server", "DNS:localhost", 10, 30);
    tls_make_identity(&late_server, &authority, "late server", "DNS:localhost", -60, -30);
    listeners[2].server = &early_server;
    listeners[3].server = &late_server;
    tls_broker_start(&broker, &authority, listeners, 4, NULL, NULL);
    return 0;
}

static int stop_world(void **state)
{
    (void)state;
    tls_broker_stop(&broker);
    return 0;
}

/* ---- names and addresses */

static void test_address_needs_a_certificate_for_it(void **state)
{
    (void)state;
    struct port_mqtt_config config = config_for("127.0.0.1", listeners[1].port);
    open_connection(&config);
    wait_for(&has_connected);
    port_mqtt_close();
    config = config_for("127.0.0.1", listeners[0].port);
    open_connection(&config);
    expect_end(ERR_TLS, "server certificate is not for '127.0.0.1'");
    config = config_for("localhost", listeners[1].port);
    open_connection(&config);
    expect_end(ERR_TLS, "server certificate is not for 'localhost'");
}

/* ---- texts for people */

static void test_wrong_authority_is_explained(void **state)
{
    (void)state;
    struct port_mqtt_config config = config_for("localhost", listeners[0].port);
    config.root_ca_pem = other_authority.cert;
    open_connection(&config);
    expect_end(ERR_TLS, "is not signed by the given root CA");
}

/* who is wrong, the certificate or the clock, is for a person to see. */
static void test_server_certificate_of_another_time(void **state)
{
    (void)state;
    struct port_mqtt_config config = config_for("localhost", listeners[2].port);
    open_connection(&config);
    expect_end(ERR_TLS, "server certificate ('early server') is not valid yet (valid from 2");
    assert_non_null(strstr(text, "): this device's clock says 2"));
    config.port = listeners[3].port;
    open_connection(&config);
    expect_end(ERR_TLS, "server certificate ('late server') has expired (valid until 2");
}

static void test_device_certificate_that_has_expired(void **state)
{
    (void)state;
    struct tls_identity old;
    tls_make_identity(&old, &authority, "device", NULL, -60, -30);
    struct port_mqtt_config config = config_for("localhost", listeners[0].port);
    config.cert_pem = old.cert;
    config.key_pem = old.key;
    open_connection(&config);
    expect_end(ERR_TLS, "server refused this device: its certificate has expired (valid until 2");
}

/* Nothing sets the system's clock, and it stands before the certificate: TLS goes by the time at which the library has begun its own. The last
 * test of this program, whose time it is from then on. */
static void test_clock_that_the_library_has_begun(void **state)
{
    (void)state;
    struct port_mqtt_config config = config_for("localhost", listeners[2].port);
    const int64_t system_s = (int64_t)time(NULL);
    assert_in_range(port_time_built_s(), 1735689600, system_s);
    assert_in_range(port_time_wall_s(), system_s, system_s + 60);
    assert_int_equal(port_time_begin_wall(system_s - 86400), ERR_OK);
    assert_in_range(port_time_wall_s(), system_s,
                    system_s + 60); /* the system's is ahead: somebody has set it */
    assert_int_equal(port_time_begin_wall(system_s + 11 * 86400), ERR_OK);
    assert_in_range(port_time_wall_s(), system_s + 11 * 86400, system_s + 11 * 86400 + 60);
    open_connection(&config);
    wait_for(&has_connected);
    port_mqtt_close();
}

static void test_device_certificate_that_the_server_does_not_know(void **state)
{
    (void)state;
    struct port_mqtt_config config = config_for("localhost", listeners[0].port);
    config.cert_pem = foreign_device.cert;
    config.key_pem = foreign_device.key;
    open_connection(&config);
    expect_end(ERR_TLS, "server refused this device");
}

static void test_nobody_listens(void **state)
{
    (void)state;
    struct port_mqtt_config config = config_for("localhost", tls_closed_port());
    open_connection(&config);
    expect_end(ERR_OFFLINE, "Connection refused");
}

static void test_host_that_does_not_exist(void **state)
{
    (void)state;
    struct port_mqtt_config config = config_for("no-such-host.invalid", 8883);
    open_connection(&config);
    expect_end(ERR_OFFLINE, "host 'no-such-host.invalid' not found");
}

static void test_refused_connack(void **state)
{
    (void)state;
    static struct tls_broker strict;
    struct tls_listener listener[] = {{&server, 0}};
    tls_broker_start(&strict, &authority, listener, 1, NULL, "allow_anonymous false\n");
    struct port_mqtt_config config = config_for("localhost", listener[0].port);
    open_connection(&config);
    expect_end(ERR_REFUSED, "server refused the connection of client 'lamp': not authorized (CONNACK 5)");
    tls_broker_stop(&strict);
}

static void test_server_that_dies(void **state)
{
    (void)state;
    static struct tls_broker mortal;
    struct tls_listener listener[] = {{&server, 0}};
    tls_broker_start(&mortal, &authority, listener, 1, NULL, NULL);
    struct port_mqtt_config config = config_for("localhost", listener[0].port);
    open_connection(&config);
    wait_for(&has_connected);
    kill(mortal.pid, SIGKILL);
    expect_end(ERR_OFFLINE, "server closed the connection");
    tls_broker_stop(&mortal);
}

/* A server that stands still does not make the outgoing queue grow, nor the engine task wait. */
static void test_outgoing_queue_is_bounded(void **state)
{
    (void)state;
    struct port_mqtt_config config = config_for("localhost", listeners[0].port);
    open_connection(&config);
    wait_for(&has_connected);
    kill(broker.pid, SIGSTOP);
    const struct port_mqtt_message message = {.topic = "lamp/topic", .payload = "x", .len = 1, .qos = 1};
    enum err err = ERR_OK;
    for (int i = 0; i < 1000 && !err; i++) {
        err = port_mqtt_publish(&message, NULL);
    }
    kill(broker.pid, SIGCONT);
    assert_int_equal(err, ERR_FULL);
    port_mqtt_close();
}

/* ---- a server that looks at the handshake and hangs up */

struct watcher {
    int listen_fd;
    uint16_t port;
    pthread_t thread;
    bool is_handshake_good;
    char server_name[100];
};

static SSL_CTX *server_context(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    BIO *bio = BIO_new_mem_buf(server.cert, -1);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    bio = BIO_new_mem_buf(server.key, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    SSL_CTX_use_certificate(ctx, certificate);
    SSL_CTX_use_PrivateKey(ctx, key);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return ctx;
}

static void *watch(void *arg)
{
    struct watcher *watcher = arg;
    int fd = accept(watcher->listen_fd, NULL, NULL);
    SSL_CTX *ctx = server_context();
    SSL *ssl = SSL_new(ctx);
    SSL_set_fd(ssl, fd);
    watcher->is_handshake_good = SSL_accept(ssl) == 1;
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    snprintf(watcher->server_name, sizeof(watcher->server_name), "%s", name ? name : "(none)");
    if (watcher->is_handshake_good) {
        char connect[64];
        SSL_read(ssl, connect, sizeof(connect));
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    close(fd);
    return NULL;
}

/* AWS IoT wants the server name; with an address there is none (RFC 6066). */
static void test_server_name_in_the_handshake(void **state)
{
    (void)state;
    struct watcher watcher = {0};
    watcher.listen_fd = tls_silent_socket(&watcher.port);
    pthread_create(&watcher.thread, NULL, watch, &watcher);
    struct port_mqtt_config config = config_for("localhost", watcher.port);
    open_connection(&config);
    expect_end(ERR_REFUSED, "before CONNACK: is the certificate active, and does its policy allow "
                            "iot:Connect for client 'lamp'?");
    pthread_join(watcher.thread, NULL);
    assert_true(watcher.is_handshake_good);
    assert_string_equal(watcher.server_name, "localhost");

    pthread_create(&watcher.thread, NULL, watch, &watcher);
    config = config_for("127.0.0.1", watcher.port);
    open_connection(&config);
    expect_end(ERR_TLS, "not for '127.0.0.1'");
    pthread_join(watcher.thread, NULL);
    assert_string_equal(watcher.server_name, "(none)");
    close(watcher.listen_fd);
}

/* ---- the TLS context alone, against a server in memory */

static bool handshake(SSL_CTX *client_ctx, SSL_CTX *server_ctx, SSL **client_out)
{
    SSL *client = SSL_new(client_ctx);
    SSL *peer = SSL_new(server_ctx);
    BIO *client_bio, *peer_bio;
    BIO_new_bio_pair(&client_bio, 0, &peer_bio, 0);
    SSL_set_bio(client, client_bio, client_bio);
    SSL_set_bio(peer, peer_bio, peer_bio);
    SSL_set_connect_state(client);
    SSL_set_accept_state(peer);
    bool is_good = false;
    for (int i = 0; i < 20 && !is_good; i++) {
        SSL_do_handshake(client);
        SSL_do_handshake(peer);
        is_good = SSL_is_init_finished(client) && SSL_is_init_finished(peer);
    }
    ERR_clear_error();
    SSL_free(peer);
    *client_out = client;
    return is_good;
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned in_len, void *ctx)
{
    (void)ssl;
    memcpy(ctx, in, in_len < 100 ? in_len : 99);
    *out = in + 1;
    *out_len = in[0];
    return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *client_context(uint16_t port, struct tls_verdict *verdict)
{
    enum port_mqtt_credential bad;
    const char *why = NULL;
    struct port_mqtt_config config = config_for("localhost", port);
    SSL_CTX *ctx = tls_context_new(&config, verdict, &bad, &why);
    assert_non_null(ctx);
    return ctx;
}

static void test_alpn_on_port_443_only(void **state)
{
    (void)state;
    static const uint16_t ports[] = {443, 8883};
    for (int i = 0; i < 2; i++) {
        char offered[100] = "";
        struct tls_verdict verdict;
        SSL_CTX *client_ctx = client_context(ports[i], &verdict);
        SSL_CTX *server_ctx = server_context();
        SSL_CTX_set_alpn_select_cb(server_ctx, choose_protocol, offered);
        SSL *client;
        assert_true(handshake(client_ctx, server_ctx, &client));
        assert_string_equal(offered, i == 0 ? "\x0ex-amzn-mqtt-ca" : "");
        SSL_free(client);
        SSL_CTX_free(client_ctx);
        SSL_CTX_free(server_ctx);
    }
}

static void test_tls_1_1_is_refused(void **state)
{
    (void)state;
    static const int versions[] = {TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};
    for (int i = 0; i < 3; i++) {
        struct tls_verdict verdict;
        SSL_CTX *client_ctx = client_context(8883, &verdict);
        SSL_CTX *server_ctx = server_context();
        SSL_CTX_set_security_level(server_ctx, 0);
        SSL_CTX_set_security_level(client_ctx, 0);
        SSL_CTX_set_min_proto_version(server_ctx, versions[i]);
        SSL_CTX_set_max_proto_version(server_ctx, versions[i]);
        SSL *client;
        assert_int_equal(handshake(client_ctx, server_ctx, &client), i > 0);
        SSL_free(client);
        SSL_CTX_free(client_ctx);
        SSL_CTX_free(server_ctx);
    }
}

static void test_bad_pem_texts(void **state)
{
    (void)state;
    char damaged[2 * TLS_PEM_CAP];
    struct port_mqtt_config config = config_for("localhost", 8883);
    enum port_mqtt_credential bad;
    const char *why = NULL;
    snprintf(damaged, sizeof(damaged),
             "%s-----BEGIN CERTIFICATE-----\nnot base64!\n-----END CERTIFICATE-----\n", authority.cert);
    config.root_ca_pem = damaged;
    assert_int_equal(port_mqtt_check(&config, &bad, &why), ERR_TLS);
    assert_int_equal(bad, PORT_MQTT_ROOT_CA);
    assert_non_null(strstr(why, "damaged"));
    snprintf(damaged, sizeof(damaged), "%s%s", other_authority.cert, authority.cert);
    assert_int_equal(port_mqtt_check(&config, &bad, &why), ERR_OK);
    config.key_pem = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII=\n-----END ENCRYPTED PRIVATE KEY-----\n";
    assert_int_equal(port_mqtt_check(&config, &bad, &why), ERR_TLS);
    assert_int_equal(bad, PORT_MQTT_KEY);
    assert_non_null(strstr(why, "encrypted"));
}

/* A key's text has more in it than the key (`openssl pkcs12` writes attributes): that decides nothing. A key that is encrypted is named
 * as such in both forms that there are (RFC 7468, RFC 1421; R-64). */
static void test_words_beside_a_key(void **state)
{
    (void)state;
    static const char old_form[] =
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMII=\n"
        "-----END RSA PRIVATE KEY-----\n";
    char text_of_key[2 * TLS_PEM_CAP];
    struct port_mqtt_config config = config_for("localhost", 8883);
    enum port_mqtt_credential bad;
    const char *why = NULL;
    config.key_pem = text_of_key;
    snprintf(text_of_key, sizeof(text_of_key), "Bag Attributes\n    friendlyName: NOT ENCRYPTED\n%s",
             device.key);
    assert_int_equal(port_mqtt_check(&config, &bad, &why), ERR_OK);
    snprintf(text_of_key, sizeof(text_of_key), "%sProc-Type: 4,ENCRYPTED\n", device.key);
    assert_int_equal(port_mqtt_check(&config, &bad, &why), ERR_OK);
    snprintf(text_of_key, sizeof(text_of_key), "%s%s", device.cert, device.key);
    assert_int_equal(port_mqtt_check(&config, &bad, &why), ERR_OK);
    snprintf(text_of_key, sizeof(text_of_key), "a plain word\n%s", old_form);
    assert_int_equal(port_mqtt_check(&config, &bad, &why), ERR_TLS);
    assert_int_equal(bad, PORT_MQTT_KEY);
    assert_non_null(strstr(why, "is encrypted"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address_needs_a_certificate_for_it),
        cmocka_unit_test(test_wrong_authority_is_explained),
        cmocka_unit_test(test_device_certificate_that_the_server_does_not_know),
        cmocka_unit_test(test_nobody_listens),
        cmocka_unit_test(test_host_that_does_not_exist),
        cmocka_unit_test(test_refused_connack),
        cmocka_unit_test(test_server_that_dies),
        cmocka_unit_test(test_outgoing_queue_is_bounded),
        cmocka_unit_test(test_server_name_in_the_handshake),
        cmocka_unit_test(test_alpn_on_port_443_only),
        cmocka_unit_test(test_tls_1_1_is_refused),
        cmocka_unit_test(test_bad_pem_texts),
        cmocka_unit_test(test_words_beside_a_key),
        cmocka_unit_test(test_server_certificate_of_another_time),
        cmocka_unit_test(test_device_certificate_that_has_expired),
        cmocka_unit_test(test_clock_that_the_library_has_begun),
    };
    return cmocka_run_group_tests(tests, start_world, stop_world);
}
