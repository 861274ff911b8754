/* SPDX-License-Identifier: MIT */
/* Keys that are made ahead: as many as somebody seems to want, and never more than fit. */
// LINK: cloud_pki
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/pki/key_stock.h"

static const atomic_bool go_on;

static size_t fill(struct key_stock *stock)
{
    size_t before = stock->count;
    while (key_stock_add(stock, &go_on)) {
    }
    return stock->count - before;
}

static void take(struct key_stock *stock)
{
    EVP_PKEY *key = key_stock_take(stock);
    assert_non_null(key);
    assert_int_equal(EVP_PKEY_get_base_id(key), EVP_PKEY_RSA);
    assert_int_equal(EVP_PKEY_get_bits(key), 2048);
    EVP_PKEY_free(key);
}

static void grows_with_what_is_taken(void **state)
{
    struct key_stock stock = {0};
    (void)state;
    assert_int_equal(fill(&stock), 1);
    for (size_t taken = 1; taken < KEY_STOCK_MAX + 2; taken++) {
        take(&stock);
        (void)fill(&stock);
        assert_int_equal(stock.count, taken < KEY_STOCK_MAX ? taken + 1 : KEY_STOCK_MAX);
    }
    key_stock_clear(&stock);
    assert_int_equal(stock.count, 0);
}

static void an_empty_one_makes_a_key_now(void **state)
{
    struct key_stock stock = {0};
    (void)state;
    take(&stock);
    take(&stock);
    assert_int_equal(stock.count, 0);
    assert_int_equal(fill(&stock), 3);
    key_stock_clear(&stock);
}

static void who_is_closing_makes_none(void **state)
{
    struct key_stock stock = {0};
    const atomic_bool stop = true;
    (void)state;
    assert_false(key_stock_add(&stock, &stop));
    assert_int_equal(stock.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_with_what_is_taken),
        cmocka_unit_test(an_empty_one_makes_a_key_now),
        cmocka_unit_test(who_is_closing_makes_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
