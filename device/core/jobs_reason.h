/* SPDX-License-Identifier: MIT */
/* Why a job did not succeed: a machine-readable word for statusDetails.reason, and the message for people that goes with
 * it when there is nothing more precise to say. The journal stores the numbers: append only. */
#ifndef DEVICE_CORE_JOBS_REASON_H
#define DEVICE_CORE_JOBS_REASON_H

#define JOBS_REASON_LIST(X)                                                                                  \
    X(NO_ACTION, "the document has no 'action' with a text")                                                 \
    X(UNKNOWN_ACTION, "no handler for this action")                                                          \
    X(INVALID_DOCUMENT, "the document is not a JSON object, or is nested too deeply")                        \
    X(AMBIGUOUS_KEY, "'action' occurs twice in the document")                                                \
    X(DOCUMENT_TOO_LARGE, "the document does not fit")                                                       \
    X(INTERRUPTED, "the device restarted while the job ran")                                                 \
    X(ATTEMPTS_EXHAUSTED, "interrupted, and no attempt is left")                                             \
    X(DEADLINE, "no final status within the deadline")                                                       \
    X(STORAGE, "the start could not be stored, so it did not run")                                           \
    X(REJECTED_BY_HANDLER, "the handler rejected the job")                                                   \
    X(HANDLER_FAILED, "the handler reported a failure")                                                      \
    X(CLAIM_REFUSED, "the service did not let the job start")

enum jobs_reason {
    JOBS_REASON_NONE,
#define X(name, message) JOBS_REASON_##name,
    JOBS_REASON_LIST(X)
#undef X
        JOBS_REASON_COUNT,
};

#endif
