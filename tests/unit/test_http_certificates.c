/* SPDX-License-Identifier: MIT */
/* Certificates over HTTP: requests of devices, certificates and CAs of others, lists, deletion, principals
 * (docs/protocol.md 5.1, 5.2, 5.8). */
// LINK: cloud_http
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/pki/trust_dir.h"
#include "fakes/http_fixture.h"
#include "fakes/x509_maker.h"

#define INVALID "InvalidRequestException"
#define BAD     "CertificateValidationException"

static int ask(struct http_fixture *fx, const char *method, const char *path, const char *body)
{
    return http_ask(fx, "iot", method, path, body);
}

/* A body of texts: name, value, ..., NULL. Values may be PEM. */
static char *body_of(const char *name, ...)
{
    json_t *body = json_object();
    va_list args;
    va_start(args, name);
    for (; name; name = va_arg(args, const char *)) {
        json_object_set_new(body, name, json_string(va_arg(args, const char *)));
    }
    va_end(args);
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    return text;
}

#define POST(fx, path, ...)                                                                                  \
    ({                                                                                                       \
        char *post_body = body_of(__VA_ARGS__, NULL);                                                        \
        int post_status = ask(fx, "POST", path, post_body);                                                  \
        free(post_body);                                                                                     \
        post_status;                                                                                         \
    })

/* The id that was answered, in a path. */
static const char *path_of(struct http_fixture *fx, const char *before, const char *after)
{
    static char paths[4][256];
    static int at;
    at = (at + 1) % 4;
    snprintf(paths[at], sizeof paths[at], "%s%s%s", before, http_text(fx, "certificateId"), after);
    return paths[at];
}

static int setup(void **state)
{
    char why[200];
    int code = http_setup(state);
    struct http_fixture *fx = *state;
    assert_true(trust_dir_open(fx->dir, why, sizeof why)); /* as the daemon does it at its start */
    fx->base.now_ms = clock_wall_ms(&clock_real);          /* the time that certificates have */
    return code;
}

/* --- CreateCertificateFromCsr --- */

static void certificate_from_a_request(void **state)
{
    struct http_fixture *fx = *state;
    struct maker made = {0};
    char first[80];
    maker_request(&made, "lamp", false);
    http_expect(fx, 200, POST(fx, "/certificates?setAsActive=true", "certificateSigningRequest", made.pem));
    assert_null(http_find(fx, "keyPair"));
    assert_non_null(strstr(http_text(fx, "certificatePem"), "-----BEGIN CERTIFICATE-----"));
    snprintf(first, sizeof first, "%s", http_text(fx, "certificateId"));
    http_expect(fx, 200, ask(fx, "GET", path_of(fx, "/certificates/", ""), NULL));
    assert_string_equal(http_text(fx, "certificateDescription.status"), "ACTIVE");
    assert_string_equal(http_text(fx, "certificateDescription.certificateMode"), "DEFAULT");
    assert_null(http_find(fx, "certificateDescription.caCertificateId"));
    http_expect(fx, 200, POST(fx, "/certificates", "certificateSigningRequest", made.pem));
    assert_string_not_equal(first, http_text(fx, "certificateId"));

    http_expect_error(fx, ask(fx, "POST", "/certificates", "{}"), 400, INVALID,
                      "'certificateSigningRequest' is missing");
    http_expect_error(fx, ask(fx, "POST", "/certificates", "{\"certificateSigningRequest\":7}"), 400, INVALID,
                      "must be a string");
    http_expect_error(fx, POST(fx, "/certificates", "certificateSigningRequest", "hello"), 400, INVALID,
                      "does not begin");
    maker_request(&made, "lamp", true);
    http_expect_error(fx, POST(fx, "/certificates", "certificateSigningRequest", made.pem), 400, INVALID,
                      "signature");
    maker_clear(&made);
}

/* --- Lists and deletion --- */

