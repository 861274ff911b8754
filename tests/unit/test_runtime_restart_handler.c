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

static enum err restart_inside(void)
{
    runtime_restart(0);
    return ERR_OK;
}

/* Two answers of the engine task: between them it has looked at everything that is due. */
static void let_engine_turn(void)
{
    for (int i = 0; i < 2; i++) {
        assert_int_equal(table_register_blink(), ERR_EXISTS);
    }
}

/* `SYSTEM_restart(0); return JOB_STATUS_SUCCESSED;`: the handler's status is stored first. */
static void test_restart_from_a_handler_waits_for_its_return(void **state)
{
    (void)state;
    table.in_handler = restart_inside;
    atomic_store(&table.may_return, false);
    atomic_store(&table.return_status, JOBS_STATUS_SUCCEEDED);
    table_start_job();
    let_engine_turn();
    assert_int_equal(fake_restart_count(), 0);
    atomic_store(&table.may_return, true);
    fake_wait_restart();
    assert_int_equal(fake_puts_at_restart(), 2); /* the start, and the final status */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_restart_from_a_handler_waits_for_its_return, table_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
