/* Pairs of IP addresses, and associations that have fallen silent. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/userland.h"

static struct path_key key_of(const struct net_address *local, const struct net_address *remote)
{
    struct path_key key;
    size_t size_bytes = local->family == 6 ? 16 : 4;
    memset(&key, 0, sizeof key);
    key.family = (uint8_t)local->family;
    memcpy(key.local, local->ip, size_bytes);
    memcpy(key.remote, remote->ip, size_bytes);
    return key;
}

struct path *path_find(const struct net_userland *userland, const struct net_address *local,
                       const struct net_address *remote)
{
    const struct path_key key = key_of(local, remote);
    struct path *path;
    HASH_FIND(hh, userland->paths, &key, sizeof key, path);
    return path;
}

struct path *path_get(struct net_userland *userland, const struct net_address *local,
                      const struct net_address *remote)
{
    struct path *path = path_find(userland, local, remote);
    if (path)
        return path;
    path = HASH_COUNT(userland->paths) < USERLAND_PATHS_MAX ? calloc(1, sizeof *path) : NULL;
    if (!path) {
        errno = ENOBUFS;
        return NULL;
    }
    path->key = key_of(local, remote);
    path->userland = userland;
    path->local = *local;
    path->remote = *remote;
    path->local.port = path->remote.port = 0;
    HASH_ADD(hh, userland->paths, key, sizeof path->key, path);
    usrsctp_register_address(path);
    return path;
}

_Static_assert(sizeof(struct muted_key) == sizeof(void *) + 2 * sizeof(uint32_t), "a key has no padding");

static struct muted_key muted_key(const struct path *path, uint16_t local_port, uint16_t remote_port)
{
    return (struct muted_key){.path = path, .local_port = local_port, .remote_port = remote_port};
}

bool path_is_muted(const struct path *path, uint16_t local_port, uint16_t remote_port)
{
    const struct muted_key key = muted_key(path, local_port, remote_port);
    struct muted *muted;
    HASH_FIND(hh, path->userland->muted, &key, sizeof key, muted);
    return muted != NULL;
}

bool path_mute(struct path *path, uint16_t local_port, uint16_t remote_port)
{
    if (path_is_muted(path, local_port, remote_port))
        return true;
    struct muted *muted =
        HASH_COUNT(path->userland->muted) < USERLAND_MUTED_MAX ? calloc(1, sizeof *muted) : NULL;
    if (!muted) {
        errno = ENOBUFS;
        return false;
    }
    muted->key = muted_key(path, local_port, remote_port);
    HASH_ADD(hh, path->userland->muted, key, sizeof muted->key, muted);
    return true;
}

/* HASH_CLEAR forgets the table alone: the elements stay linked. */
void path_free_all(struct net_userland *userland)
{
    struct path *path = userland->paths;
    struct muted *muted = userland->muted;
    HASH_CLEAR(hh, userland->muted);
    HASH_CLEAR(hh, userland->paths);
    while (muted) {
        struct muted *next = muted->hh.next;
        free(muted);
        muted = next;
    }
    while (path) {
        struct path *next = path->hh.next;
        free(path);
        path = next;
    }
}

struct sockaddr_conn path_sockaddr(struct path *path, uint16_t port)
{
    return (struct sockaddr_conn){.sconn_family = AF_CONN, .sconn_port = htons(port), .sconn_addr = path};
}
