/* SPDX-License-Identifier: MIT */
/* Things, their types and groups, tags, the endpoint (docs/protocol.md 5.7 to 5.9). */
#include "cloud/http/api/api_tags.h"
#include "cloud/http/operations.h"
#include "cloud/http/route.h"

/* clang-format off */
static const struct route rows[] = {
    {"POST", "/things/{thingName}", FAMILY_REGISTRY, "CreateThing",
     .handler = api_create_thing, .members = "attributePayload thingTypeName billingGroupName"},
    {"GET", "/things/{thingName}", FAMILY_REGISTRY, "DescribeThing",
     .handler = api_describe_thing},
    {"GET", "/things", FAMILY_REGISTRY, "ListThings",
     .handler = api_list_things,
     .query = "attributeName attributeValue thingTypeName usePrefixAttributeValue " PAGING},
    {"PATCH", "/things/{thingName}", FAMILY_REGISTRY, "UpdateThing",
     .handler = api_update_thing, .members = "attributePayload thingTypeName removeThingType expectedVersion"},
    {"DELETE", "/things/{thingName}", FAMILY_REGISTRY, "DeleteThing",
     .handler = api_delete_thing, .query = "expectedVersion"},
    {"POST", "/thing-types/{thingTypeName}", FAMILY_REGISTRY, "CreateThingType",
     .handler = api_create_thing_type, .members = "thingTypeProperties tags", .own_errors = api_no_limit_error},
    {"GET", "/thing-types/{thingTypeName}", FAMILY_REGISTRY, "DescribeThingType",
     .handler = api_describe_thing_type},
    {"GET", "/thing-types", FAMILY_REGISTRY, "ListThingTypes",
     .handler = api_list_thing_types, .query = "thingTypeName " PAGING},
    {"PATCH", "/thing-types/{thingTypeName}", FAMILY_REGISTRY, "UpdateThingType",
     .handler = api_update_thing_type, .members = "thingTypeProperties"},
    {"POST", "/thing-types/{thingTypeName}/deprecate", FAMILY_REGISTRY, "DeprecateThingType",
     .handler = api_deprecate_thing_type, .members = "undoDeprecate"},
    {"DELETE", "/thing-types/{thingTypeName}", FAMILY_REGISTRY, "DeleteThingType",
     .handler = api_delete_thing_type},
    {"POST", "/billing-groups/{billingGroupName}", FAMILY_REGISTRY, "CreateBillingGroup",
     .handler = api_create_billing_group, .members = "billingGroupProperties tags",
     .own_errors = api_no_limit_error},
    {"GET", "/billing-groups/{billingGroupName}", FAMILY_REGISTRY, "DescribeBillingGroup",
     .handler = api_describe_billing_group},
    {"GET", "/billing-groups", FAMILY_REGISTRY, "ListBillingGroups",
     .handler = api_list_billing_groups, .query = "namePrefixFilter " PAGING},
    {"PATCH", "/billing-groups/{billingGroupName}", FAMILY_REGISTRY, "UpdateBillingGroup",
     .handler = api_update_billing_group, .members = "billingGroupProperties expectedVersion"},
    {"DELETE", "/billing-groups/{billingGroupName}", FAMILY_REGISTRY, "DeleteBillingGroup",
     .handler = api_delete_billing_group, .query = "expectedVersion"},
    {"PUT", "/billing-groups/addThingToBillingGroup", FAMILY_REGISTRY, "AddThingToBillingGroup",
     .handler = api_add_thing_to_billing_group, .members = "billingGroupName billingGroupArn thingName thingArn"},
    {"PUT", "/billing-groups/removeThingFromBillingGroup", FAMILY_REGISTRY, "RemoveThingFromBillingGroup",
     .handler = api_remove_thing_from_billing_group,
     .members = "billingGroupName billingGroupArn thingName thingArn"},
    {"GET", "/billing-groups/{billingGroupName}/things", FAMILY_REGISTRY, "ListThingsInBillingGroup",
     .handler = api_list_things_in_billing_group, .query = PAGING},
    {"POST", "/tags", FAMILY_REGISTRY, "TagResource",
     .handler = api_tag_resource, .members = "resourceArn tags"},
    {"POST", "/untag", FAMILY_REGISTRY, "UntagResource",
     .handler = api_untag_resource, .members = "resourceArn tagKeys", .own_errors = api_no_limit_error},
    {"GET", "/tags", FAMILY_REGISTRY, "ListTagsForResource",
     .handler = api_list_tags_for_resource, .query = "resourceArn nextToken"},
    {"GET", "/endpoint", FAMILY_REGISTRY, "DescribeEndpoint",
     .handler = api_describe_endpoint, .query = "endpointType"},
};
/* clang-format on */

const struct route_table routes_things = {rows, sizeof rows / sizeof rows[0]};
