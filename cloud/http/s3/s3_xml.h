/* SPDX-License-Identifier: MIT */
/* XML that goes out: elements with text, escaped. */
#ifndef CLOUD_HTTP_S3_XML_H
#define CLOUD_HTTP_S3_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call;

/* Starts as {0}. */
struct s3_xml {
    char *text; /* s3_xml_answer gives it away */
    size_t len, cap;
};

/* The first line, and the root, in the namespace of S3; has_namespace false: in none, as errors are. */
void s3_xml_begin(struct s3_xml *xml, const char *root, bool has_namespace);
void s3_xml_open(struct s3_xml *xml, const char *name);
void s3_xml_close(struct s3_xml *xml, const char *name);

/* What XML 1.0 cannot hold becomes '?': control characters, bytes that are no UTF-8. */
void s3_xml_add_text(struct s3_xml *xml, const char *text);
void s3_xml_text(struct s3_xml *xml, const char *name, const char *text);
void s3_xml_i64(struct s3_xml *xml, const char *name, int64_t number);
void s3_xml_bool(struct s3_xml *xml, const char *name, bool value);
void s3_xml_date(struct s3_xml *xml, const char *name, int64_t ms); /* 2026-01-01T00:00:00.000Z */
/* Percent-encoded when is_url: what clients ask for who cannot read all characters. */
void s3_xml_name(struct s3_xml *xml, const char *name, const char *text, bool is_url);
void s3_xml_owner(struct s3_xml *xml, const char *name, const char *account);

/* Moves `from` behind what there is. */
void s3_xml_append(struct s3_xml *xml, struct s3_xml *from);

/* Closes the root, and answers with it. */
void s3_xml_answer(struct s3_xml *xml, const char *root, struct call *call, unsigned status);

#endif
