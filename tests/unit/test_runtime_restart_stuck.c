/* SPDX-License-Identifier: MIT */
/* A handler that does not return after its deadline: its execution ends in storage, and the device restarts (docs/guarantees.md,
 * "Deadlines"). A program of its own, as test_runtime_restart_handler is. */
// LINK: runtime_table device_runtime device_core fake_service fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/config.h"
#include "fakes/runtime_table.h"

/* The clock has jumped, and the engine task looks at it. */
static void pass(uint64_t ms)
{
    fake_advance_ms(ms);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(table_register_blink(), ERR_EXISTS);
    }
}

static void test_handler_that_never_returns(void **state)
{
    (void)state;
    const struct jobs_action slow = {.name = "slow", .max_attempts = 1, .has_cancel = true, .deadline_s = 2};
    assert_int_equal(runtime_register(&slow), ERR_OK);
    atomic_store(&table.may_return, false);
    assert_int_equal(runtime_start(), ERR_OK);
    fake_offer_job(1, "j1", "{\"action\":\"slow\"}");
    fake_accept_claim("j1");
    fake_wait_flag(&table.is_in_handler);
    pass(2000);
    assert_int_equal(fake_restart_count(), 0);
    fake_advance_ms(CONFIG_DEVICE_JOBS_CANCEL_GRACE_MS);
    runtime_network_changed(true);
    fake_wait_restart();
    assert_int_equal(fake_puts_at_restart(), 2); /* the start, and the end */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_handler_that_never_returns, table_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
