/* SPDX-License-Identifier: MIT */
/* What mosquitto says, in words that help: mosquitto's lines about a connection that it refuses become one line with client,
 * address and reason, notes about daily business are dropped, and all other lines stay as they are, so that no error is
 * ever lost; of those that a stranger can cause in a loop, so many a second (log_rate.h). The words are those of mosquitto 2.0;
 * what another version words differently just stays untranslated. */
#ifndef CLOUD_BROKER_MOSQUITTO_WORDS_H
#define CLOUD_BROKER_MOSQUITTO_WORDS_H

#include "cloud/base/log_rate.h"

#include <stdbool.h>
#include <stddef.h>

/* Starts as {0}. */
struct mosquitto_words {
    char reason
        [200]; /* why the connection ends whose end line comes next; "" = for no reason that people want to know */
    struct log_rate rate; /* of the lines about refused connections and errors of TLS */
};

enum words_worth {
    WORDS_NOTHING, /* nothing is to be said; `out` means nothing */
    WORDS_DAILY,   /* a device comes or goes: for those who want to see everything */
    WORDS_WORTH_TELLING,
};

/* One line of mosquitto or of our plugin, cleaned; `out` gets what is to be said instead. */
enum words_worth mosquitto_words_translate(struct mosquitto_words *words, int64_t monotonic_ms,
                                           const char *line, char *out, size_t cap);

/* AWS's word for the end that this line of mosquitto tells of (disconnect_reason.h), also for one that is no news; NULL: the line
 * tells of none. */
const char *mosquitto_words_end(const char *line);

#endif
