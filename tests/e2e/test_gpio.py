# SPDX-License-Identifier: MIT
"""Pins of a program on Linux, with real processes (include/lib_gpio.h, docs/gpio.md): simulated inputs, what a chip that is not there says, and
what a program that does not use pins, or no handlers, does not have linked."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import BLINK, BUILD, ENVIRONMENT, ROOT, Process

PINS = BUILD / "tests" / "pins"


def environment(**more):
    return dict({k: v for k, v in ENVIRONMENT.items() if not k.startswith("DEVICE_GPIO")}, **more)


class Simulated(unittest.TestCase):
    def setUp(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="gpio-"))
        self.addCleanup(shutil.rmtree, folder)
        self.inputs = folder / "inputs"

    def start(self, **more):
        device = Process([PINS], env=environment(**more))
        self.addCleanup(device.stop)
        return device

    def test_button_and_lamp(self):
        os.mkfifo(self.inputs)
        device = self.start(DEVICE_GPIO_INPUTS=str(self.inputs))
        device.wait_line("ready")
        for level in (1, 0, 1):
            subprocess.run(["sh", "-c", f"echo 4 {level} > {self.inputs}"], check=True)  # as docs/gpio.md has it
            device.wait_line(rf"GPIO 4 <- {level}$")
            device.wait_line(rf"GPIO 2 -> {level}$")
        self.assertEqual(device.stop(), 0)  # the pin's task ends where it waits
        self.assertEqual(sum("lost 0" in line for line in device.lines), 3, device.tail())

    def test_inputs_that_are_not_there(self):
        device = self.start(DEVICE_GPIO_INPUTS=str(self.inputs))
        device.wait_line(rf"error: GPIO_inputMode: pin 4 has no input: DEVICE_GPIO_INPUTS: {self.inputs}: No such file")
        device.wait_line("no pins, no lamp")
        self.assertEqual(device.wait_end(), 1)


class Chip(unittest.TestCase):
    def expect(self, chip, *patterns):
        device = Process([PINS], env=environment(DEVICE_GPIOCHIP=chip))
        self.addCleanup(device.stop)
        device.wait_line("|".join(patterns + ("built without libgpiod; 'apt install libgpiod-dev'",)))
        device.wait_line("no pins, no lamp")
        self.assertEqual(device.wait_end(), 1)
        self.assertEqual(sum("error: GPIO" in line for line in device.lines), 1, device.tail())  # one line, and clear
        self.assertFalse([line for line in device.lines if re.search("GPIO 2 ->", line)])  # never a simulation in its place

    def test_chip_that_is_not_there(self):
        self.expect("gpiochip987", r"error: GPIO_pinMode: pin 2 cannot be had: there is no /dev/gpiochip987 \(DEVICE_GPIOCHIP")

    def test_file_that_is_no_chip(self):
        self.expect("/dev/null", "error: GPIO_pinMode: pin 2 cannot be had: /dev/null is not a GPIO chip")


class Linked(unittest.TestCase):
    def symbols(self, program):
        return subprocess.run(["nm", program], check=True, stdout=subprocess.PIPE, text=True).stdout

    def test_what_is_not_used_is_not_linked(self):
        """Without sanitizers, which keep everything."""
        with tempfile.TemporaryDirectory() as folder:
            def build(name, body):
                source = pathlib.Path(folder) / f"{name}.c"
                source.write_text(f'#include "lib_gpio.h"\nvoid app_main(void);\n{body}\n')
                compiled = source.with_suffix(".o")
                subprocess.run(["gcc", "-Os", f"-I{ROOT}/include", "-c", source, "-o", compiled], check=True)
                undefined = subprocess.run(["nm", "-u", compiled], check=True, stdout=subprocess.PIPE, text=True).stdout
                return set(re.findall(r"U (GPIO_\w+)", undefined))

            self.assertEqual(build("output", "void app_main(void) { GPIO_pinMode(2, GPIO_MODE_OUTPUT, GPIO_PIN_INTR_DISABLE, NULL); }"),
                             {"GPIO_pinDirection"})
            self.assertEqual(build("input", "static void on(void *p) { (void)p; }\n"
                                   "void app_main(void) { GPIO_pinMode(2, GPIO_MODE_INPUT, GPIO_PIN_INTR_POSEDGE, on); }"),
                             {"GPIO_pinHandler"})

    def test_program_without_handlers_has_none_of_their_code(self):
        symbols = self.symbols(BLINK)
        self.assertRegex(symbols, r"\bport_gpio_write\b")
        self.assertNotRegex(symbols, r"\bpins_watch\b|\bedges_take\b")

    def test_program_without_pins_needs_no_library_for_them(self):
        ends = BUILD / "tests" / "ends"
        self.assertNotRegex(self.symbols(ends), r"\bport_gpio_\w+|\bgpio_line_\w+")
        needed = subprocess.run(["readelf", "-d", ends], check=True, stdout=subprocess.PIPE, text=True).stdout
        self.assertNotIn("libgpiod", needed)


if __name__ == "__main__":
    unittest.main()
