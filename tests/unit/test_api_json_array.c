/* SPDX-License-Identifier: MIT */
/* JSON_processArrayObjs: one valid array of up to 10 objects of 149 bytes, or nothing; nothing is written past what belongs to an object
 * (under ASan, with a guard), and the log says why (lib_json.h). */
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

static struct {
    unsigned char before[16];
    jsonArray_st array;
    unsigned char after[16];
} guarded;

static int setup(void **state)
{
    (void)state;
    fake_reset();
    memset(&guarded, 0xa5, sizeof(guarded));
    return 0;
}

/* In a block of its own size, so that ASan sees a read past its end; the text must stay as it is. */
static bool process(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    assert_non_null(copy);
    memcpy(copy, text, size);
    bool is_good = JSON_processArrayObjs(copy, &guarded.array);
    assert_memory_equal(copy, text, size);
    free(copy);
    for (size_t i = 0; i < sizeof(guarded.before); i++) {
        assert_int_equal(guarded.before[i], 0xa5);
        assert_int_equal(guarded.after[i], 0xa5);
    }
    return is_good;
}

static void require_empty(void)
{
    assert_int_equal(guarded.array.numOfJosnObjs_u8, 0);
    for (size_t i = 0; i < MAX_JSON_ARRAY_OBJS; i++) {
        assert_string_equal(guarded.array.jsonObjs[i], "");
    }
}

static void refuse(const char *text, const char *words)
{
    fake_reset();
    if (process(text)) {
        fail_msg("is taken: %s", text);
    }
    require_empty();
    if (!fake_log_has("JSON_processArrayObjs: ") || !fake_log_has(words)) {
        fail_msg("%s: the log says: %s", text, fake_log());
    }
}

static void test_objects_as_they_stand_in_the_text(void **state)
{
    (void)state;
    assert_true(process(" \n\t[ {\"a\":1} ,\r\n{\"b\": [ {\"c\":\"}]\\\"\"} ], \"d\":{}},{}] \n"));
    assert_int_equal(guarded.array.numOfJosnObjs_u8, 3);
    assert_string_equal(guarded.array.jsonObjs[0], "{\"a\":1}");
    assert_string_equal(guarded.array.jsonObjs[1], "{\"b\": [ {\"c\":\"}]\\\"\"} ], \"d\":{}}");
    assert_string_equal(guarded.array.jsonObjs[2], "{}");
    for (size_t i = 3; i < MAX_JSON_ARRAY_OBJS; i++) {
        assert_string_equal(guarded.array.jsonObjs[i], "");
    }
    assert_string_equal(fake_log(), "");
}

static void test_empty_array(void **state)
{
    (void)state;
    assert_true(process("[]"));
    require_empty();
    assert_true(process(" [ \n ] "));
    require_empty();
}

/* The way that programs take: a key's value, then its objects, then their keys. */
static void test_array_of_a_document(void **state)
{
    (void)state;
    char steps[64], name[8];
    const jsonTag_st tags[] = {JSON_TAG("steps", steps)}, names[] = {JSON_TAG("name", name)};
    assert_true(JSON_getValues("{\"steps\":[{\"name\":\"one\"},{\"name\":\"two\"}]}", tags, 1));
    assert_true(process(steps));
    assert_true(JSON_getValues(guarded.array.jsonObjs[1], names, 1));
    assert_string_equal(name, "two");
}

static void make(char *out, unsigned count, unsigned bytes)
{
    strcpy(out, "[");
    for (unsigned i = 0; i < count; i++) {
        char object[300];
        snprintf(object, sizeof(object), "%s{\"p\":\"%*s\"}", i > 0 ? "," : "", (int)bytes - 8, "");
        strcat(out, object);
    }
    strcat(out, "]");
}

static void test_limits_of_count_and_size(void **state)
{
    (void)state;
    char text[4000];
    make(text, 10, 149);
    assert_true(process(text));
    assert_int_equal(guarded.array.numOfJosnObjs_u8, 10);
    assert_int_equal(strlen(guarded.array.jsonObjs[9]), 149);
    make(text, 11, 20);
    refuse(text, "the array has more than 10 objects");
    make(text, 10, 150);
    refuse(text, "object 1 of the array needs 151 bytes, its buffer has 150");
    strcpy(text, "[{},{\"a\":1},");
    make(text + strlen(text) - 1, 1, 200);
    text[strlen("[{},{\"a\":1},") - 1] = ',';
    refuse(text, "object 3 of the array needs 201 bytes, its buffer has 150");
}

