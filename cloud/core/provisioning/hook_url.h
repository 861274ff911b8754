/* SPDX-License-Identifier: MIT */
#ifndef CLOUD_CORE_HOOK_URL_H
#define CLOUD_CORE_HOOK_URL_H

#include "cloud/core/core.h"

/* The target of a template's hook: an HTTP URL of this machine, which stands for the Lambda. CORE_OK or
 * CORE_INVALID_REQUEST. */
enum core_code hook_url_check(const char *url, struct core_error *error);

#endif
