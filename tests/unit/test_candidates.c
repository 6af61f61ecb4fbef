/* test_candidates.c - which local parts a person may have. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/xalloc.h"
#include "find/candidates.h"
#include "verify/syntax.h"

/* The whole order for some, joined by spaces; a variant's text in brackets with its number. */
static const struct {
    const char *label;
    struct person person;
    const char *want;
} orders[] = {
    {"plain",
     {"john", "doe", "", ""},
     "john.doe jdoe john j.doe johnd doe doe.john john_doe johndoe doej john-doe john.d"},
    {"only first", {"cher", "", "", ""}, "cher"},
    {"only last", {"", "madonna", "", ""}, "madonna"},
    {"nobody", {"", "", "", ""}, ""},
    {"one letter each", {"x", "y", "", ""}, "x.y xy x y y.x x_y yx x-y y_x"},
    {"german at home",
     {"juergen", "mueller", "jurgen", "muller"},
     "juergen.mueller jmueller juergen j.mueller [1]jurgen.muller [1]jmuller juergenm mueller "
     "mueller.juergen juergen_mueller juergenmueller muellerj"},
    {"french",
     {"jean-pierre", "dupont", "", ""},
     "jean-pierre.dupont jdupont jean-pierre j.dupont [2]jean.dupont [3]jeanpierre.dupont "
     "[4]jpdupont [2]jean jean-pierred dupont dupont.jean-pierre jean-pierre_dupont"},
    {"two given",
     {"mary jane", "watson", "", ""},
     "maryjane.watson mwatson maryjane m.watson [2]mary.watson [4]mjwatson [2]mary maryjanew "
     "watson watson.maryjane maryjane_watson maryjanewatson"},
    {"dutch",
     {"jan", "van der berg", "", ""},
     "jan.vanderberg jvanderberg jan j.vanderberg [2]jan.berg [2]jberg janv vanderberg "
     "vanderberg.jan jan_vanderberg janvanderberg vanderbergj"},
    {"arabic",
     {"omar", "al-rashid", "", ""},
     "omar.al-rashid oal-rashid omar o.al-rashid [2]omar.rashid [2]orashid [3]omar.alrashid "
     "[3]oalrashid omara al-rashid al-rashid.omar omar_al-rashid"},
    {"spanish",
     {"maria jose", "garcia lopez", "", ""},
     "mariajose.garcialopez mgarcialopez mariajose m.garcialopez [2]maria.garcia [2]mgarcia "
     "[4]mjgarcialopez [2]maria mariajoseg garcialopez garcialopez.mariajose "
     "mariajose_garcialopez"},
    {"everything at once",
     {"hans-juergen", "von mueller-luedenscheidt", "hans-jurgen", "von muller-ludenscheidt"},
     "hans-juergen.vonmueller-luedenscheidt hvonmueller-luedenscheidt hans-juergen "
     "h.vonmueller-luedenscheidt [1]hans-jurgen.vonmuller-ludenscheidt [2]hans.mueller "
     "[1]hvonmuller-ludenscheidt [2]hmueller hans-juergenv vonmueller-luedenscheidt "
     "vonmueller-luedenscheidt.hans-juergen hans-juergen_vonmueller-luedenscheidt"},
};

static void write_order(const struct person *person, const int *first, size_t first_count,
                        size_t max, char *out, size_t size)
{
    struct candidate list[CANDIDATES_MAX];
    size_t count = candidates_of(person, first, first_count, max, list), len = 0;
    *out = '\0';
    for (size_t i = 0; i < count; i++) {
        char mark[16] = "";
        if (list[i].variant != VARIANT_NONE)
            snprintf(mark, sizeof(mark), "[%d]", (int)list[i].variant);
        len += (size_t)snprintf(out + len, size - len, "%s%s%s", i > 0 ? " " : "", mark,
                                list[i].local);
    }
}

Test(candidates, orders)
{
    char got[2048];
    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        write_order(&orders[i].person, NULL, 0, CANDIDATES_MAX, got, sizeof(got));
        cr_expect_str_eq(got, orders[i].want, "%s:\n%s", orders[i].label, got);
    }
}

