/* SPDX-License-Identifier: MIT */
/* Small worlds of a device whose certificate is changed by a job, while something else happens. */
#include "interleave/scenarios.h"

#include "device/port/port_store.h"

#include <string.h>

static void boot(void)
{
    world_boot(application_boot);
}

static void begin(void)
{
    world_begin(1, WAY_ROTATES);
    provisioner_rules.is_on = provisioner_rules.is_rotation = true;
}

/* A device that was given its old certificate for ever connects with the new one. */
static void expect_new_after_boot(void)
{
    const unsigned before = provisioner_claims();
    scheduler_point("cuts the power");
    peer_power_cut();
    scheduler_end_device();
    boot();
    provisioner_await(PROVISIONER_CONNECTED);
    world_settle(3);
    if (provisioner_claims() != before) {
        scheduler_find("a device with another certificate connects with the given one:\n%s", ports_log());
    }
}

/* The end of each: the job is done, the new identity stored. */
static void settle(unsigned cuts)
{
    world_settle(12);
    provisioner_check(cuts);
    expect_new_after_boot();
}

static void cut_power(void)
{
    scheduler_point("cuts the power");
    peer_power_cut();
    scheduler_end_device();
    boot();
}

void scenario_rotation(void)
{
    begin();
    boot();
    settle(0);
}

void scenario_rotation_against_power_cuts(void)
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

void scenario_rotation_against_cut(void)
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

void scenario_rotation_against_suspend(void)
{
    begin();
    boot();
    provisioner_await(PROVISIONER_CSR);
    scheduler_start("suspend", 4, true, scenario_suspend_task, NULL);
    provisioner_await(PROVISIONER_REGISTRATION);
    scheduler_start("suspend", 4, true, scenario_suspend_task, NULL);
    settle(2);
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

void scenario_rotation_against_stop_and_start(void)
{
    begin();
    boot();
    provisioner_await(PROVISIONER_CSR);
    scheduler_start("stopping", 4, true, stopping_task, NULL);
    settle(3);
}

/* Whichever comes first: the old identity or the new one, and nothing pending. */
void scenario_rotation_against_cancel(void)
{
    char record[4096];
    size_t len;
    begin();
    boot();
    provisioner_await(PROVISIONER_CSR);
    job_service_cancel(&service);
    world_settle(12);
    if (!port_store_get("pending", record, sizeof(record), &len)) {
        scheduler_find("the job was cancelled, and something is pending:\n%s", ports_log());
    }
}

void scenario_rotation_with_doubled_answers_in_pieces(void)
{
    begin();
    provisioner_rules.doubles = 2;
    peer_rules.piece = 50;
    boot();
    settle(0);
}

void scenario_rotation_refused_at_first(void)
{
    begin();
    provisioner_rules.refusals = 2;
    boot();
    settle(0);
}
