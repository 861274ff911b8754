# SPDX-License-Identifier: MIT
"""Programs as users of the original library write them (tests/original) do their job: built as a user would build them, with their app_config.h
edited and the certificates of a thing embedded, they run against iot-local. For ESP-IDF they compile against our own declarations of it."""
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

from harness import BUILD, ENVIRONMENT, ROOT, CloudTest, Process

sys.path.insert(0, str(ROOT / "tools"))
import gates  # noqa: E402

PROGRAMS = ROOT / "tests" / "original"
NAMES = sorted(folder.name for folder in PROGRAMS.iterdir() if (folder / "main.c").exists())
CERTIFICATES = {"aws_root_ca.pem": "root_ca.pem", "thing_certificate.pem.crt": "certificate.pem",
                "thing_private.pem.key": "private_key.pem"}  # the user's name: the name in a thing's folder
HAS_FLASH = (ROOT / "include" / "lib_flash.h").exists()
HAS_MESSAGES = "are not part of this version" not in (ROOT / "device" / "api" / "lib_aws.c").read_text()
SEED = '{"action":"blink","count":3,"onTime":250,"offTime":500}'

PROJECT = """
cmake_minimum_required(VERSION 3.16)
project(program C)
include({root}/ports/linux/embed_text.cmake)
add_executable(program main.c)
set_target_properties(program PROPERTIES C_STANDARD 11 C_EXTENSIONS ON)
target_include_directories(program PRIVATE {root}/include {root}/ports/linux)
target_compile_options(program PRIVATE -Og -Wall -Wextra -Werror -Wno-unused-parameter {sanitizers})
device_jobs_embed_text(program certs/aws_root_ca.pem certs/thing_certificate.pem.crt certs/thing_private.pem.key)
target_link_libraries(program PRIVATE {libraries})
"""


def link_words():
    """(sanitizers, libraries) of a build: what an executable of this build is linked with."""
    folder = BUILD / "tests" / "original"
    words = shlex.split((folder / "CMakeFiles" / "original_jobs.dir" / "link.txt").read_text())
    sanitizers = [word for word in words if word.startswith("-fsanitize") or word.startswith("-fno-sanitize")]
    if sanitizers:
        sanitizers.append("-fno-sanitize-address-use-after-scope")  # else GCC does not see how large the program's buffers are
    behind = words[words.index("-o") + 2:]
    return sanitizers, sanitizers + [str((folder / word).resolve()) if word.endswith(".a") else word for word in behind
                                     if not word.startswith("-Wl,-rpath")]


