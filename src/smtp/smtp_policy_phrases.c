/* smtp_policy_phrases.c - the phrases of real servers, by what they are about, and the look-up.
 *
 * A phrase is matched against whole words of a folded reply (smtp_policy_words.c): lower case, no
 * numbers, no addresses, no marks.  " * " stands for at most three words.  Which topic counts when
 * a reply speaks of several is not decided here but by the rules (smtp_policy_table.c), so a
 * phrase belongs where it is true by itself, and the words about us may be broad: being wrong
 * there makes an answer less certain, not false.
 *
 * Languages: English, and what servers of German, French, Spanish, Italian, Polish, Portuguese and
 * Russian providers add to it or say instead.
 *
 * To add one: put it under its topic, and the reply that needs it into tests/unit/data. */
#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "base/xalloc.h"
#include "smtp/smtp_policy_private.h"

/* Kept as the reason that is shown; what is looked for begins behind the prefix. */
#define PREFIX    "phrase: "
#define P(phrase) PREFIX phrase

/* Filled lines, to be read as text. */
/* clang-format off */
/* Come back later, and you will be let in. */
static const char *const greylist[] = {
    P("greylisted"), P("greylisting"), P("greylist"), P("grey listed"), P("grey listing"),
    P("graylisted"), P("graylisting"), P("graylist"), P("gray listed"), P("gray listing"),
    P("greylistd"), P("postgrey"), P("try again see"), P("come back later"), P("come back in"),
    P("unknown triplet"), P("sender triplet"), P("first contact"), P("not yet * whitelisted"),
    P("not yet authorized to deliver"), P("not yet authorised to deliver"),
};

/* You are too fast, or too many. */
static const char *const rate[] = {
    P("rate limit"), P("rate limited"), P("rate limiting"), P("rate limits"), P("ratelimit"),
    P("ratelimited"), P("rate control"), P("rate controlled"), P("rate controls"), P("rate that"),
    P("unusual rate"), P("message rate"), P("connection rate"), P("exceeds the rate"),
    P("exceeded * rate"), P("sending rate"), P("unusual volume"), P("unexpected volume"),
    P("mail volume"), P("volume of mail"), P("volume of email"), P("unusual sending activity"),
    P("unusual traffic"), P("too many connections"), P("too many new"), P("too much mail from"),
    P("concurrent * connections"), P("too many concurrent"), P("too many simultaneous"),
    P("too many sessions"), P("too many smtp sessions"), P("too many open connections"),
    P("too many requests"), P("too many messages from"), P("too many mails from"),
    P("too many emails from"), P("too many errors from"), P("too many recipients from"),
    P("too many attempts"), P("too much traffic"), P("too quickly"), P("too fast"),
    P("too frequently"), P("slow down"), P("server busy"), P("server is busy"), P("currently busy"),
    P("too busy"), P("connection limit"), P("connections limit"), P("connections exceeded"),
    P("concurrency limit"), P("maximum * connections"), P("max connections"),
    P("exceeded * connections"), P("temporarily deferred"), P("throttled"), P("throttling"),
    P("throttle"), P("sending limit"), P("sending limits"), P("sending quota"), P("send quota"),
    P("daily * quota"), P("hourly limit"), P("daily limit"), P("hourly quota"),
    P("messages per hour"), P("emails per hour"), P("mails per hour"), P("messages per minute"),
    P("recipient thread limit"), P("recipients per hour"), P("recipients per minute"),
    P("recipients per day"),
};

/* This conversation has gone on too long, or the wrong way. */
static const char *const session[] = {
    P("too many recipients"), P("too many rcpt"), P("too many rcpts"), P("too many recipient"),
    P("maximum number of recipients"), P("maximum recipients"), P("max recipients"),
    P("recipient limit"), P("recipients limit"), P("recipient count"), P("too many addresses"),
    P("multiple destination domains"), P("multiple recipient domains"), P("multiple domains"),
    P("multiple regions"), P("recipients belong"), P("one recipient domain"),
    P("different destination domains"), P("one domain per"), P("too many errors"),
    P("error too many"), P("too many invalid"), P("too many bad"), P("too many unknown"),
    P("too many failed"), P("too many wrong"), P("too many nonexistent"),
    P("too many non existent"), P("too many messages in this"), P("too many messages per"),
    P("too many mails in this"), P("too many mails per"), P("too many transactions"),
    P("too many commands"), P("too many smtp commands"), P("too many unrecognized"),
    P("too many syntax"), P("too many protocol errors"), P("policy size per transaction"),
    P("out of order"), P("out of sequence"), P("bad sequence"), P("sequence of commands"),
    P("need mail command"), P("need mail before"), P("need mail first"), P("need rcpt"),
    P("nested mail"), P("sender already"), P("polite people say"), P("unrecognized command"),
    P("unrecognised command"), P("command unrecognized"), P("command not recognized"),
    P("command not recognised"), P("command not implemented"), P("command not supported"),
    P("unknown command"), P("unimplemented command"), P("syntax error command"), P("idle timeout"),
    P("idle for too long"), P("timeout waiting"), P("timeout exceeded"), P("connection timeout"),
};

