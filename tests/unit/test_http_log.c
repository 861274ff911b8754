/* SPDX-License-Identifier: MIT */
/* Which requests over HTTP are told in the log without --verbose, and how many of them (docs/iot-local.md, "Logs"). */
// LINK: cloud_http
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/base/log.h"
#include "cloud/base/log_rate.h"
#include "fakes/http_net.h"

#define PUBLISH "POST /topics/a HTTP/1.1\r\n" NET_SIGNED("iotdata") "Content-Length: 1\r\n\r\nx"
#define HEALTH  "GET /_iot-local/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

/* The lines that so many of a request bring; each is answered with `status`. `line` gets the last of them. */
static int count_lines(struct net *net, const char *request, int times, int status, char line[1000])
{
    FILE *log = tmpfile();
    int fd = net_dial(net);
    int lines = 0;
    int wrong = 0;
    assert_non_null(log);
    int saved = dup(STDERR_FILENO);
    assert_true(dup2(fileno(log), STDERR_FILENO) >= 0);
    for (int i = 0; i < times; i++) {
        wrong += net_ask(net, fd, request) != status;
    }
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
    close(fd);
    rewind(log);
    while (fgets(line, 1000, log)) {
        lines++;
    }
    fclose(log);
    assert_int_equal(wrong, 0);
    return lines;
}

/* Whoever waits for the broker asks in a loop, and is told: that is no news. */
static void a_health_check_is_no_news(void **state)
{
    struct net *net = *state;
    char line[1000];
    assert_int_equal(count_lines(net, HEALTH, 3, 503, line), 0);
    log_open(&clock_real, LOG_LEVEL_DEBUG, false);
    int lines = count_lines(net, HEALTH, 3, 503, line);
    log_open(&clock_real, LOG_LEVEL_INFO, false);
    assert_int_equal(lines, 3);
    assert_non_null(strstr(line, " debug "));
}

/* A client that asks again and again does not fill the disk. The clock stands still between the counts. */
static void failures_are_told_at_a_limited_rate(void **state)
{
    struct net *net = *state;
    char line[1000];
    log_open(&clock_real, LOG_LEVEL_INFO, false);
    assert_int_equal(count_lines(net, PUBLISH, 1, 500, line), 1);
    assert_non_null(strstr(line, "(Publish): 500 InternalFailureException"));
    assert_int_equal(count_lines(net, PUBLISH, LOG_RATE_LINES_PER_SECOND + 7, 500, line),
                     LOG_RATE_LINES_PER_SECOND - 1);
    net->fx.base.now_ms += 1000;
    assert_int_equal(count_lines(net, PUBLISH, 1, 500, line), 2); /* how many were left out, and this one */
    net->fx.base.now_ms += 1000;
    assert_int_equal(count_lines(net, PUBLISH, 1, 500, line), 1);
    log_open(&clock_real, LOG_LEVEL_DEBUG, false); /* every request, as asked for */
    int all = count_lines(net, PUBLISH, LOG_RATE_LINES_PER_SECOND + 7, 500, line);
    log_open(&clock_real, LOG_LEVEL_INFO, false);
    assert_int_equal(all, LOG_RATE_LINES_PER_SECOND + 7);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, net_setup, net_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_health_check_is_no_news),
        TEST(failures_are_told_at_a_limited_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
