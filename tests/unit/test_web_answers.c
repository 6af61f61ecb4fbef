/* What every answer and misfortune of a web server is called. */
#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

#include "web_house.h"

#define LINE_50 "X-Much: 2345678901234567890123456789012345678901\r\n"

#define ANSWERED_WAIT(code, text, seconds) \
    .want = WEB_ANSWERED, .status = code, .body = text, .retry_after_s = seconds
#define ANSWERED(code, text) ANSWERED_WAIT(code, text, -1)
#define FAILS(outcome)       .want = outcome, .body = "", .retry_after_s = -1

static const struct answer_row {
    const char *label;
    struct peer_step steps[8];
    enum web_outcome want;
    int status;
    const char *body;
    int64_t retry_after_s;
    size_t answer_max;
    int64_t timeout_ms, connect_ms;
    const char *host, *location;
    bool untrusted, expired, only_2xx_body;
} answer_rows[] = {
    {"200 with body",
     {HEAR_IT, SEND("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), STAY},
     ANSWERED(200, "hello")},
    {"200 in chunks",
     {HEAR_IT, SEND("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n"), SLEEP(20),
      SEND("2\r\nlo\r\n0\r\n\r\n"), STAY},
     ANSWERED(200, "hello")},
    {"200 of HTTP/1.0, ended by a hang-up without good-bye",
     {HEAR_IT, SEND("HTTP/1.0 200 OK\r\n\r\nhello"), CLOSE},
     ANSWERED(200, "hello")},
    {"NUL in the body",
     {HEAR_IT, SEND("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na\0b"), STAY},
     ANSWERED(200, "a\0b")},
    {"gzip that nobody asked for stays what it is",
     {HEAR_IT,
      SEND("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b"), STAY},
     ANSWERED(200, "\x1f\x8b")},
    {"204", {HEAR_IT, SEND("HTTP/1.1 204 No Content\r\n\r\n"), STAY}, ANSWERED(204, "")},
    {"100 and 103 first",
     {HEAR_IT, SEND("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nRetry-After: 9\r\n\r\n"),
      SLEEP(20), SEND("HTTP/1.1 201 Made\r\nContent-Length: 0\r\n\r\n"), STAY},
     ANSWERED(201, "")},
    {"301 is not followed",
     {HEAR_IT,
      SEND("HTTP/1.1 301 Moved\r\nLocation: https://hook.example.org/\r\n"
           "Content-Length: 0\r\n\r\n"),
      STAY},
     ANSWERED(301, ""),
     .location = "https://hook.example.org/"},
    {"307 to plain HTTP is not followed",
     {HEAR_IT,
      SEND("HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1/\r\n"
           "Content-Length: 0\r\n\r\n"),
      STAY},
     ANSWERED(307, ""),
     .location = "http://127.0.0.1/"},
    {"302 to a path, in the second header of that name too",
     {HEAR_IT,
      SEND("HTTP/1.1 302 Found\r\nlocation:  /a b\r\nLocation: /c\r\n"
           "Content-Length: 0\r\n\r\n"),
      STAY},
     ANSWERED(302, ""),
     .location = "/a b"},
    {"302 to nowhere",
     {HEAR_IT, SEND("HTTP/1.1 302 Found\r\nLocation:\r\nContent-Length: 0\r\n\r\n"), STAY},
     ANSWERED(302, "")},
    {"302 with a tab",
     {HEAR_IT, SEND("HTTP/1.1 302 Found\r\nLocation: /a\tb\r\nContent-Length: 0\r\n\r\n"), STAY},
     ANSWERED(302, "")},
    {"302 with a control character",
     {HEAR_IT, SEND("HTTP/1.1 302 Found\r\nLocation: /a\x1b[0m\r\nContent-Length: 0\r\n\r\n"),
      STAY},
     ANSWERED(302, "")},
    {"302 in a 103 and not after it",
     {HEAR_IT,
      SEND("HTTP/1.1 103 Hints\r\nLocation: /early\r\n\r\n"
           "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"),
      STAY},
     ANSWERED(302, "")},
    {"201 with a Location, nothing wanted but the status",
     {HEAR_IT, SEND("HTTP/1.1 201 Made\r\nLocation: /7\r\nContent-Length: 99\r\n\r\n"), STAY},
     ANSWERED(201, ""),
     .answer_max = SIZE_MAX,
     .location = "/7"},
    {"404 whose body is not wanted",
     {HEAR_IT, SEND("HTTP/1.1 404 No\r\nContent-Length: 99\r\n\r\n"), STAY},
     ANSWERED(404, ""),
     .only_2xx_body = true},
    {"200 whose body is wanted",
     {HEAR_IT, SEND("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), STAY},
     ANSWERED(200, "hello"),
     .only_2xx_body = true},
    {"401 gets no second try",
     {HEAR_IT, SEND("HTTP/1.1 401 No\r\nWWW-Authenticate: Negotiate\r\nContent-Length: 0\r\n\r\n"),
      STAY},
     ANSWERED(401, "")},
    {"404",
     {HEAR_IT, SEND("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"), STAY},
     ANSWERED(404, "")},
    {"417 gets no second try",
     {HEAR_IT, SEND("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"), STAY},
     ANSWERED(417, "")},
    {"429 with seconds",
     {HEAR_IT, SEND("HTTP/1.1 429 Slow\r\nretry-after:  120 \r\nContent-Length: 0\r\n\r\n"), STAY},
     ANSWERED_WAIT(429, "", 120)},
    {"429 with 0 seconds",
     {HEAR_IT, SEND("HTTP/1.1 429 Slow\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"), STAY},
     ANSWERED_WAIT(429, "", 0)},
    {"429 with more seconds than there are",
     {HEAR_IT,
      SEND("HTTP/1.1 429 Slow\r\nRetry-After: 99999999999999999999999\r\n"
           "Content-Length: 0\r\n\r\n"),
      STAY},
     ANSWERED_WAIT(429, "", 999999999)},
    {"429 with a date gone by",
     {HEAR_IT,
      SEND("HTTP/1.1 429 Slow\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n"
           "Content-Length: 0\r\n\r\n"),
      STAY},
     ANSWERED_WAIT(429, "", 0)},
    {"429 with nonsense",
     {HEAR_IT, SEND("HTTP/1.1 429 Slow\r\nRetry-After: -5 soon\r\nContent-Length: 0\r\n\r\n"),
      STAY},
     ANSWERED(429, "")},
    {"500 of unknown reason",
     {HEAR_IT, SEND("HTTP/1.1 500\r\nContent-Length: 2\r\n\r\nno"), STAY},
     ANSWERED(500, "no")},
    {"answer before the request was heard",
     {START_TLS, SEND("HTTP/1.1 413 Large\r\nContent-Length: 0\r\n\r\n"), STAY},
     ANSWERED(413, "")},
    {"more than is wanted",
     {HEAR_IT, SEND("HTTP/1.1 200 OK\r\n\r\n"), FLOOD("0123456789"), STAY},
     ANSWERED(200, "0123456789012345"),
     .answer_max = 16},
    {"as much as is wanted, and more announced",
     {HEAR_IT, SEND("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhello"), STAY},
     ANSWERED(200, "hello"),
     .answer_max = 5},
    {"nothing is wanted but the status",
     {HEAR_IT, SEND("HTTP/1.1 200 OK\r\nContent-Length: 99\r\nRetry-After: 3\r\n\r\n"), STAY},
     ANSWERED_WAIT(200, "", 3),
     .answer_max = SIZE_MAX /* stands for 0 */},
    {"slow header",
     {HEAR_IT, DRIP("HTTP/1.1 200 OK\r\nX-Slow: 901234567890\r\n\r\n"), STAY},
     FAILS(WEB_TIMEOUT),
     .timeout_ms = 300},
    {"slow body",
     {HEAR_IT, SEND("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"),
      DRIP("012345678901234567890123456789"), STAY},
     FAILS(WEB_TIMEOUT),
     .timeout_ms = 300},
    {"silence after accept", {STAY}, FAILS(WEB_TIMEOUT), .timeout_ms = 200},
    {"silence after the handshake", {START_TLS, STAY}, FAILS(WEB_TIMEOUT), .timeout_ms = 200},
    {"silence after accept, and little time to connect",
     {STAY},
     FAILS(WEB_TIMEOUT),
     .timeout_ms = 3000,
     .connect_ms = 200},
    {"time to connect is no time to answer",
     {HEAR_IT, SLEEP(400), SEND("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), STAY},
     ANSWERED(200, ""),
     .connect_ms = 300},
    {"silence after the request", {HEAR_IT, STAY}, FAILS(WEB_TIMEOUT), .timeout_ms = 200},
    {"hangs up at once", {CLOSE}, FAILS(WEB_TLS)},
    {"resets in the handshake", {SLEEP(200), RESET}, FAILS(WEB_TLS)},
    {"hangs up after the request", {HEAR_IT, CLOSE}, FAILS(WEB_BROKEN)},
    {"resets after the request", {HEAR_IT, RESET}, FAILS(WEB_BROKEN)},
    {"hangs up in the header", {HEAR_IT, SEND("HTTP/1.1 200 OK\r\nX-"), CLOSE}, FAILS(WEB_BROKEN)},
    {"hangs up before the length is there",
     {HEAR_IT, SEND("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"), CLOSE},
     FAILS(WEB_BROKEN)},
    {"hangs up before the last chunk",
     {HEAR_IT, SEND("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n"), CLOSE},
     FAILS(WEB_BROKEN)},
    {"bad chunks",
     {HEAR_IT, SEND("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n"), STAY},
     FAILS(WEB_BROKEN)},
    {"bad length",
     {HEAR_IT, SEND("HTTP/1.1 200 OK\r\nContent-Length: -7\r\n\r\nhello"), STAY},
     FAILS(WEB_BROKEN)},
    {"no HTTP", {HEAR_IT, SEND("220 mail.example.org ESMTP\r\n"), CLOSE}, FAILS(WEB_BROKEN)},
    {"no HTTP, in bytes",
     {HEAR_IT, SEND("\x00\x01\x02\xff\xfe\r\n\r\n"), CLOSE},
     FAILS(WEB_BROKEN)},
    {"HTTP version of no kind",
     {HEAR_IT, SEND("HTTP/9.9 200 OK\r\n\r\n"), CLOSE},
     FAILS(WEB_BROKEN)},
    {"a header without end",
     {HEAR_IT, SEND("HTTP/1.1 200 OK\r\n"), FLOOD(LINE_50), STAY},
     FAILS(WEB_BROKEN)},
    {"a header line without end",
     {HEAR_IT, SEND("HTTP/1.1 200 OK\r\nX: "), FLOOD("0123456789"), STAY},
     FAILS(WEB_BROKEN)},
    {"1xx without end", {HEAR_IT, FLOOD("HTTP/1.1 103 Hints\r\n\r\n"), STAY}, FAILS(WEB_BROKEN)},
    {"no TLS", {NOT_TLS, CLOSE}, FAILS(WEB_TLS)},
    {"plain HTTP", {SEND("HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n"), STAY}, FAILS(WEB_TLS)},
    {"certificate of another host", {START_TLS, STAY}, FAILS(WEB_TLS), .host = "other.example.org"},
    {"certificate of an unknown authority", {START_TLS, STAY}, FAILS(WEB_TLS), .untrusted = true},
    {"certificate that has expired", {START_TLS, STAY}, FAILS(WEB_TLS), .expired = true},
    {"a literal the certificate names",
     {HEAR_IT, SEND("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), STAY},
     ANSWERED(200, ""),
     .host = "127.0.0.1"},
};

static SSL_CTX *context_of(const struct play *play, const struct answer_row *row)
{
    if (row->expired)
        return authority_context(&play->house.authority, "DNS:" HOST, -3600);
    if (!row->untrusted)
        return house_context(&play->house);
    struct authority other; /* of the same name */
    authority_make(&other, "Test CA");
    SSL_CTX *context = authority_context(&other, "DNS:" HOST, 3600);
    authority_free(&other);
    return context;
}

static void run_answer(const struct answer_row *row)
{
    struct play play = {0};
    house_open(&play.house, "127.0.0.0/8");
    play_peer(&play, row->steps, context_of(&play, row), NULL);
    struct web_request request = a_request;
    if (row->answer_max > 0)
        request.answer_max = row->answer_max == SIZE_MAX ? 0 : row->answer_max;
    if (row->timeout_ms > 0)
        request.timeout_ms = row->timeout_ms;
    request.connect_ms = row->connect_ms;
    request.only_2xx_body = row->only_2xx_body;
    const char *host = row->host != NULL ? row->host : HOST;
    play_start(&play, &request, host);
    house_run(&play.house);
    size_t len = strcmp(row->label, "NUL in the body") == 0 ? 3 : strlen(row->body);
    cr_expect_eq(play.callbacks, 1u, "%s: %zu callbacks", row->label, play.callbacks);
    cr_expect_eq(play.outcome, row->want, "%s: %s", row->label, web_outcome_name(play.outcome));
    cr_expect_eq(play.status, row->status, "%s: %d", row->label, play.status);
    cr_expect_eq(play.retry_after_s, row->retry_after_s, "%s: %lld", row->label,
                 (long long)play.retry_after_s);
    cr_expect(play.body.len == len && memcmp(strbuf_text(&play.body), row->body, len) == 0,
              "%s: \"%s\"", row->label, strbuf_text(&play.body));
    const char *location = row->location != NULL ? row->location : "none";
    cr_expect_str_eq(play.location, location, "%s: \"%s\"", row->label, play.location);
    int64_t patience_ms = row->connect_ms > 0 ? row->connect_ms : row->timeout_ms;
    if (row->want == WEB_TIMEOUT)
        cr_expect(play.ms >= patience_ms && play.ms < patience_ms + 500, "%s: %lld ms", row->label,
                  (long long)play.ms);
    else
        cr_expect_lt(play.ms, 3800, "%s: %lld ms", row->label, (long long)play.ms);
    if (row->want == WEB_ANSWERED)
        cr_expect_str_empty(play.peer.failure, "%s: %s", row->label, play.peer.failure);
    cr_expect_eq(play.house.asked, host[0] == '1' ? 0u : 1u, "%s", row->label);
    play_end(&play);
}

Test(web_answers, answers)
{
    for (size_t i = 0; i < COUNT_OF(answer_rows); i++)
        run_answer(&answer_rows[i]);
}

static int64_t retry_after_of(const char *date)
{
    char text[200];
    snprintf(text, sizeof(text),
             "HTTP/1.1 503 Later\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n", date);
    struct play play = {0};
    house_open(&play.house, "127.0.0.0/8");
    const struct peer_step steps[] = {HEAR_IT, {PEER_SEND, text, strlen(text)}, STAY};
    play_peer(&play, steps, NULL, NULL);
    play_start(&play, &a_request, HOST);
    house_run(&play.house);
    int64_t got = play.retry_after_s;
    play_end(&play);
    return got;
}

Test(web_answers, retry_after_date)
{
    char date[64];
    time_t later = time(NULL) + 90;
    struct tm tm;
    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&later, &tm));
    int64_t got = retry_after_of(date);
    cr_expect(got >= 85 && got <= 90, "%lld", (long long)got);
}

/* A Location as long as a URL may be, and one that is longer. */
Test(web_answers, long_location)
{
    for (size_t len = 2048; len <= 2049; len++) {
        struct strbuf text = {0};
        strbuf_adds(&text, "HTTP/1.1 302 Found\r\nLocation: /");
        for (size_t i = 1; i < len; i++)
            strbuf_addc(&text, 'x');
        strbuf_adds(&text, "\r\nContent-Length: 0\r\n\r\n");
        struct play play = {0};
        house_open(&play.house, "127.0.0.0/8");
        const struct peer_step steps[] = {HEAR_IT, {PEER_SEND, text.data, text.len}, STAY};
        play_peer(&play, steps, NULL, NULL);
        play_start(&play, &a_request, HOST);
        house_run(&play.house);
        cr_expect_eq(play.status, 302);
        cr_expect_eq(strlen(play.location), len <= 2048 ? len : strlen("none"), "%zu: %zu", len,
                     strlen(play.location));
        play_end(&play);
        strbuf_free(&text);
    }
}
