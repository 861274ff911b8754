/* SPDX-License-Identifier: MIT */
/* The third way to configure a device: nothing was given. What somebody hands in at the device is judged and stored by device/runtime; here
 * stands what it means: the configuration of SYSTEM_init is filled in with it, and when nothing is missing any more the device goes on.
 * All memory comes from the port, and only on a device that needs it. */
#include "device/api/api.h"
#include "device/api/line.h"
#include "device/port/port_board.h"
#include "device/port/port_configure.h"
#include "device/port/port_network.h"
#include "device/runtime/local_config.h"

#include <string.h>

#if !CONFIG_DEVICE_JOBS_CONFIGURE_NONE

_Static_assert(LOCAL_CONFIG_SSID_CAP == LENGTH_WIFI_CRED_SSID &&
                   LOCAL_CONFIG_PASSWORD_CAP == LENGTH_WIFI_CRED_PASSWORD,
               "two opinions on the length of a network's name and password");

/* In the port's memory. Until the device waits it is SYSTEM_init's, then the port's task's. */
struct local {
    systemInitConfig_st
        filled; /* what SYSTEM_init was given, and in its gaps what is stored or was handed in */
    bool is_aws_given, is_ssid_given, is_prefix_given; /* these are no gaps */
    enum api_way way;                                  /* what `filled` makes of the device */
    void (*go_on)(const systemInitConfig_st *config, enum api_way way);
    struct local_config config;
    char room[LOCAL_CONFIG_ROOM];
};

static struct local *local; /* NULL: nobody needs it, or this firmware has no way to be configured */

/* ---- filling in */

static void fill_aws(struct local *l)
{
    const char *const *of = l->config.texts.of;
    awsConfig_st *aws = &l->filled.s_awsConfig;

    strcpy(aws->hostNameStr, of[CONFIG_ENDPOINT]);
    aws->port_u16 = config_port_of(of[CONFIG_PORT]);
    aws->pRootCaStr = of[CONFIG_ROOT_CA];
    aws->pThingNameStr = of[CONFIG_THING_NAME];
    aws->pThingCertStr = of[CONFIG_CERTIFICATE];
    aws->pThingPrivateKeyStr = of[CONFIG_PRIVATE_KEY];
    aws->pClaimCertStr = of[CONFIG_CLAIM_CERTIFICATE];
    aws->pClaimPrivateKeyStr = of[CONFIG_CLAIM_PRIVATE_KEY];
    aws->pClaimTemplateStr = of[CONFIG_TEMPLATE];
    l->way = l->config.way == CONFIG_WAY_CLAIM ? API_WAY_CLAIM : API_WAY_THING;
}

static void fill(struct local *l)
{
    bool is_whole = l->config.len > 0 && l->config.way != CONFIG_WAY_WIFI;

    if (!l->is_aws_given) {
        l->way = API_WAY_NOTHING;
        if (is_whole) {
            fill_aws(l);
        }
    }
    if (!l->is_ssid_given) {
        l->filled.pWifiSsidStr = l->config.ssid;
        l->filled.pWifiPwdStr = l->config.password;
    }
    if (!l->is_prefix_given && l->config.len > 0) {
        l->filled.pDeviceNamePrefixStr = l->config.texts.of[CONFIG_NAME_PREFIX];
    }
}

static bool is_given(const char *text)
{
    return text && text[0];
}

static bool lacks_wifi(const systemInitConfig_st *config)
{
    return !is_given(config->pWifiSsidStr) && port_network_needs_ssid();
}

static void tell_finding(const char *field, const char *what)
{
    line_write("configuration", LOG_LEVEL_ERROR, "%s%s%s", field, field[0] ? " " : "", what);
}

const systemInitConfig_st *api_configure_fill(const systemInitConfig_st *given, enum api_way *way)
{
    bool is_needed = *way == API_WAY_NOTHING || lacks_wifi(given);
    struct local *l = is_needed ? (struct local *)(void *)port_configure_room(sizeof(*l)) : NULL;

    local = l;
    if (!l) {
        return given;
    }
    memset(l, 0, sizeof(*l));
    l->filled = *given;
    l->way = *way;
    l->config.room = l->room;
    l->config.tell = tell_finding;
    l->is_aws_given = *way != API_WAY_NOTHING;
    l->is_ssid_given = is_given(given->pWifiSsidStr);
    l->is_prefix_given = is_given(given->pDeviceNamePrefixStr);
    local_config_load(&l->config);
    fill(l);
    *way = l->way;
    return &l->filled;
}

systemMode_et api_configure_mode(const systemInitConfig_st *config, enum api_way way)
{
    if (way == API_WAY_NOTHING) {
        return SYSTEM_MODE_DEVICE_CONFIG;
    }
    return local && lacks_wifi(config) ? SYSTEM_MODE_WIFI_CONFIG : SYSTEM_MODE_NORMAL;
}

/* ---- while the device waits; on the port's task */

/* true: nothing is missing any more. */
static bool judge(void)
{
    fill(local);
    systemMode_et mode = api_configure_mode(&local->filled, local->way);

    if (mode == SYSTEM_MODE_NORMAL) {
        return true;
    }
    api_set_mode(mode);
    line_write("configuration", LOG_LEVEL_INFO, "stored; %s is still missing",
               mode == SYSTEM_MODE_WIFI_CONFIG ? "the network's name" : "the rest");
    return false;
}

/* What a refused text has pushed out of the memory is in storage. */
static bool take(size_t len, char *answer, size_t answer_cap)
{
    if (local_config_take(&local->config, len, answer, answer_cap)) {
        return judge();
    }
    local_config_load(&local->config);
    fill(local);
    return false;
}

static bool take_wifi(const char *ssid, const char *password)
{
    if (!local_config_take_wifi(&local->config, ssid, password)) {
        line_error("configuration",
                   "the storage does not take the network's name; it is kept until the restart");
    }
    return judge();
}

static void done(void)
{
    if (port_configure_ends_by_restart()) {
        line_write("configuration", LOG_LEVEL_INFO, "the device is configured, and restarts");
        runtime_restart(0);
    } else {
        line_write("configuration", LOG_LEVEL_INFO, "the device is configured, and goes on");
        local->go_on(&local->filled, local->way);
    }
}

void api_configure_start(const char *who, void (*go_on)(const systemInitConfig_st *config, enum api_way way))
{
    enum err err = ERR_UNSUPPORTED;

    if (local) {
        local->go_on = go_on;
        port_board_on_shutdown(port_configure_stop);
        const struct port_configure way = {
            .text = local->room + LOCAL_CONFIG_TEXT,
            .text_cap = CONFIG_RECORD_MAX,
            .wants_wifi = lacks_wifi(&local->filled),
            .take = take,
            .take_wifi = take_wifi,
            .done = done,
        };
        err = port_configure_start(&way);
    }
    if (err) {
        line_error(who, err == ERR_BUSY ? "the library runs already"
                        : err == ERR_UNSUPPORTED
                            ? "nothing can configure this device: its firmware has no way for that"
                            : "the device cannot be configured; the line above says why");
    }
}

void api_configure_stop(void)
{
    port_configure_stop();
}
#endif
