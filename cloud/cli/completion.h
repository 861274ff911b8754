/* SPDX-License-Identifier: MIT */
/* iot-local completion: what can stand at a place of a command line, from the tables of commands and options. The scripts
 * for the shells only ask for it (`iot-local completion words ...`), so they fit every version. */
#ifndef CLOUD_CLI_COMPLETION_H
#define CLOUD_CLI_COMPLETION_H

#include "cloud/cli/cli.h"

extern const struct arg_command syntax_completion;

/* The command that words[0], words[1], ... begin with, the one of two words before the one of one; *used: its words. */
const struct cli_command *completion_find(const struct cli_command *all, size_t count, int word_count,
                                          const char *const *words, size_t *used);

/* One candidate a line, for the last of the words, which may be unfinished or empty. ":files" and ":dirs" stand for what
 * the shell itself knows. */
void completion_print(const struct cli_command *all, size_t count, int word_count, const char *const *words);

/* argv: "bash", "zsh" or "fish"; or "words" and those behind the program's name. */
int completion(const struct cli_command *all, size_t count, int argc, char **argv);

#endif
