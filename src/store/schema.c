/* schema.c - the database's version, and the steps that bring it forward.
 *
 * A step is a file of SQL that creates what is missing, so a crash between a step and its row in
 * schema_version is healed by running it again.  DDL commits by itself in MariaDB and MySQL; there
 * is nothing to roll back.  A program refuses a schema older than it needs or newer than it knows:
 * both would end in half-understood rows. */
#include <stdio.h>

#include "base/xalloc.h"
#include "store/schema.h"

#define STEP(n) extern const char schema_sql_##n[], schema_sql_##n##_end[]
STEP(001);
STEP(002);
STEP(003);
STEP(004);
STEP(005);
STEP(006);
STEP(007);
STEP(008);
STEP(009);
STEP(010);
STEP(011);
STEP(012);
STEP(013);
STEP(014);

/* Step n is row n - 1. */
static const struct {
    const char *sql, *end;
} steps[] = {
    {schema_sql_001, schema_sql_001_end}, {schema_sql_002, schema_sql_002_end},
    {schema_sql_003, schema_sql_003_end}, {schema_sql_004, schema_sql_004_end},
    {schema_sql_005, schema_sql_005_end}, {schema_sql_006, schema_sql_006_end},
    {schema_sql_007, schema_sql_007_end}, {schema_sql_008, schema_sql_008_end},
    {schema_sql_009, schema_sql_009_end}, {schema_sql_010, schema_sql_010_end},
    {schema_sql_011, schema_sql_011_end}, {schema_sql_012, schema_sql_012_end},
    {schema_sql_013, schema_sql_013_end}, {schema_sql_014, schema_sql_014_end},
};

int schema_known(void)
{
    return (int)COUNT_OF(steps);
}

int schema_needed(void)
{
    return (int)COUNT_OF(steps);
}

enum db_status schema_version(struct db *db, int *version)
{
    int64_t tables = 0, applied = 0;
    *version = 0;
    enum db_status status = db_query(db,
                                     "SELECT COUNT(*) FROM information_schema.tables"
                                     " WHERE table_schema = DATABASE()"
                                     " AND table_name = 'schema_version'",
                                     NULL, 0, db_take_int, &tables);
    if (status != DB_OK || tables == 0)
        return status;
    status = db_query(db, "SELECT COALESCE(MAX(version), 0) FROM schema_version", NULL, 0,
                      db_take_int, &applied);
    *version = (int)applied;
    return status;
}

static enum db_status step_record(struct db *db, void *arg)
{
    const struct db_param params[] = {DB_INT(*(int *)arg)};
    enum db_status status =
        db_exec(db, "INSERT INTO schema_version (version, at) VALUES (?, UTC_TIMESTAMP(6))", params,
                1, NULL);
    return status;
}

enum db_status schema_upgrade(struct db *db, int *from, int *to)
{
    static const char table[] = "CREATE TABLE IF NOT EXISTS schema_version ("
                                " version INT UNSIGNED NOT NULL PRIMARY KEY,"
                                " at DATETIME(6) NOT NULL) ENGINE=InnoDB;\n";
    *to = 0;
    enum db_status status = schema_version(db, from);
    if (status != DB_OK)
        return status;
    *to = *from;
    status = db_script(db, table, sizeof(table) - 1);
    while (status == DB_OK && *to < schema_known()) {
        int next = *to + 1;
        status = db_script(db, steps[*to].sql, (size_t)(steps[*to].end - steps[*to].sql));
        if (status == DB_OK)
            status = db_transaction(db, step_record, &next);
        if (status == DB_DUPLICATE) /* another upgrade recorded it first */
            status = DB_OK;
        if (status == DB_OK)
            *to = next;
    }
    return status;
}

bool schema_check(struct db *db, char *why, size_t why_size)
{
    int version = 0;
    if (schema_version(db, &version) != DB_OK)
        snprintf(why, why_size,
                 "%s: check [database] in the settings; `vrfy db init` makes a database",
                 db_why(db));
    else if (version < schema_needed())
        snprintf(why, why_size, "database schema is at version %d, needed is %d: run `vrfy db %s`",
                 version, schema_needed(), version == 0 ? "init" : "upgrade");
    else if (version > schema_known())
        snprintf(why, why_size,
                 "database schema is at version %d, this program knows %d: install the newer vrfy",
                 version, schema_known());
    else
        return true;
    return false;
}
