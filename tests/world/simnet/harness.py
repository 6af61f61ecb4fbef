"""Runs scenarios against a verifier in a world of its own, many at a time."""

import json
import os
import random
import signal
import socket
import subprocess
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from .children import die_with_parent
from .compare import (complaints_about_answer, complaints_about_log, conversation, violations)
from .control import PORT
from .scenario import load_all
from .verifier import PACE_FILE

WORLD = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "world")

TROUBLE = (AssertionError, subprocess.TimeoutExpired, ValueError, KeyError, OSError)


class Network:
    """A 127.N no other world uses.  Its lock is an abstract socket name: the kernel frees it when
    we die, and it belongs to the network namespace, as the addresses do."""

    def __init__(self):
        numbers = list(range(70, 120))
        random.shuffle(numbers)
        for number in numbers:
            self.lock = socket.socket(socket.AF_UNIX)
            try:
                self.lock.bind(f"\0vrfy-world-127.{number}")
                self.net = f"127.{number}"
                return
            except OSError:
                self.lock.close()
        raise RuntimeError("no free 127.N")

    def release(self):
        """Gives it back."""
        self.lock.close()


def forget_pace(net):
    """Removes what verifiers remember of the operators of this world."""
    path = PACE_FILE.replace("{net}", net)
    if os.path.exists(path):
        os.unlink(path)


class OwnWorld:
    """A world as a child process."""

    def __init__(self):
        self.network = Network()
        self.net = self.network.net
        forget_pace(self.net)
        # a session of its own: Ctrl-C stops the harness, which then stops the world
        self.process = subprocess.Popen([WORLD, "--net", self.net], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, start_new_session=True,
                                        preexec_fn=die_with_parent)
        line = self.process.stdout.readline()
        if not line.startswith("WORLD READY"):
            raise RuntimeError(f"no world: {line}{self.process.stderr.read()}")

    def stop(self):
        """(exit code, complaints) of the world."""
        self.process.send_signal(signal.SIGTERM)
        forget_pace(self.net)
        _, complaints = self.process.communicate(timeout=30)
        self.network.release()
        return self.process.returncode, complaints.strip()


class ControlClient:
    """The world's control port."""

    def __init__(self, net):
        self.base = f"http://{net}.0.80:{PORT}"

    def log(self, scenario):
        """What happened there; waits until the last connection is over, its record settled."""
        url = f"{self.base}/log?domain={scenario.domains[0].name}"
        for _ in range(40):
            with urllib.request.urlopen(url, timeout=10) as response:
                log = json.load(response)
            if all(visit["closed"] for visit in log["connections"]):
                break
            time.sleep(0.05)
        return log

    def reset(self, scenario):
        """Forget."""
        url = f"{self.base}/reset?domain={scenario.domains[0].name}"
        with urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=10):
            pass


class Harness:
    """One verifier, one world, many scenarios."""

    def __init__(self, net, verifier, twice=False):
        self.control, self.verifier, self.twice = ControlClient(net), verifier, twice
        self.scenarios = load_all(net)

    def check(self, scenario, expect):
        """Complaints about one expectation."""
        started = time.monotonic()
        try:
            answer = self.verifier.ask(scenario, expect)
        except TROUBLE as error:
            return [f"{type(error).__name__}: {error}"]
        took = time.monotonic() - started
        found = list(complaints_about_answer(expect, answer))
        if expect.seconds is not None and took > expect.seconds:
            found.append(f"took {took:.1f} s, more than {expect.seconds}")
        log = self.control.log(scenario)
        found += violations(log)
        if not self.verifier.warm:
            found += complaints_about_log(scenario, expect, log)
        if self.twice:
            found += self.differences(scenario, expect, answer)
        return found + list(conversation(log)) if found else []

    def differences(self, scenario, expect, first):
        """A warm answer equals a cold one."""
        try:
            second = self.verifier.ask(scenario, expect)
        except TROUBLE as error:
            yield f"asked again: {type(error).__name__}: {error}"
            return
        for name in ("status", "score", "factors", "policy", "catchall"):
            if first.get(name) != second.get(name):
                yield f"asked again, {name} is {second.get(name)[1]!r}, was {first.get(name)[1]!r}"

    def run_one(self, scenario):
        """(label, complaints) for each expectation of one scenario, one after the other."""
        results = []
        for expect in scenario.expects:
            self.control.reset(scenario)
            address = expect.address(scenario).replace("\r", "\\r").replace("\n", "\\n")
            label = f"{scenario.name}: {address}"
            label += f" ({expect.note})" if expect.note else ""
            results.append((label, self.check(scenario, expect)))
        return results

    def run(self, names, jobs, report):
        """Runs the named scenarios; `report(label, complaints)` for each; the failures' number."""
        failures = 0
        with ThreadPoolExecutor(jobs) as pool:
            todo = [self.scenarios[name] for name in names]
            for results in pool.map(self.run_one, [s for s in todo if self.verifier.can(s)]):
                for label, complaints in results:
                    failures += bool(complaints)
                    report(label, complaints)
        return failures
