/* SPDX-License-Identifier: MIT */
/* Firmware updates, as a state machine without I/O.
 *
 *     document -> is it running already? -> may it begin? -> which blocks are there? -> download in ranges -> verify from the storage
 *     -> put TRIAL -> activate -> restart -> is it running? -> self-test -> put PASSED -> confirm -> report -> clear
 *                                                           \-> put FAILED -> back to the old image -> report -> clear
 *
 * Guarantees, shown by tests/ota: no image is activated that was not read from the storage and found to be the document's; SUCCEEDED
 * is reported by the new image only, after its self-test; a new image that does not come up, or is not healthy, ends ROLLED_BACK from the old one;
 * a power cut at any moment costs at most one block of the download; OTA_WRITES bounds what is written to the storage of records.
 *
 * All functions from one task or under one lock. The machine is handed the time (ms, monotonic) with each event; after each call its
 * owner looks at ota_wake_at_ms. A tick does at most one block's work, so that a cancel never waits longer. */
#ifndef DEVICE_CORE_OTA_OTA_H
#define DEVICE_CORE_OTA_OTA_H

#include "device/core/ota/ota_state.h"
#include "device/core/ota/ota_words.h"

/* At each boot, before ota_begin. stored: the payload of RECORD_OTA; empty: there is none. `workspace`, texts of `config` and io's ctx
 * live as long as the machine. What the record says goes on with the first tick: a self-test, an activation, a report. A download waits for
 * its job's document (ota_begin). ERR_UNSUPPORTED or ERR_STORAGE of the slots, ERR_TOO_LONG: a block does not fit into the workspace. */
enum err ota_start(struct ota *o, const struct ota_config *config, const struct ota_io *io,
                   struct ota_workspace *workspace, struct slice stored, uint64_t now_ms);

/* A job wants an update or a rollback. Blocks that are in the slot already, of the same image, are not fetched again. ERR_BUSY: another job's goes on,
 * ERR_EXISTS: this job's goes on (the document counts as a fresh one). ERR_ARG: the document is bad, or this image does not go with the one that runs; ota_problem
 * says why, and nothing was begun. */
enum err ota_begin(struct ota *o, enum ota_kind kind, const char *job_id, struct slice document,
                   uint64_t now_ms);

/* The fresh document that io.refresh has asked for; at another time of the download it renews the link, and else it means nothing. One that is not of the same image ends the update. */
void ota_refreshed(struct ota *o, struct slice document, uint64_t now_ms);

/* The answer to the last io.request, in this order: status once, headers, end of headers, bytes, end. What comes after io.drop, or without a request, is passed over.
 * Interim answers (1xx) do not count. Values of headers without blanks around them. */
void ota_answer_status(struct ota *o, unsigned status, uint64_t now_ms);
void ota_answer_header(struct ota *o, struct slice name, struct slice value, uint64_t now_ms);
void ota_answer_headers_end(struct ota *o, uint64_t now_ms);
/* true: go on. false: this answer is of no interest any more (io.drop was called). */
bool ota_answer_bytes(struct ota *o, const void *bytes, size_t len, uint64_t now_ms);
void ota_answer_end(struct ota *o, uint64_t now_ms);
/* No answer, or not the whole: no connection, TLS, a name that is none. */
void ota_answer_failed(struct ota *o, enum err reason, uint64_t now_ms);

/* The self-test's result, while ota_is_testing. why: a sentence, NULL when it is healthy. */
void ota_health(struct ota *o, bool is_healthy, const char *why, uint64_t now_ms);

/* Time has come to ota_wake_at_ms. Good at any time. */
void ota_tick(struct ota *o, uint64_t now_ms);
uint64_t ota_wake_at_ms(const struct ota *o); /* OTA_NEVER: only after another call */

/* Gives an update up: nothing is reported, the running image stays, what was downloaded may serve a later job. false: nothing goes on, or it is too late (the record says that the image is on trial). */
bool ota_cancel(struct ota *o, uint64_t now_ms);

bool ota_is_active(const struct ota *o);     /* between ota_begin, or the boot, and the end */
bool ota_is_testing(const struct ota *o);    /* the application's health check is wanted */
const char *ota_job_id(const struct ota *o); /* of what goes on, else ""; in the struct */
void ota_progress(const struct ota *o, struct ota_progress *progress);
const char *
ota_problem(const struct ota *o); /* the last one in words, "" when there was none; in the struct */

/* Asserts what must always hold between two calls; for tests. */
void ota_check(const struct ota *o);

#endif
