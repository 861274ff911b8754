# SPDX-License-Identifier: MIT
"""What can be checked of the ESP-IDF component without ESP-IDF: menuconfig's options beside the host build's, the version, the list of
sources, our declarations, and that nothing outside ports/ knows a platform. `make esp-idf-check` does the rest (R-60)."""
import pathlib
import re
import subprocess
import tempfile
import unittest

from harness import ROOT

CONFIG_H = (ROOT / "device/core/config.h").read_text()
KCONFIG = (ROOT / "Kconfig").read_text()
PORTABLE = [f for folder in ("common", "device/core", "device/runtime", "device/api") for f in sorted((ROOT / folder).rglob("*.c"))]
PORT_ONLY = {"MQTT_STACK", "LEAST_TASK_STACK", "NETWORK", "NETWORK_WIFI", "NETWORK_NONE", "NETWORK_OPENETH", "SNTP", "SNTP_SERVER", "SNTP_SERVER_2",
             "SNTP_DHCP", "TLS", "KEY_REFERENCES", "NO_PROVISIONING", "CONFIGURE", "CONFIGURE_NONE", "CONFIGURE_CONSOLE", "CONFIGURE_BLE",
             "CONFIGURE_SOFTAP", "CONFIGURE_SALT", "CONFIGURE_VERIFIER", "CONFIGURE_AP_PASSWORD"}  # options without a twin on a host
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)


def host_options():
    """{name: (default, (lowest, highest) or None)} of config.h."""
    found = re.findall(r"#define CONFIG_DEVICE_JOBS_(\w+) (\d+)(?: /\*(.*?)\*/)?", CONFIG_H, re.S)
    options = {}
    for name, default, comment in found:
        limits = re.search(r"(\d+)\.\.(\d+)", comment)
        options[name] = (int(default), (int(limits.group(1)), int(limits.group(2))) if limits else None)
    return options


def kconfig_options():
    """{name: (default, (lowest, highest) or None)} of Kconfig."""
    options = {}
    for block in re.split(r"^\s*(?:config|choice) DEVICE_JOBS_", KCONFIG, flags=re.M)[1:]:
        name = re.match(r"\w+", block).group(0)
        default = re.search(r"^\s*default (\d+)$", block, re.M)
        limits = re.search(r"^\s*range (\d+) (\d+)$", block, re.M)
        options[name] = (int(default.group(1)) if default else None,
                         (int(limits.group(1)), int(limits.group(2))) if limits else None)
    return options


