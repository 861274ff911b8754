/* SPDX-License-Identifier: MIT */
/* What the command line has to know about the daemon that it talks to. */
#include "cloud/core/census.h"
#include "cloud/http/operations.h"
#include "cloud/http/render.h"

#ifndef DEVICE_JOBS_VERSION
#error "the build names the version (cloud/http/CMakeLists.txt)"
#endif

/* For whoever waits until the service is there: 200, or 503 while the broker is not. It takes a turn, so the database is well,
 * too. */
void api_local_health(struct call *call)
{
    const struct http_service *service = call->service;
    bool is_up = !service->is_broker_up || service->is_broker_up(service->daemon);
    json_t *out = json_object();
    render_put_text(out, "status", is_up ? "ok" : "degraded");
    render_put_text(out, "broker", is_up ? "ok" : "down");
    render_put_text(out, "version", DEVICE_JOBS_VERSION);
    answer_json(&call->answer, out);
    call->answer.status = is_up ? 200 : 503;
}

/* isDue: what the time has brought is not done yet; ask again. */
void api_local_clock(struct call *call)
{
    const struct http_service *service = call->service;
    int64_t now_ms = core_now_ms(service->core);
    json_t *out = json_object();
    json_object_set_new(out, "now", render_date(now_ms));
    json_object_set_new(out, "isVirtual", json_boolean(service->shift != NULL));
    json_object_set_new(out, "aheadMilliseconds", json_integer(service->shift ? service->shift->by_ms : 0));
    json_object_set_new(out, "isDue", json_boolean(core_next_due_ms(service->core) <= now_ms));
    answer_json(&call->answer, out);
}

#define ADVANCE_MAX_MS (INT64_C(3660) * 24 * 60 * 60 * 1000) /* ten years at a time */

void api_local_advance_clock(struct call *call)
{
    const struct http_service *service = call->service;
    int64_t by_ms = 0;
    bool is_given = false;
    if (!call_i64(call, call->members, "advanceMilliseconds", 0, &by_ms, &is_given)) {
        return;
    }
    if (!is_given || by_ms > ADVANCE_MAX_MS) {
        call_refuse(call, "'advanceMilliseconds' is missing, or more than ten years");
        return;
    }
    if (!service->shift) {
        call_refuse(call, "iot-local runs by the machine's clock: start it with --virtual-clock");
        return;
    }
    if (!service->set_shift(service->daemon, service->shift->by_ms + by_ms)) {
        call_fail_internal(call, "the clock cannot be kept in the data directory");
        return;
    }
    api_local_clock(call);
}

void api_local_status(struct call *call)
{
    const struct http_service *service = call->service;
    struct census census;
    if (!call_ok(call, core_census(service->core, &census, &call->error))) {
        return;
    }
    json_t *out = json_object();
    render_put_text(out, "version", DEVICE_JOBS_VERSION);
    render_put_text(out, "region", core_region(service->core));
    render_put_text(out, "account", core_account(service->core));
    render_put_text(out, "endpoint", service->endpoint);
    render_put_text(out, "listen", service->listen);
    json_object_set_new(out, "http_port", json_integer(service->http_port));
    json_object_set_new(out, "mqtt_port", json_integer(service->mqtt_port));
    json_object_set_new(out, "https_port", json_integer(service->https_port));
    render_put_text(out, "data", service->data_dir);
    render_put_text(out, "credentials", service->credentials_file);
    json_object_set_new(out, "things", json_integer(census.things));
    json_object_set_new(out, "jobs", json_integer(census.jobs));
    render_put_text(out, "root_ca", pki_ca_pem(service->pki));
    answer_json(&call->answer, out);
}
