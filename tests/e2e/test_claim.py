# SPDX-License-Identifier: MIT
"""A device that is provisioned by claim (docs/provisioning.md, examples/03_claim): the whole way with real TLS, kill -9 at each stage, a second start,
a claim policy that is too narrow, a template that refuses, jobs afterwards (R-52, R-53, R-56)."""
import os
import unittest

import harness
from claims import ARN, CREATE_FROM_CSR, DEVICE_POLICY, Operator, allow, claim_statements, provision_topic, template_body
from harness import CloudTest, Device
from pages import Page

EXAMPLE = harness.ROOT / "examples" / "03_claim"
CLAIM = harness.BUILD / "examples" / "03_claim" / "claim"
PUBLISH = [ARN + "topic/" + CREATE_FROM_CSR + "*", ARN + "topic/" + provision_topic("fleet") + "*"]


class ClaimTest(CloudTest):
    def setUp(self):
        super().setUp()
        self.operator = Operator(self, self.cloud)
        self.operator.policy("device", DEVICE_POLICY)

    def folder(self, *statements, template="fleet"):
        """What examples/03_claim is started with."""
        folder = self.operator.claim("test", *(statements or claim_statements("fleet")))
        (folder / "certificate.pem").rename(folder / "claim_certificate.pem")
        (folder / "private_key.pem").rename(folder / "claim_private_key.pem")
        for name, text in (("host", "localhost"), ("port", str(self.cloud.mqtt_port)), ("claim_template", template)):
            (folder / name).write_text(text + "\n")
        return folder

    def device(self, folder, **options):
        return Device(self, folder, program=CLAIM, **options)

    def certificates(self):
        return self.operator.call("GET", "/certificates")["certificates"]

    def things(self):
        return [thing["thingName"] for thing in self.operator.call("GET", "/things")["things"]]

    def run_job(self, job_id, thing):
        self.cloud.job(job_id, thing, '{"action":"hello"}')
        self.cloud.wait_status(thing, job_id, "SUCCEEDED")


class Way(ClaimTest):
    def test_whole_way_and_a_second_start(self):
        self.operator.template()
        folder = self.folder()
        device = self.device(folder)
        device.wait_line(r"connected to localhost:\d+ as 'lamp_[\w-]+', by claim")
        name = device.wait_line(r"provisioned: this device is (lamp-[\w-]+)").group(1)
        self.run_job("first", name)
        self.assertEqual(self.things(), [name])
        self.assertEqual(device.stop(), 0)
        self.assertNotIn("PRIVATE KEY", "\n".join(device.lines))
        made = self.certificates()

        device = self.device(folder)
        device.wait_line(rf"connected to localhost:\d+ as '{name}'$")
        self.run_job("second", name)
        self.assertNotIn("claim", "\n".join(device.lines))
        self.assertEqual(self.certificates(), made)

    def test_stored_identity_needs_no_claim(self):
        """The operator takes the claim certificate back; who has an identity does not notice."""
        self.operator.template()
        folder = self.folder()
        device = self.device(folder)
        name = device.wait_line(r"provisioned: this device is (\S+)").group(1)
        device.stop()
        certificate_id = (folder / "certificate_id").read_text()
        self.operator.call("PUT", f"/certificates/{certificate_id}?newStatus=INACTIVE")
        self.device(folder).wait_line(rf"connected to localhost:\d+ as '{name}'$")

    def test_killed_at_each_stage(self):
        """kill -9 right behind each line of the way; the device ends provisioned, with the key of its first start and at most one certificate more
        for each."""
        self.operator.template()
        folder = self.folder()
        stages = ("a key is made and stored", ", by claim", "the certificate is stored", "registered, and now connects as", "the identity is stored")
        for line in stages:
            device = self.device(folder)
            try:
                device.wait_line(line, 90)
            finally:
                device.kill()
            self.assertEqual(line == stages[0], any(stages[0] in said for said in device.lines))
        device = self.device(folder)
        name = device.wait_line(r"connected as (\S+)", 90).group(1)
        self.run_job("after", name)
        self.assertNotIn("by claim", "\n".join(device.lines))
        self.assertEqual(self.things(), [name])
        self.assertLessEqual(len(self.certificates()), 2 + len(stages))  # the claim's and its own

    def test_own_parameters(self):
        self.operator.template()
        device = self.device(self.folder())
        name = device.wait_line(r"provisioned: this device is (\S+)").group(1)
        self.assertEqual(self.operator.call("GET", f"/things/{name}")["attributes"], {"room": "cellar"})

    def test_service_that_is_away_at_first(self):
        """The device waits, and goes on when it comes."""
        self.operator.template()
        folder = self.folder()
        self.cloud.process.stop()
        device = self.device(folder)
        device.wait_line(r"cannot connect to localhost")
        self.cloud.restart()
        device.wait_line(r"provisioned: this device is \S+", 60)


