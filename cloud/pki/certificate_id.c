/* SPDX-License-Identifier: MIT */
#include "cloud/pki/certificate_id.h"

#include <openssl/evp.h>

bool certificate_id(const X509 *certificate, char id[CERTIFICATE_ID_CAP])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;

    if (X509_digest(certificate, EVP_sha256(), digest, &len) != 1 || len != (CERTIFICATE_ID_CAP - 1) / 2) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        id[2 * i] = digits[digest[i] >> 4];
        id[2 * i + 1] = digits[digest[i] & 15];
    }
    id[CERTIFICATE_ID_CAP - 1] = '\0';
    return true;
}
