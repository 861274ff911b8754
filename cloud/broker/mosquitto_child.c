/* SPDX-License-Identifier: MIT */
/* Fork, watch, stop: one process, its lock and its output. What its lines mean is mosquitto_words.c's. */
#include "cloud/broker/mosquitto_child.h"

#include "cloud/base/clock.h"
#include "cloud/base/file_write.h"
#include "cloud/base/lock_file.h"
#include "cloud/base/log.h"
#include "cloud/base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOCK_NAME      "broker.lock"
#define CONF_CAP       8192
#define LEFTOVER_MS    5000 /* an orphan has got SIGTERM from the kernel and is saving its queues */
#define STOP_MS        5000
#define PAUSE_FIRST_MS 50
#define PAUSE_LAST_MS  5000
#define STABLE_MS      10000 /* a mosquitto that lives that long is not in a crash loop */

static int64_t now_ms(void)
{
    return clock_monotonic_ms(&clock_real);
}

static bool fail(char *why, size_t cap, const char *what)
{
    snprintf(why, cap, "%s: %s", what, strerror(errno));
    return false;
}

static bool is_program(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

/* Debian puts mosquitto into /usr/sbin, which is not in everybody's PATH. */
static bool search(char program[PATH_MAX])
{
    char folders[8192];
    const char *path = getenv("PATH");
    snprintf(folders, sizeof(folders), "%s:/usr/sbin:/usr/local/sbin", path != NULL ? path : "");

    char *rest = folders;
    for (char *folder = strsep(&rest, ":"); folder != NULL; folder = strsep(&rest, ":")) {
        int len = snprintf(program, PATH_MAX, "%s/mosquitto", folder);
        if (folder[0] == '/' && len < PATH_MAX && is_program(program)) {
            return true;
        }
    }
    return false;
}

bool mosquitto_child_find(const char *given, char program[PATH_MAX], char *why, size_t why_cap)
{
    if (given == NULL) {
        if (search(program)) {
            return true;
        }
        snprintf(why, why_cap,
                 "mosquitto is not installed (sudo apt-get install mosquitto); if it is, name it with "
                 "--mosquitto PATH");
        return false;
    }
    if (realpath(given, program) != NULL && is_program(program)) {
        return true;
    }
    snprintf(why, why_cap, "--mosquitto %s: there is no such program", given);
    return false;
}

/* -1: why. */
static int wait_for_lock(const char *path, char *why, size_t why_cap)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    int64_t patience_ends_ms = now_ms() + LEFTOVER_MS;
    int lock;
    while ((lock = lock_file_take(path)) < 0 && (errno == EWOULDBLOCK || errno == EINTR)) {
        if (now_ms() > patience_ends_ms) {
            snprintf(why, why_cap, "the mosquitto of an earlier run (process %ld) does not end",
                     (long)lock_file_noted(path));
            return -1;
        }
        nanosleep(&pause, NULL);
    }
    if (lock < 0) {
        fail(why, why_cap, path);
    }
    return lock;
}

bool mosquitto_child_open(struct mosquitto_child *child, const char *program, const char *data_dir, char *why,
                          size_t why_cap)
{
    char path[PATH_MAX];
    *child = (struct mosquitto_child){.lock = -1, .descriptor = -1, .output = -1};
    if (snprintf(path, sizeof(path), "%s/" LOCK_NAME, data_dir) >= (int)sizeof(path)) {
        errno = ENAMETOOLONG;
        return fail(why, why_cap, data_dir);
    }
    snprintf(child->program, sizeof(child->program), "%s", program);
    snprintf(child->data_dir, sizeof(child->data_dir), "%s", data_dir);
    child->lock = wait_for_lock(path, why, why_cap);
    return child->lock >= 0;
}

bool mosquitto_child_configure(const struct mosquitto_child *child, const struct mosquitto_conf *conf,
                               char *why, size_t why_cap)
{
    char path[PATH_MAX + sizeof(MOSQUITTO_CONF_NAME)];
    char text[CONF_CAP];
    enum err err = mosquitto_conf_write(conf, text, sizeof(text));
    if (err != ERR_OK) {
        snprintf(why, why_cap, MOSQUITTO_CONF_NAME ": %s",
                 err == ERR_ARG ? "a blank or a line break in a name" : err_text(err));
        return false;
    }
    snprintf(path, sizeof(path), "%s/" MOSQUITTO_CONF_NAME, child->data_dir);
    return file_write_whole(path, text, strlen(text), 0600) || fail(why, why_cap, path);
}

/* Ten thousand devices are ten thousand descriptors. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return;
    }
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* In the child. A group of its own: Ctrl-C is for the daemon, which then stops its broker in order. The lock goes with
 * it, so that the next daemon can wait for its end. */
static _Noreturn void become_mosquitto(const struct mosquitto_child *child, pid_t parent, int output)
{
    sigset_t none;
    sigemptyset(&none);
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent) {
        _exit(127);
    }
    setpgid(0, 0);
    umask(077);
    raise_file_limit();
    sigprocmask(SIG_SETMASK, &none, NULL);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    if (fcntl(child->lock, F_SETFD, 0) == 0 && chdir(child->data_dir) == 0) {
        execl(child->program, child->program, "-c", MOSQUITTO_CONF_NAME, (char *)NULL);
    }
    dprintf(STDERR_FILENO, "%s: %s\n", child->program, strerror(errno));
    _exit(127);
}

