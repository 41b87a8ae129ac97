/* Every profile of the tree loads; every kind of mistake in one is shown where it stands. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device/device.h"

#define SCHEMA  SIPREUSE_SOURCE_DIR "/devices/schema/profile.schema.json"
#define DEVICES SIPREUSE_SOURCE_DIR "/devices"

static const char *const known[] = {"kamailio",         "kamailio-noalias", "kamailio-single",
                                    "reference",        "reference-5924",   "reference-never",
                                    "reference-no-sni", "reference-single"};

Test(profile, names_are_sorted)
{
    char **names = device_profile_names(DEVICES);
    size_t count = 0;
    cr_assert_not_null(names);
    for (; names[count]; count++) {
        if (count > 0)
            cr_expect_lt(strcmp(names[count - 1], names[count]), 0);
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        bool is_there = false;
        for (size_t j = 0; j < count; j++)
            is_there = is_there || strcmp(names[j], known[i]) == 0;
        cr_expect(is_there, "%s", known[i]);
    }
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

Test(profile, of_the_tree)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct diagnostic diagnostic = {0};
        struct device_profile *profile = device_profile_load(DEVICES, known[i], SCHEMA, &diagnostic);
        cr_assert_not_null(profile, "%s", diagnostic.text);
        bool is_single = strstr(known[i], "-single") != NULL,
             is_kamailio = strncmp(known[i], "kamailio", 8) == 0;
        cr_expect_str_eq(profile->name, known[i]);
        cr_expect_str_eq(profile->kind, "proxy");
        cr_expect_eq(profile->domain_count, is_single ? 1 : 2);
        cr_expect_eq(profile->is_virtual_server, !is_single);
        cr_expect(profile->is_stateful && profile->has_ip4 && profile->has_ip6);
        cr_expect(profile->has_transport[NET_TCP] && profile->has_transport[NET_TLS]);
        cr_expect(profile->has_own_sctp <= profile->has_transport[NET_SCTP]);
        cr_expect_eq(profile->has_configurable_resolver, !is_kamailio);
        cr_expect_eq(profile->sends_alias, !is_kamailio && !strstr(known[i], "never"));
        cr_expect_str_eq(profile->stimulus, "forward");
        cr_expect_eq(profile->stimulus_transport, NET_TCP);
        device_profile_free(profile);
    }
}

Test(profile, by_path_and_by_folder)
{
    static const char *const paths[] = {DEVICES "/reference/profile.json", DEVICES "/reference"};
    for (size_t i = 0; i < 2; i++) {
        struct diagnostic diagnostic = {0};
        struct device_profile *profile = device_profile_load("/nowhere", paths[i], SCHEMA, &diagnostic);
        cr_assert_not_null(profile, "%s", diagnostic.text);
        cr_expect_str_eq(profile->folder, DEVICES "/reference");
        device_profile_free(profile);
    }
}

Test(profile, unknown_name)
{
    struct diagnostic diagnostic = {0};
    cr_expect_null(device_profile_load(DEVICES, "kamalio", SCHEMA, &diagnostic));
    cr_expect(diagnostic.is_set);
    cr_expect_not_null(strstr(diagnostic.text, "nearest 'kamailio'"), "%s", diagnostic.text);
    diagnostic = (struct diagnostic){0};
    cr_expect_null(device_profile_load(DEVICES, "/nowhere/profile.json", SCHEMA, &diagnostic));
    cr_expect_not_null(strstr(diagnostic.text, "/nowhere/profile.json"), "%s", diagnostic.text);
}

/* ---- mistakes: a good profile with one text replaced ---- */
static const char good[] =
    "{\n"
    " \"name\": \"box\", \"title\": \"A box\", \"kind\": \"proxy\",\n"
    " \"domains\": [\"one.dut.{run}.test\", \"two.test\"],\n"
    " \"claims\": {\"stateful\": true},\n"
    " \"transports\": [\"tcp\", \"tls\"], \"ip\": [4, 6],\n"
    " \"stimulus\": {\"kind\": \"forward\", \"transport\": \"tcp\"},\n"
    " \"resolver\": \"system\",\n"
    " \"requires\": [{\"program\": \"sh\"}],\n"
    " \"start\": {\"argv\": [\"sh\", \"{config}/x\"], \"environment\": {\"A\": \"{run}\"},\n"
    "  \"templates\": [{\"from\": \"box.cfg\", \"to\": \"x\"}, {\"from\": \"box.cfg\", \"to\": \"y\"}], "
    "\"ready_timeout_s\": 3},\n"
    " \"stop\": {\"signal\": \"INT\", \"timeout_s\": 1.5},\n"
    " \"version\": {\"argv\": [\"sh\", \"--version\"]}\n"
    "}\n";

