/* The alias table: rows by resolved address and by connection. No row is refused here for what it says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

#include "reference/reference.h"

struct key { /* hashed as bytes: made by make_key() only, which clears the padding */
    struct net_address address;
    enum net_transport transport;
};
struct entry {
    struct alias_row row; /* first: a row handed out leads back to its entry */
    struct bucket *bucket;
    struct owner *owner;
    struct entry *prev, *next;               /* all, in the order of adding */
    struct entry *bucket_prev, *bucket_next; /* of the same address */
    struct entry *owner_prev, *owner_next;   /* of the same connection */
};
struct bucket {
    struct key key;
    struct entry *entries;
    UT_hash_handle hh;
};
struct owner {
    uint64_t connection;
    struct entry *entries;
    size_t count;
    UT_hash_handle hh;
};
struct alias_table {
    struct entry *entries;
    struct bucket *buckets;
    struct owner *owners;
    size_t count;
};

struct alias_table *alias_table_new(void)
{
    return calloc(1, sizeof(struct alias_table));
}

static struct key make_key(enum net_transport transport, const struct net_address *address)
{
    struct key key;
    memset(&key, 0, sizeof(key));
    key.address.family = address->family;
    memcpy(key.address.ip, address->ip, address->family == 4 ? 4 : 16);
    key.address.port = address->port;
    key.transport = transport;
    return key;
}

static struct bucket *find_bucket(const struct alias_table *table, enum net_transport transport,
                                  const struct net_address *address)
{
    struct key key = make_key(transport, address);
    struct bucket *bucket;
    HASH_FIND(hh, table->buckets, &key, sizeof(key), bucket);
    return bucket;
}

static struct bucket *need_bucket(struct alias_table *table, enum net_transport transport,
                                  const struct net_address *address)
{
    struct bucket *bucket = find_bucket(table, transport, address);
    if (bucket == NULL) {
        bucket = calloc(1, sizeof(*bucket));
        if (bucket != NULL) {
            bucket->key = make_key(transport, address);
            HASH_ADD(hh, table->buckets, key, sizeof(bucket->key), bucket);
        }
    }
    return bucket;
}

static struct owner *need_owner(struct alias_table *table, uint64_t connection)
{
    struct owner *owner;
    HASH_FIND(hh, table->owners, &connection, sizeof(connection), owner);
    if (owner == NULL) {
        owner = calloc(1, sizeof(*owner));
        if (owner != NULL) {
            owner->connection = connection;
            HASH_ADD(hh, table->owners, connection, sizeof(owner->connection), owner);
        }
    }
    return owner;
}

static void drop_empty(struct alias_table *table, struct bucket *bucket, struct owner *owner)
{
    if (bucket != NULL && bucket->entries == NULL) {
        HASH_DELETE(hh, table->buckets, bucket);
        free(bucket);
    }
    if (owner != NULL && owner->entries == NULL) {
        HASH_DELETE(hh, table->owners, owner);
        free(owner);
    }
}

static struct entry *find_same(struct bucket *bucket, uint64_t connection)
{
    for (struct entry *entry = bucket->entries; entry != NULL; entry = entry->bucket_next) {
        if (entry->row.connection == connection) {
            return entry;
        }
    }
    return NULL;
}

static void link_entry(struct alias_table *table, struct entry *entry, struct bucket *bucket,
                       struct owner *owner)
{
    entry->bucket = bucket;
    entry->owner = owner;
    DL_APPEND(table->entries, entry);
    DL_APPEND2(bucket->entries, entry, bucket_prev, bucket_next);
    DL_APPEND2(owner->entries, entry, owner_prev, owner_next);
    owner->count++;
    table->count++;
}

