/* SPDX-License-Identifier: MIT */
#include "ports/esp_idf/configure_pieces.h"

#include <stdio.h>
#include <string.h>

void configure_pieces_begin(struct configure_pieces *pieces, char *text, size_t cap)
{
    *pieces = (struct configure_pieces){.text = text, .cap = cap};
}

void configure_pieces_open(struct configure_pieces *pieces, char first)
{
    pieces->kind = first;
    if (first == '{' || first == '!') {
        memset(pieces->text, 0, pieces->cap);
        pieces->len = 0;
    }
    if (first == '{') {
        configure_pieces_add(pieces, "{", 1);
    }
}

void configure_pieces_add(struct configure_pieces *pieces, const char *bytes, size_t len)
{
    if (pieces->kind != '{' && pieces->kind != '+' && pieces->kind != '=') {
        return;
    }
    if (pieces->len > pieces->cap || len > pieces->cap - pieces->len) {
        pieces->len = pieces->cap + 1;
        return;
    }
    memcpy(pieces->text + pieces->len, bytes, len);
    pieces->len += len;
}

enum configure_piece configure_pieces_close(struct configure_pieces *pieces, size_t *len)
{
    char kind = pieces->kind;

    pieces->kind = '\0';
    *len = pieces->len;
    if (kind == '{' || kind == '=') {
        pieces->len = 0;
        return CONFIGURE_PIECE_WHOLE;
    }
    return kind == '+' || kind == '!' ? CONFIGURE_PIECE_MORE : CONFIGURE_PIECE_BAD;
}

void configure_pieces_answer(enum configure_piece what, size_t len, char *answer, size_t cap)
{
    if (what == CONFIGURE_PIECE_MORE) {
        snprintf(answer, cap, "{\"result\":\"more\",\"bytes\":%u}", (unsigned)len);
    } else {
        snprintf(answer, cap,
                 "{\"result\":\"refused\",\"findings\":[{\"field\":\"\",\"what\":\"begins with none of { + = "
                 "!\"}]}");
    }
}
