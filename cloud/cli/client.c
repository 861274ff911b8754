/* SPDX-License-Identifier: MIT */
#include "cloud/cli/client.h"

#include "cloud/base/address.h"
#include "cloud/base/memory.h"
#include "cloud/base/partition.h"
#include "cloud/base/text.h"
#include "cloud/cli/cli_data_dir.h"
#include "cloud/cli/print.h"

#include <curl/curl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define CONNECT_TIMEOUT_MS 5000L
#define REQUEST_TIMEOUT_MS 60000L
#define ANSWER_MAX         (64UL * 1024 * 1024)

struct client {
    CURL *curl;
    char *data;
    char *socket_path;
    long patience_ms;
};

struct buffer {
    char *bytes;
    size_t len;
};

struct client *client_open(const char *data)
{
    struct client *client = memory_zeroed(sizeof *client);
    client->data = cli_data_dir(data);
    client->patience_ms = REQUEST_TIMEOUT_MS;
    if (!client->data) {
        fputs("iot-local: no home directory: say where the data is with --data DIR\n", stderr);
        client_close(client);
        return NULL;
    }
    client->socket_path = text_format("%s/control.sock", client->data);
    if (strlen(client->socket_path) >= sizeof((struct sockaddr_un *)0)->sun_path) {
        fprintf(stderr, "iot-local: %s is too long a path for a socket: choose a shorter --data\n",
                client->socket_path);
        client_close(client);
        return NULL;
    }
    client->curl = curl_easy_init();
    if (!client->curl) {
        fputs("iot-local: libcurl does not start\n", stderr);
        client_close(client);
        return NULL;
    }
    return client;
}

void client_close(struct client *client)
{
    if (client) {
        curl_easy_cleanup(client->curl);
        free(client->data);
        free(client->socket_path);
        free(client);
    }
}

void client_set_patience(struct client *client, long ms)
{
    client->patience_ms = ms;
}

static void append(struct buffer *buffer, const char *bytes, size_t len)
{
    buffer->bytes = memory_resize(buffer->bytes, buffer->len + len + 1);
    memcpy(buffer->bytes + buffer->len, bytes, len);
    buffer->len += len;
    buffer->bytes[buffer->len] = '\0';
}

static void append_encoded(struct buffer *path, const char *text, bool keeps_slashes)
{
    static const char digits[] = "0123456789ABCDEF";
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                        strchr("-._~", c) || (keeps_slashes && c == '/');
        char encoded[3] = {'%', digits[c >> 4], digits[c & 15]};
        append(path, is_plain ? text : encoded, is_plain ? 1 : sizeof encoded);
    }
}

char *client_path(const char *format, ...)
{
    struct buffer path = {0};
    va_list args;
    va_start(args, format);
    append(&path, "", 0);
    for (const char *at = format; *at; at++) {
        if (*at == '%') {
            at++;
            append_encoded(&path, va_arg(args, const char *), *at == 'p');
        } else {
            append(&path, at, 1);
        }
    }
    va_end(args);
    return path.bytes;
}

static size_t take_answer(char *bytes, size_t size, size_t count, void *ctx)
{
    struct buffer *answer = ctx;
    size_t len = size * count;
    if (len > ANSWER_MAX - answer->len) {
        return 0;
    }
    append(answer, bytes, len);
    return len;
}

static struct curl_slist *make_headers(const struct client_request *request)
{
    struct curl_slist *headers =
        curl_slist_append(NULL, request->json ? "Content-Type: application/json" : "Content-Type:");
    return request->header ? curl_slist_append(headers, request->header) : headers;
}

/* The HTTP status, or 0 and a message. */
static long perform(struct client *client, const struct client_request *request, struct buffer *answer)
{
    CURL *curl = client->curl;
    char *body = request->json ? json_dumps(request->json, JSON_COMPACT) : NULL;
    char *url = text_format("http://localhost%s", request->path);
    struct curl_slist *headers = make_headers(request);
    size_t len = body ? strlen(body) : request->bytes_len;
    long status = 0;
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, client->socket_path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, client->patience_ms);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    if (strcmp(request->method, "GET") != 0) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body ? body : request->bytes ? request->bytes : "");
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    }
    CURLcode code = curl_easy_perform(curl);
    if (code == CURLE_COULDNT_CONNECT) {
        char *word = text_shell_quote(client->data);
        fprintf(stderr, "iot-local: no iot-local runs on %s: start one with 'iot-local up --data %s'\n",
                client->data, word);
        free(word);
    } else if (code != CURLE_OK) {
        fprintf(stderr, "iot-local: the daemon on %s does not answer: %s\n", client->data,
                curl_easy_strerror(code));
    } else {
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    }
    curl_slist_free_all(headers);
    free(url);
    free(body);
    return status;
}

