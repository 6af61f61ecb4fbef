"""wrk, and how its words are told on: what benches of single checks over HTTP share."""

import json
import os
import re
import statistics
import subprocess
import sys

from measure import RUNS, spin, spread

SECONDS = int(os.environ.get("BENCH_SECONDS", "3"))
CONNECTIONS = (1, 16, 64)
UNITS = {"us": 0.001, "ms": 1, "s": 1000}


def percentile(text, name):
    """Milliseconds, out of wrk's words."""
    number, unit = re.search(rf"^ +{name}%\s+([0-9.]+)(us|ms|s)$", text, re.M).groups()
    return float(number) * UNITS[unit]


def once(arguments, key, connections):
    """(requests per second, p50, p99) of one run; every answer must be a 200."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency",
               "-H", f"X-Api-Key: {key}", *arguments]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        sys.exit(f"wrk: not all went well:\n{text}")
    rate = float(re.search(r"^Requests/sec: +([0-9.]+)", text, re.M).group(1))
    return rate, percentile(text, 50), percentile(text, 99)


def case(label, arguments, key):
    """One line per number of connections."""
    once(arguments, key, 1)  # the first answer asks the network
    for connections in CONNECTIONS:
        noise, runs = [], []
        for _ in range(RUNS):
            noise.append(spin())
            runs.append(once(arguments, key, connections))
        rates, p50, p99 = zip(*runs)
        print(f"{label:17} {connections:3} connections: {spread(rates, '{:.0f}')} per s, "
              f"p50 {statistics.median(p50):.2f} ms, p99 {spread(p99, '{:.1f}')} ms  "
              f"(fixed loop {spread(noise)} s)", flush=True)


def post_script(stack, body):
    """The file that makes wrk POST this as JSON."""
    path = stack.path("post.lua")
    with open(path, "w", encoding="ascii") as file:
        file.write(f"wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\n"
                   f"wrk.body = '{json.dumps(body)}'\n")
    return path