static void test_what_is_no_array_of_objects(void **state)
{
    (void)state;
    refuse("{}", "the text is no array");
    refuse("{\"a\":[{}]}", "the text is no array");
    refuse("\"[{}]\"", "the text is no array");
    refuse(" 1", "the text is no array");
    refuse("null", "the text is no array");
    refuse("[1]", "element 1 of the array is no object");
    refuse("[{},\"{}\"]", "element 2 of the array is no object");
    refuse("[{},[{}]]", "element 2 of the array is no object");
    refuse("[{},null]", "element 2 of the array is no object");
}

static void test_what_is_no_json(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        " ",
                                        "[",
                                        "[{]",
                                        "[{}",
                                        "[{},]",
                                        "[,{}]",
                                        "[{}]]",
                                        "[{}] x",
                                        "[{}{}]",
                                        "[{\"a\"}]",
                                        "[{\"a\":}]",
                                        "[{a:1}]",
                                        "['{}']",
                                        "[{\"a\":01}]",
                                        "[{}]\x01",
                                        "[{\"\xff\":1}]",
                                        "[{\"a\":\"\n\"}]",
                                        "\xef\xbb\xbf[{}]",
                                        "[{},{},{},{},{},{},{},{},{},{},{},{"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        refuse(texts[i], "(at byte ");
    }
}

/* Thirty-three containers within each other; the array is the first. */
static void test_depth(void **state)
{
    (void)state;
    char text[200] = "[{\"a\":";
    for (int i = 0; i < 30; i++) {
        strcat(text, "[");
    }
    for (int i = 0; i < 30; i++) {
        strcat(text, "]");
    }
    strcat(text, "}]");
    assert_true(process(text));
    memmove(text + 7, text + 6, strlen(text) - 5);
    text[6] = '[';
    strcpy(text + strlen(text) - 2, "]}]");
    refuse(text, "(at byte ");
}

/* What an earlier call has left is gone. */
static void test_false_leaves_nothing(void **state)
{
    (void)state;
    assert_true(process("[{\"secret\":1},{\"secret\":2}]"));
    refuse("[{\"a\":1},2]", "element 2 of the array is no object");
    assert_true(process("[{\"secret\":1},{\"secret\":2}]"));
    assert_true(process("[{}]"));
    assert_string_equal(guarded.array.jsonObjs[1], "");
}

static void test_arguments(void **state)
{
    (void)state;
    assert_false(JSON_processArrayObjs(NULL, &guarded.array));
    require_empty();
    assert_true(fake_log_has("no text was given"));
    assert_false(JSON_processArrayObjs("[]", NULL));
    assert_true(fake_log_has("no place for the objects"));
    assert_false(JSON_processArrayObjs(NULL, NULL));
}

/* Every text of up to five of these bytes: nothing but what json_read takes as an array of objects is taken. */
static void test_every_short_text(void **state)
{
    (void)state;
    static const char alphabet[] = "[]{}, 1";
    const unsigned letters = sizeof(alphabet) - 1;
    unsigned good = 0;
    for (unsigned len = 1; len <= 5; len++) {
        unsigned count = 1;
        for (unsigned i = 0; i < len; i++) {
            count *= letters;
        }
        for (unsigned n = 0; n < count; n++) {
            char text[6] = "";
            for (unsigned i = 0, rest = n; i < len; i++, rest /= letters) {
                text[i] = alphabet[rest % letters];
            }
            if (process(text)) {
                good++;
                assert_true(guarded.array.numOfJosnObjs_u8 <= 1);
            } else {
                require_empty();
            }
        }
        fake_reset();
    }
    /* "[]", "[{}]" and where up to three, or one, of the bytes around are blanks: 1 + 3 + 6 + 10, and 1 + 5 */
    assert_int_equal(good, 1 + 3 + 6 + 10 + 1 + 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_objects_as_they_stand_in_the_text, setup),
        cmocka_unit_test_setup(test_empty_array, setup),
        cmocka_unit_test_setup(test_array_of_a_document, setup),
        cmocka_unit_test_setup(test_limits_of_count_and_size, setup),
        cmocka_unit_test_setup(test_what_is_no_array_of_objects, setup),
        cmocka_unit_test_setup(test_what_is_no_json, setup),
        cmocka_unit_test_setup(test_depth, setup),
        cmocka_unit_test_setup(test_false_leaves_nothing, setup),
        cmocka_unit_test_setup(test_arguments, setup),
        cmocka_unit_test_setup(test_every_short_text, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
