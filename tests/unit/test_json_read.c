/* SPDX-License-Identifier: MIT */
// LINK: common
/* Requested members: common/json.h, and include/lib_json.h (a requested key that occurs twice is refused). */
#include "tests/unit/test_json.h"

#define FIELDS_MAX 64

static struct slice current; /* the copy that the fields of the last read point into */

static enum err read_fields(const char *text, struct json_field fields[], size_t count)
{
    free_copy(current);
    current = copy_exact(text, strlen(text));
    return json_read(current, fields, count, NULL);
}

static int release_text(void **state)
{
    (void)state;
    free_copy(current);
    current = SLICE_EMPTY;
    return 0;
}

static void expect_field(const struct json_field *field, enum json_type type, const char *text)
{
    assert_case(field->type == type && slice_is(field->text, text), "%s: type %d, text %.*s", field->key,
                field->type, (int)field->text.len, field->text.ptr);
    if (type == JSON_ABSENT) {
        return;
    }
    assert_true(field->text.ptr >= current.ptr);
    assert_true(field->text.ptr + field->text.len <= current.ptr + current.len);
}

static void expect_all_absent(const struct json_field fields[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(fields[i].type, JSON_ABSENT);
        assert_null(fields[i].text.ptr);
        assert_int_equal(fields[i].text.len, 0);
    }
}

static void test_values_of_all_types(void **state)
{
    (void)state;
    struct json_field fields[] = {
        {.key = "string", .parent = JSON_TOP}, {.key = "number", .parent = JSON_TOP},
        {.key = "true", .parent = JSON_TOP},   {.key = "false", .parent = JSON_TOP},
        {.key = "null", .parent = JSON_TOP},   {.key = "object", .parent = JSON_TOP},
        {.key = "array", .parent = JSON_TOP},  {.key = "missing", .parent = JSON_TOP},
    };
    assert_int_equal(
        read_fields("{\"array\":[1, {\"string\":2}],\"string\":\"a\\nb\",\"number\" : -1.5e3 ,\"true\":true,"
                    "\"false\":false,\"null\":null,\"object\":{ \"a\" : {} }}",
                    fields, COUNT_OF(fields)),
        ERR_OK);
    expect_field(&fields[0], JSON_STRING, "a\\nb");
    expect_field(&fields[1], JSON_NUMBER, "-1.5e3");
    expect_field(&fields[2], JSON_TRUE, "true");
    expect_field(&fields[3], JSON_FALSE, "false");
    expect_field(&fields[4], JSON_NULL, "null");
    expect_field(&fields[5], JSON_OBJECT, "{ \"a\" : {} }");
    expect_field(&fields[6], JSON_ARRAY, "[1, {\"string\":2}]");
    expect_field(&fields[7], JSON_ABSENT, "");
}

static void test_empty_values(void **state)
{
    (void)state;
    struct json_field fields[] = {
        {.key = "s", .parent = JSON_TOP}, {.key = "o", .parent = JSON_TOP}, {.key = "a", .parent = JSON_TOP},
        {.key = "child", .parent = 1},    {.key = "", .parent = JSON_TOP},
    };
    assert_int_equal(
        read_fields("{\"s\":\"\",\"o\":{},\"a\":[],\"\":\"empty key\"}", fields, COUNT_OF(fields)), ERR_OK);
    expect_field(&fields[0], JSON_STRING, "");
    assert_non_null(fields[0].text.ptr);
    expect_field(&fields[1], JSON_OBJECT, "{}");
    expect_field(&fields[2], JSON_ARRAY, "[]");
    expect_field(&fields[3], JSON_ABSENT, "");
    expect_field(&fields[4], JSON_STRING, "empty key");
    assert_int_equal(read_fields(" {} ", fields, COUNT_OF(fields)), ERR_OK);
    expect_all_absent(fields, COUNT_OF(fields));
}

