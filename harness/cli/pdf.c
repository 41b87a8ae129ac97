/* `sipreuse report --pdf`: the conformance test report, printed by Chromium, which turns HTML into PDF better
 * than what else Debian has. The page is ours, has no scripts and asks for nothing from anywhere. */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reports/reports.h"
#include "sandbox/sandbox.h"

enum { PRINT_SECONDS_MAX = 120, EXIT_NO_PROGRAM = 127, WORDS_MAX = 16 };

static void catalogue_free_copy(struct report_catalogue *copy, char **references)
{
    for (size_t i = 0; references && i < copy->requirement_count; i++)
        free(references[i]);
    free(references);
    free(copy->scenarios);
    free(copy->requirements);
}

/* What the report wants to know of the catalogue; its strings stay the catalogue's. */
static char **catalogue_copy(const struct catalogue *catalogue, struct report_catalogue *copy)
{
    char **references = calloc(catalogue->requirement_count + 1, sizeof *references);
    copy->scenarios = calloc(catalogue->scenario_count + 1, sizeof *copy->scenarios);
    copy->requirements = calloc(catalogue->requirement_count + 1, sizeof *copy->requirements);
    if (!references || !copy->scenarios || !copy->requirements)
        return references;
    for (size_t i = 0; i < catalogue->scenario_count; i++)
        copy->scenarios[copy->scenario_count++] = (struct report_catalogue_scenario){
            .id = catalogue->scenarios[i]->id, .title = catalogue->scenarios[i]->title};
    for (size_t i = 0; i < catalogue->requirement_count; i++) {
        const struct requirement *requirement = &catalogue->requirements[i];
        if (asprintf(&references[i], "%s §%s", requirement->document, requirement->section) < 0)
            references[i] = NULL;
        copy->requirements[copy->requirement_count++] =
            (struct report_catalogue_requirement){.id = requirement->id,
                                                  .level = requirement_level_name(requirement->level),
                                                  .reference = references[i] ? references[i] : "",
                                                  .rule = requirement->rule};
    }
    return references;
}

static bool write_page(const struct report *report, const struct catalogue *catalogue, const char *path)
{
    struct report_catalogue copy = {0};
    char **references = catalogue_copy(catalogue, &copy);
    FILE *out = fopen(path, "wxe");
    bool is_good = out && report_put_pctr(report, &copy, out);
    if (out && fclose(out) != 0)
        is_good = false;
    catalogue_free_copy(&copy, references);
    return is_good;
}

static _Noreturn void exec_browser(const char *const *options)
{
    static const char *const programs[] = {"chromium", "chromium-browser", "google-chrome",
                                           "google-chrome-stable"};
    const char *words[WORDS_MAX] = {0};
    int null = open("/dev/null", O_RDWR);
    setpgid(0, 0);
    for (int fd = 0; null >= 0 && fd < 3; fd++)
        dup2(null, fd);
    for (size_t i = 0; options[i] && i + 2 < WORDS_MAX; i++)
        words[i + 1] = options[i];
    alarm(PRINT_SECONDS_MAX); /* outlives exec: a browser that hangs is ended */
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        words[0] = programs[i];
        execvp(programs[i], (char *const *)(uintptr_t)words);
    }
    _exit(EXIT_NO_PROGRAM);
}

struct printing {
    const char *folder; /* temporary */
    char *page, *pdf;   /* in it */
    const struct janitor *janitor;
};

