/* SPDX-License-Identifier: MIT */
/* Ownership tokens: docs/protocol.md 7.2. */
// LINK: cloud_core jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/provisioning.h"

static int find(struct fixture *fx, const char *token, char id[CORE_CERTIFICATE_ID_CAP])
{
    return FIXTURE_RUN(fx, ownership_find(fx->core, slice_from(token), id, &fx->error));
}

static void a_token_names_its_certificate(void **state)
{
    struct fixture *fx = *state;
    char token[OWNERSHIP_TOKEN_CAP], second[OWNERSHIP_TOKEN_CAP], id[CORE_CERTIFICATE_ID_CAP] = "";
    assert_int_equal(FIXTURE_RUN(fx, ownership_issue(fx->core, ID, token, &fx->error)), CORE_NOT_FOUND);
    assert_int_equal(FIXTURE_RUN(fx, ownership_issue(fx->core, "x", token, &fx->error)),
                     CORE_INVALID_REQUEST);
    provisioning_pending(fx, token);
    assert_int_equal(strlen(token), OWNERSHIP_TOKEN_CAP - 1);
    assert_int_equal(find(fx, token, id), CORE_OK);
    assert_string_equal(id, ID);
    provisioning_issue(fx, ID, second);
    assert_string_not_equal(token, second);
    assert_int_equal(find(fx, token, id), CORE_OWNERSHIP_TOKEN); /* the earlier one is no longer good */
    assert_int_equal(find(fx, second, id), CORE_OK);
    second[5] ^= 1;
    assert_int_equal(find(fx, second, id), CORE_OWNERSHIP_TOKEN);
    assert_non_null(strstr(fx->error.message, "not valid"));
    assert_int_equal(find(fx, "", id), CORE_OWNERSHIP_TOKEN);
    assert_string_equal(fx->error.message,
                        "Certificate ownership token cannot be empty."); /* AWS's own words */
    assert_int_equal(FIXTURE_RUN(fx, ownership_find(fx->core, (struct slice){0}, id, &fx->error)),
                     CORE_OWNERSHIP_TOKEN);
}

/* One hour, then the certificate that nobody has come for goes. */
static void an_hour_and_no_longer(void **state)
{
    struct fixture *fx = *state;
    char token[OWNERSHIP_TOKEN_CAP], id[CORE_CERTIFICATE_ID_CAP];
    provisioning_pending(fx, token);
    fixture_thing(fx, "x"); /* what an operator has attached meanwhile does not keep it */
    FIXTURE_OK(fx, principals_attach(fx->core, "x", ARN, NULL, &fx->error));
    assert_int_equal(fixture_next_due(fx), FIXTURE_START_MS + 60 * 60 * 1000);
    fx->now_ms += 60 * 60 * 1000 - 1;
    fixture_run_due(fx);
    assert_int_equal(find(fx, token, id), CORE_OK);
    fx->now_ms++;
    assert_int_equal(find(fx, token, id), CORE_OWNERSHIP_TOKEN); /* before the due-queue has come to it */
    assert_non_null(strstr(fx->error.message, "expired"));
    fixture_run_due(fx);
    assert_string_equal(provisioning_status(fx, ID), "none");
    assert_int_equal(find(fx, token, id), CORE_OWNERSHIP_TOKEN);
    assert_int_equal(fixture_next_due(fx), INT64_MAX);
}

static void a_certificate_that_is_in_use_stays(void **state)
{
    struct fixture *fx = *state;
    char token[OWNERSHIP_TOKEN_CAP], id[CORE_CERTIFICATE_ID_CAP];
    provisioning_pending(fx, token);
    FIXTURE_OK(fx, certificates_update(fx->core, ID, "ACTIVE", &fx->error));
    fx->now_ms += 60 * 60 * 1000;
    fixture_run_due(fx);
    assert_string_equal(provisioning_status(fx, ID), "ACTIVE");
    assert_int_equal(find(fx, token, id), CORE_OWNERSHIP_TOKEN);
}

static void a_token_goes_with_its_certificate(void **state)
{
    struct fixture *fx = *state;
    char token[OWNERSHIP_TOKEN_CAP], id[CORE_CERTIFICATE_ID_CAP];
    provisioning_pending(fx, token);
    FIXTURE_OK(fx, certificates_delete(fx->core, ID, false, &fx->error));
    assert_int_equal(find(fx, token, id), CORE_OWNERSHIP_TOKEN);
    provisioning_certificate(fx, ID, "PENDING_ACTIVATION"); /* another one of this id is not meant */
    fx->now_ms += 60 * 60 * 1000;
    fixture_run_due(fx);
    assert_string_equal(provisioning_status(fx, ID), "PENDING_ACTIVATION");
    assert_int_equal(fixture_next_due(fx), INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_token_names_its_certificate, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(an_hour_and_no_longer, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_certificate_that_is_in_use_stays, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_token_goes_with_its_certificate, fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
