/* test_person.c - names as people write them. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/xalloc.h"
#include "find/person.h"

static const struct {
    const char *label, *first, *last, *domain;
    struct person want;
} rows[] = {
    {"plain", "John", "Doe", "x.com", {"john", "doe", "", ""}},
    {"spaces", "  John ", " Doe  ", "x.com", {"john", "doe", "", ""}},
    {"irish", "Sean", "O'Brien", "x.com", {"sean", "obrien", "", ""}},
    {"irish, typographic", "Seán", "O’Brien", "x.com", {"sean", "obrien", "", ""}},
    {"irish, apart", "Sean", "O’ Brien", "x.com", {"sean", "obrien", "", ""}},
    {"italian", "Raffaella", "D'Angelo", "x.it", {"raffaella", "dangelo", "", ""}},
    {"italian, grave", "Susanna", "Dell`Acqua", "x.it", {"susanna", "dellacqua", "", ""}},
    {"dutch", "Jan", "van der Berg", "x.nl", {"jan", "van der berg", "", ""}},
    {"spanish", "Penélope", "de la Cruz", "x.es", {"penelope", "de la cruz", "", ""}},
    {"spanish, two", "María José", "García López", "x.es", {"maria jose", "garcia lopez", "", ""}},
    {"noble", "Johann Wolfgang", "von Goethe", "x.com", {"johann wolfgang", "von goethe", "", ""}},
    {"arabic", "Omar", "Al-Rashid", "x.ae", {"omar", "al-rashid", "", ""}},
    {"french", "Jean-Pierre", "Dupont", "x.fr", {"jean-pierre", "dupont", "", ""}},
    {"french, dash", "Jean–Pierre", "Dupont", "x.fr", {"jean-pierre", "dupont", "", ""}},
    {"hyphens outside", "-Jean--Pierre-", "Dupont -", "x.fr", {"jean-pierre", "dupont", "", ""}},
    {"two given", "Mary Jane", "Watson", "x.com", {"mary jane", "watson", "", ""}},
    {"middle initial", "John F.", "Kennedy", "x.com", {"john", "kennedy", "", ""}},
    {"middle initials", "Robert J. K.", "Roe", "x.com", {"robert", "roe", "", ""}},
    {"initial first", "J. Edgar", "Hoover", "x.com", {"j edgar", "hoover", "", ""}},
    {"initials apart", "J. R.", "Ewing", "x.com", {"j r", "ewing", "", ""}},
    {"last name with a letter", "Malcolm", "Little X", "x.com", {"malcolm", "little x", "", ""}},
    {"initials", "J.R.R.", "Tolkien", "x.com", {"jrr", "tolkien", "", ""}},
    {"initials like a suffix", "J.R.", "Ewing", "x.com", {"jr", "ewing", "", ""}},
    {"doctor", "Dr. John", "Doe", "x.com", {"john", "doe", "", ""}},
    {"doctor without space", "Dr.John", "Doe", "x.com", {"john", "doe", "", ""}},
    {"many titles", "Prof. Dr. med. Dr. h.c. Hans", "Meyer", "x.com", {"hans", "meyer", "", ""}},
    {"engineer", "Dipl.-Ing. Karl", "Huber", "x.at", {"karl", "huber", "", ""}},
    {"doctor of medicine is no med alone", "Med", "Hondo", "x.com", {"med", "hondo", "", ""}},
    {"mr", "Mr John", "Doe", "x.com", {"john", "doe", "", ""}},
    {"mrs in the last name", "Jane", "Mrs. Doe", "x.com", {"jane", "doe", "", ""}},
    {"junior", "Robert", "Downey Jr.", "x.com", {"robert", "downey", "", ""}},
    {"junior, comma", "Robert", "Downey, Jr.", "x.com", {"robert", "downey", "", ""}},
    {"the third", "Loudon", "Wainwright III", "x.com", {"loudon", "wainwright", "", ""}},
    {"degrees", "Jane", "Doe, PhD, MBA", "x.com", {"jane", "doe", "", ""}},
    {"degrees with dots", "Jane", "Doe Ph.D., M.Sc.", "x.com", {"jane", "doe", "", ""}},
    {"short degrees", "Jane", "Doe, BA MA", "x.com", {"jane", "doe", "", ""}},
    {"Ma is a name", "Jack", "Ma", "x.cn", {"jack", "ma", "", ""}},
    {"Ma without comma", "Yo-Yo", "Tan Ma", "x.cn", {"yo-yo", "tan ma", "", ""}},
    {"Sir is a name", "John", "Sir", "x.com", {"john", "sir", "", ""}},
    {"title alone", "Dr.", "Who", "x.com", {"dr", "who", "", ""}},
    {"suffix alone", "John", "Jr.", "x.com", {"john", "jr", "", ""}},
    {"only titles", "Dr. Prof.", "Mr. PhD", "x.com", {"prof", "phd", "", ""}},
    {"Earl is a name", "Earl", "Grey", "x.com", {"earl", "grey", "", ""}},
    {"nickname", "William \"Bill\"", "Gates", "x.com", {"william", "gates", "", ""}},
    {"maiden name", "Jane (Janie)", "Doe (née Roe)", "x.com", {"jane", "doe", "", ""}},
    {"only an aside", "(Bill)", "Gates", "x.com", {"bill", "gates", "", ""}},
    {"last, first is not guessed", "", "Doe, John", "x.com", {"", "doe john", "", ""}},
    {"german elsewhere", "Jürgen", "Müller", "x.com", {"jurgen", "muller", "juergen", "mueller"}},
    {"german at home", "Jürgen", "Müller", "x.de", {"juergen", "mueller", "jurgen", "muller"}},
    {"capitals of the domain", "Jörg", "Weiß", "X.AT", {"joerg", "weiss", "jorg", ""}},
    {"swiss", "Urs", "Zürcher", "x.ch", {"urs", "zuercher", "", "zurcher"}},
    {"no country", "Urs", "Zürcher", "de", {"urs", "zurcher", "", "zuercher"}},
    {"danish", "Søren", "Ågård", "x.dk", {"soren", "agard", "soeren", "aagaard"}},
    {"polish", "Łukasz", "Święcicki", "x.pl", {"lukasz", "swiecicki", "", ""}},
    {"czech", "Jiří", "Dvořák", "x.cz", {"jiri", "dvorak", "", ""}},
    {"hungarian", "Győző", "Szűcs", "x.hu", {"gyozo", "szucs", "", ""}},
    {"turkish", "İlker", "Yıldız", "x.tr", {"ilker", "yildiz", "", ""}},
    {"vietnamese", "Văn Đức", "Nguyễn", "x.vn", {"van duc", "nguyen", "", ""}},
    {"portuguese", "João", "dos Santos", "x.pt", {"joao", "dos santos", "", ""}},
    {"icelandic", "Björk", "Guðmundsdóttir", "x.is", {"bjork", "gudmundsdottir", "bjoerk", ""}},
    {"russian", "Дмитрий", "Щукин", "x.ru", {"dmitry", "shchukin", "", ""}},
    {"ukrainian", "Сергій", "Шевченко", "x.ua", {"serhiy", "shevchenko", "", ""}},
    {"ukrainian, told by the other name",
     "Володимир",
     "Зеленський",
     "x.ua",
     {"volodymyr", "zelenskyy", "", ""}},
    {"greek", "Γιώργος", "Παπαδόπουλος", "x.gr", {"giorgos", "papadopoulos", "", ""}},
    {"chinese", "小明", "张", "x.cn", {"xiaoming", "zhang", "", ""}},
    {"korean", "민수", "김", "x.kr", {"minsu", "gim", "", ""}},
    {"single letter", "X", "Y", "x.com", {"x", "y", "", ""}},
    {"empty", "", "", "x.com", {"", "", "", ""}},
    {"only last", "", "Madonna", "x.com", {"", "madonna", "", ""}},
    {"digits", "12345", "007", "x.com", {"", "", "", ""}},
    {"digits in a name", "R2-D2", "Model 3", "x.com", {"r2-d2", "model 3", "", ""}},
    {"punctuation", "...", "-'-,;!?@", "x.com", {"", "", "", ""}},
    {"an address", "john@doe.com", "", "x.com", {"john doe com", "", "", ""}},
    {"line ends", "John\r\n", "Doe\tX", "x.com", {"john", "doe x", "", ""}},
    {"emoji", "😀", "Doe 🎉", "x.com", {"", "doe", "", ""}},
    {"no utf-8", "J\xFFohn", "\xC3", "x.com", {"john", "", "", ""}},
};

Test(person, table)
{
    struct person got;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct person *want = &rows[i].want;
        person_of(rows[i].first, strlen(rows[i].first), rows[i].last, strlen(rows[i].last),
                  rows[i].domain, &got);
        cr_expect_str_eq(got.first, want->first, "%s: first \"%s\"", rows[i].label, got.first);
        cr_expect_str_eq(got.last, want->last, "%s: last \"%s\"", rows[i].label, got.last);
        cr_expect_str_eq(got.other_first, want->other_first, "%s: other first \"%s\"",
                         rows[i].label, got.other_first);
        cr_expect_str_eq(got.other_last, want->other_last, "%s: other last \"%s\"", rows[i].label,
                         got.other_last);
    }
}

Test(person, long_names_are_cut)
{
    enum { SIZE = 10000 };
    static char one[SIZE + 1], many[SIZE + 1];
    struct person got;
    memset(one, 'a', SIZE);
    for (size_t i = 0; i + 5 <= SIZE; i += 5)
        memcpy(many + i, "abcd ", 5);
    person_of(one, SIZE, many, SIZE, "x.com", &got);
    cr_expect(strlen(got.first) == PERSON_NAME_SIZE - 1 && strspn(got.first, "a") == 64);
    cr_expect(strlen(got.last) == 64 && strncmp(got.last + 55, "abcd abcd", 9) == 0,
              "\"%s\": whole words", got.last);
    person_of("al\0bo", 5, "\0", 1, "x.com", &got);
    cr_expect_str_eq(got.first, "al bo");
    cr_expect_str_eq(got.last, "");
}
