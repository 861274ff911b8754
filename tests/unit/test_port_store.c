/* SPDX-License-Identifier: MIT */
/* The Linux port's storage beyond the suite: permissions, what a killed or starved write leaves, folders that cannot be used,
 * two processes with one folder (device/port/port_store.h; R-55). */
// LINK: port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_store.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RECORD 3000

static char base[64], folder[80];

static const char *path_of(const char *name)
{
    static char path[200];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static int setup(void **state)
{
    (void)state;
    strcpy(base, "/tmp/port-store-XXXXXX");
    assert_non_null(mkdtemp(base));
    snprintf(folder, sizeof(folder), "%s/state", base);
    setenv("DEVICE_STATE_DIR", folder, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    static const char *const names[] = {"jobs", "jobs.new", "target", "link"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        unlink(path_of(names[i]));
    }
    unlink(folder);
    rmdir(folder);
    return rmdir(base);
}

static mode_t mode_of(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 07777;
}

static void test_nobody_else_reads_the_journal(void **state)
{
    (void)state;
    mode_t before = umask(0);
    assert_int_equal(port_store_open(), ERR_OK);
    assert_int_equal(port_store_put("jobs", "x", 1), ERR_OK);
    umask(before);
    assert_int_equal(mode_of(folder), 0700);
    assert_int_equal(mode_of(path_of("jobs")), 0600);
}

/* set up three times, with the strictest mask as well. */
static void test_what_we_create_we_accept(void **state)
{
    (void)state;
    mode_t before = umask(0077);
    for (int i = 0; i < 3; i++) {
        char found[8];
        size_t len = 0;
        assert_int_equal(port_store_open(), ERR_OK);
        if (i > 0) {
            assert_int_equal(port_store_get("jobs", found, sizeof(found), &len), ERR_OK);
        }
        assert_int_equal(port_store_put("jobs", "x", 1), ERR_OK);
    }
    umask(before);
}

static void test_folder_from_device_dir(void **state)
{
    (void)state;
    unsetenv("DEVICE_STATE_DIR");
    setenv("DEVICE_DIR", base, 1);
    assert_int_equal(port_store_open(), ERR_OK);
    assert_int_equal(port_store_put("jobs", "x", 1), ERR_OK);
    assert_int_equal(access(path_of("jobs"), F_OK), 0);
    unsetenv("DEVICE_DIR");
}

/* ---- a place of its own, for a program that sets nothing */

#define NAME "test_port_store"

static void expect_record_at(const char *below)
{
    char path[300];
    snprintf(path, sizeof(path), "%s%s", base, below);
    assert_int_equal(port_store_open(), ERR_OK);
    assert_int_equal(port_store_put("jobs", "x", 1), ERR_OK);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    strcat(path, "/jobs");
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
}

static void remove_below(const char *below)
{
    char path[300];
    snprintf(path, sizeof(path), "%s%s", base, below);
    assert_int_equal(remove(path), 0);
}

static void test_place_below_home(void **state)
{
    (void)state;
    unsetenv("DEVICE_STATE_DIR");
    setenv("HOME", base, 1);
    expect_record_at("/.local/state/device-jobs/" NAME);
    expect_record_at("/.local/state/device-jobs/" NAME); /* and when it is there */
    static const char *const left[] = {"/.local/state/device-jobs/" NAME "/jobs",
                                       "/.local/state/device-jobs/" NAME, "/.local/state/device-jobs",
                                       "/.local/state", "/.local"};
    for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
        remove_below(left[i]);
    }
}

static void test_place_of_xdg_before_home(void **state)
{
    (void)state;
    char xdg[100];
    unsetenv("DEVICE_STATE_DIR");
    setenv("HOME", "/nowhere", 1);
    snprintf(xdg, sizeof(xdg), "%s/a/b", base);
    setenv("XDG_STATE_HOME", xdg, 1);
    expect_record_at("/a/b/device-jobs/" NAME);
    unsetenv("XDG_STATE_HOME");
    static const char *const left[] = {"/a/b/device-jobs/" NAME "/jobs", "/a/b/device-jobs/" NAME,
                                       "/a/b/device-jobs", "/a/b", "/a"};
    for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
        remove_below(left[i]);
    }
}

/* systemd's StateDirectory=lamp has made it; with several names, the first counts. It comes before the home. */
static void test_place_of_systemd(void **state)
{
    (void)state;
    char list[200];
    unsetenv("DEVICE_STATE_DIR");
    setenv("HOME", "/nowhere", 1);
    assert_int_equal(mkdir(folder, 0755), 0);
    snprintf(list, sizeof(list), "%s:/var/lib/other", folder);
    setenv("STATE_DIRECTORY", list, 1);
    expect_record_at("/state"); /* 0755 is systemd's default: closed */
    unsetenv("STATE_DIRECTORY");
}

