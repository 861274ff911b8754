/* SPDX-License-Identifier: MIT */
/* The service's part in a test of device/runtime and device/api: answers what the device asks over fake_ports. */
#ifndef TESTS_FAKES_FAKE_SERVICE_H
#define TESTS_FAKES_FAKE_SERVICE_H

#include "fakes/fake_ports.h"

#define FAKE_PAYLOAD_CAP 2048
#define FAKE_ANSWER_CAP  70000 /* with a document of 64 KiB */

/* A publish that was taken from the device. */
struct fake_request {
    char topic[256];
    char payload[FAKE_PAYLOAD_CAP];
};

/* The next request; it must go to this topic. */
void fake_expect_request(struct fake_request *request, const char *topic);

/* Answers it: `members` are JSON members ("\"execution\":{...}") or empty; time and token are added. */
void fake_accept_request(const struct fake_request *request, const char *members);
void fake_reject_request(const struct fake_request *request, const char *code);

/* An answer finds the connection closed: that is no mistake of the test from here on, or is again (false, as in the beginning). */
void fake_let_answers_get_lost(bool may_lose);

/* Opens the count-th connection, takes $next/get and answers with this job. */
void fake_offer_job(unsigned connection, const char *job_id, const char *document);

/* The same without the connection: the device asks for the next job by itself. */
void fake_answer_next(const char *job_id, const char *document);

/* A notify-next with this job, as the service sends it when the job is the first; NULL: nothing is pending. */
void fake_notify_next(const char *job_id, const char *document);

/* Its answer, with the token of `request`, for a test that delivers it in a way of its own. */
void fake_write_next(const struct fake_request *request, const char *job_id, const char *document,
                     char *payload, size_t cap);
void fake_answer_no_job(void);

/* Takes and accepts the claim: with the document that was written last for this job. */
void fake_accept_claim(const char *job_id);

/* An update is accepted; the question whether the service still has the job, or which one is next while it is in hand, is answered with
 * IN_PROGRESS. Each with the document, if that was asked for. false: it is none of these. */
bool fake_serve_job(const struct fake_request *request, const char *job_id);

/* The same for all requests until an update of the job has this status; that one comes back. After a final status a notify-next says that
 * nothing is pending, so that the device asks again at once. */
void fake_accept_until(struct fake_request *request, const char *job_id, const char *status);

#endif
