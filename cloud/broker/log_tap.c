/* SPDX-License-Identifier: MIT */
#include "cloud/broker/log_tap.h"

#include <unistd.h>

static void hear(struct log_tap *tap, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\n') {
            tap->line[tap->len] = '\0';
            tap->len = 0;
            tap->hear(tap->ctx, tap->line);
        } else if (tap->len < sizeof(tap->line) - 1) {
            tap->line[tap->len++] = text[i];
        }
    }
}

/* A reader that is too slow loses lines, as before: mosquitto must never wait for it. */
static ssize_t pass_on(void *cookie, const char *text, size_t len)
{
    ssize_t ignored = write(STDERR_FILENO, text, len);
    (void)ignored;
    hear(cookie, text, len);
    return (ssize_t)len;
}

bool log_tap_open(struct log_tap *tap, void (*hear_line)(void *ctx, const char *line), void *ctx)
{
    *tap = (struct log_tap){.hear = hear_line, .ctx = ctx, .before = stderr};
    tap->own = fopencookie(tap, "w", (cookie_io_functions_t){.write = pass_on});
    if (tap->own == NULL || setvbuf(tap->own, NULL, _IOLBF, BUFSIZ) != 0) {
        log_tap_close(tap);
        return false;
    }
    stderr = tap->own;
    return true;
}

void log_tap_close(struct log_tap *tap)
{
    if (tap->own == NULL) {
        return;
    }
    stderr = tap->before;
    fclose(tap->own); /* passes on what is left */
    tap->own = NULL;
}
