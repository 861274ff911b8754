/* SPDX-License-Identifier: MIT */
/* `iot-local run`: a daemon, a command, and the end of both. Three processes: this one waits, the daemon and the command are
 * its children, and both end when it dies. */
#include "cloud/base/program.h"
#include "cloud/base/text.h"
#include "cloud/cli/cli.h"
#include "cloud/cli/client.h"
#include "cloud/cli/environment.h"
#include "cloud/daemon/daemon.h"
#include "cloud/daemon/daemon_private.h"
#include "cloud/daemon/descendants.h"

#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_EXECUTABLE 126 /* as shells have it */
#define NOT_FOUND      127
#define FOLDER_MAX     60 /* the path of a Unix socket ends at 107 bytes */
#define FOLDERS_OPEN   16

struct run {
    struct daemon_options options;
    char **command;
    char folder[FOLDER_MAX + 40]; /* the temporary data; "": --data was given */
    struct background_caller caller;
    pid_t pid; /* the command's, 0: it has ended */
    int code;
    bool has_daemon_ended, has_daemon_failed;
};

/* --- The temporary data --- */

static bool make_folder(struct run *run)
{
    const char *tmp = getenv("TMPDIR");
    if (run->options.data != NULL) {
        return true;
    }
    bool is_good = tmp != NULL && tmp[0] == '/' && strlen(tmp) <= FOLDER_MAX;
    snprintf(run->folder, sizeof(run->folder), "%s/iot-local-run-XXXXXX", is_good ? tmp : "/tmp");
    if (mkdtemp(run->folder) == NULL) {
        fprintf(stderr, "iot-local run: %s: %s\n", run->folder, strerror(errno));
        return false;
    }
    run->options.data = run->folder;
    return true;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

static void remove_folder(const struct run *run)
{
    if (run->folder[0] != '\0') {
        nftw(run->folder, remove_one, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
    }
}

/* --- The daemon --- */

/* In the daemon's process. When the caller was killed nobody else is left to remove what is temporary. */
static int be_daemon(struct run *run, struct background *background, pid_t caller)
{
    int code = daemon_live(&run->options, background);
    if (getppid() != caller) {
        remove_folder(run);
    }
    return code;
}

static void say_daemon_ended(struct run *run, int status)
{
    run->has_daemon_ended = true;
    run->has_daemon_failed = !WIFEXITED(status) || WEXITSTATUS(status) != CLI_OK;
    if (WIFSIGNALED(status)) {
        fprintf(stderr, "iot-local run: iot-local was ended by signal %d\n", WTERMSIG(status));
    } else {
        fprintf(stderr, "iot-local run: iot-local has ended with code %d\n", WEXITSTATUS(status));
    }
}

/* --- The command --- */

static bool set_environment(const struct run *run)
{
    char folder[PATH_MAX];
    json_t *status = NULL;
    struct environment environment;
    struct client *client = client_open(run->options.data);
    bool is_good = client != NULL && client_status(client, &status);
    if (is_good) {
        environment_make(&environment, status);
        environment_apply(&environment);
        environment_free(&environment);
        /* The command finds iot-local itself; what is installed elsewhere comes before. */
        program_folder(folder);
        char *path = text_format("%s:%s", getenv("PATH") != NULL ? getenv("PATH") : "/usr/bin:/bin", folder);
        setenv("PATH", path, 1);
        free(path);
    }
    json_decref(status);
    client_close(client);
    return is_good;
}

static _Noreturn void become_command(const struct run *run, pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent) {
        _exit(NOT_FOUND);
    }
    sigprocmask(SIG_SETMASK, &run->caller.old_mask, NULL);
    execvp(run->command[0], run->command);
    int code = errno == ENOENT ? NOT_FOUND : NOT_EXECUTABLE;
    fprintf(stderr, "iot-local run: %s: %s\n", run->command[0], strerror(errno));
    _exit(code);
}

static void reap(struct run *run)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (pid == run->pid) {
            run->pid = 0;
            run->code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        } else if (pid == run->caller.pid) {
            say_daemon_ended(run, status);
        }
    }
}

/* The terminal's Ctrl-C and Ctrl-\\ reach the command without us, because it is in our process group. Of a terminal that is gone
 * (SIGHUP) the kernel may tell us alone. */
static bool has_reached_command(const struct signalfd_siginfo *info)
{
    return info->ssi_code == SI_KERNEL && (info->ssi_signo == SIGINT || info->ssi_signo == SIGQUIT);
}

static void wait_for_command(struct run *run)
{
    struct signalfd_siginfo info;
    struct pollfd event = {.fd = run->caller.signals, .events = POLLIN};
    while (run->pid != 0) {
        poll(&event, 1, -1);
        while (read(run->caller.signals, &info, sizeof(info)) == sizeof(info)) {
            if (info.ssi_signo != SIGCHLD && !has_reached_command(&info) && run->pid != 0) {
                kill(run->pid, (int)info.ssi_signo);
            }
        }
        reap(run);
    }
}

static int run_command(struct run *run)
{
    pid_t parent = getpid();
    if (!set_environment(run)) {
        return CLI_FAILED;
    }
    descendants_adopt();
    run->pid = fork();
    if (run->pid == 0) {
        become_command(run, parent);
    }
    if (run->pid < 0) {
        fprintf(stderr, "iot-local run: cannot make a process: %s\n", strerror(errno));
        return CLI_FAILED;
    }
    wait_for_command(run);
    return run->has_daemon_failed && run->code == CLI_OK ? CLI_FAILED : run->code;
}

static int run_all(struct run *run)
{
    struct background background;
    pid_t caller = getpid();
    pid_t pid = background_fork(&run->caller, &background, true);
    if (pid == 0) {
        return be_daemon(run, &background, caller);
    }
    if (pid < 0) {
        fprintf(stderr, "iot-local run: cannot make a process: %s\n", strerror(errno));
        return CLI_FAILED;
    }
    int code = background_wait_ready(&run->caller);
    if (code == CLI_OK) {
        code = run_command(run);
        descendants_end(run->has_daemon_ended ? 0 : pid);
        if (!run->has_daemon_ended) {
            background_end(&run->caller);
        }
        descendants_end(0); /* the broker of a daemon that had to be killed */
        descendants_name_left();
    }
    remove_folder(run);
    return code;
}

/* --- The command line --- */

/* A data directory or ports that the environment names are those of another iot-local, perhaps of a run around this one. */
static void forget_other_instance(void)
{
    static const char *const names[] = {"IOT_LOCAL_DATA",       "IOT_LOCAL_HTTP_PORT",  "IOT_LOCAL_MQTT_PORT",
                                        "IOT_LOCAL_HTTPS_PORT", "IOT_LOCAL_READY_FILE", "IOT_LOCAL_LOG"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        unsetenv(names[i]);
    }
}

int daemon_run(int argc, char **argv)
{
    static struct run run;
    int own = 0;
    while (own < argc && strcmp(argv[own], "--") != 0) {
        own++;
    }
    forget_other_instance();
    enum args_outcome outcome = daemon_options_parse(&syntax_run, own, argv, &run.options);
    if (outcome != ARGS_GOOD) {
        return outcome == ARGS_HELP ? CLI_OK : CLI_USAGE;
    }
    if (own + 1 >= argc) {
        fputs("iot-local run: the command is missing: iot-local run [options] -- CMD [ARG]...\n", stderr);
        return CLI_USAGE;
    }
    run.command = argv + own + 1;
    return make_folder(&run) ? run_all(&run) : CLI_FAILED;
}
