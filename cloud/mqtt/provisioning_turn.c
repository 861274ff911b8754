/* SPDX-License-Identifier: MIT */
#include "cloud/mqtt/provisioning_turn.h"

#include "cloud/base/log.h"
#include "cloud/base/memory.h"
#include "cloud/mqtt/provisioning_plane.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

struct waiting {
    struct provisioning_turn *desk;
    struct broker_request *request;
    struct provisioning_call *call;
    struct worker_job job;
    struct turn_request turn;
};

static struct waiting *of_job(struct worker_job *job)
{
    return (struct waiting *)((char *)job - offsetof(struct waiting, job));
}

static struct waiting *of_turn(struct turn_request *turn)
{
    return (struct waiting *)((char *)turn - offsetof(struct waiting, turn));
}

/* --- The end --- */

/* An accepted answer holds secrets: of that one no more than its name is told. */
static void log_outcome(const struct waiting *waiting)
{
    const struct provisioning_refusal *refusal = &waiting->call->refusal;
    const char *outcome = refusal->code ? "rejected" : "accepted";
    const struct log_field fields[] = {{"topic", waiting->call->topic, 0}, {"outcome", outcome, 0}};
    log_event(LOG_LEVEL_DEBUG, fields, sizeof fields / sizeof fields[0], "device request %s: %s%s%s%s%s",
              waiting->call->topic, outcome, refusal->code ? " " : "", refusal->code ? refusal->code : "",
              refusal->code ? ": " : "", refusal->message);
}

static void finish(struct waiting *waiting)
{
    struct broker_link *link = waiting->desk->devices->link;
    struct device_answer answer = {0};
    provisioning_call_answer(waiting->call, &answer);
    if (log_wants(LOG_LEVEL_DEBUG)) {
        log_outcome(waiting);
    }
    if (link) {
        broker_link_answer(link, waiting->request, answer.topic, answer.payload, answer.payload_len);
    }
    provisioning_answer_clear(&answer);
    provisioning_call_close(waiting->call);
    waiting->desk->count--;
    free(waiting->request);
    free(waiting);
}

/* --- Steps --- */

static void go_on(struct waiting *waiting);

static void work(struct worker_job *job)
{
    struct waiting *waiting = of_job(job);
    if (atomic_load(worker_is_closing(waiting->desk->worker))) {
        provisioning_call_not_kept(waiting->call); /* nobody waits for the keys of many at the end */
    } else {
        provisioning_work(waiting->call, waiting->desk->pki);
    }
}

static void work_is_done(struct worker_job *job)
{
    go_on(of_job(job));
}

static void serve(struct turn_request *turn)
{
    provisioning_serve(of_turn(turn)->call);
}

static void turn_is_over(struct turn_request *turn, bool is_kept)
{
    struct waiting *waiting = of_turn(turn);
    if (!is_kept) {
        provisioning_call_not_kept(waiting->call);
    }
    go_on(waiting);
}

static void hook_has_answered(void *ctx, const struct hook_answer *answer)
{
    struct waiting *waiting = ctx;
    provisioning_hook_answered(waiting->call, answer);
    go_on(waiting);
}

/* Each step comes back here later, never from inside of this call. */
static void go_on(struct waiting *waiting)
{
    struct provisioning_turn *desk = waiting->desk;
    switch (waiting->call->step) {
    case PROVISIONING_WORK:
        worker_add(desk->worker, &waiting->job);
        return;
    case PROVISIONING_SERVE:
        turn_add(desk->devices->turn, &waiting->turn);
        return;
    case PROVISIONING_HOOK:
        hook_ask(desk->hooks, waiting->call->hook_url, waiting->call->hook_request, hook_has_answered,
                 waiting);
        return;
    case PROVISIONING_ANSWER:
        finish(waiting);
        return;
    }
}

void provisioning_turn_add(struct provisioning_turn *desk, struct broker_request *request)
{
    const struct provisioning_asker asker = {
        .topic = request->from.topic,
        .payload = request->payload,
        .client_id = request->from.client_id,
        .certificate_id = request->from.certificate_id,
    };
    struct provisioning_call *call = provisioning_call_open(desk->devices->core, &asker);
    if (!call) { /* the plugin lets no such topic pass */
        free(request);
        return;
    }
    struct waiting *waiting = memory_zeroed(sizeof *waiting);
    *waiting = (struct waiting){
        .desk = desk,
        .request = request,
        .call = call,
        .job = {.work = work, .done = work_is_done},
        .turn = {.writes = true, .serve = serve, .done = turn_is_over},
    };
    desk->count++;
    if (desk->count > PROVISIONING_TURN_MAX) {
        provisioning_call_throttle(call);
    }
    go_on(waiting);
}
