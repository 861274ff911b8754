/* SPDX-License-Identifier: MIT */
/* device-run: stands in for the reset of a board. Starts a program again when it ends with the exit code of a restart, or by a
 * signal. It never gives up, because a device that has given up needs a visit; it only waits. */
#include "ports/linux/shutdown.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WINDOW_MS       60000
#define RESTARTS_MAX    1000
#define RESTARTS_USUAL  10
#define USAGE_CODE      2
#define SHELL_NOT_FOUND 127 /* as a shell does */
#define SHELL_NO_EXEC   126
#define SHELL_SIGNAL    128

struct supervisor {
    char **command;
    bool ends_on_crash;
    unsigned restarts_max; /* in WINDOW_MS */
    pid_t child;           /* 0: none */
    const char *cause;     /* of the next start, for the program */
    bool is_ending;        /* somebody wants us to end */
    uint64_t restarts_ms[RESTARTS_MAX];
    uint64_t restarts;
    sigset_t signals;
    sigset_t old_mask;
};

static void usage(FILE *out)
{
    fprintf(
        out,
        "usage: device-run [OPTION...] PROGRAM [ARGUMENT...]\n"
        "\n"
        "Runs the program of a device, and starts it again as the reset of a board would: when it ends with\n"
        "exit code %d (SYSTEM_restart), and when a signal ends it (a crash, a kill). With any other exit "
        "code\n"
        "device-run ends, too, with the same code. SIGTERM, SIGINT, SIGHUP and SIGQUIT are handed on; then\n"
        "nothing is started again. When device-run is killed, the program is.\n"
        "\n"
        "  --max-restarts-per-minute N   further ones wait, 1..%d (default: %d)\n"
        "  --end-on-crash                end with 128 + signal when a signal ends the program\n"
        "  --help\n"
        "\n"
        "Exit code: the program's; 2 wrong usage; 126, 127 the program cannot be run, is not there.\n",
        RESTART_CODE, RESTARTS_MAX, RESTARTS_USUAL);
}

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fputs("device-run: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void become_program(struct supervisor *s, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(SHELL_SIGNAL + SIGKILL); /* it was killed before that */
    }
    sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
    setenv(RESET_VARIABLE, s->cause, true);
    execvp(s->command[0], s->command);
    int code = errno == ENOENT ? SHELL_NOT_FOUND : SHELL_NO_EXEC;
    say("cannot run %s: %s", s->command[0], strerror(errno));
    _exit(code);
}

static bool start(struct supervisor *s)
{
    pid_t self = getpid();

    s->child = fork();
    if (s->child == 0) {
        become_program(s, self);
    }
    if (s->child > 0) {
        return true;
    }
    s->child = 0;
    say("cannot start a process: %s", strerror(errno));
    return false;
}

/* Waits for a signal, until_ms at most (UINT64_MAX: for ever). SIGTERM and its like are handed on. */
static void wait_signal(struct supervisor *s, uint64_t until_ms)
{
    uint64_t start_ms = now_ms();
    uint64_t left_ms = until_ms > start_ms ? until_ms - start_ms : 0;
    struct timespec left = {(time_t)(left_ms / 1000), (long)(left_ms % 1000) * 1000000};
    int number =
        until_ms == UINT64_MAX ? sigwaitinfo(&s->signals, NULL) : sigtimedwait(&s->signals, NULL, &left);

    if (number <= 0 || number == SIGCHLD) {
        return;
    }
    s->is_ending = true;
    if (s->child > 0) {
        kill(s->child, number);
    }
}

static int wait_end(struct supervisor *s)
{
    int status;

    while (waitpid(s->child, &status, WNOHANG) == 0) {
        wait_signal(s, UINT64_MAX);
    }
    s->child = 0;
    return status;
}

/* The code to end with; -1: start it again. */
static int judge(const struct supervisor *s, int status)
{
    bool is_crash = WIFSIGNALED(status);
    bool is_restart = WIFEXITED(status) && WEXITSTATUS(status) == RESTART_CODE;

    if (is_restart && s->is_ending) {
        return 0; /* there is no need for it any more */
    }
    if (!is_restart && !is_crash) {
        return WEXITSTATUS(status);
    }
    if (is_crash && (s->is_ending || s->ends_on_crash)) {
        return SHELL_SIGNAL + WTERMSIG(status);
    }
    if (is_restart) {
        say("%s asks for a restart", s->command[0]);
    } else {
        say("%s was ended by signal %d (%s)", s->command[0], WTERMSIG(status), strsignal(WTERMSIG(status)));
    }
    return -1;
}

/* So that of any minute's restarts there are not more than allowed. */
static void hold_back(struct supervisor *s)
{
    uint64_t *oldest_ms = &s->restarts_ms[s->restarts % s->restarts_max];
    uint64_t until_ms = s->restarts < s->restarts_max ? 0 : *oldest_ms + WINDOW_MS;

    if (until_ms > now_ms()) {
        say("%u restarts within a minute: waits %u s", s->restarts_max,
            (unsigned)((until_ms - now_ms() + 999) / 1000));
    }
    do {
        wait_signal(s, until_ms);
    } while (!s->is_ending && now_ms() < until_ms);
    *oldest_ms = now_ms();
    s->restarts++;
}

static int supervise(struct supervisor *s)
{
    int code = -1;

    while (start(s)) {
        int status = wait_end(s);
        code = judge(s, status);
        if (code >= 0) {
            return code;
        }
        s->cause = WIFSIGNALED(status) ? RESET_CRASH : RESET_RESTART;
        hold_back(s);
        if (s->is_ending) {
            return 0;
        }
        say("starts %s again", s->command[0]);
    }
    return EXIT_FAILURE;
}

static bool read_count(const char *text, unsigned *count)
{
    char *end;
    long value = strtol(text, &end, 10);

    if (*text < '0' || *text > '9' || *end != '\0' || value < 1 || value > RESTARTS_MAX) {
        return false;
    }
    *count = (unsigned)value;
    return true;
}

/* The code to end with; -1: go on. */
static int read_options(struct supervisor *s, int argc, char **argv)
{
    static const struct option options[] = {{"max-restarts-per-minute", required_argument, NULL, 'n'},
                                            {"end-on-crash", no_argument, NULL, 'c'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    int option;

    while ((option = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
        if (option == 'h') {
            usage(stdout);
            return 0;
        }
        if (option == 'c') {
            s->ends_on_crash = true;
        } else if (option != 'n') {
            usage(stderr);
            return USAGE_CODE;
        } else if (!read_count(optarg, &s->restarts_max)) {
            say("--max-restarts-per-minute takes 1..%d, not '%s'", RESTARTS_MAX, optarg);
            return USAGE_CODE;
        }
    }
    s->command = argv + optind;
    if (s->command[0] != NULL) {
        return -1;
    }
    usage(stderr);
    return USAGE_CODE;
}

int main(int argc, char **argv)
{
    static struct supervisor s = {.restarts_max = RESTARTS_USUAL, .cause = RESET_START};
    static const int watched[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT};

    int code = read_options(&s, argc, argv);
    if (code >= 0) {
        return code;
    }
    signal(SIGCHLD, SIG_DFL); /* whoever ignores it has no child to wait for */
    sigemptyset(&s.signals);
    for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++) {
        sigaddset(&s.signals, watched[i]);
    }
    sigprocmask(SIG_BLOCK, &s.signals, &s.old_mask);
    return supervise(&s);
}
