/* SPDX-License-Identifier: MIT */
/* Pins on a chip of the kernel's own simulator (gpio-sim, through configfs) and the libgpiod that is installed: no fake in between. Skipped
 * where there is none; a root of a kernel with CONFIG_GPIO_SIM has one after `modprobe gpio-sim`. */
// LINK: port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/told_edges.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIMULATOR "/sys/kernel/config/gpio-sim"
#define LINES     8
#define HOGGED    3 /* a line that the kernel holds */

static char device[64];  /* our folder in SIMULATOR */
static char chip[32];    /* gpiochip0 */
static char levels[128]; /* folder of what the outside does with the lines */
static bool is_there;

/* `name` may lead through folders that are still to be made. */
static bool put(const char *folder, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    for (char *slash = path + strlen(folder); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    bool is_put = file && fputs(text, file) >= 0;
    return file && fclose(file) == 0 && is_put;
}

static bool get(const char *folder, const char *name, char *out, size_t cap)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    bool is_got = file && fgets(out, (int)cap, file);
    if (file) {
        fclose(file);
    }
    out[is_got ? strcspn(out, "\n") : 0] = '\0';
    return is_got;
}

static int make_chip(void **state)
{
    (void)state;
    char name[48] = "";
    is_there = access(SIMULATOR, W_OK) == 0;
    if (!is_there) {
        print_message("no %s that may be written: a chip is not simulated by this kernel\n", SIMULATOR);
        return 0;
    }
    snprintf(device, sizeof(device), "%s/device-jobs-%d", SIMULATOR, (int)getpid());
    bool is_made = mkdir(device, 0700) == 0 && put(device, "bank/num_lines", "8") &&
                   put(device, "bank/line3/hog/name", "other one") &&
                   put(device, "bank/line3/hog/direction", "input") && put(device, "live", "1") &&
                   get(device, "dev_name", name, sizeof(name)) &&
                   get(device, "bank/chip_name", chip, sizeof(chip));
    snprintf(levels, sizeof(levels), "/sys/devices/platform/%s/%s", name, chip);
    setenv("DEVICE_GPIOCHIP", chip, 1);
    return is_made ? 0 : -1;
}

static int remove_chip(void **state)
{
    (void)state;
    static const char *const folders[] = {"/bank/line3/hog", "/bank/line3", "/bank", ""};
    for (size_t i = 0; is_there && i < 4; i++) {
        char path[128];
        snprintf(path, sizeof(path), "%s%s", device, folders[i]);
        rmdir(path);
    }
    return 0;
}

static void need_chip(void)
{
    if (!is_there) {
        skip();
    }
}

static void drive(unsigned line, bool level)
{
    char name[32];
    snprintf(name, sizeof(name), "sim_gpio%u/pull", line);
    assert_true(put(levels, name, level ? "pull-up" : "pull-down"));
}

static bool see(unsigned line)
{
    char name[32], text[8];
    snprintf(name, sizeof(name), "sim_gpio%u/value", line);
    assert_true(get(levels, name, text, sizeof(text)));
    return text[0] == '1';
}

static void test_output(void **state)
{
    (void)state;
    need_chip();
    bool level = false;
    assert_int_equal(port_gpio_write(2, true), ERR_OK);
    assert_true(see(2));
    assert_int_equal(port_gpio_mode(2, PORT_GPIO_OUTPUT, PORT_GPIO_PULL_AS_IS), ERR_OK);
    assert_int_equal(port_gpio_read(2, &level), ERR_OK);
    assert_true(level && see(2));
    assert_int_equal(port_gpio_write(2, false), ERR_OK);
    assert_false(see(2));
}

static void test_input_and_resistors(void **state)
{
    (void)state;
    need_chip();
    bool level = false;
    drive(4, true);
    assert_int_equal(port_gpio_read(4, &level), ERR_OK);
    assert_true(level);
    drive(4, false);
    assert_int_equal(port_gpio_read(4, &level), ERR_OK);
    assert_false(level);
    assert_int_equal(port_gpio_mode(4, PORT_GPIO_INPUT, PORT_GPIO_PULL_UP), ERR_OK);
    assert_int_equal(port_gpio_read(4, &level), ERR_OK);
    assert_true(level);
    assert_int_equal(port_gpio_mode(4, PORT_GPIO_INPUT, PORT_GPIO_PULL_DOWN), ERR_OK);
    assert_int_equal(port_gpio_read(4, &level), ERR_OK);
    assert_false(level);
}

