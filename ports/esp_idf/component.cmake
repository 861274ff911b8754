# SPDX-License-Identifier: MIT
# The ESP-IDF component: included by the CMakeLists.txt at the root. Sources and requirements depend on the target alone,
# because sdkconfig is not known yet when requirements are collected.
idf_build_get_property(device_jobs_target IDF_TARGET)
set(device_jobs_root ${CMAKE_CURRENT_LIST_DIR}/../..)
file(GLOB device_jobs_sources
    ${device_jobs_root}/common/*.c
    ${device_jobs_root}/device/core/*.c
    ${device_jobs_root}/device/core/jobs/*.c
    ${device_jobs_root}/device/core/link/*.c
    ${device_jobs_root}/device/core/store/*.c
    ${device_jobs_root}/device/runtime/*.c
    ${device_jobs_root}/device/api/*.c
    ${device_jobs_root}/ports/esp_idf/*.c)

set(device_jobs_requires esp-tls esp_event esp_hw_support esp_timer log mbedtls mqtt nvs_flash tcp_transport)
if(device_jobs_target STREQUAL "linux")
    list(FILTER device_jobs_sources EXCLUDE REGEX "/(chip|netif|port_network|network_[a-z]+)\\.c$")
    file(GLOB device_jobs_linux_sources ${device_jobs_root}/ports/esp_idf/linux/*.c)
    list(APPEND device_jobs_sources ${device_jobs_linux_sources})
    list(APPEND device_jobs_requires esp_partition)
else()
    list(APPEND device_jobs_requires esp_driver_gpio esp_eth esp_netif esp_system esp_wifi lwip vfs)
endif()

idf_component_register(
    SRCS ${device_jobs_sources}
    INCLUDE_DIRS ${device_jobs_root}/include
    PRIV_INCLUDE_DIRS ${device_jobs_root} ${device_jobs_root}/ports/esp_idf/sync
    PRIV_REQUIRES ${device_jobs_requires})

# task_stack.c stands in front of FreeRTOS's function.
target_link_libraries(${COMPONENT_LIB} INTERFACE
    "-Wl,--wrap=xTaskCreatePinnedToCore" "-u __wrap_xTaskCreatePinnedToCore")

# Sizes come from menuconfig, for the library and for whoever includes its headers.
target_compile_options(${COMPONENT_LIB} PUBLIC -include sdkconfig.h)

string(TIMESTAMP device_jobs_built_at "%s" UTC) # obeys SOURCE_DATE_EPOCH
set_source_files_properties(${device_jobs_root}/ports/esp_idf/clock.c
    PROPERTIES COMPILE_DEFINITIONS DEVICE_JOBS_BUILT_AT_S=${device_jobs_built_at})

if(NOT device_jobs_target STREQUAL "linux")
    # Here GPIO_MODE_... are the vendor's, and lib_gpio.h leaves them to whoever includes it.
    set_source_files_properties(${device_jobs_root}/device/api/lib_gpio.c
        PROPERTIES COMPILE_OPTIONS "-include;driver/gpio.h")
endif()
