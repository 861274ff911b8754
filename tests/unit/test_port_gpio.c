/* SPDX-License-Identifier: MIT */
/* Pins of ports/linux without a chip: simulated, with inputs from what DEVICE_GPIO_INPUTS names; and a build without libgpiod. Each test in a
 * process of its own: the first call decides what pins are. */
// LINK: gpio_line_none port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_sync.h"
#include "fakes/in_child.h"
#include "fakes/told_edges.h"
#include "ports/linux/tasks.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

static char folder[] = "/tmp/port-gpio-XXXXXX";
static char path[64];

static int setup(void **state)
{
    (void)state;
    snprintf(path, sizeof(path), "%s/inputs", mkdtemp(folder));
    unsetenv("DEVICE_GPIOCHIP");
    unsetenv("DEVICE_GPIO_INPUTS");
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

/* The way a shell does it: `echo ... > inputs`, or >>. */
static void say(const char *lines, int flags)
{
    int fd = open(path, O_WRONLY | flags, 0600);
    EXPECT(fd >= 0);
    EXPECT(write(fd, lines, strlen(lines)) == (ssize_t)strlen(lines));
    close(fd);
}

static void open_fifo(void)
{
    unlink(path);
    EXPECT(mkfifo(path, 0600) == 0);
    setenv("DEVICE_GPIO_INPUTS", path, 1);
}

static void watched(uint8_t pin, enum port_gpio_edges edges)
{
    EXPECT(port_gpio_mode(pin, PORT_GPIO_INPUT, PORT_GPIO_PULL_AS_IS) == ERR_OK);
    EXPECT(port_gpio_watch(pin, edges, on_edge) == ERR_OK);
}

static void fifo_makes_edges(void)
{
    bool level = false;
    open_fifo();
    watched(4, PORT_GPIO_EDGES_BOTH);
    watched(5, PORT_GPIO_EDGES_RISING);
    say("4 1\n5 1\n5 0\n4 0\n", 0);
    EXPECT(TOLD_WAIT(told_count == 3));
    EXPECT(told[0].pin == 4 && told[0].level);
    EXPECT(told[1].pin == 5 && told[1].level);
    EXPECT(told[2].pin == 4 && !told[2].level);
    say("4 0\n4", 0); /* no edge; and half a line, of another writer than its end */
    say(" 1\n", 0);
    EXPECT(TOLD_WAIT(told_count == 4));
    EXPECT(told[3].level);
    EXPECT(port_gpio_read(4, &level) == ERR_OK && level);
    EXPECT(port_gpio_watch(4, PORT_GPIO_EDGES_NONE, NULL) == ERR_OK);
    say("4 0\n5 1\n", 0);
    EXPECT(TOLD_WAIT(told_count == 5));
    EXPECT(told[4].pin == 5);
}

static void wrong_lines_are_told(void)
{
    open_fifo();
    watched(4, PORT_GPIO_EDGES_BOTH);
    EXPECT(port_gpio_mode(7, PORT_GPIO_OUTPUT, PORT_GPIO_PULL_AS_IS) == ERR_OK);
    static const char *const wrong[] = {
        "4", "4 2", "4 11", "64 1", "-4 1", "4 1 1", "x", "4=1", "99999999999999999999 1"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char line[64], expected[128];
        snprintf(line, sizeof(line), "%s\n", wrong[i]);
        snprintf(expected, sizeof(expected), "'%s' is not a pin (0 to 63) and its level, as '4 1'\n",
                 wrong[i]);
        say(line, 0);
        EXPECT(TOLD_WAIT(strstr(told_log, expected)));
    }
    say("4 00000000000000000000000000000000000000000000000000000000000000000000000\n", 0);
    EXPECT(TOLD_WAIT(strstr(told_log, "'4 0000000")));
    say("7 1\n", 0);
    EXPECT(TOLD_WAIT(strstr(told_log, "error: DEVICE_GPIO_INPUTS: pin 7 is an output\n")));
    say("\n  \n 4\t1 \r\n", 0);
    EXPECT(TOLD_WAIT(told_count == 1));
}

static void file_says_what_is(void)
{
    bool level = false;
    unlink(path);
    say("4 0\n4 1\n6 1\n9 1", O_CREAT | O_TRUNC); /* the last line is still being written */
    setenv("DEVICE_GPIO_INPUTS", path, 1);
    EXPECT(port_gpio_read(4, &level) == ERR_OK && level);
    EXPECT(port_gpio_read(9, &level) == ERR_OK && !level);
    watched(4, PORT_GPIO_EDGES_BOTH);
    watched(6, PORT_GPIO_EDGES_BOTH);
    say("4 0\n", O_TRUNC);
    EXPECT(TOLD_WAIT(told_count == 1));
    EXPECT(told[0].pin == 4 && !told[0].level);
    EXPECT(port_gpio_read(6, &level) == ERR_OK && level); /* nothing is said of it any more: it stays */
    say("4 1\n", O_APPEND);
    EXPECT(TOLD_WAIT(told_count == 2));
    EXPECT(told[1].level);
    EXPECT(!strstr(told_log, "is not a pin"));
    char elsewhere[] = "/tmp/port-gpio-XXXXXX", other[80];
    snprintf(other, sizeof(other), "%s/new", mkdtemp(elsewhere));
    int fd = open(other, O_CREAT | O_WRONLY, 0600);
    EXPECT(write(fd, "6 0\n", 4) == 4);
    close(fd);
    EXPECT(rename(other, path) == 0); /* as editors do */
    EXPECT(TOLD_WAIT(told_count == 3));
    EXPECT(told[2].pin == 6 && !told[2].level);
    EXPECT(rmdir(elsewhere) == 0);
}

static void inputs_that_are_not_there_are_refused(void)
{
    bool level = false;
    setenv("DEVICE_GPIO_INPUTS", path, 1);
    unlink(path);
    EXPECT(port_gpio_mode(4, PORT_GPIO_INPUT, PORT_GPIO_PULL_AS_IS) == ERR_NOT_FOUND);
    EXPECT(strstr(port_gpio_why(4, ERR_NOT_FOUND), path) &&
           strstr(port_gpio_why(4, ERR_NOT_FOUND), "No such file"));
    EXPECT(port_gpio_read(4, &level) == ERR_NOT_FOUND);
    EXPECT(port_gpio_write(5, true) == ERR_OK); /* an output needs none */
    EXPECT(mkdir(path, 0700) == 0);
    EXPECT(port_gpio_read(4, &level) == ERR_NOT_FOUND);
    EXPECT(strstr(port_gpio_why(4, ERR_NOT_FOUND), "neither a FIFO nor a file"));
    EXPECT(rmdir(path) == 0);
    open_fifo();
    EXPECT(port_gpio_mode(4, PORT_GPIO_INPUT, PORT_GPIO_PULL_AS_IS) == ERR_OK); /* it has come */
}

static void pins_without_inputs(void)
{
    bool level = false;
    EXPECT(port_gpio_mode(4, PORT_GPIO_INPUT, PORT_GPIO_PULL_UP) == ERR_OK);
    EXPECT(port_gpio_read(4, &level) == ERR_OK && level);
    EXPECT(port_gpio_mode(4, PORT_GPIO_INPUT, PORT_GPIO_PULL_DOWN) == ERR_OK);
    EXPECT(port_gpio_read(4, &level) == ERR_OK && !level);
    EXPECT(port_gpio_watch(4, PORT_GPIO_EDGES_BOTH, on_edge) == ERR_OK);
    EXPECT(port_gpio_write(4, true) == ERR_ARG);
    EXPECT(strstr(port_gpio_why(4, ERR_ARG), "is an input"));
    EXPECT(port_gpio_mode(4, PORT_GPIO_OFF, PORT_GPIO_PULL_AS_IS) == ERR_OK);
    EXPECT(port_gpio_write(4, true) == ERR_OK);
    EXPECT(port_gpio_mode(64, PORT_GPIO_INPUT, PORT_GPIO_PULL_AS_IS) == ERR_RANGE);
    EXPECT(strstr(port_gpio_why(64, ERR_RANGE), "does not exist on this board"));
}

/* Never a simulation in its place. */
static void chip_without_the_library_says_how_to_get_it(void)
{
    bool level = false;
    setenv("DEVICE_GPIOCHIP", "gpiochip0", 1);
    setenv("DEVICE_GPIO_INPUTS", path, 1);
    EXPECT(port_gpio_mode(2, PORT_GPIO_OUTPUT, PORT_GPIO_PULL_AS_IS) == ERR_UNSUPPORTED);
    EXPECT(strstr(port_gpio_why(2, ERR_UNSUPPORTED),
                  "built without libgpiod; 'apt install libgpiod-dev', then build it again"));
    EXPECT(port_gpio_write(2, true) == ERR_UNSUPPORTED);
    EXPECT(port_gpio_read(2, &level) == ERR_UNSUPPORTED);
    EXPECT(strstr(told_log, "DEVICE_GPIO_INPUTS is for simulated pins"));
}

static struct port_signal never;

static void wait_for_ever(void *ctx)
{
    port_gpio_wait(&never);
    (void)ctx;
}

/* So a program with handlers ends as soon as it is told to, in good order. */
static void task_that_waits_ends_with_the_program(void)
{
    port_signal_init(&never);
    EXPECT(port_task_start("pin", 1024, 4, wait_for_ever, NULL) == ERR_OK);
    EXPECT(tasks_end_all(20000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CHILD(fifo_makes_edges),
        IN_CHILD(wrong_lines_are_told),
        IN_CHILD(file_says_what_is),
        IN_CHILD(inputs_that_are_not_there_are_refused),
        IN_CHILD(pins_without_inputs),
        IN_CHILD(task_that_waits_ends_with_the_program),
        IN_CHILD(chip_without_the_library_says_how_to_get_it),
    };
    return cmocka_run_group_tests(tests, setup, remove_folder);
}
