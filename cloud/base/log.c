/* SPDX-License-Identifier: MIT */
#include "cloud/base/log.h"

#include "cloud/base/utf8.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TEXT_CAP  2400
#define FIELD_CAP 400
#define LINE_CAP  16384 /* a text and eight fields with every character escaped */

static struct {
    const struct clock *clock; /* NULL: not open yet */
    enum log_level last;
    bool is_json;
} log_state = {.last = LOG_LEVEL_INFO};

static const char *const level_names[] = {"error", "warning", "info", "debug"};

void log_open(const struct clock *clock, enum log_level last, bool is_json)
{
    log_state.clock = clock;
    log_state.last = last;
    log_state.is_json = is_json;
}

bool log_wants(enum log_level level)
{
    return level <= log_state.last;
}

/* A line that grows, and stops growing at its end. */
struct line {
    char text[LINE_CAP];
    size_t len;
};

static void put(struct line *line, const char *text)
{
    size_t len = strlen(text);
    size_t room = sizeof(line->text) - 1 - line->len;
    len = len < room ? len : room;
    memcpy(line->text + line->len, text, len);
    line->len += len;
}

static void put_quoted(struct line *line, const char *text)
{
    put(line, "\"");
    for (; *text != '\0'; text++) {
        char one[] = {*text, '\0'};
        put(line, *text == '"' ? "\\\"" : *text == '\\' ? "\\\\" : one);
    }
    put(line, "\"");
}

/* "2026-11-30T14:15:55.123Z" */
static void put_time(struct line *line)
{
    char text[40];
    struct tm parts;
    int64_t now_ms = clock_wall_ms(log_state.clock);
    time_t seconds = (time_t)(now_ms / 1000);
    gmtime_r(&seconds, &parts);
    size_t len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text + len, sizeof(text) - len, ".%03dZ", (int)(now_ms % 1000));
    put(line, text);
}

static void put_field(struct line *line, const struct log_field *field)
{
    put(line, ",");
    put_quoted(line, field->name);
    put(line, ":");
    if (field->text != NULL) {
        char text[FIELD_CAP];
        snprintf(text, sizeof(text), "%.*s", utf8_fit(field->text, sizeof(text) - 1), field->text);
        utf8_clean(text);
        put_quoted(line, text);
    } else {
        char number[24];
        snprintf(number, sizeof(number), "%" PRId64, field->number);
        put(line, number);
    }
}

static void make_json(struct line *line, enum log_level level, const char *text,
                      const struct log_field fields[], size_t count)
{
    put(line, "{\"time\":\"");
    put_time(line);
    put(line, "\",\"level\":");
    put_quoted(line, level_names[level]);
    put(line, ",\"message\":");
    put_quoted(line, text);
    for (size_t i = 0; i < count; i++) {
        put_field(line, &fields[i]);
    }
    put(line, "}");
}

static void make_plain(struct line *line, enum log_level level, const char *text)
{
    char word[12];
    if (log_state.clock != NULL) {
        put_time(line);
        snprintf(word, sizeof(word), " %-7s ", level_names[level]);
        put(line, word);
    }
    put(line, "iot-local: ");
    put(line, text);
}

__attribute__((format(printf, 4, 0))) static void write_line(enum log_level level,
                                                             const struct log_field fields[], size_t count,
                                                             const char *format, va_list values)
{
    struct line line = {.len = 0};
    char text[TEXT_CAP];
    if (!log_wants(level)) {
        return;
    }
    vsnprintf(text, sizeof(text), format, values);
    utf8_clean(text); /* cut in the middle of a character, perhaps */
    if (log_state.is_json && log_state.clock != NULL) {
        make_json(&line, level, text, fields, count);
    } else {
        make_plain(&line, level, text);
    }
    line.text[line.len++] = '\n';
    ssize_t ignored = write(STDERR_FILENO, line.text, line.len); /* in one piece: others may write there */
    (void)ignored;
}

void log_line(enum log_level level, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    write_line(level, NULL, 0, format, values);
    va_end(values);
}

void log_event(enum log_level level, const struct log_field fields[], size_t count, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    write_line(level, fields, count, format, values);
    va_end(values);
}
