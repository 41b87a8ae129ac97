/* Bytes of several messages that go in one write, or in pieces that have nothing to do with where one message
 * ends and the next begins. */
#ifndef RUN_PILE_H
#define RUN_PILE_H

#include <stddef.h>

#include "run/fiber.h"

struct pile {
    char *bytes;
    size_t size;
    size_t *ends; /* of each message */
    size_t count, room;
};
void pile_add(struct pile *pile, const void *bytes, size_t size); /* one message, copied */
void pile_fini(struct pile *pile);
/* The bytes become those of the step, of which none is written yet; the pile is empty. */
void pile_give(struct pile *pile, struct fiber *fiber);
/* Writes the next piece of the step's bytes on its connection; chunk_bytes 0: all that is left. Waits for a
 * turn of its own for the piece after it, and goes on when there is none. */
enum step_result pile_write_piece(struct fiber *fiber, unsigned chunk_bytes);

#endif
