/* SPDX-License-Identifier: MIT */
#include "device/api/json_cause.h"
#include "device/api/line.h"

#include <stdbool.h>
#include <string.h>

/* The lines' lock guards all of it. */
static const void *owner;    /* NULL: no cause */
static const void *borrower; /* the task that has it in hand */
static uint32_t owner_run_id;
static uint32_t current_run_id;
static char cause[96];

/* An address that no other living task has: one byte of each task's stack is all that it costs. */
static const void *this_task(void)
{
    static _Thread_local char mark;
    return &mark;
}

void json_cause_note(void)
{
    if (borrower) {
        return;
    }
    strncpy(cause, line_text(), sizeof(cause) - 1);
    cause[sizeof(cause) - 1] = '\0';
    owner = this_task();
    owner_run_id = current_run_id;
}

void json_cause_forget(void)
{
    line_lock();
    if (owner == this_task()) {
        owner = NULL;
    }
    line_unlock();
}

void json_cause_begin_run(uint32_t run_id)
{
    line_lock();
    current_run_id = run_id;
    line_unlock();
}

const char *json_cause_take(void)
{
    line_lock();
    bool is_mine = owner == this_task() && owner_run_id == current_run_id && !borrower;
    if (is_mine) {
        owner = NULL;
        borrower = this_task();
    }
    line_unlock();
    return is_mine ? cause : NULL;
}

void json_cause_give_back(void)
{
    line_lock();
    if (borrower == this_task()) {
        borrower = NULL;
    }
    line_unlock();
}
