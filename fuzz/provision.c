/* SPDX-License-Identifier: MIT */
/* Provisioning and rotation, with a service that sends whatever it likes. Input: lines. A line's first byte says what happens, the rest is a
 * payload (or what stands at `apply`). A certificate matches the key when there is a k in it. Whatever comes: no crash, invariants that hold
 * (provision_check), a wake time after now, requests that are JSON on topics of ours, records that can be read, an identity only while the new
 * one is connected. */
#include "device/core/provision/provision.h"

#include "common/json.h"
#include "fuzz/require.h"

#include <string.h>

#define TEMPLATE "lamps"
#define CERT     "$aws/certificates/create-from-csr/json"
#define REG      "$aws/provisioning-templates/" TEMPLATE "/provision/json"
#define EVENTS   200

static struct device {
    struct provision machine;
    struct provision_workspace workspace;
    char stored[RECORD_KINDS][RECORD_BYTES(PENDING_MAX)];
    size_t stored_len[RECORD_KINDS];
    uint64_t now_ms;
    bool is_rotation, fails_puts, fails_publishes, is_new_up;
} device;

static const struct provision_parameter parameters[] = {{PROVISION_SERIAL_NUMBER, "4711"}};

/* ---- effects */

static enum err make_key(void *ctx, char *key_pem, size_t cap)
{
    (void)ctx;
    REQUIRE(cap == DEVICE_KEY_CAP);
    memcpy(key_pem, "the key", 8);
    return device.fails_puts ? ERR_INTERNAL : ERR_OK;
}

static enum err make_csr(void *ctx, const char *key_pem, char *csr_pem, size_t cap)
{
    (void)ctx;
    REQUIRE(key_pem[0] != '\0' && cap == DEVICE_CSR_CAP);
    memset(csr_pem, '\n', cap - 1); /* as long as it may be, and it doubles in JSON */
    csr_pem[cap - 1] = '\0';
    return device.fails_publishes ? ERR_CORRUPT : ERR_OK;
}

static bool is_match(void *ctx, const char *cert_pem, const char *key_pem)
{
    (void)ctx;
    REQUIRE(key_pem[0] != '\0' && cert_pem[0] != '\0');
    return strchr(cert_pem, 'k') != NULL;
}

static void require_ours(const char *topic)
{
    REQUIRE(strncmp(topic, CERT, strlen(CERT)) == 0 || strncmp(topic, REG, strlen(REG)) == 0);
    REQUIRE(strpbrk(topic, "+#") == NULL);
}

static enum err subscribe(void *ctx, const char *filter)
{
    (void)ctx;
    require_ours(filter);
    return device.fails_publishes ? ERR_OFFLINE : ERR_OK;
}

static enum err publish(void *ctx, const char *topic, const char *payload, size_t len)
{
    (void)ctx;
    require_ours(topic);
    REQUIRE(strcmp(topic, CERT) == 0 || strcmp(topic, REG) == 0);
    REQUIRE(strlen(payload) == len);
    REQUIRE(json_read((struct slice){payload, len}, NULL, 0, NULL) == ERR_OK);
    REQUIRE(device.stored_len[RECORD_PENDING] > 0);
    return device.fails_publishes ? ERR_OFFLINE : ERR_OK;
}

static enum err put(void *ctx, enum record_kind kind, char *record, size_t payload_len)
{
    struct slice payload = {record + RECORD_HEADER_BYTES, payload_len};
    struct pending pending;
    struct identity identity;

    (void)ctx;
    REQUIRE(kind == RECORD_PENDING ? pending_read(payload, &pending) : identity_read(payload, &identity));
    REQUIRE(kind == RECORD_PENDING || device.is_new_up);
    if (device.fails_puts) {
        return ERR_STORAGE;
    }
    device.stored_len[kind] = record_seal(kind, record, payload_len);
    REQUIRE(device.stored_len[kind] <= sizeof(device.stored[kind]));
    memcpy(device.stored[kind], record, device.stored_len[kind]);
    return ERR_OK;
}

static enum err erase(void *ctx, enum record_kind kind)
{
    (void)ctx;
    REQUIRE(kind == RECORD_PENDING);
    if (!device.fails_puts) {
        device.stored_len[kind] = 0;
    }
    return device.fails_puts ? ERR_STORAGE : ERR_OK;
}

static void registered(void *ctx, const char *thing_name, struct slice device_configuration)
{
    (void)ctx;
    REQUIRE(identity_is_thing_name(thing_name));
    REQUIRE(device_configuration.len >= 2 && device_configuration.ptr[0] == '{');
}

static uint32_t draw(void *ctx)
{
    (void)ctx;
    return 7;
}

