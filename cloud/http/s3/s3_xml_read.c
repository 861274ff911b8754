/* SPDX-License-Identifier: MIT */
#include "cloud/http/s3/s3_xml_read.h"

#include "cloud/base/memory.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 8
#define PATH_CAP  256
#define TEXT_MAX  4096

struct reader {
    XML_Parser parser;
    s3_xml_fn fn;
    void *ctx;
    size_t depth;
    char path[PATH_CAP]; /* of the open elements */
    size_t path_len;
    char text[TEXT_MAX + 1]; /* of the element that has begun last */
    size_t text_len;
    bool is_bad;
};

static void refuse(struct reader *reader)
{
    reader->is_bad = true;
    XML_StopParser(reader->parser, XML_FALSE);
}

static const char *local_name(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

static void XMLCALL on_start(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
    struct reader *reader = ctx;
    const char *local = local_name(name);
    size_t len = strlen(local);
    (void)attributes;
    reader->text_len = 0;
    if (len == 0 || reader->depth >= DEPTH_MAX || reader->path_len + len + 2 > PATH_CAP) {
        refuse(reader);
        return;
    }
    reader->depth++;
    if (reader->path_len > 0) {
        reader->path[reader->path_len++] = '/';
    }
    memcpy(reader->path + reader->path_len, local, len + 1);
    reader->path_len += len;
}

static void XMLCALL on_end(void *ctx, const XML_Char *name)
{
    struct reader *reader = ctx;
    (void)name;
    reader->text[reader->text_len] = '\0';
    if (reader->is_bad) {
        return;
    }
    if (!reader->fn(reader->ctx, reader->path, reader->text)) {
        refuse(reader);
        return;
    }
    reader->text_len = 0;
    reader->depth--;
    char *slash = strrchr(reader->path, '/');
    reader->path_len = slash ? (size_t)(slash - reader->path) : 0;
    reader->path[reader->path_len] = '\0';
}

static void XMLCALL on_text(void *ctx, const XML_Char *text, int len)
{
    struct reader *reader = ctx;
    if (reader->text_len + (size_t)len > TEXT_MAX) {
        refuse(reader);
        return;
    }
    memcpy(reader->text + reader->text_len, text, (size_t)len);
    reader->text_len += (size_t)len;
}

static void XMLCALL on_document_type(void *ctx, const XML_Char *name, const XML_Char *system_id,
                                     const XML_Char *public_id, int has_internal_subset)
{
    (void)name, (void)system_id, (void)public_id, (void)has_internal_subset;
    refuse(ctx);
}

static void *allocate(size_t size)
{
    return memory_resize(NULL, size ? size : 1);
}

static void *resize(void *memory, size_t size)
{
    return memory_resize(memory, size ? size : 1);
}

enum err s3_xml_read(const char *body, size_t len, s3_xml_fn fn, void *ctx)
{
    static const XML_Memory_Handling_Suite memory = {allocate, resize, free};
    if (len == 0 || len > S3_XML_BODY_MAX) {
        return ERR_ARG;
    }
    struct reader *reader = memory_zeroed(sizeof *reader);
    reader->fn = fn;
    reader->ctx = ctx;
    reader->parser = XML_ParserCreate_MM(NULL, &memory, NULL);
    if (!reader->parser) {
        memory_out();
    }
    XML_SetUserData(reader->parser, reader);
    XML_SetElementHandler(reader->parser, on_start, on_end);
    XML_SetCharacterDataHandler(reader->parser, on_text);
    XML_SetStartDoctypeDeclHandler(reader->parser, on_document_type);
    enum XML_Status status = XML_Parse(reader->parser, body, (int)len, XML_TRUE);
    bool is_good = status == XML_STATUS_OK && !reader->is_bad;
    XML_ParserFree(reader->parser);
    free(reader);
    return is_good ? ERR_OK : ERR_ARG;
}
