/* SPDX-License-Identifier: MIT */
/* A device: the real engine and link, a flash that keeps one record, and a power supply and a network that fail at any
 * of the engine's calls. */
#include "sim/world.h"

#include "device/core/jobs/journal.h"
#include "fakes/cut_message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BOOT_MS     200
#define OPENED_MS   30
#define LATE_MS     7000 /* behind the engine's request timer */
#define REGISTER_MS 4000 /* within the registration grace */

uint64_t sim_device_now_ms(const struct sim_device *d)
{
    return d->world->now_ms - d->booted_ms + d->world->clock_at_boot_ms;
}

/* ---- effects of the engine */

static void lose_power(struct sim_device *d)
{
    d->is_dead = true;
}

static enum err do_subscribe(void *ctx, enum jobs_subscription id, const char *filter)
{
    struct sim_device *d = ctx;
    if (d->is_dead) {
        return ERR_OK;
    }
    unsigned option = sim_happens(d->world, d, SIM_CHOICE_SUBSCRIBE, UINT32_MAX);
    sim_trace(d->world, "%s SUBSCRIBE %s", d->name, filter);
    sim_filters_asked(d, id);
    if (option == SIM_SUBSCRIBE_NOT_SENT) {
        return ERR_OFFLINE;
    }
    bool is_refused = (d->world->refused >> id & 1) != 0;
    if (option == SIM_SUBSCRIBE_CLOSED || (is_refused && d->world->is_closing)) {
        d->must_drop = true;
        return ERR_OK;
    }
    if (option != SIM_SUBSCRIBE_NO_SUBACK) {
        struct sim_event *event = sim_post(d->world, SIM_EVENT_SUBACK, d->index, SIM_LATENCY_MS);
        event->epoch = d->connection;
        event->value = (unsigned)id + (option == SIM_SUBSCRIBE_REFUSED || is_refused ? 16 : 0);
    }
    return ERR_OK;
}

static void send_to_service(struct sim_device *d, uint64_t in_ms, const char *topic, const char *payload,
                            size_t len)
{
    struct sim_event *event =
        sim_post_message(d->world, SIM_EVENT_TO_SERVICE, d->index, d->connection, in_ms, topic, payload, len);
    if (d->told_ms == event->sent_ms) {
        event->sent_ms = d->asked_ms;
    }
    event->about_s = d->engine.execution.identity.queued_at_s;
}

static enum err do_publish(void *ctx, const char *topic, const char *payload, size_t len)
{
    struct sim_device *d = ctx;
    struct sim_world *w = d->world;
    if (d->is_dead) {
        return ERR_OK;
    }
    d->was_save = false;
    sim_check(w, len == strlen(payload) && strlen(topic) < DEVICE_TOPIC_CAP, "a payload with a NUL");
    sim_trace(w, "%s -> %s %s", d->name, topic, payload);
    unsigned option = sim_happens(w, d, SIM_CHOICE_PUBLISH, UINT32_MAX);
    bool is_sent = option == SIM_PUBLISH_GOOD || option == SIM_PUBLISH_DOUBLED ||
                   option == SIM_PUBLISH_CUT_AFTER || option == SIM_PUBLISH_POWER_AFTER;
    if (option == SIM_PUBLISH_NOT_SENT) {
        return ERR_OFFLINE;
    }
    if (d->is_connected && (is_sent || option == SIM_PUBLISH_LATE)) {
        send_to_service(d, is_sent ? SIM_LATENCY_MS : LATE_MS, topic, payload, len);
    }
    if (d->is_connected && option == SIM_PUBLISH_DOUBLED) {
        send_to_service(d, 2 * SIM_LATENCY_MS, topic, payload, len);
    }
    if (option == SIM_PUBLISH_CUT_BEFORE || option == SIM_PUBLISH_CUT_AFTER) {
        d->must_drop = true;
    }
    if (option == SIM_PUBLISH_POWER_BEFORE || option == SIM_PUBLISH_POWER_AFTER) {
        lose_power(d);
    }
    return ERR_OK;
}

static void do_reconnect(void *ctx, const char *why)
{
    struct sim_device *d = ctx;
    if (d->is_dead) {
        return;
    }
    sim_trace(d->world, "%s wants a new connection: %s", d->name, why);
    d->must_drop = d->is_own_drop = true;
}

