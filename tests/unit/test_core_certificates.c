/* SPDX-License-Identifier: MIT */
/* Certificates, CA certificates and principals to their end: docs/protocol.md 5.8. */
// LINK: cloud_core jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/core/registry/broker_anchors.h"
#include "fakes/core_fixture.h"

#define POLICY                                                                                               \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"iot:Connect\","           \
    "\"Resource\":\"*\"}]}"

/* Certificate number i. */
static const char *id_of(int i)
{
    static char texts[16][65];
    snprintf(texts[i % 16], sizeof texts[0], "%064x", (unsigned)i);
    return texts[i % 16];
}

static const char *arn_of(int i)
{
    static char texts[16][200];
    snprintf(texts[i % 16], sizeof texts[0], FIXTURE_ARN("cert", "%064x"), (unsigned)i);
    return texts[i % 16];
}

static int add(struct fixture *fx, int i, const char *status, const char *ca_id, bool is_anchor)
{
    char pem[20];
    struct certificate new = {.pem = pem, .is_anchor = is_anchor};
    snprintf(pem, sizeof pem, "PEM %d", i);
    snprintf(new.id, sizeof new.id, "%s", id_of(i));
    snprintf(new.status, sizeof new.status, "%s", status);
    snprintf(new.ca_id, sizeof new.ca_id, "%s", ca_id);
    return FIXTURE_RUN(fx, certificates_add(fx->core, &new, &fx->error));
}

static int set_status(struct fixture *fx, int i, const char *status)
{
    return FIXTURE_RUN(fx, certificates_update(fx->core, id_of(i), status, &fx->error));
}

static int delete_it(struct fixture *fx, int i, bool is_forced)
{
    return FIXTURE_RUN(fx, certificates_delete(fx->core, id_of(i), is_forced, &fx->error));
}

/* --- Lists --- */

struct seen {
    char text[600];
};

static void see_certificate(void *ctx, const struct certificate *certificate)
{
    struct seen *seen = ctx;
    size_t len = strlen(seen->text);
    snprintf(seen->text + len, sizeof seen->text - len, "%ld%c ", strtol(certificate->id, NULL, 16),
             certificate->status[0]);
}

static const char *list(struct fixture *fx, const char *ca_id, struct core_page page, char next[CORE_KEY_CAP])
{
    static struct seen seen;
    char after[CORE_KEY_CAP];
    seen = (struct seen){""};
    snprintf(after, sizeof after, "%s", page.after ? page.after : "");
    page.after = after;
    int code =
        FIXTURE_RUN(fx, certificates_list(fx->core, ca_id, &page, see_certificate, &seen, next, &fx->error));
    return code ? fx->error.message : seen.text;
}

static void list_by_creation_both_ways(void **state)
{
    struct fixture *fx = *state;
    char next[CORE_KEY_CAP];
    const int order[] = {5, 1, 4, 2, 3};
    for (int i = 0; i < 5; i++) {
        assert_int_equal(add(fx, order[i], i % 2 ? "ACTIVE" : "INACTIVE", i < 2 ? id_of(7) : "", false),
                         CORE_OK);
    }
    assert_string_equal(list(fx, NULL, (struct core_page){NULL, 9, false}, next), "3I 2A 4I 1A 5I ");
    assert_string_equal(next, "");
    assert_string_equal(list(fx, NULL, (struct core_page){"", 9, true}, next), "5I 1A 4I 2A 3I ");
    assert_string_equal(list(fx, NULL, (struct core_page){NULL, 2, false}, next), "3I 2A ");
    assert_int_equal(set_status(fx, 4, "REVOKED"), CORE_OK);
    assert_int_equal(delete_it(fx, 3, false), CORE_OK); /* gone between two pages */
    assert_string_equal(list(fx, NULL, (struct core_page){next, 2, false}, next), "4R 1A ");
    assert_string_equal(list(fx, NULL, (struct core_page){next, 2, false}, next), "5I ");
    assert_string_equal(next, "");
    assert_string_equal(list(fx, id_of(7), (struct core_page){NULL, 9, true}, next), "5I 1A ");
    assert_string_equal(list(fx, id_of(7), (struct core_page){NULL, 1, false}, next), "1A ");
    assert_string_equal(list(fx, id_of(7), (struct core_page){next, 1, false}, next), "5I ");
    assert_string_equal(list(fx, id_of(8), (struct core_page){NULL, 9, true}, next), "");
    assert_non_null(strstr(list(fx, "x", (struct core_page){NULL, 9, true}, next), "64 hex digits"));
    assert_non_null(strstr(list(fx, NULL, (struct core_page){NULL, 0, true}, next), "1 to 250"));
    assert_non_null(strstr(list(fx, NULL, (struct core_page){NULL, 251, true}, next), "1 to 250"));
    assert_non_null(strstr(list(fx, NULL, (struct core_page){"x", 1, true}, next), "not the key"));
}

