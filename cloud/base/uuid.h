/* SPDX-License-Identifier: MIT */
/* Random UUIDs (version 4), as AWS gives them to things and to answers. */
#ifndef CLOUD_BASE_UUID_H
#define CLOUD_BASE_UUID_H

#define UUID_CAP 37

void uuid_make(char out[UUID_CAP]);

#endif
