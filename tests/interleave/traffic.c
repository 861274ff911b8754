/* SPDX-License-Identifier: MIT */
/* What the application sends and hears beside its jobs. It numbers its messages, and stands outside of the device's RAM: it is the observer
 * of guarantees M1 to M3 and M5 as well. */
#include "interleave/world.h"

#include "device/port/port_time.h"
#include "lib_aws.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS     64
#define PAYLOAD_LEN 100
#define BAD_TOPIC   "bad"

static struct {
    bool is_used;
    unsigned tasks; /* of the application that still send or listen */
    unsigned next;  /* number */
    unsigned taken; /* of them */
    bool was_taken[NUMBERS];
    unsigned arrived[NUMBERS]; /* at the peer, how often */
    unsigned newest_arrived;   /* the highest number of a first arrival, and 1 */
    unsigned bad;              /* messages that were taken and end the connection */
    unsigned came;             /* messages that the network task has handed over whole */
    unsigned heard;            /* of them by the callback */
} traffic;

uint32_t traffic_callback_ms;

void traffic_reset(void)
{
    memset(&traffic, 0, sizeof(traffic));
    traffic_callback_ms = 0;
}

/* What lies in memory is lost with it. */
void traffic_boot(void)
{
    for (unsigned i = 0; i < traffic.next; i++) {
        traffic.was_taken[i] = false;
    }
    traffic.taken = traffic.bad = traffic.came = traffic.heard = 0;
}

/* ---- the application's side */

void traffic_start(const char *task, void (*entry)(void *ctx))
{
    traffic.is_used = true;
    traffic.tasks++;
    scheduler_start(task, 4, true, entry, NULL);
}

void traffic_done(void)
{
    traffic.tasks--;
}

void traffic_publish(const char *topic)
{
    char text[PAYLOAD_LEN + 1];
    const unsigned number = traffic.next++;
    snprintf(text, sizeof(text), "%0*u", PAYLOAD_LEN, number);
    scheduler_check_no_lock("publishes");
    if (AWS_publishMessage(topic, text, (uint32_t)strlen(text), QOS1_AT_LEASET_ONCE, false)) {
        traffic.was_taken[number] = strcmp(topic, BAD_TOPIC) != 0;
        traffic.taken++;
        traffic.bad += !traffic.was_taken[number];
    }
}

static void hear(const awsMessage_st *message, void *context)
{
    (void)context;
    scheduler_check_no_lock("runs the callback of a message");
    if (!message->pPayload || strlen(message->pPayload) != message->length_u32) {
        scheduler_find("a message on %s came without its %u bytes", message->pTopicStr,
                       (unsigned)message->length_u32);
    }
    traffic.heard++;
    if (traffic_callback_ms > 0) {
        port_time_sleep_ms(traffic_callback_ms);
    }
}

void traffic_listen(const char *filter)
{
    if (!AWS_subscribeTopic(filter, QOS1_AT_LEASET_ONCE, hear, NULL)) {
        scheduler_find("the subscription to %s is refused:\n%s", filter, ports_log());
    }
}

/* ---- the peer's side */

/* Returns whether the broker takes it; else it ends the connection. */
bool traffic_arrives(const char *topic, const char *payload)
{
    const unsigned number = (unsigned)atoi(payload);
    if (strcmp(topic, BAD_TOPIC) == 0) {
        return false;
    }
    if (number >= traffic.next) {
        scheduler_find("message %u was never sent", number);
    }
    if (traffic.arrived[number]++ == 0) {
        if (number + 1 < traffic.newest_arrived) {
            scheduler_find("message %u came for the first time behind message %u", number,
                           traffic.newest_arrived - 1);
        }
        traffic.newest_arrived = number + 1;
    }
    return true;
}

void traffic_came(void)
{
    traffic.came++;
}

/* ---- what must hold */

bool traffic_is_at_rest(void)
{
    return !traffic.is_used || (traffic.tasks == 0 && !AWS_publishInProgress());
}

bool traffic_is_unsent(void)
{
    for (unsigned i = 0; i < traffic.next; i++) {
        if (traffic.was_taken[i] && traffic.arrived[i] == 0) {
            return true;
        }
    }
    return false;
}

void traffic_check(void)
{
    awsMessageCounters_st counters;
    if (!traffic.is_used) {
        return;
    }
    AWS_getMessageCounters(&counters);
    for (unsigned i = 0; i < traffic.next; i++) {
        if (traffic.was_taken[i] && traffic.arrived[i] == 0) {
            scheduler_find("message %u was taken and never came (%u dropped):\n%s", i, counters.dropped_u32,
                           ports_log());
        }
    }
    if (counters.dropped_u32 != traffic.bad) {
        scheduler_find("%u messages were dropped, and %u end the connection", counters.dropped_u32,
                       traffic.bad);
    }
    if (counters.taken_u32 != traffic.taken) {
        scheduler_find("%u messages were taken, and %u counted", traffic.taken, counters.taken_u32);
    }
    if (counters.received_u32 + counters.receivedRefused_u32 > traffic.came) {
        scheduler_find("%u messages came, %u were handed over and %u refused", traffic.came,
                       counters.received_u32, counters.receivedRefused_u32);
    }
    if (counters.received_u32 > traffic.heard) {
        scheduler_find("%u messages were handed over, and the callback heard %u", counters.received_u32,
                       traffic.heard);
    }
}
