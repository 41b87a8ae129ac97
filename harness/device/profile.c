/* Profiles: loading, and the questions that a schema cannot ask. */
#include "device/device_private.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { NAMES_MAX = 1024, TEMPLATE_MAX_BYTES = 1 << 20, SENTENCE_MAX = 512 };

/* ---- checks ---- */
bool device_domain_is_valid(const char *domain)
{
    /* {run} is a label's part that the run fills in. */
    size_t label = 0;
    for (const char *at = domain; *at; at++) {
        if (strncmp(at, "{run}", 5) == 0) {
            at += 4;
            label++;
        } else if (*at == '.') {
            if (label == 0)
                return false;
            label = 0;
        } else if ((*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') || (*at == '-' && label > 0)) {
            label++;
        } else {
            return false;
        }
        if (label > 63)
            return false;
    }
    return label > 0;
}

char *device_domain_in(const char *domain, const char *label)
{
    const char *at = strstr(domain, "{run}");
    char *text = NULL;
    if (!at)
        return strdup(domain);
    return asprintf(&text, "%.*s%s%s", (int)(at - domain), domain, label, at + strlen("{run}")) < 0 ? NULL
                                                                                                    : text;
}

static bool check_domains(const struct document_value *domains, struct diagnostic *diagnostic)
{
    for (size_t i = 0; i < document_count(domains); i++) {
        const struct document_value *one = document_at(domains, i);
        if (!device_domain_is_valid(document_string(one)))
            return document_reject(diagnostic, one, NULL, "a domain name in lower case, which may hold {run}",
                                   NULL);
        for (size_t j = 0; j < i; j++) {
            if (strcmp(document_string(one), document_string(document_at(domains, j))) == 0)
                return document_reject(diagnostic, one, "a domain named twice", "different domains", NULL);
        }
    }
    return true;
}

/* Placeholders of every word of a list, or of an object's values. */
static bool check_words(const struct document_value *words, struct diagnostic *diagnostic)
{
    char sentence[SENTENCE_MAX];
    for (size_t i = 0; i < document_count(words); i++) {
        const struct document_value *one = document_at(words, i);
        char *word = device_word_render(document_string(one), NULL, sentence, sizeof sentence);
        if (!word)
            return document_reject(diagnostic, one, sentence,
                                   "a placeholder of docs/adding-a-device.md, or {{ for a brace", NULL);
        free(word);
    }
    return true;
}

static bool check_template(const char *folder, const struct document_value *one,
                           struct diagnostic *diagnostic)
{
    char sentence[SENTENCE_MAX];
    const struct document_value *from = document_member(one, "from");
    char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, document_string(from)) < 0)
        return document_reject(diagnostic, from, "no memory", "memory", NULL);
    char *text = device_file_read(path, TEMPLATE_MAX_BYTES, sentence, sizeof sentence);
    if (!text) {
        free(path);
        return document_reject(diagnostic, from, sentence, "a template beside the profile", NULL);
    }
    char *rendered = device_template_render(path, text, NULL, sentence, sizeof sentence);
    if (!rendered)
        document_reject(diagnostic, from, sentence, "placeholders of docs/adding-a-device.md, or @@ for an @",
                        NULL);
    free(text);
    free(path);
    free(rendered);
    return !diagnostic->is_set;
}

static bool check_templates(const char *folder, const struct document_value *templates,
                            struct diagnostic *diagnostic)
{
    for (size_t i = 0; i < document_count(templates); i++) {
        const struct document_value *to = document_member(document_at(templates, i), "to");
        for (size_t j = 0; j < i; j++) {
            const struct document_value *other = document_member(document_at(templates, j), "to");
            if (strcmp(document_string(to), document_string(other)) == 0)
                return document_reject(diagnostic, to, "a file written twice", "different files", NULL);
        }
        if (!check_template(folder, document_at(templates, i), diagnostic))
            return false;
    }
    return true;
}

static bool check_sense(const struct device_profile *profile, bool is_known_device,
                        struct diagnostic *diagnostic)
{
    const struct document_value *root = document_root(profile->document);
    const struct document_value *start = document_member(root, "start");
    const struct document_value *environment = document_member(start, "environment");
    const char *folder_name = strrchr(profile->folder, '/');
    folder_name = folder_name ? folder_name + 1 : profile->folder;
    if (document_boolean(document_member(document_member(root, "claims"), "challenges")) &&
        !document_member(root, "account"))
        return document_reject(diagnostic, root, "the claim 'challenges' without an 'account'",
                               "the member 'account' with user and password", NULL);
    if (is_known_device && strcmp(folder_name, profile->name) != 0)
        return document_reject(diagnostic, document_member(root, "name"), NULL, "the name of its folder",
                               folder_name);
    return check_domains(document_member(root, "domains"), diagnostic) &&
           device_stimulus_check(profile, root, diagnostic) &&
           check_words(document_member(start, "argv"), diagnostic) && check_words(environment, diagnostic) &&
           check_words(document_member(document_member(root, "version"), "argv"), diagnostic) &&
           check_templates(profile->folder, document_member(start, "templates"), diagnostic);
}