/* Our address, our name, our reputation, or what we are thought to send. */
static const char *const blocked[] = {
    P("spamhaus"), P("spamcop"), P("barracudacentral"), P("sorbs"), P("dnsbl"), P("dnsbls"),
    P("dnsrbl"), P("rbl"), P("rbls"), P("rhsbl"), P("uribl"), P("surbl"), P("spamrats"),
    P("uceprotect"), P("abuseat"), P("mailspike"), P("nixspam"), P("senderscore"),
    P("sender score"), P("invaluement"), P("proxad"), P("senderbase"), P("backscatterer"),
    P("blacklist"), P("blacklists"), P("blacklisted"), P("blacklisting"), P("black list"),
    P("black listed"), P("blocklist"), P("blocklists"), P("blocklisted"), P("block list"),
    P("block listed"), P("blocked using"), P("blocked by our"), P("blocked by spam"),
    P("blocked by barracuda"), P("blocked by the"), P("blocked for"), P("blocked because"),
    P("blocked due"), P("blocked from"), P("blocked see"), P("blocked list"), P("refused see"),
    P("rejected see"), P("denied see"), P("access * blocked"), P("attrbl"), P("is listed in"),
    P("is listed by"), P("is listed at"), P("is listed on"), P("are listed"), P("currently listed"),
    P("listed in * list"), P("listed as"), P("found in * list"), P("lists you"), P("client host"),
    P("client address"), P("client ip"), P("client name"), P("remote host"), P("remotehost"),
    P("remote ip"), P("source ip"), P("sender ip"), P("sending ip"), P("ip source"),
    P("invalid ip"), P("bad ip"), P("this ip"), P("your ip"), P("ip is"), P("ip rejected"),
    P("ip denied"), P("ip address rejected"), P("ip address is"), P("ip address has"),
    P("ip * blocked"), P("ip name"), P("ip lookup"), P("dynamic ip"), P("dynamic ips"),
    P("dynamic zombied"), P("spam ips"), P("dynamic address"), P("dynamic addresses"),
    P("dynamic pool"), P("dynamically assigned"), P("dynamic hosts"), P("generic hostname"),
    P("generic dns"), P("generic reverse"), P("residential"), P("dial up"), P("dialup"),
    P("helo command rejected"), P("helo rejected"), P("helo name"), P("helo hostname"),
    P("helo host"), P("helo domain"), P("helo string"), P("invalid helo"), P("bad helo"),
    P("helo is"), P("helo must"), P("helo ehlo"), P("ehlo name"), P("ehlo helo"), P("your helo"),
    P("fully qualified hostname"), P("fqdn required"), P("reverse dns"), P("reverse lookup"),
    P("reverse record"), P("rdns"), P("ptr"), P("ptrs"), P("forward confirmed"), P("fcrdns"),
    P("resolve your"), P("find your reverse"), P("cannot find your"), P("invalid dns"),
    P("bad dns"), P("dns entries"), P("missing * dns"), P("valid dns"), P("reputation"),
    P("your host"), P("your hostname"), P("your server"), P("your mail server"),
    P("your mailserver"), P("your mta"), P("your smtp"), P("your isp"), P("your provider"),
    P("your network"), P("your domain"), P("your organization"), P("your access"),
    P("your computer"), P("your system"), P("your location"), P("internet service provider"),
    P("smtp server of"), P("sending server"), P("sending mta"), P("sending mail server"),
    P("sending domain"), P("sending host"), P("sending system"), P("connecting host"),
    P("connecting ip"), P("connecting server"), P("connecting system"), P("mail server * blocked"),
    P("mail server * rejected"), P("mail server ip"), P("host * blocked"), P("host rejected"),
    P("host access"), P("connections from"), P("connection from"), P("connect from"),
    P("connection denied"), P("not allowed to connect"), P("connect to this"),
    P("connections not accepted"), P("access from"), P("access to this mail"),
    P("access to submit"), P("mail from ip"), P("accept mail from"), P("accept mails from"),
    P("accept email from"), P("accept messages from"), P("accepting mail from"),
    P("accepting email from"), P("accepting messages from"), P("spf"), P("openspf"), P("dkim"),
    P("dmarc"), P("arc seal"), P("spam message"), P("as spam"), P("is spam"), P("spam detected"),
    P("spam content"), P("spam filter"), P("spam filters"), P("spam source"), P("spam sources"),
    P("spam policy"), P("spam score"), P("spam mail"), P("spam email"), P("spam like"),
    P("spam rejected"), P("spam blocked"), P("spam from"), P("spams from"), P("many spams"),
    P("spam is"), P("spam not"), P("no spam"), P("spam activity"), P("spam received"),
    P("spam reports"), P("spam list"), P("spam database"), P("spam or"), P("possible spam"),
    P("suspected spam"), P("probable spam"), P("likely spam"), P("looks like spam"),
    P("similar to spam"), P("sending spam"), P("sent spam"), P("send spam"), P("sends spam"),
    P("antispam policy"), P("spamming"), P("spammer"), P("spammers"), P("spambot"),
    P("unsolicited"), P("junk mail"), P("junkmail"), P("junk email"), P("bulk email"),
    P("bulk mail"), P("virus"), P("viruses"), P("malware"), P("malicious"), P("phishing"),
    P("infected"), P("content filter"), P("content filtering"), P("content rejected"),
    P("content restrictions"), P("content policy"), P("message content"), P("attachment"),
    P("attachments"), P("message rejected"), P("message refused"), P("message blocked"),
    P("message is blocked"), P("message was blocked"), P("message has been blocked"),
    P("message was rejected"), P("message has been rejected"), P("message not allowed"),
    P("message size"), P("message length"), P("message exceeds"), P("too large"), P("too big"),
    P("policy reason"), P("policy reasons"), P("policy restrictions"), P("policy restriction"),
    P("policy violation"), P("policy violations"), P("policy rejection"), P("policy filter"),
    P("policy reject"), P("policy block"), P("policy prohibits"), P("policy does not"),
    P("local policy"), P("site policy"), P("security policy"), P("mailpolicy"),
    P("administrative policy"), P("our policy"), P("our policies"), P("for policy"), P("by policy"),
    P("to policy"), P("of policy"), P("against policy"), P("mail policy"), P("email policy"),
    P("violates"), P("administrative prohibition"), P("administratively prohibited"),
    P("prohibited by"), P("banned"), P("ban list"), P("firewall"), P("geographic"),
    P("geo blocking"), P("country"), P("open relay"), P("open proxy"), P("open relays"),
    P("proxy server"), P("abuse"), P("abusive"), P("complaints"), P("suspicious"), P("suspicion"),
    P("suspiciously"), P("spoof"), P("spoofed"), P("spoofing"), P("forged"), P("bogus"),
    P("not authorized to send"), P("not authorised to send"), P("not permitted to send"),
    P("not allowed to send"), P("not allowed to deliver"), P("unauthorized to send"),
    P("unauthenticated"), P("whitelist"), P("whitelisted"), P("white list"), P("allowlist"),
    P("not allowed from"), P("cloudmark"), P("vade"), P("ironport"), P("header based"),
    P("permanent failure for one or more"), P("no smtp service"), P("part of their network"),
    P("purported responsible"), P("compromised"), P("botnet"), P("infection"), P("bot net"),
    P("hosts with"), P("servers devices with"), P("quarantine"), P("quarantined"), P("challenge"),
    P("adresse ip"), P("incident de spam"), P("pour spam"), P("ihre ip"), P("ip adresse"),
    P("tu ip"), P("su ip"), P("direccion ip"), P("indirizzo ip"), P("seu ip"), P("endereco ip"),
    P("adres ip"), P("problem occurred"), P("go away"), P("not be mail exchanger"),
};

