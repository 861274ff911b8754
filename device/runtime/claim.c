/* SPDX-License-Identifier: MIT */
/* Joins the machine of device/core/provision with connection, storage and tasks, as the runtime's prologue. Decides nothing about
 * provisioning. */
#include "device/runtime/claim.h"

#include "device/core/provision/provision.h"
#include "device/core/store/identity.h"
#include "device/port/port_key.h"
#include "device/port/port_time.h"
#include "device/runtime/answer.h"
#include "device/runtime/provision_effects.h"
#include "device/runtime/records.h"
#include "device/runtime/state.h"

#include <assert.h>
#include <string.h>

#define KEY_STACK     6144 /* a key is made on the engine task, and a request signed */
#define FIXED_PAIRS   3
#define READS         3 /* of a storage that fails */
#define READ_PAUSE_MS 200

/* Of a device on its way; on the engine task's stack, lives from its start to its end. */
struct way {
    struct provision machine;
    struct provision_config config;
    struct provision_parameter pairs[FIXED_PAIRS + RUNTIME_CLAIM_PAIRS];
    struct provision_workspace workspace;
    struct runtime_answers answers; /* with the runtime's lock held */
};

/* Of a device that knows who it is. In the same place. */
struct stored {
    struct identity thing;
    char record[RECORD_BYTES(IDENTITY_MAX)];
};
_Static_assert(PENDING_MAX <= IDENTITY_MAX, "the pending record is looked at in the identity's place");

static struct {
    struct runtime_claim claim; /* written before the tasks run, like the next two */
    struct provision_parameter pairs[RUNTIME_CLAIM_PAIRS];
    size_t pair_count;

    /* the engine task's */
    struct way *way;              /* NULL: the device knows who it is: */
    const struct identity *thing; /* which it has from its storage; NULL: it has not */
    enum provision_link link;     /* the identity that is used */
    bool has_machine;             /* the machine was started */
    bool is_rotation_pending;     /* what is stored as pending is not the claim's; known with `thing` */
    bool is_changing; /* an identity was handed over, and the end of the connection of before is no news */
    int subscribe_id; /* of the last SUBSCRIBE */

    /* guarded by the runtime's lock */
    bool is_claiming;  /* what arrives is the machine's */
    bool is_under_way; /* there is no stored identity */
    bool must_tell;    /* the application has not heard that it is provisioned */
} own;

static void lock(void)
{
    port_mutex_lock(&device_runtime.lock);
}

static void unlock(void)
{
    port_mutex_unlock(&device_runtime.lock);
}

/* ---- effects of the machine */

static enum err make_csr(void *ctx, const char *key_pem, char *csr_pem, size_t cap)
{
    (void)ctx;
    return port_key_make_request(key_pem, own.claim.client_id, csr_pem, cap);
}

static enum err subscribe(void *ctx, const char *filter)
{
    (void)ctx;
    return port_mqtt_subscribe(filter, 1, &own.subscribe_id);
}

static enum err put(void *ctx, enum record_kind kind, char *record, size_t payload_len)
{
    (void)ctx;
    return runtime_record_write(kind, record, payload_len);
}

/* ---- what the machine wants */

static void use_claim(void)
{
    const struct runtime_identity identity = {
        .host = own.claim.host,
        .port = own.claim.port,
        .client_id = own.claim.client_id,
        .root_ca_pem = own.claim.root_ca_pem,
        .cert_pem = own.claim.cert_pem,
        .key_pem = own.claim.key_pem,
        .is_claim = true,
    };
    runtime_use_identity(&identity);
}

/* The name is copied to where it stays: nobody but the engine reads it there before a connection with it stands. */
static void use_thing(const struct identity *thing)
{
    assert(strlen(thing->thing_name) < DEVICE_THING_NAME_CAP);
    strcpy(own.claim.thing_name, thing->thing_name);
    const struct runtime_identity identity = {
        .host = own.claim.host,
        .port = own.claim.port,
        .client_id = own.claim.thing_name,
        .root_ca_pem = own.claim.root_ca_pem,
        .cert_pem = thing->cert_pem,
        .key_pem = thing->key_pem,
    };
    runtime_use_identity(&identity);
}

static void use_nobody(void)
{
    const struct runtime_identity nobody = {.is_claim = true};
    runtime_use_identity(&nobody);
}

static void follow_link(void)
{
    const enum provision_link wanted = provision_link(&own.way->machine);
    struct identity thing;
    if (wanted == own.link) {
        return;
    }
    if (wanted == PROVISION_LINK_ORIGIN) {
        use_claim();
    } else if (wanted == PROVISION_LINK_NEW && provision_new_identity(&own.way->machine, &thing)) {
        use_thing(&thing);
    } else {
        use_nobody();
    }
    own.link = wanted;
    own.is_changing = true;
    lock();
    own.is_claiming = wanted == PROVISION_LINK_ORIGIN;
    runtime_answers_forget(&own.way->answers);
    unlock();
}

