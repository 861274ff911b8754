/* SPDX-License-Identifier: MIT */
/* A job document with placeholders for links, as CreateJob checks it and a delivery fills it. Input: the document. One that is accepted is
 * valid JSON with its links, too, and has no placeholder left; each link was signed for a bucket and a key that are ones. */
#include "cloud/core/jobs/placeholders.h"
#include "cloud/base/clock.h"
#include "common/json.h"
#include "fuzz/require.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINK_TEXT "https://links/x?y=1&z=2"

static unsigned signed_links;

static char *sign_link(void *ctx, const char *bucket, const char *key, int64_t expires_s)
{
    (void)ctx;
    REQUIRE(strlen(bucket) >= 3 && strlen(bucket) <= 63 && !strchr(bucket, '/'));
    REQUIRE(*key && strlen(key) <= 3 * 1024);
    REQUIRE(expires_s == PLACEHOLDERS_EXPIRE_MAX_S);
    signed_links++;
    return strdup(LINK_TEXT);
}

static struct core *open_core(void)
{
    static struct core *core;
    char why[256] = "";
    const struct core_config config = {.database = ":memory:", .clock = &clock_real, .sign_link = sign_link};
    if (!core) {
        core = core_open(&config, why, sizeof why);
    }
    return core;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct core_error error = {0};
    struct core *core = open_core();
    char *document = malloc(size + 1);
    REQUIRE(core && document);
    memcpy(document, data, size);
    document[size] = '\0';
    struct slice text = {document, size};
    signed_links = 0;
    bool is_good = !memchr(data, 0, size) && !json_read(text, NULL, 0, NULL) &&
                   placeholders_check(core, text, true, &error) == CORE_OK;
    REQUIRE(signed_links == 0);
    if (is_good) {
        document = placeholders_fill(core, document, 0);
        REQUIRE(!json_read(slice_from(document), NULL, 0, NULL));
        REQUIRE(!strstr(document, "${aws:iot:"));
        REQUIRE(signed_links <= PLACEHOLDERS_MAX);
    }
    core_error_clear(&error);
    free(document);
    return 0;
}
