#!/usr/bin/python3
"""trigrams.py LIST... - how surprising each letter is behind the two before it.

Reads lists of names and words (a-z, one a line), writes 27 * 27 * 27 bytes: [a][b][c] is
-log2 P(c | a, b) in sixteenths of a bit, at most 255.  Index 0 is the edge of the word, 1 to 26 are
a to z.  Rare pairs borrow from P(c | b) and that from P(c), so nothing is impossible.
"""
import math
import sys

LETTERS = 27
BORROW = 8  # how many observations the shorter context is worth


def indices(word):
    return [0, 0] + [ord(c) - ord("a") + 1 for c in word] + [0]


def count(paths):
    three = [[[0] * LETTERS for _ in range(LETTERS)] for _ in range(LETTERS)]
    for path in paths:
        with open(path, encoding="ascii") as lines:
            for line in lines:
                word = indices(line.strip())
                for a, b, c in zip(word, word[1:], word[2:]):
                    three[a][b][c] += 1
    return three


def blend(counts, prior):
    total = sum(counts) + BORROW
    return [(n + BORROW * p) / total for n, p in zip(counts, prior)]


def main(paths):
    three = count(paths)
    every = range(LETTERS)
    two = [[sum(three[a][b][c] for a in every) for c in every] for b in every]
    one = [sum(two[b][c] for b in every) for c in every]
    p_one = blend(one, [1 / LETTERS] * LETTERS)
    p_two = [blend(two[b], p_one) for b in every]
    for a in every:
        for b in every:
            p = blend(three[a][b], p_two[b])
            sys.stdout.buffer.write(bytes(min(255, round(-16 * math.log2(x))) for x in p))


main(sys.argv[1:])
