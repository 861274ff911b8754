/* SPDX-License-Identifier: MIT */
// LINK: common
/* common/json_write.h: commas, escapes, and that truncated output is an error at every capacity. */
#include "tests/unit/test_json.h"

#include "common/json_write.h"

static void write_document(struct json_writer *w)
{
    json_write_object(w);
    json_write_key(w, "status");
    json_write_string(w, "IN_PROGRESS");
    json_write_key(w, "statusDetails");
    json_write_object(w);
    json_write_key(w, "quote\"d");
    json_write_string(w, "a\nb\\c\x01");
    json_write_key(w, "");
    json_write_slice(w, (struct slice){"x\0y", 3});
    json_write_object_end(w);
    json_write_key(w, "list");
    json_write_array(w);
    json_write_i64(w, INT64_MIN);
    json_write_i64(w, 0);
    json_write_bool(w, true);
    json_write_bool(w, false);
    json_write_null(w);
    json_write_array(w);
    json_write_array_end(w);
    json_write_object(w);
    json_write_object_end(w);
    json_write_array_end(w);
    json_write_key(w, "document");
    json_write_raw(w, slice_from("{\"action\": \"blink\"}"));
    json_write_raw(w, slice_from("\"more\":1,\"members\":2"));
    json_write_key(w, "end");
    json_write_null(w);
    json_write_object_end(w);
}

static const char document[] =
    "{\"status\":\"IN_PROGRESS\",\"statusDetails\":{\"quote\\\"d\":\"a\\nb\\\\c\\u0001\",\"\":\"x\\u0000y\"},"
    "\"list\":[-9223372036854775808,0,true,false,null,[],{}],\"document\":{\"action\": \"blink\"},"
    "\"more\":1,\"members\":2,\"end\":null}";

static void test_a_document(void **state)
{
    (void)state;
    char buf[512];
    size_t len = 0;
    struct json_writer w;
    json_write_begin(&w, buf, sizeof(buf));
    write_document(&w);
    assert_int_equal(json_write_finish(&w, &len), ERR_OK);
    assert_string_equal(buf, document);
    assert_int_equal(len, sizeof(document) - 1);
    assert_int_equal(json_read(slice_from(buf), NULL, 0, NULL), ERR_OK);
}

/* Nothing is written past the capacity, and a text that does not fit whole is an error and not a shorter text. */
static void test_every_capacity(void **state)
{
    (void)state;
    for (size_t cap = 0; cap <= sizeof(document) + 2; cap++) {
        char *buf = make_room(cap);
        size_t len = 77;
        struct json_writer w;
        json_write_begin(&w, buf, cap);
        write_document(&w);
        enum err err = json_write_finish(&w, &len);
        if (cap < sizeof(document)) {
            assert_int_equal(err, ERR_TOO_LONG);
            assert_int_equal(len, 77);
            assert_true(cap == 0 || buf[0] == '\0');
        } else {
            assert_int_equal(err, ERR_OK);
            assert_string_equal(buf, document);
        }
        free(buf);
    }
}

static void test_nothing_written_is_the_empty_text(void **state)
{
    (void)state;
    char *buf = make_room(1);
    size_t len = 77;
    struct json_writer w;
    json_write_begin(&w, buf, 1);
    assert_int_equal(json_write_finish(&w, &len), ERR_OK);
    assert_int_equal(len, 0);
    assert_string_equal(buf, "");
    json_write_begin(&w, NULL, 0);
    assert_int_equal(json_write_finish(&w, &len), ERR_TOO_LONG);
    free(buf);
}

/* What does not fit stays out even when something shorter after it would. */
static void test_nothing_follows_what_did_not_fit(void **state)
{
    (void)state;
    char buf[8];
    struct json_writer w;
    json_write_begin(&w, buf, sizeof(buf));
    json_write_array(&w);
    json_write_raw(&w, slice_from("12345678"));
    json_write_i64(&w, 1);
    json_write_array_end(&w);
    assert_int_equal(json_write_finish(&w, NULL), ERR_TOO_LONG);
}

