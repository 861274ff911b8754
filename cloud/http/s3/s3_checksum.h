/* SPDX-License-Identifier: MIT */
/* The checksums of S3: computed piece by piece, as base64 of their bytes with the most significant first. */
#ifndef CLOUD_HTTP_S3_CHECKSUM_H
#define CLOUD_HTTP_S3_CHECKSUM_H

#include "cloud/base/base64.h"
#include "cloud/core/objects/objects.h"

#include <openssl/evp.h>

enum s3_algorithm {
    S3_CRC32,
    S3_CRC32C,
    S3_CRC64NVME,
    S3_SHA1,
    S3_SHA256,
    S3_ALGORITHM_COUNT,          /* those that objects are stored with */
    S3_MD5 = S3_ALGORITHM_COUNT, /* Content-MD5 */
    S3_NO_ALGORITHM,
};

#define S3_DIGEST_MAX 32
#define S3_BASE64_CAP BASE64_CAP(S3_DIGEST_MAX)

struct s3_algorithm_names {
    const char *name;    /* "CRC32" */
    const char *header;  /* "x-amz-checksum-crc32" */
    const char *element; /* "ChecksumCRC32" */
    size_t len;          /* bytes of the digest */
};
/* Of any but S3_NO_ALGORITHM. */
const struct s3_algorithm_names *s3_algorithm_names(enum s3_algorithm algorithm);
/* By its name, upper or lower case; S3_NO_ALGORITHM: none that is known. */
enum s3_algorithm s3_algorithm_of(const char *name);

struct s3_checksum {
    enum s3_algorithm algorithm;
    uint64_t crc;
    EVP_MD_CTX *digest; /* NULL: a CRC */
};
void s3_checksum_open(struct s3_checksum *sum, enum s3_algorithm algorithm);
void s3_checksum_add(struct s3_checksum *sum, const void *bytes, size_t len);
void s3_checksum_end(struct s3_checksum *sum, unsigned char digest[S3_DIGEST_MAX]); /* and closes it */

/* All at once, as base64. */
void s3_checksum_of(enum s3_algorithm algorithm, const void *bytes, size_t len, char base64[S3_BASE64_CAP]);

/* As it is stored: "CRC32 BASE64", behind it "-PARTS" when it is made of the checksums of so many parts (0: it is not). */
void s3_checksum_write(enum s3_algorithm algorithm, const char *base64, size_t parts,
                       char out[OBJECT_CHECKSUM_CAP]);
/* *value points into the text. S3_NO_ALGORITHM: there is none. */
enum s3_algorithm s3_checksum_read(const char *stored, const char **value);
/* "COMPOSITE" or "FULL_OBJECT" */
const char *s3_checksum_type(const char *value);

#endif