/* The address given as MAIL FROM. */
static const char *const sender[] = {
    P("sender address"), P("sender verify"), P("sender verification"), P("sender rejected"),
    P("sender denied"), P("sender refused"), P("sender blocked"), P("sender domain"),
    P("sender unknown"), P("sender not"), P("sender is"), P("sender must"), P("sender does"),
    P("sender doesnt"), P("sender mailbox"), P("sender account"), P("sender has"),
    P("sender invalid"), P("sender over"), P("sender email"), P("sender ok"), P("sender format"),
    P("sender syntax"), P("sender id"), P("sender callout"), P("sender callback"),
    P("sender callouts"), P("sender name"), P("sender or"), P("sender and"), P("sender policy"),
    P("sender permitted"), P("sender whitelisted"), P("sender access"), P("senders address"),
    P("senders domain"), P("senders email"), P("senders mailbox"), P("senders mail"),
    P("senders ip"), P("allowed senders"), P("known senders"), P("unknown sender"),
    P("invalid sender"), P("bad sender"), P("unauthorized sender"), P("unverified sender"),
    P("blocked sender"), P("banned sender"), P("null sender"), P("empty sender"), P("blank sender"),
    P("forged sender"), P("of sender"), P("for sender"), P("this sender"), P("the sender"),
    P("envelope sender"), P("message sender"), P("email sender"), P("envelope from"),
    P("return path"), P("reverse path"), P("from address"), P("mail from"), P("reply address"),
    P("malformed sender"), P("verification failed for"), P("callback setup"), P("callback failed"),
    P("callout failed"), P("restricted to senders"), P("sendernotauthenticated"),
    P("sendernotauthenticatedforgroup"), P("emetteur"), P("expediteur"), P("absender"),
    P("absenderadresse"), P("absenderdomain"), P("remitente"), P("mittente"), P("remetente"),
    P("nadawca"), P("nadawcy"), P("otpravitel"),
};

