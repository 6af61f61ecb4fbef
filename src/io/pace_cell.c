/* pace_cell.c - finding a pair's cell, and counting the sessions in it.
 *
 * Counting.  Each process has one entry per cell, {owner, sessions}, that nobody else writes while
 * it holds sessions.  Who wants one more adds it to its entry first and then looks at the sum of
 * all: of those who were let through, the last to add saw the others, so the sum they saw bounds
 * them.  Two who add at the same moment may both find the sum too high and both withdraw; they come
 * back at different times.
 *
 * Claiming.  A key looks in one bucket only.  Cells change hands under the bucket's lock, which is
 * a word with its holder's owner: that of a dead holder is taken over.  A cell whose memory is
 * worth nothing is claimed for another pair; while the bucket has none, pairs without one go to its
 * shared cell.  No pair gets a cell of its own while sessions are counted in the shared one, where
 * they could be its own.
 *
 * Both meet without a lock: who claims first marks the key (or the bucket) and then looks whether
 * sessions are held; who begins a session first counts it and then looks at the key again
 * (pace_cell_still_of).  All of it is sequentially consistent, so at least one of them sees the
 * other, and withdraws. */
#include <stdio.h>
#include <string.h>

#include "io/pace_private.h"
#include "base/crypto.h"

static uint64_t holder_of(pace_owner owner, uint64_t sessions)
{
    return (uint64_t)owner << 32 | sessions;
}

static pace_owner owner_in(uint64_t holder)
{
    return (pace_owner)(holder >> 32);
}

static uint64_t sessions_in(uint64_t holder)
{
    return holder & UINT32_MAX;
}

static bool is_dead(const struct pace *pace, uint64_t holder)
{
    return owner_in(holder) != pace->me && !pace_owner_alive(pace, owner_in(holder));
}

uint64_t pace_cell_held(const struct pace *pace, struct pace_cell *cell, bool bury)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < PACE_HOLDERS; i++) {
        uint64_t holder = atomic_load(&cell->holders[i]);
        if (sessions_in(holder) == 0)
            continue;
        if (!bury || !is_dead(pace, holder) ||
            !atomic_compare_exchange_strong(&cell->holders[i], &holder, 0))
            sum += sessions_in(holder);
    }
    return sum;
}

bool pace_cell_hold(const struct pace *pace, struct pace_cell *cell)
{
    for (size_t i = 0; i < PACE_HOLDERS; i++) {
        uint64_t holder = atomic_load(&cell->holders[i]);
        if (owner_in(holder) != pace->me || sessions_in(holder) == 0)
            continue;
        return sessions_in(holder) < PACE_SESSIONS_MAX &&
               atomic_compare_exchange_strong(&cell->holders[i], &holder, holder + 1);
    }
    for (size_t i = 0; i < PACE_HOLDERS; i++) {
        uint64_t holder = atomic_load(&cell->holders[i]);
        if (sessions_in(holder) == 0 &&
            atomic_compare_exchange_strong(&cell->holders[i], &holder, holder_of(pace->me, 1)))
            return true;
    }
    return false;
}

void pace_cell_release(const struct pace *pace, struct pace_cell *cell)
{
    for (size_t i = 0; i < PACE_HOLDERS; i++) {
        uint64_t holder = atomic_load(&cell->holders[i]);
        if (owner_in(holder) == pace->me && sessions_in(holder) > 0) {
            atomic_compare_exchange_strong(&cell->holders[i], &holder, holder - 1);
            return;
        }
    }
}

/* A collision would let one operator's refusals close another's cell, and MX names are chosen by
 * strangers: hence no simple hash. */
