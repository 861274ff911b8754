/* SPDX-License-Identifier: MIT */
/* Why a job did not succeed: a machine-readable word for statusDetails.reason, and the message for people that goes with
 * it (a blank at its end: something more precise follows). The journal stores the numbers: append only. */
#ifndef DEVICE_CORE_JOBS_REASON_H
#define DEVICE_CORE_JOBS_REASON_H

#define JOBS_REASON_LIST(X)                                                                                  \
    X(NO_ACTION, "no 'action' with a text")                                                                  \
    X(UNKNOWN_ACTION, "no handler for action ")                                                              \
    X(INVALID_DOCUMENT, "not a JSON object, or nested too deeply")                                           \
    X(AMBIGUOUS_KEY, "'action' occurs twice")                                                                \
    X(DOCUMENT_TOO_LARGE, "too large: ")                                                                     \
    X(INTERRUPTED, "the device restarted while it ran")                                                      \
    X(ATTEMPTS_EXHAUSTED, "interrupted, no attempt left")                                                    \
    X(DEADLINE, "no final status in time")                                                                   \
    X(STORAGE, "the start could not be stored")                                                              \
    X(REJECTED_BY_HANDLER, "rejected by the handler")                                                        \
    X(HANDLER_FAILED, "failed in the handler")                                                               \
    X(CLAIM_REFUSED, "the service refused the start")

enum jobs_reason {
    JOBS_REASON_NONE,
#define X(name, message) JOBS_REASON_##name,
    JOBS_REASON_LIST(X)
#undef X
        JOBS_REASON_COUNT,
};

#endif
