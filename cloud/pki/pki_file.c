/* SPDX-License-Identifier: MIT */
#include "cloud/pki/pki_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Empties a memory BIO into a malloc'd text, and frees it. */
static char *take_text(BIO *bio, bool is_written)
{
    char *text = NULL;
    char *data;
    long len = bio != NULL ? BIO_get_mem_data(bio, &data) : 0;
    if (is_written && len > 0) {
        text = strndup(data, (size_t)len);
    }
    BIO_free(bio);
    return text;
}

char *pki_certificate_text(X509 *certificate)
{
    BIO *bio = BIO_new(BIO_s_mem());
    return take_text(bio, bio != NULL && PEM_write_bio_X509(bio, certificate) == 1);
}

char *pki_private_key_text(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    bool is_written =
        bio != NULL && (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA
                            ? PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL)
                            : PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)) == 1;
    return take_text(bio, is_written);
}

char *pki_public_key_text(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    return take_text(bio, bio != NULL && PEM_write_bio_PUBKEY(bio, key) == 1);
}

void pki_text_wipe(char *text)
{
    if (text != NULL) {
        OPENSSL_cleanse(text, strlen(text));
    }
    free(text);
}

X509 *pki_file_read_certificate(const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return NULL;
    }
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    if (certificate == NULL) {
        errno = EINVAL;
    }
    return certificate;
}

/* Without this OpenSSL would ask the terminal. */
static int no_password(char *buffer, int size, int is_writing, void *ctx)
{
    (void)buffer, (void)size, (void)is_writing, (void)ctx;
    return -1;
}

EVP_PKEY *pki_file_read_key(const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return NULL;
    }
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, no_password, NULL);
    fclose(file);
    if (key == NULL) {
        errno = EINVAL;
    }
    return key;
}

static bool write_all(int fd, const char *text)
{
    size_t len = strlen(text);
    while (len > 0) {
        ssize_t written = write(fd, text, len);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        text += written;
        len -= (size_t)written;
    }
    return true;
}

/* The rename itself must reach the disk, too. */
static bool sync_folder(const char *path)
{
    char copy[PATH_MAX];
    snprintf(copy, sizeof(copy), "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool is_good = fsync(fd) == 0;
    close(fd);
    return is_good;
}

static bool write_file(const char *path, const char *text, mode_t mode)
{
    char fresh[PATH_MAX];
    if (text == NULL || snprintf(fresh, sizeof(fresh), "%s.new", path) >= (int)sizeof(fresh)) {
        errno = text == NULL ? ENOMEM : ENAMETOOLONG;
        return false;
    }
    unlink(fresh);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0) {
        return false;
    }
    bool is_good = write_all(fd, text) && fchmod(fd, mode) == 0 && fsync(fd) == 0;
    is_good = close(fd) == 0 && is_good;
    if (is_good && rename(fresh, path) == 0) {
        return sync_folder(path);
    }
    unlink(fresh);
    return false;
}

bool pki_file_write_certificate(const char *path, X509 *certificate)
{
    char *text = pki_certificate_text(certificate);
    bool is_good = write_file(path, text, 0644);
    free(text);
    return is_good;
}

bool pki_file_write_key(const char *path, EVP_PKEY *key)
{
    char *text = pki_private_key_text(key);
    bool is_good = write_file(path, text, 0600);
    pki_text_wipe(text);
    return is_good;
}
