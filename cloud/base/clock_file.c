/* SPDX-License-Identifier: MIT */
#include "cloud/base/clock_file.h"

#include "common/number.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

int clock_file_read(const char *path, int64_t *by_ms)
{
    char text[NUMBER_TEXT_CAP + 1];
    int64_t number;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return errno == ENOENT ? 0 : -1;
    }
    size_t len = fread(text, 1, sizeof(text), file);
    fclose(file);
    bool is_line = len > 0 && text[len - 1] == '\n';
    if (!is_line || number_to_i64((struct slice){text, len - 1}, &number) != ERR_OK || number < 0) {
        return -2;
    }
    *by_ms = number;
    return 1;
}
