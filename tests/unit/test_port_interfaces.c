/* SPDX-License-Identifier: MIT */
/* The Linux port's view of this machine's interfaces (ports/linux/interfaces.h): the kernel's own words beside it, and a table of radios as
 * the kernel writes it. */
// LINK: port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_board.h"
#include "ports/linux/interfaces.h"
#include "ports/linux/shutdown.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The interface of the first default route in the kernel's table; false: there is none. */
static bool default_route(char name[IFNAMSIZ])
{
    FILE *file = fopen("/proc/net/route", "r");
    char line[256];
    bool is_found = false;
    while (file && !is_found && fgets(line, sizeof(line), file)) {
        char *destination = strchr(line, '\t');
        is_found = destination && strncmp(destination + 1, "00000000\t", 9) == 0;
        if (is_found) {
            *destination = '\0';
            snprintf(name, IFNAMSIZ, "%.15s", line);
        }
    }
    if (file) {
        fclose(file);
    }
    return is_found;
}

static void test_interface_of_the_default_route(void **state)
{
    (void)state;
    char name[IFNAMSIZ];
    struct interfaces_found found;
    if (!default_route(name)) {
        skip();
    }
    assert_int_equal(interfaces_find(&found), ERR_OK);
    assert_string_equal(found.name, name);
    assert_true(found.address[0] != '\0' && strncmp(found.address, "127.", 4) != 0);
    struct port_network_state seen;
    assert_int_equal(port_network_look(&seen), ERR_OK);
    assert_true(seen.is_up);
    assert_string_equal(seen.address, found.address);
}

/* A machine with nothing but a loopback: in a network namespace of its own, where the system allows one. */
static void find_with_a_loopback_only(void)
{
    struct interfaces_found found;
    struct ifreq loopback = {.ifr_name = "lo"};
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET)) {
        _exit(77);
    }
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &loopback)) {
        _exit(77);
    }
    loopback.ifr_flags |= IFF_UP;
    if (ioctl(fd, SIOCSIFFLAGS, &loopback)) {
        _exit(77);
    }
    _exit(interfaces_find(&found) == ERR_NOT_FOUND ? 0 : 1);
}

static void test_loopback_is_no_network(void **state)
{
    (void)state;
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        find_with_a_loopback_only();
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_mac_is_the_kernels(void **state)
{
    (void)state;
    char name[IFNAMSIZ], path[64], text[32] = "", ours[32];
    uint8_t mac[6];
    if (!default_route(name)) {
        skip();
    }
    snprintf(path, sizeof(path), "/sys/class/net/%s/address", name);
    FILE *file = fopen(path, "r");
    if (!file) {
        skip();
    }
    assert_non_null(fgets(text, sizeof(text), file));
    fclose(file);
    text[strcspn(text, "\n")] = '\0';
    if (strcmp(text, "00:00:00:00:00:00") == 0) {
        skip(); /* a tunnel */
    }
    assert_int_equal(interfaces_mac(name, mac), ERR_OK);
    snprintf(ours, sizeof(ours), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
             mac[5]);
    assert_string_equal(ours, text);
    uint8_t of_board[PORT_BOARD_MAC_LEN];
    assert_int_equal(port_board_mac(of_board), ERR_OK);
    assert_memory_equal(of_board, mac, sizeof(mac));
}

static void test_interfaces_without_a_mac(void **state)
{
    (void)state;
    uint8_t mac[6];
    assert_int_equal(interfaces_mac("lo", mac), ERR_NOT_FOUND);
    assert_int_equal(interfaces_mac("no-such-one", mac), ERR_NOT_FOUND);
}

/* proc(5) does not describe /proc/net/wireless; this is how iw's and Debian's documentation show it. */
static const char table[] =
    "Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE\n"
    " face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22\n"
    "wlan00: 0000   20.  -80.  -256        0      0      0      0      0        0\n"
    "wlan0: 0000   54.  -56.  -256        0      0      0      0      0        0\n"
    "  wlp2s0: 0000  70  -38  -256        0      0      0      0      0        0\n"
    "old0: 0000   40.   70.   30.        0      0      0      0      0        0\n"
    "far0: 0000   0.  -300.  0        0      0\n"
    "cut0: 0000\n";

static void test_levels_in_the_kernels_table(void **state)
{
    (void)state;
    char path[] = "/tmp/wireless-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, table, sizeof(table) - 1), (ssize_t)sizeof(table) - 1);
    close(fd);
    assert_int_equal(interfaces_rssi(path, "wlan0"), -56);
    assert_int_equal(interfaces_rssi(path, "wlp2s0"), -38);
    assert_int_equal(interfaces_rssi(path, "wlan"), 0); /* another name */
    assert_int_equal(interfaces_rssi(path, "old0"), 0); /* a driver that counts otherwise than in dBm */
    assert_int_equal(interfaces_rssi(path, "far0"), 0);
    assert_int_equal(interfaces_rssi(path, "cut0"), 0);
    assert_int_equal(interfaces_rssi(path, "face "), 0);
    unlink(path);
    assert_int_equal(interfaces_rssi(path, "wlan0"), 0);
}

static void test_reset_cause_is_what_device_run_says(void **state)
{
    (void)state;
    unsetenv(RESET_VARIABLE);
    assert_int_equal(port_board_reset_cause(), PORT_BOARD_RESET_UNKNOWN);
    setenv(RESET_VARIABLE, RESET_START, 1);
    assert_int_equal(port_board_reset_cause(), PORT_BOARD_RESET_POWER_ON);
    setenv(RESET_VARIABLE, RESET_RESTART, 1);
    assert_int_equal(port_board_reset_cause(), PORT_BOARD_RESET_SOFTWARE);
    setenv(RESET_VARIABLE, RESET_CRASH, 1);
    assert_int_equal(port_board_reset_cause(), PORT_BOARD_RESET_CRASH);
    setenv(RESET_VARIABLE, "something", 1);
    assert_int_equal(port_board_reset_cause(), PORT_BOARD_RESET_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interface_of_the_default_route),
        cmocka_unit_test(test_loopback_is_no_network),
        cmocka_unit_test(test_mac_is_the_kernels),
        cmocka_unit_test(test_interfaces_without_a_mac),
        cmocka_unit_test(test_levels_in_the_kernels_table),
        cmocka_unit_test(test_reset_cause_is_what_device_run_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
