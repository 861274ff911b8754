/* SPDX-License-Identifier: MIT */
#include "cloud/cli/cli.h"

#include "cloud/base/text.h"
#include "cloud/cli/commands.h"
#include "cloud/cli/completion.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMANDS_MAX 40

static const struct cli_command commands[] = {
    {&syntax_status, command_status},
    {&syntax_down, command_down},
    {&syntax_env, command_env},
    {&syntax_reset, command_reset},
    {&syntax_thing, command_thing},
    {&syntax_thing_list, command_thing_list},
    {&syntax_thing_show, command_thing_show},
    {&syntax_thing_delete, command_thing_delete},
    {&syntax_job_create, command_job_create},
    {&syntax_job_run, command_job_run},
    {&syntax_job_watch, command_job_watch},
    {&syntax_job_list, command_job_list},
    {&syntax_job_show, command_job_show},
    {&syntax_job_cancel, command_job_cancel},
    {&syntax_ota_create, command_ota_create},
    {&syntax_init, command_init},
    {&syntax_doctor, command_doctor},
    {&syntax_clock, command_clock},
    {&syntax_clock_advance, command_clock_advance},
    {&syntax_s3_put, command_s3_put},
    {&syntax_completion, NULL}, /* it is handed the list that it belongs to */
};
#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

struct command_list {
    struct cli_command all[COMMANDS_MAX];
    size_t count;
};

static void print_help(const struct command_list *list)
{
    puts("iot-local: AWS IoT Jobs on your own machine\n\nusage: iot-local COMMAND [options]\n");
    for (size_t i = 0; i < list->count; i++) {
        printf("  %-14s %s\n", list->all[i].syntax->name, list->all[i].syntax->summary);
    }
    puts("\niot-local COMMAND --help tells the options of a command; iot-local --version the version.\n"
         "The AWS CLI works with it, too: aws iot list-things --endpoint-url http://127.0.0.1:PORT");
}

/* "job" alone, or "job --help": the commands that begin so. */
static bool print_group(const struct command_list *list, const char *word)
{
    size_t len = strlen(word);
    bool is_group = false;
    for (size_t i = 0; i < list->count; i++) {
        const struct arg_command *syntax = list->all[i].syntax;
        if (strncmp(syntax->name, word, len) == 0 && syntax->name[len] == ' ') {
            printf("iot-local %-14s %s\n", syntax->name, syntax->summary);
            is_group = true;
        }
    }
    return is_group;
}

static int fail_unknown(const struct command_list *list, int argc, char **argv)
{
    const char *words[COMMANDS_MAX];
    char *typed = argc > 2 && argv[2][0] != '-' ? text_format("%s %s", argv[1], argv[2]) : text_copy(argv[1]);
    for (size_t i = 0; i < list->count; i++) {
        words[i] = list->all[i].syntax->name;
    }
    const char *nearest = args_nearest(typed, words, list->count);
    nearest = nearest ? nearest : args_nearest(argv[1], words, list->count);
    if (nearest) {
        fprintf(stderr, "iot-local: unknown command '%s', did you mean '%s'?\n", typed, nearest);
    } else {
        fprintf(stderr, "iot-local: unknown command '%s' (see iot-local --help)\n", typed);
    }
    free(typed);
    return CLI_USAGE;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

static int run_command(const struct command_list *list, const struct cli_command *command, int argc,
                       char **argv)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int exit_code = command->run ? command->run(argc, argv) : completion(list->all, list->count, argc, argv);
    curl_global_cleanup();
    return exit_code;
}

static int dispatch(const struct command_list *list, int argc, char **argv)
{
    size_t words = 0;
    const struct cli_command *command =
        completion_find(list->all, list->count, argc - 1, (const char *const *)argv + 1, &words);
    if (command) {
        return run_command(list, command, argc - 1 - (int)words, argv + 1 + words);
    }
    bool names_group = argc == 2 || is_help(argv[2]);
    if (names_group && print_group(list, argv[1])) {
        return argc == 2 ? CLI_USAGE : CLI_OK;
    }
    return fail_unknown(list, argc, argv);
}

int cli_run(int argc, char **argv, const struct cli_command *first, size_t first_count)
{
    struct command_list list = {0};
    assert(first_count + COMMAND_COUNT <= COMMANDS_MAX);
    memcpy(list.all, first, first_count * sizeof *first);
    memcpy(list.all + first_count, commands, sizeof commands);
    list.count = first_count + COMMAND_COUNT;
    if (argc < 2 || (argc == 2 && is_help(argv[1]))) {
        print_help(&list);
        return argc < 2 ? CLI_USAGE : CLI_OK;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
        puts("iot-local " DEVICE_JOBS_VERSION);
        return CLI_OK;
    }
    if (strcmp(argv[1], "help") == 0) { /* "help job create" is "job create --help" */
        char help[] = "--help";
        char *moved[5] = {argv[0], argv[2], argc > 3 ? argv[3] : help, help, NULL};
        moved[argc > 3 ? 4 : 3] = NULL;
        return dispatch(&list, argc > 3 ? 4 : 3, moved);
    }
    return dispatch(&list, argc, argv);
}
