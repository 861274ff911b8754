/* SPDX-License-Identifier: MIT */
/* The two places for images of a device: the slot whose image runs, and the other one. One task at a time; a call may block for one erase
 * and one write of a block (up to 500 ms), port_ota_activate and port_ota_roll_back for as long as the platform checks an image. A program that
 * does not use firmware updates links none of this.
 *
 * A block of the other slot counts as written from the moment at which port_ota_write has written the whole of it, and no power cut makes one
 * count that is not whole. How a port keeps that is its own affair: a bitmap in the slot's last sector, in which a bit is cleared
 * after each block (NOR flash takes that without an erase), or a file beside the image. It is erased by port_ota_begin, with one erase. */
#ifndef DEVICE_PORT_OTA_H
#define DEVICE_PORT_OTA_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum port_ota_running {
    PORT_OTA_CONFIRMED, /* for good; also the factory's image, and where the platform knows no trials */
    PORT_OTA_TRIAL, /* activated and not confirmed: unless it is, a later boot has the other image again */
};

enum port_ota_other {
    PORT_OTA_UNUSED, /* empty, or being written: never activated since port_ota_begin */
    PORT_OTA_NEXT,   /* activated: the next boot has it */
    PORT_OTA_TRIED, /* it was activated, has booted at least once, and the platform (or port_ota_roll_back) went back to this image */
    PORT_OTA_USABLE, /* it was confirmed once, and one can go back to it */
};

struct port_ota_slots {
    uint8_t running_slot; /* 0 or 1 */
    enum port_ota_running running;
    enum port_ota_other other;
    uint32_t capacity_bytes; /* of an image in the other slot, without what the port needs there for itself */
    uint32_t block_bytes;    /* what is erased and written at once: the flash's sector, a page of a file */
    uint32_t running_bytes;  /* length of the image; 0: the port does not know */
    uint32_t other_bytes;    /* the same */
    uint32_t boots;          /* of the running image, this one included; 0: the port does not count */
};

/* ERR_UNSUPPORTED: there is no second slot. ERR_STORAGE: what says which slot runs cannot be read. */
enum err port_ota_describe(struct port_ota_slots *slots);

/* No block of the other slot counts as written any more, and its state is PORT_OTA_UNUSED; the boot goes to the running image. Durable. Not
 * the whole slot is erased: each block is by its write. ERR_TOO_LONG: an image of image_bytes does not fit. */
enum err port_ota_begin(uint32_t image_bytes);

/* The block at index * block_bytes of the other slot, len bytes: block_bytes, but for the image's last. Durable, and counted as written, when it returns ERR_OK. */
enum err port_ota_write(uint32_t index, const void *bytes, size_t len);
bool port_ota_is_written(uint32_t index);

/* What stands in the storage, not in a cache of it. ERR_RANGE: behind the slot's end. */
enum err port_ota_read(bool of_running, uint32_t offset, void *bytes, size_t len);

/* The next boot has the other slot's image, on trial. Good also when it is so already. ERR_CORRUPT: the platform does not take the image (its
 * own format, checksum, chip). After a power cut inside, the boot has the old image or the new one. */
enum err port_ota_activate(void);

/* The running image stays. Durable; good also when it is so already. */
enum err port_ota_confirm(void);

/* Boots the other image and does not return then. ERR_NOT_FOUND: there is none that could boot. */
enum err port_ota_roll_back(void);

/* SHA-256, one at a time. */
void port_ota_hash_begin(void);
void port_ota_hash_add(const void *bytes, size_t len);
void port_ota_hash_end(uint8_t digest[32]);

/* ECDSA on P-256 over this SHA-256, by the key that the application has given (PEM, SubjectPublicKeyInfo). The signature is DER, as openssl
 * dgst -sign writes it. false: it is not, or the key cannot be used; the port logs which. */
bool port_ota_is_signed(const char *public_key_pem, const uint8_t digest[32], const uint8_t *signature,
                        size_t len);

#endif
