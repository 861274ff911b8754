/* SPDX-License-Identifier: MIT */
/* common/json_cut.h: the job document is taken out of a message that comes in pieces (R-54: a document never stands in memory
 * twice, whatever its size; AWS IoT Developer Guide, "Jobs device MQTT API": execution.jobDocument). */
// LINK: common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/json.h"
#include "common/json_cut.h"

#include <stdlib.h>
#include <string.h>

struct parts {
    char rest[1024], value[1024];
    size_t rest_len, value_len;
};

/* In pieces of `piece` bytes, each a block of its own, so that a sanitizer sees what is read before or behind it. */
static void cut(struct parts *parts, const char *text, size_t len, size_t piece)
{
    struct json_cut cut;
    memset(parts, 0, sizeof(*parts));
    json_cut_begin(&cut, "jobDocument");
    for (size_t at = 0; at < len; at += piece) {
        size_t size = len - at < piece ? len - at : piece;
        char *copy = malloc(size);
        assert_non_null(copy);
        memcpy(copy, text + at, size);
        struct slice in = {copy, size}, run;
        for (unsigned turns = 0; in.len > 0; turns++) {
            assert_true(turns < 10); /* a piece holds one value at most, so it falls into few runs */
            if (json_cut_next(&cut, &in, &run) == JSON_CUT_VALUE) {
                memcpy(parts->value + parts->value_len, run.ptr, run.len);
                parts->value_len += run.len;
            } else {
                memcpy(parts->rest + parts->rest_len, run.ptr, run.len);
                parts->rest_len += run.len;
            }
        }
        free(copy);
    }
}

static void expect(const char *text, const char *rest, const char *value)
{
    static struct parts parts;
    for (size_t piece = 1; piece <= strlen(text); piece++) {
        cut(&parts, text, strlen(text), piece);
        assert_string_equal(parts.rest, rest);
        assert_string_equal(parts.value, value);
    }
}

static void test_value_is_cut_out_wherever_the_pieces_end(void **state)
{
    (void)state;
    expect("{\"timestamp\":1,\"execution\":{\"jobId\":\"j\",\"jobDocument\":{\"action\":\"a\",\"x\":[{}]},"
           "\"status\":\"QUEUED\"}}",
           "{\"timestamp\":1,\"execution\":{\"jobId\":\"j\",\"jobDocument\":0,\"status\":\"QUEUED\"}}",
           "{\"action\":\"a\",\"x\":[{}]}");
    expect("{\"timestamp\":1,\"executionState\":{\"statusDetails\":{\"jobDocument\":\"x\"}},\"jobDocument\":{"
           "\"a\":[1]},\"x\":{}}",
           "{\"timestamp\":1,\"executionState\":{\"statusDetails\":{\"jobDocument\":\"x\"}},\"jobDocument\":"
           "0,\"x\":{}}",
           "{\"a\":[1]}");
    expect("{\"jobDocument\":\"a}\"}", "{\"jobDocument\":0}", "\"a}\"");
    expect("}}]]{\"jobDocument\":1}", "}}]]{\"jobDocument\":0}", "1");
    expect("{\"e\":{\"jobDocument\":{}}}", "{\"e\":{\"jobDocument\":0}}", "{}");
    expect(" { \"e\" : { \"jobDocument\" \n:\t { } , \"x\" : 1 } } ",
           " { \"e\" : { \"jobDocument\" \n:\t 0 , \"x\" : 1 } } ", "{ }");
}

static void test_any_type_of_value(void **state)
{
    static const char *const values[] = {
        "[]",
        "[1,\"]\",{\"a\":\"}\"}]",
        "\"\"",
        "\"a}b,c\"",
        "\"\\\"}\\\\\"",
        "0",
        "-1.5e+9",
        "true",
        "false",
        "null",
        "{\"jobDocument\":{\"jobDocument\":1}}",
    };
    static const char *const after[] = {",\"x\":1}}", "}}", " }}", "\n,\"jobDocument\":2}}"};
    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        for (size_t k = 0; k < sizeof(after) / sizeof(after[0]); k++) {
            char text[256] = "{\"e\":{\"jobDocument\":", rest[256] = "{\"e\":{\"jobDocument\":0";
            strcat(strcat(text, values[i]), after[k]);
            strcat(rest, after[k]);
            expect(text, rest, values[i]);
        }
    }
}

/* Only a member of the top object or of a member of it: statusDetails may have a key of that name, and texts may contain it. */
static void test_what_only_looks_like_it_stays(void **state)
{
    static const char *const texts[] = {
        "",
        "{}",
        "{\"e\":{\"statusDetails\":{\"jobDocument\":\"x\"}}}",
        "{\"e\":{\"jobDocumen\":1,\"jobDocuments\":2,\"JobDocument\":3,\"\":4}}",
        "{\"e\":{\"note\":\"jobDocument\",\"note2\":\"\\\"jobDocument\\\":1\"}}",
        "{\"e\":{\"job\\u0044ocument\":{\"a\":1}}}",
        "{\"e\":[\"jobDocument\",{\"jobDocument\":{}}]}",
        "[[\"jobDocument\",\"jobDocument\"]]",
        "{\"e\":{\"jobDocument\"",
        "{\"e\":{\"jobDocument\":",
        "{\"e\":{\"jobDocument\"  :  ",
        "{\"e\":{\"jobDocument\":,}}",
        "{\"e\":{\"jobDocument\":}}",
        "{\"e\":{\"jobDocument\",:1}}",
        "{\"e\":{\"job\\\"Document\":1}}",
        "}}{{{{\"jobDocument\":1}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        expect(texts[i], texts[i], "");
    }
}

/* Whatever comes: nothing but the value and the 0 in its place is lost or added, and what is cut out of a valid text is valid. */
static void test_random_texts(void **state)
{
    static const char *const words[] = {
        "{", "}", "[", "]", ",", ":", " ", "\"", "\\", "1", "true", "\"jobDocument\":", "\"e\":{"};
    static struct parts whole, pieces;
    uint32_t seed = 4711;
    unsigned cuts = 0;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        char text[512] = "{\"e\":{";
        for (int i = 0; i < 20; i++) {
            seed = seed * 1664525u + 1013904223u;
            strcat(text, words[(seed >> 16) % (sizeof(words) / sizeof(words[0]))]);
        }
        size_t len = strlen(text);
        cut(&whole, text, len, len);
        cut(&pieces, text, len, 1 + (seed >> 8) % 7);
        assert_memory_equal(&whole, &pieces, sizeof(whole));
        assert_int_equal(whole.rest_len + whole.value_len, len + (whole.value_len > 0));
        cuts += whole.value_len > 0;
        if (json_read((struct slice){text, len}, NULL, 0, NULL) != ERR_OK) {
            continue;
        }
        assert_int_equal(json_read((struct slice){whole.rest, whole.rest_len}, NULL, 0, NULL), ERR_OK);
        if (whole.value_len > 0) {
            assert_int_equal(json_read((struct slice){whole.value, whole.value_len}, NULL, 0, NULL), ERR_OK);
        }
    }
    assert_true(cuts > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_value_is_cut_out_wherever_the_pieces_end),
        cmocka_unit_test(test_any_type_of_value),
        cmocka_unit_test(test_what_only_looks_like_it_stays),
        cmocka_unit_test(test_random_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
