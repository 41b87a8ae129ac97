/* What a server answered to a stimulus over HTTP. */
#ifndef STIMULUS_REPLY_H
#define STIMULUS_REPLY_H

#include <stdbool.h>
#include <stddef.h>

enum { REPLY_QUOTE_MAX = 200 };
/* A JSON-RPC reply may say that nothing was done although HTTP is content: it holds an error, or no result.
 */
bool reply_is_rpc_error(const char *bytes, size_t size_bytes);
/* Its beginning, printable ASCII alone, with *** for each of the secrets (NULL at the end). */
void reply_quote(const char *bytes, size_t size_bytes, const char *const *secrets, char out[REPLY_QUOTE_MAX]);

#endif
