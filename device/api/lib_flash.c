/* SPDX-License-Identifier: MIT */
/* lib_flash.h, the application's data: one record, read and written whole. */
#include "lib_flash.h"
#include "device/api/line.h"
#include "device/runtime/records.h"

#include <string.h>

struct app_record {
    char bytes[RECORD_BYTES(LENGTH_FLASH_APP_DATA)];
};

static bool check(const char *who, const void *data, uint16_t size)
{
    if (data && size > 0 && size <= LENGTH_FLASH_APP_DATA) {
        return true;
    }
    line_error(who, data ? "the size is out of range (1 to 256 bytes)" : "no data were given");
    return false;
}

bool FLASH_appDataRead(void *pData, uint16_t size_u16)
{
    struct app_record record;
    struct slice stored;
    if (!check(__func__, pData, size_u16)) {
        return false;
    }
    enum err err = runtime_record_read(RECORD_APP, record.bytes, sizeof(record.bytes), &stored);
    if (err) {
        if (err != ERR_NOT_FOUND) {
            line_error(__func__, "the storage cannot be read");
        }
        return false;
    }
    size_t len = stored.len < size_u16 ? stored.len : size_u16;
    memcpy(pData, stored.ptr, len);
    memset((char *)pData + len, 0, size_u16 - len);
    return true;
}

bool FLASH_appDataWrite(void *pData, uint16_t size_u16)
{
    struct app_record record;
    if (!check(__func__, pData, size_u16)) {
        return false;
    }
    memcpy(record.bytes + RECORD_HEADER_BYTES, pData, size_u16);
    if (runtime_record_write(RECORD_APP, record.bytes, size_u16)) {
        line_error(__func__, "the storage does not take the data");
        return false;
    }
    return true;
}

bool FLASH_appDataEraseAll(void)
{
    if (runtime_record_erase(RECORD_APP)) {
        line_error(__func__, "the storage does not erase the data");
        return false;
    }
    return true;
}

bool FLASH_updatePending(void)
{
    return false;
}
