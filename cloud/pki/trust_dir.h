/* SPDX-License-Identifier: MIT */
/* The folder of certificates that the broker's handshake trusts for devices beside our own CA. OpenSSL looks into it at every
 * handshake, so what is added counts at once. Nothing is taken out while a broker runs: it has read what was there, and counts
 * the files of a name on from where it was. That opens no door, for the plugin lets in registered certificates only. */
#ifndef CLOUD_PKI_TRUST_DIR_H
#define CLOUD_PKI_TRUST_DIR_H

#include "cloud/pki/foreign.h"

#define TRUST_DIR_NAME "trusted" /* in the data directory */

/* Makes the folder, or empties it: before a broker starts. false: why. */
bool trust_dir_open(const char *data_dir, char *why, size_t why_cap);

/* Adds one, unless it is there. */
bool trust_dir_add(const char *data_dir, const struct foreign *anchor, char *why, size_t why_cap);

#endif