static enum err do_save(void *ctx, const void *record, size_t len)
{
    struct sim_device *d = ctx;
    if (d->is_dead) {
        return ERR_OK;
    }
    sim_check(d->world, len > 0 && len <= sizeof d->record, "G6: a record of %zu bytes", len);
    bool may_tear = !d->world->service->was_restored;
    unsigned option = sim_happens(d->world, d, SIM_CHOICE_PUT, may_tear ? UINT32_MAX : ~(1u << SIM_PUT_TORN));
    sim_trace(d->world, "%s put, %zu bytes", d->name, len);
    sim_mix(d->world, record, len);
    if (option == SIM_PUT_CUT_BEFORE) {
        lose_power(d);
    }
    if (option == SIM_PUT_CUT_BEFORE || option == SIM_PUT_FAILS) {
        return ERR_STORAGE;
    }
    sim_flash_put(d, record, len, option == SIM_PUT_TORN); /* torn: beyond what G1 and G2 assume */
    d->saves++;
    d->was_save = true;
    if (option == SIM_PUT_TORN) {
        sim_ledger_journal_lost(d);
    }
    if (option == SIM_PUT_CUT_AFTER || option == SIM_PUT_TORN) {
        lose_power(d);
    }
    return ERR_OK;
}

static void do_start_handler(void *ctx, const struct jobs_run *run)
{
    struct sim_device *d = ctx;
    struct sim_world *w = d->world;
    if (d->is_dead) {
        return;
    }
    sim_trace(w, "%s %s %s #%lld, attempt %u", d->name, run->is_resumed ? "resumes" : "starts", run->job_id,
              (long long)run->execution_number, run->attempt);
    if (run->is_resumed) {
        sim_application_resumed(d, sim_ledger_entry(d, run), run);
        return;
    }
    sim_check(w, d->was_save, "G1: no put right before the start");
    sim_check(w, strlen(d->document) == run->document_len, "the document is cut");
    struct sim_entry *entry = sim_ledger_entry(d, run);
    sim_ledger_started(d, entry, run);
    sim_witness_started(d, run);
    if (sim_happens(w, d, SIM_CHOICE_START, UINT32_MAX)) {
        lose_power(d);
    } else {
        sim_application_started(d, entry, run);
    }
}

static void do_cancel_handler(void *ctx, uint32_t run_id, void *user)
{
    struct sim_device *d = ctx;
    sim_check(d->world, user == d, "the application's own pointer is not handed along");
    if (d->is_dead) {
        return;
    }
    sim_trace(d->world, "%s tells run %u to end", d->name, run_id);
    sim_check(d->world, !d->is_callback_out, "two cancel callbacks at once");
    d->is_callback_out = true;
    sim_ledger_told(d, run_id);
    sim_application_told(d, run_id);
}

static void do_refreshed(void *ctx, uint32_t run_id, bool is_fresh)
{
    struct sim_device *d = ctx;
    if (d->is_dead) {
        return;
    }
    sim_trace(d->world, "%s: the document of run %u is %s", d->name, run_id,
              is_fresh ? "there anew" : "not there");
    d->is_refreshed = true;
    d->is_fresh = is_fresh;
    d->world->totals->refreshed += is_fresh;
}

static void do_restart(void *ctx, const char *why)
{
    struct sim_device *d = ctx;
    if (d->is_dead) {
        return;
    }
    sim_trace(d->world, "%s restarts: %s", d->name, why);
    lose_power(d);
}

static uint32_t do_random(void *ctx)
{
    struct sim_device *d = ctx;
    d->random = d->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(d->random >> 32);
}

static void do_log(void *ctx, enum log_level level, const char *text)
{
    struct sim_device *d = ctx;
    (void)level;
    if (!d->is_dead) {
        sim_trace(d->world, "%s | %s", d->name, text);
    }
}

/* ---- power */

void sim_device_power_cut(struct sim_device *d)
{
    sim_trace(d->world, "%s is without power", d->name);
    d->is_on = d->is_connected = d->is_dead = d->must_drop = d->is_own_drop = false;
    d->running = d->waiting = d->working = NULL;
    d->is_callback_out = d->has_refusal = false;
    memset(d->refused_at_ms, 0, sizeof d->refused_at_ms);
    d->heard = 0;
    d->connection++;
    sim_post(d->world, SIM_EVENT_BOOT, d->index, BOOT_MS);
}

