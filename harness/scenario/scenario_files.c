/* Which files there are. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "scenario/scenario_private.h"

enum { FILES_DEPTH_MAX = 8, FILES_MAX = 20000 };

struct file_list {
    char **items;
    size_t count, capacity;
};

char *path_join(const char *dir, const char *name)
{
    char *path = NULL;
    if (asprintf(&path, "%s%s%s", dir, *dir ? "/" : "", name) < 0)
        abort();
    return path;
}

static void list_add(struct file_list *list, char *item)
{
    if (list->count + 2 > list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 64;
        list->items = realloc(list->items, list->capacity * sizeof *list->items);
        if (!list->items)
            abort();
    }
    list->items[list->count++] = item;
    list->items[list->count] = NULL;
}

static bool has_json_ending(const char *name)
{
    size_t length = strlen(name);
    return length > 5 && strcmp(name + length - 5, ".json") == 0;
}

static void collect(const char *base, const char *relative, int depth, struct file_list *list)
{
    char *path = path_join(base, relative);
    DIR *dir = opendir(*relative ? path : base);
    free(path);
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry && list->count < FILES_MAX;
         entry = readdir(dir)) {
        if (entry->d_name[0] == '.' || (depth == 0 && strcmp(entry->d_name, "schema") == 0))
            continue;
        struct stat status;
        char *below = path_join(relative, entry->d_name), *whole = path_join(base, below);
        bool is_there = stat(whole, &status) == 0;
        free(whole);
        if (is_there && S_ISDIR(status.st_mode) && depth < FILES_DEPTH_MAX)
            collect(base, below, depth + 1, list);
        if (is_there && S_ISREG(status.st_mode) && depth > 0 && has_json_ending(below))
            list_add(list, below);
        else
            free(below);
    }
    if (dir)
        closedir(dir);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **files_below(const char *dir)
{
    struct file_list list = {0};
    collect(dir, "", 0, &list);
    if (!list.items)
        return calloc(1, sizeof *list.items);
    qsort(list.items, list.count, sizeof *list.items, compare);
    return list.items;
}

void files_free(char **files)
{
    for (size_t i = 0; files && files[i]; i++)
        free(files[i]);
    free(files);
}

char **suite_names(const char *suites_dir)
{
    struct file_list list = {0};
    DIR *dir = opendir(suites_dir);
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir))
        if (entry->d_name[0] != '.' && has_json_ending(entry->d_name)) {
            char *name = strndup(entry->d_name, strlen(entry->d_name) - 5);
            if (!name)
                abort();
            list_add(&list, name);
        }
    if (dir)
        closedir(dir);
    if (!list.items)
        return calloc(1, sizeof *list.items);
    qsort(list.items, list.count, sizeof *list.items, compare);
    return list.items;
}
