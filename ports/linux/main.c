/* SPDX-License-Identifier: MIT */
/* The main of an application on Linux: runs app_main as a task, as ESP-IDF does, and keeps running until SIGTERM or Ctrl-C. */
#include "device/port/port_board.h"
#include "ports/linux/shutdown.h"
#include "ports/linux/tasks.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TASKS_END_MS 1000

static atomic_bool is_ending;

void app_main(void);

static void usage(FILE *out, const char *program)
{
    const char *slash = strrchr(program, '/');
    fprintf(
        out,
        "usage: %s [DEVICE_DIR]\n"
        "\n"
        "Runs this device until SIGTERM or Ctrl-C.\n"
        "\n"
        "DEVICE_DIR          folder with the device's configuration (default: $DEVICE_DIR, then ./device):\n"
        "                    text files host, port, thing_name; PEM files root_ca.pem, certificate.pem,\n"
        "                    private_key.pem. 'iot-local thing NAME --out DEVICE_DIR' writes one; for AWS "
        "IoT Core\n"
        "                    fill one with your account's endpoint and the thing's certificate.\n"
        "                    private_key.pem (and certificate.pem) may hold a PKCS#11 URI instead of PEM, "
        "for a key\n"
        "                    that stays in its token: pkcs11:token=...;object=...?pin-source=file:/...\n"
        "$DEVICE_STATE_DIR   where the device keeps its journal (default: DEVICE_DIR/state; without such a\n"
        "                    folder $STATE_DIRECTORY, then ~/.local/state/device-jobs/PROGRAM)\n"
        "$DEVICE_GPIOCHIP    the chip whose lines are the program's pins, as gpiochip0; without it pins are\n"
        "                    simulated and printed, and $DEVICE_GPIO_INPUTS names a FIFO or file with their "
        "inputs:\n"
        "                    lines of pin and level, as '4 1'\n"
        "$DEVICE_DEBUG       when set, the library logs details\n"
        "\n"
        "Exit code: 0 ended by a signal; 1 the device could not start; 2 wrong usage; %d the device "
        "restarts: start it\n"
        "again (device-run does; systemd: RestartForceExitStatus=%d).\n",
        slash ? slash + 1 : program, RESTART_CODE, RESTART_CODE);
}

static void app_task(void *ctx)
{
    (void)ctx;
    app_main();
}

/* SIGTERM or SIGINT: the library stops, then the tasks end where they sleep. Without the usual clean-up of exit() when one
 * does not: it may be using what that cleans. */
static void *end_on_signal(void *ctx)
{
    int signal_number = 0;
    sigwait(ctx, &signal_number);
    atomic_store(&is_ending, true);
    shutdown_call_hook();
    if (!tasks_end_all(TASKS_END_MS)) {
        fflush(NULL);
        _exit(0);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
        usage(stdout, argv[0]);
        return 0;
    }
    if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
        usage(stderr, argv[0]);
        return 2;
    }
    if (argc == 2 || access("device", F_OK) == 0) { /* else the storage has a place of its own */
        setenv("DEVICE_DIR", argc == 2 ? argv[1] : "device", argc == 2);
    }

    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    pthread_t ender;
    if (pthread_create(&ender, NULL, end_on_signal, &signals) ||
        tasks_start("main", 0, app_task, NULL, NULL)) {
        fprintf(stderr, "error: the system gives no thread\n");
        return 1;
    }
    tasks_wait_none();
    if (!atomic_load(&is_ending)) {
        port_board_log(LOG_LEVEL_ERROR, "app_main has returned, and nothing is running");
        return 1;
    }
    pthread_join(ender, NULL);
    return 0;
}
