/* SPDX-License-Identifier: MIT */
/* device-config: configures a device on the spot, whether it waits for that or does not run. The device judges the configuration when it
 * waits; else this program does, by the same functions (device/runtime/local_config.h). */
#include "ports/linux/device_config/device_config.h"
#include "device/runtime/local_config.h"
#include "ports/linux/configure_socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool say_busy(void)
{
    return say("a device that is configured runs with this folder: stop it, repeat this, and start it again");
}

static bool configure_running(int fd, const struct options *options)
{
    char answer[CONFIGURE_ANSWER_BYTES];

    if (!send_text(fd, options->text, options->text_len, answer, sizeof(answer)) ||
        !send_read_answer(answer)) {
        return false;
    }
    puts("the device is configured, and goes on");
    return true;
}

/* What is stored of a network stays, when nothing new is said of it. */
static bool configure_stored(const struct options *options)
{
    static char room[LOCAL_CONFIG_ROOM];
    char answer[CONFIGURE_ANSWER_BYTES];
    struct local_config config = {.room = room};

    if (local_config_load(&config) == ERR_STORAGE) {
        return false; /* the port has said why */
    }
    if (options->text_len <= CONFIG_RECORD_MAX) {
        memcpy(room + LOCAL_CONFIG_TEXT, options->text, options->text_len);
    }
    if (!local_config_take(&config, options->text_len, answer, sizeof(answer))) {
        return send_read_answer(answer);
    }
    printf("stored in '%s'; a device with this folder is configured from its next start on\n",
           getenv("DEVICE_STATE_DIR"));
    return true;
}

static bool configure(const struct options *options)
{
    int fd = -1;
    bool is_good = false;

    switch (send_find(&fd)) {
    case HOLDER_WAITING:
        is_good = configure_running(fd, options);
        close(fd);
        return is_good;
    case HOLDER_NONE:
        return configure_stored(options);
    case HOLDER_BUSY:
        return say_busy();
    default:
        return false;
    }
}

static bool erase(void)
{
    int fd = -1;
    enum holder holder = send_find(&fd);

    if (holder == HOLDER_WAITING) {
        close(fd);
        return say("a device waits with this folder: stop it first");
    }
    if (holder == HOLDER_BUSY) {
        return say_busy();
    }
    if (holder != HOLDER_NONE || local_config_erase()) {
        return false;
    }
    puts("erased: configuration, identity and the journal of jobs");
    return true;
}

int main(int argc, char **argv)
{
    static struct options options;
    int code = options_read(&options, argc, argv);

    if (code >= 0) {
        return code;
    }
    if (options.state) {
        setenv("DEVICE_STATE_DIR", options.state, true);
    }
    bool is_good = true;
    switch (options.order) {
    case ORDER_CONFIGURE:
        is_good = configure(&options);
        break;
    case ORDER_PRINT:
        puts(options.text);
        break;
    case ORDER_SHOW:
        is_good = show();
        break;
    case ORDER_ERASE:
        is_good = erase();
        break;
    }
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
