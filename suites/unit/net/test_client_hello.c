/* The server name out of a ClientHello, whole, cut and wrong. Credentials beside it, for they need no loop
 * either. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/net_private.h"
#include "world.h"

enum { HELLO_MAX = 1024 };

struct hello {
    uint8_t bytes[HELLO_MAX];
    size_t size;
};

static void put(struct hello *hello, size_t width, size_t value)
{
    for (size_t i = width; i > 0; i--)
        hello->bytes[hello->size++] = (uint8_t)(value >> (8 * (i - 1)));
}

static void begin(struct hello *hello, size_t session_id_size)
{
    memset(hello, 0, sizeof *hello);
    put(hello, 2, 0x0303);
    hello->size += 32; /* random */
    put(hello, 1, session_id_size);
    hello->size += session_id_size;
    put(hello, 2, 4); /* cipher suites */
    put(hello, 4, 0x13011302);
    put(hello, 1, 1); /* compression */
    put(hello, 1, 0);
}

/* An extension in front and one behind. */
static void put_names(struct hello *hello, const char *name, size_t name_size, size_t name_type)
{
    put(hello, 2, 4 + 3 + 4 + 2 + 3 + name_size + 4);
    put(hello, 2, 0xff01);
    put(hello, 2, 3);
    put(hello, 3, 0);
    put(hello, 2, 0); /* server_name */
    put(hello, 2, 2 + 3 + name_size);
    put(hello, 2, 3 + name_size);
    put(hello, 1, name_type);
    put(hello, 2, name_size);
    memcpy(hello->bytes + hello->size, name, name_size);
    hello->size += name_size;
    put(hello, 2, 0x23);
    put(hello, 2, 0);
}

static enum net_client_hello_result find(const struct hello *hello, size_t size, size_t *place,
                                         size_t *name_size)
{
    /* The exact size on the heap, so that a sanitizer sees a read past the end. */
    uint8_t *exact = malloc(size ? size : 1);
    memcpy(exact, hello->bytes, size);
    enum net_client_hello_result result = net_client_hello_find_server_name(exact, size, place, name_size);
    free(exact);
    return result;
}

Test(client_hello, finds_the_name)
{
    static const size_t session_id_sizes[] = {0, 32, 255};
    for (size_t i = 0; i < 3; i++) {
        struct hello hello;
        size_t place = 0, size = 0;
        begin(&hello, session_id_sizes[i]);
        put_names(&hello, "_sip.one.test", 13, 0);
        cr_assert_eq(find(&hello, hello.size, &place, &size), NET_CLIENT_HELLO_NAME);
        cr_assert_eq(size, 13);
        cr_assert_arr_eq(hello.bytes + place, "_sip.one.test", 13);
    }
}

Test(client_hello, cut_anywhere_it_is_broken_or_nameless_but_never_read_past)
{
    struct hello hello;
    size_t place, name_size;
    begin(&hello, 32);
    size_t without_extensions = hello.size;
    put_names(&hello, "one.test", 8, 0);
    for (size_t size = 0; size < hello.size; size++) {
        enum net_client_hello_result expected =
            size == without_extensions ? NET_CLIENT_HELLO_NO_NAME : NET_CLIENT_HELLO_BROKEN;
        cr_assert_eq(find(&hello, size, &place, &name_size), expected, "at %zu", size);
    }
}

Test(client_hello, other_names_and_none)
{
    struct hello hello;
    size_t place, size = 99;
    begin(&hello, 0);
    put_names(&hello, "x", 1, 7);
    cr_assert_eq(find(&hello, hello.size, &place, &size), NET_CLIENT_HELLO_NO_NAME);
    begin(&hello, 0);
    put_names(&hello, "", 0, 0);
    cr_assert_eq(find(&hello, hello.size, &place, &size), NET_CLIENT_HELLO_NAME);
    cr_assert_eq(size, 0);
    begin(&hello, 0);
    put(&hello, 2, 0);
    cr_assert_eq(find(&hello, hello.size, &place, &size), NET_CLIENT_HELLO_NO_NAME);
}

Test(client_hello, names_as_text)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *text;
    } cases[] = {
        {"one.test", 8, "one.test"}, {"", 0, ""}, {"a\0b", 3, "a\\x00b"}, {" \\\xff", 3, "\\x20\\x5C\\xFF"}};
    for (size_t i = 0; i < 4; i++) {
        char *text = net_server_name_to_text((const uint8_t *)cases[i].bytes, cases[i].size);
        cr_assert_str_eq(text, cases[i].text);
        free(text);
    }
}

Test(credential, parses_what_fits_together)
{
    char *certificate, *key, *other, *other_key, both[8192];
    const char *error = NULL;
    world_make_certificate("a", 0, &certificate, &key);
    world_make_certificate("b", 0, &other, &other_key);
    snprintf(both, sizeof both, "%s%s", certificate, other);
    struct net_credential *credential = net_credential_new(both, key, &error);
    cr_assert_not_null(credential, "%s", error);
    cr_assert_eq(credential->chain_size, 2);
    cr_assert_eq(net_credential_ref(credential), credential);
    net_credential_unref(credential);
    net_credential_unref(credential);
    net_credential_unref(NULL);

    cr_assert_null(net_credential_new(certificate, other_key, &error));
    cr_assert_not_null(strstr(error, "does not belong"));
    cr_assert_null(net_credential_new("nonsense", key, &error));
    cr_assert_not_null(strstr(error, "chain"));
    cr_assert_null(net_credential_new(certificate, "nonsense", &error));
    cr_assert_not_null(strstr(error, "key"));
    cr_assert_null(net_credential_new("", key, &error));
    cr_assert_null(net_credential_new(NULL, key, NULL));
    free(certificate);
    free(key);
    free(other);
    free(other_key);
}
