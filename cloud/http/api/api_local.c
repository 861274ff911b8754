/* SPDX-License-Identifier: MIT */
/* What the command line has to know about the daemon that it talks to. */
#include "cloud/core/census.h"
#include "cloud/http/operations.h"
#include "cloud/http/render.h"

#ifndef DEVICE_JOBS_VERSION
#error "the build names the version (cloud/http/CMakeLists.txt)"
#endif

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
    render_put_text(out, "data", service->data_dir);
    render_put_text(out, "credentials", service->credentials_file);
    json_object_set_new(out, "things", json_integer(census.things));
    json_object_set_new(out, "jobs", json_integer(census.jobs));
    render_put_text(out, "root_ca", pki_ca_pem(service->pki));
    answer_json(&call->answer, out);
}
