/* SPDX-License-Identifier: MIT */
/* The local S3, and the links that name its objects. */
// LINK: cloud_core jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/core/objects/objects.h"
#include "cloud/core/objects/uploads.h"
#include "fakes/core_fixture.h"

#include <sys/stat.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int put(struct fixture *fx, const char *bucket, const char *key, const char *type, const void *body,
               size_t size, char etag[OBJECT_ETAG_CAP])
{
    return fixture_try_object(fx, bucket, key, type, body, size, etag);
}

/* What the object's file holds, as text. */
static void expect_body(struct fixture *fx, const struct object *object, const void *body, size_t size)
{
    int fd = -1;
    unsigned char *bytes = malloc(size + 1);
    assert_non_null(bytes);
    FIXTURE_OK(fx, objects_open(fx->core, object, &fd, &fx->error));
    assert_int_equal(read(fd, bytes, size + 1), (ssize_t)size);
    assert_memory_equal(bytes, body, size);
    close(fd);
    free(bytes);
}

static size_t count_files(const struct fixture *fx)
{
    size_t count = 0;
    DIR *dir = opendir(fx->objects_dir);
    struct dirent *entry;
    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        count += entry->d_name[0] != '.';
    }
    closedir(dir);
    return count;
}

static void remove_file_of(struct fixture *fx, const char *key)
{
    struct object object;
    FIXTURE_OK(fx, objects_get(fx->core, "docs", key, &object, &fx->error));
    object_file_remove(fx->objects_dir, object.file);
    object_clear(&object);
}

static void bucket_names(void **state)
{
    struct fixture *fx = *state;
    char name_63[64];
    char name_64[65];
    memset(name_63, 'b', 63);
    name_63[63] = '\0';
    memset(name_64, 'b', 64);
    name_64[64] = '\0';
    const struct {
        const char *name;
        int code;
    } rows[] = {{"abc", CORE_OK},
                {"abc", CORE_ALREADY_EXISTS},
                {"my.bucket-1", CORE_OK},
                {name_63, CORE_OK},
                {name_64, CORE_INVALID_REQUEST},
                {"ab", CORE_INVALID_REQUEST},
                {"", CORE_INVALID_REQUEST},
                {"Abc", CORE_INVALID_REQUEST},
                {"a_c", CORE_INVALID_REQUEST},
                {"-bc", CORE_INVALID_REQUEST},
                {"ab.", CORE_INVALID_REQUEST},
                {"a/c", CORE_INVALID_REQUEST}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(FIXTURE_RUN(fx, buckets_create(fx->core, rows[i].name, &fx->error)), rows[i].code);
    }
    assert_int_equal(FIXTURE_RUN(fx, buckets_head(fx->core, "abc", &fx->error)), CORE_OK);
    assert_int_equal(FIXTURE_RUN(fx, buckets_head(fx->core, "none", &fx->error)), CORE_NOT_FOUND);
    assert_int_equal(FIXTURE_RUN(fx, buckets_head(fx->core, "N", &fx->error)), CORE_INVALID_REQUEST);
}

static void put_and_get(void **state)
{
    struct fixture *fx = *state;
    const unsigned char body[] = {0, 1, 0xff, 'x', 0};
    char etag[OBJECT_ETAG_CAP] = "";
    struct object object;
    FIXTURE_OK(fx, buckets_create(fx->core, "docs", &fx->error));
    assert_int_equal(put(fx, "docs", "a/b c.bin", "text/plain", body, sizeof body, etag), CORE_OK);
    assert_string_equal(etag, "\"cbd6c01ce46cbe0a483de5391c159b8f\"");
    FIXTURE_OK(fx, objects_get(fx->core, "docs", "a/b c.bin", &object, &fx->error));
    assert_int_equal(object.size, sizeof body);
    assert_null(object.body);
    expect_body(fx, &object, body, sizeof body);
    assert_string_equal(object.content_type, "text/plain");
    assert_string_equal(object.etag, etag);
    assert_int_equal(object.modified_at_ms, FIXTURE_START_MS);
    object_clear(&object);
}

