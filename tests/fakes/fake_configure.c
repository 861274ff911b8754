/* SPDX-License-Identifier: MIT */
/* The way to configure a device, of which the test is the other end: what the test hands in is taken on the test's own task. */
#include "device/port/port_configure.h"
#include "fakes/fake_ports.h"

#include <string.h>

static struct {
    struct port_configure way;
    bool is_started;
    bool has_way, ends_by_restart, needs_ssid;
    enum err start_error;
} fake;

static char room[16384];

void fake_configure_reset(void)
{
    memset(&fake, 0, sizeof(fake));
    memset(room, 0, sizeof(room));
}

void fake_configure_set(bool has_way, bool ends_by_restart, bool needs_ssid)
{
    fake.has_way = has_way;
    fake.ends_by_restart = ends_by_restart;
    fake.needs_ssid = needs_ssid;
}

void fake_configure_fail(enum err err)
{
    fake.start_error = err;
}

bool fake_is_configurable(bool *wants_wifi)
{
    if (wants_wifi) {
        *wants_wifi = fake.way.wants_wifi;
    }
    return fake.is_started;
}

static bool end(bool is_done)
{
    if (is_done) {
        fake.is_started = false;
        fake.way.done();
    }
    return is_done;
}

bool fake_configure(const char *text, char *answer, size_t cap)
{
    size_t len = strlen(text);
    if (!fake.is_started) {
        return false;
    }
    if (len <= fake.way.text_cap) {
        memcpy(fake.way.text, text, len);
    } else {
        len = fake.way.text_cap + 1;
    }
    return end(fake.way.take(len, answer, cap));
}

bool fake_configure_wifi(const char *ssid, const char *password)
{
    return fake.is_started && end(fake.way.take_wifi(ssid, password));
}

bool fake_configure_has(const char *bytes)
{
    size_t len = strlen(bytes);
    for (size_t at = 0; at + len <= sizeof(room); at++) {
        if (memcmp(room + at, bytes, len) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- the seam */

char *port_configure_room(size_t bytes)
{
    return fake.has_way && bytes <= sizeof(room) ? room : NULL;
}

enum err port_configure_start(const struct port_configure *way)
{
    if (fake.start_error || fake.is_started) {
        return fake.start_error ? fake.start_error : ERR_BUSY;
    }
    fake.way = *way;
    fake.is_started = true;
    return ERR_OK;
}

void port_configure_stop(void)
{
    fake.is_started = false;
}

bool port_configure_ends_by_restart(void)
{
    return fake.ends_by_restart;
}

bool port_network_needs_ssid(void)
{
    return fake.needs_ssid;
}
