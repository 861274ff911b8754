/* SPDX-License-Identifier: MIT */
/* The second way to configure a device: by a claim certificate (fleet provisioning). */
#include "device/api/api.h"
#include "device/api/line.h"
#include "device/runtime/claim.h"
#include "lib_aws.h"

#include <string.h>

/* The board's own number stands behind the last '_' that make_device_name has put there. */
static const char *number_in(const char *device_name, const char *prefix)
{
    return device_name + strlen(prefix && prefix[0] ? prefix : "device") + 1;
}

void api_claim(const systemInitConfig_st *config, const char *host_name, const char *device_name,
               char *thing_name, void (*provisioned)(void))
{
    const awsConfig_st *aws = &config->s_awsConfig;
    const struct runtime_claim claim = {
        .host = host_name,
        .port = aws->port_u16,
        .root_ca_pem = aws->pRootCaStr,
        .cert_pem = aws->pClaimCertStr,
        .key_pem = aws->pClaimPrivateKeyStr,
        .template_name = aws->pClaimTemplateStr,
        .client_id = device_name,
        .serial_number = number_in(device_name, config->pDeviceNamePrefixStr),
        .name_prefix = config->pDeviceNamePrefixStr,
        .app_version = config->pAppVersionStr,
        .thing_name = thing_name,
        .provisioned = provisioned,
    };
    runtime_claim(&claim);
}

bool AWS_setProvisioningParameter(const char *pKeyStr, const char *pValueStr)
{
    if (runtime_is_started()) {
        line_error(__func__, "is called too late: before SYSTEM_start");
        return false;
    }
    enum err err = runtime_claim_parameter(pKeyStr, pValueStr);
    if (err) {
        line_error(__func__, err == ERR_FULL
                                 ? "there is no room for more than 8 of them"
                                 : "the key is not 1 to 128 of [a-zA-Z0-9:_-], or one of the library's own "
                                   "(SerialNumber, DeviceNamePrefix, AppVersion)");
    }
    return !err;
}
