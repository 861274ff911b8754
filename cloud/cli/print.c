/* SPDX-License-Identifier: MIT */
#include "cloud/cli/print.h"

#include <stdio.h>
#include <time.h>

void print_clean(const char *text)
{
    for (; text && *text; text++) {
        unsigned char c = (unsigned char)*text;
        /* C1 controls are 0xc2 0x80..0x9f in UTF-8 */
        int is_c1 = c == 0xc2 && (unsigned char)text[1] >= 0x80 && (unsigned char)text[1] < 0xa0;
        putchar((c < 0x20 && c != '\n') || c == 0x7f || is_c1 ? '?' : c);
        text += is_c1;
    }
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
