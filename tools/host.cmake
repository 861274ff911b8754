# SPDX-License-Identifier: MIT
# The host build: one warning policy, one place that names the build's flavour, then one CMakeLists.txt per folder.
#   -DDEVICE_JOBS_SANITIZE=address,undefined | thread | (empty)
#   -DDEVICE_JOBS_UNIT_TESTS=ON (default: with sanitizers)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_STANDARD 11)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()
# Asserts state our own invariants, and the simulator asks the engine for all of them after every event: they stay in, unless a
# release build is asked for (-DCMAKE_BUILD_TYPE=Release).
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELWITHDEBINFO "${CMAKE_C_FLAGS_RELWITHDEBINFO}")
set(DEVICE_JOBS_SANITIZE "" CACHE STRING "sanitizers for every target, comma separated")

# Unit tests and replays of the fuzzers' corpora run under sanitizers, so other builds leave them out; their targets are there
# by name in every build.
set(unit_tests_default OFF)
if(DEVICE_JOBS_SANITIZE)
    set(unit_tests_default ON)
endif()
option(DEVICE_JOBS_UNIT_TESTS "build unit tests with everything else" ${unit_tests_default})
set(unit_test_exclude EXCLUDE_FROM_ALL)
if(DEVICE_JOBS_UNIT_TESTS)
    set(unit_test_exclude)
endif()

add_compile_options(-Wall -Wextra -Werror -Wshadow -Wvla -Wformat=2 -Wconversion -fno-common)
add_compile_options($<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes> $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>)
if(DEVICE_JOBS_SANITIZE)
    add_compile_options(-fsanitize=${DEVICE_JOBS_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g1) # lines are enough
    add_link_options(-fsanitize=${DEVICE_JOBS_SANITIZE})
endif()

file(STRINGS VERSION DEVICE_JOBS_VERSION)
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

enable_testing()
foreach(folder common device ports/linux ports/esp_idf ports/template examples cloud tests fuzz bench)
    if(EXISTS ${CMAKE_SOURCE_DIR}/${folder}/CMakeLists.txt)
        add_subdirectory(${folder})
    endif()
endforeach()
