# SPDX-License-Identifier: MIT
"""docs/esp32.md, docs/porting.md and the examples' READMEs: what they name exists, and their commands run as they stand (addresses and default ports
are replaced by loopback and free ones). Commands of ESP-IDF's tools stand in blocks without a language and are not run here. Numbers by which comments
and tests cite docs/protocol.md and docs/requirements.md exist there (R-61)."""
import pathlib
import re
import subprocess
import tempfile
import unittest

from harness import AWS, BLINK, ENVIRONMENT, ROOT, Process, free_port, wait_for

PAGES = [ROOT / "docs" / "esp32.md", ROOT / "docs" / "porting.md", *sorted(ROOT.glob("examples/*/README.md"))]
KCONFIG = (ROOT / "Kconfig").read_text()


def commands(page):
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.M | re.S)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


class Pages(unittest.TestCase):
    def test_links_lead_somewhere(self):
        for page in [*PAGES, *sorted(ROOT.glob("docs/*.md"))]:
            for link in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
                if not link.startswith("http"):
                    self.assertTrue((page.parent / link).exists(), f"{page.name}: {link}")

    def test_files_in_backticks_exist(self):
        for page in PAGES[:2]:
            for path in re.findall(r"`((?:ports|device|tests|examples|docs)/[\w./-]+)`", page.read_text()):
                if "NAME" not in path and not path.startswith("device/") or path.endswith((".h", ".c")):
                    self.assertTrue((ROOT / path).exists(), f"{page.name}: {path}")

    def test_options_have_the_names_and_defaults_of_menuconfig(self):
        defaults = {}
        for block in re.split(r"^\s*config ", KCONFIG, flags=re.M)[1:]:
            found = re.search(r"^\s*default (\d+)$", block, re.M)
            defaults["CONFIG_" + re.match(r"\w+", block).group(0)] = found.group(1) if found else None
        for page in PAGES:
            for name in re.findall(r"CONFIG_DEVICE_JOBS_\w+", page.read_text()):
                self.assertIn(name, defaults, page.name)
        rows = dict(re.findall(r"^\| `(CONFIG_\w+)` \| (\d+) \|", PAGES[0].read_text(), re.M))
        self.assertEqual(rows, {name: value for name, value in defaults.items() if value})


class Numbers(unittest.TestCase):
    """What is cited by number stands in docs/, and what docs/requirements.md names as a test covers it."""

    PROTOCOL = (ROOT / "docs" / "protocol.md").read_text()
    ITEMS = dict(re.findall(r"^\* \*\*(R-\d+)\*\* (.*\n(?:  .*\n)*)", (ROOT / "docs" / "requirements.md").read_text() + "\n", re.M))

    def assert_cited_exists(self, citation, known):
        """Each number in what `citation` finds in our sources is in `known`."""
        count = 0
        for top in ("cloud", "device", "tests"):
            for file in sorted((ROOT / top).rglob("*")):
                if file.suffix not in (".c", ".h", ".py", ".md", ".txt"):
                    continue
                for found in re.finditer(citation, file.read_text(errors="replace")):
                    for number in re.findall(r"[A-Z]?-?\d+(?:\.\d+)?", found.group(1)):
                        self.assertIn(number, known, f"{file.relative_to(ROOT)}: {found.group(0)}")
                        count += 1
        self.assertGreater(count, 20)

    def test_sections_of_the_protocol(self):
        sections = re.findall(r"^##+ (\d+(?:\.\d+)?)\.? ", self.PROTOCOL, re.M)
        self.assertEqual(len(sections), len(set(sections)))
        self.assert_cited_exists(r"docs/protocol\.md\s+(?:\*\s+)?(\d+(?:\.\d+)?(?:(?:,| and| to|,? section)\s+\d+(?:\.\d+)?)*)", sections)

    def test_open_points_of_the_protocol(self):
        section = re.search(r"^## 9\. .*?(?=^## )", self.PROTOCOL, re.M | re.S).group(0)
        self.assert_cited_exists(r"\b(U\d{1,2})\b", re.findall(r"\bU\d+\b", section))

    def test_requirements(self):
        self.assert_cited_exists(r"\b(R-\d+)\b", self.ITEMS)

    def test_tests_of_the_requirements(self):
        for number, item in self.ITEMS.items():
            tests = re.findall(r"`((?:unit|e2e|sim|port|fakes)/[\w/.]+)`", item)
            self.assertTrue(tests or "Open" in item, number)
            for test in tests:
                self.assertIn(number, (ROOT / "tests" / test).read_text(), f"{number}: {test}")


