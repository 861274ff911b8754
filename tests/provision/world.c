/* SPDX-License-Identifier: MIT */
/* Time, the network, and the owner of the device's connection, which does what provision_link says. A power cut leaves the machine where it
 * stands (longjmp) and boots with what the flash has. */
#include "provision/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define END_MS     (60 * HOUR_MS)
#define WEATHER_MS (3 * HOUR_MS)
#define EVENTS_MAX 20000
#define GIVEN_ID   "00000000000000000000000000000000000000000000000000000000000000ab"

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
    printf("%9llu.%03llu s  %-16s ", (unsigned long long)(w->now_ms / 1000),
           (unsigned long long)(w->now_ms % 1000), state_name(w->machine.state));
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
}

uint32_t random_of(struct world *w)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return (uint32_t)(w->random >> 16);
}

bool weather_is(const struct world *w, enum weather weather)
{
    return w->weather == weather && (weather == WEATHER_NO_SUBSCRIBE || weather == WEATHER_FIRST_REFUSED ||
                                     weather == WEATHER_FIRST_SILENT || w->now_ms < WEATHER_MS);
}

/* ---- choices */

/* How many certificates that nobody uses a fault may cost: those of which the service has made one and the device never hears, or cannot
 * know that a token was used up. */
static unsigned cost(enum point point, unsigned option)
{
    switch (point) {
    case POINT_PUT:
        return option != PUT_FAILS;
    case POINT_CONNECT:
        return option == CONNECT_CUT_2H ||
               option == CONNECT_SHORT; /* the token has expired; the answer was on its way */
    case POINT_PUBLISH:
        return option == PUBLISH_TWICE || option == PUBLISH_CLOSED_AFTER || option == PUBLISH_CUT_AFTER ||
               option == PUBLISH_CUT_AFTER_2H || option == PUBLISH_TOKEN;
    case POINT_ANSWER:
        return option != ANSWER_TWICE && option != ANSWER_NO_ID;
    case POINT_CANCEL:
        return 1;
    default:
        return 0;
    }
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

unsigned choose(struct world *w, enum point point)
{
    const unsigned at = w->points++;
    const unsigned options = option_count(point);
    unsigned option = 0;

    if (at < sizeof(w->point_options) / sizeof(w->point_options[0])) {
        w->point_options[at] = options;
    }
    if (w->plan != NULL) {
        option = choose_by_plan(w, at);
    } else if (w->faults < 3 + w->seed % 12 && random_of(w) % 5 == 0) {
        option = random_of(w) % options;
        if (point == POINT_CANCEL && random_of(w) % 8 != 0) {
            option = 0; /* it would be the end of most worlds */
        }
    }
    if (option == 0 || option >= options) {
        return 0;
    }
    w->faults++;
    w->allowed_orphans += cost(point, option);
    w->may_fail = w->may_fail || 2 * w->faults >= PROVISION_ROTATION_FAILURES || point == POINT_CANCEL ||
                  (point == POINT_ANSWER && (option == ANSWER_FOREIGN || option == ANSWER_AFTER_FOREIGN));
    w->totals->met[point][option]++;
    tell(w, "fault at %u: %s: %s", at, point_name(point), option_name(point, option));
    return option;
}

/* ---- network */

void send_news(struct world *w, const struct news *news, uint64_t in_ms)
{
    for (unsigned i = 0; i < NEWS_MAX; i++) {
        if (!w->news[i].is_there) {
            w->news[i] = *news;
            w->news[i].is_there = true;
            w->news[i].at_ms = w->now_ms + in_ms;
            w->news[i].order = ++w->order;
            return;
        }
    }
    broken(w, "no room for news");
}

void close_connection(struct world *w, uint64_t in_ms)
{
    const struct news gone = {.type = NEWS_GONE, .connection = w->connection, .reason = ERR_OFFLINE};
    send_news(w, &gone, in_ms);
}

void power_off(struct world *w, uint64_t for_ms)
{
    tell(w, "power cut");
    w->off_ms = for_ms;
    w->totals->cuts++;
    longjmp(w->cut, 1);
}

static struct news *next_news(struct world *w)
{
    struct news *next = NULL;
    for (unsigned i = 0; i < NEWS_MAX; i++) {
        struct news *n = &w->news[i];
        if (n->is_there &&
            (next == NULL || n->at_ms < next->at_ms || (n->at_ms == next->at_ms && n->order < next->order))) {
            next = n;
        }
    }
    return next;
}

/* ---- the owner of the connection */

static void disconnect(struct world *w)
{
    w->connection = 0;
    w->is_up = false;
    w->open_at_ms = PROVISION_NEVER;
}

static void follow_link(struct world *w)
{
    enum provision_link wanted = provision_link(&w->machine);
    if (w->link == wanted) {
        return;
    }
    disconnect(w);
    w->link = wanted;
    w->attempts = 0;
    if (wanted != PROVISION_LINK_NONE) {
        w->open_at_ms = w->now_ms;
    }
}

/* Who connects, and does the service let it in? */
static enum err judge_connect(struct world *w, unsigned option)
{
    struct identity identity;
    bool is_new = w->link == PROVISION_LINK_NEW;

    if (option == CONNECT_FAILS || weather_is(w, WEATHER_NO_NETWORK) ||
        (is_new && weather_is(w, WEATHER_SILENT))) {
        return ERR_OFFLINE;
    }
    if (option == CONNECT_REFUSED || option == CONNECT_TLS || (is_new && weather_is(w, WEATHER_REFUSED))) {
        return option == CONNECT_TLS ? ERR_TLS : ERR_REFUSED;
    }
    if (!is_new && w->origin == PENDING_CLAIM) {
        return ERR_OK;
    }
    if (is_new ? !provision_new_identity(&w->machine, &identity) && !flash_identity(w, &identity)
               : !flash_identity(w, &identity)) {
        broken(w, "connects as nobody");
        return ERR_REFUSED;
    }
    if (is_new && w->flash[RECORD_PENDING].is_there == false && !w->flash[RECORD_IDENTITY].is_there) {
        broken(w, "connects with what is not stored");
    }
    unsigned serial = number_in(identity.cert_pem, "serial-");
    if (is_new && serial == (w->origin == PENDING_CLAIM ? 1 : 2) && weather_is(w, WEATHER_FIRST_SILENT)) {
        return ERR_OFFLINE;
    }
    if (!service_lets_in(w, identity.cert_pem, identity.key_pem) ||
        (is_new && serial == (w->origin == PENDING_CLAIM ? 1 : 2) && weather_is(w, WEATHER_FIRST_REFUSED))) {
        return ERR_REFUSED;
    }
    w->has_connected[serial] = true;
    return ERR_OK;
}

static void open_connection(struct world *w)
{
    unsigned option = choose(w, POINT_CONNECT);
    static unsigned numbers;
    struct news news = {.type = NEWS_UP, .connection = ++numbers};

    w->connection = news.connection;
    w->open_at_ms = PROVISION_NEVER;
    if (option == CONNECT_CUT || option == CONNECT_CUT_2H) {
        power_off(w, option == CONNECT_CUT ? 1000 : 2 * HOUR_MS);
    }
    news.reason = judge_connect(w, option);
    news.type = news.reason == ERR_OK ? NEWS_UP : NEWS_FAILED;
    send_news(w, &news, 40);
    if (option == CONNECT_SHORT) {
        close_connection(w, 60);
    }
}

static void connection_ended(struct world *w, enum err reason)
{
    w->connection = 0;
    w->is_up = false;
    w->attempts = w->attempts < 7 ? w->attempts + 1 : 7;
    w->open_at_ms = w->now_ms + (1000ull << w->attempts);
    provision_disconnected(&w->machine, w->link, reason, w->now_ms);
}

static void hear(struct world *w, const struct news *news)
{
    if (news->type == NEWS_MESSAGE) {
        if (w->is_up && w->link == PROVISION_LINK_ORIGIN &&
            !provision_message(&w->machine, slice_from(news->topic), slice_from(news->payload), w->now_ms)) {
            broken(w, "an answer is not taken");
        }
        return;
    }
    if (news->connection != w->connection) {
        return;
    }
    switch (news->type) {
    case NEWS_UP:
        w->is_up = true;
        provision_connected(&w->machine, w->link, w->now_ms);
        break;
    case NEWS_SUBACK:
        provision_subscribed(&w->machine, news->is_granted, w->now_ms);
        break;
    default:
        connection_ended(w, news->reason);
        break;
    }
}

/* ---- a boot */

static bool is_provisioned(struct world *w)
{
    struct identity identity;
    if (!flash_identity(w, &identity) || w->flash[RECORD_PENDING].is_there) {
        return false;
    }
    return w->origin == PENDING_CLAIM || number_in(identity.cert_pem, "serial-") != 1;
}

static void start_machine(struct world *w)
{
    const struct provision_config config = {.origin = w->origin,
                                            .template_name = "lamps",
                                            .parameters = world_parameters,
                                            .parameter_count = 3,
                                            .thing_name = w->origin == PENDING_ROTATION ? "lamp-4711" : "",
                                            .given_id = w->origin == PENDING_ROTATION ? GIVEN_ID : NULL};
    const struct provision_io io = device_io(w);
    const struct stored *s = &w->flash[RECORD_PENDING];
    struct identity identity;
    struct slice payload = SLICE_EMPTY;

    memset(&w->machine, 0xA5, sizeof(w->machine));
    memset(&w->workspace, 0x5A, sizeof(w->workspace));
    if (s->is_there) {
        memcpy(w->workspace.pending, s->bytes, s->len);
        (void)record_open(RECORD_PENDING, (struct slice){w->workspace.pending, s->len}, &payload);
    }
    bool has_identity = flash_identity(w, &identity);
    if (provision_start(&w->machine, &config, &io, &w->workspace, payload, has_identity ? &identity : NULL,
                        w->now_ms)) {
        broken(w, "the machine does not start");
    }
    w->is_running = true;
    follow_link(w);
}

static void boot(struct world *w)
{
    w->boot_ms = w->now_ms;
    disconnect(w);
    w->link = PROVISION_LINK_NONE;
    w->is_running = false;
    w->attempts = 0;
    tell(w, "boot");
    if (!is_provisioned(w)) {
        start_machine(w);
    }
}

static uint64_t next_ms(struct world *w)
{
    const struct news *news = next_news(w);
    uint64_t at_ms = news != NULL ? news->at_ms : PROVISION_NEVER;
    uint64_t wake_ms = provision_wake_at_ms(&w->machine);

    at_ms = wake_ms < at_ms ? wake_ms : at_ms;
    return w->open_at_ms < at_ms ? w->open_at_ms : at_ms;
}

/* Possible until the new identity has connected. */
static void cancel(struct world *w)
{
    const unsigned state = w->machine.state;
    bool is_late = state == PROVISION_ADOPTING || state == PROVISION_CLEARING || state == PROVISION_LEAVING;

    if (provision_cancel(&w->machine, "the job was cancelled", w->now_ms) == is_late) {
        broken(w, "a cancel that came %s", is_late ? "too late counts" : "in time does not count");
    }
    provision_check(&w->machine);
}

/* false: nothing more comes. */
static bool go_on(struct world *w)
{
    uint64_t at_ms = next_ms(w);
    if (at_ms == PROVISION_NEVER || at_ms > END_MS) {
        broken(w, "nothing comes of it: %s", state_name(w->machine.state));
        return false;
    }
    w->now_ms = at_ms > w->now_ms ? at_ms : w->now_ms;
    struct news *news = next_news(w);
    if (news != NULL && news->at_ms <= w->now_ms) {
        static struct news heard;
        heard = *news;
        news->is_there = false;
        hear(w, &heard);
    } else if (w->open_at_ms <= w->now_ms) {
        open_connection(w);
    } else {
        provision_tick(&w->machine, w->now_ms);
        if (provision_wake_at_ms(&w->machine) <= w->now_ms) {
            broken(w, "a tick changes nothing");
        }
    }
    provision_check(&w->machine);
    if (w->origin == PENDING_ROTATION && !provision_is_over(&w->machine) && choose(w, POINT_CANCEL) != 0) {
        cancel(w);
    }
    follow_link(w);
    return true;
}

/* ---- what must hold at the end */

static void judge_second_start(struct world *w)
{
    static const struct plan fair;
    const unsigned requests = w->requests + w->registrations;

    w->plan = &fair;
    w->weather = WEATHER_FAIR;
    disconnect(w);
    if (w->origin == PENDING_CLAIM) { /* a runtime need not start it; if it does, nothing follows */
        start_machine(w);
        provision_tick(&w->machine, w->now_ms);
        if (!provision_is_done(&w->machine)) {
            broken(w, "a second start is not done at once");
        }
    }
    if (w->requests + w->registrations != requests) {
        broken(w, "a second start asks the service");
    }
}

static void judge_end(struct world *w)
{
    static const unsigned weathers[WEATHERS] = {
        [WEATHER_NO_NETWORK] = 1,    [WEATHER_DISABLED] = 4,    [WEATHER_NO_TOKEN] = 20,
        [WEATHER_REFUSED] = 20,      [WEATHER_SILENT] = 20,     [WEATHER_NO_RECEIVE] = 20,
        [WEATHER_FIRST_REFUSED] = 1, [WEATHER_FIRST_SILENT] = 1};
    bool is_failed = w->is_running && !provision_is_done(&w->machine);
    struct identity identity;
    unsigned own = w->origin == PENDING_ROTATION ? 1 : 0; /* of before */

    if (w->flash[RECORD_PENDING].is_there) {
        broken(w, "something is left pending");
    }
    if (!flash_identity(w, &identity) || !service_lets_in(w, identity.cert_pem, identity.key_pem)) {
        broken(w, "the device cannot connect");
        return;
    }
    unsigned serial = number_in(identity.cert_pem, "serial-");
    if (is_failed && (w->origin == PENDING_CLAIM || serial != 1)) {
        broken(w, "failed, and has not what it had");
    }
    if (is_failed && !w->may_fail && w->weather == WEATHER_FAIR) {
        broken(w, "given up without need");
    }
    if (!is_failed && serial <= own) {
        broken(w, "done, and nothing is new");
    }
    unsigned orphans = w->certificate_count - own - (is_failed ? 0 : 1);
    unsigned allowed = w->allowed_orphans + weathers[w->weather] + (is_failed ? 1 : 0);
    if (weathers[w->weather] == 20) {
        allowed += 8 * w->faults; /* a boot begins the backoff anew */
    }
    if (orphans > allowed) {
        broken(w, "%u certificates are left over, and %u may be", orphans, allowed);
    }
    if (w->requests + w->registrations > 40 + 6 * w->faults) {
        broken(w, "%u requests", w->requests + w->registrations);
    }
    if (w->keys - own > 1 + w->faults && w->weather != WEATHER_FULL) {
        broken(w, "%u keys", w->keys - own);
    }
    w->totals->orphans += orphans;
    w->totals->done += !is_failed;
    w->totals->failed += is_failed;
}

void play(struct world *w)
{
    volatile unsigned events = 0;

    w->random = 0x9E3779B97F4A7C15ull ^ (w->seed + 1) * 0xD1342543DE82EF95ull;
    w->now_ms = 1000;
    w->totals->worlds++;
    flash_begin(w);
    service_begin(w);
    reach_begin(w->totals);
    if (setjmp(w->cut) != 0) {
        w->now_ms += w->off_ms;
    }
    boot(w);
    while (w->broken[0] == '\0' && w->is_running && !provision_is_over(&w->machine)) {
        if (!go_on(w)) {
            return;
        }
        if (++events > EVENTS_MAX) {
            broken(w, "it has no end");
        }
    }
    if (w->broken[0] == '\0') {
        judge_end(w);
    }
    if (w->broken[0] == '\0') {
        judge_second_start(w);
    }
}
