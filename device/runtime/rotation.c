/* SPDX-License-Identifier: MIT */
/* Joins the machine of device/core/provision with the connection that jobs use, as a prologue in front of the one that was there. Decides
 * nothing about the way to a certificate. */
#include "device/runtime/rotation.h"

#include "common/pem.h"
#include "device/core/provision/provision.h"
#include "device/core/text.h"
#include "device/port/port_key.h"
#include "device/runtime/answer.h"
#include "device/runtime/provision_effects.h"
#include "device/runtime/records.h"
#include "device/runtime/rotation_proof.h"
#include "device/runtime/state.h"

#include <string.h>

#define KEY_STACK       6144 /* a key is made on the engine task, and a request signed */
#define COMMON_NAME_CAP 65   /* RFC 5280: 64 characters */

struct order {
    bool is_given;
    struct runtime_rotation_job job; /* its job_id is the one here */
    char job_id[DEVICE_JOB_ID_CAP];
    char template_name[DEVICE_TEMPLATE_NAME_CAP];
};

/* What the event task has to report. */
struct end {
    bool is_there;
    uint32_t run_id;
    enum jobs_status status;
    char message[JOURNAL_MESSAGE_CAP];
    char old_id[DEVICE_CERTIFICATE_ID_CAP];
    char new_id[DEVICE_CERTIFICATE_ID_CAP];
};

static struct {
    struct runtime_prologue prologue;     /* written before the tasks run, like the next one */
    const struct runtime_prologue *below; /* NULL: there was none */
    const char *serial_number;

    /* the engine task's */
    bool has_machine; /* it is on its way */
    struct provision machine;
    struct order order; /* the one in hand */
    struct provision_parameter pairs[2];
    struct runtime_identity origin; /* who asks; its texts lie elsewhere, or in `record` */
    enum provision_link link;       /* the identity that is used */
    bool is_changing;   /* an identity was handed over, and the end of the connection of before is no news */
    int subscribe_id;   /* of the last SUBSCRIBE */
    const char *judged; /* the certificate that was compared with the stored identity's last */
    char given_id[DEVICE_CERTIFICATE_ID_CAP]; /* struct identity */
    char old_id[DEVICE_CERTIFICATE_ID_CAP];
    struct identity stored; /* its texts lie in `record` */
    char record[RECORD_BYTES(IDENTITY_MAX)];
    struct provision_workspace workspace;

    /* guarded by the runtime's lock */
    struct order wanted;
    bool is_listening; /* what arrives on the topics of provisioning is the machine's */
    bool is_arriving;  /* the message whose pieces come is one of those */
    uint32_t cancel_run_id;
    struct end end;
    struct runtime_answers answers;
} own;

static void lock(void)
{
    port_mutex_lock(&device_runtime.lock);
}

static void unlock(void)
{
    port_mutex_unlock(&device_runtime.lock);
}

/* ---- records */

static bool load_stored(void)
{
    struct slice payload;
    return runtime_record_read(RECORD_IDENTITY, own.record, sizeof(own.record), &payload) == ERR_OK &&
           identity_read(payload, &own.stored);
}

static enum err put_proof(void)
{
    struct rotation_proof proof = {.execution_number = own.order.job.execution_number};
    struct identity fresh;
    strcpy(proof.old_id, own.old_id);
    strcpy(proof.job_id, own.order.job_id);
    if (!provision_new_identity(&own.machine, &fresh) ||
        port_key_certificate_id(fresh.cert_pem, proof.new_id)) {
        return ERR_CORRUPT;
    }
    return rotation_proof_put(&proof);
}

static bool load_proof_of_order(struct rotation_proof *proof)
{
    return rotation_proof_load(proof) && strcmp(proof->job_id, own.order.job_id) == 0 &&
           proof->execution_number == own.order.job.execution_number;
}

/* ---- effects of the machine */

