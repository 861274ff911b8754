# SPDX-License-Identifier: MIT
"""Programs as users of the original library write them (tests/original) do their job: built as a user would build them, with their app_config.h
edited and the certificates of a thing embedded, they run against iot-local. For ESP-IDF they compile against our own declarations of it."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from claims import DEVICE_POLICY, Operator, claim_statements
from harness import BUILD, ENVIRONMENT, ROOT, CloudTest, Process
from mqtt import Client, Message, certificate_arn

sys.path.insert(0, str(ROOT / "tools"))
import gates  # noqa: E402

PROGRAMS = ROOT / "tests" / "original"
NAMES = sorted(folder.name for folder in PROGRAMS.iterdir() if (folder / "main.c").exists())
CERTIFICATES = {"aws_root_ca.pem": "root_ca.pem", "thing_certificate.pem.crt": "certificate.pem",
                "thing_private.pem.key": "private_key.pem"}  # the user's name: the name in a thing's folder
HAS_FLASH = (ROOT / "include" / "lib_flash.h").exists()
SEED = '{"action":"blink","count":3,"onTime":250,"offTime":500}'

PAGE = (ROOT / "docs" / "porting-programs.md").read_text()
PROJECT = re.search(r"^```cmake\n(.*?)^```", PAGE, re.M | re.S).group(1)


class Built(CloudTest):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="original-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.thing = self.cloud.thing("lamp")

    def edits(self):
        return (("AWS_IOT_MQTT_HOST", '"%s"' % (self.thing / "host").read_text().strip()),
                ("AWS_IOT_MQTT_PORT", (self.thing / "port").read_text().strip()), ("MY_THING_NAME", '"lamp"'))

    def certificates(self):
        return {theirs: self.thing / ours for theirs, ours in CERTIFICATES.items()}

    def build(self, name):
        """The program in a folder of its own, with what its user has edited."""
        source = self.folder / name
        shutil.copytree(PROGRAMS / name, source)
        config = (source / "app_config.h").read_text()
        for macro, value in self.edits():
            config, count = re.subn(rf"(#define {macro}\s+)\S+", rf"\g<1>{value}", config)
            self.assertEqual(count, 1, macro)
        (source / "app_config.h").write_text(config)
        (source / "certs").mkdir()
        for theirs, ours in self.certificates().items():
            shutil.copy(ours, source / "certs" / theirs)
        project = PROJECT.replace("/path/to/device-jobs/build/host", str(BUILD.resolve()))
        for theirs in set(CERTIFICATES) - set(self.certificates()):
            project = project.replace("certs/" + theirs, "certs/" + theirs.replace("thing", "claim"))
        self.assertNotEqual(project, PROJECT)
        (source / "CMakeLists.txt").write_text(project)
        warnings = "-DCMAKE_C_FLAGS=-Wall -Wextra -Werror -Wno-unused-parameter"
        for command in (["cmake", "-S", source, "-B", source / "build", warnings], ["make", "-C", source / "build"]):
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


class Claim(Built):
    """A program that is provisioned by claim, and does a job."""

    def setUp(self):
        super().setUp()
        operator = Operator(self, self.cloud)
        operator.policy("device", DEVICE_POLICY)
        operator.template()
        self.claim = operator.claim("original", *claim_statements("fleet"))

    def edits(self):
        return (*super().edits()[:2], ("CLAIM_TEMPLATE", '"fleet"'))

    def certificates(self):
        return {"aws_root_ca.pem": self.claim / "root_ca.pem", "claim_certificate.pem.crt": self.claim / "certificate.pem",
                "claim_private.pem.key": self.claim / "private_key.pem"}

    def test_provisioned_by_claim(self):
        program = self.build("claim")
        device = self.start(program)
        device.wait_line("registered: 0, thing: $")
        name = device.wait_line(r"aws connected as (\S+), registered: 1").group(1)
        self.cloud.job("seed", name, SEED)
        device.wait_line("blink 3 times => ON:250ms OFF:500ms")
        self.cloud.wait_status(name, "seed", "SUCCEEDED")
        self.end(device)
        device = self.start(program)
        device.wait_line("registered: 1")
        device.wait_line(f"aws connected as {name}, registered: 1")


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
        first = device.lines[:next(i for i, line in enumerate(device.lines) if "asks for a restart" in line)]
        for line in ("BLE_packetRegister: Bluetooth is not", "AWS_shadowDeltaRegister: shadows are not",
                     "AWS_shadowDocumentUpdate: shadows are not", "SYSTEM_startFirmwareUpdate: firmware updates are not"):
            self.assertEqual(sum(line in each for each in first), 1, line)

        children = pathlib.Path(f"/proc/{device.child.pid}/task/{device.child.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
        self.assertEqual(device.wait_line(r"mac \S*, reset (\S+), mode NORMAL").group(1), "PANIC_RESET")


class Messages(Built):
    def allow_all(self):
        """The user's policy for topics of their own; a second thing that listens."""
        policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
        self.assertEqual(self.cloud.request("POST", "/policies/all", {"policyDocument": policy})[0], 200)
        watching = self.cloud.thing("watcher")
        for folder in (self.thing, watching):
            self.assertEqual(self.cloud.request("PUT", "/target-policies/all", {"target": certificate_arn(folder)})[0], 200)
        watcher = Client(self.cloud.mqtt_port, watching, "watcher")
        self.addCleanup(watcher.drop)
        return watcher

    def test_publish_and_subscribe(self):
        watcher = self.allow_all()
        watcher.subscribe("original/from-device")
        device = self.start(self.build("publish_subscribe"))
        device.wait_line("subscribed original/to-device")
        device.wait_line("aws connected")
        for number in range(2):
            device.wait_line(f"published original/from-device: hello {number}")
            self.assertEqual(watcher.receive(), Message("original/from-device", b"hello %d" % number, 1, False))
        self.cloud.aws("iot-data", "publish", "--topic", "original/to-device", "--cli-binary-format", "raw-in-base64-out",
                       "--payload", "good morning")
        device.wait_line("received original/to-device: good morning")

    def test_program_links(self):
        self.build("publish_subscribe")


