/* SPDX-License-Identifier: MIT */
/* JSON_processString with buffers of every kind, to be built by each compiler at each optimisation (test_sizes.py; C11 and C++11). Each value is
 * as long as the room, shorter and longer; what lies around the buffer must stay as it was. Prints the kinds whose whole room was used.
 * Exit code 1: a value was written past its buffer, or three characters did not fit. */
#include "common/log_level.h"
#include "lib_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST 600

static int result;
static volatile int zero; /* the compiler does not know */

struct params {
    int number;
    char count[4];
    char url[150];
    char last[20];
};

struct holder {
    char first[16];
    struct params params;
    char lines[3][16];
    char after[64];
};

union shared {
    char small[8];
    char large[64];
};

char global_url[150];
static char static_url[150];
static struct holder global_holder;
static char lines[3][16];
static const tagStructure_st const_table[] = {{"v", static_url}};

/* What the library wants of a platform here. */
#ifdef __cplusplus
extern "C" {
#endif
void port_board_log(enum log_level level, const char *text);
void port_time_sleep_ms(uint32_t ms);
#ifdef __cplusplus
}
#endif

void port_board_log(enum log_level level, const char *text)
{
    (void)level, (void)text;
}

void port_time_sleep_ms(uint32_t ms)
{
    (void)ms;
}

static const char *json_of(size_t len)
{
    static char json[LONGEST + 100];
    strcpy(json, "{\"w\":\"x\",\"v\":\"");
    memset(json + strlen(json), 'a', len + 1);
    strcpy(json + strlen("{\"w\":\"x\",\"v\":\"") + len, "\"}");
    return json;
}

static void paint(void *object, size_t size)
{
    memset(object, 'G', size);
}

static void check(const char *name, size_t len, bool is_good, const void *object, size_t size,
                  const char *buffer, size_t room)
{
    const char *bytes = (const char *)object;
    for (size_t i = 0; i < size; i++) {
        bool is_inside = bytes + i >= buffer && bytes + i < buffer + room;
        if (!is_inside && bytes[i] != 'G') {
            printf("FAULT %s: %zu characters into %zu bytes: byte %zd of the buffer was written\n", name, len,
                   room, bytes + i - buffer);
            result = 1;
            break;
        }
    }
    bool has_value = room > 0 && strlen(buffer) == (is_good ? len : 0);
    bool must_fit = len < room && len < CONFIG_DEVICE_JOBS_UNSIZED_VALUE;
    if ((is_good && len >= room) || (!is_good && must_fit) || (room > 0 && !has_value)) {
        printf("FAULT %s: %zu characters into %zu bytes: %s\n", name, len, room, is_good ? "true" : "false");
        result = 1;
    }
    if (is_good && len == room - 1 && room > CONFIG_DEVICE_JOBS_UNSIZED_VALUE) {
        printf("sized %s\n", name);
    }
}

/* The table is the caller's variable, as in programs of the original library. */
#define TRY(name, len, object, size, buffer, room)                                                           \
    do {                                                                                                     \
        paint(object, size);                                                                                 \
        char *value = (buffer);                                                                              \
        tagStructure_st tags[1] = {{"v", (buffer)}};                                                         \
        bool is_good = JSON_processString(json_of(len), tags, 1);                                            \
        check(name, len, is_good, object, size, value, room);                                                \
    } while (0)

#define KIND(name, object, size, buffer, room)                                                               \
    do {                                                                                                     \
        TRY(name, 0, object, size, buffer, room);                                                            \
        TRY(name, (room) > 3 ? 3 : (room) > 0 ? (room)-1 : 0, object, size, buffer, room);                   \
        TRY(name, (room) > 0 ? (room)-1 : 0, object, size, buffer, room);                                    \
        TRY(name, (room), object, size, buffer, room);                                                       \
        TRY(name, LONGEST, object, size, buffer, room);                                                      \
    } while (0)

static void variables(void)
{
    char local_url[150], small[2];
    static char block_static[40];
    KIND("local", local_url, sizeof(local_url), local_url, 150u);
    KIND("static", static_url, sizeof(static_url), static_url, 150u);
    KIND("block-static", block_static, sizeof(block_static), block_static, 40u);
    KIND("global", global_url, sizeof(global_url), global_url, 150u);
    KIND("behind-the-start", local_url, sizeof(local_url), local_url + 10, 140u);
    if (JSON_ROOM_OF_SMALL) {
        KIND("two-bytes", small, sizeof(small), small, 2u);
        KIND("end", local_url, sizeof(local_url), local_url + 147, 3u);
        KIND("no-bytes", local_url, sizeof(local_url), local_url + 150, 0u);
    }
}

static void heap(void)
{
    char *block = (char *)malloc(90);
    struct holder *holder = (struct holder *)malloc(sizeof(*holder));
    if (block && holder) {
        KIND("malloc", block, 90u, block, 90u);
        KIND("malloc-behind-the-start", block, 90u, block + 40, 50u);
        KIND("malloc-first-member", holder, sizeof(*holder), holder->first, 16u);
        KIND("malloc-member", holder, sizeof(*holder), holder->params.url, 150u);
        KIND("malloc-in-a-member", holder, sizeof(*holder), holder->params.url + 5, 145u);
    }
    free(block);
    free(holder);
    size_t unknown = 40u + (size_t)zero;
    char *other = (char *)malloc(unknown);
    if (other) {
        KIND("malloc-of-unknown-size", other, 40u, other, 40u);
    }
    free(other);
}

