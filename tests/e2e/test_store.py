# SPDX-License-Identifier: MIT
"""Where a program on Linux keeps what it stores when it says nothing about it (docs/storage.md), and what a factory reset leaves."""
import pathlib
import subprocess
import tempfile
import unittest

import harness

PROGRAM = harness.BUILD / "tests" / "remembers"
RESTART_CODE = 86


class PlaceOfItsOwn(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.home = self.folder / "home"
        self.work = self.folder / "work"
        self.home.mkdir()
        self.work.mkdir()

    def run_program(self, *arguments, **variables):
        environment = {"HOME": str(self.home), "ASAN_OPTIONS": "detect_leaks=0", **variables}
        return subprocess.run([PROGRAM, *arguments], env=environment, cwd=self.work, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=60)

    def check_runs_twice_in(self, place, *arguments, **variables):
        for run in (1, 2):
            done = self.run_program(*arguments, **variables)
            self.assertEqual((done.returncode, f"run {run}, not registered" in done.stdout), (0, True), done.stdout)
        self.assertEqual((place / "app").stat().st_mode & 0o777, 0o600)
        self.assertEqual(place.stat().st_mode & 0o777, 0o700)

    def test_nothing_is_set(self):
        self.check_runs_twice_in(self.home / ".local/state/device-jobs/remembers")
        self.assertEqual(list(self.work.iterdir()), [])

    def test_xdg_state_home(self):
        self.check_runs_twice_in(self.folder / "xdg/device-jobs/remembers", XDG_STATE_HOME=str(self.folder / "xdg"))

    def test_systemd(self):
        place = self.folder / "var"
        place.mkdir(mode=0o755)
        self.check_runs_twice_in(place, STATE_DIRECTORY=str(place))

    def test_folder_of_the_device(self):
        (self.work / "device").mkdir()
        self.check_runs_twice_in(self.work / "device/state")
        (self.work / "lamp").mkdir()
        self.check_runs_twice_in(self.work / "lamp/state", "lamp")

    def test_no_place_names_the_variable(self):
        self.home.rmdir()
        self.home.write_text("a file")
        done = self.run_program()
        self.assertEqual(done.returncode, 3)
        self.assertIn("cannot make folder", done.stdout)
        self.assertIn("DEVICE_STATE_DIR", done.stdout)

    def test_factory_reset(self):
        place = self.home / ".local/state/device-jobs/remembers"
        self.assertEqual(self.run_program().returncode, 0)
        done = self.run_program(RESET="1")
        self.assertEqual(done.returncode, RESTART_CODE, done.stdout)
        self.assertEqual(list(place.iterdir()), [])
        self.assertIn("run 1,", self.run_program().stdout)


if __name__ == "__main__":
    unittest.main()
