/* SPDX-License-Identifier: MIT */
#include "bench/json/bench_json.h"
#include "common/json.h"
#include "common/json_cut.h"
#include "device/core/jobs/wire.h"

#define WIDE_FIELDS 64
#define PIECE_BYTES 64
#define DECODED_MAX (1u << 18)

/* As many members as a table can have. They have all in common but their last two bytes. */
bool hostile_wide(const char *text, size_t len, struct execution *out)
{
    static char keys[WIDE_FIELDS][24];
    struct json_field fields[WIDE_FIELDS];

    for (size_t i = 0; i < WIDE_FIELDS; i++) {
        for (size_t k = 0; k < sizeof(keys[i]) - 3; k++) {
            keys[i][k] = 'k';
        }
        keys[i][sizeof(keys[i]) - 3] = (char)('0' + i / 10);
        keys[i][sizeof(keys[i]) - 2] = (char)('0' + i % 10);
        fields[i] = (struct json_field){.key = keys[i], .parent = JSON_TOP};
    }
    (void)out;
    return json_read((struct slice){text, len}, fields, WIDE_FIELDS, NULL) == ERR_OK;
}

bool hostile_text(const char *text, size_t len, struct execution *out)
{
    static char decoded[DECODED_MAX];
    struct json_field field = {.key = "a", .parent = JSON_TOP};

    (void)out;
    return json_read((struct slice){text, len}, &field, 1, NULL) == ERR_OK &&
           json_decode(field.text, decoded, sizeof(decoded), NULL) == ERR_OK;
}

bool hostile_answer(const char *text, size_t len, struct execution *out)
{
    struct jobs_answer answer;

    (void)out;
    return jobs_wire_read_answer((struct slice){text, len}, &answer) == ERR_OK;
}

bool hostile_notice(const char *text, size_t len, struct execution *out)
{
    const struct jobs_identity none = {.job_id = "none", .execution_number = 1, .queued_at_s = 1};

    (void)out;
    return !jobs_wire_notice_has((struct slice){text, len}, &none);
}

bool hostile_cut(const char *text, size_t len, struct execution *out)
{
    struct json_cut cut;

    (void)out;
    json_cut_begin(&cut, "jobDocument");
    for (size_t at = 0; at < len; at += PIECE_BYTES) {
        struct slice in = {text + at, len - at < PIECE_BYTES ? len - at : PIECE_BYTES};
        while (in.len > 0) {
            struct slice run;
            json_cut_next(&cut, &in, &run);
        }
    }
    return true;
}
