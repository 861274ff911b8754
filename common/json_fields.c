/* SPDX-License-Identifier: MIT */
#include "common/json_fields.h"

#include "common/json_text.h"

void json_fields_forget(struct json_field fields[], uint8_t count)
{
    for (int i = 0; i < count; i++) {
        fields[i].type = JSON_ABSENT;
        fields[i].text = SLICE_EMPTY;
    }
}

/* From the last to the first, so that the first of two equal entries is found. */
enum err json_fields_link(struct json_field fields[], uint8_t count, struct json_fields_chains *chains)
{
    for (uint8_t number = count; number > 0; number--) {
        struct json_field *field = &fields[number - 1];
        if (field->key == NULL || field->parent < JSON_TOP || field->parent >= number - 1) {
            return ERR_ARG;
        }
        uint16_t shape = json_text_shape(slice_from(field->key));
        uint8_t *first = &chains->first[shape % JSON_FIELDS_CHAINS];
        field->mark = json_fields_mark(shape);
        field->next = *first;
        *first = number;
    }
    return ERR_OK;
}
