/* SPDX-License-Identifier: MIT */
/* A device is configured over its serial console, UART or USB, whichever ESP-IDF's console is: lines as configure_pieces.h has them; lines of any
 * other kind are passed over. Nothing is echoed, so that no key stands in what a terminal keeps. A plain reader and not esp_console, which
 * brings line editing, history and an argument parser along, and a line buffer beside ours. */
#include "sdkconfig.h"

#if CONFIG_DEVICE_JOBS_CONFIGURE_CONSOLE
#include "device/port/port_configure.h"
#include "device/port/port_sync.h"
#include "ports/esp_idf/configure_pieces.h"
#include "ports/esp_idf/log_line.h"
#include "ports/esp_idf/ticks.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if CONFIG_ESP_CONSOLE_USB_SERIAL_JTAG
#include "driver/usb_serial_jtag.h"
#include "driver/usb_serial_jtag_vfs.h"
#else
#include "driver/uart.h"
#endif

#define STACK_BYTES  6144 /* storage and the check of certificates run on this task */
#define DRIVER_BYTES 1024 /* a line comes as fast as the wire is, while the task looks at what came before */
#define WAIT_MS      50
#define ANSWER_CAP   1024

static struct {
    struct port_configure way;
    struct configure_pieces pieces;
    bool is_in_line; /* a piece is open, or a line is passed over */
    bool is_configured;
    char answer[ANSWER_CAP];
} * own; /* from the heap, for good: only a device that needs it has it */

static atomic_bool is_running, must_stop;
static struct port_signal ended; /* the task is about to return */

char *port_configure_room(size_t bytes)
{
    static char *room;
    room = room ? room : calloc(1, bytes);
    return room;
}

bool port_configure_ends_by_restart(void)
{
    return false;
}

/* ---- the wire */

#if CONFIG_ESP_CONSOLE_USB_SERIAL_JTAG
static esp_err_t open_wire(void)
{
    usb_serial_jtag_driver_config_t config = {.tx_buffer_size = 256, .rx_buffer_size = DRIVER_BYTES};
    if (usb_serial_jtag_is_driver_installed()) {
        return ESP_OK;
    }
    esp_err_t result = usb_serial_jtag_driver_install(&config);
    if (result == ESP_OK) {
        usb_serial_jtag_vfs_use_driver(); /* or stdout would go around it */
    }
    return result;
}

static int read_wire(char *bytes, size_t cap)
{
    return usb_serial_jtag_read_bytes(bytes, (uint32_t)cap, ticks_from_ms(WAIT_MS));
}
#else
static esp_err_t open_wire(void)
{
    return uart_is_driver_installed(CONFIG_ESP_CONSOLE_UART_NUM)
               ? ESP_OK
               : uart_driver_install(CONFIG_ESP_CONSOLE_UART_NUM, DRIVER_BYTES, 0, 0, NULL, 0);
}

static int read_wire(char *bytes, size_t cap)
{
    return uart_read_bytes(CONFIG_ESP_CONSOLE_UART_NUM, bytes, (uint32_t)cap, ticks_from_ms(WAIT_MS));
}
#endif

/* ---- lines */

static void answer_line(void)
{
    size_t len = 0;
    enum configure_piece what = configure_pieces_close(&own->pieces, &len);

    if (what == CONFIGURE_PIECE_BAD) {
        return; /* a line for somebody else */
    }
    own->answer[0] = '\0';
    if (what == CONFIGURE_PIECE_WHOLE) {
        own->is_configured = own->way.take(len, own->answer, sizeof(own->answer));
    } else {
        configure_pieces_answer(what, len, own->answer, sizeof(own->answer));
    }
    printf("device-config: %s\n", own->answer);
    fflush(stdout);
}

static void take_byte(char byte)
{
    if (byte == '\r' || byte == '\n') {
        if (own->is_in_line) {
            answer_line();
        }
        own->is_in_line = false;
    } else if (own->is_in_line) {
        configure_pieces_add(&own->pieces, &byte, 1);
    } else {
        own->is_in_line = true;
        configure_pieces_open(&own->pieces, byte);
    }
}

static void read_lines(void *ctx)
{
    char bytes[64];

    (void)ctx;
    while (!own->is_configured && !atomic_load(&must_stop)) {
        int len = read_wire(bytes, sizeof(bytes));
        for (int i = 0; i < len && !own->is_configured; i++) {
            take_byte(bytes[i]);
        }
    }
    if (own->is_configured) {
        own->way.done();
    }
    atomic_store(&is_running, false);
    port_signal_set(&ended);
}

static enum err begin(const struct port_configure *way)
{
    own = own ? own : calloc(1, sizeof(*own));
    if (!own) {
        log_line(LOG_LEVEL_ERROR, "configuration: no memory");
        return ERR_FULL;
    }
    memset(own, 0, sizeof(*own));
    own->way = *way;
    configure_pieces_begin(&own->pieces, way->text, way->text_cap);
    if (!ended.handle) {
        port_signal_init(&ended);
    }
    port_signal_wait(&ended, 0); /* of a task before */
    atomic_store(&must_stop, false);
    if (log_line_failed("configuration", "console", open_wire())) {
        return ERR_FULL;
    }
    return port_task_start("dj_configure", STACK_BYTES, 3, read_lines, NULL);
}

enum err port_configure_start(const struct port_configure *way)
{
    if (atomic_exchange(&is_running, true)) {
        return ERR_BUSY;
    }
    enum err err = begin(way);
    if (err) {
        atomic_store(&is_running, false);
        return err;
    }
    log_line(LOG_LEVEL_INFO,
             "configuration: waits for a line at the console (device-config --print makes one)");
    return ERR_OK;
}

void port_configure_stop(void)
{
    atomic_store(&must_stop, true);
    if (atomic_load(&is_running)) {
        port_signal_wait(&ended, UINT32_MAX);
    }
}
#endif
