# SPDX-License-Identifier: MIT
"""S3 as people use it: the AWS CLI, boto3 and AWS's SDK for JavaScript, each with a file of 20 MiB that goes up and comes down in
pieces (docs/protocol.md 11)."""
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import unittest

from harness import AWS, ENVIRONMENT, ROOT, CloudTest

HERE = pathlib.Path(__file__).parent
PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's boto3
SDK = ROOT / "build" / "sdk"
BIG = 20 * 1024 * 1024


def newest_cli():
    """Another AWS CLI than Debian's, which tells checksums by itself (since 1.37 and 2.23); None: there is none."""
    found = shutil.which("aws")
    if not found or os.path.realpath(found) == os.path.realpath(AWS):
        return None
    version = subprocess.run([found, "--version"], env=ENVIRONMENT, capture_output=True, text=True, timeout=60).stdout
    number = re.match(r"aws-cli/(\d+)\.(\d+)", version)
    return found if number and (int(number[1]), int(number[2])) >= (1, 37) else None


def has_boto3():
    return subprocess.run([PYTHON, "-c", "import boto3"], capture_output=True).returncode == 0


class S3Clients(CloudTest):
    def setUp(self):
        super().setUp()
        self.big = self.cloud.folder / "big"
        self.big.write_bytes(random.Random(7).randbytes(BIG))

    def play(self, *command):
        done = subprocess.run([*map(str, command)], env=ENVIRONMENT, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def assert_nothing_is_left(self):
        self.assertEqual(os.listdir(self.cloud.data / "objects"), [])

    @unittest.skipUnless(os.path.exists(AWS), "no AWS CLI on this system")
    def test_aws_s3(self):
        """ls, cp, mv, sync, rm and rb; from 8 MiB on the CLI uploads, copies and loads in pieces."""
        aws, folder = self.cloud.aws, self.cloud.folder
        aws("s3", "mb", "s3://docs")
        aws("s3", "cp", "--no-progress", self.big, "s3://docs/dir/big")
        aws("s3", "mv", "--no-progress", "s3://docs/dir/big", "s3://docs/moved/big")
        aws("s3", "cp", "--no-progress", "s3://docs/moved/big", folder / "again")
        self.assertEqual((folder / "again").read_bytes(), self.big.read_bytes())
        tree = folder / "tree"
        (tree / "a").mkdir(parents=True)
        (tree / "a" / "x").write_text("1")
        (tree / "ü +&%.txt").write_text("2")
        aws("s3", "sync", "--no-progress", tree, "s3://docs/tree")
        self.assertEqual(aws("s3", "sync", "--no-progress", tree, "s3://docs/tree"), "")
        aws("s3", "sync", "--no-progress", "s3://docs/tree", folder / "back")
        self.assertEqual((folder / "back" / "ü +&%.txt").read_text(), "2")
        self.assertIn("docs", aws("s3", "ls"))
        listed = aws("s3", "ls", "s3://docs")
        self.assertEqual(sorted(re.findall(r"PRE (\S+)", listed)), ["moved/", "tree/"])
        self.assertRegex(aws("s3", "ls", "--recursive", "s3://docs"), rf"{BIG} moved/big")
        aws("s3", "rm", "--recursive", "s3://docs/tree")
        self.assertEqual(len(aws("s3api", "list-objects-v2", "--bucket", "docs")["Contents"]), 1)
        aws("s3", "rb", "--force", "s3://docs")
        self.assertNotIn("docs", aws("s3", "ls"))
        self.assert_nothing_is_left()

    @unittest.skipUnless(os.path.exists(AWS), "no AWS CLI on this system")
    def test_aws_s3api(self):
        aws, document = self.cloud.aws, self.cloud.folder / "document"
        document.write_text("{}")
        aws("s3api", "create-bucket", "--bucket", "docs")
        self.assertIsNone(aws("s3api", "get-bucket-location", "--bucket", "docs")["LocationConstraint"])
        put = ("s3api", "put-object", "--bucket", "docs", "--key", "k", "--body", document)
        self.assertTrue(aws(*put, "--checksum-algorithm", "SHA256", "--metadata", "a=b", "--cache-control", "no-cache")["ChecksumSHA256"])
        head = aws("s3api", "head-object", "--bucket", "docs", "--key", "k", "--checksum-mode", "ENABLED")
        self.assertEqual((head["Metadata"], head["CacheControl"]), ({"a": "b"}, "no-cache"))
        self.assertIn("ChecksumSHA256", head)
        refused = aws("s3api", "get-object", "--bucket", "docs", "--key", "k", "--if-match", "x", self.cloud.folder / "got", check=False)
        self.assertIn("(PreconditionFailed)", refused.stderr + refused.stdout.replace("412", "PreconditionFailed"))
        refused = aws("s3api", "delete-bucket", "--bucket", "docs", check=False)
        self.assertIn("BucketNotEmpty", refused.stderr)
        refused = aws("s3api", "get-bucket-policy", "--bucket", "docs", check=False)
        self.assertIn("GetBucketPolicy", refused.stderr)
        aws("s3api", "delete-object", "--bucket", "docs", "--key", "k")
        aws("s3api", "delete-bucket", "--bucket", "docs")

    def test_newest_aws_cli(self):
        """Checksums as trailers of every piece: what CLIs and SDKs send since 2025."""
        cli = newest_cli()
        if not cli:
            self.skipTest("no AWS CLI here that sends checksums by itself")

        def aws(*arguments):
            done = subprocess.run([cli, "--endpoint-url", self.cloud.http_url, *map(str, arguments)], env=ENVIRONMENT,
                                  capture_output=True, text=True, timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout

        aws("s3", "mb", "s3://docs")
        aws("s3", "cp", "--no-progress", self.big, "s3://docs/big")
        aws("s3", "cp", "--no-progress", "s3://docs/big", self.cloud.folder / "again")
        self.assertEqual((self.cloud.folder / "again").read_bytes(), self.big.read_bytes())
        head = json.loads(aws("s3api", "head-object", "--bucket", "docs", "--key", "big", "--checksum-mode", "ENABLED"))
        self.assertEqual(head["ChecksumType"], "COMPOSITE")
        self.assertTrue(head["ChecksumCRC32"].endswith("-3"))
        aws("s3", "rb", "--force", "s3://docs")
        self.assert_nothing_is_left()

    @unittest.skipUnless(has_boto3(), "no boto3 here: tools/setup test installs it")
    def test_boto3(self):
        came = self.play(PYTHON, HERE / "s3_client.py", self.cloud.http_url, self.big)
        keys = ["a/1", "a/ü +&%", "b", "big copy", "big file"]
        self.assertEqual(came, {
            "download": True, "head": [BIG, {"who": "me"}, "a/b", True], "copy": True, "level": [["b", "big copy", "big file"], ["a/"]],
            "list_objects": keys, "list_objects_v2": keys,
            "errors": ["NoSuchKey", "BucketNotEmpty", "PreconditionFailed", "NoSuchUpload"], "parts": [2], "uploads": [True],
            "deleted": 5})
        self.assert_nothing_is_left()

    @unittest.skipUnless(shutil.which("node") and SDK.exists(), "no AWS SDK for JavaScript here: tools/setup test fetches it where npm is")
    def test_javascript_sdk(self):
        came = self.play("node", HERE / "s3_client.mjs", self.cloud.http_url, SDK, self.big)
        self.assertEqual(came, {
            "upload": [True, "COMPOSITE"], "download": [True, {"who": "me"}], "small": ["hello", "NhCmhg==", "no-store"],
            "copy": '"5d41402abc4b2a76b9719d911017c592"', "level": [["big file", "copy"], ["a/"]],
            "keys": ["a/ü +&%.txt", "big file", "copy"],
            "errors": {"again": "PreconditionFailed", "none": "NoSuchKey", "full": "BucketNotEmpty"}, "deleted": 3, "buckets": False})
        self.assert_nothing_is_left()


class Restart(CloudTest):
    def test_upload_goes_on_after_a_kill(self):
        """An upload in pieces lives on; what belongs to nothing is gone."""
        def ask(method, path, body=None, **kwargs):
            return self.cloud.request(method, path, body, service="s3", **kwargs)

        self.assertEqual(ask("PUT", "/docs")[0], 200)
        upload = re.search(rb"<UploadId>(\w+)<", ask("POST", "/docs/k?uploads")[2])[1].decode()
        etags = [ask("PUT", f"/docs/k?partNumber={n}&uploadId={upload}", b"x" * 5 * 1024 * 1024)[1]["ETag"] for n in (1, 2)]
        orphan = self.cloud.data / "objects" / ("0" * 32)
        orphan.write_text("of a daemon that was killed")
        (self.cloud.data / "objects" / ("1" * 32 + ".new")).write_text("half of one")
        self.cloud.process.kill()
        self.cloud.start()
        self.assertEqual(len(os.listdir(self.cloud.data / "objects")), 2)
        parts = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{e}</ETag></Part>" for n, e in zip((1, 2), etags))
        document = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>"
        status, _, body = ask("POST", f"/docs/k?uploadId={upload}", document)
        self.assertEqual(status, 200, body)
        status, headers, body = ask("GET", "/docs/k")
        self.assertEqual((status, len(body), headers["ETag"][-3:]), (200, 10 * 1024 * 1024, '-2"'))
        self.assertEqual(len(os.listdir(self.cloud.data / "objects")), 1)

    def test_bucket_in_the_host(self):
        host = f"docs.localhost:{self.cloud.http_port}"
        self.assertEqual(self.cloud.request("PUT", "/", service="s3", headers={"Host": host})[0], 200)
        self.assertEqual(self.cloud.request("PUT", "/a", b"x", service="s3", headers={"Host": host})[0], 200)
        self.assertEqual(self.cloud.request("GET", "/docs/a", service="s3")[2], b"x")
        self.assertEqual(self.cloud.request("GET", "/a", signed=False, headers={"Host": host})[2], b"x")
        self.assertEqual(self.cloud.request("GET", "/things", headers={"Host": host})[0], 403)


if __name__ == "__main__":
    unittest.main()
