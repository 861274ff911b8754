/* SPDX-License-Identifier: MIT */
/* Objects for devices: the HTTPS server, the key that signs their links, and the links themselves. */
#include "cloud/daemon/daemon_private.h"
#include "cloud/http/s3/s3_presign.h"

#include <stdlib.h>
#include <unistd.h>

#define KEY_NAME    "link-key"
#define SERVER_CERT "server.pem"
#define SERVER_KEY  "server.key"

/* Made at the first start. Whoever reads it can sign links, and nothing else. */
static bool open_key(struct daemon *daemon)
{
    char path[PATH_MAX];
    char *why = daemon->why;
    if (!data_dir_file(&daemon->dir, KEY_NAME, path, why, DAEMON_WHY_CAP) ||
        (access(path, F_OK) != 0 && !credentials_make_file(path, why, DAEMON_WHY_CAP))) {
        return false;
    }
    daemon->link_keys = credentials_read(path, why, DAEMON_WHY_CAP);
    return daemon->link_keys != NULL;
}

static bool open_reader(struct daemon *daemon)
{
    char path[PATH_MAX];
    const struct core_config config = {
        .database = path,
        .objects_dir = core_objects_dir(daemon->core),
        .region = daemon->options.region,
        .account = daemon->options.account,
        .clock = daemon->clock,
    };
    if (!data_dir_file(&daemon->dir, DAEMON_DATABASE, path, daemon->why, DAEMON_WHY_CAP)) {
        return false;
    }
    daemon->reader = core_open_reader(&config, daemon->why, DAEMON_WHY_CAP);
    return daemon->reader != NULL;
}

static bool open_server(struct daemon *daemon)
{
    char certificate[PATH_MAX], key[PATH_MAX];
    const struct daemon_options *options = &daemon->options;
    const struct objects_server_config config = {
        .core = daemon->reader,
        .clock = daemon->clock,
        .listen = options->listen,
        .port = options->https_port,
        .may_move = options->https_port_text == NULL,
        .endpoint = options->endpoint,
        .names = options->names,
        .name_count = options->name_count,
        .credentials = daemon->keys.credentials,
        .link_keys = daemon->link_keys,
        .certificate_path = certificate,
        .key_path = key,
    };
    if (!data_dir_file(&daemon->dir, SERVER_CERT, certificate, daemon->why, DAEMON_WHY_CAP) ||
        !data_dir_file(&daemon->dir, SERVER_KEY, key, daemon->why, DAEMON_WHY_CAP)) {
        return false;
    }
    daemon->objects = objects_server_start(&config, daemon->why, DAEMON_WHY_CAP);
    return daemon->objects != NULL;
}

bool objects_life_open(struct daemon *daemon)
{
    if (!open_key(daemon) || !open_reader(daemon) || !open_server(daemon)) {
        return false;
    }
    daemon->options.https_port = objects_server_port(daemon->objects);
    daemon->objects_host = s3_presign_host(daemon->options.endpoint, daemon->options.https_port);
    return true;
}

void objects_life_close(struct daemon *daemon)
{
    objects_server_stop(daemon->objects);
    core_close(daemon->reader);
    credentials_free(daemon->link_keys);
    free(daemon->objects_host);
    daemon->objects = NULL;
    daemon->reader = NULL;
    daemon->link_keys = NULL;
    daemon->objects_host = NULL;
}

/* Signatures go by the machine's clock, also when the service has a virtual one. */
char *objects_life_sign(void *ctx, const char *bucket, const char *key, int64_t expires_s)
{
    const struct daemon *daemon = ctx;
    if (daemon->objects == NULL) {
        return NULL;
    }
    const char *key_id = credentials_first_id(daemon->link_keys);
    const struct s3_signer signer = {
        .host = daemon->objects_host,
        .region = daemon->options.region,
        .key_id = key_id,
        .secret = credentials_secret(daemon->link_keys, key_id),
    };
    char *path = s3_presign_path(bucket, key);
    char *link = s3_presign(&signer, path, clock_wall_ms(daemon->clock) / 1000, expires_s);
    free(path);
    return link;
}
