/* Any bytes as a document: parse, look at every value, copy, check. */
#include <stdlib.h>
#include <string.h>

#include "document/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool keep(const struct document_value *string, const struct document_value **value, char **text,
                 void *arg)
{
    (void)arg;
    (void)value;
    if (strlen(document_string(string)) % 2 == 0)
        *text = strdup("other");
    return true;
}

static void visit(const struct document_value *value)
{
    char *pointer = document_pointer(value);
    if (!pointer || document_line(value) == 0 || document_column(value) == 0)
        abort();
    free(pointer);
    for (size_t i = 0; i < document_count(value); i++)
        visit(document_at(value, i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct diagnostic diagnostic = {0};
    struct document *document = document_parse("fuzz", (const char *)data, size, &diagnostic);
    if ((document == NULL) != diagnostic.is_set || strchr(diagnostic.text, '\n'))
        abort();
    if (!document)
        return 0;
    visit(document_root(document));
    struct document *copy = document_substitute(document, keep, NULL);
    if (!copy)
        abort();
    /* A document is also tried as a schema, for itself and its copy. */
    document_check(document, document_root(copy), &diagnostic);
    document_free(copy);
    document_free(document);
    return 0;
}
