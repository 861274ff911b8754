# SPDX-License-Identifier: MIT
"""The whole life of certificates and policies through the unmodified AWS CLI, with devices on mutual TLS: make, list, change, detach,
delete, make again; certificates of requests, of CAs of others and of nobody; what changes for connections that live
(docs/protocol.md 5.8 and 8)."""
import json
import shutil
import ssl
import subprocess

from harness import CloudTest, wait_for
from mqtt import Client, Closed, certificate_arn

ARN = "arn:aws:iot:us-east-1:123456789012:"
NOT_AUTHORIZED = 5


def openssl(folder, *words):
    subprocess.run(["openssl", *map(str, words)], cwd=folder, check=True, capture_output=True)


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": effect, "Action": action, "Resource": resource} for effect, action, resource in statements]})


ALL = policy(("Allow", "iot:*", "*"))


class SecurityTest(CloudTest):
    def iot(self, *arguments, refused=None):
        """An operation through the AWS CLI; refused: the name of the error that must come."""
        done = self.cloud.aws("iot", *arguments, check=False)
        if refused:
            self.assertNotEqual(done.returncode, 0, arguments)
            self.assertIn(f"({refused})", done.stderr)
            return done.stderr
        self.assertEqual(done.returncode, 0, f"{arguments}: {done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def connect(self, folder, client_id):
        client = Client(self.cloud.mqtt_port, folder, client_id)
        self.addCleanup(client.drop)
        return client

    def folder(self, name, certificate=None, key=None):
        folder = self.cloud.folder / name
        folder.mkdir(exist_ok=True)
        shutil.copy(self.cloud.data / "ca.pem", folder / "root_ca.pem")
        if certificate:
            (folder / "certificate.pem").write_text(certificate)
        if key:
            (folder / "private_key.pem").write_text(key)
        return folder

    def made(self, name):
        """A certificate that the service has made: its folder, and what was answered."""
        answer = self.raw("POST", "/keys-and-certificate?setAsActive=true")
        return self.folder(name, answer["certificatePem"], answer["keyPair"]["PrivateKey"]), answer

    def raw(self, method, path, headers=None, body=None):
        status, _, answer = self.cloud.request(method, path, body, headers=headers)
        self.assertEqual(status, 200, (path, answer))
        return json.loads(answer)

    def add_policy(self, name, document):
        self.raw("POST", f"/policies/{name}", body={"policyDocument": document})

    def cannot_shake_hands(self, folder):
        with self.assertRaises((ssl.SSLError, Closed)):
            self.connect(folder, "x")

    def expect(self, folder, client_id, code=0):
        self.assertEqual(self.connect(folder, client_id).code, code)


class Certificates(SecurityTest):
    def test_from_creation_to_deletion_and_again(self):
        answer = self.iot("create-keys-and-certificate", "--set-as-active")
        folder = self.folder("lamp", answer["certificatePem"], answer["keyPair"]["PrivateKey"])
        arn, name = answer["certificateArn"], answer["certificateId"]
        self.iot("create-thing", "--thing-name", "lamp")
        self.iot("create-policy", "--policy-name", "all", "--policy-document", ALL)
        self.iot("attach-policy", "--policy-name", "all", "--target", arn)
        self.iot("attach-thing-principal", "--thing-name", "lamp", "--principal", arn)
        self.assertEqual([c["certificateId"] for c in self.iot("list-certificates")["certificates"]], [name])
        self.assertEqual(self.iot("list-thing-principals", "--thing-name", "lamp")["principals"], [arn])
        self.assertEqual(self.iot("list-principal-things", "--principal", arn)["things"], ["lamp"])
        lamp = self.connect(folder, "lamp")
        self.assertEqual(lamp.code, 0)

        self.iot("delete-certificate", "--certificate-id", name, "--force-delete", refused="CertificateStateException")
        self.iot("update-certificate", "--certificate-id", name, "--new-status", "INACTIVE")
        self.assertTrue(wait_for(lamp.is_closed, "the connection to be closed"))
        self.iot("delete-certificate", "--certificate-id", name, "--force-delete", refused="DeleteConflictException")
        self.iot("detach-thing-principal", "--thing-name", "lamp", "--principal", arn)
        self.iot("delete-certificate", "--certificate-id", name, refused="DeleteConflictException")
        self.iot("delete-certificate", "--certificate-id", name, "--force-delete")
        self.assertEqual(self.iot("list-certificates")["certificates"], [])
        self.assertEqual(self.iot("list-targets-for-policy", "--policy-name", "all")["targets"], [])
        self.iot("describe-certificate", "--certificate-id", name, refused="ResourceNotFoundException")
        self.expect(folder, "lamp", NOT_AUTHORIZED)

        # what iot-local has signed can come back
        again = self.iot("register-certificate", "--certificate-pem", f"file://{folder}/certificate.pem", "--set-as-active")
        self.assertEqual(again["certificateArn"], arn)
        self.iot("attach-policy", "--policy-name", "all", "--target", arn)
        self.expect(folder, "lamp")

    def test_request_of_a_device(self):
        """Keys of both kinds stay on the device; the same request twice gives two certificates."""
        self.add_policy("cn", policy(("Allow", "iot:Connect", ARN + "client/${iot:Certificate.Subject.CommonName}")))
        for kind in (("-newkey", "rsa:2048"), ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384")):
            folder = self.folder(kind[1].replace(":", "-"))
            openssl(folder, "req", *kind, "-nodes", "-subj", "/CN=pump", "-keyout", "private_key.pem", "-out", "pump.csr")
            answers = [self.iot("create-certificate-from-csr", "--set-as-active", "--certificate-signing-request",
                                f"file://{folder}/pump.csr") for _ in range(2)]
            self.assertNotEqual(answers[0]["certificateId"], answers[1]["certificateId"])
            for answer in answers:
                (folder / "certificate.pem").write_text(answer["certificatePem"])
                self.assertEqual(answer["certificateArn"], certificate_arn(folder))
                self.raw("PUT", "/target-policies/cn", body={"target": answer["certificateArn"]})
                self.expect(folder, "pump")
        openssl(folder, "req", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=x", "-keyout", "short.key", "-out", "short.csr")
        self.assertIn("2048", self.iot("create-certificate-from-csr", "--certificate-signing-request",
                                       f"file://{folder}/short.csr", refused="InvalidRequestException"))

    def test_deactivated_and_deleted_in_one_breath(self):
        """The plugin looks ten times a second: between two looks nothing may be left that it sees."""
        self.add_policy("all", ALL)
        for i in range(5):
            folder, answer = self.made(f"lamp-{i}")
            self.raw("PUT", "/target-policies/all", body={"target": answer["certificateArn"]})
            lamp = self.connect(folder, "lamp")
            self.assertEqual(lamp.code, 0)
            path = "/certificates/" + answer["certificateId"]
            self.raw("PUT", path + "?newStatus=INACTIVE")
            self.raw("DELETE", path + "?forceDelete=true")
            self.assertTrue(wait_for(lamp.is_closed, "the connection to be closed", patience=2))
            self.expect(folder, "lamp", NOT_AUTHORIZED)

    def test_detached_thing_counts_for_a_live_connection(self):
        folder, answer = self.made("lamp")
        self.add_policy("own", policy(("Allow", "iot:Connect", "*"),
                        ("Allow", "iot:Subscribe", ARN + "topicfilter/${iot:Connection.Thing.ThingName}/*")))
        self.raw("PUT", "/target-policies/own", body={"target": answer["certificateArn"]})
        self.raw("POST", "/things/lamp", body={})
        principal = {"x-amzn-principal": answer["certificateArn"]}
        self.raw("PUT", "/things/lamp/principals", principal)
        lamp = self.connect(folder, "lamp")
        self.assertEqual(lamp.subscribe("lamp/a"), [1])
        self.raw("DELETE", "/things/lamp/principals", principal)
        wait_for(lambda: lamp.subscribe("lamp/b") == [0x80], "the thing to be gone", patience=2)
        # an exclusive thing needs no client id
        self.raw("PUT", "/things/lamp/principals?thingPrincipalType=EXCLUSIVE_THING", principal)
        other = self.connect(folder, "somebody")
        self.assertEqual(other.subscribe("lamp/c"), [1])


class CertificatesOfOthers(SecurityTest):
    def setUp(self):
        super().setUp()
        self.ca = self.cloud.folder / "ca"
        self.ca.mkdir()
        self.add_policy("all", ALL)
        openssl(self.ca, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/O=maker/CN=CA", "-days", "30",
                "-keyout", "ca.key", "-out", "ca.pem")

    def sign(self, folder, name, out):
        openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", "private_key.pem", "-out",
                "request.pem")
        openssl(folder, "x509", "-req", "-in", "request.pem", "-CA", self.ca / "ca.pem", "-CAkey", self.ca / "ca.key",
                "-CAcreateserial", "-days", "30", "-out", out)

    def allow(self, arn):
        self.raw("PUT", "/target-policies/all", body={"target": arn})

    def restart(self):
        self.assertEqual(self.cloud.process.stop(), 0)
        self.cloud.restart()

    def test_ca_by_its_registration_code(self):
        """Counts at once and after a start, goes on when the CA is deleted, and ends with the certificate."""
        folder, stranger = self.folder("pump"), self.folder("stranger")
        self.sign(folder, "pump", "certificate.pem")
        self.sign(stranger, "stranger", "certificate.pem")
        self.cannot_shake_hands(folder)
        pem = ("--certificate-pem", f"file://{folder}/certificate.pem")
        self.iot("register-certificate", *pem, refused="CertificateValidationException")
        self.assertIn("register-ca-certificate", self.iot("register-certificate-without-ca", *pem,
                                                          refused="CertificateValidationException"))
        self.sign(self.folder("proof"), self.iot("get-registration-code")["registrationCode"], "proof.pem")
        ca = self.iot("register-ca-certificate", "--set-as-active", "--ca-certificate", f"file://{self.ca}/ca.pem",
                      "--verification-certificate", f"file://{self.cloud.folder}/proof/proof.pem")["certificateId"]
        answer = self.iot("register-certificate", *pem, "--set-as-active")
        self.assertEqual(answer["certificateArn"], certificate_arn(folder))
        self.iot("register-certificate", *pem, refused="ResourceAlreadyExistsException")
        listed = self.iot("list-certificates-by-ca", "--ca-certificate-id", ca)["certificates"]
        self.assertEqual([c["certificateId"] for c in listed], [answer["certificateId"]])
        self.allow(answer["certificateArn"])
        self.expect(folder, "pump")
        self.expect(stranger, "pump", NOT_AUTHORIZED)  # signed by it, and not registered

        self.restart()
        self.expect(folder, "pump")
        self.iot("delete-ca-certificate", "--certificate-id", ca, refused="CertificateStateException")
        self.iot("update-ca-certificate", "--certificate-id", ca, "--new-status", "INACTIVE")
        self.iot("delete-ca-certificate", "--certificate-id", ca)
        self.assertEqual(self.iot("list-ca-certificates")["certificates"], [])
        self.restart()
        self.expect(folder, "pump")
        self.iot("update-certificate", "--certificate-id", answer["certificateId"], "--new-status", "REVOKED")
        self.iot("delete-certificate", "--certificate-id", answer["certificateId"], "--force-delete")
        self.expect(folder, "pump", NOT_AUTHORIZED)
        self.restart()
        self.cannot_shake_hands(folder)

    def test_ca_that_is_no_root_and_device_without_its_ca(self):
        """Mode SNI_ONLY asks for no proof."""
        below, folder = self.folder("below"), self.folder("pump")
        (below / "ca.ext").write_text("basicConstraints=critical,CA:TRUE\n")
        openssl(below, "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=below", "-keyout", "ca.key", "-out", "ca.csr")
        openssl(below, "x509", "-req", "-in", "ca.csr", "-CA", self.ca / "ca.pem", "-CAkey", self.ca / "ca.key",
                "-CAcreateserial", "-days", "30", "-extfile", "ca.ext", "-out", "ca.pem")
        self.ca = below
        self.iot("register-ca-certificate", "--set-as-active", "--certificate-mode", "SNI_ONLY", "--ca-certificate",
                 f"file://{below}/ca.pem")
        self.sign(folder, "pump", "certificate.pem")
        answer = self.iot("register-certificate-without-ca", "--status", "ACTIVE", "--certificate-pem",
                          f"file://{folder}/certificate.pem")
        self.allow(answer["certificateArn"])
        self.expect(folder, "pump")
        self.restart()
        self.expect(folder, "pump")

    def test_certificates_that_nobody_else_has_signed(self):
        """Two of one name: each is its own."""
        folders = [self.folder(f"self-{i}") for i in range(2)]
        for folder in folders:
            openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=self",
                    "-days", "30", "-keyout", "private_key.pem", "-out", "certificate.pem")
            answer = self.iot("register-certificate-without-ca", "--status", "ACTIVE", "--certificate-pem",
                              f"file://{folder}/certificate.pem")
            self.allow(answer["certificateArn"])
        for _ in range(2):
            for i, folder in enumerate(folders):
                self.expect(folder, f"self-{i}")
            self.restart()
        text = (folders[0] / "certificate.pem").read_text() + (folders[0] / "private_key.pem").read_text()
        (folders[0] / "both.pem").write_text(text)
        words = self.iot("register-certificate-without-ca", "--certificate-pem", f"file://{folders[0]}/both.pem",
                         refused="CertificateValidationException")
        self.assertIn("private key", words)


class Policies(SecurityTest):
    def test_from_creation_to_deletion_and_again(self):
        _, answer = self.made("lamp")
        arn = answer["certificateArn"]
        name = ("--policy-name", "fleet")
        self.assertEqual(self.iot("create-policy", *name, "--policy-document", ALL)["policyVersionId"], "1")
        for i in range(2, 6):
            made = self.iot("create-policy-version", *name, "--policy-document", ALL, *(["--set-as-default"] if i == 3 else []))
            self.assertEqual((made["policyVersionId"], made["isDefaultVersion"]), (str(i), i == 3))
        self.iot("create-policy-version", *name, "--policy-document", ALL, refused="VersionsLimitExceededException")
        self.assertEqual(self.iot("get-policy", *name)["defaultVersionId"], "3")
        versions = self.iot("list-policy-versions", *name)["policyVersions"]
        self.assertEqual([v["versionId"] for v in versions], ["5", "4", "3", "2", "1"])
        self.iot("set-default-policy-version", *name, "--policy-version-id", "1")
        self.assertTrue(self.iot("get-policy-version", *name, "--policy-version-id", "1")["isDefaultVersion"])

        self.iot("attach-policy", *name, "--target", arn)
        self.assertEqual(self.iot("list-attached-policies", "--target", arn)["policies"][0]["policyName"], "fleet")
        self.assertEqual(self.iot("list-targets-for-policy", *name)["targets"], [arn])
        self.assertEqual(self.iot("list-principal-policies", "--principal", arn)["policies"][0]["policyName"], "fleet")
        self.assertEqual(self.iot("list-policy-principals", *name)["principals"], [arn])
        self.assertEqual(self.iot("get-effective-policies", "--principal", arn)["effectivePolicies"][0]["policyDocument"], ALL)
        self.iot("delete-policy", *name, refused="DeleteConflictException")
        self.iot("detach-principal-policy", *name, "--principal", arn)
        self.iot("attach-principal-policy", *name, "--principal", arn)
        self.iot("detach-policy", *name, "--target", arn)
        self.iot("delete-policy", *name, refused="DeleteConflictException")
        self.iot("delete-policy-version", *name, "--policy-version-id", "1", refused="DeleteConflictException")
        for version in ("2", "3", "4", "5"):
            self.iot("delete-policy-version", *name, "--policy-version-id", version)
        self.iot("delete-policy", *name)
        self.assertEqual(self.iot("list-policies")["policies"], [])
        self.iot("create-policy", *name, "--policy-document", ALL)

    def test_pages_that_the_cli_follows(self):
        for i in range(27):
            self.add_policy(f"p{i}", ALL)
        listed = self.iot("list-policies", "--ascending-order")["policies"]  # pages of 25
        self.assertEqual([p["policyName"] for p in listed], [f"p{i}" for i in range(27)])
        page = self.iot("list-policies", "--page-size", "26")
        self.assertEqual(self.iot("list-policies", "--marker", page["nextMarker"])["policies"][0]["policyName"], "p0")

    def test_default_version_and_detaching_count_for_a_live_connection(self):
        folder, answer = self.made("lamp")
        connect = ("Allow", "iot:Connect", "*")
        self.add_policy("p", policy(connect, ("Allow", "iot:Subscribe", "*")))
        self.iot("create-policy-version", "--policy-name", "p", "--policy-document", policy(connect))
        self.raw("PUT", "/target-policies/p", body={"target": answer["certificateArn"]})
        lamp = self.connect(folder, "lamp")
        self.assertEqual(lamp.subscribe("a"), [1])
        self.iot("set-default-policy-version", "--policy-name", "p", "--policy-version-id", "2")
        wait_for(lambda: lamp.subscribe("a") == [0x80], "version 2 to count", patience=2)
        self.iot("set-default-policy-version", "--policy-name", "p", "--policy-version-id", "1")
        wait_for(lambda: lamp.subscribe("a") == [1], "version 1 to count", patience=2)
        self.iot("detach-policy", "--policy-name", "p", "--target", answer["certificateArn"])
        wait_for(lambda: lamp.subscribe("a") == [0x80], "no policy to count", patience=2)
        self.expect(folder, "lamp", NOT_AUTHORIZED)

    def test_authorization_is_what_the_broker_decides(self):
        folder, answer = self.made("lamp")
        self.add_policy("p", policy(("Allow", "iot:Connect", ARN + "client/lamp"), ("Allow", "iot:Subscribe", ARN + "topicfilter/a/*"),
                        ("Deny", "iot:Subscribe", ARN + "topicfilter/a/secret")))
        self.raw("PUT", "/target-policies/p", body={"target": answer["certificateArn"]})
        lamp = self.connect(folder, "lamp")
        filters = ("a/b", "a/secret", "b")
        infos = json.dumps([{"actionType": "SUBSCRIBE", "resources": [ARN + "topicfilter/" + name]} for name in filters])
        results = self.iot("test-authorization", "--principal", answer["certificateArn"], "--client-id", "lamp", "--auth-infos",
                           infos)["authResults"]
        self.assertEqual([r["authDecision"] for r in results], ["ALLOWED", "EXPLICIT_DENY", "IMPLICIT_DENY"])
        self.assertEqual([lamp.subscribe(name) for name in filters], [[1], [0x80], [0x80]])
        self.iot("test-authorization", "--principal", ARN + "cert/" + "0" * 64, "--auth-infos", infos,
                 refused="ResourceNotFoundException")
