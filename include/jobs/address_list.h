#ifndef JOBS_ADDRESS_LIST_H
#define JOBS_ADDRESS_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store_job.h"

/* Addresses that a client names one by one, as a list: each is a row of its own, asked about,
 * counted and charged by itself, also when it came before or is empty. */
struct address_list;

struct address_list *address_list_new(struct db_pool *pool, uint64_t purse_id, const char *dialect);
/* Forgets what is stored unless it was finished.  NULL-safe, nulls. */
void address_list_free(struct address_list **list);

/* UTF-8.  What is longer than a row may be (JOB_ADDRESS_MAX bytes) is cut between two characters:
 * it is no address, and stays none.  false, here and below: the database could not take it
 * (logged). */
bool address_list_add(struct address_list *list, const char *text, size_t len);
/* The list is there, ready to be started: *job. */
bool address_list_finish(struct address_list *list, struct job *job);

#endif
