/* SPDX-License-Identifier: MIT */
/* The certificate authority: docs/protocol.md 5.8 (what CreateKeysAndCertificate returns), 8 (TLS), R-52, R-55. */
// LINK: cloud_pki
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/pki/pki.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *const names[] = {"localhost", "127.0.0.1", "::1"};
static char folder[] = "/tmp/test-pki-XXXXXX";
static char why[300];

static const char *in_folder(const char *name)
{
    static char path[200];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void remove_files(void)
{
    static const char *const files[] = {"ca.pem", "ca.key", "server.pem", "server.key"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        unlink(in_folder(files[i]));
    }
}

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/test-pki-XXXXXX");
    why[0] = '\0';
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    remove_files();
    return rmdir(folder); /* fails when something else was left behind */
}

static struct pki *open_with(const char *const *wanted, size_t count)
{
    struct pki *pki = pki_open(folder, wanted, count, why, sizeof(why));
    if (pki == NULL) {
        fail_msg("pki_open: %s", why);
    }
    return pki;
}

static struct pki *open_pki(void)
{
    return open_with(names, sizeof(names) / sizeof(names[0]));
}

static X509 *read_certificate(const char *name)
{
    FILE *file = fopen(in_folder(name), "r");
    assert_non_null(file);
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    assert_non_null(certificate);
    return certificate;
}

static X509 *parse_certificate(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    assert_non_null(certificate);
    return certificate;
}

static char *read_text(const char *name)
{
    static char text[8192];
    FILE *file = fopen(in_folder(name), "r");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[len] = '\0';
    return strdup(text);
}

static void write_text(const char *name, const char *text)
{
    FILE *file = fopen(in_folder(name), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* What a TLS peer does with the certificate: chain, times, purpose. */
static bool is_trusted(X509 *certificate, X509 *ca, int purpose)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE_add_cert(store, ca);
    assert_int_equal(X509_STORE_CTX_init(context, store, certificate, NULL), 1);
    X509_STORE_CTX_set_purpose(context, purpose);
    bool is_good = X509_verify_cert(context) == 1;
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return is_good;
}

static long days_left(X509 *certificate)
{
    int days = 0, seconds = 0;
    assert_int_equal(ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate)), 1);
    return days;
}

static unsigned mode_of(const char *name)
{
    struct stat info;
    assert_int_equal(stat(in_folder(name), &info), 0);
    return info.st_mode & 07777;
}

static void first_start_makes_a_root_of_ten_years(void **state)
{
    (void)state;
    struct pki *pki = open_pki();
    X509 *ca = read_certificate("ca.pem");

    assert_true(is_trusted(ca, ca, X509_PURPOSE_ANY));
    assert_int_equal(X509_check_ca(ca), 1);
    assert_in_range(days_left(ca), 3640, 3655);
    assert_int_equal(EVP_PKEY_get_base_id(X509_get0_pubkey(ca)), EVP_PKEY_EC);
    char *text = read_text("ca.pem");
    assert_string_equal(text, pki_ca_pem(pki));

    free(text);
    X509_free(ca);
    pki_close(pki);
}

static void keys_are_for_the_owner_alone(void **state)
{
    (void)state;
    mode_t old = umask(0);
    struct pki *pki = open_pki();
    umask(old);
    assert_int_equal(mode_of("ca.key"), 0600);
    assert_int_equal(mode_of("server.key"), 0600);
    pki_close(pki);
}

static void server_certificate_carries_the_names(void **state)
{
    (void)state;
    pki_close(open_pki());
    X509 *ca = read_certificate("ca.pem");
    X509 *server = read_certificate("server.pem");

    assert_true(is_trusted(server, ca, X509_PURPOSE_SSL_SERVER));
    assert_false(is_trusted(server, ca, X509_PURPOSE_SSL_CLIENT));
    assert_int_equal(X509_check_host(server, "localhost", 0, 0, NULL), 1);
    assert_int_equal(X509_check_ip_asc(server, "127.0.0.1", 0), 1);
    assert_int_equal(X509_check_ip_asc(server, "::1", 0), 1);
    assert_int_equal(X509_check_host(server, "example.com", 0, 0, NULL), 0);
    assert_int_equal(X509_check_host(server, "iot-local", 0, 0, NULL), 0);
    assert_in_range(days_left(server), 390, 397);

    X509_free(server);
    X509_free(ca);
}

/* the second start takes what the first one made. */
static void next_start_changes_nothing(void **state)
{
    (void)state;
    static const char *const files[] = {"ca.pem", "ca.key", "server.pem", "server.key"};
    char *before[4];

    pki_close(open_pki());
    for (size_t i = 0; i < 4; i++) {
        before[i] = read_text(files[i]);
    }
    pki_close(open_pki());
    pki_close(open_with(names, 2));
    for (size_t i = 0; i < 4; i++) {
        char *after = read_text(files[i]);
        assert_string_equal(after, before[i]);
        free(after);
        free(before[i]);
    }
}

