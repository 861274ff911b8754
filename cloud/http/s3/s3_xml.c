/* SPDX-License-Identifier: MIT */
#include "cloud/http/s3/s3_xml.h"

#include "cloud/base/memory.h"
#include "cloud/base/utf8.h"
#include "cloud/http/call.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NAMESPACE "http://s3.amazonaws.com/doc/2006-03-01/"

static void add(struct s3_xml *xml, const char *text, size_t len)
{
    if (xml->len + len + 1 > xml->cap) {
        xml->cap = 2 * (xml->len + len) + 512;
        xml->text = memory_resize(xml->text, xml->cap);
    }
    memcpy(xml->text + xml->len, text, len);
    xml->len += len;
    xml->text[xml->len] = '\0';
}

static void add_text(struct s3_xml *xml, const char *text)
{
    add(xml, text, strlen(text));
}

void s3_xml_begin(struct s3_xml *xml, const char *root, bool has_namespace)
{
    add_text(xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<");
    add_text(xml, root);
    add_text(xml, has_namespace ? " xmlns=\"" NAMESPACE "\">" : ">");
}

void s3_xml_open(struct s3_xml *xml, const char *name)
{
    add_text(xml, "<");
    add_text(xml, name);
    add_text(xml, ">");
}

void s3_xml_close(struct s3_xml *xml, const char *name)
{
    add_text(xml, "</");
    add_text(xml, name);
    add_text(xml, ">");
}

/* NULL: the character stands for itself. */
static const char *entity_of(const char *at, size_t step)
{
    if (step > 1) {
        uint32_t character = utf8_character(at, step);
        return character == 0xfffe || character == 0xffff ? "?" : NULL; /* no characters of XML */
    }
    switch (*at) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\t':
        return "&#9;";
    case '\n':
        return "&#10;";
    case '\r':
        return "&#13;";
    default:
        return (unsigned char)*at < ' ' || step == 0 ? "?" : NULL;
    }
}

void s3_xml_add_text(struct s3_xml *xml, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        size_t step = utf8_step(text, left);
        const char *entity = entity_of(text, step);
        step = step ? step : 1;
        if (entity) {
            add_text(xml, entity);
        } else {
            add(xml, text, step);
        }
        text += step;
        left -= step;
    }
}

void s3_xml_text(struct s3_xml *xml, const char *name, const char *text)
{
    s3_xml_open(xml, name);
    s3_xml_add_text(xml, text);
    s3_xml_close(xml, name);
}

void s3_xml_i64(struct s3_xml *xml, const char *name, int64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, number);
    s3_xml_text(xml, name, text);
}

void s3_xml_bool(struct s3_xml *xml, const char *name, bool value)
{
    s3_xml_text(xml, name, value ? "true" : "false");
}

void s3_xml_date(struct s3_xml *xml, const char *name, int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm when;
    char day[40] = "";
    char text[64];
    if (gmtime_r(&seconds, &when)) {
        strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &when);
    }
    snprintf(text, sizeof text, "%s.%03dZ", day, (int)(ms % 1000));
    s3_xml_text(xml, name, text);
}

static bool is_kept(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("-_.~/", c));
}

void s3_xml_name(struct s3_xml *xml, const char *name, const char *text, bool is_url)
{
    if (!is_url) {
        s3_xml_text(xml, name, text);
        return;
    }
    s3_xml_open(xml, name);
    for (; *text; text++) {
        char escape[4];
        snprintf(escape, sizeof escape, "%%%02X", (unsigned char)*text);
        if (is_kept(*text)) {
            add(xml, text, 1);
        } else {
            add(xml, escape, 3);
        }
    }
    s3_xml_close(xml, name);
}

void s3_xml_owner(struct s3_xml *xml, const char *name, const char *account)
{
    s3_xml_open(xml, name);
    s3_xml_text(xml, "ID", account);
    s3_xml_text(xml, "DisplayName", "iot-local");
    s3_xml_close(xml, name);
}

void s3_xml_append(struct s3_xml *xml, struct s3_xml *from)
{
    if (from->text) {
        add(xml, from->text, from->len);
    }
    free(from->text);
    *from = (struct s3_xml){0};
}

void s3_xml_answer(struct s3_xml *xml, const char *root, struct call *call, unsigned status)
{
    s3_xml_close(xml, root);
    add_text(xml, "\n");
    answer_body(&call->answer, status, "application/xml", xml->text, xml->len);
    *xml = (struct s3_xml){0};
}
