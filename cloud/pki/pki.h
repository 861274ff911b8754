/* SPDX-License-Identifier: MIT */
/* The certificate authority of one data directory: a root, the broker's server certificate, and device certificates.
 * Private keys are files of mode 0600 and never logged. */
#ifndef CLOUD_PKI_PKI_H
#define CLOUD_PKI_PKI_H

#include "common/err.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pki;

/* Loads the CA from `dir`, or makes it there (ca.pem, ca.key) on the first run. The server certificate (server.pem,
 * server.key) is made anew when it is missing, about to expire, or does not carry all of `names` (DNS names and
 * addresses). NULL and one line in `why` on failure. */
struct pki *pki_open(const char *dir, const char *const *names, size_t name_count, char *why, size_t why_cap);
void pki_close(struct pki *pki);

const char *pki_ca_pem(const struct pki *pki);

struct pki_issued {
    char *certificate_pem;
    char *private_key_pem; /* NULL when made from a request */
    char *public_key_pem;
    char certificate_id[65]; /* SHA-256 of the DER certificate, lower case hex */
    int64_t not_before_s, not_after_s;
};
void pki_issued_clear(struct pki_issued *issued); /* wipes the key */

/* A new RSA 2048 key pair (what AWS makes) and a certificate for it, signed by the CA. false: why. */
bool pki_issue(struct pki *pki, struct pki_issued *issued, char *why, size_t why_cap);

/* The same, but the certificate is good for so many seconds from now. */
bool pki_issue_for_seconds(struct pki *pki, int64_t seconds, struct pki_issued *issued, char *why,
                           size_t why_cap);

/* A certificate for the key of this request (PEM of a stranger), with its subject, or AWS's when that is empty. ERR_ARG: the
 * request is no good; ERR_INTERNAL: OpenSSL failed. */
enum err pki_issue_for(struct pki *pki, const char *request, struct pki_issued *issued, char *why,
                       size_t why_cap);

/* Makes one key pair ahead, for a pki_issue to come; false: there are enough, or *stop has become true meanwhile. On the
 * thread that issues. */
bool pki_make_ahead(struct pki *pki, const atomic_bool *stop);

#endif
