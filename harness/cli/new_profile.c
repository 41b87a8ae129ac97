/* The files of a new device: a profile with comments, its configuration as a template, a check list. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/new_device.h"

enum { CONFIG_MAX_BYTES = 1 << 20 };

static FILE *create(const struct new_device *device, const char *name)
{
    char *path = cli_path_join(device->folder, name);
    FILE *out = fopen(path, "wxe");
    if (!out)
        cli_fail(CLI_USAGE, "'%s' cannot be written: %s", path, strerror(errno));
    free(path);
    return out;
}

/* A list apart by separators as a JSON array; numbers stay numbers. */
static void put_list(FILE *out, const char *text, const char *separators, bool is_numbers)
{
    bool is_first = true;
    fputc('[', out);
    while (*text) {
        size_t length = strcspn(text, separators);
        if (length) {
            fputs(is_first ? "" : ", ", out);
            is_first = false;
            if (is_numbers)
                fwrite(text, 1, length, out);
            else
                document_write_string(out, text, length);
        }
        text += length + (text[length] != '\0');
    }
    fputc(']', out);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* ---- the stimulus */

static void put_stimulus(FILE *out, const struct new_device *device)
{
    const char *kind = device->stimulus;
    fprintf(out, "  \"stimulus\": {\n    \"kind\": \"%s\"", kind);
    if (strcmp(kind, "forward") == 0)
        fputs(",\n    \"$comment\": \"It is sent a request over TCP whose Request-URI names the harness, and "
              "forwards it. next_hop: route, where a Route has to say so; number, with a number plan.\",\n"
              "    \"transport\": \"tcp\"",
              out);
    else if (strcmp(kind, "dialog") == 0)
        fputs(",\n    \"$comment\": \"It is called, and sends by itself then. after: REFER (it sends what "
              "Refer-To "
              "asks for), REFER in a call, SUBSCRIBE (its NOTIFY), INVITE (its BYE).\",\n"
              "    \"transport\": \"tcp\",\n    \"after\": \"REFER\"",
              out);
    else if (strcmp(kind, "registrar") == 0)
        fputs(",\n    \"$comment\": \"It registers with {registrar_uri}, and is called over that connection "
              "(through: contact calls its contact instead). after: as of dialog. digest: [MD5] asks for the "
              "password of an account.\",\n"
              "    \"transport\": \"tcp\",\n    \"after\": \"INVITE\"",
              out);
    else if (strcmp(kind, "command") == 0)
        fputs(",\n    \"$comment\": \"A program on the device's host, run for each request: {uri} is where "
              "it has to "
              "go. sends: the method that comes.\",\n"
              "    \"argv\": [\"true\", \"{uri}\"],\n    \"sends\": \"INVITE\"",
              out);
    else if (strcmp(kind, "http") == 0)
        fputs(",\n    \"$comment\": \"A request to its interface. body, json or json_rpc; auth with the "
              "password in an "
              "environment variable.\",\n    \"http\": {\"url\": \"http://{dut_ip4}:8080/call\", \"json\": "
              "{\"to\": \"{uri}\"}},\n    \"sends\": \"INVITE\"",
              out);
    else if (strcmp(kind, "operator") == 0)
        fputs(",\n    \"$comment\": \"A person is told what to do.\",\n"
              "    \"instruction\": \"Make the device call {uri}\",\n    \"sends\": \"INVITE\",\n"
              "    \"timeout_s\": 120",
              out);
    fputs("\n  },\n", out);
}

/* ---- the profile */

static void put_start(FILE *out, const struct new_device *device)
{
    if (!*device->start)
        return;
    fputs(
        "  \"start\": {\n    \"$comment\": \"It has to stay in the foreground. {config} is the folder of the "
        "rendered templates, {scratch} a writable one.\",\n    \"argv\": ",
        out);
    put_list(out, device->start, " \t", false);
    if (*device->config) {
        fputs(",\n    \"templates\": [{\"from\": ", out);
        char *template = NULL;
        if (asprintf(&template, "%s.in", base_name(device->config)) >= 0)
            document_write_string(out, template, strlen(template));
        free(template);
        fputs(", \"to\": ", out);
        document_write_string(out, base_name(device->config), strlen(base_name(device->config)));
        fputs("}]", out);
    }
    fputs(",\n    \"ready_timeout_s\": 20\n  },\n  \"stop\": {\"signal\": \"TERM\", \"timeout_s\": 5}\n}\n",
          out);
}

static void put_claims(FILE *out)
{
    fputs(
        "  \"claims\": {\n    \"$comment\": \"What the vendor says of it. Set what is true: a claim makes "
        "rules "
        "applicable, and never excuses a failure. 'sipreuse check-device' says which of them it refutes.\",\n"
        "    \"stateful\": true,\n    \"sends_alias\": false,\n    \"reuses\": true,\n"
        "    \"requests_certificate\": false,\n    \"client_certificate\": false,\n"
        "    \"record_routes\": false,\n    \"takes_crls\": false,\n    \"claims_5924\": false,\n    "
        "\"challenges\": false\n  },\n",
        out);
}

static bool write_profile(const struct new_device *device)
{
    FILE *out = create(device, "profile.json");
    if (!out)
        return false;
    fprintf(
        out,
        "{\n  \"$comment\": \"Members are explained in docs/adding-a-device.md; CHECKLIST.md says what to do "
        "next.\",\n  \"name\": \"%s\",\n  \"title\": \"%s, %s\",\n  \"kind\": \"%s\",\n  \"domains\": "
        "[%s],\n",
        device->name, device->name, strcmp(device->kind, "ua") == 0 ? "a user agent" : "a proxy",
        device->kind,
        strcmp(device->domains, "2") == 0 ? "\"one.dut.{run}.test\", \"two.dut.{run}.test\""
                                          : "\"one.dut.{run}.test\"");
    put_claims(out);
    fputs("  \"transports\": ", out);
    put_list(out, device->transports, ",", false);
    fputs(",\n  \"ip\": ", out);
    put_list(out, device->ip, ",", true);
    fputs(",\n", out);
    put_stimulus(out, device);
    fprintf(out, "  \"resolver\": \"%s\"%s\n", device->resolver, *device->start ? "," : "");
    put_start(out, device);
    if (!*device->start)
        fputs("}\n", out);
    return fclose(out) == 0;
}

/* ---- the configuration: an at sign would begin a placeholder */

static bool write_config(const struct new_device *device)
{
    if (!*device->config)
        return true;
    FILE *in = fopen(device->config, "re");
    char *name = NULL;
    if (!in) {
        cli_fail(CLI_USAGE, "'%s' cannot be read: %s", device->config, strerror(errno));
        return false;
    }
    FILE *out = asprintf(&name, "%s.in", base_name(device->config)) < 0 ? NULL : create(device, name);
    free(name);
    size_t count = 0;
    for (int c; out && count < CONFIG_MAX_BYTES && (c = fgetc(in)) != EOF; count++) {
        if (c == '@')
            fputc('@', out);
        fputc(c, out);
    }
    fclose(in);
    return out && fclose(out) == 0;
}

/* ---- the check list */

static bool write_list(const struct new_device *device)
{
    FILE *out = create(device, "CHECKLIST.md");
    if (!out)
        return false;
    fprintf(out, "# %s: before the suite\n\n", device->name);
    if (*device->config)
        fprintf(out,
                "- [ ] In `%s.in`, write placeholders where the run decides: `@dut_ip4@` and `@sip_port@`, "
                "`@sips_port@` to listen on; `@domain_one@`; `@cert_one@`, `@key_one@`, `@trust_pem@` "
                "(files); `@dns_ip@`, `@dns_port@`. `@@` is an at sign.\n",
                base_name(device->config));
    if (*device->start)
        fprintf(out, "- [ ] `start.argv` runs it in the foreground, with its files from `{config}`.\n");
    else
        fprintf(out, "- [ ] Nothing starts it: its stimulus is all there is.\n");
    fputs(
        "- [ ] It listens on the addresses and ports above for each of `transports`, and answers OPTIONS for "
        "its domains (`\"user\"`: for a user of them).\n"
        "- [ ] It resolves names by the run's DNS server (RFC 3263: NAPTR, SRV, A, AAAA) and has no outbound "
        "proxy.\n"
        "- [ ] It forwards, or sends, without authentication and without policies of its own.\n"
        "- [ ] TLS: its certificate is `cert_one`, it trusts `trust_pem` alone, and mutual TLS is on where "
        "it can "
        "be.\n"
        "- [ ] Connections stay up for minutes when idle.\n"
        "- [ ] `claims` says what is true.\n\nThen:\n```\n",
        out);
    fprintf(out,
            "sipreuse validate %s/profile.json\n"
            "sipreuse check-device %s/profile.json       # until it has nothing to change\n"
            "sipreuse run --device %s/profile.json --suite smoke\n"
            "sipreuse run --device %s/profile.json\n```\n",
            device->folder, device->folder, device->folder, device->folder);
    return fclose(out) == 0;
}

int new_device_write(const struct new_device *device)
{
    if (mkdir(device->folder, 0777) != 0 && errno != EEXIST)
        return cli_fail(CLI_IMPOSSIBLE, "'%s' cannot be made: %s", device->folder, strerror(errno));
    if (!write_profile(device) || !write_config(device) || !write_list(device))
        return CLI_USAGE;
    return CLI_GOOD;
}
