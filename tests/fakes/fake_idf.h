/* SPDX-License-Identifier: MIT */
/* ESP-IDF played on a host, as far as the local half of the port goes: FreeRTOS over pthreads with ticks of 10 ms, NVS in memory
 * that can fail, pins in an array, a log that can be read. */
#ifndef TESTS_FAKES_FAKE_IDF_H
#define TESTS_FAKES_FAKE_IDF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Forgets the log, heals NVS, keeps its records. */
void idf_reset(void);

bool idf_log_has(const char *text);
unsigned idf_log_count(const char *text);

/* From now on nvs_flash_init, nvs_open, nvs_set_blob, nvs_commit, nvs_get_blob answer this; 0: they are good again. */
void idf_nvs_fail(int init, int open, int set, int commit, int get);
unsigned idf_nvs_commits(void);

/* What a tool has written for the Digital Signature peripheral, into NVS. */
struct idf_ds {
    const char *partition, *space;
    const char *names[4];
    int key_id, rsa_bits; /* negative: is not there */
    size_t c_len, iv_len; /* 0: is not there */
};
void idf_set_ds(struct idf_ds ds);
/* The same in the partition that esp_secure_cert_mgr reads; 0: nothing. How many contexts it has given that did not come back. */
void idf_set_secure_cert(uint16_t rsa_bits);
int idf_secure_cert_contexts(void);

/* The stack that the task was given which was made last. */
uint32_t idf_last_stack(void);
/* As an application does it. */
bool idf_create_task(uint32_t stack_bytes);

/* The time of day stands at this second; what settimeofday was given, 0: nothing. Seconds since the start. */
void idf_set_wall_s(int64_t wall_s);
int64_t idf_clock_was_set_to(void);
void idf_set_uptime_s(int64_t uptime_s);

unsigned idf_restarts(void);
void idf_set_reset_reason(int reason); /* of ESP-IDF's enum */
/* esp_restart() by the application: the registered handlers run. */
void idf_call_shutdown_handlers(void);

/* What gpio_config was given last for a pin; 0: nothing. */
int idf_pin_mode(uint8_t pin);
/* 1: up, 2: down. */
int idf_pin_pulls(uint8_t pin);
/* The interrupt for which the pin has an ISR; 0: none. */
int idf_pin_interrupt(uint8_t pin);
bool idf_pin_has_isr(uint8_t pin);
/* The outside drives an input; when that is an edge of its interrupt, the ISR runs, here and now. */
void idf_pin_drive(uint8_t pin, bool level);
/* What gpio_config, gpio_install_isr_service and gpio_isr_handler_add answer from now on. */
void idf_pin_fail(int config, int install, int add);
unsigned idf_yields_from_isr(void); /* how often an ISR has asked to go on with the task that it has woken */

#endif
