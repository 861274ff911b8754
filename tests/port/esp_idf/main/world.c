/* SPDX-License-Identifier: MIT */
/* The world from the folder PORT_WORLD, or the one that firmware has inside. Otherwise there is none on a chip. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdkconfig.h"

/* A chip holds a payload three times: the suite's, the port's and esp-mqtt's copy. */
#if CONFIG_IDF_TARGET_LINUX
#define LARGEST_PAYLOAD PORT_MQTT_PAYLOAD_CAP
#else
#define LARGEST_PAYLOAD (16 * 1024)
#endif

#ifdef WORLD_EMBEDDED
#define WORLD_FILE(name, symbol) extern const char world_##name[] __asm__("_binary_" symbol "_start")
WORLD_FILE(host, "host");
WORLD_FILE(good_port, "good_port");
WORLD_FILE(wrong_name_port, "wrong_name_port");
WORLD_FILE(expired_port, "expired_port");
WORLD_FILE(closed_port, "closed_port");
WORLD_FILE(silent_port, "silent_port");
WORLD_FILE(deaf_port, "deaf_port");
WORLD_FILE(root_ca, "root_ca_pem");
WORLD_FILE(other_ca, "other_ca_pem");
WORLD_FILE(certificate, "certificate_pem");
WORLD_FILE(private_key, "private_key_pem");
WORLD_FILE(other_key, "other_key_pem");
WORLD_FILE(forbidden_filter, "forbidden_filter");

static const char *read_text(const char *name)
{
    const struct {
        const char *name, *text;
    } files[] = {
        {"host", world_host},
        {"good_port", world_good_port},
        {"wrong_name_port", world_wrong_name_port},
        {"expired_port", world_expired_port},
        {"closed_port", world_closed_port},
        {"silent_port", world_silent_port},
        {"deaf_port", world_deaf_port},
        {"root_ca.pem", world_root_ca},
        {"other_ca.pem", world_other_ca},
        {"certificate.pem", world_certificate},
        {"private_key.pem", world_private_key},
        {"other_key.pem", world_other_key},
        {"forbidden_filter", world_forbidden_filter},
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (!strcmp(files[i].name, name)) {
            return files[i].text;
        }
    }
    return NULL;
}
#else
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
#endif

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
        .deaf_port = read_port("deaf_port"),
        .largest_payload = LARGEST_PAYLOAD,
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
