# SPDX-License-Identifier: MIT
"""iot-local run -- CMD: one line for CI. The exit code is CMD's, and nothing is left: no process, no file."""
import json
import os
import pathlib
import pty
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import unittest

from harness import AWS, BLINK, ENVIRONMENT, IOT_LOCAL, wait_for

CLEAN = {name: value for name, value in ENVIRONMENT.items() if not name.startswith(("IOT_LOCAL_", "AWS_"))}


def processes_with(word):
    """Who has this word in its environment or its command line, zombies left out."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            text = (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if word.encode() in text and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found


class Run(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="iot-run-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.tmp = self.folder / "tmp"
        self.tmp.mkdir()
        self.environment = dict(CLEAN, TMPDIR=str(self.tmp), PATH=f"{CLEAN['PATH']}:{BLINK.parent}")
        self.addCleanup(self.assert_nothing_is_left)

    def assert_nothing_is_left(self):
        wait_for(lambda: not processes_with(str(self.tmp)), "every process to be gone")
        self.assertEqual(os.listdir(self.tmp), [])

    def start(self, *words, **kwargs):
        kwargs.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.Popen([str(IOT_LOCAL), "run", *map(str, words)], env=dict(self.environment, **kwargs.pop("env", {})), text=True,
                                cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **kwargs)

    def run_all(self, *words, code=0, **kwargs):
        child = self.start(*words, **kwargs)
        out, _ = child.communicate(timeout=60)
        self.assertEqual(child.returncode, code, out)
        return out

    def shell(self, line, code=0, **kwargs):
        return self.run_all("--", "sh", "-c", line, code=code, **kwargs)

    def started(self, line, *options):
        """A command that has said "here"."""
        child = self.start(*options, "--", "sh", "-c", line)
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.kill)
        self.assertEqual(child.stdout.readline(), "here\n")
        return child

    def test_a_device_program_in_one_line(self):
        (self.folder / "blink.json").write_text('{"action":"blink","count":2,"onTime":50,"offTime":50}')
        said = self.shell("iot-local thing lamp --out lamp && { blink lamp & iot-local job run --thing lamp --document blink.json; }")
        self.assertEqual(said.count("GPIO 2 -> 1"), 2)
        self.assertTrue("lamp                 SUCCEEDED" in said and "COMPLETED" in said, said)
        shutil.rmtree(self.folder / "lamp")
        self.assertIn("must be 1 to 1000", self.shell(
            "iot-local thing lamp --out lamp && echo '{\"action\":\"blink\",\"count\":0}' > bad.json && "
            "{ blink lamp & iot-local job run --thing lamp --document bad.json; }", code=1))

    def test_environment(self):
        line = f'{AWS} --endpoint-url "$AWS_ENDPOINT_URL" iot create-thing --thing-name lamp && iot-local status --json'
        said = self.shell(line, env={"IOT_LOCAL_DATA": "/nonexistent", "IOT_LOCAL_HTTP_PORT": "1", "AWS_PROFILE": "work"})
        status = json.loads(said[said.index('{\n  "version"'):])
        self.assertEqual((status["state"], status["things"]), ("running", 1))
        self.assertTrue(status["data"].startswith(str(self.tmp)))

    def test_exit_codes_are_those_of_a_shell(self):
        self.shell("exit 7", code=7)
        self.shell("kill -TERM $$", code=128 + signal.SIGTERM)
        self.shell("kill -KILL $$", code=128 + signal.SIGKILL)
        self.assertIn("no-such-program: No such file", self.run_all("--", "no-such-program", code=127))
        self.assertIn("Permission denied", self.run_all("--", self.folder, code=126))
        self.assertIn("the command is missing", self.run_all(code=2))
        self.assertIn("the command is missing", self.run_all("--", code=2))
        self.assertIn("--nonsense", self.run_all("--nonsense", "--", "true", code=2))
        self.assertIn("--detach", self.run_all("--detach", "--", "true", code=2))

    def test_start_that_fails(self):
        self.assertIn("there is no such program", self.run_all("--mosquitto", "/nonexistent", "--", "echo", "ran", code=1))
        broken = self.folder / "broken"
        broken.write_text("#!/bin/sh\nexit 9\n")
        broken.chmod(0o755)
        said = self.run_all("--mosquitto", broken, "--", "echo", "ran", code=1)
        self.assertIn("mosquitto ended with code 9", said)
        self.assertNotIn("ran", said)

    def test_input_and_output_are_the_commands(self):
        done = subprocess.run([IOT_LOCAL, "run", "--", "sh", "-c", "cat; echo error >&2"], input="hello", env=self.environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "hello", "error\n"))
        done = subprocess.run(["sh", "-c", f"{IOT_LOCAL} run -- cat <&-"], env=self.environment, timeout=60)
        self.assertEqual(done.returncode, 0)

    def test_what_the_command_leaves_running_is_ended(self):
        """A child in its session, one that has lost its parent, one that does not hear SIGTERM."""
        begin = time.monotonic()
        self.shell("setsid sleep 301 & (sleep 302 & sleep 303 &) ; exit 5", code=5)
        self.assertLess(time.monotonic() - begin, 5)
        self.shell("(trap '' TERM; sleep 304; sleep 305) & exit 0")

    def test_signals_go_to_the_command(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            child = self.started(f"trap 'echo heard; exit 9' {number.name[3:]}; echo here; while :; do sleep 0.05; done")
            child.send_signal(number)
            out, _ = child.communicate(timeout=60)
            self.assertEqual((child.returncode, out), (9, "heard\n"))
        child = self.started("echo here; exec sleep 300")
        child.send_signal(signal.SIGTERM)
        self.assertEqual(child.wait(timeout=60), 128 + signal.SIGTERM)

    def test_a_terminal_that_is_gone(self):
        """The kernel tells the session's leader alone."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(IOT_LOCAL, [IOT_LOCAL, "run", "--", "sh", "-c", "trap 'exit 9' HUP; echo here; while :; do sleep 0.05; done"],
                      self.environment)
        said = b""
        while b"here" not in said:
            said += os.read(terminal, 1000)
        os.close(terminal)
        try:
            ended = wait_for(lambda: [status for number, status in [os.waitpid(pid, os.WNOHANG)] if number], "the end")
        except AssertionError:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise
        self.assertEqual(os.waitstatus_to_exitcode(ended[0]), 9)

    @unittest.skipUnless(os.geteuid() == 0, "takes root, to become somebody else")
    def test_what_may_not_be_ended_is_named(self):
        """A program that has changed its user, as sudo does, and a user who may not signal it."""
        line = "setpriv --reuid 65534 sh -c 'echo $$; exec sleep 306' > left 2>&1 & until [ -s left ]; do sleep 0.02; done"
        child = subprocess.Popen(["setpriv", "--bounding-set", "-kill", "--inh-caps", "-kill", IOT_LOCAL, "run", "--", "sh", "-c", line],
                                 cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            out, _ = child.communicate(timeout=60)
        finally:
            sleeper = int((self.folder / "left").read_text())
            os.kill(sleeper, signal.SIGKILL)
        self.assertEqual(child.returncode, 0, out)
        self.assertIn(f"process {sleeper} of the command is left: it may not be ended by this user", out)

    def test_interrupted_before_it_is_ready(self):
        sleeper = self.folder / "sleeper"
        sleeper.write_text("#!/bin/sh\nexec sleep 300\n")
        sleeper.chmod(0o755)
        child = self.start("--mosquitto", sleeper, "--", "echo", "ran")
        wait_for(lambda: list(self.tmp.glob("*/mosquitto.conf")), "the start")
        child.send_signal(signal.SIGINT)
        out, _ = child.communicate(timeout=60)
        self.assertEqual((child.returncode, out), (128 + signal.SIGINT, ""))

    def test_killed_with_nobody_to_clean_up(self):
        """The command and the daemon end, and the daemon removes the directory."""
        child = self.started("echo here; exec sleep 300")
        child.kill()
        child.wait(timeout=60)
        self.assert_nothing_is_left()

    def test_daemon_that_crashes(self):
        self.assertIn("was ended by signal 9", self.shell("kill -9 $(cat $IOT_LOCAL_DATA/lock); sleep 0.3", code=1))
        self.assertIn("after\n", self.shell("iot-local down >&2; echo after"))

    def test_data_and_log_can_be_kept(self):
        data = self.folder / "kept"
        log = self.folder / "run.log"
        line = "iot-local thing lamp --out lamp; kill -9 $(cat $IOT_LOCAL_DATA/broker.lock); sleep 0.3"
        self.run_all("--data", data, "--log", log, "--", "sh", "-c", line)
        self.assertIn("starting it again", log.read_text())
        self.assertEqual(stat.S_IMODE(log.stat().st_mode), 0o600)
        self.assertTrue((data / "iot.db").exists())
        self.assertEqual(self.run_all("--data", data, "--", "iot-local", "thing", "list"), "lamp\n")

    def test_one_in_another_and_two_beside_each_other(self):
        said = self.run_all("--", IOT_LOCAL, "run", "--", "sh", "-c", "echo $IOT_LOCAL_DATA")
        self.assertTrue(said.startswith(str(self.tmp)))
        both = [self.start("--", "sh", "-c", "sleep 0.5; iot-local thing list") for _ in range(2)]
        for child in both:
            self.assertEqual(child.communicate(timeout=60)[0], "")
            self.assertEqual(child.returncode, 0)

    def test_long_temporary_directory(self):
        """A Unix socket's path has 107 bytes: then it is /tmp."""
        long = self.tmp / ("x" * 90)
        long.mkdir()
        said = self.run_all("--", "sh", "-c", "echo $IOT_LOCAL_DATA", env={"TMPDIR": str(long)})
        self.assertTrue(said.startswith("/tmp/iot-local-run-"))
        self.assertFalse(pathlib.Path(said.strip()).exists())
        long.rmdir()


if __name__ == "__main__":
    unittest.main()
