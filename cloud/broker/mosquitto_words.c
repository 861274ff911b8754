/* SPDX-License-Identifier: MIT */
/* Two tables, of mosquitto's lines and of OpenSSL's errors, and how a reason waits for the end line of its connection. */
#include "cloud/broker/mosquitto_words.h"

#include "cloud/broker/disconnect_reason.h"
#include "cloud/broker/end_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What becomes of a line. */
enum use {
    USE_DROP,   /* daily business; a reason that a line before gave still counts */
    USE_REASON, /* a connection ends for this reason, unless a line before gave a better one */
    USE_SAY,    /* our own words instead */
    USE_COMES,  /* a device has connected */
};

struct rule {
    const char *head; /* how the line begins */
    /* What stands somewhere behind the head; a part that ends with a full stop, at the end of the line. "": anything. */
    const char *part;
    enum use use;
    /* Our words. %s stands for what the line has behind the part (USE_REASON), or before the part (USE_SAY). */
    const char *text;
    const char *end; /* AWS's word for why the connection ends; NULL: the line does not say that one ends */
};

/* The first rule that fits counts. */
static const struct rule rules[] = {
    /* why mosquitto does not go on with a packet: each is followed by a line about the client */
    {"Invalid protocol version ", "", USE_REASON, "it asks for a version of MQTT that is neither 3.1.1 nor 5",
     DISCONNECT_CLIENT_ERROR},
    {"Invalid protocol \"", "", USE_REASON, "its first packet is no CONNECT of MQTT 3.1.1 or 5",
     DISCONNECT_CLIENT_ERROR},
    {"Invalid Will QoS", "", USE_REASON, "its last will has QoS 3", DISCONNECT_CLIENT_ERROR},
    {"Protocol error from ", "password without username", USE_REASON,
     "it sent a password without a user name", DISCONNECT_CLIENT_ERROR},
    {"Bad client ", "multiple CONNECT", USE_REASON, "it sent CONNECT twice", DISCONNECT_CLIENT_ERROR},
    {"Invalid QoS in PUBLISH", "", USE_REASON, "it sent a PUBLISH with QoS 3", DISCONNECT_CLIENT_ERROR},
    {"Invalid QoS in subscription", "", USE_REASON, "it sent a SUBSCRIBE with a QoS above 2",
     DISCONNECT_CLIENT_ERROR},
    {"Empty subscription string", "", USE_REASON, "it sent a SUBSCRIBE with an empty topic filter",
     DISCONNECT_CLIENT_ERROR},
    {"Invalid subscription string", "", USE_REASON,
     "it sent a SUBSCRIBE with a topic filter that MQTT does not allow (+ or # inside a level, or # not at "
     "the end)",
     DISCONNECT_CLIENT_ERROR},
    {"Empty unsubscription string", "", USE_REASON, "it sent an UNSUBSCRIBE with an empty topic filter",
     DISCONNECT_CLIENT_ERROR},
    {"Invalid unsubscription string", "", USE_REASON,
     "it sent an UNSUBSCRIBE with a topic filter that MQTT does not allow", DISCONNECT_CLIENT_ERROR},

    /* what ends a connection */
    {"Client <unknown>", " disconnected due to protocol error.", USE_REASON,
     "its first packet is no CONNECT that MQTT allows: no MQTT at all, wrong flags, text that is not UTF-8, "
     "or no client id for a session that is to stay",
     DISCONNECT_CLIENT_ERROR},
    {"Bad socket read/write on client <unknown>", ": Invalid function arguments", USE_REASON,
     "the topic of its last will has + or # in it", DISCONNECT_CLIENT_ERROR},
    {"Client ", " disconnected due to malformed packet.", USE_REASON,
     "it sent a packet that MQTT does not allow: text that is not UTF-8 or has control characters, an empty "
     "topic, a wrong length",
     DISCONNECT_CLIENT_ERROR},
    {"Client ", " disconnected due to protocol error.", USE_REASON,
     "it broke the rules of MQTT: a topic to publish on with + or #, an unknown kind of packet, wrong flags",
     DISCONNECT_CLIENT_ERROR},
    {"Client ", " disconnected due to oversize packet.", USE_REASON,
     "it sent a packet that is longer than 128 KB", DISCONNECT_CLIENT_ERROR},
    {"Client ", " disconnected due to oversize payload.", USE_REASON,
     "it sent a payload that is longer than 128 KB", DISCONNECT_CLIENT_ERROR},
    {"Client ", " disconnected due to QoS too high or retain not supported.", USE_REASON,
     "it asks for what iot-local does not have, for example an authentication method of MQTT 5",
     DISCONNECT_CLIENT_ERROR},
    {"Client ", " disconnected due to out of memory.", USE_REASON, "the broker is out of memory",
     DISCONNECT_SERVER_ERROR},
    {"Client ", " disconnected, not authorised.", USE_REASON, "it is not authorised", DISCONNECT_AUTH_ERROR},
    {"Client ", " has exceeded timeout, disconnecting.", USE_REASON,
     "nothing came from it for one and a half times its keep-alive", DISCONNECT_KEEP_ALIVE},
    {"Client ", " been disconnected by administrative action.", USE_REASON, "it lost its rights",
     DISCONNECT_FORBIDDEN},
    {"Client ", " already connected, closing old connection.", USE_DROP, NULL,
     DISCONNECT_DUPLICATE}, /* the plugin tells that */
    {"Client ", " closed its connection.", USE_DROP, NULL, DISCONNECT_CONNECTION_LOST},
    {"Client ", " disconnected.", USE_DROP, NULL, DISCONNECT_CLIENT_INITIATED},
    /* what a network says when a device is switched off; with TLS, mosquitto calls everything a protocol error */
    {"Client ", " disconnected: Protocol error.", USE_DROP, NULL, DISCONNECT_CONNECTION_LOST},
    {"Client ", " disconnected: Success.", USE_DROP, NULL, DISCONNECT_CONNECTION_LOST},
    {"Client ", " disconnected: Broken pipe.", USE_DROP, NULL, DISCONNECT_CONNECTION_LOST},
    {"Client ", " disconnected: Connection reset by peer.", USE_DROP, NULL, DISCONNECT_CONNECTION_LOST},
    {"Client ", " disconnected: Connection timed out.", USE_DROP, NULL, DISCONNECT_CONNECTION_LOST},
    {"Client ", " disconnected: No route to host.", USE_DROP, NULL, DISCONNECT_CONNECTION_LOST},
    {"Client ", " disconnected: ", USE_REASON, "the network failed: %s", DISCONNECT_CONNECTION_LOST},
    {"Bad socket read/write on client ", ": The connection was lost.", USE_DROP, NULL,
     DISCONNECT_CONNECTION_LOST},
    {"Bad socket read/write on client ", ": Unknown error", USE_REASON,
     "it sent what mosquitto does not take, for example a topic alias above 8", DISCONNECT_CLIENT_ERROR},
    {"Bad socket read/write on client ", ": ", USE_REASON, "mosquitto gave it up: %s",
     DISCONNECT_SERVER_ERROR},

    /* other things worth telling */
    {"Expiring client ", " due to timeout.", USE_SAY,
     "the session of client %s has ended: the device stayed away too long", NULL},
    {"Outgoing messages are being dropped for client ", ".", USE_SAY,
     "messages for client %s are lost: too many wait for it", NULL},

    /* daily business */
    {"New connection from ", "", USE_DROP, NULL, NULL},
    {"New client connected from ", " as ", USE_COMES, NULL, NULL},
    {"mosquitto version ", "", USE_DROP, NULL, NULL},
    {"Config loaded from ", "", USE_DROP, NULL, NULL},
    {"Loading plugin: ", "", USE_DROP, NULL, NULL},
    {"Warning: Unable to set TCP_NODELAY.", "", USE_DROP, NULL,
     NULL}, /* of the daemon's socket, which is none of TCP */
    {"Opening ", " listen socket on p", USE_DROP, NULL, NULL},
    {"Saving in-memory database to ", "", USE_DROP, NULL, NULL},
    {"Warning: Received ", "unknown packet identifier", USE_DROP, NULL, NULL},
    {"Reused message ID ", "", USE_DROP, NULL, NULL},
    {"Warning: Mosquitto should not be run as root", "", USE_DROP, NULL, NULL},
};

