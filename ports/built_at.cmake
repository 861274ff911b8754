# SPDX-License-Identifier: MIT
# When this source was built, in seconds since 1970, for port_time_built_s: SOURCE_DATE_EPOCH, else the date of the newest commit of `folder`, so that
# two builds of one source are the same, else (no git there) the second at which CMake runs.
function(device_jobs_built_at folder result)
    set(seconds $ENV{SOURCE_DATE_EPOCH})
    if(NOT seconds MATCHES "^[0-9]+$")
        execute_process(COMMAND git -C ${folder} log -1 --format=%ct
            OUTPUT_VARIABLE seconds OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    endif()
    if(NOT seconds MATCHES "^[0-9]+$")
        string(TIMESTAMP seconds "%s" UTC)
    endif()
    set(${result} ${seconds} PARENT_SCOPE)
endfunction()
