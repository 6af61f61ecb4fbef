/* list_file.c - reads the operator's own lists, line by line.
 *
 * Nothing is skipped: the first line that is no entry ends the reading and is named by its number,
 * for a list that is only partly known would be believed as if it were whole. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "verify/list_file.h"

enum { REASON_SIZE = 120 };

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool take_line(const struct list_file *list, struct list_line line, char *why,
                      size_t why_size)
{
    char reason[REASON_SIZE];
    while (line.len > 0 && is_space(line.text[line.len - 1]))
        line.len--;
    while (line.len > 0 && is_space(*line.text)) {
        line.text++;
        line.len--;
    }
    if (line.len == 0 || *line.text == '#' || list->entry(list->arg, &line, reason, REASON_SIZE))
        return true;
    snprintf(why, why_size, "line %zu: %s", line.number, reason);
    return false;
}

bool list_file_parse(const struct list_file *list, FILE *file, char *why, size_t why_size)
{
    static const char mark[] = "\xEF\xBB\xBF"; /* of UTF-8, as some editors write it */
    bool good = true;
    char *text = NULL;
    size_t room = 0, number = 0;
    ssize_t len;
    while (good && (len = getline(&text, &room, file)) >= 0) {
        size_t skip = number++ == 0 && strncmp(text, mark, sizeof(mark) - 1) == 0 ? 3 : 0;
        good = take_line(list, (struct list_line){text + skip, (size_t)len - skip, number}, why,
                         why_size);
    }
    free(text);
    if (good && ferror(file) != 0) {
        snprintf(why, why_size, "%s", strerror(errno));
        good = false;
    }
    return good && list->end(list->arg, why, why_size);
}

/* A pipe would never end, so only a file is one; NULL: errno says why. */
static FILE *open_file(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return NULL;
    if (S_ISREG(st.st_mode))
        return fopen(path, "re");
    errno = EINVAL;
    return NULL;
}

bool list_file_read(const struct list_file *list, const char *path, char *why, size_t why_size)
{
    char reason[REASON_SIZE + 40];
    FILE *file = open_file(path);
    bool good = file != NULL && list_file_parse(list, file, reason, sizeof(reason));
    if (file == NULL)
        snprintf(reason, sizeof(reason), "%s", strerror(errno));
    else
        fclose(file);
    if (!good)
        snprintf(why, why_size, "%.140s: %s", path, reason);
    return good;
}
