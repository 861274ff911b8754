/* SPDX-License-Identifier: MIT */
#include "cloud/cli/cli.h"

#include "cloud/base/text.h"
#include "cloud/cli/args.h"
#include "cloud/cli/commands.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct command {
    const char *words; /* "job create" */
    cli_command_fn run;
    const char *summary;
};

/* `up` comes from the caller. */
static const struct command commands[] = {
    {"up", NULL, "starts AWS IoT on this machine: MQTT broker, Jobs service, S3"},
    {"thing", command_thing, "makes a thing, and the folder that a device connects with"},
    {"job create", command_job_create, "creates a job"},
    {"job run", command_job_run, "creates a job and watches it"},
    {"job watch", command_job_watch, "shows what happens to a job until it has ended"},
    {"job list", command_job_list, "lists all jobs"},
    {"job show", command_job_show, "shows a job, its document and its executions"},
    {"job cancel", command_job_cancel, "cancels a job"},
    {"doctor", command_doctor, "says whether a device may do something, and by which policy"},
    {"clock advance", command_clock_advance, "puts the virtual clock forward: what is due happens at once"},
    {"clock", command_clock, "shows the time that the service goes by"},
    {"s3 put", command_s3_put, "stores a job document in the local S3"},
};
#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static void print_help(void)
{
    puts("iot-local: AWS IoT Jobs on your own machine\n\nusage: iot-local COMMAND [options]\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        printf("  %-14s %s\n", commands[i].words, commands[i].summary);
    }
    puts("\niot-local COMMAND --help tells the options of a command; iot-local --version the version.\n"
         "The AWS CLI works with it, too: aws iot list-things --endpoint-url http://127.0.0.1:PORT");
}

/* How many words of argv (from 1) name this command; 0: another one. */
static int matches(const struct command *command, int argc, char **argv)
{
    size_t first_len = strcspn(command->words, " ");
    bool has_second = command->words[first_len] == ' ';
    if (strlen(argv[1]) != first_len || strncmp(argv[1], command->words, first_len) != 0) {
        return 0;
    }
    if (!has_second) {
        return 1;
    }
    return argc > 2 && strcmp(argv[2], command->words + first_len + 1) == 0 ? 2 : 0;
}

/* "job" alone, or "job --help": the commands that begin so. */
static bool print_group(const char *word)
{
    size_t len = strlen(word);
    bool is_group = false;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strncmp(commands[i].words, word, len) == 0 && commands[i].words[len] == ' ') {
            printf("iot-local %-14s %s\n", commands[i].words, commands[i].summary);
            is_group = true;
        }
    }
    return is_group;
}

static int fail_unknown(int argc, char **argv)
{
    const char *words[COMMAND_COUNT];
    char *typed = argc > 2 && argv[2][0] != '-' ? text_format("%s %s", argv[1], argv[2]) : text_copy(argv[1]);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        words[i] = commands[i].words;
    }
    const char *nearest = args_nearest(typed, words, COMMAND_COUNT);
    nearest = nearest ? nearest : args_nearest(argv[1], words, COMMAND_COUNT);
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

static int runtime_command(int argc, char **argv, cli_command_fn up)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        int words = matches(&commands[i], argc, argv);
        if (words == 0) {
            continue;
        }
        if (!commands[i].run) {
            return up(argc - 1, argv + 1);
        }
        curl_global_init(CURL_GLOBAL_DEFAULT);
        int exit_code = commands[i].run(argc - 1 - words, argv + 1 + words);
        curl_global_cleanup();
        return exit_code;
    }
    bool names_group = argc == 2 || is_help(argv[2]);
    if (names_group && print_group(argv[1])) {
        return argc == 2 ? CLI_USAGE : CLI_OK;
    }
    return fail_unknown(argc, argv);
}

int cli_run(int argc, char **argv, cli_command_fn up)
{
    if (argc < 2 || (argc == 2 && is_help(argv[1]))) {
        print_help();
        return argc < 2 ? CLI_USAGE : CLI_OK;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
        puts("iot-local " DEVICE_JOBS_VERSION);
        return CLI_OK;
    }
    if (strcmp(argv[1], "help") == 0) { /* "help job create" is "job create --help" */
        char help[] = "--help";
        char *moved[5] = {argv[0], argv[2], argc > 3 ? argv[3] : help, help, NULL};
        return runtime_command(argc > 3 ? 4 : 3, moved, up);
    }
    return runtime_command(argc, argv, up);
}
