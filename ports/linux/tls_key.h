/* SPDX-License-Identifier: MIT */
/* Keys that sign and are not read, and certificates that lie beside them: in a token of PKCS#11 (an HSM, a TPM, a smart card), named
 * by a URI (RFC 7512). OpenSSL reaches it through a provider (Debian: pkcs11-provider), or where that is not installed through an
 * engine (libengine-pkcs11-openssl). */
#ifndef PORTS_LINUX_TLS_KEY_H
#define PORTS_LINUX_TLS_KEY_H

#include <openssl/x509.h>

#include <stdbool.h>

/* Not PEM text, but where something lies (common/pem.h); also one with a scheme that nobody here knows, which the functions below
 * then refuse. */
bool tls_key_is_reference(const char *text);

/* The caller frees what is returned. NULL: *why (static text) says why; nothing of the URI is logged, because a PIN may be in it.
 * A PIN that the token refuses is tried once. Any task; waits for the token. */
EVP_PKEY *tls_key_load(const char *uri, const char **why);
X509 *tls_key_load_certificate(const char *uri, const char **why);

#endif
