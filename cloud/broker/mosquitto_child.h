/* SPDX-License-Identifier: MIT */
/* mosquitto as our child: started in the data directory, started again when it dies, stopped with us. mosquitto dies with
 * us, too, however we end. The owner watches two descriptors and one time. */
#ifndef CLOUD_BROKER_MOSQUITTO_CHILD_H
#define CLOUD_BROKER_MOSQUITTO_CHILD_H

#include "cloud/broker/mosquitto_conf.h"
#include "cloud/broker/mosquitto_words.h"

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

struct mosquitto_child {
    char program[PATH_MAX];
    char data_dir[PATH_MAX];
    int lock;       /* broker.lock: every mosquitto of this data directory holds this lock until its end */
    pid_t pid;      /* 0: not running */
    int descriptor; /* pidfd, readable when mosquitto has died; -1: not running */
    int output;     /* pipe, readable when mosquitto has said something; -1: not running */
    char said[1024];
    size_t said_len;
    struct mosquitto_words words;
    int64_t started_at_ms;
    int64_t start_at_ms; /* not running: when to try again */
    int64_t pause_ms;
};

/* given NULL: looks in PATH, then in the folders for system programs. false: `why` says how to install mosquitto. */
bool mosquitto_child_find(const char *given, char program[PATH_MAX], char *why, size_t why_cap);

/* Waits until the mosquitto of an earlier, killed daemon is gone. false: that one does not end; `why` names its process. */
bool mosquitto_child_open(struct mosquitto_child *child, const char *program, const char *data_dir, char *why,
                          size_t why_cap);

/* Writes mosquitto.conf (mode 0600). */
bool mosquitto_child_configure(const struct mosquitto_child *child, const struct mosquitto_conf *conf,
                               char *why, size_t why_cap);
bool mosquitto_child_start(struct mosquitto_child *child, char *why, size_t why_cap);

/* What mosquitto has said, in plain words (mosquitto_words.h); WORDS_NOTHING: nothing more now. To be asked before
 * mosquitto_child_has_died, too, which forgets the rest. */
enum words_worth mosquitto_child_next_line(struct mosquitto_child *child, char *line, size_t cap);

/* To be called when the descriptor is readable. true: mosquitto has died, `how` says in one line of what, and the owner starts
 * it again at start_at_ms. */
bool mosquitto_child_has_died(struct mosquitto_child *child, char *how, size_t how_cap);

/* SIGTERM, which lets mosquitto save its queues. mosquitto looks for the signal when something else wakes it, at the latest
 * after 100 ms: so close a connection to it after this call and before mosquitto_child_close. */
void mosquitto_child_terminate(struct mosquitto_child *child);

/* SIGKILL, for a broker that is frozen: a stopped process does not get SIGTERM. Returns at once; the death is noticed as any
 * other (mosquitto_child_has_died), and the broker starts again. What its queues got since the last save is lost. */
void mosquitto_child_kill(struct mosquitto_child *child);

/* Returns when mosquitto is gone; SIGKILL when it does not listen to SIGTERM. */
void mosquitto_child_close(struct mosquitto_child *child);

#endif
