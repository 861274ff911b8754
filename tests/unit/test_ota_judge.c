/* SPDX-License-Identifier: MIT */
/* device/core/ota/ota_judge: which answers to a ranged GET let bytes in. One row for each, with the headers that matter. */
// LINK: device_core common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/core/crc32.h"
#include "device/core/ota/ota_judge.h"

#include <string.h>

static char url[32];
static struct ota_judge judge;

/* The question: bytes 4096-8191 of an object of 10000 bytes whose ETag is "a". headers: "name: value|name: value". */
static enum ota_verdict judge_as(const struct ota_object *object, unsigned status, const char *headers)
{
    struct slice rest = slice_from(headers);
    const char *what = NULL;

    strcpy(url, "https://first");
    ota_judge_begin(&judge, object, 4096, 8191, url, sizeof(url));
    ota_judge_status(&judge, status);
    while (rest.len > 0) {
        struct slice value = slice_cut(&rest, '|');
        struct slice name = slice_cut(&value, '=');
        assert_true(ota_judge_header(&judge, name, value, 100));
    }
    enum ota_verdict verdict = ota_judge_verdict(&judge, &what);
    assert_int_equal(what[0] == '\0', verdict == OTA_VERDICT_GOOD);
    return verdict;
}

struct row {
    unsigned status;
    const char *headers;
    enum ota_verdict verdict;
};

#define RANGE "Content-Range=bytes 4096-8191/10000"
#define ETAG  "|ETag=\"a\""

static const struct row rows[] = {
    {206, RANGE ETAG, OTA_VERDICT_GOOD},
    {206, "content-range=BYTES 4096-8191/10000|etag=\"a\"|content-length=4096|Content-Encoding=identity",
     OTA_VERDICT_GOOD},
    {206, "Content-Range=bytes 4096-5000/10000" ETAG "|Content-Length=905",
     OTA_VERDICT_GOOD}, /* less than was asked for */
    {206, "Content-Range=bytes 4096-4096/10000" ETAG, OTA_VERDICT_GOOD},
    {206, RANGE ETAG "|Location=http://x", OTA_VERDICT_GOOD}, /* means nothing here */
    {206, "Location=https://x/z|" RANGE ETAG, OTA_VERDICT_GOOD},
    {206, "Content-Rangex=bytes 4096-8191/10000" ETAG, OTA_VERDICT_BAD},
    {206, "Content-Rang=bytes 4096-8191/10000" ETAG, OTA_VERDICT_BAD},
    {206, "X=y" ETAG, OTA_VERDICT_BAD},
    {206, RANGE "|Content-Range=bytes 4096-8191/10000" ETAG, OTA_VERDICT_BAD},
    {206, RANGE ETAG "|ETag=\"a\"", OTA_VERDICT_BAD},
    {206, RANGE ETAG "|Content-Length=4096|Content-Length=4096", OTA_VERDICT_BAD},
    {206, RANGE ETAG "|Content-Length=4095", OTA_VERDICT_BAD},
    {206, RANGE ETAG "|Content-Length=x", OTA_VERDICT_BAD},
    {206, "Content-Length=x|" RANGE ETAG, OTA_VERDICT_BAD},
    {206, RANGE ETAG "|Content-Encoding=gzip", OTA_VERDICT_BAD},
    {206, "Content-Range=bytes 4095-8191/10000" ETAG, OTA_VERDICT_BAD},
    {206, "Content-Range=bytes 4097-8191/10000" ETAG, OTA_VERDICT_BAD},
    {206, "Content-Range=bytes 4096-8192/10000" ETAG, OTA_VERDICT_BAD},
    {206, "Content-Range=bytes 4096-4095/10000" ETAG, OTA_VERDICT_BAD},
    {206, "Content-Range=bytes 4096-8191/8191" ETAG, OTA_VERDICT_BAD},
    {206, "Content-Range=bytes 4096-8191/*" ETAG, OTA_VERDICT_BAD},
    {206, "Content-Range=bytes 4096-8191" ETAG, OTA_VERDICT_BAD},
    {206, "Content-Range=bytes */10000" ETAG, OTA_VERDICT_BAD},
    {206, "Content-Range=byte 4096-8191/10000" ETAG, OTA_VERDICT_BAD},
    {206, "Content-Range=bytes=4096-8191/10000" ETAG, OTA_VERDICT_BAD},
    {206, "Content-Range=bytes 4096-8191/4294967296" ETAG, OTA_VERDICT_BAD},
    {206, "Content-Range=" ETAG, OTA_VERDICT_BAD},
    {206, RANGE "|ETag=\"b\"", OTA_VERDICT_CHANGED},
    {206, RANGE "|ETag=\"aa\"", OTA_VERDICT_CHANGED},
    {206, RANGE, OTA_VERDICT_CHANGED}, /* it had one */
    {206, "Content-Range=bytes 4096-8191/10001" ETAG, OTA_VERDICT_CHANGED},
    {200, RANGE ETAG, OTA_VERDICT_BAD},
    {204, "", OTA_VERDICT_BAD},
    {0, "", OTA_VERDICT_BAD},
    {304, "", OTA_VERDICT_BAD},
    {301, "Location=https://x/y", OTA_VERDICT_MOVED},
    {302, "location=https://x/y", OTA_VERDICT_MOVED},
    {303, "Location=https://x/y", OTA_VERDICT_MOVED},
    {307, "Location=https://x/y", OTA_VERDICT_MOVED},
    {308, "Location=https://x/y", OTA_VERDICT_MOVED},
    {302, "Location=http://x/y", OTA_VERDICT_FATAL},
    {302, "Location=/y", OTA_VERDICT_FATAL},
    {302, "Location=https://0123456789012345678901234", OTA_VERDICT_FATAL},
    {302, "Location=https://x|Location=https://y", OTA_VERDICT_FATAL},
    {302, "", OTA_VERDICT_FATAL},
    {401, "", OTA_VERDICT_DENIED},
    {403, "", OTA_VERDICT_DENIED},
    {404, "", OTA_VERDICT_FATAL},
    {410, "", OTA_VERDICT_FATAL},
    {412, "", OTA_VERDICT_FATAL},
    {416, "", OTA_VERDICT_CHANGED},
    {408, "", OTA_VERDICT_LATER},
    {425, "", OTA_VERDICT_LATER},
    {429, "", OTA_VERDICT_LATER},
    {500, "", OTA_VERDICT_LATER},
    {503, "", OTA_VERDICT_LATER},
    {70000, "", OTA_VERDICT_LATER},
};

