# SPDX-License-Identifier: MIT
"""Firmware updates, the service's side: links in job documents (docs/protocol.md 5.5), objects over HTTPS (11), `iot-local ota create`.

The device is played by a small MQTT client and by whoever speaks HTTPS: Python's ssl, curl. R-35, R-36, R-37, as far as they are the service's.
"""
import base64
import hashlib
import http.client
import json
import os
import pathlib
import pty
import re
import ssl
import subprocess
import threading
import unittest
import urllib.parse

from harness import AWS, ENVIRONMENT, IOT_LOCAL, Cloud, CloudTest, free_port, wait_for
from mqtt import Client

ROLE = "arn:aws:iam::123456789012:role/ota"
SMALL_KEYS = "[default]\naws_access_key_id = AKIDUSER\naws_secret_access_key = a-secret-of-a-user\n"


def image_of(size):
    """Bytes that are the same nowhere."""
    return b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(size // 32 + 1))[:size]


class Download:
    """One TLS connection to where a link leads, checked against the local CA and the link's name."""

    def __init__(self, cloud, link, ca=None):
        parts = urllib.parse.urlsplit(link)
        context = ssl.create_default_context(cafile=str(ca or cloud.data / "ca.pem"))
        self.connection = http.client.HTTPSConnection("127.0.0.1", parts.port, context=context, timeout=30)
        self.connection._create_connection = self.connect  # the name of the link, the address of this machine
        self.host, self.connection.host = parts.netloc, parts.hostname
        self.target = parts.path + "?" + parts.query
        self.count = 0

    def connect(self, address, *arguments, **options):
        self.count += 1
        return http.client.socket.create_connection(("127.0.0.1", address[1]), *arguments, **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def ask(self, method="GET", target=None, **headers):
        sent = {"Host": self.host, **{name.replace("_", "-"): value for name, value in headers.items()}}
        self.connection.request(method, target or self.target, headers=sent)
        answer = self.connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


class OtaTest(CloudTest):
    image = image_of(100_000)

    def setUp(self):
        super().setUp()
        self.folder = self.cloud.thing("lamp")
        self.file = self.cloud.folder / "app v1.bin"
        self.file.write_bytes(self.image)

    def store(self, key="a b/app.bin"):
        self.cloud.cli("s3", "put", self.file, "s3://fware/" + key)
        return "https://s3.us-east-1.amazonaws.com/fware/" + urllib.parse.quote(key)

    def ota_job(self, job_id="ota", family="s3-presigned-url-v2", expires=600):
        document = json.dumps({"action": "ota", "url": "${aws:iot:%s:%s}" % (family, self.store())})
        self.cloud.job(job_id, "lamp", document, presignedUrlConfig={"roleArn": ROLE, "expiresInSec": expires})
        return document

    def device(self):
        client = Client(self.cloud.mqtt_port, self.folder, "lamp")
        self.addCleanup(client.drop)
        return client

    def ask(self, client, topic, **members):
        client.publish("$aws/things/lamp/jobs/" + topic, json.dumps(members).encode())
        message = client.receive()
        self.assertTrue(message.topic.endswith("/accepted"), message)
        return json.loads(message.payload)

    def get(self, link, **headers):
        with Download(self.cloud, link) as download:
            return download.ask(**headers)

    def assert_refused(self, link, code, message, status=403):
        got, headers, body = self.get(link)
        self.assertEqual((got, headers["content-type"]), (status, "application/xml"), body)
        self.assertIn(f"<Code>{code}</Code>".encode(), body)
        self.assertIn(message.encode(), body)


class Links(OtaTest):
    def test_every_delivery_over_mqtt_has_a_link_that_works(self):
        client = self.device()
        client.subscribe("$aws/things/lamp/jobs/notify-next")
        self.ota_job()
        links = [json.loads(client.receive().payload)["execution"]["jobDocument"]["url"],
                 self.ask(client, "$next/get")["execution"]["jobDocument"]["url"],
                 self.ask(client, "ota/get")["execution"]["jobDocument"]["url"],
                 self.ask(client, "start-next")["execution"]["jobDocument"]["url"],
                 self.ask(client, "ota/update", status="IN_PROGRESS", includeJobDocument=True)["jobDocument"]["url"]]
        for link in links:
            self.assertTrue(link.startswith(f"https://localhost:{self.cloud.status['https_port']}/fware/a%20b/app.bin?"), link)
            self.assertIn("&X-Amz-Expires=600&", link)
            self.assertEqual(self.get(link)[2], self.image)
        # signed at the delivery: a later one expires later
        wait_for(lambda: self.ask(client, "ota/get")["execution"]["jobDocument"]["url"] != links[-1], "a link of another second")

    def test_over_http_and_never_for_operators(self):
        document = self.ota_job(family="s3-presigned-url")
        code, _, body = self.cloud.request("GET", "/things/lamp/jobs/$next", service="iot-jobs-data")
        self.assertEqual(code, 200, body)
        link = json.loads(json.loads(body)["execution"]["jobDocument"])["url"]
        self.assertEqual(self.get(link)[2], self.image)
        for more in ([], ["--before-substitution"], ["--no-before-substitution"]):
            done = self.cloud.aws("iot", "get-job-document", "--job-id", "ota", *more, check=False)
            if done.returncode == 0:  # older AWS CLIs have no such option
                self.assertEqual(json.loads(done.stdout)["document"], document)
        self.assertEqual(json.loads(self.cloud.request("GET", "/jobs/ota/job-document?beforeSubstitution=true")[2])["document"],
                         document)
        self.assertNotIn("X-Amz", self.cloud.process.tail())

    def test_by_the_aws_cli(self):
        """The commands of the developer guide, unmodified."""
        self.cloud.aws("s3", "mb", "s3://fware")
        self.cloud.aws("s3", "cp", self.file, "s3://fware/app.bin")
        document = self.cloud.folder / "job.json"
        document.write_text('{"action":"ota","url":"${aws:iot:s3-presigned-url-v2:https://s3.us-east-1.amazonaws.com/fware/app.bin}"}')
        self.cloud.aws("iot", "create-job", "--job-id", "ota", "--targets", "arn:aws:iot:us-east-1:123456789012:thing/lamp",
                       "--document", f"file://{document}", "--presigned-url-config", f"roleArn={ROLE},expiresInSec=60")
        job = self.cloud.aws("iot", "describe-job", "--job-id", "ota")["job"]
        self.assertEqual(job["presignedUrlConfig"], {"roleArn": ROLE, "expiresInSec": 60})
        link = self.ask(self.device(), "$next/get")["execution"]["jobDocument"]["url"]
        out = self.cloud.folder / "out"
        done = subprocess.run(["curl", "-sS", "--noproxy", "*", "--cacert", self.cloud.data / "ca.pem", "-o", out, "-w", "%{http_code}", link],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
        self.assertEqual((done.stdout, done.stderr, out.read_bytes()), ("200", "", self.image))
        self.cloud.aws("iot", "update-job", "--job-id", "ota", "--presigned-url-config", f"roleArn={ROLE},expiresInSec=61")
        self.assertIn("X-Amz-Expires=61&", self.ask(self.device(), "$next/get")["execution"]["jobDocument"]["url"])

    def test_changed_links_are_refused(self):
        self.ota_job()
        link = self.ask(self.device(), "$next/get")["execution"]["jobDocument"]["url"]
        mismatch = "SignatureDoesNotMatch", "signature does not match"
        self.assert_refused(link.replace("X-Amz-Expires=600", "X-Amz-Expires=601"), *mismatch)
        self.assert_refused(link.replace("app.bin", "app.bio"), *mismatch)
        self.assert_refused(link + "&x=1", *mismatch)
        self.assert_refused(link[:-1] + ("0" if link[-1] != "0" else "1"), *mismatch)
        self.assert_refused(link.split("?")[0] + "?", "AccessDenied", "Access Denied")
        with Download(self.cloud, link) as download:
            self.assertEqual(download.ask("PUT")[0], 403)
            self.assertEqual(download.ask()[0], 200)

    def test_links_of_users(self):
        """aws s3 presign, in both versions of its signature; without keys only their time is looked at."""
        self.store("app.bin")
        url = f"https://localhost:{self.cloud.status['https_port']}"
        for version in ("s3", "s3v4"):
            config = self.cloud.folder / "config"
            config.write_text(f"[default]\ns3 =\n  signature_version = {version}\n  addressing_style = path\n")

            def presign(seconds):
                return subprocess.run([AWS, "--endpoint-url", url, "s3", "presign", "s3://fware/app.bin", "--expires-in", str(seconds)],
                                      env=dict(ENVIRONMENT, AWS_CONFIG_FILE=str(config)), check=True, stdout=subprocess.PIPE,
                                      text=True).stdout.strip()

            self.assertEqual(self.get(presign(60))[2], self.image)
            short = presign(1)
            wait_for(lambda link=short: self.get(link)[0] == 403, "the link to expire")
            self.assert_refused(short, "AccessDenied", "Request has expired")

    def test_a_restart_keeps_the_key(self):
        port = free_port()
        self.cloud.process.stop()
        self.cloud.arguments = ["--https-port", port]
        self.cloud.restart()
        self.assertEqual(self.cloud.status["https_port"], port)
        self.ota_job()
        link = self.ask(self.device(), "$next/get")["execution"]["jobDocument"]["url"]
        self.cloud.process.kill()
        self.cloud.restart()
        self.assertEqual(self.get(link)[2], self.image)
        # still known as the service's own: another service's would only be asked for its time
        self.assert_refused(link.replace("X-Amz-Expires=600", "X-Amz-Expires=601"), "SignatureDoesNotMatch", "")
        self.assertEqual((self.cloud.data / "link-key").stat().st_mode & 0o777, 0o600)

    def test_a_port_in_use_is_named(self):
        done = subprocess.run([IOT_LOCAL, "up", "--data", self.cloud.folder / "other", "--http-port", "0", "--mqtt-port", "0", "--https-port",
                               str(self.cloud.status["https_port"])], env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("--https-port", done.stdout)


class Names(OtaTest):
    arguments = ("--name", "board.test")

    def test_the_certificate_carries_what_the_link_names(self):
        self.ota_job()
        client = Client(self.cloud.mqtt_port, self.folder, "lamp", host="board.test")
        self.addCleanup(client.drop)
        link = self.ask(client, "$next/get")["execution"]["jobDocument"]["url"]
        self.assertTrue(link.startswith("https://board.test:"), link)
        self.assertEqual(self.get(link)[2], self.image)


class Keys(OtaTest):
    def setUp(self):
        super().setUp()
        self.cloud.process.stop()
        keys = self.cloud.folder / "keys"
        keys.touch(0o600)
        keys.write_text(SMALL_KEYS)
        self.cloud.arguments = ["--credentials", keys]
        self.cloud.start()

    def test_links_of_users_are_verified(self):
        self.store("app.bin")
        config = self.cloud.folder / "config"
        config.write_text("[default]\ns3 =\n  signature_version = s3v4\n  addressing_style = path\n")

        def presign(key, secret):
            return subprocess.run([AWS, "--endpoint-url", f"https://localhost:{self.cloud.status['https_port']}", "s3", "presign", "s3://fware/app.bin"],
                                  env=dict(ENVIRONMENT, AWS_CONFIG_FILE=str(config), AWS_ACCESS_KEY_ID=key, AWS_SECRET_ACCESS_KEY=secret),
                                  check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

        self.assertEqual(self.get(presign("AKIDUSER", "a-secret-of-a-user"))[2], self.image)
        self.assert_refused(presign("AKIDUSER", "another"), "SignatureDoesNotMatch", "")
        self.assert_refused(presign("AKIDOTHER", "another"), "InvalidAccessKeyId", "")
        self.cloud.cli("ota", "create", "--thing", "lamp", "--image", self.file)
        self.assertEqual(self.get(self.ask(self.device(), "$next/get")["execution"]["jobDocument"]["url"])[2], self.image)


class Objects(OtaTest):
    image = image_of(300_001)

    def setUp(self):
        super().setUp()
        self.ota_job()
        self.link = self.ask(self.device(), "$next/get")["execution"]["jobDocument"]["url"]

    def test_ranges_over_one_connection(self):
        step, got, etags = 16384, b"", set()
        with Download(self.cloud, self.link) as download:
            while len(got) < len(self.image):
                end = min(len(got) + step, len(self.image))
                status, headers, body = download.ask(Range=f"bytes={len(got)}-{len(got) + step - 1}")
                self.assertEqual((status, headers["content-range"]), (206, f"bytes {len(got)}-{end - 1}/{len(self.image)}"))
                self.assertEqual(headers["content-length"], str(len(body)))
                etags.add(headers["etag"])
                got += body
            self.assertEqual(download.count, 1)
        self.assertEqual(got, self.image)
        self.assertEqual(etags, {f'"{hashlib.md5(self.image).hexdigest()}"'})

    def test_ranges_that_are_odd(self):
        size = len(self.image)
        with Download(self.cloud, self.link) as download:
            self.assertEqual(download.ask(Range="bytes=-1")[2], self.image[-1:])
            self.assertEqual(download.ask(Range=f"bytes={size - 1}-")[2], self.image[-1:])
            for whole in ("bytes=0-1,5-6", "bytes=5-4", "lines=1-2", "bytes=-"):
                status, headers, body = download.ask(Range=whole)
                self.assertEqual((status, body), (200, self.image), whole)
            for none in (f"bytes={size}-", f"bytes={size + 5}-{size + 9}", "bytes=-0"):
                status, headers, body = download.ask(Range=none)
                self.assertEqual((status, headers["content-range"]), (416, f"bytes */{size}"), none)
                self.assertIn(b"<Code>InvalidRange</Code>", body)
            self.assertEqual(download.count, 1)

    def test_an_object_that_is_replaced_in_between(self):
        with Download(self.cloud, self.link) as download:
            _, headers, first = download.ask(Range="bytes=0-999")
            self.assertEqual(download.ask(Range="bytes=1000-1999", If_Range=headers["etag"])[2], self.image[1000:2000])
            other = image_of(len(self.image) + 77)[77:]
            self.file.write_bytes(other)
            self.store()
            status, _, body = download.ask(Range="bytes=1000-1999", If_Range=headers["etag"])
            self.assertEqual((status, body), (200, other))
            status, changed, body = download.ask(Range="bytes=1000-1999")
            self.assertEqual((status, body), (206, other[1000:2000]))
            self.assertNotEqual(changed["etag"], headers["etag"])
            self.assertEqual(download.ask(Range="bytes=0-9", If_Match=headers["etag"])[0], 412)

    def test_a_gone_object(self):
        self.assertEqual(self.cloud.request("DELETE", "/fware/a%20b/app.bin", service="s3")[0], 204)
        self.assert_refused(self.link, "NoSuchKey", "app.bin", status=404)

    def test_who_speaks_something_else(self):
        port = self.cloud.status["https_port"]
        with http.client.socket.create_connection(("127.0.0.1", port), timeout=30) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            said = b""
            while piece := plain.recv(4096):
                said += piece
            self.assertNotIn(b"HTTP/1.1", said)
        with self.assertRaises(ssl.SSLError):  # of another authority
            with Download(self.cloud, self.link, ca=Cloud(self).data / "ca.pem") as download:
                download.ask()
        self.assertEqual(self.get(self.link)[2], self.image)

    def test_three_hundred_half_open_connections_lock_nobody_out(self):
        port = self.cloud.status["https_port"]
        half_open = [http.client.socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(300)]
        for connection in half_open:
            self.addCleanup(connection.close)
        self.assertEqual(self.get(self.link)[2], self.image)

    def test_many_beside_jobs(self):
        """Devices that download and devices that work do not stand in each other's way."""
        failures = []

        def download():
            try:
                with Download(self.cloud, self.link) as connection:
                    got = b""
                    while len(got) < len(self.image):
                        got += connection.ask(Range=f"bytes={len(got)}-{len(got) + 65535}")[2]
                    assert got == self.image
            except BaseException as error:  # a thread of unittest's loses it
                failures.append(repr(error))

        threads = [threading.Thread(target=download) for _ in range(30)]
        for thread in threads:
            thread.start()
        self.cloud.thing("worker")
        client = Client(self.cloud.mqtt_port, self.cloud.folder / "thing-worker", "worker")
        self.addCleanup(client.drop)
        for number in range(20):
            self.cloud.job(f"w{number}", "worker", "{}")
            client.publish(f"$aws/things/worker/jobs/w{number}/update", b'{"status":"SUCCEEDED"}')
            self.assertTrue(client.receive().topic.endswith("/accepted"))
        for thread in threads:
            thread.join(120)
        self.assertEqual(failures, [])


class Unread(OtaTest):
    image = image_of(8_000_000)  # more than the buffers between two sockets hold

    def test_answers_that_nobody_reads_lock_nobody_out(self):
        """One device with a good link must not keep all others from theirs."""
        self.ota_job()
        link = self.ask(self.device(), "$next/get")["execution"]["jobDocument"]["url"]
        for _ in range(256):  # as many as the port takes
            download = Download(self.cloud, link)
            self.addCleanup(download.connection.close)
            download.connection.request("GET", download.target, headers={"Host": download.host})
            self.assertEqual(download.connection.sock.recv(8), b"HTTP/1.1")
        with Download(self.cloud, link) as download:
            self.assertEqual(download.ask(Range="bytes=0-99999")[2], self.image[:100000])


class OtaCreate(OtaTest):
    def create(self, *arguments, check=True):
        return self.cloud.cli("ota", "create", "--thing", "lamp", "--image", self.file, *arguments, check=check)

    def document(self, client):
        return self.ask(client, "$next/get")["execution"]["jobDocument"]

    def test_all_of_the_document(self):
        key, public, signature = (self.cloud.folder / name for name in ("key.pem", "public.pem", "signature"))
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key], check=True,
                       stderr=subprocess.DEVNULL)
        subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", public], check=True)
        said = self.create("--sign", key, "--version", "1.2.0", "--job-id", "o1", "--expires", "61", "--timeout", "30")
        digest = hashlib.sha256(self.image).hexdigest()
        self.assertIn(f"{len(self.image)} bytes, SHA-256 {digest}, signed", said)
        document = self.document(self.device())
        self.assertEqual(self.get(document.pop("url"))[2], self.image)
        signature.write_bytes(base64.b64decode(document.pop("signature"), validate=True))
        self.assertEqual(document, {"action": "ota", "size": len(self.image), "sha256": digest, "version": "1.2.0"})
        subprocess.run(["openssl", "dgst", "-sha256", "-verify", public, "-signature", signature, self.file], check=True,
                       stdout=subprocess.DEVNULL)
        job = self.cloud.aws("iot", "describe-job", "--job-id", "o1")["job"]
        self.assertEqual(job["presignedUrlConfig"]["expiresInSec"], 61)
        self.assertEqual(job["timeoutConfig"], {"inProgressTimeoutInMinutes": 30})
        self.assertIn("s3-presigned-url-v2:https://s3.us-east-1.amazonaws.com/firmware/" + digest[:16] + "/app%20v1.bin",
                      self.cloud.aws("iot", "get-job-document", "--job-id", "o1")["document"])

    def test_another_image_of_the_same_name_takes_nothing_away(self):
        self.create("--job-id", "o1")
        link = self.document(self.device())["url"]
        self.file.write_bytes(b"x")
        self.create("--job-id", "o2")
        self.assertEqual(self.get(link)[2], self.image)

    def play(self, client, status, **details):
        """Downloads, says so, and ends."""
        execution = wait_for(lambda: self.ask(client, "start-next").get("execution"), "the job")
        job_id, url = execution["jobId"], execution["jobDocument"]["url"]
        self.ask(client, job_id + "/update", status="IN_PROGRESS",
                 statusDetails={"progress": "40", "phase": "downloading", "bytes": "40960", "rate": "2097152"})
        self.assertEqual(self.get(url)[2], self.image)
        yield
        self.ask(client, job_id + "/update", status=status, statusDetails=details)

    def start(self, *arguments, stdout):
        child = subprocess.Popen([str(IOT_LOCAL), "ota", "create", "--thing", "lamp", "--image", str(self.file), "--wait", *arguments,
                                  "--data", str(self.cloud.data)], env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=stdout,
                                 stderr=subprocess.STDOUT)
        self.addCleanup(self.end, child)
        return child

    def end(self, child):
        if child.poll() is None:
            child.kill()
            child.wait()

    def watch(self, status, **details):
        """Exit code and output of `ota create --wait`, without a terminal."""
        client = self.device()
        log = self.cloud.folder / "watched"
        with log.open("wb") as out:
            child = self.start(stdout=out)
            steps = self.play(client, status, **details)
            next(steps)
            wait_for(lambda: "40 %" in log.read_text(), "the progress to be shown")
            self.assertIsNone(child.poll())  # nothing is done before the device says so
            list(steps)
            code = child.wait(60)
        return code, log.read_text()

    def test_success_is_what_the_device_reports(self):
        code, text = self.watch("SUCCEEDED", version="2.0")
        self.assertEqual(code, 0, text)
        self.assertRegex(text, r"lamp +in progress +\+[\d.]+ s  40 %  downloading  40\.0 KiB, 2\.0 MiB/s\n")
        self.assertRegex(text, r"lamp +SUCCEEDED ")
        self.assertNotIn("\r", text)

    def test_a_rollback_is_a_failure(self):
        code, text = self.watch("FAILED", reason="ROLLED_BACK", message="the new image did not connect")
        self.assertEqual(code, 1, text)
        self.assertRegex(text, r"lamp +FAILED .*ROLLED_BACK: the new image did not connect")

    def test_bar_on_a_terminal(self):
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        child = self.start(stdout=theirs)
        os.close(theirs)
        client, shown = self.device(), []

        def read():
            try:
                while piece := os.read(ours, 4096):
                    shown.append(piece.decode())
            except OSError:
                pass  # the terminal has no writer any more

        reader = threading.Thread(target=read)
        reader.start()
        steps = self.play(client, "SUCCEEDED")
        next(steps)
        wait_for(lambda: re.search(r"\[#{8}\.{12}\]  40 %  downloading  40\.0 KiB, 2\.0 MiB/s", "".join(shown)), "the bar")
        list(steps)
        self.assertEqual(child.wait(60), 0)
        reader.join(30)

    def test_what_is_wrong_is_said(self):
        def fails(code, part, *arguments):
            done = self.cloud.cli("ota", "create", *arguments, check=False)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(part, done.stderr)

        empty = self.cloud.folder / "empty"
        empty.touch()
        fails(2, "--thing NAME is missing", "--image", self.file)
        fails(2, "--image FILE is missing", "--thing", "lamp")
        fails(2, "60..3600, not '59'", "--thing", "lamp", "--image", self.file, "--expires", "59")
        fails(2, "--version", "--thing", "lamp", "--image", self.file, "--version", "")
        fails(1, "is empty", "--thing", "lamp", "--image", empty)
        fails(1, "nonexistent", "--thing", "lamp", "--image", "nonexistent")
        fails(1, "no private key in PEM", "--thing", "lamp", "--image", self.file, "--sign", self.file)
        fails(1, "'other' does not exist", "--thing", "other", "--image", self.file)
        self.assertEqual(self.cloud.aws("iot", "list-jobs")["jobs"], [])

    def test_help_and_completion(self):
        self.assertIn("--sign FILE", self.cloud.cli("ota", "create", "--help"))

        def completed(*words):
            return subprocess.run([IOT_LOCAL, "completion", "words", *words], env=dict(ENVIRONMENT, IOT_LOCAL_DATA=str(self.cloud.data)),
                                  stdout=subprocess.PIPE, text=True).stdout.split()

        self.assertEqual(completed("ota", ""), ["create"])
        self.assertEqual(completed("ota", "create", "--image", ""), [":files"])
        self.assertEqual(completed("ota", "create", "--thing", ""), ["lamp"])
        self.assertIn("--wait", completed("ota", "create", "--w"))


if __name__ == "__main__":
    unittest.main()
