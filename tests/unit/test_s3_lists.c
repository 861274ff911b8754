/* SPDX-License-Identifier: MIT */
/* ListObjects, ListObjectsV2 and ListBuckets (docs/protocol.md 11): order, prefixes, pages. */
// LINK: cloud_http
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/s3_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* In the order of their bytes. */
static const char *const keys[] = {
    "%41",
    "+",
    "..",
    "../../etc/passwd",
    "A",
    "a",
    "a b",
    "a+b",
    "a/",
    "a/b",
    "a/b/c",
    "a/c",
    "a0",
    "b//x",
    "b/",
    "b/\xc3\xa4",
    "z/a&b<c>",
    "z/\"q",
    "\xc3\xa4",
    "\xc3\xa4/x",
    "\xf0\x9f\x98\x80",
};

static struct http_fixture *filled(void **state)
{
    struct http_fixture *fx = *state;
    s3_good(fx, 200, "PUT", "/docs", NULL);
    for (size_t i = COUNT(keys); i-- > 0;) {
        char target[128] = "/docs/";
        for (const char *at = keys[i]; *at; at++) {
            snprintf(target + strlen(target), 4, "%%%02X", (unsigned char)*at);
        }
        s3_good(fx, 200, "PUT", target, "x");
    }
    return fx;
}

/* --- A plain model of what S3 says --- */

struct wanted {
    const char *prefix, *delimiter;
};

/* The name of the entry that a key belongs to; "": none. */
static void roll_up(const struct wanted *wanted, const char *key, char *name, size_t cap)
{
    size_t prefix_len = strlen(wanted->prefix);
    snprintf(name, cap, "%s", key);
    if (strncmp(key, wanted->prefix, prefix_len) != 0) {
        name[0] = '\0';
        return;
    }
    const char *found = *wanted->delimiter ? strstr(key + prefix_len, wanted->delimiter) : NULL;
    if (found) {
        name[(size_t)(found - key) + strlen(wanted->delimiter)] = '\0';
    }
}

static char *list_model(const struct wanted *wanted)
{
    char last[128] = "", name[128];
    char *all = calloc(1, 4096);
    assert_non_null(all);
    size_t count = 0;
    /* The smallest name behind the last one, again and again. */
    for (;;) {
        char best[128] = "";
        for (size_t i = 0; i < COUNT(keys); i++) {
            roll_up(wanted, keys[i], name, sizeof name);
            if (*name && strcmp(name, last) > 0 && (!*best || strcmp(name, best) < 0)) {
                snprintf(best, sizeof best, "%s", name);
            }
        }
        if (!*best) {
            return all;
        }
        snprintf(last, sizeof last, "%s", best);
        count += (size_t)snprintf(all + count, 4096 - count, "%s\n", best);
    }
}

/* --- What the service says --- */

/* All of it: it must fit. */
static void keep(const char *text, char *out, size_t cap)
{
    size_t len = strlen(text);
    assert_true(len < cap);
    memcpy(out, text, len + 1);
}

static void decode_into(char *out, size_t cap, const char *encoded)
{
    size_t used = strlen(out);
    for (; *encoded && used + 1 < cap; encoded++) {
        char c = *encoded == ' ' ? '\n' : *encoded; /* s3_texts puts a blank behind each */
        if (c == '%') {
            char digits[3] = {encoded[1], encoded[2]};
            c = (char)strtoul(digits, NULL, 16);
            encoded += 2;
        }
        out[used++] = c;
    }
    out[used] = '\0';
}

