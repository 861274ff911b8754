# SPDX-License-Identifier: MIT
"""The unmodified AWS CLI against iot-local, and every error code by raw requests (R-58, R-59; docs/protocol.md 5, 6)."""
import hashlib
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

from harness import AWS, CloudTest, ENVIRONMENT, IOT_LOCAL, SEED_DOCUMENT

LAMP = "arn:aws:iot:us-east-1:123456789012:thing/lamp"
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "iot:Connect", "Resource": "*"}]})
DATA = "iot-jobs-data"


@unittest.skipUnless(os.path.exists(AWS), "no AWS CLI on this system")
class AwsCli(CloudTest):
    """Every modelled operation once through the CLI; each call costs a second."""

    def aws_error(self, *arguments):
        done = self.cloud.aws(*arguments, check=False)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        found = re.search(r"An error occurred \((\w+)\) when calling the (\w+) operation(?: \([^)]*\))?: (.*)",
                          done.stderr)
        self.assertTrue(found, done.stderr)
        return found.groups()

    def test_registry(self):
        aws = self.cloud.aws
        thing = aws("iot", "create-thing", "--thing-name", "lamp", "--attribute-payload", '{"attributes":{"room":"hall"}}')
        self.assertEqual(thing["thingArn"], LAMP)
        described = aws("iot", "describe-thing", "--thing-name", "lamp")
        self.assertEqual((described["defaultClientId"], described["version"], described["thingId"]),
                         ("lamp", 1, thing["thingId"]))
        for name in ("a", "b", "c"):
            self.assertEqual(self.cloud.request("POST", "/things/" + name, {})[0], 200)
        listed = aws("iot", "list-things", "--page-size", "2")  # the CLI follows nextToken
        self.assertEqual(sorted(t["thingName"] for t in listed["things"]), ["a", "b", "c", "lamp"])
        self.assertEqual(aws("iot", "describe-endpoint", "--endpoint-type", "iot:Data-ATS")["endpointAddress"],
                         self.cloud.status["endpoint"])

        certificate = aws("iot", "create-keys-and-certificate", "--set-as-active")
        self.assertIn("BEGIN CERTIFICATE", certificate["certificatePem"])
        self.assertIn("PRIVATE KEY", certificate["keyPair"]["PrivateKey"])
        aws("iot", "update-certificate", "--certificate-id", certificate["certificateId"], "--new-status", "INACTIVE")
        description = aws("iot", "describe-certificate", "--certificate-id", certificate["certificateId"])
        self.assertEqual(description["certificateDescription"]["status"], "INACTIVE")
        self.assertRegex(description["certificateDescription"]["creationDate"], r"^20\d\d-")

        policy = aws("iot", "create-policy", "--policy-name", "p", "--policy-document", POLICY)
        self.assertEqual(policy["policyVersionId"], "1")
        got = aws("iot", "get-policy", "--policy-name", "p")
        self.assertEqual((json.loads(got["policyDocument"]), got["defaultVersionId"]), (json.loads(POLICY), "1"))
        self.assertRegex(got["creationDate"], r"^20\d\d-")
        self.assertEqual(got["creationDate"], got["lastModifiedDate"])
        self.assertTrue(got["generationId"])
        aws("iot", "attach-policy", "--policy-name", "p", "--target", certificate["certificateArn"])
        aws("iot", "attach-thing-principal", "--thing-name", "lamp", "--principal", certificate["certificateArn"])

        self.assertEqual(self.aws_error("iot", "describe-thing", "--thing-name", "none")[:2],
                         ("ResourceNotFoundException", "DescribeThing"))
        code, operation, message = self.aws_error("iot", "list-topic-rules")
        self.assertEqual((code, operation), ("NotImplementedException", "ListTopicRules"))
        self.assertIn("ListTopicRules", message)

    def test_job_from_s3_to_its_end(self):
        """The seed's third step: upload the document to S3, see it in a browser, create the job from it."""
        aws = self.cloud.aws
        document = self.cloud.folder / "blink_jobDocument.txt"
        document.write_text(SEED_DOCUMENT + "\n")
        self.cloud.request("POST", "/things/lamp", {})
        aws("s3", "mb", "s3://jobs")
        aws("s3", "cp", document, "s3://jobs/")
        status, headers, body = self.cloud.request("GET", "/jobs/blink_jobDocument.txt", signed=False)
        self.assertEqual((status, body.decode()), (200, SEED_DOCUMENT + "\n"))
        self.assertTrue(headers["Content-Type"].startswith("text/plain"))
        link = aws("s3", "presign", "s3://jobs/blink_jobDocument.txt").strip()
        self.assertEqual(urllib.request.urlopen(link).read().decode(), SEED_DOCUMENT + "\n")
        again = self.cloud.folder / "again.txt"
        aws("s3", "cp", "s3://jobs/blink_jobDocument.txt", again)
        self.assertEqual(again.read_text(), SEED_DOCUMENT + "\n")

        source = "https://s3.us-east-1.amazonaws.com/jobs/blink_jobDocument.txt"
        job = aws("iot", "create-job", "--job-id", "j", "--targets", LAMP, "--document-source", source,
                  "--description", "blinks", "--timeout-config", "inProgressTimeoutInMinutes=5")
        self.assertEqual(job["jobArn"], "arn:aws:iot:us-east-1:123456789012:job/j")
        described = aws("iot", "describe-job", "--job-id", "j")
        self.assertEqual(described["documentSource"], source)
        self.assertEqual(described["job"]["jobProcessDetails"]["numberOfQueuedThings"], 1)
        self.assertEqual(described["job"]["timeoutConfig"], {"inProgressTimeoutInMinutes": 5})
        self.assertEqual(aws("iot", "get-job-document", "--job-id", "j")["document"], SEED_DOCUMENT + "\n")
        self.assertEqual([j["jobId"] for j in aws("iot", "list-jobs", "--status", "IN_PROGRESS")["jobs"]], ["j"])

        pending = aws("iot-jobs-data", "get-pending-job-executions", "--thing-name", "lamp")
        self.assertEqual([e["jobId"] for e in pending["queuedJobs"]], ["j"])
        following = aws("iot-jobs-data", "describe-job-execution", "--thing-name", "lamp", "--job-id", "$next")
        self.assertEqual(following["execution"]["jobDocument"], SEED_DOCUMENT + "\n")
        started = aws("iot-jobs-data", "start-next-pending-job-execution", "--thing-name", "lamp", "--status-details",
                      "step=1")
        self.assertEqual(started["execution"]["status"], "IN_PROGRESS")
        self.assertLessEqual(started["execution"]["approximateSecondsBeforeTimedOut"], 300)
        execution = aws("iot", "describe-job-execution", "--thing-name", "lamp", "--job-id", "j")["execution"]
        self.assertEqual(execution["statusDetails"], {"detailsMap": {"step": "1"}})
        updated = aws("iot-jobs-data", "update-job-execution", "--thing-name", "lamp", "--job-id", "j", "--status",
                      "SUCCEEDED", "--expected-version", "2", "--include-job-execution-state")
        self.assertEqual(updated["executionState"]["versionNumber"], 3)
        self.assertEqual(self.aws_error("iot-jobs-data", "describe-job-execution", "--thing-name", "lamp", "--job-id",
                                        "j")[0], "TerminalStateException")
        for_job = aws("iot", "list-job-executions-for-job", "--job-id", "j")["executionSummaries"]
        self.assertEqual([(e["thingArn"], e["jobExecutionSummary"]["status"]) for e in for_job], [(LAMP, "SUCCEEDED")])
        for_thing = aws("iot", "list-job-executions-for-thing", "--thing-name", "lamp")["executionSummaries"]
        self.assertEqual([e["jobId"] for e in for_thing], ["j"])

    def test_cancel_and_delete(self):
        aws = self.cloud.aws
        self.cloud.request("POST", "/things/lamp", {})
        self.cloud.job("j", "lamp")
        self.cloud.job("k", "lamp")
        aws("iot", "cancel-job-execution", "--job-id", "j", "--thing-name", "lamp", "--status-details", "by=me")
        execution = self.cloud.execution("lamp", "j")
        self.assertEqual((execution["status"], execution["details"]), ("CANCELED", {"by": "me"}))
        aws("iot", "delete-job-execution", "--job-id", "j", "--thing-name", "lamp", "--execution-number", "1")
        self.assertEqual(self.aws_error("iot", "delete-job", "--job-id", "k")[0], "InvalidStateTransitionException")
        canceled = aws("iot", "cancel-job", "--job-id", "k", "--comment", "no more", "--reason-code", "OLD")
        self.assertEqual(canceled["jobId"], "k")
        aws("iot", "delete-job", "--job-id", "k", "--force")
        code, operation, message = self.aws_error("iot", "create-job", "--job-id", "j", "--targets", LAMP, "--document",
                                                  "{}", "--abort-config", "criteriaList=[{failureType=ALL,action=CANCEL,"
                                                  "thresholdPercentage=10,minNumberOfExecutedThings=1}]")
        self.assertEqual((code, operation), ("InvalidRequestException", "CreateJob"))
        self.assertIn("abortConfig", message)
        done = self.cloud.aws("s3", "ls", "s3://none", check=False)
        self.assertIn("(NoSuchBucket) when calling the ListObjectsV2 operation", done.stderr)


