/* SPDX-License-Identifier: MIT */
// LINK: common
/* RFC 8259 by vectors: tests/vectors/json, whose README tells what the names mean. */
#include "tests/unit/test_json.h"

#include <dirent.h>

#define VECTOR_FOLDER TEST_SOURCE_DIR "/vectors/json"
#define VECTOR_CAP    4096

typedef void (*vector_check)(const char *name, struct slice text);

static struct slice load_vector(const char *name)
{
    char path[512];
    char bytes[VECTOR_CAP];
    int path_len = snprintf(path, sizeof(path), "%s/%s", VECTOR_FOLDER, name);
    assert_in_range(path_len, 1, sizeof(path) - 1);

    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(bytes, 1, sizeof(bytes), file);
    assert_case(len < sizeof(bytes), "%s is too large for this test", name);
    assert_int_equal(ferror(file), 0);
    fclose(file);
    return copy_exact(bytes, len);
}

/* Returns how many files have the prefix. */
static size_t each_vector(const char *prefix, vector_check check)
{
    size_t count = 0;
    DIR *folder = opendir(VECTOR_FOLDER);
    assert_non_null(folder);

    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0) {
            continue;
        }
        struct slice text = load_vector(entry->d_name);
        check(entry->d_name, text);
        free_copy(text);
        count++;
    }
    closedir(folder);
    return count;
}

static size_t failures;

static void expect_error(const char *name, struct slice text, enum err expected)
{
    size_t error_at = SIZE_MAX;
    enum err err = json_read(text, NULL, 0, &error_at);
    if (err == expected && (err == ERR_OK || error_at <= text.len)) {
        return;
    }
    print_error("%s: %s at byte %zu of %zu, expected: %s\n", name, err_text(err), error_at, text.len,
                err_text(expected));
    failures++;
}

static void expect_valid(const char *name, struct slice text)
{
    expect_error(name, text, ERR_OK);
}

static void expect_syntax(const char *name, struct slice text)
{
    expect_error(name, text, ERR_JSON_SYNTAX);
}

static void expect_incomplete(const char *name, struct slice text)
{
    expect_error(name, text, ERR_JSON_INCOMPLETE);
}

static void expect_utf8(const char *name, struct slice text)
{
    expect_error(name, text, ERR_JSON_UTF8);
}

static void test_valid_texts_are_accepted(void **state)
{
    (void)state;
    failures = 0;
    assert_in_range(each_vector("y_", expect_valid), 70, 1000);
    assert_int_equal(failures, 0);
}

static void test_invalid_texts_are_refused_for_the_right_reason(void **state)
{
    (void)state;
    failures = 0;
    assert_in_range(each_vector("n_syntax_", expect_syntax), 110, 1000);
    assert_in_range(each_vector("n_incomplete_", expect_incomplete), 40, 1000);
    assert_in_range(each_vector("n_utf8_", expect_utf8), 25, 1000);
    assert_int_equal(failures, 0);
}

static void ignore_vector(const char *name, struct slice text)
{
    (void)name;
    (void)text;
}

static void test_every_invalid_vector_belongs_to_a_kind(void **state)
{
    (void)state;
    size_t kinds = each_vector("n_syntax_", ignore_vector) + each_vector("n_incomplete_", ignore_vector) +
                   each_vector("n_utf8_", ignore_vector);
    assert_int_equal(each_vector("n_", ignore_vector), kinds);
}

/* A cut is incomplete, and nothing else, as long as the value has not ended. Numbers have no end of their own. */
static void expect_cuts_incomplete(const char *name, struct slice text)
{
    size_t end = text.len;
    while (end > 0 && strchr(" \t\r\n", text.ptr[end - 1]) != NULL) {
        end--;
    }
    if (text.ptr[0] == '-' || (text.ptr[0] >= '0' && text.ptr[0] <= '9')) {
        return;
    }
    for (size_t len = 0; len < end; len++) {
        size_t error_at = SIZE_MAX;
        enum err err = check_text(text.ptr, len, &error_at);
        if (err == ERR_JSON_INCOMPLETE && error_at == len) {
            continue;
        }
        print_error("%s cut to %zu bytes: %s at byte %zu\n", name, len, err_text(err), error_at);
        failures++;
    }
}

static void test_valid_texts_cut_at_every_byte_are_incomplete(void **state)
{
    (void)state;
    failures = 0;
    each_vector("y_", expect_cuts_incomplete);
    assert_int_equal(failures, 0);
}

/* A requested table makes no difference to what is valid, only to what must be an object. */
static void expect_same_with_fields(const char *name, struct slice text)
{
    struct json_field fields[] = {
        {.key = "a", .parent = JSON_TOP},
        {.key = "execution", .parent = JSON_TOP},
        {.key = "b", .parent = 0},
        {.key = "jobDocument", .parent = 1},
    };
    size_t error_at;
    enum err plain = json_read(text, NULL, 0, &error_at);
    enum err err = json_read(text, fields, COUNT_OF(fields), &error_at);
    const char *start = text.ptr;

    while (plain == ERR_OK && strchr(" \t\r\n", *start) != NULL) {
        start++;
    }
    if (plain == ERR_OK && *start != '{') {
        plain = ERR_JSON_NOT_OBJECT;
    }
    if (plain == ERR_OK && strcmp(name, "y_object_same_key_twice.json") == 0) {
        plain = ERR_JSON_AMBIGUOUS;
    }
    if (err == plain) {
        return;
    }
    print_error("%s: %s with fields, expected: %s\n", name, err_text(err), err_text(plain));
    failures++;
}

static void test_requested_fields_do_not_change_the_grammar(void **state)
{
    (void)state;
    failures = 0;
    each_vector("y_", expect_same_with_fields);
    each_vector("n_", expect_same_with_fields);
    assert_int_equal(failures, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid_texts_are_accepted),
        cmocka_unit_test(test_invalid_texts_are_refused_for_the_right_reason),
        cmocka_unit_test(test_every_invalid_vector_belongs_to_a_kind),
        cmocka_unit_test(test_valid_texts_cut_at_every_byte_are_incomplete),
        cmocka_unit_test(test_requested_fields_do_not_change_the_grammar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
