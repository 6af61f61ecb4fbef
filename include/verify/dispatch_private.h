#ifndef VERIFY_DISPATCH_PRIVATE_H
#define VERIFY_DISPATCH_PRIVATE_H

#include <netinet/in.h>
#include "base/hash.h"

#include "base/arena.h"
#include "verify/dispatch.h"

/* Shared by dispatch.c (destinations and their queues), channel.c (from host to host, one session
 * at a time), batch.c (what one session is asked at once), batch_read.c (what its replies mean) and
 * lane.c (leave to open a session).
 *
 *     dispatch --- destinations --- groups (by domain) --- asks, queued
 *          \            \---------- channels --- session, batch --- asks, at work
 *           \--- lanes (by operator) --- channels that wait for leave */

enum {
    PLACES_MAX = 8, /* however many hosts a domain names, one ask is taken to no more */
    RANDOM_LOCAL_SIZE = 64,
    BATCH_MAX = 100, /* recipients in one batch */
    PAUSES_MAX = 3,  /* times a patient ask is put again after a pause of its operator */
};

/* Where a session leads: host by its number, address by its number there. */
typedef uint16_t place_t;
enum { WHOLE_HOST = 0xFF };
static inline place_t place_of(size_t host, size_t address)
{
    return (place_t)(host << 8 | address);
}

struct ask {
    struct ask *prev, *next; /* in its group's queue, or among those that are over */
    struct group *group;
    struct channel *channel; /* NULL while queued */
    struct facts *facts;
    bool refresh, patient, joint, more;
    bool taken; /* out of the queue */
    bool over;  /* its facts are final, its owner not yet told */
    bool alone; /* a session was lost over it: it is not put next to others again */
    bool anew;  /* nor behind others: it comes first in a session */
    smtp_trace_fn *trace;
    void *trace_arg;
    ask_fn *done;
    void *arg;
    int64_t started_ms;
    int lost;                  /* sessions lost with it unanswered */
    place_t tried[PLACES_MAX]; /* where it need not be taken again */
    size_t tried_count;
};

/* Asks of one domain at one destination. */
struct group {
    UT_hash_handle hh;         /* in the destination, by domain */
    struct group *prev, *next; /* in the destination's ring of groups with queued asks */
    struct destination *destination;
    struct ask *queue;
    size_t queued;
    size_t hasty;              /* of these, not patient: they stand first */
    size_t asks;               /* queued or not */
    size_t batches;            /* under way with asks of it */
    bool probing;              /* the first made-up recipient is under way: the rest waits for it */
    bool probed;               /* one has been answered for, or tried to be */
    enum server_policy policy; /* what that showed; UNKNOWN: nothing */
    char domain[];
};

struct destination {
    UT_hash_handle hh;               /* in the dispatch, by key */
    struct destination *prev, *next; /* in the dispatch's list of those to look at */
    bool dirty;
    struct dispatch *dispatch;
    struct arena *arena;
    struct mx_host *hosts;  /* canonical: by preference, then name */
    const char **operators; /* of each host */
    size_t host_count;
    int port;
    struct group *groups; /* all, by domain */
    struct group *ring;   /* those with queued asks, in turn */
    size_t queued;        /* asks, in all groups */
    size_t hasty;         /* of them, not patient, and not joint with others */
    size_t joint;         /* of them, not patient, and joint with others */
    size_t stranded;      /* of them, to be taken elsewhere, or alone */
    size_t anew;          /* of these, to be the first of a session */
    size_t blocked;       /* of them, in groups that are probing */
    size_t refreshing;    /* queued asks that want nothing from memory */
    size_t traced;        /* asks whose owner wants a trace, queued or not */
    struct group *spent;  /* to be freed at the next look */
    struct channel *channels;
    size_t channels_max;     /* at once: what its operator allows, or it has shown to take */
    size_t channels_limit;   /* what its operator allows */
    int64_t narrowed_ms;     /* when channels_max last was set below that */
    bool served;             /* somebody was answered since nothing was left to try */
    struct loop_timer *rest; /* until it is tried again; NULL: now */
    size_t per_session;      /* recipients that one session is good for, at least */
    size_t fruitless;        /* sessions in a row that were greeted and answered for nobody */
    size_t turn;             /* channels so far: spreads them over equal hosts and addresses */
    char key[];
};

enum channel_state {
    CHANNEL_LOOKUP,  /* a host's addresses are asked for */
    CHANNEL_WAITING, /* for leave to open a session */
    CHANNEL_DIALING, /* session under way, not yet greeted */
    CHANNEL_READY,   /* greeted, nothing asked */
    CHANNEL_BUSY,    /* a batch is under way */
    CHANNEL_LAST,    /* its last one */
    CHANNEL_OVER,    /* to be freed at the next look */
};

