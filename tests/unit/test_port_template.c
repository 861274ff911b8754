/* SPDX-License-Identifier: MIT */
/* The template of a port: every function of the seams is there, and says its own name before it ends the program. */
// LINK: port_template
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_board.h"
#include "device/port/port_configure.h"
#include "device/port/port_gpio.h"
#include "device/port/port_key.h"
#include "device/port/port_mqtt.h"
#include "device/port/port_network.h"
#include "device/port/port_store.h"
#include "device/port/port_sync.h"
#include "device/port/port_time.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct port_mutex mutex;
static struct port_signal signal_;
static struct port_mqtt_config config;

__attribute__((format(printf, 1, 2))) static void print(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    port_board_print(LOG_LEVEL_INFO, "who", format, args);
    va_end(args);
}

/* Each seam function by its name, and a call of it. */
#define CALL(name, ...)                                                                                      \
    static void call_##name(void)                                                                            \
    {                                                                                                        \
        name(__VA_ARGS__);                                                                                   \
    }
static void nothing(void)
{
}
static void hear(bool is_up)
{
    (void)is_up;
}
static void enter(void *ctx)
{
    (void)ctx;
}
static void on_event(void *ctx, const struct port_mqtt_event *event)
{
    (void)ctx, (void)event;
}
static void on_edge(uint8_t pin, bool is_high, uint32_t at_ms, uint32_t missed)
{
    (void)pin, (void)is_high, (void)at_ms, (void)missed;
}
static char bytes[8];
static size_t len;
static char certificate_id[PORT_KEY_CERTIFICATE_ID_CAP];
static uint8_t mac[PORT_BOARD_MAC_LEN];
static struct port_network_state network;
static bool level;
static int id;
static enum port_mqtt_credential bad;
static const char *why;
static struct port_mqtt_message message;

CALL(port_board_log, LOG_LEVEL_INFO, "text")
CALL(port_board_random, )
CALL(port_board_device_id, bytes, sizeof(bytes))
CALL(port_board_mac, mac)
CALL(port_board_reset_cause, )
CALL(port_board_on_shutdown, nothing)
CALL(port_board_restart, )
CALL(port_gpio_mode, 1, PORT_GPIO_OUTPUT, PORT_GPIO_PULL_AS_IS)
CALL(port_gpio_watch, 1, PORT_GPIO_EDGES_BOTH, on_edge)
CALL(port_gpio_write, 1, true)
CALL(port_gpio_read, 1, &level)
CALL(port_gpio_why, 1, ERR_BUSY)
CALL(port_gpio_signal, &signal_)
CALL(port_gpio_wait, &signal_)
CALL(port_key_make, bytes, sizeof(bytes))
CALL(port_key_make_request, "key", "name", bytes, sizeof(bytes))
CALL(port_key_is_match, "cert", "key")
CALL(port_key_certificate_id, "cert", certificate_id)
CALL(port_mqtt_check, &config, &bad, &why)
CALL(port_mqtt_open, &config, on_event, NULL)
CALL(port_mqtt_close, )
CALL(port_mqtt_subscribe, "filter", 1, &id)
CALL(port_mqtt_unsubscribe, "filter")
CALL(port_mqtt_publish, &message, &id)
CALL(port_mqtt_outgoing, )
CALL(port_network_start, "ssid", "password", hear)
CALL(port_network_look, &network)
CALL(port_network_needs_ssid, )
CALL(port_configure_room, 1)
CALL(port_configure_start, NULL)
CALL(port_configure_stop, )
CALL(port_configure_ends_by_restart, )
CALL(port_store_open, )
CALL(port_store_put, "key", bytes, sizeof(bytes))
CALL(port_store_get, "key", bytes, sizeof(bytes), &len)
CALL(port_store_erase, "key")
CALL(port_mutex_init, &mutex)
CALL(port_mutex_lock, &mutex)
CALL(port_mutex_unlock, &mutex)
CALL(port_signal_init, &signal_)
CALL(port_signal_set, &signal_)
CALL(port_signal_wait, &signal_, 0)
CALL(port_task_start, "task", 1024, 1, enter, NULL)
CALL(port_time_monotonic_ms, )
CALL(port_time_monotonic_us, )
CALL(port_time_wall_s, )
CALL(port_time_begin_wall, 1)
CALL(port_time_built_s, )
CALL(port_time_sleep_ms, 1)
static void call_port_board_print(void)
{
    print("text");
}

#define ROW(name)                                                                                            \
    {                                                                                                        \
#name, call_##name                                                                                   \
    }
