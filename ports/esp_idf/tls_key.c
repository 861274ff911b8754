/* SPDX-License-Identifier: MIT */
/* A key of the Digital Signature peripheral lies in flash, encrypted with one that only the chip knows. Espressif's tools have put it into
 * three places so far: configure_ds.py, and configure_esp_secure_cert.py with the type nvs, into NVS; that one's other types into a partition
 * of its own, which the component esp_secure_cert_mgr reads. */
#include "ports/esp_idf/tls_key.h"
#include "sdkconfig.h"

#include <string.h>

static void put_text(const char *text, esp_tls_cfg_t *config)
{
    config->clientkey_buf = (const unsigned char *)text;
    config->clientkey_bytes = (unsigned)strlen(text) + 1;
}

#ifdef CONFIG_DEVICE_JOBS_KEY_REFERENCES
#include "common/pem.h"
#include "common/slice.h"

#include "mbedtls/version.h"
#include "nvs.h"
#include "nvs_flash.h"

#include <stdlib.h>

#ifdef CONFIG_ESP_TLS_USE_DS_PERIPHERAL
#if MBEDTLS_VERSION_MAJOR >= 4
#include "psa/crypto.h" /* the next one says nothing before it */
#include "psa_crypto_driver_esp_rsa_ds_contexts.h"
#else
#include "rsa_sign_alt.h"
#endif
#ifdef CONFIG_ESP_SECURE_CERT_DS_PERIPHERAL
#include "esp_secure_cert_read.h"
#endif
#endif

#define DS_SCHEME      "esp-ds"
#define CERT_SCHEME    "esp-secure-cert"
#define ELEMENT_SCHEME "esp-secure-element"

#ifdef CONFIG_ESP_TLS_USE_DS_PERIPHERAL
#define NAME_CAP 16 /* of an NVS partition, and of a namespace, with the NUL */
#define KEY_IDS  6  /* blocks of eFuses that a key can be in */

struct ds_place {
    char partition[NAME_CAP];
    char space[NAME_CAP];
};

struct ds_key {
    esp_ds_data_ctx_t context;
    esp_ds_data_t data;
};

static esp_ds_data_ctx_t *found; /* what esp-tls is handed; NULL: nothing was found */
static struct ds_key *own;       /* what it belongs to, from malloc; NULL: to the component */

static bool copy_name(struct slice name, char out[NAME_CAP])
{
    return name.len > 0 && slice_copy(name, out, NAME_CAP) == ERR_OK;
}

static bool read_place(const char *reference, struct ds_place *place)
{
    static const char blanks[] = " \t\r\n";
    reference += strspn(reference, blanks) + strlen(DS_SCHEME ":");
    struct slice first = {reference, strcspn(reference, blanks)}, rest = first;
    first = slice_cut(&rest, '/');
    if (!rest.ptr) {
        strcpy(place->partition, "nvs");
        return copy_name(first, place->space);
    }
    return copy_name(first, place->partition) && copy_name(rest, place->space);
}

static bool read_blob(nvs_handle_t handle, const char *name, void *out, size_t size)
{
    size_t len = size;
    return nvs_get_blob(handle, name, out, &len) == ESP_OK && len == size;
}

static bool read_values(nvs_handle_t handle, struct ds_key *key)
{
    static const struct {
        const char *key_id, *rsa_len, *c, *iv;
    } names[] = {{"ds_key_id", "rsa_len", "cipher_c", "iv"},
                 {"esp_ds_key_id", "esp_ds_rsa_len", "esp_ds_c", "esp_ds_iv"}};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (nvs_get_u8(handle, names[i].key_id, &key->context.efuse_key_id) == ESP_OK &&
            nvs_get_u16(handle, names[i].rsa_len, &key->context.rsa_length_bits) == ESP_OK &&
            read_blob(handle, names[i].c, key->data.c, sizeof(key->data.c)) &&
            read_blob(handle, names[i].iv, key->data.iv, sizeof(key->data.iv))) {
            return key->context.efuse_key_id < KEY_IDS;
        }
    }
    return false;
}

static const char *load_ds_key(const struct ds_place *place, struct ds_key *key)
{
    nvs_handle_t handle;
    if (nvs_flash_init_partition(place->partition) != ESP_OK) { /* also good when it was called before */
        return "names an NVS partition that is not there or cannot be read";
    }
    if (nvs_open_from_partition(place->partition, place->space, NVS_READONLY, &handle) != ESP_OK) {
        return "names an NVS namespace that is not there";
    }
    bool is_good = read_values(handle, key);
    nvs_close(handle);
    if (!is_good) {
        return "names an NVS namespace without a Digital Signature key (ds_key_id, rsa_len, cipher_c, iv) "
               "that was made for this chip";
    }
    key->context.esp_ds_data = &key->data;
    key->data.rsa_length = (esp_digital_signature_length_t)(key->context.rsa_length_bits / 32 - 1);
    return NULL;
}

