/* SPDX-License-Identifier: MIT */
#include "cloud/broker/mosquitto_conf.h"

#include "common/slice.h"

#include <stdio.h>
#include <string.h>

/* Sizes: 128 KB of payload and its headers are a packet (the plugin checks the payload itself); the queue must take a
 * burst of requests from many devices while the daemon commits. Times: AWS's. Logs: all that may say why a connection ends;
 * the daemon drops the rest (mosquitto_words.c). No max_qos 1: mosquitto would lower the QoS of a SUBSCRIBE before the
 * plugin sees it, and AWS refuses QoS 2 there. */
static const char global_part[] = "# Written by iot-local at every start; changes are lost.\n"
                                  "per_listener_settings false\n"
                                  "allow_anonymous false\n"
                                  "set_tcp_nodelay true\n"
                                  "max_packet_size 135000\n"
                                  "max_inflight_messages 100\n"
                                  "max_queued_messages 100000\n"
                                  "max_queued_bytes 67108864\n"
                                  "max_keepalive 1200\n"
                                  "persistent_client_expiration 1h\n"
                                  "persistence true\n"
                                  "persistence_location ./\n"
                                  "persistence_file mosquitto.db\n"
                                  "check_retain_source false\n"
                                  "sys_interval 0\n"
                                  "connection_messages true\n"
                                  "log_timestamp false\n"
                                  "log_dest stderr\n"
                                  "log_type error\n"
                                  "log_type warning\n"
                                  "log_type notice\n"
                                  "log_type information\n";

static bool fits_on_line(const char *value)
{
    return value[0] != '\0' && strpbrk(value, "\r\n") == NULL;
}

/* mosquitto cuts the listener's line at blanks. */
static bool is_word(const char *value)
{
    return fits_on_line(value) && strpbrk(value, " \t") == NULL;
}

enum err mosquitto_conf_write(const struct mosquitto_conf *conf, char *out, size_t cap)
{
    if (!fits_on_line(conf->plugin) || !is_word(conf->database) || !is_word(conf->region) ||
        !is_word(conf->account) || !is_word(conf->secret) || !is_word(conf->listen) || conf->port == 0) {
        return ERR_ARG;
    }
    int len =
        snprintf(out, cap,
                 "%s%s"
                 "autosave_interval %d\n"
                 "plugin %s\n"
                 "plugin_opt_database %s\n" MOSQUITTO_CONF_REGION " %s\n" MOSQUITTO_CONF_ACCOUNT " %s\n"
                 "plugin_opt_secret %s\n"
                 "\n"
                 "listener %u %s\n"
                 "max_topic_alias 8\n"
                 "cafile ca.pem\n"
                 "capath trusted\n"
                 "certfile server.pem\n"
                 "keyfile server.key\n"
                 "require_certificate true\n"
                 "tls_version tlsv1.2\n"
                 "\n"
                 "listener 0 " MOSQUITTO_CONF_SOCKET "\n",
                 global_part, conf->is_root ? "user root\n" : "", MOSQUITTO_CONF_AUTOSAVE_S, conf->plugin,
                 conf->database, conf->region, conf->account, conf->secret, conf->port, conf->listen);
    return len > 0 && (size_t)len < cap ? ERR_OK : ERR_TOO_LONG;
}

bool mosquitto_conf_read(const char *text, const char *name, char *out, size_t cap)
{
    struct slice rest = slice_from(text);
    while (rest.ptr != NULL) {
        struct slice value = slice_cut(&rest, '\n');
        struct slice head = slice_cut(&value, ' ');
        if (slice_is(head, name)) {
            return value.len > 0 && slice_copy(value, out, cap) == ERR_OK;
        }
    }
    return false;
}
