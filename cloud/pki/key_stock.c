/* SPDX-License-Identifier: MIT */
#include "cloud/pki/key_stock.h"

#include "cloud/pki/pki_make.h"

static bool has_enough(const struct key_stock *stock)
{
    return stock->count >= KEY_STOCK_MAX || stock->count > stock->taken;
}

EVP_PKEY *key_stock_take(struct key_stock *stock)
{
    stock->taken++;
    return stock->count > 0 ? stock->keys[--stock->count] : pki_make_rsa_key(NULL);
}

bool key_stock_add(struct key_stock *stock, const atomic_bool *stop)
{
    EVP_PKEY *key = has_enough(stock) ? NULL : pki_make_rsa_key(stop);
    if (key == NULL) {
        return false;
    }
    stock->keys[stock->count++] = key;
    return true;
}

void key_stock_clear(struct key_stock *stock)
{
    while (stock->count > 0) {
        EVP_PKEY_free(stock->keys[--stock->count]);
    }
}