/* The browser's exit status; -1: it could not be run, or was killed. */
static int run_browser(const struct printing *printing, bool has_own_sandbox)
{
    char *profile = NULL, *print = NULL, *url = NULL;
    int status = -1;
    if (asprintf(&profile, "--user-data-dir=%s/profile", printing->folder) >= 0 &&
        asprintf(&print, "--print-to-pdf=%s", printing->pdf) >= 0 &&
        asprintf(&url, "file://%s", printing->page) >= 0) {
        const char *const options[] = {"--headless",
                                       "--disable-gpu",
                                       "--no-pdf-header-footer",
                                       "--disable-sync",
                                       "--disable-extensions",
                                       "--no-first-run",
                                       "--disable-dev-shm-usage",
                                       profile,
                                       print,
                                       has_own_sandbox ? "--disable-background-networking" : "--no-sandbox",
                                       url,
                                       NULL};
        pid_t pid = fork();
        if (pid == 0)
            exec_browser(options);
        if (pid > 0)
            janitor_adopt(printing->janitor, pid);
        if (pid < 0 || waitpid(pid, &status, 0) != pid)
            status = -1;
        else
            kill(-pid, SIGKILL); /* its helpers, should any be left */
        if (pid > 0)
            janitor_release(printing->janitor, pid);
    }
    free(profile);
    free(print);
    free(url);
    return status != -1 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool is_pdf(const char *path)
{
    char head[5] = "";
    FILE *file = fopen(path, "rbe");
    bool is_good =
        file && fread(head, 1, sizeof head, file) == sizeof head && memcmp(head, "%PDF-", sizeof head) == 0;
    if (file)
        fclose(file);
    return is_good;
}

static bool copy_file(const char *from, const char *to)
{
    char piece[1 << 16], *temporary = NULL;
    FILE *in = fopen(from, "rbe"), *out = NULL;
    if (asprintf(&temporary, "%s.tmp", to) < 0)
        temporary = NULL;
    if (in && temporary)
        out = fopen(temporary, "wbe");
    bool is_good = out != NULL;
    for (size_t size; is_good && (size = fread(piece, 1, sizeof piece, in)) > 0;)
        is_good = fwrite(piece, 1, size, out) == size;
    if (out && fclose(out) != 0)
        is_good = false;
    is_good = is_good && rename(temporary, to) == 0;
    if (in)
        fclose(in);
    free(temporary);
    return is_good;
}

/* The browser's own sandbox is refused to root, and where user namespaces are: the page has no scripts and is
 * ours, so it is printed without it then. */
static int print_page(const struct printing *printing, const char *path)
{
    int status = geteuid() == 0 ? -1 : run_browser(printing, true);
    if (status != EXIT_NO_PROGRAM && !is_pdf(printing->pdf))
        status = run_browser(printing, false);
    if (status == EXIT_NO_PROGRAM)
        return cli_fail(
            CLI_IMPOSSIBLE,
            "a PDF is printed by Chromium, which is missing: install it (Debian: apt install chromium)");
    if (!is_pdf(printing->pdf))
        return cli_fail(CLI_IMPOSSIBLE,
                        "Chromium printed no PDF (its status: %d); try 'chromium --headless --version'",
                        status);
    if (!copy_file(printing->pdf, path))
        return cli_fail(CLI_IMPOSSIBLE, "'%s' could not be written: %s; give --out a file that can", path,
                        strerror(errno));
    printf("%s\n", path);
    return CLI_GOOD;
}

/* Killed or not, it leaves neither browser nor folder behind. */
static int print_in(const char *folder, const struct report *report, const struct catalogue *catalogue,
                    const char *path)
{
    struct janitor *janitor = janitor_new(folder);
    if (!janitor)
        return cli_fail(CLI_IMPOSSIBLE, "no process can be started: %s; close something", strerror(errno));
    struct printing printing = {.folder = folder,
                                .page = cli_path_join(folder, "report.html"),
                                .pdf = cli_path_join(folder, "report.pdf"),
                                .janitor = janitor};
    int status = write_page(report, catalogue, printing.page)
                     ? print_page(&printing, path)
                     : cli_fail(CLI_IMPOSSIBLE, "'%s' could not be written: %s; free some space",
                                printing.page, strerror(errno));
    free(printing.page);
    free(printing.pdf);
    janitor_free(janitor);
    return status;
}

int cli_print_pdf(const struct report *report, const char *path)
{
    struct diagnostic diagnostic = {0};
    struct cli_paths paths;
    const char *base = getenv("TMPDIR");
    char *folder = NULL;
    if (!cli_paths_find(&paths, NULL, NULL, NULL))
        return CLI_USAGE;
    int status;
    struct catalogue *catalogue = catalogue_load(paths.scenarios, &diagnostic);
    if (!catalogue)
        status = cli_fail_file(&diagnostic);
    else if (asprintf(&folder, "%s/sipreuse-pdf-XXXXXX", base && *base ? base : "/tmp") < 0 ||
             !mkdtemp(folder))
        status = cli_fail(CLI_IMPOSSIBLE, "no temporary folder can be made: %s; set TMPDIR", strerror(errno));
    else
        status = print_in(folder, report, catalogue, path);
    free(folder);
    catalogue_free(catalogue);
    cli_paths_fini(&paths);
    return status;
}