static enum err make_csr(void *ctx, const char *key_pem, char *csr_pem, size_t cap)
{
    (void)ctx;
    char common_name[COMMON_NAME_CAP];
    const struct slice thing = slice_from(own.origin.client_id);
    const size_t len = thing.len < COMMON_NAME_CAP ? thing.len : COMMON_NAME_CAP - 1;
    memcpy(common_name, thing.ptr, len);
    common_name[len] = '\0';
    return port_key_make_request(key_pem, common_name, csr_pem, cap);
}

static enum err subscribe(void *ctx, const char *filter)
{
    (void)ctx;
    return port_mqtt_subscribe(filter, 1, &own.subscribe_id);
}

static enum err put(void *ctx, enum record_kind kind, char *record, size_t payload_len)
{
    (void)ctx;
    enum err err = kind == RECORD_IDENTITY ? put_proof() : ERR_OK;
    return err ? err : runtime_record_write(kind, record, payload_len);
}

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

/* ---- whose the connection is */

/* Who the device connects as from the end of this turn. */
static const struct runtime_identity *coming(void)
{
    return device_runtime.own.must_change ? &device_runtime.own.next_identity : &device_runtime.own.identity;
}

/* A device on its way to an identity, by a claim, has none that could be rotated. */
static bool has_thing(const struct runtime_identity *identity)
{
    return identity->client_id && !identity->is_claim;
}

/* The same thing at the same endpoint, with this certificate. */
static void use(const struct runtime_identity *as, const char *cert_pem, const char *key_pem)
{
    struct runtime_identity identity = *as;
    identity.cert_pem = cert_pem;
    identity.key_pem = key_pem;
    own.judged = cert_pem;
    own.is_changing = true;
    runtime_use_identity(&identity);
}

/* A given certificate that was rotated: the stored one goes before it, which else would be back with each boot. */
static void prefer_stored(void)
{
    const struct runtime_identity given = *coming();
    if (!has_thing(&given) || given.cert_pem == own.judged) {
        return;
    }
    own.judged = given.cert_pem;
    if (!load_stored() || !own.stored.given_id || !own.stored.given_id[0] ||
        port_key_certificate_id(given.cert_pem, own.given_id) ||
        strcmp(own.stored.given_id, own.given_id) != 0) {
        return;
    }
    if (strcmp(own.stored.thing_name, given.client_id) != 0) {
        runtime_log(LOG_LEVEL_ERROR, "the stored certificate is that of '%s', and left alone",
                    own.stored.thing_name);
        return;
    }
    runtime_log(LOG_LEVEL_INFO, "the certificate that was given has been rotated: the stored one is used");
    use(&given, own.stored.cert_pem, own.stored.key_pem);
}

static void follow_link(void)
{
    const enum provision_link wanted = provision_link(&own.machine);
    struct identity fresh;
    if (wanted == own.link) {
        return;
    }
    own.link = wanted;
    if (wanted == PROVISION_LINK_NEW && provision_new_identity(&own.machine, &fresh)) {
        const char *present = coming()->cert_pem;
        if (!present ||
            strcmp(fresh.cert_pem, present) != 0) { /* after a power cut it may be in use already */
            use(&own.origin, fresh.cert_pem, fresh.key_pem);
        }
    } else if (wanted == PROVISION_LINK_ORIGIN) {
        use(&own.origin, own.origin.cert_pem, own.origin.key_pem);
    } else {
        const struct runtime_identity nobody = {.is_claim = true};
        own.is_changing = true;
        runtime_use_identity(&nobody);
    }
}

/* ---- begin and end */

static void finish(enum jobs_status status, const char *message, const struct rotation_proof *proof)
{
    own.has_machine = false;
    lock();
    own.is_listening = false;
    own.end = (struct end){.is_there = true, .run_id = own.order.job.run_id, .status = status};
    text_append(own.end.message, sizeof(own.end.message), message);
    if (proof) {
        strcpy(own.end.old_id, proof->old_id);
        strcpy(own.end.new_id, proof->new_id);
    }
    unlock();
    if (proof) {
        runtime_log(LOG_LEVEL_INFO, "rotation: certificate %s is in use, and %s can be deactivated",
                    proof->new_id, proof->old_id);
    }
    port_signal_set(&device_runtime.event);
}

