/* SPDX-License-Identifier: MIT */
#include "cloud/pki/certificate_id.h"

#include "cloud/base/hex.h"

#include <openssl/evp.h>

bool certificate_id(const X509 *certificate, char id[CERTIFICATE_ID_CAP])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;

    if (X509_digest(certificate, EVP_sha256(), digest, &len) != 1 || len != (CERTIFICATE_ID_CAP - 1) / 2) {
        return false;
    }
    hex_write(digest, len, id);
    return true;
}
