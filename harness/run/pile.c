#include "run/pile.h"
#include "run/run_private.h"

#include <stdlib.h>
#include <string.h>

void pile_add(struct pile *pile, const void *bytes, size_t size)
{
    char *both = run_allocate(pile->size + size, 1);

    if (pile->size)
        memcpy(both, pile->bytes, pile->size);
    if (size)
        memcpy(both + pile->size, bytes, size);
    free(pile->bytes);
    pile->bytes = both;
    pile->size += size;
    if (pile->count == pile->room) {
        size_t room = pile->room ? pile->room * 2 : 8, *ends = run_allocate(room, sizeof *ends);

        if (pile->count)
            memcpy(ends, pile->ends, pile->count * sizeof *ends);
        free(pile->ends);
        pile->ends = ends;
        pile->room = room;
    }
    pile->ends[pile->count++] = pile->size;
}

void pile_fini(struct pile *pile)
{
    free(pile->ends);
    free(pile->bytes);
    *pile = (struct pile){0};
}

void pile_give(struct pile *pile, struct fiber *fiber)
{
    fiber->bytes = pile->bytes;
    fiber->size_bytes = pile->size;
    fiber->offset = 0;
    pile->bytes = NULL;
    pile_fini(pile);
}

static enum step_result written(struct fiber *fiber)
{
    if (fiber->wire)
        fiber->wire->how = (struct net_message_options){0}; /* what answers later goes as usual */
    return STEP_GOES_ON;
}

enum step_result pile_write_piece(struct fiber *fiber, unsigned chunk_bytes)
{
    size_t rest = fiber->size_bytes - fiber->offset;
    size_t size = chunk_bytes && chunk_bytes < rest ? chunk_bytes : rest;

    /* A connection that does not take it has ended: its sign is an event, and sending on it is quietly
     * nothing. */
    if (!rest || !peer_write(fiber->wire, fiber->bytes + fiber->offset, size))
        return written(fiber);
    fiber->offset += size;
    if (fiber->offset == fiber->size_bytes)
        return written(fiber);
    fiber_set_deadline(fiber, 0); /* each piece in a turn of its own, or the kernel would join them */
    return STEP_WAITS;
}
