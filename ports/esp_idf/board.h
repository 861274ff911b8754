/* SPDX-License-Identifier: MIT */
/* What differs between a chip (chip.c) and IDF's linux target (linux/host.c), beside the pins and the device id. */
#ifndef PORTS_ESP_IDF_BOARD_H
#define PORTS_ESP_IDF_BOARD_H

#include <stdint.h>
#include <sys/select.h>

/* Has `handler` called by the task that calls esp_restart. */
void board_on_restart(void (*handler)(void));

_Noreturn void board_restart(void);

/* After the storage was opened: a host keeps what a chip's flash keeps anyway. */
void board_keep_storage(void);

/* A descriptor that select() takes beside sockets, with the meaning of eventfd(2); negative: there is none. */
int board_new_eventfd(void);

/* select(2), which lets other tasks run while it waits. */
int board_select(int count, fd_set *reads, fd_set *writes, uint32_t wait_ms);

#endif
