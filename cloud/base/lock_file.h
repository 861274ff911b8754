/* SPDX-License-Identifier: MIT */
/* A file that one process at a time holds (flock), with the number of that process in it. Whoever only asks never takes the
 * lock: that could make a process fail that starts at the same moment. */
#ifndef CLOUD_BASE_LOCK_FILE_H
#define CLOUD_BASE_LOCK_FILE_H

#include <sys/types.h>

/* Makes the file when it is missing, and takes it. A descriptor; -1: errno, EWOULDBLOCK when another process holds it. The
 * lock goes with the process, and with close(). */
int lock_file_take(const char *path);

/* Writes the number of the process that holds the file, us or a child that has the descriptor, into it. -1: errno. */
int lock_file_note(int lock, pid_t pid);

/* The number in a file, 0: none. */
pid_t lock_file_noted(const char *path);

/* The process that holds the file: its number, and a pidfd as the result, which means this process also when it has ended and
 * its number is another one's. -1: nobody holds it; errno ENOENT: there is no such file. */
int lock_file_holder(const char *path, pid_t *pid);

#endif
