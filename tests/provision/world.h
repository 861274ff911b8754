/* SPDX-License-Identifier: MIT */
/* A world of one device that is being provisioned, or whose certificate is changed: the machine (device/core/provision), its flash, the owner
 * of its connection, the network, and the service as AWS documents it. Time is virtual, and all that can go wrong is a choice, numbered as
 * it comes; nothing else is left to chance. */
#ifndef TESTS_PROVISION_WORLD_H
#define TESTS_PROVISION_WORLD_H

#include "device/core/provision/provision.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#define MINUTE_MS 60000ull
#define HOUR_MS   (60 * MINUTE_MS)

/* X(name, what, options...): options[0] is fair weather. */
#define POINT_LIST(X)                                                                                        \
    X(PUT, "put", "", "fails", "power cut before", "power cut after", "power cut before, for 2 h",           \
      "power cut after, for 2 h")                                                                            \
    X(ERASE, "erase", "", "fails", "power cut before", "power cut after")                                    \
    X(KEY, "make key", "", "fails", "power cut")                                                             \
    X(CSR, "make CSR", "", "no memory", "the key is damaged")                                                \
    X(SUBSCRIBE, "SUBSCRIBE", "", "not sent", "refused", "no SUBACK", "connection closed", "power cut")      \
    X(CONNECT, "connect", "", "fails", "refused", "fails in TLS", "is cut after 60 ms", "power cut",         \
      "power cut for 2 h")                                                                                   \
    X(PUBLISH, "request", "", "not sent", "lost", "doubled", "cut before", "cut after", "power cut before",  \
      "power cut after", "power cut after, for 2 h", "InternalError", "token refused")                       \
    X(ANSWER, "answer", "", "lost", "doubled", "late by 31 s", "late by 45 s", "late by 10 min", "no JSON",  \
      "empty object", "after one for another key or thing", "for another key or thing", "cut before",        \
      "power cut before", "without the certificate's id")                                                    \
    X(CANCEL, "after an event", "", "the rotation is cancelled")

enum point {
#define X(name, what, ...) POINT_##name,
    POINT_LIST(X)
#undef X
        POINTS,
};

#define OPTIONS_MAX 13

enum { PUT_OK, PUT_FAILS, PUT_CUT_BEFORE, PUT_CUT_AFTER, PUT_CUT_BEFORE_2H, PUT_CUT_AFTER_2H };
enum { ERASE_OK, ERASE_FAILS, ERASE_CUT_BEFORE, ERASE_CUT_AFTER };
enum { KEY_OK, KEY_FAILS, KEY_CUT };
enum { CSR_OK, CSR_MEMORY, CSR_DAMAGED };
enum { SUBSCRIBE_OK, SUBSCRIBE_NOT_SENT, SUBSCRIBE_REFUSED, SUBSCRIBE_LOST, SUBSCRIBE_CLOSED, SUBSCRIBE_CUT };
enum { CONNECT_OK, CONNECT_FAILS, CONNECT_REFUSED, CONNECT_TLS, CONNECT_SHORT, CONNECT_CUT, CONNECT_CUT_2H };
enum {
    PUBLISH_OK,
    PUBLISH_NOT_SENT,
    PUBLISH_LOST,
    PUBLISH_TWICE,
    PUBLISH_CLOSED_BEFORE,
    PUBLISH_CLOSED_AFTER,
    PUBLISH_CUT_BEFORE,
    PUBLISH_CUT_AFTER,
    PUBLISH_CUT_AFTER_2H,
    PUBLISH_INTERNAL,
    PUBLISH_TOKEN,
};
enum {
    ANSWER_OK,
    ANSWER_LOST,
    ANSWER_TWICE,
    ANSWER_31S,
    ANSWER_45S,
    ANSWER_10MIN,
    ANSWER_NO_JSON,
    ANSWER_EMPTY,
    ANSWER_AFTER_FOREIGN,
    ANSWER_FOREIGN,
    ANSWER_CLOSED,
    ANSWER_CUT,
    ANSWER_NO_ID,
};

/* What holds for hours, beside the faults. */
#define WEATHER_LIST(X)                                                                                      \
    X(FAIR, "")                                                                                              \
    X(NO_NETWORK, "no network for 3 h")                                                                      \
    X(NO_SUBSCRIBE, "the policy allows no SUBSCRIBE")                                                        \
    X(NO_PUBLISH, "the policy allows no publish for 3 h")                                                    \
    X(NO_RECEIVE, "the policy allows no answers for 3 h")                                                    \
    X(DISABLED, "the template is disabled for 3 h")                                                          \
    X(NO_TOKEN, "no token is good for 3 h")                                                                  \
    X(REFUSED, "no new certificate can connect for 3 h")                                                     \
    X(SILENT, "the same, and the service says no word")                                                      \
    X(FULL, "the storage fails for 3 h")                                                                     \
    X(FIRST_REFUSED, "the first certificate can never connect")                                              \
    X(FIRST_SILENT, "the same, without a word")

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

