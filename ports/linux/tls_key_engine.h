/* SPDX-License-Identifier: MIT */
/* For tls_key.c: the way through OpenSSL's older interface, for systems whose OpenSSL has no provider for PKCS#11. */
#ifndef PORTS_LINUX_TLS_KEY_ENGINE_H
#define PORTS_LINUX_TLS_KEY_ENGINE_H

#include "ports/linux/tls_key_search.h"

/* NULL: found. Otherwise says why not (static text). *is_there: whether there is such an engine at all. */
const char *tls_key_engine_search(struct tls_key_search *search, bool *is_there);

#endif
