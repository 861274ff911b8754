/* SPDX-License-Identifier: MIT */
/* What was acknowledged is on disk: restart, kill -9, failing COMMIT, failing disk at every write. */
// LINK: cloud_core jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/core/objects/objects.h"
#include "fakes/core_fixture.h"
#include "fakes/failing_vfs.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char directory[48];
static char path[128];

static int make_directory(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "%s/core_durability_XXXXXX",
             access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/iot.db", directory);
    return 0;
}

static void remove_database(void)
{
    /* A first start that was cut off looks like an older schema to the next one, which backs it up. */
    const char *ends[] = {"", "-wal", "-shm", "-journal", ".schema-1.backup", ".schema-2.backup"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char name[160];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

static int remove_directory(void **state)
{
    (void)state;
    failing_at(0, 0, false);
    char objects[80];
    snprintf(objects, sizeof objects, "%s/objects", directory);
    rmdir(objects);
    remove_database();
    return rmdir(directory);
}

/* --- Everything there is, as text --- */

struct dump {
    struct fixture *fx;
    char text[8192];
};

static void dump_execution(void *ctx, const struct execution *e)
{
    struct dump *dump = ctx;
    size_t len = strlen(dump->text);
    snprintf(dump->text + len, sizeof dump->text - len,
             "%s/%s#%d %s v%d q%lld s%lld u%lld d%lld f%d r%d %s\n", e->thing_name, e->job_id, (int)e->number,
             execution_status_text(e->status), (int)e->version, (long long)e->queued_at_ms,
             (long long)e->started_at_ms, (long long)e->last_updated_at_ms, (long long)e->deadline_ms,
             e->is_force_canceled, e->retry_attempt, e->details ? e->details : "-");
}

static void dump_job(void *ctx, const struct job *job)
{
    struct dump *dump = ctx;
    size_t len = strlen(dump->text);
    snprintf(dump->text + len, sizeof dump->text - len, "%s %s c%lld u%lld e%lld t%d %s %s %s %s\n",
             job->job_id, job_status_text(job->status), (long long)job->created_at_ms,
             (long long)job->last_updated_at_ms, (long long)job->completed_at_ms,
             (int)job->in_progress_timeout_min, job->description ? job->description : "-",
             job->target_selection, job->config, job->document_source ? job->document_source : "-");
}

static void dump_thing(void *ctx, const struct thing *thing)
{
    struct dump *dump = ctx;
    size_t len = strlen(dump->text);
    snprintf(dump->text + len, sizeof dump->text - len, "%s %s %s v%d\n", thing->name, thing->id,
             thing->attributes, (int)thing->version);
}

static char *dump_all(struct fixture *fx)
{
    struct dump dump = {.fx = fx};
    char more[CORE_KEY_CAP];
    FIXTURE_OK(fx, things_list(fx->core, NULL, NULL, 250, dump_thing, &dump, more, &fx->error));
    FIXTURE_OK(fx, jobs_list(fx->core, NULL, NULL, 250, dump_job, &dump, more, &fx->error));
    FIXTURE_OK(fx, executions_list_for_thing(fx->core, "lamp", NULL, NULL, NULL, 250, dump_execution, &dump,
                                             more, &fx->error));
    return strdup(dump.text);
}

static void fill(struct fixture *fx)
{
    struct certificate certificate = {.id =
                                          "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
                                      .status = "ACTIVE",
                                      .pem = (char *)"PEM"};
    fixture_thing(fx, "lamp");
    FIXTURE_OK(fx, certificates_add(fx->core, &certificate, &fx->error));
    FIXTURE_OK(fx, buckets_create(fx->core, "docs", &fx->error));
    fixture_object(fx, "docs", "k", "{\"n\":1.10}");
    struct job_create create = {.document_source = "s3://docs/k",
                                .description = "d",
                                .in_progress_timeout_min = 3,
                                .retries = {{"ALL", 2}},
                                .retry_count = 1};
    assert_int_equal(fixture_try_job(fx, "a", "lamp", create), CORE_OK);
    fx->now_ms += 1001;
    fixture_job(fx, "b", "lamp");
    assert_int_equal(fixture_update(fx, "lamp", "a", "FAILED"), CORE_OK);
    struct execution_update update = {.thing = "lamp",
                                      .job_id = "a",
                                      .status = slice_from("IN_PROGRESS"),
                                      .details = slice_from("{\"k\":\"\xc3\xa4\"}"),
                                      .has_step_timeout = true,
                                      .step_timeout_min = 2};
    struct execution e;
    FIXTURE_OK(fx, executions_update(fx->core, &update, &e, &fx->error));
    execution_clear(&e);
}

static void reopened_finds_the_same(void **state)
{
    (void)state;
    struct fixture fx = {0};
    fixture_open(&fx, path);
    fill(&fx);
    char *before = dump_all(&fx);
    fixture_close(&fx);
    fixture_open(&fx, path);
    char *after = dump_all(&fx);
    assert_string_equal(after, before);
    assert_non_null(strstr(after, "lamp/a#2 IN_PROGRESS v2"));
    char *document = NULL;
    FIXTURE_OK(&fx, jobs_document(fx.core, "a", &document, &fx.error));
    assert_string_equal(document, "{\"n\":1.10}");
    assert_int_equal(fixture_next_due(&fx), fx.now_ms + 2 * 60000);
    free(document);
    free(before);
    free(after);
    fixture_close(&fx);
}

static void files_are_private(void **state)
{
    (void)state;
    struct fixture fx = {0};
    mode_t old = umask(0);
    fixture_open(&fx, path);
    fixture_thing(&fx, "lamp");
    umask(old);
    const char *ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        char name[160];
        struct stat info;
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        assert_int_equal(stat(name, &info), 0);
        assert_int_equal(info.st_mode & 0777, 0600);
    }
    fixture_close(&fx);
}

/* --- kill -9 --- */

/* The child does its work, says so, and is killed without a chance to close anything. */
static void killed(bool after_commit)
{
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct fixture fx = {0};
        struct thing thing;
        snprintf(fx.objects_dir, sizeof fx.objects_dir, "%s/objects",
                 directory); /* nobody closes the fixture */
        fixture_open(&fx, path);
        core_begin(fx.core);
        things_create(fx.core, &(struct thing_create){.name = "lamp"}, &thing, &fx.error);
        if (after_commit) {
            core_commit(fx.core);
        }
        if (write(ready[1], "x", 1) != 1) {
            _exit(1);
        }
        pause();
        _exit(2);
    }
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(kill(child, SIGKILL), 0);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    close(ready[0]);
    close(ready[1]);
}