class Errors(CloudTest):
    """Every error that a caller can provoke, over the wire: status, code, a message, a request id."""

    def setUp(self):
        super().setUp()
        self.cloud.request("POST", "/things/lamp", {})
        self.cloud.job("j", "lamp")

    def expect(self, status, code, method, path, body=None, **kwargs):
        got, headers, answer = self.cloud.request(method, path, body, **kwargs)
        self.assertEqual((got, headers.get("x-amzn-ErrorType")), (status, code), answer)
        self.assertTrue(json.loads(answer)["message"])
        self.assertTrue(headers["x-amzn-RequestId"])
        return json.loads(answer)

    def test_control_plane(self):
        job = {"targets": [LAMP], "document": "{}"}
        self.expect(400, "InvalidRequestException", "PUT", "/jobs/new", {"targets": [LAMP]})
        self.expect(400, "InvalidRequestException", "PUT", "/jobs/a%3Ab", job)
        self.expect(400, "InvalidRequestException", "PUT", "/jobs/new", dict(job, namespaceId="x"))
        self.expect(400, "InvalidRequestException", "GET", "/jobs?nextToken=made-up")
        self.expect(400, "MalformedPolicyException", "POST", "/policies/p", {"policyDocument": "{}"})
        self.expect(404, "ResourceNotFoundException", "GET", "/jobs/none")
        self.expect(404, "ResourceNotFoundException", "PUT", "/jobs/new", dict(job, targets=[LAMP + "2"]))
        self.expect(404, "UnknownOperationException", "GET", "/nowhere")
        answer = self.expect(409, "ResourceAlreadyExistsException", "PUT", "/jobs/j", job)
        self.assertEqual((answer["resourceId"], answer["resourceArn"]),
                         ("j", "arn:aws:iot:us-east-1:123456789012:job/j"))
        self.expect(409, "InvalidStateTransitionException", "DELETE", "/jobs/j")
        self.expect(409, "VersionConflictException", "PUT", "/things/lamp/jobs/j/cancel", {"expectedVersion": 7})
        self.expect(413, "RequestEntityTooLargeException", "PUT", "/jobs/new", dict(job, document=" " * 1100000))
        self.expect(501, "NotImplementedException", "POST", "/jobs/j/targets", {"targets": [LAMP]})
        _, _, body = self.cloud.request("POST", "/keys-and-certificate")
        path = "/certificates/" + json.loads(body)["certificateId"]
        self.cloud.request("PUT", path + "?newStatus=REVOKED")
        self.expect(406, "CertificateStateException", "PUT", path + "?newStatus=ACTIVE")

    def test_data_plane(self):
        path = "/things/lamp/jobs/j"
        self.expect(400, "InvalidRequestException", "POST", path, {}, service=DATA)
        self.expect(404, "ResourceNotFoundException", "GET", "/things/none/jobs", service=DATA)
        wrong = self.expect(409, "InvalidStateTransitionException", "POST", path,
                            {"status": "IN_PROGRESS", "expectedVersion": 7}, service=DATA)
        self.assertEqual(wrong["executionState"]["versionNumber"], 1)
        self.cloud.request("POST", path, {"status": "FAILED"}, service=DATA)
        self.expect(410, "TerminalStateException", "GET", path, service=DATA)
        self.expect(409, "InvalidStateTransitionException", "POST", path, {"status": "FAILED"}, service=DATA)

    def test_who_may_call(self):
        self.expect(403, "MissingAuthenticationTokenException", "GET", "/jobs", signed=False)
        self.expect(403, "MissingAuthenticationTokenException", "PUT", "/bucket", signed=False)
        self.expect(400, "IncompleteSignature", "GET", "/jobs", signed=False, headers={"Authorization": "Basic eA=="})
        self.expect(403, "AccessDeniedException", "GET", "/jobs", headers={"Host": "evil.example"})
        self.expect(403, "AccessDeniedException", "POST", "/things/x", {}, headers={"Origin": "https://evil.example"})
        self.expect(403, "AccessDeniedException", "GET", "/jobs/j", signed=False, headers={"Origin": "null"})
        self.expect(404, "UnknownOperationException", "GET", "/jobs", service="sts")

    def test_s3(self):
        def code(method, path, body=None, **kwargs):
            status, _, answer = self.cloud.request(method, path, body, service="s3", **kwargs)
            return status, re.search(rb"<Code>(\w+)</Code>", answer).group(1).decode()

        self.assertEqual(code("PUT", "/UPPER"), (400, "InvalidBucketName"))
        self.assertEqual(code("PUT", "/none/key", "x"), (404, "NoSuchBucket"))
        self.assertEqual(self.cloud.request("PUT", "/docs", service="s3")[0], 200)
        self.assertEqual(code("GET", "/docs/none"), (404, "NoSuchKey"))
        self.assertEqual(code("GET", "/none?list-type=2"), (404, "NoSuchBucket"))
        self.assertEqual(code("GET", "/docs?website"), (501, "NotImplemented"))
        self.assertEqual(code("PUT", "/docs/x?acl", "x"), (501, "NotImplemented"))
        self.assertEqual(self.cloud.request("PUT", "/docs/x", "hello", service="s3")[0], 200)
        self.assertEqual(code("GET", "/docs/x", headers={"Range": "bytes=9-"}), (416, "InvalidRange"))
        self.assertEqual(code("GET", "/docs/x", headers={"If-Match": '"y"'}), (412, "PreconditionFailed"))
        self.assertEqual(code("GET", "/docs/x?AWSAccessKeyId=A&Signature=s&Expires=1", signed=False),
                         (403, "AccessDenied"))
        self.assertEqual(code("PUT", "/docs/x", "abc", headers={"Content-Encoding": "aws-chunked"}),
                         (400, "IncompleteBody"))