/* Recipients of one domain inside a batch: one transaction. */
struct run {
    struct group *group;
    size_t first, count; /* of the batch's recipients; the made-up one comes last */
    bool random;
    bool first_probe; /* the group waits for this one's result */
    bool more;        /* others of its domain may follow when it is answered */

    /* What its replies say together; see read_run(). */
    bool accepted_somebody;
    bool
        selective; /* made-up recipients are known to be refused, by this run or an earlier check */
    struct reply_facts made_up; /* the made-up recipient's; code 0 without one */
};

struct batch {
    struct arena *arena;
    struct smtp_batch smtp;
    struct smtp_rcpt *rcpts;
    struct ask **asks; /* beside rcpts; NULL: made up, or its ask has left */
    struct run *runs;
    size_t run_count;
    bool more;              /* one of its runs has it */
    const struct ask *only; /* while it is filled: nobody else now; NULL: anybody */
    int64_t started_ms;
};

struct channel {
    struct channel *prev, *next; /* of the destination */
    struct channel *lane_prev, *lane_next;
    struct destination *destination;
    struct lane *lane; /* of the host at work */
    enum channel_state state;

    size_t *order; /* host numbers, in the order this channel tries them */
    size_t host;   /* index into order */
    struct host_lookup *lookup;
    struct host_addresses addresses; /* vetted ones only */
    size_t address, address_turn;
    bool plaintext_retry;   /* this address, once more without TLS */
    int dials;              /* since it last was greeted */
    struct smtp_facts best; /* the conversation that got furthest before READY; in `arena` */
    struct arena *arena;
    int64_t held_back_ms; /* a breaker that turned it away stays open for so long */

    struct smtp_session *session;
    struct hold *hold;                    /* the session's slot; the session gives it back */
    const struct smtp_session_info *info; /* of the session, while there is one */
    struct batch batch;
    struct group **kept; /* of the batch before, for those that may follow it; NULL: none */
    size_t kept_count;
    bool suspected;        /* the batch is one recipient that may have cost a session */
    size_t asked, refused; /* recipients, in this session */
    int served, mails;     /* of it: recipients answered for, transactions with such */
    int finished;          /* of it: asks that were answered for good */
    int dials_untold;      /* connections that are in no ask's facts yet */
    bool served_told, slowed_told;
    int64_t dialled_ms;
    char peer[INET6_ADDRSTRLEN];
};

/* A session's slot, until its connection is gone. */
struct hold {
    struct lane *lane;
    struct pace_permit *permit;
};

/* A limit that nobody announced.  Met without a word about it, it is believed at the second time.
 */
struct learnt_limit {
    int max; /* 0: nothing learnt */
    int met; /* the last time, at this count */
};

struct lane {
    UT_hash_handle hh; /* in the dispatch, by operator */
    struct dispatch *dispatch;
    struct pace_limits limits;
    struct lane *crowd_prev, *crowd_next;
    bool crowded;            /* waits until fewer sessions are open in all */
    bool paused;             /* the wait under way is a long one */
    struct channel *waiting; /* longest waiting first */
    const char *waiting_for; /* why the first waits: pace_decision.why; NULL: nothing known */
    struct loop_timer *timer;
    size_t refs;                      /* channels at its hosts, and open sessions */
    size_t sessions;                  /* open here */
    struct learnt_limit rcpts, mails; /* it serves no more of them in one session */
    int64_t rcpt_ms;                  /* how long it thinks about a recipient, smoothed */
    char operator_name[];
};

struct dispatch {
    struct dispatch_config config;
    struct destination *destinations; /* all, by key */
    struct destination *dirty;        /* to be looked at in the next turn */
    struct ask *over;                 /* whose owners are told in the next turn */
    struct lane *lanes;
    struct lane *crowd; /* those that are crowded, longest waiting first */
    struct loop_timer *turn;
    size_t sessions; /* open */
    struct dispatch_stats stats;
};

/* --- dispatch.c --- */
void destination_touch(struct destination *destination); /* look at it, in the next turn */
bool ask_tried(const struct ask *ask, place_t place);
void ask_note_tried(struct ask *ask, place_t place);
/* Back to the head of its group's queue. */
void ask_requeue(struct ask *ask);
/* Out of the queue, to be asked. */
void ask_take(struct ask *ask, struct channel *channel);
/* It is out of the queue and its facts are final: the owner is told in the next turn, before any
 * destination is looked at. */