static void test_escapes_of_all_bytes(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 0x80; byte++) {
        char text = (char)byte;
        char buf[16];
        char expected[16];
        struct json_writer w;
        json_write_begin(&w, buf, sizeof(buf));
        json_write_slice(&w, (struct slice){&text, 1});
        assert_int_equal(json_write_finish(&w, NULL), ERR_OK);

        const char *name = byte != 0 ? strchr("\bb\ff\nn\rr\tt\"\"\\\\", (int)byte) : NULL;
        if (byte == '\b' || byte == '\f' || byte == '\n' || byte == '\r' || byte == '\t') {
            snprintf(expected, sizeof(expected), "\"\\%c\"", name[1]);
        } else if (byte == '"' || byte == '\\') {
            snprintf(expected, sizeof(expected), "\"\\%c\"", (int)byte);
        } else if (byte < 0x20) {
            snprintf(expected, sizeof(expected), "\"\\u%04x\"", byte);
        } else {
            snprintf(expected, sizeof(expected), "\"%c\"", (int)byte);
        }
        assert_string_equal(buf, expected);
    }
}

static void expect_written(const char *text, const char *expected)
{
    char buf[64];
    struct json_writer w;
    json_write_begin(&w, buf, sizeof(buf));
    json_write_string(&w, text);
    assert_int_equal(json_write_finish(&w, NULL), ERR_OK);
    assert_string_equal(buf, expected);
}

static void test_strings(void **state)
{
    (void)state;
    expect_written("", "\"\"");
    expect_written(NULL, "\"\"");
    expect_written("\xE2\x82\xAC \xF0\x9F\x98\x80 /", "\"\xE2\x82\xAC \xF0\x9F\x98\x80 /\"");
    expect_written("a\"", "\"a\\\"\"");
    expect_written("\\", "\"\\\\\"");
}

static void test_commas(void **state)
{
    (void)state;
    char buf[128];
    struct json_writer w;

    json_write_begin(&w, buf, sizeof(buf));
    json_write_array(&w);
    json_write_array(&w);
    json_write_array_end(&w);
    json_write_string(&w, "a");
    json_write_object(&w);
    json_write_key(&w, "k");
    json_write_array(&w);
    json_write_null(&w);
    json_write_array_end(&w);
    json_write_key(&w, "l");
    json_write_bool(&w, true);
    json_write_object_end(&w);
    json_write_i64(&w, -1);
    json_write_array_end(&w);
    assert_int_equal(json_write_finish(&w, NULL), ERR_OK);
    assert_string_equal(buf, "[[],\"a\",{\"k\":[null],\"l\":true},-1]");
}

static void test_raw_members(void **state)
{
    (void)state;
    char buf[64];
    struct json_writer w;

    json_write_begin(&w, buf, sizeof(buf));
    json_write_object(&w);
    json_write_raw(&w, SLICE_EMPTY); /* no members: no comma */
    json_write_key(&w, "a");
    json_write_raw(&w, slice_from("[1]"));
    json_write_raw(&w, SLICE_EMPTY);
    json_write_raw(&w, slice_from("\"b\":2"));
    json_write_object_end(&w);
    assert_int_equal(json_write_finish(&w, NULL), ERR_OK);
    assert_string_equal(buf, "{\"a\":[1],\"b\":2}");
}

/* Whatever bytes a string holds, reading it back gives them (NUL has no text form, but stays valid JSON). */
static void test_written_strings_read_back(void **state)
{
    (void)state;
    char text[128];
    for (size_t i = 0; i < 127; i++) {
        text[i] = (char)(i + 1);
    }
    text[127] = '\0';

    char buf[512];
    char back[128];
    struct json_writer w;
    struct json_field field = {.key = "k\n", .parent = JSON_TOP};
    json_write_begin(&w, buf, sizeof(buf));
    json_write_object(&w);
    json_write_key(&w, "k\n");
    json_write_string(&w, text);
    json_write_object_end(&w);
    assert_int_equal(json_write_finish(&w, NULL), ERR_OK);
    assert_int_equal(json_read(slice_from(buf), &field, 1, NULL), ERR_OK);
    assert_int_equal(json_decode(field.text, back, sizeof(back), NULL), ERR_OK);
    assert_string_equal(back, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_document),
        cmocka_unit_test(test_every_capacity),
        cmocka_unit_test(test_nothing_written_is_the_empty_text),
        cmocka_unit_test(test_nothing_follows_what_did_not_fit),
        cmocka_unit_test(test_escapes_of_all_bytes),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_commas),
        cmocka_unit_test(test_raw_members),
        cmocka_unit_test(test_written_strings_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
