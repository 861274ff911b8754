/* SPDX-License-Identifier: MIT */
/* esp_restart on Linux: the library ends in good order, what was printed is out, and the process asks its supervisor for a new start
 * (ports/linux/esp_system.h). */
// LINK: port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/port/port_board.h"
#include "freertos/FreeRTOS.h" /* programs get esp_restart and fflush by it */

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void on_shutdown(void)
{
    printf("ended in good order");
}

static void test_hook_output_and_exit_code(void **state)
{
    (void)state;
    int ends[2];
    char said[64] = "";
    assert_int_equal(pipe(ends), 0);
    fflush(stdout);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        port_board_on_shutdown(on_shutdown);
        esp_restart();
    }
    close(ends[1]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 86);
    assert_true(read(ends[0], said, sizeof(said) - 1) > 0);
    assert_string_equal(said, "ended in good order");
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_hook_output_and_exit_code)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
