/* SPDX-License-Identifier: MIT */
/* Objects over HTTPS, for devices: GET and HEAD by signed links, with the server certificate that the broker has, too. It has a thread of
 * its own, with a database connection of its own that only reads, so that devices that download wait for nobody, and nobody for them. */
#ifndef CLOUD_HTTP_OBJECTS_SERVER_H
#define CLOUD_HTTP_OBJECTS_SERVER_H

#include "cloud/base/clock.h"
#include "cloud/core/core.h"
#include "cloud/http/credentials.h"

struct objects_server;

struct objects_server_config {
    struct core *core; /* of core_open_reader, with the machine's clock; nobody else uses it meanwhile */
    const struct clock *clock; /* the machine's */
    const char *listen;        /* address */
    uint16_t port;             /* 0: the system chooses, see objects_server_port */
    bool may_move;             /* when `port` is in use, the system chooses, too */
    const char *endpoint;      /* what devices call this machine */
    const char *const *names;  /* what it is called besides */
    size_t name_count;
    const struct credentials
        *credentials; /* whose links are good beside our own; NULL: everybody's, until they expire */
    const struct credentials *link_keys;     /* our own */
    const char *certificate_path, *key_path; /* PEM */
};

/* Texts, keys and core live as long as the server. NULL and one line in `why`. */
struct objects_server *objects_server_start(const struct objects_server_config *config, char *why,
                                            size_t why_cap);
/* Downloads that are under way are cut off. NULL is fine. */
void objects_server_stop(struct objects_server *server);

uint16_t objects_server_port(const struct objects_server *server);

#endif
