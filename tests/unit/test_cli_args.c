/* SPDX-License-Identifier: MIT */
/* Options of the command line: "unknown option: names it and the nearest command". */
// LINK: cloud_cli
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/cli/args.h"
#include "cloud/cli/cli.h"
#include "cloud/cli/cli_data_dir.h"
#include "cloud/cli/client.h"
#include "cloud/cli/duration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct given {
    const char *data;
    struct arg_list things;
    bool is_forced;
};

static const struct arg_option options[] = {
    {"--data", "DIR", "the data", ARG_TEXT, offsetof(struct given, data)},
    {"--thing", "NAME", "a thing", ARG_LIST, offsetof(struct given, things)},
    {"--force", NULL, "by force", ARG_FLAG, offsetof(struct given, is_forced)},
};

static const struct arg_command command = {
    .name = "job test",
    .operands = "ID",
    .operand_count = 1,
    .summary = "tests",
    .options = options,
    .option_count = 3,
};

static char said[4096]; /* what the last call wrote to the watched stream */

/* Runs fn with a stream sent to a file, and puts what came into `said`. */
static int capture(FILE *stream, int (*fn)(int, char **), int argc, char **argv)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    fflush(stream);
    int fd = fileno(stream);
    int saved = dup(fd);
    assert_true(dup2(fileno(file), fd) >= 0);
    int result = fn(argc, argv);
    fflush(stream);
    assert_true(dup2(saved, fd) >= 0);
    close(saved);
    rewind(file);
    said[fread(said, 1, sizeof said - 1, file)] = '\0';
    fclose(file);
    return result;
}

static struct given given;
static const char *operands[ARGS_OPERANDS_MAX];

static int parse(int argc, char **argv)
{
    given = (struct given){0};
    return (int)args_parse(&command, argc, argv, &given, operands);
}

#define PARSE(...)                                                                                           \
    ({                                                                                                       \
        char *words[] = {__VA_ARGS__, NULL};                                                                 \
        capture(stderr, parse, (int)(sizeof words / sizeof words[0]) - 1, words);                            \
    })

static void expect_bad(int outcome, const char *part)
{
    assert_int_equal(outcome, ARGS_BAD);
    if (!strstr(said, part)) {
        fail_msg("'%s' is not in: %s", part, said);
    }
}

static void options_in_every_form_and_order(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--thing", "a", "j", "--thing=b", "--force", "--data=x=y"), ARGS_GOOD);
    assert_int_equal(given.things.count, 2);
    assert_string_equal(given.things.texts[0], "a");
    assert_string_equal(given.things.texts[1], "b");
    assert_string_equal(given.data, "x=y");
    assert_true(given.is_forced);
    assert_string_equal(operands[0], "j");
    assert_string_equal(said, "");
    assert_int_equal(PARSE("--", "--force"), ARGS_GOOD);
    assert_string_equal(operands[0], "--force");
    assert_false(given.is_forced);
    assert_int_equal(PARSE("-"), ARGS_GOOD);
    assert_int_equal(PARSE("j", "--data", "--force"), ARGS_GOOD); /* a value may look like an option */
    assert_string_equal(given.data, "--force");
}

static void mistakes_are_named(void **state)
{
    (void)state;
    expect_bad(PARSE("j", "--froce"), "unknown option '--froce', did you mean '--force'?");
    expect_bad(PARSE("j", "--thnig=x"), "did you mean '--thing'?");
    expect_bad(PARSE("j", "--completely-else"),
               "unknown option '--completely-else' (see iot-local job test --help)");
    expect_bad(PARSE("j", "-f"), "unknown option '-f'");
    expect_bad(PARSE("j", "--data"), "--data needs a value: --data DIR");
    expect_bad(PARSE("j", "--force=yes"), "--force takes no value");
    expect_bad(PARSE("j", "--data", "a", "--data", "b"), "--data is given twice");
    expect_bad(PARSE("j", "k"), "'k' is too much");
    expect_bad(PARSE("--force"), "usage: iot-local job test ID");
}

