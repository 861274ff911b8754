/* SPDX-License-Identifier: MIT */
/* device/runtime/refresh.c alone: who may wait for a document anew, and how each wish ends. No engine task runs: the test is it. */
// LINK: device_runtime device_core fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/runtime/state.h"
#include "fakes/fake_ports.h"

#include <pthread.h>

static char document[CONFIG_DEVICE_JOBS_DOCUMENT_SIZE];
static struct runtime_refresh *const refresh = &device_runtime.refresh;

static int setup(void **state)
{
    (void)state;
    fake_reset();
    const struct runtime_config config = {
        .thing_name = "lamp", .document = document, .document_cap = sizeof(document)};
    device_runtime.life.is_started = false;
    assert_int_equal(runtime_init(&config), ERR_OK);
    device_runtime.life.is_started = true;
    port_signal_wait(&device_runtime.wake, 0);
    port_signal_wait(&device_runtime.refreshed, 0);
    return 0;
}

static enum err result;
static atomic_bool has_returned;

static void *call(void *ctx)
{
    (void)ctx;
    result = runtime_refresh_document(7);
    atomic_store(&has_returned, true);
    return NULL;
}

static bool is_in(enum runtime_refresh_state state)
{
    port_mutex_lock(&device_runtime.lock);
    bool is_it = refresh->state == state;
    port_mutex_unlock(&device_runtime.lock);
    return is_it;
}

/* The engine has it. */
static void set_out(void)
{
    port_mutex_lock(&device_runtime.lock);
    refresh->state = RUNTIME_REFRESH_OUT;
    port_mutex_unlock(&device_runtime.lock);
}

static pthread_t start_call(void)
{
    pthread_t thread;
    atomic_store(&has_returned, false);
    assert_int_equal(pthread_create(&thread, NULL, call, NULL), 0);
    FAKE_WAIT(is_in(RUNTIME_REFRESH_WANTED));
    assert_true(port_signal_wait(&device_runtime.wake, 5000));
    return thread;
}

/* The engine task is told when the caller leaves. */
static enum err end_call(pthread_t thread)
{
    fake_wait_flag(&has_returned);
    pthread_join(thread, NULL);
    assert_int_equal(refresh->state, RUNTIME_REFRESH_NONE);
    assert_true(port_signal_wait(&device_runtime.wake, 0));
    return result;
}

static void test_who_may_wait(void **state)
{
    (void)state;
    device_runtime.life.is_stopping = true;
    assert_int_equal(runtime_refresh_document(7), ERR_BUSY);
    device_runtime.life.is_stopping = false;
    refresh->state = RUNTIME_REFRESH_DONE; /* somebody else's */
    assert_int_equal(runtime_refresh_document(7), ERR_BUSY);
    assert_int_equal(refresh->state, RUNTIME_REFRESH_DONE);
    refresh->state = RUNTIME_REFRESH_NONE;
    device_runtime.life.is_started = false;
    assert_int_equal(runtime_refresh_document(7), ERR_BUSY);
}

/* The engine knows no such run: the wish ends at once, and is nobody's any more. */
static void test_wish_that_the_engine_refuses(void **state)
{
    (void)state;
    pthread_t thread = start_call();
    runtime_refresh_serve(0);
    assert_false(device_runtime.own.is_refresh_known);
    assert_int_equal(end_call(thread), ERR_NOT_FOUND);
}

static void test_wish_that_is_fulfilled(void **state)
{
    (void)state;
    pthread_t thread = start_call();
    set_out();
    device_runtime.own.is_refresh_known = true;
    runtime_refresh_serve(0); /* nothing new */
    assert_true(device_runtime.own.is_refresh_known);
    runtime_refresh_ended(NULL, 7, true);
    assert_false(device_runtime.own.is_refresh_known);
    assert_int_equal(end_call(thread), ERR_OK);
}

static void test_wish_whose_caller_has_left(void **state)
{
    (void)state;
    device_runtime.own.is_refresh_known = true;
    runtime_refresh_serve(0);
    assert_false(device_runtime.own.is_refresh_known);
    assert_int_equal(refresh->state, RUNTIME_REFRESH_NONE);
    runtime_refresh_ended(NULL, 7, true); /* too late: nobody's */
    assert_int_equal(refresh->state, RUNTIME_REFRESH_NONE);
}

/* The engine task ends before it has looked, or after. */
static void test_wish_at_the_end(void **state)
{
    (void)state;
    pthread_t thread = start_call();
    runtime_refresh_fail_all();
    assert_int_equal(end_call(thread), ERR_BUSY);
    thread = start_call();
    set_out();
    runtime_refresh_fail_all();
    assert_int_equal(end_call(thread), ERR_BUSY);
    runtime_refresh_fail_all(); /* there is none */
    assert_int_equal(refresh->state, RUNTIME_REFRESH_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_who_may_wait, setup),
        cmocka_unit_test_setup(test_wish_that_the_engine_refuses, setup),
        cmocka_unit_test_setup(test_wish_that_is_fulfilled, setup),
        cmocka_unit_test_setup(test_wish_whose_caller_has_left, setup),
        cmocka_unit_test_setup(test_wish_at_the_end, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
