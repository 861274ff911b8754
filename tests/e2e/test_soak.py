# SPDX-License-Identifier: MIT
"""Many jobs on one device: no job hangs, no memory is lost (R-02, R-17). What is killed meanwhile: test_kill.py."""
import unittest

import harness
from harness import CloudTest, Device

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


if __name__ == "__main__":
    unittest.main()
