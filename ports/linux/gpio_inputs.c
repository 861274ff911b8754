/* SPDX-License-Identifier: MIT */
/* Reads lines of pin and level; what they mean for a pin is left to port_gpio.c. */
#include "ports/linux/gpio_inputs.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_CAP 40 /* a longer line is wrong */

static char path[PATH_MAX];
static int fifo_fd = -1;
static int notify_fd =
    -1; /* for a file: tells of changes in its folder, so that a file that was put in its place is seen as well */
static char
    line[LINE_CAP]; /* of the FIFO: what has come of it; longer than LINE_CAP - 1: the rest is dropped */
static size_t line_len;

static int watch_folder(void)
{
    char copy[PATH_MAX];
    strcpy(copy, path);
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (fd >= 0 && inotify_add_watch(fd, dirname(copy), IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0) {
        int code = errno;
        close(fd);
        errno = code;
        return -1;
    }
    return fd;
}

int gpio_inputs_open(const char *name)
{
    struct stat status;
    if (strlen(name) >= sizeof(path)) {
        return ENAMETOOLONG;
    }
    strcpy(path, name);
    if (stat(path, &status)) {
        return errno;
    }
    if (S_ISFIFO(status.st_mode)) {
        fifo_fd = open(path, O_RDWR | O_NONBLOCK |
                                 O_CLOEXEC); /* for writing, too: it has no end when a writer goes */
        return fifo_fd < 0 ? errno : 0;
    }
    if (!S_ISREG(status.st_mode)) {
        return ENOTSUP;
    }
    notify_fd = access(path, R_OK) ? -1 : watch_folder();
    return notify_fd < 0 ? errno : 0;
}

int gpio_inputs_fd(void)
{
    return fifo_fd >= 0 ? fifo_fd : notify_fd;
}

/* "4 1", and blanks around the two. */
static bool parse(const char *text, unsigned *pin, bool *level)
{
    char *end = NULL;
    text += strspn(text, " \t");
    if (*text < '0' || *text > '9') {
        return false;
    }
    unsigned long number = strtoul(text, &end, 10);
    size_t blanks = strspn(end, " \t");
    const char *word = end + blanks;
    if (number >= GPIO_INPUTS_PINS || !blanks || (*word != '0' && *word != '1') ||
        word[1 + strspn(word + 1, " \t\r")]) {
        return false;
    }
    *pin = (unsigned)number;
    *level = *word == '1';
    return true;
}

static bool is_blank(const char *text)
{
    return !text[strspn(text, " \t\r")];
}

static void read_fifo(void (*set)(unsigned pin, bool level), void (*complain)(const char *line))
{
    char bytes[512];
    ssize_t count;
    while ((count = read(fifo_fd, bytes, sizeof(bytes))) > 0) {
        for (ssize_t i = 0; i < count; i++) {
            if (bytes[i] != '\n') {
                line[line_len] = bytes[i];
                line_len += line_len < LINE_CAP - 1;
                continue;
            }
            unsigned pin;
            bool level;
            line[line_len] = '\0';
            if (line_len < LINE_CAP - 1 && parse(line, &pin, &level)) {
                set(pin, level);
            } else if (!is_blank(line)) {
                complain(line);
            }
            line_len = 0;
        }
    }
}

/* A last line without its end is still being written. */
static void read_file(void (*set)(unsigned pin, bool level), void (*complain)(const char *line))
{
    enum { UNSAID, LOW, HIGH } said[GPIO_INPUTS_PINS] = {UNSAID};
    char *text = NULL;
    size_t cap = 0;
    ssize_t len;
    FILE *file = fopen(path, "re");
    if (!file) {
        return; /* it was taken away: the inputs stay as they are */
    }
    while ((len = getline(&text, &cap, file)) > 0 && text[len - 1] == '\n') {
        unsigned pin;
        bool level;
        text[len - 1] = '\0';
        if (parse(text, &pin, &level)) {
            said[pin] = level ? HIGH : LOW;
        } else if (!is_blank(text)) {
            complain(text);
        }
    }
    free(text);
    fclose(file);
    for (unsigned pin = 0; pin < GPIO_INPUTS_PINS; pin++) {
        if (said[pin] != UNSAID) {
            set(pin, said[pin] == HIGH);
        }
    }
}

void gpio_inputs_read(void (*set)(unsigned pin, bool level), void (*complain)(const char *line))
{
    char news[4096];
    if (fifo_fd >= 0) {
        read_fifo(set, complain);
        return;
    }
    while (read(notify_fd, news, sizeof(news)) > 0) {
        /* what has changed is not asked: the file is read anyway */
    }
    read_file(set, complain);
}
