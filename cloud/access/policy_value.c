/* SPDX-License-Identifier: MIT */
/* Values of a policy document, and the words of its refusal: below statements and conditions, which both use them. */
#include "cloud/access/policy_value.h"

#include <stdarg.h>
#include <stdio.h>

enum err policy_refuse(struct policy_why *why, enum err err, const char *format, ...)
{
    if (why->cap > 0) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(why->text, why->cap, format, arguments);
        va_end(arguments);
    }
    return err;
}

bool policy_value_element(const struct policy_value *value, size_t *cursor, struct json_member *element)
{
    *element = (struct json_member){.type = value->type, .text = value->text};
    if (value->type == JSON_ARRAY) {
        return json_next_element(value->text, cursor, element);
    }
    return (*cursor)++ == 0;
}

bool policy_value_next(const struct policy_value *value, size_t *cursor, char text[POLICY_STRING_CAP])
{
    struct json_member element;
    return policy_value_element(value, cursor, &element) &&
           json_decode(element.text, text, POLICY_STRING_CAP, NULL) == ERR_OK;
}
