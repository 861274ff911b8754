/* SPDX-License-Identifier: MIT */
#include "cloud/cli/print.h"

#include "cloud/base/text.h"
#include "cloud/base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

void print_clean(FILE *out, const char *text)
{
    char *copy = text_copy(text);
    for (char *line = copy; line;) {
        char *end = strchr(line, '\n');
        if (end) {
            *end = '\0';
        }
        utf8_clean(line);
        fprintf(out, "%s%s", line, end ? "\n" : "");
        line = end ? end + 1 : NULL;
    }
    free(copy);
}

void print_time(double seconds)
{
    time_t whole = (time_t)seconds;
    struct tm when;
    char text[32] = "";
    if (localtime_r(&whole, &when)) {
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &when);
    }
    fputs(text, stdout);
}
