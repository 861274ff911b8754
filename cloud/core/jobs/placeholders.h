/* SPDX-License-Identifier: MIT */
/* ${aws:iot:s3-presigned-url:LINK} and ${aws:iot:s3-presigned-url-v2:LINK} in job documents: docs/protocol.md 5.5. The document is
 * stored with them; each time it goes to a device, signed links take their places. */
#ifndef CLOUD_CORE_JOBS_PLACEHOLDERS_H
#define CLOUD_CORE_JOBS_PLACEHOLDERS_H

#include "cloud/core/core.h"

#define PLACEHOLDERS_MAX          10 /* in a document, as on AWS */
#define PLACEHOLDERS_EXPIRE_MIN_S 60 /* of presignedUrlConfig.expiresInSec */
#define PLACEHOLDERS_EXPIRE_MAX_S 3600

/* Can each placeholder of this document (valid JSON) be filled when a device asks? has_role: presignedUrlConfig names a role, which
 * AWS demands. An object need not exist before a device reads it. */
enum core_code placeholders_check(const struct core *core, struct slice document, bool has_role,
                                  struct core_error *error);

/* Takes over the document and gives it back with links that are signed now, malloc'd. expires_s 0: an hour. A placeholder that
 * cannot be filled (the service was started without links since) stays. */
char *placeholders_fill(const struct core *core, char *document, int64_t expires_s);

#endif
