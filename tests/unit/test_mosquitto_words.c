/* SPDX-License-Identifier: MIT */
/* mosquitto's lines in plain words: one for a refusal, none for daily business, and no error is lost (R-56). The lines are
 * those of mosquitto 2.0.11. */
// LINK: cloud_broker
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/broker/end_line.h"
#include "cloud/broker/mosquitto_words.h"

#include <stdio.h>
#include <string.h>

static struct mosquitto_words words;
static int64_t now_ms;
static char said[1200];

static int start(void **state)
{
    (void)state;
    words = (struct mosquitto_words){0};
    now_ms = 1000;
    return 0;
}

static enum words_worth hear_any(const char *line)
{
    strcpy(said, "unchanged");
    return mosquitto_words_translate(&words, now_ms, line, said, sizeof(said));
}

static bool hear(const char *line)
{
    return hear_any(line) == WORDS_WORTH_TELLING;
}

static void assert_silent(const char *line)
{
    if (hear(line)) {
        fail_msg("\"%s\" gives \"%s\"", line, said);
    }
}

static bool hear_end(bool is_told, const char *client)
{
    char line[400];
    struct end_line end = {.is_told = is_told, .address = "10.0.0.7", .certificate = "0123456789abcdef"};
    snprintf(end.client_id, sizeof(end.client_id), "%s", client);
    end_line_write(&end, line, sizeof(line));
    return hear(line);
}

static void assert_said(const char *part)
{
    if (strstr(said, part) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", said, part);
    }
}

static void refusals_are_one_line_with_client_address_and_reason(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second; /* mosquitto's, NULL: only one */
        const char *reason;
    } rows[] = {
        {"Client lamp disconnected due to malformed packet.", NULL, "not UTF-8"},
        {"Client lamp disconnected due to protocol error.", NULL, "topic to publish on with + or #"},
        {"Client <unknown> disconnected due to protocol error.", NULL, "first packet is no CONNECT"},
        {"Client lamp disconnected due to oversize packet.", NULL, "128 KB"},
        {"Client lamp has exceeded timeout, disconnecting.", NULL, "keep-alive"},
        {"Client lamp disconnected due to out of memory.", NULL, "out of memory"},
        {"Client <unknown> disconnected due to QoS too high or retain not supported.", NULL,
         "authentication method"},
        {"Client lamp disconnected: Software caused connection abort.", NULL,
         "Software caused connection abort"},
        {"Bad socket read/write on client lamp: Something new", NULL, "Something new"},
        {"Bad client lamp sending multiple CONNECT messages.",
         "Client lamp disconnected due to protocol error.", "CONNECT twice"},
        {"Invalid protocol version 3 in CONNECT from 10.0.0.7.",
         "Client <unknown> disconnected due to protocol error.", "neither 3.1.1 nor 5"},
        {"Invalid protocol \"MQIsdp\" in CONNECT from 10.0.0.7.",
         "Client <unknown> disconnected due to protocol error.", "no CONNECT of MQTT"},
        {"Invalid Will QoS in CONNECT from 10.0.0.7.", "Client <unknown> disconnected due to protocol error.",
         "last will has QoS 3"},
        {"Protocol error from lamp: password without username, closing connection.",
         "Client <unknown> disconnected due to protocol error.", "password without a user name"},
        {"Invalid subscription string from 10.0.0.7, disconnecting.",
         "Client lamp disconnected due to malformed packet.", "topic filter that MQTT does not allow"},
        {"Empty unsubscription string from lamp, disconnecting.",
         "Client lamp disconnected due to malformed packet.", "UNSUBSCRIBE with an empty"},
        {"OpenSSL Error[0]: error:0A0000C7:SSL routines::peer did not return a certificate",
         "Client <unknown> disconnected: Protocol error.", "no client certificate"},
        {"OpenSSL Error[0]: error:0A00009C:SSL routines::http request",
         "Client <unknown> disconnected: Protocol error.", "HTTP"},
        {"OpenSSL Error[0]: error:0A00010B:SSL routines::wrong version number",
         "Client <unknown> disconnected: Protocol error.", "does not speak TLS"},
        {"OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed",
         "Client <unknown> disconnected: Protocol error.", "not from this iot-local's authority"},
        {"OpenSSL Error[0]: error:0A000418:SSL routines::tlsv1 alert unknown ca",
         "Client <unknown> disconnected: Protocol error.", "does not trust this iot-local"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        words = (struct mosquitto_words){0};
        assert_silent(rows[i].first);
        if (rows[i].second != NULL) {
            assert_silent(rows[i].second);
        }
        assert_true(hear_end(false, "lamp"));
        assert_said("client lamp, address 10.0.0.7, certificate 01234567: ");
        assert_said(rows[i].reason);
        assert_false(hear_end(false, "lamp")); /* and not a second time */
    }
}

