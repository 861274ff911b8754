/* SPDX-License-Identifier: MIT */
/* What a thing has yet to be told (design: marks instead of queued messages). A change of its executions sets marks in its
 * own transaction; from a mark the notice is rendered as things are then. A mark goes when the broker has taken the notice,
 * so that a notice is never lost, and memory is bounded by what is on its way: N changes that find no room on the way leave
 * one mark, and become one notice. */
#ifndef CLOUD_CORE_MARKS_H
#define CLOUD_CORE_MARKS_H

#include "cloud/core/core_private.h"

enum mark_kind {
    MARK_LIST,  /* an execution joined or left the pending ones: notify */
    MARK_FIRST, /* the first pending execution is another one: notify-next */
    MARK_KIND_COUNT,
};

struct mark {
    char thing[CORE_THING_NAME_CAP];
    enum mark_kind kind;
    int64_t seq; /* grows with every mark that is set */
};

/* Continues behind the marks that the database holds. false: the database failed. */
bool marks_open(struct core *core);

/* Inside a batch that writes. A mark that is set already becomes the newest one. false: the database failed. */
bool marks_set(struct core *core, const char *thing, enum mark_kind kind);

/* The oldest mark that was set after `seq`: 1, 0 (none), -1 (the database failed). */
int marks_next(struct core *core, int64_t seq, struct mark *mark);

/* Takes away the mark that was set as `seq`; one that was set anew since then stays. */
bool marks_clear(struct core *core, int64_t seq);

#endif