/* The recipient's domain is not served there. */
static const char *const relay[] = {
    P("relaying not"), P("relaying is not"), P("relaying disallowed"), P("relaying prohibited"),
    P("relaying rejected"), P("relaying refused"), P("relaying blocked"), P("relaying mail"),
    P("relay not"), P("relay is not"), P("relay prohibited"), P("relay rejected"),
    P("relay refused"), P("relay forbidden"), P("relay attempt"), P("relay attempts"),
    P("relay operation"), P("relaying through"), P("unable to relay"), P("permitted to relay"),
    P("allowed to relay"), P("authorized to relay"), P("cannot relay"), P("cant relay"),
    P("not relay"), P("no relay"), P("no relaying"), P("dont relay"), P("wont relay"),
    P("never relay"), P("not open relay"), P("relaying * denied"), P("relay * denied"),
    P("rcpthosts"), P("tenantattribution"), P("not a relay"), P("non relay"), P("not local domain"),
    P("not a local domain"), P("non local domain"), P("nonlocal domain"), P("domain is not local"),
    P("domain not local"), P("not handle mail for"), P("not handle email for"),
    P("not handled here"), P("not handle this domain"), P("not accept mail for"),
    P("not accept email for"), P("not accept mail to"), P("not accept messages for"),
    P("not accepting mail for this domain"), P("not accept mail at"), P("domain not hosted"),
    P("domain is not hosted"), P("not hosted here"), P("not serve"), P("not responsible for"),
    P("not a gateway for"), P("not an mx for"), P("not a mail exchanger for"),
    P("not configured to accept mail for"), P("not configured for this domain"),
    P("unrouteable domain"), P("unroutable domain"), P("cannot deliver mail for"),
    P("dont handle mail for"), P("dont accept mail for"), P("domain * does not exist"),
    P("host unknown"), P("unknown host"), P("domain isnt"), P("domain is not allowed"),
    P("domain not allowed"), P("recipient domain"), P("recipients domain"),
    P("recipient address has null mx"), P("domain does not accept"), P("domain doesnt exist"),
    P("domain not found"), P("domain unknown"), P("unknown domain"), P("no such domain"),
    P("invalid domain"), P("bad destination host"), P("bad destination system"), P("domain not in"),
    P("domain is not in"), P("not one of our domains"), P("not our domain"), P("not a domain"),
    P("no longer hosted"), P("no valid mx"), P("weiterleitung nicht"), P("relais interdit"),
    P("relais refuse"), P("relay interdit"),
};

/* It wants an encrypted connection. */
static const char *const tls[] = {
    P("tls required"), P("tls is required"), P("tls encryption"), P("tls connection"),
    P("tls connections"), P("requires tls"), P("require tls"), P("required tls"), P("use tls"),
    P("over tls"), P("without tls"), P("tls minimum"), P("tls version"), P("tls mandatory"),
    P("tls is mandatory"), P("encryption required"), P("encryption is required"),
    P("encryption needed"), P("requires encryption"), P("require encryption"),
    P("encrypted connection"), P("encrypted session"), P("secure connection"), P("secure session"),
    P("must be encrypted"), P("ssl required"), P("requires ssl"), P("issue starttls"),
    P("issue a starttls"), P("starttls first"), P("starttls required"), P("starttls is required"),
    P("starttls command first"), P("require starttls"), P("requires starttls"),
    P("starttls mandatory"), P("starttls is mandatory"), P("use starttls"), P("using starttls"),
    P("need starttls"), P("needs starttls"),
};

/* It wants to know who we are, or only takes mail from certain people. */
static const char *const auth[] = {
    P("authentication required"), P("authentication is required"), P("authentication needed"),
    P("authentication not"), P("authentication failed"), P("authentication credentials"),
    P("requires authentication"), P("require authentication"), P("smtp authentication"),
    P("smtp auth"), P("auth required"), P("authrequired"), P("must authenticate"),
    P("must be authenticated"), P("must log in"), P("must login"), P("must first"),
    P("not authenticated"), P("please authenticate"), P("authenticate first"), P("not logged in"),
    P("log in first"), P("pop before smtp"), P("check your mail first"), P("not authorized"),
    P("not authorised"), P("notauthorized"), P("unauthorized"), P("delivery restrictions"),
    P("permission to submit"), P("not have permission"), P("restricted"), P("members only"),
    P("only accepts mail from"), P("only accepts messages from"), P("only accept mail from"),
    P("permissions"), P("authentification"), P("authentifizierung"), P("autenticacion"),
    P("autenticazione"), P("autenticacao"),
};

/* There is such a mailbox, and it is full. */
static const char *const full[] = {
    P("mailbox * full"), P("inbox full"), P("inbox is full"), P("mail box full"),
    P("mail box is full"), P("full mailbox"), P("mailfolder is full"), P("folder is full"),
    P("account is full"), P("account full"), P("user is full"), P("recipient * full"),
    P("overquota"), P("over * quota"), P("quota exceeds"), P("quota exceded"), P("quota full"),
    P("quota is full"), P("quota has been"), P("quota limit"), P("quota violation"),
    P("quota reached"), P("quota usage"), P("quota * exceeded"), P("exceeded * quota"),
    P("exceeds * quota"), P("exceeding * quota"), P("exceed * quota"), P("reached * quota"),
    P("out of quota"), P("quotaexceeded"), P("quotaexceededexception"),
    P("mapiexceptionshutoffquotaexceeded"), P("allowed quota"), P("disk quota"), P("disc quota"),
    P("storage quota"), P("exceeded * storage"), P("exceeds * storage"), P("exceed * storage"),
    P("storage allocation"), P("storage limit"), P("storage full"), P("storage exceeded"),
    P("storage space"), P("out of storage"), P("insufficient storage"),
    P("insufficient disk space for"), P("insufficient space in"), P("not enough storage"),
    P("not enough * space"), P("enough space"), P("space limit"), P("space has been used"),
    P("out of space"), P("no space left for"), P("mailbox size"), P("mailbox limit"),
    P("mailbox storage"), P("mailbox exceeded"), P("mailbox exceeds"), P("mailbox * over"),
    P("mailbox quota"), P("mailbox has reached"), P("mailbox has exceeded"), P("mailbox has grown"),
    P("mailbox would"), P("maildir over"), P("maildir is over"), P("maildir full"),
    P("too many messages on"), P("has too many messages"), P("receiving limits"),
    P("too much mail data"), P("postfach * voll"), P("speicherplatz"), P("mailbox voll"),
    P("mailbox ist voll"), P("postfach uberfullt"), P("postfach ueberfuellt"), P("boite * pleine"),
    P("est pleine"), P("quota depasse"), P("buzon * lleno"), P("cuota * excedida"),
    P("casella * piena"), P("spazio esaurito"), P("skrzynka * pelna"), P("skrzynka * przepelniona"),
    P("przekroczony limit"), P("caixa * cheia"), P("cota excedida"), P("perepolnen"),
};

