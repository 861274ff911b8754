/* SPDX-License-Identifier: MIT */
/* A policy document and a pattern. Input: the first line is a pattern, the second a text, the rest is the document. The
 * matcher must agree with a slow and simple one; a document that is refused allows nothing, and says why; a client id
 * never acts as a pattern. */
#include "cloud/access/policy_pattern.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 300

static void require(bool is_true, const char *what)
{
    if (!is_true) {
        fprintf(stderr, "broken: %s\n", what);
        abort();
    }
}

/* One byte of `text` is one place here, so only ASCII is compared: ? takes a whole character of UTF-8. */
static bool slow_match(const char *pattern, const char *text)
{
    static bool fits[TEXT_MAX + 1][TEXT_MAX + 1];
    size_t pattern_len = strlen(pattern), text_len = strlen(text);
    for (size_t p = pattern_len + 1; p-- > 0;) {
        for (size_t t = text_len + 1; t-- > 0;) {
            bool is_last = t == text_len;
            if (p == pattern_len) {
                fits[p][t] = is_last;
            } else if (pattern[p] == '*') {
                fits[p][t] = fits[p + 1][t] || (!is_last && fits[p][t + 1]);
            } else {
                fits[p][t] = !is_last && (pattern[p] == '?' || pattern[p] == text[t]) && fits[p + 1][t + 1];
            }
        }
    }
    return fits[0][0];
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text >= 0x80) {
            return false;
        }
    }
    return true;
}

static void check_pattern(const char *text_of_pattern, const char *text)
{
    static const struct policy_context nobody;
    const struct policy_pattern pattern = {.text = text_of_pattern, .has_wildcards = true};
    size_t reached = 0;
    bool is_match = policy_pattern_matches(&pattern, text, &nobody, &reached);
    require(reached <= strlen(text), "reached lies inside the text");
    if (is_ascii(text) && is_ascii(text_of_pattern)) {
        require(is_match == slow_match(text_of_pattern, text), "matcher");
    }

    struct policy_context stranger = {.client_id = text_of_pattern};
    const struct policy_pattern variable = {
        .text = "${iot:ClientId}", .has_wildcards = true, .has_variables = true};
    require(policy_pattern_matches(&variable, text, &stranger, NULL) == (strcmp(text, text_of_pattern) == 0),
            "a client id is not a pattern");
}

static void check_document(struct slice document, const char *text)
{
    const struct policy_context context = {
        .client_id = text, .thing_name = text, .is_attached = true, .source_ip = "127.0.0.1"};
    char why[200] = "";
    char sid[40] = "";
    char resource[TEXT_MAX + 60];
    snprintf(resource, sizeof(resource), "arn:aws:iot:us-east-1:123456789012:topic/%s", text);

    enum err err = policy_check(document, why, sizeof(why));
    enum policy_decision decision =
        policy_evaluate(document, &context, "iot:Publish", resource, sid, sizeof(sid));
    require((err == ERR_OK) == (why[0] == '\0'), "a refusal says why");
    require(err == ERR_OK || decision == POLICY_EXPLICIT_DENY, "a refused document allows nothing");
    require(decision != POLICY_ALLOW || sid[0] != '\0', "an allowing statement has a name");
    size_t nearest = policy_nearest(document, &context, "iot:Publish", resource, why, sizeof(why));
    require(err == ERR_OK || nearest == 0, "a refused document comes near nothing");
}

/* The next line as text; it ends at a NUL, too. */
static void take_line(struct slice *rest, char out[TEXT_MAX + 1])
{
    struct slice line = slice_cut(rest, '\n');
    snprintf(out, TEXT_MAX + 1, "%.*s", (int)line.len, line.len > 0 ? line.ptr : "");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char pattern[TEXT_MAX + 1], text[TEXT_MAX + 1];
    struct slice rest = {(const char *)data, size};
    take_line(&rest, pattern);
    take_line(&rest, text);
    check_pattern(pattern, text);
    check_document(rest, text);
    return 0;
}