/* The log goes to stderr; what was written there since. */
static const char *logged_by(void (*act)(void))
{
    static char text[2000];
    int pipes[2], before = dup(STDERR_FILENO);
    assert_int_equal(pipe(pipes), 0);
    dup2(pipes[1], STDERR_FILENO);
    act();
    fflush(stderr);
    dup2(before, STDERR_FILENO);
    close(before);
    close(pipes[1]);
    size_t len = 0;
    for (ssize_t got; (got = read(pipes[0], text + len, sizeof(text) - 1 - len)) > 0;) {
        len += (size_t)got;
    }
    close(pipes[0]);
    text[len] = '\0';
    return text;
}

static void open_in_vain(void)
{
    assert_int_equal(port_store_open(), ERR_STORAGE);
}

static void open_well(void)
{
    assert_int_equal(port_store_open(), ERR_OK);
}

static void test_failure_names_the_variable(void **state)
{
    (void)state;
    unsetenv("DEVICE_STATE_DIR");
    setenv("HOME", "/proc/nobody-makes-folders-here", 1);
    const char *log = logged_by(open_in_vain);
    assert_non_null(strstr(log, "device-jobs/" NAME));
    assert_non_null(strstr(log, "DEVICE_STATE_DIR"));
}

/* ---- what others may read */

static char record_found[8];
static size_t record_len;

static void get_record(void)
{
    assert_int_equal(port_store_get("jobs", record_found, sizeof(record_found), &record_len), ERR_OK);
}

static void test_record_with_a_wrong_mode_is_repaired(void **state)
{
    (void)state;
    open_well();
    assert_int_equal(port_store_put("jobs", "x", 1), ERR_OK);
    assert_int_equal(chmod(path_of("jobs"), 0644), 0);
    assert_non_null(strstr(logged_by(get_record), "'jobs' was open to others (mode 644)"));
    assert_int_equal(mode_of(path_of("jobs")), 0600);
    assert_string_equal(logged_by(get_record), "");               /* once */
    int fd = open(path_of("jobs.new"), O_WRONLY | O_CREAT, 0644); /* left by a put that was cut short */
    close(fd);
    assert_int_equal(port_store_put("jobs", "y", 1), ERR_OK);
    assert_int_equal(mode_of(path_of("jobs")), 0600);
}

/* DEVICE_STATE_DIR may name a folder that is for more than this: told, and left. */
static void test_folder_with_a_wrong_mode_is_told(void **state)
{
    (void)state;
    assert_int_equal(mkdir(folder, 0755), 0);
    const char *log = logged_by(open_well);
    assert_non_null(strstr(log, "is open to others (mode 755): chmod 700 closes it"));
    assert_int_equal(mode_of(folder), 0755);
}

static void test_own_folder_with_a_wrong_mode_is_repaired(void **state)
{
    (void)state;
    unsetenv("DEVICE_STATE_DIR");
    setenv("DEVICE_DIR", base, 1);
    assert_int_equal(mkdir(folder, 0750), 0);
    assert_non_null(strstr(logged_by(open_well), "was open to others (mode 750)"));
    assert_int_equal(mode_of(folder), 0700);
    unsetenv("DEVICE_DIR");
}

/* What a put has left half done is gone with the record: it has the same secrets. */
static void test_erase_leaves_nothing_behind(void **state)
{
    (void)state;
    open_well();
    assert_int_equal(port_store_put("jobs", "x", 1), ERR_OK);
    int fd = open(path_of("jobs.new"), O_WRONLY | O_CREAT, 0600);
    close(fd);
    assert_int_equal(port_store_erase("jobs"), ERR_OK);
    assert_int_equal(access(path_of("jobs"), F_OK), -1);
    assert_int_equal(access(path_of("jobs.new"), F_OK), -1);
}

static void put_for_ever(char first)
{
    static char record[RECORD];
    if (port_store_open()) {
        _exit(1);
    }
    for (char fill = first;; fill = fill == 'a' ? 'b' : 'a') {
        memset(record, fill, sizeof(record));
        if (port_store_put("jobs", record, sizeof(record))) {
            _exit(2);
        }
    }
}

/* Another folder's lock in place of this one's, so that the next writer gets in. */
static void let_go_of_folder(void)
{
    setenv("DEVICE_STATE_DIR", base, 1);
    assert_int_equal(port_store_open(), ERR_OK);
    setenv("DEVICE_STATE_DIR", folder, 1);
}