class Options(unittest.TestCase):
    def test_every_option_of_the_host_is_in_menuconfig_with_its_default(self):
        host, menu = host_options(), kconfig_options()
        self.assertGreater(len(host), 20)
        for name, (default, _) in host.items():
            self.assertIn(name, menu)
            self.assertEqual(default, menu[name][0], name)

    def test_the_rest_of_menuconfig_belongs_to_the_port(self):
        self.assertEqual(set(kconfig_options()) - set(host_options()), PORT_ONLY)
        used = "".join(f.read_text() for folder in ("ports/esp_idf", "device/api") for f in (ROOT / folder).rglob("*.c"))
        for name in PORT_ONLY - {"NETWORK", "TLS", "CONFIGURE"}:
            self.assertIn("CONFIG_DEVICE_JOBS_" + name, used)

    def test_every_number_has_a_range_around_its_default(self):
        for name, (default, limits) in kconfig_options().items():
            if default is not None:
                self.assertIsNotNone(limits, name)
                self.assertTrue(limits[0] <= default <= limits[1], name)

    def test_ranges_that_config_h_names_agree(self):
        named = {name: limits for name, (_, limits) in host_options().items() if limits}
        self.assertLessEqual({"DOCUMENT_SIZE", "KEEPALIVE_S"}, set(named))
        for name, limits in named.items():
            self.assertEqual(limits, kconfig_options()[name][1], name)

    def test_public_header_has_the_same_defaults(self):
        for name, default in re.findall(r"#define CONFIG_DEVICE_JOBS_(\w+) (\d+)", (ROOT / "include/lib_config.h").read_text()):
            self.assertEqual(int(default), host_options()[name][0], name)

    def test_library_compiles_at_both_ends_of_every_range(self):
        """Static assertions tie the sizes to each other: an answer that menuconfig takes must not end in one."""
        for end in (0, 1):
            values = [f"-DCONFIG_DEVICE_JOBS_{name}={limits[end]}" for name, (_, limits) in kconfig_options().items() if limits]
            with tempfile.TemporaryDirectory() as folder:
                sizes = pathlib.Path(folder) / "sizes.c"
                sizes.write_text('#include "device/core/jobs/engine.h"\n#include "device/core/jobs/journal.h"\n'
                                 '_Static_assert(JOURNAL_RECORD_MAX <= JOBS_RECORD_CAP, "a journal that does not fit");\n')
                unit = pathlib.Path(folder) / "all.sh"
                unit.write_text("set -e\n" + "\n".join(
                    f"gcc -std=c11 -fsyntax-only -Wall -Wextra -Werror -I{ROOT} -I{ROOT}/include -I{ROOT}/ports/template "
                    f"{' '.join(values)} {file}" for file in [*PORTABLE, sizes]))
                done = subprocess.run(["bash", unit], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                self.assertEqual(done.returncode, 0, done.stdout[:3000])


class Component(unittest.TestCase):
    def test_version_is_written_once(self):
        version = (ROOT / "VERSION").read_text().strip()
        for manifest in ("idf_component.yml", "ports/esp_idf/component/device_jobs/idf_component.yml"):
            self.assertIn(f'version: "{version}"', (ROOT / manifest).read_text().splitlines(), manifest)

    def test_manifests_ask_for_the_same(self):
        def dependencies(path):
            return re.search(r"^dependencies:\n((?: .*\n)+)", (ROOT / path).read_text(), re.M).group(1)

        self.assertEqual(dependencies("idf_component.yml"),
                         dependencies("ports/esp_idf/component/device_jobs/idf_component.yml"))

    def registered(self, target):
        """What component.cmake registers for a target, by ESP-IDF's functions played by CMake itself."""
        script = """
            function(idf_build_get_property name key)
                set(${name} TARGET PARENT_SCOPE)
            endfunction()
            function(idf_component_register)
                cmake_parse_arguments(A "" "" "SRCS;INCLUDE_DIRS;PRIV_INCLUDE_DIRS;REQUIRES;PRIV_REQUIRES" ${ARGN})
                foreach(key SRCS INCLUDE_DIRS PRIV_INCLUDE_DIRS REQUIRES PRIV_REQUIRES)
                    foreach(value ${A_${key}})
                        message("${key} ${value}")
                    endforeach()
                endforeach()
            endfunction()
            macro(idf_component_optional_requires)
            endmacro()
            macro(target_link_libraries)
            endmacro()
            macro(target_compile_options)
            endmacro()
            macro(set_source_files_properties)
            endmacro()
            include(ROOT/ports/esp_idf/component.cmake)
        """.replace("TARGET", target, 1).replace("ROOT", str(ROOT))
        with tempfile.NamedTemporaryFile("w", suffix=".cmake") as file:
            file.write(script)
            file.flush()
            done = subprocess.run(["cmake", "-P", file.name], stderr=subprocess.PIPE, text=True, check=True)
        found = {}
        for line in done.stderr.splitlines():
            key, value = line.split(" ", 1)
            found.setdefault(key, []).append(value)
        return found

    def sources(self, target):
        return [pathlib.Path(value).resolve() for value in self.registered(target)["SRCS"]]

    def test_component_has_every_source_of_the_library(self):
        for target in ("esp32c3", "linux"):
            self.assertLessEqual(set(PORTABLE), set(self.sources(target)), target)

    def test_each_seam_is_implemented_once_for_each_target(self):
        seams = set()
        for header in (ROOT / "device/port").glob("*.h"):
            if header.name == "port_ota.h":
                continue  # no port has firmware updates yet: device/core/ota alone
            seams |= set(re.findall(r"\b(port_\w+)\(", COMMENT.sub("", header.read_text())))
        self.assertGreater(len(seams), 25)
        for target in ("esp32c3", "linux"):
            text = "".join(COMMENT.sub("", f.read_text()) for f in self.sources(target) if "ports" in f.parts)
            for seam in seams:
                count = len(re.findall(rf"^[\w ]+[ *]{seam}\([^;{{]*\)\n{{", text, re.M))
                ways = 3 if seam.startswith("port_configure_") and target != "linux" else 1  # menuconfig chooses one
                self.assertEqual(count, ways, f"{seam} for {target}")

    def test_one_way_to_be_configured_at_a_time(self):
        """Each stands under an option of its own, of one choice of Kconfig."""
        options = [re.search(r"^#if (.*)$", (ROOT / f"ports/esp_idf/configure_{way}.c").read_text(), re.M).group(1) for way in ("none", "console", "radio")]
        self.assertEqual(set(re.findall(r"CONFIGURE_(\w+)", " ".join(options))), {"NONE", "CONSOLE", "BLE", "SOFTAP"})
        choice = re.search(r"choice DEVICE_JOBS_CONFIGURE\n(.*?)endchoice", KCONFIG, re.S).group(1)
        self.assertEqual(set(re.findall(r"config DEVICE_JOBS_CONFIGURE_(\w+)", choice)), {"NONE", "CONSOLE", "BLE", "SOFTAP"})

    def test_requirements_exist_on_each_target(self):
        """What IDF's linux target does not register must not be asked for there."""
        lacking = {"esp_wifi", "esp_netif", "esp_eth", "esp_driver_gpio", "vfs", "lwip", "esp_system", "app_update"}
        registered = self.registered("linux")
        self.assertFalse(lacking & set(registered["PRIV_REQUIRES"] + registered.get("REQUIRES", [])))

    def test_header_of_pins_finds_the_drivers_on_a_chip(self):
        """lib_gpio.h brings driver/gpio.h along, so whoever requires the component gets the driver's folder."""
        self.assertEqual(self.registered("esp32c3")["REQUIRES"], ["esp_driver_gpio"])

    def test_our_declarations_are_of_what_the_port_calls(self):
        port = "".join(COMMENT.sub("", f.read_text()) for f in (ROOT / "ports/esp_idf").rglob("*.[ch]"))
        declared = COMMENT.sub("", (ROOT / "tests/esp_idf_decls/functions.h").read_text())
        names = re.findall(r"\b(\w+)\([^()]*(?:\([^()]*\)[^()]*)*\)(?: __attribute__\(\(\w+\)\))?;", declared)
        self.assertGreater(len(names), 60)
        for name in names:
            short = re.sub(r"^(?:network|wifi)_prov_", "", name)  # MANAGER(name) puts one of these in front
            self.assertTrue(re.search(rf"\b{name}\b|\bMANAGER\({short}\)", port), name)


class Platforms(unittest.TestCase):
    # The seed's programs take tasks and esp_restart from lib_system.h and pin names from lib_gpio.h: these two look for the platform's headers.
    KNOWN = {"include/lib_system.h": ["freertos", "FreeRTOS", "esp_system"], "include/lib_gpio.h": ["driver/gpio.h"],
             "examples/01_blink/main.c": ["freertos", "FreeRTOS"]}
    WORDS = re.compile(r"\b(esp_\w+|ESP_PLATFORM|CONFIG_IDF\w*|IDF_\w+|freertos|xTask\w+|driver/gpio\.h|nvs_\w+|mbedtls\w*|openssl\w*"
                       r"|mosquitto\w*|pthread\w*|unistd\.h|__linux__|_WIN32|__riscv|__XTENSA__|__arm__)", re.I)

    def test_only_ports_and_build_files_know_a_platform(self):
        seen = 0
        for folder in ("common", "device", "include", "examples"):
            for file in sorted((ROOT / folder).rglob("*.[ch]")):
                seen += 1
                path = file.relative_to(ROOT).as_posix()
                words = set(self.WORDS.findall(COMMENT.sub("", file.read_text())))
                allowed = self.KNOWN.get(path, []) + (["xTaskCreate"] if path.startswith("examples/") else [])
                self.assertFalse(words - set(allowed), path)
        self.assertGreater(seen, 60)


if __name__ == "__main__":
    unittest.main()
