/* SPDX-License-Identifier: MIT */
/* Keys that sign and are not read. Of the chip's Digital Signature peripheral: `esp-ds:NAMESPACE` or `esp-ds:PARTITION/NAMESPACE` when the
 * encrypted key lies in NVS, `esp-secure-cert:` when Espressif's component esp_secure_cert_mgr reads it. Of an ATECC608 on the board:
 * `esp-secure-element:`. All are reached by esp-tls, and only where menuconfig has them. */
#ifndef PORTS_ESP_IDF_TLS_KEY_H
#define PORTS_ESP_IDF_TLS_KEY_H

#include "esp_tls.h"

#include <stddef.h>

/* Looks for what a reference (common/pem.h) means, and keeps it for tls_key_put until the next call. certificate_bits: the length of
 * the key that the certificate is for. NULL: it can be used. Otherwise says why not (static text). Not while a connection is open. */
const char *tls_key_find(const char *reference, size_t certificate_bits);

/* Gives a connection its key: the PEM text, or what tls_key_find has found last. The texts must live as long as the connection. */
void tls_key_put(const char *text, esp_tls_cfg_t *config);

#endif