static void say(void *ctx, enum log_level level, const char *text)
{
    (void)ctx;
    (void)level;
    REQUIRE(text[0] != '\0' && strlen(text) < PROVISION_LINE_CAP && strpbrk(text, "\n\r\t") == NULL);
}

static const struct provision_io io = {NULL, make_key, make_csr,   is_match, subscribe, publish,
                                       put,  erase,    registered, draw,     say};

/* ---- events */

static void boot(void)
{
    const struct provision_config config = {.origin = device.is_rotation ? PENDING_ROTATION : PENDING_CLAIM,
                                            .template_name = TEMPLATE,
                                            .parameters = parameters,
                                            .parameter_count = 1};
    struct slice stored = SLICE_EMPTY;
    struct slice payload = SLICE_EMPTY;
    struct identity identity;
    static char bytes[RECORD_BYTES(PENDING_MAX)];

    memset(&device.workspace, 0, sizeof(device.workspace));
    memcpy(device.workspace.pending, device.stored[RECORD_PENDING], device.stored_len[RECORD_PENDING]);
    (void)record_open(RECORD_PENDING,
                      (struct slice){device.workspace.pending, device.stored_len[RECORD_PENDING]}, &stored);
    memcpy(bytes, device.stored[RECORD_IDENTITY], device.stored_len[RECORD_IDENTITY]);
    bool has_identity =
        record_open(RECORD_IDENTITY, (struct slice){bytes, device.stored_len[RECORD_IDENTITY]}, &payload) ==
            RECORD_GOOD &&
        identity_read(payload, &identity);
    REQUIRE(provision_start(&device.machine, &config, &io, &device.workspace, stored,
                            has_identity ? &identity : NULL, device.now_ms) == ERR_OK);
    device.is_new_up = false;
}

/* What a device may find in its storage. */
static void find(struct slice text)
{
    char *record = device.stored[RECORD_PENDING];

    if (text.len > PENDING_MAX) {
        return;
    }
    memcpy(record + RECORD_HEADER_BYTES, text.ptr, text.len);
    for (size_t i = 0; i < text.len; i++) { /* a line holds no NUL and no line end */
        char *byte = &record[RECORD_HEADER_BYTES + i];
        *byte = *byte == '0' ? '\0' : (char)(i < 2 ? *byte - '0' : *byte);
    }
    device.stored_len[RECORD_PENDING] = record_seal(RECORD_PENDING, record, text.len);
    boot();
}

static void hear(const char *topic, struct slice payload)
{
    REQUIRE(provision_message(&device.machine, slice_from(topic), payload, device.now_ms));
}

static void connect(bool is_good, enum err reason)
{
    enum provision_link link = provision_link(&device.machine);

    device.is_new_up = is_good && link == PROVISION_LINK_NEW;
    if (is_good) {
        provision_connected(&device.machine, link, device.now_ms);
    } else {
        provision_disconnected(&device.machine, link, reason, device.now_ms);
    }
}

static void apply(char what, struct slice text)
{
    switch (what) {
    case 'U':
        connect(true, ERR_OK);
        break;
    case 'D':
        connect(false, ERR_OFFLINE);
        break;
    case 'R':
        connect(false, ERR_REFUSED);
        break;
    case 'O':
        connect(false, ERR_OK);
        break;
    case 'S':
        provision_subscribed(&device.machine, true, device.now_ms);
        break;
    case 'A':
        hear(CERT "/accepted", text);
        break;
    case 'a':
        hear(CERT "/rejected", text);
        break;
    case 'G':
        hear(REG "/accepted", text);
        break;
    case 'g':
        hear(REG "/rejected", text);
        break;
    case 'M':
        (void)provision_message(&device.machine, text, text, device.now_ms);
        break;
    case 'P':
        boot();
        break;
    case 'X':
        find(text);
        break;
    case 'F':
        device.fails_puts = !device.fails_puts;
        break;
    case 'N':
        device.fails_publishes = !device.fails_publishes;
        break;
    case 'C':
        (void)provision_cancel(&device.machine, "the input wants it", device.now_ms);
        break;
    default: /* T */
        if (provision_wake_at_ms(&device.machine) != PROVISION_NEVER) {
            device.now_ms = provision_wake_at_ms(&device.machine);
            provision_tick(&device.machine, device.now_ms);
            REQUIRE(provision_wake_at_ms(&device.machine) > device.now_ms);
        }
        break;
    }
    provision_check(&device.machine);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = {(const char *)data, size};

    memset(&device, 0, sizeof(device));
    device.now_ms = 1000;
    device.is_rotation = size > 0 && data[0] == 'r';
    boot();
    for (int i = 0; i < EVENTS && rest.len > 0; i++) {
        struct slice line = slice_cut(&rest, '\n');
        if (line.len > 0) {
            apply(line.ptr[0], (struct slice){line.ptr + 1, line.len - 1});
        }
    }
    return 0;
}
