/* SPDX-License-Identifier: MIT */
#include "cloud/http/s3/s3_file.h"

#include "cloud/base/memory.h"
#include "cloud/http/s3/s3.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE ((size_t)256 * 1024)

void s3_file_drop(struct s3_file *file)
{
    if (file->folder && !file->is_stored) {
        object_file_remove(file->folder, file->file.name);
    }
}

static bool has_folder(struct call *call)
{
    if (!call->service->objects_dir) {
        s3_fail(call, S3_INTERNAL_ERROR, "this iot-local has no folder for objects");
        return false;
    }
    return true;
}

static bool fail_write(struct call *call)
{
    int code = errno;
    s3_fail(call, s3_code_of_errno(code), "cannot write the object to %s: %s", call->service->objects_dir,
            strerror(code));
    return false;
}

bool s3_file_write(struct call *call, struct s3_file *out)
{
    const struct request *request = &call->request;
    const char *folder = call->service->objects_dir;
    struct object_file file;
    if (!has_folder(call)) {
        return false;
    }
    if (request->body_len > S3_OBJECT_MAX) {
        s3_fail(call, S3_ENTITY_TOO_LARGE,
                "iot-local takes up to %zu bytes in one piece; more come as a multipart upload",
                S3_OBJECT_MAX);
        return false;
    }
    if (!object_file_write(folder, request->body ? request->body : "", request->body_len, &file)) {
        return fail_write(call);
    }
    *out = (struct s3_file){.folder = folder, .file = file};
    return true;
}

/* --- Joining --- */

bool s3_join_begin(struct call *call, struct s3_join *join, enum s3_algorithm algorithm)
{
    if (!has_folder(call)) {
        return false;
    }
    *join = (struct s3_join){.call = call, .writer = object_writer_begin(call->service->objects_dir)};
    if (!join->writer) {
        return fail_write(call);
    }
    s3_checksum_open(&join->sum, algorithm);
    return true;
}

static void close_sum(struct s3_join *join)
{
    unsigned char ignored[S3_DIGEST_MAX];
    s3_checksum_end(&join->sum, ignored);
}

void s3_join_give_up(struct s3_join *join)
{
    close_sum(join);
    object_writer_give_up(join->writer);
}

/* The next piece; false: answered. */
static bool copy_piece(struct s3_join *join, int fd, char *buffer, size_t first, size_t len, size_t *copied)
{
    struct call *call = join->call;
    if (call->service->is_closing && atomic_load(call->service->is_closing)) {
        s3_fail(call, S3_INTERNAL_ERROR, "iot-local is being stopped");
        return false;
    }
    ssize_t got;
    do {
        got = pread(fd, buffer, len < PIECE ? len : PIECE, (off_t)first);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) {
        s3_fail(call, S3_INTERNAL_ERROR, "cannot read a body of %s: %s", call->service->objects_dir,
                got < 0 ? strerror(errno) : "it ends early");
        return false;
    }
    s3_checksum_add(&join->sum, buffer, (size_t)got);
    *copied = (size_t)got;
    return object_writer_append(join->writer, buffer, (size_t)got) || fail_write(call);
}

bool s3_join_add(struct s3_join *join, int fd, size_t first, size_t len)
{
    char *buffer = memory_resize(NULL, PIECE);
    bool is_good = true;
    while (is_good && len > 0) {
        size_t copied = 0;
        is_good = copy_piece(join, fd, buffer, first, len, &copied);
        first += copied;
        len -= copied;
    }
    free(buffer);
    if (!is_good) {
        s3_join_give_up(join);
    }
    return is_good;
}

bool s3_join_end(struct s3_join *join, struct s3_file *out, char base64[S3_BASE64_CAP])
{
    unsigned char digest[S3_DIGEST_MAX];
    struct object_file file;
    s3_checksum_end(&join->sum, digest);
    base64_write(digest, s3_algorithm_names(join->sum.algorithm)->len, base64);
    if (!object_writer_end(join->writer, &file)) {
        return fail_write(join->call);
    }
    *out = (struct s3_file){.folder = join->call->service->objects_dir, .file = file};
    return true;
}
