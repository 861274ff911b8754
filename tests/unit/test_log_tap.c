/* SPDX-License-Identifier: MIT */
/* The plugin's ear for mosquitto's log: every line is heard at once, and still goes where it went before. */
// LINK: cloud_broker
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/broker/log_tap.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static char heard[4096];
static int place, pipe_ends[2];

static void hear(void *ctx, const char *line)
{
    assert_ptr_equal(ctx, heard);
    strcat(strcat(heard, line), "|");
}

/* Standard error goes into a pipe that never makes its writer wait, as mosquitto's does. */
static int redirect(void **state)
{
    (void)state;
    heard[0] = '\0';
    place = dup(STDERR_FILENO);
    return pipe2(pipe_ends, O_NONBLOCK) || dup2(pipe_ends[1], STDERR_FILENO) < 0;
}

static int put_back(void **state)
{
    (void)state;
    dup2(place, STDERR_FILENO);
    close(place);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    return 0;
}

static const char *passed_on(void)
{
    static char text[8192];
    ssize_t len = read(pipe_ends[0], text, sizeof text - 1);
    text[len > 0 ? len : 0] = '\0';
    return text;
}

static void each_line_is_heard_and_passed_on(void **state)
{
    (void)state;
    struct log_tap tap;
    FILE *before = stderr;
    assert_true(log_tap_open(&tap, hear, heard));
    fprintf(stderr, "%s\n", "Client lamp disconnected.");
    assert_string_equal(heard, "Client lamp disconnected.|"); /* before anything else happens */
    fprintf(stderr, "two\nlines\n");
    fprintf(stderr, "a half");
    assert_string_equal(heard, "Client lamp disconnected.|two|lines|");
    fprintf(stderr, " one\n");
    assert_string_equal(heard, "Client lamp disconnected.|two|lines|a half one|");
    fprintf(stderr, "rest");
    log_tap_close(&tap);
    assert_ptr_equal(stderr, before);
    assert_string_equal(passed_on(), "Client lamp disconnected.\ntwo\nlines\na half one\nrest");
    fprintf(stderr, "later\n");
    assert_string_equal(passed_on(), "later\n");
    assert_null(strstr(heard, "later"));
    log_tap_close(&tap);
}

static void of_a_long_line_the_beginning_is_heard(void **state)
{
    (void)state;
    struct log_tap tap;
    char line[3001];
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    assert_true(log_tap_open(&tap, hear, heard));
    fprintf(stderr, "%s\nnext\n", line);
    log_tap_close(&tap);
    assert_int_equal(strlen(passed_on()), sizeof line - 1 + sizeof "\nnext\n" - 1);
    assert_int_equal(strspn(heard, "x"), LOG_TAP_LINE_CAP - 1);
    assert_string_equal(heard + LOG_TAP_LINE_CAP - 1, "|next|");
}

/* Nobody reads: lines are lost there, never here, and the writer goes on. */
static void full_pipe_stops_nobody(void **state)
{
    (void)state;
    struct log_tap tap;
    char line[1001];
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    assert_true(log_tap_open(&tap, hear, heard));
    for (int i = 0; i < 200; i++) {
        heard[0] = '\0';
        fprintf(stderr, "%s\n", line);
        assert_int_equal(strlen(heard), sizeof line);
    }
    log_tap_close(&tap);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, redirect, put_back)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_line_is_heard_and_passed_on),
        TEST(of_a_long_line_the_beginning_is_heard),
        TEST(full_pipe_stops_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
