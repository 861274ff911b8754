/* SPDX-License-Identifier: MIT */
/* The ways by which somebody configures a device that was given nothing, at the device: a socket, a serial console, Bluetooth, an access
 * point of the device. The port carries texts (JSON objects, device/core/store/config_record.h) and answers, and judges neither. */
#ifndef DEVICE_PORT_CONFIGURE_H
#define DEVICE_PORT_CONFIGURE_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Bytes of an answer with its NUL, the least a way must carry: what each of Espressif's Bluetooth stacks takes at once, encrypted. */
#define PORT_CONFIGURE_ANSWER_CAP 240

struct port_configure {
    /* Where the port puts a text, and nothing else; the port's alone until `done`, but for what `take` makes of it. */
    char *text;
    size_t text_cap;
    bool wants_wifi; /* the network's name and password are wanted as well, and no text has to bring them */

    /* On a task of the port's, one call at a time: a text of `len` bytes stands in `text`, and the port does not need it any more. A `len`
     * above text_cap says that the text was longer and is not there. Writes a JSON object into `answer`, which the port hands to whoever
     * sent the text. true: the device is configured, see `done`. May block for the storage and for the check of certificates. */
    bool (*take)(size_t len, char *answer, size_t answer_cap);

    /* The same for the network's name (1..32 bytes) and password (0..64), where a way brings them apart from the text, after they have
     * proved good. */
    bool (*take_wifi)(const char *ssid, const char *password);

    /* The last call, on the same task: the answer was handed over, as far as anybody waited for it, and the way is closed. May start tasks and
     * bring the network up; it does not return when the device restarts. */
    void (*done)(void);
};

/* Memory for the text that stays as long as the program runs, the same at each call; NULL: this firmware has no way to be configured, or no
 * memory. A device that needs no configuration never asks. */
char *port_configure_room(size_t bytes);

/* Starts to take texts and returns. ERR_UNSUPPORTED: this firmware has no such way. ERR_BUSY: it was
 * started before. Else: the port logs why. */
enum err port_configure_start(const struct port_configure *way);

/* Takes no further text; a call that runs is waited for. Any task, but not within one of the calls above. Good also when nothing was started;
 * afterwards the way can be started again. */
void port_configure_stop(void);

/* true: the memory of the way (that of a Bluetooth stack) comes back by a restart only, so a device that is configured now restarts. */
bool port_configure_ends_by_restart(void);

#endif
