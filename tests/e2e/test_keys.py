# SPDX-License-Identifier: MIT
"""Keys that sign and are not read: in a token of PKCS#11, here SoftHSM's, named by a URI in private_key.pem (device/port/port_mqtt.h).

Both ways that OpenSSL has to a token are played where they are there: the engine of Debian 12, and the provider, which a sanitized
program cannot load (it wants RTLD_DEEPBIND), so that it needs build/host or DEVICE_JOBS_BLINK. OPENSSL_MODULES leads to a provider
in a folder of its own.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

from harness import AWS, BLINK, ENVIRONMENT, ROOT, CloudTest, Device

MODULE = pathlib.Path("/usr/lib/softhsm/libsofthsm2.so")
PIN, SECOND_PIN, WRONG_PIN = "31415926", "a b&c?%/", "27182818"
FIELD = "SYSTEM_init: s_awsConfig.pThingPrivateKeyStr: "
CERTIFICATE_FIELD = "SYSTEM_init: s_awsConfig.pThingCertStr: "


def output_of(*command):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout


def provider_folder():
    folder = os.environ.get("OPENSSL_MODULES") or output_of("openssl", "version", "-m").split('"')[1]
    return folder if (pathlib.Path(folder) / "pkcs11.so").exists() else None


def plain_blink():
    """A blink program without sanitizer."""
    for program in (BLINK, ROOT / "build/host/examples/01_blink/blink"):
        if program.exists() and "libasan" not in output_of("ldd", program):
            return program
    return None


class Token:
    """A token with a PIN in a temporary folder."""

    def __init__(self, test, pin=PIN, modules=None, label="lamps"):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="token-"))
        test.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "tokens").mkdir()
        (self.folder / "softhsm.conf").write_text(f"directories.tokendir = {self.folder}/tokens\nlog.level = ERROR\n")
        self.pin = pin
        self.env = dict(ENVIRONMENT, SOFTHSM2_CONF=str(self.folder / "softhsm.conf"), OPENSSL_MODULES=str(modules or self.folder),
                        PKCS11_MODULE_PATH=str(MODULE))
        if label:
            self.run("softhsm2-util", "--init-token", "--free", "--label", label, "--pin", pin, "--so-pin", "0000")

    def run(self, *command, codes=(0,)):
        done = subprocess.run([str(word) for word in command], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, cwd=self.folder)
        if done.returncode not in codes:
            raise AssertionError(f"{command[0]}: {done.stdout.decode(errors='replace')}")

    def tool(self, *words):
        self.run("pkcs11-tool", "--module", MODULE, "--token-label", "lamps", "--login", "--pin", self.pin, *words)

    def make_key(self, label, kind="EC:prime256v1"):
        """The key is made in the token and cannot leave it."""
        self.tool("--keypairgen", "--key-type", kind, "--label", label, "--id", f"{sum(map(ord, label)) % 256:02x}")

    def request(self, label):
        """A certificate request that the key in the token has signed."""
        (self.folder / "pin").write_text(self.pin)  # the engine counts a line end
        uri = f"pkcs11:token=lamps;object={label};type=private?pin-source={self.folder}/pin"
        how = ("-engine", "pkcs11", "-keyform", "engine")
        if (pathlib.Path(self.env["OPENSSL_MODULES"]) / "pkcs11.so").exists():
            self.env["PKCS11_PROVIDER_MODULE"] = str(MODULE)
            how = ("-provider", "default", "-provider", "pkcs11")
            uri = uri.replace("pin-source=", "pin-source=file:")
        # With the provider and SoftHSM that command crashes when all is done and it cleans up.
        self.run("openssl", "req", "-new", *how, "-key", uri, "-subj", f"/CN={label}", "-out", "request.pem",
                 codes=(0, -signal.SIGSEGV))
        self.env.pop("PKCS11_PROVIDER_MODULE", None)
        self.run("openssl", "req", "-in", "request.pem", "-noout", "-verify")
        return (self.folder / "request.pem").read_text()


class Keys:
    """What holds for both ways; the classes below say which."""

    modules = None
    program = BLINK

    def make_token(self, pin=PIN, label="lamps"):
        return Token(self, pin, self.modules, label)

    def make_thing(self, name, token, label):
        """A thing whose key never was outside of the token."""
        folder = self.cloud.thing(name)
        (folder / "private_key.pem").unlink()  # of a certificate that is not used
        status, _, body = self.cloud.request("POST", "/certificates?setAsActive=true",
                                             {"certificateSigningRequest": token.request(label)})
        self.assertEqual(status, 200, body)
        made = json.loads(body)
        self.attach(name, made["certificateArn"])
        (folder / "certificate.pem").write_text(made["certificatePem"])
        return folder

    def attach(self, thing, arn):
        for path, sent, headers in ((f"/things/{thing}/principals", None, {"x-amzn-principal": arn}),
                                    ("/target-policies/iot-local-device", {"target": arn}, None)):
            status, _, body = self.cloud.request("PUT", path, sent, headers=headers)
            self.assertEqual(status, 200, (path, body))

    def start(self, folder, token, uri, **env):
        (folder / "private_key.pem").write_text(uri + "\n")
        return Device(self, folder, program=self.program, env=dict(
            {name: token.env[name] for name in ("SOFTHSM2_CONF", "OPENSSL_MODULES")}, **env))

    def expect_no_secret(self, device):
        for secret in (PIN, SECOND_PIN, "a%20b", WRONG_PIN):
            self.assertNotIn(secret, "\n".join(device.lines))

    def expect_job(self, device, thing, job_id):
        device.wait_connected()
        self.cloud.job(job_id, thing, '{"action":"blink","count":1,"onTime":1,"offTime":1}')
        self.cloud.wait_status(thing, job_id, "SUCCEEDED")
        self.assertEqual(device.stop(), 0, device.tail())
        self.expect_no_secret(device)

    def expect_refusal(self, folder, token, uri, words, field=FIELD):
        device = self.start(folder, token, uri)
        self.assertEqual(device.wait_end(), 1, device.tail())
        lines = [line for line in device.lines if "SYSTEM_init: " in line]
        self.assertEqual(len(lines), 1, device.tail())
        self.assertIn(field, lines[0])
        self.assertIn(words, lines[0])
        self.expect_no_secret(device)

    def test_jobs_with_keys_in_a_token(self):
        """Elliptic and RSA; the module by its path; the PIN in a file, and in the URI."""
        token = self.make_token()
        pin_file = token.folder / "device pin"
        pin_file.write_text(PIN + "\n")
        for name, kind, query in (("lamp", "EC:prime256v1", f"pin-source=file:{token.folder}/device%20pin"),
                                  ("pump", "RSA:2048", f"pin-value={PIN}")):
            token.make_key(name, kind)
            folder = self.make_thing(name, token, name)
            self.assertFalse(list(folder.glob("*key*")))
            device = self.start(folder, token, f"pkcs11:token=lamps;object={name}?module-path={MODULE}&{query}")
            self.expect_job(device, name, "job-" + name)

    def test_certificate_in_the_token_too(self):
        """Key and certificate by id; a PIN with characters that a URI writes in another way."""
        token = self.make_token(SECOND_PIN)
        token.make_key("lamp")
        folder = self.make_thing("lamp", token, "lamp")
        token.run("openssl", "x509", "-in", folder / "certificate.pem", "-outform", "DER", "-out", "certificate.der")
        number = f"{sum(map(ord, 'lamp')) % 256:02x}"
        token.tool("--write-object", "certificate.der", "--type", "cert", "--label", "lamp", "--id", number)
        uri = f"pkcs11:token=lamps;id=%{number}?module-path={MODULE}&pin-value=a%20b%26c%3f%25/"
        (folder / "certificate.pem").write_text(uri + "\n")
        self.expect_job(self.start(folder, token, uri), "lamp", "job-1")
        (folder / "certificate.pem").write_text(uri.replace("id=%" + number, "object=none"))
        self.expect_refusal(folder, token, uri, "not there", CERTIFICATE_FIELD)

    def test_connection_after_connection(self):
        """A broker that goes and comes: the key is found and signs again."""
        token = self.make_token()
        token.make_key("lamp")
        folder = self.make_thing("lamp", token, "lamp")
        pin_file = token.folder / "once"
        pin_file.write_text(PIN)
        device = self.start(folder, token, f"pkcs11:token=lamps;object=lamp?module-path={MODULE}&pin-source={pin_file}")
        device.wait_connected()
        for _ in range(3):
            os.kill(self.cloud.broker_pid(), 9)
            device.wait_connected()
        self.expect_no_secret(device)

    def test_refusals_name_the_field_and_the_reason(self):
        token = self.make_token()
        token.make_key("lamp")
        token.make_key("other")
        token.make_key("half")
        token.tool("--delete-object", "--type", "pubkey", "--label", "half")
        folder = self.make_thing("lamp", token, "lamp")
        path = f"module-path={MODULE}"
        key = f"pkcs11:token=lamps;object=lamp?{path}"
        no_module = token.folder / "module.so"
        no_module.write_text("this is no module\n")
        empty = token.folder / "empty"
        empty.write_text("\n")
        for uri, words in ((f"{key}&pin-value={WRONG_PIN}", "refuses the PIN"),
                           (key, "wants a PIN"),
                           (f"{key}&pin-source={token.folder}/none", "pin-source that cannot be opened"),
                           (f"{key}&pin-source={empty}", "holds no PIN"),
                           (f"pkcs11:token=lamps;object=none?{path}&pin-value={PIN}", "not there"),
                           (f"pkcs11:token=none;object=lamp?{path}&pin-value={PIN}", "not there"),
                           (f"pkcs11:token=lamps;object=lamp?module-path=/none.so&pin-value={PIN}", "module-path"),
                           (f"pkcs11:token=lamps;object=lamp?module-path={no_module}&pin-value={PIN}", "module"),
                           (f"pkcs11:token=lamps;object=other?{path}&pin-value={PIN}", "does not belong to the certificate"),
                           (f"pkcs11:token=lamps;object=half?{path}&pin-value={PIN}", "public half is not in the token"),
                           (f"pkcs11:token=lamps;object=lamp;pin-value={PIN}", "wrong place"),
                           (f"tpm2:key?pin-value={PIN}", "pkcs11:")):
            with self.subTest(uri):
                self.expect_refusal(folder, token, uri, words)


class ThroughTheEngine(Keys, CloudTest):
    def test_modules_that_p11_kit_knows(self):
        """Without module-path: what the system's administrator has set up, here Debian's packages."""
        token = self.make_token()
        token.make_key("lamp")
        folder = self.make_thing("lamp", token, "lamp")
        self.expect_job(self.start(folder, token, f"pkcs11:token=lamps;object=lamp?pin-value={PIN}"), "lamp", "job-1")

    @unittest.skipUnless(os.path.exists(AWS), "no AWS CLI on this system")
    def test_commands_of_the_page(self):
        """docs/security.md, as it stands there."""
        block = re.search(r"^```sh\n(.*?)^```", (ROOT / "docs/security.md").read_text(), re.M | re.S).group(1)
        token = self.make_token(label=None)
        folder = token.folder / "lamp-1"
        shutil.copytree(self.cloud.thing("lamp-1"), folder)
        before = self.certificates()
        for line in block.splitlines():
            token.run("sh", "-c", line.replace("http://127.0.0.1:8090", self.cloud.http_url))
        (arn,) = self.certificates() - before
        self.attach("lamp-1", arn)
        self.expect_job(self.start(folder, token, (folder / "private_key.pem").read_text()), "lamp-1", "job-1")

    def certificates(self):
        return {certificate["certificateArn"] for certificate in json.loads(self.cloud.request("GET", "/certificates")[2])["certificates"]}

    def test_neither_engine_nor_provider(self):
        token = self.make_token()
        folder = self.cloud.thing("lamp")
        (folder / "private_key.pem").write_text("pkcs11:token=lamps;object=lamp\n")
        device = self.start(folder, token, "pkcs11:token=lamps;object=lamp", OPENSSL_ENGINES=str(token.folder))
        self.assertEqual(device.wait_end(), 1, device.tail())
        self.assertIn(FIELD + "needs OpenSSL's provider or engine for PKCS#11", device.tail())


class ThroughTheProvider(Keys, CloudTest):
    modules = provider_folder()
    program = plain_blink()

    def setUp(self):
        if not self.modules:
            self.skipTest("no pkcs11-provider for OpenSSL here")
        if not self.program:
            self.skipTest("no blink program without sanitizer; build/host has one after `make build`")
        super().setUp()


if __name__ == "__main__":
    unittest.main()
