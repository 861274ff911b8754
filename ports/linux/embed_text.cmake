# SPDX-License-Identifier: MIT
# device_jobs_embed_text(TARGET FILE...): text files become part of a program for Linux, under the names that ESP-IDF's EMBED_TXTFILES gives
# them, so that a program which declares
#     extern const uint8_t aws_root_ca_pem_start[] asm("_binary_aws_root_ca_pem_start");
# links unchanged with device_jobs_embed_text(program certs/aws_root_ca.pem). A NUL stands behind each text; `_binary_..._end` is behind it.
# Relative names start from the folder of the CMakeLists.txt. A file that changes is taken anew.
function(device_jobs_embed_text target)
    foreach(file ${ARGN})
        get_filename_component(path ${file} ABSOLUTE)
        if(NOT EXISTS ${path})
            message(FATAL_ERROR "device_jobs_embed_text: there is no ${path}")
        endif()
        get_filename_component(name ${path} NAME)
        string(MAKE_C_IDENTIFIER ${name} name)
        set(source ${CMAKE_CURRENT_BINARY_DIR}/${target}_text/${name}.c)
        set(text "__asm__(\".pushsection .rodata\\n\"
        \".global _binary_${name}_start\\n_binary_${name}_start:\\n.incbin \\\"${path}\\\"\\n.byte 0\\n\"
        \".global _binary_${name}_end\\n_binary_${name}_end:\\n\"
        \".popsection\\n\");\n")
        set(before "")
        if(EXISTS ${source})
            file(READ ${source} before)
        endif()
        if(NOT before STREQUAL text)
            file(WRITE ${source} "${text}")
        endif()
        set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${path})
        target_sources(${target} PRIVATE ${source})
    endforeach()
endfunction()
