/* SPDX-License-Identifier: MIT */
/* Records as blobs in the NVS partition "nvs", namespace "device_jobs", for port_store.h. NVS writes the new blob beside the
 * old one and erases the old one afterwards, so that a power cut leaves one of the two whole. */
#include "device/port/port_store.h"
#include "ports/esp_idf/board.h"
#include "ports/esp_idf/log_line.h"

#include "nvs.h"
#include "nvs_flash.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NAMESPACE "device_jobs"
#define KEY_MAX   15

static nvs_handle_t handle; /* of the namespace; of no meaning unless `is_open` */
static bool is_open;        /* records can be read and written */

static enum err fail(const char *what, const char *where, esp_err_t cause)
{
    char line[120];
    snprintf(line, sizeof(line), "storage: %s '%.20s': %s", what, where, esp_err_to_name(cause));
    log_line(LOG_LEVEL_ERROR, line);
    return ERR_STORAGE;
}

/* The partition may hold an application's data, so the library does not erase it; it says what would help. */
static enum err fail_partition(esp_err_t cause)
{
    fail("cannot use partition", "nvs", cause);
    if (cause == ESP_ERR_NVS_NO_FREE_PAGES || cause == ESP_ERR_NVS_NEW_VERSION_FOUND) {
        log_line(LOG_LEVEL_ERROR, "storage: the partition was written by another version or cut short; "
                                  "nvs_flash_erase() makes it usable and loses what it holds");
    }
    return ERR_STORAGE;
}

enum err port_store_open(void)
{
    if (is_open) {
        nvs_close(handle);
        is_open = false;
    }
    esp_err_t result = nvs_flash_init(); /* ESP_OK as well when the application has called it before */
    if (result != ESP_OK) {
        return fail_partition(result);
    }
    result = nvs_open(NAMESPACE, NVS_READWRITE, &handle);
    if (result != ESP_OK) {
        return fail("cannot open namespace", NAMESPACE, result);
    }
    is_open = true;
    board_keep_storage();
    return ERR_OK;
}

static enum err check_key(const char *key)
{
    size_t len = strlen(key);
    if (len == 0 || len > KEY_MAX || strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_") != len) {
        return ERR_ARG;
    }
    return is_open ? ERR_OK : ERR_STORAGE;
}

enum err port_store_put(const char *key, const void *record, size_t len)
{
    enum err err = check_key(key);
    if (err) {
        return err;
    }
    esp_err_t result = nvs_set_blob(handle, key, record, len);
    if (result == ESP_OK) {
        result = nvs_commit(handle);
    }
    return result == ESP_OK ? ERR_OK : fail("cannot write", key, result);
}

enum err port_store_get(const char *key, void *record, size_t cap, size_t *len)
{
    enum err err = check_key(key);
    if (err) {
        return err;
    }
    size_t size = 0;
    esp_err_t result = nvs_get_blob(handle, key, NULL, &size);
    if (result == ESP_ERR_NVS_NOT_FOUND) {
        return ERR_NOT_FOUND;
    }
    if (result == ESP_OK && size > cap) {
        return ERR_TOO_LONG;
    }
    if (result == ESP_OK && size > 0) {
        result = nvs_get_blob(handle, key, record, &size);
    }
    if (result != ESP_OK) {
        return fail("cannot read", key, result);
    }
    *len = size;
    return ERR_OK;
}

enum err port_store_erase(const char *key)
{
    enum err err = check_key(key);
    if (err) {
        return err;
    }
    esp_err_t result = nvs_erase_key(handle, key);
    if (result == ESP_ERR_NVS_NOT_FOUND) {
        return ERR_OK;
    }
    if (result == ESP_OK) {
        result = nvs_commit(handle);
    }
    return result == ESP_OK ? ERR_OK : fail("cannot erase", key, result);
}