def own_address():
    """An address of this machine that is not loopback, if it has one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
            return probe.getsockname()[0]
        except OSError:
            return "127.0.0.1"


@unittest.skipUnless(os.path.exists(AWS), "no AWS CLI on this system")
class BeyondLoopback(CloudTest):
    """With --listen beyond loopback only those call whose signature is right, by a key that the first start has made."""

    arguments = ("--listen", "0.0.0.0", "--name", "board.example", "--name", "other.example")

    def setUp(self):
        super().setUp()
        self.file = self.cloud.data / "credentials"
        self.url = f"http://{own_address()}:{self.cloud.http_port}"
        self.config = self.cloud.folder / "config"
        self.config.write_text("[default]\ns3 =\n    signature_version = s3v4\n")

    def aws(self, *arguments, key=None):
        """The CLI with the daemon's key, or another: (code, output, errors)."""
        environment = {name: value for name, value in ENVIRONMENT.items() if not name.startswith("AWS_ACCESS")
                       and not name.startswith("AWS_SECRET")}
        environment.update(AWS_SHARED_CREDENTIALS_FILE=str(self.file), AWS_CONFIG_FILE=str(self.config))
        if key:
            environment.update(AWS_ACCESS_KEY_ID=key[0], AWS_SECRET_ACCESS_KEY=key[1])
        done = subprocess.run([AWS, "--endpoint-url", self.url, "--output", "json", *map(str, arguments)], env=environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout, done.stderr

    def good(self, *arguments):
        code, out, errors = self.aws(*arguments)
        self.assertEqual(code, 0, errors)
        return json.loads(out) if out.startswith("{") else out

    def test_the_key_that_was_made_calls_everything(self):
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.good("iot", "create-thing", "--thing-name", "a:b_1")["thingName"], "a:b_1")
        self.assertEqual(len(self.good("iot", "list-things", "--page-size", "1")["things"]), 1)
        self.good("iot", "create-keys-and-certificate", "--set-as-active")
        document = self.cloud.folder / "document.json"
        document.write_text(SEED_DOCUMENT)
        key = "x y/\u00fc+$&=%2F.txt"
        self.good("s3", "mb", "s3://docs")
        self.good("s3", "cp", document, "s3://docs/" + key)
        self.good("s3", "cp", "s3://docs/" + key, self.cloud.folder / "again")
        self.assertEqual((self.cloud.folder / "again").read_text(), SEED_DOCUMENT)
        link = self.good("s3", "presign", "s3://docs/" + key, "--expires-in", "60").strip()
        self.assertIn("X-Amz-Signature=", link)
        self.assertEqual(urllib.request.urlopen(link).read().decode(), SEED_DOCUMENT)
        for bad in (link[:-1] + ("0" if link[-1] != "0" else "1"), link.replace("X-Amz-Expires=60", "X-Amz-Expires=600")):
            with self.assertRaises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(bad)
            self.assertEqual(refused.exception.code, 403)
            self.assertIn(b"SignatureDoesNotMatch", refused.exception.read())
        target = "arn:aws:iot:us-east-1:123456789012:thing/a:b_1"
        self.good("iot", "create-job", "--job-id", "j", "--targets", target, "--document", SEED_DOCUMENT)
        following = self.good("iot-jobs-data", "describe-job-execution", "--thing-name", "a:b_1", "--job-id", "$next")
        self.assertEqual(following["execution"]["jobId"], "j")
        started = self.good("iot-jobs-data", "start-next-pending-job-execution", "--thing-name", "a:b_1")
        self.assertEqual(started["execution"]["status"], "IN_PROGRESS")

    def test_others_call_nothing(self):
        key_id = re.search(r"aws_access_key_id = (\w+)", self.file.read_text()).group(1)
        for key, names in ((("test", "test"), ("UnrecognizedClientException", "InvalidAccessKeyId")),
                           ((key_id, "test"), ("InvalidSignatureException", "SignatureDoesNotMatch"))):
            code, _, errors = self.aws("iot", "create-keys-and-certificate", key=key)
            self.assertNotEqual(code, 0)
            self.assertIn(names[0], errors)
            code, _, errors = self.aws("s3", "mb", "s3://docs", key=key)
            self.assertNotEqual(code, 0)
            self.assertIn(names[1], errors)
        self.assertEqual(self.cloud.request("POST", "/keys-and-certificate")[0], 403)  # well-formed, and forged
        self.assertEqual(self.cloud.request("PUT", "/docs", service="s3")[0], 403)
        self.assertEqual(self.cloud.request("GET", "/things", signed=False)[0], 403)
        v2 = f"/docs/x?AWSAccessKeyId={key_id}&Signature=s&Expires=4000000000"
        self.assertEqual(self.cloud.request("GET", v2, signed=False)[0], 400)
        self.cloud.cli("job", "list")  # the command line of the same user needs no key

    def test_all_names_are_ours(self):
        for host, status in (("board.example", 403), ("other.example:80", 403), ("evil.example", 403)):
            _, _, body = self.cloud.request("GET", "/things", signed=False, headers={"Host": host})
            self.assertEqual("is not iot-local" in json.loads(body)["message"], host == "evil.example", body)

    def test_the_key_stays(self):
        before = self.file.read_text()
        self.assertEqual(self.cloud.process.stop(), 0)
        self.cloud.restart()
        self.assertEqual(self.file.read_text(), before)
        self.assertEqual(self.good("iot", "list-things"), {"things": []})