#define CERTIFICATES 64
enum certificate_status { CERTIFICATE_NONE, CERTIFICATE_PENDING, CERTIFICATE_ACTIVE, CERTIFICATE_DELETED };
struct certificate {
    enum certificate_status status;
    unsigned key; /* number of the key pair */
    bool is_token_used;
    uint64_t expires_ms; /* of its token */
};

#define TEXT_CAP 4096
enum news_type { NEWS_UP, NEWS_FAILED, NEWS_GONE, NEWS_SUBACK, NEWS_MESSAGE };
struct news { /* on its way to the device */
    bool is_there;
    enum news_type type;
    uint64_t at_ms, order;
    unsigned connection; /* of which it is; NEWS_MESSAGE: 0, it goes to the one that stands then */
    enum err reason;
    bool is_granted;
    char topic[128];
    char payload[TEXT_CAP];
};
#define NEWS_MAX 16

struct stored {
    bool is_there;
    char bytes[RECORD_BYTES(PENDING_MAX)];
    size_t len;
};

struct totals { /* over all worlds of a campaign */
    unsigned long worlds, met[POINTS][OPTIONS_MAX], rows[PROVISION_STATE_COUNT][PROVISION_EVENT_COUNT];
    unsigned long done, failed, cuts, orphans;
};

struct world {
    /* what it is made of */
    enum pending_origin origin;
    enum weather weather;
    const struct plan *plan; /* NULL: random */
    uint64_t seed, random;
    bool is_loud;
    struct totals *totals;

    /* points */
    unsigned points, faults;
    unsigned allowed_orphans; /* what the faults met so far may cost */
    bool may_fail;            /* a fault that a rotation may end with */
    unsigned point_options[256];

    /* time */
    uint64_t now_ms, boot_ms, order;

    /* device */
    struct provision machine;
    struct provision_workspace workspace;
    struct stored flash[RECORD_KINDS];
    unsigned keys;
    bool is_running;          /* the machine was started in this boot */
    enum provision_link link; /* of the connection */
    unsigned connection;      /* its number; 0: there is none */
    bool is_up;
    uint64_t open_at_ms;
    unsigned attempts;
    bool has_connected[CERTIFICATES]; /* with this certificate */
    unsigned requests, registrations;
    uint64_t last_request_ms;
    uint64_t off_ms; /* of the power cut that is taking place */
    jmp_buf cut;

    /* service */
    struct certificate certificates[CERTIFICATES]; /* from 1 on */
    unsigned certificate_count;

    struct news news[NEWS_MAX];
    char broken[256];
};

/* world.c */
unsigned choose(struct world *w, enum point point);
void power_off(struct world *w, uint64_t for_ms); /* does not return */
void broken(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tell(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void send_news(struct world *w, const struct news *news, uint64_t in_ms);
void close_connection(struct world *w, uint64_t in_ms);
bool weather_is(const struct world *w, enum weather weather);
uint32_t random_of(struct world *w);
/* Plays it to its end. What was broken stands in w->broken. */
void play(struct world *w);

/* device.c: the machine's effects, and its flash */
extern const struct provision_parameter world_parameters[3];
struct provision_io device_io(struct world *w);
bool flash_pending(struct world *w, struct pending *pending);
bool flash_identity(struct world *w, struct identity *identity);
void flash_begin(struct world *w); /* what a device has before the world begins */
unsigned number_in(const char *text,
                   const char *word); /* "... key-12 ..." and "key-": 12; 0: it is not there */

/* service.c */
void service_begin(struct world *w);
void service_take(struct world *w, const char *topic, const char *payload, unsigned answer_option,
                  bool is_refusing, bool is_token_refused);
bool service_lets_in(struct world *w, const char *cert_pem, const char *key_pem);

/* reach.c */
int reach_report(const struct totals *totals, bool is_complete);
const char *point_name(enum point point);
const char *option_name(enum point point, unsigned option);
unsigned option_count(enum point point);
const char *weather_name(enum weather weather);
const char *state_name(unsigned state);
void reach_begin(struct totals *totals);

#endif
