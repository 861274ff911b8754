/* SPDX-License-Identifier: MIT */
/* The FreeRTOS names on Linux (include/lib_system.h) and the board's lines: a stack of 1024 works, tasks end where they delay,
 * one write for each line, nothing from outside breaks a line, exit code 86. */
// LINK: port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_board.h"
#include "device/port/port_gpio.h"
#include "device/port/port_sync.h"
#include "device/port/port_time.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "ports/linux/tasks.h"

#include <fcntl.h>
#include <regex.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct port_signal done;
static atomic_uint turns;

static int setup(void **state)
{
    (void)state;
    port_signal_init(&done);
    atomic_store(&turns, 0);
    return 0;
}

/* ---- tasks */

static void hungry_task(void *param)
{
    char large[20000];
    snprintf(large, sizeof(large), "%0*d", (int)sizeof(large) - 1, 7);
    *(char *)param = large[sizeof(large) - 2];
    port_signal_set(&done);
    vTaskDelete(NULL);
    *(char *)param = 'x'; /* not reached */
}

static void test_task_with_1024_bytes_of_stack(void **state)
{
    (void)state;
    char result = 0;
    TaskHandle_t handle = NULL;
    assert_int_equal(xTaskCreate(&hungry_task, "app_task", 1024, &result, 4, &handle), pdPASS);
    assert_non_null(handle);
    assert_true(port_signal_wait(&done, 20000));
    assert_int_equal(result, '7');
    assert_int_equal(
        xTaskCreate(hungry_task, "a name that is longer than any kernel takes", 0, &result, 0, NULL), pdTRUE);
    assert_true(port_signal_wait(&done, 20000));
}

static void delaying_task(void *param)
{
    (void)param;
    while (1) {
        atomic_fetch_add(&turns, 1);
        port_signal_set(&done);
        vTaskDelay(pdMS_TO_TICKS(60000));
    }
}

static void test_deleted_task_ends_where_it_delays(void **state)
{
    (void)state;
    TaskHandle_t handle = NULL;
    assert_int_equal(xTaskCreate(delaying_task, "delaying", 1024, NULL, 4, &handle), pdPASS);
    assert_true(port_signal_wait(&done, 20000));
    vTaskDelete(handle);
    tasks_wait_none();
    assert_int_equal(atomic_load(&turns), 1);
    vTaskDelete(handle); /* it is gone: no effect */
}

static void test_delay_and_ticks(void **state)
{
    (void)state;
    TickType_t before = xTaskGetTickCount();
    vTaskDelay(30 / portTICK_PERIOD_MS);
    assert_true(xTaskGetTickCount() - before >= 30);
    assert_int_equal(pdFALSE, 0);
    assert_int_equal(pdFAIL, pdFALSE);
}

/* ---- lines */

static char lines[8192];
static int saved_fd, stream_fd;
static char file_name[] = "/tmp/port-lines-XXXXXX";

static void capture(FILE *stream)
{
    strcpy(file_name + strlen(file_name) - 6, "XXXXXX");
    int fd = mkstemp(file_name);
    assert_true(fd >= 0);
    fflush(stream);
    stream_fd = fileno(stream);
    saved_fd = dup(stream_fd);
    dup2(fd, stream_fd);
    close(fd);
}

static const char *release(FILE *stream)
{
    fflush(stream);
    dup2(saved_fd, stream_fd);
    close(saved_fd);
    FILE *file = fopen(file_name, "r");
    assert_non_null(file);
    lines[fread(lines, 1, sizeof(lines) - 1, file)] = '\0';
    fclose(file);
    unlink(file_name);
    return lines;
}

static void expect_lines(const char *text, const char *pattern)
{
    regex_t regex;
    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED), 0);
    if (regexec(&regex, text, 0, NULL, 0)) {
        fail_msg("'%s' is not like '%s'", text, pattern);
    }
    regfree(&regex);
}

static void test_pin_lines(void **state)
{
    (void)state;
    capture(stdout);
    port_gpio_write(2, true);
    port_gpio_write(63, false);
    expect_lines(release(stdout),
                 "^\\[ {0,4}[0-9]+\\.[0-9]{3}\\] GPIO 2 -> 1\n\\[ {0,4}[0-9]+\\.[0-9]{3}\\] GPIO 63 -> 0\n$");
}

__attribute__((format(printf, 1, 2))) static void print(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    port_board_print(LOG_LEVEL_INFO, "app", format, args);
    va_end(args);
}

static void test_application_lines_end_once(void **state)
{
    (void)state;
    static char document[5000];
    memset(document, 'd', sizeof(document) - 1);
    capture(stdout);
    print("three %d", 3);
    print("four %d\r\n", 4);
    print("%s", document);
    release(stdout);
    expect_lines(lines,
                 "^\\[[ 0-9.]+\\] app: three 3\n\\[[ 0-9.]+\\] app: four 4\n\\[[ 0-9.]+\\] app: d+\n$");
    assert_true(strlen(lines) > 5000);
}

/* Names in certificates, for example, come from whoever runs the other side. */
static void test_log_lines_stay_one_line(void **state)
{
    (void)state;
    capture(stderr);
    port_board_log(LOG_LEVEL_ERROR, "bad\r\n[    0.000] GPIO 2 -> 1\x1b[2J\x7f \xc3\xa4");
    port_board_log(LOG_LEVEL_DEBUG, "not shown");
    expect_lines(release(stderr),
                 "^\\[[ 0-9.]+\\] error: bad\\?\\?\\[    0\\.000\\] GPIO 2 -> 1\\?\\[2J\\? \xc3\xa4\n$");
    static char longer[2000];
    memset(longer, 'x', sizeof(longer) - 1);
    capture(stderr);
    port_board_log(LOG_LEVEL_INFO, longer);
    release(stderr);
    assert_int_equal(lines[strlen(lines) - 1], '\n');
    assert_null(strchr(lines, '?'));
}

static void test_restart_is_exit_code_86(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        port_board_restart();
    }
    int status = 0;
    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 86);
}

/* ---- the end: SIGTERM's part of the story. The last test, for nothing starts again after it. */

static void busy_task(void *param)
{
    (void)param;
    port_signal_wait(&done, 20000); /* not a delay: it ends by itself */
}

static void test_all_tasks_end(void **state)
{
    (void)state;
    assert_int_equal(xTaskCreate(delaying_task, "one", 1024, NULL, 4, NULL), pdPASS);
    assert_true(port_signal_wait(&done, 20000));
    assert_int_equal(xTaskCreate(busy_task, "two", 1024, NULL, 4, NULL), pdPASS);
    assert_false(tasks_end_all(50));
    port_signal_set(&done);
    assert_true(tasks_end_all(20000));
    assert_int_equal(atomic_load(&turns), 1);
    port_time_sleep_ms(1); /* a thread that is no task of ours goes on */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_task_with_1024_bytes_of_stack, setup),
        cmocka_unit_test_setup(test_deleted_task_ends_where_it_delays, setup),
        cmocka_unit_test_setup(test_delay_and_ticks, setup),
        cmocka_unit_test_setup(test_pin_lines, setup),
        cmocka_unit_test_setup(test_application_lines_end_once, setup),
        cmocka_unit_test_setup(test_log_lines_stay_one_line, setup),
        cmocka_unit_test_setup(test_restart_is_exit_code_86, setup),
        cmocka_unit_test_setup(test_all_tasks_end, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
