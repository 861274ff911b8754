/* SPDX-License-Identifier: MIT */
#include "cloud/core/provisioning/registration.h"

enum core_code registration_check(struct core *core, const struct registration *registration, char **hook_url,
                                  char **hook_request, struct core_error *error)
{
    (void)core;
    (void)registration;
    *hook_url = *hook_request = NULL;
    return core_fail(error, CORE_INTERNAL, "not written yet");
}

enum core_code registration_apply(struct core *core, const struct registration *registration,
                                  json_t *overrides, json_t **answer, struct core_error *error)
{
    (void)core;
    (void)registration;
    (void)overrides;
    (void)answer;
    return core_fail(error, CORE_INTERNAL, "not written yet");
}
