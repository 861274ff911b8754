/* SPDX-License-Identifier: MIT */
/* A configuration's text in pieces, for ways that carry little at once (Bluetooth takes 512 bytes, Espressif's web server 4096) and for a console.
 * The first byte of each piece says what it is:
 *     {  the whole text         +  a piece of it; more follows         =  its last piece         !  forget what there is
 * Nothing here knows what the text says. */
#ifndef PORTS_ESP_IDF_CONFIGURE_PIECES_H
#define PORTS_ESP_IDF_CONFIGURE_PIECES_H

#include <stdbool.h>
#include <stddef.h>

struct configure_pieces {
    char *text; /* the caller's */
    size_t cap;
    size_t len; /* bytes of the text so far; cap + 1: it has more than fit, and the rest is dropped */
    char kind;  /* of the piece that is open; 0: none is */
};

enum configure_piece {
    CONFIGURE_PIECE_WHOLE, /* the text stands there: *len bytes, cap + 1 for too many. The next piece begins a new one */
    CONFIGURE_PIECE_MORE, /* taken; *len bytes stand there so far */
    CONFIGURE_PIECE_BAD,  /* begins with none of the four */
};

void configure_pieces_begin(struct configure_pieces *pieces, char *text, size_t cap);

/* A piece in any number of parts. `first` is its first byte. */
void configure_pieces_open(struct configure_pieces *pieces, char first);
void configure_pieces_add(struct configure_pieces *pieces, const char *bytes, size_t len);
enum configure_piece configure_pieces_close(struct configure_pieces *pieces, size_t *len);

/* A JSON object of the same form as the library's answers, for what the library does not hear of. */
void configure_pieces_answer(enum configure_piece what, size_t len, char *answer, size_t cap);

#endif