/* What is not given comes from the environment; what is given wins; an empty variable is none. */
static void options_from_the_environment(void **state)
{
    (void)state;
    struct arg_command with_variables = command;
    char *given_id[] = {"j-1"};
    char *given_data[] = {"j-1", "--data", "mine"};
    with_variables.reads_environment = true;
    setenv("IOT_LOCAL_DATA", "theirs", 1);
    setenv("IOT_LOCAL_THING", "a  b", 1);
    setenv("IOT_LOCAL_FORCE", "1", 1);
    given = (struct given){0};
    assert_int_equal(args_parse(&with_variables, 1, given_id, &given, operands), ARGS_GOOD);
    assert_string_equal(given.data, "theirs");
    assert_int_equal(given.things.count, 2);
    assert_string_equal(given.things.texts[0], "a");
    assert_string_equal(given.things.texts[1], "b");
    assert_true(given.is_forced);

    setenv("IOT_LOCAL_THING", "", 1);
    setenv("IOT_LOCAL_FORCE", "0", 1);
    given = (struct given){0};
    assert_int_equal(args_parse(&with_variables, 3, given_data, &given, operands), ARGS_GOOD);
    assert_string_equal(given.data, "mine");
    assert_int_equal(given.things.count, 0);
    assert_false(given.is_forced);

    setenv("IOT_LOCAL_FORCE", "yes", 1);
    given = (struct given){0};
    assert_int_equal(args_parse(&with_variables, 1, given_id, &given, operands), ARGS_BAD);
    assert_int_equal(parse(1, given_id), ARGS_GOOD); /* this command does not read them */
    assert_null(given.data);
    unsetenv("IOT_LOCAL_DATA");
    unsetenv("IOT_LOCAL_THING");
    unsetenv("IOT_LOCAL_FORCE");
}

static void times_have_units(void **state)
{
    (void)state;
    const struct {
        const char *text;
        int64_t ms; /* -1: refused */
    } rows[] = {
        {"90s", 90000}, {"10m", 600000},  {"1h30m", 5400000}, {"2d", 172800000},
        {"500ms", 500}, {"1m1ms", 60001}, {"0s", 0},          {"3660d", 316224000000},
        {"3661d", -1},  {"3660d1s", -1},  {"", -1},           {"10", -1},
        {"m", -1},      {"10 m", -1},     {"-1m", -1},        {"1m1h", -1},
        {"1m1m", -1},   {"1.5h", -1},     {"1x", -1},         {"99999999999999999999s", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t ms = -1;
        bool is_good = duration_parse(rows[i].text, &ms);
        if (is_good != (rows[i].ms >= 0) || ms != rows[i].ms) {
            fail_msg("'%s' is %lld", rows[i].text, (long long)ms);
        }
    }
}

static void list_has_an_end(void **state)
{
    (void)state;
    char *words[2 * ARG_LIST_MAX + 3];
    for (int i = 0; i <= ARG_LIST_MAX; i++) {
        words[2 * i] = "--thing";
        words[2 * i + 1] = "t";
    }
    assert_int_equal(parse(2 * ARG_LIST_MAX, words), ARGS_BAD); /* the operand is missing, the list fits */
    assert_int_equal(given.things.count, ARG_LIST_MAX);
    expect_bad(capture(stderr, parse, 2 * ARG_LIST_MAX + 2, words), "at most");
}

static void help_shows_every_option(void **state)
{
    (void)state;
    char *words[] = {"--data", "x", "--help", "--nonsense"};
    assert_int_equal(capture(stdout, parse, 4, words), ARGS_HELP);
    for (size_t i = 0; i < 3; i++) {
        assert_non_null(strstr(said, options[i].name));
        assert_non_null(strstr(said, options[i].help));
    }
    assert_non_null(strstr(said, "usage: iot-local job test ID"));
}

static void nearest_word(void **state)
{
    (void)state;
    static const char *const words[] = {"up", "thing", "job create", "job cancel"};
    assert_string_equal(args_nearest("thign", words, 4), "thing");
    assert_string_equal(args_nearest("job craete", words, 4), "job create");
    assert_string_equal(args_nearest("job cancle", words, 4), "job cancel");
    assert_null(args_nearest("xx", words, 4)); /* "up" is as far as it is long */
    assert_null(args_nearest("something else", words, 4));
    assert_null(args_nearest("a-word-that-is-longer-than-thirty-two-characters", words, 4));
}

/* --- Dispatch --- */

static int up_argc;

static int up(int argc, char **argv)
{
    assert_null(argv[argc]);
    up_argc = argc;
    return 7;
}

static int run(int argc, char **argv)
{
    static const struct arg_command syntax = {.name = "up", .operands = "", .summary = "starts it"};
    static const struct cli_command first = {&syntax, up};
    return cli_run(argc, argv, &first, 1);
}

#define RUN(stream, ...)                                                                                     \
    ({                                                                                                       \
        char *words[] = {"iot-local", __VA_ARGS__, NULL};                                                    \
        capture(stream, run, (int)(sizeof words / sizeof words[0]) - 1, words);                              \
    })

static void commands_are_found(void **state)
{
    (void)state;
    assert_int_equal(RUN(stdout, "up", "--x", "y"), 7);
    assert_int_equal(up_argc, 2);
    assert_int_equal(RUN(stdout, "help", "up"), 7);
    assert_int_equal(up_argc, 1);
    assert_int_equal(RUN(stdout, "--version"), CLI_OK);
    assert_string_equal(said, "iot-local " DEVICE_JOBS_VERSION "\n");
    assert_int_equal(RUN(stdout, "--help"), CLI_OK);
    static const char *const all[] = {"up",      "starts it",  "status",      "down",       "env",
                                      "reset",   "thing",      "thing list",  "thing show", "job create",
                                      "job run", "job watch",  "job list",    "job show",   "job cancel",
                                      "s3 put",  "completion", "thing delete"};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        assert_non_null(strstr(said, all[i]));
    }
    assert_int_equal(RUN(stdout, "job", "create", "--help"), CLI_OK);
    assert_non_null(strstr(said, "--document-source LINK"));
    assert_int_equal(RUN(stdout, "thing", "list", "--help"), CLI_OK); /* of two words before of one */
    assert_non_null(strstr(said, "usage: iot-local thing list"));
    assert_int_equal(RUN(stdout, "thing", "--help"), CLI_OK);
    assert_non_null(strstr(said, "usage: iot-local thing NAME"));
    assert_int_equal(RUN(stdout, "help", "job", "watch"), CLI_OK);
    assert_non_null(strstr(said, "usage: iot-local job watch ID"));
    assert_int_equal(RUN(stdout, "job", "--help"), CLI_OK);
    assert_non_null(strstr(said, "job cancel"));
    assert_null(strstr(said, "s3 put"));
    assert_int_equal(RUN(stdout, "job"), CLI_USAGE);
}

