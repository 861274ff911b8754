# SPDX-License-Identifier: MIT
"""The README's program compiles and its commands run as they stand (only the default ports are replaced by free ones;
R-61)."""
import pathlib
import re
import subprocess
import tempfile
import unittest

from harness import AWS, ENVIRONMENT, ROOT, Process, free_port, wait_for

README = (ROOT / "README.md").read_text()
HOST = ROOT / "build" / "host"


def blocks(language):
    return re.findall(r"^```" + language + r"\n(.*?)^```", README, re.M | re.S)


class Readme(unittest.TestCase):
    def setUp(self):
        self.commands = [line for block in blocks("sh") for line in block.splitlines() if line.strip()]

    def test_program_has_about_30_lines_and_compiles_without_a_warning(self):
        program = blocks("c")[0]
        self.assertLessEqual(program.count("\n"), 32)
        done = subprocess.run(["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c", "-",
                               "-I", ROOT / "include", "-I", ROOT / "examples", "-I", ROOT / "ports/linux", "-I", ROOT],
                              input=program, text=True, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_demo_prints_what_the_readme_shows(self):
        def shape(text):
            """The lines, without what differs from run to run: numbers, names of temporary files, hashes."""
            text = re.sub(r"/\S*/tmp\.\w+", "TMP", text)
            text = re.sub(r"blink_[\w-]+,", "blink_ID,", text)  # the board's own number
            return sorted(re.sub(r"[0-9]+", "0", line).strip() for line in text.splitlines() if line.strip())

        shown = re.search(r"make demo\n```\n\n```\n(.*?)^```", README, re.M | re.S).group(1)
        done = subprocess.run([ROOT / "tools" / "demo"], env=ENVIRONMENT, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(shape(done.stdout), shape(shown))

    def test_make_targets_exist(self):
        targets = {c.split()[1] for c in self.commands if c.startswith("make ")}
        self.assertLessEqual({"demo", "test", "build"}, targets)
        for target in targets:
            subprocess.run(["make", "-n", target], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)

    def test_links_lead_somewhere(self):
        for link in re.findall(r"\]\(([^)#]+)\)", README):
            if not link.startswith("http"):
                self.assertTrue((ROOT / link).exists(), link)

    def test_table_of_the_original_library(self):
        """What is called there works or answers, and what is not there is not there."""
        headers = {file.name: file.read_text() for file in (ROOT / "include").glob("*.h")}
        code = "".join(headers.values())
        said = "".join(file.read_text() for file in (ROOT / "device" / "api").glob("*.c"))
        rows = re.findall(r"^\| (.*?) \| (.*?) \|$", README[README.index("| what they use | today |"):], re.M)[1:]
        self.assertGreaterEqual(len(rows), 6)
        for left, right in rows:
            missing = re.findall(r"\(but `(\w+)`\)", left)
            for name in re.findall(r"`([\w.]+)`", left):
                is_there = name in headers or bool(re.search(rf"\b{name}\b", code))
                self.assertEqual(is_there, name not in missing and not right.startswith("not there"), name)
            for line in re.findall(r"`\S+: (fleet [^`]+)`", right):
                self.assertIn(line, said)

    def test_commands_by_hand(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "build").mkdir()
            (folder / "build" / "host").symlink_to(HOST)
            http_port, mqtt_port = free_port(), free_port()
            environment = dict(ENVIRONMENT)
            done = 0
            for command in self.commands:
                if command.startswith("make "):
                    continue
                done += 1
                words = command.replace("127.0.0.1:8090", f"127.0.0.1:{http_port}").split()
                if " up " in command:
                    words += ["--http-port", str(http_port), "--mqtt-port", str(mqtt_port)]
                    cloud = Process(words, cwd=folder, env=environment)
                    self.addCleanup(cloud.stop)
                    wait_for(lambda: (folder / "iot-data" / "status.json").exists(), "iot-local up")
                elif words[0].endswith("/blink"):
                    device = Process(words, cwd=folder, env=environment)
                    self.addCleanup(device.stop)
                    device.wait_line("connected to ")
                else:
                    line = " ".join(words).replace("aws ", f"{AWS} ", 1) if words[0] == "aws" else " ".join(words)
                    result = subprocess.run(["bash", "-ec", line], cwd=folder, env=environment, text=True,
                                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
                    self.assertEqual(result.returncode, 0, f"{command}\n{result.stdout}")
            self.assertGreaterEqual(done, 7)
            device.wait_line("GPIO 2 -> 1")


if __name__ == "__main__":
    unittest.main()
