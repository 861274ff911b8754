/* SPDX-License-Identifier: MIT */
/* RSA keys that were made ahead: making one takes a tenth of a second, or a second on a small machine; taking one takes none. Who
 * asks for many is kept waiting by none of them, and who asks for none pays for one: the stock grows with what is taken. For one
 * thread. */
#ifndef CLOUD_PKI_KEY_STOCK_H
#define CLOUD_PKI_KEY_STOCK_H

#include <openssl/evp.h>
#include <stdatomic.h>
#include <stdbool.h>

#define KEY_STOCK_MAX 8

struct key_stock {
    EVP_PKEY *keys[KEY_STOCK_MAX];
    size_t count;
    size_t taken; /* so far */
};

/* The caller's; made now when there is none. NULL: OpenSSL says why. */
EVP_PKEY *key_stock_take(struct key_stock *stock);

/* Makes one. false: there are enough (one more than were taken, KEY_STOCK_MAX at most), OpenSSL refuses, or *stop has become true meanwhile. */
bool key_stock_add(struct key_stock *stock, const atomic_bool *stop);

void key_stock_clear(struct key_stock *stock);

#endif
