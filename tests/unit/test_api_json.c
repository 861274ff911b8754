/* SPDX-License-Identifier: MIT */
/* include/lib_json.h: strict text, all keys, all values fit or every buffer is empty; unsized buffers count as 4 bytes, and
 * nothing is written past them (under ASan, with a guard; R-65). */
// LINK: device_api device_runtime device_core fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/fake_ports.h"
#include "lib_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether JSON_processString must see the sizes of array variables in this build. Under ASan it may: what marks a variable when it comes into
 * being hides its content from the compiler. */
#if defined(__OPTIMIZE__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define IS_SIZED true
#else
#define IS_SIZED false
#endif

static int setup(void **state)
{
    (void)state;
    fake_reset();
    return 0;
}

/* ---- JSON_processString */

struct row {
    const char *json;
    bool is_good;
    const char *value; /* of "count" */
};

static const struct row rows[] = {
    {"{\"count\":3}", true, "3"},
    {"{\"count\":999}", true, "999"},
    {"{\"count\":\"12\"}", true, "12"},
    {"{\"count\":\"\"}", true, ""},
    {"{\"count\":-1}", true, "-1"},
    {"{\"count\":1.5}", true, "1.5"},
    {"{\"count\":[1]}", true, "[1]"},
    {"{\"count\":{}}", true, "{}"},
    {"{\"count\":\"\\u0061\\n\"}", true, "a\n"},
    {"{\"count\":\"\\u20ac\"}", true, "\xe2\x82\xac"},
    {" \t\r\n{ \"count\" : 3 }\n", true, "3"},
    {"{\"\\u0063ount\":3}", true, "3"},
    {"{\"a\":{\"count\":1},\"count\":2}", true, "2"},
    {"{\"b\":1,\"b\":2,\"count\":3}", true, "3"}, /* another duplicate is valid JSON */
    {"{\"count\":1000}", false, ""},              /* needs 5 bytes */
    {"{\"count\":100000}", false, ""},
    {"{\"count\":true}", false, ""}, /* needs 5 bytes */
    {"{\"count\":\"abcd\"}", false, ""},
    {"{\"count\":3,\"count\":4}", false, ""},
    {"{\"count\":\"\\u0000\"}", false, ""},
    {"{\"count\":\"\\ud800\"}", false, ""},
    {"{\"Count\":3}", false, ""},
    {"{\"a\":{\"count\":1}}", false, ""}, /* top level only */
    {"{}", false, ""},
    {"", false, ""},
    {"[3]", false, ""},
    {"\"count\"", false, ""},
    {"{\"count\":3", false, ""},
    {"{\"count\":3}x", false, ""},
    {"{\"count\":03}", false, ""},
    {"{'count':3}", false, ""},
    {"{\"count\":3,}", false, ""},
    {"{\"count\":3,\"x\":\"\xff\"}", false, ""},
    {"{\"count\":3,\"x\":tru}", false, ""},
    {NULL, false, ""},
};

static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *value = malloc(4); /* ASan guards its end */
        memcpy(value, "old", 4);
        const tagStructure_st tags[] = {{"count", value}};
        bool result = JSON_processString(rows[i].json, tags, 1);
        if (result != rows[i].is_good || strcmp(value, rows[i].value) != 0) {
            fail_msg("%s: %d, '%s'", rows[i].json, result, value);
        }
        free(value);
    }
}

/* The seed's buffer, a document that an attacker wrote: the four bytes behind countStr stay. */
static void test_count_of_100000_leaves_the_neighbours_alone(void **state)
{
    (void)state;
    struct {
        char countStr[4];
        char guard[12];
    } memory;
    memset(&memory, 'G', sizeof(memory));
    tagStructure_st countKeyValuePair[1] = {{"count", memory.countStr}};
    assert_false(JSON_processString("{\"action\":\"blink\",\"count\":100000}", countKeyValuePair, 1));
    assert_string_equal(memory.countStr, "");
    for (size_t i = 0; i < sizeof(memory.guard); i++) {
        assert_int_equal(memory.guard[i], 'G');
    }
    assert_true(fake_log_has("key 'count' needs 7 bytes, its buffer has 4") || !IS_SIZED);
    /* Where the size is not known: key, bytes that it needs, the way out. */
    memset(&memory, 'G', sizeof(memory));
    assert_false((JSON_processString)("{\"action\":\"blink\",\"count\":100000}", countKeyValuePair, 1));
    assert_int_equal(memory.guard[0], 'G');
    assert_true(fake_log_has(
        "key 'count' needs 7 bytes, an unsized buffer counts as 4: use JSON_getValues with JSON_TAG"));
}

