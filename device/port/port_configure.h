/* SPDX-License-Identifier: MIT */
/* The ways by which somebody configures a device that was given nothing, at the device: a socket, a serial console, Bluetooth, an access
 * point of the device. The port carries texts (JSON objects, device/core/store/config_record.h) and answers, and judges neither. */
#ifndef DEVICE_PORT_CONFIGURE_H
#define DEVICE_PORT_CONFIGURE_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Bytes of an answer with its NUL, the least a way must carry: what Bluetooth takes at once. */
#define PORT_CONFIGURE_ANSWER_CAP 500

struct port_configure {
    /* Where the port puts a text; the port's alone between port_configure_start and `take`'s answer true. */
    char *text;
    size_t text_cap;
    bool wants_wifi; /* the network's name and password are wanted as well, and no text has to bring them */

    /* On a task of the port's, one call at a time: a text of `len` bytes stands in `text`, which the callee may change. Writes a JSON object
     * into `answer`, which the port hands to whoever sent the text. A `len` above text_cap says that the text was longer and is not there. true: the device is configured: the port takes no further text, and
     * ends when the answer is delivered. May block for the storage and for the check of certificates. */
    bool (*take)(size_t len, char *answer, size_t answer_cap);

    /* The same for the network's name (1..32 bytes) and password (0..64), where a way brings them apart from the text, after they have
     * proved good. */
    bool (*take_wifi)(const char *ssid, const char *password);
};

/* Memory for the text that stays as long as the program runs; NULL: there is none. A device that needs no configuration never asks. */
char *port_configure_room(size_t bytes);

/* Starts to take texts and returns. ERR_UNSUPPORTED: this firmware has no such way. Else: the port logs why. From one task. */
enum err port_configure_start(const struct port_configure *way);

/* Takes no further text; a call of `take` that runs is waited for. Any task, but not within `take`. Good also when nothing was started. */
void port_configure_stop(void);

/* true: the memory of the way (that of a Bluetooth stack) comes back by a restart only, so a device that is configured now restarts. */
bool port_configure_ends_by_restart(void);

#endif
