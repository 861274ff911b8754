/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target over files, or over the files of folders, without libFuzzer. Fails when there was nothing to run,
 * so that a wrong path cannot look like success. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_BYTES_MAX (1L << 24)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t files_run;

/* A buffer of exactly the file's size: the address sanitizer sees the first byte read too far. */
static int run_file(const char *path)
{
    int result = -1;
    uint8_t *data = NULL;
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        goto finish;
    }
    long size = ftell(file);
    if (size < 0 || size > FILE_BYTES_MAX || fseek(file, 0, SEEK_SET) != 0) {
        goto finish;
    }
    data = malloc((size_t)size);
    if ((data == NULL && size > 0) || fread(data, 1, (size_t)size, file) != (size_t)size) {
        goto finish;
    }

    fprintf(stderr, "%s\n", path); /* before the run: the last line names the input that failed */
    LLVMFuzzerTestOneInput(data, (size_t)size);
    files_run++;
    result = 0;

finish:
    if (result != 0) {
        fprintf(stderr, "%s: cannot be read: %s\n", path, strerror(errno));
    }
    free(data);
    if (file != NULL) {
        fclose(file);
    }
    return result;
}

static int run_folder(const char *path)
{
    int result = 0;
    DIR *folder = opendir(path);
    if (folder == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return -1;
    }
    for (struct dirent *entry = readdir(folder); entry != NULL && result == 0; entry = readdir(folder)) {
        char name[4096];
        if (entry->d_name[0] == '.') {
            continue;
        }
        int len = snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        result = len > 0 && (size_t)len < sizeof(name) ? run_file(name) : -1;
    }
    closedir(folder);
    return result;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct stat info;
        if (stat(argv[i], &info) != 0) {
            fprintf(stderr, "%s: %s\n", argv[i], strerror(errno));
            return EXIT_FAILURE;
        }
        if ((S_ISDIR(info.st_mode) ? run_folder(argv[i]) : run_file(argv[i])) != 0) {
            return EXIT_FAILURE;
        }
    }
    if (files_run == 0) {
        fprintf(stderr, "usage: %s FILE_OR_FOLDER...   (no file was found)\n", argv[0]);
        return EXIT_FAILURE;
    }
    printf("%zu inputs\n", files_run);
    return EXIT_SUCCESS;
}
