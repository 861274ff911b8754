/* SPDX-License-Identifier: MIT */
/* The ESP-IDF port's ways to configure a device: the pieces of a text, and the serial console (device/port/port_configure.h), with a wire that the
 * test writes to. */
// LINK: -Wl,-u,__wrap_xTaskCreatePinnedToCore port_esp_idf_chip fake_idf -Wl,--wrap=gettimeofday,--wrap=settimeofday common pthread
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_idf.h"

#include "device/port/port_board.h"
#include "device/port/port_sync.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void hear_line(const char *format, const char *line);
#define printf(format, line) hear_line(format, line)
#include "ports/esp_idf/configure_console.c" /* of the ways, this one */
#undef printf

#define TEXT_CAP 40

static char text[TEXT_CAP];

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    char wire[512]; /* what the host has sent and the device has not read */
    size_t wire_len;
    char said[1024];
    char texts[8][TEXT_CAP + 1];
    size_t lens[8];
    unsigned takes, dones, installs;
    bool is_good, is_installed;
    esp_err_t install_result;
} world = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void hear_line(const char *format, const char *line)
{
    assert_string_equal(format, "device-config: %s\n");
    pthread_mutex_lock(&world.lock);
    strcat(world.said, line);
    strcat(world.said, "|");
    pthread_cond_broadcast(&world.changed);
    pthread_mutex_unlock(&world.lock);
}

bool uart_is_driver_installed(uart_port_t port)
{
    assert_int_equal(port, 0);
    return world.is_installed;
}

esp_err_t uart_driver_install(uart_port_t port, int rx_bytes, int tx_bytes, int queue_size,
                              QueueHandle_t *queue, int flags)
{
    (void)port, (void)tx_bytes, (void)queue_size, (void)queue, (void)flags;
    assert_true(rx_bytes > 128); /* more than the hardware has */
    world.installs++;
    world.is_installed = world.install_result == ESP_OK;
    return world.install_result;
}

int uart_read_bytes(uart_port_t port, void *out, uint32_t len, uint32_t ticks)
{
    (void)port;
    assert_true(ticks > 0);
    pthread_mutex_lock(&world.lock);
    size_t count = world.wire_len < len ? world.wire_len : len;
    memcpy(out, world.wire, count);
    memmove(world.wire, world.wire + count, world.wire_len - count);
    world.wire_len -= count;
    pthread_cond_broadcast(&world.changed);
    pthread_mutex_unlock(&world.lock);
    if (count == 0) {
        sched_yield(); /* the time-out */
    }
    return (int)count;
}

static bool take(size_t len, char *answer, size_t cap)
{
    assert_true(cap >= PORT_CONFIGURE_ANSWER_CAP);
    pthread_mutex_lock(&world.lock);
    world.lens[world.takes] = len;
    memcpy(world.texts[world.takes], text, len <= TEXT_CAP ? len : 0);
    world.takes++;
    bool is_good = world.is_good;
    pthread_mutex_unlock(&world.lock);
    strcpy(answer, is_good ? "good" : "bad");
    return is_good;
}

static void done(void)
{
    pthread_mutex_lock(&world.lock);
    world.dones++;
    pthread_cond_broadcast(&world.changed);
    pthread_mutex_unlock(&world.lock);
}

static const struct port_configure way = {.text = text, .text_cap = TEXT_CAP, .take = take, .done = done};

static int setup(void **state)
{
    (void)state;
    idf_reset();
    pthread_mutex_lock(&world.lock);
    memset(world.wire, 0, sizeof(world) - offsetof(__typeof__(world), wire));
    pthread_mutex_unlock(&world.lock);
    return 0;
}

static void type(const char *bytes)
{
    pthread_mutex_lock(&world.lock);
    memcpy(world.wire + world.wire_len, bytes, strlen(bytes));
    world.wire_len += strlen(bytes);
    pthread_mutex_unlock(&world.lock);
}

static void wait_said(const char *said)
{
    pthread_mutex_lock(&world.lock);
    while (!strstr(world.said, said)) {
        pthread_cond_wait(&world.changed, &world.lock); /* for ever: the run of the tests has a limit */
    }
    pthread_mutex_unlock(&world.lock);
}

/* ---- pieces */

static struct configure_pieces pieces;

static enum configure_piece put(const char *piece, size_t *len)
{
    configure_pieces_open(&pieces, piece[0]);
    for (const char *at = piece + 1; piece[0] && *at; at++) {
        configure_pieces_add(&pieces, at, 1);
    }
    return configure_pieces_close(&pieces, len);
}