/* --- Delete --- */

/* ACTIVE comes before the attachments; things are never detached, policies when it is forced. */
static void what_keeps_a_certificate(void **state)
{
    struct fixture *fx = *state;
    struct policy policy;
    struct certificate found;
    fixture_thing(fx, "lamp");
    assert_int_equal(add(fx, 1, "ACTIVE", "", false), CORE_OK);
    FIXTURE_OK(fx, policies_create(fx->core, "p", slice_from(POLICY), NULL, &policy, &fx->error));
    policy_clear(&policy);
    FIXTURE_OK(fx, policies_attach(fx->core, "p", arn_of(1), &fx->error));
    FIXTURE_OK(fx, principals_attach(fx->core, "lamp", arn_of(1), NULL, &fx->error));
    assert_int_equal(delete_it(fx, 1, true), CORE_CERTIFICATE_STATE);
    assert_int_equal(set_status(fx, 1, "INACTIVE"), CORE_OK);
    assert_int_equal(delete_it(fx, 1, true), CORE_DELETE_CONFLICT);
    assert_non_null(strstr(fx->error.message, "thing"));
    FIXTURE_OK(fx, principals_detach(fx->core, "lamp", arn_of(1), &fx->error));
    assert_int_equal(delete_it(fx, 1, false), CORE_DELETE_CONFLICT);
    assert_non_null(strstr(fx->error.message, "policy"));
    assert_int_equal(delete_it(fx, 1, true), CORE_OK);
    assert_int_equal(delete_it(fx, 1, true), CORE_NOT_FOUND);
    assert_int_equal(FIXTURE_RUN(fx, certificates_describe(fx->core, id_of(1), &found, &fx->error)),
                     CORE_NOT_FOUND);
    FIXTURE_OK(fx, policies_delete(fx->core, "p", &fx->error)); /* nothing is attached any more */
    assert_int_equal(add(fx, 1, "ACTIVE", "", false), CORE_OK); /* and made again */
    assert_int_equal(FIXTURE_RUN(fx, certificates_delete(fx->core, "abc", false, &fx->error)),
                     CORE_INVALID_REQUEST);
    assert_int_equal(set_status(fx, 1, "REVOKED"), CORE_OK);
    assert_int_equal(delete_it(fx, 1, false), CORE_OK);
}

/* --- CA certificates --- */

static int add_ca(struct fixture *fx, int i, const char *subject)
{
    char pem[20];
    struct ca_certificate new = {.pem = pem, .status = "ACTIVE", .mode = "DEFAULT", .not_after_s = 5};
    snprintf(pem, sizeof pem, "CA %d", i);
    snprintf(new.id, sizeof new.id, "%s", id_of(i));
    snprintf(new.subject, sizeof new.subject, "%s", subject);
    return FIXTURE_RUN(fx, ca_certificates_add(fx->core, &new, &fx->error));
}

static void see_pem(void *ctx, const char *pem)
{
    struct seen *seen = ctx;
    size_t len = strlen(seen->text);
    snprintf(seen->text + len, sizeof seen->text - len, "%s;", pem);
}

static const char *anchors(struct fixture *fx)
{
    static struct seen seen;
    seen = (struct seen){""};
    assert_true(broker_anchors_each(fx->core, see_pem, &seen));
    return seen.text;
}

static void ca_life(void **state)
{
    struct fixture *fx = *state;
    struct ca_certificate ca;
    assert_int_equal(add_ca(fx, 1, "s"), CORE_OK);
    assert_int_equal(add_ca(fx, 1, "s"), CORE_ALREADY_EXISTS);
    assert_string_equal(
        fx->error.resource,
        FIXTURE_ARN("cacert", "0000000000000000000000000000000000000000000000000000000000000001"));
    for (int i = 2; i <= 10; i++) {
        assert_int_equal(add_ca(fx, i, "s"), CORE_OK);
    }
    assert_int_equal(add_ca(fx, 11, "s"), CORE_LIMIT_EXCEEDED); /* ten of a subject */
    assert_int_equal(add_ca(fx, 11, "t"), CORE_OK);
    FIXTURE_OK(fx, ca_certificates_describe(fx->core, id_of(1), &ca, &fx->error));
    assert_string_equal(ca.pem, "CA 1");
    assert_int_equal(ca.not_after_s, 5);
    ca_certificate_clear(&ca);

    assert_int_equal(FIXTURE_RUN(fx, ca_certificates_delete(fx->core, id_of(1), &fx->error)),
                     CORE_CERTIFICATE_STATE);
    assert_int_equal(FIXTURE_RUN(fx, ca_certificates_update(fx->core, id_of(1), "REVOKED", &fx->error)),
                     CORE_INVALID_REQUEST);
    FIXTURE_OK(fx, ca_certificates_update(fx->core, id_of(1), "INACTIVE", &fx->error));
    FIXTURE_OK(fx, ca_certificates_delete(fx->core, id_of(1), &fx->error));
    assert_int_equal(FIXTURE_RUN(fx, ca_certificates_delete(fx->core, id_of(1), &fx->error)), CORE_NOT_FOUND);
    assert_int_equal(FIXTURE_RUN(fx, ca_certificates_update(fx->core, id_of(1), "ACTIVE", &fx->error)),
                     CORE_NOT_FOUND);
}

