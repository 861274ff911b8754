/* SPDX-License-Identifier: MIT */
/* Certificates that wait for a registration, and their tokens. Include after cmocka.h. */
#ifndef TESTS_FAKES_PROVISIONING_H
#define TESTS_FAKES_PROVISIONING_H

#include "cloud/core/provisioning/ownership.h"
#include "fakes/core_fixture.h"

#define ID       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define OTHER_ID "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define ARN      FIXTURE_ARN("cert", ID)

static inline void provisioning_certificate(struct fixture *fx, const char *id, const char *status)
{
    char pem[] = "PEM";
    struct certificate new = {.pem = pem};
    snprintf(new.id, sizeof new.id, "%s", id);
    snprintf(new.status, sizeof new.status, "%s", status);
    FIXTURE_OK(fx, certificates_add(fx->core, &new, &fx->error));
}

static inline void provisioning_issue(struct fixture *fx, const char *id, char token[OWNERSHIP_TOKEN_CAP])
{
    FIXTURE_OK(fx, ownership_issue(fx->core, id, token, &fx->error));
}

/* A new certificate with its token, as CreateCertificateFromCsr leaves it. */
static inline void provisioning_pending(struct fixture *fx, char token[OWNERSHIP_TOKEN_CAP])
{
    provisioning_certificate(fx, ID, "PENDING_ACTIVATION");
    provisioning_issue(fx, ID, token);
}

static inline const char *provisioning_status(struct fixture *fx, const char *id)
{
    static char status[32];
    struct certificate got;
    int code = FIXTURE_RUN(fx, certificates_describe(fx->core, id, &got, &fx->error));
    snprintf(status, sizeof status, "%s", code ? "none" : got.status);
    certificate_clear(&got);
    return status;
}

#endif
