/* SPDX-License-Identifier: MIT */
/* What is said when a line cannot be had: which chip, which line, who holds it, and the way out. */
#include "ports/linux/gpio_line.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ENODEV and ENXIO: the chip is there, and gives no interrupts. */
static bool is_unsupported(int code)
{
    return code == EOPNOTSUPP || code == EINVAL || code == ENODEV || code == ENXIO;
}

enum err gpio_refusal_err(const struct gpio_refusal *refusal)
{
    switch (refusal->type) {
    case GPIO_REFUSAL_NO_LIBRARY:
        return ERR_UNSUPPORTED;
    case GPIO_REFUSAL_NO_CHIP:
        return ERR_NOT_FOUND;
    case GPIO_REFUSAL_NO_LINE:
        return ERR_RANGE;
    case GPIO_REFUSAL_HELD:
        return ERR_BUSY;
    case GPIO_REFUSAL_SYSTEM:
        break;
    }
    return is_unsupported(refusal->code) ? ERR_UNSUPPORTED : ERR_INTERNAL;
}

static void no_chip_text(int code, const char *chip, char *out, size_t cap)
{
    if (code == ENOENT) {
        snprintf(out, cap,
                 "cannot be had: there is no %s (DEVICE_GPIOCHIP; `gpiodetect` lists what is there)", chip);
    } else if (code == ENOTTY || code == ENODEV) {
        snprintf(out, cap, "cannot be had: %s is not a GPIO chip (DEVICE_GPIOCHIP)", chip);
    } else if (code == EACCES || code == EPERM) {
        snprintf(out, cap, "cannot be had: %s may not be opened by this user; give the user the file's group",
                 chip);
    } else {
        snprintf(out, cap, "cannot be had: %s: %s", chip, strerror(code));
    }
}

static void system_text(int code, const struct gpio_wish *wish, char *out, size_t cap)
{
    if (wish->edges && (code == ENODEV || code == ENXIO)) {
        snprintf(out, cap, "gets no handler: %s gives no interrupts for its line %u", wish->chip,
                 wish->offset);
        return;
    }
    snprintf(out, cap, "cannot be had: line %u of %s: %s%s", wish->offset, wish->chip, strerror(code),
             wish->pull != PORT_GPIO_PULL_AS_IS ? " (with its resistor set)" : "");
}

void gpio_refusal_text(const struct gpio_refusal *refusal, const struct gpio_wish *wish, char *out,
                       size_t cap)
{
    switch (refusal->type) {
    case GPIO_REFUSAL_NO_LIBRARY:
        snprintf(out, cap,
                 "cannot be had: DEVICE_GPIOCHIP is set, and this library was built without libgpiod; "
                 "'apt install libgpiod-dev', then build it again");
        break;
    case GPIO_REFUSAL_NO_CHIP:
        no_chip_text(refusal->code, wish->chip, out, cap);
        break;
    case GPIO_REFUSAL_NO_LINE:
        snprintf(out, cap, "does not exist: %s has lines 0 to %u", wish->chip, refusal->lines - 1);
        break;
    case GPIO_REFUSAL_HELD:
        snprintf(out, cap, "cannot be had: line %u of %s is held by %s%s%s", wish->offset, wish->chip,
                 refusal->holder[0] ? "'" : "",
                 refusal->holder[0] ? refusal->holder : "the kernel, or somebody without a name",
                 refusal->holder[0] ? "'" : "");
        break;
    case GPIO_REFUSAL_SYSTEM:
        system_text(refusal->code, wish, out, cap);
        break;
    }
}
