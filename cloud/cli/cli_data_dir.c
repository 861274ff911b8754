/* SPDX-License-Identifier: MIT */
#include "cloud/cli/cli_data_dir.h"

#include "cloud/base/text.h"

#include <stdlib.h>

char *cli_data_dir(const char *given)
{
    const char *variable = getenv("IOT_LOCAL_DATA");
    const char *home = getenv("HOME");
    if (given && *given) {
        return text_copy(given);
    }
    if (variable && *variable) {
        return text_copy(variable);
    }
    return home && *home ? text_format("%s/.local/share/iot-local", home) : NULL;
}
