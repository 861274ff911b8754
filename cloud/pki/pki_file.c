/* SPDX-License-Identifier: MIT */
#include "cloud/pki/pki_file.h"
#include "cloud/base/memory.h"

#include "cloud/base/file_write.h"

#include <errno.h>
#include <fcntl.h>
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
        text = memory_copy(data, (size_t)len);
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

static bool write_file(const char *path, const char *text, mode_t mode)
{
    if (text == NULL) {
        errno = ENOMEM;
        return false;
    }
    return file_write_whole(path, text, strlen(text), mode);
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
