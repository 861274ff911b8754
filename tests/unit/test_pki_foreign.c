/* SPDX-License-Identifier: MIT */
/* PEM of strangers: certificates to be registered and requests to be signed (docs/protocol.md 5.8). */
// LINK: cloud_pki
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/pki/foreign.h"
#include "cloud/pki/pki.h"
#include "cloud/pki/trust_dir.h"
#include "fakes/x509_maker.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char why[300];

static bool says(const char *part)
{
    if (strstr(why, part) == NULL) {
        print_message("'%s' is not in: %s\n", part, why);
        return false;
    }
    return true;
}

/* --- Certificates --- */

static void one_certificate_is_read(void **state)
{
    (void)state;
    struct maker ca = {0}, device = {0};
    struct foreign read, issuer;
    char name[FOREIGN_NAME_CAP], text[9000];
    maker_certificate(&ca, (struct maker_order){.name = "ca", .is_ca = true});
    maker_certificate(&device, (struct maker_order){.name = "lamp", .issuer = &ca});
    snprintf(text, sizeof(text), " \r\n%s\n\t\n", device.pem);
    assert_true(foreign_read(text, &read, why, sizeof(why)));
    assert_string_equal(read.pem, device.pem);
    assert_int_equal(strlen(read.id), 64);
    assert_false(read.is_self_signed);
    assert_false(foreign_is_ca(&read));
    assert_int_equal(read.not_after_s - read.not_before_s, 2 * 86400);
    foreign_common_name(&read, name);
    assert_string_equal(name, "lamp");

    assert_true(foreign_read(ca.pem, &issuer, why, sizeof(why)));
    assert_true(issuer.is_self_signed);
    assert_true(foreign_is_ca(&issuer));
    assert_string_equal(read.issuer, issuer.subject);
    assert_string_not_equal(read.subject, issuer.subject);
    assert_true(foreign_is_signed_by(&read, &issuer));
    assert_false(foreign_is_signed_by(&issuer, &read));
    assert_true(foreign_passes(&read, &issuer, why, sizeof(why)));
    foreign_clear(&read);
    foreign_clear(&issuer);
    maker_clear(&device);
    maker_clear(&ca);
}

