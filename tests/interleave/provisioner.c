/* SPDX-License-Identifier: MIT */
/* Fleet provisioning in an interleaved world: the service's certificates and tokens, keys that are short texts, and what must hold of a device
 * that gets its identity. What the service knows outlives each power cut. */
#include "interleave/world.h"

#include "device/port/port_key.h"
#include "device/port/port_store.h"
#include "device/runtime/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CERTIFICATES 16
#define TEXT_CAP     64

#define CSR_TOPIC      "$aws/certificates/create-from-csr/json"
#define REGISTER_TOPIC "$aws/provisioning-templates/fleet/provision/json"

struct provisioner_rules provisioner_rules;

static struct {
    unsigned keys; /* that were made */
    unsigned certificates;
    bool is_active[CERTIFICATES];
    char key_of[CERTIFICATES][TEXT_CAP];
    unsigned claims; /* connections with the claim */
    unsigned lost;   /* answers */
    struct port_signal signals[PROVISIONER_STEPS];
} service_state;

void provisioner_reset(void)
{
    memset(&service_state, 0, sizeof(service_state));
    provisioner_rules = (struct provisioner_rules){0};
}

void provisioner_await(enum provisioner_step step)
{
    if (!scheduler_wait(&service_state.signals[step], HOUR_MS, "waits for a step of provisioning")) {
        scheduler_find("step %d of provisioning does not come within an hour:\n%s", (int)step, ports_log());
    }
}

static void reach(enum provisioner_step step)
{
    scheduler_note("step of provisioning", step);
    scheduler_wake(&service_state.signals[step]);
}

/* ---- keys: the text "key-1" and what is made of it */

enum err port_key_make(char *key_pem, size_t cap)
{
    scheduler_check_no_lock("makes a key");
    scheduler_point("makes a key");
    service_state.keys++;
    snprintf(key_pem, cap, "key-%u", service_state.keys);
    return ERR_OK;
}

enum err port_key_make_request(const char *key_pem, const char *common_name, char *csr_pem, size_t cap)
{
    (void)common_name;
    scheduler_check_no_lock("makes a request");
    snprintf(csr_pem, cap, "csr of %s", key_pem);
    return ERR_OK;
}

/* "cert-1 of key-1" */
bool port_key_is_match(const char *cert_pem, const char *key_pem)
{
    const char *of = strstr(cert_pem, " of ");
    return of && strcmp(of + 4, key_pem) == 0;
}

enum err port_key_certificate_id(const char *cert_pem, char id[PORT_KEY_CERTIFICATE_ID_CAP])
{
    (void)cert_pem;
    memset(id, '0', PORT_KEY_CERTIFICATE_ID_CAP - 1);
    id[PORT_KEY_CERTIFICATE_ID_CAP - 1] = '\0';
    return ERR_OK;
}

/* The number behind `begin` with which the text begins; CERTIFICATES: it does not, or nobody has made that one. */
static unsigned number_of(const char *text, const char *begin)
{
    const size_t len = strlen(begin);
    const unsigned long number =
        strncmp(text, begin, len) == 0 ? strtoul(text + len, NULL, 10) : CERTIFICATES;
    return number < service_state.certificates ? (unsigned)number : CERTIFICATES;
}

/* ---- connections */

enum provisioner_peer provisioner_judge(const char *client_id, const char *cert_pem)
{
    if (!provisioner_rules.is_on) {
        return PROVISIONER_THING;
    }
    if (strstr(cert_pem, "BEGIN CERTIFICATE")) {
        service_state.claims++;
        return PROVISIONER_CLAIM;
    }
    const unsigned number = number_of(cert_pem, "cert-");
    if (number == CERTIFICATES || !service_state.is_active[number] || strcmp(client_id, "lamp") != 0) {
        scheduler_find("a connection as '%s' with '%s'", client_id, cert_pem);
    }
    reach(PROVISIONER_CONNECTED);
    if (provisioner_rules.refusals > 0) {
        provisioner_rules.refusals--;
        return PROVISIONER_REFUSED;
    }
    return PROVISIONER_THING;
}

