/* SPDX-License-Identifier: MIT */
/* The world of the port suite for a port that runs as a program of its own (or on a board): brokers, certificates and ports,
 * written into a folder, one file for each member of struct port_world; gone when the command ends.
 *
 *     port_world FOLDER COMMAND...
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakes/tls_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv);

static const char *folder;

static void write_text(const char *name, const char *text)
{
    char path[500];
    snprintf(path, sizeof(path), "%.400s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file)) {
        perror(path);
        exit(2);
    }
}

static void write_port(const char *name, uint16_t port)
{
    char text[8];
    snprintf(text, sizeof(text), "%u", port);
    write_text(name, text);
}

static int run(char **command)
{
    pid_t pid = fork();
    if (pid == 0) {
        execvp(command[0], command);
        perror(command[0]);
        _exit(127);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s FOLDER COMMAND...\n", argv[0]);
        return 2;
    }
    folder = argv[1];
    mkdir(folder, 0700);
    static struct tls_identity authority, other_authority, server, other_server, expired_server, device,
        other_device;
    tls_make_authority(&authority, "suite authority");
    tls_make_authority(&other_authority, "other authority");
    tls_make_identity(&server, &authority, "server", "DNS:localhost", -1, 30);
    tls_make_identity(&other_server, &authority, "server", "DNS:other.example", -1, 30);
    tls_make_identity(&expired_server, &authority, "server", "DNS:localhost", -60, -30);
    tls_make_identity(&device, &authority, "device", NULL, -1, 30);
    tls_make_identity(&other_device, &authority, "device", NULL, -1, 30);
    struct tls_listener listeners[] = {{&server, 0}, {&other_server, 0}, {&expired_server, 0}};
    struct tls_broker broker;
    tls_broker_start(&broker, &authority, listeners, 3, FORBID_PLUGIN, NULL);
    uint16_t silent_port = 0;
    int silent_fd = tls_silent_socket(&silent_port);
    uint16_t deaf_port = 0;
    pid_t deaf_pid = tls_deaf_start(&server, &authority, &deaf_port);

    write_text("host", "localhost");
    write_port("good_port", listeners[0].port);
    write_port("wrong_name_port", listeners[1].port);
    write_port("expired_port", listeners[2].port);
    write_port("closed_port", tls_closed_port());
    write_port("silent_port", silent_port);
    write_port("deaf_port", deaf_port);
    write_text("root_ca.pem", authority.cert);
    write_text("other_ca.pem", other_authority.cert);
    write_text("certificate.pem", device.cert);
    write_text("private_key.pem", device.key);
    write_text("other_key.pem", other_device.key);
    write_text("forbidden_filter", "suite/forbidden");
    int code = run(argv + 2);
    tls_broker_stop(&broker);
    tls_deaf_stop(deaf_pid);
    close(silent_fd);
    return code;
}