static void anything_else_is_refused(void **state)
{
    (void)state;
    struct maker made = {0};
    char text[FOREIGN_PEM_MAX + 20000];
    struct foreign read;
    maker_certificate(&made, (struct maker_order){.name = "x"});
    const struct {
        const char *before, *after, *part;
    } rows[] = {
        {"", "", NULL},
        {"hello\n", "", "does not begin"},
        {"", "hello", "something behind"},
        {"", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "more than one PEM block"},
        {"", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n", "private key"},
        {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "", "private key"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        snprintf(text, sizeof(text), "%s%s%s", rows[i].before, made.pem, rows[i].after);
        assert_int_equal(foreign_read(text, &read, why, sizeof(why)), rows[i].part == NULL);
        assert_true(rows[i].part == NULL || (says(rows[i].part) && strstr(why, "AAAA") == NULL));
        foreign_clear(&read);
    }
    snprintf(text, sizeof(text), "%s%70000s", made.pem, "");
    assert_false(foreign_read(text, &read, why, sizeof(why)));
    assert_true(says("too long"));

    static const char *const broken[] = {
        "",
        " ",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN TRUSTED CERTIFICATE-----\nAAAA\n-----END TRUSTED CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"};
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        strcpy(why, "");
        assert_false(foreign_read(broken[i], &read, why, sizeof(why)));
        assert_null(read.certificate);
        assert_true(strlen(why) > 0);
    }
    maker_clear(&made);
}

/* Each byte of the text changed: nothing crashes, and what is still read is another certificate or has a broken signature. */
static void damaged_text(void **state)
{
    (void)state;
    struct maker made = {0};
    maker_certificate(&made, (struct maker_order){.name = "x"});
    size_t len = strlen(made.pem);
    for (size_t at = 0; at < len; at++) {
        struct foreign read;
        char kept = made.pem[at];
        made.pem[at] = (char)(kept ^ 1);
        if (foreign_read(made.pem, &read, why, sizeof(why))) {
            assert_true(!read.is_self_signed || strcmp(read.pem, made.pem) != 0);
            foreign_clear(&read);
        }
        made.pem[at] = '\0';
        assert_true(at == len - 1 || !foreign_read(made.pem, &read, why, sizeof(why)));
        made.pem[at] = kept;
    }
    maker_clear(&made);
}

static bool passes(struct maker *device, struct maker *anchor)
{
    struct foreign a, b;
    assert_true(foreign_read(device->pem, &a, why, sizeof(why)));
    assert_true(foreign_read(anchor->pem, &b, why, sizeof(why)));
    strcpy(why, "");
    bool is_good = foreign_passes(&a, &b, why, sizeof(why));
    foreign_clear(&a);
    foreign_clear(&b);
    return is_good;
}

static void what_the_handshake_would_say(void **state)
{
    (void)state;
    struct maker root = {0}, ca = {0}, device = {0};
    maker_certificate(&root, (struct maker_order){.name = "root", .is_ca = true});
    maker_certificate(&ca, (struct maker_order){.name = "ca", .is_ca = true, .issuer = &root});
    const struct {
        struct maker_order order;
        const char *part; /* NULL: it passes */
    } rows[] = {
        {{.name = "d", .issuer = &ca}, NULL}, /* below a CA that is no root */
        {{.name = "d", .issuer = &ca, .purpose = "clientAuth"}, NULL},
        {{.name = "d", .issuer = &ca, .purpose = "serverAuth"}, "purpose"},
        {{.name = "d", .issuer = &ca, .starts_s = -9, .ends_s = -5}, "expired"},
        {{.name = "d", .issuer = &ca, .starts_s = 500, .ends_s = 900}, "not yet valid"},
        {{.name = "d", .issuer = &ca, .digest = EVP_sha1()}, "digest"},
        {{.name = "d", .issuer = &root}, "issuer"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        maker_certificate(&device, rows[i].order);
        bool is_good = passes(&device, &ca);
        assert_true(is_good == (rows[i].part == NULL) && (is_good || says(rows[i].part)));
        maker_clear(&device);
    }
    maker_certificate(&device, (struct maker_order){.name = "self"});
    assert_true(passes(&device, &device));
    maker_clear(&device);
    device.key = EVP_RSA_gen(1024);
    maker_certificate(&device, (struct maker_order){.name = "short", .issuer = &ca});
    assert_false(passes(&device, &ca));
    assert_true(says("key too weak"));
    maker_clear(&device);
    maker_clear(&ca);
    maker_clear(&root);
}

/* --- The folder --- */

static int count_files(const char *folder)
{
    DIR *dir = opendir(folder);
    int count = 0;
    const struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        count += entry->d_name[0] != '.';
    }
    closedir(dir);
    return count;
}

static void trusted_folder(void **state)
{
    (void)state;
    char folder[] = "/tmp/test-trust-XXXXXX", path[100];
    struct maker made[3] = {{0}};
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/trusted", folder);
    assert_true(trust_dir_open(folder, why, sizeof(why)));
    assert_int_equal(count_files(path), 0);
    for (size_t i = 0; i < 3; i++) { /* two of one name */
        struct foreign read;
        maker_certificate(&made[i], (struct maker_order){.name = i < 2 ? "same" : "other", .is_ca = true});
        assert_true(foreign_read(made[i].pem, &read, why, sizeof(why)));
        assert_true(trust_dir_add(folder, &read, why, sizeof(why)));
        assert_true(trust_dir_add(folder, &read, why, sizeof(why))); /* it is there */
        foreign_clear(&read);
        assert_int_equal(count_files(path), i + 1);
    }
    char foreign[120];
    snprintf(foreign, sizeof(foreign), "%s/README", path);
    FILE *file = fopen(foreign, "w");
    assert_non_null(file);
    fclose(file);
    assert_true(trust_dir_open(folder, why, sizeof(why)));
    assert_int_equal(count_files(path), 1); /* what is not ours */
    unlink(foreign);
    rmdir(path);
    struct foreign read;
    assert_true(foreign_read(made[0].pem, &read, why, sizeof(why)));
    assert_false(trust_dir_add(folder, &read, why, sizeof(why)));
    assert_true(says("No such file"));
    foreign_clear(&read);
    rmdir(folder);
    assert_false(trust_dir_open(folder, why, sizeof(why)));
    for (size_t i = 0; i < 3; i++) {
        maker_clear(&made[i]);
    }
}

/* --- Requests --- */

static struct pki *open_pki(char folder[32])
{
    static const char *const names[] = {"localhost"};
    strcpy(folder, "/tmp/test-request-XXXXXX");
    assert_non_null(mkdtemp(folder));
    struct pki *pki = pki_open(folder, names, 1, why, sizeof(why));
    assert_non_null(pki);
    return pki;
}

static void close_pki(struct pki *pki, const char *folder)
{
    char command[64];
    pki_close(pki);
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
}

static void expect_request(struct pki *pki, EVP_PKEY *key, const char *part)
{
    struct maker made = {.key = key};
    struct pki_issued issued = {0};
    maker_request(&made, "lamp", false);
    enum err err = pki_issue_for(pki, made.pem, &issued, why, sizeof(why));
    assert_int_equal(err, part != NULL ? ERR_ARG : ERR_OK);
    assert_true(part == NULL || says(part));
    if (err == ERR_OK) {
        struct foreign read, own;
        char name[FOREIGN_NAME_CAP];
        assert_null(issued.private_key_pem);
        assert_true(foreign_read(issued.certificate_pem, &read, why, sizeof(why)));
        assert_true(foreign_read(pki_ca_pem(pki), &own, why, sizeof(why)));
        assert_string_equal(read.id, issued.certificate_id);
        assert_true(foreign_passes(&read, &own, why, sizeof(why)));
        assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(read.certificate), key), 1);
        foreign_common_name(&read, name);
        assert_string_equal(name, "lamp"); /* the subject of the request */
        foreign_clear(&read);
        foreign_clear(&own);
    }
    pki_issued_clear(&issued);
    maker_clear(&made);
}