class Renamed(unittest.TestCase):
    """The table of docs/porting-programs.md: what stands left is not ours, what stands right is, and a program of the newer generation becomes
    one of ours by it."""

    ROWS = re.findall(r"^\| (`.*?) \| (.*?) \|", PAGE, re.M)
    HEADERS = {file.name: file.read_text() for file in (ROOT / "include").glob("*.h")}

    def is_ours(self, name):
        return name in self.HEADERS or any(re.search(rf"\b{re.escape(name)}\b", text) for text in self.HEADERS.values())

    @staticmethod
    def names(cell):
        return re.findall(r"\b[A-Za-z]\w*(?:\.h)?", " ".join(re.findall(r"`([^`]+)`", cell)))

    def test_names(self):
        self.assertGreater(len(self.ROWS), 12)
        for left, right in self.ROWS:
            if right.startswith("the same"):
                self.assertTrue(all(map(self.is_ours, self.names(left))), left)
                continue
            self.assertTrue(right.startswith("none") or all(map(self.is_ours, self.names(right))), right)
            if "(" not in left and "*" not in left:  # those are about the way that something is called or declared
                self.assertFalse(any(map(self.is_ours, self.names(left))), left)

    def test_program_of_the_newer_generation(self):
        program = """
            #include "lib_aws.h"
            #include "lib_gpio.h"
            #include "lib_jobs.h"
            #include "lib_json.h"
            #include "lib_system.h"
            static char numberStr[4];
            static void on_event(systemEvents_et event_e) { (void)event_e; }
            static void on_message(const char *pTopicStr, const char *pPayloadStr) { (void)pTopicStr, (void)pPayloadStr; }
            static jobsStatus_et on_job(const job_st *ps_job) {
                tagStructure_st tags[1] = {{"n", numberStr}};
                if (JSON_processString(ps_job->documentStr, tags, 1, FALSE)) { return JOB_STATUS_FAILED; }
                return util_getNumFromStringU32(numberStr) ? JOB_STATUS_SUCCESSED : JOB_STATUS_REJECTED;
            }
            static mqttClientConfig_st client = {.pHostNameStr = "host", .port_u16 = 8883, .maxPubMsgToStore_u8 = 2, .maxSubMsgToStore_u8 = 2,
                .maxSubscribeTopics_u8 = 1, .maxJobs_u8 = 1, .subscribeCallbackHandler = on_message};
            void app_main(void) {
                systemInitConfig_st config = {.systemEventCallbackHandler = on_event};
                config.s_mqttClientConfig = client;
                GPIO_pinMode(2, GPIO_MODE_OUTPUT, GPIO_INTR_DISABLE, 0);
                if (SYSTEM_init(&config)) { JOBS_register("a", 0, on_job); }
            }
        """
        def compile(text):
            done = subprocess.run(["gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I", ROOT / "include",
                                   "-I", ROOT / "ports/linux", "-x", "c", "-"], input=text, text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
            return done.returncode, done.stdout

        self.assertNotEqual(compile(program)[0], 0)
        for left, right in self.ROWS:
            old, to = re.findall(r"`([^`]+)`", left), re.findall(r"`([^`]+)`", right)
            if right.startswith(("the same", "none")) or len(old) != 1 or len(to) != 1:
                continue
            program = program.replace(old[0], to[0]) if " " in old[0] else re.sub(rf"\b{re.escape(old[0])}\b", to[0], program)
        program = re.sub(r"(JSON_processString\([^;{]*?), FALSE\)", r"\1)", program)  # the row about the fourth argument
        self.assertEqual(compile(program), (0, ""))


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

    def test_programs_compile_without_a_warning(self):
        self.assertEqual(NAMES, ["all", "claim", "jobs", "publish_subscribe"])
        for name in NAMES if HAS_FLASH else ["publish_subscribe"]:
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
