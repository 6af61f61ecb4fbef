#ifndef STORE_BOOKS_H
#define STORE_BOOKS_H

#include "store/db.h"

/* The proof that no credit is lost, doubled or without its result: schema/README.md lists the
 * invariants.  One statement, hence one read view: it holds while traffic runs. */
typedef bool books_fault_fn(const char *invariant, const char *where, void *arg);

/* Calls `fault` once per violation until it returns false; none means healthy. */
enum db_status books_check(struct db *db, books_fault_fn *fault, void *arg);

#endif