static void encode(const char *text, char *out, size_t cap)
{
    out[0] = '\0';
    for (; *text; text++) {
        snprintf(out + strlen(out), cap - strlen(out), "%%%02X", (unsigned char)*text);
    }
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The entries of all pages, in order. */
static char *list_all(struct http_fixture *fx, const struct wanted *wanted, int limit, bool is_v2)
{
    char *all = calloc(1, 4096);
    char prefix[256], delimiter[64], target[2048], next[1024] = "";
    assert_non_null(all);
    encode(wanted->prefix, prefix, sizeof prefix);
    encode(wanted->delimiter, delimiter, sizeof delimiter);
    for (int pages = 0; pages < 100; pages++) {
        char page[4096] = "";
        snprintf(target, sizeof target, "/docs?%sencoding-type=url&max-keys=%d&prefix=%s&delimiter=%s%s%s",
                 is_v2 ? "list-type=2&" : "", limit, prefix, delimiter,
                 !*next  ? ""
                 : is_v2 ? "&continuation-token="
                         : "&marker=",
                 next);
        s3_good(fx, 200, "GET", target, NULL);
        decode_into(page, sizeof page, s3_texts(fx, "Key"));
        char *prefixes = strstr(fx->call.answer.body, "<CommonPrefixes>");
        if (prefixes) {
            char *before = fx->call.answer.body;
            fx->call.answer.body = prefixes; /* not the Prefix that was asked for */
            decode_into(page, sizeof page, s3_texts(fx, "Prefix"));
            fx->call.answer.body = before;
        }
        char *lines[64];
        size_t count = 0;
        for (char *rest = page, *line; (line = strsep(&rest, "\n")) && *line;) {
            lines[count++] = line;
        }
        assert_true(count <= (size_t)limit);
        qsort(lines, count, sizeof lines[0], compare_lines);
        for (size_t i = 0; i < count; i++) {
            snprintf(all + strlen(all), 4096 - strlen(all), "%s\n", lines[i]);
        }
        bool has_more = strcmp(s3_texts(fx, "IsTruncated"), "true ") == 0;
        if (is_v2) {
            char told[16];
            snprintf(told, sizeof told, "%zu ", count);
            s3_expect_texts(fx, "KeyCount", told);
        }
        if (!has_more) {
            return all;
        }
        if (is_v2) {
            keep(s3_texts(fx, "NextContinuationToken"), next, sizeof next);
            next[strlen(next) - 1] = '\0';
        } else {
            encode(lines[count - 1], next, sizeof next);
        }
    }
    fail_msg("the list does not end");
    return NULL;
}

/* Every prefix, delimiter and page size gives the same entries, each once and in order. */
static void pages_hold_each_entry_once(void **state)
{
    struct http_fixture *fx = filled(state);
    static const char *const prefixes[] = {
        "", "a", "a/", "a/b", "b/", "\xc3\xa4", "z/", "../", "none", "\xf0\x9f\x98\x80", "%"};
    static const char *const delimiters[] = {"", "/", "b", "//", "/b", "\xc3\xa4"};
    for (size_t p = 0; p < COUNT(prefixes); p++) {
        for (size_t d = 0; d < COUNT(delimiters); d++) {
            struct wanted wanted = {prefixes[p], delimiters[d]};
            char *model = list_model(&wanted);
            for (int limit = 1; limit <= 25; limit += limit < 4 ? 1 : 20) {
                for (int version = 1; version <= 2; version++) {
                    char *got = list_all(fx, &wanted, limit, version == 2);
                    if (strcmp(got, model) != 0) {
                        fail_msg("prefix '%s', delimiter '%s', %d a page, V%d gave\n%swanted\n%s",
                                 prefixes[p], delimiters[d], limit, version, got, model);
                    }
                    free(got);
                }
            }
            free(model);
        }
    }
}

static void entries_say_what_they_are(void **state)
{
    struct http_fixture *fx = *state;
    s3_good(fx, 200, "PUT", "/docs", NULL);
    s3_good(fx, 200, "PUT", "/docs/a%3Cb%3E%26", "hello");
    s3_good(fx, 200, "GET", "/docs?list-type=2", NULL);
    s3_expect_texts(fx, "Key", "a&lt;b&gt;&amp; ");
    s3_expect_texts(fx, "ETag", "&quot;5d41402abc4b2a76b9719d911017c592&quot; ");
    s3_expect_texts(fx, "Size", "5 ");
    s3_expect_texts(fx, "LastModified", "2023-11-14T22:13:20.123Z ");
    s3_expect_texts(fx, "StorageClass", "STANDARD ");
    s3_expect_texts(fx, "ChecksumAlgorithm", "CRC64NVME ");
    s3_expect_texts(fx, "Owner", "");
    s3_expect_texts(fx, "Name", "docs ");
    s3_expect_texts(fx, "MaxKeys", "1000 ");
    assert_non_null(
        strstr(fx->call.answer.body, "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"));
    s3_good(fx, 200, "GET", "/docs?list-type=2&fetch-owner=true", NULL);
    s3_expect_texts(fx, "ID", "123456789012 ");
    s3_good(fx, 200, "GET", "/docs", NULL);
    s3_expect_texts(fx, "ID", "123456789012 ");
    s3_expect_texts(fx, "Marker", " ");
}

static void start_after_and_marker(void **state)
{
    struct http_fixture *fx = filled(state);
    s3_good(fx, 200, "GET", "/docs?list-type=2&start-after=a%2Fb&prefix=a%2F", NULL);
    s3_expect_texts(fx, "Key", "a/b/c a/c ");
    s3_expect_texts(fx, "StartAfter", "a/b ");
    s3_good(fx, 200, "GET", "/docs?marker=a%2Fb&prefix=a%2F", NULL);
    s3_expect_texts(fx, "Key", "a/b/c a/c ");
    s3_good(fx, 200, "GET", "/docs?list-type=2&start-after=zzz&prefix=a%2F", NULL);
    s3_expect_texts(fx, "Key", "");
    s3_good(fx, 200, "GET", "/docs?list-type=2&start-after=0&prefix=a%2F&max-keys=1", NULL);
    s3_expect_texts(fx, "Key", "a/ ");
    /* A common prefix as marker leaves all of it out. */
    s3_good(fx, 200, "GET", "/docs?marker=b%2F&delimiter=%2F&max-keys=1", NULL);
    assert_non_null(strstr(fx->call.answer.body, "<CommonPrefixes><Prefix>z/</Prefix>"));
    s3_expect_texts(fx, "NextMarker", "z/ ");
    s3_good(fx, 200, "GET", "/docs?max-keys=1", NULL);
    s3_expect_texts(fx, "NextMarker", ""); /* told with a delimiter only, as on AWS */
}

static void limits_of_max_keys(void **state)
{
    struct http_fixture *fx = filled(state);
    s3_good(fx, 200, "GET", "/docs?list-type=2&max-keys=0", NULL);
    s3_expect_texts(fx, "Key", "");
    s3_expect_texts(fx, "IsTruncated", "false ");
    s3_expect_texts(fx, "KeyCount", "0 ");
    s3_expect_texts(fx, "MaxKeys", "0 ");
    s3_good(fx, 200, "GET", "/docs?list-type=2&max-keys=5000", NULL);
    s3_expect_texts(fx, "MaxKeys", "1000 ");
    static const char *const bad[] = {"-1", "x", "1.5", "2147483648", "99999999999999999999"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        char target[96];
        snprintf(target, sizeof target, "/docs?list-type=2&max-keys=%s", bad[i]);
        s3_bad(fx, 400, "InvalidArgument", "GET", target, NULL);
    }
}

static void what_is_wrong_with_a_list(void **state)
{
    struct http_fixture *fx = filled(state);
    s3_bad(fx, 404, "NoSuchBucket", "GET", "/none?list-type=2", NULL);
    s3_bad(fx, 404, "NoSuchBucket", "GET", "/none", NULL);
    s3_bad(fx, 400, "InvalidArgument", "GET", "/docs?list-type=3", NULL);
    s3_bad(fx, 400, "InvalidArgument", "GET", "/docs?list-type=2&encoding-type=base64", NULL);
    static const char *const tokens[] = {"", "x", "0123456789abcdef61", "0123456789abcdef6",
                                         "0123456789abcdefzz"};
    for (size_t i = 0; i < COUNT(tokens); i++) {
        char target[128];
        snprintf(target, sizeof target, "/docs?list-type=2&continuation-token=%s", tokens[i]);
        s3_bad(fx, 400, "InvalidArgument", "GET", target, NULL);
    }
    /* A token of another bucket. */
    s3_good(fx, 200, "GET", "/docs?list-type=2&max-keys=1", NULL);
    char target[256], token[128];
    keep(s3_texts(fx, "NextContinuationToken"), token, sizeof token);
    s3_good(fx, 200, "PUT", "/other", NULL);
    snprintf(target, sizeof target, "/other?list-type=2&continuation-token=%.*s", (int)strlen(token) - 1,
             token);
    s3_bad(fx, 400, "InvalidArgument", "GET", target, NULL);
}

/* What comes and goes between two pages makes nothing else appear twice or not at all. */
static void lists_while_deleting(void **state)
{
    struct http_fixture *fx = *state;
    char target[512], token[256] = "";
    size_t seen = 0;
    s3_good(fx, 200, "PUT", "/docs", NULL);
    for (int i = 0; i < 20; i++) {
        snprintf(target, sizeof target, "/docs/k%02d", i);
        s3_good(fx, 200, "PUT", target, "x");
    }
    for (bool has_more = true; has_more;) {
        snprintf(target, sizeof target, "/docs?list-type=2&max-keys=3%s%s",
                 *token ? "&continuation-token=" : "", token);
        s3_good(fx, 200, "GET", target, NULL);
        char page[64];
        keep(s3_texts(fx, "Key"), page, sizeof page);
        keep(s3_texts(fx, "NextContinuationToken"), token, sizeof token);
        has_more = *token;
        token[has_more ? strlen(token) - 1 : 0] = '\0';
        for (char *rest = page, *key; (key = strsep(&rest, " ")) && *key; seen++) {
            snprintf(target, sizeof target, "/docs/%s", key);
            s3_good(fx, 204, "DELETE", target, NULL); /* also the one that the token names */
        }
    }
    assert_int_equal(seen, 20);
    s3_good(fx, 204, "DELETE", "/docs", NULL);
}

static void buckets_by_name(void **state)
{
    struct http_fixture *fx = *state;
    static const char *const names[] = {"/ccc", "/aaa", "/abc", "/bbb"};
    s3_good(fx, 200, "GET", "/", NULL);
    s3_expect_texts(fx, "Name", "");
    for (size_t i = 0; i < COUNT(names); i++) {
        s3_good(fx, 200, "PUT", names[i], NULL);
    }
    s3_good(fx, 200, "GET", "/?x-id=ListBuckets", NULL);
    s3_expect_texts(fx, "Name", "aaa abc bbb ccc ");
    s3_expect_texts(fx, "BucketRegion", "us-east-1 us-east-1 us-east-1 us-east-1 ");
    s3_expect_texts(fx, "ContinuationToken", "");
    s3_good(fx, 200, "GET", "/?max-buckets=2", NULL);
    s3_expect_texts(fx, "Name", "aaa abc ");
    s3_expect_texts(fx, "ContinuationToken", "abc ");
    s3_good(fx, 200, "GET", "/?max-buckets=2&continuation-token=abc", NULL);
    s3_expect_texts(fx, "Name", "bbb ccc ");
    s3_expect_texts(fx, "ContinuationToken", "");
    s3_good(fx, 200, "GET", "/?prefix=a", NULL);
    s3_expect_texts(fx, "Name", "aaa abc ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, http_setup, http_teardown)
    const struct CMUnitTest tests[] = {
        TEST(pages_hold_each_entry_once),
        TEST(entries_say_what_they_are),
        TEST(start_after_and_marker),
        TEST(limits_of_max_keys),
        TEST(what_is_wrong_with_a_list),
        TEST(lists_while_deleting),
        TEST(buckets_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