static const struct mistake {
    const char *what, *from, *to; /* from "": the template's text is to */
    const char *place;            /* line and pointer that the diagnostic has to name */
    const char *part;
} mistakes[] = {
    {"no mistake", "x", "x", NULL, NULL},
    {"syntax", "\"kind\":", "\"kind\"", ":2:", ""},
    {"unknown member", "\"resolver\"", "\"resolve\"", "", "resolve"},
    {"missing member", " \"resolver\": \"system\",\n", "", "", "resolver"},
    {"unknown claim", "\"stateful\"", "\"statefull\"", ":4:", "stateful"},
    {"challenges without an account", "\"stateful\": true", "\"challenges\": true", "", "account"},
    {"account without a password", "\"claims\"", "\"account\": {\"user\": \"a\"}, \"claims\"", "/account",
     "password"},
    {"account with two passwords", "\"claims\"",
     "\"account\": {\"user\": \"a\", \"password\": \"p\", \"password_env\": \"P\"}, \"claims\"", "/account",
     ""},
    {"account of nobody", "\"claims\"", "\"account\": {\"user\": \"a b\", \"password\": \"p\"}, \"claims\"",
     "/account/user", "a b"},
    {"wrong type", "\"stateful\": true", "\"stateful\": \"yes\"", "/claims/stateful", "true or false"},
    {"unknown transport", "\"tls\"]", "\"udp\"]", "/transports/1", "udp"},
    {"wrong IP version", "[4, 6]", "[4, 5]", "/ip/1", "5"},
    {"no domains", "[\"one.dut.{run}.test\", \"two.test\"]", "[]", "/domains", ""},
    {"domain in capitals", "two.test", "Two.test", ":3:", "lower case"},
    {"domain with another placeholder", "{run}", "{runs}", "/domains/0", "{run}"},
    {"domain with an empty label", "two.test", "two..test", "/domains/1", ""},
    {"domain twice", "two.test", "one.dut.{run}.test", "/domains/1", "twice"},
    {"stimulus over what it lacks", "[\"tcp\", \"tls\"]", "[\"tls\"]", "/stimulus/transport", "transports"},
    {"unknown kind of stimulus", "\"forward\"", "\"forwards\"", "/stimulus/kind", "forward"},
    {"member of another kind", "\"transport\": \"tcp\"}", "\"transport\": \"tcp\", \"argv\": [\"x\"]}",
     "/stimulus", "forward"},
    {"command without a program", "{\"kind\": \"forward\", \"transport\": \"tcp\"}",
     "{\"kind\": \"command\"}", "/stimulus", "argv"},
    {"unknown placeholder in a stimulus", "{\"kind\": \"forward\", \"transport\": \"tcp\"}",
     "{\"kind\": \"command\", \"argv\": [\"call\", \"{url}\"]}", "/stimulus/argv/1", "{url}"},
    {"two bodies", "{\"kind\": \"forward\", \"transport\": \"tcp\"}",
     "{\"kind\": \"http\", \"http\": {\"url\": \"http://x/\", \"body\": \"a\", \"json\": {}}}",
     "/stimulus/http", "json_rpc"},
    {"a proxy that registers", "{\"kind\": \"forward\", \"transport\": \"tcp\"}",
     "{\"kind\": \"registrar\", \"transport\": \"tcp\", \"after\": \"INVITE\"}", "/stimulus/kind",
     "does not register"},
    {"called through what", "{\"kind\": \"forward\", \"transport\": \"tcp\"}",
     "{\"kind\": \"registrar\", \"transport\": \"tcp\", \"after\": \"INVITE\", \"through\": \"flow\"}",
     "/stimulus/through", "connection"},
    {"asked for a password that it has not", "{\"kind\": \"forward\", \"transport\": \"tcp\"}",
     "{\"kind\": \"registrar\", \"transport\": \"tcp\", \"after\": \"INVITE\", \"digest\": [\"MD5\"]}",
     "/stimulus", ""},
    {"an unknown digest", "{\"kind\": \"forward\", \"transport\": \"tcp\"}",
     "{\"kind\": \"registrar\", \"transport\": \"tcp\", \"after\": \"INVITE\", \"digest\": [\"SHA-1\"]}",
     "/stimulus/digest/0", "SHA-256"},
    {"a secret in a URL", "{\"kind\": \"forward\", \"transport\": \"tcp\"}",
     "{\"kind\": \"http\", \"http\": {\"url\": \"http://u:p@x/\"}}", "/stimulus/http/url", "auth"},
    {"a secret from nowhere", "{\"kind\": \"forward\", \"transport\": \"tcp\"}",
     "{\"kind\": \"http\", \"http\": {\"url\": \"http://x/\", \"auth\": {\"scheme\": \"basic\", \"user\": "
     "\"u\"}}}",
     "/stimulus/http/auth", "password_env"},
    {"a secret from two places", "{\"kind\": \"forward\", \"transport\": \"tcp\"}",
     "{\"kind\": \"http\", \"http\": {\"url\": \"http://x/\", \"auth\": {\"scheme\": \"basic\", \"netrc\": "
     "true, \"password_env\": \"A\"}}}",
     "/stimulus/http/auth/netrc", "one of"},
    {"a token in netrc", "{\"kind\": \"forward\", \"transport\": \"tcp\"}",
     "{\"kind\": \"http\", \"http\": {\"url\": \"http://x/\", \"auth\": {\"scheme\": \"bearer\", \"netrc\": "
     "true}}}",
     "/stimulus/http/auth/netrc", "token"},
    {"a password in the profile", "{\"kind\": \"forward\", \"transport\": \"tcp\"}",
     "{\"kind\": \"http\", \"http\": {\"url\": \"http://x/\", \"auth\": {\"scheme\": \"basic\", "
     "\"password\": \"x\"}}}",
     "/stimulus/http/auth", "password"},
    {"a user agent that forwards", "\"proxy\"", "\"ua\"", "/stimulus/kind", "forwards nothing"},
    {"unknown resolver", "\"system\"", "\"dns\"", "/resolver", "configurable"},
    {"empty argv", "[\"sh\", \"{config}/x\"]", "[]", "/start/argv", ""},
    {"unknown placeholder in argv", "{config}", "{konfig}", ":9:", "{konfig}"},
    {"unknown placeholder in environment", "\"{run}\"", "\"{ran}\"", "/start/environment/A", "{ran}"},
    {"unknown placeholder in version", "--version", "{versions}", "/version/argv/1", "{versions}"},
    {"variable without a name", "\"A\":", "\"A B\":", "", "A B"},
    {"template not there", "\"from\": \"box.cfg\", \"to\": \"x\"", "\"from\": \"bax.cfg\", \"to\": \"x\"",
     "/start/templates/0/from", "bax.cfg"},
    {"file written twice", "\"to\": \"y\"", "\"to\": \"x\"", "/start/templates/1/to", "twice"},
    {"file outside", "\"to\": \"y\"", "\"to\": \"../y\"", "/start/templates/1/to", ""},
    {"unknown signal", "\"INT\"", "\"SIGINT\"", "/stop/signal", "SIGINT"},
    {"negative time", "1.5", "-1", "/stop/timeout_s", "-1"},
    {"requires nothing", "{\"program\": \"sh\"}", "{}", "/requires/0", ""},
    {"unknown placeholder in a template", "", "fine\n@nothing@\n", "/start/templates/0/from",
     "box.cfg:2: unknown placeholder"},
    {"not UTF-8", "A box", "A \xff", "", ""},
};

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
}

