/* Replays a corpus through a fuzz target: every file of the folders and files named on the command line. An
 * empty corpus is an error, for a replay of nothing proves nothing. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return -1;
    }
    uint8_t *data = NULL;
    size_t size = 0, capacity = 0;
    for (;;) {
        if (size == capacity) {
            capacity = capacity ? capacity * 2 : 4096;
            uint8_t *larger = realloc(data, capacity);
            if (!larger) {
                free(data);
                fclose(file);
                return -1;
            }
            data = larger;
        }
        size_t got = fread(data + size, 1, capacity - size, file);
        if (got == 0)
            break;
        size += got;
    }
    fclose(file);
    /* A copy of the exact size, so that a sanitizer sees a read past the end. */
    uint8_t *exact = malloc(size ? size : 1);
    if (exact) {
        if (size)
            memcpy(exact, data, size);
        LLVMFuzzerTestOneInput(exact, size);
    }
    free(exact);
    free(data);
    return exact ? 1 : -1;
}

static int replay_path(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        perror(path);
        return -1;
    }
    if (!S_ISDIR(status.st_mode))
        return replay_file(path);
    DIR *directory = opendir(path);
    if (!directory) {
        perror(path);
        return -1;
    }
    int total = 0;
    for (struct dirent *entry = readdir(directory); entry && total >= 0; entry = readdir(directory)) {
        if (entry->d_name[0] == '.')
            continue;
        char below[4096];
        snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        int count = replay_path(below);
        total = count < 0 ? -1 : total + count;
    }
    closedir(directory);
    return total;
}

int main(int argc, char **argv)
{
    int total = 0;
    for (int i = 1; i < argc; i++) {
        int count = replay_path(argv[i]);
        if (count < 0)
            return 1;
        total += count;
    }
    printf("%d inputs replayed\n", total);
    return total > 0 ? 0 : 1;
}
