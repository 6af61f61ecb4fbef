"""What benches share: the optimised build, five runs, and how quiet the machine was meanwhile.

Nothing here passes or fails; numbers are printed for a reader, who needs to know their spread."""

import os
import statistics
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, "build", "plain")
VRFY = os.path.join(BUILD, "bin", "vrfy")
RUNS = 5

os.environ["VRFY_BUILD"] = BUILD


def spread(values, form="{:.3f}"):
    """min / median / max."""
    return " / ".join(form.format(f(values)) for f in (min, statistics.median, max))


def spin():
    """Seconds for a fixed amount of arithmetic: slower means that others use the machine."""
    started = time.monotonic()
    total = 0
    for i in range(3_000_000):
        total += i * i
    return time.monotonic() - started


def table(who, runs, rows):
    """min / median / max of each of two programs (or of one), and the ratio of medians with its
    range over the rounds.  runs: of each round, {who: values in the order of rows}; rows: name, how
    it prints, aim."""
    print(f"{'':23}" + "".join(f" {name:>27}" for name in who) +
          "   ratio (min-max)       aim" * (len(who) == 2))
    for i, (name, form, aim) in enumerate(rows):
        columns = [[run[one][i] for run in runs] for one in who]
        line = f"{name:23}" + "".join(f" {spread(values, form):>27}" for values in columns)
        if len(who) == 2:
            ratios = [b / a for a, b in zip(*columns) if a > 0] or [0]
            ratio = statistics.median(columns[1]) / (statistics.median(columns[0]) or 1)
            line += f"   {ratio:5.2f} ({min(ratios):.2f}-{max(ratios):.2f})    {aim}"
        print(line.rstrip())


def repeat(label, once, form="{:.2f} s"):
    """Runs it five times, a fixed loop before each; prints both spreads; `once` returns seconds."""
    noise, values = [], []
    for _ in range(RUNS):
        noise.append(spin())
        values.append(once())
    print(f"{label:28} {spread(values, form)}   (fixed loop {spread(noise)} s)", flush=True)


def timed(command, text):
    """Seconds of one run of a filter; its output must have as many lines as its input."""
    started = time.monotonic()
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, check=False)
    seconds = time.monotonic() - started
    lines = done.stdout.count(b"\n")
    if lines != text.count(b"\n"):
        sys.exit(f"{' '.join(command)}: {lines} lines of output, exit "
                 f"{done.returncode}")
    return seconds
