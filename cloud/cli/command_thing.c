/* SPDX-License-Identifier: MIT */
/* iot-local thing: everything that a device needs to connect, in one folder. */
#include "cloud/base/program.h"
#include "cloud/base/text.h"
#include "cloud/cli/cli.h"
#include "cloud/cli/commands.h"
#include "cloud/cli/device_folder.h"
#include "cloud/cli/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct thing_options {
    const char *data, *out;
    bool is_forced;
};

static const struct arg_option options[] = {
    {"--out", "DIR", "folder to write (required)", ARG_TEXT, offsetof(struct thing_options, out)},
    {"--force", NULL, "replace the connection data that the folder holds", ARG_FLAG,
     offsetof(struct thing_options, is_forced)},
    OPTION_DATA(struct thing_options),
};

const struct arg_command syntax_thing = {
    .name = "thing",
    .operands = "NAME",
    .operand_count = 1,
    .summary = "makes a thing with certificate and policy, and the folder that a device connects with",
    .details =
        "DIR gets the files host, port, thing_name, root_ca.pem, certificate.pem and private_key.pem "
        "(0600).\nA thing that is called 'list', 'show' or 'delete': iot-local thing --out DIR -- list",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
};

static bool prepare_folder(const struct thing_options *given)
{
    const char *held = given->is_forced ? NULL : device_folder_holds(given->out);
    if (held) {
        fprintf(stderr,
                "iot-local thing: %s holds connection data already (%s): choose another --out, or replace it "
                "with --force\n",
                given->out, held);
        return false;
    }
    return file_make_folder(given->out);
}

/* The example, where this build or this installation has it: the caller's; NULL: nowhere. */
static char *find_blink(void)
{
    static const char *const places[] = {"../examples/01_blink/blink",
                                         "blink"}; /* beside iot-local's folder, in it */
    char folder[PATH_MAX];
    char *found = NULL;
    program_folder(folder);
    for (size_t i = 0; !found && i < sizeof places / sizeof places[0]; i++) {
        char *path = text_format("%s/%s", folder, places[i]);
        found = access(path, X_OK) == 0 ? realpath(path, NULL) : NULL;
        free(path);
    }
    return found;
}

/* There is no line for mosquitto_sub: the policy lets the certificate connect as the thing alone, and a second connection of
 * that name ends the device's. docs/iot-local.md shows how to listen beside a device. */
static void say_next(const char *folder, const char *thing, const json_t *status, const char *certificate_arn)
{
    char *http = client_http_base(status);
    char *arn = client_thing_arn(status, thing);
    char *blink = find_blink();
    char *words[] = {text_shell_quote(folder), text_shell_quote(client_text(status, "data")),
                     text_shell_quote(blink ? blink : "")};
    printf("thing '%s' is ready, its certificate is active; the connection data is in %s\n", thing, folder);
    printf("certificate:    %s\n\n", certificate_arn);
    if (blink) {
        printf("run a device:   %s %s\n", words[2], words[0]);
    }
    printf("send it a job:  aws iot create-job --endpoint-url %s --job-id job-1 \\\n"
           "                  --targets %s --document file://DOCUMENT.json\n",
           http, arn);
    printf("watch that:     iot-local job watch job-1 --data %s\n", words[1]);
    printf("or in one:      iot-local job run --thing %s --document DOCUMENT.json --data %s\n", thing,
           words[1]);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        free(words[i]);
    }
    free(blink);
    free(arn);
    free(http);
}

static bool make_thing(struct client *client, const char *thing, const char *folder)
{
    json_t *status = NULL;
    char *arn = NULL;
    const struct device device = {.thing = thing, .folder = folder};
    bool is_good = device_make(client, &device, &arn) && client_status(client, &status);
    if (is_good) {
        say_next(folder, thing, status, arn);
    }
    free(arn);
    json_decref(status);
    return is_good;
}

int command_thing(int argc, char **argv)
{
    struct thing_options given = {0};
    const char *operands[ARGS_OPERANDS_MAX];
    enum args_outcome outcome = args_parse(&syntax_thing, argc, argv, &given, operands);
    if (outcome != ARGS_GOOD) {
        return outcome == ARGS_HELP ? CLI_OK : CLI_USAGE;
    }
    if (!given.out) {
        fputs("iot-local thing: --out DIR is missing: where shall the connection data go?\n", stderr);
        return CLI_USAGE;
    }
    struct client *client = client_open(given.data);
    bool is_good = client && prepare_folder(&given) && make_thing(client, operands[0], given.out);
    client_close(client);
    return is_good ? CLI_OK : CLI_FAILED;
}
