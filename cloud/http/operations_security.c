/* SPDX-License-Identifier: MIT */
/* Certificates, policies, and what they are attached to (docs/protocol.md 5.8). */
#include "cloud/http/operations.h"
#include "cloud/http/route.h"

/* clang-format off */
static const struct route rows[] = {
    {"POST", "/keys-and-certificate", FAMILY_REGISTRY, "CreateKeysAndCertificate",
     .handler = api_create_keys_and_certificate, .work = api_make_keys_and_certificate, .query = "setAsActive"},
    {"PUT", "/certificates/{certificateId}", FAMILY_REGISTRY, "UpdateCertificate",
     .handler = api_update_certificate, .query = "newStatus"},
    {"GET", "/certificates/{certificateId}", FAMILY_REGISTRY, "DescribeCertificate",
     .handler = api_describe_certificate},
    {"PUT", "/things/{thingName}/principals", FAMILY_REGISTRY, "AttachThingPrincipal",
     .handler = api_attach_thing_principal, .unmodelled = "thingPrincipalType"},
    {"POST", "/policies/{policyName}", FAMILY_REGISTRY, "CreatePolicy",
     .handler = api_create_policy, .members = "policyDocument", .unmodelled = "tags"},
    {"GET", "/policies/{policyName}", FAMILY_REGISTRY, "GetPolicy",
     .handler = api_get_policy},
    {"PUT", "/target-policies/{policyName}", FAMILY_REGISTRY, "AttachPolicy",
     .handler = api_attach_policy, .members = "target"},
};
/* clang-format on */

const struct route_table routes_security = {rows, sizeof rows / sizeof rows[0]};