static void wrong_commands_are_usage_errors(void **state)
{
    (void)state;
    assert_int_equal(RUN(stderr, "jbo", "create"), CLI_USAGE);
    assert_non_null(strstr(said, "unknown command 'jbo create', did you mean 'job create'?"));
    assert_int_equal(RUN(stderr, "thign"), CLI_USAGE);
    assert_non_null(strstr(said, "did you mean 'thing'?"));
    assert_int_equal(RUN(stderr, "frobnicate"), CLI_USAGE);
    assert_non_null(strstr(said, "unknown command 'frobnicate'"));
    assert_int_equal(RUN(stderr, "thing", "lamp"), CLI_USAGE);
    assert_non_null(strstr(said, "--out DIR is missing"));
    assert_int_equal(RUN(stderr, "job", "create", "--document", "x"), CLI_USAGE);
    assert_non_null(strstr(said, "--thing NAME is missing"));
    assert_int_equal(RUN(stderr, "job", "create", "--thing", "t"), CLI_USAGE);
    assert_non_null(strstr(said, "either --document FILE or --document-source LINK"));
    assert_int_equal(
        RUN(stderr, "job", "create", "--thing", "t", "--document", "x", "--document-source", "y"), CLI_USAGE);
    assert_int_equal(RUN(stderr, "job", "create", "--thing", "t", "--document", "x", "--timeout", "0"),
                     CLI_USAGE);
    assert_non_null(strstr(said, "--timeout must be a whole number, 1..10080, not '0'"));
    assert_int_equal(RUN(stderr, "job", "watch", "j", "--timeout", "5s"), CLI_USAGE);
    assert_non_null(strstr(said, "'5s'"));
    assert_int_equal(RUN(stderr, "completion", "csh"), CLI_USAGE);
    assert_non_null(strstr(said, "'csh' is none of bash, zsh, fish"));
    assert_int_equal(RUN(stderr, "s3", "put", "f", "bucket/key"), CLI_USAGE);
    assert_non_null(strstr(said, "'bucket/key' is not like s3://bucket/key"));
}

static void no_daemon_says_how_to_start_one(void **state)
{
    (void)state;
    assert_int_equal(RUN(stderr, "job", "list", "--data", "/nonexistent/iot"), CLI_FAILED);
    assert_string_equal(
        said, "iot-local: no iot-local runs on /nonexistent/iot: start one with 'iot-local up --data "
              "/nonexistent/iot'\n");
    char path[160] = "/";
    memset(path + 1, 'p', sizeof path - 2);
    assert_int_equal(RUN(stderr, "job", "list", "--data", path), CLI_FAILED);
    assert_non_null(strstr(said, "choose a shorter --data"));
}

/* A line of what was said, exactly so. */
static bool has_line(const char *line)
{
    size_t len = strlen(line);
    for (const char *at = said; (at = strstr(at, line)) != NULL; at++) {
        if ((at == said || at[-1] == '\n') && at[len] == '\n') {
            return true;
        }
    }
    return false;
}

