/* test_company_names.c - a company's name as domains are made of it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/xalloc.h"
#include "find/company.h"

static const struct {
    const char *label, *name, *want; /* forms, joined by spaces */
} rows[] = {
    {"plain", "Acme", "acme"},
    {"two words", "Acme Rockets", "acmerockets acme-rockets acme"},
    {"inc", "Acme, Inc.", "acme"},
    {"incorporated", "Acme Incorporated", "acme"},
    {"llc with dots", "Acme L.L.C.", "acme"},
    {"corp", "Microsoft Corp.", "microsoft"},
    {"co ltd", "Samsung Electronics Co., Ltd.", "samsungelectronics samsung-electronics samsung"},
    {"company", "Ford Motor Company", "fordmotor ford-motor ford"},
    {"the", "The Walt Disney Company", "waltdisney walt-disney walt"},
    {"plc", "Rolls-Royce Holdings plc", "rollsroyceholdings rolls-royce-holdings rollsroyce"},
    {"hyphen", "Coca-Cola", "cocacola coca-cola"},
    {"gmbh", "Bosch GmbH", "bosch"},
    {"gmbh & co kg", "Müller & Söhne GmbH & Co. KG",
     "muellersoehne mullersohne mueller-soehne muellerundsoehne"},
    {"umlaut, no form", "Müller", "muller mueller"},
    {"umlaut, ag", "Münchener Rück AG",
     "muenchenerrueck munchenerruck muenchener-rueck muenchener"},
    {"ug", "Kleine Idee UG (haftungsbeschränkt)", "kleineidee kleine-idee kleine"},
    {"e.k.", "Blumen Schmidt e.K.", "blumenschmidt blumen-schmidt blumen"},
    {"se", "SAP SE", "sap"},
    {"bv", "Coolblue B.V.", "coolblue"},
    {"nv", "Koninklijke Philips N.V.", "koninklijkephilips koninklijke-philips koninklijke"},
    {"vof", "Bakkerij Jansen VOF", "bakkerijjansen bakkerij-jansen bakkerij"},
    {"sa", "L'Oréal S.A.", "loreal"},
    {"s. a.", "Danone S. A.", "danone"},
    {"sas", "Doctolib SAS", "doctolib"},
    {"sarl", "Boulangerie Dupont SARL", "boulangeriedupont boulangerie-dupont boulangerie"},
    {"srl", "Rossi S.r.l.", "rossi"},
    {"spa with dots", "Ferrari S.p.A.", "ferrari"},
    {"spa", "Eni SpA", "eni"},
    {"a spa", "Blue Lagoon Spa", "bluelagoonspa blue-lagoon-spa"},
    {"mexico", "Cemex S.A.B. de C.V.", "cemex"},
    {"mexico, sa de cv", "Bimbo S.A. de C.V.", "bimbo"},
    {"brazil", "Natura Ltda.", "natura"},
    {"peru", "Inca E.I.R.L.", "inca"},
    {"oyj", "Nokia Oyj", "nokia"},
    {"ab", "Volvo AB", "volvo"},
    {"a/s", "Novo Nordisk A/S", "novonordisk novo-nordisk novo"},
    {"aps", "Lego ApS", "lego"},
    {"asa", "Equinor ASA", "equinor"},
    {"sp. z o.o.", "Allegro Sp. z o.o.", "allegro"},
    {"s.r.o.", "Avast s.r.o.", "avast"},
    {"spol. s r.o.", "Kofola, spol. s r.o.", "kofola"},
    {"a.s.", "Škoda Auto a.s.", "skodaauto skoda-auto skoda"},
    {"kft", "Prezi Kft.", "prezi"},
    {"d.o.o.", "Infobip d.o.o.", "infobip"},
    {"ooo", "ООО Яндекс", "yandeks"},
    {"ooo, quotes", "ООО «Щука»", "shchuka"},
    {"pty ltd", "Canva Pty Ltd", "canva"},
    {"pvt ltd", "Infosys Pvt. Ltd.", "infosys"},
    {"private limited", "Zoho Corporation Private Limited", "zoho"},
    {"k.k.", "Nintendo K.K.", "nintendo"},
    {"japanese", "株式会社トヨタ", "toyota"},
    {"chinese", "阿里巴巴有限公司", "alibaba"},
    {"&", "Marks & Spencer", "marksandspencer marks-and-spencer marksspencer marks"},
    {"& with form", "Marks & Spencer plc", "marksandspencer marks-and-spencer marksspencer marks"},
    {"and", "Marks and Spencer", "marksandspencer marks-and-spencer marks"},
    {"& co", "Tiffany & Co.", "tiffany"},
    {"and company", "McKinsey and Company", "mckinsey"},
    {"h&m", "H&M", "hm h-m handm"},
    {"at&t", "AT&T Inc.", "att at-t atandt"},
    {"black&decker", "Black&Decker", "blackanddecker black-and-decker blackdecker"},
    {"plus", "Disney+", "disneyplus disney-plus disney"},
    {"e.on", "E.ON SE", "eon e-on"},
    {"initials", "U.S. Steel", "ussteel us-steel"},
    {"domain", "booking.com", "booking bookingcom booking-com"},
    {"domain, form", "Amazon.com, Inc.", "amazon amazoncom amazon-com"},
    {"domain, capitals", "Monday.COM", "monday mondaycom monday-com"},
    {"domain, www", "www.acme.de", "acme wwwacmede www-acme-de"},
    {"only a form", "SAS", "sas"},
    {"only a form, dots", "A.G.", "ag"},
    {"only forms", "AG & Co. KG", "ag"},
    {"the alone", "The", "the"},
    {"the inc", "The Inc.", "the"},
    {"form in the middle", "SAS Institute", "sasinstitute sas-institute"},
    {"as at the front", "AS Roma", "asroma as-roma"},
    {"common first word", "United Airlines", "unitedairlines united-airlines"},
    {"short first word", "3M Health", "3mhealth 3m-health"},
    {"digits", "1&1", "11 1-1 1and1"},
    {"apostrophe", "McDonald’s", "mcdonalds"},
    {"exclamation", "Yahoo!", "yahoo"},
    {"brackets", "Acme (UK) Ltd", "acme"},
    {"only brackets", "(Acme)", "acme"},
    {"spaces", "  Acme \t Rockets\r\n", "acmerockets acme-rockets acme"},
    {"hyphens outside", "--Acme--", "acme"},
    {"punctuation", "&&& --- ...", ""},
    {"&", "&", ""},
    {"& co alone", "& Co.", "co"},
    {"& in front", "& Acme &", "acme"},
    {"the &", "The &", "the"},
    {"empty", "", ""},
    {"emoji", "🚀", ""},
    {"no utf-8", "Ac\xFFme", "acme"},
};