/* The device's use: one call over a notification (AWS IoT Jobs, notify-next). */
static void test_jobs_notification(void **state)
{
    (void)state;
    struct json_field fields[] = {
        {.key = "execution", .parent = JSON_TOP}, {.key = "jobId", .parent = 0},
        {.key = "status", .parent = 0},           {.key = "versionNumber", .parent = 0},
        {.key = "jobDocument", .parent = 0},      {.key = "action", .parent = 4},
        {.key = "timestamp", .parent = JSON_TOP}, {.key = "statusDetails", .parent = 0},
        {.key = "attempt", .parent = 7},
    };
    assert_int_equal(
        read_fields(
            "{\"action\":\"top\",\"execution\":{\"status\":\"QUEUED\",\"statusDetails\":{\"attempt\":\"2\","
            "\"jobId\":\"inner\"},\"jobDocument\":{\"steps\":[{\"action\":\"no\",\"jobId\":1},[]],\"x\":"
            "{\"action\":\"deep\",\"status\":0},\"action\":\"blink\",\"execution\":{}},\"versionNumber\":7,"
            "\"jobId\":\"a-1\",\"action\":\"middle\"},\"jobId\":\"top\",\"timestamp\":1700000000}",
            fields, COUNT_OF(fields)),
        ERR_OK);
    expect_field(&fields[1], JSON_STRING, "a-1");
    expect_field(&fields[2], JSON_STRING, "QUEUED");
    expect_field(&fields[3], JSON_NUMBER, "7");
    expect_field(&fields[5], JSON_STRING, "blink");
    expect_field(&fields[6], JSON_NUMBER, "1700000000");
    expect_field(&fields[8], JSON_STRING, "2");
    assert_true(slice_starts_with(fields[0].text, "{\"status\":"));
    assert_true(slice_starts_with(fields[4].text, "{\"steps\":"));
    assert_int_equal(fields[4].text.ptr[fields[4].text.len - 1], '}');
}

static void test_siblings_after_a_requested_container_are_found(void **state)
{
    (void)state;
    struct json_field fields[] = {
        {.key = "a", .parent = JSON_TOP}, {.key = "b", .parent = 0}, {.key = "c", .parent = 1},
        {.key = "d", .parent = JSON_TOP}, {.key = "e", .parent = 0}, {.key = "list", .parent = 0},
        {.key = "f", .parent = 0},        {.key = "g", .parent = 6}, {.key = "h", .parent = JSON_TOP},
    };
    assert_int_equal(
        read_fields("{\"a\":{\"b\":{\"c\":1,\"e\":0},\"list\":[{\"e\":1},[[]]],\"e\":2,\"f\":{\"g\":3}},"
                    "\"d\":4,\"h\":[]}",
                    fields, COUNT_OF(fields)),
        ERR_OK);
    expect_field(&fields[2], JSON_NUMBER, "1");
    expect_field(&fields[3], JSON_NUMBER, "4");
    expect_field(&fields[4], JSON_NUMBER, "2");
    expect_field(&fields[5], JSON_ARRAY, "[{\"e\":1},[[]]]");
    expect_field(&fields[7], JSON_NUMBER, "3");
    expect_field(&fields[8], JSON_ARRAY, "[]");
}

static void test_children_of_what_is_no_object_are_absent(void **state)
{
    (void)state;
    static const char *const values[] = {
        "1", "\"b\"", "null", "true", "[{\"b\":1}]", "[]", "{\"c\":{\"b\":1}}"};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        char text[64];
        struct json_field fields[] = {
            {.key = "a", .parent = JSON_TOP}, {.key = "b", .parent = 0}, {.key = "z", .parent = JSON_TOP}};
        snprintf(text, sizeof(text), "{\"a\":%s,\"z\":0}", values[i]);
        assert_int_equal(read_fields(text, fields, COUNT_OF(fields)), ERR_OK);
        assert_int_not_equal(fields[0].type, JSON_ABSENT);
        expect_field(&fields[1], JSON_ABSENT, "");
        expect_field(&fields[2], JSON_NUMBER, "0");
    }
}

