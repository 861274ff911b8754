/* SPDX-License-Identifier: MIT */
/* RSA keys that were made ahead: making one takes a tenth of a second, taking one takes none. For one thread. */
#ifndef CLOUD_PKI_KEY_STOCK_H
#define CLOUD_PKI_KEY_STOCK_H

#include <openssl/evp.h>
#include <stdatomic.h>
#include <stdbool.h>

#define KEY_STOCK_MAX 8

struct key_stock {
    EVP_PKEY *keys[KEY_STOCK_MAX];
    size_t count;
};

/* The caller's; made now when there is none. NULL: OpenSSL says why. */
EVP_PKEY *key_stock_take(struct key_stock *stock);

/* Makes one. false: the stock is full, OpenSSL refuses, or *stop has become true meanwhile. */
bool key_stock_add(struct key_stock *stock, const atomic_bool *stop);

void key_stock_clear(struct key_stock *stock);

#endif