static size_t line_count(void)
{
    size_t count = 0;
    for (const char *at = said; *at; at++) {
        count += *at == '\n';
    }
    return count;
}

/* From the tables of commands and options: what can stand there. */
static void completion_knows_every_place(void **state)
{
    (void)state;
    assert_int_equal(RUN(stdout, "completion", "words", ""), CLI_OK);
    assert_true(has_line("up") && has_line("thing") && has_line("s3") && has_line("help"));
    assert_false(has_line("job create"));
    assert_ptr_equal(strstr(said, "job\n"), strrchr(said, 'j')); /* once */
    assert_int_equal(RUN(stdout, "completion", "words", "j"), CLI_OK);
    assert_string_equal(said, "job\n");
    assert_int_equal(RUN(stdout, "completion", "words", "job", "c"), CLI_OK);
    assert_string_equal(said, "create\ncancel\n");
    assert_int_equal(RUN(stdout, "completion", "words", "job", "create", "--do"), CLI_OK);
    assert_string_equal(said, "--document\n--document-source\n");
    assert_int_equal(RUN(stdout, "completion", "words", "job", "create", ""), CLI_OK);
    assert_true(has_line("--thing") && has_line("--help") && line_count() == 9);
    assert_int_equal(RUN(stdout, "completion", "words", "job", "create", "--document", ""), CLI_OK);
    assert_string_equal(said, ":files\n");
    assert_int_equal(RUN(stdout, "completion", "words", "job", "list", "--data", "x"), CLI_OK);
    assert_string_equal(said, ":dirs\n");
    assert_int_equal(RUN(stdout, "completion", "words", "job", "create", "--job-id", ""), CLI_OK);
    assert_string_equal(said, "");
    assert_int_equal(RUN(stdout, "completion", "words", "thing", "lis"), CLI_OK);
    assert_string_equal(said, "list\n");
    assert_int_equal(RUN(stdout, "completion", "words", "thing", "--f"), CLI_OK);
    assert_string_equal(said, "--force\n");
    assert_int_equal(RUN(stdout, "completion", "words", "completion", ""), CLI_OK);
    assert_string_equal(said, "bash\nzsh\nfish\n");
    assert_int_equal(RUN(stdout, "completion", "words", "s3", "put", ""), CLI_OK);
    assert_string_equal(said, ":files\n");
    assert_int_equal(RUN(stdout, "completion", "words", "nonsense", ""), CLI_OK);
    assert_string_equal(said, "");
}

/* Without a daemon there are no names, and no complaint where the cursor stands. */
static void completion_without_a_daemon(void **state)
{
    (void)state;
    assert_int_equal(RUN(stdout, "completion", "words", "job", "show", "--data", "/nonexistent/iot", ""),
                     CLI_OK);
    assert_string_equal(said, "--json\n--data\n--help\n");
}

static void data_directory(void **state)
{
    (void)state;
    char *dir;
    setenv("IOT_LOCAL_DATA", "/env", 1);
    setenv("HOME", "/home-of-x", 1);
    assert_string_equal(dir = cli_data_dir("/given"), "/given");
    free(dir);
    assert_string_equal(dir = cli_data_dir(NULL), "/env");
    free(dir);
    unsetenv("IOT_LOCAL_DATA");
    assert_string_equal(dir = cli_data_dir(NULL), "/home-of-x/.local/share/iot-local");
    free(dir);
    unsetenv("HOME");
    assert_null(cli_data_dir(NULL));
}

static void paths_are_encoded(void **state)
{
    (void)state;
    char *path = client_path("/things/%s/jobs/%s?x=1", "a/b c:\xc3\xbc", "$next");
    assert_string_equal(path, "/things/a%2Fb%20c%3A%C3%BC/jobs/%24next?x=1");
    free(path);
    path = client_path("/%s/%p", "b", "x/y z?&#%");
    assert_string_equal(path, "/b/x/y%20z%3F%26%23%25");
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_in_every_form_and_order),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(options_from_the_environment),
        cmocka_unit_test(times_have_units),
        cmocka_unit_test(list_has_an_end),
        cmocka_unit_test(help_shows_every_option),
        cmocka_unit_test(nearest_word),
        cmocka_unit_test(commands_are_found),
        cmocka_unit_test(wrong_commands_are_usage_errors),
        cmocka_unit_test(no_daemon_says_how_to_start_one),
        cmocka_unit_test(completion_knows_every_place),
        cmocka_unit_test(completion_without_a_daemon),
        cmocka_unit_test(data_directory),
        cmocka_unit_test(paths_are_encoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
