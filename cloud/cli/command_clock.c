/* SPDX-License-Identifier: MIT */
/* iot-local clock, clock advance: the virtual clock of a daemon that was started with --virtual-clock. */
#include "cloud/base/text.h"
#include "cloud/cli/ask.h"
#include "cloud/cli/cli.h"
#include "cloud/cli/commands.h"
#include "cloud/cli/duration.h"
#include "cloud/cli/print.h"

#include <stdio.h>
#include <time.h>

struct clock_options {
    const char *data;
};

static const struct arg_option options[] = {OPTION_DATA(struct clock_options)};

const struct arg_command syntax_clock = {
    .name = "clock",
    .operands = "",
    .summary = "shows the time that the service goes by",
    .options = ask_read_options,
    .option_count = ASK_READ_OPTION_COUNT,
};

const struct arg_command syntax_clock_advance = {
    .name = "clock advance",
    .operands = "TIME",
    .operand_count = 1,
    .summary = "puts the virtual clock forward, and returns when everything that was due is done",
    .details = "TIME is 90s, 10m, 1h30m, 2d: step timers, time-outs and retries happen without waiting. The\n"
               "daemon must have been started with --virtual-clock.",
    .options = options,
    .option_count = 1,
};

static void print_clock(const json_t *clock)
{
    double ahead_s = (double)json_integer_value(json_object_get(clock, "aheadMilliseconds")) / 1000;
    print_time(json_number_value(json_object_get(clock, "now")));
    if (json_is_true(json_object_get(clock, "isVirtual"))) {
        printf(" (a virtual clock, %.3f s ahead of this machine's)\n", ahead_s);
    } else {
        puts(" (this machine's clock)");
    }
}

/* A fleet that times out is done in slices; the daemon serves us between two of them. */
static bool wait_until_done(struct client *client, json_t **clock)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    while (json_is_true(json_object_get(*clock, "isDue"))) {
        json_decref(*clock);
        *clock = NULL;
        nanosleep(&pause, NULL);
        if (!client_get(client, text_copy("/iot-local/clock"), clock)) {
            return false;
        }
    }
    return true;
}

static bool advance(struct client *client, int64_t ms)
{
    json_t *clock = NULL;
    bool is_good =
        client_send(client,
                    (struct client_request){.method = "POST",
                                            .path = text_copy("/iot-local/clock"),
                                            .json = json_pack("{sI}", "advanceMilliseconds", (json_int_t)ms)},
                    NULL, &clock) &&
        wait_until_done(client, &clock);
    if (is_good) {
        print_clock(clock);
    }
    json_decref(clock);
    return is_good;
}

static bool show(struct client *client, const struct ask_options *given, const char *operand)
{
    json_t *clock = NULL;
    bool is_good = client_get(client, text_copy("/iot-local/clock"), &clock);
    (void)operand;
    if (is_good && given->is_json) {
        ask_print_json(clock);
    } else if (is_good) {
        print_clock(clock);
    }
    json_decref(clock);
    return is_good;
}

int command_clock(int argc, char **argv)
{
    return ask(&syntax_clock, argc, argv, show);
}

int command_clock_advance(int argc, char **argv)
{
    struct clock_options given = {0};
    const char *operands[ARGS_OPERANDS_MAX] = {0};
    int64_t ms;
    enum args_outcome outcome = args_parse(&syntax_clock_advance, argc, argv, &given, operands);
    if (outcome != ARGS_GOOD) {
        return outcome == ARGS_HELP ? CLI_OK : CLI_USAGE;
    }
    if (!duration_parse(operands[0], &ms)) {
        fprintf(stderr, "iot-local clock advance: '%s' is no time: write it as 90s, 10m, 1h30m or 2d\n",
                operands[0]);
        return CLI_USAGE;
    }
    struct client *client = client_open(given.data);
    bool is_good = client && advance(client, ms);
    client_close(client);
    return is_good ? CLI_OK : CLI_FAILED;
}