/* Each pattern by its name, as clients see it. */
static const struct {
    const char *name, *want;
} names[] = {
    {"first.last", "jane.doe"},
    {"flast", "jdoe"},
    {"first", "jane"},
    {"f.last", "j.doe"},
    {"firstl", "janed"},
    {"last", "doe"},
    {"last.first", "doe.jane"},
    {"first_last", "jane_doe"},
    {"firstlast", "janedoe"},
    {"lastf", "doej"},
    {"first-last", "jane-doe"},
    {"first.l", "jane.d"},
    {"fl", "jd"},
    {"last.f", "doe.j"},
    {"l.first", "d.jane"},
    {"lfirst", "djane"},
    {"last_first", "doe_jane"},
    {"lastfirst", "doejane"},
    {"f_last", "j_doe"},
    {"f-last", "j-doe"},
};

Test(candidates, names_of_patterns)
{
    const struct person jane = {"jane", "doe", "", ""};
    char local[CANDIDATE_SIZE];
    cr_assert_eq(pattern_count(), (int)COUNT_OF(names));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        int pattern = pattern_find(names[i].name);
        cr_assert_geq(pattern, 0, "%s", names[i].name);
        cr_expect_str_eq(pattern_name(pattern), names[i].name);
        cr_expect(candidate_by(&jane, pattern, local));
        cr_expect_str_eq(local, names[i].want, "%s: %s", names[i].name, local);
    }
    cr_expect_eq(pattern_find("first.last "), -1);
    cr_expect_eq(pattern_find(""), -1);
    static const char *const begins[] = {"first.last", "flast", "first",      "f.last",
                                         "firstl",     "last",  "last.first", "first_last"};
    for (size_t i = 0; i < COUNT_OF(begins); i++)
        cr_expect_eq(pattern_find(begins[i]), (int)i, "%s", begins[i]);
}

Test(candidates, known_patterns_come_first)
{
    const struct person umlaut = {"jorg", "muller", "joerg", "mueller"};
    const struct person jane = {"jane", "doe", "", ""};
    char got[1024];
    int known[] = {pattern_find("last.f"), pattern_find("f.last"), pattern_find("last.f"), -1, 99};
    write_order(&jane, known, COUNT_OF(known), 5, got, sizeof(got));
    cr_expect_str_eq(got, "doe.j j.doe jane.doe jdoe jane", "%s", got);
    write_order(&umlaut, known, 2, 6, got, sizeof(got));
    cr_expect_str_eq(got, "muller.j j.muller [1]mueller.j [1]j.mueller jorg.muller jmuller", "%s",
                     got);
    write_order(&jane, NULL, 0, 0, got, sizeof(got));
    cr_expect_str_eq(got, "");
}

Test(candidates, what_is_too_long_is_none)
{
    struct person person = {"", "", "", ""};
    char local[CANDIDATE_SIZE];
    memset(person.first, 'a', 32);
    memset(person.last, 'b', 32);
    cr_expect_not(candidate_by(&person, pattern_find("first.last"), local));
    cr_expect(candidate_by(&person, pattern_find("firstlast"), local) && strlen(local) == 64);
    cr_expect(candidate_by(&person, pattern_find("flast"), local) && strlen(local) == 33);
    memset(person.last, 'b', 64);
    cr_expect_not(candidate_by(&person, pattern_find("flast"), local));
    cr_expect(candidate_by(&person, pattern_find("last"), local) && strlen(local) == 64);
}