/* What OpenSSL's errors mean for somebody who looks at a device. Each stands somewhere in its line. */
static const struct {
    const char *part;
    const char *reason; /* NULL: a device that goes away without a word */
} tls_errors[] = {
    {"unexpected eof while reading", NULL},
    {"peer did not return a certificate", "it has no client certificate"},
    {"http request", "it speaks HTTP to the port of MQTT over TLS"},
    {"https proxy request", "it speaks HTTP to the port of MQTT over TLS"},
    {"wrong version number", "it does not speak TLS to the port of MQTT over TLS"},
    {"packet length too long", "it does not speak TLS to the port of MQTT over TLS"},
    {"bad record type", "it does not speak TLS to the port of MQTT over TLS"},
    {"unknown protocol", "it does not speak TLS 1.2 or newer"},
    {"unsupported protocol", "it does not speak TLS 1.2 or newer"},
    {"version too low", "it does not speak TLS 1.2 or newer"},
    {"no shared cipher", "it has no cipher of TLS that the broker has, too"},
    {"no suitable signature algorithm", "it has no signature algorithm of TLS that the broker has, too"},
    {"certificate verify failed",
     "its certificate is not from this iot-local's authority (ca.pem), or is out of date"},
    {"alert unknown ca",
     "it does not trust this iot-local's authority: its root certificate is not our ca.pem"},
    {"alert bad certificate", "it does not accept the broker's certificate: wrong name, time or authority"},
    {"alert certificate unknown",
     "it does not accept the broker's certificate: wrong name, time or authority"},
    {"alert certificate expired", "it does not accept the broker's certificate: its clock says another time"},
    {"alert unsupported certificate", "it does not accept the broker's kind of certificate"},
    {"alert protocol version", "it does not accept the broker's versions of TLS"},
    {"alert handshake failure", "it and the broker have no way of TLS in common"},
};

