/* SPDX-License-Identifier: MIT */
#include "cloud/broker/presence.h"

#include "cloud/broker/disconnect_reason.h"
#include "common/json_write.h"

#include <stdio.h>
#include <string.h>

#define CLIENT_ID_MAX 128

static const struct {
    const char *family;
    const char *word; /* the topic's, and the eventType */
} kinds[PRESENCE_KIND_COUNT] = {
    [PRESENCE_CONNECTED] = {"presence", "connected"},
    [PRESENCE_DISCONNECTED] = {"presence", "disconnected"},
    [PRESENCE_CONNECT_FAILED] = {"presence", "connect_failed"},
    [PRESENCE_SUBSCRIBED] = {"subscriptions", "subscribed"},
    [PRESENCE_UNSUBSCRIBED] = {"subscriptions", "unsubscribed"},
};

static void put_text(struct json_writer *w, const char *key, const char *text)
{
    json_write_key(w, key);
    json_write_string(w, text);
}

static void put_filters(struct json_writer *w, const struct presence *presence)
{
    json_write_key(w, "topics");
    json_write_array(w);
    for (size_t i = 0; i < presence->filter_count; i++) {
        json_write_string(w, presence->filters[i]);
    }
    json_write_array_end(w);
}

static void put_version(struct json_writer *w, const struct presence *presence)
{
    json_write_key(w, "versionNumber");
    json_write_i64(w, presence->version);
}

/* What this kind has beside the members of all kinds, in the order of AWS's examples. */
static void put_rest(struct json_writer *w, const struct presence *presence)
{
    switch (presence->kind) {
    case PRESENCE_CONNECTED:
        put_text(w, "ipAddress", presence->address);
        put_version(w, presence);
        break;
    case PRESENCE_DISCONNECTED:
        json_write_key(w, "clientInitiatedDisconnect");
        json_write_bool(w, strcmp(presence->reason, DISCONNECT_CLIENT_INITIATED) == 0);
        put_text(w, "disconnectReason", presence->reason);
        put_version(w, presence);
        break;
    case PRESENCE_CONNECT_FAILED:
        put_text(w, "connectFailureReason", "AUTHORIZATION_FAILED");
        put_text(w, "ipAddress", presence->address);
        break;
    case PRESENCE_SUBSCRIBED:
    case PRESENCE_UNSUBSCRIBED:
        put_filters(w, presence);
        break;
    case PRESENCE_KIND_COUNT:
        break;
    }
}

bool presence_write(const struct presence *presence, char topic[PRESENCE_TOPIC_CAP],
                    char payload[PRESENCE_PAYLOAD_CAP], size_t *payload_len)
{
    struct json_writer w;
    size_t id_len = strlen(presence->client_id);
    if (id_len == 0 || id_len > CLIENT_ID_MAX || strpbrk(presence->client_id, "#+") != NULL) {
        return false;
    }
    snprintf(topic, PRESENCE_TOPIC_CAP, "$aws/events/%s/%s/%s", kinds[presence->kind].family,
             kinds[presence->kind].word, presence->client_id);
    json_write_begin(&w, payload, PRESENCE_PAYLOAD_CAP);
    json_write_object(&w);
    put_text(&w, "clientId", presence->client_id);
    json_write_key(&w, "timestamp");
    json_write_i64(&w, presence->at_ms);
    put_text(&w, "eventType", kinds[presence->kind].word);
    put_text(&w, "sessionIdentifier", presence->session);
    put_text(&w, "principalIdentifier", presence->principal);
    put_rest(&w, presence);
    json_write_object_end(&w);
    return json_write_finish(&w, payload_len) == ERR_OK;
}
