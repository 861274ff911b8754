/* SPDX-License-Identifier: MIT */
#include "cloud/cli/completion.h"

#include "cloud/cli/client.h"

#include <stdio.h>
#include <string.h>

#define PATIENCE_MS 1000 /* of somebody who has pressed Tab */

const struct arg_command syntax_completion = {
    .name = "completion",
    .operands = "SHELL",
    .operand_count = 1,
    .summary = "prints what makes bash, zsh or fish complete the commands of iot-local",
    .details = "bash: eval \"$(iot-local completion bash)\" in ~/.bashrc\n"
               "zsh:  eval \"$(iot-local completion zsh)\" in ~/.zshrc, behind compinit\n"
               "fish: iot-local completion fish > ~/.config/fish/completions/iot-local.fish",
};

/* --- Which command --- */

/* How many words name this command; 0: another one. */
static size_t matches(const char *name, int word_count, const char *const *words)
{
    size_t first_len = strcspn(name, " ");
    bool has_second = name[first_len] == ' ';
    if (word_count < 1 || strlen(words[0]) != first_len || strncmp(words[0], name, first_len) != 0) {
        return 0;
    }
    if (!has_second) {
        return 1;
    }
    return word_count > 1 && strcmp(words[1], name + first_len + 1) == 0 ? 2 : 0;
}

const struct cli_command *completion_find(const struct cli_command *all, size_t count, int word_count,
                                          const char *const *words, size_t *used)
{
    const struct cli_command *found = NULL;
    *used = 0;
    for (size_t i = 0; i < count; i++) {
        size_t match = matches(all[i].syntax->name, word_count, words);
        if (match > *used) {
            found = &all[i];
            *used = match;
        }
    }
    return found;
}

/* --- Candidates --- */

/* What is typed, and where. */
struct place {
    const char *const *words; /* before the last one */
    size_t word_count;
    const char *prefix;
    bool has_printed;
};

static void offer(struct place *place, const char *word, size_t len)
{
    size_t prefix_len = strlen(place->prefix);
    if (len >= prefix_len && strncmp(word, place->prefix, prefix_len) == 0) {
        printf("%.*s\n", (int)len, word);
    }
    place->has_printed = true;
}

static void offer_word(struct place *place, const char *word)
{
    offer(place, word, strlen(word));
}

/* The words at `depth` of the commands that begin as it is typed. A group's word is offered once: its commands follow one
 * another in the table. */
static void offer_commands(struct place *place, const struct cli_command *all, size_t count)
{
    const char *last = NULL;
    for (size_t i = 0; i < count && place->word_count < 2; i++) {
        const char *name = all[i].syntax->name;
        size_t first_len = strcspn(name, " ");
        if (place->word_count == 0) {
            bool is_known = last && strncmp(last, name, first_len) == 0 && strcspn(last, " ") == first_len;
            if (!is_known) {
                offer(place, name, first_len);
            }
            last = name;
        } else if (name[first_len] == ' ' && strlen(place->words[0]) == first_len &&
                   strncmp(place->words[0], name, first_len) == 0) {
            offer_word(place, name + first_len + 1);
        }
    }
}

static const struct arg_option *option_named(const struct arg_command *syntax, const char *name)
{
    for (size_t i = 0; i < syntax->option_count; i++) {
        if (strcmp(syntax->options[i].name, name) == 0) {
            return &syntax->options[i];
        }
    }
    return NULL;
}

static void offer_options(struct place *place, const struct arg_command *syntax)
{
    for (size_t i = 0; i < syntax->option_count; i++) {
        offer_word(place, syntax->options[i].name);
    }
    offer_word(place, "--help");
}

/* The --data of the words typed so far, NULL: none. */
static const char *typed_data(const struct place *place)
{
    for (size_t i = 0; i + 1 < place->word_count; i++) {
        if (strcmp(place->words[i], "--data") == 0) {
            return place->words[i + 1];
        }
    }
    return NULL;
}

struct listing {
    struct place *place;
    const char *member;
};

static bool offer_entry(void *ctx, const json_t *entry)
{
    const struct listing *listing = ctx;
    offer_word(listing->place, client_text(entry, listing->member));
    return true;
}

/* Names that the daemon knows, if one runs. */
static void offer_names(struct place *place, const char *path, const char *list, const char *member)
{
    struct listing listing = {place, member};
    struct client *client = client_open(typed_data(place));
    if (client) {
        client_set_patience(client, PATIENCE_MS);
        client_each(client, path, list, offer_entry, &listing);
    }
    client_close(client);
}

static void offer_things(struct place *place)
{
    offer_names(place, "/things", "things", "thingName");
}

/* A value is what the help calls it. */
static void offer_value(struct place *place, const char *name, const char *value)
{
    if (strcmp(name, "--thing") == 0) {
        offer_things(place);
    } else if (strcmp(value, "DIR") == 0) {
        puts(":dirs");
    } else if (strcmp(value, "FILE") == 0 || strcmp(value, "PATH") == 0) {
        puts(":files");
    }
}

