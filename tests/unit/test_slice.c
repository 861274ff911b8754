/* SPDX-License-Identifier: MIT */
// LINK: common
/* common/slice.h and common/err.h. */
#include "tests/unit/test_json.h"

#include "common/slice.h"

static void test_slice_from(void **state)
{
    (void)state;
    assert_null(slice_from(NULL).ptr);
    assert_int_equal(slice_from(NULL).len, 0);
    assert_int_equal(slice_from("").len, 0);
    assert_int_equal(slice_from("abc").len, 3);
}

static void test_slice_equals(void **state)
{
    (void)state;
    struct slice abc = copy_exact("abc", 3);
    assert_true(slice_equals(abc, slice_from("abc")));
    assert_false(slice_equals(abc, slice_from("abd")));
    assert_false(slice_equals(abc, slice_from("ab")));
    assert_false(slice_equals(abc, slice_from("abcd")));
    assert_false(slice_equals(abc, SLICE_EMPTY));
    assert_true(slice_equals(SLICE_EMPTY, slice_from("")));
    assert_true(slice_equals(SLICE_EMPTY, SLICE_EMPTY));
    assert_true(slice_equals((struct slice){"a\0b", 3}, (struct slice){"a\0b", 3}));
    assert_false(slice_equals((struct slice){"a\0b", 3}, (struct slice){"a\0c", 3}));
    free_copy(abc);
}

static void test_slice_is(void **state)
{
    (void)state;
    struct slice abc = copy_exact("abc", 3);
    assert_true(slice_is(abc, "abc"));
    assert_false(slice_is(abc, "ab"));
    assert_false(slice_is(abc, "abcd"));
    assert_false(slice_is(abc, ""));
    assert_true(slice_is(SLICE_EMPTY, ""));
    assert_false(slice_is(SLICE_EMPTY, "a"));
    assert_false(slice_is((struct slice){"a\0", 2}, "a"));
    free_copy(abc);
}

static void test_slice_starts_with(void **state)
{
    (void)state;
    struct slice abc = copy_exact("abc", 3);
    assert_true(slice_starts_with(abc, ""));
    assert_true(slice_starts_with(abc, "a"));
    assert_true(slice_starts_with(abc, "abc"));
    assert_false(slice_starts_with(abc, "abcd"));
    assert_false(slice_starts_with(abc, "b"));
    assert_false(slice_starts_with(abc, "A"));
    assert_true(slice_starts_with(SLICE_EMPTY, ""));
    assert_false(slice_starts_with(SLICE_EMPTY, "a"));
    free_copy(abc);
}

static void test_slice_copy_at_every_capacity(void **state)
{
    (void)state;
    struct slice abc = copy_exact("abc", 3);
    for (size_t cap = 0; cap <= 5; cap++) {
        char *out = make_room(cap);
        if (cap > 3) {
            assert_int_equal(slice_copy(abc, out, cap), ERR_OK);
            assert_string_equal(out, "abc");
        } else {
            assert_int_equal(slice_copy(abc, out, cap), ERR_TOO_LONG);
            assert_true(cap == 0 || out[0] == 'x');
        }
        free(out);
    }
    char two[2];
    assert_int_equal(slice_copy((struct slice){abc.ptr, 1}, two, sizeof(two)), ERR_OK);
    assert_string_equal(two, "a");

    char one = 'x';
    assert_int_equal(slice_copy(SLICE_EMPTY, &one, 0), ERR_TOO_LONG);
    assert_int_equal(slice_copy(SLICE_EMPTY, &one, 1), ERR_OK);
    assert_int_equal(one, '\0');
    free_copy(abc);
}

static void expect_cuts(const char *text, const char *const levels[], size_t count)
{
    struct slice all = copy_exact(text, strlen(text));
    struct slice rest = all;
    for (size_t i = 0; i < count; i++) {
        struct slice level = slice_cut(&rest, '/');
        assert_case(slice_is(level, levels[i]), "%s: level %zu is %.*s", text, i, (int)level.len, level.ptr);
        assert_case((rest.ptr == NULL) == (i + 1 == count), "%s: %zu bytes left after level %zu", text,
                    rest.len, i);
    }
    assert_int_equal(rest.len, 0);
    free_copy(all);
}

static void test_slice_cut(void **state)
{
    (void)state;
    expect_cuts("$aws/things/t", (const char *const[]){"$aws", "things", "t"}, 3);
    expect_cuts("one", (const char *const[]){"one"}, 1);
    expect_cuts("/a//b/", (const char *const[]){"", "a", "", "b", ""}, 5);
    expect_cuts("/", (const char *const[]){"", ""}, 2);

    struct slice rest = SLICE_EMPTY;
    assert_int_equal(slice_cut(&rest, '/').len, 0);
    assert_null(rest.ptr);
    rest = (struct slice){"", 0};
    assert_int_equal(slice_cut(&rest, '/').len, 0);
    assert_null(rest.ptr);
}

static void test_every_error_has_a_text(void **state)
{
    (void)state;
    static const struct {
        enum err err;
        const char *text;
    } listed[] = {
#define X(name, value, text) {name, text},
        ERR_LIST(X)
#undef X
    };
    for (size_t i = 0; i < COUNT_OF(listed); i++) {
        assert_string_equal(err_text(listed[i].err), listed[i].text);
    }
    assert_string_equal(err_text((enum err)1), "unknown error");
    assert_string_equal(err_text((enum err) - 1000), "unknown error");
    assert_int_equal(ERR_OK, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slice_from),
        cmocka_unit_test(test_slice_equals),
        cmocka_unit_test(test_slice_is),
        cmocka_unit_test(test_slice_starts_with),
        cmocka_unit_test(test_slice_copy_at_every_capacity),
        cmocka_unit_test(test_slice_cut),
        cmocka_unit_test(test_every_error_has_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
