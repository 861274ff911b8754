/* SPDX-License-Identifier: MIT */
/* mosquitto's configuration and its life as our child. A shell script plays mosquitto: what is tested is how we treat
 * it. The real one: tests/e2e/test_broker.py. R-57. */
// LINK: cloud_broker
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/broker/mosquitto_child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[40];
static char program[80];
static char why[400];
static struct mosquitto_child child;

static const struct mosquitto_conf good_conf = {
    .plugin = "/opt/a b/iot_local_plugin.so",
    .database = "iot.db",
    .region = "eu-central-1",
    .account = "123456789012",
    .secret = "abc",
    .listen = "127.0.0.1",
    .port = 8883,
};

static void write_program(const char *text)
{
    FILE *file = fopen(program, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(program, 0755), 0);
}

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/test-child-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    snprintf(program, sizeof(program), "%s/mosquitto", folder);
    child = (struct mosquitto_child){.lock = -1, .descriptor = -1, .output = -1};
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[80];
    mosquitto_child_close(&child);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

static void open_child(void)
{
    if (!mosquitto_child_open(&child, program, folder, why, sizeof(why))) {
        fail_msg("%s", why);
    }
}

static void start_child(void)
{
    if (!mosquitto_child_start(&child, why, sizeof(why))) {
        fail_msg("%s", why);
    }
}

/* Waits for the pidfd, as the daemon's loop does. */
static void wait_for_death(void)
{
    struct pollfd end = {.fd = child.descriptor, .events = POLLIN};
    assert_int_equal(poll(&end, 1, 10000), 1);
    assert_true(mosquitto_child_has_died(&child, why, sizeof(why)));
    assert_int_equal(child.pid, 0);
}

static bool has_line(const char *text, const char *line)
{
    char wanted[300];
    snprintf(wanted, sizeof(wanted), "\n%s\n", line);
    return strstr(text, wanted) != NULL;
}

static void configuration_says_what_the_design_says(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "per_listener_settings false", /* else TICK never fires */
        "set_tcp_nodelay true",        /* 88 ms a round trip without it */
        "allow_anonymous false",
        "plugin /opt/a b/iot_local_plugin.so",
        "plugin_opt_database iot.db",
        "plugin_opt_region eu-central-1",
        "plugin_opt_account 123456789012",
        "plugin_opt_secret abc",
        "listener 8883 127.0.0.1",
        "require_certificate true",
        "tls_version tlsv1.2",
        "connection_messages true", /* why a connection ends */
        "log_type information",
        "persistence true",
        "listener 0 mqtt.sock",
    };
    char text[8192];
    assert_int_equal(mosquitto_conf_write(&good_conf, text, sizeof(text)), ERR_OK);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        if (!has_line(text, lines[i])) {
            fail_msg("%s is missing in\n%s", lines[i], text);
        }
    }
    assert_null(strstr(text, "max_qos")); /* it would hide QoS 2 of a SUBSCRIBE from the plugin */
    assert_false(has_line(text, "user root"));
    struct mosquitto_conf root = good_conf;
    root.is_root = true;
    assert_int_equal(mosquitto_conf_write(&root, text, sizeof(text)), ERR_OK);
    assert_true(has_line(text, "user root"));
}

static void value_cannot_bring_lines_of_its_own(void **state)
{
    (void)state;
    char text[8192];
    const char **values[6];
    struct mosquitto_conf conf = good_conf;
    values[0] = &conf.plugin, values[1] = &conf.database, values[2] = &conf.region;
    values[3] = &conf.account, values[4] = &conf.secret, values[5] = &conf.listen;
    for (size_t i = 0; i < 6; i++) {
        const char *good = *values[i];
        *values[i] = "x\nallow_anonymous true";
        assert_int_equal(mosquitto_conf_write(&conf, text, sizeof(text)), ERR_ARG);
        *values[i] = "";
        assert_int_equal(mosquitto_conf_write(&conf, text, sizeof(text)), ERR_ARG);
        *values[i] = good;
    }
    conf.port = 0; /* would be a Unix socket */
    assert_int_equal(mosquitto_conf_write(&conf, text, sizeof(text)), ERR_ARG);
    assert_int_equal(mosquitto_conf_write(&good_conf, text, 100), ERR_TOO_LONG);
}

static void configuration_file_is_for_the_owner_alone(void **state)
{
    (void)state;
    char path[80];
    struct stat info;
    write_program("#!/bin/sh\n");
    open_child();
    assert_true(mosquitto_child_configure(&child, &good_conf, why, sizeof(why)));
    snprintf(path, sizeof(path), "%s/mosquitto.conf", folder);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
}