/* ---- requests */

static void take_text(const char *json, const char *member, char out[TEXT_CAP])
{
    char begin[TEXT_CAP];
    snprintf(begin, sizeof(begin), "\"%s\":\"", member);
    const char *at = strstr(json, begin);
    const char *end = at ? strchr(at + strlen(begin), '"') : NULL;
    if (!end || (size_t)(end - at) - strlen(begin) >= TEXT_CAP) {
        scheduler_find("a request without a short %s: %s", member, json);
    }
    snprintf(out, TEXT_CAP, "%.*s", (int)((size_t)(end - at) - strlen(begin)), at + strlen(begin));
}

static void answer(const char *topic, const char *payload)
{
    if (service_state.lost < provisioner_rules.losses) {
        service_state.lost++;
        return;
    }
    peer_send(topic, payload);
    for (unsigned i = 0; i < provisioner_rules.doubles; i++) {
        peer_send(topic, payload);
    }
}

static void serve_csr(const char *json)
{
    char csr[TEXT_CAP], payload[512];
    char record[4096];
    size_t len;
    take_text(json, "certificateSigningRequest", csr);
    if (port_store_get("pending", record, sizeof(record), &len)) {
        scheduler_find("the key is not in storage, and its request is sent");
    }
    if (service_state.certificates == CERTIFICATES) {
        scheduler_find("more than %d certificates", CERTIFICATES);
    }
    unsigned number = service_state.certificates++;
    snprintf(service_state.key_of[number], TEXT_CAP, "%s", csr + strlen("csr of "));
    snprintf(payload, sizeof(payload),
             "{\"certificateId\":\"%064u\",\"certificatePem\":\"cert-%u of "
             "%s\",\"certificateOwnershipToken\":\"token-%u\"}",
             number, number, service_state.key_of[number], number);
    reach(PROVISIONER_CSR);
    answer(CSR_TOPIC "/accepted", payload);
}

static void serve_registration(const char *json)
{
    char token[TEXT_CAP];
    take_text(json, "certificateOwnershipToken", token);
    const unsigned number = number_of(token, "token-");
    reach(PROVISIONER_REGISTRATION);
    if (number == CERTIFICATES || service_state.is_active[number]) {
        answer(REGISTER_TOPIC "/rejected", "{\"statusCode\":400,\"errorCode\":"
                                           "\"InvalidCertificateOwnershipToken\",\"errorMessage\":\"used\"}");
        return;
    }
    service_state.is_active[number] = true;
    answer(REGISTER_TOPIC "/accepted", "{\"deviceConfiguration\":{},\"thingName\":\"lamp\"}");
}

bool provisioner_request(const char *topic, const char *payload)
{
    if (strstr(payload, "\"key-") != NULL) {
        scheduler_find("the key is sent: %s", payload);
    }
    if (strcmp(topic, CSR_TOPIC) == 0) {
        serve_csr(payload);
    } else if (strcmp(topic, REGISTER_TOPIC) == 0) {
        serve_registration(payload);
    } else {
        return false;
    }
    return true;
}

/* ---- what must hold at the end */

void provisioner_check(unsigned cuts)
{
    char record[4096];
    size_t len;
    unsigned allowed = 1 + cuts + provisioner_rules.losses;
    if (service_state.certificates > allowed) {
        scheduler_find("%u certificates, with %u cuts and %u lost answers", service_state.certificates, cuts,
                       provisioner_rules.losses);
    }
    if (service_state.keys != 1) {
        scheduler_find("%u keys", service_state.keys);
    }
    if (port_store_get("identity", record, sizeof(record), &len) ||
        !port_store_get("pending", record, sizeof(record), &len)) {
        scheduler_find("the identity is not stored, or something is pending");
    }
}

unsigned provisioner_claims(void)
{
    return service_state.claims;
}
