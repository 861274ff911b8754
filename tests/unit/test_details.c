/* SPDX-License-Identifier: MIT */
/* statusDetails of the application: docs/protocol.md 4 (limits) and R-28 (cleaned, cut, never refused for that). */
// LINK: device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/json.h"
#include "device/core/details.h"
#include "device/core/text.h"

#include <stdio.h>
#include <string.h>

static struct details fresh(void)
{
    struct details details;
    memset(&details, 0xA5, sizeof details);
    details_clear(&details);
    assert_int_equal(details.len, 0);
    assert_int_equal(details.pairs, 0);
    return details;
}

/* Adds one value to an empty map and gives the map back. */
static const char *added(const char *value)
{
    static struct details details;
    details = fresh();
    assert_int_equal(details_add(&details, "k", value), ERR_OK);
    assert_int_equal(details.len, strlen(details.text));
    return details.text;
}

static void test_pairs_stand_in_order(void **state)
{
    struct details details = fresh();
    (void)state;
    assert_int_equal(details_add(&details, "step", "1"), ERR_OK);
    assert_int_equal(details_add(&details, "A:b_c-9", "two words"), ERR_OK);
    assert_string_equal(details.text, "\"step\":\"1\",\"A:b_c-9\":\"two words\"");
    assert_int_equal(details.pairs, 2);
}

static void test_bad_keys(void **state)
{
    static const char *const bad[] = {"",   "a b", "a.b",   "\xc3\xa4", "a\"",    "a\n",     "a[",
                                      "a{", "/",   "state", "attempt",  "reason", "message", "progress"};
    char key[131];
    struct details details = fresh();
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(details_add(&details, bad[i], "1"), ERR_ARG);
    }
    assert_int_equal(details_add(&details, NULL, "1"), ERR_ARG);
    assert_int_equal(details_add(&details, "k", NULL), ERR_ARG);
    assert_int_equal(details_add(&details, "k", ""), ERR_ARG);
    memset(key, 'k', sizeof key);
    key[129] = '\0';
    assert_int_equal(details_add(&details, key, "1"), ERR_ARG);
    assert_int_equal(details.len, 0);
    key[128] = '\0';
    assert_int_equal(details_add(&details, key, "1"), ERR_OK);
    assert_int_equal(details_add(&details, "State", "1"), ERR_OK); /* case matters */
}

static void test_repeated_keys(void **state)
{
    struct details details = fresh();
    (void)state;
    assert_int_equal(details_add(&details, "a", "\\\""), ERR_OK);
    assert_int_equal(details_add(&details, "ab", "\"x\":\"1"), ERR_OK); /* a value that looks like a pair */
    assert_int_equal(details_add(&details, "b", ","), ERR_OK);
    assert_int_equal(details_add(&details, "xyz", "1"), ERR_OK);
    assert_int_equal(details_add(&details, "x", "1"), ERR_OK); /* the beginning of another key */
    assert_int_equal(details_add(&details, "a", "2"), ERR_ARG);
    assert_int_equal(details_add(&details, "ab", "2"), ERR_ARG);
    assert_int_equal(details_add(&details, "b", "2"), ERR_ARG);
    assert_int_equal(details_add(&details, "x", "2"), ERR_ARG);
    assert_int_equal(details_add(&details, "abc", "2"), ERR_OK);
    assert_int_equal(details.pairs, 6);
}

/* A value is no key, although it may be one later. */
static void test_value_that_is_a_key_later(void **state)
{
    struct details details = fresh();
    (void)state;
    assert_int_equal(details_add(&details, "a", "b"), ERR_OK);
    assert_int_equal(details_add(&details, "b", "c"), ERR_OK);
    assert_int_equal(details_add(&details, "c", "d"), ERR_OK);
    assert_string_equal(details.text, "\"a\":\"b\",\"b\":\"c\",\"c\":\"d\"");
}

static void test_seventh_pair(void **state)
{
    struct details details = fresh();
    char key[2] = "a";
    (void)state;
    for (; key[0] <= 'f'; key[0]++) {
        assert_int_equal(details_add(&details, key, "1"), ERR_OK);
    }
    struct details before = details;
    assert_int_equal(details_add(&details, "g", "1"), ERR_FULL);
    assert_memory_equal(&details, &before, sizeof details);
}

