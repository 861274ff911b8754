/* SPDX-License-Identifier: MIT */
/* A test of code that can be started once in a program's life: its body runs in a child process of its own, with EXPECT in place of
 * cmocka's asserts, which would go on with the next test there. */
#ifndef TESTS_FAKES_IN_CHILD_H
#define TESTS_FAKES_IN_CHILD_H

#include <stdio.h>
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
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        body();
        _exit(0);
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
