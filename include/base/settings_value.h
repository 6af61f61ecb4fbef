#ifndef BASE_SETTINGS_VALUE_H
#define BASE_SETTINGS_VALUE_H

#include "base/settings.h"
#include "base/strbuf.h"

/* One setting's value, text to field and back.  For settings.c and settings_print.c only. */

/* Checks `text` against the row and stores it in `target`'s field.  A STRING field points to `text`
 * afterwards: it must live as long as the settings.  false: nothing stored, `why` says what is
 * expected. */
bool settings_value_set(const struct setting_row *row, void *target, const char *text, char *why,
                        size_t why_size);

/* Appends the field as settings_value_set would read it; durations in the largest exact unit. */
void settings_value_text(const struct setting_row *row, const void *target, struct strbuf *out);

#endif