static void lists_by_marker(void **state)
{
    struct http_fixture *fx = *state;
    struct maker made = {0};
    char path[300], marker[80], newest[80] = "";
    maker_request(&made, "lamp", false);
    for (int i = 0; i < 27; i++) {
        http_expect(fx, 200, POST(fx, "/certificates", "certificateSigningRequest", made.pem));
        snprintf(newest, sizeof newest, "%s", http_text(fx, "certificateId"));
    }
    maker_clear(&made);
    http_expect(fx, 200, ask(fx, "GET", "/certificates", NULL));
    assert_int_equal(json_array_size(http_find(fx, "certificates")), 25); /* AWS's default */
    assert_string_equal(http_text(fx, "certificates.0.certificateId"), newest);
    assert_string_equal(http_text(fx, "certificates.0.status"), "INACTIVE");
    assert_string_equal(http_text(fx, "certificates.0.certificateMode"), "DEFAULT");
    assert_true(json_is_number(http_find(fx, "certificates.0.creationDate")));
    snprintf(marker, sizeof marker, "%s", http_text(fx, "nextMarker"));
    assert_int_equal(strspn(marker, "0123456789abcdef"), strlen(marker)); /* the model's pattern */
    snprintf(path, sizeof path, "/certificates?marker=%s&pageSize=9", marker);
    http_expect(fx, 200, ask(fx, "GET", path, NULL));
    assert_int_equal(json_array_size(http_find(fx, "certificates")), 2);
    assert_null(http_find(fx, "nextMarker"));
    http_expect(fx, 200, ask(fx, "GET", "/certificates?isAscendingOrder=true&pageSize=250", NULL));
    assert_string_equal(http_text(fx, "certificates.26.certificateId"), newest);

    /* the marker of a list in the other order, of another list, or of nobody */
    static const char *const bad[] = {"/certificates?isAscendingOrder=true&marker=%s", "/policies?marker=%s",
                                      "/certificates?marker=x%s", "/certificates?marker=%%27%s",
                                      "/certificates?marker=%.8s"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(path, sizeof path, bad[i], marker);
#pragma GCC diagnostic pop
        http_expect_error(fx, ask(fx, "GET", path, NULL), 400, INVALID, "marker is not one");
    }
    static const char *const sizes[] = {"0", "251", "-1", "x"};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        snprintf(path, sizeof path, "/certificates?pageSize=%s", sizes[i]);
        http_expect_error(fx, ask(fx, "GET", path, NULL), 400, INVALID, "pageSize");
    }
    http_expect_error(fx, ask(fx, "GET", "/certificates?isAscendingOrder=yes", NULL), 400, INVALID,
                      "true or false");
    http_expect_error(fx, ask(fx, "GET", "/certificates?maxResults=1", NULL), 400, INVALID, "maxResults");
}

