/* SPDX-License-Identifier: MIT */
/* Writing a random world down, and playing what was written down. */
#include "sim/script.h"

#include "sim/world.h"

#include <inttypes.h>
#include <string.h>

_Static_assert(SIM_DEVICES == 4, "asked[] has a place for each device");

#define SOON_MS      6000 /* by then all devices are up */
#define SOON_EACH_MS 10

/* ---- the world's shape */

static void note_shape(struct sim_script *s, const struct sim_world *w)
{
    s->devices = (1u << w->device_count) - 1;
    s->jobs = (1u << w->job_count) - 1;
    s->calm_ms = w->calm_ms;
    s->is_deaf = w->is_deaf;
    s->has_policy = w->refused != 0;
}

void sim_script_begin(struct sim_script *s, struct sim_world *w)
{
    if (!s->is_replay) {
        note_shape(s, w);
        return;
    }
    w->calm_ms = s->calm_ms;
    w->is_deaf = w->is_deaf && s->is_deaf;
    w->refused = s->has_policy ? w->refused : 0;
    w->absent = ~s->devices;
    for (unsigned i = 0; i < w->job_count; i++) {
        w->jobs[i].devices &= s->jobs >> i & 1 ? s->devices : 0;
    }
    for (unsigned i = w->event_count; i > 0; i--) {
        struct sim_event *event = &w->events[i - 1];
        bool is_boot = event->kind == SIM_EVENT_BOOT;
        if (is_boot ? (w->absent >> event->device & 1) != 0 : w->jobs[event->value].devices == 0) {
            w->events[i - 1] = w->events[--w->event_count];
        } else if (!is_boot && s->is_soon) {
            event->at_ms = w->jobs[event->value].due_ms = SOON_MS + SOON_EACH_MS * event->value;
        }
    }
}

/* ---- writing down */

static uint32_t ordinal(struct sim_script *s, uint64_t now_ms, enum sim_choice choice, unsigned device)
{
    if (s->asked_ms[choice][device] != now_ms) {
        s->asked_ms[choice][device] = now_ms;
        s->asked[choice][device] = 0;
    }
    return s->asked[choice][device]++;
}

static unsigned record(struct sim_script *s, struct sim_world *w, unsigned device, uint32_t nth,
                       enum sim_choice choice, uint32_t allowed)
{
    unsigned option = sim_choose(&w->chooser, choice, allowed);

    if (option == 0) {
        return 0;
    }
    s->is_too_long = s->is_too_long || s->note_count == SIM_NOTES;
    if (!s->is_too_long) {
        s->notes[s->note_count++] = (struct sim_note){.at_ms = w->now_ms,
                                                      .ordinal = nth,
                                                      .choice = (uint8_t)choice,
                                                      .option = (uint8_t)option,
                                                      .device = (uint8_t)device,
                                                      .job = SIM_NO_JOB};
    }
    return option;
}

void sim_script_hits(struct sim_script *s, unsigned job)
{
    if (!s->is_replay && s->note_count > 0 && !s->is_too_long) {
        s->notes[s->note_count - 1].job = (uint8_t)job;
    }
}

/* ---- playing */

static bool is_due(const struct sim_note *note, uint64_t now_ms, enum sim_choice choice, uint32_t nth)
{
    return !note->is_done && note->choice == choice &&
           (note->at_ms < now_ms || (note->at_ms == now_ms && note->ordinal <= nth));
}

/* All steps count together, whomever they hit: device 0 stands for them. */
static unsigned slot(enum sim_choice choice, unsigned device)
{
    return choice == SIM_CHOICE_STEP ? 0 : device;
}

const struct sim_note *sim_script_due_step(const struct sim_script *s, const struct sim_world *w)
{
    bool is_new = s->asked_ms[SIM_CHOICE_STEP][0] != w->now_ms;
    uint32_t nth = is_new ? 0 : s->asked[SIM_CHOICE_STEP][0];

    for (unsigned i = 0; s->is_replay && !w->chooser.is_calm && i < s->note_count; i++) {
        if (is_due(&s->notes[i], w->now_ms, SIM_CHOICE_STEP, nth)) {
            return &s->notes[i];
        }
    }
    return NULL;
}