class Refused(ClaimTest):
    def test_policy_without_publish(self):
        """The line names the statement that the claim's policy lacks."""
        self.operator.template()
        statements = [allow("iot:Connect", "*"), allow("iot:Receive", *PUBLISH), allow("iot:Subscribe", "*")]
        device = self.device(self.folder(*statements))
        device.wait_line(r"CreateCertificateFromCsr.* iot:Publish on topic/\$aws/certificates/create-from-csr/json")

    def test_policy_without_subscribe(self):
        """Subscriptions are hints: answers reach who asked."""
        self.operator.template()
        statements = [allow("iot:Connect", "*"), allow(["iot:Publish", "iot:Receive"], *PUBLISH)]
        self.device(self.folder(*statements)).wait_line(r"provisioned: this device is \S+", 60)

    def test_policy_without_registration(self):
        self.operator.template()
        statements = [allow("iot:Connect", "*"), allow(["iot:Publish", "iot:Receive"], PUBLISH[0]), allow("iot:Subscribe", "*")]
        device = self.device(self.folder(*statements))
        device.wait_line(r"RegisterThing.* iot:Publish on topic/\$aws/provisioning-templates/fleet/provision/json")

    def test_no_such_template(self):
        device = self.device(self.folder())
        device.wait_line(r"RegisterThing was refused: ")
        self.operator.template()  # and the device goes on by itself
        device.wait_line(r"provisioned: this device is \S+", 90)

    def test_disabled_template(self):
        self.operator.template(enabled=False)
        device = self.device(self.folder())
        device.wait_line(r"RegisterThing was refused: ")
        device.wait_line(r"disconnected from localhost: until the next try of an identity")

    def test_claim_certificate_is_inactive(self):
        self.operator.template()
        folder = self.folder()
        certificate_id = (folder / "certificate_id").read_text()
        self.operator.call("PUT", f"/certificates/{certificate_id}?newStatus=INACTIVE")
        device = self.device(folder)
        device.wait_line(r"refuses to connect the claim certificate; is it active, does its policy allow iot:Connect\?")
        self.operator.call("PUT", f"/certificates/{certificate_id}?newStatus=ACTIVE")
        device.wait_line(r"provisioned: this device is \S+", 60)


class Readme(unittest.TestCase):
    @unittest.skipUnless(os.path.exists(harness.AWS), "no AWS CLI on this system")
    def test_commands_word_by_word(self):
        """examples/03_claim/README.md; the device is started once more at the end."""
        page = Page(self, EXAMPLE / "README.md")
        for line in page.commands():
            if "/claim claim" in line:
                start = line
                device = page.start(line)
                name = device.wait_line(r"provisioned: this device is (\S+)").group(1)
            else:
                page.run(line.replace("THING", name) if "THING" in line else line)
        device.wait_line(rf"hello: hello from {name}")
        self.assertIn("COMPLETED", page.said)
        device.stop()
        page.start(start).wait_line(rf"connected as {name}")
        self.assertIn('"room": "cellar"', page.run('aws --endpoint-url "$AWS_ENDPOINT_URL" iot describe-thing --thing-name ' + name))


if __name__ == "__main__":
    unittest.main()
