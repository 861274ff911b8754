/* SPDX-License-Identifier: MIT */
/* The text of Fn::Sub, piece by piece. */
#ifndef CLOUD_CORE_TEMPLATE_SUB_H
#define CLOUD_CORE_TEMPLATE_SUB_H

#include "common/slice.h"

#include <stdbool.h>

struct sub_piece {
    struct slice text;
    bool is_variable; /* else the text stands for itself */
};

/* Takes the next piece off the text: what stands before "${", the name in "${NAME}", or the "${NAME}" of "${!NAME}". 1: a piece;
 * 0: the text is at its end; -1: a "${" is not closed, or nothing stands in it. */
int template_sub_next(struct slice *text, struct sub_piece *piece);

#endif