/* What other tasks may know of it. */
static void show(void)
{
    const struct provision *machine = &own.way->machine;
    bool is_done = provision_is_done(machine), has_news = false;
    runtime_set_provisioning(is_done                         ? RUNTIME_PROVISIONING_NOT
                             : provision_is_failing(machine) ? RUNTIME_PROVISIONING_FAILED
                                                             : RUNTIME_PROVISIONING_RUNS);
    lock();
    if (is_done && own.is_under_way) {
        own.is_under_way = false;
        own.must_tell = has_news = true;
    }
    unlock();
    if (has_news) {
        runtime_show_thing(own.claim.thing_name);
        port_signal_set(&device_runtime.event);
    }
}

/* ---- on the engine task */

static const struct provision_io io = {
    .make_key = provision_effects_make_key,
    .make_csr = make_csr,
    .is_match = provision_effects_is_match,
    .subscribe = subscribe,
    .publish = provision_effects_publish,
    .put = put,
    .erase = provision_effects_erase,
    .random = provision_effects_random,
    .log = provision_effects_log,
};

static void collect_pairs(struct way *way)
{
    const struct provision_parameter fixed[FIXED_PAIRS] = {
        {PROVISION_SERIAL_NUMBER, own.claim.serial_number},
        {PROVISION_DEVICE_NAME_PREFIX, own.claim.name_prefix},
        {PROVISION_APP_VERSION, own.claim.app_version},
    };
    memcpy(way->pairs, fixed, sizeof(fixed));
    memcpy(way->pairs + FIXED_PAIRS, own.pairs, own.pair_count * sizeof(own.pairs[0]));
    way->config = (struct provision_config){.origin = PENDING_CLAIM,
                                            .template_name = own.claim.template_name,
                                            .parameters = way->pairs,
                                            .parameter_count = FIXED_PAIRS + own.pair_count};
}

static void start_machine(uint64_t now_ms)
{
    struct way *way = own.way;
    struct slice stored = SLICE_EMPTY;
    collect_pairs(way);
    if (runtime_record_read(RECORD_PENDING, way->workspace.pending, sizeof(way->workspace.pending),
                            &stored)) {
        stored = SLICE_EMPTY;
    }
    enum err err = provision_start(&way->machine, &way->config, &io, &way->workspace, stored, NULL, now_ms);
    own.has_machine = !err;
    if (err) {
        runtime_log(LOG_LEVEL_ERROR, "the device cannot be provisioned: %s",
                    err == ERR_TOO_LONG ? "the parameters for the template are too long" : err_text(err));
        runtime_set_provisioning(RUNTIME_PROVISIONING_FAILED);
    }
}

/* Nothing is sent to the topics of provisioning. What a power cut has left of the way here goes away; what it has left of a rotation is the
 * rotation's, which goes on with it. */
static void be_stored_thing(void)
{
    if (!own.is_rotation_pending && runtime_record_erase(RECORD_PENDING)) {
        runtime_log(LOG_LEVEL_ERROR, "storage: the record 'pending' could not be erased");
    }
    own.link = PROVISION_LINK_NEW;
    use_thing(own.thing);
    runtime_show_thing(own.claim.thing_name);
}

static void started(uint64_t now_ms)
{
    lock();
    own.is_claiming = false;
    own.is_under_way = !own.thing;
    unlock();
    own.link = PROVISION_LINK_NONE;
    own.is_changing = own.has_machine = false;
    own.subscribe_id = -1;
    if (own.thing) {
        be_stored_thing();
    } else if (own.way) {
        start_machine(now_ms);
    }
}

static void serve(uint64_t now_ms)
{
    own.is_changing = false; /* its connection is closed since the end of the turn before */
    if (!own.has_machine) {
        return;
    }
    provision_effects_read_answers(&own.way->answers, &own.way->machine, now_ms);
    provision_tick(&own.way->machine, now_ms);
    follow_link();
    show();
}

static uint64_t wake_at_ms(void)
{
    if (!own.has_machine) {
        return RUNTIME_NEVER;
    }
    return provision_link(&own.way->machine) != own.link ? 0 : provision_wake_at_ms(&own.way->machine);
}

static void connected(uint64_t now_ms)
{
    if (own.has_machine) {
        provision_connected(&own.way->machine, own.link, now_ms);
        show();
    }
}

/* The connection ends at the device's own wish as well when the application suspends it. */
static void disconnected(bool was_up, enum err reason, bool is_own_doing, uint64_t now_ms)
{
    (void)was_up;
    if (own.has_machine && !(is_own_doing && own.is_changing)) {
        provision_effects_read_answers(&own.way->answers, &own.way->machine,
                                       now_ms); /* they came before the end */
        provision_disconnected(&own.way->machine, own.link, reason, now_ms);
    }
}

static void answered(const struct inbox_item *item, uint64_t now_ms)
{
    if (own.has_machine && item->number == own.subscribe_id) {
        own.subscribe_id = -1;
        provision_subscribed(&own.way->machine, item->flag, now_ms);
    }
}

/* ---- the engine task's functions */