static void refusal_while_accepting_has_its_address_itself(void **state)
{
    (void)state;
    assert_true(hear("Client connection from 10.0.0.9 failed: error:0A00009C:SSL routines::http request."));
    assert_said("address 10.0.0.9");
    assert_said("HTTP");
    assert_silent(
        "Client connection from 10.0.0.9 failed: error:0A000126:SSL routines::unexpected eof while reading.");
    assert_true(hear("Client connection from 10.0.0.9 failed: error:0A000999:SSL routines::something new."));
    assert_string_equal(
        said, "Client connection from 10.0.0.9 failed: error:0A000999:SSL routines::something new.");
}

static void reason_that_the_plugin_has_told_is_not_told_again(void **state)
{
    (void)state;
    assert_silent("Client <unknown> disconnected, not authorised.");
    assert_false(hear_end(true, ""));
    assert_silent("Bad socket read/write on client lamp: Unknown error.");
    assert_false(hear_end(true, "lamp"));
    assert_silent("Client lamp closed its connection."); /* nothing is left over for the next one */
    assert_false(hear_end(false, "lamp"));
}

static void who_was_refused_before_it_said_its_name_is_not_known(void **state)
{
    (void)state;
    char line[400];
    const struct end_line nobody = {.is_told = false};
    end_line_write(&nobody, line, sizeof(line));
    assert_silent("Client <unknown> disconnected due to protocol error.");
    assert_true(hear(line));
    assert_said("client not known yet, address unknown, certificate none: ");
}

/* For --verbose (docs/iot-local.md): a device comes and goes. The daemon's own connection is no news. */
static void who_comes_and_goes_is_daily_business(void **state)
{
    (void)state;
    const struct {
        const char *line, *said;
    } rows[] = {
        {"New client connected from 127.0.0.1:40000 as lamp (p2, c1, k60, u'abc').",
         "connected: client lamp, address 127.0.0.1, MQTT 3.1.1, clean session, keep-alive 60 s"},
        {"New client connected from ::1:40000 as a lamp as (p5, c0, k7) (p5, c0, k1200).",
         "connected: client a lamp as (p5, c0, k7), address ::1, MQTT 5, persistent session, keep-alive 1200 "
         "s"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(hear_any(rows[i].line), WORDS_DAILY);
        assert_string_equal(said, rows[i].said);
    }
    assert_int_equal(
        hear_any("New client connected from mqtt.sock:0 as $iot-local (p2, c1, k15, u'iot-local')."),
        WORDS_NOTHING);
    assert_int_equal(hear_any("iot-local-end 0 10.0.0.7 0123456789 lamp"), WORDS_DAILY);
    assert_string_equal(said, "disconnected: client lamp, address 10.0.0.7");
    assert_int_equal(hear_any("iot-local-end 1 10.0.0.7 0123456789 lamp"), WORDS_NOTHING); /* told already */
    assert_int_equal(hear_any("iot-local-end 0 - - iot-local"), WORDS_NOTHING);
}

static void daily_business_is_silent(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "mosquitto version 2.0.11 starting",
        "Config loaded from mosquitto.conf.",
        "Loading plugin: /opt/iot_local_plugin.so",
        "Warning: Unable to set TCP_NODELAY.",
        "Opening ipv4 listen socket on port 8883.",
        "Opening unix listen socket on path mqtt.sock.",
        "Saving in-memory database to ./mosquitto.db.",
        "New connection from 127.0.0.1:40000 on port 8883.",
        "New client connected from 127.0.0.1:40000 as lamp (p2, c1, k60, u'abc').",
        "Client lamp disconnected.",
        "Client lamp closed its connection.",
        "Client lamp already connected, closing old connection.",
        "OpenSSL Error[0]: error:0A000126:SSL routines::unexpected eof while reading",
        "Client lamp disconnected: Protocol error.",
        "Client lamp disconnected: Connection reset by peer.",
        "Warning: Mosquitto should not be run as root/administrator.",
        "",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_silent(lines[i]);
        assert_false(hear_end(false, "lamp"));
    }
}

