#ifndef CLI_CHECK_ORDER_H
#define CLI_CHECK_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Texts that come in any order and leave by number, 0, 1, 2, ...; as many as there is room for. */
struct check_order;
typedef void check_order_fn(const char *text, size_t len, void *arg);

struct check_order *check_order_new(size_t room, check_order_fn *leave, void *arg);
void check_order_free(struct check_order **order); /* NULL-safe, nulls */

/* May `number` be put at this time? */
bool check_order_takes(const struct check_order *order, uint64_t number);
/* Once a number.  `leave` is called for all that are next.  "" leaves as nothing. */
void check_order_put(struct check_order *order, uint64_t number, const char *text, size_t len);

#endif
