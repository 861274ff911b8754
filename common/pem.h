/* SPDX-License-Identifier: MIT */
/* What a PEM text holds, without decoding it (RFC 7468). Only its blocks count: from a line -----BEGIN label----- to a line
 * -----END label-----. What stands outside of them is for people ("Bag Attributes" of `openssl pkcs12`) and may have any words. */
#ifndef COMMON_PEM_H
#define COMMON_PEM_H

#include "common/slice.h"

struct pem_block {
    struct slice label; /* "CERTIFICATE", "EC PRIVATE KEY" */
    struct slice body;  /* the lines between, with the headers of RFC 1421 if there are any */
};

/* The next block. Start with *rest = the whole text; true while there is one. A block without its end is none. */
bool pem_next(struct slice *rest, struct pem_block *block);

/* The first block whose label ends so: "PRIVATE KEY" means also "EC PRIVATE KEY" and "ENCRYPTED PRIVATE KEY". */
bool pem_find(const char *text, const char *label_end, struct pem_block *block);

/* Text that is no PEM and says where something lies: one line that begins with a scheme, "pkcs11:token=lamps;object=lamp-1". White
 * space around it does not count. What the schemes mean is up to whoever reads them. */
bool pem_is_reference(const char *text);

/* The same, and the scheme is this one: "pkcs11". */
bool pem_refers_to(const char *text, const char *scheme);

/* Nobody reads this key without its password: PKCS #8 says so in the label, the older form (RFC 1421) in the header Proc-Type. */
bool pem_is_encrypted(const struct pem_block *block);

#endif
