#include <ctype.h>
#include <string.h>

#include "stimulus/keys.h"

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

static enum key key_of(const char *line)
{
    size_t length = strlen(line);

    if (!length)
        return KEY_DONE;
    if (length > 1)
        return KEY_UNKNOWN; /* no word that happens to begin so */
    switch (tolower((unsigned char)*line)) {
    case 'r':
        return KEY_AGAIN;
    case 's':
        return KEY_SKIP;
    case 'n':
        return KEY_CANNOT;
    default: /* not an enum: what was typed */
        return KEY_UNKNOWN;
    }
}

bool keys_push(struct keys *keys, char byte, enum key *key, char *shown)
{
    size_t first = 0, last;

    if (byte != '\n') {
        if (keys->length < sizeof keys->line - 1)
            keys->line[keys->length++] = byte;
        return false;
    }
    last = keys->length;
    keys->length = 0;
    while (first < last && is_blank(keys->line[first]))
        first++;
    while (last > first && is_blank(keys->line[last - 1]))
        last--;
    for (size_t i = first; i < last; i++) {
        unsigned char shown_byte = (unsigned char)keys->line[i];

        shown[i - first] = shown_byte < 0x20 || shown_byte > 0x7e ? '?' : (char)shown_byte;
    }
    shown[last - first] = '\0';
    *key = key_of(shown);
    return true;
}
