# SPDX-License-Identifier: MIT
"""The operator's and the device's side of fleet provisioning by claim, for tests: templates, claim certificates, and the three requests over
a raw MQTT client."""
import collections
import http.server
import json
import pathlib
import shutil
import subprocess
import threading

from mqtt import Client

ARN = "arn:aws:iot:us-east-1:123456789012:"
CREATE = "$aws/certificates/create/"
CREATE_FROM_CSR = "$aws/certificates/create-from-csr/"
ROLE = "arn:aws:iam::123456789012:role/provisioning"
CBOR_PYTHON = "/usr/bin/python3"  # Debian's, which has python3-cbor2

Answer = collections.namedtuple("Answer", "kind members")

DEVICE_POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]}


def provision_topic(template):
    return f"$aws/provisioning-templates/{template}/provision/"


def allow(action, *resources):
    return {"Effect": "Allow", "Action": action, "Resource": list(resources)}


def claim_statements(template, topics=(CREATE, CREATE_FROM_CSR)):
    """What AWS's guide gives a claim certificate."""
    names = [name + "*" for name in (*topics, provision_topic(template))]
    return [allow("iot:Connect", "*"),
            allow(["iot:Publish", "iot:Receive"], *(ARN + "topic/" + name for name in names)),
            allow("iot:Subscribe", *(ARN + "topicfilter/" + name for name in names))]


def template_body(**resources):
    """A thing lamp-SERIAL with its certificate and the policy `device`."""
    body = {
        "Parameters": {"SerialNumber": {"Type": "String"}, "Room": {"Type": "String", "Default": "cellar"},
                       "AWS::IoT::Certificate::Id": {"Type": "String"}},
        "Resources": {
            "thing": {"Type": "AWS::IoT::Thing", "Properties": {
                "ThingName": {"Fn::Join": ["", ["lamp-", {"Ref": "SerialNumber"}]]},
                "AttributePayload": {"room": {"Ref": "Room"}}}},
            "certificate": {"Type": "AWS::IoT::Certificate", "Properties": {
                "CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "Active"}},
            "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": "device"}}},
        "DeviceConfiguration": {"Site": "north"}}
    body["Resources"].update(resources)
    return body


class Operator:
    """Raw requests of the AWS API, which fail the test when they are refused."""

    def __init__(self, test, cloud):
        self.test, self.cloud = test, cloud

    def call(self, method, path, body=None, headers=None):
        status, _, answer = self.cloud.request(method, path, body, headers=headers)
        self.test.assertEqual(status, 200, f"{method} {path}: {answer!r}")
        return json.loads(answer) if answer else {}

    def policy(self, name, document):
        self.call("POST", f"/policies/{name}", {"policyDocument": json.dumps(document)})

    def template(self, name="fleet", body=None, hook=None, enabled=True):
        made = {"templateName": name, "templateBody": json.dumps(body or template_body()), "provisioningRoleArn": ROLE, "enabled": enabled}
        if hook:
            made["preProvisioningHook"] = {"targetArn": hook, "payloadVersion": "2020-04-01"}
        return self.call("POST", "/provisioning-templates", made)

    def claim(self, name, *statements):
        """A folder with a claim certificate whose policy has these statements only."""
        made = self.call("POST", "/keys-and-certificate?setAsActive=true")
        folder = self.cloud.folder / ("claim-" + name)
        write_identity(folder, self.cloud, made["certificatePem"], made["keyPair"]["PrivateKey"])
        self.policy("claim-" + name, {"Version": "2012-10-17", "Statement": list(statements)})
        self.call("PUT", f"/target-policies/claim-{name}", {"target": made["certificateArn"]})
        (folder / "certificate_id").write_text(made["certificateId"])
        return folder

    def certificate(self, certificate_id):
        """Its description, or None."""
        status, _, body = self.cloud.request("GET", f"/certificates/{certificate_id}")
        return json.loads(body)["certificateDescription"] if status == 200 else None


def write_identity(folder, cloud, certificate, key):
    """A folder that mqtt.Client connects from."""
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    (folder / "certificate.pem").write_text(certificate)
    (folder / "private_key.pem").write_text(key)
    shutil.copy(cloud.data / "ca.pem", folder / "root_ca.pem")
    return folder


def make_csr(folder, name):
    """(key, CSR), both PEM: an EC key of P-256."""
    key, csr = pathlib.Path(folder) / (name + ".key"), pathlib.Path(folder) / (name + ".csr")
    subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name,
                    "-keyout", key, "-out", csr], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return key.read_text(), csr.read_text()


def has_cbor():
    return subprocess.run([CBOR_PYTHON, "-c", "import cbor2"], stderr=subprocess.DEVNULL).returncode == 0


def _cbor(code, data):
    return subprocess.run([CBOR_PYTHON, "-c", "import cbor2, json, sys\n" + code], input=data, check=True, stdout=subprocess.PIPE).stdout


def to_cbor(value):
    return _cbor("sys.stdout.buffer.write(cbor2.dumps(json.load(sys.stdin)))", json.dumps(value).encode())


def from_cbor(data):
    return json.loads(_cbor("print(json.dumps(cbor2.loads(sys.stdin.buffer.read())))", data))


class Claimant(Client):
    """A device that connects with a claim."""

    def __init__(self, cloud, folder, client_id="claimant", **options):
        super().__init__(cloud.mqtt_port, folder, client_id, **options)
        self.template = "fleet"

    def ask(self, topic, payload=b""):
        """Publishes to a whole topic; the answer's last level and payload."""
        self.publish(topic, payload)
        message = self.receive()
        kind = message.topic[len(topic) + 1:]
        assert message.topic == f"{topic}/{kind}", message.topic
        return kind, message.payload

    def json(self, topic, members=None):
        kind, payload = self.ask(topic + "json", b"" if members is None else json.dumps(members))
        return Answer(kind, json.loads(payload))

    def cbor(self, topic, members=None):
        kind, payload = self.ask(topic + "cbor", b"" if members is None else to_cbor(members))
        return Answer(kind, from_cbor(payload))

    def create(self):
        """A certificate with its token, by CreateKeysAndCertificate."""
        answer = self.json(CREATE, {})
        assert answer.kind == "accepted", answer
        return answer.members

    def create_from_csr(self, csr):
        answer = self.json(CREATE_FROM_CSR, {"certificateSigningRequest": csr})
        assert answer.kind == "accepted", answer
        return answer.members

    def register(self, token, parameters=None, template=None):
        members = {} if token is None else {"certificateOwnershipToken": token}
        if parameters is not None:
            members["parameters"] = parameters
        return self.json(provision_topic(template or self.template), members)


class Hook:
    """A pre-provisioning hook on loopback. reply: a function of the request's object that returns (status, bytes); asked: what came."""

    def __init__(self, test, reply):
        hook = self
        self.asked, self.types = [], []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                hook.asked.append(sent)
                hook.types.append(self.headers["Content-Type"])
                status, body = reply(sent)
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # who asked has given up

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 256

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        test.addCleanup(self.server.server_close)
        test.addCleanup(self.server.shutdown)
