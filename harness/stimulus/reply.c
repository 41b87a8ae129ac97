/* What a server answered: whether it refuses, and as much of it as a sentence can hold, without secrets.
 * Pure. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document/document.h"
#include "stimulus/reply.h"

bool reply_is_rpc_error(const char *bytes, size_t size_bytes)
{
    struct diagnostic diagnostic = {0};
    struct document *reply = document_parse("reply", bytes, size_bytes, &diagnostic);
    const struct document_value *root = reply ? document_root(reply) : NULL, *error;
    bool is_error = true; /* what is no JSON-RPC reply has not done what was asked for */

    if (root && document_kind(root) == DOCUMENT_OBJECT) {
        error = document_member(root, "error");
        is_error = error ? document_kind(error) != DOCUMENT_NULL : !document_member(root, "result");
    }
    document_free(reply);
    return is_error;
}

/* Where a secret begins here; 0: none does. */
static size_t secret_at(const char *bytes, size_t size_bytes, const char *const *secrets)
{
    for (size_t i = 0; secrets[i]; i++) {
        size_t length = strlen(secrets[i]);

        if (length && length <= size_bytes && memcmp(bytes, secrets[i], length) == 0)
            return length;
    }
    return 0;
}

void reply_quote(const char *bytes, size_t size_bytes, const char *const *secrets, char out[REPLY_QUOTE_MAX])
{
    size_t length = 0;

    for (size_t i = 0; i < size_bytes && length + 4 < REPLY_QUOTE_MAX;) {
        size_t secret = secret_at(bytes + i, size_bytes - i, secrets);
        unsigned char byte = (unsigned char)bytes[i];

        if (secret) {
            memcpy(out + length, "***", 3);
            length += 3;
        } else {
            /* UTF-8 may be cut or wrong: '?' for each byte of it, as for what is not printable. */
            out[length++] = byte == '\n' || byte == '\r' || byte == '\t' ? ' '
                            : byte < 0x20 || byte > 0x7e                 ? '?'
                                                                         : (char)byte;
        }
        i += secret ? secret : 1;
    }
    out[length] = '\0';
}
