/* SPDX-License-Identifier: MIT */
/* common/pem.h: blocks of PEM text, whatever stands around them (RFC 7468, RFC 1421; R-64). */
// LINK: common
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/pem.h"

#include <stdio.h>

#define BLOCK(label) "-----BEGIN " label "-----\nMII=\n-----END " label "-----\n"
#define OLD_KEY                                                                                              \
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMII=\n"            \
    "-----END RSA PRIVATE KEY-----\n"

enum outcome { NONE, PLAIN, ENCRYPTED };

static const struct {
    const char *text;
    enum outcome outcome;
} keys[] = {
    {BLOCK("PRIVATE KEY"), PLAIN},
    {BLOCK("EC PRIVATE KEY"), PLAIN},
    {BLOCK("EC PARAMETERS") BLOCK("EC PRIVATE KEY"), PLAIN},
    {BLOCK("CERTIFICATE") BLOCK("PRIVATE KEY"), PLAIN},
    {"Bag Attributes\n    friendlyName: NOT ENCRYPTED\n" BLOCK("PRIVATE KEY"), PLAIN},
    {BLOCK("PRIVATE KEY") "was ENCRYPTED once\nProc-Type: 4,ENCRYPTED\n", PLAIN},
    {"Proc-Type: 4,ENCRYPTED\n" BLOCK("PRIVATE KEY"), PLAIN},
    {"see -----BEGIN ENCRYPTED PRIVATE KEY-----\n" BLOCK("PRIVATE KEY"), PLAIN}, /* not at the line's start */
    {"-----BEGIN ENCRYPTED PRIVATE KEY-----\ncut off\n" BLOCK("PRIVATE KEY"), PLAIN}, /* has no end */
    {"-----BEGIN PRIVATE KEY-----\r\nMII=\r\n-----END PRIVATE KEY----- \r\n", PLAIN},
    {"-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----", PLAIN}, /* no line end behind it */
    {"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", PLAIN},     /* empty: judged by others */
    {"-----BEGIN RSA PRIVATE KEY-----\nComment: ENCRYPTED\n\nMII=\n-----END RSA PRIVATE KEY-----\n", PLAIN},
    {BLOCK("PRIVATE KEY") BLOCK("ENCRYPTED PRIVATE KEY"), PLAIN}, /* the first is used */
    {BLOCK("ENCRYPTED PRIVATE KEY"), ENCRYPTED},
    {BLOCK("ENCRYPTED PRIVATE KEY") BLOCK("PRIVATE KEY"), ENCRYPTED},
    {"plain text\n" BLOCK("CERTIFICATE") BLOCK("ENCRYPTED PRIVATE KEY"), ENCRYPTED},
    {OLD_KEY, ENCRYPTED},
    {"Bag Attributes\n" OLD_KEY, ENCRYPTED},
    {"-----BEGIN EC PRIVATE KEY-----\r\nProc-Type: 4,ENCRYPTED\r\n\r\nMII=\r\n-----END EC PRIVATE "
     "KEY-----\r\n",
     ENCRYPTED},
    {NULL, NONE},
    {"", NONE},
    {"PRIVATE KEY-----", NONE},
    {"-----BEGIN PRIVATE KEY-----\nMII=\n", NONE},
    {"-----BEGIN PRIVATE KEY-----\nMII=\n-----END CERTIFICATE-----\n", NONE},
    {"-----BEGIN -----\n-----END -----\n", NONE},
    {"-----BEGIN PRIVATE KEY\nMII=\n-----END PRIVATE KEY\n", NONE},
    {BLOCK("PUBLIC KEY") BLOCK("CERTIFICATE"), NONE},
};

static void test_which_key_a_text_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct pem_block block;
        enum outcome outcome = !pem_find(keys[i].text, "PRIVATE KEY", &block) ? NONE
                               : pem_is_encrypted(&block)                     ? ENCRYPTED
                                                                              : PLAIN;
        if (outcome != keys[i].outcome) {
            fail_msg("%d, not %d: %s", outcome, keys[i].outcome, keys[i].text ? keys[i].text : "NULL");
        }
    }
}

static void test_blocks_in_order(void **state)
{
    (void)state;
    struct slice rest = slice_from("a\n" BLOCK("CERTIFICATE") "b\n" BLOCK("X509 CRL"));
    struct pem_block block;
    assert_true(pem_next(&rest, &block));
    assert_true(slice_is(block.label, "CERTIFICATE"));
    assert_true(slice_is(block.body, "MII=\n"));
    assert_true(pem_next(&rest, &block));
    assert_true(slice_is(block.label, "X509 CRL"));
    assert_false(pem_next(&rest, &block));
    assert_false(pem_next(&rest, &block));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_key_a_text_holds),
        cmocka_unit_test(test_blocks_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
