/* SPDX-License-Identifier: MIT */
/* The Linux port's way to configure a device: the socket in the folder of the records (device/port/port_configure.h): who may use it, what
 * hostile clients get, how the way ends and begins again. */
// LINK: port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_configure.h"
#include "device/port/port_network.h"
#include "device/port/port_store.h"
#include "ports/linux/configure_socket.h"
#include "ports/linux/store_folder.h"
#include "ports/linux/tasks.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define TEXT_CAP 100

static char base[64], folder[200];
static char text[TEXT_CAP];

static struct {
    size_t len; /* of the last text */
    char text[TEXT_CAP + 1];
    bool is_good; /* what `take` answers */
    unsigned takes, dones;
} heard;

static bool take(size_t len, char *answer, size_t answer_cap)
{
    assert_true(answer_cap >= PORT_CONFIGURE_ANSWER_CAP);
    heard.len = len;
    if (len <= TEXT_CAP) {
        memcpy(heard.text, text, len);
        heard.text[len] = '\0';
    }
    heard.takes++;
    strcpy(answer, heard.is_good ? "good" : "bad");
    return heard.is_good;
}

static void done(void)
{
    heard.dones++;
}

static const struct port_configure way = {.text = text, .text_cap = TEXT_CAP, .take = take, .done = done};

static int setup(void **state)
{
    (void)state;
    memset(&heard, 0, sizeof(heard));
    strcpy(base, "/tmp/port-configure-XXXXXX");
    assert_non_null(mkdtemp(base));
    /* longer than the address of a socket may be */
    snprintf(folder, sizeof(folder), "%s/%0120d", base, 0);
    assert_int_equal(setenv("DEVICE_STATE_DIR", folder, 1), 0);
    assert_int_equal(port_store_open(), ERR_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    char command[100];
    port_configure_stop();
    snprintf(command, sizeof(command), "rm -rf %s", base);
    return system(command);
}

static int connect_to(void)
{
    struct sockaddr_un name;
    int place = open(folder, O_RDONLY | O_DIRECTORY);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    configure_socket_name(place, &name);
    int failed = connect(fd, (struct sockaddr *)&name, sizeof(name));
    close(place);
    if (failed) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Sends, ends its half, reads to the end. */
static const char *ask(const char *bytes, size_t len)
{
    static char answer[CONFIGURE_ANSWER_BYTES];
    size_t got = 0;
    ssize_t part;
    int fd = connect_to();
    assert_true(fd >= 0);
    assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
    shutdown(fd, SHUT_WR);
    while ((part = read(fd, answer + got, sizeof(answer) - 1 - got)) > 0) {
        got += (size_t)part;
    }
    close(fd);
    answer[got] = '\0';
    return answer;
}

static void test_texts_until_one_is_good(void **state)
{
    (void)state;
    assert_int_equal(port_configure_start(&way), ERR_OK);
    assert_int_equal(port_configure_start(&way), ERR_BUSY);
    assert_string_equal(ask("first", 5), "bad");
    assert_string_equal(heard.text, "first");
    assert_string_equal(ask("", 0), "bad");
    assert_int_equal(heard.len, 0);
    char all[TEXT_CAP];
    memset(all, 'x', sizeof(all));
    assert_string_equal(ask(all, sizeof(all)), "bad");
    assert_int_equal(heard.len, TEXT_CAP);
    assert_int_equal(heard.dones, 0);
    heard.is_good = true;
    assert_string_equal(ask("second", 6), "good");
    port_configure_stop(); /* waits for the end */
    assert_int_equal(heard.dones, 1);
    assert_int_equal(heard.takes, 4);
    assert_int_equal(connect_to(), -1);
    struct stat status;
    char path[300];
    snprintf(path, sizeof(path), "%s/" CONFIGURE_SOCKET, folder);
    assert_int_equal(stat(path, &status), -1);
}

static void test_a_text_that_is_too_long_is_told_as_that(void **state)
{
    (void)state;
    static char much[100000];
    memset(much, 'x', sizeof(much));
    assert_int_equal(port_configure_start(&way), ERR_OK);
    assert_string_equal(ask(much, sizeof(much)), "bad");
    assert_int_equal(heard.len, TEXT_CAP + 1);
    assert_string_equal(ask(much, TEXT_CAP + 1), "bad");
    assert_int_equal(heard.len, TEXT_CAP + 1);
}

static void test_who_may_read_the_records_may_configure(void **state)
{
    (void)state;
    struct stat status;
    char path[300];
    mode_t before = umask(0);
    assert_int_equal(port_configure_start(&way), ERR_OK);
    umask(before);
    snprintf(path, sizeof(path), "%s/" CONFIGURE_SOCKET, folder);
    assert_int_equal(stat(path, &status), 0);
    assert_true(S_ISSOCK(status.st_mode));
    assert_int_equal(status.st_mode & 0777, 0600);
}

/* A client that says nothing, or goes away in the middle, keeps nobody from stopping the device. */
static void test_stop_and_start_again(void **state)
{
    (void)state;
    assert_int_equal(port_configure_start(&way), ERR_OK);
    int silent = connect_to();
    assert_true(silent >= 0);
    assert_int_equal(send(silent, "half", 4, MSG_NOSIGNAL), 4);
    for (int unread = 1; unread > 0;) {
        assert_int_equal(ioctl(silent, SIOCOUTQ, &unread), 0); /* it waits for the other half now */
        sched_yield();
    }
    port_configure_stop();
    assert_int_equal(heard.takes + heard.dones, 0);
    assert_int_equal(connect_to(), -1);
    port_configure_stop();
    close(silent);
    assert_int_equal(port_configure_start(&way), ERR_OK);
    assert_string_equal(ask("again", 5), "bad");
    assert_string_equal(heard.text, "again");
}

/* What a device that was killed has left there is no device. */
static void test_a_socket_that_is_left_over(void **state)
{
    (void)state;
    struct sockaddr_un name;
    int place = open(folder, O_RDONLY | O_DIRECTORY);
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    configure_socket_name(place, &name);
    assert_int_equal(bind(dead, (struct sockaddr *)&name, sizeof(name)), 0);
    close(dead);
    close(place);
    assert_int_equal(connect_to(), -1);
    assert_int_equal(port_configure_start(&way), ERR_OK);
    assert_string_equal(ask("x", 1), "bad");
}

static void test_what_else_the_port_says(void **state)
{
    (void)state;
    char *room = port_configure_room(1000);
    assert_non_null(room);
    assert_ptr_equal(port_configure_room(1000), room);
    assert_false(port_configure_ends_by_restart());
    assert_false(port_network_needs_ssid());
    int looked = store_folder_look(), opened = store_folder();
    struct stat a, b;
    assert_int_equal(fstat(looked, &a), 0);
    assert_int_equal(fstat(opened, &b), 0);
    assert_int_equal(a.st_ino, b.st_ino);
    close(looked);
    close(opened);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_texts_until_one_is_good),
        TEST(test_a_text_that_is_too_long_is_told_as_that),
        TEST(test_who_may_read_the_records_may_configure),
        TEST(test_stop_and_start_again),
        TEST(test_a_socket_that_is_left_over),
        TEST(test_what_else_the_port_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
