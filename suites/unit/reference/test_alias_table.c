/* The alias table: rows by address and by connection, in order, within its maxima. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "reference/reference.h"

static struct net_address address_of(uint8_t host, uint16_t port)
{
    return (struct net_address){.family = 4, .ip = {192, 0, 2, host}, .port = port};
}

static struct alias_row row_of(uint8_t host, uint16_t port, enum net_transport transport, uint64_t connection)
{
    static char NAME[] = "a.test";
    static struct identity one = {NAME, 6, true};
    return (struct alias_row){.address = address_of(host, port),
                              .transport = transport,
                              .identities = {&one, 1},
                              .connection = connection};
}

Test(alias_table, a_row_is_found_by_all_three_columns_of_its_address)
{
    struct alias_table *table = alias_table_new();
    const struct alias_row row = row_of(1, 5061, NET_TLS, 7);
    cr_assert(alias_table_add(table, &row));
    struct net_address address = address_of(1, 5061);
    const struct alias_row *found = alias_table_find(table, NET_TLS, &address);
    cr_assert_not_null(found);
    cr_expect_eq(found->connection, 7);
    cr_expect(identities_match(&found->identities, "A.TEST"));
    cr_expect_neq((void *)found->identities.items, (void *)row.identities.items, "a copy");
    cr_expect_null(alias_table_find(table, NET_TCP, &address));
    address.port = 5062;
    cr_expect_null(alias_table_find(table, NET_TLS, &address));
    address = address_of(2, 5061);
    cr_expect_null(alias_table_find(table, NET_TLS, &address));
    alias_table_free(table);
}

Test(alias_table, rows_of_one_address_keep_their_order_and_their_connections)
{
    struct alias_table *table = alias_table_new();
    const struct net_address address = address_of(1, 5061);
    for (uint64_t connection = 1; connection <= 3; connection++) {
        const struct alias_row row = row_of(1, 5061, NET_TLS, connection);
        cr_assert(alias_table_add(table, &row));
        cr_assert(alias_table_add(table, &row), "again: the same row");
    }
    cr_expect_eq(alias_table_count(table), 3);
    uint64_t expected = 1;
    for (const struct alias_row *row = alias_table_find(table, NET_TLS, &address); row != NULL;
         row = alias_table_next(table, row)) {
        cr_expect_eq(row->connection, expected++);
    }
    cr_expect_eq(alias_table_remove_connection(table, 1), 1);
    cr_expect_eq(alias_table_remove_connection(table, 1), 0);
    cr_expect_eq(alias_table_find(table, NET_TLS, &address)->connection, 2);
    alias_table_free(table);
}

Test(alias_table, a_connection_takes_all_its_rows_with_it_and_has_a_maximum)
{
    struct alias_table *table = alias_table_new();
    for (uint16_t port = 1; port <= ALIAS_ROWS_PER_CONNECTION_MAX; port++) {
        const struct alias_row row = row_of(1, port, NET_TLS, 7);
        cr_assert(alias_table_add(table, &row));
    }
    const struct alias_row too_many = row_of(1, 999, NET_TLS, 7);
    cr_expect_not(alias_table_add(table, &too_many));
    const struct net_address address = address_of(1, 999);
    cr_expect_null(alias_table_find(table, NET_TLS, &address));
    const struct alias_row other = row_of(1, 999, NET_TLS, 8);
    cr_expect(alias_table_add(table, &other));
    cr_expect_eq(alias_table_remove_connection(table, 7), ALIAS_ROWS_PER_CONNECTION_MAX);
    cr_expect_eq(alias_table_count(table), 1);
    cr_expect_eq(alias_table_walk(table, NULL)->connection, 8);
    alias_table_free(table);
}

Test(alias_table, is_full_at_its_maximum_and_frees_what_it_holds)
{
    struct alias_table *table = alias_table_new();
    uint64_t connection = 0;
    for (size_t i = 0; i < ALIAS_ROWS_MAX; i++) {
        const struct alias_row row = row_of((uint8_t)(i >> 8), (uint16_t)(i & 0xFF), NET_TLS, ++connection);
        cr_assert(alias_table_add(table, &row));
    }
    const struct alias_row row = row_of(0, 0x1FF, NET_TLS, ++connection);
    cr_expect_not(alias_table_add(table, &row));
    cr_expect_eq(alias_table_remove_connection(table, 1), 1);
    cr_expect(alias_table_add(table, &row));
    alias_table_free(table);
}

Test(alias_table, a_row_describes_itself)
{
    static char NAME[] = "a\nb";
    struct identity one = {NAME, 3, false};
    const struct alias_row row = {
        .address = address_of(1, 5061), .transport = NET_TLS, .identities = {&one, 1}, .connection = 18};
    char *text = alias_row_describe(&row);
    cr_expect_str_eq(text, "192.0.2.1:5061 tls connection 18 (accepted) dns:a\\x0Ab");
    free(text);
}
