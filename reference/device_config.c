/* What a device is made of, piece by piece: certificates are read here, so that a node gets texts and no
 * paths. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference/device_private.h"
#include "sip/sip.h"

void device_config_fini(struct device_config *config)
{
    for (size_t i = 0; i < config->text_count; i++) {
        free(config->texts[i]);
    }
    for (size_t i = 0; i < config->fault_count; i++) {
        free(config->faults[i]);
    }
    free(config->trust_pem);
    free(config->crl_pem);
    free(config->account_user);
    free(config->account_password);
    free(config->registrar);
    *config = (struct device_config){0};
}

bool device_config_read_file(const char *path, char **out, char *error)
{
    FILE *file = fopen(path, "re");
    char *text = file == NULL ? NULL : malloc(DEVICE_FILE_MAX_BYTES + 1);
    size_t size_bytes = text == NULL ? 0 : fread(text, 1, DEVICE_FILE_MAX_BYTES + 1, file);
    bool is_read = text != NULL && ferror(file) == 0 && size_bytes <= DEVICE_FILE_MAX_BYTES;
    if (!is_read) {
        snprintf(error, DEVICE_ERROR_MAX, "%s: %s", path,
                 size_bytes > DEVICE_FILE_MAX_BYTES ? "too large" : strerror(errno));
        free(text);
    } else {
        text[size_bytes] = '\0';
        char *fitting = realloc(text, size_bytes + 1);
        free(*out);
        *out = fitting == NULL ? text : fitting;
    }
    if (file != NULL) {
        fclose(file);
    }
    return is_read;
}

bool device_config_add_listen(struct device_config *config, const char *transport, const char *ip,
                              uint16_t port, char *error)
{
    struct reference_listen listen = {0};
    if (config->listen_count == REFERENCE_LISTEN_MAX) {
        snprintf(error, DEVICE_ERROR_MAX, "more than %d addresses to listen on", REFERENCE_LISTEN_MAX);
        return false;
    }
    if (!net_transport_parse(transport, &listen.transport)) {
        snprintf(error, DEVICE_ERROR_MAX, "listening over '%s': tcp, tls, sctp or tls-sctp are wanted",
                 transport);
        return false;
    }
    if (!net_address_parse(ip, port, &listen.address)) {
        snprintf(error, DEVICE_ERROR_MAX, "listening on '%s': an IP address is wanted", ip);
        return false;
    }
    config->listen[config->listen_count++] = listen;
    return true;
}

static bool add_also(struct reference_listen *listen, const char *ip, char *error)
{
    struct net_address *address = &listen->also.addresses[listen->also.count];
    bool is_sctp = listen->transport == NET_SCTP || listen->transport == NET_TLS_SCTP;
    if (!is_sctp || listen->also.count == NET_ALSO_MAX || !net_address_parse(ip, 0, address) ||
        address->family != listen->address.family) {
        snprintf(
            error, DEVICE_ERROR_MAX,
            "listening on '%s' also: up to %d more IP addresses of the first one's version are wanted, over "
            "SCTP or TLS over SCTP",
            ip, NET_ALSO_MAX);
        return false;
    }
    listen->also.count++;
    return true;
}

bool device_config_add_domain(struct device_config *config, const char *name, const char *certificate_path,
                              const char *key_path, char *error)
{
    char *chain = NULL;
    char *key = NULL;
    char *copy = NULL;
    if (config->domain_count == REFERENCE_DOMAINS_MAX) {
        snprintf(error, DEVICE_ERROR_MAX, "more than %d domains", REFERENCE_DOMAINS_MAX);
        return false;
    }
    bool has_files = certificate_path != NULL && key_path != NULL;
    bool is_good = !has_files || (device_config_read_file(certificate_path, &chain, error) &&
                                  device_config_read_file(key_path, &key, error));
    if (is_good && (copy = strdup(name)) == NULL) {
        snprintf(error, DEVICE_ERROR_MAX, "out of memory");
        is_good = false;
    }
    if (!is_good) {
        free(chain);
        free(key);
        return false;
    }
    char *const texts[] = {copy, chain, key};
    for (size_t i = 0; i < 3; i++) {
        config->texts[config->text_count++] = texts[i];
    }
    config->domains[config->domain_count++] =
        (struct reference_domain){.name = copy, .chain_pem = chain, .key_pem = key};
    return true;
}

bool device_config_add_fault(struct device_config *config, const char *name, char *error)
{
    char *copy = NULL;
    if (!reference_fault_exists(name)) {
        snprintf(error, DEVICE_ERROR_MAX, "there is no fault '%s': --list-faults names them", name);
        return false;
    }
    if (config->fault_count == DEVICE_FAULTS_MAX || (copy = strdup(name)) == NULL) {
        snprintf(error, DEVICE_ERROR_MAX, "no room for the fault '%s'", name);
        return false;
    }
    config->faults[config->fault_count++] = copy;
    return true;
}

bool device_config_set_account(struct device_config *config, const char *user, const char *password,
                               char *error)
{
    char *copies[] = {strdup(user), strdup(password)};
    if (user[0] == '\0' || copies[0] == NULL || copies[1] == NULL) {
        snprintf(error, DEVICE_ERROR_MAX, user[0] == '\0' ? "an account without a user" : "out of memory");
        free(copies[0]);
        free(copies[1]);
        return false;
    }
    free(config->account_user);
    free(config->account_password);
    config->account_user = copies[0];
    config->account_password = copies[1];
    return true;
}

bool device_config_set_dns(struct device_config *config, const char *ip, uint16_t port, char *error)
{
    if (!net_address_parse(ip, port != 0 ? port : 53, &config->dns_server)) {
        snprintf(error, DEVICE_ERROR_MAX, "the DNS server '%s': an IP address is wanted", ip);
        return false;
    }
    return true;
}

bool device_config_set_registrar(struct device_config *config, const char *uri, char *error)
{
    struct sip_uri parsed;
    if (sip_uri_parse(uri, &parsed) != SIP_OK) {
        snprintf(error, DEVICE_ERROR_MAX, "the registrar '%s': a SIP URI is wanted", uri);
        return false;
    }
    sip_uri_fini(&parsed);
    free(config->registrar);
    config->registrar = strdup(uri);
    return config->registrar != NULL;
}

/* ---- the file ---- */

