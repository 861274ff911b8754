/* SPDX-License-Identifier: MIT */
/* The machine's data and its events. What leads to an event stands in ota.c, what follows from it in ota_steps.c. */
#ifndef DEVICE_CORE_OTA_OTA_STATE_H
#define DEVICE_CORE_OTA_OTA_STATE_H

#include "device/core/ota/ota_judge.h"
#include "device/core/ota/ota_words.h"

enum ota_event {
    OTA_EVENT_NONE,    /* nothing happens: the end of a chain of steps */
    OTA_EVENT_DUE,     /* the time of the state has come */
    OTA_EVENT_DONE,    /* what the state is for is achieved */
    OTA_EVENT_AGAIN,   /* it is not, and is tried again */
    OTA_EVENT_MORE,    /* the range is complete: the next one */
    OTA_EVENT_WHOLE,   /* no block is missing */
    OTA_EVENT_START,   /* the slot is made ready, and the download begins from nothing */
    OTA_EVENT_LOST,    /* the answer failed, or is not what was asked for */
    OTA_EVENT_MOVED,   /* it leads to another link */
    OTA_EVENT_DENIED,  /* the link is no good any more */
    OTA_EVENT_FRESH,   /* there is a fresh one */
    OTA_EVENT_SAME,    /* the image runs already */
    OTA_EVENT_PASSED,  /* it was found healthy before this boot */
    OTA_EVENT_HEALTHY, /* the self-test is good */
    OTA_EVENT_ILL,     /* the new image is no good */
    OTA_EVENT_FAIL,    /* the update ends without a new image */
    OTA_EVENT_CANCEL,  /* the job was given up */
    OTA_EVENT_COUNT,
};

struct ota {
    uint8_t state;          /* enum ota_state */
    uint8_t failures;       /* answers in a row that brought no block; the exponent of the backoff */
    uint8_t bads;           /* of them those that were wrong */
    uint8_t denials;        /* fresh links in a row that brought no block */
    uint8_t redirects;      /* of the request in hand */
    uint8_t holds;          /* in a row: the storage has failed */
    bool is_asked;          /* an answer may come */
    bool is_judged;         /* its headers were good: bytes count */
    bool is_begun;          /* the slot's blocks are of record's object; else nothing of it is stored */
    bool is_recovered;      /* blocks of an earlier boot or job are used */
    bool is_stored;         /* there is a record in the storage */
    bool is_worthless;      /* the blocks in the slot are of no use to a later job */
    bool is_vetted;         /* the record says that the image was verified, and which digest it has */
    bool is_good;           /* how the job ends */
    uint32_t next;          /* block: which is looked at, fetched or hashed next */
    uint32_t compare_bytes; /* COMPARING: length of the running image */
    uint32_t offset;        /* RECEIVING: of the byte that comes next */
    uint32_t fill;          /* bytes in the workspace's block */
    uint32_t have;          /* bytes in the slot */
    uint32_t rate;          /* bytes a second */
    uint32_t rate_have;     /* `have` at rate_at_ms */
    uint64_t rate_at_ms;
    uint64_t progressed_at_ms;
    const char *progressed_phase;
    uint64_t now_ms;        /* of the event that is being handled */
    uint64_t at_ms;         /* the time of the state; OTA_NEVER: it has none */
    uint64_t healthy_by_ms; /* a new image is no good from then on */
    const char *reason;     /* of a failure; static */
    struct ota_config config;
    struct ota_io io;
    struct ota_workspace *workspace;
    struct ota_slots slots;
    struct ota_document document;
    struct ota_record record; /* as it is, or will be, stored */
    struct ota_judge judge;
    char problem[200];
};

/* Sets of states, one bit each. */
#define OTA_SET(state) (1ul << (state))

static inline bool ota_is_in(const struct ota *o, unsigned long set)
{
    return (set >> o->state & 1) != 0;
}

static inline uint32_t ota_block_count(const struct ota *o)
{
    return o->record.size / o->slots.block_bytes + (o->record.size % o->slots.block_bytes != 0);
}

/* Of block `index`: all have block_bytes, but for the last. */
static inline uint32_t ota_block_len(const struct ota *o, uint32_t index)
{
    const uint32_t left = o->record.size - index * o->slots.block_bytes;
    return left < o->slots.block_bytes ? left : o->slots.block_bytes;
}

#endif
