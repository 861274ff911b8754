/* SPDX-License-Identifier: MIT */
/* The world from the folder PORT_WORLD. Where there are no files (a chip), there is no world. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX 8192

/* The text of a file, which stays; NULL: there is none. */
static const char *read_text(const char *name)
{
    const char *folder = getenv("PORT_WORLD");
    char path[500];
    snprintf(path, sizeof(path), "%.400s/%s", folder ? folder : "world", name);
    FILE *file = fopen(path, "r");
    if (!file) {
        return NULL;
    }
    char *text = calloc(1, FILE_MAX);
    size_t len = text ? fread(text, 1, FILE_MAX - 1, file) : 0;
    fclose(file);
    return len > 0 ? text : NULL;
}

static uint16_t read_port(const char *name)
{
    const char *text = read_text(name);
    return text ? (uint16_t)strtoul(text, NULL, 10) : 0;
}

bool world_load(struct port_world *world)
{
    *world = (struct port_world){
        .host = read_text("host"),
        .good_port = read_port("good_port"),
        .wrong_name_port = read_port("wrong_name_port"),
        .expired_port = read_port("expired_port"),
        .closed_port = read_port("closed_port"),
        .silent_port = read_port("silent_port"),
        .root_ca_pem = read_text("root_ca.pem"),
        .other_ca_pem = read_text("other_ca.pem"),
        .cert_pem = read_text("certificate.pem"),
        .key_pem = read_text("private_key.pem"),
        .other_key_pem = read_text("other_key.pem"),
        .forbidden_filter = read_text("forbidden_filter"),
    };
    return world->host && world->root_ca_pem && world->other_ca_pem && world->cert_pem && world->key_pem &&
           world->other_key_pem && world->forbidden_filter;
}
