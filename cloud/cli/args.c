/* SPDX-License-Identifier: MIT */
#include "cloud/cli/args.h"

#include "cloud/base/memory.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_MAX     32
#define DISTANCE_MAX 3

/* Levenshtein distance; words longer than WORD_MAX are far from everything. */
static size_t distance(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1];
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);
    if (a_len > WORD_MAX || b_len > WORD_MAX) {
        return DISTANCE_MAX + 1;
    }
    for (size_t j = 0; j <= b_len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            size_t insert = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = change < insert ? change : insert;
        }
    }
    return row[b_len];
}

const char *args_nearest(const char *word, const char *const words[], size_t count)
{
    const char *best = NULL;
    size_t best_distance = DISTANCE_MAX + 1;
    for (size_t i = 0; i < count; i++) {
        size_t d = distance(word, words[i]);
        if (d < best_distance && d < strlen(words[i])) {
            best_distance = d;
            best = words[i];
        }
    }
    return best;
}

void args_print_help(const struct arg_command *command)
{
    bool is_behind = strncmp(command->operands, "--", 2) == 0; /* somebody else's command line */
    const char *options = command->option_count > 0 ? " [options]" : "";
    printf("usage: iot-local %s%s%s%s%s\n\n%s\n", command->name, is_behind ? options : "",
           *command->operands ? " " : "", command->operands, is_behind ? "" : options, command->summary);
    if (command->details) {
        printf("\n%s\n", command->details);
    }
    if (command->option_count > 0) {
        puts("\noptions:");
    }
    for (size_t i = 0; i < command->option_count; i++) {
        const struct arg_option *option = &command->options[i];
        char left[64];
        snprintf(left, sizeof left, "%s%s%s", option->name, option->value ? " " : "",
                 option->value ? option->value : "");
        printf("  %-26s %s\n", left, option->help);
    }
    if (command->reads_environment) {
        puts("\nWhat is not given is taken from the environment: --listen from IOT_LOCAL_LISTEN, and so on\n"
             "(flags: 1 or 0; what may be repeated: with blanks between).");
    }
}

static const struct arg_option *find_option(const struct arg_command *command, const char *text, size_t len)
{
    for (size_t i = 0; i < command->option_count; i++) {
        const char *name = command->options[i].name;
        if (strlen(name) == len && memcmp(name, text, len) == 0) {
            return &command->options[i];
        }
    }
    return NULL;
}

static enum args_outcome fail_unknown(const struct arg_command *command, const char *text, size_t len)
{
    const char *names[WORD_MAX];
    char name[WORD_MAX + 2];
    size_t count = 0;
    for (; count < command->option_count && count < WORD_MAX; count++) {
        names[count] = command->options[count].name;
    }
    snprintf(name, sizeof name, "%.*s", (int)(len < sizeof name ? len : sizeof name), text);
    const char *nearest = args_nearest(name, names, count);
    if (nearest) {
        fprintf(stderr, "iot-local %s: unknown option '%s', did you mean '%s'?\n", command->name, name,
                nearest);
    } else {
        fprintf(stderr, "iot-local %s: unknown option '%.*s' (see iot-local %s --help)\n", command->name,
                (int)len, text, command->name);
    }
    return ARGS_BAD;
}

static enum args_outcome store(const struct arg_command *command, const struct arg_option *option,
                               const char *value, void *options)
{
    void *place = (char *)options + option->offset;
    if (option->kind == ARG_FLAG) {
        *(bool *)place = true;
        return ARGS_GOOD;
    }
    if (option->kind == ARG_TEXT) {
        const char **text = place;
        if (*text) {
            fprintf(stderr, "iot-local %s: %s is given twice\n", command->name, option->name);
            return ARGS_BAD;
        }
        *text = value;
        return ARGS_GOOD;
    }
    struct arg_list *list = place;
    if (list->count == ARG_LIST_MAX) {
        fprintf(stderr, "iot-local %s: %s can be given %d times at most\n", command->name, option->name,
                ARG_LIST_MAX);
        return ARGS_BAD;
    }
    list->texts[list->count++] = value;
    return ARGS_GOOD;
}

/* One option at argv[*at]; moves *at over its value. */
static enum args_outcome read_option(const struct arg_command *command, int argc, char **argv, int *at,
                                     void *options)
{
    const char *text = argv[*at];
    size_t len = strcspn(text, "=");
    const struct arg_option *option = find_option(command, text, len);
    const char *value = text[len] == '=' ? text + len + 1 : NULL;
    if (!option) {
        return fail_unknown(command, text, len);
    }
    if (option->kind == ARG_FLAG && value) {
        fprintf(stderr, "iot-local %s: %s takes no value\n", command->name, option->name);
        return ARGS_BAD;
    }
    if (option->kind != ARG_FLAG && !value) {
        if (*at + 1 >= argc) {
            fprintf(stderr, "iot-local %s: %s needs a value: %s %s\n", command->name, option->name,
                    option->name, option->value);
            return ARGS_BAD;
        }
        *at += 1;
        value = argv[*at];
    }
    return store(command, option, value, options);
}

