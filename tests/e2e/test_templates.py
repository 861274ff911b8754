# SPDX-License-Identifier: MIT
"""Provisioning templates through the unmodified AWS CLI (docs/protocol.md 5.9 and 7): their life, claims for five minutes, and
RegisterThing over HTTP."""
import datetime
import json
import os
import re
import subprocess
import unittest

from harness import AWS, wait_for
from test_broker import ARN, NOT_AUTHORIZED, BrokerTest

ROLE = "arn:aws:iam::123456789012:role/any"
CERTIFICATE = {"Type": "AWS::IoT::Certificate", "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "Active"}}
THING = {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Fn::Sub": "lamp-${SerialNumber}"}}}
BODY = json.dumps({"Parameters": {"SerialNumber": {"Type": "String"}}, "Resources": {"certificate": CERTIFICATE, "thing": THING}})


@unittest.skipUnless(os.path.exists(AWS), "no AWS CLI on this system")
class TemplatesTest(BrokerTest):
    def iot(self, *arguments):
        return self.cloud.aws("iot", *arguments)

    def refused(self, *arguments):
        """The error's code, and its sentence."""
        done = self.cloud.aws("iot", *arguments, check=False)
        found = re.search(r"An error occurred \((\w+)\).*?: (.*)", done.stderr)
        self.assertTrue(done.returncode and found, done.stdout + done.stderr)
        return found.group(1), found.group(2)

    def make(self, name, *arguments, body=BODY):
        return self.iot("create-provisioning-template", "--template-name", name, "--template-body", body, "--provisioning-role-arn", ROLE,
                        *arguments)


class Life(TemplatesTest):
    def test_made_changed_and_removed(self):
        made = self.make("fleet", "--description", "lamps", "--enabled", "--tags", "Key=team,Value=a", "--type", "FLEET_PROVISIONING")
        arn = ARN + "provisioningtemplate/fleet"
        self.assertEqual(made, {"templateArn": arn, "templateName": "fleet", "defaultVersionId": 1})
        self.assertEqual(self.iot("list-tags-for-resource", "--resource-arn", arn)["tags"], [{"Key": "team", "Value": "a"}])
        self.make("another")

        listed = self.iot("list-provisioning-templates", "--page-size", "1")["templates"]
        self.assertEqual([(entry["templateName"], entry["enabled"], entry["type"]) for entry in listed],
                         [("another", False, "FLEET_PROVISIONING"), ("fleet", True, "FLEET_PROVISIONING")])
        self.assertNotIn("templateBody", listed[0])

        self.iot("update-provisioning-template", "--template-name", "fleet", "--no-enabled", "--description", "else",
                 "--pre-provisioning-hook", "targetArn=http://127.0.0.1:9/hook")
        described = self.iot("describe-provisioning-template", "--template-name", "fleet")
        self.assertEqual((described["enabled"], described["description"], described["provisioningRoleArn"], described["templateBody"]),
                         (False, "else", ROLE, BODY))
        self.assertEqual(described["preProvisioningHook"], {"targetArn": "http://127.0.0.1:9/hook", "payloadVersion": "2020-04-01"})
        self.iot("update-provisioning-template", "--template-name", "fleet", "--remove-pre-provisioning-hook")
        self.assertNotIn("preProvisioningHook", self.iot("describe-provisioning-template", "--template-name", "fleet"))

        self.iot("delete-provisioning-template", "--template-name", "fleet")
        self.assertEqual(self.refused("describe-provisioning-template", "--template-name", "fleet")[0], "ResourceNotFoundException")
        self.make("fleet")
        self.assertEqual(self.iot("list-tags-for-resource", "--resource-arn", arn)["tags"], [])

    def test_versions(self):
        self.make("fleet")
        of = ("--template-name", "fleet")
        second = self.iot("create-provisioning-template-version", *of, "--template-body", BODY + " ", "--set-as-default")
        self.assertEqual((second["versionId"], second["isDefaultVersion"], second["templateName"]), (2, True, "fleet"))
        self.assertEqual(self.iot("describe-provisioning-template", *of)["templateBody"], BODY + " ")
        self.assertEqual(self.refused("delete-provisioning-template-version", *of, "--version-id", "2")[0], "DeleteConflictException")
        self.iot("update-provisioning-template", *of, "--default-version-id", "1")
        self.assertEqual(self.iot("describe-provisioning-template", *of)["templateBody"], BODY)
        described = self.iot("describe-provisioning-template-version", *of, "--version-id", "2")
        self.assertEqual((described["templateBody"], described["isDefaultVersion"]), (BODY + " ", False))
        for _ in range(3):
            self.iot("create-provisioning-template-version", *of, "--template-body", BODY)
        self.assertEqual(self.refused("create-provisioning-template-version", *of, "--template-body", BODY)[0],
                         "VersionsLimitExceededException")
        self.iot("delete-provisioning-template-version", *of, "--version-id", "2")
        listed = self.iot("list-provisioning-template-versions", *of)["versions"]
        self.assertEqual([(entry["versionId"], entry["isDefaultVersion"]) for entry in listed], [(5, False), (4, False), (3, False), (1, True)])

    def test_what_is_refused(self):
        self.make("fleet")
        self.assertEqual(self.refused("create-provisioning-template", "--template-name", "fleet", "--template-body", BODY,
                                      "--provisioning-role-arn", ROLE)[0], "ResourceAlreadyExistsException")
        for arguments, sentence in (
                (("--template-body", "{"), "no JSON object"),
                (("--template-body", BODY.replace("SerialNumber}", "Serial}")), "'Serial', which Parameters does not declare"),
                (("--template-body", BODY, "--type", "JITP"), "does not model templates of the type JITP"),
                (("--template-body", BODY, "--pre-provisioning-hook", "targetArn=arn:aws:lambda:us-east-1:123456789012:function:f"),
                 "asks an URL of this machine instead")):
            code, said = self.refused("create-provisioning-template", "--template-name", "bad", "--provisioning-role-arn", ROLE, *arguments)
            self.assertEqual(code, "InvalidRequestException")
            self.assertIn(sentence, said)


class Claims(TemplatesTest):
    arguments = ("--virtual-clock",)

    def claim(self, template):
        made = self.iot("create-provisioning-claim", "--template-name", template)
        folder = self.cloud.folder / ("claim-" + template)
        folder.mkdir()
        (folder / "certificate.pem").write_text(made["certificatePem"])
        (folder / "private_key.pem").write_text(made["keyPair"]["PrivateKey"])
        (folder / "root_ca.pem").write_text((self.cloud.data / "ca.pem").read_text())
        return made, folder

    def test_a_claim_may_register_and_nothing_else_for_five_minutes(self):
        self.assertEqual(self.refused("create-provisioning-claim", "--template-name", "none")[0], "ResourceNotFoundException")
        self.make("fleet", "--enabled")
        made, folder = self.claim("fleet")
        self.assertEqual(self.iot("list-certificates")["certificates"], [])
        self.assertEqual(self.iot("list-policies")["policies"], [])
        until = subprocess.run(["openssl", "x509", "-noout", "-enddate", "-in", folder / "certificate.pem"], check=True, capture_output=True, text=True)
        end = datetime.datetime.strptime(until.stdout, "notAfter=%b %d %H:%M:%S %Y GMT\n").replace(tzinfo=datetime.timezone.utc)
        expires = datetime.datetime.fromisoformat(made["expiration"])
        self.assertLess(abs((end - expires).total_seconds()), 60)

        client = self.connect(folder, "any-client-id")
        self.assertEqual(client.code, 0)
        answers = "$aws/provisioning-templates/fleet/provision/json/accepted"
        self.assertEqual(client.subscribe("$aws/certificates/create/json/accepted", "$aws/certificates/create-from-csr/cbor/rejected", answers,
                                          "$aws/provisioning-templates/other/provision/json/accepted", "#", "lamp/state"),
                         [1, 1, 1, 0x80, 0x80, 0x80])

        self.cloud.cli("clock", "advance", "4m")
        self.assertEqual(self.connect(folder, "second").code, 0)
        self.cloud.cli("clock", "advance", "1m1s")
        wait_for(client.is_closed, "the broker to end the connection of a claim that is over")
        wait_for(lambda: self.connect(folder, "third").code == NOT_AUTHORIZED, "a claim that is over to be refused")

    def test_claims_end_with_their_template(self):
        self.make("fleet", "--enabled")
        _, folder = self.claim("fleet")
        self.assertEqual(self.connect(folder, "a").code, 0)
        self.iot("delete-provisioning-template", "--template-name", "fleet")
        wait_for(lambda: self.connect(folder, "b").code == NOT_AUTHORIZED, "a claim without a template to be refused")


class RegisterThing(TemplatesTest):
    def request(self, folder):
        folder.mkdir()
        subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=lamp",
                        "-keyout", "private_key.pem", "-out", "request.pem"], cwd=folder, check=True, capture_output=True)
        return (folder / "request.pem").read_text()

    def test_a_device_with_its_own_key(self):
        folder = self.cloud.folder / "own-key"
        body = json.dumps({"Parameters": {"Name": {"Type": "String"}, "CSR": {"Type": "String"}}, "Resources": {
            "thing": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Ref": "Name"}, "AttributePayload": {"version": "v1"}}},
            "certificate": {"Type": "AWS::IoT::Certificate", "Properties": {"CertificateSigningRequest": {"Ref": "CSR"}, "Status": "ACTIVE"}},
            "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyDocument": json.dumps(
                {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:Connect", "Resource": ARN + "client/lamp"}]})}}}})
        parameters = json.dumps({"Name": "lamp", "CSR": self.request(folder)})
        made = self.iot("register-thing", "--template-body", body, "--parameters", parameters)
        arns = made["resourceArns"]
        self.assertEqual(arns["thing"], ARN + "thing/lamp")
        self.assertRegex(arns["policy"], ARN + "policy/[0-9A-F]{40}$")
        self.assertEqual(self.iot("list-thing-principals", "--thing-name", "lamp")["principals"], [arns["certificate"]])
        self.assertEqual(self.iot("describe-thing", "--thing-name", "lamp")["attributes"], {"version": "v1"})
        (folder / "certificate.pem").write_text(made["certificatePem"])
        (folder / "root_ca.pem").write_text((self.cloud.data / "ca.pem").read_text())
        self.assertEqual(self.connect(folder, "lamp").code, 0)
        self.assertEqual(self.connect(folder, "other").code, NOT_AUTHORIZED)

    def test_what_is_refused(self):
        def with_certificate(**properties):
            return json.dumps({"Resources": {"c": {"Type": "AWS::IoT::Certificate", "Properties": properties}}})

        for body, wanted, sentence in (
                ("{", "InvalidRequestException", "no JSON object"),
                (with_certificate(CertificateSigningRequest="no request"), "InvalidRequestException", "CertificateSigningRequest"),
                (with_certificate(CertificatePem="x"), "InvalidRequestException", "'CertificatePem' is not modelled"),
                (with_certificate(CertificateId="0" * 64), "ResourceRegistrationFailureException", "does not exist")):
            code, said = self.refused("register-thing", "--template-body", body)
            self.assertEqual(code, wanted)
            self.assertIn(sentence, said)
        self.assertEqual(self.iot("list-certificates")["certificates"], [])


if __name__ == "__main__":
    unittest.main()
