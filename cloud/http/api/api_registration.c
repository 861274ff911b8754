/* SPDX-License-Identifier: MIT */
/* Certificates that others have made, for devices and as CAs: docs/protocol.md 5.8. Whatever is registered here passes the
 * broker's handshake; what cannot pass it is refused with the way out. */
#include "cloud/base/memory.h"
#include "cloud/core/registry/ca_certificates.h"
#include "cloud/core/registry/certificates.h"
#include "cloud/http/api/api_tags.h"
#include "cloud/http/operations.h"
#include "cloud/http/render.h"
#include "cloud/pki/foreign.h"
#include "cloud/pki/trust_dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHY_CAP 300

/* --- Reading, on the worker --- */

struct registration {
    struct foreign certificate; /* to be registered */
    struct foreign other;       /* its CA, or the one that proves who has a CA's key; id "": not given */
};

static void free_registration(void *made)
{
    struct registration *registration = made;
    foreign_clear(&registration->certificate);
    foreign_clear(&registration->other);
    free(registration);
}

/* Not given: stays empty. */
static bool read_member(struct call *call, const char *name, struct foreign *out)
{
    char why[WHY_CAP];
    const char *text = NULL;
    if (!call_text(call, call->members, name, &text)) {
        return false;
    }
    if (text && !foreign_read(text, out, why, sizeof why)) {
        call_ok(call, core_fail(&call->error, CORE_CERTIFICATE_INVALID, "'%s': %s", name, why));
        return false;
    }
    return true;
}

void api_read_foreign_certificates(struct call *call)
{
    bool is_ca = call->route->handler == api_register_ca_certificate;
    const char *name = is_ca ? "caCertificate" : "certificatePem";
    struct registration *read = memory_zeroed(sizeof *read);
    call_work_done(call, read, free_registration);
    if (!read_member(call, name, &read->certificate) ||
        !read_member(call, is_ca ? "verificationCertificate" : "caCertificatePem", &read->other)) {
        return;
    }
    if (!*read->certificate.id) {
        call_refuse(call, "'%s' is missing", name);
    }
}

static bool refuse(struct call *call, enum core_code code, const char *text)
{
    call_ok(call, core_fail(&call->error, code, "%s", text));
    return false;
}

/* Our own CA signs, too, and is registered as it were. */
static bool read_own_ca(struct call *call, struct foreign *own)
{
    char why[WHY_CAP];
    if (foreign_read(pki_ca_pem(call->service->pki), own, why, sizeof why)) {
        return true;
    }
    call_fail_internal(call, "%s", why);
    return false;
}

/* --- Who has signed a certificate --- */

struct signer {
    const struct foreign *device;
    const char *wanted_id; /* NULL: any CA */
    size_t count;          /* of those that have signed it; the first one is kept: */
    struct foreign certificate;
    char id[CORE_CERTIFICATE_ID_CAP]; /* "": our own CA */
    char mode[16];
    bool is_active;
};

/* Takes over what was read, or clears it. */
static void consider(struct signer *signer, struct foreign *read, const struct ca_certificate *ca)
{
    bool is_signer = (!signer->wanted_id || strcmp(signer->wanted_id, read->id) == 0) &&
                     foreign_is_signed_by(signer->device, read);
    if (is_signer && ++signer->count == 1) {
        signer->certificate = *read;
        signer->is_active = !ca || strcmp(ca->status, "ACTIVE") == 0;
        snprintf(signer->id, sizeof signer->id, "%s", ca ? ca->id : "");
        snprintf(signer->mode, sizeof signer->mode, "%s", ca ? ca->mode : "DEFAULT");
    } else {
        foreign_clear(read);
    }
}

static void consider_registered(void *ctx, const struct ca_certificate *ca)
{
    struct foreign read;
    char why[WHY_CAP];
    if (foreign_read(ca->pem, &read, why, sizeof why)) {
        consider(ctx, &read, ca);
    }
}

/* The caller clears signer->certificate, also after false. */
static bool find_signer(struct call *call, const struct registration *registration, struct signer *signer)
{
    struct foreign own;
    *signer = (struct signer){.device = &registration->certificate};
    signer->wanted_id = *registration->other.id ? registration->other.id : NULL;
    if (!read_own_ca(call, &own)) {
        return false;
    }
    consider(signer, &own, NULL);
    return call_ok(call, ca_certificates_of_subject(call->service->core, signer->device->issuer,
                                                    consider_registered, signer, &call->error));
}

/* --- Who else has its name --- */

struct namesake {
    const struct foreign *certificate;
    bool has_other_key;
};

static void compare_key(struct namesake *namesake, const char *pem)
{
    struct foreign read;
    char why[WHY_CAP];
    if (foreign_read(pem, &read, why, sizeof why)) {
        namesake->has_other_key |= strcmp(read.subject, namesake->certificate->subject) == 0 &&
                                   !foreign_has_same_key(&read, namesake->certificate);
        foreign_clear(&read);
    }
}

