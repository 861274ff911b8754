/* SPDX-License-Identifier: MIT */
/* What the files of device-config share. */
#ifndef PORTS_LINUX_DEVICE_CONFIG_H
#define PORTS_LINUX_DEVICE_CONFIG_H

#include "device/core/store/config_record.h"

#include <stdbool.h>
#include <stddef.h>

#define TEXT_CAP                                                                                             \
    (4 * CONFIG_RECORD_MAX) /* what is too long for a device is sent all the same: the device says so */

enum order {
    ORDER_CONFIGURE,
    ORDER_PRINT,
    ORDER_SHOW,
    ORDER_ERASE,
};

struct options {
    enum order order;
    const char *state; /* NULL: $DEVICE_STATE_DIR names it */
    char text[TEXT_CAP];
    size_t text_len;
};

/* say.c: one line on standard error. Returns false. */
bool say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* options.c: -1: go on; else the code to end with. */
int options_read(struct options *options, int argc, char **argv);

/* send.c: who has the folder, and what it says to the text. */
enum holder {
    HOLDER_NONE,    /* no device runs there */
    HOLDER_WAITING, /* one waits for its configuration; *fd is connected to it */
    HOLDER_BUSY,    /* one runs that is configured */
    HOLDER_BAD,     /* it cannot be found out; said */
};
enum holder send_find(int *fd);
bool send_text(int fd, const char *text, size_t len, char *answer, size_t cap);
bool send_read_answer(const char *answer); /* true: the text was taken; else each finding was said */

/* show.c */
bool show(void);

#endif