/* There was such a mailbox; its owner is elsewhere. */
static const char *const moved[] = {
    P("has moved"), P("have moved"), P("user moved"), P("mailbox moved"), P("account moved"),
    P("recipient moved"), P("been moved to"), P("moved to a new"), P("moved to another"),
    P("address has changed"), P("changed address"), P("address changed"), P("has been changed to"),
    P("new address is"), P("new email address"), P("forwarding address"), P("user not local"),
    P("please use the new"), P("has a new address"), P("has a new email"),
    P("adresse hat sich geandert"), P("neue adresse"), P("nouvelle adresse"), P("nueva direccion"),
    P("nuovo indirizzo"),
};

/* There is no such mailbox. */
static const char *const unknown[] = {
    P("unknown user"), P("cuda nsu"), P("unknown users"), P("no such user"), P("no such users"),
    P("no such mailbox"), P("no such recipient"), P("no such address"), P("no such person"),
    P("no such account"), P("no such local"), P("no such email"), P("no such mail"),
    P("no such name"), P("no such id"), P("no such alias"), P("no such customer"),
    P("no such employee"), P("no such virtual"), P("nosuchuser"), P("no user"), P("no local user"),
    P("unknown recipient"), P("unknown address"), P("address unknown"), P("unknown mailbox"),
    P("mailbox unknown"), P("unknown account"), P("account unknown"), P("unknown email"),
    P("email unknown"), P("unknown local"), P("unknown or illegal"), P("unknown or invalid"),
    P("unknown alias"), P("unknown virtual"), P("unknown envelope"), P("invalid or unknown"),
    P("unknown customer"), P("unknown addressee"), P("addressee unknown"), P("unknown mail user"),
    P("unknown person"), P("unknown rcpt"), P("unknown in"), P("unknown here"), P("is unknown"),
    P("are unknown"), P("was unknown"), P("were unknown"), P("not known"), P("not a known"),
    P("isnt known"), P("user unkown"), P("unkown user"), P("user not exits"),
    P("user doesnt exists"), P("user could not be found"), P("user cannot be found"),
    P("user couldnt be found"), P("user cant be found"), P("user * not found"), P("user * unknown"),
    P("user invalid"), P("user is invalid"), P("user not listed"), P("user not here"),
    P("username not found"), P("invalid user"), P("invalid recipient"), P("invalid recipients"),
    P("invalid mailbox"), P("invalid mailboxes"), P("invalid address"), P("invalid email"),
    P("invalid account"), P("invalid rcpt"), P("invalid destination"), P("invalid username"),
    P("invalid local"), P("bad recipient"), P("bad address"), P("bad mailbox"),
    P("bad destination mailbox"), P("bad rcpt"), P("badrecipient"), P("recipient invalid"),
    P("recipient is invalid"), P("recipient not valid"), P("recipient not local"),
    P("recipient not here"), P("recipient doesnt exists"), P("recipient does not match"),
    P("recipient * not found"), P("recipient * unknown"), P("recipient could not be found"),
    P("recipient cannot be found"), P("recipientnotfound"), P("recipnotfound"),
    P("exrecipnotfound"), P("recipient not ok"), P("recipients were undeliverable"),
    P("mailbox * not found"), P("mailbox cannot be found"), P("mailbox could not be found"),
    P("mailbox not present"), P("mailbox invalid"), P("mailbox is invalid"), P("mailbox not valid"),
    P("mailbox missing"), P("no mailbox"), P("no mail box"), P("no mailboxes"), P("not a mailbox"),
    P("not a valid mailbox"), P("not a valid user"), P("not a valid recipient"),
    P("not a valid address"), P("not a valid email"), P("not a valid account"),
    P("not a valid local"), P("not valid recipient"), P("not a local address"),
    P("not a local user"), P("not a local mailbox"), P("not a user"), P("not an active address"),
    P("not an active user"), P("not an email address"), P("not our customer"), P("not our user"),
    P("not a customer"), P("not a subscriber"), P("address doesnt exists"), P("address not valid"),
    P("address is invalid"), P("address invalid"), P("address couldnt be found"),
    P("address could not be found"), P("address cannot be found"), P("address cant be found"),
    P("address * not found"), P("address is wrong"), P("address wrong"), P("address is incorrect"),
    P("address incorrect"), P("address lookup failed"), P("account * not found"),
    P("account could not be found"), P("account cannot be found"), P("account unavailable"),
    P("account is unavailable"), P("account invalid"), P("account is invalid"), P("no account"),
    P("does not have an account"), P("doesnt have an account"), P("does not have a * account"),
    P("doesnt have a * account"), P("does not have a mailbox"), P("doesnt exist"), P("dont exist"),
    P("didnt exist"), P("not exist"), P("not exists"), P("nonexistent"), P("non existent"),
    P("non existant"), P("nonexistant"), P("nonexisting"), P("non existing"), P("no one at this"),
    P("no one by that"), P("nobody by that"), P("nobody here"), P("no person"), P("nobody at this"),
    P("not listed in"), P("not listed here"), P("not in directory"), P("not in our directory"),
    P("not found in"), P("not found on"), P("not found by"), P("not found here"),
    P("name is not found"), P("name not found"), P("unroutable address"), P("unrouteable"),
    P("not a deliverable address"), P("cannot find user"), P("cannot find recipient"),
    P("cannot find mailbox"), P("cannot find the user"), P("cannot find the recipient"),
    P("cant find user"), P("cant find recipient"), P("could not find user"),
    P("could not find recipient"), P("could not find the"), P("unable to find user"),
    P("unable to find recipient"), P("unable to find mailbox"), P("unable to locate"),
    P("cannot be located"), P("couldnt be located"), P("has left"), P("left the company"),
    P("no longer works"), P("no longer with"), P("no longer employed"), P("no longer here"),
    P("no longer at this"), P("no longer exists"), P("no longer exist"), P("no longer valid"),
    P("no longer in use"), P("no longer in service"), P("no longer accepts"),
    P("no longer available"), P("no longer on"), P("missing home directory"),
    P("invalid inactive user"), P("possible forgery"), P("empfaenger unbekannt"),
    P("empfanger nicht gefunden"), P("empfanger * unbekannt"), P("unbekannter empfanger"),
    P("unbekannter empfaenger"), P("unbekannter benutzer"), P("unbekannte adresse"),
    P("unbekanntes postfach"), P("benutzer * unbekannt"), P("benutzer nicht gefunden"),
    P("kein solcher benutzer"), P("kein benutzer"), P("kein postfach"), P("postfach unbekannt"),
    P("postfach nicht gefunden"), P("postfach gibt es nicht"), P("adresse unbekannt"),
    P("adresse nicht gefunden"), P("empfangeradresse unbekannt"), P("empfaengeradresse unbekannt"),
    P("existiert nicht"), P("nicht vorhanden"), P("utilisateur * inconnu"),
    P("utilisateur inexistant"), P("utilisateur introuvable"), P("destinataire * inconnu"),
    P("destinataire invalide"), P("destinataire inexistant"), P("destinataire introuvable"),
    P("adresse inexistante"), P("adresse * invalide"), P("adresse * inconnue"), P("boite inconnue"),
    P("boite * inexistante"), P("compte inexistant"), P("compte inconnu"), P("compte introuvable"),
    P("existe pas"), P("usuario no encontrado"), P("usuario inexistente"),
    P("usuario * desconocido"), P("destinatario * desconocido"), P("destinatario inexistente"),
    P("destinatario no encontrado"), P("direccion desconocida"), P("direccion inexistente"),
    P("direccion invalida"), P("cuenta inexistente"), P("cuenta desconocida"),
    P("buzon inexistente"), P("buzon desconocido"), P("no existe"), P("utente * sconosciuto"),
    P("utente inesistente"), P("utente non trovato"), P("destinatario sconosciuto"),
    P("destinatario inesistente"), P("destinatario non trovato"), P("indirizzo inesistente"),
    P("indirizzo sconosciuto"), P("indirizzo non valido"), P("casella * inesistente"),
    P("casella non trovata"), P("casella sconosciuta"), P("non esiste"), P("uzytkownik nieznany"),
    P("nieznany uzytkownik"), P("nieznany odbiorca"), P("nieznany adres"), P("odbiorca nieznany"),
    P("nie ma takiego"), P("brak takiego"), P("brak uzytkownika"), P("brak skrzynki"),
    P("nie istnieje"), P("usuario * desconhecido"), P("usuario nao encontrado"),
    P("usuario invalido"), P("destinatario desconhecido"), P("destinatario invalido"),
    P("destinatario nao encontrado"), P("endereco desconhecido"), P("endereco inexistente"),
    P("endereco invalido"), P("caixa postal inexistente"), P("caixa inexistente"),
    P("caixa postal nao"), P("conta inexistente"), P("conta desconhecida"), P("nao existe"),
    P("polzovatel ne nayden"), P("polzovatel ne naiden"), P("polzovatel * ne najden"),
    P("polzovatel neizvesten"), P("neizvestnyj polzovatel"), P("neizvestnyy polzovatel"),
    P("net takogo polzovatelya"), P("takogo polzovatelya net"), P("takogo adresa net"),
    P("net takogo adresa"), P("net takogo yashchika"), P("adresat ne najden"),
    P("yashchik ne najden"), P("yaschik ne najden"), P("ne sushchestvuet"), P("ne suschestvuet"),
    P("user is not a"), P("user is not valid"), P("recipient is not a"),
    P("recipient is not local"), P("recipient is not valid"), P("recipient is not in"),
    P("address is not valid"), P("address is not a"), P("address is not in"), P("not registered"),
};

