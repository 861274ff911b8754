/* SPDX-License-Identifier: MIT */
/* The pins of fake_idf: an array, and ISRs that run on the test's own thread. */
#define _GNU_SOURCE
#include "esp_idf_decls/sdkconfig.h"
#include "esp_idf_decls/types.h"
#include "fakes/fake_idf.h"

#include "esp_idf_decls/functions.h"

#include <stdatomic.h>

#define PINS GPIO_NUM_MAX

static struct {
    gpio_config_t config;
    atomic_bool level; /* that is driven, by the chip or by the outside */
    gpio_int_type_t interrupt;
    gpio_isr_t isr;
    void *arg;
} pins[PINS];
static bool is_installed, is_in_isr;
static int config_code, install_code, add_code;
static unsigned yields;

int idf_pin_mode(uint8_t pin)
{
    return (int)pins[pin].config.mode;
}

int idf_pin_pulls(uint8_t pin)
{
    return (pins[pin].config.pull_up_en ? 1 : 0) | (pins[pin].config.pull_down_en ? 2 : 0);
}

int idf_pin_interrupt(uint8_t pin)
{
    return pins[pin].isr ? (int)pins[pin].interrupt : 0;
}

bool idf_pin_has_isr(uint8_t pin)
{
    return pins[pin].isr != NULL;
}

void idf_pin_drive(uint8_t pin, bool level)
{
    bool is_edge = atomic_exchange(&pins[pin].level, level) != level;
    gpio_int_type_t kind = level ? GPIO_INTR_POSEDGE : GPIO_INTR_NEGEDGE;
    if (is_edge && pins[pin].isr &&
        (pins[pin].interrupt == kind || pins[pin].interrupt == GPIO_INTR_ANYEDGE)) {
        is_in_isr = true;
        pins[pin].isr(pins[pin].arg);
        is_in_isr = false;
    }
}

void idf_pin_fail(int config, int install, int add)
{
    config_code = config;
    install_code = install;
    add_code = add;
}

unsigned idf_yields_from_isr(void)
{
    return yields;
}

void decls_yield_from_isr(BaseType_t has_woken)
{
    yields += is_in_isr && has_woken;
}

esp_err_t gpio_config(const gpio_config_t *config)
{
    if (config_code) {
        return config_code;
    }
    for (int i = 0; i < PINS; i++) {
        if (config->pin_bit_mask >> i & 1) {
            pins[i].config = *config;
            pins[i].interrupt = config->intr_type;
        }
    }
    return ESP_OK;
}

esp_err_t gpio_set_level(gpio_num_t pin, uint32_t level)
{
    atomic_store(&pins[pin].level, level != 0);
    return ESP_OK;
}

/* A pin that is no input reads low. */
int gpio_get_level(gpio_num_t pin)
{
    return (pins[pin].config.mode & GPIO_MODE_INPUT) && atomic_load(&pins[pin].level);
}

esp_err_t gpio_set_intr_type(gpio_num_t pin, gpio_int_type_t type)
{
    pins[pin].interrupt = type;
    return ESP_OK;
}

esp_err_t gpio_install_isr_service(int flags)
{
    (void)flags;
    if (install_code) {
        return install_code;
    }
    bool was_installed = is_installed;
    is_installed = true;
    return was_installed ? ESP_ERR_INVALID_STATE : ESP_OK;
}

esp_err_t gpio_isr_handler_add(gpio_num_t pin, gpio_isr_t handler, void *arg)
{
    if (!is_installed || add_code) {
        return add_code ? add_code : ESP_ERR_INVALID_STATE;
    }
    pins[pin].isr = handler;
    pins[pin].arg = arg;
    return ESP_OK;
}

esp_err_t gpio_isr_handler_remove(gpio_num_t pin)
{
    pins[pin].isr = NULL;
    return is_installed ? ESP_OK : ESP_ERR_INVALID_STATE;
}
