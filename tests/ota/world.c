/* SPDX-License-Identifier: MIT */
/* Time, the boot, the job, and what must hold at the end. A power cut leaves the machine where it stands (longjmp) and boots what the slots
 * say. */
#include "ota/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define END_MS     (48 * 3600000ull)
#define EVENTS_MAX 20000

void broken(struct world *w, const char *format, ...)
{
    va_list args;
    if (w->broken[0] != '\0') {
        return;
    }
    va_start(args, format);
    vsnprintf(w->broken, sizeof(w->broken), format, args);
    va_end(args);
    tell(w, "BROKEN: %s", w->broken);
}

void tell(struct world *w, const char *format, ...)
{
    va_list args;
    if (!w->is_loud) {
        return;
    }
    printf("%9llu.%03llu s  state %2u  ", (unsigned long long)(w->now_ms / 1000),
           (unsigned long long)(w->now_ms % 1000), w->machine.state);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
}

/* ---- choices */

static uint32_t random_of(struct world *w)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return (uint32_t)(w->random >> 16);
}

static unsigned choose_by_plan(const struct world *w, unsigned at)
{
    for (unsigned i = 0; i < w->plan->count; i++) {
        if (w->plan->faults[i].at == at) {
            return w->plan->faults[i].option;
        }
    }
    return 0;
}

/* With such a fault an update may end without its image. */
static bool is_fatal(enum point point, unsigned option)
{
    switch (point) {
    case POINT_ANSWER:
        return option == ANSWER_404 || option == ANSWER_416 || option == ANSWER_TOTAL ||
               option == ANSWER_HTTP || option == ANSWER_LOOP || option == ANSWER_REPLACED;
    case POINT_ASK:
        return option == ASK_NEVER;
    case POINT_ACTIVATE:
        return option == ACTIVATE_REFUSED;
    case POINT_READ:
        return option == READ_FLIPPED;
    case POINT_REFRESH:
        return option == REFRESH_OTHER;
    case POINT_HEALTH:
        return option == HEALTH_BAD || option == HEALTH_SILENT;
    default:
        return false;
    }
}

/* Such a fault may cost the whole download once more. */
static bool is_change(enum point point, unsigned option)
{
    return point == POINT_ANSWER ? option == ANSWER_ETAG || option == ANSWER_REPLACED ||
                                       option == ANSWER_416 || option == ANSWER_TOTAL
                                 : point == POINT_READ && option == READ_FLIPPED;
}

unsigned choose(struct world *w, enum point point)
{
    const unsigned at = w->points++;
    const unsigned options = option_count(point);
    unsigned option = 0;

    if (at < POINTS_MAX) {
        w->point_options[at] = options;
    }
    if (w->plan != NULL) {
        option = choose_by_plan(w, at);
    } else if (w->faults < 2 + w->seed % 9 && random_of(w) % 8 == 0) {
        option = random_of(w) % options;
        if ((point == POINT_CANCEL || is_fatal(point, option)) && random_of(w) % 16 != 0) {
            option = 0; /* it would be the end of most worlds */
        }
    }
    if (option == 0 || option >= options) {
        return 0;
    }
    w->faults++;
    w->changes += is_change(point, option);
    w->may_fail =
        w->may_fail || is_fatal(point, option) || w->faults >= OTA_BAD_MAX || w->changes > OTA_RESTARTS_MAX;
    w->totals->met[point][option]++;
    tell(w, "fault at %u: %s: %s", at, point_name(point), option_name(point, option));
    return option;
}

/* ---- images and documents */

uint8_t image_byte(unsigned image, uint32_t at)
{
    const uint32_t mixed = (at + 1) * 2654435761u ^ (image + 1) * 40503u;
    return at / BLOCK % 3 == 1 ? 0xFF : (uint8_t)(mixed >> 13); /* some blocks look as if they were erased */
}

unsigned wanted_image(const struct world *w)
{
    return w->weather == WEATHER_UNDIGESTED ? w->object : 1;
}

