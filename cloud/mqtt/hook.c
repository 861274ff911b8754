/* SPDX-License-Identifier: MIT */
#include "cloud/mqtt/hook.h"

#include "cloud/base/memory.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define AT_ONCE        32 /* further ones wait, and have all their time from when it is their turn */
#define EVENTS_AT_ONCE 16

struct question {
    struct question *next;
    CURL *easy; /* NULL: it waits for its turn */
    struct curl_slist *headers;
    char *url, *request;
    char *body;
    size_t len;
    hook_fn fn;
    void *ctx;
};

struct hook_caller {
    const struct clock *clock;
    CURLM *multi;
    int epoll;
    int64_t due_ms;                /* libcurl wants to be called then; INT64_MAX: never */
    struct question *asked;        /* by libcurl, in no order */
    struct question *first, **end; /* of those who wait */
    size_t count;                  /* of those who are asked */
};

/* --- Callbacks of libcurl --- */

static size_t take_body(char *bytes, size_t size, size_t count, void *ctx)
{
    struct question *question = ctx;
    size_t len = size * count;
    if (len > HOOK_ANSWER_MAX - question->len) {
        return 0; /* libcurl gives up */
    }
    question->body = memory_resize(question->body, question->len + len + 1);
    memcpy(question->body + question->len, bytes, len);
    question->len += len;
    return len;
}

static bool is_loopback(const struct curl_sockaddr *address)
{
    const struct sockaddr *generic = &address->addr;
    if (address->family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)generic;
        return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    }
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)generic;
    return address->family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)ctx, (void)purpose;
    if (!is_loopback(address)) {
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static int on_socket(CURL *easy, curl_socket_t descriptor, int what, void *ctx, void *socket_ctx)
{
    (void)easy, (void)socket_ctx;
    const struct hook_caller *caller = ctx;
    struct epoll_event event = {.data.fd = descriptor};
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(caller->epoll, EPOLL_CTL_DEL, descriptor, NULL);
    } else if (epoll_ctl(caller->epoll, EPOLL_CTL_MOD, descriptor, &event) != 0) {
        return epoll_ctl(caller->epoll, EPOLL_CTL_ADD, descriptor, &event);
    }
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *ctx)
{
    (void)multi;
    struct hook_caller *caller = ctx;
    caller->due_ms = timeout_ms < 0 ? INT64_MAX : clock_monotonic_ms(caller->clock) + timeout_ms;
    return 0;
}

/* --- Open and close --- */

struct hook_caller *hook_caller_open(const struct clock *clock)
{
    struct hook_caller *caller = memory_zeroed(sizeof *caller);
    caller->clock = clock;
    caller->due_ms = INT64_MAX;
    caller->end = &caller->first;
    caller->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (caller->epoll >= 0 && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {
        caller->multi = curl_multi_init();
    }
    if (!caller->multi) {
        hook_caller_close(caller);
        return NULL;
    }
    curl_multi_setopt(caller->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(caller->multi, CURLMOPT_SOCKETDATA, caller);
    curl_multi_setopt(caller->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(caller->multi, CURLMOPT_TIMERDATA, caller);
    return caller;
}

static void tell(struct hook_caller *caller, struct question *question, const struct hook_answer *answer)
{
    if (question->easy) {
        curl_multi_remove_handle(caller->multi, question->easy);
        curl_easy_cleanup(question->easy);
        curl_slist_free_all(question->headers);
    }
    question->fn(question->ctx, answer);
    free(question->url);
    free(question->request);
    free(question->body);
    free(question);
}

static void tell_all(struct hook_caller *caller, struct question *questions)
{
    static const struct hook_answer none = {.why = "the service is being stopped"};
    while (questions) {
        struct question *next = questions->next;
        tell(caller, questions, &none);
        questions = next;
    }
}

void hook_caller_close(struct hook_caller *caller)
{
    if (!caller) {
        return;
    }
    tell_all(caller, caller->asked);
    tell_all(caller, caller->first);
    if (caller->multi) {
        curl_multi_cleanup(caller->multi);
    }
    if (caller->epoll >= 0) {
        close(caller->epoll);
    }
    free(caller);
}

/* --- Asking --- */

void hook_ask(struct hook_caller *caller, const char *url, const char *request, hook_fn fn, void *ctx)
{
    struct question *question = memory_zeroed(sizeof *question);
    question->url = memory_copy(url, strlen(url));
    question->request = memory_copy(request, strlen(request));
    question->fn = fn;
    question->ctx = ctx;
    *caller->end = question;
    caller->end = &question->next;
}

static bool begin(struct hook_caller *caller, struct question *question)
{
    CURL *easy = curl_easy_init();
    if (!easy) {
        memory_out();
    }
    question->easy = easy;
    question->headers = curl_slist_append(NULL, "Content-Type: application/json");
    curl_easy_setopt(easy, CURLOPT_PRIVATE, question);
    curl_easy_setopt(easy, CURLOPT_URL, question->url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, question->headers);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, question->request);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, question);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)HOOK_PATIENCE_MS);
    return curl_multi_add_handle(caller->multi, easy) == CURLM_OK;
}