bool alias_table_add(struct alias_table *table, const struct alias_row *row)
{
    struct identities identities;
    if (!identities_copy(&row->identities, &identities)) {
        return false;
    }
    struct bucket *bucket = need_bucket(table, row->transport, &row->address);
    struct owner *owner = need_owner(table, row->connection);
    struct entry *entry = bucket == NULL ? NULL : find_same(bucket, row->connection);
    if (entry != NULL) {
        identities_fini(&entry->row.identities);
        entry->row.identities = identities;
        return true;
    }
    bool has_room =
        table->count < ALIAS_ROWS_MAX && owner != NULL && owner->count < ALIAS_ROWS_PER_CONNECTION_MAX;
    entry = bucket != NULL && has_room ? calloc(1, sizeof(*entry)) : NULL;
    if (entry == NULL) {
        identities_fini(&identities);
        drop_empty(table, bucket, owner);
        return false;
    }
    entry->row = *row;
    entry->row.identities = identities;
    link_entry(table, entry, bucket, owner);
    return true;
}

static void remove_entry(struct alias_table *table, struct entry *entry)
{
    DL_DELETE(table->entries, entry);
    DL_DELETE2(entry->bucket->entries, entry, bucket_prev, bucket_next);
    DL_DELETE2(entry->owner->entries, entry, owner_prev, owner_next);
    entry->owner->count--;
    table->count--;
    identities_fini(&entry->row.identities);
    free(entry);
}

size_t alias_table_remove_connection(struct alias_table *table, uint64_t connection)
{
    struct owner *owner;
    HASH_FIND(hh, table->owners, &connection, sizeof(connection), owner);
    size_t removed = 0;
    struct entry *entry;
    struct entry *next;
    DL_FOREACH_SAFE2(owner == NULL ? NULL : owner->entries, entry, next, owner_next)
    {
        struct bucket *bucket = entry->bucket;
        remove_entry(table, entry);
        drop_empty(table, bucket, NULL);
        removed++;
    }
    drop_empty(table, NULL, owner);
    return removed;
}

void alias_table_free(struct alias_table *table)
{
    if (table == NULL) {
        return;
    }
    struct owner *owner;
    struct owner *next;
    HASH_ITER(hh, table->owners, owner, next)
    {
        alias_table_remove_connection(table, owner->connection);
    }
    free(table);
}

const struct alias_row *alias_table_find(const struct alias_table *table, enum net_transport transport,
                                         const struct net_address *address)
{
    struct bucket *bucket = find_bucket(table, transport, address);
    return bucket == NULL ? NULL : &bucket->entries->row;
}

static const struct entry *entry_of(const struct alias_row *row)
{
    return (const struct entry *)(const void *)row;
}

const struct alias_row *alias_table_next(const struct alias_table *table, const struct alias_row *row)
{
    (void)table;
    const struct entry *next = entry_of(row)->bucket_next;
    return next == NULL ? NULL : &next->row;
}

const struct alias_row *alias_table_walk(const struct alias_table *table, const struct alias_row *row)
{
    const struct entry *next = row == NULL ? table->entries : entry_of(row)->next;
    return next == NULL ? NULL : &next->row;
}

size_t alias_table_count(const struct alias_table *table)
{
    return table->count;
}

static void print_identity(FILE *out, const struct identity *identity)
{
    fputs(identity->is_uri ? " sip:" : " dns:", out);
    for (size_t i = 0; i < identity->size_bytes; i++) {
        unsigned char c = (unsigned char)identity->name[i];
        if (c > ' ' && c < 0x7F) {
            fputc(c, out);
        } else {
            fprintf(out, "\\x%02X", c);
        }
    }
}

char *alias_row_describe(const struct alias_row *row)
{
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *out = open_memstream(&text, &size_bytes);
    if (out == NULL) {
        return NULL;
    }
    char address[NET_ADDRESS_TEXT_MAX];
    net_address_format(&row->address, address);
    fprintf(out, "%s %s connection %llu (%s)", address, net_transport_name(row->transport),
            (unsigned long long)row->connection, row->is_opened_by_us ? "opened" : "accepted");
    for (size_t i = 0; i < row->identities.count; i++) {
        print_identity(out, &row->identities.items[i]);
    }
    return fclose(out) == 0 ? text : NULL;
}
