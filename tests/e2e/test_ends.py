# SPDX-License-Identifier: MIT
"""When a run is over, with real processes: the service ends it while the application works, deadlines, boots; and what goes with it:
resumed and waiting runs, documents read anew, documents without `action` (docs/guarantees.md; include/lib_jobs.h; R-21, R-23)."""
import re
import time
import unittest

import harness
from harness import CloudTest, Device, wait_for

LONG_COUNT = 10
LONG = '{"action":"blink","count":%d,"onTime":150,"offTime":150}' % LONG_COUNT
LEAVING = r"job first: up to \d+ s no job starts before its final report"
SHORT = '{"action":"blink","count":2,"onTime":111,"offTime":111}'


class BlinkingTask(CloudTest):
    """01_blink works in a task of its own, with one copy of id and document."""

    def setUp(self):
        super().setUp()
        self.device = Device(self, self.cloud.thing("lamp"))
        self.device.wait_connected()

    def count(self, text):
        return sum(text in line for line in list(self.device.lines))

    def start_long(self, **options):
        self.cloud.job("first", "lamp", LONG, **options)
        self.device.wait_line("GPIO 2 -> 1")

    def check_next(self, job_id):
        """The next job is performed by its own document, after the first one's work and not in its middle."""
        self.cloud.wait_status("lamp", job_id, "SUCCEEDED")
        wait_for(lambda: self.count("GPIO 2 -> 0") == LONG_COUNT + 2, "all of both:\n" + self.device.tail())
        self.assertEqual(self.count("GPIO 2 -> 1"), LONG_COUNT + 2)
        blinks = [line for line in self.device.lines if re.search(r"blink \d+ times|GPIO 2 -> 1", line)]
        self.assertIn(f"blink {LONG_COUNT} times", blinks[0])
        self.assertIn("blink 2 times", blinks[LONG_COUNT + 1])
        self.assertTrue([line for line in self.device.lines if re.search(LEAVING, line)], self.device.tail())

    def request(self, method, path):
        status, _, body = self.cloud.request(method, path)
        self.assertEqual(status, 200, body)

    def delete_and_make_again(self):
        """Not within the second in which it was made: by queuedAt alone two executions of one id of one second are the same to everybody."""
        queued_s = int(self.cloud.execution("lamp", "first")["queuedAt"])
        wait_for(lambda: int(time.time()) > queued_s, "the next second")
        self.request("DELETE", "/jobs/first?force=true")
        self.cloud.job("first", "lamp", SHORT)

    def test_forced_cancel(self):
        self.start_long()
        self.request("PUT", "/jobs/first/cancel?force=true")
        self.cloud.job("second", "lamp", SHORT)
        self.check_next("second")
        self.assertEqual(self.cloud.execution("lamp", "first")["status"], "CANCELED")

    def test_job_that_was_queued_behind_it(self):
        self.start_long()
        self.cloud.job("second", "lamp", SHORT)
        self.request("PUT", "/jobs/first/cancel?force=true")
        self.check_next("second")

    def test_deleted(self):
        self.start_long()
        self.request("DELETE", "/jobs/first?force=true")
        self.cloud.job("second", "lamp", SHORT)
        self.check_next("second")

    def test_deleted_and_made_again_under_its_id(self):
        self.start_long()
        self.delete_and_make_again()
        self.check_next("first")

    def test_deleted_and_made_again_within_one_second(self):
        """Then id, number and queuedAt are the same; but what was claimed does not become QUEUED again (docs/protocol.md 2.3)."""
        wait_for(lambda: time.time() % 1 < 0.1, "the beginning of a second")
        self.start_long()
        self.request("DELETE", "/jobs/first?force=true")
        self.cloud.job("first", "lamp", SHORT)
        self.check_next("first")

    def test_execution_deleted_and_made_again(self):
        """Twice in the middle of the work: the last one is performed."""
        self.start_long()
        for _ in range(2):
            self.delete_and_make_again()
        self.check_next("first")

    def test_device_restarts_in_the_middle_of_leaving(self):
        """A boot ends the run: nothing of it is waited for."""
        self.start_long()
        self.request("PUT", "/jobs/first/cancel?force=true")
        self.device.wait_line(LEAVING)
        self.device.kill()
        self.cloud.job("second", "lamp", SHORT)
        again = Device(self, self.cloud.folder / "thing-lamp")
        self.cloud.wait_status("lamp", "second", "SUCCEEDED")
        self.assertEqual(sum("GPIO 2 -> 1" in line for line in again.lines), 2)


