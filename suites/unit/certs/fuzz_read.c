/* Any bytes as a certificate, as the value of a subjectAltName, and as the text of a name. */
#include <stdlib.h>
#include <string.h>

#include "certs/certs_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct certs_facts facts;
    if (certs_read(data, size, &facts))
        certs_facts_fini(&facts);
    free(san_format((struct der_slice){data, size}));
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    struct certs_san san;
    char error[128];
    if (certs_san_parse(text, &san, error, sizeof error)) {
        /* What the parser takes, the encoder has to take, and the reader to find again. */
        uint8_t *der = NULL;
        size_t der_size = 0;
        if (!san_encode(&san, 1, &der, &der_size, error, sizeof error))
            abort();
        struct der_slice rest;
        struct san_name name;
        if (!san_open((struct der_slice){der, der_size}, &rest) || san_next(&rest, &name) != SAN_NAME ||
            !san_equal(&name, &san))
            abort();
        free(der);
        certs_san_fini(&san);
    }
    free(text);
    return 0;
}
