/* SPDX-License-Identifier: MIT */
/* A world of one device that gets a firmware update: the machine (device/core/ota), two slots, the boot, the storage of records, a journal
 * of jobs, and a server of images that can be hostile. Time is virtual, and all that can go wrong is a choice, numbered as it comes; nothing
 * else is left to chance. */
#ifndef TESTS_OTA_WORLD_H
#define TESTS_OTA_WORLD_H

#include "device/core/ota/ota.h"
#include "device/core/ota/ota_steps.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

/* X(name, what, options...): options[0] is fair weather. */
#define POINT_LIST(X)                                                                                        \
    X(PUT, "put", "", "fails", "power cut before", "power cut after")                                        \
    X(ERASE, "erase", "", "fails", "power cut before", "power cut after")                                    \
    X(BEGIN, "begin", "", "fails", "power cut before", "power cut after")                                    \
    X(WRITE, "write", "", "fails", "power cut before", "power cut inside", "power cut after")                \
    X(READ, "read", "", "fails", "power cut", "a flipped bit")                                               \
    X(ACTIVATE, "activate", "", "fails", "power cut before", "power cut after", "the platform refuses")      \
    X(CONFIRM, "confirm", "", "fails", "power cut before", "power cut after")                                \
    X(REVERT, "roll back", "", "fails", "power cut before", "comes late")                                    \
    X(RESTART, "restart", "", "does not come", "power cut before")                                           \
    X(REPORT, "report", "", "fails", "power cut before", "power cut after")                                  \
    X(ASK, "permission", "", "not yet", "never", "power cut")                                                \
    X(REFRESH, "refresh", "", "fails", "no answer", "another document", "power cut")                         \
    X(REQUEST, "request", "", "not sent", "no answer", "refused", "power cut")                               \
    X(ANSWER, "answer", "", "200", "403", "404", "416", "503", "gzip", "another range", "another total",     \
      "another ETag", "the object is replaced", "no Content-Range", "two Content-Ranges", "redirect",        \
      "redirect to http", "redirects for ever", "endless body", "short body", "hundreds of headers",         \
      "403 until a fresh link", "a shorter range", "stalls in the body")                                     \
    X(BODY, "body", "", "connection cut", "power cut")                                                       \
    X(HEALTH, "health", "", "bad", "no word", "power cut")                                                   \
    X(CANCEL, "cancel", "", "now")

enum point {
#define X(name, what, ...) POINT_##name,
    POINT_LIST(X)
#undef X
        POINTS,
};
#define OPTIONS_MAX 24

enum { FLASH_FAILS = 1, FLASH_BEFORE, FLASH_AFTER };
enum { WRITE_FAILS = 1, WRITE_BEFORE, WRITE_INSIDE, WRITE_AFTER };
enum { READ_FAILS = 1, READ_CUT, READ_FLIPPED };
enum { ACTIVATE_REFUSED = 4 };
enum { REVERT_FAILS = 1, REVERT_BEFORE, REVERT_LATE };
enum { RESTART_NOT = 1, RESTART_CUT };
enum { ASK_NOT_YET = 1, ASK_NEVER, ASK_CUT };
enum { REFRESH_FAILS = 1, REFRESH_SILENT, REFRESH_OTHER, REFRESH_CUT };
enum { REQUEST_UNSENT = 1, REQUEST_SILENT, REQUEST_REFUSED, REQUEST_CUT };
enum {
    ANSWER_200 = 1,
    ANSWER_403,
    ANSWER_404,
    ANSWER_416,
    ANSWER_503,
    ANSWER_GZIP,
    ANSWER_RANGE,
    ANSWER_TOTAL,
    ANSWER_ETAG,
    ANSWER_REPLACED,
    ANSWER_NO_RANGE,
    ANSWER_TWO_RANGES,
    ANSWER_REDIRECT,
    ANSWER_HTTP,
    ANSWER_LOOP,
    ANSWER_ENDLESS,
    ANSWER_SHORT,
    ANSWER_HEADERS,
    ANSWER_EXPIRED,
    ANSWER_PART,
    ANSWER_STALLS,
};
enum { BODY_CUT = 1, BODY_POWER };
enum { HEALTH_BAD = 1, HEALTH_SILENT, HEALTH_CUT };