/* There is such a mailbox, and it takes no mail. */
static const char *const disabled[] = {
    P("account * disabled"), P("accounts disabled"), P("tried to reach has been disabled"),
    P("mailbox * disabled"), P("user * disabled"), P("recipient * disabled"),
    P("address * disabled"), P("email disabled"), P("disabled account"), P("disabled mailbox"),
    P("disabled user"), P("disabled recipient"), P("is disabled"), P("account * inactive"),
    P("due to inactivity"), P("account not active"), P("account is not active"),
    P("mailbox * inactive"),
    P("mailbox not active"), P("mailbox is not active"), P("user inactive"), P("user not active"),
    P("user is not active"), P("recipient inactive"), P("address inactive"),
    P("address not active"), P("inactive user"), P("inactive account"), P("inactive mailbox"),
    P("inactive recipient"), P("is inactive"), P("not activated"), P("account * suspended"),
    P("mailbox * suspended"), P("user * suspended"), P("recipient suspended"),
    P("recipient suspend"), P("email suspended"), P("suspended account"), P("suspended user"),
    P("suspended mailbox"), P("domain suspended"), P("been suspended"), P("currently suspended"),
    P("is suspended"), P("deactivated"), P("de activated"), P("discontinued"),
    P("account * closed"), P("mailbox closed"), P("mailbox is closed"), P("been closed"),
    P("account expired"), P("account has expired"), P("account is expired"), P("mailbox expired"),
    P("mailbox has expired"), P("account * locked"), P("mailbox locked"), P("mailbox is locked"),
    P("user locked"), P("user is locked"), P("account frozen"), P("mailbox frozen"),
    P("mailbox is frozen"), P("account isblocked"), P("account * blocked"), P("mailbox * blocked"),
    P("user * blocked"), P("recipient * blocked"), P("account * terminated"), P("user terminated"),
    P("user is terminated"), P("been terminated"), P("account cancelled"), P("account canceled"),
    P("account * deleted"), P("mailbox * deleted"), P("user * deleted"), P("been deleted"),
    P("mailbox retired"), P("account retired"), P("archived recipient"), P("mailbox archived"),
    P("administratively disabled"), P("not accepting mail"), P("not accepting messages"),
    P("not accepting email"), P("not accepting any"), P("cannot receive mail"),
    P("cannot receive messages"), P("unable to receive mail"), P("not able to receive"),
    P("mailbox cannot receive"), P("unavailable or access denied"), P("postfach * gesperrt"),
    P("postfach * deaktiviert"), P("postfach inaktiv"), P("konto gesperrt"),
    P("konto ist gesperrt"), P("konto deaktiviert"), P("konto ist deaktiviert"),
    P("benutzer gesperrt"), P("benutzer deaktiviert"), P("compte inactif"), P("compte suspendu"),
    P("compte ferme"), P("compte * bloque"), P("compte * desactive"), P("boite desactivee"),
    P("boite inactive"), P("boite * archivee"), P("cuenta suspendida"), P("cuenta inactiva"),
    P("cuenta bloqueada"), P("cuenta * deshabilitada"), P("cuenta * desactivada"),
    P("buzon deshabilitado"), P("buzon desactivado"), P("casella disattivata"),
    P("casella non attiva"), P("casella sospesa"), P("casella * disabilitata"),
    P("casella bloccata"), P("utente disabilitato"), P("account disabilitato"),
    P("account sospeso"), P("konto * zablokowane"), P("konto nieaktywne"), P("konto wylaczone"),
    P("konto zawieszone"), P("skrzynka * zablokowana"), P("skrzynka nieaktywna"),
    P("conta inativa"), P("conta suspensa"), P("conta bloqueada"), P("conta * desativada"),
    P("caixa postal inativa"), P("caixa postal desativada"), P("caixa postal bloqueada"),
    P("yashchik zablokirovan"), P("yaschik zablokirovan"), P("polzovatel zablokirovan"),
    P("yashchik otklyuchen"), P("no longer active"),
};