/* A process that is killed in the middle leaves the old record or the new one, never a mixture. */
static void test_killed_writer_leaves_a_whole_record(void **state)
{
    (void)state;
    for (int round = 0; round < 30; round++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            put_for_ever('a');
        }
        nanosleep(&(struct timespec){.tv_nsec = 3000000L + round * 137000L}, NULL);
        kill(pid, SIGKILL);
        int status = 0;
        waitpid(pid, &status, 0);
        assert_true(WIFSIGNALED(status));

        static char found[RECORD + 1];
        size_t len = 0;
        assert_int_equal(port_store_open(), ERR_OK);
        enum err err = port_store_get("jobs", found, sizeof(found), &len);
        if (err != ERR_NOT_FOUND) {
            assert_int_equal(err, ERR_OK);
            assert_int_equal(len, RECORD);
            for (size_t i = 1; i < len; i++) {
                assert_int_equal(found[i], found[0]);
            }
        }
        let_go_of_folder();
    }
}

/* No room: the put says so, and the old record is still there. */
static void test_disk_full_keeps_the_old_record(void **state)
{
    (void)state;
    static char large[100000], found[100];
    size_t len = 0;
    assert_int_equal(port_store_open(), ERR_OK);
    assert_int_equal(port_store_put("jobs", "old", 3), ERR_OK);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit before, small;
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 4096;
    setrlimit(RLIMIT_FSIZE, &small);
    enum err err = port_store_put("jobs", large, sizeof(large));
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(err, ERR_STORAGE);
    assert_int_equal(port_store_get("jobs", found, sizeof(found), &len), ERR_OK);
    assert_int_equal(len, 3);
    assert_int_equal(port_store_put("jobs", "new", 3), ERR_OK);
}

static void test_folder_that_is_a_file(void **state)
{
    (void)state;
    int fd = open(folder, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(port_store_open(), ERR_STORAGE);
    assert_int_equal(port_store_put("jobs", "x", 1), ERR_STORAGE);
    char found[8];
    size_t len = 0;
    assert_int_equal(port_store_get("jobs", found, sizeof(found), &len), ERR_STORAGE);
}

static void test_folder_in_a_folder_that_does_not_exist(void **state)
{
    (void)state;
    setenv("DEVICE_STATE_DIR", "/tmp/no-such-folder-of-a-device/state", 1);
    assert_int_equal(port_store_open(), ERR_STORAGE);
}

static void test_second_process_is_kept_out(void **state)
{
    (void)state;
    assert_int_equal(port_store_open(), ERR_OK);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        /* as a new process would: with a folder of its own description */
        _exit(execl("/proc/self/exe", "test_port_store", "--open", (char *)NULL));
    }
    int status = 0;
    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
}

static void test_link_in_place_of_a_record_is_not_followed(void **state)
{
    (void)state;
    assert_int_equal(port_store_open(), ERR_OK);
    int fd = open(path_of("target"), O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    close(fd);
    char target[200];
    strcpy(target, path_of("target"));
    assert_int_equal(symlink(target, path_of("jobs")), 0);
    char found[8];
    size_t len = 0;
    assert_int_equal(port_store_get("jobs", found, sizeof(found), &len), ERR_STORAGE);
    assert_int_equal(port_store_put("jobs", "x", 1), ERR_OK); /* replaces the link, not its target */
    struct stat status;
    assert_int_equal(stat(target, &status), 0);
    assert_int_equal(status.st_size, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "--open")) {
        return port_store_open() == ERR_STORAGE ? 42 : 0;
    }
    const struct CMUnitTest tests[] = {
        TEST(test_nobody_else_reads_the_journal),
        TEST(test_what_we_create_we_accept),
        TEST(test_folder_from_device_dir),
        TEST(test_place_below_home),
        TEST(test_place_of_xdg_before_home),
        TEST(test_place_of_systemd),
        TEST(test_failure_names_the_variable),
        TEST(test_record_with_a_wrong_mode_is_repaired),
        TEST(test_folder_with_a_wrong_mode_is_told),
        TEST(test_own_folder_with_a_wrong_mode_is_repaired),
        TEST(test_erase_leaves_nothing_behind),
        TEST(test_killed_writer_leaves_a_whole_record),
        TEST(test_disk_full_keeps_the_old_record),
        TEST(test_folder_that_is_a_file),
        TEST(test_folder_in_a_folder_that_does_not_exist),
        TEST(test_second_process_is_kept_out),
        TEST(test_link_in_place_of_a_record_is_not_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
