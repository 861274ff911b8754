/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "fakes/fake_idf.h"
#include "esp_idf_decls/sdkconfig.h"
#include "esp_idf_decls/types.h"

#include "esp_idf_decls/esp_secure_cert_read.h"
#include "esp_idf_decls/functions.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/time.h>
#include <time.h>

#define TICK_NS  (1000000000L / configTICK_RATE_HZ)
#define PINS     GPIO_NUM_MAX
#define RECORDS  16
#define HANDLERS 4

/* ---- log */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char log_text[20000];

void decls_log(const char *tag, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    pthread_mutex_lock(&lock);
    size_t len = strlen(log_text);
    if (len < sizeof(log_text) - 600) {
        len += (size_t)snprintf(log_text + len, 100, "%.90s: ", tag);
        len += (size_t)vsnprintf(log_text + len, 500, format, args);
        strcpy(log_text + len, "\n");
    }
    pthread_mutex_unlock(&lock);
    va_end(args);
}

unsigned idf_log_count(const char *text)
{
    unsigned count = 0;
    pthread_mutex_lock(&lock);
    for (const char *at = log_text; (at = strstr(at, text)); at++) {
        count++;
    }
    pthread_mutex_unlock(&lock);
    return count;
}

bool idf_log_has(const char *text)
{
    pthread_mutex_lock(&lock);
    bool result = strstr(log_text, text) != NULL;
    pthread_mutex_unlock(&lock);
    return result;
}

const char *esp_err_to_name(esp_err_t code)
{
    switch (code) {
    case ESP_ERR_NVS_NO_FREE_PAGES:
        return "ESP_ERR_NVS_NO_FREE_PAGES";
    case 0x3007:
        return "ESP_ERR_WIFI_CONN";
    case 0x300a:
        return "ESP_ERR_WIFI_SSID";
    default:
        return "ESP_FAIL";
    }
}

/* ---- FreeRTOS */

struct semaphore {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_there;
};
_Static_assert(sizeof(struct semaphore) <= sizeof(StaticSemaphore_t),
               "our declaration is too small for pthreads");

static SemaphoreHandle_t make_semaphore(StaticSemaphore_t *memory, bool is_there)
{
    struct semaphore *semaphore = (struct semaphore *)(void *)memory;
    pthread_mutex_init(&semaphore->mutex, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&semaphore->changed, &attributes);
    semaphore->is_there = is_there;
    return semaphore;
}

SemaphoreHandle_t xSemaphoreCreateMutexStatic(StaticSemaphore_t *memory)
{
    return make_semaphore(memory, true);
}

SemaphoreHandle_t xSemaphoreCreateBinaryStatic(StaticSemaphore_t *memory)
{
    return make_semaphore(memory, false);
}

/* FreeRTOS counts from the last tick: N ticks are over after a bit more than N - 1. */
static struct timespec end_of(TickType_t ticks)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t ns = (now.tv_nsec / TICK_NS) * TICK_NS + (int64_t)ticks * TICK_NS;
    return (struct timespec){now.tv_sec + ns / 1000000000, ns % 1000000000};
}

BaseType_t xSemaphoreTake(SemaphoreHandle_t handle, TickType_t ticks)
{
    struct semaphore *semaphore = handle;
    struct timespec end = end_of(ticks == portMAX_DELAY ? 0 : ticks);
    int result = 0;
    pthread_mutex_lock(&semaphore->mutex);
    while (!semaphore->is_there && result == 0) {
        result = ticks == portMAX_DELAY
                     ? pthread_cond_wait(&semaphore->changed, &semaphore->mutex)
                     : pthread_cond_timedwait(&semaphore->changed, &semaphore->mutex, &end);
    }
    bool was_there = semaphore->is_there;
    semaphore->is_there = false;
    pthread_mutex_unlock(&semaphore->mutex);
    return was_there ? pdTRUE : pdFALSE;
}

