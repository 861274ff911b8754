/* SPDX-License-Identifier: MIT */
/* A search in a token: what tls_key.c looks for, by whichever way OpenSSL has to it, and what both ways say when they find nothing. */
#ifndef PORTS_LINUX_TLS_KEY_SEARCH_H
#define PORTS_LINUX_TLS_KEY_SEARCH_H

#include "ports/linux/pkcs11_uri.h"

#include <openssl/ui.h>
#include <openssl/x509.h>

struct tls_key_search {
    struct pkcs11_uri uri;
    bool for_certificate;
    EVP_PKEY *key;     /* found */
    X509 *certificate; /* found */
    bool was_asked;    /* for a PIN */
};

/* What to say when nothing was found. */
extern const char tls_key_no_module[];    /* no PKCS#11 module can be loaded */
extern const char tls_key_no_object[];    /* nothing of that name */
extern const char tls_key_no_pin[];       /* the token wants one */
extern const char tls_key_bad_pin[];      /* the token refuses it */
extern const char tls_key_other_module[]; /* there is one already in this process */

/* Answers a question for the PIN; its user data is the search. Never asks a person. */
UI_METHOD *tls_key_ui(void);

#endif
