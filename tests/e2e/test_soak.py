# SPDX-License-Identifier: MIT
"""Many jobs on one device: no job hangs, no memory is lost (R-02, R-17, R-46), and nothing that was acknowledged is lost
when daemon and broker are killed at random moments."""
import http.client
import os
import random
import signal
import threading
import time
import unittest

import harness
from harness import Cloud, CloudTest, Device

HOST_SOAK = harness.ROOT / "build" / "host" / "tests" / "soak"  # without ASan: its allocator has no mallinfo
# glibc counts as in use what its caches hold, and the heads of further arenas: without both the figure is exact.
EXACT_ALLOCATOR = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0"
                   ":glibc.malloc.arena_max=1"}
JOBS = 1000


class Soak(CloudTest):
    def setUp(self):
        super().setUp()
        self.folder = self.cloud.thing("worker")

    def device(self):
        device = Device(self, self.folder, program=HOST_SOAK, env={"DEVICE_DIR": str(self.folder), **EXACT_ALLOCATOR})
        device.wait_connected()
        return device

    def memory(self, device, name):
        self.cloud.job(name, "worker", '{"action":"memory"}')
        return int(device.wait_line(rf"memory after {name}: (\d+) bytes", patience=60).group(1))

    def test_a_thousand_jobs_back_to_back_lose_no_memory(self):
        device = self.device()
        self.memory(device, "memory-0")  # the first print allocates its buffer
        used = {}
        for index in range(1, JOBS + 1):
            self.cloud.job(f"count-{index}", "worker", '{"action":"count"}')
            if index in (100, JOBS):
                used[index] = self.memory(device, f"memory-{index}")
        self.assertEqual(used[100], used[JOBS])
        self.cloud.wait_status("worker", f"count-{JOBS}", "SUCCEEDED")

    def test_a_thousand_notifications_in_one_burst(self):
        """R-17: the jobs are created while a handler holds the device; each creation sends a notify."""
        device = self.device()
        self.cloud.job("hold", "worker", '{"action":"hold"}')
        device.wait_line("holding")
        for index in range(JOBS):
            self.cloud.job(f"burst-{index}", "worker", '{"action":"count"}')
        (self.folder / "release").write_text("")
        self.cloud.wait_status("worker", f"burst-{JOBS - 1}", "SUCCEEDED", patience=120)
        summaries = self.cloud.cli("job", "list")
        self.assertNotIn("FAILED", summaries)
        for index in (0, JOBS // 2):
            self.assertEqual(self.cloud.execution("worker", f"burst-{index}")["status"], "SUCCEEDED")


class Killed(unittest.TestCase):
    """kill -9 of daemon or broker at random moments during 500 executions."""

    THINGS = 5
    JOBS_EACH = 100
    JOBS_PER_KILL = 5  # at least 20 kills

    def create(self, cloud, job_id, things):
        """CreateJob until it is acknowledged; a retry that finds the job there was acknowledged before its answer was lost."""
        deadline = time.monotonic() + 60
        while True:
            try:
                cloud.job(job_id, things, '{"action":"count"}')
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

    def kill_at_random(self, cloud, rng, stop, kills):
        """Counts on the semaphore `kills`, so that the load goes on between kills and not after them."""
        while not stop.wait(rng.uniform(0.02, 0.5)):
            pid = cloud.broker_pid()
            if rng.random() < 0.5 and pid:
                os.kill(pid, signal.SIGKILL)
                self.killed["broker"] += 1
            else:
                cloud.process.kill()
                cloud.restart()
                self.killed["daemon"] += 1
            kills.release()

    def test_nothing_acknowledged_is_lost(self):
        seed = int(os.environ.get("SEED", random.SystemRandom().randrange(1 << 32)))
        rng = random.Random(seed)
        cloud = Cloud(self)
        names = [f"worker-{i}" for i in range(self.THINGS)]
        for name in names:
            folder = cloud.thing(name)
            Device(self, folder, program=harness.BUILD / "tests" / "soak",
                   env={"DEVICE_DIR": str(folder)}).wait_connected()
        self.killed = {"broker": 0, "daemon": 0}
        stop, kills = threading.Event(), threading.Semaphore(0)
        killer = threading.Thread(target=self.kill_at_random, args=(cloud, rng, stop, kills))
        killer.start()
        try:
            for index in range(self.JOBS_EACH):
                self.create(cloud, f"job-{index}", names)
                if index % self.JOBS_PER_KILL == 0:
                    self.assertTrue(kills.acquire(timeout=60), "the killer has ended")
        finally:
            stop.set()
            killer.join()
        lost = []
        for index in range(self.JOBS_EACH):
            for name in names:
                try:
                    cloud.wait_status(name, f"job-{index}", "SUCCEEDED", patience=180)
                except AssertionError as error:
                    lost.append(str(error))
                    break
            if len(lost) > 3:
                break
        print(f"seed {seed}, killed: {self.killed}", flush=True)
        self.assertFalse(lost, f"seed {seed}")


if __name__ == "__main__":
    unittest.main()