static void test_values_are_escaped_and_cleaned(void **state)
{
    static const struct {
        const char *value, *json;
    } cases[] = {
        {"plain", "plain"},
        {"a\"b\\c", "a\\\"b\\\\c"},
        {"a\nb\tc\x1b[0m\x7f", "a b c [0m "},
        {"\n", " "},
        {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\xc2\x85.", " ."},                /* a control above ASCII */
        {"\xe2\x80\x8b.", " ."},            /* zero width space */
        {"\xe2\x80\xae.", " ."},            /* writes from right to left */
        {"\xef\xbb\xbf.", " ."},            /* byte order mark */
        {"\xee\x80\x80.", " ."},            /* private use */
        {"\xef\xbf\xbd.", "\xef\xbf\xbd."}, /* the replacement character is a symbol */
        {"\xef\xbf\xbc.", "\xef\xbf\xbc."}, /* and the one for an object */
        {"\xef\xbf\xbe.", " ."},            /* never a character */
        {"\xf3\xa0\x80\x81.", " ."},        /* a tag */
        {"\xc3", "?"},                      /* cut off */
        {"\xe2\x82", "??"},                 /* cut off */
        {"\xff\xfe.", "??."},               /* never UTF-8 */
        {"\xc0\x80.", "??."},               /* overlong NUL */
        {"\xed\xa0\x80.", "???."},          /* a surrogate */
        {"\xf4\x90\x80\x80.", "????."},     /* above U+10FFFF */
        {"\xe2\x28\xa1.", "?(?."},          /* a broken second byte */
    };
    char expected[100];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(expected, sizeof expected, "\"k\":\"%s\"", cases[i].json);
        assert_string_equal(added(cases[i].value), expected);
    }
}

/* What does not fit is cut at a code point; what follows finds no room. */
static void test_long_values_are_cut(void **state)
{
    static const char *const units[] = {"x", "\"", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xff"};
    char value[3000];
    (void)state;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        struct details details = fresh();
        char object[sizeof(struct details) + 4];
        value[0] = '\0';
        while (strlen(value) + 8 < sizeof value) {
            strcat(value, units[i]);
        }
        assert_int_equal(details_add(&details, "k", value), ERR_OK);
        assert_true(details.len >= DETAILS_TEXT_CAP - 4);
        assert_true(details.len < DETAILS_TEXT_CAP);
        snprintf(object, sizeof object, "{%s}", details.text);
        assert_int_equal(json_read(slice_from(object), NULL, 0, NULL), ERR_OK);
        struct details before = details;
        assert_int_equal(details_add(&details, "l", "1"), ERR_FULL);
        assert_int_equal(details.len, before.len);
        assert_string_equal(details.text, before.text);
    }
}

/* docs/protocol.md 4: a value has 1024 characters at most. With the default CONFIG_DEVICE_JOBS_DETAILS_SIZE the room ends before. */
static void test_longest_value(void **state)
{
    const size_t around = strlen("\"k\":\"\"");
    size_t room = DETAILS_TEXT_CAP - 1 - around;
    char value[2000];
    (void)state;
    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    assert_int_equal(strlen(added(value)) - around, room < 1024 ? room : 1024);
}

/* However little room the pairs before have left: a pair is there whole, with at least one character of its value, or not at
 * all, and the text stays a list of members. */
static void test_last_pair_at_each_remaining_room(void **state)
{
    char value[DETAILS_TEXT_CAP];
    (void)state;
    for (size_t room = 0; room < 24; room++) {
        struct details details = fresh();
        char object[sizeof(struct details) + 4];
        memset(value, 'v', sizeof value);
        value[DETAILS_TEXT_CAP - sizeof "\"k\":\"\"" - room] = '\0';
        assert_int_equal(details_add(&details, "k", value), ERR_OK);
        assert_int_equal(details.len, DETAILS_TEXT_CAP - 1 - room);

        struct details before = details;
        enum err err = details_add(&details, "last", "ab");
        size_t least = strlen(",\"last\":\"a\"");
        assert_int_equal(err, room < least ? ERR_FULL : ERR_OK);
        if (err == ERR_FULL) {
            assert_string_equal(details.text, before.text);
        }
        assert_int_equal(details.len - before.len, room < least ? 0 : room == least ? least : least + 1);
        snprintf(object, sizeof object, "{%s}", details.text);
        assert_int_equal(json_read(slice_from(object), NULL, 0, NULL), ERR_OK);
    }
}

