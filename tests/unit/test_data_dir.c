/* SPDX-License-Identifier: MIT */
/* The daemon's directory and ports: one daemon at a time, errors that name the thing and the way out. R-55. */
// LINK: cloud_daemon
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/daemon/daemon.h"
#include "cloud/daemon/daemon_options.h"
#include "cloud/daemon/data_dir.h"
#include "cloud/daemon/loop.h"
#include "cloud/daemon/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[40];
static char why[PATH_MAX + 300];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/test-data-XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[80];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

static const char *inside(const char *name)
{
    static char path[300];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void directory_is_made_with_its_parents_for_the_owner_alone(void **state)
{
    (void)state;
    struct data_dir dir;
    struct stat info;
    mode_t old = umask(0);
    assert_true(data_dir_open(&dir, inside("a/b/c"), why, sizeof(why)));
    umask(old);
    assert_string_equal(dir.path, inside("a/b/c"));
    assert_int_equal(stat(dir.path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0700);
    assert_int_equal(stat(inside("a"), &info), 0);
    assert_int_equal(info.st_mode & 07777, 0700);
    data_dir_close(&dir);
}

static void open_directory_is_closed(void **state)
{
    (void)state;
    static const mode_t modes[] = {0755, 0777, 0750, 0701, 02770};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        struct data_dir dir;
        struct stat info;
        assert_true(mkdir(inside("open"), 0700) == 0 || errno == EEXIST);
        assert_int_equal(chmod(inside("open"), modes[i]), 0);
        assert_true(data_dir_open(&dir, inside("open"), why, sizeof(why)));
        assert_int_equal(stat(inside("open"), &info), 0);
        assert_int_equal(info.st_mode & 0777, 0700);
        data_dir_close(&dir);
    }
    struct data_dir dir;
    assert_int_equal(chmod(inside("open"), 01777), 0); /* like /tmp */
    assert_false(data_dir_open(&dir, inside("open"), why, sizeof(why)));
    assert_non_null(strstr(why, "--data"));
    if (geteuid() == 0) {
        assert_int_equal(chmod(inside("open"), 0755), 0);
        assert_int_equal(chown(inside("open"), 12345, 12345), 0);
        assert_false(data_dir_open(&dir, inside("open"), why, sizeof(why)));
        assert_non_null(strstr(why, "another user"));
    }
}

static void second_owner_is_refused_with_the_first_ones_process(void **state)
{
    (void)state;
    struct data_dir first, second;
    char pid[30];
    assert_true(data_dir_open(&first, folder, why, sizeof(why)));
    assert_false(data_dir_open(&second, folder, why, sizeof(why)));
    snprintf(pid, sizeof(pid), "process %ld", (long)getpid());
    assert_non_null(strstr(why, pid));
    assert_non_null(strstr(why, folder));
    assert_non_null(strstr(why, "--data"));
    data_dir_close(&second);
    data_dir_close(&first);
    assert_true(data_dir_open(&second, folder, why, sizeof(why)));
    data_dir_close(&second);
}

static void place_that_cannot_be_a_directory_is_named(void **state)
{
    (void)state;
    struct data_dir dir;
    assert_false(data_dir_open(&dir, "/proc/nowhere", why, sizeof(why)));
    assert_non_null(strstr(why, "/proc/nowhere"));
    fclose(fopen(inside("file"), "w"));
    assert_false(data_dir_open(&dir, inside("file"), why, sizeof(why)));
    assert_non_null(strstr(why, "file"));
    assert_false(data_dir_open(&dir, inside("file/x"), why, sizeof(why)));
    assert_non_null(strstr(why, "file/x"));
}

static void status_means_ready_and_goes_with_the_daemon(void **state)
{
    (void)state;
    struct data_dir dir;
    char text[300] = "";
    char wanted[300];
    fclose(fopen(inside("status.json"), "w")); /* of a daemon that was killed */
    assert_true(data_dir_open(&dir, folder, why, sizeof(why)));
    assert_int_equal(access(inside("status.json"), F_OK), -1);

    const struct data_dir_status status = {
        .http_port = 1234, .mqtt_port = 65535, .https_port = 8443, .endpoint = "localhost"};
    assert_true(data_dir_write_status(&dir, &status, why, sizeof(why)));
    FILE *file = fopen(inside("status.json"), "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof(text), file));
    fclose(file);
    snprintf(
        wanted, sizeof(wanted),
        "{\"http_port\":1234,\"mqtt_port\":65535,\"https_port\":8443,\"endpoint\":\"localhost\",\"pid\":%ld}",
        (long)getpid());
    assert_string_equal(text, wanted);
    data_dir_close(&dir);
    assert_int_equal(access(inside("status.json"), F_OK), -1);
}

static void socket_path_has_107_bytes_at_most(void **state)
{
    (void)state;
    struct data_dir dir = {.lock = -1};
    char path[PATH_MAX];
    memset(dir.path, 'd', 105);
    assert_true(data_dir_socket(&dir, "s", path, why, sizeof(why)));
    memset(dir.path, 'd', 106);
    assert_false(data_dir_socket(&dir, "s", path, why, sizeof(why)));
    assert_non_null(strstr(why, "--data"));
    memset(dir.path, 'd', sizeof(dir.path) - 1);
    assert_false(data_dir_file(&dir, "name", path, why, sizeof(why)));
}

static void port_that_somebody_listens_on_is_not_free(void **state)
{
    (void)state;
    uint16_t port = port_pick("127.0.0.1");
    assert_int_not_equal(port, 0);
    assert_true(port_is_free("127.0.0.1", port));

    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_false(port_is_free("127.0.0.1", port));
    assert_int_equal(errno, EADDRINUSE);
    close(fd);
    assert_false(port_is_free("nowhere", port));
    assert_int_equal(errno, EINVAL);
    assert_false(port_is_free("192.0.2.1", port)); /* not ours (RFC 5737) */
    assert_int_equal(errno, EADDRNOTAVAIL);
}

static int calls;
static struct loop loop;
static struct loop_source sources[2];

/* Both are readable; whoever is called first takes the other one out, as stopping does. */
static void remove_the_other(void *ctx)
{
    calls++;
    loop_remove(&loop, &sources[1 - *(int *)ctx]);
}

static void source_that_was_removed_in_the_same_round_is_not_called(void **state)
{
    (void)state;
    static int numbers[2] = {0, 1};
    int ends[2][2];
    assert_true(loop_open(&loop));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pipe(ends[i]), 0);
        assert_int_equal(write(ends[i][1], "x", 1), 1);
        assert_true(loop_add(&loop, &sources[i], ends[i][0], remove_the_other, &numbers[i]));
    }
    loop_run(&loop, 1000);
    assert_int_equal(calls, 1);
    for (int i = 0; i < 2; i++) {
        loop_remove(&loop, &sources[i]);
        close(ends[i][0]), close(ends[i][1]);
    }
    loop_close(&loop);
}

