/* SPDX-License-Identifier: MIT */
/* The folder of the records, for others of this port: what port_store.c has opened, or would open. */
#ifndef PORTS_LINUX_STORE_FOLDER_H
#define PORTS_LINUX_STORE_FOLDER_H

/* A descriptor of the open folder, the caller's to close; -1: it is not open. Any task. */
int store_folder(void);

/* The folder that port_store_open would use, without its lock, as it is: nothing is made. -1 and errno. The caller's to close. */
int store_folder_look(void);

#endif
