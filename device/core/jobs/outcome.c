/* SPDX-License-Identifier: MIT */
/* The ladder of a final status. When a form is sent, and what a refusal is, stands in delivery.c. */
#include "device/core/jobs/outcome.h"

#include "device/core/jobs/jobs.h"
#include "device/core/jobs/wire.h"
#include "device/core/text.h"

struct jobs_outcome jobs_outcome_make(uint8_t status, enum jobs_reason reason, const char *message)
{
    struct jobs_outcome outcome = {.status = status, .reason = (uint8_t)reason};
    bool has_message = message != NULL && message[0] != '\0';

    text_append(outcome.message, sizeof(outcome.message),
                has_message ? message : jobs_wire_reason_message(outcome.reason));
    return outcome;
}

uint8_t jobs_outcome_status(const struct jobs_outcome *outcome, enum jobs_form form)
{
    bool is_failed = form == JOBS_FORM_AS_FAILED || form == JOBS_FORM_KEPT_FAILED;
    return is_failed ? JOBS_STATUS_FAILED : outcome->status;
}

bool jobs_outcome_has_details(enum jobs_form form)
{
    return form == JOBS_FORM_FULL || form == JOBS_FORM_AS_FAILED || form == JOBS_FORM_KEPT_FAILED;
}

bool jobs_outcome_is_kept(enum jobs_form form)
{
    return form == JOBS_FORM_KEPT || form == JOBS_FORM_KEPT_FAILED;
}

/* Without details, then REJECTED as FAILED. A status that the service does not reach from IN_PROGRESS is not helped by leaving
 * out details. */
enum jobs_form jobs_outcome_next_form(const struct jobs_outcome *outcome, enum jobs_form form, uint8_t found)
{
    bool is_rejected = outcome->status == JOBS_STATUS_REJECTED;

    switch (form) {
    case JOBS_FORM_FULL:
        return is_rejected && found == JOBS_STATUS_IN_PROGRESS ? JOBS_FORM_AS_FAILED : JOBS_FORM_BARE;
    case JOBS_FORM_BARE:
        return is_rejected ? JOBS_FORM_AS_FAILED : JOBS_FORM_KEPT;
    case JOBS_FORM_AS_FAILED:
        return JOBS_FORM_KEPT_FAILED;
    default:
        return form;
    }
}
