/* SPDX-License-Identifier: MIT */
/* Just enough of ESP-IDF's header of this name for applications. */
#ifndef ESP_SYSTEM_H
#define ESP_SYSTEM_H

#ifdef __cplusplus
extern "C" {
#endif

/* Restarts the device at once; the library ends in good order first. Does not return: the process ends with exit code 86, as
 * SYSTEM_restart does it. From a task of the application. */
void esp_restart(void) __attribute__((__noreturn__));

#ifdef __cplusplus
}
#endif

#endif