static void compare_registered(void *ctx, const struct ca_certificate *ca)
{
    compare_key(ctx, ca->pem);
}

/* A certificate that the broker is to trust by its own name must not stand in the way of a CA of that name: OpenSSL tries one
 * of them only. */
static bool has_name_for_itself(struct call *call, const struct foreign *certificate)
{
    struct namesake namesake = {.certificate = certificate};
    compare_key(&namesake, pki_ca_pem(call->service->pki));
    if (!call_ok(call, ca_certificates_of_subject(call->service->core, certificate->subject,
                                                  compare_registered, &namesake, &call->error))) {
        return false;
    }
    return !namesake.has_other_key || refuse(call, CORE_CERTIFICATE_INVALID,
                                             "a CA of the same subject and with another key is here already: "
                                             "the broker cannot tell two of a "
                                             "name apart; give this one another subject");
}

/* --- RegisterCertificate and RegisterCertificateWithoutCA --- */

/* false: answered. */
static bool read_status(struct call *call, const char **status)
{
    bool is_active = false;
    *status = NULL;
    if (!call_query_bool(call, "setAsActive", &is_active) ||
        !call_text(call, call->members, "status", status)) {
        return false;
    }
    if (!*status) {
        *status = is_active ? "ACTIVE" : "INACTIVE";
    } else if (strcmp(*status, "ACTIVE") != 0 && strcmp(*status, "INACTIVE") != 0 &&
               strcmp(*status, "REVOKED") != 0) {
        call_refuse(call, "'status' is ACTIVE, INACTIVE or REVOKED");
        return false;
    }
    return true;
}

/* signer NULL: the certificate has signed itself. */
static void add_device(struct call *call, const struct foreign *device, const struct signer *signer,
                       const char *mode)
{
    char why[WHY_CAP];
    const char *status;
    struct certificate new = {
        .pem = device->pem,
        .not_before_s = device->not_before_s,
        .not_after_s = device->not_after_s,
        .is_anchor = !signer,
    };
    snprintf(new.id, sizeof new.id, "%s", device->id);
    snprintf(new.mode, sizeof new.mode, "%s", mode);
    snprintf(new.ca_id, sizeof new.ca_id, "%s", signer ? signer->id : "");
    if (!read_status(call, &status)) {
        return;
    }
    snprintf(new.status, sizeof new.status, "%s", status);
    if (!foreign_passes(device, signer ? &signer->certificate : device, why, sizeof why)) {
        call_ok(call, core_fail(&call->error, CORE_CERTIFICATE_INVALID,
                                "with this certificate no device could connect: %s", why));
        return;
    }
    if (!signer && !trust_dir_add(call->service->data_dir, device, why, sizeof why)) {
        call_fail_internal(call, "%s", why);
        return;
    }
    struct certificate stored = {0};
    if (call_ok(call, certificates_add(call->service->core, &new, &call->error)) &&
        call_ok(call, certificates_describe(call->service->core, new.id, &stored, &call->error))) {
        json_t *out = json_object();
        render_put_text(out, "certificateArn", stored.arn);
        render_put_text(out, "certificateId", stored.id);
        answer_json(&call->answer, out);
    }
    certificate_clear(&stored);
}

void api_register_certificate(struct call *call)
{
    const struct registration *registration = call->made;
    struct signer signer;
    bool is_good = find_signer(call, registration, &signer);
    if (is_good && signer.count == 0) {
        is_good =
            refuse(call, CORE_CERTIFICATE_INVALID,
                   signer.wanted_id
                       ? "the CA of 'caCertificatePem' is not registered here, or has not signed this "
                         "certificate: register that CA first (RegisterCACertificate)"
                       : "no CA that is registered here has signed this certificate: register its CA first "
                         "(RegisterCACertificate)");
    }
    if (is_good && signer.count > 1) {
        is_good = refuse(call, CORE_CONFLICT,
                         "several CAs of the same subject and key are registered: say by 'caCertificatePem' "
                         "which one has signed this certificate");
    }
    if (is_good && !signer.is_active) {
        is_good =
            refuse(call, CORE_CERTIFICATE_STATE,
                   "the CA of this certificate is INACTIVE: make it ACTIVE first (UpdateCACertificate)");
    }
    if (is_good) {
        add_device(call, &registration->certificate, &signer, signer.mode);
    }
    foreign_clear(&signer.certificate);
}