/* The ids of before and after; false: it cannot be said what is rotated, and that is the end of it. */
static const char *learn_ids(void)
{
    if (pem_is_reference(own.origin.key_pem)) {
        return "the key of this device is a reference (a token, a secure element), which the library does "
               "not "
               "change";
    }
    if (port_key_certificate_id(own.origin.cert_pem, own.old_id)) {
        return "the certificate of this device cannot be read";
    }
    if (own.origin.cert_pem != own.stored.cert_pem &&
        !(load_stored() && strcmp(own.stored.cert_pem, own.origin.cert_pem) == 0)) {
        strcpy(own.given_id, own.old_id); /* it is the one that SYSTEM_init was given */
    } else {
        strcpy(own.given_id, own.stored.given_id ? own.stored.given_id : "");
    }
    return NULL;
}

/* What an earlier boot has left. A rotation that was through to the end belongs to the job that had asked for it. */
static struct slice take_pending(const struct identity *identity)
{
    struct slice stored = SLICE_EMPTY;
    struct pending pending;
    struct rotation_proof proof;
    if (runtime_record_read(RECORD_PENDING, own.workspace.pending, sizeof(own.workspace.pending), &stored) ||
        !pending_read(stored, &pending)) {
        return SLICE_EMPTY;
    }
    const bool is_through =
        pending.stage == PENDING_TRIAL && identity && strcmp(pending.key_pem, identity->key_pem) == 0;
    if (is_through && !load_proof_of_order(&proof)) {
        runtime_record_erase(RECORD_PENDING);
        return SLICE_EMPTY;
    }
    return stored;
}

static void start_machine(uint64_t now_ms)
{
    const char *why = learn_ids();
    if (why) {
        finish(JOBS_STATUS_FAILED, why, NULL);
        return;
    }
    const bool has_stored = strcmp(own.given_id, own.old_id) != 0;
    struct slice pending = take_pending(has_stored ? &own.stored : NULL);
    struct rotation_proof proof;
    if (own.order.job.is_resumed && pending.len == 0 && load_proof_of_order(&proof) &&
        strcmp(proof.new_id, own.old_id) == 0) {
        finish(JOBS_STATUS_SUCCEEDED, "", &proof); /* the power went before that was stored */
        return;
    }
    own.pairs[0] = (struct provision_parameter){PROVISION_THING_NAME, own.origin.client_id};
    own.pairs[1] = (struct provision_parameter){PROVISION_SERIAL_NUMBER, own.serial_number};
    const struct provision_config config = {.origin = PENDING_ROTATION,
                                            .template_name = own.order.template_name,
                                            .parameters = own.pairs,
                                            .parameter_count = sizeof(own.pairs) / sizeof(own.pairs[0]),
                                            .thing_name = own.origin.client_id,
                                            .given_id = own.given_id};
    enum err err = provision_start(&own.machine, &config, &io, &own.workspace, pending,
                                   has_stored ? &own.stored : NULL, now_ms);
    if (err) {
        finish(JOBS_STATUS_FAILED, err_text(err), NULL);
        return;
    }
    own.has_machine = true;
    own.link = PROVISION_LINK_ORIGIN;
    own.subscribe_id = -1;
    lock();
    runtime_answers_forget(&own.answers);
    own.is_listening = true;
    unlock();
    if (device_runtime.own.link.state == LINK_UP) {
        provision_connected(&own.machine, PROVISION_LINK_ORIGIN, now_ms);
    }
}

static bool is_in_workspace(const char *text)
{
    const char *workspace = (const char *)&own.workspace;
    return text >= workspace && text < workspace + sizeof(own.workspace);
}

/* false: there is no order that can be taken in this turn. */
static bool take_order(void)
{
    lock();
    bool is_given = own.wanted.is_given && !own.has_machine && !own.end.is_there;
    unlock();
    if (!is_given || device_runtime.own.must_change || !has_thing(&device_runtime.own.identity)) {
        return false;
    }
    own.origin = device_runtime.own.identity;
    if (is_in_workspace(own.origin.cert_pem)) {
        /* The second one of this boot: the texts of the first are needed until the connection is closed, and their place is needed now. */
        if (load_stored()) {
            use(&own.origin, own.stored.cert_pem, own.stored.key_pem);
        }
        return false;
    }
    lock();
    own.order = own.wanted;
    own.order.job.job_id = own.order.job_id;
    own.wanted.is_given = false;
    unlock();
    return true;
}

