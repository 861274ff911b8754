/* SPDX-License-Identifier: MIT */
/* Small worlds of a device that is provisioned by claim, and then does a job. */
#include "interleave/scenarios.h"

#include <string.h>

static void boot(void)
{
    world_boot(application_boot);
}

static void begin(void)
{
    world_begin(1, WAY_RETURNS);
    provisioner_rules.is_on = true;
    application_rules.has_claim = true;
}

/* The end of each: the job is done, and the identity stored. */
static void settle(unsigned cuts)
{
    world_settle(12);
    provisioner_check(cuts);
}

static void cut_power(void)
{
    scheduler_point("cuts the power");
    peer_power_cut();
    scheduler_end_device();
    boot();
}

/* And a boot more provisions nothing. */
void scenario_claim(void)
{
    begin();
    boot();
    settle(0);
    const unsigned claims = provisioner_claims();
    peer_power_cut();
    scheduler_end_device();
    service.count = 2;
    boot();
    application_await_start(1);
    world_settle(3);
    if (provisioner_claims() != claims || strcmp(AWS_getThingName(), "lamp") != 0) {
        scheduler_find("a device that has an identity is '%s', and connects with its claim %u times",
                       AWS_getThingName(), provisioner_claims() - claims);
    }
}

void scenario_claim_against_power_cuts(void)
{
    begin();
    boot();
    provisioner_await(PROVISIONER_CSR);
    cut_power();
    provisioner_await(PROVISIONER_REGISTRATION);
    cut_power();
    provisioner_await(PROVISIONER_CONNECTED);
    cut_power();
    settle(3);
}

void scenario_claim_against_cut(void)
{
    begin();
    boot();
    provisioner_await(PROVISIONER_CSR);
    peer_cut();
    provisioner_rules.losses = 1; /* as it may be */
    provisioner_await(PROVISIONER_REGISTRATION);
    peer_cut();
    settle(2);
}

void scenario_claim_against_suspend(void)
{
    begin();
    boot();
    provisioner_await(PROVISIONER_CSR);
    scheduler_start("suspend", 4, true, scenario_suspend_task, NULL);
    provisioner_await(PROVISIONER_REGISTRATION);
    scheduler_start("suspend", 4, true, scenario_suspend_task, NULL);
    settle(2);
}

static void restart_task(void *ctx)
{
    (void)ctx;
    SYSTEM_restart(0);
}

void scenario_claim_against_restart(void)
{
    begin();
    boot();
    provisioner_await(PROVISIONER_CSR);
    scheduler_start("restart", 4, true, restart_task, NULL);
    while (!ports_wants_boot()) {
        scheduler_sleep(10);
    }
    boot();
    settle(1);
}

static void stopping_task(void *ctx)
{
    (void)ctx;
    for (unsigned round = 0; round < 3; round++) {
        while (!SYSTEM_stop()) {
            scheduler_sleep(50);
        }
        scheduler_sleep(round * 700);
        SYSTEM_start();
        scheduler_sleep(5 + round * 300);
    }
}

void scenario_claim_against_stop_and_start(void)
{
    begin();
    boot();
    provisioner_await(PROVISIONER_CSR);
    scheduler_start("stopping", 4, true, stopping_task, NULL);
    settle(3);
}

void scenario_claim_with_lost_answers(void)
{
    begin();
    provisioner_rules.losses = 3;
    boot();
    settle(0);
}

void scenario_claim_with_doubled_answers_in_pieces(void)
{
    begin();
    provisioner_rules.doubles = 2;
    peer_rules.piece = 50;
    boot();
    settle(0);
}

void scenario_claim_refused_at_first(void)
{
    begin();
    provisioner_rules.refusals = 2;
    boot();
    settle(0);
}