void sim_device_boot(struct sim_device *d)
{
    struct sim_world *w = d->world;
    struct jobs_engine_config config = {
        .thing_name = d->name,
        .io = {.ctx = d,
               .subscribe = do_subscribe,
               .publish = do_publish,
               .reconnect = do_reconnect,
               .save = do_save,
               .start_handler = do_start_handler,
               .cancel_handler = do_cancel_handler,
               .refreshed = do_refreshed,
               .restart = do_restart,
               .random = do_random,
               .log = do_log},
    };

    d->is_on = true;
    d->boots++;
    d->booted_ms = w->now_ms;
    d->was_save = false;
    d->random = (w->chooser.streams[SIM_STREAMS - 1] ^ d->boots) + d->index;
    sim_trace(w, "%s boots, number %u", d->name, d->boots);
    sim_flash_read(d);
    memset(&d->engine, 0xA5, sizeof d->engine); /* what stood in memory is gone */
    memset(d->document, 0xA5, sizeof d->document);
    uint64_t now_ms = sim_device_now_ms(d);
    jobs_engine_init(&d->engine, &config, (struct slice){d->record, d->record_len}, now_ms);
    sim_flash_check(d);
    link_init(&d->link);
    link_start(&d->link, now_ms);
    jobs_engine_started(&d->engine, now_ms);
    if (d->is_late) {
        sim_post(w, SIM_EVENT_REGISTER, d->index, REGISTER_MS)->epoch = d->boots;
    } else {
        sim_device_register(d);
    }
    sim_application_booted(d);
    sim_traffic_boot(d);
    sim_device_settle(d);
}

void sim_device_register(struct sim_device *d)
{
    for (unsigned i = 0; i < SIM_ACTIONS; i++) {
        struct jobs_action action = sim_actions[i];
        action.user = d;
        sim_check(d->world, jobs_engine_register(&d->engine, &action, sim_device_now_ms(d)) == ERR_OK,
                  "a handler is refused");
    }
    sim_device_settle(d);
}

/* ---- connection */

void sim_device_cut(struct sim_device *d, bool is_own_doing)
{
    d->must_drop = d->is_own_drop = false;
    d->heard = 0;
    if (!d->is_on) {
        return;
    }
    bool was_connected = d->is_connected;
    d->is_connected = false;
    d->connection++;
    link_down(&d->link, sim_device_now_ms(d), do_random(d));
    if (!was_connected) {
        return;
    }
    sim_trace(d->world, "%s has lost its connection", d->name);
    sim_filters_cut(d);
    sim_traffic_cut(d, is_own_doing);
    if (jobs_engine_disconnected(&d->engine, is_own_doing, sim_device_now_ms(d))) {
        link_network_up(&d->link, sim_device_now_ms(d), do_random(d));
    }
    sim_device_settle(d);
}

static void open_connection(struct sim_device *d)
{
    struct sim_event *event = sim_post(d->world, SIM_EVENT_OPENED, d->index, OPENED_MS);
    event->epoch = ++d->connection;
}

void sim_device_opened(struct sim_device *d)
{
    struct sim_world *w = d->world;
    unsigned option = sim_happens(w, d, SIM_CHOICE_CONNECT, UINT32_MAX);

    if (option == SIM_CONNECT_FAILS || w->now_ms < w->service->broker_up_ms) {
        link_down(&d->link, sim_device_now_ms(d), do_random(d));
        return;
    }
    sim_trace(w, "%s is connected", d->name);
    link_up(&d->link, sim_device_now_ms(d));
    d->is_connected = true;
    d->is_subscribed = false;
    d->asked = 0;
    d->connected_ms = w->now_ms;
    d->must_drop = option == SIM_CONNECT_CUT;
    jobs_engine_connected(&d->engine, sim_device_now_ms(d));
    sim_device_settle(d);
}