static void try_mistake(const char *folder, const struct mistake *mistake)
{
    char text[sizeof good + 256], path[256];
    struct diagnostic diagnostic = {0};
    const char *at = mistake->from[0] ? strstr(good, mistake->from) : good;
    cr_assert_not_null(at, "%s", mistake->what);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, mistake->from[0] ? mistake->to : "",
             at + strlen(mistake->from));
    write_file(folder, "profile.json", text);
    write_file(folder, "box.cfg", mistake->from[0] ? "listen @dut_ip4@\n" : mistake->to);
    snprintf(path, sizeof path, "%s/profile.json", folder);
    struct device_profile *profile = device_profile_load(DEVICES, path, SCHEMA, &diagnostic);
    cr_expect_eq(profile == NULL, mistake->place != NULL, "%s: %s", mistake->what, diagnostic.text);
    device_profile_free(profile);
    if (!mistake->place)
        return;
    cr_expect_eq(strncmp(diagnostic.text, path, strlen(path)), 0, "%s: %s", mistake->what, diagnostic.text);
    cr_expect_not_null(strstr(diagnostic.text, mistake->place), "%s: %s", mistake->what, diagnostic.text);
    cr_expect_not_null(strstr(diagnostic.text, mistake->part), "%s: %s", mistake->what, diagnostic.text);
}

Test(profile, mistakes)
{
    char folder[] = "/tmp/profile-test-XXXXXX", path[64];
    cr_assert_not_null(mkdtemp(folder));
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++)
        try_mistake(folder, &mistakes[i]);
    snprintf(path, sizeof path, "%s/profile.json", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/box.cfg", folder);
    unlink(path);
    rmdir(folder);
}

Test(profile, name_is_the_folders)
{
    char devices[] = "/tmp/devices-test-XXXXXX", command[256];
    struct diagnostic diagnostic = {0};
    cr_assert_not_null(mkdtemp(devices));
    snprintf(command, sizeof command, "mkdir '%s/other' && cp '%s/reference/'* '%s/other/'", devices, DEVICES,
             devices);
    cr_assert_eq(system(command), 0);
    cr_expect_null(device_profile_load(devices, "other", SCHEMA, &diagnostic));
    cr_expect_not_null(strstr(diagnostic.text, "/name"), "%s", diagnostic.text);
    cr_expect_not_null(strstr(diagnostic.text, "other"), "%s", diagnostic.text);
    snprintf(command, sizeof command, "rm -r '%s'", devices);
    cr_expect_eq(system(command), 0);
}
