# SPDX-License-Identifier: MIT
"""iot-local's own command line against a running daemon; the device is played over HTTP."""
import json
import os
import pty
import stat
import threading
import subprocess
import unittest

from harness import ENVIRONMENT, IOT_LOCAL, CloudTest, SEED_DOCUMENT, wait_for

DATA = "iot-jobs-data"
FILES = ["certificate.pem", "host", "port", "private_key.pem", "root_ca.pem", "thing_name"]


class Cli(CloudTest):
    def setUp(self):
        super().setUp()
        self.document = self.cloud.folder / "document.json"
        self.document.write_text(SEED_DOCUMENT + "\n")

    def fail_cli(self, *arguments, code=1):
        done = self.cloud.cli(*arguments, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stderr

    def update(self, job_id, status, **details):
        code, _, body = self.cloud.request("POST", f"/things/lamp/jobs/{job_id}",
                                           {"status": status, "statusDetails": details}, service=DATA)
        self.assertEqual(code, 200, body)

    def end(self, child):
        if child.poll() is None:
            child.kill()
            child.wait()
        if child.stdout:
            child.stdout.close()

    def started(self, job_id, *arguments):
        """A command in the background; its output and exit code later by .communicate()."""
        child = subprocess.Popen([str(IOT_LOCAL), *map(str, arguments), "--data", str(self.cloud.data)],
                                 env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True)
        self.addCleanup(self.end, child)
        wait_for(lambda: self.cloud.request("GET", f"/things/lamp/jobs/{job_id}")[0] == 200, f"job {job_id}")
        return child

    def test_thing_writes_all_that_a_device_needs(self):
        """R-55: what we create we accept, also when it is done again."""
        folder = self.cloud.folder / "deep" / "lamp"
        said = self.cloud.cli("thing", "lamp", "--out", folder)
        self.assertEqual(sorted(os.listdir(folder)), FILES)
        self.assertEqual(stat.S_IMODE(folder.stat().st_mode), 0o700)
        self.assertEqual(stat.S_IMODE((folder / "private_key.pem").stat().st_mode), 0o600)
        self.assertEqual((folder / "thing_name").read_text().strip(), "lamp")
        self.assertEqual((folder / "host").read_text().strip(), self.cloud.status["endpoint"])
        self.assertEqual((folder / "port").read_text().strip(), str(self.cloud.mqtt_port))
        self.assertEqual((folder / "root_ca.pem").read_text(), (self.cloud.data / "ca.pem").read_text())
        self.assertIn(f"--endpoint-url {self.cloud.http_url}", said)
        verified = subprocess.run(["openssl", "verify", "-CAfile", folder / "root_ca.pem", folder / "certificate.pem"],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(verified.returncode, 0, verified.stdout)
        before = (folder / "certificate.pem").read_text()
        self.assertIn("--force", self.fail_cli("thing", "lamp", "--out", folder))
        self.assertEqual((folder / "certificate.pem").read_text(), before)
        self.cloud.cli("thing", "lamp", "--out", folder, "--force")
        self.cloud.cli("thing", "lamp", "--out", folder, "--force")
        self.assertNotEqual((folder / "certificate.pem").read_text(), before)
        self.assertEqual(sorted(os.listdir(folder)), FILES)
        policy = json.loads(self.cloud.request("GET", "/policies/iot-local-device")[2])
        self.assertIn("${iot:Connection.Thing.ThingName}", policy["policyDocument"])

    def test_thing_that_cannot_be_made(self):
        self.assertIn("'bad name' is not a thing name", self.fail_cli("thing", "bad name", "--out", self.cloud.folder / "x"))
        blocker = self.cloud.folder / "file"
        blocker.write_text("")
        self.assertIn("cannot make the folder", self.fail_cli("thing", "lamp", "--out", blocker / "lamp"))
        self.assertEqual(json.loads(self.cloud.request("GET", "/things")[2])["things"], [])

    def test_document_from_s3(self):
        self.cloud.cli("thing", "lamp", "--out", self.cloud.folder / "lamp")
        said = self.cloud.cli("s3", "put", self.document, "s3://docs/jobs/")
        self.assertIn(f"{self.cloud.http_url}/docs/jobs/document.json", said)
        self.cloud.cli("s3", "put", self.document, "s3://docs/a b")  # the bucket is there already
        self.assertEqual(self.cloud.request("GET", "/docs/a%20b", signed=False)[2].decode(), SEED_DOCUMENT + "\n")
        link = f"{self.cloud.http_url}/docs/jobs/document.json"
        self.cloud.cli("job", "create", "--thing", "lamp", "--document-source", link, "--job-id", "j")
        shown = self.cloud.cli("job", "show", "j")
        self.assertIn(SEED_DOCUMENT, shown)
        self.assertIn(link, shown)
        self.assertRegex(shown, r"lamp, QUEUED since")
        self.assertIn("no such file", self.fail_cli("s3", "put", "/nonexistent", "s3://docs/x").lower())

    def test_job_create_list_cancel(self):
        self.cloud.cli("thing", "lamp", "--out", self.cloud.folder / "lamp")
        self.assertIn("job j created for 1 thing",
                      self.cloud.cli("job", "create", "--thing", "lamp", "--document", self.document, "--job-id", "j",
                                     "--timeout", "9"))
        described = json.loads(self.cloud.request("GET", "/jobs/j")[2])["job"]
        self.assertEqual(described["timeoutConfig"], {"inProgressTimeoutInMinutes": 9})
        self.assertEqual(json.loads(self.cloud.request("GET", "/jobs/j/job-document")[2])["document"],
                         SEED_DOCUMENT + "\n")
        random_id = self.cloud.cli("job", "create", "--thing", "lamp", "--document", self.document).split()[1]
        listed = self.cloud.cli("job", "list")
        self.assertRegex(listed, rf"(?s){random_id} +IN_PROGRESS .*j +IN_PROGRESS ")
        self.assertIn("'j' exists already",
                      self.fail_cli("job", "create", "--thing", "lamp", "--document", self.document, "--job-id", "j"))
        self.cloud.cli("job", "cancel", "j")
        self.assertEqual(self.cloud.execution("lamp", "j")["status"], "CANCELED")
        self.update(random_id, "IN_PROGRESS")
        self.cloud.cli("job", "cancel", random_id, "--force")
        self.assertEqual(self.cloud.execution("lamp", random_id)["status"], "CANCELED")
        self.assertIn("none", self.fail_cli("job", "cancel", "none"))

    def test_document_cannot_steer_the_terminal(self):
        self.cloud.cli("thing", "lamp", "--out", self.cloud.folder / "lamp")
        self.cloud.job("j", "lamp", '{"a":"\u009b2J\x7f"}')  # raw control characters, legal in JSON
        self.assertIn('{"a":"?2J?"}', self.cloud.cli("job", "show", "j"))

    def test_run_shows_the_whole_life(self):
        self.cloud.cli("thing", "lamp", "--out", self.cloud.folder / "lamp")
        child = self.started("j", "job", "run", "--thing", "lamp", "--document", self.document, "--job-id", "j")
        self.update("j", "IN_PROGRESS", state="accepted")
        self.update("j", "IN_PROGRESS", state="running", progress="40")
        wait_for(lambda: child.stdout.readline().endswith("40 %\n"), "the progress to be shown")
        self.update("j", "SUCCEEDED", state="done")
        out, _ = child.communicate(timeout=20)
        self.assertEqual(child.returncode, 0, out)
        self.assertRegex(out, r"lamp +SUCCEEDED +\+\d+\.\d\d s\n")
        self.assertTrue(out.endswith("job j: COMPLETED\n"), out)
        again = self.cloud.cli("job", "watch", "j")  # what is over is shown from its dates
        self.assertRegex(again, r"lamp +queued +20\d\d-.*\nlamp +accepted +\+\d+\.\d\d s\nlamp +SUCCEEDED ")

    def test_watch_of_a_failure(self):
        self.cloud.cli("thing", "lamp", "--out", self.cloud.folder / "lamp")
        child = self.started("j", "job", "create", "--thing", "lamp", "--document", self.document, "--job-id", "j",
                             "--wait")
        self.update("j", "FAILED", reason="NO_LED", message="pin 2 is missing")
        out, _ = child.communicate(timeout=20)
        self.assertEqual(child.returncode, 1, out)
        self.assertRegex(out, r"lamp +FAILED +\+\d+\.\d\d s  NO_LED: pin 2 is missing\n")
        self.assertIn("'none'", self.fail_cli("job", "watch", "none"))

    def test_watch_ends_at_its_time_and_with_the_job(self):
        self.cloud.cli("thing", "lamp", "--out", self.cloud.folder / "lamp")
        self.cloud.job("j", "lamp")
        self.assertIn("has not ended after 1 s", self.fail_cli("job", "watch", "j", "--timeout", "1"))
        child = self.started("j", "job", "watch", "j")
        self.cloud.request("DELETE", "/jobs/j?force=true")
        out, _ = child.communicate(timeout=20)
        self.assertEqual(child.returncode, 1)
        self.assertIn("'j' does not exist", out)

    def test_retry_that_succeeds_counts(self):
        self.cloud.cli("thing", "lamp", "--out", self.cloud.folder / "lamp")
        self.cloud.job("j", "lamp", jobExecutionsRetryConfig={
            "criteriaList": [{"failureType": "FAILED", "numberOfRetries": 1}]})
        self.update("j", "FAILED")
        self.update("j", "SUCCEEDED")
        out = self.cloud.cli("job", "watch", "j")
        self.assertIn("FAILED", out)
        self.assertIn("SUCCEEDED", out)

    def test_progress_bar_on_a_terminal(self):
        self.cloud.cli("thing", "lamp", "--out", self.cloud.folder / "lamp")
        self.cloud.job("j", "lamp")
        ours, theirs = pty.openpty()
        child = subprocess.Popen([str(IOT_LOCAL), "job", "watch", "j", "--data", str(self.cloud.data)],
                                 env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs)
        self.addCleanup(self.end, child)
        os.close(theirs)
        seen = bytearray()

        def read():
            try:
                while True:
                    seen.extend(os.read(ours, 4096))
            except OSError:
                pass

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        self.update("j", "IN_PROGRESS", progress="25")
        wait_for(lambda: b"[#####...............]  25 %" in seen, "a quarter of the bar")
        self.update("j", "IN_PROGRESS", progress="50")
        wait_for(lambda: b"[##########..........]  50 %" in seen, "half of the bar")
        self.assertIn(b"\r\x1b[K", bytes(seen))  # in the same line
        self.update("j", "SUCCEEDED")
        self.assertEqual(child.wait(timeout=20), 0)
        reader.join(timeout=5)
        self.assertRegex(bytes(seen), rb"50 %\r\nlamp +SUCCEEDED")
        os.close(ours)

    def test_stopped_daemon(self):
        self.cloud.process.stop()
        message = self.fail_cli("job", "list")
        self.assertIn(f"no iot-local runs on {self.cloud.data}: start one with 'iot-local up --data {self.cloud.data}'",
                      message)


if __name__ == "__main__":
    unittest.main()
