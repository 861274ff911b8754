# SPDX-License-Identifier: MIT
"""Every answer against AWS's own service models, through boto3 and through AWS's SDK for JavaScript; every operation of the models that
the AWS CLI installs is served or refused by its name. What is covered stands in model_coverage.txt, and may not shrink."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from harness import ENVIRONMENT, ROOT, CloudTest
from model_calls import CALLS

HERE = pathlib.Path(__file__).parent
PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's boto3
SDK = ROOT / "build" / "sdk"
MODELS = [pathlib.Path(p) for p in ("/usr/lib/python3/dist-packages/awscli/botocore/data", "/usr/lib/python3/dist-packages/botocore/data")]
COVERAGE = HERE / "model_coverage.txt"
HEAD = "# service operation | client | what came. Written by test_model.py when its variable MODEL_COVERAGE is set\n"


def csr():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=m",
                        "-keyout", f"{folder}/key", "-out", f"{folder}/csr"], check=True, capture_output=True)
        return pathlib.Path(folder, "csr").read_text()


class Answers(CloudTest):
    def play(self, client, *command):
        asked = json.dumps({"calls": CALLS, "kept": {"csr": csr()}})
        done = subprocess.run([*map(str, command)], input=asked, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        result = json.loads(done.stdout)
        self.assertEqual(result["findings"], [])
        self.check_coverage(client, result["outcomes"])

    def check_coverage(self, client, outcomes):
        lines = {f"{operation} | {client} | {came}" for operation, all_that_came in outcomes.items() for came in all_that_came}
        known = {line for line in COVERAGE.read_text().splitlines() if f" | {client} | " in line} if COVERAGE.exists() else set()
        if "MODEL_COVERAGE" in os.environ:
            others = [line for line in COVERAGE.read_text().splitlines()[1:] if f" | {client} | " not in line] if COVERAGE.exists() else []
            COVERAGE.write_text(HEAD + "".join(line + "\n" for line in sorted([*others, *lines])))
            return
        self.assertEqual(sorted(known - lines), [], "covered before, and no longer")
        self.assertEqual(sorted(lines - known), [], "new: run with MODEL_COVERAGE=1 to write it down")
        print(f"measured: {client}: {len(outcomes)} operations, {len(lines)} outcomes, each answer as the model has it", flush=True)

    def test_boto3(self):
        self.play("boto3", PYTHON, HERE / "model_runner.py", self.cloud.http_url)

    @unittest.skipUnless(shutil.which("node") and SDK.exists(), "no AWS SDK for JavaScript here: tools/setup test fetches it where npm is")
    def test_javascript_sdk(self):
        self.play("javascript", "node", HERE / "model_runner.mjs", self.cloud.http_url, SDK)


class Models(unittest.TestCase):
    def test_no_operation_is_unknown(self):
        found = [folder for folder in MODELS if folder.exists()]
        self.assertTrue(found, "no service model of the AWS CLI")
        for folder in found:
            done = subprocess.run([sys.executable, ROOT / "tools" / "operations", "--model", folder], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stdout)
        for line in done.stdout.splitlines():
            print("measured:", line)

    def test_each_served_operation_is_called(self):
        served = subprocess.run([sys.executable, ROOT / "tools" / "operations", "--served"], capture_output=True, text=True, timeout=60, check=True)
        called = {f"{service} {operation}" for service, operation, *_ in CALLS}
        self.assertEqual(sorted(set(served.stdout.splitlines()) - called), [])
