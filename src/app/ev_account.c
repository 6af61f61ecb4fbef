/* ev_account.c - ev's GET /account and GET /plans.
 *
 * Plans are for everybody to see: one short query, and no key is asked for. */
#include <stdlib.h>

#include "app/app.h"
#include "app/ev_api.h"
#include "app/ev_gate.h"
#include "app/gate.h"
#include "base/log.h"
#include "dialect/ev_account.h"
#include "store/store_account.h"

enum { PLANS_MAX = 100 };

/* Its texts stay where they are. */
static struct ev_plan plan_of(const struct plan *plan)
{
    return (struct ev_plan){.id = plan->id,
                            .name = plan->name,
                            .price_cents = plan->price_cents,
                            .rate_limit = plan->rate_per_minute,
                            .included = plan->credits,
                            .overage_micros = plan->overage_micros};
}

void ev_account_handle(struct http_exchange *exchange)
{
    const struct caller *caller = gate_caller(exchange);
    struct usage usage;
    if (!account_usage(app_db(exchange->context), caller->purse_id, &usage)) {
        ev_answer_failure(exchange);
        return;
    }
    const struct ev_account account = {.plan = plan_of(&caller->plan),
                                       .month = usage.month,
                                       .used = usage.used,
                                       .included = usage.included,
                                       .remaining = usage.remaining,
                                       .overage = usage.overage};
    exchange->response->status = 200;
    ev_render_account(&exchange->response->body, &account);
}

struct plans {
    struct plan plan[PLANS_MAX];
    size_t count;
};

static bool take_plan(const struct plan *plan, void *arg)
{
    struct plans *plans = arg;
    plans->plan[plans->count++] = *plan;
    return plans->count < PLANS_MAX;
}

static int by_price(const void *a, const void *b)
{
    const struct plan *x = a, *y = b;
    return x->price_cents < y->price_cents ? -1 : x->price_cents > y->price_cents;
}

static bool read_plans(struct app *app, struct plans *plans)
{
    struct db *db = app_db_borrow(app);
    if (db == NULL)
        return false;
    enum db_status status = store_plan_list(db, ev_ops.name, take_plan, plans);
    return app_db_return(app, &db, status, "plans");
}

void ev_plans_handle(struct http_exchange *exchange)
{
    struct arena *arena = exchange->request->arena;
    struct plans *plans = ARENA_NEW(arena, struct plans);
    if (!read_plans(exchange->context, plans)) {
        ev_answer_failure(exchange);
        return;
    }
    qsort(plans->plan, plans->count, sizeof(plans->plan[0]), by_price);
    struct ev_plan *told = arena_array(arena, plans->count, sizeof(*told));
    for (size_t i = 0; i < plans->count; i++)
        told[i] = plan_of(&plans->plan[i]);
    exchange->response->status = 200;
    ev_render_plans(&exchange->response->body, told, plans->count);
}