static void new_name_makes_a_new_server_certificate_under_the_same_root(void **state)
{
    (void)state;
    static const char *const more[] = {"localhost", "127.0.0.1", "lamp.example"};
    pki_close(open_pki());
    char *ca_before = read_text("ca.pem");
    char *server_before = read_text("server.pem");

    pki_close(open_with(more, 3));
    char *ca_after = read_text("ca.pem");
    char *server_after = read_text("server.pem");
    assert_string_equal(ca_after, ca_before);
    assert_string_not_equal(server_after, server_before);
    X509 *server = read_certificate("server.pem");
    assert_int_equal(X509_check_host(server, "lamp.example", 0, 0, NULL), 1);

    X509_free(server);
    free(ca_before), free(ca_after), free(server_before), free(server_after);
}

/* A name is a value: it can not smuggle a second one in. */
static void name_with_a_comma_stays_one_name(void **state)
{
    (void)state;
    static const char *const odd[] = {"a,DNS:evil.example"};
    pki_close(open_with(odd, 1));
    X509 *server = read_certificate("server.pem");
    assert_int_equal(X509_check_host(server, "evil.example", 0, 0, NULL), 0);
    X509_free(server);
}

/* Signs `days` of life into server.pem with the root's key, as an older program would have left it. */
static void age_server(long days)
{
    FILE *file = fopen(in_folder("ca.key"), "r");
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    X509 *server = read_certificate("server.pem");
    X509_gmtime_adj(X509_getm_notAfter(server), days * 86400);
    assert_true(X509_sign(server, key, EVP_sha256()) > 0);
    file = fopen(in_folder("server.pem"), "w");
    PEM_write_X509(file, server);
    fclose(file);
    X509_free(server);
    EVP_PKEY_free(key);
}

static void server_certificate_is_renewed_in_its_last_thirty_days(void **state)
{
    (void)state;
    pki_close(open_pki());

    age_server(31);
    pki_close(open_pki());
    X509 *server = read_certificate("server.pem");
    assert_in_range(days_left(server), 30, 31);
    X509_free(server);

    age_server(29);
    pki_close(open_pki());
    server = read_certificate("server.pem");
    assert_in_range(days_left(server), 390, 397);
    X509_free(server);
}

static void damaged_server_files_are_made_anew(void **state)
{
    (void)state;
    static const char *const files[] = {"server.pem", "server.key"};
    pki_close(open_pki());
    for (size_t i = 0; i < 2; i++) {
        write_text(files[i], "nonsense");
        pki_close(open_pki());
        X509 *ca = read_certificate("ca.pem");
        X509 *server = read_certificate("server.pem");
        assert_true(is_trusted(server, ca, X509_PURPOSE_SSL_SERVER));
        X509_free(server);
        X509_free(ca);
    }
}

static void crash_between_key_and_certificate_is_repaired(void **state)
{
    (void)state;
    pki_close(open_pki());
    char *key = read_text("ca.key");
    unlink(in_folder("ca.pem"));
    pki_close(open_pki());
    char *same = read_text("ca.key");
    assert_string_equal(same, key);
    free(same);
    free(key);
}

/* Never a new root in silence: every device would refuse the server. */
static void root_without_its_key_is_an_error_that_names_the_file(void **state)
{
    (void)state;
    pki_close(open_pki());
    unlink(in_folder("ca.key"));
    assert_null(pki_open(folder, names, 1, why, sizeof(why)));
    assert_non_null(strstr(why, "ca.key is missing"));
}

static void damaged_root_is_an_error_that_names_the_file(void **state)
{
    (void)state;
    static const char *const files[] = {"ca.pem", "ca.key"};
    for (size_t i = 0; i < 2; i++) {
        pki_close(open_pki());
        write_text(files[i], "-----BEGIN NONSENSE-----\n");
        assert_null(pki_open(folder, names, 1, why, sizeof(why)));
        assert_non_null(strstr(why, files[i]));
        remove_files();
    }
}

static void foreign_root_key_is_an_error(void **state)
{
    (void)state;
    pki_close(open_pki());
    char *key = read_text("ca.key");
    remove_files();
    pki_close(open_pki());
    write_text("ca.key", key);
    free(key);
    assert_null(pki_open(folder, names, 1, why, sizeof(why)));
    assert_non_null(strstr(why, "does not belong"));
}

static void folder_that_cannot_be_made_is_an_error_that_names_it(void **state)
{
    (void)state;
    assert_null(pki_open("/proc/nowhere/pki", names, 1, why, sizeof(why)));
    assert_non_null(strstr(why, "/proc/nowhere/pki"));
}