BaseType_t xSemaphoreGive(SemaphoreHandle_t handle)
{
    struct semaphore *semaphore = handle;
    pthread_mutex_lock(&semaphore->mutex);
    bool was_there = semaphore->is_there;
    semaphore->is_there = true;
    pthread_cond_signal(&semaphore->changed);
    pthread_mutex_unlock(&semaphore->mutex);
    return was_there ? pdFALSE : pdTRUE;
}

/* No context switch to ask for: the woken thread runs when it likes. */
BaseType_t xSemaphoreGiveFromISR(SemaphoreHandle_t handle, BaseType_t *has_woken)
{
    BaseType_t given = xSemaphoreGive(handle);
    *has_woken = given;
    return given;
}

struct start {
    TaskFunction_t function;
    void *param;
};

static void *run_task(void *ctx)
{
    struct start start = *(struct start *)ctx;
    free(ctx);
    start.function(start.param);
    abort(); /* a FreeRTOS task must not return */
}

static atomic_uint last_stack;

BaseType_t __real_xTaskCreatePinnedToCore(TaskFunction_t function, const char *name, uint32_t stack_bytes,
                                          void *param, UBaseType_t priority, TaskHandle_t *handle,
                                          BaseType_t core);
BaseType_t __wrap_xTaskCreatePinnedToCore(TaskFunction_t function, const char *name, uint32_t stack_bytes,
                                          void *param, UBaseType_t priority, TaskHandle_t *handle,
                                          BaseType_t core);

BaseType_t __real_xTaskCreatePinnedToCore(TaskFunction_t function, const char *name, uint32_t stack_bytes,
                                          void *param, UBaseType_t priority, TaskHandle_t *handle,
                                          BaseType_t core)
{
    (void)name, (void)priority, (void)handle, (void)core;
    atomic_store(&last_stack, stack_bytes);
    struct start *start = malloc(sizeof(*start));
    *start = (struct start){function, param};
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_task, start)) {
        free(start);
        return pdFALSE;
    }
    pthread_detach(thread);
    return pdPASS;
}

/* As in ESP-IDF, where it is an inline function, and with what the linker does there. */
BaseType_t xTaskCreate(TaskFunction_t code, const char *name, uint32_t stack, void *param,
                       UBaseType_t priority, TaskHandle_t *out)
{
    return __wrap_xTaskCreatePinnedToCore(code, name, stack, param, priority, out, 0x7fffffff);
}

uint32_t idf_last_stack(void)
{
    return atomic_load(&last_stack);
}

static void end_at_once(void *param)
{
    (void)param;
    vTaskDelete(NULL);
}

bool idf_create_task(uint32_t stack_bytes)
{
    return xTaskCreate(end_at_once, "app", stack_bytes, NULL, 4, NULL) == pdPASS;
}

void vTaskDelete(TaskHandle_t task)
{
    (void)task;
    pthread_exit(NULL);
}

void vTaskDelay(const TickType_t ticks)
{
    struct timespec end = end_of(ticks);
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL);
}

/* ---- time */

static _Atomic int64_t wall_s = 1800000000, clock_set_to, uptime_s = -1;

