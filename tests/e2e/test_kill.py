# SPDX-License-Identifier: MIT
"""G1, G2, G3 on the real thing (R-03, R-05, R-08, R-13): devices, broker and daemon are killed at random moments while jobs
run. Each start of a handler and each confirmed final status stands in a file of the device; in the end that file and what
the operator sees must agree.

SEED=N replays a schedule of kills and jobs. DEVICE_JOBS_LONG=1 plays 500 jobs instead of 70."""
import collections
import http.client
import os
import random
import signal
import threading
import time
import unittest

import harness
from harness import Cloud, Device

LONG = bool(os.environ.get("DEVICE_JOBS_LONG"))
THINGS = 5
JOBS_EACH = 100 if LONG else 14
KILLS = 500 if LONG else 80
WORK_MS = 300  # at most: long enough that kills meet handlers
VICTIMS = ["device"] * 6 + ["broker", "daemon"]  # the most of them: a device's start is where its promises are kept
PATIENCE = 600 if LONG else 60
MAX_STARTS = {"once": 1, "again": 3, "later": 1}
TERMINAL = {"SUCCEEDED", "FAILED", "REJECTED"}


class Killer(threading.Thread):
    """Kills until it is stopped, by a schedule that follows from the seed alone; counts on the semaphore `done`, so that
    the load goes on between kills and not after them."""

    def __init__(self, test, cloud, folders, seed):
        super().__init__()
        self.test, self.cloud, self.folders = test, cloud, folders
        self.rng = random.Random(seed)
        self.devices = {name: self.boot(name) for name in folders}
        self.killed = collections.Counter()
        self.done = threading.Semaphore(0)
        self.must_stop = threading.Event()
        self.failure = None

    def boot(self, name):
        folder = self.folders[name]
        return Device(self.test, folder, program=harness.BUILD / "tests" / "effects", env={"DEVICE_DIR": str(folder)})

    def kill_device(self, name):
        device = self.devices[name]
        if device.child.poll() is not None:
            raise AssertionError(f"{name} has ended by itself (code {device.child.returncode}):\n{device.tail()}")
        device.kill()
        self.devices[name] = self.boot(name)

    def kill_one(self, victim, name):
        if victim == "device":
            self.kill_device(name)
        elif victim == "broker":
            pid = self.cloud.broker_pid()
            if not pid:
                return  # not up again after the last kill
            os.kill(pid, signal.SIGKILL)
        else:
            self.cloud.process.kill()
            self.cloud.restart()
        self.killed[victim] += 1

    def run(self):
        try:
            while not self.must_stop.is_set():
                wait_s, victim = self.rng.uniform(0.01, 0.2), self.rng.choice(VICTIMS)
                name = self.rng.choice(sorted(self.folders))
                self.must_stop.wait(wait_s)
                self.kill_one(victim, name)
                self.done.release()
        except BaseException as error:  # told to the test, which waits for kills
            self.failure = error

    def wait_kills(self, count):
        for _ in range(count):
            while not self.done.acquire(timeout=0.2):
                if not self.is_alive():
                    raise AssertionError("the killer has ended") from self.failure

    def stop(self):
        """The last kill is one of every device: none waits out a long backoff after that."""
        self.must_stop.set()
        self.join()
        if self.failure:
            raise AssertionError("the killer has ended") from self.failure
        for name in self.folders:
            self.kill_device(name)


class Effects:
    """What the file of a device says."""

    def __init__(self, path):
        self.starts = []  # (job, execution, attempt) in the order of the file
        self.actions = {}
        self.confirmed = {}
        self.after_the_end = []
        for line in path.read_text().splitlines():
            words = line.split()
            if words[0] == "start":
                action, job, execution, attempt = words[1:5]
                self.actions[job] = action
                self.starts.append((job, int(execution), int(attempt)))
                if (job, int(execution)) in self.confirmed:
                    self.after_the_end.append(line)
            else:
                job, execution, _, status = words[1:5]
                self.confirmed[job, int(execution)] = status

    def attempts(self, job):
        return [attempt for name, _, attempt in self.starts if name == job]

    def first_starts(self):
        return list(dict.fromkeys(job for job, _, _ in self.starts))


def job_number(job):
    return int(job.rsplit("-", 1)[1])