/* Names as they come out of person_of, of many countries, and what one pattern makes of them. */
static const struct {
    const char *first, *last, *pattern, *domain, *want;
} people[] = {
    {"John", "Doe", "first.last", "x.com", "john.doe"},
    {"Siobhán", "O’Sullivan", "first.last", "x.ie", "siobhan.osullivan"},
    {"Conan", "O'Brien", "flast", "x.com", "cobrien"},
    {"Ewan", "McGregor", "f.last", "x.uk", "e.mcgregor"},
    {"Helena", "Bonham Carter", "first.last", "x.uk", "helena.bonhamcarter"},
    {"Kristin", "Scott-Thomas", "first.last", "x.uk", "kristin.scott-thomas"},
    {"Ludwig", "van Beethoven", "flast", "x.at", "lvanbeethoven"},
    {"Jürgen", "Klinsmann", "first", "x.de", "juergen"},
    {"Jürgen", "Klinsmann", "first", "x.com", "jurgen"},
    {"Günter", "Graß", "first.last", "x.de", "guenter.grass"},
    {"Ursula", "von der Leyen", "first.last", "x.eu", "ursula.vonderleyen"},
    {"Øystein", "Ødegård", "first.last", "x.no", "oystein.odegard"},
    {"Åsa", "Öberg", "first.last", "x.se", "asa.oberg"},
    {"Zlatan", "Ibrahimović", "flast", "x.se", "zibrahimovic"},
    {"Sigríður", "Þorsteinsdóttir", "first", "x.is", "sigridur"},
    {"Väinö", "Linna", "first.last", "x.fi", "vaino.linna"},
    {"Jean-Luc", "Mélenchon", "first.last", "x.fr", "jean-luc.melenchon"},
    {"Valéry", "Giscard d'Estaing", "flast", "x.fr", "vgiscarddestaing"},
    {"Françoise", "Hardy", "first_last", "x.fr", "francoise_hardy"},
    {"José Luis", "Rodríguez Zapatero", "last", "x.es", "rodriguezzapatero"},
    {"Íñigo", "Errejón", "firstl", "x.es", "inigoe"},
    {"João", "da Silva", "first.last", "x.br", "joao.dasilva"},
    {"Conceição", "Gonçalves", "first.last", "x.pt", "conceicao.goncalves"},
    {"Niccolò", "Machiavelli", "last.first", "x.it", "machiavelli.niccolo"},
    {"Gabriele", "D’Annunzio", "first.last", "x.it", "gabriele.dannunzio"},
    {"Giuseppe", "Dalla Chiesa", "f.last", "x.it", "g.dallachiesa"},
    {"Łukasz", "Piszczek", "first.last", "x.pl", "lukasz.piszczek"},
    {"Małgorzata", "Święcka-Żółć", "flast", "x.pl", "mswiecka-zolc"},
    {"Václav", "Havel", "first.last", "x.cz", "vaclav.havel"},
    {"Ľudovít", "Štúr", "lastf", "x.sk", "sturl"},
    {"László", "Krasznahorkai", "last.first", "x.hu", "krasznahorkai.laszlo"},
    {"Ștefan", "cel Mare", "first.last", "x.ro", "stefan.celmare"},
    {"Đorđe", "Balašević", "first.last", "x.rs", "dorde.balasevic"},
    {"Mehmet Şükrü", "Çağlar", "first.last", "x.tr", "mehmetsukru.caglar"},
    {"Иван", "Иванов", "first.last", "x.ru", "ivan.ivanov"},
    {"Юрий", "Щукин", "flast", "x.ru", "yshchukin"},
    {"Наталія", "Жук", "first.last", "x.ua", "nataliya.zhuk"},
    {"Γιάννης", "Χατζηδάκης", "first.last", "x.gr", "giannis.chatzidakis"},
    {"明", "李", "first.last", "x.cn", "ming.li"},
    {"Xiao Ming", "Zhang", "first.last", "x.cn", "xiaoming.zhang"},
    {"Min-su", "Kim", "first.last", "x.kr", "min-su.kim"},
    {"さくら", "はなだ", "first.last", "x.jp", "sakura.hanada"},
    {"Thị Hương", "Trần", "first.last", "x.vn", "thihuong.tran"},
    {"A. P. J. Abdul", "Kalam", "firstl", "x.in", "apjabdulk"},
    {"Md. Rafiq", "Islam", "first.last", "x.bd", "mdrafiq.islam"},
    {"Abdullah", "bin Salman", "first.last", "x.sa", "abdullah.binsalman"},
    {"Nawal", "El Saadawi", "f.last", "x.eg", "n.elsaadawi"},
    {"გიორგი", "მელიქიშვილი", "first", "x.ge", "giorgi"},
    {"Արամ", "Խաչատրյան", "first", "x.am", "aram"},
    {"Ngũgĩ", "wa Thiong'o", "first.last", "x.ke", "ngugi.wathiongo"},
    {"Lupita", "Nyong’o", "flast", "x.ke", "lnyongo"},
    {"Kanaʻi", "Kealoha", "first", "x.us", "kanai"},
    {"Dr. Maria", "Montessori", "first.last", "x.it", "maria.montessori"},
    {"Martin Luther", "King, Jr.", "first.last", "x.org", "martinluther.king"},
    {"Sammy", "Davis Jr", "flast", "x.com", "sdavis"},
    {"Elizabeth", "Warren, JD", "first.last", "x.com", "elizabeth.warren"},
    {"Prof. Dr.-Ing. Karl-Heinz", "Weiß", "first.last", "x.de", "karl-heinz.weiss"},
    {"Sir Ian", "McKellen CBE", "f.last", "x.uk", "i.mckellen"},
    {"JOHN", "DOE", "firstlast", "x.com", "johndoe"},
    {"Renée", "Zellweger", "first-last", "x.com", "renee-zellweger"},
    {"Chloë", "Sevigny", "fl", "x.com", "cs"},
    {"Björn", "Borg", "l.first", "x.se", "b.bjorn"},
    {"Beyoncé", "Knowles-Carter", "last_first", "x.com", "knowles-carter_beyonce"},
    {"Thomas", "’t Hooft", "first.last", "x.nl", "thomas.thooft"},
    {"Anne", "de Vries-Jansen", "first.last", "x.nl", "anne.devries-jansen"},
    {"Pieter", "van 't Hoff", "first.last", "x.nl", "pieter.vanthoff"},
};