void api_register_certificate_without_ca(struct call *call)
{
    const struct registration *registration = call->made;
    const struct foreign *device = &registration->certificate;
    struct signer signer;
    if (device->is_self_signed) {
        if (has_name_for_itself(call, device)) {
            add_device(call, device, NULL, "SNI_ONLY");
        }
        return;
    }
    if (find_signer(call, registration, &signer)) {
        if (signer.count > 0) {
            add_device(call, device, &signer, "SNI_ONLY");
        } else {
            refuse(call, CORE_CERTIFICATE_INVALID,
                   "the broker of iot-local checks who has signed a certificate, and does not know the CA of "
                   "this "
                   "one: register that CA first, for example by aws iot register-ca-certificate "
                   "--certificate-mode SNI_ONLY --set-as-active --ca-certificate file://ca.pem");
        }
    }
    foreign_clear(&signer.certificate);
}

/* --- RegisterCACertificate --- */

/* Who registers a CA must have its key, and shows it by a certificate for the registration code. */
static bool check_proof(struct call *call, const struct registration *registration, const char *mode)
{
    char code[65], name[FOREIGN_NAME_CAP];
    bool is_given = *registration->other.id != '\0';
    if (strcmp(mode, "SNI_ONLY") == 0) {
        if (is_given) {
            call_refuse(call, "with the certificateMode SNI_ONLY there is no 'verificationCertificate'");
        }
        return !is_given;
    }
    if (!is_given) {
        call_refuse(call,
                    "'verificationCertificate' is missing; without one it takes --certificate-mode SNI_ONLY");
        return false;
    }
    if (!call_ok(call, registration_code_get(call->service->core, code, &call->error))) {
        return false;
    }
    foreign_common_name(&registration->other, name);
    if (strcmp(name, code) != 0) {
        return refuse(call, CORE_REGISTRATION_CODE,
                      "the common name of 'verificationCertificate' is not the registration code "
                      "(GetRegistrationCode)");
    }
    return foreign_is_signed_by(&registration->other, &registration->certificate) ||
           refuse(call, CORE_CERTIFICATE_INVALID, "'verificationCertificate' is not signed by this CA");
}

static bool check_ca(struct call *call, const struct foreign *ca)
{
    struct foreign own;
    if (!read_own_ca(call, &own)) {
        return false;
    }
    bool is_own = strcmp(own.id, ca->id) == 0;
    foreign_clear(&own);
    if (is_own) {
        return refuse(call, CORE_ALREADY_EXISTS,
                      "this is iot-local's own CA: what it has signed can be registered");
    }
    if (!foreign_is_ca(ca)) {
        return refuse(
            call, CORE_CERTIFICATE_INVALID,
            "this certificate may not sign others: a CA has the extension basicConstraints CA:TRUE");
    }
    if (ca->not_after_s * 1000 <= call_machine_ms(call)) {
        return refuse(call, CORE_CERTIFICATE_INVALID, "this CA certificate has expired");
    }
    return has_name_for_itself(call, ca);
}

static void add_ca(struct call *call, const struct foreign *ca, const char *mode, bool is_active)
{
    char why[WHY_CAP];
    struct tag_list tags;
    if (!api_read_tags(call, &tags)) {
        return;
    }
    struct ca_certificate new = {
        .tags = &tags,
        .pem = ca->pem,
        .not_before_s = ca->not_before_s,
        .not_after_s = ca->not_after_s,
    };
    snprintf(new.id, sizeof new.id, "%s", ca->id);
    snprintf(new.subject, sizeof new.subject, "%s", ca->subject);
    snprintf(new.status, sizeof new.status, "%s", is_active ? "ACTIVE" : "INACTIVE");
    snprintf(new.mode, sizeof new.mode, "%s", mode);
    if (!trust_dir_add(call->service->data_dir, ca, why, sizeof why)) {
        call_fail_internal(call, "%s", why);
        return;
    }
    struct ca_certificate stored = {0};
    if (call_ok(call, ca_certificates_add(call->service->core, &new, &call->error)) &&
        call_ok(call, ca_certificates_describe(call->service->core, new.id, &stored, &call->error))) {
        json_t *out = json_object();
        render_put_text(out, "certificateArn", stored.arn);
        render_put_text(out, "certificateId", stored.id);
        answer_json(&call->answer, out);
    }
    ca_certificate_clear(&stored);
}

void api_register_ca_certificate(struct call *call)
{
    const struct registration *registration = call->made;
    const char *mode = "DEFAULT";
    bool is_active = false, is_automatic = false;
    if (!call_query_bool(call, "setAsActive", &is_active) ||
        !call_query_bool(call, "allowAutoRegistration", &is_automatic) ||
        !call_text(call, call->members, "certificateMode", &mode)) {
        return;
    }
    if (is_automatic) {
        call_refuse(call, "allowAutoRegistration: iot-local does not register certificates at their first "
                          "connection; register each one (RegisterCertificate)");
    } else if (strcmp(mode, "DEFAULT") != 0 && strcmp(mode, "SNI_ONLY") != 0) {
        call_refuse(call, "'certificateMode' is DEFAULT or SNI_ONLY");
    } else if (check_ca(call, &registration->certificate) && check_proof(call, registration, mode)) {
        add_ca(call, &registration->certificate, mode, is_active);
    }
}
