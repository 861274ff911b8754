#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The firmware of tests/chip as an ESP32-C3 in Espressif's emulator, against iot-local: a job, documents of all sizes, a restart,
power cuts at random moments, a broker and a daemon that are killed; the stacks; and the port suite on the chip, with its brokers
around the emulator.
tools/esp-idf-check runs it when qemu-system-riscv32 is there.

DEVICE_JOBS_BUILD names the host build, DEVICE_JOBS_CHIP_BUILD the command that builds firmware ({project} stands for the project's
folder, {build} for where it goes, {options} for CMake's options), DEVICE_JOBS_QEMU the emulator. SEED=N replays a schedule of power
cuts, KILLS=N makes it longer.
"""
import collections
import os
import pathlib
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import harness  # noqa: E402
from harness import Cloud, wait_for  # noqa: E402

BUILD = ROOT / "build" / "esp-idf" / "emulator"
COMMAND = os.environ.get("DEVICE_JOBS_CHIP_BUILD", "idf.py -C {project} -B {build} -DSDKCONFIG={build}/sdkconfig -DIDF_TARGET=esp32c3 "
                         "{options} build")
QEMU = shlex.split(os.environ.get("DEVICE_JOBS_QEMU", "qemu-system-riscv32"))
HOST = "10.0.2.2"  # what the emulator's network calls this machine's loopback
FLASH_BYTES = 4 * 1024 * 1024
THING = "chip"
KILLS = int(os.environ.get("KILLS", 60))
LONGEST_LIFE_S = 6.0  # a boot connects after about 2
WORK_MS = 1500
PATIENCE = 60
MAX_STARTS = {"once": 1, "again": 3, "later": 1}
ENDS = ["SUCCEEDED", "FAILED", "REJECTED"]
LEAST_FREE_STACK = 256
LARGEST_DOCUMENT = 4095  # CONFIG_DEVICE_JOBS_DOCUMENT_SIZE, and esp-mqtt gives it to us in pieces of less than 1024
LIMIT_OF_SERVICE = 32768
NOT_WHOLE = ("INVALID_DOCUMENT", "NO_ACTION", "AMBIGUOUS_KEY", "UNKNOWN_ACTION", "DOCUMENT_TOO_LARGE")
SIZES = (0, 0, 0, 4000, 0, 1500, 0, 6000)  # of the documents while power is cut


def merge(build, image):
    """The flash as the factory writes it."""
    flash = bytearray(b"\xff" * FLASH_BYTES)
    for line in (build / "flash_args").read_text().splitlines():
        found = re.fullmatch(r"(0x[0-9a-f]+) (\S+)", line.strip())
        if found:
            part = (build / found.group(2)).read_bytes()
            start = int(found.group(1), 16)
            flash[start:start + len(part)] = part
    image.write_bytes(flash)


def build_image(test, project, image, **options):
    build = BUILD / project.name
    build.mkdir(parents=True, exist_ok=True)
    words = " ".join(f"'-D{name}={value}'" for name, value in options.items())
    done = subprocess.run(shlex.split(COMMAND.format(project=project, build=build, options=words)), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    test.assertEqual(done.returncode, 0, done.stdout[-4000:])
    merge(build, image)


class Board:
    """One chip: its flash stays when the power goes, and what it has written on the console stays, too."""

    def __init__(self, test, image, folder):
        self.image, self.console = image, folder / "console"
        self.console.touch()
        self.child = None
        test.addCleanup(self.cut)

    def power(self):
        self.child = subprocess.Popen(
            [*QEMU, "-M", "esp32c3", "-display", "none", "-monitor", "none", "-chardev", f"file,id=console,path={self.console},append=on",
             "-serial", "chardev:console", "-drive", f"file={self.image},if=mtd,format=raw", "-nic", "user,model=open_eth",
             "-global", "driver=timer.esp32c3.timg,property=wdt_disable,value=true"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def cut(self):
        if self.child and self.child.poll() is None:
            self.child.kill()
        if self.child:
            self.child.wait()

    def text(self):
        return re.sub(r"\x1b\[[0-9;]*m", "", self.console.read_text(errors="replace"))

    def count(self, pattern):
        return len(re.findall(pattern, self.text(), re.M))

    def wait(self, pattern, more_than=0):
        try:
            wait_for(lambda: self.count(pattern) > more_than, pattern, PATIENCE)
        except AssertionError as error:
            raise AssertionError(f"{error}\n" + "\n".join(self.text().splitlines()[-40:])) from None


def what_comes_of(document):
    """What the firmware reports of it when it is whole."""
    return f"{len(document)} {zlib.crc32(document.encode()):08x}"


class Effects:
    """What the console says. A cut may tear its last line, which then runs into the next boot's first one."""

    def __init__(self, text):
        self.starts = collections.defaultdict(list)  # job: attempts
        self.actions, self.confirmed, self.after_the_end = {}, {}, []
        for words in (m.split() for m in re.findall(r"effect (.*?)\r?$", text, re.M)):
            if words[:1] == ["start"] and len(words) == 7:
                self.actions[words[2]] = words[1]
                self.starts[words[2]].append(int(words[4]))
                if words[2] in self.confirmed:
                    self.after_the_end.append(words)
            elif words[:1] == ["confirmed"] and len(words) == 5 and words[4] in ENDS:
                self.confirmed[words[1]] = words[4]


class Chip(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.cloud = Cloud(self, arguments=["--name", HOST])
        folder = pathlib.Path(tempfile.mkdtemp(prefix="chip-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        build_image(self, ROOT / "tests" / "chip", folder / "flash", DEVICE_DIR=self.cloud.thing(THING))
        self.board = Board(self, folder / "flash", folder)
        self.board.power()
        self.addCleanup(self.report_memory)

    def report_memory(self):
        """uxTaskGetStackHighWaterMark of each task, and the heap: the worst of all boots."""
        text = self.board.text()
        (BUILD / f"{self._testMethodName}.console").write_text(text)
        free = {}
        for name, left in re.findall(r"^stack (.+) (\d+)\r?$", text, re.M):
            free[name] = min(int(left), free.get(name, 1 << 30))
        heap = [int(n) for n in re.findall(r"^heap \d+ (\d+)\r?$", text, re.M)]
        print(f"measured: {self._testMethodName}: free of each stack {dict(sorted(free.items()))}, of the heap {min(heap, default=None)}",
              flush=True)
        crash = re.search("Guru Meditation.*|abort\\(\\).*|.*stack overflow.*|assert failed.*", text)
        self.assertIsNone(crash)
        for name in ("dj_engine", "dj_worker", "dj_event", "mqtt_task"):
            self.assertGreaterEqual(free.get(name, LEAST_FREE_STACK), LEAST_FREE_STACK, f"the stack of {name}")

    def document(self, action="again", end="SUCCEEDED", work_ms=100, size=0):
        """With a size: so many bytes, with much in it that looks like an end."""
        head = '{"action":"%s","ms":%d,"end":"%s"' % (action, work_ms, end)
        room = size - len(head + ',"pad":""}')
        return head + (',"pad":"%s"}' % (r'\"}{\\][' * (room // 8) + "x" * (room % 8)) if size else "}")

    def test_job(self):
        self.board.wait(f"connected to {HOST}")
        self.cloud.aws("iot", "create-job", "--job-id", "one", "--targets", f"arn:aws:iot:us-east-1:123456789012:thing/{THING}",
                       "--document", self.document())
        execution = self.cloud.wait_status(THING, "one", "SUCCEEDED", PATIENCE)
        self.assertEqual((execution["details"]["end"], execution["details"]["attempt"]), ("SUCCEEDED", "1"))
        self.board.wait("^stack ")

    def test_large_documents(self):
        self.board.wait(f"connected to {HOST}")
        for size in (900, 1100, 4000, LARGEST_DOCUMENT):
            document = self.document(size=size)
            self.cloud.job(f"whole-{size}", THING, document)
            execution = self.cloud.wait_status(THING, f"whole-{size}", "SUCCEEDED", PATIENCE)
            self.assertEqual(execution["details"]["document"], what_comes_of(document))
        for size in (LARGEST_DOCUMENT + 1, 5000, 32000, LIMIT_OF_SERVICE):
            self.cloud.job(f"large-{size}", THING, self.document(size=size))
            execution = self.cloud.wait_status(THING, f"large-{size}", "REJECTED", PATIENCE)
            self.assertEqual((execution["details"]["reason"], execution["details"]["message"]),
                             ("DOCUMENT_TOO_LARGE", f"too large: {size} bytes, limit {LARGEST_DOCUMENT}"))
        self.cloud.job("small", THING, self.document())
        self.cloud.wait_status(THING, "small", "SUCCEEDED", PATIENCE)
        self.assertEqual(self.board.count("effect start"), 5)
        self.assertEqual((self.board.count("^rst:"), self.board.count(f"connected to {HOST}")), (1, 1))
        self.board.wait("^stack ")

    def test_restart_happens_once(self):
        self.board.wait(f"connected to {HOST}")
        boots = self.board.count("^rst:")
        for number in range(3):
            self.cloud.job(f"restart-{number}", THING, '{"action":"restart"}')
            self.cloud.wait_status(THING, f"restart-{number}", "SUCCEEDED", PATIENCE)
        time.sleep(3)
        self.assertEqual(self.board.count("^rst:"), boots + 3)

    def test_broker_and_daemon_are_killed(self):
        connected = f"connected to {HOST}"
        self.board.wait(connected)
        for number, victim in enumerate(["broker", "daemon"] * 3):
            before = self.board.count(connected)
            self.cloud.job(f"job-{number}", THING, self.document(work_ms=1000))
            self.board.wait("effect start", number)
            if victim == "broker":
                os.kill(self.cloud.broker_pid(), signal.SIGKILL)
            else:
                self.cloud.process.kill()
                self.cloud.restart()
            self.board.wait(connected, before)
            self.cloud.wait_status(THING, f"job-{number}", "SUCCEEDED", PATIENCE)
        self.assertEqual(self.board.count("^rst:"), 1)
        self.assertEqual(self.board.count("effect start"), 6)

    def test_power_cuts(self):
        seed = int(os.environ.get("SEED", random.SystemRandom().randrange(1 << 32)))
        print(f"SEED={seed}", flush=True)
        rng = random.Random(seed)
        jobs, documents = [], []
        met = collections.Counter()
        for _ in range(KILLS):
            for _ in range(rng.choice([0, 1, 1, 2])):
                action = rng.choice(["once", "again", "again", "later", "restart"])
                document = '{"action":"restart"}' if action == "restart" else self.document(action, rng.choice(ENDS), rng.randrange(WORK_MS),
                                                                                            SIZES[len(jobs) % len(SIZES)])
                self.cloud.job(f"job-{len(jobs)}", THING, document)
                jobs.append(action)
                documents.append(document)
            time.sleep(rng.uniform(0.2, LONGEST_LIFE_S))
            met[self.cut_met(len(jobs))] += 1
            self.board.cut()
            self.board.power()
        executions = self.wait_all(len(jobs))
        self.check(jobs, executions, met, seed)
        self.check_documents(documents, executions)

    def cut_met(self, count):
        """What the service believes while the power goes."""
        states = [self.cloud.execution(THING, f"job-{number}")["status"] for number in range(max(count - 12, 0), count)]
        return "running" if "IN_PROGRESS" in states else "waiting" if "QUEUED" in states else "idle"

    def wait_all(self, count):
        """G3: every execution ends."""
        deadline = time.monotonic() + PATIENCE + count * 3
        executions = []
        for number in range(count):
            execution = self.cloud.execution(THING, f"job-{number}")
            while execution["status"] in ("QUEUED", "IN_PROGRESS"):
                self.assertLess(time.monotonic(), deadline, f"job-{number} stays {execution}\n" + self.board.text()[-4000:])
                time.sleep(0.05)
                execution = self.cloud.execution(THING, f"job-{number}")
            executions.append(execution)
        return executions

    def check(self, jobs, executions, met, seed):
        effects = Effects(self.board.text())
        reasons = collections.Counter(e["details"].get("reason", e["status"]) for e in executions)
        print(f"measured: SEED={seed} {KILLS} power cuts ({dict(met)}), {len(jobs)} jobs, {sum(map(len, effects.starts.values()))} starts of "
              f"{len(effects.starts)} jobs, {len(effects.confirmed)} confirmed, ends {dict(reasons)}", flush=True)
        self.assertEqual(effects.after_the_end, [], "started after its final status was confirmed")
        for job, attempts in effects.starts.items():
            most = MAX_STARTS[effects.actions[job]]
            self.assertLessEqual(len(attempts), most, f"{job} ({effects.actions[job]}): started {attempts}")
            self.assertEqual(attempts, sorted(set(attempts)), f"{job}: an attempt twice")
            self.assertLessEqual(max(attempts), most, job)
        for job, end in effects.confirmed.items():
            execution = executions[int(job.rsplit("-", 1)[1])]
            self.assertEqual((execution["status"], execution["details"].get("end")), (end, end), f"{job}: confirmed")
        for number, action in enumerate(jobs):
            if action == "restart" and executions[number]["status"] != "SUCCEEDED":
                self.assertEqual(executions[number]["details"].get("reason"), "INTERRUPTED", executions[number])
                self.assertNotIn(f"job-{number}: started", self.board.text(), "a power cut after the start is a restart")
            elif action != "restart" and executions[number]["status"] == "SUCCEEDED":
                self.assertTrue(effects.starts[f"job-{number}"], f"job-{number}: SUCCEEDED, and never started")
        order = [int(job.rsplit("-", 1)[1]) for job in effects.starts if effects.starts[job]]
        self.assertEqual(order, sorted(order), "jobs out of order")

    def check_documents(self, documents, executions):
        sizes = collections.Counter()
        for number, (document, execution) in enumerate(zip(documents, executions)):
            if len(document) > LARGEST_DOCUMENT:
                self.assertEqual((execution["status"], execution["details"].get("reason")), ("REJECTED", "DOCUMENT_TOO_LARGE"), execution)
                self.assertEqual(self.board.count(rf"effect start \w+ job-{number} "), 0, execution)
                continue
            self.assertNotIn(execution["details"].get("reason"), NOT_WHOLE, execution)
            if "document" in execution["details"]:
                self.assertEqual(execution["details"]["document"], what_comes_of(document), execution)
                sizes[len(document) // 1000] += 1
        print(f"measured: documents reported whole, by KB: {dict(sizes)}", flush=True)


class Suite(unittest.TestCase):
    """tests/port on the chip. The emulator has no pins; whose random numbers lack a bit is an old one."""

    NOT_IN_THE_EMULATOR = {"pins", "random bits differ"}

    def test_port_suite(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="chip-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        world = subprocess.Popen([harness.BUILD / "tests" / "port" / "port_world", folder / "world", "sleep", "600"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (world.terminate(), world.wait()))
        wait_for((folder / "world" / "forbidden_filter").exists, "the world")
        project = ROOT / "tests" / "port" / "esp_idf"
        build_image(self, project, folder / "flash", PORT_WORLD=folder / "world",
                    SDKCONFIG_DEFAULTS=f"{project}/sdkconfig.defaults;{project}/sdkconfig.emulator")
        board = Board(self, folder / "flash", folder)
        board.power()
        board.wait(r"^\d+ passed, \d+ failed")
        failed = set(re.findall(r"^FAILED ([^:\r\n]+)", board.text(), re.M))
        passed = re.findall(r"^ok +(.+?)\r?$", board.text(), re.M)
        print(f"measured: {len(passed)} checks of the port suite passed, not {sorted(failed)}", flush=True)
        self.assertEqual(failed - self.NOT_IN_THE_EMULATOR, set())
        self.assertIn("expired certificate is refused", passed)


if __name__ == "__main__":
    unittest.main()