static void test_one_bad_value_empties_all(void **state)
{
    (void)state;
    char a[4] = "old", b[4] = "old", c[4] = "old", d[4] = "old", e[4] = "old";
    const tagStructure_st tags[] = {{"a", a}, {"b", b}, {"c", c}, {"d", d}, {"e", e}};
    assert_false(JSON_processString("{\"a\":1,\"b\":2,\"c\":3,\"d\":4}", tags, 5));
    assert_true(!a[0] && !b[0] && !c[0] && !d[0] && !e[0]);
    assert_true(fake_log_has("key 'e' is missing"));
    assert_true(JSON_processString("{\"e\":5,\"d\":4,\"c\":3,\"b\":2,\"a\":1}", tags, 5));
    assert_string_equal(a, "1");
    assert_string_equal(e, "5");
}

static void test_hundreds_of_keys(void **state)
{
    (void)state;
    static char json[8192], values[200][4], keys[200][16];
    static tagStructure_st tags[200];
    size_t len = 0;
    for (int i = 0; i < 200; i++) {
        snprintf(keys[i], sizeof(keys[i]), "k%d", i);
        len += (size_t)snprintf(json + len, sizeof(json) - len, "%s\"k%d\":%d", i ? "," : "{", i, i);
        tags[i] = (tagStructure_st){keys[i], values[i]};
    }
    strcat(json, "}");
    assert_true(JSON_processString(json, tags, 200));
    assert_string_equal(values[0], "0");
    assert_string_equal(values[199], "199");
}

static void test_no_keys_judge_the_text_alone(void **state)
{
    (void)state;
    assert_true(JSON_processString("{\"a\":1}", NULL, 0));
    assert_true(JSON_processString("{\"\":1,\"\":2}", NULL, 0));
    assert_false(JSON_processString("{\"a\":}", NULL, 0));
    assert_false(JSON_processString("[]", NULL, 0));
}

static void test_nesting_of_32_is_the_end(void **state)
{
    (void)state;
    char json[128] = "{\"count\":1,\"x\":";
    char value[4];
    const tagStructure_st tags[] = {{"count", value}};
    size_t start = strlen(json);
    for (int depth = 31; depth <= 32; depth++) { /* the object is one level */
        size_t len = start;
        for (int i = 0; i < depth; i++) {
            json[len++] = '[';
        }
        for (int i = 0; i < depth; i++) {
            json[len++] = ']';
        }
        strcpy(json + len, "}");
        assert_int_equal(JSON_processString(json, tags, 1), depth == 31);
    }
}

static void test_callers_mistakes(void **state)
{
    (void)state;
    char value[4] = "old", other[4] = "old";
    const tagStructure_st no_key[] = {{"a", value}, {NULL, other}};
    assert_false(JSON_processString("{\"a\":1}", no_key, 2));
    assert_string_equal(value, "");
    assert_string_equal(other, "");
    const tagStructure_st no_buffer[] = {{"a", NULL}};
    assert_false(JSON_processString("{\"a\":1}", no_buffer, 1));
    assert_false(JSON_processString("{\"a\":1}", NULL, 1));
}

/* ---- JSON_processString, buffers of any size (tests/e2e/test_sizes.py builds the rest in all ways) */

static char global_url[150];

