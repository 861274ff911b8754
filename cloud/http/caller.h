/* SPDX-License-Identifier: MIT */
/* Who may call: no web page of another site, nobody without a signature, and where keys are configured nobody whose signature
 * is not right. Each function answers the call when it refuses it, and returns false. */
#ifndef CLOUD_HTTP_CALLER_H
#define CLOUD_HTTP_CALLER_H

#include "cloud/http/call.h"

/* When the headers are there. Sets call->signature; its service is what the call is meant for. */
bool caller_check(struct call *call);

/* When the body is there. */
bool caller_check_body(struct call *call);

#endif
