/* Whatever a server answers: judged without a crash, and quoted printable, bounded and without secrets. */
#include <stdlib.h>
#include <string.h>

#include "stimulus/reply.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const char *const secrets[] = {"sesame", "", NULL};
    char out[REPLY_QUOTE_MAX];

    (void)reply_is_rpc_error((const char *)data, size);
    reply_quote((const char *)data, size, secrets, out);
    if (strlen(out) >= REPLY_QUOTE_MAX || strstr(out, "sesame"))
        abort();
    for (const char *c = out; *c; c++)
        if (*c < 0x20 || *c > 0x7e)
            abort();
    return 0;
}
