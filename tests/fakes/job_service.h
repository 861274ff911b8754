/* SPDX-License-Identifier: MIT */
/* The Jobs service as a model of one thing, for tests of the runtime: a row of jobs "s0", "s1", ... that become pending one after another,
 * with an execution each. It answers requests and sends notifications through one function, and has no connection, clock or thread.
 * (The proof of the engine plays against the real service: tests/sim.) */
#ifndef TESTS_FAKES_JOB_SERVICE_H
#define TESTS_FAKES_JOB_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

#define JOB_SERVICE_MAX 200

enum job_fate { JOB_QUEUED, JOB_IN_PROGRESS, JOB_SUCCEEDED, JOB_FAILED, JOB_REJECTED, JOB_CANCELED };

struct job_execution {
    enum job_fate fate;
    unsigned version;
    char details[400]; /* of the last accepted update: statusDetails as a JSON object, or empty */
};

struct job_service {
    unsigned count; /* of the jobs */
    unsigned first; /* the first that has not ended; `count`: none */
    const char *document;
    struct job_execution jobs[JOB_SERVICE_MAX];
    /* Topic: what stands behind "$aws/things/<thing>/jobs/". */
    void (*send)(void *ctx, const char *topic, const char *payload);
    void *ctx;
};

/* What the device has published there. A request that the model does not know ends the program. */
void job_service_request(struct job_service *service, const char *topic, const char *payload);

/* The operator cancels the first job, by force when it runs; nothing when there is none. */
void job_service_cancel(struct job_service *service);

/* notify and notify-next, as after each change of what is pending. */
void job_service_notify(struct job_service *service);

const char *job_service_fate_text(enum job_fate fate);

#endif
