/* SPDX-License-Identifier: MIT */
/* The board of a Linux device: log lines on standard error, the application's lines on standard output. Pins are left to port_gpio.c. */
#include "device/port/port_board.h"
#include "ports/linux/put_line.h"
#include "ports/linux/shutdown.h"

#include <openssl/sha.h>

#include <ctype.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static _Atomic(void (*)(void)) shutdown_hook;

/* Log lines carry texts from the network (names in certificates, answers): one line stays one line. */
void port_board_log(enum log_level level, const char *text)
{
    if (level == LOG_LEVEL_DEBUG && !getenv("DEVICE_DEBUG")) {
        return;
    }
    char clean[512];
    size_t len = 0;
    for (; text[len] && len < sizeof(clean); len++) {
        unsigned char c = (unsigned char)text[len];
        clean[len] = c < 0x20 || c == 0x7f ? '?' : text[len];
    }
    put_line(stderr, level == LOG_LEVEL_ERROR ? "error: " : "", clean, len);
}

void port_board_print(enum log_level level, const char *who, const char *format, va_list args)
{
    char *text = NULL;
    int len = vasprintf(&text, format, args);
    if (len < 0) {
        return;
    }
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r')) {
        len--;
    }
    char mark[80];
    snprintf(mark, sizeof(mark), "%s%.60s: ", level == LOG_LEVEL_ERROR ? "error: " : "", who);
    put_line(stdout, mark, text, (size_t)len);
    free(text);
}

uint32_t port_board_random(void)
{
    uint32_t bits = 0;
    while (getrandom(&bits, sizeof(bits), 0) != (ssize_t)sizeof(bits)) {
        /* interrupted before the system's pool was ready */
    }
    return bits;
}

/* machine-id(5) asks programs not to show the id itself. */
static enum err id_from_machine(char out[17])
{
    FILE *file = fopen("/etc/machine-id", "re");
    if (!file) {
        return ERR_NOT_FOUND;
    }
    char text[64] = "device-jobs";
    size_t prefix = strlen(text);
    size_t len = fread(text + prefix, 1, 32, file);
    fclose(file);
    if (len < 32) {
        return ERR_NOT_FOUND;
    }
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)text, prefix + len, digest);
    for (size_t i = 0; i < 8; i++) {
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
    }
    return ERR_OK;
}

static enum err id_from_hostname(char out[17])
{
    char name[65] = "";
    if (gethostname(name, sizeof(name) - 1) || !name[0]) {
        return ERR_NOT_FOUND;
    }
    size_t len = 0;
    for (const char *c = name; *c && len < 16; c++) {
        out[len++] = isalnum((unsigned char)*c) ? *c : '-';
    }
    out[len] = '\0';
    return ERR_OK;
}

enum err port_board_device_id(char *out, size_t cap)
{
    char id[17];
    if (id_from_machine(id) && id_from_hostname(id)) {
        return ERR_NOT_FOUND;
    }
    if (strlen(id) >= cap) {
        return ERR_TOO_LONG;
    }
    memcpy(out, id, strlen(id) + 1);
    return ERR_OK;
}

/* What device-run says; under another supervisor, or without one, nobody knows. */
enum port_board_reset port_board_reset_cause(void)
{
    const char *cause = getenv(RESET_VARIABLE);
    if (!cause) {
        return PORT_BOARD_RESET_UNKNOWN;
    }
    return strcmp(cause, RESET_START) == 0     ? PORT_BOARD_RESET_POWER_ON
           : strcmp(cause, RESET_RESTART) == 0 ? PORT_BOARD_RESET_SOFTWARE
           : strcmp(cause, RESET_CRASH) == 0   ? PORT_BOARD_RESET_CRASH
                                               : PORT_BOARD_RESET_UNKNOWN;
}

void port_board_on_shutdown(void (*on_shutdown)(void))
{
    atomic_store(&shutdown_hook, on_shutdown);
}

void shutdown_call_hook(void)
{
    void (*hook)(void) = atomic_load(&shutdown_hook);
    if (hook) {
        hook();
    }
}

/* Other tasks are running: what exit() would clean up may be in use. */
void port_board_restart(void)
{
    fflush(NULL);
    _exit(RESTART_CODE);
}