class Steps(unittest.TestCase):
    """The ten steps, with the host build's blink program in the board's place."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "build").symlink_to(ROOT / "build")
        (self.folder / "examples" / "01_blink").mkdir(parents=True)
        self.http_port, self.mqtt_port = free_port(), free_port()
        self.environment = dict(ENVIRONMENT)

    def run_line(self, line):
        for there, here in (("0.0.0.0", "127.0.0.1"), ("192.168.1.10", "127.0.0.1"), (":8090", f":{self.http_port}")):
            line = line.replace(there, here)
        if line.startswith("aws "):
            line = AWS + line[3:]
        if " up " in line:
            cloud = Process([*line.split(), "--http-port", self.http_port, "--mqtt-port", self.mqtt_port],
                            cwd=self.folder, env=self.environment)
            self.addCleanup(cloud.stop)
            wait_for(lambda: (self.folder / "iot-data" / "status.json").exists(), "iot-local up")
            return ""
        done = subprocess.run(["bash", "-ec", line], cwd=self.folder, env=self.environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        self.assertEqual(done.returncode, 0, f"{line}\n{done.stdout}")
        return done.stdout

    def start_device(self):
        device = Process([BLINK, self.folder / "examples" / "01_blink" / "device"], env=self.environment)
        self.addCleanup(device.stop)
        return device

    def test_from_a_board_to_the_first_job(self):
        lines = commands(PAGES[0])
        self.assertGreaterEqual(len(lines), 8)
        answer, device = "", None
        for line in lines:
            if line.startswith("make "):
                subprocess.run(["make", "-n", *line.split()[1:]], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
                continue
            if " create-job " in line:
                device = self.start_device()
                device.wait_line("connected to ")
            answer = self.run_line(line)
            if " create-job " in line:
                device.wait_line("SUCCEEDED")
        self.assertIn('"blink-1"', answer)
        self.assertEqual((self.folder / "examples/01_blink/device/wifi_ssid").read_text(), "my network\n")
        self.assertEqual(sum("GPIO 2 -> 1" in line for line in device.lines), 3)

    def test_operators_commands_of_the_example(self):
        self.run_line(commands(PAGES[0])[1])  # iot-local up
        self.run_line(commands(PAGES[0])[2])  # iot-local thing
        for line in commands(ROOT / "examples" / "01_blink" / "README.md"):
            answer = self.run_line(line.replace("aws ", f"aws --endpoint-url http://127.0.0.1:{self.http_port} ", 1))
        self.assertIn('"QUEUED"', answer)

    def test_world_of_the_port_suite(self):
        for line in commands(PAGES[1]):
            if "port_world" in line:
                self.run_line(line.replace("build/world", "world"))
        self.assertTrue((self.folder / "world" / "forbidden_filter").exists())


class Wifi(unittest.TestCase):
    """wifi_ssid and wifi_password of the device's folder: optional, one line, blanks inside are good."""

    def load(self, files):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            base = {"host": "h\n", "port": "8883\n", "thing_name": "t\n", "root_ca.pem": "r", "certificate.pem": "c",
                    "private_key.pem": "k"}
            for name, text in {**base, **files}.items():
                (folder / name).write_text(text)
            (folder / "main.c").write_text(
                '#include "common/device_config.h"\n#include <stdio.h>\n'
                "bool util_parseUint32(const char *s, uint32_t *v) { *v = (uint32_t)atoi(s); return true; }\n"
                "int main(void) { static systemInitConfig_st c; if (!device_config_load(&c)) return 1;\n"
                '    printf("[%s][%s]", c.pWifiSsidStr, c.pWifiPwdStr); }\n')
            subprocess.run(["gcc", "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Werror", "-I", ROOT / "examples", "-I", ROOT / "include",
                            "-I", ROOT / "ports/linux", folder / "main.c", "-o", folder / "main"], check=True)
            done = subprocess.run([folder / "main"], env=dict(ENVIRONMENT, DEVICE_DIR=str(folder)), text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            return done.returncode, done.stdout, done.stderr

    def test_no_files(self):
        self.assertEqual(self.load({})[:2], (0, "[][]"))

    def test_blanks_inside(self):
        self.assertEqual(self.load({"wifi_ssid": " my network \n", "wifi_password": "a b\r\n"})[:2], (0, "[my network][a b]"))

    def test_too_long_or_two_lines(self):
        for files in ({"wifi_ssid": "x" * 33}, {"wifi_password": "x" * 65}, {"wifi_ssid": "one\ntwo\n"}):
            code, _, errors = self.load(files)
            self.assertEqual(code, 1)
            self.assertIn(next(iter(files)), errors)


if __name__ == "__main__":
    unittest.main()
