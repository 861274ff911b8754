/* SPDX-License-Identifier: MIT */
#include "cloud/http/credentials.h"

#include "cloud/base/file_write.h"
#include "cloud/base/memory.h"
#include "cloud/base/text.h"
#include "common/slice.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX     65536
#define ID_RANDOM    16
#define SECRET_CHARS 40 /* as AWS makes them; 5 bits each */

struct key {
    char id[CREDENTIALS_KEY_ID_CAP];
    char secret[CREDENTIALS_SECRET_CAP];
};

struct credentials {
    struct key *keys;
    size_t count;
};

void credentials_free(struct credentials *credentials)
{
    if (credentials) {
        OPENSSL_cleanse(credentials->keys, credentials->count * sizeof credentials->keys[0]);
        free(credentials->keys);
        free(credentials);
    }
}

const char *credentials_secret(const struct credentials *credentials, const char *key_id)
{
    for (size_t i = 0; i < credentials->count; i++) {
        if (strcmp(credentials->keys[i].id, key_id) == 0) {
            return credentials->keys[i].secret;
        }
    }
    return NULL;
}

const char *credentials_first_id(const struct credentials *credentials)
{
    return credentials->keys[0].id;
}

/* --- The file --- */

static bool is_private(int fd, const char *path, char *why, size_t why_cap)
{
    struct stat found;
    if (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode)) {
        snprintf(why, why_cap, "%s: not a file", path);
        return false;
    }
    if (found.st_uid != geteuid()) {
        snprintf(why, why_cap, "%s belongs to another user", path);
        return false;
    }
    if ((found.st_mode & 077) != 0) {
        snprintf(why, why_cap, "%s is open to others: chmod 600 %s", path, path);
        return false;
    }
    return true;
}

/* malloc'd text, or NULL and `why`. */
static char *read_private(const char *path, char *why, size_t why_cap)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hold us up */
    if (fd < 0) {
        snprintf(why, why_cap, "%s: %s", path, strerror(errno));
        return NULL;
    }
    char *text = NULL;
    if (is_private(fd, path, why, why_cap)) {
        text = memory_zeroed(FILE_MAX + 1);
        size_t used = 0;
        ssize_t got;
        while (used < FILE_MAX && (got = read(fd, text + used, FILE_MAX - used)) > 0) {
            used += (size_t)got;
        }
    }
    close(fd);
    return text;
}

static struct slice trim(struct slice text)
{
    while (text.len > 0 && strchr(" \t\r", text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && strchr(" \t\r", text.ptr[text.len - 1])) {
        text.len--;
    }
    return text;
}

/* An unfinished key is overwritten by the next profile's. */
static void finish_key(struct credentials *out, struct key *next)
{
    if (next->id[0] && next->secret[0]) {
        out->keys = memory_resize(out->keys, (out->count + 1) * sizeof out->keys[0]);
        out->keys[out->count++] = *next;
    }
    OPENSSL_cleanse(next, sizeof *next);
}

static void read_entry(struct slice line, struct key *next)
{
    struct slice value = line;
    struct slice name = trim(slice_cut(&value, '='));
    value = trim(value);
    if (slice_is(name, "aws_access_key_id")) {
        (void)!slice_copy(value, next->id, sizeof next->id);
    } else if (slice_is(name, "aws_secret_access_key")) {
        (void)!slice_copy(value, next->secret, sizeof next->secret);
    }
}

static void read_text(struct slice text, struct credentials *out)
{
    struct key next = {.id = ""};
    while (text.ptr) {
        struct slice line = trim(slice_cut(&text, '\n'));
        if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == ';') {
            continue;
        }
        if (line.ptr[0] == '[') {
            finish_key(out, &next);
        } else {
            read_entry(line, &next);
        }
    }
    finish_key(out, &next);
}

struct credentials *credentials_read(const char *path, char *why, size_t why_cap)
{
    char *text = read_private(path, why, why_cap);
    if (!text) {
        return NULL;
    }
    struct credentials *credentials = memory_zeroed(sizeof *credentials);
    read_text(slice_from(text), credentials);
    OPENSSL_cleanse(text, FILE_MAX);
    free(text);
    if (credentials->count == 0) {
        snprintf(why, why_cap, "%s has no aws_access_key_id with its aws_secret_access_key", path);
        free(credentials);
        return NULL;
    }
    return credentials;
}

/* --- A new key --- */

/* `count` random characters of an alphabet that needs no quotes anywhere. */
static void put_random(char *out, size_t count)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned char bytes[SECRET_CHARS];
    while (getrandom(bytes, count, 0) != (ssize_t)count) {
        if (errno != EINTR) {
            abort(); /* a kernel without random numbers: nothing here could be trusted */
        }
    }
    for (size_t i = 0; i < count; i++) {
        out[i] = alphabet[bytes[i] & 31];
    }
    out[count] = '\0';
    OPENSSL_cleanse(bytes, sizeof bytes);
}

bool credentials_make_file(const char *path, char *why, size_t why_cap)
{
    char id[ID_RANDOM + 1];
    char secret[SECRET_CHARS + 1];
    put_random(id, ID_RANDOM);
    put_random(secret, SECRET_CHARS);
    char *text = text_format("# The key of this iot-local. AWS_SHARED_CREDENTIALS_FILE may name this file.\n"
                             "[default]\naws_access_key_id = AKIA%s\naws_secret_access_key = %s\n",
                             id, secret);
    bool is_good = file_write_whole(path, text, strlen(text), 0600);
    if (!is_good) {
        snprintf(why, why_cap, "%s: %s", path, strerror(errno));
    }
    OPENSSL_cleanse(text, strlen(text));
    OPENSSL_cleanse(secret, sizeof secret);
    free(text);
    return is_good;
}
