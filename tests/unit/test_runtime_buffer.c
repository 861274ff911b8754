/* SPDX-License-Identifier: MIT */
/* device/runtime/document.c alone: whose the document buffer is, each call in each state. No task runs. */
// LINK: device_runtime device_core fake_wait fake_ports port_linux common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/runtime/state.h"
#include "fakes/fake_ports.h"

#include <string.h>

#define TEXT "{\"n\":1}"

enum {
    FREE = RUNTIME_DOCUMENT_FREE,
    ARRIVING = RUNTIME_DOCUMENT_ARRIVING,
    QUEUED = RUNTIME_DOCUMENT_QUEUED,
    IN_HAND = RUNTIME_DOCUMENT_IN_HAND,
    LENT = RUNTIME_DOCUMENT_LENT,
    LENT_ARRIVING = RUNTIME_DOCUMENT_LENT_ARRIVING,
    LENT_QUEUED = RUNTIME_DOCUMENT_LENT_QUEUED,
    STATES,
};

static char document[CONFIG_DEVICE_JOBS_DOCUMENT_SIZE];

static int setup(void **state)
{
    (void)state;
    fake_reset();
    const struct runtime_config config = {
        .thing_name = "lamp", .document = document, .document_cap = sizeof(document)};
    assert_int_equal(runtime_init(&config), ERR_OK);
    return 0;
}

static void set(int state, int queued)
{
    device_runtime.incoming.document = (enum runtime_document)state;
    device_runtime.incoming.queued_documents = (uint8_t)queued;
    device_runtime.shown.has_waiting = true;
    strcpy(document, TEXT);
}

static void expect(int state, int queued, const char *text)
{
    assert_int_equal(device_runtime.incoming.document, state);
    assert_int_equal(device_runtime.incoming.queued_documents, queued);
    assert_string_equal(document, text);
}

/* An answer and a notification take the free buffer; an answer takes it from a notification that nobody has looked at; the answer that a
 * handler waits for takes the one that was lent for it. Nothing else is ever written. */
static void test_who_may_write(void **state)
{
    (void)state;
    for (int from = 0; from < STATES; from++) {
        for (int is_hint = 0; is_hint < 2; is_hint++) {
            for (int bearer = RUNTIME_BEARER_NONE; bearer <= RUNTIME_BEARER_IN_HAND; bearer++) {
                bool is_answer = bearer == RUNTIME_BEARER_NEXT || bearer == RUNTIME_BEARER_CLAIM;
                bool takes_free = from == FREE && (is_answer || bearer == RUNTIME_BEARER_HINT);
                bool takes_hint = from == QUEUED && is_hint && is_answer;
                bool takes_lent = from == LENT && bearer == RUNTIME_BEARER_IN_HAND;
                set(from, from == QUEUED);
                device_runtime.incoming.is_hint = is_hint;
                assert_int_equal(runtime_document_begin((enum runtime_bearer)bearer),
                                 takes_free || takes_hint || takes_lent);
                int to = takes_lent ? LENT_ARRIVING : takes_free || takes_hint ? ARRIVING : from;
                expect(to, from == QUEUED, TEXT);
                assert_int_equal(runtime_document_is_arriving(), to == ARRIVING || to == LENT_ARRIVING);
                if (to == ARRIVING && from != ARRIVING) {
                    assert_int_equal(device_runtime.incoming.is_hint, bearer == RUNTIME_BEARER_HINT);
                }
            }
        }
    }
}

/* The message ends without its document. What a handler reads never stays half written. */
static void test_dropped(void **state)
{
    static const int to[STATES] = {FREE, FREE, QUEUED, IN_HAND, LENT, LENT, LENT_QUEUED};
    (void)state;
    for (int from = 0; from < STATES; from++) {
        set(from, 1);
        runtime_document_drop();
        expect(to[from], 1, from == LENT_ARRIVING ? "" : TEXT);
    }
}

static void test_whole(void **state)
{
    (void)state;
    set(ARRIVING, 0);
    runtime_document_end(3);
    expect(QUEUED, 1, "{\"n");
    set(LENT_ARRIVING, 1);
    runtime_document_end(strlen(TEXT));
    expect(LENT_QUEUED, 2, TEXT);
}