bool is_image(const struct world *w, unsigned slot, unsigned image, uint32_t size)
{
    for (uint32_t at = 0; at < size; at++) {
        if (w->slots[slot].bytes[at] != image_byte(image, at)) {
            return false;
        }
    }
    return true;
}

bool has_new_image(enum weather weather)
{
    return weather == WEATHER_FAIR || weather == WEATHER_UNSIZED || weather == WEATHER_SIGNED ||
           weather == WEATHER_SAME || weather == WEATHER_PATIENT || weather == WEATHER_ROLLBACK ||
           weather == WEATHER_UNDIGESTED;
}

static void append_digest(unsigned image, uint32_t size, char *out, size_t cap)
{
    uint8_t digest[OTA_DIGEST_BYTES];
    size_t len = strlen(out);

    image_digest(image, size, digest);
    len += (size_t)snprintf(out + len, cap - len, ",\"sha256\":\"");
    for (size_t i = 0; i < sizeof(digest); i++) {
        len += (size_t)snprintf(out + len, cap - len, "%02x", digest[i]);
    }
    snprintf(out + len, cap - len, "\"");
}

void document_of(const struct world *w, bool is_other, char *out, size_t cap)
{
    const bool has_size =
        w->weather != WEATHER_UNSIZED && w->weather != WEATHER_UNDIGESTED && w->weather != WEATHER_TOO_LARGE;
    size_t len;

    snprintf(out, cap, "{\"action\":\"%s\",\"version\":\"%s\"",
             w->weather == WEATHER_ROLLBACK ? "rollback" : "ota", is_other ? "9.9" : "1.1");
    len = strlen(out);
    if (w->weather != WEATHER_ROLLBACK) {
        snprintf(out + len, cap - len, ",\"url\":\"https://s3.example/new?link=%u\"", w->link_wanted);
    }
    len = strlen(out);
    if (has_size) {
        snprintf(out + len, cap - len, ",\"size\":%u", (unsigned)w->size);
    }
    if (w->weather != WEATHER_UNDIGESTED) {
        append_digest(1, w->size, out, cap);
    }
    len = strlen(out);
    snprintf(out + len, cap - len, "%s}",
             w->weather == WEATHER_SIGNED || w->weather == WEATHER_FORGED ? ",\"signature\":\"MAYCAQECAQE=\""
                                                                          : "");
}

/* ---- boots */

void power_off(struct world *w)
{
    tell(w, "the power goes, or a restart");
    w->cuts++;
    longjmp(w->cut, 1);
}

/* Which image the platform boots. */
static void boot_slot(struct world *w)
{
    const unsigned most = w->weather == WEATHER_PATIENT ? 3 : 1;

    if (w->other_state == OTA_OTHER_NEXT) {
        w->running = (uint8_t)(1 - w->running);
        w->running_state = OTA_RUNNING_TRIAL;
        w->other_state = OTA_OTHER_USABLE;
        w->trial_boots = 0;
    }
    if (w->running_state == OTA_RUNNING_TRIAL && w->trial_boots++ == most) {
        w->running = (uint8_t)(1 - w->running);
        w->running_state = OTA_RUNNING_CONFIRMED;
        w->other_state = OTA_OTHER_TRIED;
        w->falls++;
    }
    w->boots++;
    const bool is_new = is_image(w, w->running, wanted_image(w), w->size);
    if (!is_new && !is_image(w, w->running, 0, OLD_SIZE)) {
        broken(w, "what boots is no image");
    }
    tell(w, "boots slot %u, %s image", w->running, is_new ? "the new" : "the old");
    if (is_new && w->weather == WEATHER_LOOPS && w->broken[0] == '\0') {
        boot_slot(w); /* dies at once, and boots again */
    }
}

