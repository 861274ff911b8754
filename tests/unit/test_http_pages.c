/* SPDX-License-Identifier: MIT */
/* Pages of lists while the list changes: what was there all the time comes once, no more and no less. A nextToken belongs to
 * one list with its filters (docs/protocol.md 5.1). */
// LINK: cloud_http
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/http_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define LAMP         "arn:aws:iot:us-east-1:123456789012:thing/lamp"

/* The names that pages have brought, in order: "a b c ". */
struct walk {
    struct http_fixture *fx;
    const char *path;    /* "/jobs?maxResults=2" */
    const char *list;    /* "jobs" */
    const char *members; /* where an entry has its name: "jobId" */
    char token[400];     /* "" before the first page and after the last one */
    char names[400];
};

static const char *name_of(const json_t *entry, const char *member)
{
    const char *name = json_string_value(json_object_get(entry, member));
    assert_non_null(name);
    return strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
}

static void next_page(struct walk *walk)
{
    char path[700];
    size_t i;
    json_t *entry;
    snprintf(path, sizeof path, "%s%s%s", walk->path, *walk->token ? "&nextToken=" : "", walk->token);
    http_expect(walk->fx, 200, http_ask(walk->fx, "iot", "GET", path, NULL));
    json_array_foreach(http_find(walk->fx, walk->list), i, entry)
    {
        strcat(strcat(walk->names, name_of(entry, walk->members)), " ");
    }
    const char *token = json_string_value(http_find(walk->fx, "nextToken"));
    snprintf(walk->token, sizeof walk->token, "%s", token ? token : "");
}

static void rest(struct walk *walk)
{
    while (*walk->token) {
        next_page(walk);
    }
}

static void add_thing(struct http_fixture *fx, const char *name)
{
    char path[100];
    snprintf(path, sizeof path, "/things/%s", name);
    http_expect(fx, 200, http_ask(fx, "iot", "POST", path, "{}"));
}

static void add_job(struct http_fixture *fx, const char *id, const char *targets)
{
    char path[100], body[400];
    snprintf(path, sizeof path, "/jobs/%s", id);
    snprintf(body, sizeof body, "{\"targets\":[%s],\"document\":\"{}\"}", targets);
    http_expect(fx, 200, http_ask(fx, "iot", "PUT", path, body));
}

static void remove_job(struct http_fixture *fx, const char *id)
{
    char path[100];
    snprintf(path, sizeof path, "/jobs/%s?force=true", id);
    http_expect(fx, 200, http_ask(fx, "iot", "DELETE", path, NULL));
}

static void remove_execution(struct http_fixture *fx, const char *thing, const char *job)
{
    char path[200];
    snprintf(path, sizeof path, "/things/%s/jobs/%s/executionNumber/1?force=true", thing, job);
    http_expect(fx, 200, http_ask(fx, "iot", "DELETE", path, NULL));
}

static void add_jobs(struct http_fixture *fx, const char *ids)
{
    for (; *ids; ids++) {
        add_job(fx, (char[]){*ids, '\0'}, "\"" LAMP "\"");
    }
}

/* Between the pages of "f e d c b a " go: an entry of the page that was read, its last one, the next one. */
static void jobs_come_and_go(void **state)
{
    static const struct {
        const char *removed;
        const char *wanted;
    } rows[] = {{"f", "f e d c b a "}, {"e", "f e d c b a "}, {"fe", "f e d c b a "}, {"d", "f e c b a "},
                {"a", "f e d c b "},   {"edc", "f e b a "},   {"dcba", "f e "}};
    struct http_fixture *fx = *state;
    add_thing(fx, "lamp");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct walk walk = {.fx = fx, .path = "/jobs?maxResults=2", .list = "jobs", .members = "jobId"};
        add_jobs(fx, "abcdef");
        next_page(&walk);
        for (const char *id = rows[i].removed; *id; id++) {
            remove_job(fx, (char[]){*id, '\0'});
        }
        add_jobs(fx, "yz");
        rest(&walk);
        assert_string_equal(walk.names, rows[i].wanted);
        for (const char *id = "abcdefyz"; *id; id++) {
            if (!strchr(rows[i].removed, *id)) {
                remove_job(fx, (char[]){*id, '\0'});
            }
        }
    }
}

static void executions_of_a_thing_come_and_go(void **state)
{
    struct http_fixture *fx = *state;
    struct walk walk = {
        .fx = fx, .path = "/things/lamp/jobs?maxResults=2", .list = "executionSummaries", .members = "jobId"};
    add_thing(fx, "lamp");
    add_jobs(fx, "abcdef");
    next_page(&walk);
    remove_execution(fx, "lamp", "f");
    remove_execution(fx, "lamp", "e");
    remove_execution(fx, "lamp", "c");
    add_jobs(fx, "z");
    rest(&walk);
    assert_string_equal(walk.names, "f e d b a ");
}

static void executions_of_a_job_come_and_go(void **state)
{
    struct http_fixture *fx = *state;
    struct walk walk = {
        .fx = fx, .path = "/jobs/j/things?maxResults=2", .list = "executionSummaries", .members = "thingArn"};
    const char *targets = "";
    char text[400] = "";
    for (const char *name = "abcdef"; *name; name++) {
        char one[80];
        add_thing(fx, (char[]){*name, '\0'});
        snprintf(one, sizeof one, "%s\"arn:aws:iot:us-east-1:123456789012:thing/%c\"", *text ? "," : "",
                 *name);
        strcat(text, one);
        targets = text;
    }
    add_job(fx, "j", targets);
    next_page(&walk);
    remove_execution(fx, "f", "j");
    remove_execution(fx, "e", "j");
    remove_execution(fx, "c", "j");
    rest(&walk);
    assert_string_equal(walk.names, "f e d b a ");
}