static void keys_that_aws_takes(void **state)
{
    (void)state;
    char folder[32];
    struct pki *pki = open_pki(folder);
    expect_request(pki, EVP_EC_gen("P-256"), NULL);
    expect_request(pki, EVP_EC_gen("P-384"), NULL);
    expect_request(pki, EVP_EC_gen("P-521"), NULL);
    expect_request(pki, EVP_RSA_gen(2048), NULL);
    expect_request(pki, EVP_RSA_gen(2040), "2048");
    expect_request(pki, EVP_EC_gen("secp256k1"), "another curve");
    expect_request(pki, EVP_EC_gen("P-224"), "another curve");
    expect_request(pki, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), "neither RSA");
    close_pki(pki, folder);
}

static void requests_of_strangers(void **state)
{
    (void)state;
    char folder[32], text[20000];
    struct pki *pki = open_pki(folder);
    struct pki_issued first = {0}, second = {0};
    struct maker made = {0};
    maker_request(&made, "lamp", true);
    assert_int_equal(pki_issue_for(pki, made.pem, &first, why, sizeof(why)), ERR_ARG);
    assert_true(says("signature"));

    maker_request(&made, NULL, false);
    assert_int_equal(pki_issue_for(pki, made.pem, &first, why, sizeof(why)), ERR_OK);
    assert_int_equal(pki_issue_for(pki, made.pem, &second, why, sizeof(why)), ERR_OK);
    assert_string_not_equal(first.certificate_id, second.certificate_id); /* the same request twice */
    struct foreign read;
    char name[FOREIGN_NAME_CAP];
    assert_true(foreign_read(first.certificate_pem, &read, why, sizeof(why)));
    foreign_common_name(&read, name);
    assert_string_equal(name, "AWS IoT Certificate"); /* an empty subject */
    foreign_clear(&read);
    pki_issued_clear(&first);
    pki_issued_clear(&second);

    snprintf(text, sizeof(text), "%s%s", made.pem, made.pem);
    assert_int_equal(pki_issue_for(pki, text, &first, why, sizeof(why)), ERR_ARG);
    assert_true(says("more than one"));
    snprintf(text, sizeof(text), "%s%4096s", made.pem, "");
    assert_int_equal(pki_issue_for(pki, text, &first, why, sizeof(why)), ERR_ARG);
    assert_true(says("too long"));
    for (size_t at = 0; at < strlen(made.pem); at++) { /* no change of a byte is taken */
        char kept = made.pem[at];
        made.pem[at] = (char)(kept ^ 1);
        if (pki_issue_for(pki, made.pem, &first, why, sizeof(why)) == ERR_OK) {
            pki_issued_clear(&first);
            /* white space, and bits that base64 does not use */
            assert_true(kept == '\n' || kept == '=' || made.pem[at + 1] == '=');
        }
        made.pem[at] = kept;
    }
    maker_clear(&made);
    close_pki(pki, folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_certificate_is_read),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(damaged_text),
        cmocka_unit_test(what_the_handshake_would_say),
        cmocka_unit_test(trusted_folder),
        cmocka_unit_test(keys_that_aws_takes),
        cmocka_unit_test(requests_of_strangers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
