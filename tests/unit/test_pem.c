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

/* What a configuration gives in place of a key: a reference has a scheme and is one line (device/port/port_mqtt.h). */
static void test_references_are_no_pem(void **state)
{
    (void)state;
    static const char *const references[] = {
        "pkcs11:token=lamps;object=lamp-1",
        "esp-secure-element:",
        " \r\n\tpkcs11:token=a%20b?pin-value=1 \r\n",
        "pkcs11:token=a b",
        "a1+.-:x",
    };
    static const char *const others[] = {
        NULL,
        "",
        "\n",
        ":",
        "pkcs11",
        "x:",
        "C:\\keys\\lamp.pem",
        "/etc/lamp:1.pem",
        "1a:b",
        "Bag Attributes: none",
        "pkcs11:token=a\nobject=b",
        BLOCK("PRIVATE KEY"),
        "key: one\n" BLOCK("PRIVATE KEY"),
    };
    for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++) {
        if (!pem_is_reference(references[i])) {
            fail_msg("is one: %s", references[i]);
        }
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (pem_is_reference(others[i])) {
            fail_msg("is none: %s", others[i]);
        }
    }
}

static void test_scheme_of_a_reference(void **state)
{
    (void)state;
    assert_true(pem_refers_to("\npkcs11:token=a", "pkcs11"));
    assert_true(pem_refers_to("pkcs11:", "pkcs11"));
    assert_false(pem_refers_to("pkcs112:a", "pkcs11"));
    assert_false(pem_refers_to("pkcs1:a", "pkcs11"));
    assert_false(pem_refers_to("pkcs11", "pkcs11"));
    assert_false(pem_refers_to(NULL, "pkcs11"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_key_a_text_holds),
        cmocka_unit_test(test_blocks_in_order),
        cmocka_unit_test(test_references_are_no_pem),
        cmocka_unit_test(test_scheme_of_a_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
