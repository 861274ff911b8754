/* SPDX-License-Identifier: MIT */
#include "cloud/pki/trust_dir.h"

#include "cloud/base/file_write.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAME_NAME_MAX 1000 /* files of one subject */

static bool fail(char *why, size_t why_cap, const char *path)
{
    snprintf(why, why_cap, "%s: %s", path, strerror(errno));
    return false;
}

/* A name that OpenSSL looks for, or what was to become one. What else lies there is not ours. */
static bool is_ours(const char *name)
{
    return strspn(name, "0123456789abcdef") == 8 && name[8] == '.';
}

static bool remove_files(DIR *folder, char *why, size_t why_cap)
{
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        if (is_ours(entry->d_name) && unlinkat(dirfd(folder), entry->d_name, 0) != 0) {
            return fail(why, why_cap, entry->d_name);
        }
    }
    return true;
}

bool trust_dir_open(const char *data_dir, char *why, size_t why_cap)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof(path), "%s/" TRUST_DIR_NAME, data_dir) >= (int)sizeof(path)) {
        errno = ENAMETOOLONG;
        return fail(why, why_cap, data_dir);
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return fail(why, why_cap, path);
    }
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return fail(why, why_cap, path);
    }
    bool is_good = remove_files(folder, why, why_cap);
    closedir(folder);
    return is_good;
}

static bool is_same_file(const char *path, const struct foreign *anchor)
{
    FILE *file = fopen(path, "re");
    X509 *found = file != NULL ? PEM_read_X509_AUX(file, NULL, NULL, NULL) : NULL;
    bool is_same = found != NULL && X509_cmp(found, anchor->certificate) == 0;
    X509_free(found);
    if (file != NULL) {
        fclose(file);
    }
    ERR_clear_error();
    return is_same;
}

/* OpenSSL's form that says: trusted for TLS clients. It makes an anchor of a CA that is no root. */
static bool write_trusted(const char *path, const struct foreign *anchor)
{
    X509 *copy = X509_dup(anchor->certificate);
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    bool is_good = copy != NULL && bio != NULL &&
                   X509_add1_trust_object(copy, OBJ_nid2obj(NID_client_auth)) == 1 &&
                   PEM_write_bio_X509_AUX(bio, copy) == 1;
    long len = is_good ? BIO_get_mem_data(bio, &text) : 0;
    errno = ENOMEM;
    is_good = len > 0 && file_write_whole(path, text, (size_t)len, 0600);
    BIO_free(bio);
    X509_free(copy);
    return is_good;
}

bool trust_dir_add(const char *data_dir, const struct foreign *anchor, char *why, size_t why_cap)
{
    char path[PATH_MAX];
    unsigned long hash = X509_subject_name_hash(anchor->certificate);
    for (unsigned i = 0; i < SAME_NAME_MAX; i++) {
        if (snprintf(path, sizeof(path), "%s/" TRUST_DIR_NAME "/%08lx.%u", data_dir, hash, i) >=
            (int)sizeof(path)) {
            errno = ENAMETOOLONG;
            return fail(why, why_cap, data_dir);
        }
        if (access(path, F_OK) != 0) {
            return write_trusted(path, anchor) || fail(why, why_cap, path);
        }
        if (is_same_file(path, anchor)) {
            return true;
        }
    }
    snprintf(why, why_cap, "%s/" TRUST_DIR_NAME ": too many certificates of the same subject", data_dir);
    return false;
}
