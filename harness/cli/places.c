/* Where files are, and what the terminal is like. */
#include "cli/cli.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

char *cli_path_join(const char *folder, const char *name)
{
    char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, name) >= 0)
        return path;
    exit(cli_fail(CLI_IMPOSSIBLE, "out of memory; close something"));
}

char *cli_program_path(void)
{
    return realpath("/proc/self/exe", NULL);
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool has_scenarios(const char *data)
{
    char *below = cli_path_join(data, "scenarios");
    bool is_there = is_folder(below);
    free(below);
    return is_there;
}

/* share/sipreuse of the prefix that the program is installed in; NULL when it is not installed. */
static char *cli_installed_data(void)
{
    char *program = cli_program_path();
    for (int i = 0; program && i < 2; i++) {
        char *slash = strrchr(program, '/');
        if (slash)
            *slash = '\0';
    }
    char *data = program ? cli_path_join(program, "share/sipreuse") : NULL;
    free(program);
    if (data && has_scenarios(data))
        return data;
    free(data);
    return NULL;
}

static char *cli_data(void)
{
    const char *wanted = getenv("SIPREUSE_DATA");
    if (wanted && *wanted)
        return strdup(wanted);
    char *installed = cli_installed_data();
    return installed ? installed : strdup(SIPREUSE_DATA_DIR);
}

static char *cli_folder(const char *wanted, const char *data, const char *name)
{
    char *path = wanted ? strdup(wanted) : cli_path_join(data, name);
    if (path && is_folder(path))
        return path;
    if (wanted)
        cli_fail(CLI_USAGE, "there is no folder '%s'; give --%s one, or leave it out", wanted, name);
    else
        cli_fail(CLI_USAGE,
                 "there is no folder '%s'; set SIPREUSE_DATA to the folder that has scenarios/, suites/ and "
                 "devices/",
                 path);
    free(path);
    return NULL;
}

/* A whole catalogue stands for itself; a folder of scenarios alone is beside the shipped ones. */
static bool has_requirements(const char *scenarios)
{
    char *path = cli_path_join(scenarios, "requirements.json");
    bool is_there = access(path, R_OK) == 0;
    free(path);
    return is_there;
}

const char *cli_devices_of(const struct cli_paths *paths, const char *name)
{
    char *own = NULL;
    bool is_own = asprintf(&own, "%s/%s/profile.json", paths->devices, name) < 0 || access(own, F_OK) == 0;
    free(own);
    if (is_own)
        return paths->devices;
    bool is_shipped =
        asprintf(&own, "%s/%s/profile.json", paths->shipped_devices, name) >= 0 && access(own, F_OK) == 0;
    free(own);
    return is_shipped ? paths->shipped_devices : paths->devices;
}

bool cli_paths_find(struct cli_paths *paths, const char *scenarios, const char *suites, const char *devices)
{
    char *data = cli_data();
    *paths = (struct cli_paths){0};
    if (!data)
        return false;
    bool is_beside = scenarios && is_folder(scenarios) && !has_requirements(scenarios);
    paths->own_scenarios = is_beside ? strdup(scenarios) : NULL;
    paths->scenarios = cli_folder(is_beside ? NULL : scenarios, data, "scenarios");
    paths->suites = paths->scenarios ? cli_folder(suites, data, "suites") : NULL;
    paths->devices = paths->suites ? cli_folder(devices, data, "devices") : NULL;
    paths->shipped_devices = cli_path_join(data, "devices");
    /* The schema belongs to the program, not to a folder of somebody's own profiles. */
    paths->profile_schema = cli_path_join(data, "devices/schema/profile.schema.json");
    paths->baseline_schema = cli_path_join(data, "reports/schema/baseline.schema.json");
    free(data);
    return paths->devices != NULL;
}

void cli_paths_fini(struct cli_paths *paths)
{
    free(paths->scenarios);
    free(paths->own_scenarios);
    free(paths->shipped_devices);
    free(paths->suites);
    free(paths->devices);
    free(paths->profile_schema);
    free(paths->baseline_schema);
    *paths = (struct cli_paths){0};
}

unsigned cli_width(void)
{
    struct winsize size = {0};
    const char *columns = getenv("COLUMNS");
    unsigned long width = 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        width = size.ws_col;
    if (width == 0 && columns)
        width = strtoul(columns, NULL, 10);
    if (width == 0)
        width = 100;
    return width < 60 ? 60 : width > 120 ? 120 : (unsigned)width;
}

bool cli_is_live(void)
{
    const char *ci = getenv("CI"), *terminal = getenv("TERM");
    bool is_ci = ci && *ci && strcmp(ci, "false") != 0 && strcmp(ci, "0") != 0;
    return isatty(STDOUT_FILENO) && !is_ci && terminal && *terminal && strcmp(terminal, "dumb") != 0;
}

bool cli_is_coloured(void)
{
    const char *refusal = getenv("NO_COLOR");
    return cli_is_live() && !(refusal && *refusal);
}

static bool is_empty_folder(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder)
        return false;
    bool is_empty = true;
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            is_empty = false;
    closedir(folder);
    return is_empty;
}

/* Makes a folder and those above it. */
static int make_folders(const char *path)
{
    char partial[PATH_MAX];
    size_t size = strlen(path) + 1;
    if (size > sizeof partial)
        return ENAMETOOLONG;
    memcpy(partial, path, size);
    for (char *slash = strchr(partial + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(partial, 0755) != 0 && errno != EEXIST)
            return errno;
        *slash = '/';
    }
    return mkdir(partial, 0755) == 0 ? 0 : errno;
}

static char *cli_out_default(const char *device_name)
{
    char stamp[32], *path = NULL;
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
    for (int i = 1; i < 1000; i++) {
        char suffix[16] = "";
        if (i > 1)
            snprintf(suffix, sizeof suffix, "-%d", i);
        if (asprintf(&path, "sipreuse-out/%s-%s%s", device_name, stamp, suffix) < 0)
            return NULL;
        int error = make_folders(path);
        if (error == 0)
            return path;
        if (error != EEXIST) {
            cli_fail(CLI_IMPOSSIBLE, "cannot make '%s': %s; give --out a folder that can be written", path,
                     strerror(error));
            free(path);
            return NULL;
        }
        free(path);
    }
    return NULL;
}

char *cli_out_make(const char *wanted, const char *device_name, int *status)
{
    *status = CLI_USAGE;
    if (wanted && !*wanted) {
        cli_fail(CLI_USAGE, "--out '' is no folder; write --out DIR");
        return NULL;
    }
    char *path = wanted ? strdup(wanted) : cli_out_default(device_name);
    int error = path && wanted ? make_folders(path) : 0;
    if (error == EEXIST && is_folder(path) && !is_empty_folder(path)) {
        cli_fail(
            CLI_USAGE,
            "'%s' is not empty; give --out a new folder, so that no run's evidence is mixed with another's",
            path);
        free(path);
        return NULL;
    }
    if (error == EEXIST && !is_folder(path)) {
        cli_fail(CLI_USAGE, "'%s' is no folder; give --out a new one", path);
        free(path);
        return NULL;
    }
    *status = CLI_IMPOSSIBLE;
    if (error && error != EEXIST) {
        cli_fail(CLI_IMPOSSIBLE, "cannot make '%s': %s; give --out a folder that can be written", path,
                 strerror(error));
        free(path);
        return NULL;
    }
    char *absolute = path ? realpath(path, NULL) : NULL;
    free(path);
    return absolute;
}
