/* SPDX-License-Identifier: MIT */
/* Reading job documents: strict JSON (RFC 8259), one object, members of its top level. Any task, not from an ISR; no heap,
 * no recursion, less than 300 bytes of stack (Cortex-M4, -Os).
 *
 * Values come as text: strings decoded (UTF-8), numbers, true, false and null as they stand in the document, objects and
 * arrays as their JSON text. Nesting up to 32. A requested key that occurs twice is refused; other duplicates are
 * valid JSON. Each refusal is logged with its cause. When the task that saw a refusal then reports its job FAILED, the
 * operator sees the cause as well (statusDetails.message). */
#ifndef LIB_JSON_H
#define LIB_JSON_H

#include "lib_config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A key and where its value goes, the original library's way: without the size of the buffer. */
typedef struct {
    const char *keyStr;
    char *pValueStr;
} tagStructure_st;

/* New: the same with the size of the buffer. */
typedef struct {
    const char *keyStr;
    char *pValueStr;
    size_t valueSize;
} jsonTag_st;

/* Fills a jsonTag_st. `buffer` is a char array, not a pointer: the compiler refuses a pointer. */
#ifdef __cplusplus
#define JSON_TAG(key, buffer)                                                                                \
    {                                                                                                        \
        (key), (buffer), sizeof(jsonTagArray(buffer))                                                        \
    }
#else
#define JSON_TAG(key, buffer)                                                                                \
    {                                                                                                        \
        (key), (buffer), _Generic(&(buffer), char(*)[sizeof(buffer)] : sizeof(buffer))                       \
    }
#endif

/* true: the text is one valid JSON object, every key is there, every value has been stored. false: something is not so;
 * then each value buffer holds the empty string.
 * The call cannot know how large a value buffer is, so it takes each one to have CONFIG_DEVICE_JOBS_UNSIZED_VALUE bytes
 * (4, which is what programs of the original library have: three characters and NUL). A longer value makes the call return false;
 * the log names the key and the bytes it needs. For longer values use JSON_getValues. */
bool JSON_processString(const char *pJsonStr, const tagStructure_st tags[], uint8_t maxKeys_u8);

/* New. The same rules, with sizes:
 *     char versionStr[16], urlStr[256];
 *     const jsonTag_st tags[] = {JSON_TAG("version", versionStr), JSON_TAG("url", urlStr)};
 *     if (JSON_getValues(document, tags, 2)) ... */
bool JSON_getValues(const char *pJsonStr, const jsonTag_st tags[], uint8_t count_u8);

/* New. One member, with its type. true: it is there, has that type and is in range, and the value is stored. false:
 * it is not so, the cause is logged, and the output is unchanged (JSON_getString: empty).
 * A number with a fraction or an exponent is not an integer. */
bool JSON_getUint32(const char *pJsonStr, const char *pKeyStr, uint32_t *pValue_u32);
bool JSON_getInt32(const char *pJsonStr, const char *pKeyStr, int32_t *pValue_s32);
bool JSON_getBool(const char *pJsonStr, const char *pKeyStr, bool *pValue);
bool JSON_getString(const char *pJsonStr, const char *pKeyStr, char *pValueStr, size_t valueSize);

#ifdef __cplusplus
}

/* Only for JSON_TAG: takes arrays alone. */
template <size_t size> char (&jsonTagArray(char (&)[size]))[size];
#endif

#endif
