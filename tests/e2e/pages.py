# SPDX-License-Identifier: MIT
"""The commands of an example's README, word by word: the lines of its blocks without a language, with the files that its other blocks hold."""
import os
import re
import subprocess

from harness import AWS, BUILD, ENVIRONMENT, ROOT, Cloud, Process


class Page:
    """A page, a service that runs, and a folder in which somebody types what the page says, after `eval "$(iot-local env)"`."""

    def __init__(self, test, path):
        self.test = test
        self.text = path.read_text()
        self.cloud = Cloud(test)
        self.folder = self.cloud.folder
        (self.folder / "examples").symlink_to(ROOT / "examples")
        exports = dict(re.findall(r"^export (\w+)='?([^'\n]*)'?$", self.cloud.cli("env"), re.M))
        self.environment = dict(ENVIRONMENT, **exports)
        self.environment["PATH"] = f"{BUILD / 'cloud'}:{os.path.dirname(AWS)}:{ENVIRONMENT['PATH']}"
        self.said = ""

    def blocks(self, language):
        return [text for name, text in re.findall(r"^```(\w*)\n(.*?)^```$", self.text, re.M | re.S) if name == language]

    def commands(self):
        return [line for block in self.blocks("") for line in block.splitlines() if line.strip()]

    def start(self, line):
        """A program of the build that goes on until the test ends."""
        words = line.replace("build/host/", f"{BUILD}/").split()
        environment = dict(self.environment)
        while "=" in words[0]:
            name, _, value = words.pop(0).partition("=")
            environment[name] = value
        process = Process(words, cwd=self.folder, env=environment)
        self.test.addCleanup(process.stop)
        return process

    def run(self, line):
        done = subprocess.run(["bash", "-ec", line.replace("build/host/", f"{BUILD}/")], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        self.test.assertEqual(done.returncode, 0, f"{line}\n{done.stdout}")
        self.said += done.stdout
        return done.stdout