static void test_keys_match_in_decoded_form(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *key;
        bool is_match;
    } cases[] = {
        {"{\"\\u0061ction\":1}", "action", true},
        {"{\"actio\\u006E\":1}", "action", true},
        {"{\"\\u0061\\u0063\\u0074\\u0069\\u006f\\u006e\":1}", "action", true},
        {"{\"a\\/b\":1}", "a/b", true},
        {"{\"\\\"\\\\\\b\\f\\n\\r\\t\":1}", "\"\\\b\f\n\r\t", true},
        {"{\"\\u20ac\":1}", "\xE2\x82\xAC", true},
        {"{\"\xE2\x82\xAC\":1}", "\xE2\x82\xAC", true},
        {"{\"\\ud83d\\ude00\":1}", "\xF0\x9F\x98\x80", true},
        {"{\"actio\":1}", "action", false},
        {"{\"actions\":1}", "action", false},
        {"{\"action\\u0000\":1}", "action", false},
        {"{\"\\u0000\":1}", "", false},
        {"{\"Action\":1}", "action", false},
        {"{\"action \":1}", "action", false},
        {"{\"a\\\\b\":1}", "a\\\\b", false}, /* escapes are compared decoded, not as written */
        {"{\"\\ud83d\":1}", "\xED\xA0\xBD", false},
        {"{\"\":1}", "action", false},
        {"{\"a\":1}", "", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct json_field field = {.key = cases[i].key, .parent = JSON_TOP};
        assert_int_equal(read_fields(cases[i].text, &field, 1), ERR_OK);
        assert_case((field.type == JSON_NUMBER) == cases[i].is_match, "%s as %s", cases[i].text,
                    cases[i].key);
    }
}

static void test_requested_key_twice_is_ambiguous(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t error_at;
    } cases[] = {
        {"{\"a\":1,\"a\":2}", 7},
        {"{\"a\":1,\"a\":1}", 7},
        {"{\"a\":1,\"\\u0061\":2}", 7},
        {"{\"\\u0061\":{},\"x\":0, \"a\":2}", 20},
        {"{\"a\":null,\"a\":null}", 10},
        {"{\"a\":{\"b\":1,\"b\":2}}", 12},
        {"{\"a\":{\"b\":1,\"\\u0062\":[]}}", 12},
        {"{\"a\":{\"b\":{\"a\":0,\"b\":0}},\"a\":{}}", 25},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct json_field fields[] = {{.key = "a", .parent = JSON_TOP}, {.key = "b", .parent = 0}};
        size_t at = SIZE_MAX;
        enum err err = json_read(slice_from(cases[i].text), fields, COUNT_OF(fields), &at);
        assert_case(err == ERR_JSON_AMBIGUOUS && at == cases[i].error_at, "%s: %s at %zu", cases[i].text,
                    err_text(err), at);
        expect_all_absent(fields, COUNT_OF(fields));
    }
}

static void test_other_keys_twice_are_valid(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"x\":1,\"x\":2,\"a\":{\"b\":0}}",
        "{\"a\":{\"b\":0,\"a\":1,\"a\":2}}",         /* the inner a is not requested */
        "{\"b\":1,\"b\":2,\"a\":{\"b\":0}}",         /* neither is the outer b */
        "{\"a\":{\"x\":{\"b\":1,\"b\":2},\"b\":0}}", /* nor a deeper one */
        "{\"a\":{\"b\":0,\"y\":[{\"b\":1},{\"b\":1}]}}",
        "{\"a\":{\"b\":0},\"z\":{\"a\":1,\"a\":2}}",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct json_field fields[] = {{.key = "a", .parent = JSON_TOP}, {.key = "b", .parent = 0}};
        enum err err = read_fields(texts[i], fields, COUNT_OF(fields));
        assert_case(err == ERR_OK, "%s: %s", texts[i], err_text(err));
        expect_field(&fields[1], JSON_NUMBER, "0");
    }
}