static const struct {
    const char *name;
    void (*call)(void);
} rows[] = {
    ROW(port_board_log),          ROW(port_board_print),
    ROW(port_gpio_mode),          ROW(port_gpio_watch),
    ROW(port_gpio_why),           ROW(port_gpio_signal),
    ROW(port_gpio_wait),          ROW(port_gpio_write),
    ROW(port_gpio_read),          ROW(port_board_random),
    ROW(port_board_device_id),    ROW(port_board_on_shutdown),
    ROW(port_board_restart),      ROW(port_mqtt_check),
    ROW(port_mqtt_open),          ROW(port_mqtt_close),
    ROW(port_mqtt_subscribe),     ROW(port_mqtt_publish),
    ROW(port_mqtt_outgoing),      ROW(port_network_start),
    ROW(port_store_open),         ROW(port_store_put),
    ROW(port_store_get),          ROW(port_store_erase),
    ROW(port_mutex_init),         ROW(port_mutex_lock),
    ROW(port_mutex_unlock),       ROW(port_signal_init),
    ROW(port_signal_set),         ROW(port_signal_wait),
    ROW(port_task_start),         ROW(port_time_monotonic_ms),
    ROW(port_time_wall_s),        ROW(port_time_sleep_ms),
    ROW(port_mqtt_unsubscribe),   ROW(port_time_monotonic_us),
    ROW(port_board_mac),          ROW(port_board_reset_cause),
    ROW(port_network_look),       ROW(port_key_make),
    ROW(port_key_make_request),   ROW(port_key_is_match),
    ROW(port_key_certificate_id), ROW(port_time_begin_wall),
    ROW(port_time_built_s),       ROW(port_network_needs_ssid),
    ROW(port_configure_room),     ROW(port_configure_start),
    ROW(port_configure_stop),     ROW(port_configure_ends_by_restart),
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* Calls in a process of its own; what that says, and how it ends. */
static int end_of(void (*call)(void), char *said, size_t cap)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0});
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        call();
        _exit(0);
    }
    close(ends[1]);
    size_t total = 0;
    ssize_t count;
    while ((count = read(ends[0], said + total, cap - 1 - total)) > 0) {
        total += (size_t)count;
    }
    said[total] = '\0';
    close(ends[0]);
    int status = 0;
    waitpid(pid, &status, 0);
    return status;
}

static void test_each_function_fails_with_its_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        char said[300], name[60];
        int status = end_of(rows[i].call, said, sizeof(said));
        snprintf(name, sizeof(name), " %s ", rows[i].name);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT || !strstr(said, name)) {
            fail_msg("%s: status 0x%x, said: %s", rows[i].name, (unsigned)status, said);
        }
    }
}

/* The name of a function that stands before its parenthesis; its type may begin with port_ as well. */
static char *name_before(char *line, const char *parenthesis)
{
    char *name = NULL;
    for (char *at = strstr(line, "port_"); at && parenthesis && at < parenthesis;
         at = strstr(at + 1, "port_")) {
        name = at;
    }
    return name;
}

/* The table above has every function of the seams. */
static void test_no_function_is_forgotten(void **state)
{
    (void)state;
    static const char *const headers[] = {"board",   "configure", "gpio", "key", "mqtt",
                                          "network", "store",     "sync", "time"};
    unsigned found = 0;
    for (size_t h = 0; h < sizeof(headers) / sizeof(headers[0]); h++) {
        char path[300], line[300];
        snprintf(path, sizeof(path), "%s/../device/port/port_%s.h", TEST_SOURCE_DIR, headers[h]);
        FILE *file = fopen(path, "r");
        assert_non_null(file);
        while (fgets(line, sizeof(line), file)) {
            char *parenthesis = strchr(line, '(');
            char *name = name_before(line, parenthesis);
            bool is_prototype = name && line[0] >= 'a' && line[0] <= 'z' && strncmp(line, "typedef", 7) != 0;
            is_prototype |= name && strncmp(line, "_Noreturn", 9) == 0;
            if (!is_prototype) {
                continue;
            }
            found++;
            bool is_known = false;
            for (size_t i = 0; i < ROWS; i++) {
                size_t name_len = strlen(rows[i].name);
                is_known |= strncmp(name, rows[i].name, name_len) == 0 && name[name_len] == '(';
            }
            if (!is_known) {
                fail_msg("%s: %s", headers[h], line);
            }
        }
        fclose(file);
    }
    assert_int_equal(found, ROWS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_function_fails_with_its_name),
        cmocka_unit_test(test_no_function_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