/* What sort of image and job it is. */
#define WEATHER_LIST(X)                                                                                      \
    X(FAIR, "a good image")                                                                                  \
    X(UNSIZED, "a good image, and the document says no size")                                                \
    X(SIGNED, "a good image, signed, and a device with a key")                                               \
    X(FORGED, "a signature of another key")                                                                  \
    X(WRONG, "an image that is not the document's")                                                          \
    X(SAME, "the image that runs already")                                                                   \
    X(LOOPS, "an image that dies at its start")                                                              \
    X(SILENT, "an image that never connects")                                                                \
    X(ILL, "an image whose health check fails")                                                              \
    X(PATIENT, "a good image, and a boot that lets it start three times")                                    \
    X(ROLLBACK, "back to the other slot's image")                                                            \
    X(UNDIGESTED, "a document without sha256")                                                               \
    X(TOO_LARGE, "an image that does not fit, of unknown size")

enum weather {
#define X(name, what) WEATHER_##name,
    WEATHER_LIST(X)
#undef X
        WEATHERS,
};

#define PLAN_MAX 3
struct plan { /* faults at the numbered points */
    unsigned count;
    struct {
        unsigned at, option;
    } faults[PLAN_MAX];
};

#define BLOCK        16
#define RANGE_BLOCKS 2
#define SLOT_BLOCKS  12
#define SLOT_BYTES   (BLOCK * SLOT_BLOCKS)
#define CHUNK        11
#define POINTS_MAX   512

struct slot {
    uint8_t bytes[SLOT_BYTES];
    bool is_written[SLOT_BLOCKS];
};

struct totals { /* over all worlds of a campaign */
    unsigned long worlds, met[POINTS][OPTIONS_MAX], rows[OTA_STATE_COUNT][OTA_EVENT_COUNT];
    unsigned long good, bad, rolled_back, cancelled, cuts, most_writes;
};

struct answer { /* on its way to the device */
    bool is_there, is_silent;
    unsigned option;
    uint32_t first, last, at;
    bool has_headers;
};

struct world {
    /* what it is made of */
    enum weather weather;
    uint32_t size;           /* of the new image */
    const struct plan *plan; /* NULL: random */
    uint64_t seed, random;
    bool is_loud;
    struct totals *totals;

    /* points */
    unsigned points, faults;
    bool may_fail;
    unsigned falls;   /* the platform went back to the old image */
    unsigned changes; /* answers that say that the object is another one, and bits flipped */
    unsigned point_options[POINTS_MAX];

    /* the device */
    struct ota machine;
    struct ota_workspace workspace;
    uint8_t block[BLOCK];
    char url[128];
    struct slot slots[2];
    uint8_t running;
    enum ota_running running_state;
    enum ota_other other_state;
    unsigned trial_boots, boots;
    char record[RECORD_BYTES(OTA_RECORD_BYTES)];
    size_t record_len;
    unsigned writes, cuts;
    uint64_t hash[4];
    bool is_started;
    bool is_told_health;

    /* the job */
    bool is_final, is_final_good, is_cancelled;
    char reason[32];
    uint64_t begin_at_ms;

    /* the server */
    struct answer answer;
    unsigned object, etag, link, link_wanted;
    uint64_t fresh_at_ms;
    bool is_fresh_other, is_looping;
    unsigned long fetched;

    uint64_t now_ms;
    jmp_buf cut;
    char broken[200];
};

/* world.c */
void play(struct world *w);
void broken(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tell(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
unsigned choose(struct world *w, enum point point);
void power_off(struct world *w) __attribute__((noreturn));
uint8_t image_byte(unsigned image, uint32_t at); /* image 0: the old one, 1: the new one, 2: another */
bool is_image(const struct world *w, unsigned slot, unsigned image, uint32_t size);
void image_digest(unsigned image, uint32_t size, uint8_t digest[OTA_DIGEST_BYTES]);
void document_of(const struct world *w, bool is_other, char *out, size_t cap);
unsigned wanted_image(const struct world *w);
bool has_new_image(enum weather weather); /* is it good, so that it ends running? */

/* device.c */
struct ota_io device_io(struct world *w);

/* server.c */
void server_answer(struct world *w);

/* reach.c */
void reach_begin(struct totals *totals);
const char *point_name(enum point point);
const char *option_name(enum point point, unsigned option);
unsigned option_count(enum point point);
const char *weather_name(enum weather weather);
int reach_report(const struct totals *totals);

#define OLD_SIZE 70u

#endif