static void test_only_objects_have_fields(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum err err;
        size_t error_at;
    } cases[] = {
        {" [{\"a\":1}]", ERR_JSON_NOT_OBJECT, 1},
        {"\"a\"", ERR_JSON_NOT_OBJECT, 0},
        {"12", ERR_JSON_NOT_OBJECT, 0},
        {"null", ERR_JSON_NOT_OBJECT, 0},
        {"[1,]", ERR_JSON_SYNTAX, 3},
        {"[1", ERR_JSON_INCOMPLETE, 2},
        {"x", ERR_JSON_SYNTAX, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct json_field field = {.key = "a", .parent = JSON_TOP};
        size_t at = SIZE_MAX;
        enum err err = json_read(slice_from(cases[i].text), &field, 1, &at);
        assert_case(err == cases[i].err && at == cases[i].error_at, "%s: %s at %zu", cases[i].text,
                    err_text(err), at);
        expect_all_absent(&field, 1);
    }
}

static void test_fields_are_reset_on_error(void **state)
{
    (void)state;
    static const char *const texts[] = {"{\"a\":{\"b\":1},\"c\":}", "{\"a\":{\"b\":1}",
                                        "{\"a\":{\"b\":1},\"c\":\"\xFF\"}", "[]",
                                        "{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct json_field fields[] = {{.key = "a", .parent = JSON_TOP}, {.key = "b", .parent = 0}};
        assert_int_equal(read_fields("{\"a\":{\"b\":1}}", fields, COUNT_OF(fields)), ERR_OK);
        expect_field(&fields[1], JSON_NUMBER, "1");
        assert_int_not_equal(read_fields(texts[i], fields, COUNT_OF(fields)), ERR_OK);
        expect_all_absent(fields, COUNT_OF(fields));
    }
}

/* A notification cut at any byte is incomplete, and leaves nothing behind. */
static void test_cut_text_with_fields(void **state)
{
    (void)state;
    static const char text[] =
        "{\"timestamp\":1,\"execution\":{\"jobId\":\"\xC3\xA9\\u00e9\",\"n\":[1.5,{\"jobId\":{}}],"
        "\"jobDocument\":{\"action\":\"blink\"}},\"x\":-1e-5}";
    for (size_t len = 0; len < sizeof(text) - 1; len++) {
        struct json_field fields[] = {
            {.key = "execution", .parent = JSON_TOP},
            {.key = "jobId", .parent = 0},
            {.key = "jobDocument", .parent = 0},
            {.key = "action", .parent = 2},
        };
        size_t at = SIZE_MAX;
        struct slice copy = copy_exact(text, len);
        assert_int_equal(json_read(copy, fields, COUNT_OF(fields), &at), ERR_JSON_INCOMPLETE);
        assert_int_equal(at, len);
        expect_all_absent(fields, COUNT_OF(fields));
        free_copy(copy);
    }
}

static void test_sixty_four_fields(void **state)
{
    (void)state;
    static char keys[FIELDS_MAX + 1][8];
    struct json_field fields[FIELDS_MAX + 1] = {{0}};
    char text[2048] = "{";
    size_t len = 1;

    for (size_t i = 0; i <= FIELDS_MAX; i++) {
        snprintf(keys[i], sizeof(keys[i]), "k%zu", i);
        fields[i] = (struct json_field){.key = keys[i], .parent = JSON_TOP};
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\"k%zu\":%zu", i > 0 ? "," : "",
                                FIELDS_MAX - i, FIELDS_MAX - i);
    }
    snprintf(text + len, sizeof(text) - len, "}");
    assert_int_equal(read_fields(text, fields, FIELDS_MAX), ERR_OK);
    for (size_t i = 0; i < FIELDS_MAX; i++) {
        expect_field(&fields[i], JSON_NUMBER, keys[i] + 1);
    }
    assert_int_equal(read_fields(text, fields, FIELDS_MAX + 1), ERR_ARG);
}

/* As many keys as a table can have, each written in as many bytes as can be. */
static void test_sixty_four_escaped_keys(void **state)
{
    (void)state;
    static char keys[FIELDS_MAX][8];
    struct json_field fields[FIELDS_MAX] = {{0}};
    char text[4096] = "{";
    size_t len = 1;

    for (size_t i = 0; i < FIELDS_MAX; i++) {
        snprintf(keys[i], sizeof(keys[i]), "key%02zu", i);
        fields[i] = (struct json_field){.key = keys[i], .parent = JSON_TOP};
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\"", i > 0 ? "," : "");
        for (const char *at = keys[i]; *at != '\0'; at++) {
            len += (size_t)snprintf(text + len, sizeof(text) - len, "\\u%04x", (unsigned)*at);
        }
        len += (size_t)snprintf(text + len, sizeof(text) - len, "\":\"%zu\"", i);
    }
    snprintf(text + len, sizeof(text) - len, "}");
    assert_int_equal(read_fields(text, fields, FIELDS_MAX), ERR_OK);
    for (size_t i = 0; i < FIELDS_MAX; i++) {
        char number[8];
        snprintf(number, sizeof(number), "%zu", i);
        expect_field(&fields[i], JSON_STRING, number);
    }
}

