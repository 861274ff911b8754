/* SPDX-License-Identifier: MIT */
/* The flash of a device: it keeps one record. Between the put and the next boot it may lose it, keep the one before, change a byte; and
 * another firmware may have run, which leaves a record of its own format behind. */
#include "sim/world.h"

#include <string.h>

/* Fixed bytes: tests/vectors/journal/README.md says of whom. */
static const uint8_t older[] = {
#include "vectors/journal/v1_started.inc"
};
static const uint8_t foreign[] = {
#include "vectors/journal/v2_ended.inc"
};
static const uint8_t newer[] = {
#include "vectors/journal/v3_ended.inc"
};

void sim_flash_put(struct sim_device *d, const void *record, size_t len, bool is_torn)
{
    memcpy(d->previous, d->record, d->record_len);
    d->previous_len = d->record_len;
    d->was_unusable = d->is_unusable;
    memcpy(d->record, record, len);
    d->record_len = is_torn ? len / 2 : len;
    d->is_unusable = is_torn;
}

static void find(struct sim_device *d, const void *record, size_t len, bool is_unusable)
{
    memcpy(d->record, record, len);
    d->record_len = len;
    d->is_unusable = is_unusable;
}

static void flip(struct sim_device *d)
{
    struct sim_chooser *c = &d->world->chooser;
    size_t at = sim_dice_anywhere(c, SIM_STREAM_FLASH, (uint32_t)d->record_len);

    d->record[at] = (char)((uint8_t)d->record[at] ^ (1 + sim_dice_anywhere(c, SIM_STREAM_FLASH, 255)));
    d->is_unusable = true;
}

static void harm(struct sim_device *d, unsigned option)
{
    if (option == SIM_BOOT_STALE) {
        sim_ledger_journal_stale(d, (struct slice){d->previous, d->previous_len});
        find(d, d->previous, d->previous_len, d->was_unusable);
        return;
    }
    sim_ledger_journal_lost(d);
    switch (option) {
    case SIM_BOOT_LOST:
        find(d, "", 0, false);
        break;
    case SIM_BOOT_FLIPPED:
        flip(d);
        break;
    case SIM_BOOT_OLDER:
        find(d, older, sizeof older, true);
        break;
    case SIM_BOOT_NEWER:
        find(d, newer, sizeof newer, true);
        break;
    default:
        find(d, foreign, sizeof foreign, false);
    }
}

static uint32_t harms(const struct sim_device *d)
{
    uint32_t allowed = 1u << SIM_BOOT_OLDER | 1u << SIM_BOOT_NEWER | 1u << SIM_BOOT_FOREIGN;

    if (d->world->service->was_restored) {
        return 0; /* both lost: nobody would know anything any more */
    }
    if (d->record_len > 0) {
        allowed |= 1u << SIM_BOOT_LOST;
    }
    if (d->record_len > 0 && !d->is_unusable) { /* a second change might mend it */
        allowed |= 1u << SIM_BOOT_FLIPPED;
    }
    if (d->saves > 0) {
        allowed |= 1u << SIM_BOOT_STALE;
    }
    return allowed;
}

void sim_flash_read(struct sim_device *d)
{
    struct sim_world *w = d->world;
    unsigned option = sim_happens(w, d, SIM_CHOICE_BOOT, harms(d));

    if (option != SIM_BOOT_GOOD) {
        harm(d, option);
    }
    bool may_flip = option > SIM_BOOT_LATE && d->record_len > 0 && !d->is_unusable;
    option =
        sim_happens(w, d, SIM_CHOICE_BOOT, 1u << SIM_BOOT_LATE | (may_flip ? 1u << SIM_BOOT_FLIPPED : 0));
    if (option == SIM_BOOT_FLIPPED) {
        harm(d, option);
    }
    d->is_late = option == SIM_BOOT_LATE;
}

void sim_flash_check(struct sim_device *d)
{
    unsigned counted = jobs_engine_counters(&d->engine)->journal_damaged;

    sim_check(d->world, counted == d->is_unusable, "a journal that %s be used is counted %u times",
              d->is_unusable ? "cannot" : "can", counted);
}
