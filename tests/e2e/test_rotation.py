# SPDX-License-Identifier: MIT
"""The change of a device's certificate as a job (docs/rotation.md; R-51): over real TLS, with the service's own provisioning; the old certificate is
deactivated afterwards, and the device lives on with the new one."""
import json
import re
import signal
import subprocess

import harness
from claims import ARN, Operator, allow, claim_statements
from harness import CloudTest, Device
from mqtt import certificate_arn

PROGRAM = harness.BUILD / "tests" / "rotates"
DOCUMENT = json.dumps({"action": "rotate-certificate"})
TEMPLATE = {
    "Parameters": {"ThingName": {"Type": "String"}, "SerialNumber": {"Type": "String"}, "AWS::IoT::Certificate::Id": {"Type": "String"}},
    "Resources": {
        "thing": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Ref": "ThingName"}}},
        "certificate": {"Type": "AWS::IoT::Certificate", "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "Active"}},
        "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": "lamp"}}}}


class RotationTest(CloudTest):
    def setUp(self):
        super().setUp()
        self.operator = Operator(self, self.cloud)
        self.folder = self.cloud.thing("lamp")
        self.old_id = certificate_arn(self.folder).split("/")[-1]
        self.operator.policy("lamp", {"Version": "2012-10-17", "Statement": [allow("iot:*", "*")]})
        self.operator.template("rotation", TEMPLATE)

    def device(self):
        device = Device(self, self.folder, program=PROGRAM)
        device.wait_connected()
        return device

    def let_rotate(self):
        """The statements that the device's policy needs for it, and no more."""
        self.operator.policy("rotate", {"Version": "2012-10-17", "Statement": claim_statements("rotation")[1:]})
        self.operator.call("PUT", "/target-policies/rotate", {"target": certificate_arn(self.folder)})

    def principals(self):
        return {arn.split("/")[-1] for arn in self.operator.call("GET", "/things/lamp/principals")["principals"]}

    def deactivate(self, certificate_id):
        self.operator.call("PUT", f"/certificates/{certificate_id}?newStatus=INACTIVE")

    def expect_rotated(self, job_id, old_id):
        """The ids that the job's details name; the new one is."""
        details = self.cloud.wait_status("lamp", job_id, "SUCCEEDED")["details"]
        self.assertEqual(details["oldCertificateId"], old_id)
        new_id = details["newCertificateId"]
        self.assertNotEqual(new_id, old_id)
        self.assertIn(new_id, self.principals())
        self.assertEqual(self.operator.certificate(new_id)["status"], "ACTIVE")
        return new_id