/* ---- on the engine task */

static void started(uint64_t now_ms)
{
    own.judged = NULL;
    own.is_changing = false;
    own.link = PROVISION_LINK_ORIGIN; /* which is what the runtime begins with */
    if (own.below) {
        own.below->started(now_ms);
    }
    prefer_stored();
    if (own.has_machine && has_thing(coming())) {
        own.origin = *coming(); /* the texts of before lay on the stack of a task that has ended */
    } else if (own.has_machine) {
        finish(JOBS_STATUS_FAILED, "the device has lost its identity", NULL);
    }
    port_signal_set(&device_runtime.event); /* a report may wait since the stop */
}

static void serve_cancel(uint64_t now_ms)
{
    lock();
    const bool must_cancel = own.cancel_run_id == own.order.job.run_id && own.cancel_run_id != 0;
    own.cancel_run_id = 0;
    unlock();
    if (must_cancel && !provision_cancel(&own.machine, "the service has ended the job", now_ms)) {
        port_board_log(LOG_LEVEL_INFO, "rotation: too late to give it up, the new certificate is in use");
    }
}

static void serve_machine(uint64_t now_ms)
{
    struct rotation_proof proof;
    provision_effects_read_answers(&own.answers, &own.machine, now_ms);
    serve_cancel(now_ms);
    provision_tick(&own.machine, now_ms);
    follow_link();
    if (!provision_is_over(&own.machine)) {
        return;
    }
    if (!provision_is_done(&own.machine)) {
        finish(JOBS_STATUS_FAILED, provision_problem(&own.machine), NULL);
    } else if (rotation_proof_load(&proof)) {
        finish(JOBS_STATUS_SUCCEEDED, "", &proof);
    } else {
        finish(JOBS_STATUS_SUCCEEDED, "",
               NULL); /* somebody has erased it: the certificate is changed all the same */
    }
}

static void serve(uint64_t now_ms)
{
    own.is_changing = false; /* its connection is closed since the end of the turn before */
    if (own.below) {
        own.below->serve(now_ms);
    }
    if (!own.has_machine) {
        prefer_stored();
    }
    if (take_order()) {
        start_machine(now_ms);
    }
    if (own.has_machine) {
        serve_machine(now_ms);
    }
}

static uint64_t wake_at_ms(void)
{
    uint64_t at_ms = own.below ? own.below->wake_at_ms() : RUNTIME_NEVER;
    if (own.has_machine) {
        const uint64_t machine_ms =
            provision_link(&own.machine) != own.link ? 0 : provision_wake_at_ms(&own.machine);
        at_ms = machine_ms < at_ms ? machine_ms : at_ms;
    }
    return at_ms;
}

static void connected(uint64_t now_ms)
{
    if (own.below) {
        own.below->connected(now_ms);
    }
    if (own.has_machine) {
        provision_connected(&own.machine, own.link, now_ms);
    }
}

static void disconnected(bool was_up, enum err reason, bool is_own_doing, uint64_t now_ms)
{
    if (own.below) {
        own.below->disconnected(was_up, reason, is_own_doing, now_ms);
    }
    if (own.has_machine && !(is_own_doing && own.is_changing)) {
        provision_effects_read_answers(&own.answers, &own.machine, now_ms); /* they came before the end */
        provision_disconnected(&own.machine, own.link, reason, now_ms);
    }
}

static void answered(const struct inbox_item *item, uint64_t now_ms)
{
    if (own.below) {
        own.below->answered(item, now_ms);
    }
    if (own.has_machine && item->number == own.subscribe_id) {
        own.subscribe_id = -1;
        provision_subscribed(&own.machine, item->flag, now_ms);
    }
}

/* ---- on the network task, with `lock` held */

