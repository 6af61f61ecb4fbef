/* cascade_upload.c - action=upload: a file in, in any of three ways.
 *
 * Multipart with the file in a field `csv` (`file` is understood too), one and no more, or the file
 * itself as a text/csv or text/plain body.  It goes through a buffer of BUFFER bytes into the
 * database; nothing is charged.  What breaks off or cannot be read leaves nothing behind.
 *
 * Because it is free, an account may have only so many lists that it has not processed, cancelled
 * ones among them.  They are counted before the body is read, so uploads that run at the same time
 * may be a few too many. */
#include <string.h>

#include "account/account.h"
#include "app/app.h"
#include "app/bulk_list.h"
#include "app/cascade_bulk.h"
#include "app/cascade_gate.h"
#include "base/log.h"
#include "http/multipart.h"
#include "jobs/bulk_settings.h"
#include "jobs/upload.h"

enum { BUFFER = 64 * 1024 };

struct intake {
    struct db_pool *pool;
    uint64_t purse_id;
    struct upload *upload; /* NULL: no file has come yet */
    bool in_file;
    const char *why; /* the parts themselves are wrong */
};

static void begin_file(struct intake *intake, const char *filename)
{
    intake->upload =
        upload_new(intake->pool, intake->purse_id, "cascade", filename, bulk_settings.max_rows);
    intake->in_file = true;
}

/* ---- multipart ---- */

static bool on_part(const struct multipart_part *part, void *arg)
{
    struct intake *intake = arg;
    bool file = strcmp(part->name, "csv") == 0 || strcmp(part->name, "file") == 0;
    bool left_empty = part->filename != NULL && part->filename[0] == '\0'; /* in a form */
    if (!file || left_empty)
        return true;
    if (intake->upload != NULL) {
        intake->why = "Send one file only";
        return false;
    }
    begin_file(intake, part->filename);
    return true;
}

static bool on_data(const char *data, size_t len, void *arg)
{
    struct intake *intake = arg;
    return !intake->in_file || upload_feed(intake->upload, data, len);
}

static bool on_end(void *arg)
{
    struct intake *intake = arg;
    intake->in_file = false;
    return true;
}

/* ---- from the request into the intake ---- */

/* NULL: all of it went in, or the upload itself knows why not. */
static const char *read_multipart(struct http_request *request, struct intake *intake, char *buffer)
{
    static const struct multipart_events events = {on_part, on_data, on_end};
    const char *why = NULL;
    int64_t got = 0;
    struct multipart *multipart = multipart_new(request->content_type, &events, intake, &why);
    if (multipart == NULL)
        return why;
    bool fine = true;
    while (fine && (got = http_body_read(request, buffer, BUFFER)) > 0)
        fine = multipart_feed(multipart, buffer, (size_t)got);
    if (got < 0)
        why = "The request body ended early";
    else if (!(fine && multipart_finish(multipart)) && multipart_why(multipart)[0] != '\0')
        why = arena_strdup(request->arena, multipart_why(multipart));
    else
        why = intake->why;
    multipart_free(&multipart);
    return why;
}

static const char *read_plain(struct http_request *request, struct intake *intake, char *buffer)
{
    int64_t got;
    const struct http_field *name = NULL;
    for (size_t i = 0; i < request->query.count; i++)
        if (strcmp(request->query.list[i].name, "filename") == 0)
            name = &request->query.list[i];
    begin_file(intake, name != NULL ? name->value : NULL);
    bool fine = true;
    while (fine && (got = http_body_read(request, buffer, BUFFER)) > 0)
        fine = upload_feed(intake->upload, buffer, (size_t)got);
    return fine && got < 0 ? "The request body ended early" : NULL;
}

static void answer(struct http_exchange *exchange, struct intake *intake)
{
    struct job job;
    struct cascade_list list;
    char id[STORE_ID_TEXT];
    switch (upload_finish(intake->upload, &job)) {
    case UPLOAD_OK:
        cascade_list_of(&job, id, &list);
        exchange->response->status = 200;
        cascade_render_uploaded(&exchange->response->body, &list, cascade_balance(exchange));
        break;
    case UPLOAD_BAD:
        cascade_error(exchange, 400, upload_why(intake->upload));
        break;
    case UPLOAD_EMPTY:
        cascade_error(exchange, 400, "No email addresses found in the file");
        break;
    case UPLOAD_FAILED:
        cascade_answer_error(exchange, 500, CASCADE_SERVER_ERROR, -1);
        break;
    }
}

/* false: it has answered why not. */
static bool may_upload(struct http_exchange *exchange)
{
    const struct caller *caller = exchange->found;
    int64_t waiting = 0;
    if (!bulk_count_unpaid(exchange->context, caller->purse_id, &waiting))
        cascade_answer_error(exchange, 500, CASCADE_SERVER_ERROR, -1);
    else if (waiting >= bulk_settings.max_waiting_lists)
        cascade_error(exchange, 409,
                      "Too many batches wait to be processed; process or delete some first");
    else
        return true;
    return false;
}

void cascade_upload(struct http_exchange *exchange)
{
    static const char how[] =
        "Send the file as a multipart field named csv, or as a body of type text/csv";
    struct http_request *request = exchange->request;
    const struct caller *caller = exchange->found;
    struct intake intake = {.pool = app_db(exchange->context), .purse_id = caller->purse_id};
    if (!request->body_streams) {
        cascade_error(exchange, 400, how);
        return;
    }
    if (!may_upload(exchange))
        return;
    char *buffer = arena_alloc(request->arena, BUFFER);
    bool multipart = request->body_kind == HTTP_BODY_MULTIPART;
    const char *why =
        multipart ? read_multipart(request, &intake, buffer) : read_plain(request, &intake, buffer);
    if (why == NULL && intake.upload == NULL)
        why = how;
    if (why != NULL)
        cascade_error(exchange, 400, why);
    else
        answer(exchange, &intake);
    upload_free(&intake.upload);
}
