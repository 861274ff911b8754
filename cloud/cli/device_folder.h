/* SPDX-License-Identifier: MIT */
/* A thing with its certificate and policies, and the folder that a device connects with. */
#ifndef CLOUD_CLI_DEVICE_FOLDER_H
#define CLOUD_CLI_DEVICE_FOLDER_H

#include "cloud/cli/client.h"

/* What `thing` and `init` attach. */
#define THING_POLICY_NAME "iot-local-device"

struct device {
    const char *thing;
    const json_t *body; /* of CreateThing; NULL: {} */
    const json_t
        *policies; /* array of names; NULL: a policy for Jobs devices, which is made when it is missing */
    const char *
        certificate; /* PEM, signed by an authority that is registered here; NULL: one is made, with its key */
    const char *folder; /* what the device connects with goes there; NULL: nowhere */
};

/* The first file of a folder that holds connection data; NULL: the folder is free. */
const char *device_folder_holds(const char *folder);

/* What is there already stays as it is. *certificate_arn is the caller's; NULL: nobody wants it. */
bool device_make(struct client *client, const struct device *device, char **certificate_arn);

#endif