static void start_machine(struct world *w)
{
    const struct ota_config config = {
        .version = w->weather == WEATHER_SAME ? "1.1" : "1.0",
        .public_key_pem = w->weather == WEATHER_SIGNED || w->weather == WEATHER_FORGED ? "key" : NULL,
        .accepts_undigested = w->weather == WEATHER_UNDIGESTED,
        .range_blocks = RANGE_BLOCKS};
    const struct ota_io io = device_io(w);
    struct slice payload = SLICE_EMPTY;

    memset(&w->machine, 0xA5, sizeof(w->machine));
    memset(w->block, 0x5A, sizeof(w->block));
    w->workspace.block = w->block;
    w->workspace.block_cap = sizeof(w->block);
    w->workspace.url = w->url;
    w->workspace.url_cap = sizeof(w->url);
    memcpy(w->workspace.record, w->record, w->record_len);
    (void)record_open(RECORD_OTA, (struct slice){w->workspace.record, w->record_len}, &payload);
    if (ota_start(&w->machine, &config, &io, &w->workspace, payload, w->now_ms)) {
        broken(w, "the machine does not start");
    }
}

static void boot(struct world *w)
{
    w->now_ms += 1000;
    w->answer = (struct answer){.is_there = false};
    w->fresh_at_ms = OTA_NEVER;
    w->is_told_health = false;
    boot_slot(w);
    start_machine(w);
    w->begin_at_ms = w->is_final || w->is_cancelled ? OTA_NEVER : w->now_ms + 100;
}

/* ---- events */

static void hand_document(struct world *w)
{
    char document[400];

    w->begin_at_ms = OTA_NEVER;
    if (w->is_final) {
        return;
    }
    document_of(w, false, document, sizeof(document));
    enum err err =
        ota_begin(&w->machine, w->weather == WEATHER_ROLLBACK ? OTA_KIND_ROLLBACK : OTA_KIND_UPDATE, "job-1",
                  slice_from(document), w->now_ms);
    if (err != ERR_OK && err != ERR_EXISTS) {
        broken(w, "the document is refused: %s", ota_problem(&w->machine));
    }
}

static void hand_fresh(struct world *w)
{
    char document[400];

    w->fresh_at_ms = OTA_NEVER;
    document_of(w, w->is_fresh_other, document, sizeof(document));
    ota_refreshed(&w->machine, slice_from(document), w->now_ms);
}

static bool look_at_health(struct world *w)
{
    if (!ota_is_testing(&w->machine) || w->is_told_health) {
        return false;
    }
    const unsigned option = choose(w, POINT_HEALTH);
    w->is_told_health = true;
    if (option == HEALTH_CUT) {
        power_off(w);
    }
    if (option != HEALTH_SILENT && w->weather != WEATHER_SILENT) {
        const bool is_good = option != HEALTH_BAD && w->weather != WEATHER_ILL;
        ota_health(&w->machine, is_good, is_good ? NULL : "no light", w->now_ms);
    }
    return true;
}

static void look_at_cancel(struct world *w)
{
    const bool was_final = w->is_final;

    if (w->is_cancelled || w->is_final || choose(w, POINT_CANCEL) == 0) {
        return;
    }
    if (ota_cancel(&w->machine, w->now_ms)) {
        w->is_cancelled = true;
        w->begin_at_ms = OTA_NEVER;
        if (ota_is_active(&w->machine) || w->answer.is_there || w->is_final != was_final) {
            broken(w, "what was given up goes on");
        }
        if (w->running_state != OTA_RUNNING_CONFIRMED || w->other_state == OTA_OTHER_NEXT) {
            broken(w, "what was given up was activated");
        }
    }
}

/* The next thing that happens. false: nothing will. */
static bool live(struct world *w)
{
    uint64_t at = ota_wake_at_ms(&w->machine);

    at = at < w->begin_at_ms ? at : w->begin_at_ms;
    at = at < w->fresh_at_ms ? at : w->fresh_at_ms;
    if (w->answer.is_there && !w->answer.is_silent && w->now_ms + 10 < at) {
        w->now_ms += 10;
        server_answer(w);
        return true;
    }
    if (at == OTA_NEVER) {
        return false;
    }
    w->now_ms = at > w->now_ms ? at : w->now_ms;
    if (at == w->begin_at_ms) {
        hand_document(w);
    } else if (at == w->fresh_at_ms) {
        hand_fresh(w);
    } else {
        ota_tick(&w->machine, w->now_ms);
    }
    return true;
}

