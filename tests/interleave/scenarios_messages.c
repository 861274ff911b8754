/* SPDX-License-Identifier: MIT */
/* Small worlds in which the application's own messages meet jobs, cuts and themselves. */
#include "interleave/scenarios.h"

static void boot(void)
{
    world_boot(application_boot);
}

void scenario_publish_task(void *ctx)
{
    (void)ctx;
    traffic_listen("t");
    for (unsigned i = 0; i < 3; i++) {
        traffic_publish("t");
    }
    traffic_done();
}

void scenario_messages_against_job(void)
{
    world_begin(1, WAY_OTHER_TASK);
    boot();
    application_await_start(0);
    traffic_start("publish", scenario_publish_task);
    world_settle(3);
}

void scenario_messages_against_cut(void)
{
    world_begin(1, WAY_REPORTS);
    boot();
    application_await_start(0);
    traffic_start("publish", scenario_publish_task);
    scheduler_sleep(0);
    peer_cut();
    world_settle(3);
}

void scenario_messages_before_the_connection(void)
{
    world_begin(1, WAY_RETURNS);
    ports_set_clock(false);
    boot();
    scheduler_sleep(1000);
    traffic_start("publish", scenario_publish_task);
    scheduler_sleep(5000);
    ports_set_clock(true);
    world_settle(3);
}

/* Nothing is acknowledged for two minutes: a new connection, and everything again. */
void scenario_messages_without_acknowledgements(void)
{
    world_begin(1, WAY_RETURNS);
    boot();
    application_await_start(0);
    peer_rules.withholds_acknowledgements = true;
    traffic_start("publish", scenario_publish_task);
    scheduler_sleep(120000);
    peer_rules.withholds_acknowledgements = false;
    world_settle(3);
    if (scheduler_now_ms() > 300000) {
        scheduler_find("the messages came %u s after the start", (unsigned)(scheduler_now_ms() / 1000));
    }
}

static void publish_bad_task(void *ctx)
{
    (void)ctx;
    traffic_publish("t");
    traffic_publish("bad");
    traffic_publish("t");
    traffic_done();
}

/* The message that ends connections is given up, the others arrive, and the job does not starve. */
void scenario_message_that_is_not_allowed(void)
{
    world_begin(1, WAY_REPORTS);
    boot();
    application_await_start(0);
    traffic_start("publish", publish_bad_task);
    world_settle(3);
}

static void unsubscribe_task(void *ctx)
{
    (void)ctx;
    AWS_unsubscribe("t");
    traffic_listen("t");
    AWS_unsubscribe("t");
    traffic_done();
}

void scenario_unsubscribe_against_messages(void)
{
    world_begin(1, WAY_RETURNS);
    boot();
    application_await_start(0);
    traffic_start("publish", scenario_publish_task);
    traffic_start("unsubscribe", unsubscribe_task);
    world_settle(3);
}

/* The callback of a message and the cancel callback share a task. */
void scenario_message_callback_that_blocks(void)
{
    world_begin(2, WAY_UNTIL_CANCEL);
    traffic_callback_ms = 5000;
    boot();
    application_await_start(0);
    traffic_start("publish", scenario_publish_task);
    scheduler_sleep(100);
    job_service_cancel(&service);
    world_settle(3);
}

void scenario_messages_in_pieces(void)
{
    world_begin(1, WAY_RETURNS);
    peer_rules.piece = 60;
    boot();
    application_await_start(0);
    traffic_start("publish", scenario_publish_task);
    peer_cut();
    world_settle(3);
}

void scenario_suspend_against_messages(void)
{
    world_begin(1, WAY_RETURNS);
    boot();
    application_await_start(0);
    traffic_start("publish", scenario_publish_task);
    scheduler_start("suspend", 4, true, scenario_suspend_task, NULL);
    world_settle(3);
}