/* Something is wrong with their machines. */
static const char *const system_at_fault[] = {
    P("shutting down"), P("service not available"), P("service is not available"),
    P("system failure"), P("system error"), P("system problem"), P("internal error"),
    P("local problem"), P("local error"), P("local lookup"), P("lookup failure"),
    P("lookup problem"), P("server error"), P("server configuration"), P("configuration error"),
    P("insufficient system"), P("system storage"), P("system resources"), P("out of resources"),
    P("out of memory"), P("resources unavailable"), P("resources temporarily"),
    P("resources are temporarily"), P("internal resources"), P("system load"), P("load too high"),
    P("load average"), P("high load"), P("overloaded"), P("queue file write"), P("database error"),
    P("directory error"), P("disk full"), P("no space left on"), P("connection timed out"),
    P("operation timed out"), P("connection refused by"),
};

/* Not now, and no cause given. */
static const char *const temporary[] = {
    P("temporarily unavailable"), P("temporary unavailable"), P("temporarily not available"),
    P("temporarily rejected"), P("temporarily refused"), P("temporarily unable"),
    P("temporarily out"), P("temporary failure"), P("temporary error"), P("temporary problem"),
    P("temporary lookup"), P("temporary server"), P("temporary rejection"),
    P("temporary authentication"), P("temporary condition"), P("temporarily failed"),
    P("temporary local"), P("try again"), P("try later"), P("try it again"), P("retry later"),
    P("please retry"), P("retry in"), P("come again"), P("at this time"),
    P("currently unavailable"), P("currently unable"), P("verification in progress"),
    P("verify recipient"), P("verification is in progress"), P("unverified address"),
    P("spater erneut"), P("spaeter erneut"), P("spater noch"), P("spaeter noch"),
    P("nochmals versuchen"), P("essayer plus tard"), P("reessayer plus tard"), P("mas tarde"),
    P("piu tardi"), P("sprobuj ponownie"), P("sprobuj pozniej"), P("tente novamente"),
    P("mais tarde"), P("poprobujte pozzhe"), P("povtorite popytku"),
};

