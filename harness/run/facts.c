/* What certificates say, read once: a device shows the same one or two on hundreds of connections, and each
 * is asked of several times. */
#include "run/run_private.h"

#include <stdlib.h>
#include <string.h>

/* The last byte of a certificate is its signature's, so that it chooses a row evenly. Larger ones than
 * anybody shows are not kept. */
static struct facts_row *row_of(struct run *run, const uint8_t *der, size_t size_bytes)
{
    return &run->facts[der[size_bytes - 1] % FACTS_ROWS];
}

static void row_clear(struct facts_row *row)
{
    certs_facts_fini(&row->facts);
    free(row->der);
    *row = (struct facts_row){0};
}

const struct certs_facts *facts_of(struct run *run, const uint8_t *der, size_t size_bytes)
{
    struct facts_row *row;

    if (size_bytes == 0)
        return NULL;
    row = row_of(run, der, size_bytes);
    if (row->der && row->size_bytes == size_bytes && memcmp(row->der, der, size_bytes) == 0)
        return &row->facts;
    row_clear(row);
    if (!certs_read(der, size_bytes, &row->facts))
        return NULL;
    if (size_bytes <= FACTS_KEPT_BYTES) {
        row->der = run_allocate(size_bytes, 1);
        memcpy(row->der, der, size_bytes);
        row->size_bytes = size_bytes;
    }
    return &row->facts;
}

void facts_fini(struct run *run)
{
    for (size_t i = 0; i < FACTS_ROWS; i++)
        row_clear(&run->facts[i]);
}