/* Of a device that has to be provisioned. */
static void task_on_the_way(void *ctx)
{
    struct way way;
    memset(&way.answers, 0, sizeof(way.answers));
    own.way = &way;
    own.thing = NULL;
    runtime_engine_task(ctx);
}

/* ERR_NOT_FOUND: there is no identity, or none that can be used. ERR_STORAGE: nobody can tell. */
static enum err load(struct stored *stored)
{
    struct slice payload;
    struct pending pending;
    /* in the identity's place, before it */
    enum err err = runtime_record_read(RECORD_PENDING, stored->record, sizeof(stored->record), &payload);
    own.is_rotation_pending = !err && pending_read(payload, &pending) && pending.origin == PENDING_ROTATION;
    if (err && err != ERR_NOT_FOUND) {
        return err;
    }
    err = runtime_record_read(RECORD_IDENTITY, stored->record, sizeof(stored->record), &payload);
    if (!err && !identity_read(payload, &stored->thing)) {
        runtime_log(LOG_LEVEL_ERROR, "storage: the record 'identity' cannot be used, and counts as absent");
        return ERR_NOT_FOUND;
    }
    return err;
}

/* A storage that fails may have an identity: the device does not become another thing for that. */
static enum err load_patiently(struct stored *stored)
{
    enum err err = load(stored);
    for (int i = 1; i < READS && err && err != ERR_NOT_FOUND; i++) {
        port_time_sleep_ms(READ_PAUSE_MS);
        err = load(stored);
    }
    return err;
}

/* The engine task goes on as another one, because the way there needs more memory than who has arrived. */
static void task(void *ctx)
{
    struct stored stored;
    own.way = NULL;
    own.thing = NULL;
    enum err err = load_patiently(&stored);
    if (!err) {
        own.thing = &stored.thing;
    } else if (err != ERR_NOT_FOUND) {
        runtime_log(
            LOG_LEVEL_ERROR,
            "storage: nobody can tell whether this device has an identity: %s; it stays offline until "
            "it is started again",
            err_text(err));
        runtime_set_provisioning(RUNTIME_PROVISIONING_FAILED);
    } else if (port_task_start("dj_engine", CONFIG_DEVICE_JOBS_ENGINE_STACK + sizeof(struct way) + KEY_STACK,
                               5, task_on_the_way, ctx)) {
        runtime_log(LOG_LEVEL_ERROR, "the device cannot be provisioned: no memory for the task");
        runtime_set_provisioning(RUNTIME_PROVISIONING_FAILED);
    } else {
        return; /* that one is the engine task now */
    }
    runtime_engine_task(ctx);
}

/* ---- on the network task, with `lock` held */

static bool receive(const struct port_mqtt_event *event)
{
    if (!own.is_claiming) {
        return false;
    }
    runtime_answers_hear(&own.way->answers, event);
    return true;
}

/* ---- other tasks */

static bool deliver(void)
{
    lock();
    bool must_tell = own.must_tell;
    own.must_tell = false;
    device_runtime.events.is_busy = must_tell;
    unlock();
    if (!must_tell) {
        return false;
    }
    if (own.claim.provisioned) {
        own.claim.provisioned();
    }
    lock();
    device_runtime.events.is_busy = false;
    unlock();
    return true;
}

static bool is_idle(void)
{
    return !own.is_under_way && !own.must_tell;
}

static const struct runtime_prologue prologue = {
    .task = task,
    .stack_bytes = sizeof(struct stored),
    .started = started,
    .serve = serve,
    .wake_at_ms = wake_at_ms,
    .connected = connected,
    .disconnected = disconnected,
    .answered = answered,
    .receive = receive,
    .deliver = deliver,
    .is_idle = is_idle,
};

void runtime_claim(const struct runtime_claim *claim)
{
    const struct runtime_prologue *there = atomic_load(&device_runtime.prologue);
    own.claim = *claim;
    if (there && there->stand_on) {
        there->stand_on(&prologue); /* it was there first: the device is configured while it waits */
    } else {
        runtime_set_prologue(&prologue);
    }
}

static bool is_key(const char *key)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_-";
    const size_t len = key ? strlen(key) : 0;
    return len > 0 && len <= 128 && strspn(key, allowed) == len &&
           strcmp(key, PROVISION_SERIAL_NUMBER) != 0 && strcmp(key, PROVISION_DEVICE_NAME_PREFIX) != 0 &&
           strcmp(key, PROVISION_APP_VERSION) != 0;
}

enum err runtime_claim_parameter(const char *key, const char *value)
{
    size_t i = 0;
    if (!is_key(key)) {
        return ERR_ARG;
    }
    while (i < own.pair_count && strcmp(own.pairs[i].key, key) != 0) {
        i++;
    }
    if (i == RUNTIME_CLAIM_PAIRS) {
        return ERR_FULL;
    }
    own.pairs[i] = (struct provision_parameter){.key = key, .value = value};
    own.pair_count = i == own.pair_count ? i + 1 : own.pair_count;
    return ERR_OK;
}
