#ifndef TESTS_TRUTH_H
#define TESTS_TRUTH_H

/* What names mean in the fake internet of the benches.  Nothing is stored anywhere: server, list
 * and judge each read the truth out of the address.  tests/lib/fakenet.py knows the same grammar.
 *
 *   domain = kind number ["-at" giant] ".com"      firm17.com, open4-at2.com, giant3.com
 *   local  = kind "." anything                     yes.maria.lopez12; any other is not known
 *
 * "-at2": hosted by the second giant.  A domain that is not hosted has its own mail host, whose
 * address depends on kind and name.  Everything lives in 127.N.0.0/16. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GIANTS = 5, GIANT_ADDRESSES = 4, OWN_ADDRESSES = 4000, KIND_ADDRESSES = 1000 };

enum domain_kind {
    DOMAIN_FIRM,  /* ordinary */
    DOMAIN_GIANT, /* one of the five big domains */
    DOMAIN_OPEN,  /* accepts every recipient */
    DOMAIN_GREY,  /* greylists every recipient */
    DOMAIN_GONE,  /* NXDOMAIN */
    DOMAIN_MUTE,  /* null MX */
    DOMAIN_SLOW,  /* own host, each reply takes seconds */
    DOMAIN_TAR,   /* own host, a tarpit: each reply takes ten seconds or so */
    DOMAIN_TOMB,  /* own host, takes connections and never says a word */
    DOMAIN_KINDS,
};

enum local_kind { LOCAL_UNKNOWN, LOCAL_KNOWN, LOCAL_FULL, LOCAL_GREY, LOCAL_KINDS };

struct domain_truth {
    enum domain_kind kind;
    unsigned number;
    unsigned giant; /* 1 to GIANTS: which one hosts it; 0: its own host */
};

extern const char *const domain_words[DOMAIN_KINDS], *const local_words[LOCAL_KINDS];

/* Case of ASCII letters does not matter.  false: no domain of this internet. */
bool truth_of_domain(const char *name, size_t len, struct domain_truth *out);
enum local_kind truth_of_local(const char *local, size_t len);

uint64_t truth_hash(const void *data, size_t len);

/* Addresses of mail servers, without 127.N: third octet times 256 plus fourth.  Every address
 * belongs to one group; `first` and `count` of the groups are what a server must listen on. */
enum server_group { GROUP_GIANTS, GROUP_OWN, GROUP_SLOW, GROUP_TAR, GROUP_TOMB, GROUPS };

unsigned group_size(enum server_group group);
uint16_t group_address(enum server_group group, unsigned i); /* i < group_size */

/* The addresses of a domain's mail host, at most `max`; how many.  0: it has none. */
size_t truth_addresses(const struct domain_truth *domain, uint16_t *out, size_t max);

#endif