static void unknown_lines_stay_as_they_are(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "Error: Out of memory.",
        "Error saving in-memory database, unable to open ./mosquitto.db.new for writing.",
        "Error: Unable to load server certificate \"server.pem\". Check certfile.",
        "OpenSSL Error[0]: error:0B080074:x509 certificate routines::key values mismatch",
        "Unable to accept new connection, system socket count has been exceeded.",
        "Client lamp has done something that no version has done before.",
        "refused iot:Publish on topic/a: client lamp, address 127.0.0.1, certificate 01234567: no",
        "refused iot:Publish on topic/x\" in CONNECT from y: client lamp, address 127.0.0.1: no",
        "an answer to client lamp is lost: the broker is out of memory",
        "iot-local-end", /* no line of ours */
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_true(hear(lines[i]));
        assert_string_equal(said, lines[i]);
    }
}

/* The error itself, and then whom it was about. */
static void unknown_tls_error_is_told_with_its_address_too(void **state)
{
    (void)state;
    assert_true(hear("OpenSSL Error[0]: error:0A000999:SSL routines::something new"));
    assert_said("something new");
    assert_silent("Client <unknown> disconnected: Protocol error.");
    assert_true(hear_end(false, ""));
    assert_said("address 10.0.0.7");
    assert_said("something new");
}

static void other_news_gets_plain_words(void **state)
{
    (void)state;
    assert_true(hear("Expiring client lamp due to timeout."));
    assert_string_equal(said, "the session of client lamp has ended: the device stayed away too long");
    assert_true(hear("Outgoing messages are being dropped for client lamp."));
    assert_string_equal(said, "messages for client lamp are lost: too many wait for it");
}

/* A client id may have blanks, full stops and mosquitto's own words in it. */
static void client_ids_cannot_hide_or_forge_a_reason(void **state)
{
    (void)state;
    const char *name = "x closed its connection.";
    assert_silent("Client x closed its connection. disconnected due to malformed packet.");
    assert_true(hear_end(false, name));
    assert_said("client x closed its connection., address");
    assert_silent("Client y disconnected due to malformed packet. closed its connection.");
    assert_false(hear_end(false, "y disconnected due to malformed packet."));
    assert_silent("New client connected from 1.1.1.1:1 as iot-local-end 0 - - x (p2, c1, k60, u'a').");
}

/* Six raw bytes: a line end among them makes two lines of one. */
static void name_of_the_protocol_may_hold_a_line_end(void **state)
{
    (void)state;
    assert_silent("Invalid protocol \"ab");
    assert_silent("cd?\" in CONNECT from 10.0.0.7.");
    assert_silent("Client <unknown> disconnected due to protocol error.");
    assert_true(hear_end(false, ""));
    assert_said("no CONNECT of MQTT");
}

static void refusals_in_a_loop_do_not_fill_the_log(void **state)
{
    (void)state;
    int lines = 0;
    for (int i = 0; i < 100; i++) {
        assert_silent("Client lamp disconnected due to protocol error.");
        lines += hear_end(false, "lamp");
    }
    assert_int_equal(lines, 20);
    now_ms += 1000;
    assert_silent("Client lamp disconnected due to protocol error.");
    assert_true(hear_end(false, "lamp"));
    assert_said("80 more");
    for (int i = 0; i < 100; i++) {
        assert_true(hear("Error: Out of memory.")); /* errors that nobody knows are not limited */
    }
}

/* Any stranger can bring them, as often as it likes: neither the error nor the line with the address fills the log. */
static void tls_errors_that_nobody_knows_do_not_fill_the_log(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "OpenSSL Error[0]: error:0A000999:SSL routines::something new",
        "Client connection from 10.0.0.9 failed: error:0A000999:SSL routines::something new.",
    };
    for (size_t k = 0; k < 2; k++) {
        int told = 0;
        now_ms += 1000;
        for (int i = 0; i < 100; i++) {
            told += hear(lines[k]);
        }
        assert_int_equal(told, 20);
        now_ms += 1000;
        assert_true(hear(lines[k]));
        assert_said("something new");
        assert_said("80 more");
    }
}