/* RFC 5321's stock texts and their kin: believed unless the code says otherwise. */
static const char *const unavailable[] = {
    P("mailbox * unavailable"), P("mailbox * not available"), P("mailbox isnt available"),
    P("unavailable mailbox"), P("user unavailable"), P("user is unavailable"),
    P("user not available"), P("recipient unavailable"), P("recipient is unavailable"),
    P("recipient not available"), P("email address unavailable"), P("mailbox name not allowed"),
    P("mailbox name is not allowed"), P("mailbox not allowed"), P("undeliverable address"),
    P("undeliverable recipient"), P("recipient undeliverable"), P("address undeliverable"),
    P("not a deliverable"), P("not deliverable"), P("cannot be delivered to this"),
    P("postfach nicht verfugbar"), P("postfach nicht verfuegbar"), P("boite indisponible"),
    P("boite aux lettres indisponible"), P("buzon no disponible"), P("casella non disponibile"),
    P("skrzynka niedostepna"), P("caixa postal indisponivel"),
};
/* clang-format on */

#define TOPIC(name, list) [TOPIC_##name] = {list, COUNT_OF(list)}

static const struct {
    const char *const *list;
    size_t count;
} topics[TOPIC_COUNT] = {
    TOPIC(GREYLIST, greylist),
    TOPIC(RATE, rate),
    TOPIC(SESSION, session),
    TOPIC(BLOCKED, blocked),
    TOPIC(SENDER, sender),
    TOPIC(RELAY, relay),
    TOPIC(TLS, tls),
    TOPIC(AUTH, auth),
    TOPIC(FULL, full),
    TOPIC(MOVED, moved),
    TOPIC(UNKNOWN, unknown),
    TOPIC(DISABLED, disabled),
    TOPIC(SYSTEM, system_at_fault),
    TOPIC(TEMPORARY, temporary),
    TOPIC(UNAVAILABLE, unavailable),
};

enum { GAP_WORDS = 3, CHAINS = 1024, PHRASES_MAX = 2048 };

/* Phrases by their first word: chains through `next`, 0 ends one. */
static struct {
    uint16_t first[CHAINS];
    uint16_t next[PHRASES_MAX];
    const char *reason[PHRASES_MAX];
    uint8_t topic[PHRASES_MAX];
} phrase_index;
static pthread_once_t index_once = PTHREAD_ONCE_INIT;

/* FNV-1a of the word at `word`; two words may share a chain. */
static size_t chain_of(const char *word)
{
    uint32_t hash = 2166136261u;
    for (; *word != ' ' && *word != '\0'; word++)
        hash = (hash ^ (unsigned char)*word) * 16777619u;
    return hash % CHAINS;
}

/* Every phrase about TLS has one of these. */
bool smtp_topics_may_be_tls(const char *text)
{
    static const char *const stems[] = {"tls", "ssl", "encrypt", "secure"};
    for (size_t i = 0; i < COUNT_OF(stems); i++)
        if (strcasestr(text, stems[i]) != NULL)
            return true;
    return false;
}

static void index_build(void)
{
    uint16_t n = 0;
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++)
        for (size_t i = 0; i < topics[topic].count; i++) {
            const char *reason = topics[topic].list[i];
            size_t chain = chain_of(reason + strlen(PREFIX));
            assert(n + 1 < PHRASES_MAX);
            assert(topic != TOPIC_TLS || smtp_topics_may_be_tls(reason));
            n++;
            phrase_index.reason[n] = reason;
            phrase_index.topic[n] = (uint8_t)topic;
            phrase_index.next[n] = phrase_index.first[chain];
            phrase_index.first[chain] = n;
        }
}

static const char *next_word(const char *word)
{
    const char *space = strchr(word, ' ');
    return space != NULL ? space + 1 : NULL;
}

/* Does the phrase stand at `word`?  Every word of the text is followed by a space. */
static bool stands_at(const char *phrase, const char *word)
{
    for (; *phrase != '\0' && *phrase != '*'; phrase++, word++)
        if (*phrase != *word)
            return false;
    if (*phrase == '\0')
        return *word == ' ';
    for (int gap = 0; word != NULL && gap <= GAP_WORDS; gap++, word = next_word(word))
        if (stands_at(phrase + 2, word))
            return true;
    return false;
}

void smtp_topics_find(const struct smtp_words *words, struct smtp_topics *out)
{
    pthread_once(&index_once, index_build);
    *out = (struct smtp_topics){{NULL}};
    for (const char *word = words->text + 1; *word != '\0'; word = next_word(word)) {
        for (uint16_t n = phrase_index.first[chain_of(word)]; n != 0; n = phrase_index.next[n]) {
            const char **reason = &out->reason[phrase_index.topic[n]];
            if (*reason == NULL && stands_at(phrase_index.reason[n] + strlen(PREFIX), word))
                *reason = phrase_index.reason[n];
        }
    }
}
