/* SPDX-License-Identifier: MIT */
/* A device that is a button and a lamp: pin 4 switches pin 2. It needs no cloud. */
#include "lib_gpio.h"
#include "lib_print.h"
#include "lib_system.h"

#define BUTTON 4
#define LAMP   2

void app_main(void);

static void on_button(const gpioEdge_st *ps_edge, void *pContext)
{
    (void)pContext;
    print_info("button %u, lost %u", ps_edge->level_u8, (unsigned)ps_edge->lost_u32);
    GPIO_pinWrite(LAMP, ps_edge->level_u8);
}

void app_main(void)
{
    if (!GPIO_pinMode(LAMP, GPIO_MODE_OUTPUT, GPIO_PIN_INTR_DISABLE, NULL) ||
        !GPIO_inputMode(BUTTON, GPIO_PIN_INTR_ANYEDGE, GPIO_PULLDOWN_ONLY, on_button, NULL)) {
        print_error("no pins, no lamp");
        return;
    }
    print_info("ready");
}