static void kill_after_commit_loses_nothing(void **state)
{
    (void)state;
    struct fixture fx = {0};
    struct thing thing;
    killed(true);
    fixture_open(&fx, path);
    FIXTURE_OK(&fx, things_describe(fx.core, "lamp", &thing, &fx.error));
    thing_clear(&thing);
    fixture_close(&fx);
}

static void kill_before_commit_leaves_nothing(void **state)
{
    (void)state;
    struct fixture fx = {0};
    struct thing thing;
    killed(false);
    fixture_open(&fx, path);
    assert_int_equal(FIXTURE_RUN(&fx, things_describe(fx.core, "lamp", &thing, &fx.error)), CORE_NOT_FOUND);
    fixture_close(&fx);
}

/* --- Power cut: nothing that a COMMIT wrote waits for a later sync; a batch that only reads costs none --- */

static void commit_is_synced(void **state)
{
    (void)state;
    struct fixture fx = {0};
    fixture_open(&fx, path);
    assert_int_equal(failing.writes_since_sync, 0);
    for (int i = 0; i < 20; i++) {
        char name[16];
        int syncs = failing.syncs;
        snprintf(name, sizeof name, "t%d", i);
        fixture_thing(&fx, name);
        assert_true(failing.syncs > syncs);
        assert_int_equal(failing.writes_since_sync, 0);
    }
    int syncs = failing.syncs;
    struct thing thing;
    FIXTURE_OK(&fx, things_describe(fx.core, "t3", &thing, &fx.error));
    thing_clear(&thing);
    assert_int_equal(failing.syncs, syncs);
    fixture_close(&fx);
}