/* New ones come before and behind the place. */
static void things_come(void **state)
{
    struct http_fixture *fx = *state;
    struct walk walk = {.fx = fx, .path = "/things?maxResults=2", .list = "things", .members = "thingName"};
    static const char *const names[] = {"b", "d", "f", "h:1_-"};
    for (size_t i = 0; i < COUNT(names); i++) {
        add_thing(fx, names[i]);
    }
    next_page(&walk);
    add_thing(fx, "a");
    add_thing(fx, "c");
    add_thing(fx, "e");
    rest(&walk);
    assert_string_equal(walk.names, "b d e f h:1_- ");
}

/* A token of each list, asked of each list: only its own takes it. */
static void tokens_belong_to_their_list(void **state)
{
    static const char *const lists[] = {"/things?maxResults=1",
                                        "/jobs?maxResults=1",
                                        "/jobs?maxResults=1&status=IN_PROGRESS",
                                        "/jobs/a/things?maxResults=1",
                                        "/jobs/b/things?maxResults=1",
                                        "/things/lamp/jobs?maxResults=1",
                                        "/things/lamp/jobs?maxResults=1&status=QUEUED",
                                        "/things/door/jobs?maxResults=1"};
    struct http_fixture *fx = *state;
    add_thing(fx, "lamp");
    add_thing(fx, "door");
    for (const char *id = "abc"; *id; id++) {
        add_job(fx, (char[]){*id, '\0'}, "\"" LAMP "\",\"arn:aws:iot:us-east-1:123456789012:thing/door\"");
    }
    for (size_t i = 0; i < COUNT(lists); i++) {
        char token[400], path[600];
        http_expect(fx, 200, http_ask(fx, "iot", "GET", lists[i], NULL));
        snprintf(token, sizeof token, "%s", http_text(fx, "nextToken"));
        for (size_t j = 0; j < COUNT(lists); j++) {
            snprintf(path, sizeof path, "%s&nextToken=%s", lists[j], token);
            int status = http_ask(fx, "iot", "GET", path, NULL);
            if (status != (i == j ? 200 : 400)) {
                fail_msg("a token of %s at %s: %d", lists[i], lists[j], status);
            }
        }
    }
}

/* Every change of one character makes it invalid, every cut, and what is longer than any key. */
static void made_up_tokens_are_refused(void **state)
{
    struct http_fixture *fx = *state;
    char token[400], other[700], path[800];
    add_thing(fx, "lamp");
    add_thing(fx, "door");
    http_expect(fx, 200, http_ask(fx, "iot", "GET", "/things?maxResults=1", NULL));
    snprintf(token, sizeof token, "%s", http_text(fx, "nextToken"));
    for (size_t i = 0; i < strlen(token); i++) {
        memcpy(other, token, sizeof token);
        other[i] = other[i] == '0' ? '1' : '0';
        snprintf(path, sizeof path, "/things?nextToken=%s", other);
        http_expect_error(fx, http_ask(fx, "iot", "GET", path, NULL), 400, "InvalidRequestException",
                          "nextToken");
        other[i] = (char)(token[i] >= 'a' ? token[i] - 32 : 'g');
        snprintf(path, sizeof path, "/things?nextToken=%s", other);
        http_expect_error(fx, http_ask(fx, "iot", "GET", path, NULL), 400, "InvalidRequestException",
                          "nextToken");
        if (i > 0) {
            other[i] = '\0';
            snprintf(path, sizeof path, "/things?nextToken=%s", other);
            http_expect_error(fx, http_ask(fx, "iot", "GET", path, NULL), 400, "InvalidRequestException",
                              "nextToken");
        }
    }
    for (size_t len = strlen(token) + 1; len < 600; len++) {
        memset(other, '6', sizeof other);
        memcpy(other, token, strlen(token));
        other[len] = '\0';
        snprintf(path, sizeof path, "/things?nextToken=%s", other);
        http_expect_error(fx, http_ask(fx, "iot", "GET", path, NULL), 400, "InvalidRequestException",
                          "nextToken");
    }
}

/* The longest key there is. */
static void longest_thing_name(void **state)
{
    struct http_fixture *fx = *state;
    struct walk walk = {.fx = fx, .path = "/things?maxResults=1", .list = "things", .members = "thingName"};
    char name[129], path[200], wanted[140];
    memset(name, 'a', 128);
    name[128] = '\0';
    snprintf(path, sizeof path, "/things/%s", name);
    http_expect(fx, 200, http_ask(fx, "iot", "POST", path, "{}"));
    add_thing(fx, "b");
    next_page(&walk);
    rest(&walk);
    snprintf(wanted, sizeof wanted, "%s b ", name);
    assert_string_equal(walk.names, wanted);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, http_setup, http_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(jobs_come_and_go),
        TEST(executions_of_a_thing_come_and_go),
        TEST(executions_of_a_job_come_and_go),
        TEST(things_come),
        TEST(tokens_belong_to_their_list),
        TEST(made_up_tokens_are_refused),
        TEST(longest_thing_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