static void put_again_replaces(void **state)
{
    struct fixture *fx = *state;
    char etag[OBJECT_ETAG_CAP];
    struct object object;
    FIXTURE_OK(fx, buckets_create(fx->core, "docs", &fx->error));
    assert_int_equal(put(fx, "docs", "k", "a/b", "first", 5, etag), CORE_OK);
    fx->now_ms += 1;
    assert_int_equal(put(fx, "docs", "k", NULL, "", 0, etag), CORE_OK);
    assert_string_equal(etag, "\"d41d8cd98f00b204e9800998ecf8427e\""); /* the MD5 of nothing */
    FIXTURE_OK(fx, objects_get(fx->core, "docs", "k", &object, &fx->error));
    assert_int_equal(object.size, 0);
    expect_body(fx, &object, "", 0);
    assert_int_equal(count_files(fx), 1);
    assert_string_equal(object.content_type, "binary/octet-stream");
    assert_int_equal(object.modified_at_ms, fx->now_ms);
    object_clear(&object);
}

static void what_is_refused(void **state)
{
    struct fixture *fx = *state;
    char key_1024[1025];
    char key_1025[1026];
    char etag[OBJECT_ETAG_CAP] = "same";
    struct object object;
    memset(key_1024, 'k', 1024);
    key_1024[1024] = '\0';
    memset(key_1025, 'k', 1025);
    key_1025[1025] = '\0';
    FIXTURE_OK(fx, buckets_create(fx->core, "docs", &fx->error));
    const struct {
        const char *bucket, *key, *type;
        int code;
    } rows[] = {{"docs", key_1024, NULL, CORE_OK},
                {"docs", key_1025, NULL, CORE_INVALID_REQUEST},
                {"docs", "", NULL, CORE_INVALID_REQUEST},
                {"docs", "\xff", NULL, CORE_INVALID_REQUEST},
                {"docs", "\xc0\xaf", NULL, CORE_INVALID_REQUEST},         /* overlong */
                {"docs", "\xed\xa0\x80", NULL, CORE_INVALID_REQUEST},     /* a surrogate */
                {"docs", "\xf4\x90\x80\x80", NULL, CORE_INVALID_REQUEST}, /* above U+10FFFF */
                {"docs", "\xe2\x82", NULL, CORE_INVALID_REQUEST},
                {"docs", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", NULL, CORE_OK},
                {"docs", "k", "a\r\nb: c", CORE_INVALID_REQUEST},
                {"none", "k", NULL, CORE_NOT_FOUND},
                {"N", "k", NULL, CORE_INVALID_REQUEST}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(put(fx, rows[i].bucket, rows[i].key, rows[i].type, "x", 1, etag), rows[i].code);
    }
    struct object_file large = {.name = "f", .etag = "e", .size = OBJECT_PIECES_MAX + 1};
    assert_int_equal(FIXTURE_RUN(fx, objects_put(fx->core, "docs", "k", NULL, &large, &fx->error)),
                     CORE_LIMIT_EXCEEDED);
    assert_int_equal(count_files(fx), 2);
    assert_int_equal(FIXTURE_RUN(fx, objects_get(fx->core, "docs", "none", &object, &fx->error)),
                     CORE_NOT_FOUND);
    assert_non_null(strstr(fx->error.message, "none"));
    assert_int_equal(FIXTURE_RUN(fx, objects_get(fx->core, "nope", "k", &object, &fx->error)),
                     CORE_NOT_FOUND);
    assert_non_null(strstr(fx->error.message, "nope"));
}

/* One MiB and a byte, not only what fits on a page. */
static void large_object(void **state)
{
    struct fixture *fx = *state;
    size_t size = 1024 * 1024 + 1;
    unsigned char *body = malloc(size);
    char etag[OBJECT_ETAG_CAP];
    struct object object;
    assert_non_null(body);
    for (size_t i = 0; i < size; i++) {
        body[i] = (unsigned char)(i * 31 >> 3);
    }
    FIXTURE_OK(fx, buckets_create(fx->core, "docs", &fx->error));
    assert_int_equal(put(fx, "docs", "big", NULL, body, size, etag), CORE_OK);
    FIXTURE_OK(fx, objects_get(fx->core, "docs", "big", &object, &fx->error));
    assert_int_equal(object.size, size);
    expect_body(fx, &object, body, size);
    object_clear(&object);
    free(body);
}

/* --- Files --- */

/* The old body goes after the COMMIT, not before it; whoever has it open reads on. */
static void replaced_body_goes_with_the_commit(void **state)
{
    struct fixture *fx = *state;
    struct object_file next, last;
    struct object old;
    int fd = -1;
    char text[8] = "";
    FIXTURE_OK(fx, buckets_create(fx->core, "docs", &fx->error));
    fixture_object(fx, "docs", "k", "first");
    FIXTURE_OK(fx, objects_get(fx->core, "docs", "k", &old, &fx->error));
    FIXTURE_OK(fx, objects_open(fx->core, &old, &fd, &fx->error));
    assert_true(object_file_write(fx->objects_dir, "second", 6, &next));
    assert_true(object_file_write(fx->objects_dir, "third", 5, &last));
    assert_true(core_begin(fx->core));
    assert_int_equal(objects_put(fx->core, "docs", "k", NULL, &next, &fx->error), CORE_OK);
    assert_int_equal(objects_put(fx->core, "docs", "k", NULL, &last, &fx->error), CORE_OK);
    assert_int_equal(count_files(fx), 3);
    assert_true(core_commit(fx->core));
    assert_int_equal(count_files(fx), 1);
    assert_int_equal(read(fd, text, sizeof text), 5);
    assert_string_equal(text, "first");
    close(fd);
    object_clear(&old);
    FIXTURE_OK(fx, objects_get(fx->core, "docs", "k", &old, &fx->error));
    assert_string_equal(old.file, last.name);
    object_clear(&old);
}

/* What lies in the folder without a row goes at the start; what iot-local cannot have made stays. */
static void orphans_are_swept_at_the_start(void **state)
{
    (void)state;
    struct fixture fx = {0};
    struct object_file orphan;
    char folder[] = "/tmp/core_sweep_XXXXXX";
    char database[64], name[128];
    const char *others[] = {"README", "0123456789abcdef0123456789abcdef.txt", "0123"};
    assert_non_null(mkdtemp(folder));
    snprintf(database, sizeof database, "%s/iot.db", folder);
    snprintf(fx.objects_dir, sizeof fx.objects_dir, "%s/objects", folder);
    fixture_open(&fx, database);
    FIXTURE_OK(&fx, buckets_create(fx.core, "docs", &fx.error));
    fixture_object(&fx, "docs", "k", "kept");
    assert_true(object_file_write(fx.objects_dir, "orphan", 6, &orphan));
    snprintf(name, sizeof name, "%s/%s.new", fx.objects_dir, "0123456789abcdef0123456789abcdef");
    fclose(fopen(name, "w"));
    for (size_t i = 0; i < COUNT(others); i++) {
        snprintf(name, sizeof name, "%s/%s", fx.objects_dir, others[i]);
        fclose(fopen(name, "w"));
    }
    assert_int_equal(count_files(&fx), 6);
    char objects[64];
    memcpy(objects, fx.objects_dir, sizeof objects);
    fixture_close(&fx);
    memcpy(fx.objects_dir, objects, sizeof objects);
    fixture_open(&fx, database);
    assert_int_equal(count_files(&fx), 4);
    struct object object;
    FIXTURE_OK(&fx, objects_get(fx.core, "docs", "k", &object, &fx.error));
    expect_body(&fx, &object, "kept", 4);
    object_clear(&object);
    fixture_close(&fx);
    snprintf(name, sizeof name, "rm -rf '%s'", folder);
    assert_int_equal(system(name), 0);
}

/* An upload in pieces lives on over a restart, with the files of its parts and no others. */
static void uploads_live_over_a_restart(void **state)
{
    (void)state;
    struct fixture fx = {0};
    struct upload_part part = {.number = 1, .checksum = "CRC32 AAAAAA=="};
    struct object_info info = {.headers = "x-amz-meta-a: b\n", .checksum = "CRC32 COMPOSITE"};
    char folder[] = "/tmp/core_upload_XXXXXX";
    char database[64], objects[64], command[128], id[UPLOAD_ID_CAP];
    assert_non_null(mkdtemp(folder));
    snprintf(database, sizeof database, "%s/iot.db", folder);
    snprintf(objects, sizeof objects, "%s/objects", folder);
    memcpy(fx.objects_dir, objects, sizeof objects);
    fixture_open(&fx, database);
    FIXTURE_OK(&fx, buckets_create(fx.core, "docs", &fx.error));
    FIXTURE_OK(&fx, uploads_create(fx.core, "docs", "k", &info, id, &fx.error));
    assert_true(object_file_write(fx.objects_dir, "replaced", 8, &part.file));
    FIXTURE_OK(&fx, uploads_put_part(fx.core, "docs", "k", id, &part, &fx.error));
    assert_true(object_file_write(fx.objects_dir, "part", 4, &part.file));
    FIXTURE_OK(&fx, uploads_put_part(fx.core, "docs", "k", id, &part, &fx.error));
    struct object_writer *cut_off = object_writer_begin(fx.objects_dir);
    assert_true(object_writer_append(cut_off, "half", 4));
    assert_int_equal(count_files(&fx), 2);
    fixture_close(&fx);
    memcpy(fx.objects_dir, objects, sizeof objects);
    fixture_open(&fx, database);
    assert_int_equal(count_files(&fx), 1);
    object_writer_give_up(cut_off);
    struct upload upload;
    FIXTURE_OK(&fx, uploads_get(fx.core, "docs", "k", id, &upload, &fx.error));
    assert_string_equal(upload.headers, info.headers);
    assert_string_equal(upload.checksum, info.checksum);
    upload_clear(&upload);
    struct upload_part *parts = NULL;
    size_t count = 0;
    bool has_more = true;
    FIXTURE_OK(&fx, uploads_get_parts(fx.core, id, 0, 10, &parts, &count, &has_more, &fx.error));
    assert_int_equal(count, 1);
    assert_false(has_more);
    assert_string_equal(parts[0].file.name, part.file.name);
    free(parts);
    FIXTURE_OK(&fx, uploads_abort(fx.core, "docs", "k", id, &fx.error));
    assert_int_equal(count_files(&fx), 0);
    fixture_close(&fx);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
}

static void body_that_is_gone_or_changed(void **state)
{
    struct fixture *fx = *state;
    struct object object;
    int fd = -1;
    FIXTURE_OK(fx, buckets_create(fx->core, "docs", &fx->error));
    fixture_object(fx, "docs", "k", "{}");
    FIXTURE_OK(fx, objects_get(fx->core, "docs", "k", &object, &fx->error));
    char name[200];
    snprintf(name, sizeof name, "%s/%s", fx->objects_dir, object.file);
    assert_int_equal(truncate(name, 1), 0);
    assert_int_equal(FIXTURE_RUN(fx, objects_open(fx->core, &object, &fd, &fx->error)), CORE_INTERNAL);
    assert_non_null(strstr(fx->error.message, object.file));
    object_clear(&object);
    remove_file_of(fx, "k");
    assert_int_equal(FIXTURE_RUN(fx, objects_resolve(fx->core, "s3://docs/k", &object, &fx->error)),
                     CORE_INTERNAL);
    assert_non_null(strstr(fx->error.message, "No such file"));
    assert_int_equal(fd, -1);
}

/* A job document is read up to its limit; of what is larger not a byte: its file is not even opened. */
static void document_is_read_up_to_its_limit(void **state)
{
    struct fixture *fx = *state;
    static char text[CORE_DOCUMENT_MAX + 1];
    struct object object;
    memset(text, ' ', sizeof text);
    FIXTURE_OK(fx, buckets_create(fx->core, "docs", &fx->error));
    assert_int_equal(put(fx, "docs", "fits", NULL, text, sizeof text - 1, NULL), CORE_OK);
    assert_int_equal(put(fx, "docs", "large", NULL, text, sizeof text, NULL), CORE_OK);
    FIXTURE_OK(fx, objects_resolve(fx->core, "s3://docs/fits", &object, &fx->error));
    assert_int_equal(object.size, CORE_DOCUMENT_MAX);
    assert_memory_equal(object.body, text, object.size);
    assert_int_equal(object.body[object.size], 0);
    object_clear(&object);
    remove_file_of(fx, "large");
    assert_int_equal(FIXTURE_RUN(fx, objects_resolve(fx->core, "s3://docs/large", &object, &fx->error)),
                     CORE_INVALID_REQUEST);
    assert_non_null(strstr(fx->error.message, "32769 bytes"));
    assert_null(object.body);
}

static void files_are_private(void **state)
{
    struct fixture *fx = *state;
    struct object_file file;
    struct stat info;
    char name[200];
    mode_t old = umask(0);
    assert_int_equal(chmod(fx->objects_dir, 0755), 0);
    assert_true(object_file_make_folder(fx->objects_dir));
    assert_true(object_file_write(fx->objects_dir, "x", 1, &file));
    umask(old);
    snprintf(name, sizeof name, "%s/%s", fx->objects_dir, file.name);
    assert_int_equal(stat(name, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(stat(fx->objects_dir, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
}

/* Each object holds "BUCKET KEY", so that the test sees which one a link has found. */
static void links(void **state)
{
    struct fixture *fx = *state;
    char etag[OBJECT_ETAG_CAP];
    const char *objects[][2] = {{"docs", "a.txt"},    {"docs", "d/e f+g.txt"}, {"docs", "100%.txt"},
                                {"docs", "\xc3\xa4"}, {"my.docs", "a.txt"},    {"s3", "x"},
                                {"a.s3.b", "k"},      {"docs", "/lead"},       {"s3.us-east-1", "k"}};
    for (size_t i = 0; i < COUNT(objects); i++) {
        char text[128];
        int code = FIXTURE_RUN(fx, buckets_create(fx->core, objects[i][0], &fx->error));
        if (code == CORE_INVALID_REQUEST) { /* "s3" is too short to be a bucket */
            continue;
        }
        snprintf(text, sizeof text, "%s %s", objects[i][0], objects[i][1]);
        assert_int_equal(put(fx, objects[i][0], objects[i][1], NULL, text, strlen(text), etag), CORE_OK);
    }
    const struct {
        const char *link;
        const char *found; /* NULL: refused; "": not found */
    } rows[] = {
        {"s3://docs/a.txt", "docs a.txt"},
        {"s3://docs/d/e%20f+g.txt", "docs d/e f+g.txt"},
        {"s3://docs/d/e f+g.txt", "docs d/e f+g.txt"},
        {"s3://docs/100%25.txt", "docs 100%.txt"},
        {"s3://docs/%c3%A4", "docs \xc3\xa4"},
        {"s3://docs//lead", "docs /lead"},
        {"https://s3.us-east-1.amazonaws.com/docs/a.txt", "docs a.txt"},
        {"https://s3.eu-central-1.amazonaws.com/docs/a.txt", "docs a.txt"},
        {"https://s3.amazonaws.com/docs/a.txt", "docs a.txt"},
        {"https://docs.s3.us-east-1.amazonaws.com/a.txt", "docs a.txt"},
        {"https://docs.s3.amazonaws.com/a.txt", "docs a.txt"},
        {"https://my.docs.s3.us-east-1.amazonaws.com/a.txt", "my.docs a.txt"},
        {"https://a.s3.b.s3.us-east-1.amazonaws.com/k", "a.s3.b k"},
        {"https://a.s3.b.s3.amazonaws.com/k", "a.s3.b k"},
        {"https://s3-us-west-2.amazonaws.com/docs/a.txt", "docs a.txt"},
        {"https://docs.s3-us-west-2.amazonaws.com/a.txt", "docs a.txt"},
        {"https://my.docs.s3-eu-central-1.amazonaws.com/a.txt", "my.docs a.txt"},
        {"https://s3.dualstack.us-west-2.amazonaws.com/docs/a.txt", "docs a.txt"},
        {"https://docs.s3.dualstack.us-west-2.amazonaws.com/a.txt", "docs a.txt"},
        {"https://my.docs.s3.dualstack.us-west-2.amazonaws.com/a.txt", "my.docs a.txt"},
        {"https://s3.cn-north-1.amazonaws.com.cn/docs/a.txt", "docs a.txt"},
        {"https://docs.s3.cn-north-1.amazonaws.com.cn/a.txt", "docs a.txt"},
        {"https://docs.s3-cn-north-1.amazonaws.com.cn/a.txt", "docs a.txt"},
        {"https://docs.s3.dualstack.cn-northwest-1.amazonaws.com.cn/a.txt", "docs a.txt"},
        {"https://s3-fips.us-gov-west-1.amazonaws.com/docs/a.txt", "docs a.txt"},
        {"https://s3-website-us-east-1.amazonaws.com/docs/a.txt", NULL},
        {"https://docs.s3-website-us-east-1.amazonaws.com/a.txt", NULL},
        {"https://s3-accelerate.amazonaws.com/docs/a.txt", NULL},
        {"https://s3.dualstack.amazonaws.com/docs/a.txt", NULL},
        {"https://dualstack.us-west-2.amazonaws.com/docs/a.txt", NULL},
        {"https://s3.us-east-1.amazonaws.com.de/docs/a.txt", NULL},
        {"https://s3-us-west-2.amazonaws.com.evil.example/docs/a.txt", NULL},
        {"https://docs.sqs.us-east-1.amazonaws.com/a.txt", NULL},
        {"https://.s3.us-east-1.amazonaws.com/a.txt", NULL},
        {"http://127.0.0.1:8080/docs/a.txt", "docs a.txt"},
        {"http://127.0.0.1/docs/a.txt", "docs a.txt"},
        {"http://127.1.2.3:1/docs/a.txt", "docs a.txt"},
        {"http://localhost:8080/docs/a.txt", "docs a.txt"},
        {"http://[::1]:8080/docs/a.txt", "docs a.txt"},
        {"https://localhost:8443/docs/a.txt", "docs a.txt"},
        {"s3://docs/none", ""},
        {"s3://nowhere/a.txt", ""},
        {"https://other.s3.us-east-1.amazonaws.com/a.txt", ""},
        {"", NULL},
        {"docs/a.txt", NULL},
        {"s3://", NULL},
        {"s3://docs", NULL},
        {"s3://docs/", NULL},
        {"s3:///a.txt", NULL},
        {"s3://d/a.txt", NULL},
        {"S3://docs/a.txt", NULL},
        {"s3://docs/a.txt?versionId=1", NULL},
        {"s3://docs/a.txt#x", NULL},
        {"s3://docs/%", NULL},
        {"s3://docs/%4", NULL},
        {"s3://docs/%zz", NULL},
        {"s3://docs/%00", NULL},
        {"s3://docs/%ff", NULL},
        {"https://s3.us-east-1.amazonaws.com/docs", NULL},
        {"https://s3.us-east-1.amazonaws.com/", NULL},
        {"https://s3.us-east-1.amazonaws.com", NULL},
        {"https://s3..amazonaws.com/docs/a.txt", NULL},
        {"https://.amazonaws.com/docs/a.txt", NULL},
        {"https://amazonaws.com/docs/a.txt", NULL},
        {"https://ec2.us-east-1.amazonaws.com/docs/a.txt", NULL},
        {"https://docs.s3.us-east-1.amazonaws.com.evil.example/a.txt", NULL},
        {"https://docs.s3.us-east-1.evilamazonaws.com/a.txt", NULL},
        {"http://s3.us-east-1.amazonaws.com/docs/a.txt", NULL},
        {"https://example.com/docs/a.txt", NULL},
        {"http://127.0.0.1.example.com/docs/a.txt", NULL},
        {"http://127.0.0.1:port/docs/a.txt", NULL},
        {"http://127.0.0.1:/docs/a.txt", NULL},
        {"http://user@127.0.0.1/docs/a.txt", NULL},
        {"http://[::1]x/docs/a.txt", NULL},
        {"http://10.0.0.1/docs/a.txt", NULL},
        {"http://169.254.169.254/docs/a.txt", NULL},
        {"file:///docs/a.txt", NULL},
        {"ftp://127.0.0.1/docs/a.txt", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct object object;
        int code = FIXTURE_RUN(fx, objects_resolve(fx->core, rows[i].link, &object, &fx->error));
        int wanted = !rows[i].found ? CORE_INVALID_REQUEST : *rows[i].found ? CORE_OK : CORE_NOT_FOUND;
        if (code != wanted) {
            fail_msg("%s: %d (%s)", rows[i].link, code, fx->error.message);
        }
        if (code == CORE_OK) {
            assert_string_equal((char *)object.body, rows[i].found);
        }
        object_clear(&object);
    }
    struct object object;
    FIXTURE_RUN(fx, objects_resolve(fx->core, "https://example.com/docs/a.txt", &object, &fx->error));
    assert_non_null(strstr(fx->error.message, "https://example.com/docs/a.txt"));
    assert_non_null(strstr(fx->error.message, "https://s3.REGION.amazonaws.com/BUCKET/KEY"));
    assert_non_null(strstr(fx->error.message, "https://BUCKET.s3.REGION.amazonaws.com/KEY"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bucket_names),
        TEST(put_and_get),
        TEST(put_again_replaces),
        TEST(what_is_refused),
        TEST(large_object),
        TEST(links),
        TEST(replaced_body_goes_with_the_commit),
        TEST(orphans_are_swept_at_the_start),
        TEST(uploads_live_over_a_restart),
        TEST(body_that_is_gone_or_changed),
        TEST(document_is_read_up_to_its_limit),
        TEST(files_are_private),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