static const char CONFIG_SCHEMA[] =
    "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"listen\",\"domains\"],"
    "\"properties\":{"
    "\"$schema\":{\"type\":\"string\"},"
    "\"listen\":{\"type\":\"array\",\"minItems\":1,\"items\":{\"type\":\"object\",\"additionalProperties\":"
    "false,"
    "\"required\":[\"transport\",\"address\"],\"properties\":{\"transport\":{\"enum\":[\"tcp\",\"tls\","
    "\"sctp\",\"tls-sctp\"]},"
    "\"address\":{\"type\":\"string\"},"
    "\"also\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
    "\"port\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":65535}}}},"
    "\"domains\":{\"type\":\"array\",\"minItems\":1,\"items\":{\"type\":\"object\",\"additionalProperties\":"
    "false,"
    "\"required\":[\"name\"],\"properties\":{\"name\":{\"type\":\"string\",\"minLength\":1},"
    "\"certificate\":{\"type\":\"string\"},\"key\":{\"type\":\"string\"}}}},"
    "\"trust\":{\"type\":\"string\"},\"crl\":{\"type\":\"string\"},"
    "\"dns_server\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"address\"],"
    "\"properties\":{"
    "\"address\":{\"type\":\"string\"},\"port\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":65535}}},"
    "\"account\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"user\",\"password\"],"
    "\"properties\":{\"user\":{\"type\":\"string\"},\"password\":{\"type\":\"string\"}}},"
    "\"never_reuse\":{\"type\":\"boolean\"},\"no_sni\":{\"type\":\"boolean\"},"
    "\"claims_5924\":{\"type\":\"boolean\"},\"user_agent\":{\"type\":\"boolean\"},"
    "\"stateless\":{\"type\":\"boolean\"},\"register\":{\"type\":\"string\"},"
    "\"sctp\":{\"enum\":[\"auto\",\"kernel\",\"userland\",\"beside\",\"none\"]},"
    "\"faults\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}}";