struct pace_pair pace_pair(const char *operator, const char * source)
{
    char text[512];
    uint8_t digest[CRYPTO_SHA256_LEN];
    struct pace_pair pair = {.operator= operator, .source = source };
    int len = snprintf(text, sizeof(text), "%s%c%s", source, '\n', operator);
    size_t used = (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1;
    crypto_sha256(text, used, digest);
    memcpy(&pair.key, digest, sizeof(pair.key));
    if (pair.key <= PACE_TAKEN)
        pair.key += PACE_TAKEN + 1;
    return pair;
}

struct pace_bucket *pace_bucket_of(struct pace *pace, uint64_t key)
{
    size_t at = key % PACE_BUCKETS;
    return &pace->file->buckets[pace_file_ready(pace, at) ? at : 0];
}

static struct pace_cell *own_cell(struct pace_bucket *bucket, uint64_t key)
{
    for (size_t i = 0; i < PACE_SHARED; i++)
        if (atomic_load(&bucket->keys[i]) == key)
            return &bucket->cells[i];
    return NULL;
}

static void names_set(struct pace_cell *cell, const char *operator, const char * source)
{
    uint64_t words[PACE_NAME_WORDS];
    char text[sizeof(words)] = {0};
    snprintf(text, PACE_OPERATOR_SIZE, "%s", operator);
    snprintf(text + PACE_OPERATOR_SIZE, PACE_SOURCE_SIZE, "%s", source);
    memcpy(words, text, sizeof(words));
    for (size_t i = 0; i < PACE_NAME_WORDS; i++)
        atomic_store(&cell->names[i], words[i]);
}

/* What would be lost with the cell's memory. */
enum worth { WORTH_NOTHING, WORTH_COUNTS, WORTH_ROW, WORTH_KEEPING };

static enum worth worth_of(struct pace_cell *cell, uint64_t key, int64_t now_us)
{
    int64_t now_ms = now_us / 1000;
    if (key <= PACE_TAKEN)
        return WORTH_NOTHING;
    struct pace_breaker breaker = pace_breaker_read(atomic_load(&cell->breaker), now_ms);
    if (breaker.openings > 0 || pace_slow_read(atomic_load(&cell->slow), now_ms).level > 0 ||
        atomic_load(&cell->start_us) > now_us)
        return WORTH_KEEPING;
    return breaker.row > 0 ? WORTH_ROW : WORTH_COUNTS;
}

/* The cell to claim next, the least loss first, then the longest idle; not those in `tried`.
 * PACE_SHARED: none is left. */
static size_t victim_in(struct pace_bucket *bucket, unsigned tried, int64_t now_us)
{
    size_t best = PACE_SHARED;
    enum worth least = WORTH_KEEPING;
    int64_t oldest = INT64_MAX;
    for (size_t i = 0; i < PACE_SHARED; i++) {
        enum worth worth = worth_of(&bucket->cells[i], atomic_load(&bucket->keys[i]), now_us);
        int64_t touched = atomic_load(&bucket->cells[i].touched_us);
        if (tried >> i & 1 || worth == WORTH_KEEPING)
            continue;
        if (worth < least || (worth == least && touched < oldest)) {
            best = i;
            least = worth;
            oldest = touched;
        }
    }
    return best;
}

static void cell_begin(struct pace_cell *cell, const struct pace_pair *pair)
{
    _Atomic uint64_t *const zero[] = {&cell->slow,   &cell->breaker,     &cell->memo,
                                      &cell->starts, &cell->slowed,      &cell->refused,
                                      &cell->opened, &cell->sessions_max};
    for (size_t i = 0; i < sizeof(zero) / sizeof(zero[0]); i++)
        atomic_store(zero[i], 0);
    atomic_store(&cell->start_us, 0);
    atomic_store(&cell->served_us, 0);
    atomic_store(&cell->touched_us, 0);
    names_set(cell, pair->operator, pair->source);
}

/* With the bucket locked: makes cells[i] the pair's.  False: it is in use after all. */
static bool take(const struct pace *pace, struct pace_bucket *bucket, size_t i,
                 const struct pace_pair *pair, int64_t now_us)
{
    struct pace_cell *cell = &bucket->cells[i];
    if (pace_cell_held(pace, cell, true) > 0)
        return false;
    uint64_t before = atomic_exchange(&bucket->keys[i], PACE_TAKEN);
    if (pace_cell_held(pace, cell, true) > 0 || worth_of(cell, before, now_us) == WORTH_KEEPING) {
        atomic_store(&bucket->keys[i], before);
        return false;
    }
    cell_begin(cell, pair);
    atomic_store(&bucket->keys[i], pair->key);
    return true;
}

static bool lock_bucket(const struct pace *pace, struct pace_bucket *bucket)
{
    uint64_t holder = atomic_load(&bucket->keys[PACE_SHARED]);
    if (holder != 0 && is_dead(pace, holder_of((pace_owner)holder, 0)))
        return atomic_compare_exchange_strong(&bucket->keys[PACE_SHARED], &holder, pace->me);
    holder = 0;
    return atomic_compare_exchange_strong(&bucket->keys[PACE_SHARED], &holder, pace->me);
}

static struct pace_cell *claim(const struct pace *pace, struct pace_bucket *bucket,
                               const struct pace_pair *pair, int64_t now_us)
{
    struct pace_cell *cell = own_cell(bucket, pair->key);
    unsigned tried = 0;
    while (cell == NULL) {
        size_t i = victim_in(bucket, tried, now_us);
        if (i == PACE_SHARED)
            return NULL;
        tried |= 1U << i;
        if (take(pace, bucket, i, pair, now_us))
            cell = &bucket->cells[i];
    }
    return cell;
}

struct pace_cell *pace_cell_find(struct pace *pace, const struct pace_pair *pair, int64_t now_us)
{
    struct pace_bucket *bucket = pace_bucket_of(pace, pair->key);
    struct pace_cell *shared = &bucket->cells[PACE_SHARED];
    struct pace_cell *cell = own_cell(bucket, pair->key);
    if (cell != NULL)
        return cell;
    if (!lock_bucket(pace, bucket))
        return NULL;
    if (pace_cell_held(pace, shared, true) == 0)
        cell = claim(pace, bucket, pair, now_us);
    else
        cell = own_cell(bucket, pair->key);
    if (cell == NULL && atomic_load(&shared->names[0]) == 0)
        names_set(shared, "(several)", "");
    atomic_store(&bucket->keys[PACE_SHARED], 0);
    return cell != NULL ? cell : shared;
}

bool pace_cell_still_of(struct pace *pace, const struct pace_cell *cell, uint64_t key)
{
    struct pace_bucket *bucket = pace_bucket_of(pace, key);
    if (cell != &bucket->cells[PACE_SHARED])
        return atomic_load(&bucket->keys[cell - bucket->cells]) == key;
    return atomic_load(&bucket->keys[PACE_SHARED]) == 0 && own_cell(bucket, key) == NULL;
}
