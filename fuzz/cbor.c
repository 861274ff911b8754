/* SPDX-License-Identifier: MIT */
/* A stranger's CBOR. Whatever comes: either it is refused with a reason, or what was read says the same after it was written
 * and read again, in a form that is no longer than what came unless floats became doubles; and writing that again gives the
 * same bytes. */
#include "cloud/mqtt/cbor.h"
#include "fuzz/require.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[200] = "";
    size_t len = 0;
    size_t again_len = 0;
    json_t *value = cbor_read(data, size, why, sizeof why);
    REQUIRE(!value == (why[0] != '\0'));
    if (!value) {
        return 0;
    }
    void *bytes = cbor_write(value, &len);
    REQUIRE(bytes && len <= 4 * size);
    json_t *again = cbor_read(bytes, len, why, sizeof why);
    REQUIRE(again && json_equal(value, again));
    void *again_bytes = cbor_write(again, &again_len);
    REQUIRE(again_len == len && memcmp(bytes, again_bytes, len) == 0);
    free(bytes);
    free(again_bytes);
    json_decref(value);
    json_decref(again);
    return 0;
}
