#ifndef TESTS_UNIT_VERIFYMAIL_PLAYS_H
#define TESTS_UNIT_VERIFYMAIL_PLAYS_H

/* What may be special about a case of the verifymail voice, each a change to the plain one. */
#include "verifymail_facts.h"

#define CHANGE(name) static inline void name(struct play *p)

CHANGE(nothing_special)
{
    (void)p;
}

CHANGE(bad_address)
{
    bad_syntax(p->facts);
    p->risk = (struct risk_facts){.age_days = AGE_UNKNOWN};
    p->c.path = VERIFYMAIL_FAST;
}

CHANGE(address_literal)
{
    bad_address(p);
    literal(p->facts);
}

CHANGE(no_domain_there)
{
    no_domain(p->facts);
}

CHANGE(no_records)
{
    no_mail_server(p->facts);
}

CHANGE(null_record)
{
    null_mx(p->facts);
}

CHANGE(dead_host)
{
    dead_implicit_mx(p->facts);
}

CHANGE(living_host)
{
    implicit_mx(p->facts);
}

CHANGE(mx_without_address)
{
    p->facts->smtp = (struct smtp_facts){.connect = CONNECT_NO_ADDRESS, .end = SESSION_NOT_STARTED};
}

CHANGE(listed_surely)
{
    p->facts->lists.disposable = true;
    p->facts->lists.disposable_confidence = 0.95;
}

CHANGE(listed_nearly_surely)
{
    listed_surely(p);
    p->facts->lists.disposable_confidence = 0.94;
}

CHANGE(listed_probably)
{
    listed_surely(p);
    p->facts->lists.disposable_confidence = 0.70;
}

CHANGE(listed_hardly)
{
    listed_surely(p);
    p->facts->lists.disposable_confidence = 0.69;
}

CHANGE(by_mx_only)
{
    listed_surely(p);
    p->facts->lists.disposable_by_mx = true;
    p->risk.mx_disposable = true;
}

CHANGE(by_both)
{
    listed_surely(p);
    p->risk.mx_disposable = true;
}

CHANGE(gone)
{
    no_such_mailbox(p->facts);
}

CHANGE(disabled)
{
    mailbox_disabled(p->facts);
}

CHANGE(moved)
{
    mailbox_moved(p->facts);
}

CHANGE(not_here)
{
    domain_not_here(p->facts);
}

CHANGE(full)
{
    mailbox_full(p->facts);
}

CHANGE(refused_us)
{
    policy(p->facts);
}

CHANGE(impossible)
{
    p->risk.impossible_local = p->risk.unusual_local = p->risk.non_standard_local = true;
}

CHANGE(impossible_and_gone)
{
    impossible(p);
    gone(p);
}

CHANGE(impossible_and_no_mx)
{
    impossible(p);
    no_records(p);
}

CHANGE(takes_all)
{
    catch_all(p->facts);
}

CHANGE(takes_all_29)
{
    takes_all(p);
    p->risk.age_days = 29;
}

CHANGE(takes_all_30)
{
    takes_all(p);
    p->risk.age_days = 30;
}

CHANGE(takes_all_today)
{
    takes_all(p);
    p->risk.age_days = 0;
}

CHANGE(takes_all_unknown)
{
    takes_all(p);
    p->risk.age_days = AGE_UNKNOWN;
}

CHANGE(takes_all_old)
{
    takes_all(p);
    p->risk.age_days = 731;
}

CHANGE(takes_all_old_no_dmarc)
{
    takes_all_old(p);
    p->facts->dns.dmarc = PRESENCE_NO;
}

CHANGE(takes_all_old_spf_unknown)
{
    takes_all_old(p);
    p->facts->dns.spf = PRESENCE_UNKNOWN;
}

CHANGE(age_untold)
{
    p->risk.age_days = AGE_UNKNOWN;
}

CHANGE(age_unasked)
{
    p->risk.age_days = AGE_UNKNOWN;
    p->risk.age_asked = false;
}

CHANGE(bad_hosts)
{
    p->risk.mx_disposable = true;
}

CHANGE(shared_hosts)
{
    p->risk.mx_suspicious = true;
}

CHANGE(good_hosts)
{
    p->risk.mx_legitimate = true;
}

CHANGE(lookalike)
{
    p->risk.homograph = p->risk.non_ascii_domain = true;
}

CHANGE(idn)
{
    p->risk.non_ascii_domain = true;
}

CHANGE(abused_elsewhere)
{
    p->risk.cross_customer = true;
}

CHANGE(abused_here)
{
    p->risk.abuse_velocity = true;
}

CHANGE(random_local)
{
    p->risk.random_local = true;
}

CHANGE(generated)
{
    p->risk.generated_domain = true;
}

CHANGE(unusual)
{
    p->risk.unusual_local = true;
}

CHANGE(non_standard)
{
    p->risk.non_standard_local = true;
}

CHANGE(cheap_registrar)
{
    p->risk.bulk_registrar = true;
}

CHANGE(of_a_role)
{
    p->facts->lists.role = true;
}

CHANGE(cheap_tld)
{
    p->risk.suspicious_tld = true;
}

CHANGE(without_spf)
{
    p->facts->dns.spf = PRESENCE_NO;
}

CHANGE(without_dmarc)
{
    p->facts->dns.dmarc = PRESENCE_NO;
}

CHANGE(spf_untold)
{
    p->facts->dns.spf = PRESENCE_UNKNOWN;
}

CHANGE(dmarc_untold)
{
    p->facts->dns.dmarc = PRESENCE_UNKNOWN;
}

