/* Any bytes as a scenario file, in the small tree of the unit tests. */
#include <stdlib.h>
#include <string.h>

#include "scenario/scenario_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct loading loading;
    struct diagnostic diagnostic = {0};
    if (!loading.schema &&
        !loading_init(&loading, SIPREUSE_SOURCE_DIR "/suites/unit/scenario/tree/scenarios", &diagnostic))
        abort();
    loading.diagnostic = &diagnostic;
    struct document *document = document_parse("fuzz", (const char *)data, size, &diagnostic);
    bool is_fine = document && loading_add_document(&loading, document, NULL);
    if (is_fine == diagnostic.is_set || strchr(diagnostic.text, '\n'))
        abort();
    loading_clear(&loading);
    return 0;
}
