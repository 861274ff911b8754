/* SPDX-License-Identifier: MIT */
/* Judges status and headers of an answer (RFC 9110). What follows from a verdict is up to ota.c. */
#include "device/core/ota/ota_judge.h"

#include "common/number.h"
#include "device/core/crc32.h"
#include "device/core/ota/ota_document.h"

#include <assert.h>
#include <string.h>

void ota_judge_begin(struct ota_judge *judge, const struct ota_object *object, uint32_t first, uint32_t last,
                     char *url, size_t url_cap)
{
    assert(first <= last);
    *judge = (struct ota_judge){
        .object = *object, .first = first, .asked_last = last, .url = url, .url_cap = url_cap};
}

void ota_judge_status(struct ota_judge *judge, unsigned status)
{
    judge->status = status <= 999 ? (uint16_t)status : 999;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_word(struct slice text, const char *word)
{
    size_t i = 0;
    for (; i < text.len && word[i] != '\0'; i++) {
        if (lower(text.ptr[i]) != word[i]) {
            return false;
        }
    }
    return i == text.len && word[i] == '\0';
}

/* "bytes 0-4095/16384". A total that is not known ("*") is no good: the image's end would not be known either. */
static bool read_range(struct ota_judge *judge, struct slice value)
{
    struct slice rest = value;
    struct slice unit = slice_cut(&rest, ' ');
    struct slice first = slice_cut(&rest, '-');
    struct slice last = slice_cut(&rest, '/');

    return is_word(unit, "bytes") && rest.ptr != NULL && !number_to_u32(first, &judge->range_first) &&
           !number_to_u32(last, &judge->last) && !number_to_u32(rest, &judge->total);
}

static bool is_redirect(unsigned status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static void take_link(struct ota_judge *judge, struct slice value)
{
    judge->is_doubled |= judge->has_link;
    judge->has_link = true;
    judge->is_link_bad = !ota_document_is_link(value) || value.len >= judge->url_cap;
    if (!judge->is_link_bad) {
        (void)slice_copy(value, judge->url, judge->url_cap);
    }
}

bool ota_judge_header(struct ota_judge *judge, struct slice name, struct slice value, uint8_t headers_max)
{
    if (judge->headers >= headers_max) {
        return false;
    }
    judge->headers++;
    if (is_word(name, "content-range")) {
        judge->is_doubled |= judge->has_range;
        judge->has_range = true;
        judge->is_range_bad |= !read_range(judge, value);
    } else if (is_word(name, "content-length")) {
        judge->is_doubled |= judge->has_length;
        judge->has_length = true;
        judge->is_range_bad |= number_to_u32(value, &judge->length) != ERR_OK;
    } else if (is_word(name, "etag")) {
        judge->is_doubled |= judge->has_etag;
        judge->has_etag = true;
        judge->etag_crc = crc32_of(value.ptr, value.len);
        judge->etag_len = value.len < UINT16_MAX ? (uint16_t)value.len : UINT16_MAX;
    } else if (is_word(name, "content-encoding")) {
        judge->is_encoded |= !is_word(value, "identity");
    } else if (is_word(name, "location") && is_redirect(judge->status)) {
        take_link(judge, value);
    }
    return true;
}

static bool is_other_object(const struct ota_judge *judge)
{
    const struct ota_object *object = &judge->object;

    return object->is_begun && (judge->etag_crc != object->etag_crc || judge->etag_len != object->etag_len ||
                                judge->total != object->size);
}

static enum ota_verdict judge_part(const struct ota_judge *judge, const char **what)
{
    *what = "the server has packed the image (Content-Encoding)";
    if (judge->is_encoded) {
        return OTA_VERDICT_BAD;
    }
    *what = "206 without a Content-Range that can be read";
    if (!judge->has_range || judge->is_range_bad || judge->is_doubled) {
        return OTA_VERDICT_BAD;
    }
    *what = "206 with another range than was asked for";
    if (judge->range_first != judge->first || judge->last < judge->first || judge->last > judge->asked_last ||
        judge->last >= judge->total ||
        (judge->has_length && judge->length != judge->last - judge->first + 1)) {
        return OTA_VERDICT_BAD;
    }
    *what = "the object has changed while it was downloaded";
    if (is_other_object(judge)) {
        return OTA_VERDICT_CHANGED;
    }
    *what = "the object has another size than the document says";
    if (judge->object.size != 0 && judge->total != judge->object.size) {
        return OTA_VERDICT_FATAL;
    }
    *what = "";
    return OTA_VERDICT_GOOD;
}

enum ota_verdict ota_judge_verdict(const struct ota_judge *judge, const char **what)
{
    const unsigned status = judge->status;

    if (status == 206) {
        return judge_part(judge, what);
    }
    if (is_redirect(status)) {
        *what = "a redirect that does not lead to one https link";
        return judge->has_link && !judge->is_link_bad && !judge->is_doubled ? OTA_VERDICT_MOVED
                                                                            : OTA_VERDICT_FATAL;
    }
    if (status == 401 || status == 403) {
        *what = "the server does not take the link (any more)";
        return OTA_VERDICT_DENIED;
    }
    if (status == 416) {
        *what = judge->object.is_begun ? "the object is shorter than it was"
                                       : "the object is empty, or shorter than the document says";
        return judge->object.is_begun ? OTA_VERDICT_CHANGED : OTA_VERDICT_FATAL;
    }
    if (status == 408 || status == 425 || status == 429 || status >= 500) {
        *what = "the server cannot answer just now";
        return OTA_VERDICT_LATER;
    }
    *what = "the server gives the whole object and no range";
    if (status == 200) {
        return OTA_VERDICT_BAD;
    }
    *what = status == 404 || status == 410 ? "there is no such object" : "the server refuses";
    return status >= 400 ? OTA_VERDICT_FATAL : OTA_VERDICT_BAD;
}
