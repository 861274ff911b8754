/* SPDX-License-Identifier: MIT */
#include "cloud/http/api_error.h"

static const struct error_name codes[API_CODE_COUNT] = {
#define X(code, name, status) [code] = {name, status},
    API_ERROR_LIST(X)
#undef X
};

struct error_name api_code_name(enum api_code code)
{
    return code == API_OVERLOADED ? error_name_of(CORE_INTERNAL, EDGE_JOBS, NULL) : codes[code];
}

enum error_edge api_edge(enum api_family family)
{
    switch (family) {
    case FAMILY_JOBS:
        return EDGE_JOBS;
    case FAMILY_JOBS_DATA:
        return EDGE_JOBS_DATA;
    case FAMILY_IOT_DATA:
        return EDGE_IOT_DATA;
    case FAMILY_S3:
        return EDGE_S3;
    case FAMILY_REGISTRY:
    case FAMILY_LOCAL:
    case FAMILY_OPEN:
        break;
    }
    return EDGE_REGISTRY;
}
