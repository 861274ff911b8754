/* SPDX-License-Identifier: MIT */
/* The ladder of a final status, rung by rung: docs/protocol.md 1.8.. */
// LINK: device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/jobs/jobs.h"
#include "device/core/jobs/outcome.h"
#include "device/core/jobs/wire.h"

#include <string.h>

static void test_made(void **state)
{
    struct jobs_outcome o = jobs_outcome_make(JOBS_STATUS_FAILED, JOBS_REASON_DEADLINE, NULL);
    (void)state;
    assert_int_equal(o.status, JOBS_STATUS_FAILED);
    assert_int_equal(o.reason, JOBS_REASON_DEADLINE);
    assert_string_equal(o.message, jobs_wire_reason_message(JOBS_REASON_DEADLINE));
    o = jobs_outcome_make(JOBS_STATUS_FAILED, JOBS_REASON_HANDLER_FAILED, "");
    assert_string_equal(o.message, jobs_wire_reason_message(JOBS_REASON_HANDLER_FAILED));
    o = jobs_outcome_make(JOBS_STATUS_REJECTED, JOBS_REASON_REJECTED_BY_HANDLER, "no\n\"room\"");
    assert_string_equal(o.message, "no 'room'");
    o = jobs_outcome_make(JOBS_STATUS_SUCCEEDED, JOBS_REASON_NONE, NULL);
    assert_string_equal(o.message, "");
    char text[400];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    o = jobs_outcome_make(JOBS_STATUS_FAILED, JOBS_REASON_HANDLER_FAILED, text);
    assert_int_equal(strlen(o.message), JOURNAL_MESSAGE_CAP - 1);
}

/* What each form says. */
static void test_forms(void **state)
{
    static const struct {
        enum jobs_form form;
        bool has_details, is_kept, is_as_failed;
    } forms[] = {
        {JOBS_FORM_FULL, true, false, false},      {JOBS_FORM_BARE, false, false, false},
        {JOBS_FORM_AS_FAILED, true, false, true},  {JOBS_FORM_KEPT, false, true, false},
        {JOBS_FORM_KEPT_FAILED, true, true, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        for (uint8_t status = JOBS_STATUS_SUCCEEDED; status < JOBS_STATUS_COUNT; status++) {
            struct jobs_outcome o = jobs_outcome_make(status, JOBS_REASON_NONE, NULL);
            assert_int_equal(jobs_outcome_status(&o, forms[i].form),
                             forms[i].is_as_failed ? JOBS_STATUS_FAILED : status);
            assert_int_equal(jobs_outcome_has_details(forms[i].form), forms[i].has_details);
            assert_int_equal(jobs_outcome_is_kept(forms[i].form), forms[i].is_kept);
        }
    }
}

/* The next one after a refusal, for each status and each status that the service says the execution has; from every form the ladder
 * ends in one that is kept, after three refusals at most. */
static void test_ladder(void **state)
{
    (void)state;
    for (uint8_t status = JOBS_STATUS_SUCCEEDED; status < JOBS_STATUS_COUNT; status++) {
        struct jobs_outcome o = jobs_outcome_make(status, JOBS_REASON_NONE, NULL);
        bool is_rejected = status == JOBS_STATUS_REJECTED;
        for (uint8_t found = JOBS_STATUS_IN_PROGRESS; found <= JOBS_WIRE_UNKNOWN; found++) {
            enum jobs_form next = jobs_outcome_next_form(&o, JOBS_FORM_FULL, found);
            assert_int_equal(next, is_rejected && found == JOBS_STATUS_IN_PROGRESS ? JOBS_FORM_AS_FAILED
                                                                                   : JOBS_FORM_BARE);
            assert_int_equal(jobs_outcome_next_form(&o, JOBS_FORM_BARE, found),
                             is_rejected ? JOBS_FORM_AS_FAILED : JOBS_FORM_KEPT);
            assert_int_equal(jobs_outcome_next_form(&o, JOBS_FORM_AS_FAILED, found), JOBS_FORM_KEPT_FAILED);
            assert_int_equal(jobs_outcome_next_form(&o, JOBS_FORM_KEPT, found), JOBS_FORM_KEPT);
            assert_int_equal(jobs_outcome_next_form(&o, JOBS_FORM_KEPT_FAILED, found), JOBS_FORM_KEPT_FAILED);
            for (int i = 0; i < 2; i++) {
                next = jobs_outcome_next_form(&o, next, found);
            }
            assert_true(jobs_outcome_is_kept(next));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_ladder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
