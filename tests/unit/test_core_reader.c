/* SPDX-License-Identifier: MIT */
/* A second core that only reads (the objects' server has one): it sees what was committed, changes nothing, and an object that is
 * replaced between its row and its file is read anew (docs/protocol.md 11). */
// LINK: cloud_http
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/http_fixture.h"

struct world {
    struct fixture base;
    char dir[64];
    struct core *reader;
};

static int world_open(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    char path[128], why[256] = "";
    assert_non_null(world);
    snprintf(world->dir, sizeof world->dir, "/tmp/core_reader_XXXXXX");
    assert_non_null(mkdtemp(world->dir));
    snprintf(path, sizeof path, "%s/iot.db", world->dir);
    fixture_open(&world->base, path);
    FIXTURE_OK(&world->base, buckets_create(world->base.core, "fware", &world->base.error));
    struct core_config config = {
        .database = path, .objects_dir = world->base.objects_dir, .clock = &world->base.clock};
    world->reader = core_open_reader(&config, why, sizeof why);
    if (!world->reader) {
        fail_msg("%s", why);
    }
    *state = world;
    return 0;
}

static int world_close(void **state)
{
    struct world *world = *state;
    char command[128];
    core_close(world->reader);
    fixture_close(&world->base);
    snprintf(command, sizeof command, "rm -rf '%s'", world->dir);
    assert_int_equal(system(command), 0);
    free(world);
    return 0;
}

static int read_object(struct world *world, size_t *size)
{
    struct object object = {0};
    assert_true(core_begin_read(world->reader));
    int code = (int)objects_get(world->reader, "fware", "a", &object, &world->base.error);
    *size = object.size;
    object_clear(&object);
    assert_true(core_commit(world->reader));
    return code;
}

static void it_sees_what_was_committed(void **state)
{
    struct world *world = *state;
    size_t size;
    assert_int_equal(read_object(world, &size), CORE_NOT_FOUND);
    assert_true(core_begin(world->base.core)); /* somebody writes meanwhile */
    assert_int_equal(read_object(world, &size), CORE_NOT_FOUND);
    fixture_finish(&world->base);
    fixture_object(&world->base, "fware", "a", "abc");
    assert_int_equal(read_object(world, &size), CORE_OK);
    assert_int_equal(size, 3);
}

static void it_changes_nothing(void **state)
{
    struct world *world = *state;
    struct core_error error = {0};
    assert_false(core_begin(world->reader) && buckets_create(world->reader, "other", &error) == CORE_OK);
    core_commit(world->reader);
    core_error_clear(&error);
    assert_int_equal(FIXTURE_RUN(&world->base, buckets_head(world->base.core, "other", &error)),
                     CORE_NOT_FOUND);
    core_error_clear(&error);
}

static void no_database_is_an_error(void **state)
{
    struct world *world = *state;
    char why[256] = "";
    struct core_config config = {.database = "/nonexistent/iot.db", .clock = &world->base.clock};
    assert_null(core_open_reader(&config, why, sizeof why));
    assert_non_null(strstr(why, "/nonexistent/iot.db"));
}

/* --- What is replaced under the reader's hands --- */

static const char *no_header(void *ctx, const char *name)
{
    (void)ctx;
    return strcasecmp(name, "Host") == 0 ? "127.0.0.1" : NULL;
}

/* The file that a row names is gone when its request is served for the first time; `again` is whether the object comes back. */
static unsigned status_of_a_read(struct world *world, bool comes_back)
{
    struct http_service service = {.core = world->reader, .listen = "127.0.0.1", .endpoint = "iot.example"};
    struct call call = {.service = &service, .source = FROM_LOOPBACK};
    call.request.headers = (struct request_headers){.get = no_header};
    dispatch_open(&call, "GET", "/fware/a");
    struct object object = {0};
    assert_true(core_begin_read(world->reader));
    assert_int_equal(objects_get(world->reader, "fware", "a", &object, &world->base.error), CORE_OK);
    assert_true(core_begin_read(world->reader)); /* the view of before stays open until the first answer */
    if (comes_back) {
        fixture_object(&world->base, "fware", "a", "new body");
    } else {
        object_file_remove(world->base.objects_dir, object.file);
    }
    dispatch_read(&call);
    unsigned status = call.answer.status;
    if (comes_back) {
        assert_int_equal(call.answer.body_len, strlen("new body"));
    }
    object_clear(&object);
    dispatch_clear(&call);
    return status;
}

static void a_replaced_object_is_read_anew(void **state)
{
    struct world *world = *state;
    fixture_object(&world->base, "fware", "a", "old");
    assert_int_equal(status_of_a_read(world, true), 200);
    assert_int_equal(status_of_a_read(world, false), 500);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_sees_what_was_committed),
        TEST(it_changes_nothing),
        TEST(no_database_is_an_error),
        TEST(a_replaced_object_is_read_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
