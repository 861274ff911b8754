/* SPDX-License-Identifier: MIT */
/* a restart first lets the journal reach storage. A program of its own: the fake restart ends the engine task, and as
 * after a real one nothing of the library can be used. */
// LINK: runtime_table device_runtime device_core fake_service fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/runtime_table.h"

static void test_restart_comes_after_the_journal(void **state)
{
    (void)state;
    table_start_job();
    unsigned puts = fake_put_count();
    struct jobs_report report = table_report(JOBS_STATUS_SUCCEEDED);
    assert_int_equal(runtime_report(&report, NULL, 0, NULL), ERR_OK);
    runtime_restart(0);
    fake_wait_restart();
    assert_int_equal(fake_puts_at_restart(), puts + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_restart_comes_after_the_journal, table_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
