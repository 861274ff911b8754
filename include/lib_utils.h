/* SPDX-License-Identifier: MIT */
/* Small helpers that programs of the original library use. Any task; nothing here blocks. */
#ifndef LIB_UTILS_H
#define LIB_UTILS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef LOW
#define LOW 0x00u
#endif
#ifndef HIGH
#define HIGH 0x01u
#endif
#ifndef FALSE
#define FALSE 0u
#endif
#ifndef TRUE
#define TRUE 1u
#endif

/* Bits of a number `x`; the first bit is 0. */
#define util_GetBitMask(bit)        (1u << (bit))
#define util_BitSet(x, bit)         ((x) |= util_GetBitMask(bit))
#define util_BitClear(x, bit)       ((x) &= ~util_GetBitMask(bit))
#define util_BitToggle(x, bit)      ((x) ^= util_GetBitMask(bit))
#define util_UpdateBit(x, bit, val) ((val) ? util_BitSet(x, bit) : util_BitClear(x, bit))
#define util_IsBitSet(x, bit)       (((x)&util_GetBitMask(bit)) != 0u)
#define util_IsBitCleared(x, bit)   (((x)&util_GetBitMask(bit)) == 0u)
#define util_GetBitStatus(x, bit)   util_IsBitSet(x, bit)
#define util_AreAllBitsSet(x, mask) (((x) & (mask)) == (mask))
#define util_AreAnyBitsSet(x, mask) (((x) & (mask)) != 0u)

#ifdef __cplusplus
extern "C" {
#endif

/* The number in a text of decimal digits, 0..4294967295. Everything else gives 0, too: NULL, an empty text, a
 * sign, blanks, other characters, or a number that is too large. util_parseUint32 tells such a text from a 0. */
uint32_t util_getNumFromString(const char *pStr);

/* Is there a text? false for NULL, for an empty text, and for one that begins with the byte 0xff, as memory does that was never written. */
bool util_isValidString(const char *pStr);

/* New. true: the text is a decimal number in range and stored in *pValue_u32. false: it is not, and *pValue_u32 is unchanged. */
bool util_parseUint32(const char *pStr, uint32_t *pValue_u32);

#ifdef __cplusplus
}
#endif

#endif
