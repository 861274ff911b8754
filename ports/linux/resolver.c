/* SPDX-License-Identifier: MIT */
#include "ports/linux/resolver.h"

#include "device/port/port_time.h"
#include "ports/linux/tasks.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum question_state {
    QUESTION_OPEN,
    QUESTION_ANSWERED,  /* who asked joins the thread and frees the question */
    QUESTION_ABANDONED, /* the thread frees it */
};

struct question {
    char host[RESOLVER_HOST_CAP];
    pthread_t thread;
    int answered_fd; /* readable when the two results stand */
    int code;        /* of getaddrinfo */
    struct addrinfo *found;
    _Atomic enum question_state state;
};

static void question_free(struct question *question)
{
    if (question->found) {
        freeaddrinfo(question->found);
    }
    if (question->answered_fd >= 0) {
        close(question->answered_fd);
    }
    free(question);
}

static void *ask(void *ctx)
{
    struct question *question = ctx;
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    const uint64_t one = 1;
    question->code = getaddrinfo(question->host, NULL, &hints, &question->found);
    if (atomic_exchange(&question->state, QUESTION_ANSWERED) == QUESTION_ABANDONED) {
        question_free(question);
    } else if (write(question->answered_fd, &one, sizeof(one)) < 0) {
        /* an eventfd at 0 takes a 1 */
    }
    return NULL;
}

static struct question *question_new(const char *host)
{
    struct question *question = calloc(1, sizeof(*question));
    if (!question) {
        return NULL;
    }
    strcpy(question->host, host);
    question->answered_fd = eventfd(0, EFD_CLOEXEC);
    if (question->answered_fd < 0 || tasks_start_thread(&question->thread, ask, question)) {
        question_free(question);
        return NULL;
    }
    return question;
}

/* true: the thread has ended, and its results stand. false: it still waits for the resolver, and frees the question later. */
static bool is_over(struct question *question)
{
    const pthread_t thread = question->thread;
    if (atomic_exchange(&question->state, QUESTION_ABANDONED) == QUESTION_OPEN) {
        pthread_detach(thread);
        return false;
    }
    pthread_join(thread, NULL);
    return true;
}

/* Until the results stand: ERR_OK. */
static enum err await(const struct question *question, int stop_fd, uint64_t until_ms)
{
    struct pollfd fds[2] = {
        {.fd = question->answered_fd, .events = POLLIN},
        {.fd = stop_fd, .events = POLLIN},
    };
    for (;;) {
        uint64_t now_ms = port_time_monotonic_ms();
        int ready = poll(fds, 2, until_ms > now_ms ? (int)(until_ms - now_ms) : 0);
        if (ready < 0 && errno == EINTR) {
            continue;
        }
        if (fds[0].revents) {
            return ERR_OK;
        }
        return ready == 0 ? ERR_TIMEOUT : ERR_STALE;
    }
}

enum err resolver_find(const char *host, int stop_fd, uint64_t until_ms, struct addrinfo **found,
                       const char **why)
{
    struct question *question = strlen(host) < RESOLVER_HOST_CAP ? question_new(host) : NULL;
    if (!question) {
        return ERR_FULL;
    }
    enum err err = await(question, stop_fd, until_ms);
    if (!is_over(question)) {
        return err;
    }
    err = question->code ? ERR_OFFLINE : ERR_OK;
    if (err) {
        *why = gai_strerror(question->code);
    } else {
        *found = question->found;
        question->found = NULL;
    }
    question_free(question);
    return err;
}
