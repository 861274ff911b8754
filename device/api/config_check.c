/* SPDX-License-Identifier: MIT */
/* Says everything that is wrong with a configuration, field by field, so that one look at the log is enough. */
#include "device/core/store/config_check.h"
#include "device/api/api.h"
#include "device/api/line.h"
#include "device/port/port_mqtt.h"

#include <string.h>

#define VERSION_MAX 31

static bool is_given(const char *text)
{
    return text && text[0];
}

static bool complain(const char *field, const char *what)
{
    line_write("SYSTEM_init", LOG_LEVEL_ERROR, "%s: %s", field, what);
    return false;
}

/* A sentence of device/core/store/config_check.h, or NULL. */
static bool judge(const char *field, const char *what)
{
    return !what || complain(field, what);
}

static bool check_host(const char host[LENGTH_HOST_NAME])
{
    static const char field[] = "s_awsConfig.hostNameStr";
    if (!memchr(host, '\0', LENGTH_HOST_NAME)) {
        return complain(field, "is too long, or has no NUL (up to 253 characters)");
    }
    return judge(field, config_check_host(host));
}

/* The three texts with which a device connects, and the names of their fields. */
struct credentials {
    const char *root_ca, *cert, *key;
    const char *cert_field, *key_field;
};

static const char root_ca_field[] = "s_awsConfig.pRootCaStr";

/* Asks the port whether its TLS library can read the three texts and has what they refer to, and whether the key belongs to the certificate. */
static bool check_usable(const struct credentials *with)
{
    const char *const fields[] = {
        [PORT_MQTT_ROOT_CA] = root_ca_field,
        [PORT_MQTT_CERT] = with->cert_field,
        [PORT_MQTT_KEY] = with->key_field,
    };
    const struct port_mqtt_config config = {
        .root_ca_pem = with->root_ca, .cert_pem = with->cert, .key_pem = with->key};
    enum port_mqtt_credential bad = PORT_MQTT_ROOT_CA;
    const char *why = NULL;
    if (port_mqtt_check(&config, &bad, &why)) {
        return complain(fields[bad], why ? why : "cannot be used");
    }
    return true;
}

static bool check_credentials(const struct credentials *with)
{
    bool is_good = judge(root_ca_field, config_check_pem(with->root_ca, "CERTIFICATE"));
    is_good &= judge(with->cert_field, config_check_pem_or_reference(with->cert, "CERTIFICATE"));
    is_good &= judge(with->key_field, config_check_pem_or_reference(with->key, "PRIVATE KEY"));
    return is_good && check_usable(with);
}

static bool check_endpoint(const awsConfig_st *aws)
{
    bool is_good = check_host(aws->hostNameStr);
    if (aws->port_u16 == 0) {
        is_good = complain("s_awsConfig.port_u16", "is 0; AWS IoT takes MQTT at 8883, or at 443");
    }
    return is_good;
}

static bool check_thing(const awsConfig_st *aws)
{
    const struct credentials with = {aws->pRootCaStr, aws->pThingCertStr, aws->pThingPrivateKeyStr,
                                     "s_awsConfig.pThingCertStr", "s_awsConfig.pThingPrivateKeyStr"};
    bool is_good = check_endpoint(aws);
    is_good &= judge("s_awsConfig.pThingNameStr", config_check_thing_name(aws->pThingNameStr));
    is_good &= check_credentials(&with);
    return is_good;
}

static bool check_claim(const awsConfig_st *aws)
{
    const struct credentials with = {aws->pRootCaStr, aws->pClaimCertStr, aws->pClaimPrivateKeyStr,
                                     "s_awsConfig.pClaimCertStr", "s_awsConfig.pClaimPrivateKeyStr"};
    bool is_good = check_endpoint(aws);
    is_good &= judge("s_awsConfig.pClaimTemplateStr", config_check_template(aws->pClaimTemplateStr));
    is_good &= check_credentials(&with);
    return is_good;
}

/* Checks the fields that every configuration may have, whichever way the device is configured. */
static bool check_rest(const systemInitConfig_st *config)
{
    bool is_good = judge("pWifiSsidStr", config_check_wifi_ssid(config->pWifiSsidStr));
    is_good &= judge("pWifiPwdStr", config_check_wifi_password(config->pWifiPwdStr));
    is_good &= judge("pDeviceNamePrefixStr", config_check_prefix(config->pDeviceNamePrefixStr));
    if (config->pAppVersionStr && strlen(config->pAppVersionStr) > VERSION_MAX) {
        is_good = complain("pAppVersionStr", "is too long (up to 31 characters)");
    }
    if (config->logModulesCount_u8 > 0 && !config->pLogLevels_e) {
        is_good = complain("pLogLevels_e", "is missing, but logModulesCount_u8 counts levels");
    }
    return is_good;
}

static bool has_claim(const awsConfig_st *aws)
{
    return is_given(aws->pClaimCertStr) || is_given(aws->pClaimPrivateKeyStr) ||
           is_given(aws->pClaimTemplateStr);
}

static bool has_nothing(const awsConfig_st *aws)
{
    return !aws->hostNameStr[0] && aws->port_u16 == 0 && !is_given(aws->pRootCaStr) &&
           !is_given(aws->pThingCertStr) && !is_given(aws->pThingPrivateKeyStr) &&
           !is_given(aws->pThingNameStr) && !has_claim(aws);
}

enum api_way api_check_config(const systemInitConfig_st *config)
{
    const awsConfig_st *aws = &config->s_awsConfig;
    bool is_good = check_rest(config);
    if (has_nothing(aws)) {
        return is_good ? API_WAY_NOTHING : API_WAY_BAD;
    }
    if (has_claim(aws) && !is_given(aws->pThingCertStr)) {
#ifdef CONFIG_DEVICE_JOBS_NO_PROVISIONING
        is_good = complain("s_awsConfig.pClaimCertStr", "fleet provisioning is left out of this program "
                                                        "(CONFIG_DEVICE_JOBS_NO_PROVISIONING)");
#endif
        is_good &= check_claim(aws);
        return is_good ? API_WAY_CLAIM : API_WAY_BAD;
    }
    is_good &= check_thing(aws);
    return is_good ? API_WAY_THING : API_WAY_BAD;
}
