/* SPDX-License-Identifier: MIT */
/* Inside of the JSON reader: what a string's text looks like from far. */
#ifndef COMMON_JSON_TEXT_H
#define COMMON_JSON_TEXT_H

#include "common/json.h"

/* The shape of a text is a number made of its length and its last four bytes. Texts of two shapes are different; keys of one
 * table seldom share a shape, however long the beginning is that they have in common. */
uint16_t json_text_shape(struct slice plain);

/* Of the text that an escaped string stands for. */
uint16_t json_text_shape_decoded(struct slice escaped);

#endif