static void mosquitto_is_found_in_path(void **state)
{
    (void)state;
    char found[PATH_MAX];
    char *old = strdup(getenv("PATH"));
    write_program("#!/bin/sh\n");
    setenv("PATH", folder, 1);
    assert_true(mosquitto_child_find(NULL, found, why, sizeof(why)));
    setenv("PATH", old, 1);
    free(old);
    assert_string_equal(found, program);
    assert_true(mosquitto_child_find(program, found, why, sizeof(why)));
    assert_string_equal(found, program);
}

static void missing_mosquitto_is_named(void **state)
{
    (void)state;
    char found[PATH_MAX];
    assert_false(mosquitto_child_find("/nonexistent/mosquitto", found, why, sizeof(why)));
    assert_non_null(strstr(why, "/nonexistent/mosquitto"));
    assert_false(mosquitto_child_find(folder, found, why, sizeof(why))); /* a folder is no program */
    write_program("not for execution");
    chmod(program, 0644);
    assert_false(mosquitto_child_find(program, found, why, sizeof(why)));
}

static void child_runs_in_the_data_directory_with_its_configuration(void **state)
{
    (void)state;
    char text[200] = "";
    char path[80];
    write_program("#!/bin/sh\necho \"$PWD $*\" > seen\n");
    open_child();
    start_child();
    wait_for_death();
    snprintf(path, sizeof(path), "%s/seen", folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof(text), file));
    fclose(file);
    char wanted[100];
    snprintf(wanted, sizeof(wanted), "%s -c mosquitto.conf\n", folder);
    assert_string_equal(text, wanted);
}

static void death_is_told_and_each_pause_is_longer(void **state)
{
    (void)state;
    write_program("#!/bin/sh\nexit 3\n");
    open_child();
    int64_t last_pause_ms = 0;
    for (int i = 0; i < 10; i++) {
        start_child();
        int64_t started_at_ms = child.started_at_ms;
        wait_for_death();
        assert_non_null(strstr(why, "code 3"));
        assert_true(child.pause_ms >= last_pause_ms);
        assert_true(child.pause_ms > last_pause_ms || last_pause_ms == 5000);
        assert_true(child.start_at_ms >= started_at_ms + child.pause_ms);
        last_pause_ms = child.pause_ms;
    }
    assert_int_equal(last_pause_ms, 5000);
}

static void who_has_run_for_long_starts_again_at_once(void **state)
{
    (void)state;
    write_program("#!/bin/sh\nexec sleep 1000\n");
    open_child();
    start_child();
    child.pause_ms = 5000;
    child.started_at_ms -= 10000; /* as if it had run for ten seconds */
    kill(child.pid, SIGKILL);
    wait_for_death();
    assert_non_null(strstr(why, "signal 9"));
    assert_int_equal(child.pause_ms, 50);
}

static void close_ends_it(void **state)
{
    (void)state;
    write_program("#!/bin/sh\nexec sleep 1000\n");
    open_child();
    start_child();
    pid_t pid = child.pid;
    mosquitto_child_close(&child);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
}

/* A stopped process does not get SIGTERM: only SIGKILL ends it, and its death is noticed as any other. */
static void kill_ends_a_frozen_broker(void **state)
{
    (void)state;
    write_program("#!/bin/sh\nexec sleep 1000\n");
    open_child();
    mosquitto_child_kill(&child); /* not running: nothing happens */
    start_child();
    assert_int_equal(kill(child.pid, SIGSTOP), 0);
    assert_int_equal(waitpid(child.pid, NULL, WUNTRACED), child.pid);
    mosquitto_child_terminate(&child);
    assert_false(mosquitto_child_has_died(&child, why, sizeof(why)));
    mosquitto_child_kill(&child);
    wait_for_death();
    assert_non_null(strstr(why, "signal 9"));
    assert_true(child.start_at_ms > 0);
}

/* kill -9 of the daemon: mosquitto gets SIGTERM from the kernel, and the next daemon waits until it is gone. */
static void child_dies_with_its_parent_and_the_next_parent_waits(void **state)
{
    (void)state;
    int pids[2];
    pid_t pid = 0;
    write_program(
        "#!/bin/sh\ntrap 'echo saved > saved; exit' TERM\necho > started\nwhile :; do sleep 0.01; done\n");
    assert_int_equal(pipe(pids), 0);
    pid_t daemon = fork();
    if (daemon == 0) {
        char started[80];
        snprintf(started, sizeof(started), "%s/started", folder);
        bool is_good = mosquitto_child_open(&child, program, folder, why, sizeof(why)) &&
                       mosquitto_child_start(&child, why, sizeof(why));
        while (is_good && access(started, F_OK) != 0) {
            usleep(1000);
        }
        if (write(pids[1], &child.pid, sizeof(child.pid)) != sizeof(child.pid)) {
            _exit(1);
        }
        raise(SIGKILL);
    }
    assert_int_equal(read(pids[0], &pid, sizeof(pid)), sizeof(pid));
    close(pids[0]);
    close(pids[1]);
    assert_true(pid > 0);

    open_child(); /* returns when it is gone, which includes what it saves */
    char path[80];
    snprintf(path, sizeof(path), "%s/saved", folder);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(waitpid(daemon, NULL, 0), daemon);
}