class TimedOut(CloudTest):
    def test_retry_of_a_run_that_timed_out_in_the_service(self):
        """The retry has the same id; it is performed when the first work has ended, once, and takes no report of it."""
        device = Device(self, self.cloud.thing("lamp"))
        device.wait_connected()
        self.cloud.job("job", "lamp", '{"action":"blink","count":90,"onTime":400,"offTime":300}',
                       timeoutConfig={"inProgressTimeoutInMinutes": 1},
                       jobExecutionsRetryConfig={"criteriaList": [{"failureType": "TIMED_OUT", "numberOfRetries": 1}]})
        device.wait_line("GPIO 2 -> 1")
        device.wait_line("ended or deleted in the service", patience=90)
        self.assertEqual(self.cloud.execution("lamp", "job")["executionNumber"], 2)
        device.wait_line("blink 90 times", patience=40)
        blinks = [line for line in device.lines if re.search("blink 90 times|GPIO 2 -> 1", line)]
        self.assertIn("blink 90 times", blinks[91])  # all of the first one's come before
        self.assertEqual(self.cloud.execution("lamp", "job")["status"], "IN_PROGRESS")


class Handlers(CloudTest):
    """tests/e2e/programs/ends.c"""

    def setUp(self):
        super().setUp()
        self.folder = self.cloud.thing("worker")
        self.device = self.boot()

    def boot(self):
        device = Device(self, self.folder, program=harness.BUILD / "tests" / "ends")
        device.wait_connected()
        return device

    def cancel(self, job_id):
        status, _, body = self.cloud.request("PUT", f"/jobs/{job_id}/cancel?force=true")
        self.assertEqual(status, 200, body)

    def test_report_by_run_behind_the_deadline_does_not_hit_the_retry(self):
        self.cloud.job("job", "worker", '{"action":"overdue"}', jobExecutionsRetryConfig={
            "criteriaList": [{"failureType": "FAILED", "numberOfRetries": 1}]})
        self.device.wait_line("overdue job run 1 ")
        self.device.wait_line("overdue job run 2 ")
        self.device.wait_line("reported run 1: false")
        execution = self.cloud.wait_status("worker", "job", "FAILED")
        self.assertEqual((execution["executionNumber"], execution["details"]["reason"]), (2, "DEADLINE"))

    def test_cancel_after_a_boot_reaches_a_waiting_run(self):
        self.cloud.job("job", "worker", '{"action":"wait"}')
        run = self.device.wait_line(r"wait job run (\d+)").group(1)
        self.cloud.job("steps", "worker", '{"steps":[]}')
        self.device.kill()
        self.device = self.boot()
        self.device.wait_line(rf'waiting job run {run} attempt 1 {{"action":"wait"}}')
        self.cancel("job")
        self.device.wait_line(f"cancelled wait run {run}")
        self.cloud.wait_status("worker", "steps", "SUCCEEDED")  # its return has ended the run

    def test_run_that_was_cancelled_during_the_boot_is_forgotten(self):
        self.cloud.job("job", "worker", '{"action":"wait"}')
        self.device.wait_line("wait job run")
        self.device.kill()
        self.cancel("job")
        self.cloud.job("steps", "worker", '{"steps":[]}')
        self.device = self.boot()
        self.cloud.wait_status("worker", "steps", "SUCCEEDED")
        self.assertFalse([line for line in self.device.lines if re.search("waiting|cancelled", line)])

    def test_waiting_run_is_asked_for_and_reported(self):
        self.cloud.job("job", "worker", '{"action":"wait","finish":true}')
        self.device.wait_line("wait job run")
        self.device.kill()
        self.device = self.boot()
        self.device.wait_line("waiting job run")
        self.assertEqual(self.cloud.wait_status("worker", "job", "SUCCEEDED")["details"]["attempt"], "1")

    def test_resume_handler(self):
        self.cloud.job("job", "worker", '{"action":"resume","n":1}')
        run = self.device.wait_line(r"resume job run (\d+)").group(1)
        self.device.kill()
        self.device = self.boot()
        self.device.wait_line(rf'resumed job run {run} attempt 1 {{"action":"resume","n":1}}')
        self.cloud.wait_status("worker", "job", "SUCCEEDED")
        self.assertEqual(sum("resumed job run" in line for line in self.device.lines), 1)

    def test_document_read_anew(self):
        self.cloud.job("job", "worker", '{"action":"refresh","link":"https://x"}')
        self.device.wait_line(r'fresh job run \d+ attempt 1 {"action":"refresh","link":"https://x"}')
        self.cloud.wait_status("worker", "job", "SUCCEEDED")

    def test_document_without_action(self):
        self.cloud.job("job", "worker", '{"version":"1.0","steps":[{"action":{"name":"a"}}]}')
        self.device.wait_line(r'steps job run \d+ attempt 1 {"version":"1.0","steps"')
        self.cloud.wait_status("worker", "job", "SUCCEEDED")
        self.cloud.job("none", "worker", '{"other":1}')
        self.assertEqual(self.cloud.wait_status("worker", "none", "REJECTED")["details"]["reason"], "NO_ACTION")


if __name__ == "__main__":
    unittest.main()
