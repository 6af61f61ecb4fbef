#ifndef MODEL_DIALECTS_H
#define MODEL_DIALECTS_H

/* Every dialect, once: its name (in purse, plan and paths), and what its keys begin with.  Each
 * comes with data/openapi/NAME.json, of which openapi_NAME tells.  For the preprocessor only, so
 * that assembly may read it, too. */
#define DIALECTS(DIALECT)   \
    DIALECT(cascade, "cv_") \
    DIALECT(ev, "ev_live_") \
    DIALECT(validmail, "vm_")

/* Those that know lists of addresses: NAME_ops (dialect_ops.h). */
#define DIALECTS_WITH_LISTS(DIALECT) \
    DIALECT(cascade)                 \
    DIALECT(ev)

#endif
