/* SPDX-License-Identifier: MIT */
/* AWS tells operators nothing by itself, so watching means asking: the job and its list of executions, and those
 * executions whose date has changed. */
#include "cloud/cli/watch.h"

#include "cloud/base/clock.h"
#include "cloud/base/text.h"
#include "cloud/cli/cli.h"
#include "cloud/cli/print.h"
#include "common/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define POLL_FAST_MS 50
#define POLL_SLOW_MS 500
#define MANY         50 /* executions from which on we ask less often */
#define BAR_WIDTH    20

struct watch {
    struct client *client;
    const char *job_id;
    json_t *seen;   /* "thing#number" -> the summary that was shown last */
    json_t *latest; /* thing -> status of its newest execution */
    bool is_terminal;
    bool has_open_line; /* a progress line that the next one overwrites */
    bool is_all_final;
    bool has_failed;
};

static double number_of(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

static bool is_final(const char *status)
{
    return strcmp(status, "QUEUED") != 0 && strcmp(status, "IN_PROGRESS") != 0;
}

static void begin_line(struct watch *watch, const char *thing, const char *label, bool is_progress)
{
    if (watch->has_open_line) {
        fputs(is_progress ? "\r\033[K" : "\n", stdout);
    }
    watch->has_open_line = is_progress && watch->is_terminal;
    printf("%-20s %-12s ", thing, label);
}

static void end_line(const struct watch *watch)
{
    if (!watch->has_open_line) {
        putchar('\n');
    }
    fflush(stdout);
}

static void print_since(double from_s, double to_s)
{
    printf("+%.2f s", to_s > from_s ? to_s - from_s : 0.0);
}

static void print_progress(const struct watch *watch, const json_t *details)
{
    uint32_t percent;
    if (number_to_u32(slice_from(client_text(details, "progress")), &percent) != ERR_OK || percent > 100) {
        return;
    }
    if (watch->is_terminal) {
        char bar[BAR_WIDTH + 1] = "";
        memset(bar, '.', BAR_WIDTH);
        memset(bar, '#', percent * BAR_WIDTH / 100);
        printf("  [%s]", bar);
    }
    printf("  %u %%", percent);
}

/* "512 B", "1.5 KiB", "3.0 MiB" */
static void print_size(uint64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB"};
    double size = (double)bytes / 1024;
    size_t unit = 0;
    for (; size >= 1024 && unit + 1 < sizeof units / sizeof units[0]; unit++) {
        size /= 1024;
    }
    if (bytes < 1024) {
        printf("%u B", (unsigned)bytes);
    } else {
        printf("%.1f %s", size, units[unit]);
    }
}

static bool print_bytes(const json_t *details, const char *name, const char *before, const char *behind)
{
    int64_t bytes;
    if (number_to_i64(slice_from(client_text(details, name)), &bytes) != ERR_OK || bytes < 0) {
        return false;
    }
    fputs(before, stdout);
    print_size((uint64_t)bytes);
    fputs(behind, stdout);
    return true;
}

/* What a firmware update tells beside its percents: where it is, and how fast bytes come (docs/iot-local.md). */
static void print_transfer(const json_t *details)
{
    if (*client_text(details, "phase")) {
        fputs("  ", stdout);
        print_clean(stdout, client_text(details, "phase"));
    }
    bool has_bytes = print_bytes(details, "bytes", "  ", "");
    (void)print_bytes(details, "rate", has_bytes ? ", " : "  ", "/s");
}

static void print_reason(const json_t *details)
{
    if (*client_text(details, "reason")) {
        fputs("  ", stdout);
        print_clean(stdout, client_text(details, "reason"));
    }
    if (*client_text(details, "message")) {
        fputs(": ", stdout);
        print_clean(stdout, client_text(details, "message"));
    }
}

/* `before` is what was shown of this execution, NULL: nothing yet. What happened between two questions is shown from
 * the dates. */
static void show(struct watch *watch, const char *thing, const json_t *before, const json_t *execution)
{
    const char *status = client_text(execution, "status");
    const json_t *details = json_object_get(json_object_get(execution, "statusDetails"), "detailsMap");
    double queued_s = number_of(execution, "queuedAt");
    double started_s = number_of(execution, "startedAt");
    if (!before) {
        begin_line(watch, thing, "queued", false);
        print_time(queued_s);
        end_line(watch);
    }
    if (started_s > 0 && number_of(before, "startedAt") == 0) {
        begin_line(watch, thing, "accepted", false);
        print_since(queued_s, started_s);
        end_line(watch);
    }
    bool is_running =
        strcmp(status, "IN_PROGRESS") == 0 && strcmp(client_text(details, "state"), "accepted") != 0;
    if (is_running || is_final(status)) {
        begin_line(watch, thing, is_running ? "in progress" : status, is_running);
        print_since(queued_s, number_of(execution, "lastUpdatedAt"));
        if (is_running) {
            print_progress(watch, details);
            print_transfer(details);
        }
        print_reason(details);
        end_line(watch);
    }
}

static bool show_changed(struct watch *watch, const char *thing, const json_t *summary)
{
    json_t *answer = NULL;
    long long number = (long long)number_of(summary, "executionNumber");
    char *key = text_format("%s#%lld", thing, number);
    json_t *before = json_object_get(watch->seen, key);
    bool is_good = true;
    if (!before || !json_equal(before, summary)) {
        char *base = client_path("/things/%s/jobs/%s", thing, watch->job_id);
        is_good = client_get(watch->client, text_format("%s?executionNumber=%lld", base, number), &answer);
        free(base);
    }
    if (answer) {
        show(watch, thing, before, json_object_get(answer, "execution"));
        json_object_set(watch->seen, key, (json_t *)(uintptr_t)summary);
        json_decref(answer);
    }
    free(key);
    return is_good;
}

/* The newest execution comes first: the first of a thing is its latest. */
static bool show_entry(void *ctx, const json_t *entry)
{
    struct watch *watch = ctx;
    const json_t *summary = json_object_get(entry, "jobExecutionSummary");
    const char *thing = strchr(client_text(entry, "thingArn"), '/');
    const char *status = client_text(summary, "status");
    if (!thing) {
        return true;
    }
    if (!json_object_get(watch->latest, thing + 1)) {
        json_object_set_new(watch->latest, thing + 1, json_string(status));
        watch->has_failed |= strcmp(status, "SUCCEEDED") != 0;
    }
    watch->is_all_final &= is_final(status);
    return show_changed(watch, thing + 1, summary);
}

static bool show_executions(struct watch *watch)
{
    char *path = client_path("/jobs/%s/things", watch->job_id);
    json_object_clear(watch->latest);
    watch->is_all_final = true;
    watch->has_failed = false;
    bool is_good = client_each(watch->client, path, "executionSummaries", show_entry, watch);
    free(path);
    return is_good;
}

static void pause_before_next(const struct watch *watch)
{
    long ms = json_object_size(watch->latest) > MANY ? POLL_SLOW_MS : POLL_FAST_MS;
    struct timespec pause = {.tv_nsec = ms * 1000000};
    nanosleep(&pause, NULL);
}

/* Asks once. *is_over: nothing can change any more. The job is asked before its executions: when it has ended, the list
 * that follows is the last one. */
static bool look(struct watch *watch, bool *is_over)
{
    json_t *answer = NULL;
    if (!client_get(watch->client, client_path("/jobs/%s", watch->job_id), &answer)) {
        return false;
    }
    const char *status = client_text(json_object_get(answer, "job"), "status");
    bool has_ended = strcmp(status, "COMPLETED") == 0 || strcmp(status, "CANCELED") == 0;
    bool is_good = show_executions(watch);
    *is_over = has_ended && watch->is_all_final;
    if (is_good && *is_over) {
        printf("%sjob %s: %s\n", watch->has_open_line ? "\n" : "", watch->job_id, status);
    }
    json_decref(answer);
    return is_good;
}

int watch_job(struct client *client, const char *job_id, uint32_t timeout_s)
{
    struct watch watch = {
        .client = client,
        .job_id = job_id,
        .seen = json_object(),
        .latest = json_object(),
        .is_terminal = isatty(STDOUT_FILENO),
    };
    int64_t started_ms = clock_monotonic_ms(&clock_real);
    bool is_over = false;
    bool is_good;
    while ((is_good = look(&watch, &is_over)) && !is_over) {
        if (timeout_s > 0 && clock_monotonic_ms(&clock_real) - started_ms >= (int64_t)timeout_s * 1000) {
            fprintf(stderr, "%siot-local: job %s has not ended after %u s; it goes on\n",
                    watch.has_open_line ? "\n" : "", job_id, timeout_s);
            is_good = false;
            break;
        }
        pause_before_next(&watch);
    }
    bool has_succeeded = is_good && json_object_size(watch.latest) > 0 && !watch.has_failed;
    json_decref(watch.seen);
    json_decref(watch.latest);
    return has_succeeded ? CLI_OK : CLI_FAILED;
}