int64_t esp_timer_get_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t given_s = atomic_load(&uptime_s);
    return given_s >= 0 ? given_s * 1000000 : (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int __wrap_gettimeofday(struct timeval *now, void *zone);
int __wrap_settimeofday(const struct timeval *now, const void *zone);

int __wrap_gettimeofday(struct timeval *now, void *zone)
{
    (void)zone;
    *now = (struct timeval){.tv_sec = (time_t)atomic_load(&wall_s)};
    return 0;
}

int __wrap_settimeofday(const struct timeval *now, const void *zone)
{
    (void)zone;
    atomic_store(&wall_s, now->tv_sec);
    atomic_store(&clock_set_to, now->tv_sec);
    return 0;
}

void idf_set_wall_s(int64_t value)
{
    atomic_store(&wall_s, value);
    atomic_store(&clock_set_to, 0);
}

int64_t idf_clock_was_set_to(void)
{
    return atomic_load(&clock_set_to);
}

void idf_set_uptime_s(int64_t value)
{
    atomic_store(&uptime_s, value);
}

/* ---- NVS */

static struct {
    char key[16];
    char *value;
    size_t len;
} records[RECORDS];
static int nvs_init, nvs_opening, nvs_set, nvs_committing, nvs_get;
static unsigned commits;
static bool is_nvs_ready;

void idf_nvs_fail(int init, int open, int set, int commit, int get)
{
    nvs_init = init, nvs_opening = open, nvs_set = set, nvs_committing = commit, nvs_get = get;
}

unsigned idf_nvs_commits(void)
{
    return commits;
}

esp_err_t nvs_flash_init(void)
{
    is_nvs_ready = !nvs_init;
    return nvs_init;
}

esp_err_t nvs_open(const char *space, nvs_open_mode_t mode, nvs_handle_t *out)
{
    *out = 7;
    return strcmp(space, "device_jobs") == 0 && mode == NVS_READWRITE && is_nvs_ready ? nvs_opening
                                                                                      : ESP_FAIL;
}

static bool is_ds_open;

void nvs_close(nvs_handle_t handle)
{
    is_ds_open = is_ds_open && handle != 8;
}

static int find(const char *key)
{
    for (int i = 0; i < RECORDS; i++) {
        if (records[i].value && strcmp(records[i].key, key) == 0) {
            return i;
        }
    }
    return -1;
}

esp_err_t nvs_erase_key(nvs_handle_t handle, const char *key)
{
    int at = handle == 7 ? find(key) : -1;
    if (at < 0) {
        return ESP_ERR_NVS_NOT_FOUND;
    }
    free(records[at].value);
    records[at].value = NULL;
    return ESP_OK;
}

esp_err_t nvs_set_blob(nvs_handle_t handle, const char *key, const void *value, size_t len)
{
    if (nvs_set) {
        return nvs_set;
    }
    nvs_erase_key(handle, key);
    for (int i = 0; i < RECORDS; i++) {
        if (!records[i].value) {
            snprintf(records[i].key, sizeof(records[i].key), "%s", key);
            records[i].value = malloc(len + 1);
            records[i].len = len;
            memcpy(records[i].value, value, len);
            return ESP_OK;
        }
    }
    return ESP_FAIL;
}

/* Handle 8: values that somebody else has written. */

#define DS_HANDLE 8
static struct idf_ds ds;

void idf_set_ds(struct idf_ds values)
{
    ds = values;
}

esp_err_t nvs_flash_init_partition(const char *label)
{
    return ds.partition && strcmp(label, ds.partition) == 0 ? ESP_OK : ESP_FAIL;
}

esp_err_t nvs_open_from_partition(const char *partition, const char *space, nvs_open_mode_t mode,
                                  nvs_handle_t *out)
{
    is_ds_open = strcmp(partition, ds.partition) == 0 && strcmp(space, ds.space) == 0 && mode == NVS_READONLY;
    *out = DS_HANDLE;
    return is_ds_open ? ESP_OK : ESP_ERR_NVS_NOT_FOUND;
}

esp_err_t nvs_get_u8(nvs_handle_t handle, const char *key, uint8_t *out)
{
    if (handle != DS_HANDLE || !is_ds_open || strcmp(key, ds.names[0]) != 0 || ds.key_id < 0) {
        return ESP_ERR_NVS_NOT_FOUND;
    }
    *out = (uint8_t)ds.key_id;
    return ESP_OK;
}

esp_err_t nvs_get_u16(nvs_handle_t handle, const char *key, uint16_t *out)
{
    if (handle != DS_HANDLE || !is_ds_open || strcmp(key, ds.names[1]) != 0 || ds.rsa_bits < 0) {
        return ESP_ERR_NVS_NOT_FOUND;
    }
    *out = (uint16_t)ds.rsa_bits;
    return ESP_OK;
}

static esp_err_t get_ds_blob(const char *key, void *out, size_t *len)
{
    size_t size = !is_ds_open                     ? 0
                  : strcmp(key, ds.names[2]) == 0 ? ds.c_len
                  : strcmp(key, ds.names[3]) == 0 ? ds.iv_len
                                                  : 0;
    if (size == 0 || size > *len) {
        return size == 0 ? ESP_ERR_NVS_NOT_FOUND : ESP_FAIL;
    }
    memset(out, strcmp(key, ds.names[2]) == 0 ? 'c' : 'i', size);
    *len = size;
    return ESP_OK;
}

esp_err_t nvs_get_blob(nvs_handle_t handle, const char *key, void *out, size_t *len)
{
    if (handle == DS_HANDLE) {
        return get_ds_blob(key, out, len);
    }
    int at = handle == 7 ? find(key) : -1;
    if (nvs_get || at < 0) {
        return nvs_get ? nvs_get : ESP_ERR_NVS_NOT_FOUND;
    }
    if (out && *len < records[at].len) {
        return ESP_FAIL;
    }
    if (out) {
        memcpy(out, records[at].value, records[at].len);
    }
    *len = records[at].len;
    return ESP_OK;
}

esp_err_t nvs_commit(nvs_handle_t handle)
{
    commits++;
    return handle == 7 ? nvs_committing : ESP_FAIL;
}

static uint16_t secure_cert_bits;
static int secure_cert_contexts;

void idf_set_secure_cert(uint16_t rsa_bits)
{
    secure_cert_bits = rsa_bits;
}

int idf_secure_cert_contexts(void)
{
    return secure_cert_contexts;
}

esp_ds_data_ctx_t *esp_secure_cert_get_ds_ctx(void)
{
    esp_ds_data_ctx_t *context = secure_cert_bits ? calloc(1, sizeof(*context)) : NULL;
    if (context) {
        context->rsa_length_bits = secure_cert_bits;
        secure_cert_contexts++;
    }
    return context;
}

void esp_secure_cert_free_ds_ctx(esp_ds_data_ctx_t *context)
{
    secure_cert_contexts--;
    free(context);
}

/* ---- the chip */

static atomic_uint restarts;
static shutdown_handler_t handlers[HANDLERS];

uint32_t esp_random(void)
{
    uint32_t bits = 0;
    return getrandom(&bits, sizeof(bits), 0) == (ssize_t)sizeof(bits) ? bits : 0;
}

esp_err_t esp_efuse_mac_get_default(uint8_t *mac)
{
    memcpy(mac, "\x24\x0a\xc4\x00\x01\x10", 6);
    return ESP_OK;
}

esp_err_t esp_register_shutdown_handler(shutdown_handler_t handler)
{
    for (int i = 0; i < HANDLERS; i++) {
        if (!handlers[i] || handlers[i] == handler) {
            bool is_new = !handlers[i];
            handlers[i] = handler;
            return is_new ? ESP_OK : ESP_ERR_INVALID_STATE;
        }
    }
    return ESP_FAIL;
}

void idf_call_shutdown_handlers(void)
{
    for (int i = 0; i < HANDLERS && handlers[i]; i++) {
        handlers[i]();
    }
}

static esp_reset_reason_t reset_reason;

void idf_set_reset_reason(int reason)
{
    reset_reason = (esp_reset_reason_t)reason;
}

esp_reset_reason_t esp_reset_reason(void)
{
    return reset_reason;
}

void esp_restart(void)
{
    atomic_fetch_add(&restarts, 1);
    idf_call_shutdown_handlers();
    pthread_exit(NULL);
}

unsigned idf_restarts(void)
{
    return atomic_load(&restarts);
}

esp_err_t esp_vfs_eventfd_register(const esp_vfs_eventfd_config_t *config)
{
    (void)config;
    return ESP_OK;
}

void idf_reset(void)
{
    pthread_mutex_lock(&lock);
    log_text[0] = '\0';
    pthread_mutex_unlock(&lock);
    idf_nvs_fail(0, 0, 0, 0, 0);
    idf_set_wall_s(1800000000);
    idf_set_uptime_s(-1);
}
