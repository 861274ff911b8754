/* SPDX-License-Identifier: MIT */
/* The beginning of a world, its boots, and its end: the device is left alone until nothing is left to do. */
#include "interleave/world.h"

#include "device/core/jobs/engine.h"
#include "device/runtime/state.h"

static bool are_all_ended(void)
{
    return service.first == service.count;
}

static unsigned boots;

void world_begin(unsigned jobs, enum application_way way)
{
    boots = 0;
    ports_reset();
    peer_reset(jobs);
    application_reset();
    traffic_reset();
    provisioner_reset();
    application_rules.way = way;
    application_rules.has_cancel = true;
}

void world_boot(void (*device_main)(void *ctx))
{
    boots++;
    device_ram_reset();
    traffic_boot();
    scheduler_start("main", 4, true, device_main, NULL);
}

/* A device that has restarted itself boots. */
static void boot_if_wanted(void)
{
    if (ports_wants_boot()) {
        world_boot(application_boot);
    }
}

static bool is_at_rest(void)
{
    return are_all_ended() && jobs_engine_is_idle(&device_runtime.own.engine) && traffic_is_at_rest();
}

static void stop(void *ctx)
{
    enum err *result = ctx;
    while ((*result = runtime_stop()) == ERR_BUSY) {
        scheduler_sleep(1000); /* a callback of the application, which ends */
    }
}

static void end_tasks(void)
{
    static enum err result;
    result = ERR_INTERNAL;
    scheduler_start("stopper", 4, true, stop, &result);
    for (unsigned seconds = 0; result != ERR_OK; seconds++) {
        if (seconds == 600) {
            scheduler_find("the tasks do not end within ten minutes (%s)", err_text(result));
        }
        scheduler_sleep(1000);
    }
}

void world_settle(unsigned hours)
{
    for (uint64_t until_ms = scheduler_now_ms() + (uint64_t)hours * HOUR_MS; !is_at_rest();) {
        boot_if_wanted();
        if (scheduler_now_ms() >= until_ms) {
            scheduler_find("s%u is %s, and nothing happens for %u hours:\n%s", service.first,
                           are_all_ended() ? "the end"
                                           : job_service_fate_text(service.jobs[service.first].fate),
                           hours, ports_log());
        }
        scheduler_sleep(1000);
    }
    end_tasks();
    for (unsigned job = 0; job < service.count; job++) {
        application_check(job, boots > 1);
    }
    traffic_check();
}
