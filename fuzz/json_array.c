/* SPDX-License-Identifier: MIT */
/* JSON_processArrayObjs on any bytes without a NUL. What include/lib_json.h promises: it takes exactly the valid arrays of up to ten objects
 * that fit, each object is the text that stands there, the rest is empty; and on false everything is. */
#include "common/json.h"
#include "device/port/port_board.h"
#include "device/port/port_time.h"
#include "fuzz/require.h"
#include "lib_json.h"

#include <stdlib.h>
#include <string.h>

/* What the log of the library needs below it. */
void port_board_log(enum log_level level, const char *text)
{
    (void)level;
    REQUIRE(strncmp(text, "JSON_processArrayObjs: ", 23) == 0 && strlen(text) < 200);
}

void port_time_sleep_ms(uint32_t ms)
{
    (void)ms;
}

/* What has to come out, said in another way: -1 for what has to be refused, else the number of objects. */
static int expected(struct slice text, struct slice objects[MAX_JSON_ARRAY_OBJS])
{
    while (text.len > 0 && memchr(" \t\r\n", text.ptr[0], 4) != NULL) {
        text = (struct slice){text.ptr + 1, text.len - 1};
    }
    if (json_read(text, NULL, 0, NULL) != ERR_OK || text.ptr[0] != '[') {
        return -1;
    }
    struct json_member element;
    size_t cursor = 0;
    int count = 0;
    while (json_next_element(text, &cursor, &element)) {
        if (element.type != JSON_OBJECT || element.text.len >= LENGTH_JSON_OBJ ||
            count == MAX_JSON_ARRAY_OBJS) {
            return -1;
        }
        objects[count++] = element.text;
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0 && memchr(data, '\0', size) != NULL) {
        return 0;
    }
    char *text = malloc(size + 1);
    jsonArray_st *array = malloc(sizeof(*array));
    struct slice objects[MAX_JSON_ARRAY_OBJS];
    REQUIRE(text != NULL && array != NULL);
    if (size > 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    memset(array, 'x', sizeof(*array));

    int count = expected((struct slice){text, size}, objects);
    bool is_good = JSON_processArrayObjs(text, array);
    REQUIRE(is_good == (count >= 0));
    REQUIRE(array->numOfJosnObjs_u8 == (is_good ? count : 0));
    for (int i = 0; i < MAX_JSON_ARRAY_OBJS; i++) {
        struct slice wanted = i < count ? objects[i] : SLICE_EMPTY;
        REQUIRE(slice_is(wanted, array->jsonObjs[i]));
    }
    free(array);
    free(text);
    return 0;
}
