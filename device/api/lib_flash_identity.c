/* SPDX-License-Identifier: MIT */
/* lib_flash.h, who the device is: what SYSTEM_init was given, else the stored identity. Only programs that ask have its buffer. */
#include "device/api/line.h"
#include "device/core/store/identity.h"
#include "device/port/port_time.h"
#include "device/runtime/records.h"
#include "device/runtime/runtime.h"
#include "lib_flash.h"

#include <stdatomic.h>

enum loading {
    LOADING_NOT, /* nobody has asked yet, or there was none */
    LOADING,     /* a task is at it */
    LOADED,      /* what there is stands in `stored` */
};

static char record[RECORD_BYTES(IDENTITY_MAX)];
static struct identity stored; /* its texts lie in `record`; all NULL: there is none */
static atomic_int loading = LOADING_NOT;

static void load(void)
{
    struct slice payload;
    if (!runtime_record_read(RECORD_IDENTITY, record, sizeof(record), &payload) &&
        !identity_read(payload, &stored)) {
        static atomic_bool is_told;
        if (!atomic_exchange(&is_told, true)) {
            line_error("FLASH", "the stored identity cannot be used, and counts as absent");
        }
    }
}

/* Read until there is one, and then not again: what was handed out must stay. */
static const struct identity *stored_identity(void)
{
    static const struct identity none;
    int is = LOADING_NOT;
    if (atomic_compare_exchange_strong(&loading, &is, LOADING)) {
        load();
        atomic_store(&loading, stored.cert_pem ? LOADED : LOADING_NOT);
    }
    while (atomic_load(&loading) == LOADING) {
        port_time_sleep_ms(1);
    }
    return atomic_load(&loading) == LOADED ? &stored : &none;
}

/* All of one source: a given certificate never goes with a stored key. */
static struct identity identity(void)
{
    const struct runtime_config *given = runtime_given();
    if (given->cert_pem) {
        return (struct identity){
            .thing_name = given->thing_name, .cert_pem = given->cert_pem, .key_pem = given->key_pem};
    }
    return *stored_identity();
}

bool FLASH_isDeviceRegistered(void)
{
    return identity().cert_pem != NULL;
}

const char *FLASH_getThingName(void)
{
    const char *name = identity().thing_name;
    return name ? name : "";
}

char *FLASH_getCertificate(deviceCertType_et certType_e)
{
    switch (certType_e) {
    case FLASH_CERT_CERTIFICATE_PEM:
        return (char *)identity().cert_pem;
    case FLASH_CERT_PRIVATE_KEY:
        return (char *)identity().key_pem;
    default:
        line_error(__func__, "there is no such type of certificate");
        return NULL;
    }
}

void FLASH_printConfig(void)
{
    const struct runtime_config *given = runtime_given();
    const struct identity is = identity();
    line_write("FLASH", LOG_LEVEL_INFO, "thing '%s'%s, endpoint '%s'", is.thing_name ? is.thing_name : "",
               given->cert_pem ? " (given to SYSTEM_init)"
               : is.cert_pem   ? " (stored)"
                               : " (not registered)",
               given->host ? given->host : "");
}
