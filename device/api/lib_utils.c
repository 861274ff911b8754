/* SPDX-License-Identifier: MIT */
/* Numbers in texts; the rules are those of common/number.h. */
#include "lib_utils.h"
#include "common/number.h"

bool util_parseUint32(const char *pStr, uint32_t *pValue_u32)
{
    return pValue_u32 && number_to_u32(slice_from(pStr), pValue_u32) == ERR_OK;
}

uint32_t util_getNumFromString(const char *pStr)
{
    uint32_t value = 0;
    return util_parseUint32(pStr, &value) ? value : 0;
}

bool util_isValidString(const char *pStr)
{
    return pStr && pStr[0] != '\0' && (unsigned char)pStr[0] != 0xff;
}
