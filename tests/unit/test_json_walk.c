/* SPDX-License-Identifier: MIT */
// LINK: common
/* json_next_member and json_next_element: common/json.h. */
#include "tests/unit/test_json.h"

typedef bool (*next_function)(struct slice container, size_t *cursor, struct json_member *member);

struct expected_member {
    const char *key;
    enum json_type type;
    const char *text;
};

static void expect_walk(next_function next, const char *text, const struct expected_member expected[],
                        size_t count)
{
    struct slice container = copy_exact(text, strlen(text));
    struct json_member member;
    size_t cursor = 0;

    assert_int_equal(json_read(container, NULL, 0, NULL), ERR_OK);
    for (size_t i = 0; i < count; i++) {
        member = (struct json_member){.key = {"old", 3}, .type = JSON_ABSENT};
        assert_case(next(container, &cursor, &member), "%s: ends before value %zu", text, i);
        assert_case(slice_is(member.key, expected[i].key) && member.type == expected[i].type &&
                        slice_is(member.text, expected[i].text),
                    "%s: value %zu is %.*s (type %d): %.*s", text, i, (int)member.key.len, member.key.ptr,
                    member.type, (int)member.text.len, member.text.ptr);
    }
    for (int again = 0; again < 2; again++) {
        assert_case(!next(container, &cursor, &member), "%s: does not end after %zu values", text, count);
    }
    free_copy(container);
}

static void test_members(void **state)
{
    (void)state;
    static const struct expected_member expected[] = {
        {"s", JSON_STRING, "a\\\"b"},
        {"\\u0061", JSON_NUMBER, "-1.5e3"},
        {"t", JSON_TRUE, "true"},
        {"f", JSON_FALSE, "false"},
        {"n", JSON_NULL, "null"},
        {"o", JSON_OBJECT, "{\"x\":[{},\"]}\"],\"y\":{}}"},
        {"a", JSON_ARRAY, "[1, [2], {\"z\":3}]"},
        {"", JSON_STRING, ""},
        {"s", JSON_OBJECT, "{}"},
    };
    expect_walk(json_next_member,
                "{\"s\":\"a\\\"b\",\"\\u0061\":-1.5e3,\"t\":true,\"f\":false,\"n\":null,"
                "\"o\":{\"x\":[{},\"]}\"],\"y\":{}},\"a\":[1, [2], {\"z\":3}],\"\":\"\",\"s\":{}}",
                expected, COUNT_OF(expected));
}

static void test_members_between_blanks(void **state)
{
    (void)state;
    static const struct expected_member expected[] = {{"a", JSON_NUMBER, "1"}, {"b", JSON_ARRAY, "[ ]"}};
    expect_walk(json_next_member, " { \"a\" : 1 ,\n\t\"b\"\r:\n[ ] } ", expected, COUNT_OF(expected));
}

static void test_elements(void **state)
{
    (void)state;
    static const struct expected_member expected[] = {
        {"", JSON_NUMBER, "0"},  {"", JSON_STRING, ","},          {"", JSON_ARRAY, "[[],[1,2]]"},
        {"", JSON_NULL, "null"}, {"", JSON_OBJECT, "{\"a\":[]}"}, {"", JSON_FALSE, "false"},
        {"", JSON_STRING, ""},
    };
    expect_walk(json_next_element, "[0,\",\",[[],[1,2]], null ,{\"a\":[]},false,\"\"]", expected,
                COUNT_OF(expected));
}

static void test_empty_containers(void **state)
{
    (void)state;
    expect_walk(json_next_member, "{}", NULL, 0);
    expect_walk(json_next_member, " { } ", NULL, 0);
    expect_walk(json_next_element, "[]", NULL, 0);
    expect_walk(json_next_element, "[ \n]", NULL, 0);
}

static void test_what_is_no_container_has_no_members(void **state)
{
    (void)state;
    static const char *const values[] = {"1", "\"{\"", "null", "true"};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        expect_walk(json_next_member, values[i], NULL, 0);
        expect_walk(json_next_element, values[i], NULL, 0);
    }
    expect_walk(json_next_member, "[1]", NULL, 0);
    expect_walk(json_next_element, "{\"a\":1}", NULL, 0);

    struct json_member member;
    size_t cursor = 0;
    assert_false(json_next_member(SLICE_EMPTY, &cursor, &member));
    assert_false(json_next_element(SLICE_EMPTY, &cursor, &member));
    cursor = 100;
    assert_false(json_next_member(slice_from("{\"a\":1}"), &cursor, &member));
}

/* Text that json_read has not accepted must end the walk, within its bytes. */
static void test_damaged_text_ends_the_walk(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":[1,{\"b\":\"\\u0041\"}],\"c\":{\"d\":\"\xC3\xA9\"},\"e\":-1.5e3}";
    for (size_t len = 0; len < sizeof(text) - 1; len++) {
        struct slice cut = copy_exact(text, len);
        struct json_member member;
        size_t cursor = 0;
        size_t count = 0;
        while (json_next_member(cut, &cursor, &member)) {
            assert_true(member.text.ptr >= cut.ptr && member.text.ptr + member.text.len <= cut.ptr + cut.len);
            count++;
        }
        assert_in_range(count, 0, 3);
        assert_true(cursor <= len);
        free_copy(cut);
    }
    static const char *const damaged[] = {"{\"a\"}",    "{\"a\":}",         "{,}", "{1:2}", "{\"a\":01}",
                                          "{\"a\":1,}", "{\"a\":1 \"b\":2}"};
    static const size_t counts[] = {0, 0, 0, 0, 1, 1, 1};
    for (size_t i = 0; i < COUNT_OF(damaged); i++) {
        struct json_member member;
        size_t cursor = 0;
        size_t count = 0;
        while (json_next_member(slice_from(damaged[i]), &cursor, &member)) {
            count++;
        }
        assert_case(count == counts[i], "%s: %zu members", damaged[i], count);
    }
}

static void test_walk_within_a_walk(void **state)
{
    (void)state;
    struct slice array = slice_from("[{\"id\":1},{\"id\":2},{\"id\":3}]");
    struct json_member element;
    size_t cursor = 0;
    size_t sum = 0;

    while (json_next_element(array, &cursor, &element)) {
        struct json_member member;
        size_t inner = 0;
        while (json_next_member(element.text, &inner, &member)) {
            sum = sum * 10 + (size_t)(member.text.ptr[0] - '0');
        }
    }
    assert_int_equal(sum, 123);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_members_between_blanks),
        cmocka_unit_test(test_elements),
        cmocka_unit_test(test_empty_containers),
        cmocka_unit_test(test_what_is_no_container_has_no_members),
        cmocka_unit_test(test_damaged_text_ends_the_walk),
        cmocka_unit_test(test_walk_within_a_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