static void certificate_to_its_end(void **state)
{
    struct http_fixture *fx = *state;
    char path[200], arn[256];
    fixture_thing(&fx->base, "t");
    http_expect(fx, 200, ask(fx, "POST", "/keys-and-certificate?setAsActive=true", NULL));
    snprintf(path, sizeof path, "/certificates/%s", http_text(fx, "certificateId"));
    snprintf(arn, sizeof arn, "%s", http_text(fx, "certificateArn"));
    http_header(fx, "x-amzn-principal", arn);
    http_expect(fx, 200, ask(fx, "PUT", "/things/t/principals?thingPrincipalType=EXCLUSIVE_THING", NULL));
    http_expect_error(fx, ask(fx, "PUT", "/things/t/principals?thingPrincipalType=X", NULL), 400, INVALID,
                      "'X'");
    http_expect(fx, 200, ask(fx, "GET", "/things/t/principals", NULL));
    assert_string_equal(http_text(fx, "principals.0"), arn);
    http_expect(fx, 200, ask(fx, "GET", "/things/t/principals-v2", NULL));
    assert_string_equal(http_text(fx, "thingPrincipalObjects.0.principal"), arn);
    assert_string_equal(http_text(fx, "thingPrincipalObjects.0.thingPrincipalType"), "EXCLUSIVE_THING");
    http_expect(fx, 200,
                ask(fx, "GET", "/things/t/principals-v2?thingPrincipalType=NON_EXCLUSIVE_THING", NULL));
    assert_int_equal(json_array_size(http_find(fx, "thingPrincipalObjects")), 0);
    http_expect(fx, 200, ask(fx, "GET", "/principals/things", NULL));
    assert_string_equal(http_text(fx, "things.0"), "t");
    http_expect(fx, 200, ask(fx, "GET", "/principals/things-v2?thingPrincipalType=EXCLUSIVE_THING", NULL));
    assert_string_equal(http_text(fx, "principalThingObjects.0.thingName"), "t");
    http_expect_error(fx, ask(fx, "GET", "/things/none/principals", NULL), 404, "ResourceNotFoundException",
                      "none");

    http_expect_error(fx, ask(fx, "DELETE", path, NULL), 406, "CertificateStateException", "ACTIVE");
    char inactive[240];
    snprintf(inactive, sizeof inactive, "%s?newStatus=INACTIVE", path);
    http_expect(fx, 200, ask(fx, "PUT", inactive, NULL));
    http_expect_error(fx, ask(fx, "DELETE", path, NULL), 409, "DeleteConflictException", "thing");
    http_expect(fx, 200, ask(fx, "DELETE", "/things/t/principals", NULL));
    assert_string_equal(fx->call.answer.body, "{}");
    http_expect(fx, 200, ask(fx, "DELETE", path, NULL));
    http_expect_error(fx, ask(fx, "DELETE", path, NULL), 404, "ResourceNotFoundException", "");
    http_expect_error(fx, ask(fx, "DELETE", "/things/t/principals", NULL), 404, "ResourceNotFoundException",
                      "");
    http_header(fx, "x-amzn-principal", NULL);
    http_expect_error(fx, ask(fx, "GET", "/principals/things", NULL), 400, INVALID, "x-amzn-principal");
    http_expect_error(fx, ask(fx, "DELETE", "/things/t/principals", NULL), 400, INVALID, "x-amzn-principal");
}

/* --- Certificates and CAs of others --- */

static int register_ca(struct http_fixture *fx, struct maker *ca, struct maker *proof)
{
    return proof ? POST(fx, "/cacertificate?setAsActive=true", "caCertificate", ca->pem,
                        "verificationCertificate", proof->pem)
                 : POST(fx, "/cacertificate?setAsActive=true", "caCertificate", ca->pem, "certificateMode",
                        "SNI_ONLY");
}