static enum args_outcome parse(struct daemon_options *options, char *first, char *second)
{
    char *argv[] = {first, second, NULL};
    return daemon_options_parse(&syntax_up, first == NULL ? 0 : 2, argv, options);
}

static bool has_name(const struct daemon_options *options, const char *name)
{
    for (size_t i = 0; i < options->name_count; i++) {
        if (strcmp(options->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* `run` is `up` on free ports, and returns by itself. */
static void run_has_the_options_of_up(void **state)
{
    (void)state;
    struct daemon_options options;
    char *detached[] = {"--detach", NULL};
    char *regional[] = {"--region", "eu-west-1", "--http-port", "8090", NULL};
    assert_int_equal(daemon_options_parse(&syntax_run, 0, detached, &options), ARGS_GOOD);
    assert_int_equal(options.http_port, 0);
    assert_int_equal(options.mqtt_port, 0);
    assert_int_equal(daemon_options_parse(&syntax_run, 4, regional, &options), ARGS_GOOD);
    assert_int_equal(options.http_port, 8090);
    assert_string_equal(options.region, "eu-west-1");
    assert_int_equal(daemon_options_parse(&syntax_up, 1, detached, &options), ARGS_GOOD);
    assert_true(options.is_detached);
    assert_int_equal(options.http_port, 8090);
    assert_int_equal(daemon_options_parse(&syntax_run, 1, detached, &options), ARGS_BAD);
}

static void options_have_defaults_for_this_machine_alone(void **state)
{
    (void)state;
    struct daemon_options options;
    assert_int_equal(parse(&options, NULL, NULL), ARGS_GOOD);
    assert_string_equal(options.listen, "127.0.0.1");
    assert_string_equal(options.endpoint, "localhost");
    assert_int_equal(options.mqtt_port, 8883);
    assert_int_equal(options.http_port, 8090);
    assert_true(has_name(&options, "localhost") && has_name(&options, "127.0.0.1") &&
                has_name(&options, "::1"));
}

/* What is handed out can be reached, and stands in the certificate. */
static void endpoint_is_where_somebody_listens(void **state)
{
    (void)state;
    struct daemon_options options;
    char listen_option[] = "--listen";
    static const struct {
        const char *listen, *endpoint;
        bool is_loopback;
    } rows[] = {
        {"127.0.0.1", "localhost", true},      {"127.0.0.2", "127.0.0.2", true},
        {"127.255.0.9", "127.255.0.9", true},  {"::1", "::1", true},
        {"192.168.7.1", "192.168.7.1", false}, {"fd00::1", "fd00::1", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char address[40];
        snprintf(address, sizeof address, "%s", rows[i].listen);
        assert_int_equal(parse(&options, listen_option, address), ARGS_GOOD);
        assert_string_equal(options.endpoint, rows[i].endpoint);
        assert_true(has_name(&options, rows[i].endpoint));
        assert_int_equal(options.is_loopback, rows[i].is_loopback);
    }
    static const char *const everywhere[] = {"0.0.0.0", "::", "0:0:0:0:0:0:0:0", "::ffff:0.0.0.0"};
    for (size_t i = 0; i < sizeof everywhere / sizeof everywhere[0]; i++) {
        char address[40];
        snprintf(address, sizeof address, "%s", everywhere[i]);
        assert_int_equal(parse(&options, listen_option, address), ARGS_GOOD);
        assert_false(options.is_loopback);
        assert_string_not_equal(options.endpoint, everywhere[i]);
        assert_false(has_name(&options, everywhere[i]));
    }
}

static void region_and_account_are_those_of_arns(void **state)
{
    (void)state;
    struct daemon_options options;
    char region[] = "--region", account[] = "--account";
    char good[][20] = {"us-east-1", "cn-north-1", "cn-northwest-1", "us-gov-west-1", "us-gov-east-1"};
    char bad[][40] = {"US-EAST-1", "us_east_1", "", "us east", "abcdefghijklmnopqrstuvwxyzabcdefghi"};
    char bad_accounts[][20] = {"12345678901", "1234567890123", "12345678901a", ""};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(parse(&options, region, good[i]), ARGS_GOOD);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(parse(&options, region, bad[i]), ARGS_BAD);
    }
    for (size_t i = 0; i < sizeof bad_accounts / sizeof bad_accounts[0]; i++) {
        assert_int_equal(parse(&options, account, bad_accounts[i]), ARGS_BAD);
    }
}

static void names_and_address_go_into_the_certificate(void **state)
{
    (void)state;
    struct daemon_options options;
    char name[] = "--name", lamp[] = "lamp.example", listen_option[] = "--listen", address[] = "10.0.0.1",
         any[] = "0.0.0.0";
    assert_int_equal(parse(&options, name, lamp), ARGS_GOOD);
    assert_string_equal(options.endpoint, "lamp.example");
    assert_true(has_name(&options, "lamp.example") && has_name(&options, "localhost"));
    assert_int_equal(parse(&options, listen_option, address), ARGS_GOOD);
    assert_string_equal(options.endpoint, "10.0.0.1");
    assert_true(has_name(&options, "10.0.0.1"));
    assert_int_equal(parse(&options, listen_option, any), ARGS_GOOD);
    assert_false(has_name(&options, "0.0.0.0"));
    assert_string_not_equal(options.endpoint, "0.0.0.0");
}

#define DIR_TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DIR_TEST(directory_is_made_with_its_parents_for_the_owner_alone),
        DIR_TEST(open_directory_is_closed),
        DIR_TEST(second_owner_is_refused_with_the_first_ones_process),
        DIR_TEST(place_that_cannot_be_a_directory_is_named),
        DIR_TEST(status_means_ready_and_goes_with_the_daemon),
        cmocka_unit_test(socket_path_has_107_bytes_at_most),
        cmocka_unit_test(port_that_somebody_listens_on_is_not_free),
        cmocka_unit_test(source_that_was_removed_in_the_same_round_is_not_called),
        cmocka_unit_test(run_has_the_options_of_up),
        cmocka_unit_test(options_have_defaults_for_this_machine_alone),
        cmocka_unit_test(endpoint_is_where_somebody_listens),
        cmocka_unit_test(region_and_account_are_those_of_arns),
        cmocka_unit_test(names_and_address_go_into_the_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
