/* The page for the device's operator. */
#include "remote/remote.h"

#include <string.h>

static void print_fingerprint(const char *hex, FILE *out)
{
    for (size_t i = 0; hex[i]; i++)
        fprintf(out, "%s%c", i && i % 2 == 0 ? ":" : "", hex[i]);
}

static void print_device(const struct remote_page *page, FILE *out)
{
    char ip[NET_ADDRESS_TEXT_MAX];
    fprintf(out, "## 1. The device\n");
    for (size_t i = 0; i < 2; i++) {
        if (!page->device[i].family)
            continue;
        net_address_format_ip(&page->device[i], ip);
        fprintf(out, "- listens on %s", ip);
        if (page->has_tcp)
            fprintf(out, ", TCP port %u", (unsigned)page->sip_port);
        if (page->has_tls)
            fprintf(out, ", TLS port %u", (unsigned)page->sips_port);
        fputc('\n', out);
    }
    fprintf(out, "- is responsible for:");
    for (size_t i = 0; i < page->domain_count; i++)
        fprintf(out, "%s %s", i ? "," : "", page->domains[i]);
    fprintf(
        out,
        "\n- forwards requests that come from the addresses below, without authentication, to the domain "
        "in their Request-URI\n- has the right time (NTP): a certificate here is valid from the day before "
        "a run on\n");
}

static void print_certificates(const struct remote_page *page, FILE *out)
{
    fprintf(out, "\n## 2. Certificates\n- trust anchor, for TLS clients and servers: %s\n  SHA-256 ",
            page->anchor_path);
    print_fingerprint(page->event->fingerprint, out);
    fputc('\n', out);
    if (page->has_own_ca)
        fprintf(out, "- its own certificate: the vendor's\n");
    else
        fprintf(out, "- its own certificate and key, one per domain: 'sipreuse certs export' writes them\n");
    if (page->requests_certificate)
        fprintf(out, "- it asks TLS clients for a certificate (mutual TLS)\n");
}

static void print_dns(const struct remote_page *page, FILE *out)
{
    const char *zone = page->event->zone;
    char ip[NET_ADDRESS_TEXT_MAX];
    fprintf(out, "\n## 3. DNS\n");
    if (!page->has_dns) {
        fprintf(out, "None (--dns none): the device is given numeric addresses alone.\n");
        return;
    }
    fprintf(out, "Names below %s are answered by this machine. In the zone above it, add the delegation:\n\n",
            zone);
    fprintf(out, "    %s. IN NS nameserver.%s.\n", zone, zone);
    for (size_t i = 0; i < page->address_count; i++) {
        bool is_first = true;
        for (size_t k = 0; k < i; k++)
            is_first &= page->addresses[k].family != page->addresses[i].family;
        if (!is_first)
            continue;
        net_address_format_ip(&page->addresses[i], ip);
        fprintf(out, "    nameserver.%s. IN %s %s\n", zone, page->addresses[i].family == 6 ? "AAAA" : "A",
                ip);
    }
    net_address_format_ip(&page->addresses[0], ip);
    if (page->dns_port != 53)
        fprintf(out,
                "\nThat works with DNS port 53 only; this run's is %u (--dns-port), so a resolver has to "
                "forward:\n",
                (unsigned)page->dns_port);
    else
        fprintf(out, "\nOr have the device's resolver forward the zone:\n");
    fprintf(out, "\n    unbound:  stub-zone: name: \"%s\" stub-addr: %s@%u\n", zone, ip,
            (unsigned)page->dns_port);
    fprintf(out, "    dnsmasq:  server=/%s/%s#%u\n", zone, ip, (unsigned)page->dns_port);
    fprintf(out, "\nOr name %s as the device's only resolver.\n", ip);
}

static void print_network(const struct remote_page *page, FILE *out)
{
    char ip[NET_ADDRESS_TEXT_MAX];
    fprintf(out,
            "\n## 4. Firewall\n- from this machine to the device's ports above\n- from the device to this "
            "machine:");
    for (size_t i = 0; i < page->address_count && i < 16; i++) {
        net_address_format_ip(&page->addresses[i], ip);
        fprintf(out, "%s %s", i ? "," : "", ip);
    }
    if (page->address_count > 16)
        fprintf(out, ", … (%zu addresses)", page->address_count);
    fprintf(out, "\n  TCP ports %u to %u, and 5060 and 5061", (unsigned)page->first_port,
            (unsigned)page->last_port);
    if (page->has_dns)
        fprintf(out, "; DNS port %u, UDP and TCP", (unsigned)page->dns_port);
    fprintf(out,
            "\n- neither NAT nor a SIP-aware middlebox between the two: they rewrite what is being tested\n");
}

/* The name, for the port is another one in each run: a record of it says which. */
static void print_registration(const struct remote_page *page, FILE *out)
{
    if (!page->registers_over || !page->has_dns)
        return;
    fprintf(out,
            "\n## 5. Registration\nThe device registers each of its domains, or one account, with\n\n"
            "    sip:registrar.%s;transport=%s\n\n",
            page->event->zone, page->registers_over);
    if (page->registers_as)
        fprintf(
            out,
            "which asks for credentials (Digest, realm registrar.%s): the user is %s, the password that of "
            "the profile's account. The device",
            page->event->zone, page->registers_as);
    else
        fputs("which needs no password. The device", out);
    fputs(" is called over that connection. A run waits for it before it begins; the port stands in an SRV "
          "record.\n",
          out);
}

void remote_page_print(const struct remote_page *page, FILE *out)
{
    fprintf(
        out,
        "# For the operator of the device\n\nsipreuse tests how the device reuses connections (RFC 5923). "
        "It sends to the device's address alone.\n\n");
    print_device(page, out);
    print_certificates(page, out);
    print_dns(page, out);
    print_network(page, out);
    print_registration(page, out);
}
