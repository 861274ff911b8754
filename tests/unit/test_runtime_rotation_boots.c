/* SPDX-License-Identifier: MIT */
/* device/runtime/rotation over stops, boots and power cuts, and on a device that has its identity from its storage (docs/rotation.md; R-51). */
// LINK: runtime_table device_runtime device_core fake_service fake_wait fake_ports port_linux common ssl crypto
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/rotation_service.h"

/* ---- stop, start, power cuts */

static void test_stop_in_the_middle(void **state)
{
    (void)state;
    struct fake_request request;
    start_rotation();
    await_request(&request, CSR);
    FAKE_WAIT(runtime_stop() == ERR_OK); /* a callback may be out */
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(2);
    fake_connect();
    await_turns();
    fake_advance_ms(PROVISION_RETRY_CAP_MS);
    port_signal_set(&device_runtime.wake);
    serve_provisioning();
    fake_wait_open(3);
    fake_connect();
    await_end(&request, "SUCCEEDED");
    expect_ids(&request, given_id, issued_id);
}

/* Suspended again and again before the new certificate could be tried: that says nothing about it. */
static void test_suspended_in_the_trial(void **state)
{
    (void)state;
    start_rotation();
    serve_provisioning();
    for (unsigned i = 0; i <= PROVISION_TRIAL_DOUBTS; i++) {
        fake_wait_open(2 + i);
        assert_true(fake_is_opened_as(FAKE_THING, issued));
        runtime_suspend(true);
        FAKE_WAIT(runtime_link_state() == RUNTIME_LINK_SUSPENDED);
        runtime_suspend(false);
    }
}

/* Stopped and started in the second rotation of a given certificate: that of the first is the device's, and not the given one again. */
static void test_stop_in_the_second_one(void **state)
{
    (void)state;
    struct fake_request request;
    char first[DEVICE_CERTIFICATE_CAP];
    start_rotation();
    serve_provisioning();
    fake_wait_open(2);
    fake_connect();
    await_end(&request, "SUCCEEDED");
    strcpy(first, issued);
    fake_notify_next("r2", DOCUMENT);
    fake_accept_claim("r2");
    fake_wait_open(3);
    fake_connect();
    do {
        fake_wait_publish(request.topic, sizeof(request.topic), request.payload, sizeof(request.payload));
    } while (fake_serve_job(&request, "r2") || strcmp(request.topic, CSR) != 0);
    FAKE_WAIT(runtime_stop() == ERR_OK); /* a callback may be out */
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(4);
    assert_true(fake_is_opened_as(FAKE_THING, first));
}

/* The execution is IN_PROGRESS at the service, as it was before the cut. */
static void show_running(const struct fake_request *request)
{
    fake_accept_request(request,
                        "\"execution\":{\"jobId\":\"r1\",\"status\":\"IN_PROGRESS\",\"queuedAt\":1799999990,"
                        "\"lastUpdatedAt\":1799999990,\"versionNumber\":2,\"executionNumber\":1,"
                        "\"statusDetails\":{\"attempt\":\"1\"},\"jobDocument\":" DOCUMENT "}");
}

static void serve(const struct fake_request *request)
{
    if (strcmp(request->topic, CSR) == 0) {
        answer_csr(request);
    } else if (strcmp(request->topic, REGISTER) == 0) {
        answer_registration(request);
    } else if (strcmp(request->topic, "$next/get") == 0 || strcmp(request->topic, "r1/get") == 0) {
        show_running(request);
    } else {
        assert_true(serve_jobs(request));
    }
}

static unsigned connections; /* that were served */

static void connect_when_opened(void)
{
    if (fake_open_count() > connections) {
        connections = fake_open_count();
        fake_connect();
    }
}

/* Whatever the device asks is answered until its job is done; time passes when it asks nothing. */
static void serve_to_the_end(struct fake_request *end)
{
    do {
        while (!fake_has_publish()) {
            connect_when_opened();
            fake_advance_ms(100);
            port_signal_set(&device_runtime.wake);
            sched_yield();
        }
        fake_wait_publish(end->topic, sizeof(end->topic), end->payload, sizeof(end->payload));
        serve(end);
        assert_null(strstr(end->payload, "\"status\":\"FAILED\""));
    } while (!strstr(end->payload, "\"status\":\"SUCCEEDED\""));
}

/* The same, until an operation of the storage is one too many. true: the job and all that follows it came first. */
static bool serve_until_the_cut(unsigned cut)
{
    struct fake_request request = {.payload = ""};
    bool is_over = false;
    while (fake_store_operations() <= cut) {
        if (is_over && !has("pending") && !has("rotation")) {
            return true;
        }
        connect_when_opened();
        if (!fake_has_publish()) {
            sched_yield();
            continue;
        }
        fake_wait_publish(request.topic, sizeof(request.topic), request.payload, sizeof(request.payload));
        serve(&request);
        is_over |= strstr(request.payload, "\"status\":\"SUCCEEDED\"") != NULL;
    }
    return false;
}