/* The text between two tags, its entities resolved. The caller frees. */
static char *text_from_xml(const char *start, const char *end)
{
    static const char *const entities[][2] = {{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}};
    char *text = text_copy_n(start, (size_t)(end - start));
    char *to = text;
    for (const char *at = text; *at;) {
        size_t i = 0;
        while (i < 3 && strncmp(at, entities[i][0], strlen(entities[i][0])) != 0) {
            i++;
        }
        *to++ = i < 3 ? entities[i][1][0] : *at;
        at += i < 3 ? strlen(entities[i][0]) : 1;
    }
    *to = '\0';
    return text;
}

/* The message of an error answer: JSON of the AWS APIs, or XML of S3. */
static void say_error(const char *body, const json_t *answer)
{
    const char *message = json_string_value(json_object_get(answer, "message"));
    const char *start = body ? strstr(body, "<Message>") : NULL;
    const char *end = start ? strstr(start, "</Message>") : NULL;
    char *from_xml = end ? text_from_xml(start + strlen("<Message>"), end) : NULL;
    if (!message) {
        message = from_xml ? from_xml : "the daemon refused, without saying why";
    }
    fputs("iot-local: ", stderr);
    print_clean(stderr, message);
    fputc('\n', stderr);
    free(from_xml);
}

bool client_send(struct client *client, struct client_request request, long *status, json_t **answer)
{
    struct buffer body = {0};
    long code = perform(client, &request, &body);
    json_t *json = body.bytes ? json_loads(body.bytes, JSON_DECODE_ANY, NULL) : NULL;
    bool is_good = code / 100 == 2 || (code != 0 && code == request.tolerated);
    if (!is_good && code != 0) {
        say_error(body.bytes, json);
    }
    free(request.path);
    json_decref(request.json);
    free(body.bytes);
    if (status) {
        *status = code;
    }
    if (answer && is_good) {
        *answer = json;
    } else {
        json_decref(json);
    }
    return is_good;
}

bool client_get(struct client *client, char *path, json_t **answer)
{
    return client_send(client, (struct client_request){.method = "GET", .path = path}, NULL, answer);
}

bool client_each(struct client *client, const char *path, const char *list, client_entry_fn fn, void *ctx)
{
    char *token = NULL;
    bool is_good;
    do {
        json_t *answer = NULL;
        is_good = client_get(
            client,
            text_format("%s?maxResults=250%s%s", path, token ? "&nextToken=" : "", token ? token : ""),
            &answer);
        const json_t *entries = json_object_get(answer, list);
        for (size_t i = 0; is_good && i < json_array_size(entries); i++) {
            is_good = fn(ctx, json_array_get(entries, i));
        }
        free(token);
        token = text_copy(json_string_value(json_object_get(answer, "nextToken")));
        json_decref(answer);
    } while (is_good && token);
    free(token);
    return is_good;
}

bool client_status(struct client *client, json_t **answer)
{
    return client_get(client, text_copy("/iot-local/status"), answer);
}

const char *client_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

char *client_thing_arn(const json_t *status, const char *thing)
{
    const char *region = client_text(status, "region");
    return text_format("arn:%s:iot:%s:%s:thing/%s", partition_of_region(region), region,
                       client_text(status, "account"), thing);
}

char *client_http_base(const json_t *status)
{
    const char *listen = json_string_value(json_object_get(status, "listen"));
    long long port = json_integer_value(json_object_get(status, "http_port"));
    if (!listen || address_is_any(listen)) {
        listen = "127.0.0.1"; /* every address, so this one, too */
    }
    return text_format(strchr(listen, ':') ? "http://[%s]:%lld" : "http://%s:%lld", listen, port);
}
