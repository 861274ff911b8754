/* SPDX-License-Identifier: MIT */
/* The forms in which a final status is offered to the service, from the one that says most to the one that it may still take. */
#ifndef DEVICE_CORE_JOBS_OUTCOME_H
#define DEVICE_CORE_JOBS_OUTCOME_H

#include "device/core/jobs/journal.h"
#include "device/core/jobs/reason.h"

enum jobs_form {
    JOBS_FORM_FULL,        /* with statusDetails */
    JOBS_FORM_BARE,        /* the status alone */
    JOBS_FORM_AS_FAILED,   /* REJECTED as FAILED, with our own statusDetails */
    JOBS_FORM_KEPT,        /* every form was refused: the last one is offered again every hour */
    JOBS_FORM_KEPT_FAILED, /* the same for what was REJECTED */
};

/* message NULL or empty: the one of the reason. */
struct jobs_outcome jobs_outcome_make(uint8_t status, enum jobs_reason reason, const char *message);

/* What the service is told in this form. */
uint8_t jobs_outcome_status(const struct jobs_outcome *outcome, enum jobs_form form);
bool jobs_outcome_has_details(enum jobs_form form);
bool jobs_outcome_is_kept(enum jobs_form form);

/* The form after a refusal. `found`: the status that the service says the execution has (enum jobs_wire_status). */
enum jobs_form jobs_outcome_next_form(const struct jobs_outcome *outcome, enum jobs_form form, uint8_t found);

#endif
