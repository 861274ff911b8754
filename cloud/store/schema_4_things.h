/* SPDX-License-Identifier: MIT */
/* Part of the fourth step (schema_steps.c). */
#ifndef CLOUD_STORE_SCHEMA_4_THINGS_H
#define CLOUD_STORE_SCHEMA_4_THINGS_H

/* clang-format off */
#define SCHEMA_4_THINGS \
    ""
/* clang-format on */

#endif