static void end_line_comes_back_as_it_went(void **state)
{
    (void)state;
    static const struct end_line rows[] = {
        {true, "10.0.0.7", "0123", "lamp"},
        {false, "", "", ""},
        {false, "::1", "", "a name with blanks - and more"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char line[400];
        struct end_line back;
        end_line_write(&rows[i], line, sizeof(line));
        assert_true(end_line_parse(line, &back));
        assert_int_equal(back.is_told, rows[i].is_told);
        assert_string_equal(back.address, rows[i].address);
        assert_string_equal(back.certificate, rows[i].certificate);
        assert_string_equal(back.client_id, rows[i].client_id);
    }
}

#define WORDS_TEST(name) cmocka_unit_test_setup(name, start)

/* AWS's word for each way in which mosquitto 2.0.11 says that a connection has ended (docs/protocol.md 1.13). */
static void ends_have_a_word(void **state)
{
    (void)state;
    static const struct {
        const char *line, *word;
    } cases[] = {
        {"Client lamp disconnected.", "CLIENT_INITIATED_DISCONNECT"},
        {"Client lamp closed its connection.", "CONNECTION_LOST"},
        {"Client lamp disconnected: Protocol error.", "CONNECTION_LOST"},
        {"Client lamp disconnected: Connection reset by peer.", "CONNECTION_LOST"},
        {"Client lamp disconnected: Some other words.", "CONNECTION_LOST"},
        {"Bad socket read/write on client lamp: The connection was lost.", "CONNECTION_LOST"},
        {"Client lamp has exceeded timeout, disconnecting.", "MQTT_KEEP_ALIVE_TIMEOUT"},
        {"Client lamp already connected, closing old connection.", "DUPLICATE_CLIENTID"},
        {"Client lamp disconnected due to malformed packet.", "CLIENT_ERROR"},
        {"Client lamp disconnected due to protocol error.", "CLIENT_ERROR"},
        {"Client lamp disconnected due to oversize packet.", "CLIENT_ERROR"},
        {"Client lamp disconnected due to oversize payload.", "CLIENT_ERROR"},
        {"Client lamp disconnected due to QoS too high or retain not supported.", "CLIENT_ERROR"},
        {"Bad client lamp sending multiple CONNECT messages.", "CLIENT_ERROR"},
        {"Invalid QoS in PUBLISH from lamp, disconnecting.", "CLIENT_ERROR"},
        {"Empty subscription string from 10.0.0.7, disconnecting.", "CLIENT_ERROR"},
        {"Bad socket read/write on client lamp: Unknown error.", "CLIENT_ERROR"},
        {"Bad socket read/write on client lamp: Invalid input.", "SERVER_ERROR"},
        {"Client lamp disconnected due to out of memory.", "SERVER_ERROR"},
        {"Client lamp disconnected, not authorised.", "AUTH_ERROR"},
        {"Client lamp been disconnected by administrative action.", "FORBIDDEN_ACCESS"},
        /* a client id with such words in it is still only a client id */
        {"Client x has exceeded timeout, disconnecting. disconnected.", "CLIENT_INITIATED_DISCONNECT"},
        {"New connection from 10.0.0.7:1234 on port 8883.", NULL},
        {"New client connected from 10.0.0.7:1234 as lamp (p2, c1, k60, u'0123').", NULL},
        {"Expiring client lamp due to timeout.", NULL},
        {"OpenSSL Error[0]: error:0A000126:SSL routines::unexpected eof while reading", NULL},
        {"refused iot:Publish on topic/a: client lamp, address 10.0.0.7, certificate 01234567: x", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *word = mosquitto_words_end(cases[i].line);
        if (cases[i].word == NULL ? word != NULL : word == NULL || strcmp(word, cases[i].word) != 0) {
            fail_msg("\"%s\" gives %s", cases[i].line, word != NULL ? word : "nothing");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORDS_TEST(refusals_are_one_line_with_client_address_and_reason),
        WORDS_TEST(refusal_while_accepting_has_its_address_itself),
        WORDS_TEST(reason_that_the_plugin_has_told_is_not_told_again),
        WORDS_TEST(who_was_refused_before_it_said_its_name_is_not_known),
        WORDS_TEST(who_comes_and_goes_is_daily_business),
        WORDS_TEST(daily_business_is_silent),
        WORDS_TEST(unknown_lines_stay_as_they_are),
        WORDS_TEST(unknown_tls_error_is_told_with_its_address_too),
        WORDS_TEST(other_news_gets_plain_words),
        WORDS_TEST(client_ids_cannot_hide_or_forge_a_reason),
        WORDS_TEST(name_of_the_protocol_may_hold_a_line_end),
        WORDS_TEST(refusals_in_a_loop_do_not_fill_the_log),
        WORDS_TEST(tls_errors_that_nobody_knows_do_not_fill_the_log),
        WORDS_TEST(end_line_comes_back_as_it_went),
        WORDS_TEST(ends_have_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