/* Keys of one length that differ only where nobody looks first. */
static void test_keys_that_look_alike(void **state)
{
    (void)state;
    struct json_field fields[] = {
        {.key = "first_name", .parent = JSON_TOP}, {.key = "given_name", .parent = JSON_TOP},
        {.key = "other_name", .parent = JSON_TOP}, {.key = "fi\xC3\xA9t_name", .parent = JSON_TOP},
        {.key = "_name", .parent = JSON_TOP},      {.key = "name", .parent = JSON_TOP},
    };
    assert_int_equal(
        read_fields("{\"other_name\":1,\"first_nam\":8,\"f\\u0069rst_name\":2,\"fi\\u00e9t_name\":3,"
                    "\"forst_name\":8,\"forst\\u005fname\":8,\"_nam\\u0065\":4,\"name\":5,\"first_name_\":8}",
                    fields, COUNT_OF(fields)),
        ERR_OK);
    expect_field(&fields[0], JSON_NUMBER, "2");
    expect_field(&fields[1], JSON_ABSENT, "");
    expect_field(&fields[2], JSON_NUMBER, "1");
    expect_field(&fields[3], JSON_NUMBER, "3");
    expect_field(&fields[4], JSON_NUMBER, "4");
    expect_field(&fields[5], JSON_NUMBER, "5");
}

/* So many that some of them are alike to the reader, whatever it looks at first. */
static void test_a_key_is_not_what_it_begins(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        char key[16];
        snprintf(key, sizeof(key), "action%u", i);
        struct json_field field = {.key = key, .parent = JSON_TOP};
        assert_int_equal(read_fields("{\"action\":1,\"actio\\u006e\":2}", &field, 1), ERR_OK);
        assert_case(field.type == JSON_ABSENT, "found as %s", key);
    }
}

static void test_short_keys(void **state)
{
    (void)state;
    struct json_field fields[] = {
        {.key = "\\", .parent = JSON_TOP},       {.key = "\"", .parent = JSON_TOP},
        {.key = "\\n", .parent = JSON_TOP},      {.key = "\n", .parent = JSON_TOP},
        {.key = "ab", .parent = JSON_TOP},       {.key = "ba", .parent = JSON_TOP},
        {.key = "\xC3\xA9", .parent = JSON_TOP}, {.key = "", .parent = JSON_TOP},
    };
    assert_int_equal(read_fields("{\"\\\\\":0,\"\\\"\":1,\"\\u005cn\":2,\"\\n\":3,\"a\\u0062\":4,\"ba\":5,"
                                 "\"\xC3\xA9\":6,\"\":7,\"\\u0000\":8,\"\\ud800\":8}",
                                 fields, COUNT_OF(fields)),
                     ERR_OK);
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        const char number[] = {(char)('0' + i), '\0'};
        expect_field(&fields[i], JSON_NUMBER, number);
    }
}

static void test_one_key_below_several_parents(void **state)
{
    (void)state;
    struct json_field fields[] = {
        {.key = "status", .parent = JSON_TOP}, {.key = "a", .parent = JSON_TOP},
        {.key = "status", .parent = 1},        {.key = "b", .parent = JSON_TOP},
        {.key = "status", .parent = 3},        {.key = "a", .parent = 3},
        {.key = "status", .parent = 5},
    };
    assert_int_equal(read_fields("{\"b\":{\"status\":3,\"a\":{\"status\":4}},\"a\":{\"status\":2},\"status\":"
                                 "1,\"c\":{\"status\":0}}",
                                 fields, COUNT_OF(fields)),
                     ERR_OK);
    expect_field(&fields[0], JSON_NUMBER, "1");
    expect_field(&fields[2], JSON_NUMBER, "2");
    expect_field(&fields[4], JSON_NUMBER, "3");
    expect_field(&fields[6], JSON_NUMBER, "4");
}

