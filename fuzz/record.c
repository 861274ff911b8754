/* SPDX-License-Identifier: MIT */
/* A record of device/core/store as a device finds it in its storage. Input: a first byte that is '=' gives the rest as the record
 * itself; any other one gives the rest as the payload of a whole record, so that the search is not stopped by the checksum. What is accepted
 * lies in the record and is written again as the same bytes; a damaged or torn copy is never accepted. An identity
 * or a pending record that is read has bounded texts and is written again as it was. */
#include "device/core/store/record.h"
#include "device/core/store/identity.h"
#include "device/core/store/pending.h"
#include "fuzz/require.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void check_identity(struct slice payload)
{
    struct identity is;

    if (!identity_read(payload, &is)) {
        return;
    }
    const char *const texts[] = {is.thing_name, is.cert_pem, is.key_pem};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        REQUIRE(texts[i] >= payload.ptr && texts[i] < payload.ptr + payload.len);
        REQUIRE(texts[i][0] != '\0');
    }
    REQUIRE(strlen(is.thing_name) <= 128);
    REQUIRE(strpbrk(is.thing_name, "/#+$") == NULL); /* it becomes part of a topic */
    char *again = malloc(payload.len);
    REQUIRE(again != NULL);
    REQUIRE(identity_write(&is, again, payload.len) == payload.len);
    REQUIRE(memcmp(again, payload.ptr, payload.len) == 0);
    REQUIRE(identity_write(&is, again, payload.len - 1) == 0);
    free(again);
}

static void check_pending(struct slice payload)
{
    struct pending is;

    if (!pending_read(payload, &is)) {
        return;
    }
    const char *const texts[] = {is.key_pem,        is.given_id, is.cert_pem,
                                 is.certificate_id, is.token,    is.thing_name};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        REQUIRE(texts[i][0] == '\0' || (texts[i] >= payload.ptr && texts[i] < payload.ptr + payload.len));
    }
    REQUIRE(strpbrk(is.thing_name, "/#+$") == NULL);
    char *again = malloc(payload.len);
    REQUIRE(again != NULL);
    struct pending copy = is;
    REQUIRE(pending_write(&copy, again, payload.len) == payload.len);
    REQUIRE(memcmp(again, payload.ptr, payload.len) == 0);
    REQUIRE(pending_write(&is, again, payload.len - 1) == 0);
    free(again);
}

/* The place follows from the record, so that a finding is repeated. */
static void check_damage(enum record_kind kind, char *record, size_t len, const struct slice *payload)
{
    struct slice none = SLICE_EMPTY;
    size_t bit = (len * 7919 + (payload->len > 0 ? (unsigned char)payload->ptr[0] : 0)) % (8 * len);

    REQUIRE(record_open(kind, (struct slice){record, bit % len}, &none) == RECORD_TORN);
    record[bit / 8] = (char)(record[bit / 8] ^ 1 << bit % 8);
    REQUIRE(record_open(kind, (struct slice){record, len}, &none) != RECORD_GOOD);
    REQUIRE(none.len == 0);
    record[bit / 8] = (char)(record[bit / 8] ^ 1 << bit % 8);
}

static void check_record(char *record, size_t len)
{
    for (int kind = RECORD_APP; kind < RECORD_KINDS; kind++) {
        struct slice payload = SLICE_EMPTY;
        if (record_open((enum record_kind)kind, (struct slice){record, len}, &payload) != RECORD_GOOD) {
            continue;
        }
        REQUIRE(payload.ptr == record + RECORD_HEADER_BYTES && RECORD_BYTES(payload.len) == len);
        char *again = malloc(len);
        REQUIRE(again != NULL);
        memcpy(again, record, len);
        REQUIRE(record_seal((enum record_kind)kind, again, payload.len) == len);
        REQUIRE(memcmp(again, record, len) == 0);
        free(again);
        check_damage((enum record_kind)kind, record, len, &payload);
        check_identity(payload);
        check_pending(payload);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    bool is_whole = data[0] == '=';
    size_t len = is_whole ? size - 1 : RECORD_BYTES(size - 1);
    char *record = malloc(len + 1);
    REQUIRE(record != NULL);
    memcpy(record + (is_whole ? 0 : RECORD_HEADER_BYTES), data + 1, size - 1);
    if (!is_whole) {
        REQUIRE(record_seal(RECORD_IDENTITY, record, size - 1) == len);
        struct slice payload;
        REQUIRE(record_open(RECORD_IDENTITY, (struct slice){record, len}, &payload) == RECORD_GOOD);
    }
    char *exact = realloc(record, len + (len == 0)); /* a byte read behind it is seen */
    REQUIRE(exact != NULL);
    check_record(exact, len);
    free(exact);
    return 0;
}