static void test_buffers_may_be_as_large_as_they_are(void **state)
{
    (void)state;
    static const char json[] = "{\"url\":\"https://example.com/a/file\",\"n\":\"ab\"}";
    char url[150], n[3];
    const tagStructure_st tags[] = {{"url", url}, {"n", n}};
    bool is_good = JSON_processString(json, tags, 2);
    assert_true(is_good || !IS_SIZED);
    assert_string_equal(url, is_good ? "https://example.com/a/file" : "");
    const tagStructure_st global[] = {{"url", global_url}};
    assert_true(JSON_processString(json, global, 1) || !IS_SIZED);
    assert_false((JSON_processString)(json, global, 1));
    bool (*function)(const char *, const tagStructure_st[], uint8_t) = JSON_processString;
    assert_false(function(json, global, 1));
    assert_true(function("{\"url\":\"abc\"}", global, 1));
}

/* A compound literal has commas that a macro would take for its own. */
static void test_table_within_the_call(void **state)
{
    (void)state;
    char a[4], b[4];
    assert_true(JSON_processString("{\"a\":1,\"b\":2}", (const tagStructure_st[]){{"a", a}, {"b", b}}, 2));
    assert_string_equal(b, "2");
}

/* What was handed over as larger than the way to the next buffer of the table is not believed. */
static void test_no_value_reaches_the_next_buffer(void **state)
{
    (void)state;
    char lines[3][8] = {"", "", ""};
    const jsonTag_st tags[] = {{"a", lines[0], 24}, {"c", lines[2], 8}, {"b", lines[1], 16}};
    assert_false(JSON_processSizedString("{\"a\":\"12345678\",\"b\":\"x\",\"c\":\"y\"}", tags, 3));
    assert_true(fake_log_has("key 'a' needs 9 bytes, its buffer has 8"));
    assert_true(JSON_processSizedString("{\"a\":\"1234567\",\"b\":\"7654321\",\"c\":\"z\"}", tags, 3));
    assert_string_equal(lines[0], "1234567");
    const jsonTag_st none[] = {{"a", lines[0], 0}};
    assert_false(JSON_processSizedString("{\"a\":\"\"}", none, 1));
    assert_true(fake_log_has("key 'a' has no name or no buffer"));
    const jsonTag_st unknown[] = {{"a", lines[0], JSON_SIZE_UNKNOWN}};
    assert_false(JSON_processSizedString("{\"a\":\"1234\"}", unknown, 1));
    assert_true(JSON_processSizedString("{\"a\":\"123\"}", unknown, 1));
    char tight[3][2] = {"", "", ""}; /* also where nothing is known: */
    const tagStructure_st unsized[] = {{"a", tight[0]}, {"b", tight[1]}};
    assert_false((JSON_processString)("{\"a\":\"12\",\"b\":\"x\"}", unsized, 2));
    assert_true((JSON_processString)("{\"a\":\"1\",\"b\":\"x\"}", unsized, 2));
}

/* ---- JSON_getValues */

static void test_sized_values(void **state)
{
    (void)state;
    char action[16], url[64], flag[6];
    const jsonTag_st tags[] = {JSON_TAG("action", action), JSON_TAG("url", url), JSON_TAG("flag", flag)};
    assert_true(
        JSON_getValues("{\"action\":\"update\",\"url\":\"https:\\/\\/x\\/y?z=1\",\"flag\":false}", tags, 3));
    assert_string_equal(action, "update");
    assert_string_equal(url, "https://x/y?z=1");
    assert_string_equal(flag, "false");
}

static void test_sized_value_that_does_not_fit(void **state)
{
    (void)state;
    char exact[6], small[5];
    const jsonTag_st good[] = {JSON_TAG("v", exact)};
    assert_true(JSON_getValues("{\"v\":\"12345\"}", good, 1));
    const jsonTag_st bad[] = {JSON_TAG("v", small)};
    assert_false(JSON_getValues("{\"v\":\"12345\"}", bad, 1));
    assert_string_equal(small, "");
    assert_true(fake_log_has("key 'v' needs 6 bytes, its buffer has 5"));
    const jsonTag_st none[] = {{"v", small, 0}};
    assert_false(JSON_getValues("{\"v\":\"\"}", none, 1));
}

/* ---- typed readers */

