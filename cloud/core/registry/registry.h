/* SPDX-License-Identifier: MIT */
/* All of the registry: things and what goes with them (docs/protocol.md 5.7), certificates, principals and policies (5.8). */
#ifndef CLOUD_CORE_REGISTRY_H
#define CLOUD_CORE_REGISTRY_H

#include "cloud/core/core.h"
#include "cloud/core/registry/ca_certificates.h"
#include "cloud/core/registry/certificates.h"
#include "cloud/core/registry/policies.h"
#include "cloud/core/registry/policy_attachments.h"
#include "cloud/core/registry/principals.h"
#include "cloud/core/registry/things.h"

#endif
