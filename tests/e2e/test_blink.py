# SPDX-License-Identifier: MIT
"""The seed's job, with real processes: device, mosquitto, iot-local (R-05, R-12, R-13, R-14, R-41)."""
import json
import os
import re
import signal
import unittest

from harness import CloudTest, Device, SEED_DOCUMENT, wait_for

FAST = '{"action":"blink","count":2,"onTime":1,"offTime":1}'


class Blink(CloudTest):
    def setUp(self):
        super().setUp()
        self.folder = self.cloud.thing("lamp")

    def device(self, **kwargs):
        device = Device(self, self.folder, **kwargs)
        device.wait_connected()
        return device

    def test_seed_document_blinks_three_times(self):
        device = self.device()
        self.cloud.job("seed", "lamp", SEED_DOCUMENT)
        device.wait_blinks(3)
        execution = self.cloud.wait_status("lamp", "seed", "SUCCEEDED")
        self.assertEqual(execution["details"]["attempt"], "1")
        self.assertEqual(sum("GPIO 2 -> 1" in line for line in device.lines), 3)

    def test_job_created_before_the_device_starts(self):
        self.cloud.job("early", "lamp", FAST)
        self.assertEqual(self.cloud.execution("lamp", "early")["status"], "QUEUED")
        self.device()
        self.cloud.wait_status("lamp", "early", "SUCCEEDED")

    def test_two_jobs_in_order(self):
        self.cloud.job("first", "lamp", FAST)
        self.cloud.job("second", "lamp", FAST)
        self.device()
        second = self.cloud.wait_status("lamp", "second", "SUCCEEDED")
        first = self.cloud.execution("lamp", "first")
        self.assertEqual(first["status"], "SUCCEEDED")
        self.assertLessEqual(first["lastUpdatedAt"], second["startedAt"])

    def test_every_status_of_the_seed_is_visible(self):
        """Accepted: IN_PROGRESS with state 'accepted' or later; then In Progress; then Successful."""
        device = self.device()
        self.cloud.job("visible", "lamp", SEED_DOCUMENT)
        device.wait_line("GPIO 2 -> 1")
        running = self.cloud.execution("lamp", "visible")
        self.assertEqual(running["status"], "IN_PROGRESS")
        self.assertIn("state", running["details"])
        self.cloud.wait_status("lamp", "visible", "SUCCEEDED")

    def test_broker_killed_and_restarted_between_creation_and_run(self):
        device = self.device()
        pid = self.cloud.broker_pid()
        os.kill(pid, signal.SIGKILL)
        device.wait_line("disconnected")
        self.cloud.job("during", "lamp", FAST)
        wait_for(lambda: self.cloud.broker_pid() not in (None, pid), "mosquitto to be restarted")
        self.cloud.wait_status("lamp", "during", "SUCCEEDED", patience=40)

    def test_broker_killed_while_the_job_runs(self):
        """R-05: the final status arrives after the reconnect, and the handler ran once."""
        device = self.device()
        self.cloud.job("cut", "lamp", SEED_DOCUMENT)
        device.wait_line("GPIO 2 -> 1")
        os.kill(self.cloud.broker_pid(), signal.SIGKILL)
        self.cloud.wait_status("lamp", "cut", "SUCCEEDED", patience=40)
        self.assertEqual(sum("GPIO 2 -> 1" in line for line in device.lines), 3)

    def test_service_killed_while_the_job_runs(self):
        """The service's database is the truth: kill -9 of iot-local loses nothing that was acknowledged."""
        device = self.device()
        self.cloud.job("service-cut", "lamp", SEED_DOCUMENT)
        device.wait_line("GPIO 2 -> 1")
        self.cloud.process.kill()
        self.cloud.restart()
        self.cloud.wait_status("lamp", "service-cut", "SUCCEEDED", patience=40)
        self.assertEqual(sum("GPIO 2 -> 1" in line for line in device.lines), 3)

    def test_device_killed_while_the_job_runs_reports_it_after_the_boot(self):
        """G1 with maxAttempts 1: the interrupted run is not started again, it is FAILED / INTERRUPTED."""
        device = self.device()
        self.cloud.job("power-cut", "lamp", SEED_DOCUMENT)
        device.wait_line("GPIO 2 -> 1")
        device.kill()
        again = self.device()
        execution = self.cloud.wait_status("lamp", "power-cut", "FAILED")
        self.assertEqual(execution["details"]["reason"], "INTERRUPTED")
        self.assertFalse([line for line in again.lines if "GPIO 2 -> 1" in line])

    def rejected(self, job_id, document, status, reason, patience=20.0):
        self.cloud.job(job_id, "lamp", document)
        execution = self.cloud.wait_status("lamp", job_id, status, patience)
        self.assertEqual(execution["details"].get("reason"), reason, execution)
        self.assertTrue(execution["details"].get("message"), execution)
        return execution["details"]["message"]

    def test_unknown_action_is_rejected_after_the_grace_time_and_the_next_job_runs(self):
        self.device()
        self.rejected("unknown", '{"action":"no-such-action"}', "REJECTED", "UNKNOWN_ACTION", patience=30)
        self.cloud.job("after", "lamp", FAST)
        self.cloud.wait_status("lamp", "after", "SUCCEEDED")

    def test_document_without_action_is_rejected(self):
        self.device()
        self.rejected("none", '{"count":3}', "REJECTED", "NO_ACTION")
        self.rejected("empty", '{"action":""}', "REJECTED", "NO_ACTION")
        self.rejected("number", '{"action":7}', "REJECTED", "NO_ACTION")

    def test_document_larger_than_the_limit_is_rejected_with_size_and_limit(self):
        self.device()
        for job_id, size in (("large", 5000), ("huge", 32000)):
            document = '{"action":"blink","count":1,"pad":"%s"}' % ("x" * size)
            message = self.rejected(job_id, document, "REJECTED", "DOCUMENT_TOO_LARGE")
            self.assertEqual(message, f"too large: {len(document)} bytes, limit 4095")
        self.cloud.job("small", "lamp", FAST)
        self.cloud.wait_status("lamp", "small", "SUCCEEDED")

    def test_what_cannot_be_done_is_refused_with_its_cause(self):
        """Nothing is done in place of what was asked for, and no failure without a reason (R-63). Under ASan."""
        device = self.device()
        integer, positive = "is not an integer", "is negative"
        bad = [("count", value, "'count' must be 1 to 1000") for value in (0, 1001, 100000, 4294967295)]
        bad += [(key, value, f"'{key}' must be 1 to 60000 ms") for key in ("onTime", "offTime") for value in (0, 60001)]
        for key in ("count", "onTime", "offTime"):
            bad += [(key, value, f"key '{key}' {why}") for value, why in (
                (-5, positive), (0.5, integer), ("fast", integer), ("5", integer), (True, integer), (None, integer), ([1], integer),
                (4294967296, "is out of range"))]
        for number, (key, value, cause) in enumerate(bad):
            document = {"action": "blink", "count": 1, "onTime": 1, "offTime": 1, key: value}
            self.assertEqual(self.rejected(f"bad-{number}", json.dumps(document), "FAILED", "HANDLER_FAILED"), cause)
        self.assertEqual(self.rejected("no-count", '{"action":"blink"}', "FAILED", "HANDLER_FAILED"), "'count' must be 1 to 1000")
        self.assertIsNone(device.child.poll(), device.tail())
        self.assertFalse([line for line in device.lines if "GPIO" in line])
        self.cloud.job("alive", "lamp", FAST)
        self.assertNotIn("message", self.cloud.wait_status("lamp", "alive", "SUCCEEDED")["details"])

    def test_a_time_of_four_digits_is_kept(self):
        device = self.device()
        self.cloud.job("long", "lamp", '{"action":"blink","count":1,"onTime":1500,"offTime":1}')
        execution = self.cloud.wait_status("lamp", "long", "SUCCEEDED")
        self.assertNotIn("message", execution["details"])
        at = [float(re.search(r"\[ *([\d.]+)\]", line).group(1)) for line in device.lines if "GPIO 2 ->" in line]
        self.assertGreaterEqual(at[1] - at[0], 1.499)

    def test_two_things_are_isolated(self):
        other_folder = self.cloud.thing("other")
        lamp = self.device()
        other = Device(self, other_folder)
        other.wait_connected()
        self.cloud.job("only-lamp", "lamp", FAST)
        self.cloud.wait_status("lamp", "only-lamp", "SUCCEEDED")
        self.cloud.job("both", ["lamp", "other"], FAST)
        self.cloud.wait_status("lamp", "both", "SUCCEEDED")
        self.cloud.wait_status("other", "both", "SUCCEEDED")
        self.assertEqual(sum("GPIO 2 -> 1" in line for line in lamp.lines), 4)
        self.assertEqual(sum("GPIO 2 -> 1" in line for line in other.lines), 2)

    def test_missing_file_of_the_device_folder_is_named(self):
        (self.folder / "private_key.pem").unlink()
        device = Device(self, self.folder)
        self.assertEqual(device.wait_end(), 1)
        self.assertIn("private_key.pem", device.tail())


class Throttled(CloudTest):
    """RequestThrottled is a reason to wait, not to give up (docs/protocol.md 1.8: retry with backoff)."""

    arguments = ("--throttle", "1")

    def test_every_job_ends_though_the_service_throttles(self):
        folder = self.cloud.thing("lamp")
        for index in range(3):
            self.cloud.job(f"job-{index}", "lamp", FAST)
        device = Device(self, folder)
        device.wait_line("RequestThrottled")
        for index in range(3):
            self.cloud.wait_status("lamp", f"job-{index}", "SUCCEEDED", patience=60)
        self.assertEqual(sum("GPIO 2 -> 1" in line for line in device.lines), 6)


if __name__ == "__main__":
    unittest.main()
