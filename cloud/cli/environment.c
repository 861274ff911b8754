/* SPDX-License-Identifier: MIT */
#include "cloud/cli/environment.h"

#include "cloud/base/text.h"
#include "cloud/cli/client.h"

#include <assert.h>
#include <stdlib.h>

/* Takes over the value. */
static void put(struct environment *environment, const char *name, char *value)
{
    assert(environment->count < ENVIRONMENT_MAX);
    environment->variables[environment->count].name = name;
    environment->variables[environment->count].value = value;
    environment->count++;
}

/* A profile or a session of the real AWS would be taken before, or beside, what we set. */
static void put_keys(struct environment *environment, const char *file)
{
    put(environment, "AWS_PROFILE", NULL);
    put(environment, "AWS_SESSION_TOKEN", NULL);
    if (*file) {
        put(environment, "AWS_ACCESS_KEY_ID", NULL);
        put(environment, "AWS_SECRET_ACCESS_KEY", NULL);
        put(environment, "AWS_SHARED_CREDENTIALS_FILE", text_copy(file));
    } else {
        put(environment, "AWS_ACCESS_KEY_ID", text_copy("test"));
        put(environment, "AWS_SECRET_ACCESS_KEY", text_copy("test"));
    }
}

void environment_make(struct environment *environment, const json_t *status)
{
    const char *data = client_text(status, "data");
    const char *region = client_text(status, "region");
    long long port = json_integer_value(json_object_get(status, "mqtt_port"));
    *environment = (struct environment){.count = 0};
    put(environment, "AWS_ENDPOINT_URL", client_http_base(status));
    put(environment, "AWS_DEFAULT_REGION", text_copy(region));
    put(environment, "AWS_REGION", text_copy(region));
    put_keys(environment, client_text(status, "credentials"));
    put(environment, "IOT_LOCAL_DATA", text_copy(data));
    put(environment, "IOT_LOCAL_ENDPOINT", text_copy(client_text(status, "endpoint")));
    put(environment, "IOT_LOCAL_ENDPOINT_PORT", text_format("%lld", port));
    put(environment, "IOT_LOCAL_CA_FILE", text_format("%s/ca.pem", data));
}

void environment_free(struct environment *environment)
{
    for (size_t i = 0; i < environment->count; i++) {
        free(environment->variables[i].value);
    }
    environment->count = 0;
}

void environment_apply(const struct environment *environment)
{
    for (size_t i = 0; i < environment->count; i++) {
        if (environment->variables[i].value) {
            setenv(environment->variables[i].name, environment->variables[i].value, 1);
        } else {
            unsetenv(environment->variables[i].name);
        }
    }
}