/* Behind `head`, or NULL when the line does not begin so. */
static const char *behind(const char *line, const char *head)
{
    size_t len = strlen(head);
    return strncmp(line, head, len) == 0 ? line + len : NULL;
}

/* The last place of `part`: what stands before it may be a stranger's client id. NULL: it is not there. */
static const char *find_part(const char *text, const char *part)
{
    size_t len = strlen(part);
    const char *last = NULL;
    if (len == 0) {
        return text + strlen(text);
    }
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part)) {
        last = at;
    }
    bool is_end = part[len - 1] == '.';
    return last != NULL && is_end && last[len] != '\0' ? NULL : last;
}

/* The second half of 'Invalid protocol "NAME" in CONNECT from ADDRESS.': the name is six raw bytes at most, with a line end
 * among them perhaps. */
static bool is_half_line(const char *line)
{
    const char *at = strstr(line, "\" in CONNECT from ");
    return line[0] == '\0' || (at != NULL && at - line <= 6);
}

/* A text of a rule, with `word` for its %s. */
static void fill(char *out, size_t cap, const char *text, const char *word, int word_len)
{
    const char *at = strstr(text, "%s");
    if (at == NULL) {
        snprintf(out, cap, "%s", text);
    } else {
        snprintf(out, cap, "%.*s%.*s%s", (int)(at - text), text, word_len, word, at + 2);
    }
}

static void keep_reason(struct mosquitto_words *words, const char *reason)
{
    if (words->reason[0] == '\0') {
        snprintf(words->reason, sizeof(words->reason), "%s", reason);
    }
}

