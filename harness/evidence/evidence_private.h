/* The line under construction, and the encodings that go into it. */
#ifndef EVIDENCE_PRIVATE_H
#define EVIDENCE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line {
    char *bytes;
    size_t size_bytes, capacity_bytes;
    int error; /* ENOMEM or EMSGSIZE once something did not fit; sticky until line_clear */
};
void line_clear(struct line *line); /* keeps the memory */
void line_fini(struct line *line);
void line_put(struct line *line, const void *bytes, size_t size_bytes);
void line_put_text(struct line *line, const char *text);
void line_put_integer(struct line *line, int64_t value);
void line_put_unsigned(struct line *line, uint64_t value);
/* A JSON string with its quotes; each byte that is not part of well-formed UTF-8 becomes U+FFFD. */
void line_put_json(struct line *line, const char *text);
/* RFC 4648 §4, padded, with quotes. */
void line_put_base64(struct line *line, const uint8_t *bytes, size_t size_bytes);

#endif
