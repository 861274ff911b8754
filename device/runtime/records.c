/* SPDX-License-Identifier: MIT */
/* Records in the storage beside the journal, which is the engine task's. The port keeps calls of several tasks apart. */
#include "device/runtime/records.h"

#include "device/port/port_store.h"
#include "device/runtime/state.h"

static bool is_runtime_ready(void)
{
    if (!atomic_load(&device_runtime.are_objects_made)) {
        return false;
    }
    port_mutex_lock(&device_runtime.lock);
    bool result = device_runtime.life.is_ready;
    port_mutex_unlock(&device_runtime.lock);
    return result;
}

/* runtime_init has opened it, or the first of these calls does. */
static enum err open_storage(void)
{
    static atomic_bool is_open;
    if (is_runtime_ready() || atomic_load(&is_open)) {
        return ERR_OK;
    }
    enum err err = port_store_open();
    atomic_store(&is_open, !err);
    return err;
}

static void tell_unusable(enum record_kind kind, const char *what)
{
    static atomic_uint told;
    if (!(atomic_fetch_or(&told, 1u << kind) >> kind & 1)) {
        runtime_log(LOG_LEVEL_ERROR, "storage: the record '%s' is %s, and counts as absent", record_key(kind),
                    what);
    }
}

enum err runtime_record_read(enum record_kind kind, char *buffer, size_t cap, struct slice *payload)
{
    size_t len = 0;
    enum err err = open_storage();
    if (!err) {
        err = port_store_get(record_key(kind), buffer, cap, &len);
    }
    if (err == ERR_TOO_LONG) {
        tell_unusable(kind, "too large");
        return ERR_NOT_FOUND;
    }
    if (err) {
        return err;
    }
    enum record_state state = record_open(kind, (struct slice){buffer, len}, payload);
    if (state != RECORD_GOOD) {
        tell_unusable(kind, record_state_text(state));
        return ERR_NOT_FOUND;
    }
    return ERR_OK;
}

enum err runtime_record_write(enum record_kind kind, char *buffer, size_t payload_len)
{
    enum err err = open_storage();
    return err ? err : port_store_put(record_key(kind), buffer, record_seal(kind, buffer, payload_len));
}

enum err runtime_record_erase(enum record_kind kind)
{
    enum err err = open_storage();
    return err ? err : port_store_erase(record_key(kind));
}

/* ---- the end of all of it */

static atomic_bool is_all_wanted;

static bool erase(const char *key)
{
    if (port_store_erase(key)) {
        runtime_log(LOG_LEVEL_ERROR, "reset: the record '%s' could not be erased; reset once more", key);
        return false;
    }
    return true;
}

/* The identity goes first: whatever the power cuts off, a device that still has its journal or its configuration can be reset again, and one
 * that is passed on has no key any more. */
static void forget(void)
{
    bool is_good = !open_storage() && erase(record_key(RECORD_IDENTITY));
    is_good &= erase(record_key(RECORD_PENDING)); /* has a key, too */
    is_good &= erase(record_key(RECORD_CONFIG));
    is_good &= erase(RUNTIME_JOURNAL_KEY);
    is_good &= erase(record_key(RECORD_CLOCK));
    is_good &= erase(record_key(RECORD_ROTATION));
    is_good &= erase(record_key(RECORD_OTA));
    if (atomic_load(&is_all_wanted)) {
        is_good &= erase(record_key(RECORD_APP));
    }
    if (is_good) {
        runtime_log(LOG_LEVEL_INFO, "reset: identity, configuration and journal are erased%s",
                    atomic_load(&is_all_wanted) ? ", and the application's data" : "");
    }
}

void runtime_reset(bool is_all)
{
    atomic_store(&is_all_wanted, is_all);
    runtime_restart_after(forget);
}
