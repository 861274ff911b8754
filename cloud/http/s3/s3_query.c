/* SPDX-License-Identifier: MIT */
#include "cloud/http/s3/s3_query.h"

#include "cloud/http/s3/s3_error.h"
#include "common/number.h"

#include <string.h>

const char *s3_query_text(const struct call *call, const char *name)
{
    const char *text = request_query(&call->request, name);
    return text ? text : "";
}

bool s3_query_number(struct call *call, const char *name, int64_t max, int64_t *value)
{
    const char *text = s3_query_text(call, name);
    int64_t number = 0;
    if (!*text) {
        return true;
    }
    if (number_to_i64(slice_from(text), &number) != ERR_OK || number < 0 || number > INT32_MAX) {
        s3_fail(call, S3_INVALID_ARGUMENT, "Provided %s not an integer or within integer range", name);
        return false;
    }
    *value = number < max ? number : max;
    return true;
}

bool s3_query_encoding(struct call *call, bool *is_url)
{
    const char *text = s3_query_text(call, "encoding-type");
    *is_url = strcmp(text, "url") == 0;
    if (*text && !*is_url) {
        s3_fail(call, S3_INVALID_ARGUMENT, "Invalid Encoding Method specified in Request");
        return false;
    }
    return true;
}
