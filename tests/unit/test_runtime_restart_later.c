/* SPDX-License-Identifier: MIT */
/* A restart that was asked for comes when it is due, however long the engine task has nothing to do, and ends the connection first. A
 * program of its own, as test_runtime_restart_handler is. */
// LINK: runtime_table device_runtime device_core fake_service fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/config.h"
#include "fakes/runtime_table.h"

static void test_restart_of_an_idle_device(void **state)
{
    (void)state;
    struct fake_request request;
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(1);
    fake_connect();
    fake_expect_request(&request, "$next/get");
    fake_accept_request(&request, "");
    fake_answer_no_job();
    runtime_restart(300);
    fake_wait_restart();
    assert_int_equal(fake_close_count(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_restart_of_an_idle_device, table_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