class Built(CloudTest):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="original-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.thing = self.cloud.thing("lamp")

    def build(self, name):
        """The program in a folder of its own, with what its user has edited."""
        source = self.folder / name
        shutil.copytree(PROGRAMS / name, source)
        config = (source / "app_config.h").read_text()
        for macro, value in (("AWS_IOT_MQTT_HOST", '"%s"' % (self.thing / "host").read_text().strip()),
                             ("AWS_IOT_MQTT_PORT", (self.thing / "port").read_text().strip()), ("MY_THING_NAME", '"lamp"')):
            config, count = re.subn(rf"(#define {macro}\s+)\S+", rf"\g<1>{value}", config)
            self.assertEqual(count, 1, macro)
        (source / "app_config.h").write_text(config)
        (source / "certs").mkdir()
        for theirs, ours in CERTIFICATES.items():
            shutil.copy(self.thing / ours, source / "certs" / theirs)
        sanitizers, libraries = link_words()
        (source / "CMakeLists.txt").write_text(PROJECT.format(root=ROOT, sanitizers=" ".join(sanitizers), libraries=" ".join(libraries)))
        for command in (["cmake", "-S", source, "-B", source / "build"], ["make", "-C", source / "build"]):
            done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            self.assertEqual(done.returncode, 0, done.stdout)
        return source / "build" / "program"

    def start(self, *command):
        """Started somewhere else than where it was built: nothing is opened but the state."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        device = Process(command, cwd=home, env=dict(ENVIRONMENT, DEVICE_STATE_DIR=str(self.folder / "state")))
        self.addCleanup(self.end, device)
        return device

    def end(self, device):
        if device.child.poll() is None:
            self.assertEqual(device.stop(), 0, device.tail())


@unittest.skipUnless(HAS_FLASH, "lib_flash.h is not there yet")
class Jobs(Built):
    def test_blink_with_three_keys(self):
        device = self.start(self.build("jobs"))
        device.wait_line("registered: 1, thing: lamp")
        device.wait_line("aws connected")
        self.cloud.job("seed", "lamp", SEED)
        device.wait_line("blink 3 times => ON:250ms OFF:500ms")
        for _ in range(3):
            device.wait_line("GPIO 2 -> 1")
            device.wait_line("GPIO 2 -> 0")
        self.cloud.wait_status("lamp", "seed", "SUCCEEDED")
        self.cloud.job("many", "lamp", SEED.replace("3", "21", 1))
        self.cloud.wait_status("lamp", "many", "REJECTED")
        self.cloud.job("long-time", "lamp", SEED.replace("250", "2500"))  # four digits do not fit the program's buffer; GCC may see it
        execution = self.cloud.wait_status("lamp", "long-time", "FAILED")
        self.assertIn("key 'onTime' needs 5 bytes", execution["details"]["message"])
        self.cloud.job("two-keys", "lamp", '{"action":"blink","count":1,"onTime":1}')
        execution = self.cloud.wait_status("lamp", "two-keys", "FAILED")
        self.assertIn("key 'offTime' is missing", execution["details"]["message"])
        self.cloud.job("last", "lamp", '{"action":"blink","count":1,"onTime":1,"offTime":1}')
        self.cloud.wait_status("lamp", "last", "SUCCEEDED")


@unittest.skipUnless(HAS_FLASH, "lib_flash.h is not there yet")
class All(Built):
    def steps(self, *names):
        return '{"action":"STEPS","steps":[%s]}' % ",".join('{"do":"%s"}' % name for name in names)

    def test_what_this_version_has_works_and_the_rest_says_so_once(self):
        program = self.build("all")
        device = self.start(BUILD / "ports" / "linux" / "device-run", program)
        device.wait_line("handlers: 0x1f, all: 1")
        device.wait_line("aws connected")
        mac, cause = device.wait_line(r"mac (\S*), reset (\S+), mode NORMAL").groups()
        self.assertRegex(mac, r"^([0-9a-f]{12})?$")
        self.assertEqual(cause, "POWERON_RESET")
        device.wait_line("wifi CONNECTED, ")
        device.wait_line("network 1, ble 0, ota 0")
        device.wait_line(r"up for \d+ ms, \d+ us")

        self.cloud.job("steps", "lamp", self.steps("a", "b", "c"))
        device.wait_line("step 3 of 3: c")
        self.cloud.wait_status("lamp", "steps", "SUCCEEDED")
        self.cloud.job("too-many", "lamp", self.steps(*["x"] * 11))
        execution = self.cloud.wait_status("lamp", "too-many", "FAILED")
        self.assertEqual(execution["details"]["message"], "the array has more than 10 objects")
        for job, action, status in (("refused", "REFUSED", "REJECTED"), ("long", "LONG", "SUCCEEDED")):
            self.cloud.job(job, "lamp", '{"action":"%s"}' % action)
            self.cloud.wait_status("lamp", job, status)
        for job in ("update-1", "update-2"):
            self.cloud.job(job, "lamp", '{"action":"OTA","url":"x"}')
            self.cloud.wait_status("lamp", job, "FAILED")

        self.cloud.job("restart", "lamp", '{"action":"RESTART"}')
        device.wait_line("waits for a restart: 1")
        device.wait_line("asks for a restart")
        self.assertEqual(device.wait_line(r"mac \S*, reset (\S+), mode NORMAL").group(1), "SW_CPU_RESET")
        self.cloud.wait_status("lamp", "restart", "SUCCEEDED")
        self.assertFalse([line for line in device.lines if "not shown" in line])
        first = [line for line in device.lines[:next(i for i, line in enumerate(device.lines) if "asks for a restart" in line)]]
        for line in ("BLE_packetRegister: Bluetooth is not", "AWS_shadowDeltaRegister: shadows are not",
                     "AWS_shadowDocumentUpdate: shadows are not", "SYSTEM_startFirmwareUpdate: firmware updates are not"):
            self.assertEqual(sum(line in each for each in first), 1, line)


class Messages(Built):
    @unittest.skipUnless(HAS_MESSAGES, "AWS_publish and AWS_subscribe are not part of this version yet")
    def test_publish_and_subscribe(self):
        device = self.start(self.build("publish_subscribe"))
        device.wait_line("subscribed original/to-device")
        device.wait_line("aws connected")
        device.wait_line("published original/from-device: hello 1")
        self.cloud.aws("iot-data", "publish", "--topic", "original/to-device", "--cli-binary-format", "raw-in-base64-out",
                       "--payload", "good morning")
        device.wait_line("received original/to-device: good morning")

    def test_program_links(self):
        self.build("publish_subscribe")


class Embedded(unittest.TestCase):
    """ports/linux/embed_text.cmake: the names of EMBED_TXTFILES, and a NUL behind the text."""

    def test_names_content_and_change(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "some file-1.pem.crt").write_text("one\ntwo")
            (folder / "empty").write_text("")
            (folder / "main.c").write_text(
                "#include <stdio.h>\n#include <string.h>\n"
                'extern const unsigned char text[] asm("_binary_some_file_1_pem_crt_start");\n'
                'extern const unsigned char text_end[] asm("_binary_some_file_1_pem_crt_end");\n'
                'extern const char empty[] asm("_binary_empty_start");\n'
                'int main(void) { printf("%s|%d|%d", (const char *)text, (int)(text_end - text), (int)strlen(empty)); return 0; }\n')
            (folder / "CMakeLists.txt").write_text(
                "cmake_minimum_required(VERSION 3.16)\nproject(p C)\n"
                f"include({ROOT}/ports/linux/embed_text.cmake)\nadd_executable(p main.c)\n"
                'set_target_properties(p PROPERTIES C_EXTENSIONS ON)\ndevice_jobs_embed_text(p "some file-1.pem.crt" empty)\n')

            def build():
                for command in (["cmake", "-S", folder, "-B", folder / "b"], ["make", "-C", folder / "b"]):
                    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
                return subprocess.run([folder / "b" / "p"], stdout=subprocess.PIPE, text=True, check=True).stdout

            self.assertEqual(build(), "one\ntwo|8|0")
            (folder / "some file-1.pem.crt").write_text("another text")
            self.assertEqual(build(), "another text|13|0")
            (folder / "empty").unlink()
            done = subprocess.run(["cmake", "-S", folder, "-B", folder / "b"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("device_jobs_embed_text: there is no", done.stdout)


class EspIdf(unittest.TestCase):
    """The same sources where FreeRTOS, pins and esp_restart are ESP-IDF's, in the form of our own declarations (tests/esp_idf_decls)."""

    FLAGS = ["-std=gnu11", "-Os", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-fsyntax-only", "-I", ROOT / "include",
             "-I", ROOT / "tests/esp_idf_decls"]

    def compile(self, name, *flags):
        done = subprocess.run([str(word) for word in [*gates.TARGETS["riscv"], *self.FLAGS, *flags, PROGRAMS / name / "main.c"]],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout

    @unittest.skipUnless(HAS_FLASH, "lib_flash.h is not there yet")
    def test_programs_compile_without_a_warning(self):
        self.assertEqual(NAMES, ["all", "jobs", "publish_subscribe"])
        for name in NAMES:
            for major in ("5", "6"):
                self.assertEqual(self.compile(name, f"-DDECLS_IDF_MAJOR={major}"), (0, ""), name)

    @unittest.skipUnless(HAS_FLASH, "lib_flash.h is not there yet")
    def test_formats_are_checked_where_a_program_asks_for_it(self):
        """There uint32_t is an unsigned long, which programs of the original library print with %d."""
        code, said = self.compile("jobs", "-DLIB_PRINT_IS_CHECKED")
        self.assertNotEqual(code, 0)
        self.assertIn("-Werror=format", said)


if __name__ == "__main__":
    unittest.main()
