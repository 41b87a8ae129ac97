/* device_private: the configuration of `sipreuse device`, from a file (device_config.c) and from the command
 * line (device_options.c). */
#ifndef REFERENCE_DEVICE_PRIVATE_H
#define REFERENCE_DEVICE_PRIVATE_H

#include "document/document.h"
#include "reference/reference.h"

enum { DEVICE_ERROR_MAX = DIAGNOSTIC_TEXT_MAX, DEVICE_FAULTS_MAX = 128, DEVICE_FILE_MAX_BYTES = 4 << 20 };

struct device_config {
    struct reference_listen listen[REFERENCE_LISTEN_MAX];
    size_t listen_count;
    struct reference_domain domains[REFERENCE_DOMAINS_MAX]; /* their texts are among those below */
    size_t domain_count;
    char *texts[3 * REFERENCE_DOMAINS_MAX]; /* name, certificate, key of each; NULL where there is none */
    size_t text_count;
    char *trust_pem, *crl_pem;
    char *account_user, *account_password; /* both or none */
    char *registrar;                       /* URI; NULL: it does not register */
    struct net_address dns_server;
    bool is_never_reusing, is_without_sni, claims_5924, is_user_agent, is_stateless;
    enum net_sctp sctp;
    char *faults[DEVICE_FAULTS_MAX + 1]; /* NULL at the end */
    size_t fault_count;
};
void device_config_fini(struct device_config *config);

/* Each adds one thing; false: error (DEVICE_ERROR_MAX) holds one sentence. */
bool device_config_load(struct device_config *config, const char *path, char *error);
bool device_config_add_listen(struct device_config *config, const char *transport, const char *ip,
                              uint16_t port, char *error);
bool device_config_add_domain(struct device_config *config, const char *name, const char *certificate_path,
                              const char *key_path, char *error);
bool device_config_add_fault(struct device_config *config, const char *name, char *error);
bool device_config_set_account(struct device_config *config, const char *user, const char *password,
                               char *error);
bool device_config_set_dns(struct device_config *config, const char *ip, uint16_t port, char *error);
bool device_config_set_registrar(struct device_config *config, const char *uri, char *error);
/* Reads a whole text file into *out (heap), replacing what was there. */
bool device_config_read_file(const char *path, char **out, char *error);

/* ---- device_options.c ---- */
struct device_command {
    struct device_config config;
    bool lists_faults, is_json, wants_help;
    char error[DEVICE_ERROR_MAX];
};
extern const char DEVICE_HELP[];
/* false: error holds one sentence. The configuration is the caller's to free in either case. */
bool device_command_read(struct device_command *command, int argc, char **argv);

#endif
