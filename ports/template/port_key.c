/* SPDX-License-Identifier: MIT */
#include "device/port/port_key.h"
#include "ports/template/missing.h"

enum err port_key_make(char *key_pem, size_t cap)
{
    (void)key_pem, (void)cap;
    MISSING();
}

enum err port_key_make_request(const char *key_pem, const char *common_name, char *csr_pem, size_t cap)
{
    (void)key_pem, (void)common_name, (void)csr_pem, (void)cap;
    MISSING();
}

bool port_key_is_match(const char *cert_pem, const char *key_pem)
{
    (void)cert_pem, (void)key_pem;
    MISSING();
}

enum err port_key_certificate_id(const char *cert_pem, char id[PORT_KEY_CERTIFICATE_ID_CAP])
{
    (void)cert_pem, (void)id;
    MISSING();
}