/* --- Options from the environment --- */

#define VARIABLE_PREFIX "IOT_LOCAL_"

/* "--http-port" is IOT_LOCAL_HTTP_PORT. */
static void name_variable(const struct arg_option *option, char *out, size_t cap)
{
    size_t len = (size_t)snprintf(out, cap, VARIABLE_PREFIX "%s", option->name + strlen("--"));
    for (size_t i = 0; i < len && i < cap; i++) {
        out[i] = out[i] == '-' ? '_' : (char)toupper((unsigned char)out[i]);
    }
}

static bool is_given(const struct arg_option *option, const void *options)
{
    const void *place = (const char *)options + option->offset;
    switch (option->kind) {
    case ARG_FLAG:
        return *(const bool *)place;
    case ARG_TEXT:
        return *(const char *const *)place != NULL;
    case ARG_LIST:
        break;
    }
    return ((const struct arg_list *)place)->count > 0;
}

static enum args_outcome store_variable(const struct arg_command *command, const struct arg_option *option,
                                        char *value, void *options)
{
    enum args_outcome outcome = ARGS_GOOD;
    if (option->kind == ARG_TEXT) {
        return store(command, option, value, options);
    }
    if (option->kind == ARG_FLAG) {
        char variable[64];
        name_variable(option, variable, sizeof variable);
        if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0) {
            fprintf(stderr, "iot-local %s: the variable %s is '%s': it may be 1 or 0\n", command->name,
                    variable, value);
            return ARGS_BAD;
        }
        return *value == '1' ? store(command, option, NULL, options) : ARGS_GOOD;
    }
    char *rest = NULL;
    for (char *word = strtok_r(value, " ", &rest); word && outcome == ARGS_GOOD;
         word = strtok_r(NULL, " ", &rest)) {
        outcome = store(command, option, word, options);
    }
    return outcome;
}

/* Copies live as long as the process, as what main is given does: a later setenv may change what getenv has found. */
static char *copy_for_good(const char *text)
{
    static struct copy {
        struct copy *before;
        char text[];
    } * newest;
    size_t size = strlen(text) + 1;
    struct copy *copy = memory_resize(NULL, sizeof *copy + size);
    copy->before = newest;
    memcpy(copy->text, text, size);
    newest = copy;
    return copy->text;
}

/* An empty variable counts as not set. */
static enum args_outcome read_environment(const struct arg_command *command, void *options)
{
    enum args_outcome outcome = ARGS_GOOD;
    for (size_t i = 0; i < command->option_count && outcome == ARGS_GOOD; i++) {
        char variable[64];
        name_variable(&command->options[i], variable, sizeof variable);
        const char *value = getenv(variable);
        if (value && *value && !is_given(&command->options[i], options)) {
            outcome = store_variable(command, &command->options[i], copy_for_good(value), options);
        }
    }
    return outcome;
}

enum args_outcome args_parse(const struct arg_command *command, int argc, char **argv, void *options,
                             const char *operands[ARGS_OPERANDS_MAX])
{
    size_t count = 0;
    bool only_operands = false;
    for (int at = 0; at < argc; at++) {
        const char *text = argv[at];
        if (!only_operands && (strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0)) {
            args_print_help(command);
            return ARGS_HELP;
        }
        if (!only_operands && strcmp(text, "--") == 0) {
            only_operands = true;
        } else if (!only_operands && text[0] == '-' && text[1] != '\0') {
            if (read_option(command, argc, argv, &at, options) != ARGS_GOOD) {
                return ARGS_BAD;
            }
        } else if (count < command->operand_count && count < ARGS_OPERANDS_MAX) {
            operands[count++] = text;
        } else {
            fprintf(stderr, "iot-local %s: '%s' is too much (usage: iot-local %s %s)\n", command->name, text,
                    command->name, command->operands);
            return ARGS_BAD;
        }
    }
    if (count < command->operand_count) {
        fprintf(stderr, "iot-local %s: usage: iot-local %s %s [options]\n", command->name, command->name,
                command->operands);
        return ARGS_BAD;
    }
    return command->reads_environment ? read_environment(command, options) : ARGS_GOOD;
}
