/* SPDX-License-Identifier: MIT */
/* Things, their types and groups, tags, the endpoint (docs/protocol.md 5.7 to 5.9). */
#include "cloud/http/operations.h"
#include "cloud/http/route.h"

/* clang-format off */
static const struct route rows[] = {
    {"POST", "/things/{thingName}", FAMILY_REGISTRY, "CreateThing",
     .handler = api_create_thing, .members = "attributePayload",
     .unmodelled = "thingTypeName billingGroupName"},
    {"GET", "/things/{thingName}", FAMILY_REGISTRY, "DescribeThing",
     .handler = api_describe_thing},
    {"GET", "/things", FAMILY_REGISTRY, "ListThings",
     .handler = api_list_things, .query = PAGING,
     .unmodelled = "attributeName attributeValue thingTypeName usePrefixAttributeValue"},
    {"GET", "/endpoint", FAMILY_REGISTRY, "DescribeEndpoint",
     .handler = api_describe_endpoint, .query = "endpointType"},
};
/* clang-format on */

const struct route_table routes_things = {rows, sizeof rows / sizeof rows[0]};
