/* Any bytes as a company's name: each form is a DNS label of letters, digits and inner hyphens, and
 * stands there once; and what has a letter or a digit of ASCII and is short is never without one.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "find/company.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_label(const char *label)
{
    size_t len = strlen(label);
    assert(len > 0 && len < COMPANY_FORM_SIZE);
    assert(label[strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0');
    assert(label[0] != '-' && label[len - 1] != '-' && strstr(label, "--") == NULL);
}

static bool has_alnum(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((data[i] >= '0' && data[i] <= '9') || (data[i] >= 'a' && data[i] <= 'z') ||
            (data[i] >= 'A' && data[i] <= 'Z'))
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char forms[COMPANY_FORMS_MAX][COMPANY_FORM_SIZE];
    size_t count = company_forms((const char *)data, size, forms);
    assert(count <= COMPANY_FORMS_MAX);
    for (size_t i = 0; i < count; i++) {
        check_label(forms[i]);
        for (size_t k = 0; k < i; k++)
            assert(strcmp(forms[i], forms[k]) != 0);
    }
    assert(count > 0 || size > 16 || !has_alnum(data, size));
    return 0;
}
