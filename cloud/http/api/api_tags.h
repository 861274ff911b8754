/* SPDX-License-Identifier: MIT */
/* What operations that make a resource share with those on tags. */
#ifndef CLOUD_HTTP_API_TAGS_H
#define CLOUD_HTTP_API_TAGS_H

#include "cloud/core/registry/tags.h"
#include "cloud/http/call.h"

/* The member "tags"; without it the list is empty. The texts live as long as the call. false: answered. */
bool api_read_tags(struct call *call, struct tag_list *tags);

/* For operations whose errors have no LimitExceededException: too many tags are their caller's mistake. */
extern const struct error_own api_no_limit_error[];

#endif
