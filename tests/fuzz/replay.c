/* replay.c - the main() of a fuzz target where libFuzzer is not linked: feeds it every file named,
 * and every file in the folders named.  `make test` replays the corpora so, built by gcc with ASan.
 * Inputs are copied into a block of exactly their size, so that reading one byte further is seen.
 * Prints how many inputs ran; exit code 1 when there were none, or one could not be read. */
#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long inputs, unreadable;

static void replay_file(const char *path, size_t size)
{
    uint8_t *data = x_malloc(size);
    FILE *file = fopen(path, "re");
    if (file == NULL || fread(data, 1, size, file) != size) {
        perror(path);
        unreadable++;
    } else {
        inputs++;
        LLVMFuzzerTestOneInput(data, size);
    }
    if (file != NULL)
        fclose(file);
    free(data);
}

static void replay(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        perror(path);
        unreadable++;
        return;
    }
    if (!S_ISDIR(st.st_mode)) {
        replay_file(path, (size_t)st.st_size);
        return;
    }
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        char inside[PATH_MAX];
        snprintf(inside, sizeof(inside), "%s/%.255s", path, entry->d_name);
        if (entry->d_name[0] != '.')
            replay(inside);
    }
    if (dir != NULL)
        closedir(dir);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        replay(argv[i]);
    printf("%lu inputs\n", inputs);
    return inputs == 0 || unreadable > 0 ? 1 : 0;
}