/* ---- loading ---- */
static char *copy_string(const struct document_value *value)
{
    const char *text = document_string(value);
    return text ? strdup(text) : NULL;
}

static void read_claims(struct device_profile *profile, const struct document_value *claims)
{
    profile->is_stateful = document_boolean(document_member(claims, "stateful"));
    profile->sends_alias = document_boolean(document_member(claims, "sends_alias"));
    profile->reuses = document_boolean(document_member(claims, "reuses"));
    profile->requests_certificate = document_boolean(document_member(claims, "requests_certificate"));
    profile->has_client_certificate = document_boolean(document_member(claims, "client_certificate"));
    profile->record_routes = document_boolean(document_member(claims, "record_routes"));
    profile->takes_crls = document_boolean(document_member(claims, "takes_crls"));
    profile->claims_5924 = document_boolean(document_member(claims, "claims_5924"));
    profile->challenges = document_boolean(document_member(claims, "challenges"));
    profile->is_multihomed = document_boolean(document_member(claims, "multihomed"));
}

/* A password may be kept out of the file; without it the account is none. */
static void read_account(struct device_profile *profile, const struct document_value *account)
{
    const char *variable = document_string(document_member(account, "password_env"));
    const char *kept = variable ? getenv(variable) : NULL;
    profile->account_user = copy_string(document_member(account, "user"));
    profile->account_password = variable ? (kept && kept[0] ? strdup(kept) : NULL)
                                         : copy_string(document_member(account, "password"));
}

int device_signal_parse(const char *name)
{
    static const struct {
        const char *name;
        int signum;
    } signals[] = {{"TERM", SIGTERM}, {"INT", SIGINT},   {"QUIT", SIGQUIT}, {"HUP", SIGHUP},
                   {"KILL", SIGKILL}, {"USR1", SIGUSR1}, {"USR2", SIGUSR2}};
    for (size_t i = 0; name && i < sizeof signals / sizeof signals[0]; i++)
        if (strcmp(name, signals[i].name) == 0)
            return signals[i].signum;
    return 0;
}

static void read_tls(struct device_profile *profile, const struct document_value *versions)
{
    const unsigned both = 1u << NET_TLS_1_2 | 1u << NET_TLS_1_3;
    if (!versions)
        return;
    profile->without_tls = both;
    for (size_t i = 0; i < document_count(versions); i++) {
        bool is_13 = strcmp(document_string(document_at(versions, i)), "1.3") == 0;
        profile->without_tls &= ~(1u << (is_13 ? NET_TLS_1_3 : NET_TLS_1_2));
    }
}

/* The shape has been checked. */
static void read_profile(struct device_profile *profile)
{
    const struct document_value *root = document_root(profile->document);
    const struct document_value *domains = document_member(root, "domains"),
                                *parts = document_member(root, "parts");
    const struct document_value *transports = document_member(root, "transports"),
                                *ip = document_member(root, "ip");
    const char *resolver = document_string(document_member(root, "resolver"));
    enum net_transport transport;
    profile->name = copy_string(document_member(root, "name"));
    profile->title = copy_string(document_member(root, "title"));
    profile->kind = copy_string(document_member(root, "kind"));
    profile->user = copy_string(document_member(root, "user"));
    profile->domain_count = document_count(domains);
    for (size_t i = 0; i < profile->domain_count; i++)
        profile->domains[i] = copy_string(document_at(domains, i));
    profile->is_virtual_server = profile->domain_count > 1;
    read_claims(profile, document_member(root, "claims"));
    read_account(profile, document_member(root, "account"));
    for (size_t i = 0; i < document_count(transports); i++) {
        if (net_transport_parse(document_string(document_at(transports, i)), &transport))
            profile->has_transport[transport] = true;
    }
    for (size_t i = 0; i < document_count(ip); i++) {
        bool *has = document_integer(document_at(ip, i)) == 4 ? &profile->has_ip4 : &profile->has_ip6;
        *has = true;
    }
    read_tls(profile, document_member(root, "tls"));
    profile->jobs = (size_t)document_integer(document_member(root, "jobs"));
    device_stimulus_read(profile, document_member(root, "stimulus"));
    profile->is_user_agent = profile->kind && strcmp(profile->kind, "ua") == 0;
    profile->accepts_nothing =
        document_count(parts) == 1 && strcmp(document_string(document_at(parts, 0)), "client") == 0;
    profile->has_start = document_member(root, "start") != NULL;
    const char *sctp = document_string(document_member(root, "sctp"));
    profile->has_own_sctp = sctp && strcmp(sctp, "own") == 0;
    const struct document_value *close = document_member(document_member(root, "controls"), "close");
    profile->close_signal = device_signal_parse(document_string(document_member(close, "signal")));
    profile->has_configurable_resolver = resolver && strcmp(resolver, "configurable") == 0;
    profile->locates_nothing = resolver && strcmp(resolver, "none") == 0;
}