void sim_device_suback(struct sim_device *d, unsigned value)
{
    d->heard |= value < 16 ? 1u << value : 0;
    if (value == JOBS_SUB_NOTIFY || value == JOBS_SUB_NOTIFY_NEXT) {
        char filter[SIM_NAME_CAP + 40];
        snprintf(filter, sizeof filter, "$aws/things/%s/jobs/%s", d->name,
                 value == JOBS_SUB_NOTIFY ? "notify" : "notify-next");
        sim_service_subscribed(d->world, filter);
    }
    sim_filters_answered(d, (enum jobs_subscription)(value % 16), value < 16);
    jobs_engine_subscribed(&d->engine, (enum jobs_subscription)(value % 16), value < 16,
                           sim_device_now_ms(d));
    sim_device_settle(d);
}

void sim_device_message(struct sim_device *d, const struct sim_event *event)
{
    sim_trace(d->world, "%s <- %s %.400s", d->name, event->topic, event->payload);
    if (strstr(event->topic, "/get/")) {
        d->told_ms = d->world->now_ms;
        d->asked_ms = event->sent_ms;
    }
    hand_message(&d->engine, slice_from(event->topic), (struct slice){event->payload, event->payload_len},
                 d->document, sim_device_now_ms(d));
    sim_device_settle(d);
}

void sim_device_resync(struct sim_device *d)
{
    jobs_engine_resync(&d->engine, sim_device_now_ms(d));
    sim_device_settle(d);
}

/* ---- time */

uint64_t sim_device_wake_at_ms(struct sim_device *d)
{
    if (!d->is_on) {
        return UINT64_MAX;
    }
    uint64_t engine_ms = jobs_engine_wake_at_ms(&d->engine);
    uint64_t link_ms = link_wake_at_ms(&d->link);
    uint64_t first_ms = engine_ms < link_ms ? engine_ms : link_ms;
    uint64_t traffic_ms = sim_traffic_wake_at_ms(d);
    first_ms = traffic_ms < first_ms ? traffic_ms : first_ms;
    return first_ms == UINT64_MAX ? UINT64_MAX : first_ms - d->world->clock_at_boot_ms + d->booted_ms;
}

/* The clock was set, whatever the year: the service's, but for worlds of before this library. */
static int64_t wall_s(const struct sim_world *w)
{
    int64_t now_s = (w->start_ms + (int64_t)w->now_ms) / 1000;
    return now_s > LINK_CLOCK_FLOOR_S ? now_s : LINK_CLOCK_FLOOR_S;
}

void sim_device_wake(struct sim_device *d)
{
    if (link_poll(&d->link, sim_device_now_ms(d), wall_s(d->world)) == LINK_OPEN) {
        open_connection(d);
    }
    jobs_engine_tick(&d->engine, sim_device_now_ms(d));
    sim_device_settle(d);
}

bool sim_device_is_idle(struct sim_device *d)
{
    if (!d->is_on || !d->is_connected || !jobs_engine_is_idle(&d->engine) || !sim_traffic_is_sent(d) ||
        !sim_listening_is_settled(d)) {
        return false;
    }
    for (int i = 0; i < JOBS_REQUEST_COUNT; i++) {
        if (d->engine.exchange.requests[i].is_in_flight) {
            return false;
        }
    }
    return true;
}

void sim_device_settle(struct sim_device *d)
{
    struct sim_world *w = d->world;

    if (!d->is_on) {
        return;
    }
    if (d->is_dead) {
        sim_device_power_cut(d);
        return;
    }
    if (d->must_drop) {
        sim_device_cut(d, d->is_own_drop);
    }
    if (!d->is_on) {
        return;
    }
    jobs_engine_check(&d->engine);
    sim_filters_check(d);
    struct jobs_run run;
    if (!d->waiting && jobs_engine_waiting(&d->engine, &run)) {
        sim_application_waits(d, sim_ledger_entry(d, &run), &run);
    }
    sim_check(w, jobs_engine_wake_at_ms(&d->engine) > sim_device_now_ms(d), "%s is due at once, for ever",
              d->name);
    sim_traffic_serve(d);
    if (d->must_drop || d->is_dead) {
        sim_device_settle(d);
    }
}

void sim_device_called_back(struct sim_device *d, uint32_t run_id)
{
    sim_trace(d->world, "%s: the cancel callback of run %u returns", d->name, run_id);
    d->is_callback_out = false;
    d->callback_back_ms = d->world->now_ms;
    jobs_engine_cancel_returned(&d->engine, run_id, sim_device_now_ms(d));
    sim_device_settle(d);
}
