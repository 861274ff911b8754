# SPDX-License-Identifier: MIT
"""The operator's day: status, down, up --detach, env, reset, completion (docs/iot-local.md, "An operator's day"). `run` has
test_run.py."""
import json
import os
import pathlib
import pty
import re
import select
import shlex
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import unittest

from harness import AWS, ENVIRONMENT, IOT_LOCAL, ROOT, CloudTest, Device, Process, wait_for

NOT_RUNNING, NOT_READY = 3, 4
CLEAN = {name: value for name, value in ENVIRONMENT.items() if not name.startswith(("IOT_LOCAL_", "AWS_"))}


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class OperatorTest(unittest.TestCase):
    """Data directories whose daemons are ended, whoever has started them."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="iot op's "))
        self.data = self.folder / "data"
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.addCleanup(self.run_cli, "down")

    def run_cli(self, *arguments, data=None, **kwargs):
        kwargs.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run([str(IOT_LOCAL), *map(str, arguments), "--data", str(data or self.data)], env=CLEAN, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, **kwargs)

    def cli(self, *arguments, code=0, **kwargs):
        done = self.run_cli(*arguments, **kwargs)
        self.assertEqual(done.returncode, code, f"{arguments}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def up(self, *arguments, **kwargs):
        return self.cli("up", "--detach", "--http-port", 0, "--mqtt-port", 0, *arguments, **kwargs)

    def pid(self):
        return int((self.data / "lock").read_text())

    def sleeper(self):
        """In mosquitto's place: a start that does not come to an end."""
        program = self.folder / "sleeper"
        program.write_text("#!/bin/sh\nexec sleep 300\n")
        program.chmod(0o755)
        return program

    def start_slowly(self):
        (self.data / "broker.lock").unlink(missing_ok=True)
        child = subprocess.Popen([str(IOT_LOCAL), "up", "--detach", "--http-port", "0", "--mqtt-port", "0", "--data", str(self.data),
                                  "--mosquitto", str(self.sleeper())], env=CLEAN, stdin=subprocess.DEVNULL, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.kill)
        wait_for(lambda: (self.data / "broker.lock").exists() and (self.data / "broker.lock").read_text(), "the start to be under way")
        return child


