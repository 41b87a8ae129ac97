#include "hostile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 64 * 1024, FILL_BYTES = 16 * 1024, BATCH = 100 };

size_t payload_nothing(uint8_t *out, uint64_t turn)
{
    (void)out;
    (void)turn;
    return 0;
}

size_t payload_garbage(uint8_t *out, uint64_t turn)
{
    (void)turn;
    for (size_t i = 0; i < FILL_BYTES; i++)
        out[i] = (uint8_t)rand();
    return FILL_BYTES;
}

size_t payload_endless_header(uint8_t *out, uint64_t turn)
{
    size_t size_bytes = 0;

    if (turn == 0)
        size_bytes = (size_t)sprintf((char *)out, "OPTIONS sip:a@example.com SIP/2.0\r\n");
    for (int i = 0; i < BATCH; i++)
        size_bytes += (size_t)sprintf((char *)out + size_bytes, "X-%d: %0128d\r\n", i, i);
    return size_bytes;
}

/* 2^63 (and as a chunk of its body, more bytes than a machine has memory, in the end). */
size_t payload_huge_length(uint8_t *out, uint64_t turn)
{
    size_t size_bytes = 0;

    if (turn == 0)
        size_bytes = (size_t)sprintf((char *)out, "OPTIONS sip:a@example.com SIP/2.0\r\n"
                                                  "Content-Length: 9223372036854775808\r\n\r\n");
    memset(out + size_bytes, 'b', FILL_BYTES);
    return size_bytes + FILL_BYTES;
}

/* Complete requests, with NULs in them and a header line of 64 KiB. */
size_t payload_long_lines(uint8_t *out, uint64_t turn)
{
    size_t size_bytes = (size_t)sprintf((char *)out,
                                        "OPTIONS sip:a@example.com SIP/2.0\r\n"
                                        "Via: SIP/2.0/TCP 198.51.100.1;branch=z9hG4bK%d-%llu\r\n"
                                        "Call-ID: %d-%llu\r\nCSeq: 1 OPTIONS\r\nSubject: ",
                                        rand(), (unsigned long long)turn, rand(), (unsigned long long)turn);

    memset(out + size_bytes, 's', LINE_BYTES);
    out[size_bytes + 7] = out[size_bytes + LINE_BYTES / 2] = 0;
    size_bytes += LINE_BYTES;
    return size_bytes + (size_t)sprintf((char *)out + size_bytes, "\r\nContent-Length: 0\r\n\r\n");
}

/* The head of a ClientHello whose rest never comes. */
size_t payload_half_hello(uint8_t *out, uint64_t turn)
{
    static const uint8_t head[] = {0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00,
                                   0x01, 0xfc, 0x03, 0x03, 0x55, 0x55};

    if (turn > 0)
        return 0;
    memcpy(out, head, sizeof head);
    return sizeof head;
}

size_t payload_responses(uint8_t *out, uint64_t turn)
{
    size_t size_bytes = 0;

    for (int i = 0; i < BATCH; i++)
        size_bytes +=
            (size_t)sprintf((char *)out + size_bytes,
                            "SIP/2.0 %d Not asked for\r\nVia: SIP/2.0/TCP 198.51.100.1;branch=z9hG4bK%d\r\n"
                            "From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>;tag=2\r\n"
                            "Call-ID: %llu-%d\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
                            100 + rand() % 600, rand(), (unsigned long long)turn, i);
    return size_bytes;
}

size_t payload_requests(uint8_t *out, uint64_t turn)
{
    static const char *const methods[] = {"OPTIONS", "INVITE", "MESSAGE", "ACK",
                                          "CANCEL",  "BYE",    "NOTIFY",  "REGISTER"};
    size_t size_bytes = 0;

    for (int i = 0; i < BATCH; i++) {
        const char *method = methods[i % 8];

        size_bytes += (size_t)sprintf(
            (char *)out + size_bytes,
            "%s sip:a@example.com SIP/2.0\r\nVia: SIP/2.0/TCP 198.51.100.1;branch=z9hG4bK%d-%llu-%d\r\n"
            "Max-Forwards: 70\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\n"
            "Call-ID: %d-%llu-%d\r\nCSeq: 1 %s\r\nContent-Length: 0\r\n\r\n",
            method, rand(), (unsigned long long)turn, i, rand(), (unsigned long long)turn, i, method);
    }
    return size_bytes;
}

size_t payload_pings(uint8_t *out, uint64_t turn)
{
    (void)turn;
    for (size_t i = 0; i < FILL_BYTES; i += 2)
        memcpy(out + i, "\r\n", 2);
    return FILL_BYTES;
}

/* A message of 65,535 bytes announced, or a small one that is none. */
size_t payload_dns(uint8_t *out, uint64_t turn)
{
    size_t size_bytes = turn % 2 ? 2 + 40 : 2 + 65535;

    for (size_t i = 0; i < size_bytes; i++)
        out[i] = (uint8_t)rand();
    out[0] = turn % 2 ? 0 : 0xff;
    out[1] = turn % 2 ? 40 : 0xff;
    return size_bytes;
}
