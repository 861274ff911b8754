/* SPDX-License-Identifier: MIT */
/* What several operations demand of what a request names: that it exists, and that nobody has changed it meanwhile. */
#include "cloud/core/core_private.h"
#include "cloud/core/names.h"
#include "cloud/core/registry/registry_private.h"

#include <inttypes.h>

#define DESCRIPTION_MAX 2028

static enum core_code require_row(struct core *core, enum store_statement which, const char *what,
                                  const char *name, struct core_error *error)
{
    if (name_check_entity(what, name, error)) {
        return error->code;
    }
    int got = core_has_row(core, which, name);
    if (got < 0) {
        return core_fail_storage(core, error);
    }
    return got ? CORE_OK : core_fail(error, CORE_NOT_FOUND, "%s '%s' does not exist", what, name);
}

enum core_code thing_require(struct core *core, const char *name, struct core_error *error)
{
    return require_row(core, STORE_THING_EXISTS, "thing", name, error);
}

enum core_code billing_group_require(struct core *core, const char *name, struct core_error *error)
{
    return require_row(core, STORE_BILLING_GROUP_EXISTS, "billing group", name, error);
}

enum core_code thing_type_require(struct core *core, const char *name, struct core_error *error)
{
    if (require_row(core, STORE_THING_TYPE_EXISTS, "thing type", name, error)) {
        return error->code;
    }
    int got = core_has_row(core, STORE_THING_TYPE_IS_DEPRECATED, name);
    if (got < 0) {
        return core_fail_storage(core, error);
    }
    return got ? core_fail(error, CORE_INVALID_REQUEST,
                           "thing type '%s' is deprecated: no thing may be given it; DeprecateThingType with"
                           " undoDeprecate takes that back",
                           name)
               : CORE_OK;
}

enum core_code version_require(const char *what, const char *name, int64_t version,
                               struct expected_version expected, struct core_error *error)
{
    if (!expected.is_given || expected.version == version) {
        return CORE_OK;
    }
    return core_fail(error, CORE_VERSION_MISMATCH,
                     "%s '%s' has version %" PRId64 ", not %" PRId64 " as expected", what, name, version,
                     expected.version);
}

enum core_code description_check(const char *description, struct core_error *error)
{
    if (description && !name_is_printable(slice_from(description), DESCRIPTION_MAX)) {
        return core_fail(error, CORE_INVALID_REQUEST,
                         "a description has at most %d printable characters of ASCII", DESCRIPTION_MAX);
    }
    return CORE_OK;
}
