/* SPDX-License-Identifier: MIT */
/* Remembers a cause, and by their fingerprints the texts that one can be about. */
#include "device/api/json_cause.h"
#include "device/api/line.h"
#include "device/core/text.h"

#include <stddef.h>

/* The run's document, and what was read out of it last: an array and its ten objects. */
#define TEXTS_MAX 12

/* The lines' lock guards all of it. */
static uint32_t run_id;           /* in hand, or the last one that was; 0: none since the boot */
static uint32_t texts[TEXTS_MAX]; /* fingerprints; [0] is the document's */
static uint8_t text_count;        /* of `texts` */
static uint8_t next_text;    /* when `texts` is full: the one that the next takes the place of, never 0 */
static const void *owner;    /* the task that saw the cause; NULL: there is none */
static const void *borrower; /* the task that reports it; NULL: nobody does */
static char cause[96];

/* An address that no other living task has: one byte of each task's stack is all that it costs. */
static const void *this_task(void)
{
    static _Thread_local char mark;
    return &mark;
}

/* FNV-1a. Two texts with one fingerprint would at worst let a cause be told that is another text's. */
static uint32_t fingerprint(const char *text)
{
    uint32_t hash = 2166136261u;
    for (; *text; text++) {
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    }
    return hash;
}

/* With the lock held; so are the other two. */
static bool is_known(uint32_t print)
{
    for (uint8_t i = 0; i < text_count; i++) {
        if (texts[i] == print) {
            return true;
        }
    }
    return false;
}

static void add(uint32_t print)
{
    if (is_known(print)) {
        return;
    }
    if (text_count < TEXTS_MAX) {
        texts[text_count++] = print;
        return;
    }
    texts[next_text] = print;
    next_text = next_text + 1 < TEXTS_MAX ? (uint8_t)(next_text + 1) : 1;
}

static void begin(uint32_t new_run_id, uint32_t document)
{
    if (new_run_id != run_id) {
        run_id = new_run_id;
        owner = NULL;
        text_count = 0;
        next_text = 1;
    }
    uint32_t before = text_count > 0 ? texts[0] : document;
    texts[0] = document;
    text_count = text_count > 0 ? text_count : 1;
    add(before); /* of a document that was read anew: the application may still look at a copy of the old one */
}

void json_cause_begin(uint32_t new_run_id, const char *document)
{
    uint32_t print = fingerprint(document);
    line_lock();
    begin(new_run_id, print);
    line_unlock();
}

void json_cause_add_part(const char *text, const char *part)
{
    uint32_t text_print = fingerprint(text), part_print = fingerprint(part);
    line_lock();
    if (is_known(text_print)) {
        add(part_print);
    }
    line_unlock();
}

void json_cause_note(const char *text)
{
    if (borrower || !is_known(fingerprint(text))) {
        return;
    }
    cause[0] = '\0';
    text_append(cause, sizeof(cause), line_text());
    owner = this_task();
}

void json_cause_forget(const char *text)
{
    line_lock();
    if (owner == this_task() && is_known(fingerprint(text))) {
        owner = NULL;
    }
    line_unlock();
}

const char *json_cause_take(void)
{
    line_lock();
    bool is_mine = owner == this_task() && !borrower;
    if (is_mine) {
        borrower = owner;
    }
    line_unlock();
    return is_mine ? cause : NULL;
}

void json_cause_give_back(bool is_done)
{
    line_lock();
    if (borrower == this_task()) {
        borrower = NULL;
    }
    if (is_done && owner == this_task()) {
        owner = NULL;
    }
    line_unlock();
}
