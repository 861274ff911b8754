/* SPDX-License-Identifier: MIT */
/* A random world written down: its seed, of which comes whatever is no fault, and the list of its faults with when, who and what. A
 * list that was made shorter plays, too: each fault waits for the first place where it can happen. */
#ifndef TESTS_SIM_SCRIPT_H
#define TESTS_SIM_SCRIPT_H

#include "sim/choice.h"

#include <stdio.h>

#define SIM_NOTES  8192
#define SIM_NO_JOB 255

struct sim_note {
    uint64_t
        at_ms; /* world time; it happens at the first choice of this kind and device that is not before */
    uint32_t ordinal; /* of these choices within this millisecond */
    uint8_t choice;   /* enum sim_choice */
    uint8_t option;   /* what happens */
    uint8_t device;   /* to whom */
    uint8_t job;      /* of an operator's fault: which one; SIM_NO_JOB: none */
    bool is_done;
};

struct sim_script {
    bool is_replay; /* else the world is being written down */
    bool is_too_long;
    uint64_t seed;
    unsigned devices; /* one bit each: which there are */
    unsigned jobs;    /* which are created */
    uint64_t calm_ms; /* from here on nothing goes wrong */
    bool is_soon; /* the jobs are created one after the other in the first seconds, whatever the seed says */
    bool is_deaf, has_policy; /* the world's own burdens stay: lost notifications, a policy that refuses */
    unsigned victim;          /* of the fault that has just happened */
    unsigned note_count;
    struct sim_note notes[SIM_NOTES];
    /* how often each device was asked for each choice in this millisecond */
    uint64_t asked_ms[SIM_CHOICES][4];
    uint32_t asked[SIM_CHOICES][4];
};

struct sim_world;
struct sim_device;

/* Behind the shape of a random world: takes away what the script has not, or writes the shape down. */
void sim_script_begin(struct sim_script *s, struct sim_world *w);

/* In the place of sim_choose. */
unsigned sim_script_choose(struct sim_script *s, struct sim_world *w, const struct sim_device *d,
                           enum sim_choice choice, uint32_t allowed);

/* The fault between two events that is due: whom it hits. NULL: none, or nothing is replayed. */
const struct sim_note *sim_script_due_step(const struct sim_script *s, const struct sim_world *w);
/* The fault that has just happened hits this job. */
void sim_script_hits(struct sim_script *s, unsigned job);
/* The job that it hits in a replay. */
unsigned sim_script_victim(const struct sim_script *s);

void sim_script_write(const struct sim_script *s, FILE *file);
/* false: this is no script. */
bool sim_script_read(struct sim_script *s, FILE *file);

#endif
