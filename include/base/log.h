#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/settings.h"

/* One line per event: "PROGRAM[PID] LEVEL: text", time in front when the target is a file.
 * Control characters in the text are replaced, lines are cut at 1,000 bytes.
 *
 * What must never be logged: a local part, an API key, a password, raw SMTP reply text (servers
 * echo the address).  Domains, account ids, request ids and codes are fine.
 *
 * Before log_start every line is written at once by the caller.  After it (programs with a loop
 * thread) lines go through a bounded queue to a writer thread: log calls never block, a full queue
 * drops lines and says how many were dropped. */
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

struct log_settings {
    const char *target; /* stderr | syslog | a file's path */
    int level;
};

extern struct log_settings log_settings;
extern const struct settings_table log_settings_table;

void log_open(const struct log_settings *settings, const char *program);
void log_start(void);  /* starts the writer thread */
void log_reopen(void); /* SIGHUP: opens the file again; safe from any thread */
void log_close(void);  /* writes what is queued, ends the thread */

void log_write(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