/* Of several messages in the queue the last one has the buffer. Then it is no more that of a run which waits. */
static void test_looked_at(void **state)
{
    (void)state;
    for (int from = 0; from < STATES; from++) {
        for (int queued = 1; queued <= 2; queued++) {
            bool is_its = queued == 1 && (from == QUEUED || from == LENT_QUEUED);
            set(from, queued);
            assert_int_equal(runtime_document_hand_over(), is_its);
            expect(is_its && from == QUEUED ? IN_HAND : from, queued - 1, TEXT);
            assert_int_equal(device_runtime.shown.has_waiting, !(is_its && from == QUEUED));
        }
    }
}

/* The engine keeps nothing, and has looked at all but `queued` of them. */
static void test_settled(void **state)
{
    (void)state;
    for (int from = 0; from < STATES; from++) {
        for (int queued = 0; queued < 2; queued++) {
            bool is_wrong = from == LENT_QUEUED && queued == 0;
            set(from, queued);
            runtime_document_settle();
            expect(from == IN_HAND ? FREE : is_wrong ? LENT : from, queued, is_wrong ? "" : TEXT);
            assert_int_equal(device_runtime.shown.has_waiting, from != IN_HAND);
        }
    }
}

static void test_queue_was_emptied(void **state)
{
    static const int to[STATES] = {FREE, ARRIVING, FREE, IN_HAND, LENT, LENT_ARRIVING, LENT};
    (void)state;
    for (int from = 0; from < STATES; from++) {
        set(from, 2);
        runtime_document_forget_queued();
        expect(to[from], 0, from == LENT_QUEUED ? "" : TEXT);
    }
}

static void test_lent_and_given_back(void **state)
{
    (void)state;
    for (int from = 0; from < STATES; from++) {
        set(from, 0);
        runtime_document_lend();
        expect(from == IN_HAND ? LENT : from, 0, TEXT);
        for (int is_good = 0; is_good < 2; is_good++) {
            bool is_touched = from == LENT_ARRIVING || from == LENT_QUEUED;
            set(from, 0);
            runtime_document_end_loan(is_good);
            expect(from >= LENT ? IN_HAND : from, 0, is_touched && !is_good ? "" : TEXT);
        }
    }
}

/* The run that waits, and its document, while the engine task lives. */
static void test_waiting_run_is_shown(void **state)
{
    struct jobs_run run;
    char job_id[DEVICE_JOB_ID_CAP], text[sizeof(TEXT)];
    (void)state;
    set(IN_HAND, 0);
    strcpy(device_runtime.shown.waiting_job_id, "j1");
    device_runtime.shown.waiting = (struct jobs_run){.run_id = 7};
    assert_false(runtime_get_waiting(&run, job_id, text, sizeof(text)));
    device_runtime.life.is_started = true;
    assert_false(runtime_get_waiting(&run, job_id, text, sizeof(text) - 1));
    assert_true(runtime_get_waiting(&run, job_id, text, sizeof(text)));
    assert_int_equal(run.run_id, 7);
    assert_int_equal(run.document_len, strlen(TEXT));
    assert_ptr_equal(run.job_id, job_id);
    assert_string_equal(job_id, "j1");
    assert_string_equal(text, TEXT);
    for (int from = 0; from < STATES; from++) { /* what is being written is shown to nobody */
        set(from, 0);
        assert_int_equal(runtime_get_waiting(&run, job_id, text, sizeof(text)),
                         from == IN_HAND || from == LENT);
    }
    device_runtime.life.is_started = false; /* as while another task calls runtime_init for the first time */
    device_runtime.shown.has_waiting = false;
    device_runtime.config.document = NULL;
    assert_false(runtime_get_waiting(&run, job_id, text, sizeof(text)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_who_may_write, setup),
        cmocka_unit_test_setup(test_dropped, setup),
        cmocka_unit_test_setup(test_whole, setup),
        cmocka_unit_test_setup(test_looked_at, setup),
        cmocka_unit_test_setup(test_settled, setup),
        cmocka_unit_test_setup(test_queue_was_emptied, setup),
        cmocka_unit_test_setup(test_lent_and_given_back, setup),
        cmocka_unit_test_setup(test_waiting_run_is_shown, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