/* The topic comes with the first piece only. */
static bool receive(const struct port_mqtt_event *event)
{
    if (own.below && own.below->receive(event)) {
        return true;
    }
    if (event->offset == 0) {
        own.is_arriving =
            own.is_listening && (slice_starts_with(event->topic, "$aws/certificates/") ||
                                 slice_starts_with(event->topic, "$aws/provisioning-templates/"));
    }
    if (own.is_arriving) {
        runtime_answers_hear(&own.answers, event);
        port_signal_set(&device_runtime.wake);
    }
    return own.is_arriving;
}

/* ---- on the event task */

/* ERR_BUSY: the engine task has not taken it, and it is tried again. Else it is in storage, or nobody's any more, and the proof has done its work; but
 * for one that is sent from memory. */
static void report(const struct end *end)
{
    const struct runtime_pair pairs[] = {{"oldCertificateId", end->old_id},
                                         {"newCertificateId", end->new_id}};
    const struct jobs_report report = {.run_id = end->run_id,
                                       .status = end->status,
                                       .progress_percent = -1,
                                       .message = end->message[0] ? end->message : NULL};
    enum err err = runtime_report(&report, pairs, end->old_id[0] ? 2 : 0, NULL);
    if (err != ERR_BUSY && err != ERR_STORAGE && err != ERR_TIMEOUT) {
        runtime_record_erase(RECORD_ROTATION);
    }
    lock();
    own.end.is_there = err == ERR_BUSY;
    unlock();
    port_signal_set(&device_runtime.wake); /* an order may wait for it */
}

/* No callback of the application: whoever stops the tasks waits for it as for any task. */
static bool deliver(void)
{
    if (own.below && own.below->deliver()) {
        return true;
    }
    lock();
    const struct end end = own.end;
    const bool must_report = end.is_there && device_runtime.life.is_started;
    unlock();
    if (must_report) {
        report(&end);
    }
    return must_report;
}

/* ---- any task */

/* With `lock` held. */
static bool is_idle(void)
{
    return (!own.below || own.below->is_idle()) && !own.is_listening && !own.wanted.is_given &&
           !own.end.is_there;
}

static void stand_on(const struct runtime_prologue *below)
{
    own.below = below;
    own.prologue.task = below->task;
    own.prologue.stack_bytes = KEY_STACK + below->stack_bytes;
}

void runtime_rotation_init(const char *serial_number)
{
    const struct runtime_prologue *there = atomic_load(&device_runtime.prologue);
    if (there == &own.prologue) {
        return;
    }
    memset(&own, 0, sizeof(own)); /* no task uses it: a new configuration is like a boot */
    own.serial_number = serial_number;
    own.prologue = (struct runtime_prologue){
        .task = runtime_engine_task,
        .stack_bytes = KEY_STACK,
        .started = started,
        .serve = serve,
        .wake_at_ms = wake_at_ms,
        .connected = connected,
        .disconnected = disconnected,
        .answered = answered,
        .receive = receive,
        .deliver = deliver,
        .is_idle = is_idle,
        .stand_on = stand_on,
    };
    if (there) {
        stand_on(there);
    }
    runtime_set_prologue(&own.prologue);
}

enum err runtime_rotation_begin(const struct runtime_rotation_job *job, const char *template_name)
{
    const size_t len = template_name ? strlen(template_name) : 0;
    if (len == 0 || len >= DEVICE_TEMPLATE_NAME_CAP) {
        return ERR_ARG;
    }
    if (!own.prologue.task) {
        return ERR_BUSY;
    }
    lock();
    const bool is_free = !own.wanted.is_given;
    if (is_free) {
        own.wanted = (struct order){.is_given = true, .job = *job};
        strcpy(own.wanted.job_id, job->job_id);
        memcpy(own.wanted.template_name, template_name, len);
    }
    unlock();
    port_signal_set(&device_runtime.wake);
    return is_free ? ERR_OK : ERR_BUSY;
}

void runtime_rotation_cancel(uint32_t run_id)
{
    lock();
    own.wanted.is_given = own.wanted.is_given && own.wanted.job.run_id != run_id;
    own.cancel_run_id = run_id;
    unlock();
    port_signal_set(&device_runtime.wake);
}
