/* SPDX-License-Identifier: MIT */
/* What is stored, without a key or a password. The lock of the folder is not needed: a record is replaced whole. */
#include "device/core/store/config_check.h"
#include "device/core/store/identity.h"
#include "device/core/store/record.h"
#include "ports/linux/device_config/device_config.h"
#include "ports/linux/store_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_CAP (RECORD_BYTES(CONFIG_RECORD_MAX) + 1)

enum found {
    FOUND,
    FOUND_NOTHING,
    FOUND_BAD, /* said */
};

static enum found read_record(int folder, enum record_kind kind, char *buffer, struct slice *payload)
{
    const char *name = record_key(kind);
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0) {
        if (errno != ENOENT) {
            say("cannot open the record '%s': %s", name, strerror(errno));
        }
        return errno == ENOENT ? FOUND_NOTHING : FOUND_BAD;
    }
    ssize_t len = read(fd, buffer, BUFFER_CAP);
    close(fd);
    enum record_state state =
        len < 0 ? RECORD_TORN : record_open(kind, (struct slice){buffer, (size_t)len}, payload);
    if (state != RECORD_GOOD) {
        say("the record '%s' is %s, and counts as absent", name, record_state_text(state));
        return FOUND_BAD;
    }
    return FOUND;
}

/* A reference (pkcs11:...) may hold a PIN: it is no more shown than a key. */
static void print_field(enum config_field field, const char *text)
{
    bool is_long = config_check_pem(text, "CERTIFICATE") == NULL || strchr(text, '\n') != NULL;

    if (config_field_is_secret(field)) {
        printf("%s: held, not shown\n", config_field_name(field));
    } else if (is_long || field == CONFIG_CERTIFICATE || field == CONFIG_CLAIM_CERTIFICATE) {
        printf("%s: held, %zu bytes\n", config_field_name(field), strlen(text));
    } else {
        printf("%s: %s\n", config_field_name(field), text);
    }
}

static bool show_config(int folder, bool *is_there)
{
    static char buffer[BUFFER_CAP];
    struct slice payload;
    struct config_texts texts;
    enum found found = read_record(folder, RECORD_CONFIG, buffer, &payload);

    if (found != FOUND) {
        return found == FOUND_NOTHING;
    }
    if (!config_record_read(payload, &texts)) {
        return say("the record 'config' cannot be used, and counts as absent");
    }
    for (unsigned field = 1; field < CONFIG_FIELDS; field++) {
        if (texts.of[field]) {
            print_field((enum config_field)field, texts.of[field]);
        }
    }
    *is_there = true;
    return true;
}

static bool show_identity(int folder, bool *is_there)
{
    static char buffer[BUFFER_CAP];
    struct slice payload;
    struct identity identity;
    enum found found = read_record(folder, RECORD_IDENTITY, buffer, &payload);

    if (found == FOUND && identity_read(payload, &identity)) {
        printf("provisioned: as thing '%s'\n", identity.thing_name);
        *is_there = true;
    }
    return found != FOUND_BAD;
}

bool show(void)
{
    bool is_there = false;
    int folder = store_folder_look();

    if (folder < 0 && errno != ENOENT) {
        return say("cannot open the folder '%s': %s", getenv("DEVICE_STATE_DIR"), strerror(errno));
    }
    bool is_good = true;
    if (folder >= 0) {
        is_good = show_config(folder, &is_there);
        is_good &= show_identity(folder, &is_there);
        close(folder);
    }
    if (is_good && !is_there) {
        printf("nothing is stored\n");
    }
    return is_good;
}
