/* SPDX-License-Identifier: MIT */
/* What a program's environment needs so that the AWS CLI, the SDKs and iot-local's own commands find a daemon. The names that
 * are ours differ from those that stand for options of `iot-local up` (IOT_LOCAL_HTTP_PORT and so on): a daemon that is
 * started in such an environment does not want the other one's ports. */
#ifndef CLOUD_CLI_ENVIRONMENT_H
#define CLOUD_CLI_ENVIRONMENT_H

#include <jansson.h>
#include <stddef.h>

#define ENVIRONMENT_MAX 16

struct environment {
    struct {
        const char *name;
        char *value; /* NULL: must not be there */
    } variables[ENVIRONMENT_MAX];
    size_t count;
};

/* From what the daemon says about itself (client_status). */
void environment_make(struct environment *environment, const json_t *status);
void environment_free(struct environment *environment);

/* Into the environment of this process. */
void environment_apply(const struct environment *environment);

#endif
