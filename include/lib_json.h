/* SPDX-License-Identifier: MIT */
/* Reading job documents: strict JSON (RFC 8259), one object, the members of its top level. Any task, not from an ISR; no heap,
 * no recursion, less than 500 bytes of stack (rv32imc, -Os). No function keeps a pointer that it was given.
 *
 * Values come as text: strings decoded (UTF-8), numbers, true, false and null as they stand in the document, objects and
 * arrays as their JSON text. Nesting up to 32. A requested key that occurs twice is refused; other duplicates are valid JSON.
 *
 * What the log says, and what the operator reads:
 *  - A value that is there and cannot be used, and a key that is missing in JSON_processString or JSON_getValues, is an error line of the
 *    log. It is also the cause of a failure: when the task that saw it then reports the run FAILED or REJECTED, or its handler returns
 *    that, the operator reads it in statusDetails.message.
 *  - JSON_getUint32 and the others of its kind return false for a key that is missing and log that as information: whether that is a
 *    failure only the application knows, which can give a message of its own (lib_jobs.h).
 *  - JSON_getUint32Or and the others of its kind are for optional keys. Nothing is logged when the key is missing.
 * Only one cause is kept, the newest, and it is dropped by any later call that reads a value out of the document. It counts for its own
 * task and run, and only if it is about the document of that run (or a copy of it, or an object or array read out of it): what a handler
 * reads elsewhere is not the operator's doing. */
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

/* New: the same with the size of the buffer in bytes. */
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

/* Reads up to 255 keys, as the original library's function does.
 *   pJsonStr    the document, NUL-terminated
 *   tags        keys and buffers; a buffer takes the value and its NUL
 *   maxKeys_u8  how many there are; 0: only the text is judged
 * true: the text is one valid JSON object, every key is there, every value has been stored. false: something is not so;
 * then each value buffer holds the empty string, and the log says why.
 *
 * A tag does not say how large its buffer is. Where the compiler knows (GCC, with any optimisation, -Og too), the buffer may be as large as
 * it is: an array variable from its start (local, static or global), a block of malloc from its start, a member of a struct that is not its
 * last one; in a table that this function fills itself, with a constant number of up to 16 tags. Otherwise a buffer is taken to have
 * CONFIG_DEVICE_JOBS_UNSIZED_VALUE bytes (4, what the buffers on the original library's page have: three characters and NUL), so give it that
 * many: with -O0, with clang, for a function's parameter, for a table that another function fills. A longer value makes the call return false, and the log names the key and the bytes that it needs.
 * The way out is a size of your own: JSON_getValues with JSON_TAG. It is also the way for a row of a two-dimensional array, and for the first
 * member of a struct that is reached through a pointer: there the compiler may see the rows, or the struct, that surround the buffer. No
 * value is ever written into the next buffer of the same table. */
bool JSON_processString(const char *pJsonStr, const tagStructure_st tags[], uint8_t maxKeys_u8);

/* New. The same rules, with sizes:
 *     char versionStr[16], urlStr[256];
 *     const jsonTag_st tags[] = {JSON_TAG("version", versionStr), JSON_TAG("url", urlStr)};
 *     if (JSON_getValues(document, tags, 2)) ... */
bool JSON_getValues(const char *pJsonStr, const jsonTag_st tags[], uint8_t count_u8);

/* An array of objects, as the original library has it. */
#define MAX_JSON_ARRAY_OBJS 10
#define LENGTH_JSON_OBJ     150 /* 149 bytes and NUL */
typedef struct {
    uint8_t numOfJosnObjs_u8; /* programs use this spelling */
    char jsonObjs[MAX_JSON_ARRAY_OBJS][LENGTH_JSON_OBJ];
} jsonArray_st;

/* Takes a JSON array of objects apart: each object's JSON text, as it stands there, for JSON_processString and the others.
 *   pJsonStr  the array, NUL-terminated, such as JSON_processString gives it for a key; not changed
 * true: the text is one valid JSON array of up to 10 objects with up to 149 bytes each; 0 of them are good. false: it is not, the log says
 * why, and ps_array holds no object and ten empty texts. 1.5 KB: too much for the stack of a small task. */
bool JSON_processArrayObjs(const char *pJsonStr, jsonArray_st *ps_array);

/* New. One member, with its type. true: the key is there, its value has that type and is in range, and is stored now. false:
 * it is not so, and the output is unchanged (JSON_getString: empty).
 * A number with a fraction or an exponent is not an integer, null is no value of any type, JSON_getString takes strings only.
 * valueSize counts bytes, with the NUL. */
bool JSON_getUint32(const char *pJsonStr, const char *pKeyStr, uint32_t *pValue_u32);
bool JSON_getInt32(const char *pJsonStr, const char *pKeyStr, int32_t *pValue_s32);
bool JSON_getBool(const char *pJsonStr, const char *pKeyStr, bool *pValue);
bool JSON_getString(const char *pJsonStr, const char *pKeyStr, char *pValueStr, size_t valueSize);

