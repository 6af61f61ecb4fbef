/* check_order.c - a ring of texts that wait for the ones before them. */
#include <assert.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "cli/check_order.h"

struct waiting {
    char *text; /* NULL: has not come */
    size_t len;
};

struct check_order {
    size_t room;
    uint64_t next; /* leaves next */
    check_order_fn *leave;
    void *arg;
    struct waiting ring[];
};

struct check_order *check_order_new(size_t room, check_order_fn *leave, void *arg)
{
    struct check_order *order = x_calloc(1, sizeof(*order) + room * sizeof(order->ring[0]));
    order->room = room;
    order->leave = leave;
    order->arg = arg;
    return order;
}

void check_order_free(struct check_order **order)
{
    if (*order == NULL)
        return;
    for (size_t i = 0; i < (*order)->room; i++)
        free((*order)->ring[i].text);
    free(*order);
    *order = NULL;
}

bool check_order_takes(const struct check_order *order, uint64_t number)
{
    return number - order->next < order->room;
}

void check_order_put(struct check_order *order, uint64_t number, const char *text, size_t len)
{
    assert(check_order_takes(order, number) && order->ring[number % order->room].text == NULL);
    order->ring[number % order->room] = (struct waiting){.text = x_strndup(text, len), .len = len};
    for (struct waiting *at = &order->ring[order->next % order->room]; at->text != NULL;
         at = &order->ring[order->next % order->room]) {
        order->leave(at->text, at->len, order->arg);
        free(at->text);
        *at = (struct waiting){.text = NULL};
        order->next++;
    }
}