static void ca_is_proved(void **state)
{
    struct http_fixture *fx = *state;
    struct maker ca = {0}, other = {0}, proof = {0};
    char code[65];
    maker_certificate(&ca, (struct maker_order){.name = "ca", .is_ca = true});
    maker_certificate(&other, (struct maker_order){.name = "other", .is_ca = true});
    http_expect(fx, 200, ask(fx, "GET", "/registrationcode", NULL));
    snprintf(code, sizeof code, "%s", http_text(fx, "registrationCode"));

    maker_certificate(&proof, (struct maker_order){.name = "guess", .issuer = &ca});
    http_expect_error(fx, register_ca(fx, &ca, &proof), 400, "RegistrationCodeValidationException",
                      "common name");
    maker_clear(&proof);
    maker_certificate(&proof, (struct maker_order){.name = code, .issuer = &other});
    http_expect_error(fx, register_ca(fx, &ca, &proof), 400, BAD, "not signed by this CA");
    maker_clear(&proof);
    maker_certificate(&proof, (struct maker_order){.name = code, .issuer = &ca});
    http_expect_error(fx, POST(fx, "/cacertificate", "caCertificate", ca.pem), 400, INVALID,
                      "'verificationCertificate' is missing");
    http_expect_error(fx,
                      POST(fx, "/cacertificate", "caCertificate", ca.pem, "verificationCertificate",
                           proof.pem, "certificateMode", "SNI_ONLY"),
                      400, INVALID, "SNI_ONLY");
    http_expect_error(fx, POST(fx, "/cacertificate", "caCertificate", ca.pem, "certificateMode", "X"), 400,
                      INVALID, "certificateMode");
    http_expect_error(fx, POST(fx, "/cacertificate?allowAutoRegistration=true", "caCertificate", ca.pem), 400,
                      INVALID, "allowAutoRegistration");
    http_expect(fx, 200, register_ca(fx, &ca, &proof));
    assert_non_null(strstr(http_text(fx, "certificateArn"), ":cacert/"));
    char path[100];
    snprintf(path, sizeof path, "/cacertificate/%s", http_text(fx, "certificateId"));
    http_expect_error(fx, register_ca(fx, &ca, &proof), 409, "ResourceAlreadyExistsException", "");

    http_expect(fx, 200, ask(fx, "GET", path, NULL));
    assert_string_equal(http_text(fx, "certificateDescription.status"), "ACTIVE");
    assert_string_equal(http_text(fx, "certificateDescription.autoRegistrationStatus"), "DISABLE");
    assert_string_equal(http_text(fx, "certificateDescription.certificateMode"), "DEFAULT");
    assert_string_equal(http_text(fx, "certificateDescription.certificatePem"), ca.pem);
    http_expect(fx, 200, ask(fx, "GET", "/cacertificates", NULL));
    assert_int_equal(json_array_size(http_find(fx, "certificates")), 1);
    char change[160];
    snprintf(change, sizeof change, "%s?newStatus=INACTIVE&newAutoRegistrationStatus=ENABLE", path);
    http_expect_error(fx, ask(fx, "PUT", change, NULL), 400, INVALID, "DISABLE");
    http_expect_error(fx, ask(fx, "DELETE", path, NULL), 406, "CertificateStateException", "ACTIVE");
    snprintf(change, sizeof change, "%s?newStatus=INACTIVE", path);
    http_expect(fx, 200, ask(fx, "PUT", change, "{\"removeAutoRegistration\":true}"));
    http_expect(fx, 200, ask(fx, "DELETE", path, NULL));
    http_expect_error(fx, ask(fx, "GET", path, NULL), 404, "ResourceNotFoundException", "");
    http_expect_error(fx, ask(fx, "PUT", path, "{}"), 404, "ResourceNotFoundException", "");
    http_expect(fx, 200, ask(fx, "DELETE", "/registrationcode", NULL));
    http_expect_error(fx, register_ca(fx, &ca, &proof), 400, "RegistrationCodeValidationException", "");
    maker_clear(&proof);
    maker_clear(&other);
    maker_clear(&ca);
}

static void what_is_no_ca(void **state)
{
    struct http_fixture *fx = *state;
    struct maker made = {0}, twin = {0};
    char text[9000];
    maker_certificate(&made, (struct maker_order){.name = "leaf"});
    http_expect_error(fx, register_ca(fx, &made, NULL), 400, BAD, "CA:TRUE");
    maker_clear(&made);
    maker_certificate(&made,
                      (struct maker_order){.name = "old", .is_ca = true, .starts_s = -9, .ends_s = -5});
    http_expect_error(fx, register_ca(fx, &made, NULL), 400, BAD, "expired");
    maker_clear(&made);
    http_expect_error(fx,
                      POST(fx, "/cacertificate", "caCertificate", pki_ca_pem(fx->service.pki),
                           "certificateMode", "SNI_ONLY"),
                      409, "ResourceAlreadyExistsException", "own CA");

    /* OpenSSL would take one of two CAs of a name, and perhaps the wrong one */
    maker_certificate(&made, (struct maker_order){.name = "twin", .is_ca = true});
    maker_certificate(&twin, (struct maker_order){.name = "twin", .is_ca = true});
    http_expect(fx, 200, register_ca(fx, &made, NULL));
    http_expect_error(fx, register_ca(fx, &twin, NULL), 400, BAD, "same subject");
    http_expect_error(fx, POST(fx, "/certificate/register-no-ca", "certificatePem", twin.pem), 400, BAD,
                      "same subject");
    snprintf(text, sizeof text, "%s-----BEGIN EC PRIVATE KEY-----\nSECRET\n-----END EC PRIVATE KEY-----\n",
             twin.pem);
    http_expect_error(fx, POST(fx, "/cacertificate", "caCertificate", text), 400, BAD, "private key");
    assert_null(strstr(fx->call.answer.body, "SECRET"));
    http_expect_error(fx, ask(fx, "POST", "/cacertificate", "{}"), 400, INVALID,
                      "'caCertificate' is missing");
    http_expect_error(fx, ask(fx, "POST", "/cacertificate", "{\"caCertificate\":\"\\u0000\"}"), 400, INVALID,
                      "JSON");
    maker_clear(&twin);
    maker_clear(&made);
}

