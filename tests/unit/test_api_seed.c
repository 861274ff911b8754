/* SPDX-License-Identifier: MIT */
/* The program of the seed (seed_listing.h), with its own types, calls and order of calls. It compiles without a warning and does what
 * its text says; and of 1,000 queued jobs none is lost to its flag, which it clears behind its report. Its delays pass faster here. */
// LINK: device_api device_runtime device_core fake_service fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_service.h"
#include "lib_jobs.h"

#include <stdio.h>
#include <time.h>

#define JOBS  1000
#define HASTE 1000 /* 500 ms are half a millisecond */

/* Now and then another task gets the processor for a while when the call has returned. */
static void update_status_on_a_busy_device(const char *id, jobsStatus_et status)
{
    static unsigned calls;
    JOBS_updateStatus(id, status);
    if (++calls % 4 == 0) {
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
}

#define JOBS_updateStatus update_status_on_a_busy_device
#include "seed_listing.h"
#undef JOBS_updateStatus

#define CERT "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"
#define KEY  "-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----\n"

static int start(void **state)
{
    (void)state;
    fake_reset();
    fake_hurry(HASTE);
    s_sysConfig = (systemInitConfig_st){.s_awsConfig = {.hostNameStr = "localhost",
                                                        .port_u16 = 8883,
                                                        .pRootCaStr = CERT,
                                                        .pThingCertStr = CERT,
                                                        .pThingPrivateKeyStr = KEY,
                                                        .pThingNameStr = FAKE_THING}};
    assert_true(start_program());
    return 0;
}

static void test_the_seeds_program(void **state)
{
    (void)state;
    fake_offer_job(1, "first",
                   "{\n\"action\": \"blink\",\n\"count\": 3,\n\"onTime\": 250,\n\"offTime\": 500\n}");
    struct fake_request request;
    fake_accept_until(&request, "first", "SUCCEEDED");
    assert_true(fake_log_has("print: app_task: blink 3 times"));
    assert_int_equal(fake_gpio_changes(LED_PIN), 6);
    fake_answer_no_job();
}

static void test_a_thousand_queued_jobs(void **state)
{
    (void)state;
    unsigned changes = fake_gpio_changes(LED_PIN), expected = changes;
    for (unsigned i = 0; i < JOBS; i++) {
        struct fake_request request = {.payload = ""};
        char name[16], document[64];
        unsigned count = 1 + i % 3;
        snprintf(name, sizeof(name), "job-%u", i);
        snprintf(document, sizeof(document), "{\"action\":\"blink\",\"count\":%u}", count);
        fake_notify_next(name, document); /* the service sends it as soon as the job before has its end */
        while (!strstr(request.payload, "\"SUCCEEDED\"")) {
            fake_wait_publish(request.topic, sizeof(request.topic), request.payload, sizeof(request.payload));
            if (!fake_serve_job(&request, name)) {
                static char payload[FAKE_ANSWER_CAP];
                assert_string_equal(request.topic, "$next/get");
                fake_write_next(&request, name, document, payload, sizeof(payload));
                fake_deliver("$next/get/accepted", payload);
            }
        }
        expected += 2 * count;
        assert_int_equal(fake_gpio_changes(LED_PIN), expected); /* by its own document, and once */
    }
    jobsCounters_st counters;
    FAKE_WAIT((JOBS_getCounters(&counters), counters.succeeded_u32 == JOBS + 1));
    assert_int_equal(counters.run_u32, JOBS + 1);
    assert_int_equal(counters.droppedReports_u32, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_seeds_program),
        cmocka_unit_test(test_a_thousand_queued_jobs),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
