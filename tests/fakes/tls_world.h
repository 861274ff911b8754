/* SPDX-License-Identifier: MIT */
/* A certificate authority and a mosquitto with TLS on loopback, for tests of a port: everything is made for the occasion and gone
 * afterwards. */
#ifndef TESTS_FAKES_TLS_WORLD_H
#define TESTS_FAKES_TLS_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define TLS_PEM_CAP 2048

struct tls_identity {
    char cert[TLS_PEM_CAP];
    char key[TLS_PEM_CAP];
};

/* A self-signed authority. */
void tls_make_authority(struct tls_identity *authority, const char *name);

/* A certificate of it. san: "DNS:localhost", "IP:127.0.0.1", or NULL. Valid from .. to days from now. */
void tls_make_identity(struct tls_identity *identity, const struct tls_identity *authority, const char *name,
                       const char *san, int from_days, int to_days);

struct tls_listener {
    const struct tls_identity *server;
    uint16_t port; /* result */
};

struct tls_broker {
    char folder[64];
    pid_t pid;
};

/* Starts a mosquitto that asks for certificates of `authority`, with one listener for each server identity. With `plugin` (a
 * path, or NULL) and further lines of its configuration (or NULL). Fails the test when it does not come up. */
void tls_broker_start(struct tls_broker *broker, const struct tls_identity *authority,
                      struct tls_listener listeners[], int count, const char *plugin, const char *more);
void tls_broker_stop(struct tls_broker *broker);

/* A server for one connection at a time, which takes any client of `authority`, answers its CONNECT, and reads nothing more: what the
 * client sends fills the sockets' buffers. The connection ends with the next one's beginning. Returns its process. */
pid_t tls_deaf_start(const struct tls_identity *server, const struct tls_identity *authority, uint16_t *port);
void tls_deaf_stop(pid_t pid);

/* A socket that listens at *port on loopback and never takes a connection; close it yourself. */
int tls_silent_socket(uint16_t *port);

/* A port where nobody listens. */
uint16_t tls_closed_port(void);

#endif