/* The number behind `head`, with which *at must begin; *at moves behind it. */
static bool cut_number(const char **at, const char *head, long *number)
{
    char *end = NULL;
    const char *digits = behind(*at, head);
    if (digits != NULL) {
        *number = strtol(digits, &end, 10);
    }
    *at = end;
    return end != NULL && end != digits;
}

/* rest: "ADDRESS:PORT as CLIENT (p2, c1, k60, u'...')."; the daemon's own connection is no news. */
static enum words_worth say_comes(const char *rest, char *out, size_t cap)
{
    const char *address_end = strstr(rest, " as "); /* the first: a client id may have one, too */
    const char *client = address_end + sizeof(" as ") - 1;
    const char *tail = find_part(client, " (p");
    const char *port = memrchr(rest, ':', (size_t)(address_end - rest));
    const char *at = tail;
    long protocol = 0, is_clean = 0, keep_alive_s = 0;
    if (port == NULL || tail == NULL || behind(client, "$iot-local (") != NULL ||
        !cut_number(&at, " (p", &protocol) || !cut_number(&at, ", c", &is_clean) ||
        !cut_number(&at, ", k", &keep_alive_s)) {
        return WORDS_NOTHING;
    }
    snprintf(out, cap, "connected: client %.*s, address %.*s, MQTT %s, %s session, keep-alive %ld s",
             (int)(tail - client), client, (int)(port - rest), rest,
             protocol == 5   ? "5"
             : protocol == 2 ? "3.1.1"
                             : "3.1",
             is_clean ? "clean" : "persistent", keep_alive_s);
    return WORDS_DAILY;
}

/* rest: behind the head; part: its place in the rest. */
static enum words_worth apply(struct mosquitto_words *words, const struct rule *rule, const char *rest,
                              const char *part, char *out, size_t cap)
{
    const char *after = part + strlen(rule->part);
    char reason[sizeof(words->reason)];
    switch (rule->use) {
    case USE_REASON:
        fill(reason, sizeof(reason), rule->text, after, (int)strcspn(after, "."));
        keep_reason(words, reason);
        return WORDS_NOTHING;
    case USE_SAY:
        fill(out, cap, rule->text, rest, (int)(part - rest));
        return WORDS_WORTH_TELLING;
    case USE_COMES:
        return say_comes(rest, out, cap);
    case USE_DROP:
        break;
    }
    return WORDS_NOTHING;
}

static const char *tls_word(const char *line)
{
    const char *last = strrchr(line, ':');
    return last != NULL ? last + 1 : line;
}

/* NULL: a device that went away. *is_known: the table has it. */
static const char *tls_reason(const char *line, bool *is_known)
{
    for (size_t i = 0; i < sizeof(tls_errors) / sizeof(tls_errors[0]); i++) {
        if (strstr(line, tls_errors[i].part) != NULL) {
            *is_known = true;
            return tls_errors[i].reason;
        }
    }
    *is_known = false;
    return tls_word(line);
}

/* What a stranger can bring as often as it likes. `text` ends where more can be said. */
static enum words_worth say_limited(struct mosquitto_words *words, int64_t monotonic_ms, const char *text,
                                    char *out, size_t cap)
{
    unsigned left_out = 0;
    char more[60] = "";
    if (!log_rate_allows(&words->rate, monotonic_ms, &left_out)) {
        return WORDS_NOTHING;
    }
    if (left_out > 0) {
        snprintf(more, sizeof(more), " (and %u more closed in the second before)", left_out);
    }
    snprintf(out, cap, "%s%s", text, more);
    return WORDS_WORTH_TELLING;
}