static void test_uint32(void **state)
{
    (void)state;
    uint32_t value = 77;
    assert_true(JSON_getUint32("{\"n\":4294967295}", "n", &value));
    assert_int_equal(value, 4294967295u);
    assert_true(JSON_getUint32("{\"n\":0}", "n", &value));
    assert_int_equal(value, 0);
    value = 77;
    const char *const bad[] = {"{\"n\":4294967296}", "{\"n\":-1}",       "{\"n\":1.0}",  "{\"n\":1e2}",
                               "{\"n\":\"1\"}",      "{\"n\":true}",     "{\"n\":null}", "{}",
                               "{\"n\":1",           "{\"n\":1,\"n\":1}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(JSON_getUint32(bad[i], "n", &value));
        assert_int_equal(value, 77);
    }
    assert_false(JSON_getUint32(NULL, "n", &value));
    assert_false(JSON_getUint32("{\"n\":1}", NULL, &value));
    assert_false(JSON_getUint32("{\"n\":1}", "n", NULL));
}

static void test_int32(void **state)
{
    (void)state;
    int32_t value = 77;
    assert_true(JSON_getInt32("{\"n\":-2147483648}", "n", &value));
    assert_int_equal(value, INT32_MIN);
    assert_true(JSON_getInt32("{\"n\":2147483647}", "n", &value));
    assert_int_equal(value, INT32_MAX);
    assert_false(JSON_getInt32("{\"n\":2147483648}", "n", &value));
    assert_false(JSON_getInt32("{\"n\":-2147483649}", "n", &value));
    assert_false(JSON_getInt32("{\"n\":99999999999999999999}", "n", &value));
    assert_false(JSON_getInt32("{\"n\":0.5}", "n", &value));
    assert_int_equal(value, INT32_MAX);
}

static void test_bool(void **state)
{
    (void)state;
    bool value = false;
    assert_true(JSON_getBool("{\"b\":true}", "b", &value));
    assert_true(value);
    assert_true(JSON_getBool("{\"b\":false}", "b", &value));
    assert_false(value);
    assert_false(JSON_getBool("{\"b\":\"true\"}", "b", &value));
    assert_false(JSON_getBool("{\"b\":1}", "b", &value));
    assert_false(value);
}

static void test_string(void **state)
{
    (void)state;
    char value[5] = "old";
    assert_true(JSON_getString("{\"s\":\"abcd\"}", "s", value, sizeof(value)));
    assert_string_equal(value, "abcd");
    assert_false(JSON_getString("{\"s\":\"abcde\"}", "s", value, sizeof(value)));
    assert_string_equal(value, "");
    assert_false(JSON_getString("{\"s\":1}", "s", value, sizeof(value)));
    assert_false(JSON_getString("{\"s\":\"a\"}", "s", value, 0));
    assert_false(JSON_getString("{\"s\":\"a\"}", "s", NULL, 4));
}

/* ---- optional members */

static void test_optional_members_that_are_absent(void **state)
{
    (void)state;
    uint32_t u = 1;
    int32_t i = 1;
    bool b = false;
    char text[5] = "old";
    assert_true(JSON_getUint32Or("{\"a\":1}", "n", 4294967295u, &u));
    assert_true(JSON_getInt32Or("{\"a\":1}", "n", INT32_MIN, &i));
    assert_true(JSON_getBoolOr("{}", "n", true, &b));
    assert_true(u == 4294967295u && i == INT32_MIN && b);
    assert_true(JSON_getStringOr("{}", "n", "dflt", text, sizeof(text)));
    assert_string_equal(text, "dflt");
    assert_true(JSON_getStringOr("{}", "n", text + 2, text, sizeof(text)));
    assert_string_equal(text, "lt");
    assert_true(JSON_getStringOr("{\"n\":{}}", "x", text, text, sizeof(text)));
    assert_string_equal(text, "lt");
    assert_true(JSON_getUint32Or("{\"n\":{\"x\":1}}", "x", u, &u)); /* top level only */
    assert_string_equal(fake_log(), "");
}

