/* Whatever comes from the operator's console: a line is a key, bounded and printable, and a key needs a line.
 */
#include <stdlib.h>
#include <string.h>

#include "stimulus/keys.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct keys keys = {.length = 0};
    char line[KEYS_LINE_MAX];

    for (size_t i = 0; i < size; i++) {
        enum key key = KEY_UNKNOWN;
        bool is_whole = keys_push(&keys, (char)data[i], &key, line);

        if (is_whole != (data[i] == '\n') || keys.length >= KEYS_LINE_MAX)
            abort();
        if (!is_whole)
            continue;
        if (strlen(line) >= KEYS_LINE_MAX || (key == KEY_DONE) != (*line == '\0'))
            abort();
        for (const char *c = line; *c; c++)
            if (*c < 0x20 || *c > 0x7e)
                abort();
    }
    return 0;
}