static bool check_shape(const struct document_value *root, char *error)
{
    struct diagnostic diagnostic = {0};
    struct document *schema =
        document_parse("device configuration schema", CONFIG_SCHEMA, sizeof(CONFIG_SCHEMA) - 1, &diagnostic);
    bool is_good = schema != NULL && document_check(schema, root, &diagnostic);
    if (!is_good) {
        snprintf(error, DEVICE_ERROR_MAX, "%s", diagnostic.text);
    }
    document_free(schema);
    return is_good;
}

static const char *text_of(const struct document_value *object, const char *name)
{
    return document_string(document_member(object, name));
}

static uint16_t port_of(const struct document_value *object)
{
    return (uint16_t)document_integer(document_member(object, "port"));
}

static bool take_lists(struct device_config *config, const struct document_value *root, char *error)
{
    const struct document_value *listen = document_member(root, "listen");
    for (size_t i = 0; i < document_count(listen); i++) {
        const struct document_value *one = document_at(listen, i);
        if (!device_config_add_listen(config, text_of(one, "transport"), text_of(one, "address"),
                                      port_of(one), error)) {
            return false;
        }
        const struct document_value *also = document_member(one, "also");
        for (size_t j = 0; j < document_count(also); j++) {
            if (!add_also(&config->listen[config->listen_count - 1], document_string(document_at(also, j)),
                          error)) {
                return false;
            }
        }
    }
    const struct document_value *domains = document_member(root, "domains");
    for (size_t i = 0; i < document_count(domains); i++) {
        const struct document_value *one = document_at(domains, i);
        if (!device_config_add_domain(config, text_of(one, "name"), text_of(one, "certificate"),
                                      text_of(one, "key"), error)) {
            return false;
        }
    }
    const struct document_value *faults = document_member(root, "faults");
    for (size_t i = 0; faults != NULL && i < document_count(faults); i++) {
        if (!device_config_add_fault(config, document_string(document_at(faults, i)), error)) {
            return false;
        }
    }
    return true;
}

static bool take(struct device_config *config, const struct document_value *root, char *error)
{
    const char *trust = text_of(root, "trust");
    const char *crl = text_of(root, "crl");
    const struct document_value *dns = document_member(root, "dns_server");
    const struct document_value *account = document_member(root, "account");
    if (!take_lists(config, root, error) ||
        (trust != NULL && !device_config_read_file(trust, &config->trust_pem, error)) ||
        (crl != NULL && !device_config_read_file(crl, &config->crl_pem, error)) ||
        (dns != NULL && !device_config_set_dns(config, text_of(dns, "address"), port_of(dns), error)) ||
        (account != NULL &&
         !device_config_set_account(config, text_of(account, "user"), text_of(account, "password"), error))) {
        return false;
    }
    config->is_never_reusing |= document_boolean(document_member(root, "never_reuse"));
    config->is_without_sni |= document_boolean(document_member(root, "no_sni"));
    config->is_user_agent |= document_boolean(document_member(root, "user_agent"));
    config->is_stateless |= document_boolean(document_member(root, "stateless"));
    if (text_of(root, "register") != NULL &&
        !device_config_set_registrar(config, text_of(root, "register"), error)) {
        return false;
    }
    if (document_member(root, "sctp") != NULL) {
        net_sctp_parse(text_of(root, "sctp"), &config->sctp); /* the schema lets no other word pass */
    }
    config->claims_5924 |= document_boolean(document_member(root, "claims_5924"));
    return true;
}

bool device_config_load(struct device_config *config, const char *path, char *error)
{
    struct diagnostic diagnostic = {0};
    struct document *document = document_load(path, &diagnostic);
    if (document == NULL) {
        snprintf(error, DEVICE_ERROR_MAX, "%s", diagnostic.text);
        return false;
    }
    bool is_good =
        check_shape(document_root(document), error) && take(config, document_root(document), error);
    document_free(document);
    return is_good;
}
