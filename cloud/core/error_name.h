/* SPDX-License-Identifier: MIT */
/* What the errors of the domain are called at each edge of the service, with their HTTP status: docs/protocol.md 1.8, 5.2
 * and 6. One table; every edge asks it, and every error has a name at every edge. What an edge finds wrong before the domain
 * is asked (a signature, an unknown path) has its names there. */
#ifndef CLOUD_CORE_ERROR_NAME_H
#define CLOUD_CORE_ERROR_NAME_H

#include "cloud/core/core.h"

enum error_edge {
    EDGE_MQTT,         /* the device's Jobs API; has no HTTP status */
    EDGE_PROVISIONING, /* fleet provisioning over MQTT; the status is its statusCode */
    EDGE_REGISTRY,     /* control plane: things, certificates, policies */
    EDGE_JOBS,         /* control plane: jobs and executions */
    EDGE_JOBS_DATA,    /* iot-jobs-data */
    EDGE_IOT_DATA,     /* iotdata */
    EDGE_S3,
    EDGE_COUNT,
};

struct error_name {
    const char *name;
    unsigned http_status; /* 0 over MQTT */
};

/* The names that an operation has for itself, asked before the table; the list ends with code CORE_OK. */
struct error_own {
    enum core_code code;
    struct error_name name;
};

/* own: NULL, or an operation's list. A code that is none counts as CORE_INTERNAL. */
struct error_name error_name_of(enum core_code code, enum error_edge edge, const struct error_own own[]);

#endif
