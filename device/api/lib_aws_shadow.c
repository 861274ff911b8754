/* SPDX-License-Identifier: MIT */
/* The classic shadow's functions, in a file of their own: who calls none links none. */
#include "device/api/once.h"
#include "lib_aws.h"

#define NO_SHADOWS "shadows are not part of this version"

bool AWS_shadowDeltaRegister(awsShadow_st *ps_shadow)
{
    (void)ps_shadow;
    ONCE_ERROR(NO_SHADOWS);
    return false;
}

bool AWS_shadowUpdate(const char *pKeyStr, void *pValue, shadowUpdateType_et updateType_e)
{
    (void)pKeyStr, (void)pValue, (void)updateType_e;
    ONCE_ERROR(NO_SHADOWS);
    return false;
}

bool AWS_shadowDocumentUpdate(awsThingShadow_st as_thingShadow[], uint8_t maxKeys_u8,
                              shadowUpdateType_et updateType_e)
{
    (void)as_thingShadow, (void)maxKeys_u8, (void)updateType_e;
    ONCE_ERROR(NO_SHADOWS);
    return false;
}
