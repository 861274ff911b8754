/* SPDX-License-Identifier: MIT */
#include "sim/choice.h"

#include <assert.h>
#include <string.h>

static const struct {
    const char *what;
    const char *options[SIM_OPTIONS_MAX];
} choices[SIM_CHOICES] = {
#define X(name, text, ...) [SIM_CHOICE_##name] = {text, {__VA_ARGS__}},
    SIM_CHOICE_LIST(X)
#undef X
};

const char *sim_choice_text(enum sim_choice choice)
{
    return choices[choice].what;
}

const char *sim_option_text(enum sim_choice choice, unsigned option)
{
    return choices[choice].options[option];
}

unsigned sim_option_count(enum sim_choice choice)
{
    unsigned count = 0;
    while (count < SIM_OPTIONS_MAX && choices[choice].options[count]) {
        count++;
    }
    return count;
}

void sim_chooser_plan(struct sim_chooser *c, const struct sim_fault *plan, unsigned plan_count)
{
    memset(c, 0, sizeof *c);
    c->is_planned = true;
    c->plan_count = plan_count;
    if (plan_count > 0) {
        memcpy(c->plan, plan, plan_count * sizeof *plan);
    }
}

static uint32_t next(uint64_t *random)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*random >> 33);
}

static uint32_t draw(struct sim_chooser *c)
{
    return next(&c->random);
}

/* Every world knows its own half of the faults, some many and some few of them: all at once hide each other. */
void sim_chooser_seed(struct sim_chooser *c, uint64_t seed)
{
    static const uint32_t rates[] = {4, 16, 48, 128};

    memset(c, 0, sizeof *c);
    c->random = seed * 2654435761u + 1;
    for (int i = 0; i < 4; i++) {
        draw(c);
    }
    for (uint64_t i = 0; i < SIM_STREAMS; i++) {
        c->streams[i] = c->random ^ (i + 1) * 0x9E3779B97F4A7C15u;
        next(&c->streams[i]);
    }
    c->rate = rates[draw(c) % 4];
    for (int i = 0; i < SIM_CHOICES; i++) {
        c->enabled[i] = (uint16_t)(draw(c) & draw(c) & draw(c) ? draw(c) : UINT16_MAX);
    }
}

static unsigned planned(struct sim_chooser *c, uint32_t allowed)
{
    uint32_t point = c->points;

    assert(point < SIM_POINTS_MAX);
    c->options[point] = 0;
    for (unsigned i = 1; i < SIM_OPTIONS_MAX; i++) {
        c->options[point] = (uint8_t)(c->options[point] + (allowed >> i & 1));
    }
    if (c->plan_done == c->plan_count || c->plan[c->plan_done].point != point) {
        return 0;
    }
    /* the plan counts allowed options only */
    uint32_t nth = c->plan[c->plan_done++].option;
    for (unsigned i = 1; i < SIM_OPTIONS_MAX; i++) {
        if ((allowed >> i & 1) && --nth == 0) {
            return i;
        }
    }
    return 0;
}

static unsigned drawn(struct sim_chooser *c, enum sim_choice choice, uint32_t allowed)
{
    allowed &= c->enabled[choice];
    if (draw(c) % 1024 >= c->rate || !(allowed & ~1u)) {
        return 0;
    }
    unsigned option;
    do {
        option = 1 + draw(c) % (SIM_OPTIONS_MAX - 1);
    } while (!(allowed >> option & 1));
    return option;
}

unsigned sim_choose(struct sim_chooser *c, enum sim_choice choice, uint32_t allowed)
{
    if (c->is_calm) {
        return 0;
    }
    allowed &= (1u << sim_option_count(choice)) - 1;
    unsigned option = c->is_planned ? planned(c, allowed) : drawn(c, choice, allowed);
    c->points++;
    c->faults[choice][option]++;
    return option;
}

uint32_t sim_dice(struct sim_chooser *c, unsigned stream, uint32_t sides)
{
    return c->is_planned ? 0 : next(&c->streams[stream]) % sides;
}

uint32_t sim_dice_anywhere(struct sim_chooser *c, unsigned stream, uint32_t sides)
{
    return c->is_planned ? (uint32_t)(c->points * 0x9E3779B97F4A7C15u >> 32) % sides
                         : sim_dice(c, stream, sides);
}
