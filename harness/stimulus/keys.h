/* What a person types at the operator's console, line by line. Pure. */
#ifndef STIMULUS_KEYS_H
#define STIMULUS_KEYS_H

#include <stdbool.h>
#include <stddef.h>

enum key {
    KEY_DONE,   /* an empty line */
    KEY_AGAIN,  /* r */
    KEY_SKIP,   /* s */
    KEY_CANNOT, /* n */
    KEY_UNKNOWN
};
enum { KEYS_LINE_MAX = 64 }; /* of a longer line the beginning counts, and the rest is no line of its own */
struct keys {
    char line[KEYS_LINE_MAX];
    size_t length;
};
/* Takes one byte; true: a line is whole, and *key is what it says. shown (KEYS_LINE_MAX) gets the line,
 * printable. */
bool keys_push(struct keys *keys, char byte, enum key *key, char *shown);

#endif