class KilledAtRandom(unittest.TestCase):
    maxDiff = None

    def create(self, cloud, job_id, things, document):
        """CreateJob until it is acknowledged; a retry that finds the job there was acknowledged before its answer was lost."""
        deadline = time.monotonic() + 60
        while True:
            try:
                cloud.job(job_id, things, document)
                return
            except (OSError, http.client.HTTPException):
                pass
            except AssertionError as error:
                if "HTTP 409" in str(error):
                    return
                if "HTTP 5" not in str(error):
                    raise
            if time.monotonic() > deadline:
                raise AssertionError(f"{job_id} was never acknowledged")
            time.sleep(0.02)

    def load(self, cloud, killer, names, rng):
        for index in range(JOBS_EACH):
            self.create(cloud, f"job-{index}", names, '{"action":"%s","ms":%d,"end":"%s"}' % (
                rng.choice(["once", "again", "again", "later"]), rng.randrange(WORK_MS), rng.choice(sorted(TERMINAL))))
            killer.wait_kills(1)
        killer.wait_kills(KILLS - JOBS_EACH)

    def wait_all(self, cloud, names):
        """G3: every execution becomes terminal. {(name, job): execution}"""
        executions = {}
        deadline = time.monotonic() + PATIENCE
        for name in names:
            for index in range(JOBS_EACH):
                job = f"job-{index}"
                while True:
                    execution = cloud.execution(name, job)
                    if execution["status"] not in ("QUEUED", "IN_PROGRESS"):
                        break
                    self.assertLess(time.monotonic(), deadline, f"{job} on {name} stays {execution}")
                    time.sleep(0.02)
                executions[name, job] = execution
        return executions

    def check_device(self, name, effects, executions):
        self.assertEqual(effects.after_the_end, [], f"{name}: started although its final status was confirmed")
        for job in effects.first_starts():
            attempts = effects.attempts(job)
            self.assertLessEqual(len(attempts), MAX_STARTS[effects.actions[job]], f"{name} {job}: started {attempts}")
            self.assertLessEqual(max(attempts), MAX_STARTS[effects.actions[job]], f"{name} {job}: started {attempts}")
            self.assertEqual(attempts, sorted(set(attempts)), f"{name} {job}: an attempt twice")
        for (job, number), status in effects.confirmed.items():
            execution = executions[name, job]
            self.assertEqual((number, status, status), (execution["executionNumber"], execution["status"],
                                                        execution["details"].get("end")), f"{name} {job}: confirmed")
        order = [job_number(job) for job in effects.first_starts()]
        self.assertEqual(order, sorted(order), f"{name}: jobs out of order")
        for job in (f"job-{index}" for index in range(JOBS_EACH)):
            self.assertIn(executions[name, job]["status"], TERMINAL, f"{name} {job}")
            if executions[name, job]["status"] == "SUCCEEDED":
                self.assertTrue(effects.attempts(job), f"{name} {job}: SUCCEEDED, and never started")

    def test_no_start_too_many_and_no_confirmed_status_lost(self):
        seed = int(os.environ.get("SEED", random.SystemRandom().randrange(1 << 32)))
        print(f"SEED={seed}", flush=True)
        cloud = Cloud(self)
        folders = {f"worker-{i}": cloud.thing(f"worker-{i}") for i in range(THINGS)}
        killer = Killer(self, cloud, folders, seed)
        for device in killer.devices.values():
            device.wait_connected()
        killer.start()
        try:
            self.load(cloud, killer, list(folders), random.Random(seed + 1))
        finally:
            killer.stop()
        executions = self.wait_all(cloud, list(folders))
        effects = {name: Effects(folder / "effects") for name, folder in folders.items()}
        starts = sum(len(e.starts) for e in effects.values())
        confirmed = sum(len(e.confirmed) for e in effects.values())
        first = sum(len(e.first_starts()) for e in effects.values())
        reasons = collections.Counter(e["details"].get("reason", "-") for e in executions.values())
        print(f"measured: SEED={seed} {len(executions)} jobs, killed {dict(killer.killed)}, {starts} starts of {first} "
              f"jobs, {confirmed} final statuses confirmed; reasons {dict(reasons)}", flush=True)
        for name in folders:
            self.check_device(name, effects[name], executions)
        self.assertGreater(confirmed, len(executions) // 4, "too little happened to prove anything")


if __name__ == "__main__":
    unittest.main()