static enum words_worth say_closed(struct mosquitto_words *words, int64_t monotonic_ms,
                                   const struct end_line *end, const char *reason, char *out, size_t cap)
{
    char text[sizeof(*end) + sizeof(words->reason) + 100];
    snprintf(text, sizeof(text), "closed a connection: client %s, address %s, certificate %.8s: %s",
             end->client_id[0] != '\0' ? end->client_id : "not known yet",
             end->address[0] != '\0' ? end->address : "unknown",
             end->certificate[0] != '\0' ? end->certificate : "none", reason);
    return say_limited(words, monotonic_ms, text, out, cap);
}

/* While it accepts a connection mosquitto knows the address, and no end line follows. */
static enum words_worth translate_accept(struct mosquitto_words *words, int64_t monotonic_ms,
                                         const char *line, const char *rest, char *out, size_t cap)
{
    bool is_known;
    struct end_line end = {0};
    const char *reason = tls_reason(line, &is_known);
    if (reason == NULL) {
        return WORDS_NOTHING;
    }
    if (!is_known) {
        return say_limited(words, monotonic_ms, line, out, cap);
    }
    snprintf(end.address, sizeof(end.address), "%.*s", (int)strcspn(rest, " "), rest);
    return say_closed(words, monotonic_ms, &end, reason, out, cap);
}

/* An error that nobody has described is told at once, and once more with the address when the connection ends. */
static enum words_worth translate_tls(struct mosquitto_words *words, int64_t monotonic_ms, const char *line,
                                      char *out, size_t cap)
{
    bool is_known;
    const char *reason = tls_reason(line, &is_known);
    if (reason != NULL) {
        keep_reason(words, reason);
    }
    return is_known ? WORDS_NOTHING : say_limited(words, monotonic_ms, line, out, cap);
}

static enum words_worth translate_end(struct mosquitto_words *words, int64_t monotonic_ms,
                                      const struct end_line *end, char *out, size_t cap)
{
    enum words_worth worth = WORDS_NOTHING;
    if (!end->is_told && words->reason[0] != '\0') {
        worth = say_closed(words, monotonic_ms, end, words->reason, out, cap);
    } else if (!end->is_told && end->certificate[0] != '\0') {
        snprintf(out, cap, "disconnected: client %s, address %s", end->client_id, end->address);
        worth = WORDS_DAILY;
    }
    words->reason[0] = '\0';
    return worth;
}

/* The rule for this line, with what stands behind its head and where its part is. NULL: no rule fits. */
static const struct rule *find_rule(const char *line, const char **rest, const char **part)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        *rest = behind(line, rules[i].head);
        *part = *rest != NULL ? find_part(*rest, rules[i].part) : NULL;
        if (*part != NULL) {
            return &rules[i];
        }
    }
    return NULL;
}

static enum words_worth translate_by_rule(struct mosquitto_words *words, const char *line, char *out,
                                          size_t cap)
{
    const char *rest, *part;
    const struct rule *rule = find_rule(line, &rest, &part);
    if (rule != NULL) {
        return apply(words, rule, rest, part, out, cap);
    }
    snprintf(out, cap, "%s", line);
    return WORDS_WORTH_TELLING;
}

enum words_worth mosquitto_words_translate(struct mosquitto_words *words, int64_t monotonic_ms,
                                           const char *line, char *out, size_t cap)
{
    struct end_line end;
    if (is_half_line(line)) {
        return WORDS_NOTHING; /* the first half has given the reason */
    }
    if (end_line_parse(line, &end)) {
        return translate_end(words, monotonic_ms, &end, out, cap);
    }
    const char *address = behind(line, "Client connection from ");
    if (address != NULL && strstr(address, " failed: error:") != NULL) {
        return translate_accept(words, monotonic_ms, line, address, out, cap);
    }
    if (behind(line, "OpenSSL Error[") != NULL) {
        return translate_tls(words, monotonic_ms, line, out, cap);
    }
    return translate_by_rule(words, line, out, cap);
}

const char *mosquitto_words_end(const char *line)
{
    const char *rest, *part;
    const struct rule *rule = find_rule(line, &rest, &part);
    return rule != NULL ? rule->end : NULL;
}
