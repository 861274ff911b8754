/* SPDX-License-Identifier: MIT */
/* Inside of the authority: PEM text and PEM files. */
#ifndef CLOUD_PKI_PKI_FILE_H
#define CLOUD_PKI_PKI_FILE_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>

/* malloc'd texts; NULL: out of memory, or OpenSSL failed. The private key of an RSA pair has the form that AWS
 * sends (PKCS#1), all others PKCS#8. */
char *pki_certificate_text(X509 *certificate);
char *pki_private_key_text(EVP_PKEY *key);
char *pki_public_key_text(EVP_PKEY *key);
void pki_text_wipe(char *text); /* frees, too; NULL is fine */

/* NULL with errno ENOENT: no such file; EINVAL: it does not hold one; else errno of the system. */
X509 *pki_file_read_certificate(const char *path);
EVP_PKEY *pki_file_read_key(const char *path);

/* Atomic: after a power cut the file is the old one or the new one. Errno tells. */
bool pki_file_write_certificate(const char *path, X509 *certificate); /* mode 0644 */
bool pki_file_write_key(const char *path, EVP_PKEY *key);             /* mode 0600 */

#endif