/* The power goes at each write to the storage in turn, and the device boots with the certificate that it is given for ever: the job ends
 * SUCCEEDED, the stored identity is the service's last one, and no cut costs more than one certificate. */
static void test_power_cut_at_every_write(void **state)
{
    unsigned cut = 0;
    fake_let_answers_get_lost(true);
    for (bool is_through = false; !is_through; cut++) {
        struct fake_request request;
        struct identity identity;
        table_teardown(state);
        assert_int_equal(setup(state), 0);
        connections = 0;
        fake_store_cut(cut);
        assert_int_equal(runtime_start(), ERR_OK);
        fake_offer_job(++connections, "r1", DOCUMENT);
        is_through = serve_until_the_cut(cut);
        if (!is_through) {
            runtime_stop();
            fake_drop_publishes();
            boot_with(given.pem);
            serve_to_the_end(&request);
            /* a final status that was stored and not sent goes without the details of its report */
            if (strstr(request.payload, "CertificateId")) {
                expect_ids(&request, given_id, issued_id);
            }
        }
        FAKE_WAIT(!has("pending")); /* what is left of "rotation" names a job that is done */
        assert_true(read_identity(&identity));
        assert_string_equal(identity.cert_pem, issued);
        assert_in_range(certificates, 1, 2);
    }
    fake_let_answers_get_lost(false);
    assert_in_range(cut, 8, 20);
}

/* ---- a device that has its identity from its storage: another prologue stands below, as claim.c does */

static struct runtime_identity lamp;
static atomic_uint below_tasks, below_serves, below_connects, below_ends, below_answers;
static atomic_bool below_is_busy, below_must_tell, below_is_lost;

static void below_task(void *ctx)
{
    atomic_fetch_add(&below_tasks, 1);
    runtime_engine_task(ctx);
}

/* The texts lie on the engine task's stack, as those of claim.c: they are other ones after each start, and those of before are gone. */
static void below_started(uint64_t now_ms)
{
    static char places[2][DEVICE_CERTIFICATE_CAP];
    static unsigned place;
    (void)now_ms;
    memset(places[place], 'x', sizeof(places[place]) - 1);
    place = 1 - place;
    memcpy(places[place], given.pem, strlen(given.pem) + 1);
    lamp.cert_pem = places[place];
    if (!atomic_load(&below_is_lost)) {
        runtime_use_identity(&lamp);
    }
}

static void below_serve(uint64_t now_ms)
{
    (void)now_ms;
    atomic_fetch_add(&below_serves, 1);
}

static uint64_t below_wake_at_ms(void)
{
    return RUNTIME_NEVER;
}

static void below_connected(uint64_t now_ms)
{
    (void)now_ms;
    atomic_fetch_add(&below_connects, 1);
}

static void below_disconnected(bool was_up, enum err reason, bool is_own_doing, uint64_t now_ms)
{
    (void)was_up, (void)reason, (void)is_own_doing, (void)now_ms;
    atomic_fetch_add(&below_ends, 1);
}

static void below_answered(const struct inbox_item *item, uint64_t now_ms)
{
    (void)item, (void)now_ms;
    atomic_fetch_add(&below_answers, 1);
}

static bool below_receive(const struct port_mqtt_event *event)
{
    return slice_starts_with(event->topic, "$aws/certificates/for-below");
}

static bool below_deliver(void)
{
    return atomic_exchange(&below_must_tell, false);
}

static bool below_idle(void)
{
    return !atomic_load(&below_is_busy);
}

static const struct runtime_prologue below = {
    .task = below_task,
    .stack_bytes = 8192,
    .started = below_started,
    .serve = below_serve,
    .wake_at_ms = below_wake_at_ms,
    .connected = below_connected,
    .disconnected = below_disconnected,
    .answered = below_answered,
    .receive = below_receive,
    .deliver = below_deliver,
    .is_idle = below_idle,
};

static void init_with_stored_identity(void)
{
    static char record[RECORD_BYTES(IDENTITY_MAX)];
    const struct identity identity = {FAKE_THING, given.pem, given_key, NULL};
    size_t len = identity_write(&identity, record + RECORD_HEADER_BYTES, IDENTITY_MAX);
    assert_int_equal(port_store_put("identity", record, record_seal(RECORD_IDENTITY, record, len)), ERR_OK);
    struct runtime_config config = *runtime_given();
    lamp = (struct runtime_identity){.host = config.host,
                                     .port = config.port,
                                     .client_id = FAKE_THING,
                                     .root_ca_pem = config.root_ca_pem,
                                     .cert_pem = given.pem,
                                     .key_pem = given_key};
    config.thing_name = config.cert_pem = config.key_pem = NULL;
    assert_int_equal(runtime_init(&config), ERR_OK);
    runtime_set_prologue(&below);
    assert_int_equal(runtime_register(&action), ERR_OK);
    runtime_rotation_init("0a1b2c");
}

