#include "chain_fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static uint8_t *decode(const char *at, size_t *size_bytes)
{
    static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t *der = malloc(strlen(at));
    unsigned bits = 0;
    unsigned held = 0;
    *size_bytes = 0;
    cr_assert_not_null(der);
    for (; *at != '-'; at++) {
        const char *digit = *at == '\n' ? NULL : strchr(ALPHABET, *at);
        if (digit == NULL || *digit == '\0') {
            continue;
        }
        held = (held << 6 | (unsigned)(digit - ALPHABET)) & 0xFFFF;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            der[(*size_bytes)++] = (uint8_t)(held >> bits);
        }
    }
    return der;
}

void chain_read(struct chain *chain, const char *pem)
{
    static const char BEGIN[] = "-----BEGIN CERTIFICATE-----";
    size_t count = 0;
    *chain = (struct chain){0};
    for (const char *at = strstr(pem, BEGIN); at != NULL; at = strstr(at + 1, BEGIN)) {
        cr_assert_lt(count, CHAIN_FIXTURE_MAX);
        chain->certificates[count] = decode(at + sizeof(BEGIN) - 1, &chain->sizes[count]);
        count++;
    }
    cr_assert_gt(count, 0);
    chain->facts.peer_certificate_count = count;
    chain->facts.peer_certificates = (const uint8_t *const *)chain->certificates;
    chain->facts.peer_certificate_sizes = chain->sizes;
}

void chain_fini(struct chain *chain)
{
    for (size_t i = 0; i < CHAIN_FIXTURE_MAX; i++) {
        free(chain->certificates[i]);
    }
}
