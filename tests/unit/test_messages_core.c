/* SPDX-License-Identifier: MIT */
/* The application's own messages as a state machine: guarantees M1 to M5 (docs/guarantees.md), AWS's limits (docs/protocol.md 4). */
// LINK: device_core
#include "unit/messages_table.h"

/* --- M1: what was taken is sent until it is acknowledged */

static void nothing_goes_out_before_there_is_a_connection(void **state)
{
    (void)state;
    put("a", "1");
    assert_string_equal(step(), "");
    assert_true(messages_wake_at_ms(&m, now_ms) == UINT64_MAX);
    messages_connected(&m, now_ms);
    assert_true(messages_wake_at_ms(&m, now_ms) <= now_ms);
    assert_string_equal(step(), "a=1");
    assert_false(messages_are_sent(&m));
    ack(1);
    assert_true(messages_are_sent(&m));
    assert_string_equal(step(), "");
}

static void sent_again_over_the_next_connection(void **state)
{
    (void)state;
    put("a", "1");
    put("b", "2");
    put("c", "R3");
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "a=1");
    assert_string_equal(step(), "b=2");
    ack(2); /* not the oldest one */
    end(false);
    assert_string_equal(step(), "");
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "a=1");
    assert_string_equal(step(), ""); /* careful: one at a time, until what was on its way is through */
    assert_false(messages_acknowledged(&m, 2, now_ms)); /* of the connection before */
    ack(3);
    assert_string_equal(step(), "c=R3 retained");
    ack(4);
    assert_int_equal(m.counters.taken, 3);
    assert_int_equal(m.counters.acknowledged, 3);
    assert_int_equal(m.counters.sent, 4);
}

static void qos_0_goes_out_once(void **state)
{
    (void)state;
    assert_int_equal(put_qos("a", "1", 0), ERR_OK);
    put("b", "2");
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "a=1");
    assert_string_equal(step(), "b=2");
    end(true);
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "b=2");
}

/* --- M2: order */

static void order_is_kept_over_connections(void **state)
{
    (void)state;
    char payload[2] = "0";
    messages_connected(&m, now_ms);
    for (int i = 0; i < 6; i++) {
        payload[0] = (char)('0' + i);
        put("t", payload);
    }
    assert_string_equal(step(), "t=0");
    assert_string_equal(step(), "t=1");
    assert_string_equal(step(), "t=2");
    ack(2);
    end(true);
    messages_connected(&m, now_ms);
    for (const char *next = "02345"; *next; next++) {
        const char wanted[] = {'t', '=', *next, '\0'};
        assert_string_equal(step(), wanted);
        ack(last_id);
    }
}

/* --- M3: what does not fit is refused, the newest, and counted */

static void the_newest_is_refused(void **state)
{
    char big[CAP + 1];
    (void)state;
    memset(big, 'x', sizeof(big));
    big[CAP] = '\0';
    assert_int_equal(put_qos("a", big, 1), ERR_TOO_LONG);
    big[CAP / 2 - outbox_size_of(1, 0)] = '\0';
    put("a", big);
    put("b", big);
    assert_int_equal(put_qos("c", "", 1), ERR_FULL);
    messages_connected(&m, now_ms);
    assert_true(strncmp(step(), "a=x", 3) == 0);
    assert_int_equal(put_qos("c", "", 1), ERR_FULL); /* not acknowledged yet */
    ack(1);
    put("c", "");
    assert_int_equal(m.counters.refused, 3);
    assert_int_equal(m.counters.taken, 3);
}

/* --- M4: jobs go first: a window, and half of the port's places */

static void window(void **state)
{
    (void)state;
    messages_connected(&m, now_ms);
    for (int i = 0; i < MESSAGES_WINDOW + 1; i++) {
        put("t", "");
    }
    for (int i = 0; i < MESSAGES_WINDOW; i++) {
        assert_string_equal(step(), "t=");
    }
    assert_string_equal(step(), "");
    ack(3);
    assert_string_equal(step(), "t=");
    assert_string_equal(step(), "");
}

static void paced_and_not_dropped(void **state)
{
    unsigned in_second[20] = {0};
    (void)state;
    messages_connected(&m, now_ms);
    for (unsigned ms = 0; ms < 20000; ms++, now_ms++) {
        while (put_qos("t", "1", 0) == ERR_OK) {
        }
        while (*step()) {
            in_second[ms / 1000]++;
        }
    }
    for (unsigned i = 0; i < 20; i++) {
        assert_in_range(in_second[i], 84, 96);
    }
}