static void begin_next(struct hook_caller *caller)
{
    while (caller->first && caller->count < AT_ONCE) {
        struct question *question = caller->first;
        caller->first = question->next;
        if (!caller->first) {
            caller->end = &caller->first;
        }
        question->next = caller->asked;
        caller->asked = question;
        caller->count++;
        if (!begin(caller, question)) {
            memory_out();
        }
    }
}

static void forget(struct hook_caller *caller, const struct question *question)
{
    struct question **link = &caller->asked;
    while (*link != question) {
        link = &(*link)->next;
    }
    *link = question->next;
    caller->count--;
}

static void finish(struct hook_caller *caller, CURL *easy, CURLcode code)
{
    char text[160];
    struct question *question;
    struct hook_answer answer = {0};
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&question);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer.status);
    answer.body = question->body ? question->body : "";
    answer.len = question->len;
    if (code == CURLE_OPERATION_TIMEDOUT) {
        snprintf(text, sizeof text, "no answer within %d s", HOOK_PATIENCE_MS / 1000);
        answer.why = text;
    } else if (code == CURLE_WRITE_ERROR) {
        snprintf(text, sizeof text, "its answer has more than %d bytes", HOOK_ANSWER_MAX);
        answer.why = text;
    } else if (code != CURLE_OK) {
        answer.why = curl_easy_strerror(code);
    }
    forget(caller, question);
    tell(caller, question, &answer);
}

int hook_descriptor(const struct hook_caller *caller)
{
    return caller->epoll;
}

int hook_timeout_ms(const struct hook_caller *caller)
{
    if (caller->first && caller->count < AT_ONCE) { /* somebody can be asked */
        return 0;
    }
    if (caller->due_ms == INT64_MAX) {
        return -1;
    }
    int64_t left_ms = caller->due_ms - clock_monotonic_ms(caller->clock);
    return left_ms < 0 ? 0 : left_ms > HOOK_PATIENCE_MS ? HOOK_PATIENCE_MS : (int)left_ms;
}

static void run_sockets(struct hook_caller *caller)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int running;
    int count = epoll_wait(caller->epoll, events, EVENTS_AT_ONCE, 0);
    for (int i = 0; i < count; i++) {
        int what = (events[i].events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
                   (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                   (events[i].events & EPOLLERR ? CURL_CSELECT_ERR : 0);
        curl_multi_socket_action(caller->multi, events[i].data.fd, what, &running);
    }
}

static void run_timer(struct hook_caller *caller)
{
    int running;
    if (caller->due_ms <= clock_monotonic_ms(caller->clock)) {
        caller->due_ms = INT64_MAX; /* libcurl sets it again */
        curl_multi_socket_action(caller->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
}

void hook_run(struct hook_caller *caller)
{
    int left;
    begin_next(caller);
    run_sockets(caller);
    run_timer(caller);
    for (CURLMsg *message = curl_multi_info_read(caller->multi, &left); message;
         message = curl_multi_info_read(caller->multi, &left)) {
        if (message->msg == CURLMSG_DONE) {
            finish(caller, message->easy_handle, message->data.result);
        }
    }
}

/* --- What it has answered --- */

static bool refuse(char *why, size_t why_cap, const char *text)
{
    snprintf(why, why_cap, "%s", text);
    return false;
}

static bool is_true(const json_t *value)
{
    return json_is_true(value) ||
           (json_is_string(value) && strcasecmp(json_string_value(value), "true") == 0);
}

static bool are_texts(json_t *object)
{
    const char *name;
    json_t *value;
    if (!json_is_object(object)) {
        return false;
    }
    json_object_foreach(object, name, value)
    {
        if (!json_is_string(value)) {
            return false;
        }
    }
    return true;
}

static bool read_allowance(const json_t *object, json_t **overrides, char *why, size_t why_cap)
{
    json_t *texts = json_object_get(object, "parameterOverrides");
    if (!is_true(json_object_get(object, "allowProvisioning"))) {
        return refuse(why, why_cap, "its answer does not say \"allowProvisioning\": true");
    }
    if (texts && !json_is_null(texts) && !are_texts(texts)) {
        return refuse(why, why_cap, "parameterOverrides in its answer is no object of strings");
    }
    *overrides = json_is_object(texts) ? json_incref(texts) : NULL;
    return true;
}

bool hook_allows(const struct hook_answer *answer, json_t **overrides, char *why, size_t why_cap)
{
    json_error_t ignored;
    if (answer->why) {
        return refuse(why, why_cap, answer->why);
    }
    if (answer->status != 200) {
        snprintf(why, why_cap, "it answered with HTTP status %ld", answer->status);
        return false;
    }
    json_t *object = json_loadb(answer->body, answer->len, JSON_REJECT_DUPLICATES, &ignored);
    bool is_good = json_is_object(object) ? read_allowance(object, overrides, why, why_cap)
                                          : refuse(why, why_cap, "its answer is no JSON object");
    json_decref(object);
    return is_good;
}