class Detached(OperatorTest):
    def test_a_day(self):
        self.assertIn("no iot-local runs", self.cli("status", code=NOT_RUNNING))
        said = self.up()
        pid = self.pid()
        self.assertIn(f"iot-local is ready (process {pid})", said)
        self.assertIn(f"Its log is {self.data}/iot-local.log", said)
        self.assertRegex(self.cli("status"), rf"runs: process {pid}, ready since 20\d\d-")
        self.assertIn("another iot-local (process %d)" % pid, self.up(code=1))
        self.assertIn(f"(process {pid}) on {self.data} has ended", self.cli("down"))
        self.assertFalse(is_alive(pid))
        self.assertIn("no iot-local runs", self.cli("down"))
        self.assertEqual(sorted(p.name for p in self.data.glob("*.sock")), [])

    def test_nothing_of_the_caller_is_kept(self):
        """A session of its own; no descriptor but the log: whoever reads the caller's output to its end does not wait."""
        ends = os.pipe()
        before = os.stat(ends[0])
        self.up(pass_fds=ends)
        os.close(ends[0]), os.close(ends[1])
        pid = self.pid()
        log = self.data / "iot-local.log"
        self.assertEqual(os.getsid(pid), pid)
        self.assertEqual(os.readlink(f"/proc/{pid}/fd/0"), "/dev/null")
        self.assertEqual({os.readlink(f"/proc/{pid}/fd/{n}") for n in (1, 2)}, {str(log)})
        for name in os.listdir(f"/proc/{pid}/fd"):
            self.assertNotEqual(os.stat(f"/proc/{pid}/fd/{name}").st_ino, before.st_ino)
        self.assertEqual(stat.S_IMODE(log.stat().st_mode), 0o600)

    def test_it_survives_the_terminal(self):
        ours, theirs = pty.openpty()
        command = [str(IOT_LOCAL), "up", "--detach", "--http-port", "0", "--mqtt-port", "0", "--data", str(self.data)]
        done = subprocess.run(command, env=CLEAN, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, timeout=60)
        self.assertEqual(done.returncode, 0)
        os.close(theirs), os.close(ours)
        time.sleep(0.2)
        self.assertIn("runs: process", self.cli("status"))

    def test_the_log_goes_on(self):
        log = self.folder / "my.log"
        self.up("--log", log)
        os.kill(self.broker(), signal.SIGKILL)
        wait_for(lambda: "starting it again" in log.read_text(), "a line in the log")
        self.cli("down")
        length = len(log.read_text())
        self.up("--log", log)
        os.kill(self.broker(), signal.SIGKILL)
        wait_for(lambda: log.read_text()[length:].count("starting it again") == 1, "one more")
        self.assertIn("starting it again", log.read_text()[:length])

    def test_a_long_log_is_put_aside(self):
        self.up()
        self.cli("down")
        mine = self.folder / "my.log"
        for log in (self.data / "iot-local.log", mine):
            with open(log, "w") as file:
                file.truncate(9 << 20)
        self.up()
        self.assertLess((self.data / "iot-local.log").stat().st_size, 1 << 20)
        self.assertEqual((self.data / "iot-local.log.1").stat().st_size, 9 << 20)
        self.cli("down")
        self.up("--log", mine)
        self.assertGreaterEqual(mine.stat().st_size, 9 << 20)
        self.assertFalse((self.folder / "my.log.1").exists())

    def broker(self):
        return int((self.data / "broker.lock").read_text())

    def test_failures_are_told_and_leave_nothing(self):
        (self.folder / "file").write_text("")
        for arguments, words in ((("--mosquitto", "/nonexistent"), "there is no such program"),
                                 (("--listen", "203.0.113.7"), "cannot listen on 203.0.113.7"),
                                 (("--log", self.folder / "file" / "log"), "Not a directory")):
            self.assertIn(words, self.up(*arguments, code=1))
            self.assertIn("no iot-local runs", self.cli("status", code=NOT_RUNNING))
        self.assertIn("Not a directory", self.up(code=1, data=self.folder / "file" / "data"))
        broken = self.folder / "broken"
        broken.write_text("#!/bin/sh\nexit 9\n")
        broken.chmod(0o755)
        self.assertIn("mosquitto ended with code 9 before it was ready", self.up("--mosquitto", broken, code=1))
        self.assertIn("no iot-local runs", self.cli("status", code=NOT_RUNNING))
        self.assertIn("--nonsense", self.up("--nonsense", code=2))

    def test_two_at_once(self):
        command = [str(IOT_LOCAL), "up", "--detach", "--http-port", "0", "--mqtt-port", "0", "--data", str(self.data)]
        both = [subprocess.Popen(command, env=CLEAN, stdin=subprocess.DEVNULL, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                for _ in range(2)]
        said = [child.communicate(timeout=60)[0] for child in both]
        answers = sorted(zip((child.returncode for child in both), said))
        self.assertEqual([code for code, _ in answers], [0, 1], answers)
        self.assertIn("another iot-local", answers[1][1])
        self.assertIn("runs: process", self.cli("status"))

    def test_down_during_the_start(self):
        child = self.start_slowly()
        pid = self.pid()
        self.assertIn("starting", self.cli("status", code=NOT_READY))
        self.assertIn("has ended", self.cli("down"))
        out, _ = child.communicate(timeout=20)
        self.assertEqual(child.returncode, 1, out)
        self.assertIn("ended before it was ready", out)
        self.assertFalse(is_alive(pid))

    def test_caller_that_is_interrupted_or_killed(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            child = self.start_slowly()
            pid, broker = self.pid(), self.broker()
            child.send_signal(number)
            child.communicate(timeout=20)
            self.assertEqual(child.returncode, -number if number == signal.SIGKILL else 128 + number)
            wait_for(lambda: not is_alive(pid) and not is_alive(broker), "both to be gone")

    def test_closed_standard_descriptors(self):
        line = shlex.join([str(IOT_LOCAL), "up", "--detach", "--http-port", "0", "--mqtt-port", "0", "--data", str(self.data)])
        done = subprocess.run(["sh", "-c", line + " <&- >&- 2>&-"], env=CLEAN, timeout=60)
        self.assertEqual(done.returncode, 0)
        self.assertIn("runs: process", self.cli("status"))
        self.cli("thing", "lamp", "--out", self.folder / "lamp")


class Status(OperatorTest):
    def test_json(self):
        answer = json.loads(self.run_cli("status", "--json").stdout)
        self.assertEqual(answer, {"state": "not running", "data": str(self.data)})
        self.up("--region", "eu-west-1")
        self.cli("thing", "lamp", "--out", self.folder / "lamp")
        answer = json.loads(self.cli("status", "--json"))
        ready = json.loads((self.data / "status.json").read_text())
        self.assertEqual((answer["state"], answer["pid"], answer["things"], answer["jobs"], answer["region"]),
                         ("running", self.pid(), 1, 0, "eu-west-1"))
        self.assertEqual(answer["endpoint_url"], f"http://127.0.0.1:{ready['http_port']}")
        self.assertEqual(answer["ca_file"], str(self.data / "ca.pem"))
        self.assertLess(abs(answer["ready_since"] - time.time()), 60)
        self.assertNotIn("root_ca", answer)

    def test_what_a_killed_daemon_leaves(self):
        """The lock's number and status.json are still there; the number may be a stranger's by now."""
        self.up()
        pid = self.pid()
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not is_alive(pid), "its end")
        self.assertTrue((self.data / "status.json").exists())
        self.assertIn("no iot-local runs", self.cli("status", code=NOT_RUNNING))
        stranger = subprocess.Popen(["sleep", "300"])
        self.addCleanup(stranger.wait)
        self.addCleanup(stranger.kill)
        (self.data / "lock").write_text(f"{stranger.pid}\n")
        self.assertIn("no iot-local runs", self.cli("status", code=NOT_RUNNING))
        self.assertIn("no iot-local runs", self.cli("down"))
        self.assertIsNone(stranger.poll())
        self.up()
        self.assertIn("runs: process", self.cli("status"))

    def test_one_that_does_not_answer(self):
        self.up()
        pid = self.pid()
        os.kill(pid, signal.SIGSTOP)
        self.addCleanup(os.kill, pid, signal.SIGCONT)
        self.assertIn(f"(process {pid}) on {self.data}: not answering", self.cli("status", code=NOT_READY))
        self.doCleanups()

    def test_foreground_is_ended_as_well(self):
        child = subprocess.Popen([str(IOT_LOCAL), "up", "--http-port", "0", "--mqtt-port", "0", "--data", str(self.data)], env=CLEAN,
                                 stdout=subprocess.DEVNULL)
        self.addCleanup(child.kill)
        wait_for((self.data / "status.json").exists, "it to be ready")
        self.assertIn(f"(process {child.pid})", self.cli("down"))
        self.assertEqual(child.wait(timeout=5), 0)


class Env(OperatorTest):
    def eval(self, line, **environment):
        """What a shell says that has taken the environment."""
        prelude = f'set -e\nlines=$({shlex.quote(str(IOT_LOCAL))} env --data {shlex.quote(str(self.data))})\neval "$lines"\n'
        done = subprocess.run(["bash", "-c", prelude + line], env=dict(CLEAN, **environment), text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_every_name_survives_the_shell(self):
        for name in ("plain", "with blanks", "it's", '"; echo broken; "', "$(echo broken)", "new\nline", "-x", "~"):
            self.data = self.folder / name
            self.up()
            self.assertEqual(self.eval('printf %s "$IOT_LOCAL_DATA"'), str(self.data))
            self.assertTrue(pathlib.Path(self.eval('printf %s "$IOT_LOCAL_CA_FILE"')).exists())
            self.cli("down")

    def test_what_it_holds_is_enough(self):
        self.up("--region", "eu-central-1")
        line = f'{AWS} --endpoint-url "$AWS_ENDPOINT_URL" iot create-thing --thing-name lamp; {shlex.quote(str(IOT_LOCAL))} thing list'
        said = self.eval(line, AWS_PROFILE="work", AWS_SESSION_TOKEN="real", AWS_ACCESS_KEY_ID="real")
        self.assertIn("arn:aws:iot:eu-central-1:123456789012:thing/lamp", said)
        self.assertTrue(said.endswith("lamp\n"))
        status = json.loads((self.data / "status.json").read_text())
        connect = 'openssl s_client -connect "$IOT_LOCAL_ENDPOINT:$IOT_LOCAL_ENDPOINT_PORT" -CAfile "$IOT_LOCAL_CA_FILE" ' \
                  '-verify_hostname "$IOT_LOCAL_ENDPOINT" -verify_return_error </dev/null 2>&1'
        self.assertIn("Verify return code: 0", self.eval(connect + " || true"))
        answer = json.loads(self.cli("env", "--json"))
        self.assertEqual((answer["IOT_LOCAL_ENDPOINT_PORT"], answer["AWS_PROFILE"]), (str(status["mqtt_port"]), None))
        self.assertIn("2.13", self.cli("env"))

    def test_keys_that_count(self):
        """A file of keys: those of the environment would be taken before it."""
        keys = self.folder / "keys"
        keys.write_text("[default]\naws_access_key_id = AKIAOPERATOR\naws_secret_access_key = secret\n")
        keys.chmod(0o600)
        self.up("--credentials", keys)
        said = self.eval(f'{AWS} --endpoint-url "$AWS_ENDPOINT_URL" iot list-things', AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test")
        self.assertIn('"things": []', said)
        self.assertIn(str(keys), self.cli("status"))

    def test_no_daemon(self):
        done = self.run_cli("env")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("iot-local up --data", done.stderr)


class Reset(OperatorTest):
    def fill(self):
        self.up()
        self.cli("thing", "lamp", "--out", self.folder / "lamp")
        document = self.folder / "d.json"
        document.write_text("{}")
        self.cli("s3", "put", document, "s3://jobs/d.json")
        self.cli("down")
        (self.data / "notes.txt").write_text("mine")

    def test_all_of_it_and_no_more(self):
        self.fill()
        ca = (self.data / "ca.pem").read_bytes()
        said = self.cli("reset", "--yes", "--keep-ca")
        self.assertIn("1 other file or folder stays", said)
        self.assertEqual(sorted(os.listdir(self.data)), ["ca.key", "ca.pem", "notes.txt"])
        self.up()
        self.assertEqual((self.data / "ca.pem").read_bytes(), ca)
        self.assertEqual(self.cli("thing", "list"), "")
        self.cli("down")
        self.cli("reset", "--yes")
        self.assertEqual(os.listdir(self.data), ["notes.txt"])
        self.assertIn("no data directory", self.cli("reset", "--yes", code=1))
        (self.data / "notes.txt").unlink()
        self.assertIn("holds nothing", self.cli("reset", "--yes"))
        self.up()
        self.assertNotEqual((self.data / "ca.pem").read_bytes(), ca)

    def test_while_it_runs(self):
        self.up()
        self.assertIn(f"process {self.pid()} runs on", self.cli("reset", "--yes", code=1))
        self.assertIn("runs: process", self.cli("status"))

    def test_after_a_kill(self):
        """The broker may still be saving its queues: a reset waits for it."""
        self.up()
        process = os.pidfd_open(self.pid())
        self.addCleanup(os.close, process)
        signal.pidfd_send_signal(process, signal.SIGKILL)
        self.assertTrue(select.select([process], [], [], 20)[0], "the daemon does not end")
        self.cli("reset", "--yes")
        self.assertEqual(os.listdir(self.data), [])

    def test_other_directories(self):
        home = self.folder / "home"
        home.mkdir(mode=0o700)
        (home / "letter").write_text("mine")
        for place in ("/", "/tmp", "/etc", home):
            self.assertIn("is no data directory of iot-local", self.cli("reset", "--yes", data=place, code=1))
        self.assertTrue((home / "letter").exists())

    def test_question(self):
        self.fill()
        before = sorted(os.listdir(self.data))
        self.assertIn("--yes", self.cli("reset", code=1))
        self.assertIn("--yes", self.cli("reset", code=1, preexec_fn=lambda: os.close(0)))
        for answer, code in ((b"\n", 1), (b"n\n", 1), (b"nyes\n", 1), (b"\x04", 1), (b"y\n", 0)):
            self.assertEqual(sorted(os.listdir(self.data)), before)
            ours, theirs = pty.openpty()
            os.write(ours, answer)
            said = self.cli("reset", code=code, stdin=theirs)
            os.close(ours), os.close(theirs)
            self.assertIn(f"Remove all that iot-local keeps in {self.data}? [y/N]", said)
        self.assertEqual(os.listdir(self.data), ["notes.txt"])


class Listings(CloudTest):
    def test_json(self):
        for name in ("lamp", "fan"):
            self.cloud.request("POST", f"/things/{name}", {"attributePayload": {"attributes": {"room": "1"}}})
        self.cloud.job("j", ["lamp", "fan"])
        things = json.loads(self.cloud.cli("thing", "list", "--json"))["things"]
        self.assertEqual([(t["thingName"], t["attributes"]) for t in things], [("fan", {"room": "1"}), ("lamp", {"room": "1"})])
        self.assertEqual(self.cloud.cli("thing", "list"), "fan  room=1\nlamp  room=1\n")
        shown = json.loads(self.cloud.cli("thing", "show", "lamp", "--json"))
        self.assertEqual(shown["executions"][0]["jobId"], "j")
        self.assertRegex(self.cloud.cli("thing", "show", "lamp"), r"(?s)thing +lamp\narn +arn:.*attribute +room=1\njob +j, QUEUED since")
        jobs = json.loads(self.cloud.cli("job", "list", "--json"))["jobs"]
        self.assertEqual([j["jobId"] for j in jobs], ["j"])
        self.assertEqual(round(jobs[0]["createdAt"], 3), jobs[0]["createdAt"])
        shown = json.loads(self.cloud.cli("job", "show", "j", "--json"))
        self.assertEqual((shown["job"]["jobId"], len(shown["executions"])), ("j", 2))
        self.assertIn('"action":"blink"', shown["document"])
        self.assertIn("'none' does not exist", self.cloud.cli("thing", "show", "none", check=False).stderr)

    def test_pages(self):
        for number in range(260):
            self.cloud.request("POST", f"/things/t{number:03}")
        self.assertEqual(len(json.loads(self.cloud.cli("thing", "list", "--json"))["things"]), 260)

    def test_json_cannot_steer_the_terminal(self):
        self.cloud.request("POST", "/things/lamp")
        self.cloud.job("j", "lamp", '{"a":"\u009b2J"}')
        said = self.cloud.cli("job", "show", "j", "--json")
        self.assertTrue(said.isascii())
        self.assertEqual(json.loads(said)["document"], '{"a":"\u009b2J"}')

    def test_thing_names_what_exists(self):
        said = self.cloud.cli("thing", "lamp", "--out", self.cloud.folder / "a b")
        certificate = re.search(r"certificate: +(\S+)", said).group(1)
        self.assertRegex(self.cloud.cli("thing", "show", "lamp"), f"certificate +{certificate}\n")
        self.assertEqual(json.loads(self.cloud.cli("thing", "show", "lamp", "--json"))["principals"], [certificate])
        blink = re.search(r"run a device: +(\S+) ", said)
        self.assertTrue(os.access(blink.group(1), os.X_OK))
        self.assertIn(shlex.quote(str(self.cloud.folder / "a b")), said)
        self.assertRegex(said, r"certificate: +arn:aws:iot:us-east-1:123456789012:cert/[0-9a-f]{64}\n")
        self.assertNotIn("mosquitto_sub", said)  # it would take the device's client id
        alone = self.cloud.folder / "alone"
        alone.mkdir()
        shutil.copy(IOT_LOCAL, alone / "iot-local")
        done = subprocess.run([alone / "iot-local", "thing", "lamp", "--out", self.cloud.folder / "lamp2", "--data", self.cloud.data],
                              env=ENVIRONMENT, text=True, stdout=subprocess.PIPE, timeout=60, check=True)
        self.assertNotIn("run a device", done.stdout)

    def test_things_called_like_commands(self):
        self.cloud.cli("thing", "--out", self.cloud.folder / "list", "list")
        self.assertEqual(self.cloud.cli("thing", "list"), "list\n")


class Docs(CloudTest):
    PAGE = (ROOT / "docs" / "iot-local.md").read_text()

    def test_listening_beside_a_device(self):
        """The commands of docs/iot-local.md as they stand: the watcher hears the lamp's notification, and nobody's connection ends."""
        lines = re.search(r"^```sh\n(.*?)^```", self.PAGE, re.M | re.S).group(1).splitlines()
        self.assertEqual(len(lines), 4)
        device = Device(self, self.cloud.thing("lamp"))
        device.wait_connected()
        environment = dict(CLEAN, PATH=f"{IOT_LOCAL.parent}:{CLEAN['PATH']}")
        for name, value in json.loads(self.cloud.cli("env", "--json")).items():
            if value is not None:
                environment[name] = value
        said = ""
        for line in lines[:3]:
            arn = re.search(r"certificate: +(\S+)", said)
            line = line.replace("CERTIFICATE", arn.group(1) if arn else "")
            said += subprocess.run(["bash", "-ec", re.sub(r"^aws", AWS, line)], env=environment, cwd=self.cloud.folder, text=True,
                                  stdout=subprocess.PIPE, timeout=60, check=True).stdout
        watcher = Process(["bash", "-ec", "exec stdbuf -oL " + lines[3] + " -d"], env=environment, cwd=self.cloud.folder)
        self.addCleanup(watcher.stop)
        watcher.wait_line("Subscribed")
        self.cloud.job("j", "lamp")
        watcher.wait_line('"jobId":"j"')
        self.cloud.wait_status("lamp", "j", "SUCCEEDED")
        self.assertEqual(sum("connected to " in line for line in device.lines), 1)

    def test_every_command_is_there(self):
        table = self.PAGE[self.PAGE.index("## An operator's day"):self.PAGE.index("All take `--data DIR`")]
        offered = subprocess.run([IOT_LOCAL, "completion", "words", ""], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
        for command in set(offered) - {"help", "--version"}:
            self.assertRegex(table, rf"(?m)^\| `{command}\b", command)


class Completion(CloudTest):
    def complete(self, *words):
        """What bash offers for these words, the last one unfinished."""
        script = f'eval "$({shlex.quote(str(IOT_LOCAL))} completion bash)"\n' \
                 'compopt() { printf "compopt %s %s\\n" "$@"; }\n' \
                 f"COMP_WORDS=({shlex.join([str(IOT_LOCAL), *map(str, words)])}); COMP_CWORD={len(words)}\n" \
                 '_iot_local "${COMP_WORDS[0]}"; printf "%s\\n" "${COMPREPLY[@]}"'
        done = subprocess.run(["bash", "-c", script], env=dict(ENVIRONMENT, IOT_LOCAL_DATA=str(self.cloud.data)), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.split("\n")[:-1]

    def test_bash(self):
        for name in ("lamp", "ladder", "fan"):
            self.cloud.request("POST", f"/things/{name}")
        self.cloud.job("job-7", "lamp")
        self.assertEqual(self.complete("st"), ["status"])
        self.assertEqual(self.complete("job", "sh"), ["show"])
        self.assertEqual(self.complete("job", "show", ""), ["job-7"])
        self.assertEqual(self.complete("thing", "show", "la"), ["ladder", "lamp"])
        self.assertEqual(self.complete("thing", "delete", "f"), ["fan"])
        self.assertEqual(self.complete("doctor", ""), ["compopt -o default", ""])
        self.assertEqual(self.complete("init", ""), ["compopt -o dirnames", ""])
        self.assertEqual(self.complete("job", "create", "--thing", "f"), ["fan"])
        self.assertEqual(self.complete("job", "create", "--thing", "fan", "--doc"), ["--document", "--document-source"])
        self.assertEqual(self.complete("job", "create", "--document", ""), ["compopt -o default", ""])
        self.assertEqual(self.complete("up", "--data", ""), ["compopt -o dirnames", ""])
        self.assertEqual(self.complete("run", "--re"), ["--region", "--ready-file"])
        self.cloud.process.stop()
        self.assertIn("--json", self.complete("job", "show", ""))

    def test_scripts_are_read_by_their_shells(self):
        for shell, check in (("bash", ["-n"]), ("zsh", ["-n"]), ("fish", ["--no-execute"])):
            if shutil.which(shell):
                script = subprocess.run([IOT_LOCAL, "completion", shell], env=ENVIRONMENT, stdout=subprocess.PIPE, check=True).stdout
                subprocess.run([shell, *check], input=script, check=True, timeout=20)


if __name__ == "__main__":
    unittest.main()