Test(candidates, people_of_many_countries)
{
    for (size_t i = 0; i < COUNT_OF(people); i++) {
        struct person person;
        char local[CANDIDATE_SIZE] = "";
        person_of(people[i].first, strlen(people[i].first), people[i].last, strlen(people[i].last),
                  people[i].domain, &person);
        candidate_by(&person, pattern_find(people[i].pattern), local);
        cr_expect_str_eq(local, people[i].want, "%s %s: \"%s\"", people[i].first, people[i].last,
                         local);
    }
}

/* Whatever they are called: local parts that the address parser takes as they are, each once, and
 * each told by its pattern and variant. */
Test(candidates, are_good_local_parts)
{
    for (size_t i = 0; i < COUNT_OF(people); i++) {
        struct person person;
        struct candidate list[CANDIDATES_MAX];
        person_of(people[i].first, strlen(people[i].first), people[i].last, strlen(people[i].last),
                  people[i].domain, &person);
        size_t count = candidates_of(&person, NULL, 0, CANDIDATES_MAX, list);
        cr_expect_gt(count, 5, "%s", people[i].last);
        for (size_t k = 0; k < count; k++) {
            char mailbox[CANDIDATE_SIZE + 16], local[CANDIDATE_SIZE];
            struct address address;
            snprintf(mailbox, sizeof(mailbox), "%s@example.com", list[k].local);
            cr_expect_eq(address_parse(mailbox, strlen(mailbox), &address), ADDRESS_OK);
            cr_expect(!address.quoted && strcmp(address.local, list[k].local) == 0);
            cr_expect(candidate_by_variant(&person, list[k].pattern, list[k].variant, local) &&
                      strcmp(local, list[k].local) == 0);
            cr_expect(list[k].variant != VARIANT_NONE ||
                      (candidate_by(&person, list[k].pattern, local) &&
                       strcmp(local, list[k].local) == 0));
            for (size_t other = 0; other < k; other++)
                cr_expect_str_neq(list[other].local, list[k].local);
        }
    }
}