static void test_optional_members_that_are_there(void **state)
{
    (void)state;
    uint32_t u = 1;
    int32_t i = 1;
    bool b = true;
    char text[5] = "old";
    assert_true(JSON_getUint32Or("{\"n\":0}", "n", 7, &u));
    assert_true(JSON_getInt32Or("{\"n\":-3}", "n", 7, &i));
    assert_true(JSON_getBoolOr("{\"n\":false}", "n", true, &b));
    assert_true(u == 0 && i == -3 && !b);
    assert_true(JSON_getStringOr("{\"n\":\"\"}", "n", "dflt", text, sizeof(text)));
    assert_string_equal(text, "");
    assert_string_equal(fake_log(), "");
    static const char *const bad[] = {"{\"n\":null}",
                                      "{\"n\":1.5}",
                                      "{\"n\":{}}",
                                      "{\"n\":1,\"n\":1}",
                                      "{\"n\":[1]}",
                                      "{\"n\":1",
                                      "[]",
                                      "",
                                      NULL};
    for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
        strcpy(text, "old");
        assert_false(JSON_getUint32Or(bad[k], "n", 7, &u));
        assert_false(JSON_getInt32Or(bad[k], "n", 7, &i));
        assert_false(JSON_getBoolOr(bad[k], "n", true, &b));
        assert_false(JSON_getStringOr(bad[k], "n", "dflt", text, sizeof(text)));
        assert_string_equal(text, "");
    }
    assert_true(u == 0 && i == -3 && !b);
    assert_false(JSON_getUint32Or("{\"n\":-1}", "n", 7, &u));
    assert_false(JSON_getUint32Or("{\"n\":4294967296}", "n", 7, &u));
    assert_false(JSON_getBoolOr("{\"n\":\"true\"}", "n", true, &b));
    assert_false(JSON_getStringOr("{\"n\":\"12345\"}", "n", "dflt", text, sizeof(text)));
    assert_true(fake_log_has("error: JSON_getStringOr: key 'n' needs 6 bytes, its buffer has 5"));
}

static void test_optional_members_callers_mistakes(void **state)
{
    (void)state;
    uint32_t u = 1;
    char text[5] = "old";
    assert_false(JSON_getUint32Or("{}", NULL, 7, &u));
    assert_false(JSON_getUint32Or("{}", "n", 7, NULL));
    assert_false(JSON_getStringOr("{}", "n", NULL, text, sizeof(text)));
    assert_string_equal(text, "");
    assert_false(JSON_getStringOr("{}", "n", "fallb", text, sizeof(text)));
    assert_true(fake_log_has("key 'n' has a fallback that does not fit its buffer"));
    assert_false(JSON_getStringOr("{}", "n", "", NULL, 4));
    assert_false(JSON_getStringOr("{}", "n", "", text, 0));
    assert_int_equal(u, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_table, setup),
        cmocka_unit_test_setup(test_count_of_100000_leaves_the_neighbours_alone, setup),
        cmocka_unit_test_setup(test_one_bad_value_empties_all, setup),
        cmocka_unit_test_setup(test_hundreds_of_keys, setup),
        cmocka_unit_test_setup(test_no_keys_judge_the_text_alone, setup),
        cmocka_unit_test_setup(test_nesting_of_32_is_the_end, setup),
        cmocka_unit_test_setup(test_callers_mistakes, setup),
        cmocka_unit_test_setup(test_buffers_may_be_as_large_as_they_are, setup),
        cmocka_unit_test_setup(test_table_within_the_call, setup),
        cmocka_unit_test_setup(test_no_value_reaches_the_next_buffer, setup),
        cmocka_unit_test_setup(test_sized_values, setup),
        cmocka_unit_test_setup(test_sized_value_that_does_not_fit, setup),
        cmocka_unit_test_setup(test_uint32, setup),
        cmocka_unit_test_setup(test_int32, setup),
        cmocka_unit_test_setup(test_bool, setup),
        cmocka_unit_test_setup(test_string, setup),
        cmocka_unit_test_setup(test_optional_members_that_are_absent, setup),
        cmocka_unit_test_setup(test_optional_members_that_are_there, setup),
        cmocka_unit_test_setup(test_optional_members_callers_mistakes, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
