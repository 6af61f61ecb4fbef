/* address_list.c - a list made of addresses one by one.
 *
 * A row is always its own first one, so that the worker asks about it and settles it whatever the
 * other rows say; its turn spreads the rows of one domain over the list as an upload's are. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "jobs/address_list.h"
#include "jobs/address_set.h"
#include "jobs/row_loader.h"

struct address_list {
    struct row_loader *rows;
    struct address_turns *turns;
    uint32_t count;
};

struct address_list *address_list_new(struct db_pool *pool, uint64_t purse_id, const char *dialect)
{
    struct address_list *list = NEW(struct address_list);
    list->rows = row_loader_new(pool, purse_id, dialect);
    list->turns = address_turns_new();
    return list;
}

void address_list_free(struct address_list **list)
{
    if (*list == NULL)
        return;
    row_loader_free(&(*list)->rows);
    address_turns_free(&(*list)->turns);
    free(*list);
    *list = NULL;
}

/* So many of the bytes as fit, without half a character at the end. */
static size_t cut_to_fit(const char *text, size_t len)
{
    if (len <= JOB_ADDRESS_MAX)
        return len;
    len = JOB_ADDRESS_MAX;
    while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
        len--;
    return len;
}

bool address_list_add(struct address_list *list, const char *text, size_t len)
{
    uint32_t n = ++list->count;
    size_t kept = cut_to_fit(text, len);
    const struct job_row row = {.n = n,
                                .turn = address_turns_of(list->turns, text, kept, n),
                                .first = n,
                                .address = text,
                                .address_len = kept};
    return row_loader_add(list->rows, &row);
}

bool address_list_finish(struct address_list *list, struct job *job)
{
    struct job *loaded = row_loader_job(list->rows);
    loaded->addresses = loaded->uniques = list->count;
    if (!row_loader_finish(list->rows, NULL, 0))
        return false;
    *job = *loaded;
    return true;
}
