/* SPDX-License-Identifier: MIT */
/* A thing with its certificate and policies, and the folder that a device connects with. */
#ifndef CLOUD_CLI_DEVICE_FOLDER_H
#define CLOUD_CLI_DEVICE_FOLDER_H

#include "cloud/cli/client.h"

#define DEVICE_CERTIFICATE_SIZE_MAX (64 * 1024)

/* What `thing` and `init` attach. */
#define THING_POLICY_NAME "iot-local-device"

struct device {
    const char *thing;
    const json_t *body; /* of CreateThing; NULL: {} */
    /* array of names; NULL: a policy for Jobs devices, which is made when it is missing */
    const json_t *policies;
    /* PEM, signed by an authority that is registered here; NULL: one is made, with its key */
    const char *certificate;
    /* What the device connects with goes there, a key only with a certificate that is made here; NULL: nowhere */
    const char *folder;
};

/* The names of the files that a device connects with; NULL ends them. */
extern const char *const device_folder_files[];

/* The first file of a folder that holds connection data; NULL: the folder is free. */
const char *device_folder_holds(const char *folder);

/* The certificate in a folder, malloc'd; NULL: it holds none with its key, or the file cannot be read, which is said. */
char *device_folder_certificate(const char *folder);

/* What is there already stays as it is. *certificate_arn is the caller's; NULL: nobody wants it. */
bool device_make(struct client *client, const struct device *device, char **certificate_arn);

#endif