class ConfiguredKeys(CloudTest):
    """--credentials: these keys and no others, also on loopback."""

    def setUp(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="keys-"))
        self.addCleanup(shutil.rmtree, folder)
        self.file = folder / "keys"
        self.file.write_text("[me]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = secret\n")
        self.file.chmod(0o600)
        self.arguments = ("--credentials", str(self.file))
        super().setUp()

    def test_forged_signatures_are_refused(self):
        self.assertEqual(self.cloud.request("GET", "/things")[0], 403)

    def test_a_file_that_others_can_read_is_refused(self):
        self.assertEqual(self.cloud.process.stop(), 0)
        self.file.chmod(0o644)
        done = subprocess.run([str(IOT_LOCAL), "up", "--data", str(self.cloud.data), "--http-port", "0", "--mqtt-port", "0",
                               *self.arguments], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("chmod 600", done.stderr)


class Transport(CloudTest):
    """Large objects, resumed downloads, and what happens to a request cut off in the middle."""

    def test_large_object_whole_and_in_pieces(self):
        content = hashlib.shake_256(b"firmware").digest(20 * 1024 * 1024 + 7)
        self.assertEqual(self.cloud.request("PUT", "/images", service="s3")[0], 200)
        status, headers, _ = self.cloud.request("PUT", "/images/image.bin", content, service="s3")
        self.assertEqual((status, headers.get("ETag")), (200, '"%s"' % hashlib.md5(content).hexdigest()))
        self.assertEqual(self.cloud.request("GET", "/images/image.bin", signed=False)[2], content)
        connection = http.client.HTTPConnection("127.0.0.1", self.cloud.http_port)
        got = b""
        while len(got) < len(content):  # one connection for all pieces
            connection.request("GET", "/images/image.bin", headers={
                "Range": f"bytes={len(got)}-{len(got) + 4 * 1024 * 1024 - 1}", "If-Match": headers["ETag"]})
            answer = connection.getresponse()
            self.assertEqual(answer.status, 206)
            got += answer.read()
        connection.close()
        self.assertEqual(got, content)
        status, headers, body = self.cloud.request("HEAD", "/images/image.bin", signed=False)
        self.assertEqual((status, headers["Content-Length"], body), (200, str(len(content)), b""))

    def test_requests_cut_off_leave_nothing(self):
        request = (b"POST /things/cut HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: AWS4-HMAC-SHA256 Credential=A/"
                   b"20260101/us-east-1/iot/aws4_request, SignedHeaders=host, Signature=" + b"0" * 64
                   + b"\r\nContent-Length: 2\r\n\r\n{}")
        for cut in range(1, len(request), 7):
            with socket.create_connection(("127.0.0.1", self.cloud.http_port)) as client:
                client.sendall(request[:cut])
        self.assertEqual(self.cloud.request("GET", "/things/cut")[0], 404)


if __name__ == "__main__":
    unittest.main()
