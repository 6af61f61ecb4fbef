#ifndef VERIFY_LIST_FILE_H
#define VERIFY_LIST_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The operator's own text files: an entry a line, without the space around it; empty lines and
 * lines that begin with '#' are none, and a mark of UTF-8 at the start is passed over. */
struct list_line {
    const char *text; /* len bytes, at least one */
    size_t len;
    size_t number; /* in the file, from 1 */
};

/* What is made of a file.  Both return false to refuse it, and `why` then says what is wrong, in
 * one line. */
struct list_file {
    bool (*entry)(void *arg, const struct list_line *line, char *why, size_t why_size);
    bool (*end)(void *arg, char *why, size_t why_size); /* all lines have been read */
    void *arg;
};

/* false: the file cannot be read, or is refused; `why` names path and line. */
bool list_file_read(const struct list_file *list, const char *path, char *why, size_t why_size);
/* The same of an open file; `why` names no path. */
bool list_file_parse(const struct list_file *list, FILE *file, char *why, size_t why_size);

#endif
