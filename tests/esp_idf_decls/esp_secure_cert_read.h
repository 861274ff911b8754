/* SPDX-License-Identifier: MIT */
/* Our own declarations, see README.md: of Espressif's component esp_secure_cert_mgr, which a project may have. */
#include "types.h"

esp_ds_data_ctx_t *esp_secure_cert_get_ds_ctx(void);
void esp_secure_cert_free_ds_ctx(esp_ds_data_ctx_t *context);
