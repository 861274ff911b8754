/* SPDX-License-Identifier: MIT */
#include "cloud/cli/file.h"

#include "cloud/base/file_write.h"
#include "cloud/base/memory.h"
#include "cloud/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_STEP 65536

static void say(const char *what, const char *path)
{
    fprintf(stderr, "iot-local: cannot %s %s: %s\n", what, path, strerror(errno));
}

char *file_read(const char *path, size_t size_max, size_t *len)
{
    char *text = memory_resize(NULL, 1);
    size_t used = 0;
    size_t got;
    FILE *file = fopen(path, "rbe");
    if (!file) {
        say("open", path);
        free(text);
        return NULL;
    }
    do {
        text = memory_resize(text, used + READ_STEP + 1);
        got = fread(text + used, 1, READ_STEP, file);
        used += got;
    } while (got > 0 && used <= size_max);
    bool has_failed = ferror(file);
    fclose(file);
    if (has_failed || used > size_max) {
        if (has_failed) {
            say("read", path);
        } else {
            fprintf(stderr, "iot-local: %s has more than %zu bytes\n", path, size_max);
        }
        free(text);
        return NULL;
    }
    text[used] = '\0';
    *len = used;
    return text;
}

bool file_write(const char *folder, const char *name, const char *text, mode_t mode)
{
    char *path = text_format("%s/%s", folder, name);
    bool is_good = file_write_whole(path, text, strlen(text), mode);
    if (!is_good) {
        say("write", path);
    }
    free(path);
    return is_good;
}

bool file_exists(const char *folder, const char *name)
{
    struct stat found;
    char *path = text_format("%s/%s", folder, name);
    bool exists = lstat(path, &found) == 0;
    free(path);
    return exists;
}

bool file_make_folder(const char *path)
{
    char *part = text_copy(path);
    bool is_good = true;
    for (char *at = part + 1; is_good && (at = strchr(at, '/')) != NULL; at++) {
        *at = '\0';
        is_good = mkdir(part, 0755) == 0 || errno == EEXIST;
        *at = '/';
    }
    is_good = is_good && (mkdir(path, 0700) == 0 || errno == EEXIST);
    if (!is_good) {
        say("make the folder", path);
    }
    free(part);
    return is_good;
}
