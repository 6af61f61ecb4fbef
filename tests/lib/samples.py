"""A reference's own samples, run as their readers would.

tests/api/samples holds them word for word; host, key and what else has to change are exchanged as
they run, and each exchange must find its text."""

import os
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SAMPLES = os.path.join(TOP, "tests", "api", "samples")
# How a file is run; its text is the last argument.
RUN = {
    ".sh": ["/bin/sh", "-c"],
    ".php": ["/usr/bin/php", "-r"],
    ".py": ["/usr/bin/python3", "-c"],
    ".mjs": ["/usr/bin/node", "--input-type=module", "-e"],
}


def sample(name):
    """Its text."""
    with open(os.path.join(SAMPLES, name), encoding="utf-8") as file:
        return file.read()


def run(name, changes, folder=None):
    """Standard output of a sample, run in `folder`; raises when it fails or complains."""
    text = sample(name)
    for old, new in changes:
        assert old in text, f"{old} is not in {name}"
        text = text.replace(old, new)
    done = subprocess.run([*RUN[os.path.splitext(name)[1]], text], capture_output=True, text=True,
                          timeout=60, check=False, cwd=folder, env={"PATH": "/usr/bin:/bin"})
    complaint = "" if name.endswith(".sh") else done.stderr  # curl draws its progress there
    if done.returncode or complaint:
        raise AssertionError(f"{name}: exit {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout
