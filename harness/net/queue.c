#include <stdlib.h>
#include <string.h>

#include "net/net_private.h"

static bool make_room(struct net_queue *queue, size_t wanted_bytes)
{
    if (queue->start + wanted_bytes <= queue->capacity_bytes)
        return true;
    if (queue->start > 0) {
        memmove(queue->bytes, queue->bytes + queue->start, queue->size_bytes);
        queue->start = 0;
    }
    if (wanted_bytes <= queue->capacity_bytes)
        return true;
    size_t capacity_bytes = queue->capacity_bytes ? queue->capacity_bytes : 1024;
    while (capacity_bytes < wanted_bytes)
        capacity_bytes *= 2;
    uint8_t *larger = realloc(queue->bytes, capacity_bytes);
    if (!larger)
        return false;
    queue->bytes = larger;
    queue->capacity_bytes = capacity_bytes;
    return true;
}

bool net_queue_append(struct net_queue *queue, const void *bytes, size_t size_bytes, size_t limit_bytes)
{
    if (size_bytes == 0)
        return true;
    if (size_bytes > limit_bytes || queue->size_bytes > limit_bytes - size_bytes ||
        !make_room(queue, queue->size_bytes + size_bytes))
        return false;
    memcpy(queue->bytes + queue->start + queue->size_bytes, bytes, size_bytes);
    queue->size_bytes += size_bytes;
    return true;
}

const uint8_t *net_queue_head(const struct net_queue *queue)
{
    return queue->size_bytes ? queue->bytes + queue->start : NULL;
}

void net_queue_consume(struct net_queue *queue, size_t size_bytes)
{
    if (size_bytes >= queue->size_bytes) {
        net_queue_clear(queue);
        return;
    }
    queue->start += size_bytes;
    queue->size_bytes -= size_bytes;
}

void net_queue_clear(struct net_queue *queue)
{
    free(queue->bytes);
    *queue = (struct net_queue){0};
}

bool net_queue_append_message(struct net_queue *queue, const void *bytes, size_t size_bytes,
                              const struct net_message_options *options, size_t limit_bytes)
{
    const struct net_message_head head = {size_bytes, *options};
    size_t whole_bytes = sizeof head + size_bytes;
    if (whole_bytes > limit_bytes || queue->size_bytes > limit_bytes - whole_bytes ||
        !make_room(queue, queue->size_bytes + whole_bytes))
        return false;
    return net_queue_append(queue, &head, sizeof head, limit_bytes) &&
           net_queue_append(queue, bytes, size_bytes, limit_bytes);
}

bool net_queue_first_message(const struct net_queue *queue, struct net_message_head *head,
                             const uint8_t **bytes)
{
    if (queue->size_bytes < sizeof *head)
        return false;
    memcpy(head, net_queue_head(queue), sizeof *head);
    *bytes = net_queue_head(queue) + sizeof *head;
    return true;
}

void net_queue_consume_message(struct net_queue *queue)
{
    struct net_message_head head;
    const uint8_t *bytes;
    if (net_queue_first_message(queue, &head, &bytes))
        net_queue_consume(queue, sizeof head + head.size_bytes);
}
