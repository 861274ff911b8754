# SPDX-License-Identifier: MIT
"""device-run, which stands in for the reset of a board; and the restart as a job with real processes: one restart per
execution, also when the device is killed at random moments (R-03, R-04)."""
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time
import unittest

import harness
from harness import CloudTest, Process, wait_for

DEVICE_RUN = harness.BUILD / "ports" / "linux" / "device-run"
STUCK = harness.BUILD / "tests" / "stuck"
RESTART = harness.BUILD / "examples" / "02_restart" / "restart"
WAITS_FOR_SIGNAL = """
import os, signal, sys
signals = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT}
signal.pthread_sigmask(signal.SIG_BLOCK, signals)
print("ready", os.getpid(), flush=True)
print("got", signal.sigwait(signals).name, flush=True)
sys.exit(int(sys.argv[1]))
"""


def is_running(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def child_of(pid):
    """The one child of a process, or None."""
    try:
        return int(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
    except (OSError, IndexError):
        return None


class Supervisor(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="device-run-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def start(self, *arguments):
        process = Process([DEVICE_RUN, *arguments], env=harness.ENVIRONMENT, cwd=self.folder)
        self.addCleanup(lambda: process.child.poll() is None and process.kill())
        return process

    def run_shell(self, script, *options):
        process = self.start(*options, "sh", "-c", f"echo run >> runs; {script}")
        return process, process.wait_end()

    def wait_ready(self, process):
        pid = int(process.wait_line(r"ready (\d+)").group(1))
        self.addCleanup(lambda: is_running(pid) and os.kill(pid, signal.SIGKILL))
        return pid

    def runs(self):
        return len((self.folder / "runs").read_text().splitlines())

    def test_exit_code_86_starts_it_again(self):
        process, code = self.run_shell("[ $(wc -l < runs) -ge 4 ] && exit 5; exit 86")
        self.assertEqual((code, self.runs()), (5, 4))
        self.assertEqual(process.tail().count("sh asks for a restart"), 3)

    def test_other_codes_pass_through(self):
        for expected in (0, 1, 2, 85, 87, 255):
            (self.folder / "runs").unlink(missing_ok=True)
            _, code = self.run_shell(f"exit {expected}")
            self.assertEqual((code, self.runs()), (expected, 1))

    def test_a_crash_starts_it_again(self):
        process, code = self.run_shell("[ $(wc -l < runs) -ge 3 ] && exit 0; kill -SEGV $$")
        self.assertEqual((code, self.runs()), (0, 3))
        self.assertIn("sh was ended by signal 11", process.tail())

    def test_end_on_crash(self):
        _, code = self.run_shell("kill -KILL $$", "--end-on-crash")
        self.assertEqual((code, self.runs()), (128 + signal.SIGKILL, 1))
        (self.folder / "runs").unlink()
        _, code = self.run_shell("[ $(wc -l < runs) -ge 2 ] && exit 0; exit 86", "--end-on-crash")
        self.assertEqual((code, self.runs()), (0, 2))

    def test_signals_are_handed_on_and_nothing_is_left(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
            for code, expected in ((3, 3), (86, 0)):  # a restart is not needed any more
                with self.subTest(signal=number.name, code=code):
                    process = self.start(sys.executable, "-c", WAITS_FOR_SIGNAL, code)
                    pid = self.wait_ready(process)
                    process.child.send_signal(number)
                    process.wait_line(f"got {number.name}")
                    self.assertEqual(process.wait_end(), expected)
                    self.assertFalse(is_running(pid))

    def test_it_is_killed_and_the_program_with_it(self):
        process = self.start(sys.executable, "-c", WAITS_FOR_SIGNAL, 0)
        pid = self.wait_ready(process)
        process.child.kill()
        process.child.wait()
        wait_for(lambda: not is_running(pid), "the program to be gone")

    def test_a_crash_loop_is_held_back_and_ends_at_once_on_a_signal(self):
        process = self.start("--max-restarts-per-minute", 3, "sh", "-c", "echo run >> runs; kill -KILL $$")
        process.wait_line(r"3 restarts within a minute: waits \d+ s")
        self.assertEqual(self.runs(), 4)
        self.assertEqual(process.stop(), 0)
        self.assertEqual(self.runs(), 4)

    def test_usage(self):
        process = self.start("--help")
        self.assertEqual(process.wait_end(), 0)
        self.assertIn("usage: device-run", process.tail())
        for bad in ([], ["--nonsense", "true"], ["--max-restarts-per-minute", "0", "true"],
                    ["--max-restarts-per-minute", "1x", "true"], ["--max-restarts-per-minute", "1001", "true"]):
            self.assertEqual(self.start(*bad).wait_end(), 2, bad)
        process = self.start("echo", "--help", "--end-on-crash")  # the program's own
        self.assertEqual(process.wait_end(), 0)
        self.assertEqual(process.lines, ["--help --end-on-crash"])

    def test_what_cannot_be_run(self):
        process = self.start("./nothing-here")
        self.assertEqual(process.wait_end(), 127)
        self.assertIn("cannot run ./nothing-here", process.tail())
        self.assertEqual(self.start("/").wait_end(), 126)


class SupervisedDevice(CloudTest):
    """A device under device-run."""

    def setUp(self):
        super().setUp()
        folder = self.cloud.thing("worker")
        self.device = Process([DEVICE_RUN, "--max-restarts-per-minute", 1000, self.PROGRAM, folder],
                              env=dict(harness.ENVIRONMENT, DEVICE_STATE_DIR=str(folder / "state")))
        self.addCleanup(self.end_device)
        self.device.wait_line("connected to ")

    def end_device(self):
        code = self.device.stop()
        # 143: it had just been started, and had not got as far as to take the signal
        self.assertIn(code, (0, 128 + signal.SIGTERM), "the device did not end cleanly:\n" + self.device.tail())

    def counted(self, pattern):
        return sum(pattern in line for line in list(self.device.lines))


class StuckHandlers(SupervisedDevice):
    PROGRAM = STUCK

    def test_deadlines_free_the_queue(self):
        """R-01, step 8: a report that never comes, and a handler that never returns, for which the device has to restart."""
        for job_id, action in (("a", "silent"), ("b", "hang"), ("c", "count"), ("d", "silent"), ("e", "count")):
            self.cloud.job(job_id, "worker", '{"action":"%s"}' % action)
        self.cloud.wait_status("worker", "e", "SUCCEEDED", patience=60)
        self.cloud.wait_status("worker", "c", "SUCCEEDED")
        for job_id, message in (("a", "no final status in time"), ("b", "the handler did not return in time"),
                                ("d", "no final status in time")):
            execution = self.cloud.execution("worker", job_id)
            self.assertEqual((execution["status"], execution["details"]), (
                "FAILED", {"state": "failed", "attempt": "1", "reason": "DEADLINE", "message": message}))
        self.assertEqual(self.counted("asks for a restart"), 1)


class RestartJob(SupervisedDevice):
    PROGRAM = RESTART
    KILLS = 16

    def test_succeeded_after_exactly_one_restart(self):
        for index in (1, 2):
            self.cloud.job(f"restart-{index}", "worker", '{"action":"restart"}')
            execution = self.cloud.wait_status("worker", f"restart-{index}", "SUCCEEDED")
            self.assertEqual(self.counted("asks for a restart"), index)
            self.assertEqual(execution["details"], {"state": "succeeded", "attempt": "1", "boot": str(index + 1)})
        self.cloud.job("after", "worker", '{"action":"nonsense"}')  # the queue goes on, without a restart
        self.cloud.wait_status("worker", "after", "REJECTED")
        self.assertEqual(self.counted("asks for a restart"), 2)

    def test_created_by_the_aws_cli(self):
        self.cloud.aws("iot", "create-job", "--job-id", "restart-1", "--targets",
                       "arn:aws:iot:us-east-1:123456789012:thing/worker", "--document", '{"action":"restart"}')
        self.cloud.wait_status("worker", "restart-1", "SUCCEEDED")
        shown = self.cloud.aws("iot", "describe-job-execution", "--thing-name", "worker", "--job-id", "restart-1")
        self.assertEqual(shown["execution"]["statusDetails"]["detailsMap"]["boot"], "2")
        self.assertEqual(self.counted("asks for a restart"), 1)

    def test_a_handler_that_gives_its_status_and_restarts(self):
        self.cloud.job("save", "worker", '{"action":"power-save"}')
        self.cloud.wait_status("worker", "save", "SUCCEEDED")
        wait_for(lambda: self.counted("asks for a restart") == 1, "the restart")
        self.device.wait_line("starts .* again")
        self.device.wait_line("connected to ")
        self.assertEqual(self.counted("job save: started"), 1)

    def test_killed_at_random_moments_of_the_job(self):
        seed = int(os.environ.get("SEED", random.SystemRandom().randrange(1 << 32)))
        rng = random.Random(seed)
        outcomes = []
        for index in range(self.KILLS):
            before = self.counted("asks for a restart")
            self.cloud.job(f"restart-{index}", "worker", '{"action":"restart"}')
            mark = rng.choice(("", f"job restart-{index}: started", f"job restart-{index}: SUCCEEDED"))
            wait_for(lambda: self.counted(mark) > 0, mark)
            time.sleep(rng.uniform(0, 0.05))  # the moment is the test, nothing is awaited
            pid = child_of(self.device.child.pid)
            if pid:
                os.kill(pid, signal.SIGKILL)

            def ended():
                execution = self.cloud.execution("worker", f"restart-{index}")
                return execution if execution["status"] not in ("QUEUED", "IN_PROGRESS") else None

            execution = wait_for(ended, f"restart-{index} to end (seed {seed})")
            restarts = self.counted("asks for a restart") - before
            outcomes.append((execution["status"], restarts))
            if execution["status"] == "SUCCEEDED":
                self.assertIn("boot", execution["details"], f"seed {seed}")
                self.assertLessEqual(restarts, 1, f"seed {seed}")
            else:
                self.assertEqual((execution["status"], execution["details"]["reason"], restarts),
                                 ("FAILED", "INTERRUPTED", 0), f"seed {seed}")
            self.assertLessEqual(self.counted(f"job restart-{index}: started"), 1, f"seed {seed}")
        self.cloud.job("after", "worker", '{"action":"nonsense"}')
        self.cloud.wait_status("worker", "after", "REJECTED")
        print(f"seed {seed}: {sorted((o, outcomes.count(o)) for o in set(outcomes))}", flush=True)


if __name__ == "__main__":
    unittest.main()
