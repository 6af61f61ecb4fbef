#!/bin/bash
# lists.sh OUT - makes the sorted lists that are compiled into the library (verify/lists_data.S,
# rdap/rdap_data.S).
#
# Sorted as bytes, so that the program can search by halving; each entry ends in NUL, so that it is
# a C string where it lies.  No comments.  Sources and licences: data/*/SOURCE.txt.
set -euo pipefail
export LC_ALL=C
out=$1
mkdir -p "$out"

entries() { sed -e 's/\r$//' -e '/^#/d' -e '/^$/d' "$@"; }

entries data/disposable-email-domains/*.conf | sort -u >"$out/disposable.txt"

# A throw-away service is never called a free provider, whatever the other lists say.
{
    cut -f1 data/mx-providers/public_domains.tsv
    cat data/vrfy/known.txt
} | entries | sort -u | comm -23 - "$out/disposable.txt" >"$out/known.txt"
cat data/freemail/free_domains.txt data/vrfy/free.txt "$out/known.txt" | entries | sort -u |
    comm -23 - "$out/disposable.txt" |
    comm -23 - <(entries data/vrfy/not-free.txt | sort -u) >"$out/free.txt"

entries data/vrfy/role.txt | sort -u >"$out/role.txt"

# Patterns are tried in order, ours first; upstream's titles are replaced by ours where we have one.
{
    entries data/vrfy/mx.tsv
    awk -F'\t' -v OFS='\t' '
        /^#/ { next }
        FNR == NR { title[$1] = $2; next }
        $1 in title { print $2, title[$1]; next }
        $3 != "" { print $2, $3 }' data/vrfy/mx-titles.tsv data/mx-providers/mx_providers.tsv
} >"$out/mx.tsv"
entries data/vrfy/disposable-mx.tsv >"$out/disposable-mx.tsv"
entries data/vrfy/bulk_registrars.tsv >"$out/bulk-registrars.tsv"
entries data/vrfy/confusables.tsv >"$out/confusables.tsv"
entries data/vrfy/suspicious_tlds.tsv | cut -f1 | sort -u >"$out/suspicious-tlds.txt"

names() { entries "$@" | tr ' ' '\n' | sed '/^$/d' | sort -u; }

names data/names/given*.txt >"$out/given.txt"
names data/names/given.txt >"$out/common-given.txt"
names data/names/surname*.txt >"$out/surname.txt"
names data/names/surname.txt >"$out/common-surname.txt"
names data/names/word*.txt >"$out/word.txt"
/usr/bin/python3 tools/trigrams.py "$out"/{given,surname,word}.txt >"$out/trigrams.bin"

for list in "$out"/*.txt "$out"/*.tsv; do
    tr '\n' '\0' <"$list" >"$list.z"
    rm "$list"
done