/* Log lines and messages: cut between code points, and nothing in them that JSON escapes. */
static void test_lines_are_cut_in_text_too(void **state)
{
    char line[8] = "";
    (void)state;
    text_append(line, sizeof line, "ab\xe2\x82\xac\xe2\x82\xac");
    assert_string_equal(line, "ab\xe2\x82\xac");
    text_append(line, sizeof line, "\"\\xyz");
    assert_string_equal(line, "ab\xe2\x82\xac'/");
    text_append_number(line, sizeof line, -5);
    assert_string_equal(line, "ab\xe2\x82\xac'/");
    line[0] = '\0';
    text_append_number(line, sizeof line, INT64_MIN);
    assert_string_equal(line, "-922337");
}

/* Any bytes at all give a valid map whose text is clean. */
static void test_random_bytes(void **state)
{
    uint64_t seed = 7;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct details details = fresh();
        char object[sizeof(struct details) + 4];
        char value[64];
        size_t len = 0;
        while (len < sizeof value - 1) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            value[len++] = (char)(seed >> (round % 2 ? 56 : 57)); /* all bytes, or mostly ASCII */
        }
        value[len] = '\0';
        if (value[0] == '\0') {
            value[0] = 'x';
        }
        assert_int_equal(details_add(&details, "k", value), ERR_OK);
        for (size_t i = 0; i < details.len; i++) {
            assert_true((unsigned char)details.text[i] >= 0x20 && details.text[i] != 0x7f);
        }
        snprintf(object, sizeof object, "{%s}", details.text);
        assert_int_equal(json_read(slice_from(object), NULL, 0, NULL), ERR_OK);
    }
}

/* Out of storage comes what fits between the braces of an object, or nothing is taken: it must never spoil an update. */
static void test_restore_from_storage(void **state)
{
    static const char *const bad[] = {
        "x",
        "\"",
        "\"a\"",
        "\"a\":",
        "\"a\":\"",
        "\"a\":\"b",
        "a\":\"b\"",
        "\"a\":\"b\",",
        ",\"a\":\"b\"",
        "{\"a\":\"b\"}",
        "\"a\":\"\\\"",
        " ",
        "\"a\":\"\t\"",
        "\"a\":\"\xff\"",
        "\"a\":\"b\"}",
        "\"a\":\"b\"},{\"c\":\"d\"",
    };
    struct details written;
    struct details restored;
    (void)state;
    details_clear(&written);
    for (int pairs = 0; pairs <= DETAILS_PAIRS_MAX; pairs++) {
        char key[2] = {(char)('a' + pairs), '\0'};
        memset(&restored, 0xA5, sizeof restored);
        snprintf(restored.text, sizeof restored.text, "%s", written.text);
        assert_true(details_restore(&restored));
        assert_int_equal(restored.len, written.len);
        assert_string_equal(restored.text, written.text);
        assert_int_equal(details_add(&restored, "late", "1"),
                         ERR_FULL); /* how many pairs it has is not known */
        assert_string_equal(restored.text, written.text);
        if (pairs < DETAILS_PAIRS_MAX) {
            assert_int_equal(details_add(&written, key, "\"quoted\" \\ gr\xc3\xbc\xc3\x9f\n"), ERR_OK);
        }
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(restored.text, sizeof restored.text, "%s", bad[i]);
        if (details_restore(&restored)) {
            fail_msg("taken: %s", bad[i]);
        }
        assert_string_equal(restored.text, bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs_stand_in_order),
        cmocka_unit_test(test_bad_keys),
        cmocka_unit_test(test_repeated_keys),
        cmocka_unit_test(test_value_that_is_a_key_later),
        cmocka_unit_test(test_seventh_pair),
        cmocka_unit_test(test_values_are_escaped_and_cleaned),
        cmocka_unit_test(test_long_values_are_cut),
        cmocka_unit_test(test_longest_value),
        cmocka_unit_test(test_last_pair_at_each_remaining_room),
        cmocka_unit_test(test_lines_are_cut_in_text_too),
        cmocka_unit_test(test_random_bytes),
        cmocka_unit_test(test_restore_from_storage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
