/* Memory that goes all at once. */
#include <stdlib.h>
#include <string.h>

#include "scenario/scenario_private.h"

enum { ARENA_BLOCK_BYTES = 8192 };

struct arena_block {
    struct arena_block *next;
    size_t used, size_bytes;
    _Alignas(max_align_t) unsigned char bytes[];
};

void *arena_take(struct arena *arena, size_t count, size_t size_bytes)
{
    size_t align = _Alignof(max_align_t);
    if (size_bytes && count > (SIZE_MAX / 2) / size_bytes)
        abort();
    size_t wanted = (count * size_bytes + align - 1) / align * align;
    struct arena_block *block = arena->blocks;
    if (!block || block->size_bytes - block->used < wanted) {
        size_t size = wanted > ARENA_BLOCK_BYTES ? wanted : ARENA_BLOCK_BYTES;
        block = calloc(1, sizeof *block + size);
        if (!block)
            abort();
        block->size_bytes = size;
        block->next = arena->blocks;
        arena->blocks = block;
    }
    void *out = block->bytes + block->used;
    block->used += wanted;
    return out;
}

char *arena_text(struct arena *arena, const char *text)
{
    if (!text)
        return NULL;
    size_t size_bytes = strlen(text) + 1;
    return memcpy(arena_take(arena, size_bytes, 1), text, size_bytes);
}

struct strings arena_strings(struct arena *arena, const struct document_value *list)
{
    struct strings strings = {.count = document_count(list)};
    strings.items = arena_take(arena, strings.count, sizeof *strings.items);
    for (size_t i = 0; i < strings.count; i++)
        strings.items[i] = arena_text(arena, document_string(document_at(list, i)));
    return strings;
}

void arena_fini(struct arena *arena)
{
    while (arena->blocks) {
        struct arena_block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
}