/* The broker trusts a CA as long as it is registered, or a certificate that it has signed is. */
static void what_the_broker_trusts(void **state)
{
    struct fixture *fx = *state;
    assert_string_equal(anchors(fx), "");
    assert_int_equal(add_ca(fx, 1, "s"), CORE_OK);
    assert_int_equal(add(fx, 2, "INACTIVE", id_of(1), false), CORE_OK);
    assert_int_equal(add(fx, 3, "INACTIVE", id_of(1), false), CORE_OK);
    assert_int_equal(add(fx, 4, "INACTIVE", "", true), CORE_OK);
    assert_int_equal(add(fx, 5, "INACTIVE", "", false), CORE_OK);
    assert_string_equal(anchors(fx), "CA 1;PEM 4;");
    FIXTURE_OK(fx, ca_certificates_update(fx->core, id_of(1), "INACTIVE", &fx->error));
    FIXTURE_OK(fx, ca_certificates_delete(fx->core, id_of(1), &fx->error));
    assert_string_equal(anchors(fx), "CA 1;PEM 4;");
    assert_int_equal(delete_it(fx, 2, false), CORE_OK);
    assert_int_equal(delete_it(fx, 4, false), CORE_OK);
    assert_string_equal(anchors(fx), "CA 1;");
    assert_int_equal(add_ca(fx, 1, "s"), CORE_OK); /* again, while one of its certificates is there */
    assert_int_equal(delete_it(fx, 3, false), CORE_OK);
    assert_string_equal(anchors(fx), "CA 1;");
    FIXTURE_OK(fx, ca_certificates_update(fx->core, id_of(1), "INACTIVE", &fx->error));
    FIXTURE_OK(fx, ca_certificates_delete(fx->core, id_of(1), &fx->error));
    assert_string_equal(anchors(fx), "");

    assert_int_equal(add_ca(fx, 6, "s"), CORE_OK); /* the last one that it has signed takes it along */
    assert_int_equal(add(fx, 7, "INACTIVE", id_of(6), false), CORE_OK);
    FIXTURE_OK(fx, ca_certificates_update(fx->core, id_of(6), "INACTIVE", &fx->error));
    FIXTURE_OK(fx, ca_certificates_delete(fx->core, id_of(6), &fx->error));
    assert_string_equal(anchors(fx), "CA 6;");
    assert_int_equal(delete_it(fx, 7, false), CORE_OK);
    assert_string_equal(anchors(fx), "");
}

static void registration_code(void **state)
{
    struct fixture *fx = *state;
    char first[65], second[65];
    FIXTURE_OK(fx, registration_code_get(fx->core, first, &fx->error));
    FIXTURE_OK(fx, registration_code_get(fx->core, second, &fx->error));
    assert_string_equal(first, second);
    assert_int_equal(strspn(first, "0123456789abcdef"), 64);
    FIXTURE_OK(fx, registration_code_renew(fx->core, &fx->error));
    FIXTURE_OK(fx, registration_code_get(fx->core, second, &fx->error));
    assert_string_not_equal(first, second);
}

/* --- Principals --- */

static void see_pair(void *ctx, const char *name, const char *type)
{
    struct seen *seen = ctx;
    size_t len = strlen(seen->text);
    snprintf(seen->text + len, sizeof seen->text - len, "%s:%c ",
             name + (strlen(name) > 60 ? strlen(name) - 1 : 0), type[0]);
}

static const char *things_of(struct fixture *fx, int i, const char *type, int64_t limit,
                             char next[CORE_KEY_CAP])
{
    static struct seen seen;
    char after[CORE_KEY_CAP];
    seen = (struct seen){""};
    snprintf(after, sizeof after, "%s", next);
    const struct core_page page = {after, limit, false};
    FIXTURE_OK(fx, principals_things(fx->core, arn_of(i), type, &page, see_pair, &seen, next, &fx->error));
    return seen.text;
}

static int attach(struct fixture *fx, const char *thing, int i, const char *type)
{
    return FIXTURE_RUN(fx, principals_attach(fx->core, thing, arn_of(i), type, &fx->error));
}

