/* SPDX-License-Identifier: MIT */
#include "cloud/base/program.h"

#include <string.h>
#include <unistd.h>

void program_folder(char folder[PATH_MAX])
{
    ssize_t len = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    folder[len > 0 ? len : 0] = '\0';
    char *name = strrchr(folder, '/');
    if (name && name > folder) {
        *name = '\0';
    } else {
        strcpy(folder, name ? "/" : ".");
    }
}