unsigned sim_script_choose(struct sim_script *s, struct sim_world *w, const struct sim_device *d,
                           enum sim_choice choice, uint32_t allowed)
{
    if (w->chooser.is_calm) {
        return 0;
    }
    uint32_t nth = ordinal(s, w->now_ms, choice, slot(choice, d->index));
    if (!s->is_replay) {
        return record(s, w, d->index, nth, choice, allowed);
    }
    w->chooser.points++;
    for (unsigned i = 0; i < s->note_count; i++) {
        struct sim_note *note = &s->notes[i];
        if (note->device == d->index && is_due(note, w->now_ms, choice, nth) &&
            (allowed >> note->option & 1)) {
            note->is_done = true;
            note->at_ms = w->now_ms; /* when it has really been */
            note->ordinal = nth;
            s->victim = note->job;
            w->chooser.faults[choice][note->option]++;
            return note->option;
        }
    }
    return 0;
}

unsigned sim_script_victim(const struct sim_script *s)
{
    return s->victim;
}

/* ---- as text */

void sim_script_write(const struct sim_script *s, FILE *file)
{
    fprintf(file, "# sim --replay FILE\nseed %" PRIu64 "\ndevices %x\njobs %x\ncalm %" PRIu64 "\n", s->seed,
            s->devices, s->jobs, s->calm_ms);
    fprintf(file, "soon %d\ndeaf %d\npolicy %d\n", s->is_soon, s->is_deaf, s->has_policy);
    for (unsigned i = 0; i < s->note_count; i++) {
        const struct sim_note *n = &s->notes[i];
        enum sim_choice choice = (enum sim_choice)n->choice;
        fprintf(file, "fault %" PRIu64 " %" PRIu32 " %u %u %u %u # lamp%u: %s: %s\n", n->at_ms, n->ordinal,
                n->device, n->choice, n->option, n->job, n->device, sim_choice_text(choice),
                sim_option_text(choice, n->option));
    }
}

static bool read_fault(struct sim_script *s, const char *line)
{
    struct sim_note n = {0};
    unsigned device, choice, option, job;
    int count = sscanf(line, "fault %" SCNu64 " %" SCNu32 " %u %u %u %u", &n.at_ms, &n.ordinal, /* NOLINT */
                       &device, &choice, &option, &job);

    if (count != 6 || device >= SIM_DEVICES || choice >= SIM_CHOICES || s->note_count == SIM_NOTES ||
        option == 0 || option >= sim_option_count((enum sim_choice)choice) || job > SIM_NO_JOB) {
        return false;
    }
    n.device = (uint8_t)device;
    n.choice = (uint8_t)choice;
    n.option = (uint8_t)option;
    n.job = (uint8_t)job;
    s->notes[s->note_count++] = n;
    return true;
}

static bool read_line(struct sim_script *s, const char *line)
{
    unsigned flag;

    if (sscanf(line, "soon %u", &flag) == 1) { /* NOLINT(cert-err34-c) */
        s->is_soon = flag;
        return true;
    }
    if (sscanf(line, "deaf %u", &flag) == 1) { /* NOLINT(cert-err34-c) */
        s->is_deaf = flag;
        return true;
    }
    if (sscanf(line, "policy %u", &flag) == 1) { /* NOLINT(cert-err34-c) */
        s->has_policy = flag;
        return true;
    }
    return line[0] == '#' || line[0] == '\n' ||
           sscanf(line, "seed %" SCNu64, &s->seed) == 1 ||    /* NOLINT(cert-err34-c) */
           sscanf(line, "devices %x", &s->devices) == 1 ||    /* NOLINT(cert-err34-c) */
           sscanf(line, "jobs %x", &s->jobs) == 1 ||          /* NOLINT(cert-err34-c) */
           sscanf(line, "calm %" SCNu64, &s->calm_ms) == 1 || /* NOLINT(cert-err34-c) */
           read_fault(s, line);
}

bool sim_script_read(struct sim_script *s, FILE *file)
{
    char line[256];

    memset(s, 0, sizeof *s);
    s->is_replay = true;
    while (fgets(line, sizeof line, file)) {
        if (!read_line(s, line)) {
            return false;
        }
    }
    return s->seed > 0 && s->devices != 0 && s->devices >> SIM_DEVICES == 0 && s->calm_ms > 0;
}