static void test_edges(void **state)
{
    (void)state;
    need_chip();
    static const enum port_gpio_edges edges[] = {PORT_GPIO_EDGES_RISING, PORT_GPIO_EDGES_FALLING,
                                                 PORT_GPIO_EDGES_BOTH};
    static const uint8_t expected[][2] = {{5, 1}, {6, 0}, {7, 1}, {7, 0}};
    for (uint8_t pin = 5; pin <= 7; pin++) {
        assert_int_equal(port_gpio_mode(pin, PORT_GPIO_INPUT, PORT_GPIO_PULL_AS_IS), ERR_OK);
        enum err err = port_gpio_watch(pin, edges[pin - 5], on_edge);
        if (err) {
            fail_msg("pin %u %s", pin, port_gpio_why(pin, err));
        }
    }
    for (size_t i = 0; i < 4; i++) {
        uint8_t pin = expected[i][0];
        if (i < 3) {
            drive(pin, true);
        }
        if (i != 2) {
            drive(pin, false);
        }
        assert_true(TOLD_WAIT(told_count == i + 1));
        assert_int_equal(told[i].pin, pin);
        assert_int_equal(told[i].level, expected[i][1]);
        assert_int_equal(told[i].missed, 0);
    }
    assert_int_equal(port_gpio_watch(7, PORT_GPIO_EDGES_NONE, NULL), ERR_OK);
    drive(7, true);
    drive(5, true);
    assert_true(TOLD_WAIT(told_count == 5));
    assert_int_equal(told[4].pin, 5);
}

/* Nobody reads while they come. The kernel keeps 16, and its simulator makes one of several that come at once: the last state is told all
 * the same, and no more edges than there were. */
static void test_edges_that_the_kernel_drops(void **state)
{
    (void)state;
    need_chip();
    for (unsigned count = 39; count <= 42; count++) {
        bool level = count & 1;
        uint32_t all = 0;
        drive(7, false);
        assert_int_equal(port_gpio_mode(7, PORT_GPIO_INPUT, PORT_GPIO_PULL_AS_IS), ERR_OK);
        assert_int_equal(port_gpio_watch(7, PORT_GPIO_EDGES_BOTH, on_edge), ERR_OK);
        pthread_mutex_lock(&told_lock); /* on_edge waits for it, and so does who reads */
        told_count = 0;
        for (unsigned i = 1; i <= count; i++) {
            drive(7, i & 1);
        }
        pthread_mutex_unlock(&told_lock);
        assert_true(TOLD_WAIT(told_count > 0 && told[told_count - 1].level == level));
        pthread_mutex_lock(&told_lock);
        for (size_t i = 0; i < told_count; i++) {
            all += 1 + told[i].missed;
        }
        pthread_mutex_unlock(&told_lock);
        assert_true(all <= count);
    }
    port_gpio_watch(7, PORT_GPIO_EDGES_NONE, NULL);
}

static void test_line_that_cannot_be_had(void **state)
{
    (void)state;
    need_chip();
    char words[96];
    assert_int_equal(port_gpio_mode(HOGGED, PORT_GPIO_OUTPUT, PORT_GPIO_PULL_AS_IS), ERR_BUSY);
    snprintf(words, sizeof(words), "line %d of /dev/%s is held by 'other one'", HOGGED, chip);
    assert_non_null(strstr(port_gpio_why(HOGGED, ERR_BUSY), words));
    assert_int_equal(port_gpio_read(LINES, &(bool){false}), ERR_RANGE);
    assert_non_null(strstr(port_gpio_why(LINES, ERR_RANGE), "has lines 0 to 7"));
}

/* Last. The kernel may or may not wake who waits for an edge. */
static void test_chip_that_goes(void **state)
{
    (void)state;
    need_chip();
    bool level = true;
    assert_true(put(device, "live", "0"));
    assert_int_equal(port_gpio_read(4, &level), ERR_NOT_FOUND);
    assert_non_null(strstr(port_gpio_why(4, ERR_NOT_FOUND), "No such device"));
    assert_int_equal(port_gpio_write(2, true), ERR_NOT_FOUND);
    assert_int_equal(port_gpio_mode(2, PORT_GPIO_OUTPUT, PORT_GPIO_PULL_AS_IS), ERR_NOT_FOUND);
    assert_non_null(strstr(port_gpio_why(2, ERR_NOT_FOUND), "there is no /dev/gpiochip"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output),
        cmocka_unit_test(test_input_and_resistors),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_edges_that_the_kernel_drops),
        cmocka_unit_test(test_line_that_cannot_be_had),
        cmocka_unit_test(test_chip_that_goes),
    };
    return cmocka_run_group_tests(tests, make_chip, remove_chip);
}
