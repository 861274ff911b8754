/* SPDX-License-Identifier: MIT */
#include "common/err.h"

const char *err_text(enum err err)
{
    switch (err) {
#define X(name, value, text)                                                                                 \
    case name:                                                                                               \
        return text;
        ERR_LIST(X)
#undef X
    }
    return "unknown error";
}