static void members(void)
{
    struct params params;
    struct holder holder;
    union shared shared;
    KIND("member-count", &params, sizeof(params), params.count, 4u);
    KIND("member", &params, sizeof(params), params.url, 150u);
    KIND("last-member", &params, sizeof(params), params.last, 20u);
    KIND("member-of-member", &holder, sizeof(holder), holder.params.url, 150u);
    KIND("first-member", &holder, sizeof(holder), holder.first, 16u);
    KIND("member-of-global", &global_holder, sizeof(global_holder), global_holder.params.url, 150u);
    KIND("in-a-member", &global_holder, sizeof(global_holder), global_holder.params.url + 5, 145u);
    KIND("in-a-member-by-index", &global_holder, sizeof(global_holder), &global_holder.params.url[5], 145u);
    KIND("in-the-first-member", &holder, sizeof(holder), holder.first + 1, 15u);
    KIND("end-of-a-member", &params, sizeof(params), params.url + 146, 4u);
    KIND("union", &shared, sizeof(shared), shared.small, 8u);
}

static void members_by_pointer(struct holder *given)
{
    struct holder holder;
    struct holder *known = &holder;
    KIND("by-known-pointer", known, sizeof(*known), known->params.url, 150u);
    KIND("by-known-pointer-last", known, sizeof(*known), known->params.last, 20u);
    KIND("by-known-pointer-in-a-member", known, sizeof(*known), known->params.url + 100, 50u);
    KIND("by-pointer", given, sizeof(*given), given->params.url, 150u);
    KIND("by-pointer-first", given, sizeof(*given), given->first, 16u);
    KIND("by-pointer-in-a-member", given, sizeof(*given), given->params.url + 100, 50u);
}

static void either(int which)
{
    char small[16], large[150];
    struct params params;
    char *one_of_two = which ? large : small;
    char *inside = which ? params.url + 100 : large;
    char *moved = large;
    for (int i = 0; i < which + 10; i++) {
        moved++;
    }
    memset(small, 'G', sizeof(small)), memset(large, 'G', sizeof(large)),
        memset(&params, 'G', sizeof(params));
    KIND("one-of-two", small, sizeof(small), one_of_two, 16u);
    KIND("inside-or-start", large, sizeof(large), inside, 50u); /* the lesser room of both */
    KIND("moved-in-a-loop", large, sizeof(large), moved, 140u);
}

static void parameter(char buffer[16])
{
    KIND("parameter", buffer, 16u, buffer, 16u);
}

/* All rows in one table: none is written into the next. */
static void rows(void)
{
    paint(lines, sizeof(lines));
    const tagStructure_st tags[] = {{"v", lines[0]}, {"w", lines[1]}};
    bool is_good = JSON_processString(json_of(16), tags, 2);
    check("row", 16, is_good, lines, sizeof(lines[0]), lines[0], 16);
    for (size_t i = 1; i < sizeof(lines[1]); i++) {
        if (lines[1][i] != 'G') {
            puts("FAULT row: written into the next one");
            result = 1;
        }
    }
}

static void row_by_index(void)
{
    KIND("row-by-index", lines, sizeof(lines), &lines[zero][0], 16u);
}

static void tables(void)
{
    static_url[0] = '\0';
    if (JSON_processString(json_of(100), const_table, 1)) {
        puts("sized const-table");
    }
    char url[150], word[4];
    tagStructure_st tags[2];
    tags[0].keyStr = "v", tags[0].pValueStr = url;
    tags[1].keyStr = "w", tags[1].pValueStr = word;
    if (JSON_processString(json_of(100), tags, 2)) {
        puts("sized assigned-table");
    }
    tagStructure_st counted[4]; /* filled in part: the compiler must not warn of what is never looked at */
    uint8_t count = 0;
    counted[count].keyStr = "v", counted[count++].pValueStr = url;
    if (zero) {
        counted[count].keyStr = "w", counted[count++].pValueStr = word;
    }
    if (!JSON_processString(json_of(3), counted, count)) {
        puts("FAULT counted");
        result = 1;
    }
    tagStructure_st twice[1] = {{"v", url}};
    bool is_first_good = JSON_processString(json_of(100), twice, 1);
    puts("between");
    if (is_first_good && JSON_processString(json_of(149), twice, 1)) {
        puts("sized table-used-twice");
    }
    bool (*function)(const char *, const tagStructure_st *, uint8_t) = JSON_processString;
    const tagStructure_st one[] = {{"v", url}};
    if (function(json_of(100), one, 1) || (JSON_processString)(json_of(100), one, 1)) {
        puts("FAULT function: cannot know");
        result = 1;
    }
}

int main(void)
{
    char buffer[16];
    struct holder holder;
    variables();
    heap();
    members();
    members_by_pointer(&holder);
    either(zero);
    parameter(buffer);
    rows();
    row_by_index();
    tables();
    return result;
}
