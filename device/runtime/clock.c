/* SPDX-License-Identifier: MIT */
/* The time by which TLS judges certificates, on the engine task. A chip wakes up in 1970, and not every network lets it ask for the time. So
 * the device stores, once a day at most, a time at which a server's certificate was good; no later clock that says less is believed, and
 * where nothing sets the clock, TLS goes by that time. What the service then says in its answers sets it right. When to wait and when to give up
 * waiting is left to core/link. */
#include "common/date.h"
#include "device/core/store/record.h"
#include "device/port/port_store.h"
#include "device/port/port_time.h"
#include "device/runtime/state.h"

#include <string.h>

#define DAY_S   86400
#define HOUR_S  3600
#define SLACK_S DAY_S /* a clock that was put right, by hours at most, is no older clock */

static int64_t read_known(void)
{
    char record[RECORD_BYTES(sizeof(int64_t))];
    struct slice payload;
    size_t len = 0;
    int64_t known_s = 0;
    if (port_store_get(record_key(RECORD_CLOCK), record, sizeof(record), &len) ||
        record_open(RECORD_CLOCK, (struct slice){record, len}, &payload) != RECORD_GOOD ||
        payload.len != sizeof(known_s)) {
        return 0; /* it counts as absent; the next connection writes a new one */
    }
    memcpy(&known_s, payload.ptr, sizeof(known_s));
    return known_s;
}

static void raise_floor(void)
{
    link_raise_floor(&device_runtime.own.link, port_time_built_s());
    link_raise_floor(&device_runtime.own.link, device_runtime.own.clock.known_s - SLACK_S);
}

/* The latest time that is known to be past; *is_known: the device was connected then, else the program was built. */
static int64_t last_known_s(bool *is_known)
{
    const int64_t known_s = device_runtime.own.clock.known_s, floor_s = device_runtime.own.link.floor_s;
    *is_known = known_s > floor_s;
    return *is_known ? known_s : floor_s;
}

void runtime_clock_init(void)
{
    device_runtime.own.clock = (struct runtime_clock){.known_s = read_known()};
    raise_floor();
}

/* It is said once; whether the storage takes it or not, the next try is a day away. */
static void store(int64_t wall_s)
{
    char record[RECORD_BYTES(sizeof(int64_t))];
    memcpy(record + RECORD_HEADER_BYTES, &wall_s, sizeof(wall_s));
    const size_t len = record_seal(RECORD_CLOCK, record, sizeof(wall_s));
    if (port_store_put(record_key(RECORD_CLOCK), record, len)) {
        port_board_log(LOG_LEVEL_ERROR, "storage: the time cannot be stored; after a power cut the clock may "
                                        "start at an earlier one");
    }
    device_runtime.own.clock.known_s = wall_s;
    raise_floor();
}

/* Flash wears out: a connection that is made anew every minute does not write every minute. */
static void store_when_newer(int64_t by_s)
{
    const int64_t wall_s = port_time_wall_s();
    if (wall_s >= device_runtime.own.clock.known_s + by_s) {
        store(wall_s);
    }
}

void runtime_clock_connected(void)
{
    device_runtime.own.clock.is_proven = true;
    store_when_newer(DAY_S);
}

void runtime_clock_end(void)
{
    if (device_runtime.own.clock.is_proven) {
        store_when_newer(HOUR_S);
    }
}

void runtime_clock_hear(void)
{
    struct runtime_clock *clock = &device_runtime.own.clock;
    const int64_t said_s = jobs_engine_service_time_s(&device_runtime.own.engine);
    const bool is_news = said_s != clock->heard_s;
    clock->heard_s = said_s;
    if (!is_news || !clock->is_begun || said_s <= port_time_wall_s() + 1) {
        return;
    }
    if (port_time_begin_wall(said_s) == ERR_OK) {
        char date[DATE_CAP];
        date_write(said_s, date);
        clock->is_begun = false;
        runtime_log(LOG_LEVEL_INFO, "the clock is set to %s, which the service has said", date);
        store_when_newer(HOUR_S);
    }
}

void runtime_clock_tell_missing(int64_t wall_s)
{
    bool is_known;
    char now[DATE_CAP], last[DATE_CAP];
    if (wall_s < LINK_CLOCK_FLOOR_S) {
        runtime_log(LOG_LEVEL_ERROR,
                    "the clock is not set (%ld s since 1970): TLS waits until it is, %d s at most",
                    (long)wall_s, CONFIG_DEVICE_JOBS_CLOCK_WAIT_S);
        return;
    }
    date_write(wall_s, now);
    date_write(last_known_s(&is_known), last);
    runtime_log(LOG_LEVEL_ERROR,
                "the clock is wrong: it says %s, but %s at %s; TLS waits until it is set, %d s at most", now,
                is_known ? "this device was connected" : "this program was built", last,
                CONFIG_DEVICE_JOBS_CLOCK_WAIT_S);
}

void runtime_clock_begin(void)
{
    bool is_known;
    char last[DATE_CAP];
    const int64_t last_s = last_known_s(&is_known);
    date_write(last_s, last);
    if (port_time_begin_wall(last_s)) {
        runtime_log(LOG_LEVEL_ERROR,
                    "nothing has set the clock, and this library may not: set the system's clock (NTP)");
        return;
    }
    device_runtime.own.clock.is_begun = true;
    runtime_log(
        LOG_LEVEL_INFO,
        "nothing has set the clock (is NTP blocked in this network?): TLS goes by the last known time, "
        "%s, at which this %s",
        last, is_known ? "device was connected" : "program was built");
}