static void offer_operand(struct place *place, const struct arg_command *syntax, size_t operands_before)
{
    const char *const shells[] = {"bash", "zsh", "fish"};
    const char *first = syntax->operands;
    bool is_first = operands_before == 0;
    if (is_first && strncmp(first, "ID", 2) == 0) {
        offer_names(place, "/jobs", "jobs", "jobId");
    } else if (is_first && strncmp(first, "NAME", 4) == 0 && strcmp(syntax->name, "thing") != 0) {
        offer_things(place);
    } else if (is_first && strncmp(first, "SHELL", 5) == 0) {
        for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
            offer_word(place, shells[i]);
        }
    } else if (is_first && strcmp(first, "DIR") == 0) {
        puts(":dirs");
        place->has_printed = true;
    } else if (is_first && (strncmp(first, "FILE", 4) == 0 || strncmp(first, "DEVICE", 6) == 0)) {
        puts(":files");
        place->has_printed = true;
    }
}

/* Behind the command's name: the value of an option, an option, or an operand. */
static void offer_in_command(struct place *place, const struct arg_command *syntax, size_t name_words)
{
    size_t operands = 0;
    for (size_t i = name_words; i < place->word_count; i++) {
        const struct arg_option *option = option_named(syntax, place->words[i]);
        if (strcmp(place->words[i], "--") == 0) {
            puts(":files"); /* a command line of somebody else */
            return;
        }
        if (option && option->kind != ARG_FLAG && ++i == place->word_count) {
            offer_value(place, option->name, option->value);
            return;
        }
        operands += !option && i < place->word_count && place->words[i][0] != '-';
    }
    if (place->prefix[0] != '-') {
        offer_operand(place, syntax, operands);
    }
    if (!place->has_printed) {
        offer_options(place, syntax);
    }
}

void completion_print(const struct cli_command *all, size_t count, int word_count, const char *const *words)
{
    size_t used;
    if (word_count < 1) {
        return;
    }
    struct place place = {words, (size_t)word_count - 1, words[word_count - 1], false};
    const struct cli_command *command = completion_find(all, count, word_count - 1, words, &used);
    offer_commands(&place, all, count);
    if (command) {
        place.has_printed = false;
        offer_in_command(&place, command->syntax, used);
    } else if (place.word_count == 0) {
        offer_word(&place, "help");
        offer_word(&place, "--version");
    }
}

/* --- The scripts --- */

static const char *script_of(const char *shell)
{
    static const char *const scripts[][2] = {
        {"bash",
         "_iot_local() {\n"
         "    local line IFS=$'\\n'\n"
         "    COMPREPLY=()\n"
         "    for line in $(\"$1\" completion words \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null); do\n"
         "        case $line in\n"
         "            :files) compopt -o default ;;\n"
         "            :dirs) compopt -o dirnames ;;\n"
         "            *) COMPREPLY+=(\"$line\") ;;\n"
         "        esac\n"
         "    done\n"
         "}\n"
         "complete -F _iot_local iot-local\n"},
        {"zsh", "_iot_local() {\n"
                "    local line\n"
                "    for line in ${(f)\"$(${(Q)words[1]} completion words \"${(@)words[2,CURRENT]}\" "
                "2>/dev/null)\"}; do\n"
                "        case $line in\n"
                "            :files) _files ;;\n"
                "            :dirs) _files -/ ;;\n"
                "            *) compadd -- \"$line\" ;;\n"
                "        esac\n"
                "    done\n"
                "}\n"
                "compdef _iot_local iot-local\n"},
        {"fish", "function __iot_local\n"
                 "    set -l words (commandline -opc)\n"
                 "    for line in (command $words[1] completion words $words[2..-1] (commandline -ct) "
                 "2>/dev/null)\n"
                 "        switch $line\n"
                 "            case :files\n"
                 "                __fish_complete_path (commandline -ct)\n"
                 "            case :dirs\n"
                 "                __fish_complete_directories (commandline -ct)\n"
                 "            case '*'\n"
                 "                echo $line\n"
                 "        end\n"
                 "    end\n"
                 "end\n"
                 "complete -c iot-local -f -a '(__iot_local)'\n"},
    };
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        if (strcmp(shell, scripts[i][0]) == 0) {
            return scripts[i][1];
        }
    }
    return NULL;
}

int completion(const struct cli_command *all, size_t count, int argc, char **argv)
{
    const char *operands[ARGS_OPERANDS_MAX] = {0};
    if (argc > 1 && strcmp(argv[0], "words") == 0) {
        completion_print(all, count, argc - 1, (const char *const *)argv + 1);
        return CLI_OK;
    }
    enum args_outcome outcome = args_parse(&syntax_completion, argc, argv, NULL, operands);
    if (outcome != ARGS_GOOD) {
        return outcome == ARGS_HELP ? CLI_OK : CLI_USAGE;
    }
    const char *script = script_of(operands[0]);
    if (!script) {
        fprintf(stderr, "iot-local completion: '%s' is none of bash, zsh, fish\n", operands[0]);
        return CLI_USAGE;
    }
    fputs(script, stdout);
    return CLI_OK;
}