CHANGE(dkim_untold)
{
    p->facts->dns.dkim = PRESENCE_UNKNOWN;
}

CHANGE(well_known)
{
    p->facts->lists.known_provider = p->facts->lists.free_provider = true;
}

CHANGE(authenticated)
{
    p->facts->dns.dkim = PRESENCE_YES;
}

CHANGE(own_throwaway)
{
    p->risk.own = REPORTED_THROWAWAY;
}

CHANGE(own_legitimate)
{
    p->risk.own = REPORTED_LEGITIMATE;
}

CHANGE(others_throwaway)
{
    p->risk.others = REPORTED_THROWAWAY;
}

CHANGE(others_legitimate)
{
    p->risk.others = REPORTED_LEGITIMATE;
}

CHANGE(allow_listed)
{
    p->c.listed = VERIFYMAIL_ALLOW_LISTED;
    p->c.path = VERIFYMAIL_FAST;
    listed_surely(p);
    no_dns(p->facts, DNS_NOT_ASKED);
    p->facts->dns_asked = false;
}

CHANGE(block_listed)
{
    allow_listed(p);
    p->c.listed = VERIFYMAIL_BLOCK_LISTED;
    p->facts->lists = (struct list_facts){.known_provider = true};
}

/* A domain by itself: whatever is known of a local part and a mailbox is of one made up for it. */
CHANGE(domain_only)
{
    impossible_and_gone(p);
    p->risk.random_local = p->facts->lists.role = true;
    p->c.domain_only = true;
}

CHANGE(domain_of_bad_address)
{
    domain_only(p);
    p->facts->address.error = ADDRESS_LOCAL_BAD;
    p->c.domain_only = true;
    p->facts->dns.mx_status = DNS_FOUND;
}

CHANGE(no_smtp)
{
    play_standard(p);
}

CHANGE(server_silent)
{
    silent(p->facts);
}

CHANGE(server_unreachable)
{
    unreachable(p->facts);
}

CHANGE(put_off_for_now)
{
    greylisted(p->facts);
}

CHANGE(refuses_everything)
{
    reject_all(p->facts);
}

CHANGE(answers_at_random)
{
    inconsistent(p->facts);
}

CHANGE(tells_apart)
{
    differential(p->facts);
}

CHANGE(taken_no_more_said)
{
    p->facts->smtp.policy = SERVER_POLICY_UNKNOWN;
}

CHANGE(full_no_more_said)
{
    full(p);
    taken_no_more_said(p);
}

CHANGE(mx_unanswered)
{
    dns_failure(p->facts);
}

CHANGE(dns_unasked)
{
    p->facts->dns_asked = false;
    no_smtp(p);
}

CHANGE(everything_unknown)
{
    server_silent(p);
    age_untold(p);
    spf_untold(p);
}

CHANGE(no_smtp_no_age)
{
    no_smtp(p);
    age_untold(p);
}

CHANGE(domain_silent)
{
    server_silent(p);
    p->c.domain_only = true;
}

CHANGE(domain_refuses_made_up)
{
    gone(p);
    p->facts->smtp.policy = SERVER_POLICY_UNKNOWN;
    p->c.domain_only = true;
}

CHANGE(domain_mailbox_full)
{
    full(p);
    p->facts->smtp.policy = SERVER_POLICY_UNKNOWN;
    p->c.domain_only = true;
}

CHANGE(trusted_fully)
{
    well_known(p);
    authenticated(p);
    good_hosts(p);
    p->risk.age_days = 9999;
}

CHANGE(unsure_disqualifier)
{
    everything_unknown(p);
    listed_surely(p);
    trusted_fully(p);
}

CHANGE(impossible_but_trusted)
{
    trusted_fully(p);
    impossible(p);
}

CHANGE(impossible_and_worse)
{
    impossible(p);
    bad_hosts(p);
}

CHANGE(unanswered_and_bad)
{
    mx_unanswered(p);
    listed_probably(p);
    lookalike(p);
}

CHANGE(unanswered_and_listed)
{
    mx_unanswered(p);
    listed_surely(p);
}

CHANGE(unsure)
{
    server_silent(p);
    bad_hosts(p);
    lookalike(p);
}

CHANGE(lookalike_of_two_days)
{
    lookalike(p);
    bad_hosts(p);
    p->risk.age_days = 2;
}

CHANGE(one_day)
{
    p->risk.age_days = 1;
}

CHANGE(one_month)
{
    p->risk.age_days = 30;
    of_a_role(p);
}

CHANGE(machine_made)
{
    random_local(p);
    generated(p);
}

CHANGE(two_of_the_address)
{
    random_local(p);
    of_a_role(p);
    cheap_tld(p);
}

CHANGE(established)
{
    established_catch_all(p);
}

CHANGE(established_and_more)
{
    established_catch_all(p);
    cheap_registrar(p);
}

CHANGE(established_and_disposable)
{
    established_catch_all(p);
    bad_hosts(p);
}

CHANGE(known_before)
{
    p->facts->dns_known = p->facts->from_cache = true;
    p->meta.cached = true;
    p->meta.cache_age_s = 3600;
}

CHANGE(hostile)
{
    bad_address(p);
    hostile_syntax(p->facts);
}

CHANGE(no_input)
{
    bad_address(p);
    p->facts->input = NULL;
}

CHANGE(calibrated)
{
    p->c.phase = VERIFYMAIL_CALIBRATED;
}

CHANGE(flagged)
{
    own_throwaway(p);
}

#endif