static void bytes_are_paced_too(void **state)
{
    static char large[4 * 131072];
    struct pace pace = {0};
    size_t sent = 0;
    (void)state, (void)large;
    for (uint64_t at = 5000; at < 6000; at++) { /* any second */
        while (pace_at_ms(&pace, at) <= at) {
            pace_take(&pace, 131072, at);
            sent += 131072;
        }
    }
    assert_in_range(sent, 3 * 131072, 524288);
    assert_true(pace_at_ms(&pace, 6000) > 6000);
}

/* --- M5: a message that ends connections is given up, and no other one */

static void message_that_ends_connections(void **state)
{
    (void)state;
    put("good", "1");
    put("bad", "2");
    put("fine", "3");
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "good=1");
    assert_string_equal(step(), "bad=2");
    assert_string_equal(step(), "fine=3");
    end(false); /* it is not clear which one */
    assert_int_equal(refusal.what, MESSAGES_NOTHING);
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "good=1");
    ack(4);
    for (int i = 0; i < MESSAGES_STRIKES; i++) {
        assert_int_equal(refusal.what, MESSAGES_NOTHING);
        messages_connected(&m, now_ms);
        assert_string_equal(step(), "bad=2");
        assert_string_equal(step(), "");
        end(false);
    }
    assert_int_equal(refusal.what, MESSAGES_PUBLISH);
    assert_string_equal(refusal.text, "bad");
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "fine=3");
    ack(last_id);
    assert_int_equal(m.counters.dropped, 1);
    assert_int_equal(m.counters.acknowledged, 2);
}

/* A network that breaks is no refusal: not when the end comes late, not when the device has ended it, not when it may have been
 * something else. */
static void ends_that_say_nothing(void **state)
{
    (void)state;
    put("a", "1");
    for (int i = 0; i < 20; i++) {
        messages_connected(&m, now_ms);
        assert_string_equal(step(), "a=1");
        now_ms += i % 2 ? 0 : 5000;
        end(i % 2);
    }
    assert_int_equal(put_qos("z", "0", 0), ERR_OK);
    for (int i = 0; i < 20; i++) {
        messages_connected(&m, now_ms);
        assert_string_equal(step(), "a=1");
        assert_int_equal(put_qos("z", "0", 0), ERR_OK);
        m.careful = 0;
        assert_string_equal(step(), "z=0");
        end(false);
    }
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "a=1");
    assert_int_equal(m.counters.dropped, 0);
}

static void nothing_is_acknowledged_any_more(void **state)
{
    (void)state;
    put("a", "1");
    put("b", "2");
    messages_connected(&m, now_ms);
    now_ms += 3600000; /* idle: nobody waits for anything */
    assert_string_equal(step(), "a=1");
    assert_string_equal(step(), "b=2");
    now_ms += MESSAGES_ACK_MS - 1;
    assert_string_equal(step(), "");
    assert_true(messages_wake_at_ms(&m, now_ms) == now_ms + 1);
    ack(1);
    now_ms += MESSAGES_ACK_MS;
    assert_string_equal(step_with(ERR_OFFLINE), "reconnect");
    end(true);
    messages_connected(&m, now_ms);
    assert_string_equal(step(), "b=2");
}

static void port_without_room(void **state)
{
    (void)state;
    put("a", "1");
    put("b", "2");
    messages_connected(&m, now_ms);
    assert_string_equal(step_with(ERR_FULL), "a=1");
    assert_string_equal(step(), "");
    assert_true(messages_wake_at_ms(&m, now_ms) > now_ms);
    now_ms = messages_wake_at_ms(&m, now_ms);
    assert_string_equal(step(), "a=1");
    ack(1);
    for (int i = 0; i < MESSAGES_STRIKES; i++) { /* more than the port's memory: for ever */
        assert_string_equal(step_with(ERR_FULL), "b=2");
        now_ms += MESSAGES_ACK_MS;
        assert_string_equal(step_with(ERR_FULL), "b=2");
        now_ms += 1000;
    }
    assert_int_equal(refusal.what, MESSAGES_PUBLISH);
    assert_true(messages_are_sent(&m));
    put("c", "3");
    now_ms += 1000;
    assert_string_equal(step_with(ERR_ARG), "c=3"); /* what the port never takes */
    assert_int_equal(m.counters.dropped, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_goes_out_before_there_is_a_connection),
        TEST(sent_again_over_the_next_connection),
        TEST(qos_0_goes_out_once),
        TEST(order_is_kept_over_connections),
        TEST(the_newest_is_refused),
        TEST(window),
        TEST(paced_and_not_dropped),
        TEST(bytes_are_paced_too),
        TEST(message_that_ends_connections),
        TEST(ends_that_say_nothing),
        TEST(nothing_is_acknowledged_any_more),
        TEST(port_without_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
