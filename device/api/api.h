/* SPDX-License-Identifier: MIT */
/* What the files of device/api share. */
#ifndef DEVICE_API_API_H
#define DEVICE_API_API_H

#include "device/runtime/runtime.h"
#include "lib_system.h"

/* mode.c */
systemMode_et api_mode(void);
void api_set_mode(systemMode_et mode_e); /* for lib_system.c */
bool api_is_ready(const char *who);      /* false, and a log line, before SYSTEM_init has succeeded */

/* lib_jobs_handlers.c, for lib_system.c: where the engine puts a document, and what runs a handler. */
void api_jobs_fill(struct runtime_config *config);

/* How a device is configured. */
enum api_way {
    API_WAY_BAD,     /* something is wrong; every finding is logged with the field's name */
    API_WAY_THING,   /* by a thing certificate */
    API_WAY_CLAIM,   /* by a claim certificate, or by the identity that came of one */
    API_WAY_NOTHING, /* nothing was given */
};

/* lib_aws_messages.c, for lib_aws_poll.c: says why, returns false. */
bool api_say_filter_refused(const char *who, const char *filter, enum err err, const char *why);
awsSubscribeCallback_t api_subscribe_callback(void); /* mode.c: of s_awsConfig; NULL: none */
void api_set_subscribe_callback(awsSubscribeCallback_t callback);

void api_note_restart(void); /* lib_system_restart.c: for SYSTEM_isWaitingForRestart */

/* lib_aws_claim.c, for lib_system.c: what stands between runtime_init and runtime_start with a claim. `thing_name` as in struct
 * runtime_claim; device_name is the prefix, '_' and the board's number. */
void api_claim(const systemInitConfig_st *config, const char *host_name, const char *device_name,
               char *thing_name, void (*provisioned)(void));

/* lib_system_configure.c, for lib_system.c and lib_system_stop.c: a device that is configured on the spot. */
#if !CONFIG_DEVICE_JOBS_CONFIGURE_NONE
/* What SYSTEM_init goes by: what was given, when nothing is missing in it; else that with its gaps filled by what is stored, and *way is what
 * that makes of it. Stays as long as the program runs; changes only while the device waits. */
const systemInitConfig_st *api_configure_fill(const systemInitConfig_st *given, enum api_way *way);
/* DEVICE_CONFIG or WIFI_CONFIG: something is missing, and somebody may hand it in. */
systemMode_et api_configure_mode(const systemInitConfig_st *config, enum api_way way);
/* Waits for that, without the calling task; then go_on is called, on another one. A line of `who` says why that cannot be. */
void api_configure_start(const char *who, void (*go_on)(const systemInitConfig_st *config, enum api_way way));
void api_configure_stop(void); /* nothing is handed in any more; good also when the device does not wait */
#else
#include "device/api/line.h"
static inline const systemInitConfig_st *api_configure_fill(const systemInitConfig_st *given,
                                                            enum api_way *way)
{
    (void)way;
    return given;
}
static inline systemMode_et api_configure_mode(const systemInitConfig_st *config, enum api_way way)
{
    (void)config;
    return way == API_WAY_NOTHING ? SYSTEM_MODE_DEVICE_CONFIG : SYSTEM_MODE_NORMAL;
}
static inline void api_configure_start(const char *who,
                                       void (*go_on)(const systemInitConfig_st *config, enum api_way way))
{
    (void)go_on;
    line_error(who, "nothing can configure this device: its firmware has no way for that");
}
static inline void api_configure_stop(void)
{
}
#endif

/* config_check.c */
enum api_way api_check_config(const systemInitConfig_st *config);

#endif
