/* Every file in bad/ with the one diagnostic that stands beside it; every file in good/, and the project's
 * own. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"

static int is_json(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

static size_t list(const char *dir, struct dirent ***entries)
{
    int count = scandir(dir, entries, is_json, alphasort);
    cr_assert(count >= 0, "%s", dir);
    return (size_t)count;
}

static void list_free(struct dirent **entries, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
}

static void check_one(const char *name)
{
    char path[512], expected_path[512], expected[DIAGNOSTIC_TEXT_MAX + 2] = "";
    snprintf(path, sizeof path, FIXTURE_DIR "/bad/%s", name);
    snprintf(expected_path, sizeof expected_path, "%.*s.expected", (int)strlen(path) - 5, path);
    FILE *file = fopen(expected_path, "re");
    cr_assert(file, "%s", expected_path);
    cr_assert(fgets(expected, sizeof expected, file));
    fclose(file);
    expected[strcspn(expected, "\n")] = '\0';
    struct diagnostic diagnostic = {0};
    cr_expect_not(scenario_validate_file(TREE_DIR, path, &diagnostic), "%s", path);
    cr_assert(diagnostic.is_set);
    cr_expect_eq(strncmp(diagnostic.text, FIXTURE_DIR "/bad/", strlen(FIXTURE_DIR "/bad/")), 0);
    cr_expect_str_eq(diagnostic.text + strlen(FIXTURE_DIR "/bad/"), expected);
}

/* Tests run in processes of their own, which cost more than a file: each takes every eighth one of the sorted
 * folder. */
enum { STRIPES = 8 };

ParameterizedTestParameters(bad, files_get_their_diagnostic)
{
    static size_t indices[STRIPES];
    for (size_t i = 0; i < STRIPES; i++)
        indices[i] = i;
    return cr_make_param_array(size_t, indices, STRIPES);
}

ParameterizedTest(size_t *index, bad, files_get_their_diagnostic)
{
    struct dirent **entries;
    size_t count = list(FIXTURE_DIR "/bad", &entries);
    for (size_t i = *index; i < count; i += STRIPES)
        check_one(entries[i]->d_name);
    list_free(entries, count);
}

Test(bad, there_are_enough_of_them)
{
    struct dirent **entries;
    size_t count = list(FIXTURE_DIR "/bad", &entries);
    list_free(entries, count);
    cr_expect_geq(count, 100);
}

Test(bad, a_file_too_large)
{
    char path[] = "/tmp/sipreuse-scenario-XXXXXX";
    struct diagnostic diagnostic = {0};
    int fd = mkstemp(path);
    cr_assert(fd >= 0);
    cr_assert_eq(ftruncate(fd, DOCUMENT_MAX_BYTES + 1), 0);
    close(fd);
    cr_expect_not(scenario_validate_file(TREE_DIR, path, &diagnostic));
    unlink(path);
    cr_expect(strstr(diagnostic.text, ":1:1: /: found a larger file; expected at most 4194304 bytes"), "%s",
              diagnostic.text);
}

Test(bad, one_bad_file_keeps_the_catalogue_from_loading)
{
    struct diagnostic diagnostic = {0};
    char dir[] = "/tmp/sipreuse-catalogue-XXXXXX", name[256];
    cr_assert(mkdtemp(dir));
    snprintf(name, sizeof name, "%s/schema", dir);
    cr_assert_eq(symlink(TREE_DIR "/schema", name), 0);
    cr_expect_null(catalogue_load(dir, &diagnostic));
    cr_expect(strstr(diagnostic.text, "/requirements.json:1:1: /: found that it cannot be read"), "%s",
              diagnostic.text);
    char requirements[256], area[256], file[300];
    snprintf(requirements, sizeof requirements, "%s/requirements.json", dir);
    cr_assert_eq(symlink(TREE_DIR "/requirements.json", requirements), 0);
    struct diagnostic empty = {0};
    struct catalogue *catalogue = catalogue_load(dir, &empty);
    cr_expect(catalogue, "%s", empty.text);
    cr_expect_eq(catalogue->scenario_count, 0);
    catalogue_free(catalogue);
    snprintf(area, sizeof area, "%s/bad", dir);
    cr_assert_eq(mkdir(area, 0700), 0);
    snprintf(file, sizeof file, "%s/moved.json", area);
    cr_assert_eq(symlink(TREE_DIR "/client/actors.json", file), 0);
    struct diagnostic moved = {0};
    cr_expect_null(catalogue_load(dir, &moved));
    cr_expect(strstr(moved.text, "/bad/moved.json:2:9: /id: found 'client/actors'; expected 'bad/moved', for "
                                 "that is the file's name"),
              "%s", moved.text);
    unlink(file);
    rmdir(area);
    unlink(requirements);
    unlink(name);
    rmdir(dir);
}

Test(good, files_of_every_kind)
{
    static const char *const files[] = {
        FIXTURE_DIR "/good/recipe.json",    FIXTURE_DIR "/good/elsewhere.json",
        TREE_DIR "/requirements.json",      TREE_DIR "/client/keep.json",
        TREE_SUITES_DIR "/rules.json",      SIPREUSE_SOURCE_DIR "/devices/reference/profile.json",
        TREE_DIR "/aliasing/identity.json", FIXTURE_DIR "/good/baseline.json"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct diagnostic diagnostic = {0};
        cr_expect(scenario_validate_file(TREE_DIR, files[i], &diagnostic), "%s", diagnostic.text);
    }
}

Test(good, the_projects_own_catalogue_and_suites)
{
    struct diagnostic diagnostic = {0};
    struct catalogue *catalogue = catalogue_load(SIPREUSE_SOURCE_DIR "/scenarios", &diagnostic);
    cr_assert(catalogue, "%s", diagnostic.text);
    cr_expect_gt(catalogue->scenario_count, 0);
    char **names = suite_names(SIPREUSE_SOURCE_DIR "/suites");
    for (size_t i = 0; names[i]; i++) {
        struct suite *suite = suite_load(SIPREUSE_SOURCE_DIR "/suites", names[i], catalogue, &diagnostic);
        cr_expect(suite, "%s", diagnostic.text);
        suite_free(suite);
        free(names[i]);
    }
    free(names);
    catalogue_free(catalogue);
}