/* --- A disk that fails --- */

static enum core_code start(struct fixture *fx, const char *job_id)
{
    struct execution_update update = {.thing = "lamp", .job_id = job_id, .status = slice_from("IN_PROGRESS")};
    struct execution e;
    enum core_code code = executions_update(fx->core, &update, &e, &fx->error);
    execution_clear(&e);
    return code;
}

static enum core_code create(struct fixture *fx, const char *job_id)
{
    static char document[20000]; /* several pages */
    const char *targets[] = {FIXTURE_ARN("thing", "lamp")};
    memset(document, 'x', sizeof document);
    document[0] = document[sizeof document - 1] = '"';
    struct job_create wanted = {
        .job_id = job_id, .targets = targets, .target_count = 1, .document = {document, sizeof document}};
    struct job job;
    enum core_code code = jobs_create(fx->core, &wanted, &job, &fx->error);
    job_clear(&job);
    return code;
}

static void failing_commit(void **state)
{
    (void)state;
    struct fixture fx = {0};
    fixture_open(&fx, path);
    fixture_thing(&fx, "lamp");
    fixture_job(&fx, "a", "lamp");
    fixture_job(&fx, "b", "lamp");
    fixture_forget(&fx);
    assert_string_equal(core_storage_error(fx.core), "");
    assert_true(core_begin(fx.core));
    assert_int_equal(start(&fx, "b"), CORE_OK);
    failing_at(1, SQLITE_IOERR_WRITE, false);
    assert_false(core_commit(fx.core));
    assert_int_equal(failing.failures, 1);
    assert_string_equal(core_storage_error(fx.core), "disk I/O error");
    core_publish_outbox(fx.core);
    assert_string_equal(fixture_heard(&fx), "");
    assert_string_equal(fixture_state(&fx, "lamp", "b", 0), "QUEUED v1 #1");
    /* and life goes on */
    assert_int_equal(fixture_update(&fx, "lamp", "b", "IN_PROGRESS"), CORE_OK);
    assert_string_equal(fixture_heard(&fx), "lamp/notify-next b#1 IN_PROGRESS; ");
    fixture_close(&fx);
}

/* What an earlier batch has committed and not yet published stays, when a later COMMIT fails. */
static void failing_commit_keeps_earlier_notifications(void **state)
{
    (void)state;
    struct fixture fx = {0};
    fixture_open(&fx, path);
    fixture_thing(&fx, "lamp");
    assert_true(core_begin(fx.core));
    assert_int_equal(create(&fx, "a"), CORE_OK);
    assert_true(core_commit(fx.core));
    assert_true(core_begin(fx.core));
    assert_int_equal(create(&fx, "b"), CORE_OK);
    failing_at(1, SQLITE_FULL, false);
    assert_false(core_commit(fx.core));
    core_publish_outbox(fx.core);
    assert_string_equal(fixture_heard(&fx), "lamp/notify QUEUED:a#1; lamp/notify-next a#1 QUEUED; ");
    fixture_close(&fx);
}

static void failing_commit_of_the_timers(void **state)
{
    (void)state;
    struct fixture fx = {0};
    fixture_open(&fx, path);
    fixture_thing(&fx, "lamp");
    assert_int_equal(fixture_try_job(&fx, "a", "lamp", (struct job_create){.in_progress_timeout_min = 1}),
                     CORE_OK);
    assert_int_equal(fixture_update(&fx, "lamp", "a", "IN_PROGRESS"), CORE_OK);
    fixture_forget(&fx);
    fx.now_ms += 60000;
    failing_at(1, SQLITE_FULL, true);
    fixture_run_due(&fx);
    assert_true(failing.failures > 0);
    failing_at(0, 0, false);
    assert_string_equal(fixture_heard(&fx), "");
    assert_string_equal(fixture_state(&fx, "lamp", "a", 0), "IN_PROGRESS v2 #1");
    assert_true(fixture_next_due(&fx) > fx.now_ms); /* not at once again: no busy loop */
    fx.now_ms = fixture_next_due(&fx);
    fixture_run_due(&fx);
    assert_string_equal(fixture_state(&fx, "lamp", "a", 0), "TIMED_OUT v3 #1");
    assert_int_equal(fixture_next_due(&fx), INT64_MAX);
    fixture_close(&fx);
}

