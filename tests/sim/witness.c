/* SPDX-License-Identifier: MIT */
/* The observer beside the service: for which execution a device has sent an update, and which one the service has taken it for.
 * An update names job id and number only, so a job that was deleted and made again may be hit by one that was meant for the one
 * before; and one that comes late may put an old attempt in the place of a newer one. What was hit is remembered by name. */
#include "sim/world.h"

#include <stdlib.h>
#include <string.h>

/* The number behind "key": in a flat payload; 0: not there. */
static int64_t number_of(const char *payload, const char *key)
{
    const char *at = strstr(payload, key);
    return at ? strtoll(at + strlen(key), NULL, 10) : 0;
}

bool sim_witness_sees(struct sim_world *w, const struct sim_event *request, struct sim_witness *seen)
{
    static const char jobs[] = "/jobs/";
    const char *job_id = strstr(request->topic, jobs);
    size_t len = job_id ? strcspn(job_id + strlen(jobs), "/") : 0;

    *seen = (struct sim_witness){.name = {.device = request->device}};
    if (!job_id || strcmp(job_id + strlen(jobs) + len, "/update") != 0) {
        return false;
    }
    sim_check(w, len < sizeof seen->name.job_id, "an update of no job");
    memcpy(seen->name.job_id, job_id + strlen(jobs), len);
    seen->name.number = number_of(request->payload, "\"executionNumber\":");
    seen->attempt = sim_service_find(w, &seen->name, NULL);
    return true;
}

static struct sim_hit *hit(struct sim_world *w, const struct sim_name *name)
{
    struct sim_hit *h = sim_witness_hit(w, name);
    if (!h) {
        sim_check(w, w->hit_count < SIM_HITS, "too many hits");
        h = &w->hits[w->hit_count++];
        *h = (struct sim_hit){.name = *name};
    }
    return h;
}

struct sim_hit *sim_witness_hit(struct sim_world *w, const struct sim_name *name)
{
    for (unsigned i = 0; i < w->hit_count; i++) {
        const struct sim_name *n = &w->hits[i].name;
        if (n->device == name->device && n->number == name->number && n->queued_at_s == name->queued_at_s &&
            strcmp(n->job_id, name->job_id) == 0) {
            return &w->hits[i];
        }
    }
    return NULL;
}

static struct sim_job *job_of(struct sim_world *w, const char *job_id)
{
    return &w->jobs[atoi(job_id + strlen("job-"))];
}

/* An update was meant for the one before this one. It may have been on its way; else (docs/guarantees.md, what is not promised)
 * nobody sends one who hears every notification and whose questions are answered. */
static void check_stray(struct sim_device *d, const struct sim_job *job, bool is_claim, uint64_t sent_ms)
{
    struct sim_world *w = d->world;

    w->totals->strays++;
    sim_trace(w, "**** it was meant for an earlier %s", job->id);
    if (sent_ms <= job->created_ms || w->service->was_restored) {
        return;
    }
    if (is_claim) {
        return; /* the service had put it off; what it has met is read before it runs: sim_witness_started */
    }
    sim_check(w, d->missed_ms >= job->gone_ms || d->refused_ms >= job->gone_ms,
              "G2: %s gets an update for the one before it", job->id);
}

void sim_witness_accepted(struct sim_world *w, const struct sim_event *request, struct sim_witness *seen)
{
    struct sim_device *d = &w->devices[request->device];
    const struct sim_job *job = job_of(w, seen->name.job_id);
    struct sim_claim claim = {0};
    unsigned attempt = sim_service_find(w, &seen->name, &claim.document);
    bool is_claim = strstr(request->payload, "\"state\":\"accepted\"") != NULL;
    bool is_stray = seen->name.queued_at_s != request->about_s;

    if (attempt < seen->attempt) {
        hit(w, &seen->name)->is_blurred = true;
    }
    if (request->sent_ms < d->claims[job - w->jobs].accepted_ms) {
        hit(w, &seen->name)->is_stray = true;
    }
    if (is_stray) {
        hit(w, &seen->name)->is_stray = true;
        check_stray(d, job, is_claim, request->sent_ms);
    }
    if (is_claim || (is_stray && strstr(request->payload, "{\"status\":\"IN_PROGRESS\""))) {
        claim.name = seen->name;
        claim.attempt = attempt;
        claim.accepted_ms = w->now_ms;
        claim.was_on_its_way = is_stray;
        d->claims[job - w->jobs] = claim;
    }
}

void sim_witness_started(struct sim_device *d, const struct jobs_run *run)
{
    struct sim_world *w = d->world;
    const struct sim_job *job = job_of(w, run->job_id);
    const struct sim_claim *claim = &d->claims[job - w->jobs];

    if (claim->was_on_its_way && d->missed_ms >= job->gone_ms) {
        return; /* nobody has told it that the job was made again */
    }
    sim_check(w,
              claim->name.number == run->execution_number && claim->name.queued_at_s == run->queued_at_s &&
                  claim->attempt == run->attempt,
              "G1: %s is started, and its claim was for another one", run->job_id);
    sim_check(w, claim->document == sim_hash(d->document), "G1: %s runs the document of another one",
              run->job_id);
}
