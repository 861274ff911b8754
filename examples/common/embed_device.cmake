# SPDX-License-Identifier: MIT
# Puts the device's folder (device/ in the project's folder, or -DDEVICE_DIR=...) into firmware for a chip, for device_config.h.
# The files are copied first, so that those which may be missing are there, empty.
function(embed_device component_lib)
    if(NOT DEVICE_DIR)
        set(DEVICE_DIR device)
    endif()
    get_filename_component(folder ${DEVICE_DIR} ABSOLUTE BASE_DIR ${CMAKE_SOURCE_DIR})
    foreach(name host port thing_name root_ca.pem certificate.pem private_key.pem wifi_ssid wifi_password)
        set(source ${folder}/${name})
        set(copy ${CMAKE_BINARY_DIR}/device/${name})
        if(EXISTS ${source})
            configure_file(${source} ${copy} COPYONLY)
        elseif(name MATCHES "^wifi_")
            file(WRITE ${copy} "\n")
        else()
            message(FATAL_ERROR "There is no ${source}. 'iot-local thing NAME --out ${folder}' writes this folder; "
                "for AWS IoT Core put your own files there (README.md of the example).")
        endif()
        target_add_binary_data(${component_lib} ${copy} TEXT)
    endforeach()
    target_compile_definitions(${component_lib} PRIVATE DEVICE_CONFIG_EMBEDDED)
endfunction()