static const char *judge(const esp_ds_data_ctx_t *context, size_t certificate_bits)
{
    return context->rsa_length_bits == certificate_bits
               ? NULL
               : "does not belong to the certificate, whose key is of another length or not of RSA";
}

static const char *find_ds_key(const char *reference, size_t certificate_bits)
{
    struct ds_place place;
    if (!read_place(reference, &place)) {
        return "names no NVS namespace: it is esp-ds:NAMESPACE or esp-ds:PARTITION/NAMESPACE, up to 15 "
               "characters each";
    }
    own = calloc(1, sizeof(*own));
    if (!own) {
        return "cannot be looked at: out of memory";
    }
    const char *why = load_ds_key(&place, own);
    found = &own->context;
    return why ? why : judge(found, certificate_bits);
}

#ifdef CONFIG_ESP_SECURE_CERT_DS_PERIPHERAL
static const char *find_in_component(size_t certificate_bits)
{
    found = esp_secure_cert_get_ds_ctx();
    return found ? judge(found, certificate_bits)
                 : "names a partition esp_secure_cert that holds no Digital Signature key";
}

#define HAS_COMPONENT
#define GIVE_BACK(context) esp_secure_cert_free_ds_ctx(context)
#else
#define GIVE_BACK(context) ((void)(context))
#endif

static void forget(void)
{
    if (found && !own) {
        GIVE_BACK(found);
    }
    free(own);
    own = NULL;
    found = NULL;
}

static void put_ds_key(esp_tls_cfg_t *config)
{
    config->ds_data = found;
}
#else
static const char *find_ds_key(const char *reference, size_t certificate_bits)
{
    (void)reference, (void)certificate_bits;
    return "needs CONFIG_ESP_TLS_USE_DS_PERIPHERAL (menuconfig, ESP-TLS), and a chip with that peripheral";
}

static void forget(void)
{
}

static void put_ds_key(esp_tls_cfg_t *config)
{
    (void)config;
}
#endif

#ifndef HAS_COMPONENT
static const char *find_in_component(size_t certificate_bits)
{
    (void)certificate_bits;
    return "needs the component espressif/esp_secure_cert_mgr, CONFIG_ESP_SECURE_CERT_DS_PERIPHERAL and "
           "CONFIG_ESP_TLS_USE_DS_PERIPHERAL";
}
#endif

static const char *find_secure_element(void)
{
#ifdef CONFIG_ESP_TLS_USE_SECURE_ELEMENT
    return NULL; /* whether it answers shows with the first connection */
#else
    return "needs CONFIG_ESP_TLS_USE_SECURE_ELEMENT (menuconfig, ESP-TLS) and the component "
           "esp-cryptoauthlib";
#endif
}

static const char *find(const char *reference, size_t certificate_bits)
{
    if (pem_refers_to(reference, DS_SCHEME)) {
        return find_ds_key(reference, certificate_bits);
    }
    if (pem_refers_to(reference, CERT_SCHEME)) {
        return find_in_component(certificate_bits);
    }
    if (pem_refers_to(reference, ELEMENT_SCHEME)) {
        return find_secure_element();
    }
    return "is neither PEM text nor a reference that is known here: " DS_SCHEME ":, " CERT_SCHEME
           ":, " ELEMENT_SCHEME ":";
}

const char *tls_key_find(const char *reference, size_t certificate_bits)
{
    forget();
    const char *why = find(reference, certificate_bits);
    if (why) {
        forget();
    }
    return why;
}

void tls_key_put(const char *text, esp_tls_cfg_t *config)
{
    if (pem_refers_to(text, DS_SCHEME) || pem_refers_to(text, CERT_SCHEME)) {
        put_ds_key(config);
    } else if (pem_refers_to(text, ELEMENT_SCHEME)) {
        config->use_secure_element = true;
    } else {
        put_text(text, config);
    }
}
#else
const char *tls_key_find(const char *reference, size_t certificate_bits)
{
    (void)reference, (void)certificate_bits;
    return "is no PEM text; what refers to a key elsewhere needs CONFIG_DEVICE_JOBS_KEY_REFERENCES "
           "(menuconfig)";
}

void tls_key_put(const char *text, esp_tls_cfg_t *config)
{
    put_text(text, config);
}
#endif