/* Certificates go by the machine's clock, also when ours has been put forward (docs/iot-local.md): one that the broker will
 * take is good. */
static void certificates_do_not_go_by_the_virtual_clock(void **state)
{
    struct http_fixture *fx = *state;
    struct maker good = {0}, old = {0};
    struct clock_shift shift = {.by_ms = INT64_C(3) * 86400 * 1000};
    fx->service.shift = &shift;
    fx->base.now_ms = clock_wall_ms(&clock_real) + shift.by_ms;
    maker_certificate(&good, (struct maker_order){.name = "good", .is_ca = true}); /* for a day */
    http_expect(fx, 200, register_ca(fx, &good, NULL));
    maker_certificate(&old, (struct maker_order){.name = "old", .is_ca = true, .starts_s = -9, .ends_s = -5});
    http_expect_error(fx, register_ca(fx, &old, NULL), 400, BAD, "expired");
    fx->service.shift = NULL;
    maker_clear(&old);
    maker_clear(&good);
}

static void device_of_a_registered_ca(void **state)
{
    struct http_fixture *fx = *state;
    struct maker ca = {0}, again = {0}, device = {0}, other = {0};
    char ca_id[80], path[200];
    maker_certificate(&ca, (struct maker_order){.name = "ca", .is_ca = true});
    maker_certificate(&device, (struct maker_order){.name = "lamp", .issuer = &ca});
    http_expect_error(fx, POST(fx, "/certificate/register", "certificatePem", device.pem), 400, BAD,
                      "RegisterCACertificate");
    http_expect_error(
        fx, POST(fx, "/certificate/register", "certificatePem", device.pem, "caCertificatePem", ca.pem), 400,
        BAD, "'caCertificatePem' is not registered");
    http_expect_error(fx, POST(fx, "/certificate/register-no-ca", "certificatePem", device.pem), 400, BAD,
                      "aws iot register-ca-certificate");
    http_expect(fx, 200, register_ca(fx, &ca, NULL));
    snprintf(ca_id, sizeof ca_id, "%s", http_text(fx, "certificateId"));
    snprintf(path, sizeof path, "/cacertificate/%s?newStatus=INACTIVE", ca_id);
    http_expect(fx, 200, ask(fx, "PUT", path, NULL));
    http_expect_error(fx, POST(fx, "/certificate/register", "certificatePem", device.pem), 406,
                      "CertificateStateException", "INACTIVE");
    snprintf(path, sizeof path, "/cacertificate/%s?newStatus=ACTIVE", ca_id);
    http_expect(fx, 200, ask(fx, "PUT", path, NULL));

    http_expect_error(
        fx, POST(fx, "/certificate/register", "certificatePem", device.pem, "status", "PENDING_TRANSFER"),
        400, INVALID, "'status'");
    http_expect(fx, 200,
                POST(fx, "/certificate/register", "certificatePem", device.pem, "caCertificatePem", ca.pem));
    http_expect(fx, 200, ask(fx, "GET", path_of(fx, "/certificates/", ""), NULL));
    assert_string_equal(http_text(fx, "certificateDescription.status"), "INACTIVE");
    assert_string_equal(http_text(fx, "certificateDescription.caCertificateId"), ca_id);
    assert_string_equal(http_text(fx, "certificateDescription.certificateMode"),
                        "SNI_ONLY"); /* as its CA's */
    http_expect_error(fx, POST(fx, "/certificate/register", "certificatePem", device.pem), 409,
                      "ResourceAlreadyExistsException", "");
    assert_non_null(strstr(http_text(fx, "resourceArn"), ":cert/"));
    snprintf(path, sizeof path, "/certificates-by-ca/%s", ca_id);
    http_expect(fx, 200, ask(fx, "GET", path, NULL));
    assert_int_equal(json_array_size(http_find(fx, "certificates")), 1);

    /* the CA's certificate was renewed: two of a subject and key */
    again.key = ca.key;
    EVP_PKEY_up_ref(ca.key);
    maker_certificate(&again, (struct maker_order){.name = "ca", .is_ca = true});
    maker_certificate(&other, (struct maker_order){.name = "pump", .issuer = &ca});
    http_expect(fx, 200, register_ca(fx, &again, NULL));
    http_expect_error(fx, POST(fx, "/certificate/register", "certificatePem", other.pem), 409,
                      "CertificateConflictException", "caCertificatePem");
    http_expect(fx, 200,
                POST(fx, "/certificate/register?setAsActive=true", "certificatePem", other.pem,
                     "caCertificatePem", again.pem));
    http_expect(fx, 200, ask(fx, "GET", path_of(fx, "/certificates/", ""), NULL));
    assert_string_equal(http_text(fx, "certificateDescription.status"), "ACTIVE");
    maker_clear(&other);
    maker_clear(&again);
    maker_clear(&device);
    maker_clear(&ca);
}