/* One batch of a start and a new job while the n-th access to the disk fails: both happened or none of them, the same
 * in the running process and after a restart, and nothing is told that did not happen. */
static bool sweep_step(int n, int code, bool stays_broken)
{
    struct fixture fx = {0};
    fixture_open(&fx, path);
    fixture_thing(&fx, "lamp");
    fixture_job(&fx, "a", "lamp");
    fixture_forget(&fx);
    failing_at(n, code, stays_broken);
    bool is_good = core_begin(fx.core);
    enum core_code started = is_good ? start(&fx, "a") : CORE_INTERNAL;
    enum core_code created = is_good ? create(&fx, "b") : CORE_INTERNAL;
    is_good = is_good && core_commit(fx.core);
    core_publish_outbox(fx.core);
    int failures = failing.failures;
    failing_at(0, 0, false);
    for (int i = 0; i < 2; i++) {
        assert_string_equal(fixture_state(&fx, "lamp", "a", 0),
                            is_good && !started ? "IN_PROGRESS v2 #1" : "QUEUED v1 #1");
        assert_string_equal(fixture_job_state(&fx, "b"), is_good && !created ? "IN_PROGRESS" : "none");
        if (i == 0) {
            assert_string_equal(fixture_heard(&fx),
                                is_good && !created ? "lamp/notify IN_PROGRESS:a#1 QUEUED:b#1; " : "");
        }
        fixture_close(&fx);
        fixture_open(&fx, path);
    }
    assert_true(is_good || failures > 0);
    fixture_close(&fx);
    remove_database();
    return failures > 0;
}

static void every_access_fails_once(void **state)
{
    (void)state;
    const int codes[] = {SQLITE_IOERR_WRITE, SQLITE_FULL};
    for (size_t i = 0; i < 4; i++) {
        int n = 1;
        while (sweep_step(n, codes[i % 2], i >= 2)) {
            n++;
        }
        assert_true(n > 5); /* there were writes to fail */
    }
}

/* A request of the batch fails in the middle of its writes (the page cache spills to a full disk): SQLite may drop the
 * whole transaction, and then nothing of the batch may survive. */
static void full_disk_inside_a_batch(void **state)
{
    (void)state;
    struct fixture fx = {0};
    static char text[CORE_DOCUMENT_MAX];
    enum core_code code = CORE_OK;
    fixture_open(&fx, path);
    fixture_thing(&fx, "lamp");
    fixture_job(&fx, "a", "lamp");
    fixture_thing(&fx, "door");
    fixture_forget(&fx);
    memset(text, ' ', sizeof text);
    memcpy(text, "{}", 2);
    const char *targets[] = {FIXTURE_ARN("thing", "door")};
    assert_true(core_begin(fx.core));
    assert_int_equal(create(&fx, "b"), CORE_OK);
    failing_at(1, SQLITE_FULL, true);
    for (int i = 0; !code && i < 200; i++) {
        char job_id[16];
        struct job job;
        snprintf(job_id, sizeof job_id, "big%d", i);
        struct job_create big = {
            .job_id = job_id, .targets = targets, .target_count = 1, .document = {text, sizeof text}};
        code = jobs_create(fx.core, &big, &job, &fx.error);
        job_clear(&job);
    }
    assert_int_equal(code, CORE_INTERNAL);
    assert_true(failing.failures > 0);
    failing_at(0, 0, false);
    enum core_code started = start(&fx, "a");
    bool is_good = core_commit(fx.core);
    core_publish_outbox(fx.core);
    if (is_good) { /* SQLite undid the one statement only */
        assert_int_equal(started, CORE_OK);
        assert_int_equal(strncmp(fixture_heard(&fx), "lamp/notify QUEUED:a#1,b#1; ", 28), 0);
    } else {
        assert_string_equal(fixture_heard(&fx), "");
    }
    assert_string_equal(fixture_job_state(&fx, "b"), is_good ? "IN_PROGRESS" : "none");
    assert_string_equal(fixture_state(&fx, "lamp", "a", 0), is_good ? "IN_PROGRESS v2 #1" : "QUEUED v1 #1");
    fixture_close(&fx);
}

