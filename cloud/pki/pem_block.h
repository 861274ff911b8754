/* SPDX-License-Identifier: MIT */
/* A stranger's PEM text: exactly one block, of the one kind that is asked for. */
#ifndef CLOUD_PKI_PEM_BLOCK_H
#define CLOUD_PKI_PEM_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

/* kind: "CERTIFICATE". *der: OPENSSL_free it. false: why; it never repeats the text, which may hold somebody's key. */
bool pem_block_read(const char *text, size_t max, const char *kind, unsigned char **der, long *len, char *why,
                    size_t why_cap);

#endif
