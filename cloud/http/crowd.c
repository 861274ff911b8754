/* SPDX-License-Identifier: MIT */
#include "cloud/http/crowd.h"

#include "cloud/base/memory.h"

#include <stdlib.h>
#include <sys/socket.h>

struct visitor {
    struct visitor *next, *before;
    struct MHD_Connection *connection;
    int64_t waits_since_ms; /* monotonic */
    bool is_served;         /* nobody waits for the client */
    bool is_shut_out;
};

static void shut_out(struct visitor *visitor)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(visitor->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info) {
        shutdown(info->connect_fd, SHUT_RDWR); /* libmicrohttpd sees the end, and closes */
        visitor->is_shut_out = true;
    }
}

/* The longest of those who are served, or of those who are not; *count: how many they are. NULL: none. */
static struct visitor *find_longest(const struct crowd *crowd, bool is_served, unsigned *count)
{
    struct visitor *longest = NULL;
    *count = 0;
    for (struct visitor *visitor = crowd->first; visitor; visitor = visitor->next) {
        if (visitor->is_served != is_served || visitor->is_shut_out) {
            continue;
        }
        *count += 1;
        if (!longest || visitor->waits_since_ms <= longest->waits_since_ms) {
            longest = visitor; /* of equals the one that came first stands last */
        }
    }
    return longest;
}

static void make_room(const struct crowd *crowd)
{
    unsigned waiting, served;
    struct visitor *longest = find_longest(crowd, false, &waiting);
    if (crowd->cuts_answers && waiting <= CROWD_LIMIT - CROWD_FULL) {
        longest = find_longest(crowd, true, &served);
    }
    if (longest) {
        shut_out(longest);
    }
}

static struct visitor *arrive(struct crowd *crowd, struct MHD_Connection *connection)
{
    struct visitor *visitor = memory_zeroed(sizeof *visitor);
    visitor->connection = connection;
    visitor->waits_since_ms = clock_monotonic_ms(crowd->clock);
    visitor->next = crowd->first;
    if (crowd->first) {
        crowd->first->before = visitor;
    }
    crowd->first = visitor;
    crowd->count++;
    return visitor;
}

static void leave(struct crowd *crowd, struct visitor *visitor)
{
    if (visitor->before) {
        visitor->before->next = visitor->next;
    } else {
        crowd->first = visitor->next;
    }
    if (visitor->next) {
        visitor->next->before = visitor->before;
    }
    crowd->count--;
    free(visitor);
}

void crowd_on_connection(void *ctx, struct MHD_Connection *connection, void **visitor,
                         enum MHD_ConnectionNotificationCode what)
{
    struct crowd *crowd = ctx;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *visitor = arrive(crowd, connection);
        if (crowd->count > CROWD_FULL) {
            make_room(crowd);
        }
    } else if (*visitor) {
        leave(crowd, *visitor);
        *visitor = NULL;
    }
}

static struct visitor *visitor_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

void crowd_begins_service(struct MHD_Connection *connection)
{
    struct visitor *visitor = visitor_of(connection);
    if (visitor) {
        visitor->is_served = true;
    }
}

void crowd_ends_service(struct crowd *crowd, struct MHD_Connection *connection)
{
    struct visitor *visitor = visitor_of(connection);
    if (visitor) {
        visitor->is_served = false;
        visitor->waits_since_ms = clock_monotonic_ms(crowd->clock);
    }
}