/* One call fails in the middle of its writes, the batch goes on: of that call nothing stays, neither rows nor
 * notifications; of the others everything. */
static void failed_call_leaves_no_trace(void **state)
{
    (void)state;
    struct fixture fx = {0};
    sqlite3 *db = NULL;
    fixture_open(&fx, path);
    fixture_thing(&fx, "lamp");
    fixture_thing(&fx, "door");
    fixture_close(&fx);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "CREATE TRIGGER t BEFORE INSERT ON executions WHEN NEW.thing_name = 'door'"
                                  " BEGIN SELECT RAISE(ABORT, 'the door is shut'); END",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);

    const char *targets[] = {FIXTURE_ARN("thing", "lamp"), FIXTURE_ARN("thing", "door")};
    struct job_create both = {
        .job_id = "both", .targets = targets, .target_count = 2, .document = slice_from("{}")};
    struct job job;
    fixture_open(&fx, path);
    assert_true(core_begin(fx.core));
    assert_int_equal(create(&fx, "before"), CORE_OK);
    core_collect(fx.core);
    assert_int_equal(jobs_create(fx.core, &both, &job, &fx.error), CORE_INTERNAL);
    assert_non_null(strstr(fx.error.message, "the door is shut"));
    assert_null(job.targets);
    assert_int_equal(create(&fx, "after"), CORE_OK);
    fixture_finish(&fx);
    assert_string_equal(fixture_heard(&fx), "lamp/notify QUEUED:before#1; lamp/notify-next before#1 QUEUED; "
                                            "lamp/notify QUEUED:before#1,after#1; ");
    assert_string_equal(fixture_job_state(&fx, "both"), "none");
    assert_string_equal(fixture_job_state(&fx, "before"), "IN_PROGRESS");
    fixture_close(&fx);
}

/* The first start on a failing disk: a clear no, or a good database; and the next start works. */
static void open_on_a_failing_disk(void **state)
{
    (void)state;
    int n = 1;
    int refusals = 0;
    for (bool failed = true; failed; n++) {
        struct fixture fx = {.now_ms = FIXTURE_START_MS};
        char why[256] = "";
        fx.clock = (struct clock){fixture_now, fixture_now, &fx};
        struct core_config config = {.database = path, .clock = &fx.clock};
        failing_at(n, SQLITE_FULL, false);
        struct core *core = core_open(&config, why, sizeof why);
        failed = failing.failures > 0;
        failing_at(0, 0, false);
        if (!core) {
            refusals++;
            assert_non_null(strstr(why, path));
        }
        core_close(core);
        fixture_open(&fx, path);
        fixture_thing(&fx, "lamp");
        fixture_close(&fx);
        remove_database();
    }
    assert_true(refusals > 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reopened_finds_the_same),
        TEST(files_are_private),
        TEST(kill_after_commit_loses_nothing),
        TEST(kill_before_commit_leaves_nothing),
        TEST(commit_is_synced),
        TEST(failing_commit),
        TEST(failing_commit_keeps_earlier_notifications),
        TEST(failing_commit_of_the_timers),
        TEST(every_access_fails_once),
        TEST(full_disk_inside_a_batch),
        TEST(failed_call_leaves_no_trace),
        TEST(open_on_a_failing_disk),
    };
    failing_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