static void test_pieces(void **state)
{
    (void)state;
    size_t len = 0;
    configure_pieces_begin(&pieces, text, sizeof(text));
    assert_int_equal(put("{\"a\":1}", &len), CONFIGURE_PIECE_WHOLE);
    assert_int_equal(len, 7);
    assert_memory_equal(text, "{\"a\":1}", 7);
    assert_int_equal(put("+{\"b\"", &len), CONFIGURE_PIECE_MORE);
    assert_int_equal(len, 4);
    assert_int_equal(put("+:", &len), CONFIGURE_PIECE_MORE);
    assert_int_equal(put("xyz", &len), CONFIGURE_PIECE_BAD); /* a line for somebody else, between them */
    assert_int_equal(put("=2}", &len), CONFIGURE_PIECE_WHOLE);
    assert_int_equal(len, 7);
    assert_memory_equal(text, "{\"b\":2}", 7);
    assert_int_equal(put("+SECRET", &len), CONFIGURE_PIECE_MORE);
    assert_int_equal(put("!", &len), CONFIGURE_PIECE_MORE);
    assert_int_equal(len, 0);
    for (size_t i = 0; i < sizeof(text); i++) {
        assert_int_equal(text[i], 0);
    }
    assert_int_equal(put("=", &len), CONFIGURE_PIECE_WHOLE);
    assert_int_equal(len, 0);
    assert_int_equal(configure_pieces_close(&pieces, &len), CONFIGURE_PIECE_BAD); /* nothing was opened */
}

static void test_pieces_that_do_not_fit(void **state)
{
    (void)state;
    size_t len = 0;
    char guarded[12] = "0123456789#";
    configure_pieces_begin(&pieces, guarded, 10);
    assert_int_equal(put("+01234", &len), CONFIGURE_PIECE_MORE);
    assert_int_equal(put("+56789", &len), CONFIGURE_PIECE_MORE);
    assert_int_equal(len, 10);
    assert_int_equal(put("+a", &len), CONFIGURE_PIECE_MORE);
    assert_int_equal(put("=b", &len), CONFIGURE_PIECE_WHOLE);
    assert_int_equal(len, 11);
    assert_string_equal(guarded, "0123456789#");
    configure_pieces_open(&pieces, '{');
    configure_pieces_add(&pieces, "0123456789", SIZE_MAX); /* whatever a transport says */
    assert_int_equal(configure_pieces_close(&pieces, &len), CONFIGURE_PIECE_WHOLE);
    assert_int_equal(len, 11);
}

/* ---- the console */

static void test_lines_until_one_is_good(void **state)
{
    (void)state;
    assert_int_equal(port_configure_start(&way), ERR_OK);
    assert_int_equal(port_configure_start(&way), ERR_BUSY);
    assert_true(idf_log_has("waits for a line at the console"));
    type("I (123) wifi: noise\r\n\r\nhelp\n{\"a\":1}\r\n");
    wait_said("bad|");
    type("+{\"b\"\n");
    wait_said("{\"result\":\"more\",\"bytes\":4}|");
    world.is_good = true;
    type("=:2}\n{\"never\":1}\n");
    wait_said("good|");
    port_configure_stop();
    assert_int_equal(world.dones, 1);
    assert_int_equal(world.takes, 2);
    assert_string_equal(world.texts[0], "{\"a\":1}");
    assert_string_equal(world.texts[1], "{\"b\":2}");
    assert_false(port_configure_ends_by_restart());
}

static void test_a_line_that_is_too_long(void **state)
{
    (void)state;
    char line[TEXT_CAP + 10] = "{";
    memset(line + 1, 'x', TEXT_CAP + 1);
    assert_int_equal(port_configure_start(&way), ERR_OK);
    type(line);
    type("\n");
    wait_said("bad|");
    assert_int_equal(world.lens[0], TEXT_CAP + 1);
    port_configure_stop();
}

static void test_stop_and_start_again(void **state)
{
    (void)state;
    port_configure_stop();
    assert_int_equal(port_configure_start(&way), ERR_OK);
    type("{\"half");
    port_configure_stop();
    assert_int_equal(world.takes + world.dones, 0);
    pthread_mutex_lock(&world.lock);
    world.wire_len = 0;
    pthread_mutex_unlock(&world.lock);
    assert_int_equal(port_configure_start(&way), ERR_OK);
    type("{}\n");
    wait_said("bad|");
    port_configure_stop();
    assert_string_equal(world.texts[0], "{}"); /* nothing of the half */
    assert_int_equal(world.installs, 1);
}

static void test_a_console_that_is_not_there(void **state)
{
    (void)state;
    world.install_result = ESP_FAIL;
    assert_int_equal(port_configure_start(&way), ERR_FULL);
    assert_true(idf_log_has("configuration: console"));
    world.install_result = ESP_OK;
    assert_int_equal(port_configure_start(&way), ERR_OK);
    port_configure_stop();
    char *room = port_configure_room(100);
    assert_non_null(room);
    assert_ptr_equal(port_configure_room(100), room);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_pieces),
        TEST(test_pieces_that_do_not_fit),
        TEST(test_lines_until_one_is_good),
        TEST(test_a_line_that_is_too_long),
        TEST(test_stop_and_start_again),
        TEST(test_a_console_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