/* For the error message of a later daemon. */
static void note_pid(const struct mosquitto_child *child)
{
    if (lock_file_note(child->lock, child->pid) != 0) {
        log_line(LOG_LEVEL_WARNING, "%s/" LOCK_NAME ": %s", child->data_dir, strerror(errno));
    }
}

static void forget(struct mosquitto_child *child)
{
    if (child->descriptor >= 0) {
        close(child->descriptor);
    }
    close(child->output);
    child->descriptor = -1;
    child->output = -1;
    child->pid = 0;
}

/* The parent's half of the fork. */
static bool keep(struct mosquitto_child *child, pid_t pid, int output)
{
    child->pid = pid;
    child->output = output;
    child->said_len = 0;
    child->words.reason[0] = '\0';
    child->started_at_ms = now_ms();
    child->descriptor = pidfd_open(pid, 0);
    if (child->descriptor >= 0) {
        return true;
    }
    int code = errno;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    forget(child);
    errno = code;
    return false;
}

bool mosquitto_child_start(struct mosquitto_child *child, char *why, size_t why_cap)
{
    int ends[2];
    pid_t parent = getpid();
    /* mosquitto's end does not block either: mosquitto must never wait for us */
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        return fail(why, why_cap, "pipe");
    }
    pid_t pid = fork();
    if (pid == 0) {
        become_mosquitto(child, parent, ends[1]);
    }
    int code = errno;
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
    }
    errno = code;
    if (pid < 0 || !keep(child, pid, ends[0])) {
        return fail(why, why_cap, "the process of mosquitto");
    }
    note_pid(child);
    return true;
}

/* One line out of what mosquitto has said, or all of that when there is no room for more. */
static bool cut_line(struct mosquitto_child *child, char *line, size_t cap)
{
    char *end = memchr(child->said, '\n', child->said_len);
    bool is_full = child->said_len == sizeof(child->said);
    if (end == NULL && !is_full) {
        return false;
    }
    size_t len = end != NULL ? (size_t)(end - child->said) : child->said_len;
    size_t used = end != NULL ? len + 1 : len;
    snprintf(line, cap, "%.*s", (int)len, child->said);
    utf8_clean(line); /* some of its words are those of strangers, and go to a terminal */
    memmove(child->said, child->said + used, child->said_len - used);
    child->said_len -= used;
    return true;
}

enum words_worth mosquitto_child_next_line(struct mosquitto_child *child, char *line, size_t cap)
{
    char said[sizeof(child->said) + 1];
    for (;;) {
        while (cut_line(child, said, sizeof(said))) {
            enum words_worth worth = mosquitto_words_translate(&child->words, now_ms(), said, line, cap);
            if (worth != WORDS_NOTHING) {
                return worth;
            }
        }
        ssize_t got =
            read(child->output, child->said + child->said_len, sizeof(child->said) - child->said_len);
        if (got <= 0) {
            return WORDS_NOTHING;
        }
        child->said_len += (size_t)got;
    }
}

bool mosquitto_child_has_died(struct mosquitto_child *child, char *how, size_t how_cap)
{
    int status = 0;
    if (child->pid == 0 || waitpid(child->pid, &status, WNOHANG) != child->pid) {
        return false;
    }
    if (WIFSIGNALED(status)) {
        snprintf(how, how_cap, "mosquitto was ended by signal %d", WTERMSIG(status));
    } else {
        snprintf(how, how_cap, "mosquitto ended with code %d", WEXITSTATUS(status));
    }

    int64_t now = now_ms();
    bool was_stable = now - child->started_at_ms >= STABLE_MS;
    child->pause_ms = was_stable || child->pause_ms == 0 ? PAUSE_FIRST_MS : 2 * child->pause_ms;
    if (child->pause_ms > PAUSE_LAST_MS) {
        child->pause_ms = PAUSE_LAST_MS;
    }
    child->start_at_ms = now + child->pause_ms;
    forget(child);
    return true;
}

void mosquitto_child_terminate(struct mosquitto_child *child)
{
    if (child->pid != 0) {
        kill(child->pid, SIGTERM);
    }
}

void mosquitto_child_kill(struct mosquitto_child *child)
{
    if (child->pid != 0) {
        kill(child->pid, SIGKILL);
    }
}

void mosquitto_child_close(struct mosquitto_child *child)
{
    if (child->pid != 0) {
        struct pollfd end = {.fd = child->descriptor, .events = POLLIN};
        mosquitto_child_terminate(child);
        while (poll(&end, 1, STOP_MS) < 0 && errno == EINTR) {
            continue;
        }
        if (end.revents == 0) {
            mosquitto_child_kill(child);
        }
        waitpid(child->pid, NULL, 0);
        forget(child);
    }
    if (child->lock >= 0) {
        close(child->lock);
    }
    child->lock = -1;
}
