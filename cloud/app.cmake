# SPDX-License-Identifier: MIT
# The program iot-local: the command line (main.c, cli/), and the daemon behind `iot-local up` (the other files here).
add_subdirectory(cli)

file(GLOB daemon_sources CONFIGURE_DEPENDS *.c)
list(FILTER daemon_sources EXCLUDE REGEX "/main\\.c$")
add_library(cloud_daemon STATIC ${daemon_sources})
target_include_directories(cloud_daemon PUBLIC ${CMAKE_SOURCE_DIR})
target_compile_definitions(cloud_daemon PRIVATE _GNU_SOURCE DEVICE_JOBS_VERSION="${DEVICE_JOBS_VERSION}")
target_link_libraries(cloud_daemon PUBLIC cloud_cli cloud_http cloud_core cloud_mqtt_plane cloud_broker_link
    cloud_broker cloud_pki common)

add_executable(iot-local main.c)
target_include_directories(iot-local PRIVATE ${CMAKE_SOURCE_DIR})
target_link_libraries(iot-local PRIVATE cloud_daemon)
add_dependencies(iot-local iot_local_plugin) # found beside the program