static void device_without_a_ca(void **state)
{
    struct http_fixture *fx = *state;
    struct maker self = {0}, request = {0};
    char *own = NULL;
    maker_certificate(&self, (struct maker_order){.name = "self"});
    http_expect(fx, 200,
                POST(fx, "/certificate/register-no-ca", "certificatePem", self.pem, "status", "ACTIVE"));
    http_expect(fx, 200, ask(fx, "GET", path_of(fx, "/certificates/", ""), NULL));
    assert_string_equal(http_text(fx, "certificateDescription.certificateMode"), "SNI_ONLY");
    http_expect_error(fx, POST(fx, "/certificate/register-no-ca", "certificatePem", self.pem), 409,
                      "ResourceAlreadyExistsException", "");
    maker_clear(&self);
    maker_certificate(&self, (struct maker_order){.name = "server", .purpose = "serverAuth"});
    http_expect_error(fx, POST(fx, "/certificate/register-no-ca", "certificatePem", self.pem), 400, BAD,
                      "no device could connect");
    maker_clear(&self);
    maker_certificate(&self, (struct maker_order){.name = "old", .starts_s = -9, .ends_s = -5});
    http_expect_error(fx, POST(fx, "/certificate/register-no-ca", "certificatePem", self.pem), 400, BAD,
                      "expired");
    maker_clear(&self);

    /* what iot-local has signed itself, deleted and registered again */
    maker_request(&request, "lamp", false);
    http_expect(fx, 200, POST(fx, "/certificates", "certificateSigningRequest", request.pem));
    own = strdup(http_text(fx, "certificatePem"));
    http_expect_error(fx, POST(fx, "/certificate/register", "certificatePem", own), 409,
                      "ResourceAlreadyExistsException", "");
    http_expect(fx, 200, ask(fx, "GET", "/certificates?pageSize=1", NULL));
    char path[120];
    snprintf(path, sizeof path, "/certificates/%s", http_text(fx, "certificates.0.certificateId"));
    http_expect(fx, 200, ask(fx, "DELETE", path, NULL));
    http_expect(fx, 200,
                POST(fx, "/certificate/register", "certificatePem", own, "caCertificatePem",
                     pki_ca_pem(fx->service.pki)));
    free(own);
    maker_clear(&request);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, http_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(certificate_from_a_request),
        TEST(lists_by_marker),
        TEST(certificate_to_its_end),
        TEST(ca_is_proved),
        TEST(what_is_no_ca),
        TEST(certificates_do_not_go_by_the_virtual_clock),
        TEST(device_of_a_registered_ca),
        TEST(device_without_a_ca),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
