/* Text to names, DER to text, and DER itself. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "certs/certs_internal.h"

static void assert_parsed(const char *text, enum certs_san_kind kind, const char *bytes, size_t size)
{
    struct certs_san san;
    char error[256] = "";
    cr_assert(certs_san_parse(text, &san, error, sizeof error), "%s: %s", text, error);
    cr_expect_eq(san.kind, kind);
    cr_assert_eq(san.size_bytes, size, "%s: %zu bytes", text, san.size_bytes);
    cr_expect_eq(memcmp(san.bytes, bytes, size), 0, "%s", text);
    certs_san_fini(&san);
    cr_expect_null(san.bytes);
}

Test(san, text_of_every_kind)
{
    assert_parsed("URI:sip:a.test", CERTS_SAN_URI, "sip:a.test", 10);
    assert_parsed("DNS:a.test", CERTS_SAN_DNS, "a.test", 6);
    assert_parsed("DNS:victim\\0.attacker", CERTS_SAN_DNS, "victim\0.attacker", 16);
    assert_parsed("DNS:a\\x01\\xfF\\\\b", CERTS_SAN_DNS, "a\x01\xff\\b", 5);
    assert_parsed("DNS:\xc3\xa4", CERTS_SAN_DNS, "\xc3\xa4", 2);
    assert_parsed("IP:192.0.2.1", CERTS_SAN_IP, "\xc0\x00\x02\x01", 4);
    assert_parsed("IP:::1", CERTS_SAN_IP, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
    assert_parsed("email:x@y", CERTS_SAN_EMAIL, "x@y", 3);
}

Test(san, other_name_has_its_oid)
{
    struct certs_san san;
    char error[256] = "";
    cr_assert(certs_san_parse("other:1.2.3.4:0C0161", &san, error, sizeof error), "%s", error);
    cr_expect_eq(san.kind, CERTS_SAN_OTHER);
    cr_expect_str_eq(san.oid, "1.2.3.4");
    cr_expect_eq(san.size_bytes, 3);
    cr_expect_eq(memcmp(san.bytes, "\x0c\x01\x61", 3), 0);
    certs_san_fini(&san);
}

Test(san, what_is_wrong_is_said)
{
    static const struct {
        const char *text, *word;
    } CASES[] = {{"", "begin"},
                 {"dns:a.test", "begin"},
                 {"sip:a.test", "begin"},
                 {"DNS:", "no value"},
                 {"DNS:a\\", "escape"},
                 {"DNS:a\\n", "escape"},
                 {"DNS:a\\x1", "escape"},
                 {"DNS:a\\xg0", "escape"},
                 {"IP:192.0.2", "IP address"},
                 {"IP:[::1]", "IP address"},
                 {"IP:a.test", "IP address"},
                 {"other:1.2.3", "other:OID:HEX"},
                 {"other:1:0C0161", "object identifier"},
                 {"other:3.1:0C0161", "object identifier"},
                 {"other:1.40:0C0161", "object identifier"},
                 {"other:1.2.:0C0161", "object identifier"},
                 {"other:1.2.99999999999:0C0161", "object identifier"},
                 {"other:1.2:", "DER"},
                 {"other:1.2:0C01", "DER"},
                 {"other:1.2:0C016", "DER"},
                 {"other:1.2:0C016161", "DER"},
                 {"other:1.2:zz", "DER"}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct certs_san san = {.size_bytes = 77};
        char error[256] = "";
        cr_expect_not(certs_san_parse(CASES[i].text, &san, error, sizeof error), "%s", CASES[i].text);
        cr_expect_not_null(strstr(error, CASES[i].word), "%s: %s", CASES[i].text, error);
        cr_expect_eq(san.size_bytes, 77, "untouched");
    }
    char *long_text = malloc(CERTS_SAN_MAX_BYTES + 16);
    memset(long_text, 'a', CERTS_SAN_MAX_BYTES + 15);
    memcpy(long_text, "DNS:", 4);
    long_text[CERTS_SAN_MAX_BYTES + 15] = '\0';
    struct certs_san san;
    char error[256] = "";
    cr_expect_not(certs_san_parse(long_text, &san, error, sizeof error));
    cr_expect_not_null(strstr(error, "longer"));
    free(long_text);
}

Test(san, words_of_recipes)
{
    unsigned bit = 0;
    cr_expect(certs_key_usage_parse("digitalSignature", &bit) && bit == 1u << 0);
    cr_expect(certs_key_usage_parse("keyCertSign", &bit) && bit == 1u << 5);
    cr_expect(certs_key_usage_parse("cRLSign", &bit) && bit == 1u << 6);
    cr_expect_not(certs_key_usage_parse("digitalsignature", &bit));
    enum certs_key_type type;
    cr_expect(certs_key_type_parse("rsa3072", &type) && type == CERTS_KEY_RSA_3072);
    cr_expect_not(certs_key_type_parse("rsa4096", &type));
    enum certs_issuer issuer;
    cr_expect(certs_issuer_parse("self", &issuer) && issuer == CERTS_ISSUER_SELF);
    cr_expect_not(certs_issuer_parse("", &issuer));
    cr_expect_str_eq(certs_eku_oid("sipDomain"), "1.3.6.1.5.5.7.3.20");
    cr_expect_null(certs_eku_oid("sipdomain"));
}

Test(der, object_identifiers_there_and_back)
{
    static const char *const TEXTS[] = {"1.2.3.4", "2.5.29.17",   "2.999.3", "1.3.6.1.5.5.7.3.20",
                                        "0.0",     "2.4294967295"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        uint8_t bytes[DER_OID_MAX_BYTES];
        size_t size = 0;
        char text[DER_OID_TEXT_MAX];
        cr_assert(der_oid_encode(TEXTS[i], bytes, &size), "%s", TEXTS[i]);
        cr_assert(der_oid_decode((struct der_slice){bytes, size}, text), "%s", TEXTS[i]);
        cr_expect_str_eq(text, TEXTS[i]);
    }
    uint8_t bytes[DER_OID_MAX_BYTES];
    size_t size = 0;
    cr_assert(der_oid_encode("2.5.29.17", bytes, &size));
    cr_expect(size == 3 && memcmp(bytes, "\x55\x1d\x11", 3) == 0);
    char text[DER_OID_TEXT_MAX];
    cr_expect_not(der_oid_decode((struct der_slice){(const uint8_t *)"\x55\x9d", 2}, text),
                  "ends within an arc");
    cr_expect_not(der_oid_decode((struct der_slice){(const uint8_t *)"", 0}, text));
}

Test(der, lengths_at_the_borders_of_their_forms)
{
    static const size_t SIZES[] = {0, 1, 127, 128, 255, 256, 65535, 65536};
    uint8_t *content = calloc(1, 65536);
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        struct der_writer writer;
        cr_assert(der_writer_init(&writer, SIZES[i] + DER_HEADER_MAX_BYTES));
        der_prepend(&writer, content, SIZES[i]);
        der_prepend_header(&writer, DER_SEQUENCE, SIZES[i]);
        cr_assert_not(writer.has_overflowed);
        struct der_slice rest = {writer.buffer + writer.start, der_written(&writer)}, inside;
        uint8_t tag = 0;
        cr_assert(der_read(&rest, &tag, &inside));
        cr_expect_eq(tag, DER_SEQUENCE);
        cr_expect_eq(inside.size_bytes, SIZES[i]);
        cr_expect_eq(rest.size_bytes, 0);
        der_writer_fini(&writer);
    }
    free(content);
}

Test(der, malformed_elements_are_refused)
{
    static const struct {
        const char *bytes;
        size_t size;
    } CASES[] = {{"", 0},
                 {"\x30", 1},
                 {"\x30\x01", 2},
                 {"\x30\x80\x00\x00", 4},
                 {"\x30\x81", 2},
                 {"\x30\x82\x01", 3},
                 {"\x30\x84\xff\xff\xff\xff", 6},
                 {"\x30\x85\x00\x00\x00\x00\x00", 7},
                 {"\x3f\x01\x00", 3}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct der_slice rest = {(const uint8_t *)CASES[i].bytes, CASES[i].size}, content;
        uint8_t tag;
        cr_expect_not(der_read(&rest, &tag, &content), "case %zu", i);
        cr_expect_eq(rest.size_bytes, CASES[i].size, "rest is unchanged");
    }
}

static void assert_formatted(const char *bytes, size_t size, const char *expected)
{
    char *text = san_format((struct der_slice){(const uint8_t *)bytes, size});
    cr_assert_not_null(text);
    cr_expect_str_eq(text, expected);
    free(text);
}

Test(san, whatever_der_says_becomes_text)
{
    assert_formatted("\x30\x00", 2, "");
    assert_formatted("", 0, "malformed");
    assert_formatted("\x31\x00", 2, "malformed");
    assert_formatted("\x30\x00\x00", 3, "malformed");
    assert_formatted("\x30\x03\x82\x01\x61", 5, "DNS:a");
    assert_formatted("\x30\x05\x82\x01\x61\x82\x05", 7, "DNS:a, malformed");
    assert_formatted("\x30\x03\x02\x01\x61", 5, "malformed");
    assert_formatted("\x30\x03\x87\x01\x61", 5, "IP:61");
    assert_formatted("\x30\x03\x88\x01\x2a", 5, "registeredID:2A");
    assert_formatted("\x30\x02\xa4\x00", 4, "directoryName:");
    assert_formatted("\x30\x03\x9e\x01\x61", 5, "unknown:61");
    assert_formatted("\x30\x02\xa0\x00", 4, "malformed");
    /* A name cannot pretend to be two. */
    assert_formatted("\x30\x0d\x82\x0b"
                     "a, URI:sip:",
                     15, "DNS:a,\\x20URI:sip:");
}
