/* SPDX-License-Identifier: MIT */
/* Log lines: one line whatever a stranger sends, with time and level, for people or as JSON (docs/iot-local.md, "Logs"). */
// LINK: cloud_base
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/base/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct clock_times times;
static struct clock frozen;
static char said[40000];

/* Standard error while `fn` runs. */
static const char *hear(void (*fn)(void))
{
    FILE *file = tmpfile();
    assert_non_null(file);
    int saved = dup(STDERR_FILENO);
    assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
    fn();
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
    rewind(file);
    said[fread(said, 1, sizeof said - 1, file)] = '\0';
    fclose(file);
    return said;
}

static void open_log(enum log_level last, bool is_json)
{
    times.wall_ms = INT64_C(1700000000007);
    frozen = clock_virtual(&times);
    log_open(&frozen, last, is_json);
}

static void say_all(void)
{
    log_line(LOG_LEVEL_ERROR, "one %d", 1);
    log_line(LOG_LEVEL_WARNING, "two");
    log_line(LOG_LEVEL_INFO, "three");
    log_line(LOG_LEVEL_DEBUG, "four");
}

static void lines_before_the_log_is_open_have_no_time(void **state)
{
    (void)state;
    assert_string_equal(hear(say_all), "iot-local: one 1\niot-local: two\niot-local: three\n");
}

static void lines_have_time_and_level(void **state)
{
    (void)state;
    open_log(LOG_LEVEL_INFO, false);
    assert_string_equal(hear(say_all), "2023-11-14T22:13:20.007Z error   iot-local: one 1\n"
                                       "2023-11-14T22:13:20.007Z warning iot-local: two\n"
                                       "2023-11-14T22:13:20.007Z info    iot-local: three\n");
    open_log(LOG_LEVEL_DEBUG, false);
    assert_non_null(strstr(hear(say_all), "2023-11-14T22:13:20.007Z debug   iot-local: four\n"));
}

static void say_hostile(void)
{
    const struct log_field fields[] = {{"path", "/\"\\\n\x1b[2J\xff", 0}, {"status", NULL, -5}};
    log_event(LOG_LEVEL_INFO, fields, 2, "a \"b\" \\ %s", "\r\n{\"level\":\"error\"}\x07\xc3\xa4");
}

static void strangers_cannot_end_a_line_or_a_text(void **state)
{
    (void)state;
    open_log(LOG_LEVEL_INFO, false);
    assert_string_equal(hear(say_hostile), "2023-11-14T22:13:20.007Z info    iot-local: a \"b\" \\ ??"
                                           "{\"level\":\"error\"}?\xc3\xa4\n");
    open_log(LOG_LEVEL_INFO, true);
    assert_string_equal(
        hear(say_hostile),
        "{\"time\":\"2023-11-14T22:13:20.007Z\",\"level\":\"info\",\"message\":\"a \\\"b\\\" \\\\ ??"
        "{\\\"level\\\":\\\"error\\\"}?\xc3\xa4\",\"path\":\"/\\\"\\\\??[2J?\",\"status\":-5}\n");
}

static void say_much(void)
{
    char quotes[5000];
    struct log_field fields[8];
    memset(quotes, '"', sizeof quotes - 1);
    quotes[sizeof quotes - 1] = '\0';
    for (size_t i = 0; i < 8; i++) {
        fields[i] = (struct log_field){"field", quotes, 0};
    }
    log_event(LOG_LEVEL_INFO, fields, 8, "%s", quotes);
}

/* What is too long is cut, and the line is still JSON with its end. */
static void the_longest_line_has_its_end(void **state)
{
    (void)state;
    open_log(LOG_LEVEL_INFO, true);
    size_t len = strlen(hear(say_much));
    assert_true(len > 5000);
    assert_memory_equal(said + len - 3, "\"}\n", 3);
    size_t lines = 0;
    for (size_t i = 0; i < len; i++) {
        lines += said[i] == '\n';
    }
    assert_int_equal(lines, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_before_the_log_is_open_have_no_time),
        cmocka_unit_test(lines_have_time_and_level),
        cmocka_unit_test(strangers_cannot_end_a_line_or_a_text),
        cmocka_unit_test(the_longest_line_has_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
