/* SPDX-License-Identifier: MIT */
/* Our own declarations, see README.md. */
#include <sys/socket.h>