/* New. The same for an optional key: true with the fallback as the value when the key is missing. false is left for a value that is there and
 * cannot be used (null as well), and for a text that is no JSON object; the output is then as above. pFallbackStr must fit the buffer and
 * may be the buffer itself. */
bool JSON_getUint32Or(const char *pJsonStr, const char *pKeyStr, uint32_t fallback_u32, uint32_t *pValue_u32);
bool JSON_getInt32Or(const char *pJsonStr, const char *pKeyStr, int32_t fallback_s32, int32_t *pValue_s32);
bool JSON_getBoolOr(const char *pJsonStr, const char *pKeyStr, bool fallback, bool *pValue);
bool JSON_getStringOr(const char *pJsonStr, const char *pKeyStr, const char *pFallbackStr, char *pValueStr,
                      size_t valueSize);

/* New. What JSON_processString becomes where the compiler may know sizes: JSON_processString with sizes, of which each may be
 * JSON_SIZE_UNKNOWN. For the macro below, not for programs. */
#define JSON_SIZE_UNKNOWN SIZE_MAX
bool JSON_processSizedString(const char *pJsonStr, const jsonTag_st tags[], uint8_t maxKeys_u8);

#if defined(__GNUC__) && defined(__OPTIMIZE__)
/* The bytes from `value` to the end of the buffer, as far as the compiler is certain. No answer of __builtin_object_size alone is: its mode
 * 3 is the least room within a member of a struct, but the compiler forgets the member where a program adds to its address (s.name + 4,
 * p->name), and then means the rest of the struct. So an answer counts when all ways that lead to the pointer agree (modes 1 and 3), and when
 * it is less than the rest of the variable (then the member is known), or the pointer is the start of the variable: one byte in front of
 * it there is no room, or for a block of malloc no more room. clang does not answer mode 3. */
static inline __attribute__((always_inline)) size_t JSON_roomOf(const char *value)
{
    const size_t least = __builtin_object_size(value, 3);
    const size_t most = __builtin_object_size(value, 1);
    const size_t rest_least = __builtin_object_size(value, 2);
    const size_t rest_most = __builtin_object_size(value, 0);
    const size_t before = value ? __builtin_object_size(value - 1, 0) : 1;
    const bool is_member = rest_least == 0 || rest_least > least;
    const bool is_start = rest_least == rest_most && (before == 0 || before == rest_most);
    if (least > 0 && least == most && (is_member || is_start)) {
        return least;
    }
    return most < CONFIG_DEVICE_JOBS_UNSIZED_VALUE ? most : JSON_SIZE_UNKNOWN;
}

/* Inlined into the caller, where `tags` and the sizes of its buffers are known. The library gets a copy: a table whose address leaves
 * the function could be changed by every other function that is called, and the compiler would know nothing of it. */
static inline __attribute__((always_inline)) bool
JSON_processStringInPlace(const char *pJsonStr, const tagStructure_st tags[], uint8_t maxKeys_u8)
{
    if (!__builtin_constant_p(
            maxKeys_u8)) { /* a table that may be filled in part: a look at the rest would be warned of */
        return JSON_processString(pJsonStr, tags, maxKeys_u8);
    }
#define JSON_IS_TAG(i) ((i) < maxKeys_u8 && (i) < __builtin_object_size(tags, 0) / sizeof(tags[0]))
#define JSON_SIZED(i)                                                                                        \
    {                                                                                                        \
        JSON_IS_TAG(i) ? tags[i].keyStr : NULL, JSON_IS_TAG(i) ? tags[i].pValueStr : NULL,                   \
            JSON_IS_TAG(i) ? JSON_roomOf(tags[i].pValueStr) : 0                                              \
    }
    if (tags && maxKeys_u8 <= 4) { /* less stack for the usual table */
        const jsonTag_st sized[] = {JSON_SIZED(0), JSON_SIZED(1), JSON_SIZED(2), JSON_SIZED(3)};
        return JSON_processSizedString(pJsonStr, sized, maxKeys_u8);
    }
    if (tags && maxKeys_u8 <= 16) {
        const jsonTag_st sized[] = {JSON_SIZED(0),  JSON_SIZED(1),  JSON_SIZED(2),  JSON_SIZED(3),
                                    JSON_SIZED(4),  JSON_SIZED(5),  JSON_SIZED(6),  JSON_SIZED(7),
                                    JSON_SIZED(8),  JSON_SIZED(9),  JSON_SIZED(10), JSON_SIZED(11),
                                    JSON_SIZED(12), JSON_SIZED(13), JSON_SIZED(14), JSON_SIZED(15)};
        return JSON_processSizedString(pJsonStr, sized, maxKeys_u8);
    }
#undef JSON_SIZED
#undef JSON_IS_TAG
    return JSON_processString(pJsonStr, tags, maxKeys_u8);
}

/* With arguments only: `(JSON_processString)(...)`, and its address, are the function. */
#define JSON_processString(...) JSON_processStringInPlace(__VA_ARGS__)
#endif

#ifdef __cplusplus
}

/* Only for JSON_TAG: takes arrays alone. */
template <size_t size> char (&jsonTagArray(char (&)[size]))[size];
#endif

#endif
