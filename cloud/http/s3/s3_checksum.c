/* SPDX-License-Identifier: MIT */
#include "cloud/http/s3/s3_checksum.h"

#include "cloud/base/memory.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct s3_algorithm_names names[S3_NO_ALGORITHM] = {
    [S3_CRC32] = {"CRC32", "x-amz-checksum-crc32", "ChecksumCRC32", 4},
    [S3_CRC32C] = {"CRC32C", "x-amz-checksum-crc32c", "ChecksumCRC32C", 4},
    [S3_CRC64NVME] = {"CRC64NVME", "x-amz-checksum-crc64nvme", "ChecksumCRC64NVME", 8},
    [S3_SHA1] = {"SHA1", "x-amz-checksum-sha1", "ChecksumSHA1", 20},
    [S3_SHA256] = {"SHA256", "x-amz-checksum-sha256", "ChecksumSHA256", 32},
    [S3_MD5] = {"MD5", "Content-MD5", "", 16},
};

const struct s3_algorithm_names *s3_algorithm_names(enum s3_algorithm algorithm)
{
    assert(algorithm < S3_NO_ALGORITHM);
    return &names[algorithm];
}

enum s3_algorithm s3_algorithm_of(const char *name)
{
    for (int i = 0; i < S3_ALGORITHM_COUNT; i++) {
        if (strcasecmp(names[i].name, name) == 0) {
            return (enum s3_algorithm)i;
        }
    }
    return S3_NO_ALGORITHM;
}

/* --- CRCs --- */

/* All three are reflected, begin with all ones and are inverted at the end: one piece of code serves them, in a register of
 * 64 bits. tables[k][b]: what the byte b does k bytes later. */
#define CRC_COUNT 3
static const uint64_t polynomials[CRC_COUNT] = {
    [S3_CRC32] = 0xedb88320, [S3_CRC32C] = 0x82f63b78, [S3_CRC64NVME] = 0x9a6c9329ac4bc9b5};
static uint64_t tables[CRC_COUNT][8][256];

static void make_tables(void)
{
    for (int which = 0; which < CRC_COUNT; which++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            uint64_t crc = byte;
            for (int bit = 0; bit < 8; bit++) {
                crc = crc & 1 ? crc >> 1 ^ polynomials[which] : crc >> 1;
            }
            tables[which][0][byte] = crc;
        }
        for (int k = 1; k < 8; k++) {
            for (unsigned byte = 0; byte < 256; byte++) {
                uint64_t crc = tables[which][k - 1][byte];
                tables[which][k][byte] = tables[which][0][crc & 255] ^ crc >> 8;
            }
        }
    }
}

static uint64_t read_word(const unsigned char *bytes)
{
    uint64_t word = 0;
    for (int i = 7; i >= 0; i--) {
        word = word << 8 | bytes[i];
    }
    return word;
}

static uint64_t add_crc(const uint64_t table[8][256], uint64_t crc, const unsigned char *bytes, size_t len)
{
    for (; len >= 8; len -= 8, bytes += 8) {
        uint64_t word = crc ^ read_word(bytes);
        crc = 0;
        for (int i = 0; i < 8; i++) {
            crc ^= table[7 - i][word >> 8 * i & 255];
        }
    }
    for (; len > 0; len--, bytes++) {
        crc = table[0][(crc ^ *bytes) & 255] ^ crc >> 8;
    }
    return crc;
}

/* --- All --- */

static const EVP_MD *digest_of(enum s3_algorithm algorithm)
{
    return algorithm == S3_SHA1 ? EVP_sha1() : algorithm == S3_SHA256 ? EVP_sha256() : EVP_md5();
}

void s3_checksum_open(struct s3_checksum *sum, enum s3_algorithm algorithm)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT; /* the loop and the worker both compute */
    pthread_once(&once, make_tables);
    *sum = (struct s3_checksum){.algorithm = algorithm, .crc = UINT64_MAX};
    if (algorithm < CRC_COUNT) {
        sum->crc = algorithm == S3_CRC64NVME ? UINT64_MAX : UINT32_MAX;
        return;
    }
    sum->digest = EVP_MD_CTX_new();
    if (!sum->digest || !EVP_DigestInit_ex(sum->digest, digest_of(algorithm), NULL)) {
        memory_out(); /* it fails for nothing else */
    }
}

void s3_checksum_add(struct s3_checksum *sum, const void *bytes, size_t len)
{
    if (!sum->digest) {
        sum->crc = add_crc(tables[sum->algorithm], sum->crc, bytes, len);
    } else if (!EVP_DigestUpdate(sum->digest, bytes, len)) {
        memory_out();
    }
}

void s3_checksum_end(struct s3_checksum *sum, unsigned char digest[S3_DIGEST_MAX])
{
    if (sum->digest) {
        EVP_DigestFinal_ex(sum->digest, digest, NULL);
        EVP_MD_CTX_free(sum->digest);
        sum->digest = NULL;
        return;
    }
    size_t len = names[sum->algorithm].len;
    for (size_t i = 0; i < len; i++) {
        digest[i] = (unsigned char)(~sum->crc >> 8 * (len - 1 - i));
    }
}

void s3_checksum_of(enum s3_algorithm algorithm, const void *bytes, size_t len, char base64[S3_BASE64_CAP])
{
    struct s3_checksum sum;
    unsigned char digest[S3_DIGEST_MAX];
    s3_checksum_open(&sum, algorithm);
    s3_checksum_add(&sum, bytes, len);
    s3_checksum_end(&sum, digest);
    base64_write(digest, names[algorithm].len, base64);
}

/* --- As text --- */

void s3_checksum_write(enum s3_algorithm algorithm, const char *base64, size_t parts,
                       char out[OBJECT_CHECKSUM_CAP])
{
    if (parts > 0) {
        snprintf(out, OBJECT_CHECKSUM_CAP, "%s %s-%zu", names[algorithm].name, base64, parts);
    } else {
        snprintf(out, OBJECT_CHECKSUM_CAP, "%s %s", names[algorithm].name, base64);
    }
}

enum s3_algorithm s3_checksum_read(const char *stored, const char **value)
{
    char name[16];
    size_t len = strcspn(stored, " ");
    if (!stored[len] || len >= sizeof name) {
        return S3_NO_ALGORITHM;
    }
    memcpy(name, stored, len);
    name[len] = '\0';
    *value = stored + len + 1;
    return s3_algorithm_of(name);
}

const char *s3_checksum_type(const char *value)
{
    return strchr(value, '-') ? "COMPOSITE" : "FULL_OBJECT";
}