static void what_it_says_comes_line_by_line_without_noise(void **state)
{
    (void)state;
    char line[2000];
    write_program("#!/bin/sh\necho first\n"
                  "echo 'Warning: Mosquitto should not be run as root/administrator.'\n"
                  "echo 'OpenSSL Error[0]: error:0A000126:SSL routines::unexpected eof while reading' >&2\n"
                  "printf 'second \\033[2J \\302\\233 \\377 \\303\\244\\n' >&2\n"
                  "head -c 3000 /dev/zero | tr '\\0' x\necho\necho last\n");
    open_child();
    start_child();
    struct pollfd end = {.fd = child.descriptor, .events = POLLIN};
    assert_int_equal(poll(&end, 1, 10000), 1);
    assert_true(mosquitto_child_next_line(&child, line, sizeof(line)));
    assert_string_equal(line, "first");
    assert_true(mosquitto_child_next_line(&child, line, sizeof(line)));
    assert_string_equal(line, "second ?[2J ? ? \xc3\xa4"); /* nothing that a terminal obeys */
    size_t len = 0;
    while (mosquitto_child_next_line(&child, line, sizeof(line)) && line[0] == 'x') {
        len += strlen(line); /* a line that is too long comes in pieces */
    }
    assert_int_equal(len, 3000);
    assert_string_equal(line, "last");
    assert_false(mosquitto_child_next_line(&child, line, sizeof(line)));
    wait_for_death();
}

/* A child that says much while nobody listens goes on: it never waits for us. */
static void who_is_not_heard_does_not_wait(void **state)
{
    (void)state;
    write_program("#!/bin/sh\nhead -c 1000000 /dev/zero\nexit 7\n");
    open_child();
    start_child();
    wait_for_death();
    assert_non_null(strstr(why, "code 7"));
}

#define CHILD_TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

/* What was written is read again, for the doctor: a whole first word, no other one that begins so. */
static void configuration_is_read_again(void **state)
{
    (void)state;
    char text[8192], value[16];
    assert_int_equal(mosquitto_conf_write(&good_conf, text, sizeof(text)), ERR_OK);
    assert_true(mosquitto_conf_read(text, MOSQUITTO_CONF_REGION, value, sizeof(value)));
    assert_string_equal(value, good_conf.region);
    assert_true(mosquitto_conf_read(text, MOSQUITTO_CONF_ACCOUNT, value, sizeof(value)));
    assert_string_equal(value, good_conf.account);
    assert_false(mosquitto_conf_read(text, "plugin_opt", value, sizeof(value)));
    assert_false(mosquitto_conf_read("", MOSQUITTO_CONF_REGION, value, sizeof(value)));
    assert_false(mosquitto_conf_read("plugin_opt_region\n", MOSQUITTO_CONF_REGION, value, sizeof(value)));
    assert_false(mosquitto_conf_read("plugin_opt_region 0123456789abcdef\n", MOSQUITTO_CONF_REGION, value,
                                     sizeof(value)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(configuration_says_what_the_design_says),
        cmocka_unit_test(value_cannot_bring_lines_of_its_own),
        cmocka_unit_test(configuration_is_read_again),
        CHILD_TEST(configuration_file_is_for_the_owner_alone),
        CHILD_TEST(mosquitto_is_found_in_path),
        CHILD_TEST(missing_mosquitto_is_named),
        CHILD_TEST(child_runs_in_the_data_directory_with_its_configuration),
        CHILD_TEST(death_is_told_and_each_pause_is_longer),
        CHILD_TEST(who_has_run_for_long_starts_again_at_once),
        CHILD_TEST(close_ends_it),
        CHILD_TEST(kill_ends_a_frozen_broker),
        CHILD_TEST(what_it_says_comes_line_by_line_without_noise),
        CHILD_TEST(who_is_not_heard_does_not_wait),
        CHILD_TEST(child_dies_with_its_parent_and_the_next_parent_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