static struct ota_object begun(void)
{
    return (struct ota_object){
        .size = 10000, .etag_crc = crc32_of("\"a\"", 3), .etag_len = 3, .is_begun = true};
}

static void test_each_answer(void **state)
{
    const struct ota_object object = begun();
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const enum ota_verdict verdict = judge_as(&object, rows[i].status, rows[i].headers);
        if (verdict != rows[i].verdict) {
            print_error("row %zu: %u %s\n", i, rows[i].status, rows[i].headers);
        }
        assert_int_equal(verdict, rows[i].verdict);
        assert_string_equal(url, verdict == OTA_VERDICT_MOVED                 ? "https://x/y"
                                 : strstr(rows[i].headers, "|Location=https") ? "https://y"
                                                                              : "https://first");
    }
}

/* The first answer says which object it is. */
static void test_first_answer(void **state)
{
    struct ota_object object = {.size = 0};
    (void)state;
    assert_int_equal(judge_as(&object, 206, "Content-Range=bytes 4096-8191/12345|ETag=\"z\""),
                     OTA_VERDICT_GOOD);
    assert_int_equal(judge.total, 12345);
    assert_int_equal(judge.last, 8191);
    assert_int_equal(judge.etag_len, 3);
    assert_int_equal(judge.etag_crc, crc32_of("\"z\"", 3));
    assert_int_equal(judge_as(&object, 206, RANGE), OTA_VERDICT_GOOD); /* no ETag */
    assert_int_equal(judge_as(&object, 416, ""), OTA_VERDICT_FATAL);
    object.size = 9999; /* says the document */
    assert_int_equal(judge_as(&object, 206, RANGE ETAG), OTA_VERDICT_FATAL);
    object.size = 10000;
    assert_int_equal(judge_as(&object, 206, RANGE ETAG), OTA_VERDICT_GOOD);
}

static void test_too_many_headers(void **state)
{
    const struct ota_object object = begun();
    (void)state;
    ota_judge_begin(&judge, &object, 0, 0, url, sizeof(url));
    for (int i = 0; i < 3; i++) {
        assert_true(ota_judge_header(&judge, slice_from("X"), slice_from("y"), 3));
    }
    assert_false(ota_judge_header(&judge, slice_from("X"), slice_from("y"), 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_answer),
        cmocka_unit_test(test_first_answer),
        cmocka_unit_test(test_too_many_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
