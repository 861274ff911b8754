/* SPDX-License-Identifier: MIT */
/* What differs between a chip (chip.c) and IDF's linux target (linux/host.c), beside pins and device id, which are in
 * port_gpio.h and port_board.h. */
#ifndef PORTS_ESP_IDF_BOARD_H
#define PORTS_ESP_IDF_BOARD_H

#include <stdint.h>
#include <sys/select.h>

/* When a task calls esp_restart, that task calls `handler` first. */
void board_on_restart(void (*handler)(void));

_Noreturn void board_restart(void);

/* Called when the storage has been opened. A chip's flash keeps what is written; on a host the file that stands for it must be
 * kept. */
void board_keep_storage(void);

/* A new descriptor that select() takes beside sockets, with the meaning of eventfd(2). Negative: there is none. */
int board_new_eventfd(void);

/* As select(2); other tasks run while it waits. */
int board_select(int count, fd_set *reads, fd_set *writes, uint32_t wait_ms);

#endif
