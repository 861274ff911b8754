/* SPDX-License-Identifier: MIT */
/* A test of code that can be started once in a program's life: its body runs in a child process of its own, with EXPECT in place of
 * cmocka's asserts, which would go on with the next test there. */
#ifndef TESTS_FAKES_IN_CHILD_H
#define TESTS_FAKES_IN_CHILD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXPECT(condition)                                                                                    \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);                   \
            _exit(1);                                                                                        \
        }                                                                                                    \
    } while (0)

/* A cmocka test; its `state` is the body. */
static void run_in_child(void **state)
{
    void (*body)(void) = NULL;
    memcpy(&body, state, sizeof(body));
    fflush(NULL); /* else the child says it a second time */
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        body();
#ifdef __SANITIZE_THREAD__
        exit(0); /* ports/linux joins the tasks that have ended */
#else
        _exit(0); /* what OpenSSL has for a task on its last steps would count as a leak */
#endif
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

#define IN_CHILD(body)                                                                                       \
    {                                                                                                        \
#body, run_in_child, NULL, NULL, (void *)(body)                                                      \
    }

#endif
