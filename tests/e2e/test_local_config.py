# SPDX-License-Identifier: MIT
"""examples/04_local_config and device-config: a device that was given nothing waits, is configured on the spot and goes on without a restart; one that
does not run is configured for its next start. What is refused changes nothing and is told field by field; no key is ever shown."""
import json
import os
import shutil
import stat
import subprocess
import unittest

import claims
import harness
from harness import AWS, CloudTest, Process, wait_for
from pages import Page

PROGRAM = harness.BUILD / "examples" / "04_local_config" / "local_config"
DEVICE_CONFIG = harness.BUILD / "ports" / "linux" / "device-config"


class LocalConfig(CloudTest):
    def setUp(self):
        super().setUp()
        self.state = self.cloud.folder / "state"
        self.environment = {name: value for name, value in harness.ENVIRONMENT.items() if name not in ("DEVICE_DIR", "STATE_DIRECTORY")}

    def device(self):
        device = Process([PROGRAM], env=dict(self.environment, DEVICE_STATE_DIR=str(self.state)), cwd=self.cloud.folder)
        self.addCleanup(self.end, device)
        return device

    def end(self, device):
        if device.child.poll() is None:
            self.assertEqual(device.stop(), 0, device.tail())

    def config(self, *arguments, code=0, state=True):
        """Standard output and standard error of device-config."""
        words = [DEVICE_CONFIG, *(["--state", self.state] if state else []), *arguments]
        done = subprocess.run([str(word) for word in words], env=self.environment, cwd=self.cloud.folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout, done.stderr

    def by_name(self, folder, **changed):
        values = {"endpoint": (folder / "host").read_text().strip(), "port": self.cloud.mqtt_port, "root-ca": folder / "root_ca.pem",
                  "thing": (folder / "thing_name").read_text().strip(), "cert": folder / "certificate.pem", "key": folder / "private_key.pem"}
        values.update({name.replace("_", "-"): value for name, value in changed.items()})
        return [word for name, value in values.items() if value is not None for word in ("--" + name, value)]

    def expect_job(self, device, thing):
        self.cloud.job("who", thing, '{"action":"identify"}')
        device.wait_line(f"who: here I am, {thing}")
        self.cloud.wait_status(thing, "who", "SUCCEEDED")

    def secret(self, folder):
        """A line that stands in no output."""
        return (folder / "private_key.pem").read_text().splitlines()[1]

    # ---- the device waits

    def test_a_device_that_waits_goes_on(self):
        folder = self.cloud.thing("lamp")
        device = self.device()
        device.wait_line("mode DEVICE CONFIG")
        socket = self.state / "configure"
        wait_for(socket.exists, "the socket")
        self.assertEqual(stat.S_IMODE(socket.stat().st_mode), 0o600)
        out, _ = self.config("--from", folder)
        self.assertIn("the device is configured, and goes on", out)
        device.wait_line("connected to .* as 'lamp'")
        wait_for(lambda: any("mode NORMAL" in line for line in device.lines), "the application to see the mode")
        self.assertFalse(socket.exists())
        self.expect_job(device, "lamp")
        shutil.rmtree(folder)
        self.assertEqual(device.stop(), 0, device.tail())
        again = self.device()
        again.wait_line("connected to .* as 'lamp'")
        self.assertNotIn("DEVICE CONFIG", "\n".join(again.lines))

    def test_what_is_wrong_is_told_and_the_device_waits_on(self):
        folder, other = self.cloud.thing("lamp"), self.cloud.thing("other")
        device = self.device()
        device.wait_line("mode DEVICE CONFIG")
        _, errors = self.config(*self.by_name(folder, endpoint="https://localhost", port=0, thing="a b", cert=None), code=1)
        for line in ("endpoint has a scheme", "port is not 1 to 65535", "thingName has a character", "certificate is missing", "nothing was changed"):
            self.assertIn("device-config: " + line, errors)
        device.wait_line("configuration: endpoint has a scheme")
        _, errors = self.config(*self.by_name(folder, key=other / "private_key.pem"), code=1)
        self.assertIn("privateKey does not belong to the certificate", errors)
        self.assertFalse((self.state / "config").exists())
        self.config(*self.by_name(folder))
        device.wait_line("connected to .* as 'lamp'")
        for text in ("\n".join(device.lines), errors):
            self.assertNotIn(self.secret(folder), text)

    def test_kill_while_it_waits(self):
        """A socket that nobody listens at is no device."""
        folder = self.cloud.thing("lamp")
        device = self.device()
        device.wait_line("mode DEVICE CONFIG")
        wait_for((self.state / "configure").exists, "the socket")
        device.kill()
        self.assertTrue((self.state / "configure").exists())
        out, _ = self.config("--from", folder)
        self.assertIn(f"stored in '{self.state}'; a device with this folder is configured from its next start on", out)
        self.device().wait_line("connected to .* as 'lamp'")

    def test_kill_after_the_answer(self):
        """What was answered with ok is stored."""
        folder = self.cloud.thing("lamp")
        device = self.device()
        device.wait_line("mode DEVICE CONFIG")
        self.config("--from", folder)
        device.kill()
        self.device().wait_line("connected to .* as 'lamp'")

    def test_ends_in_good_order_while_it_waits(self):
        device = self.device()
        device.wait_line("mode DEVICE CONFIG")
        wait_for((self.state / "configure").exists, "the socket")
        self.assertEqual(device.stop(), 0, device.tail())
        self.assertFalse((self.state / "configure").exists())

    # ---- a claim

    def claim(self):
        """The options of device-config for a claim of the template `fleet`."""
        operator = claims.Operator(self, self.cloud)
        operator.policy("device", claims.DEVICE_POLICY)
        operator.template()
        folder = operator.claim("fleet", *claims.claim_statements("fleet"))
        return ["--endpoint", "localhost", "--port", self.cloud.mqtt_port, "--root-ca", folder / "root_ca.pem", "--claim-cert", folder / "certificate.pem",
                "--claim-key", folder / "private_key.pem", "--template", "fleet"]

    def test_by_claim(self):
        """A device that waits gets a claim, is provisioned by it, and does jobs; again, it is that thing at once; configured anew, it begins anew."""
        claim = self.claim()
        device = self.device()
        device.wait_line("mode DEVICE CONFIG")
        self.assertIn("goes on", self.config(*claim)[0])
        thing = device.wait_line(r"connected to .* as '(lamp-[^']+)'$").group(1)
        self.expect_job(device, thing)
        self.assertEqual(device.stop(), 0, device.tail())
        shown, _ = self.config("--show")
        self.assertIn(f"provisioned: as thing '{thing}'", shown)
        self.assertIn("claimPrivateKey: held, not shown", shown)
        again = self.device()
        again.wait_line(f"connected to .* as '{thing}'")
        self.assertNotIn("by claim", "\n".join(again.lines))
        self.assertEqual(again.stop(), 0, again.tail())
        self.config(*claim)
        self.assertNotIn("provisioned", self.config("--show")[0])
        anew = self.device()
        anew.wait_line("by claim")
        anew.wait_line(f"connected to .* as '{thing}'$")

    def test_a_claim_and_a_thing_at_once(self):
        _, errors = self.config(*self.claim(), "--thing", "lamp", code=1)
        self.assertIn("claimCertificate comes with a thing's certificate, key or name", errors)

    # ---- the device does not run, or is configured

    def test_no_device_runs(self):
        folder = self.cloud.thing("lamp")
        self.assertEqual(self.config("--show")[0], "nothing is stored\n")
        _, errors = self.config(*self.by_name(folder, root_ca=folder / "private_key.pem"), code=1)
        self.assertIn("rootCa is not PEM text of that kind", errors)
        self.config(*self.by_name(folder, name_prefix="lamp"))
        self.assertEqual(stat.S_IMODE((self.state / "config").stat().st_mode), 0o600)
        shown, _ = self.config("--show")
        for line in ("endpoint: ", "thingName: lamp\n", "privateKey: held, not shown\n", "deviceNamePrefix: lamp\n", f"port: {self.cloud.mqtt_port}\n"):
            self.assertIn(line, shown)
        self.assertNotIn(self.secret(folder), shown)
        device = self.device()
        device.wait_line("device-jobs: lamp_")
        device.wait_line("connected to .* as 'lamp'")
        self.expect_job(device, "lamp")

    def test_a_device_that_is_configured(self):
        folder = self.cloud.thing("lamp")
        self.config("--from", folder)
        device = self.device()
        device.wait_line("connected to ")
        for arguments in (["--from", folder], ["--erase"]):
            _, errors = self.config(*arguments, code=1)
            self.assertIn("stop it, repeat this, and start it again", errors)
        self.assertIn("thingName: lamp", self.config("--show")[0])
        self.assertEqual(device.stop(), 0, device.tail())
        self.config("--erase")
        self.assertEqual(sorted(os.listdir(self.state)), [])
        self.device().wait_line("mode DEVICE CONFIG")

    def test_another_thing(self):
        self.config("--from", self.cloud.thing("lamp"))
        self.config("--from", self.cloud.thing("other"))
        self.device().wait_line("connected to .* as 'other'")

    # ---- the tool

    def test_print_and_usage(self):
        folder = self.cloud.thing("lamp")
        password = self.cloud.folder / "password"
        password.write_text("pass word\n")
        out, _ = self.config("--from", folder, "--wifi-ssid", "home", "--wifi-password-file", password, "--print", state=False)
        text = json.loads(out)
        self.assertEqual(out.count("\n"), 1)
        self.assertEqual((text["thingName"], text["wifiSsid"], text["wifiPassword"]), ("lamp", "home", "pass word"))
        self.assertEqual(text["privateKey"], (folder / "private_key.pem").read_text().strip())
        self.assertFalse(self.state.exists())
        self.assertIn("usage: device-config", self.config("--help")[0])
        for arguments in ([], ["--show", "--erase"], ["--show", "--thing", "x"], ["--print"], ["--nonsense"], ["--from", folder, "x"]):
            self.assertIn("usage: device-config", self.config(*arguments, code=2)[1])
        for arguments in (["--cert", "nowhere.pem"], ["--from", "nowhere"]):
            self.assertIn("No such file", self.config(*arguments, code=1)[1])
        self.assertIn(f"{folder}: Is a directory", self.config("--cert", folder, code=1)[1])

    def test_a_mistake_is_named(self):
        """One line says what is wrong, and the options' descriptions do not push it off the screen."""
        for arguments, line in (([], "there is no configuration: --from FOLDER"), (["--show", "--erase"], "one of them"),
                                (["--show", "--thing", "x"], "take no configuration"), (["from", "lamp"], "'from' belongs to no option"),
                                (["--nonsense"], "unrecognized option '--nonsense'")):
            _, errors = self.config(*arguments, code=2)
            self.assertIn(line, errors.splitlines()[0])
            self.assertLess(errors.count("\n"), 8)

    def test_no_folder_is_named(self):
        """A device that names none has one of its own program's name: what is stored under another name would never be read."""
        home = self.cloud.folder / "home"
        home.mkdir()
        self.environment.update(HOME=str(home))
        self.environment.pop("DEVICE_STATE_DIR", None)
        self.environment.pop("XDG_STATE_HOME", None)
        folder = self.cloud.thing("lamp")
        for arguments in (["--from", folder], ["--show"], ["--erase"], ["--state", "", "--show"]):
            self.assertIn("--state DIR names its folder", self.config(*arguments, code=2, state=False)[1])
        self.assertEqual(os.listdir(home), [])
        device = Process([PROGRAM], env=self.environment, cwd=self.cloud.folder)
        self.addCleanup(self.end, device)
        state = device.wait_line(r"device-config --state '(.*)' configures this device").group(1)
        self.assertEqual(state, str(home / ".local/state/device-jobs/local_config"))
        self.config("--state", state, "--from", folder, state=False)
        device.wait_line("connected to .* as 'lamp'")

    def test_a_folder_that_cannot_be_used(self):
        folder = self.cloud.thing("lamp")
        self.assertIn("cannot open the folder '/dev/null'", self.config("--state", "/dev/null", "--show", code=1, state=False)[1])
        _, errors = self.config("--state", "/proc/nowhere", "--from", folder, code=1, state=False)
        self.assertIn("/proc/nowhere", errors)
        self.state.mkdir(mode=0o700)
        (self.state / "config").write_text("no record")
        self.assertIn("counts as absent", self.config("--show", code=1)[1])
        self.config("--from", folder)
        self.assertIn("thingName: lamp", self.config("--show")[0])


class Readme(unittest.TestCase):
    @unittest.skipUnless(os.path.exists(AWS), "no AWS CLI on this system")
    def test_commands_word_by_word(self):
        """examples/04_local_config/README.md"""
        page = Page(self, harness.ROOT / "examples" / "04_local_config" / "README.md")
        for line in page.commands():
            if "/local_config" in line:
                device = page.start(line)
                device.wait_line("mode DEVICE CONFIG")
            elif "--erase" in line:
                self.assertEqual(device.stop(), 0, device.tail())
                self.assertIn("erased", page.run(line))
            else:
                page.run(line)
            if "--from" in line:
                device.wait_line("connected to .* as 'lamp'")
        self.assertIn("COMPLETED", page.said)
        self.assertIn("privateKey: held, not shown", page.said)

    def test_lines_of_the_page(self):
        """docs/provisioning-local.md: each form of the command, and the line for a serial console."""
        page = Page(self, harness.ROOT / "docs" / "provisioning-local.md")
        page.environment["PATH"] = f"{DEVICE_CONFIG.parent}:{page.environment['PATH']}"
        page.run("iot-local thing lamp --out lamp")
        page.run("echo secret > password")
        files = {"--root-ca FILE": "--root-ca lamp/root_ca.pem", "-cert FILE": "-cert lamp/certificate.pem", "-key FILE": "-key lamp/private_key.pem",
                 "DIR": "state", "FOLDER": "lamp", "/dev/ttyUSB0": "console"}
        lines = [line for line in page.commands() if line.startswith("device-config ")]
        self.assertEqual(len(lines), 6)
        for line in lines:
            for placeholder, value in files.items():
                line = line.replace(placeholder, value)
            page.run(line)
        for said in ("stored in 'state'", "thingName: lamp\n", "erased"):
            self.assertIn(said, page.said)
        self.assertEqual(json.loads((page.folder / "console").read_text())["wifiSsid"], "my network")


if __name__ == "__main__":
    unittest.main()
