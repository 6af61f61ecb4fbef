/* Any bytes as a page: what is found is one of those asked about; somebody who stands at the end is
 * found unless another stands before; and nobody is found where no "@" can come from. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "find/evidence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct candidate people[] = {{.local = "john.doe"},
                                          {.pattern = 1, .local = "jdoe"},
                                          {.pattern = 2, .local = "j"},
                                          {.pattern = 3, .local = "o'neil"}};

static int in_page(const char *page, size_t len)
{
    return evidence_in_page(page, len, "acme.com", people, COUNT_OF(people));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *page = (const char *)data;
    int found = in_page(page, size);
    assert(found >= -1 && found < (int)COUNT_OF(people));
    if (memchr(page, '@', size) == NULL && memchr(page, '&', size) == NULL &&
        memchr(page, '%', size) == NULL)
        assert(found == -1);
    if (found >= 0) /* alone it is found, too */
        assert(evidence_in_page(page, size, "acme.com", &people[found], 1) == 0);
    for (size_t i = 0; i < COUNT_OF(people); i++) {
        struct strbuf longer = {0};
        if (size > 0)
            strbuf_add(&longer, page, size);
        strbuf_printf(&longer, " %s@acme.com ", people[i].local);
        assert(in_page(longer.data, longer.len) == (found >= 0 ? found : (int)i));
        strbuf_free(&longer);
    }
    return 0;
}