/* ---- the end */

static void check_always(struct world *w)
{
    /* The image's size, once more for each change, and for each fault at most one block and what of a piece stood behind it. */
    const unsigned changes = w->weather == WEATHER_WRONG || w->object == 2 ? w->faults : w->changes;
    const unsigned long most =
        (unsigned long)(1 + changes) * w->size + (unsigned long)w->faults * (BLOCK + CHUNK - 1);

    ota_check(&w->machine);
    if (w->fetched > most) {
        broken(w, "%lu bytes are fetched of an image of %u, with %u faults", w->fetched, (unsigned)w->size,
               w->faults);
    }
    if (w->writes > OTA_WRITES(OTA_RESTARTS_MAX, OTA_TRIALS_MAX)) {
        broken(w, "%u writes", w->writes);
    }
}

static void check_end(struct world *w)
{
    struct slice payload = SLICE_EMPTY;
    struct ota_record found;
    const uint8_t running = w->running;

    if (!w->is_final && !w->is_cancelled) {
        broken(w, "the job does not end");
    }
    w->may_fail = w->may_fail || w->falls >= OTA_TRIALS_MAX || (w->falls > 0 && w->cuts >= 2);
    if (w->is_final && has_new_image(w->weather) && !w->is_final_good && !w->may_fail) {
        broken(w, "a good image ends FAILED %s", w->reason);
    }
    if (w->is_final_good && !has_new_image(w->weather)) {
        broken(w, "a bad image ends SUCCEEDED");
    }
    if ((w->weather == WEATHER_LOOPS || w->weather == WEATHER_SILENT || w->weather == WEATHER_ILL) &&
        w->is_final && !w->may_fail && strcmp(w->reason, "ROLLED_BACK") != 0) {
        broken(w, "a bad image ends %s", w->reason);
    }
    if (record_open(RECORD_OTA, (struct slice){w->record, w->record_len}, &payload) == RECORD_GOOD &&
        ota_record_read(payload, &found) && found.stage != OTA_STAGE_LOADING) {
        broken(w, "a record of stage %u is left", found.stage);
    }
    for (int i = 0; i < 4 && w->broken[0] == '\0'; i++) {
        boot(w);
        if (w->running != running || ota_is_active(&w->machine)) {
            broken(w, "after the end another image boots");
        }
    }
}

static void make(struct world *w)
{
    const bool has_new = w->weather == WEATHER_SAME;

    w->random = w->seed * 0x9E3779B97F4A7C15u + 1;
    if (w->weather == WEATHER_UNDIGESTED || w->object == 0) {
        w->object = 1;
    }
    w->link_wanted = 1;
    w->other_state = w->weather == WEATHER_ROLLBACK ? OTA_OTHER_USABLE : OTA_OTHER_UNUSED;
    for (uint32_t at = 0; at < SLOT_BYTES; at++) {
        w->slots[0].bytes[at] = image_byte(has_new && at < w->size ? 1 : 0, at);
        w->slots[1].bytes[at] = w->weather == WEATHER_ROLLBACK ? image_byte(1, at) : (uint8_t)(at * 7);
    }
}

void play(struct world *w)
{
    volatile unsigned events = 0;

    w->totals->worlds++;
    make(w);
    if (setjmp(w->cut) != 0 || !w->is_started) {
        w->is_started = true;
        boot(w);
    }
    while (w->broken[0] == '\0' && ++events < EVENTS_MAX && w->now_ms < END_MS) {
        look_at_cancel(w);
        if (!look_at_health(w) && !live(w)) {
            break;
        }
        check_always(w);
    }
    if (w->broken[0] == '\0') {
        check_end(w);
    }
    w->totals->good += w->is_final_good;
    w->totals->bad += w->is_final && !w->is_final_good;
    w->totals->rolled_back += strcmp(w->reason, "ROLLED_BACK") == 0;
    w->totals->cancelled += w->is_cancelled;
    w->totals->cuts += w->cuts;
    w->totals->most_writes = w->writes > w->totals->most_writes ? w->writes : w->totals->most_writes;
}