Test(company_names, table)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char forms[COMPANY_FORMS_MAX][COMPANY_FORM_SIZE], got[512] = "";
        size_t count = company_forms(rows[i].name, strlen(rows[i].name), forms), len = 0;
        for (size_t k = 0; k < count; k++)
            len +=
                (size_t)snprintf(got + len, sizeof(got) - len, "%s%s", k > 0 ? " " : "", forms[k]);
        cr_expect_str_eq(got, rows[i].want, "%s: \"%s\"", rows[i].label, got);
    }
}

Test(company_names, long_ones)
{
    enum { SIZE = 10000 };
    static char one[SIZE], many[SIZE];
    char forms[COMPANY_FORMS_MAX][COMPANY_FORM_SIZE];
    memset(one, 'a', sizeof(one));
    cr_expect_eq(company_forms(one, SIZE, forms), 0);
    cr_expect_eq(company_forms(one, 63, forms), 1);
    cr_expect_eq(strlen(forms[0]), 63);
    cr_expect_eq(company_forms(one, 64, forms), 0);
    for (size_t i = 0; i < SIZE; i++)
        many[i] = i % 8 == 7 ? ' ' : 'b';
    cr_expect_eq(company_forms(many, SIZE, forms), 1, "its first word is left");
    cr_expect_str_eq(forms[0], "bbbbbbb");
    cr_expect_eq(company_forms("A\0cme", 5, forms), 2);
    cr_expect_str_eq(forms[1], "a-cme");
}
