/* SPDX-License-Identifier: MIT */
/* The seed's programs give their tasks 1024 bytes of stack; on a chip printf alone needs more. */
#ifndef PORTS_ESP_IDF_TASK_STACK_H
#define PORTS_ESP_IDF_TASK_STACK_H

/* From now on a task that asks for less than CONFIG_DEVICE_JOBS_LEAST_TASK_STACK gets that much. The tasks of ESP-IDF, which know
 * what they need, are made before. */
void task_stack_raise_from_now_on(void);

#endif
