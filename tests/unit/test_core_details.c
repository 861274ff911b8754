/* SPDX-License-Identifier: MIT */
/* statusDetails: types and limits of docs/protocol.md 1.2 and 4 (U24), at the edge and one beyond. */
// LINK: cloud_core jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/core/jobs/details.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The stored form, "none" for the empty map, "refused" otherwise. The text is copied to its exact size, so that the
 * sanitizer sees every byte that is read behind it. */
static void expect_by(enum details_rule rule, const char *json, const char *wanted)
{
    struct core_error error = {.code = CORE_OK};
    char *details = (char *)"untouched";
    size_t len = strlen(json);
    char *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, json, len);
    enum core_code code = details_read((struct slice){copy, len}, rule, &details, &error);
    if (code) {
        assert_int_equal(code, CORE_INVALID_REQUEST);
        assert_null(details);
    }
    const char *got = code ? "refused" : details ? details : "none";
    if (strcmp(got, wanted) != 0) {
        fail_msg("%s gave %s (%s), not %s", json, got, error.message, wanted);
    }
    free(details);
    free(copy);
    core_error_clear(&error);
}

static void expect(const char *json, const char *wanted)
{
    expect_by(DETAILS_OVER_HTTP, json, wanted);
}

/* Over HTTP the model's [^\\p{C}] holds, over MQTT control and format characters pass. */
static void control_characters_by_edge(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"{\"a\":\"one\\ntwo\"}", "{\"a\":\"one\\ntwo\"}"},
        {"{\"a\":\"\\r\\t\\b\\f\"}", "{\"a\":\"\\r\\t\\b\\f\"}"},
        {"{\"a\":\"\\u001b[0m\"}", "{\"a\":\"\\u001b[0m\"}"},
        {"{\"a\":\"\\u007f\"}", "{\"a\":\"\x7f\"}"},
        {"{\"a\":\"\\u0085\"}", "{\"a\":\"\xc2\x85\"}"},
        {"{\"a\":\"\\u200b\"}", "{\"a\":\"\xe2\x80\x8b\"}"},
        {"{\"a\":\"\\ufeff\"}", "{\"a\":\"\xef\xbb\xbf\"}"},
        {"{\"a\":\"\\ue000\"}", "{\"a\":\"\xee\x80\x80\"}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        expect_by(DETAILS_OVER_HTTP, rows[i][0], "refused");
        expect_by(DETAILS_OVER_MQTT, rows[i][0], rows[i][1]);
    }
    expect_by(DETAILS_OVER_MQTT, "{\"a\":\"\\u0000\"}", "refused"); /* a text of C cannot hold it */
    expect_by(DETAILS_OVER_MQTT, "{\"a\":\"\"}", "refused");
    expect_by(DETAILS_OVER_MQTT, "{\"a\\n\":\"b\"}", "refused");
}

static void types(void **state)
{
    (void)state;
    expect("{}", "none");
    expect(" { } ", "none");
    expect("{\"a\":\"b\"}", "{\"a\":\"b\"}");
    expect("\t\n{ \"a\" : \"b\" ,\"c\":\"d\" } ", "{\"a\":\"b\",\"c\":\"d\"}");
    expect("{\"a\":1}", "refused");
    expect("{\"a\":true}", "refused");
    expect("{\"a\":null}", "refused");
    expect("{\"a\":{}}", "refused");
    expect("{\"a\":[\"b\"]}", "refused");
    expect("[]", "refused");
    expect("\"a\"", "refused");
    expect("1", "refused");
    expect("null", "refused");
    expect("", "refused");
    expect(" ", "refused");
    expect("{", "refused");
    expect("{\"a\":\"b\"} x", "refused");
    expect("{\"a\":\"b\",\"a\":\"c\"}", "refused");
    expect("{\"a\":\"b\",\"\\u0061\":\"c\"}", "refused");
}

static void escapes(void **state)
{
    (void)state;
    expect("{\"\\u0061\":\"\\u0062\"}", "{\"a\":\"b\"}");
    expect("{\"a\":\"\\\"\\\\\\/\"}", "{\"a\":\"\\\"\\\\/\"}");
    expect("{\"a\":\"\\u00e4\xe2\x82\xac\\ud83d\\ude00\"}",
           "{\"a\":\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"}");
    expect("{\"a\":\"\\n\"}", "refused");
    expect("{\"a\":\"\\u0000\"}", "refused");
    expect("{\"a\":\"\\u001f\"}", "refused");
    expect("{\"a\":\"\\u007f\"}", "refused");
    expect("{\"a\":\"\\u0085\"}", "refused");
    expect("{\"a\":\"\\u00a0\"}", "{\"a\":\"\xc2\xa0\"}");
    expect("{\"a\":\"\\ud800\"}", "refused");
}

static void keys(void **state)
{
    (void)state;
    expect("{\"aZ0:_-\":\"b\"}", "{\"aZ0:_-\":\"b\"}");
    expect("{\"\":\"b\"}", "refused");
    expect("{\"a.b\":\"b\"}", "refused");
    expect("{\"a b\":\"b\"}", "refused");
    expect("{\"\xc3\xa4\":\"b\"}", "refused");
}

static void key_and_value_of(size_t key_len, const char *character, size_t characters, char *out)
{
    out += sprintf(out, "{\"");
    memset(out, 'k', key_len);
    out += key_len;
    out += sprintf(out, "\":\"");
    for (size_t i = 0; i < characters; i++) {
        out += sprintf(out, "%s", character);
    }
    sprintf(out, "\"}");
}

static void lengths(void **state)
{
    (void)state;
    static char json[8192];
    key_and_value_of(128, "v", 1, json);
    expect(json, json);
    key_and_value_of(129, "v", 1, json);
    expect(json, "refused");
    key_and_value_of(1, "v", 0, json);
    expect(json, "refused");
    key_and_value_of(1, "v", 1024, json);
    expect(json, json);
    key_and_value_of(1, "v", 1025, json);
    expect(json, "refused");
    /* characters, not bytes */
    key_and_value_of(1, "\xf0\x9f\x98\x80", 1024, json);
    expect(json, json);
    key_and_value_of(1, "\xf0\x9f\x98\x80", 1025, json);
    expect(json, "refused");
    key_and_value_of(1, "\xc3\xa4", 1025, json);
    expect(json, "refused");
    /* the stored form of a value may be twice as long */
    key_and_value_of(1, "\\\"", 1024, json);
    expect(json, json);
}

static void number_of_pairs(void **state)
{
    (void)state;
    char json[256] = "{";
    for (int i = 0; i < 10; i++) {
        sprintf(json + strlen(json), "%s\"k%d\":\"v\"", i ? "," : "", i);
    }
    char ten[300];
    snprintf(ten, sizeof ten, "%s}", json);
    expect(ten, ten);
    strcat(json, ",\"k10\":\"v\"}");
    expect(json, "refused");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types),   cmocka_unit_test(control_characters_by_edge),
        cmocka_unit_test(escapes), cmocka_unit_test(keys),
        cmocka_unit_test(lengths), cmocka_unit_test(number_of_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