class Rotation(RotationTest):
    def test_twice_and_the_old_ones_are_of_no_use(self):
        self.let_rotate()
        device = self.device()
        self.cloud.job("r1", "lamp", DOCUMENT)
        first = self.expect_rotated("r1", self.old_id)
        self.assertEqual(self.operator.certificate(self.old_id)["status"], "ACTIVE")  # whoever rotates decides
        self.deactivate(self.old_id)
        self.cloud.job("r2", "lamp", json.dumps({"action": "rotate-certificate", "template": "rotation"}))
        second = self.expect_rotated("r2", first)
        self.deactivate(first)
        device.stop()
        device = Device(self, self.folder, program=PROGRAM)  # it is given the first of all: not used any more
        device.wait_line("has been rotated: the stored one is used")
        device.wait_connected()
        self.cloud.job("after", "lamp", json.dumps({"action": "restart"}))
        device.wait_end()
        self.device()
        self.cloud.wait_status("lamp", "after", "SUCCEEDED")
        self.assertEqual(self.principals(), {self.old_id, first, second})

    def test_kill_at_each_stage(self):
        """The job ends SUCCEEDED, and a kill costs one certificate at most."""
        self.let_rotate()
        for number, line in enumerate(("a key is made and stored", "the certificate is stored", "registered, and now connects")):
            device = self.device()
            self.cloud.job(f"k{number}", "lamp", DOCUMENT)
            device.wait_line(line)
            device.child.send_signal(signal.SIGKILL)
            device.wait_end()
            before = self.principals()
            device = self.device()
            details = self.cloud.wait_status("lamp", f"k{number}", "SUCCEEDED")["details"]
            self.assertIn(details["newCertificateId"], self.principals())
            self.assertLessEqual(len(self.principals() - before), 1)
            device.stop()

    def test_policy_that_does_not_allow_it(self):
        """The line names what is missing, jobs go on, and the operator can call it off."""
        self.operator.policy("jobs", {"Version": "2012-10-17", "Statement": [
            allow("iot:Connect", ARN + "client/lamp"),
            allow(["iot:Publish", "iot:Receive", "iot:Subscribe"], ARN + "topic/$aws/things/lamp/*", ARN + "topicfilter/$aws/things/lamp/*")]})
        self.operator.call("PUT", "/target-policies/jobs", {"target": certificate_arn(self.folder)})
        device = self.device()
        self.cloud.job("r1", "lamp", DOCUMENT)
        device.wait_line(r"does the policy allow iot:(Publish|Subscribe) on topic(filter)?/\$aws/certificates/create-from-csr/json", 90)
        status, _, body = self.cloud.request("PUT", "/things/lamp/jobs/r1/cancel?force=true", {})
        self.assertEqual(status, 200, body)
        device.wait_line("given up, the certificate stays as it was: the service has ended the job")
        self.cloud.job("after", "lamp", json.dumps({"action": "restart"}))
        device.wait_end()
        self.device()
        self.cloud.wait_status("lamp", "after", "SUCCEEDED")

    def test_template_that_makes_another_thing(self):
        body = json.loads(json.dumps(TEMPLATE))
        body["Resources"]["thing"]["Properties"]["ThingName"] = {"Fn::Join": ["", [{"Ref": "ThingName"}, "-x"]]}
        self.operator.template("another", body)
        self.operator.policy("rotate", {"Version": "2012-10-17", "Statement": claim_statements("another")[1:]})
        self.operator.call("PUT", "/target-policies/rotate", {"target": certificate_arn(self.folder)})
        self.device()
        self.cloud.job("r1", "lamp", json.dumps({"action": "rotate-certificate", "template": "another"}))
        execution = self.cloud.wait_status("lamp", "r1", "FAILED")
        self.assertIn("makes another thing of this device: lamp-x", execution["details"]["message"])

    def sh(self, block):
        """The commands as they stand, in a folder of their own; `aws` is the AWS CLI for this service."""
        program = self.cloud.folder / "bin" / "aws"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\nexec {harness.AWS} --endpoint-url {self.cloud.http_url} "$@"\n')
        program.chmod(0o755)
        environment = dict(harness.ENVIRONMENT, PATH=f"{program.parent}:{harness.ENVIRONMENT['PATH']}")
        done = subprocess.run(["sh", "-euc", block], cwd=self.cloud.folder, env=environment, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_commands_of_the_page(self):
        """docs/rotation.md"""
        make, end = re.findall(r"^```sh\n(.*?)^```", (harness.ROOT / "docs" / "rotation.md").read_text(), re.M | re.S)
        self.operator.policy("lamp-policy", {"Version": "2012-10-17", "Statement": [allow("iot:*", "*")]})
        self.operator.call("DELETE", "/provisioning-templates/rotation")
        device = self.device()
        self.sh(make)
        new_id = self.expect_rotated("rotate-1", self.old_id)
        self.sh(end)
        self.assertEqual(self.operator.certificate(self.old_id)["status"], "INACTIVE")
        self.assertEqual(self.operator.certificate(new_id)["status"], "ACTIVE")
        self.cloud.job("after", "lamp", json.dumps({"action": "restart"}))
        device.wait_end()
        self.device()
        self.cloud.wait_status("lamp", "after", "SUCCEEDED")

    def test_document_without_a_usable_template(self):
        self.device()
        for number, name in enumerate(("", "a b", "x" * 37, 7)):
            self.cloud.job(f"bad{number}", "lamp", json.dumps({"action": "rotate-certificate", "template": name}))
            execution = self.cloud.wait_status("lamp", f"bad{number}", "REJECTED")
            self.assertIn("1 to 36 of", execution["details"]["message"])