/* The new certificate takes the place of the stored one, and belongs to nothing that SYSTEM_init was given. */
static void test_identity_of_a_claim_is_rotated(void **state)
{
    (void)state;
    struct fake_request request;
    struct identity identity;
    init_with_stored_identity();
    start_rotation();
    assert_true(fake_is_opened_as(FAKE_THING, given.pem));
    serve_provisioning();
    fake_wait_open(2);
    fake_connect();
    await_end(&request, "SUCCEEDED");
    expect_ids(&request, given_id, issued_id);
    assert_true(read_identity(&identity));
    assert_string_equal(identity.cert_pem, issued);
    assert_string_equal(identity.given_id, "");
    assert_int_equal(atomic_load(&below_tasks), 1);
    assert_int_equal(atomic_load(&below_connects), 2);
    assert_true(atomic_load(&below_serves) > 0 && atomic_load(&below_ends) > 0);
}

/* Stopped and started while the new certificate is tried, which then is refused: back to the old one, whose texts lie elsewhere now. */
static void test_stop_in_the_trial(void **state)
{
    (void)state;
    struct fake_request request;
    init_with_stored_identity();
    start_rotation();
    serve_provisioning();
    fake_wait_open(2);
    FAKE_WAIT(runtime_stop() == ERR_OK); /* a callback may be out */
    assert_int_equal(runtime_start(), ERR_OK);
    for (unsigned i = 0; i < PROVISION_TRIAL_REFUSALS; i++) {
        fake_wait_open(3 + i);
        assert_true(fake_is_opened_as(FAKE_THING, issued));
        fake_disconnect_for(ERR_REFUSED, "not authorised");
        await_turns();
        fake_advance_ms(PROVISION_TRIAL_CAP_MS);
        port_signal_set(&device_runtime.wake);
    }
    fake_wait_open(3 + PROVISION_TRIAL_REFUSALS);
    assert_true(fake_is_opened_as(FAKE_THING, given.pem));
    fake_connect();
    await_end(&request, "FAILED");
}

/* Stopped, and at the next start the identity is gone, of which the new certificate would be. */
static void test_identity_is_lost_on_the_way(void **state)
{
    (void)state;
    struct fake_request request;
    init_with_stored_identity();
    start_rotation();
    await_request(&request, CSR);
    FAKE_WAIT(runtime_stop() == ERR_OK); /* a callback may be out */
    atomic_store(&below_is_lost, true);
    assert_int_equal(runtime_start(), ERR_OK);
    await_turns();
    fake_advance_ms(PROVISION_RETRY_CAP_MS);
    port_signal_set(&device_runtime.wake);
    await_turns();
    assert_int_equal(fake_open_count(), 1); /* it connects as nobody */
    FAKE_WAIT(runtime_stop() == ERR_OK);    /* a callback may be out */
    atomic_store(&below_is_lost, false);
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(2);
    assert_true(fake_is_opened_as(FAKE_THING, given.pem));
    fake_connect();
    await_end(&request, "FAILED");
    assert_non_null(strstr(request.payload, "the device has lost its identity"));
}

static void test_prologue_below_is_served(void **state)
{
    (void)state;
    init_with_stored_identity();
    assert_int_equal(runtime_start(), ERR_OK);
    fake_wait_open(1);
    fake_connect();
    fake_answer_no_job();
    fake_answer_no_job();
    FAKE_WAIT(runtime_is_at_rest());
    atomic_store(&below_is_busy, true);
    assert_false(runtime_is_at_rest());
    atomic_store(&below_is_busy, false);
    atomic_store(&below_must_tell, true);
    port_signal_set(&device_runtime.event);
    FAKE_WAIT(!atomic_load(&below_must_tell));
    unsigned before = atomic_load(&below_answers);
    fake_answer_subscribe(77);
    FAKE_WAIT(atomic_load(&below_answers) > before);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, table_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_stop_in_the_middle),
        TEST(test_suspended_in_the_trial),
        TEST(test_stop_in_the_second_one),
        TEST(test_power_cut_at_every_write),
        TEST(test_identity_of_a_claim_is_rotated),
        TEST(test_stop_in_the_trial),
        TEST(test_identity_is_lost_on_the_way),
        TEST(test_prologue_below_is_served),
    };
    return cmocka_run_group_tests(tests, make_authority, forget_authority);
}