static void test_first_of_equal_entries_is_filled(void **state)
{
    (void)state;
    struct json_field fields[] = {
        {.key = "a", .parent = JSON_TOP},
        {.key = "b", .parent = 0},
        {.key = "a", .parent = JSON_TOP},
        {.key = "b", .parent = 0},
    };
    assert_int_equal(read_fields("{\"a\":{\"b\":1}}", fields, COUNT_OF(fields)), ERR_OK);
    expect_field(&fields[0], JSON_OBJECT, "{\"b\":1}");
    expect_field(&fields[1], JSON_NUMBER, "1");
    expect_field(&fields[2], JSON_ABSENT, "");
    expect_field(&fields[3], JSON_ABSENT, "");
    assert_int_equal(read_fields("{\"a\":1,\"a\":2}", fields, COUNT_OF(fields)), ERR_JSON_AMBIGUOUS);
}

static void test_bad_tables_are_refused(void **state)
{
    (void)state;
    struct json_field no_key[] = {{.key = NULL, .parent = JSON_TOP}};
    struct json_field own_parent[] = {{.key = "a", .parent = 0}};
    struct json_field later_parent[] = {{.key = "a", .parent = 1}, {.key = "b", .parent = JSON_TOP}};
    struct json_field below_top[] = {{.key = "a", .parent = JSON_TOP - 1}};
    assert_int_equal(read_fields("{}", no_key, 1), ERR_ARG);
    assert_int_equal(read_fields("{}", own_parent, 1), ERR_ARG);
    assert_int_equal(read_fields("{}", later_parent, 2), ERR_ARG);
    assert_int_equal(read_fields("{}", below_top, 1), ERR_ARG);
}

static void test_a_deep_chain_of_parents(void **state)
{
    (void)state;
    struct json_field fields[JSON_DEPTH_MAX];
    char text[512] = "";

    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        fields[i] = (struct json_field){.key = "a", .parent = (int8_t)((int)i - 1)};
        strcat(text, "{\"b\":0,\"a\":");
    }
    strcat(text, "\"end\"");
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        strcat(text, "}");
    }
    assert_int_equal(read_fields(text, fields, COUNT_OF(fields)), ERR_OK);
    expect_field(&fields[COUNT_OF(fields) - 1], JSON_STRING, "end");
    expect_field(&fields[COUNT_OF(fields) - 2], JSON_OBJECT, "{\"b\":0,\"a\":\"end\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_of_all_types),
        cmocka_unit_test(test_empty_values),
        cmocka_unit_test(test_jobs_notification),
        cmocka_unit_test(test_siblings_after_a_requested_container_are_found),
        cmocka_unit_test(test_children_of_what_is_no_object_are_absent),
        cmocka_unit_test(test_keys_match_in_decoded_form),
        cmocka_unit_test(test_requested_key_twice_is_ambiguous),
        cmocka_unit_test(test_other_keys_twice_are_valid),
        cmocka_unit_test(test_only_objects_have_fields),
        cmocka_unit_test(test_fields_are_reset_on_error),
        cmocka_unit_test(test_cut_text_with_fields),
        cmocka_unit_test(test_sixty_four_fields),
        cmocka_unit_test(test_sixty_four_escaped_keys),
        cmocka_unit_test(test_keys_that_look_alike),
        cmocka_unit_test(test_a_key_is_not_what_it_begins),
        cmocka_unit_test(test_short_keys),
        cmocka_unit_test(test_one_key_below_several_parents),
        cmocka_unit_test(test_first_of_equal_entries_is_filled),
        cmocka_unit_test(test_bad_tables_are_refused),
        cmocka_unit_test(test_a_deep_chain_of_parents),
    };
    return cmocka_run_group_tests(tests, NULL, release_text);
}
