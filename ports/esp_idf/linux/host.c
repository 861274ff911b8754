/* SPDX-License-Identifier: MIT */
/* The board of IDF's linux target (board.h, and the device id of port_board.h), with the host's means: what ESP-IDF's components lack
 * there. Pins are left to host_gpio.c. */
#include "device/port/port_board.h"
#include "device/port/port_time.h"
#include "ports/esp_idf/board.h"
#include "ports/esp_idf/log_line.h"

#include "esp_private/partition_linux.h"
#include "esp_timer.h"

#include <ctype.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define POLL_MS      5
#define RESTART_CODE 86 /* like a program of the host build: a supervisor starts it again */

/* ESP-IDF declares this function there and does not define it; esp-mqtt calls it too. Weak: an application may bring its own. */
__attribute__((weak)) int64_t esp_timer_get_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void end_now(int signal_number)
{
    (void)signal_number;
    _exit(0);
}

/* A peer that closes its socket must not end the program (SIGPIPE). Ctrl-C and SIGTERM end it at once, as a power cut would:
 * the journal can bear that. */
__attribute__((constructor)) static void prepare_process(void)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, end_now);
    signal(SIGINT, end_now);
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* a log is read while it is written, also by a program */
}

/* ---- the flash: DEVICE_FLASH_FILE names the file that stands for it. ESP-IDF takes one that exists, and otherwise makes a
 * new one in /tmp for each run, which is then moved there. */

static bool is_flash_new; /* DEVICE_FLASH_FILE names a file that is still to be made */

static const char *flash_file(void)
{
    const char *name = getenv("DEVICE_FLASH_FILE");
    return name && name[0] ? name : NULL;
}

__attribute__((constructor)) static void choose_flash(void)
{
    esp_partition_file_mmap_ctrl_t *control = esp_partition_get_file_mmap_ctrl_input();
    const char *name = flash_file();
    is_flash_new = name && access(name, F_OK) != 0;
    if (name && !is_flash_new) {
        snprintf(control->flash_file_name, sizeof(control->flash_file_name), "%s", name);
    }
}

void board_keep_storage(void)
{
    if (!is_flash_new) {
        return;
    }
    is_flash_new = false;
    if (rename(esp_partition_get_file_mmap_ctrl_act()->flash_file_name, flash_file())) {
        log_line(LOG_LEVEL_ERROR, "storage: DEVICE_FLASH_FILE must be on the file system of /tmp");
    }
}

enum err port_board_device_id(char *out, size_t cap)
{
    char name[17] = "";
    if ((gethostname(name, sizeof(name) - 1) && !name[0]) || !name[0]) {
        return ERR_NOT_FOUND;
    }
    if (strlen(name) >= cap) {
        return ERR_TOO_LONG;
    }
    for (size_t i = 0; i <= strlen(name); i++) {
        out[i] = isalnum((unsigned char)name[i]) || !name[i] ? name[i] : '-';
    }
    return ERR_OK;
}

enum err port_board_mac(uint8_t out[PORT_BOARD_MAC_LEN])
{
    (void)out; /* the host has one, ESP-IDF's linux target has not */
    return ERR_NOT_FOUND;
}

enum port_board_reset port_board_reset_cause(void)
{
    return PORT_BOARD_RESET_UNKNOWN;
}

void board_on_restart(void (*handler)(void))
{
    (void)handler; /* esp_restart is exit here, without handlers */
}

/* Other tasks are running: what exit() would clean up may be in use. */
void board_restart(void)
{
    fflush(NULL);
    _exit(RESTART_CODE);
}

/* To the simulated FreeRTOS a task that waits in the host's select() is a task that runs, and tasks of a lower priority would
 * never get the processor. So select() is asked without waiting, again and again, and the task sleeps in between. */
int board_select(int count, fd_set *reads, fd_set *writes, uint32_t wait_ms)
{
    const fd_set wanted_reads = *reads, wanted_writes = *writes;
    for (uint64_t until_ms = port_time_monotonic_ms() + wait_ms;;) {
        struct timeval at_once = {0};
        *reads = wanted_reads;
        *writes = wanted_writes;
        int result = select(count, reads, writes, NULL, &at_once);
        if (result || port_time_monotonic_ms() >= until_ms) {
            return result;
        }
        port_time_sleep_ms(POLL_MS);
    }
}

int board_new_eventfd(void)
{
    return eventfd(0, EFD_CLOEXEC);
}