void ask_done(struct ask *ask);
/* The group goes if nothing holds it. */
void group_settle(struct group *group);
void group_probe(struct group *group, bool probing);
/* It has asks left: to the end of the line, or of those whom somebody waits for in. */
void group_had_turn(struct group *group);
/* Does anybody who waits there have to be asked at this place? */
bool destination_wants(const struct destination *destination, place_t place);
/* The channel has nothing left to try.  If it was the only one, every queued ask ends with the
 * furthest of its conversations.  Else the others are as many as it takes of us; but where it
 * `serves_nobody`, as far as is known, there is to be no second one beside the next. */
void destination_fail(struct destination *destination, struct channel *channel, bool serves_nobody);
/* The pause of the channel's operator is longer than those whom somebody waits for can wait. */
void destination_hurry(const struct channel *channel, const struct pace_decision *decision);
/* Somebody who wants a trace, those in this batch first; NULL: nobody. */
const struct ask *destination_tracer(const struct destination *destination,
                                     const struct batch *batch);

/* --- channel.c --- */
struct channel *channel_new(struct destination *destination);
void channel_free(struct channel **channel); /* its session says goodbye by itself */
/* Gives a greeted channel work, or its leave to go; called once a turn. */
void channel_work(struct channel *channel);
/* From lane.c: here is the leave / there will be none for a while. */
void channel_dial(struct channel *channel, struct pace_permit *permit,
                  const struct sockaddr_storage *source, socklen_t source_len);
void channel_turned_away(struct channel *channel, const struct pace_decision *decision);
/* The batch is cleared, and the groups that others may follow in stay: what it has shown of their
 * domains holds for those. */
void channel_keep(struct channel *channel);
void channel_release(struct channel *channel); /* they may go */
const char *channel_host(const struct channel *channel);
place_t channel_place(const struct channel *channel);
const struct sockaddr_storage *channel_address(const struct channel *channel);
void channel_note(struct channel *channel, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* --- lane.c --- */
/* The one of this operator; made at the first call, freed with the last unref. */
struct lane *lane_ref(struct dispatch *dispatch, const char *operator_name);
void lane_unref(struct lane **lane); /* NULL-safe, nulls */
/* In turn, and never from inside the call, channel_dial or channel_turned_away comes. */
void lane_wait(struct lane *lane, struct channel *channel);
void lane_leave(struct lane *lane, struct channel *channel);
/* Somebody waits who should not wait long: is there a long pause?  Then they are told. */
void lane_hurry(struct lane *lane);
struct hold *hold_new(struct lane *lane, struct pace_permit *permit);
void hold_end(void *hold); /* smtp_session_target.closed */
void sockaddr_text(const struct sockaddr_storage *address, char out[INET6_ADDRSTRLEN]);
/* A refusal of us and how far the session had come, and back: the facts of one who is held back
 * because of it. */
uint64_t refusal_memo(const struct reply_facts *refusal, const struct smtp_session_info *info);
struct smtp_facts facts_of_memo(const struct channel *channel, struct arena *arena, uint64_t memo);

/* --- batch.c --- */
/* Fills the channel's batch from its destination's queue; false: nothing there for this channel. */
bool batch_fill(struct channel *channel);
void batch_clear(struct channel *channel);
void batch_drop(struct channel *channel, const struct ask *ask);
bool batch_is_wanted(const struct channel *channel); /* somebody still waits for its answers */

/* --- batch_read.c --- */
/* What the batch's replies mean: every ask in it is answered, or goes back to the queue. */
void batch_read(struct channel *channel, const struct smtp_session_info *info);
/* What is known of an ask that is in the channel's batch right now; it leaves the batch. */
void batch_peek(struct channel *channel, struct ask *ask);
/* smtp_batch.next_rcpt, of a channel. */
bool batch_wants_random(const struct smtp_batch *smtp, size_t answered, void *arg);
/* Keeps `found`, texts in the ask's arena, if that conversation got further. */
void ask_keep(struct channel *channel, struct ask *ask, struct smtp_facts *found);
/* Turned away before RCPT: the operator's pace hears of it. */
void report_refusal(struct channel *channel, const struct reply_facts *refusal);
/* What one session says of itself; texts in `arena`. */
struct smtp_facts facts_of_session(const struct channel *channel, struct arena *arena,
                                   const struct smtp_session_info *info);
/* Keeps `found` in *kept, texts in `arena`, if that conversation got further. */
void keep_if_further(struct arena *arena, struct smtp_facts *kept, const struct smtp_facts *found);

#endif