static bool check_shape(const struct document *document, const char *schema_path,
                        struct diagnostic *diagnostic)
{
    struct document *schema = document_load(schema_path, diagnostic);
    bool is_good = schema && document_check(schema, document_root(document), diagnostic);
    document_free(schema);
    return is_good;
}

/* A profile's path: what looks like a path is one, a folder stands for its profile.json, anything else is a
 * name. */
static char *find_profile(const char *devices_dir, const char *name_or_file, bool *is_name)
{
    struct stat status;
    char *path = NULL;
    size_t length = strlen(name_or_file);
    bool has_suffix = length > 5 && strcmp(name_or_file + length - 5, ".json") == 0;
    *is_name = !strchr(name_or_file, '/') && !has_suffix;
    if (!*is_name && !has_suffix)
        return asprintf(&path, "%s/profile.json", name_or_file) < 0 ? NULL : path;
    if (!*is_name)
        return strdup(name_or_file);
    if (asprintf(&path, "%s/%s/profile.json", devices_dir, name_or_file) < 0)
        return NULL;
    if (stat(path, &status) == 0)
        return path;
    free(path);
    return NULL;
}

static void reject_name(const char *devices_dir, const char *name, struct diagnostic *diagnostic)
{
    char **names = device_profile_names(devices_dir);
    size_t count = 0;
    while (names && names[count])
        count++;
    char expected[SENTENCE_MAX] = "a profile's path, or one of";
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(expected);
        snprintf(expected + used, sizeof expected - used, "%s %s", i ? "," : "", names[i]);
    }
    document_reject_file(diagnostic, devices_dir, name, expected,
                         document_nearest(name, (const char *const *)names, count));
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
    char *absolute = folder ? realpath(folder, NULL) : NULL; /* programs of it run in another folder */
    if (!absolute)
        return folder;
    free(folder);
    return absolute;
}

struct device_profile *device_profile_load(const char *devices_dir, const char *name_or_file,
                                           const char *schema_path, struct diagnostic *diagnostic)
{
    bool is_name;
    char *path = find_profile(devices_dir, name_or_file, &is_name);
    if (!path) {
        reject_name(devices_dir, name_or_file, diagnostic);
        return NULL;
    }
    struct device_profile *profile = calloc(1, sizeof *profile);
    if (!profile) {
        free(path);
        document_reject_file(diagnostic, name_or_file, "no memory", "memory", NULL);
        return NULL;
    }
    profile->path = path;
    profile->folder = folder_of(path);
    profile->document = document_load(path, diagnostic);
    if (!profile->document || !check_shape(profile->document, schema_path, diagnostic))
        goto bad;
    read_profile(profile);
    if (!check_sense(profile, is_name, diagnostic))
        goto bad;
    return profile;
bad:
    device_profile_free(profile);
    return NULL;
}

const char *device_resolver_words(const struct device_profile *profile)
{
    if (profile->locates_nothing)
        return "not at all: it locates no servers";
    return profile->has_configurable_resolver ? "in its configuration" : "by the system's resolver";
}

void device_profile_free(struct device_profile *profile)
{
    if (!profile)
        return;
    for (size_t i = 0; i < profile->domain_count; i++)
        free(profile->domains[i]);
    free(profile->name);
    free(profile->path);
    free(profile->folder);
    free(profile->title);
    free(profile->kind);
    free(profile->user);
    free(profile->account_user);
    free(profile->account_password);
    device_stimulus_fini(profile);
    document_free(profile->document);
    free(profile);
}

/* ---- names ---- */
static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **device_profile_names(const char *devices_dir)
{
    char **names = calloc(NAMES_MAX + 1, sizeof *names);
    DIR *dir = opendir(devices_dir);
    size_t count = 0;
    struct dirent *entry;
    while (names && dir && count < NAMES_MAX && (entry = readdir(dir)) != NULL) {
        char path[PATH_MAX];
        struct stat status;
        int length = snprintf(path, sizeof path, "%s/%s/profile.json", devices_dir, entry->d_name);
        if (entry->d_name[0] == '.' || length < 0 || (size_t)length >= sizeof path ||
            stat(path, &status) != 0)
            continue;
        names[count] = strdup(entry->d_name);
        count += names[count] != NULL;
    }
    if (dir)
        closedir(dir);
    if (names)
        qsort(names, count, sizeof *names, compare_names);
    return names;
}