static void exclusive_means_one_thing(void **state)
{
    struct fixture *fx = *state;
    char next[CORE_KEY_CAP] = "", thing[CORE_THING_NAME_CAP];
    fixture_thing(fx, "a");
    fixture_thing(fx, "b");
    assert_int_equal(add(fx, 1, "ACTIVE", "", false), CORE_OK);
    assert_int_equal(attach(fx, "a", 1, "SOMETIMES"), CORE_INVALID_REQUEST);
    assert_int_equal(attach(fx, "a", 1, "EXCLUSIVE_THING"), CORE_OK);
    assert_int_equal(attach(fx, "a", 1, NULL), CORE_OK); /* stays what it is */
    assert_string_equal(things_of(fx, 1, NULL, 9, next), "a:E ");
    assert_int_equal(attach(fx, "b", 1, NULL), CORE_INVALID_REQUEST);
    assert_non_null(strstr(fx->error.message, "'a'"));
    FIXTURE_OK(fx, principals_connected_thing(fx->core, arn_of(1), "whoever", thing, &fx->error));
    assert_string_equal(thing, "a");
    assert_int_equal(attach(fx, "a", 1, "NON_EXCLUSIVE_THING"), CORE_OK);
    assert_int_equal(attach(fx, "b", 1, NULL), CORE_OK);
    assert_int_equal(attach(fx, "b", 1, "EXCLUSIVE_THING"), CORE_INVALID_REQUEST);
    assert_string_equal(things_of(fx, 1, NULL, 9, next), "a:N b:N ");
    assert_string_equal(things_of(fx, 1, "EXCLUSIVE_THING", 9, next), "");
    assert_string_equal(things_of(fx, 1, NULL, 1, next), "a:N ");
    assert_string_equal(things_of(fx, 1, NULL, 1, next), "b:N ");
    assert_string_equal(next, "");
    FIXTURE_OK(fx, principals_connected_thing(fx->core, arn_of(1), "b", thing, &fx->error));
    assert_string_equal(thing, "b");
    FIXTURE_OK(fx, principals_connected_thing(fx->core, arn_of(1), "whoever", thing, &fx->error));
    assert_string_equal(thing, "");
    FIXTURE_OK(fx, principals_connected_thing(fx->core, arn_of(1), NULL, thing, &fx->error));
    assert_string_equal(thing, "");
    FIXTURE_OK(fx, principals_detach(fx->core, "a", arn_of(1), &fx->error));
    FIXTURE_OK(fx, principals_detach(fx->core, "a", arn_of(1), &fx->error)); /* what is not attached */
    assert_int_equal(attach(fx, "b", 1, "EXCLUSIVE_THING"), CORE_OK);
    assert_string_equal(things_of(fx, 1, "EXCLUSIVE_THING", 9, next), "b:E ");
}

static void certificates_of_a_thing(void **state)
{
    struct fixture *fx = *state;
    struct seen seen = {""};
    char next[CORE_KEY_CAP] = "";
    struct core_page page = {NULL, 2, false};
    fixture_thing(fx, "a");
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(add(fx, i, "ACTIVE", "", false), CORE_OK);
        assert_int_equal(attach(fx, "a", i, i == 2 ? "EXCLUSIVE_THING" : NULL), CORE_OK);
    }
    FIXTURE_OK(fx, principals_of_thing(fx->core, "a", NULL, &page, see_pair, &seen, next, &fx->error));
    char after[CORE_KEY_CAP];
    memcpy(after, next, sizeof after);
    page.after = after;
    FIXTURE_OK(fx, principals_of_thing(fx->core, "a", NULL, &page, see_pair, &seen, next, &fx->error));
    assert_string_equal(seen.text, "1:N 2:E 3:N ");
    assert_int_equal(FIXTURE_RUN(fx, principals_of_thing(fx->core, "none", NULL, &page, see_pair, &seen, next,
                                                         &fx->error)),
                     CORE_NOT_FOUND);
    assert_int_equal(FIXTURE_RUN(fx, principals_things(fx->core, arn_of(4), NULL, &page, see_pair, &seen,
                                                       next, &fx->error)),
                     CORE_NOT_FOUND);
    assert_int_equal(FIXTURE_RUN(fx, principals_detach(fx->core, "none", arn_of(1), &fx->error)),
                     CORE_NOT_FOUND);
    assert_int_equal(FIXTURE_RUN(fx, principals_detach(fx->core, "a", arn_of(4), &fx->error)),
                     CORE_NOT_FOUND);
    assert_int_equal(FIXTURE_RUN(fx, principals_detach(fx->core, "a", "x", &fx->error)),
                     CORE_INVALID_REQUEST);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(list_by_creation_both_ways), TEST(what_keeps_a_certificate), TEST(ca_life),
        TEST(what_the_broker_trusts),     TEST(registration_code),        TEST(exclusive_means_one_thing),
        TEST(certificates_of_a_thing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