/* docs/protocol.md 5.8: RSA 2048, certificateId = SHA-256 of the DER certificate in lower case. */
static void issued_certificate_is_what_aws_would_send(void **state)
{
    (void)state;
    struct pki *pki = open_pki();
    struct pki_issued issued = {0};
    assert_true(pki_issue(pki, &issued, why, sizeof(why)));
    X509 *ca = read_certificate("ca.pem");
    X509 *device = parse_certificate(issued.certificate_pem);

    assert_true(is_trusted(device, ca, X509_PURPOSE_SSL_CLIENT));
    assert_false(is_trusted(device, ca, X509_PURPOSE_SSL_SERVER));
    EVP_PKEY *public_key = X509_get0_pubkey(device);
    assert_int_equal(EVP_PKEY_get_base_id(public_key), EVP_PKEY_RSA);
    assert_int_equal(EVP_PKEY_get_bits(public_key), 2048);
    assert_int_equal(issued.not_after_s, 2524607999); /* 2049-12-31T23:59:59Z */
    assert_true(issued.not_before_s <= time(NULL));

    unsigned char *der = NULL;
    int der_len = i2d_X509(device, &der);
    unsigned char digest[32];
    unsigned int digest_len = 0;
    assert_int_equal(EVP_Digest(der, (size_t)der_len, digest, &digest_len, EVP_sha256(), NULL), 1);
    char id[65];
    for (int i = 0; i < 32; i++) {
        snprintf(id + 2 * i, 3, "%02x", digest[i]);
    }
    assert_string_equal(issued.certificate_id, id);

    OPENSSL_free(der);
    X509_free(device);
    X509_free(ca);
    pki_issued_clear(&issued);
    assert_null(issued.private_key_pem);
    pki_close(pki);
}

static void issued_key_is_the_certificates_key(void **state)
{
    (void)state;
    struct pki *pki = open_pki();
    struct pki_issued issued = {0};
    assert_true(pki_issue(pki, &issued, why, sizeof(why)));
    assert_ptr_equal(strstr(issued.private_key_pem, "-----BEGIN RSA PRIVATE KEY-----"),
                     issued.private_key_pem);
    assert_ptr_equal(strstr(issued.public_key_pem, "-----BEGIN PUBLIC KEY-----"), issued.public_key_pem);

    X509 *device = parse_certificate(issued.certificate_pem);
    BIO *bio = BIO_new_mem_buf(issued.private_key_pem, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    assert_int_equal(X509_check_private_key(device, key), 1);

    EVP_PKEY_free(key);
    BIO_free(bio);
    X509_free(device);
    pki_issued_clear(&issued);
    pki_close(pki);
}

static void serial_numbers_are_random_and_positive(void **state)
{
    (void)state;
    struct pki *pki = open_pki();
    struct pki_issued issued[2] = {{0}, {0}};
    X509 *certificates[3];
    for (int i = 0; i < 2; i++) {
        assert_true(pki_issue(pki, &issued[i], why, sizeof(why)));
        certificates[i] = parse_certificate(issued[i].certificate_pem);
    }
    certificates[2] = read_certificate("server.pem");
    for (int i = 0; i < 3; i++) {
        ASN1_INTEGER *serial = X509_get_serialNumber(certificates[i]);
        assert_int_equal(serial->type, V_ASN1_INTEGER); /* not a negative one */
        assert_in_range(ASN1_STRING_length(serial), 8, 20);
        for (int k = 0; k < i; k++) {
            assert_int_not_equal(ASN1_INTEGER_cmp(serial, X509_get_serialNumber(certificates[k])), 0);
        }
    }
    for (int i = 0; i < 3; i++) {
        X509_free(certificates[i]);
    }
    pki_issued_clear(&issued[0]);
    pki_issued_clear(&issued[1]);
    pki_close(pki);
}

#define PKI_TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PKI_TEST(first_start_makes_a_root_of_ten_years),
        PKI_TEST(keys_are_for_the_owner_alone),
        PKI_TEST(server_certificate_carries_the_names),
        PKI_TEST(next_start_changes_nothing),
        PKI_TEST(new_name_makes_a_new_server_certificate_under_the_same_root),
        PKI_TEST(name_with_a_comma_stays_one_name),
        PKI_TEST(server_certificate_is_renewed_in_its_last_thirty_days),
        PKI_TEST(damaged_server_files_are_made_anew),
        PKI_TEST(crash_between_key_and_certificate_is_repaired),
        PKI_TEST(root_without_its_key_is_an_error_that_names_the_file),
        PKI_TEST(damaged_root_is_an_error_that_names_the_file),
        PKI_TEST(foreign_root_key_is_an_error),
        PKI_TEST(folder_that_cannot_be_made_is_an_error_that_names_it),
        PKI_TEST(issued_certificate_is_what_aws_would_send),
        PKI_TEST(issued_key_is_the_certificates_key),
        PKI_TEST(serial_numbers_are_random_and_positive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
