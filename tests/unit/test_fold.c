/* test_fold.c - text of any script as plain lower-case ASCII. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>

#include "base/xalloc.h"
#include "find/fold.h"

static const struct {
    const char *label, *text, *plain, *german;
} rows[] = {
    {"nothing", "", "", NULL},
    {"ascii", "Jane O'Brien-Doe", "jane o'brien-doe", NULL},
    {"polish", "Łukasz Żółć", "lukasz zolc", NULL},
    {"german", "Jürgen Müller-Größe", "jurgen muller-grosse", "juergen mueller-groesse"},
    {"german, capitals", "ÄÖÜẞ", "aouss", "aeoeuess"},
    {"german, marks apart", "Mu\xCC\x88ller", "muller", "mueller"},
    {"danish", "Søren Kierkegård", "soren kierkegard", "soeren kierkegaard"},
    {"danish ae", "Ægir", "aegir", NULL},
    {"icelandic", "Þór Guðmundsson", "thor gudmundsson", NULL},
    {"french", "François Lefèvre Œuvré", "francois lefevre oeuvre", NULL},
    {"spanish", "José Muñoz", "jose munoz", NULL},
    {"catalan", "Gal·la", "galla", NULL},
    {"turkish", "İbrahim Işık Çağrı", "ibrahim isik cagri", NULL},
    {"romanian", "Ștefan Țiriac", "stefan tiriac", NULL},
    {"czech", "Dvořák Jiří", "dvorak jiri", NULL},
    {"hungarian", "Erdős Győző", "erdos gyozo", NULL},
    {"vietnamese", "Nguyễn Văn Đức", "nguyen van duc", NULL},
    {"russian", "Иванов", "ivanov", NULL},
    {"russian shch", "Щукин", "shchukin", NULL},
    {"russian e", "Елена Андреева", "elena andreeva", NULL},
    {"russian endings", "Дмитрий Чайковский", "dmitry chaykovsky", NULL},
    {"russian -ia", "Мария Соловьёва", "maria solovyeva", NULL},
    {"russian signs", "Игорь Дарья Съездов", "igor darya sezdov", NULL},
    {"ukrainian", "Володимир Зеленський", "volodymyr zelenskyy", NULL},
    {"ukrainian g", "Сергій Григоренко", "serhiy hryhorenko", NULL},
    {"belarusian", "Васіль Быкаў", "vasil bykaw", NULL},
    {"serbian", "Ђорђе Љубишић Јовановић", "dorde ljubisic jovanovic", NULL},
    {"macedonian", "Ѓорѓи Ќосев", "gorgi kosev", NULL},
    {"greek", "Γιώργος Παπαδόπουλος", "giorgos papadopoulos", NULL},
    {"greek clusters", "Ευάγγελος Γκίκας Χρήστος", "evangelos gkikas christos", NULL},
    {"chinese", "张伟 小明", "zhangwei xiaoming", NULL},
    {"chinese surname", "曾国藩", "zengguofan", NULL},
    {"japanese kana", "トヨタ さくら", "toyota sakura", NULL},
    {"korean", "김민수", "gimminsu", NULL},
    {"arabic has no vowels", "محمد", "mhmd", NULL},
    {"georgian", "გიორგი", "giorgi", NULL},
    {"hindi", "राहुल", "rahula", NULL},
    {"apostrophes", "O’Brien D´Angelo Dell`Acqua Oʼ", "o'brien d'angelo dell'acqua o'", NULL},
    {"dashes", "a–b—c‐d‑e", "a-b-c-d-e", NULL},
    {"wide", "Ｊｏｈｎ　Ｄｏｅ", "john doe", NULL},
    {"ligature", "ﬁsh", "fish", NULL},
    {"trade mark", "Acme™ ®", "acme ", NULL},
    {"no-break space", "a\xC2\xA0z", "a z", NULL},
    {"emoji", "Jane 😀 Doe", "jane  doe", NULL},
    {"control",
     "a\tb\nc\x7F"
     "d",
     "a b c d", NULL},
    {"control beside marks", "é\tb\x01", "e b ", NULL},
    {"no utf-8", "J\xFF\xC3rgen", "jrgen", NULL},
    {"no utf-8 alone", "\xFF", "", NULL},
    {"punctuation", "A&B (é) 50%", "a&b (e) 50%", NULL},
};

Test(fold, table)
{
    char out[128];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *german = rows[i].german != NULL ? rows[i].german : rows[i].plain;
        size_t len = fold_ascii(rows[i].text, strlen(rows[i].text), FOLD_PLAIN, out, sizeof(out));
        cr_expect_str_eq(out, rows[i].plain, "%s: \"%s\"", rows[i].label, out);
        cr_expect_eq(len, strlen(out));
        fold_ascii(rows[i].text, strlen(rows[i].text), FOLD_GERMAN, out, sizeof(out));
        cr_expect_str_eq(out, german, "%s, german: \"%s\"", rows[i].label, out);
    }
}

Test(fold, nul_is_a_space_and_is_cut)
{
    char out[8];
    cr_expect_eq(fold_ascii("a\0\xC3\xA9", 4, FOLD_PLAIN, out, sizeof(out)), 3);
    cr_expect_str_eq(out, "a e");
    cr_expect_eq(fold_ascii("abcdefghijk", 11, FOLD_PLAIN, out, sizeof(out)), 7);
    cr_expect_str_eq(out, "abcdefg");
    cr_expect_eq(fold_ascii("ßßßßßß", 12, FOLD_PLAIN, out, sizeof(out)), 7);
    cr_expect_str_eq(out, "sssssss");
    cr_expect_eq(fold_ascii("é", 2, FOLD_PLAIN, out, 1), 0);
}

/* A megabyte without a space: only so much of it is read, and it is done. */
Test(fold, long_text)
{
    enum { SIZE = 1 << 20 };
    char *text = x_malloc(SIZE), *out = x_malloc(SIZE);
    for (size_t i = 0; i + 1 < SIZE; i += 2)
        memcpy(text + i, "щ", 2);
    size_t len = fold_ascii(text, SIZE, FOLD_PLAIN, out, SIZE);
    cr_expect(len > 1000 && len < 200000 && strncmp(out, "shchshch", 8) == 0);
    free(text);
    free(out);
}

static void *fold_often(void *arg)
{
    size_t *wrong = arg;
    char out[64];
    for (int i = 0; i < 200; i++) {
        fold_ascii("Щукин Müller", strlen("Щукин Müller"), FOLD_GERMAN, out, sizeof(out));
        *wrong += strcmp(out, "shchukin mueller") != 0;
    }
    return NULL;
}

Test(fold, threads)
{
    pthread_t threads[4];
    size_t wrong[COUNT_OF(threads)] = {0};
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, fold_often, &wrong[i]), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        pthread_join(threads[i], NULL);
        cr_expect_eq(wrong[i], 0);
    }
}
