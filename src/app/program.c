/* program.c - the whole of a cgi-bin main(): options, settings, log, serve.
 *
 * A bad setting stops the start with one line on stderr (the web server's error log) and EX_CONFIG.
 * The database and the network are not touched before the first request. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "app/app_private.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "base/version.h"

enum { OVERRIDES_MAX = 64 };

struct options {
    const char *conf, *listen;
    const char *overrides[OVERRIDES_MAX + 1];
    size_t override_count;
    bool version, bad;
};

static const struct option long_options[] = {
    {"listen", required_argument, NULL, 'l'},
    {"version", no_argument, NULL, 'v'},
    {NULL, 0, NULL, 0},
};

static void take_option(struct options *options, int letter)
{
    switch (letter) {
    case 'c':
        options->conf = optarg;
        break;
    case 'o':
        if (options->override_count < OVERRIDES_MAX)
            options->overrides[options->override_count++] = optarg;
        else
            options->bad = true;
        break;
    case 'l':
        options->listen = optarg;
        break;
    case 'v':
        options->version = true;
        break;
    default:
        options->bad = true;
    }
}

static struct options read_options(int argc, char **argv)
{
    struct options options = {.conf = NULL};
    if (!http_arguments_are_ours())
        return options;
    for (int letter; (letter = getopt_long(argc, argv, "c:o:", long_options, NULL)) != -1;)
        take_option(&options, letter);
    options.bad |= optind < argc;
    return options;
}

/* Signals are blocked by now, so the threads we start leave them to the server. */
static void ready(void *context, bool persistent)
{
    struct app *app = context;
    app->persistent = persistent;
    if (persistent)
        log_start();
    if (app->start != NULL)
        app->start(app);
}

static void stopping(void *context)
{
    struct app *app = context;
    atomic_store(&app->stopping, true);
    if (app->companion != NULL)
        app->companion_stop(app->companion);
}

static int serve(const struct app_program *program, const struct options *options)
{
    struct app app;
    log_open(&log_settings, program->name);
    app_init(&app);
    app.start = program->start;
    const struct http_server server = {.table = program->table,
                                       .settings = &http_settings,
                                       .listen = options->listen,
                                       .context = &app,
                                       .ready = ready,
                                       .stopping = stopping};
    int code = http_serve(&server);
    app_end(&app);
    log_close();
    return code;
}

int app_program_run(const struct app_program *program, int argc, char **argv)
{
    const char *name = program->name;
    const struct options options = read_options(argc, argv);
    if (options.bad) {
        fprintf(stderr,
                "usage: %s.fcgi [-c FILE] [-o section.name=value]... [--listen unix:PATH] "
                "[--version]\n",
                name);
        return EX_USAGE;
    }
    if (options.version) {
        printf("%s.fcgi (vrfy) %s\n", name, VRFY_VERSION);
        return EX_OK;
    }
    char why[512];
    const struct settings_source source = {
        .tables = app_settings_tables, .file = options.conf, .overrides = options.overrides};
    if (!settings_load(&source, why, sizeof(why))) {
        fprintf(stderr, "%s.fcgi: %s\n", name, why);
        return EX_CONFIG;
    }
    int code = serve(program, &options);
    settings_free(app_settings_tables);
    return code;
}

int app_program_main(const char *name, const struct route_table *table, int argc, char **argv)
{
    const struct app_program program = {name, table, NULL};
    return app_program_run(&program, argc, argv);
}
