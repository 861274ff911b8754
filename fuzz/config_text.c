/* SPDX-License-Identifier: MIT */
/* A configuration that somebody hands in at the device (a text), or that a device finds in its storage (a payload). Input: a first byte that is
 * '=' gives the rest as the payload, any other one as the text. What is accepted has bounded texts that lie in the payload, none empty;
 * a field can be taken away and put back, and the rest stays as it was; the checks take any text. */
#include "device/core/store/config_check.h"
#include "fuzz/require.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static unsigned complaints;

static void complain(void *ctx, struct slice field, const char *what)
{
    REQUIRE(ctx == &complaints && what[0] != '\0');
    REQUIRE(field.len == 0 || field.ptr != NULL);
    complaints++;
}

static void check_texts(const char *payload, size_t len, const struct config_texts *texts)
{
    REQUIRE(texts->of[0] == NULL);
    for (unsigned field = 1; field < CONFIG_FIELDS; field++) {
        const char *text = texts->of[field];
        REQUIRE(!text || (text > payload && text + strlen(text) + 1 < payload + len && text[0]));
    }
    complaints = 0;
    enum config_way way = config_check(texts, complain, &complaints);
    REQUIRE((way == CONFIG_WAY_BAD) == (complaints > 0));
    if (way == CONFIG_WAY_THING) {
        REQUIRE(strpbrk(texts->of[CONFIG_THING_NAME], "/#+$") == NULL); /* it becomes part of a topic */
    }
    if (way == CONFIG_WAY_CLAIM) {
        REQUIRE(strpbrk(texts->of[CONFIG_TEMPLATE], "/#+$") == NULL);
    }
}

/* In a block of the payload's size: a byte too many is seen. */
static void check_change(const char *payload, size_t len, const struct config_texts *texts)
{
    enum config_field field = (enum config_field)(len % (CONFIG_FIELDS - 1) + 1);
    struct config_texts again;
    char *copy = malloc(len);

    REQUIRE(copy != NULL);
    memcpy(copy, payload, len);
    size_t shorter = config_record_set(copy, len, len, field, NULL);
    REQUIRE(shorter > 0 && shorter <= len);
    REQUIRE(config_record_read((struct slice){copy, shorter}, &again) && !again.of[field]);
    if (texts->of[field]) {
        REQUIRE(config_record_set(copy, shorter, len - 1, field, texts->of[field]) == 0);
        REQUIRE(config_record_set(copy, shorter, len, field, texts->of[field]) == len);
        REQUIRE(config_record_read((struct slice){copy, len}, &again));
    }
    for (unsigned other = 1; other < CONFIG_FIELDS; other++) {
        REQUIRE(!texts->of[other] == !again.of[other]);
        REQUIRE(!texts->of[other] || strcmp(texts->of[other], again.of[other]) == 0);
    }
    free(copy);
}

static void check_payload(const char *payload, size_t len)
{
    struct config_texts texts;

    if (config_record_read((struct slice){payload, len}, &texts)) {
        check_texts(payload, len, &texts);
        check_change(payload, len, &texts);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    bool is_payload = data[0] == '=';
    size_t text_len = is_payload ? size - 1 : size, len = text_len;
    char *text = malloc(text_len + (text_len == 0));
    REQUIRE(text != NULL);
    memcpy(text, data + (is_payload ? 1 : 0), text_len);
    complaints = 0;
    if (is_payload) {
        check_payload(text, len);
    } else if (config_text_to_record(text, text_len, &len, complain, &complaints)) {
        struct config_texts texts;
        REQUIRE(len > 0 && len <= text_len && complaints == 0);
        REQUIRE(config_record_read((struct slice){text, len}, &texts));
        check_payload(text, len);
    } else {
        REQUIRE(complaints > 0);
    }
    free(text);
    return 0;
}
