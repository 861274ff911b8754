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
    ${device_jobs_root}/device/core/messages/*.c
    ${device_jobs_root}/device/core/ota/*.c
    ${device_jobs_root}/device/core/provision/*.c
    ${device_jobs_root}/device/core/store/*.c
    ${device_jobs_root}/device/runtime/*.c
    ${device_jobs_root}/device/api/*.c
    ${device_jobs_root}/ports/esp_idf/*.c)

set(device_jobs_requires esp-tls esp_event esp_hw_support esp_timer log mbedtls mqtt nvs_flash tcp_transport)
if(device_jobs_target STREQUAL "linux")
    list(FILTER device_jobs_sources EXCLUDE REGEX "/(chip|chip_gpio|netif|port_network|network_[a-z]+|configure_(console|radio))\\.c$")
    file(GLOB device_jobs_linux_sources ${device_jobs_root}/ports/esp_idf/linux/*.c)
    list(APPEND device_jobs_sources ${device_jobs_linux_sources})
    list(APPEND device_jobs_requires esp_partition)
else()
    set(device_jobs_public_requires esp_driver_gpio) # lib_gpio.h brings driver/gpio.h along
    list(APPEND device_jobs_requires esp_driver_uart esp_driver_usb_serial_jtag esp_eth esp_netif esp_system esp_wifi lwip vfs)
endif()

idf_component_register(
    SRCS ${device_jobs_sources}
    INCLUDE_DIRS ${device_jobs_root}/include
    PRIV_INCLUDE_DIRS ${device_jobs_root} ${device_jobs_root}/ports/esp_idf/sync
    REQUIRES ${device_jobs_public_requires}
    PRIV_REQUIRES ${device_jobs_requires})

# For tls_key.c, in projects that have it.
idf_component_optional_requires(PRIVATE espressif__esp_secure_cert_mgr esp_secure_cert_mgr)

# For configure_radio.c: a project that is configured over the radio names the component among its own requirements.
idf_component_optional_requires(PRIVATE wifi_provisioning network_provisioning espressif__network_provisioning)

# task_stack.c stands in front of FreeRTOS's function.
target_link_libraries(${COMPONENT_LIB} INTERFACE
    "-Wl,--wrap=xTaskCreatePinnedToCore" "-u __wrap_xTaskCreatePinnedToCore")

# Sizes come from menuconfig, for the library and for whoever includes its headers.
target_compile_options(${COMPONENT_LIB} PUBLIC -include sdkconfig.h)

# A chip whose clock nothing sets begins at this second: the later the better. Where the project wants two builds to be the same, the
# commit's; SOURCE_DATE_EPOCH comes before both.
string(TIMESTAMP device_jobs_built_at "%s" UTC)
if(CONFIG_APP_REPRODUCIBLE_BUILD)
    include(${device_jobs_root}/ports/built_at.cmake)
    device_jobs_built_at(${device_jobs_root} device_jobs_built_at)
endif()
set_source_files_properties(${device_jobs_root}/ports/esp_idf/clock.c
    PROPERTIES COMPILE_DEFINITIONS DEVICE_JOBS_BUILT_AT_S=${device_jobs_built_at})
