/* SPDX-License-Identifier: MIT */
/* What the files with scenarios have of each other. */
#ifndef TESTS_INTERLEAVE_SCENARIOS_H
#define TESTS_INTERLEAVE_SCENARIOS_H

#include "interleave/world.h"

/* Tasks of the application. */
void scenario_suspend_task(void *ctx); /* suspends for ten seconds */
void scenario_publish_task(void *ctx); /* subscribes, and publishes three messages */

/* scenarios_sleep.c */
void scenario_stop_and_start_against_handler(void);
void scenario_stop_and_start_against_return(void);
void scenario_stop_and_start_against_task(void);
void scenario_job_for_a_device_at_rest(void);
void scenario_stop_taken_back(void);
void scenario_stop_and_start_against_messages(void);

/* scenarios_claim.c */
void scenario_claim(void);
void scenario_claim_against_power_cuts(void);
void scenario_claim_against_cut(void);
void scenario_claim_against_suspend(void);
void scenario_claim_against_restart(void);
void scenario_claim_against_stop_and_start(void);
void scenario_claim_with_lost_answers(void);
void scenario_claim_with_doubled_answers_in_pieces(void);
void scenario_claim_refused_at_first(void);

/* scenarios_rotation.c */
void scenario_rotation(void);
void scenario_rotation_against_power_cuts(void);
void scenario_rotation_against_cut(void);
void scenario_rotation_against_suspend(void);
void scenario_rotation_against_stop_and_start(void);
void scenario_rotation_against_cancel(void);
void scenario_rotation_with_doubled_answers_in_pieces(void);
void scenario_rotation_refused_at_first(void);

/* scenarios_messages.c */
void scenario_messages_against_job(void);
void scenario_messages_against_cut(void);
void scenario_messages_before_the_connection(void);
void scenario_messages_without_acknowledgements(void);
void scenario_message_that_is_not_allowed(void);
void scenario_unsubscribe_against_messages(void);
void scenario_message_callback_that_blocks(void);
void scenario_messages_in_pieces(void);
void scenario_suspend_against_messages(void);

#endif
