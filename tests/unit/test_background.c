/* SPDX-License-Identifier: MIT */
/* The log of a daemon that has no terminal: what is written goes behind what is there, and a long one is put aside at the start
 * (docs/iot-local.md, "Logs and health"). */
// LINK: cloud_daemon
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/daemon/background.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB (INT64_C(1024) * 1024)

static char folder[40];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/test-log-XXXXXX");
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
    static char path[2][200];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof(path[turn]), "%s/%s", folder, name);
    return path[turn];
}

static void put(const char *name, int64_t size)
{
    int fd = open(inside(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, size), 0);
    close(fd);
}

/* -1: it is not there. */
static int64_t size_of(const char *name)
{
    struct stat info;
    return stat(inside(name), &info) == 0 ? info.st_size : -1;
}

/* As a start of the daemon does it, which then says three letters. */
static void start_and_say(void)
{
    struct background background = BACKGROUND_NONE;
    background_turn_log(inside("log"));
    assert_true(background_open_log(&background, inside("log")));
    assert_int_equal(write(background.log, "abc", 3), 3);
    close(background.log);
}

static void the_log_goes_on(void **state)
{
    struct stat info;
    (void)state;
    start_and_say();
    start_and_say();
    assert_int_equal(size_of("log"), 6);
    assert_int_equal(size_of("log.1"), -1);
    assert_int_equal(stat(inside("log"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void a_long_log_is_put_aside(void **state)
{
    (void)state;
    put("log", 8 * MIB);
    start_and_say();
    assert_int_equal(size_of("log"), 8 * MIB + 3);
    assert_int_equal(size_of("log.1"), -1);
    put("log.1", 1);
    start_and_say(); /* now it is longer; the older one goes */
    assert_int_equal(size_of("log"), 3);
    assert_int_equal(size_of("log.1"), 8 * MIB + 3);
    start_and_say();
    assert_int_equal(size_of("log"), 6);
}

/* A log that cannot be put aside is better than none, and what is no plain file is somebody's arrangement. */
static void what_cannot_be_put_aside_goes_on(void **state)
{
    (void)state;
    put("log", 9 * MIB);
    assert_int_equal(mkdir(inside("log.1"), 0700), 0);
    start_and_say();
    assert_int_equal(size_of("log"), 9 * MIB + 3);
    assert_int_equal(rmdir(inside("log.1")), 0);
    assert_int_equal(rename(inside("log"), inside("elsewhere")), 0);
    assert_int_equal(symlink("elsewhere", inside("log")), 0);
    start_and_say();
    assert_int_equal(size_of("elsewhere"), 9 * MIB + 6);
    assert_int_equal(size_of("log.1"), -1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(the_log_goes_on),
        TEST(a_long_log_is_put_aside),
        TEST(what_cannot_be_put_aside_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
