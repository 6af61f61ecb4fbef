"""An expectation against what the verifier said and what the world saw."""

SAID = ("status", "verdict", "reason", "asked", "policy", "catchall", "code", "cls", "connect",
        "end", "host", "mx", "score", "factors")


def complaints_about_answer(expect, answer):
    """Differences between the expectation and the answer."""
    for name in SAID:
        wanted = getattr(expect, name)
        known, value = answer.get(name)
        if wanted is None or not known:
            continue
        if name == "factors":
            wanted, value = sorted(wanted), sorted(value)
        if name == "code":
            wanted, value = wanted or None, value or None
        if value not in (wanted if isinstance(wanted, tuple) else (wanted,)):
            yield f"{name} is {value!r}, not {wanted!r}"
    _, score = answer.get("score")
    if expect.score_at_most is not None and score > expect.score_at_most:
        yield f"score is {score}, more than {expect.score_at_most}"
    _, factors = answer.get("factors")
    if expect.factor is not None and expect.factor not in factors:
        yield f"factor {expect.factor!r} is missing from {factors!r}"


def complaints_about_log(scenario, expect, log):
    """What the world saw against what should have happened."""
    visits = log["connections"]
    if expect.connections is not None and log["count"] > expect.connections:
        yield f"{log['count']} connections, at most {expect.connections}"
    waits = max((visit["waits"] for visit in visits), default=0)
    if expect.waits is not None and waits > expect.waits:
        yield f"{waits} waits, at most {expect.waits}"
    rcpts = sum(visit["rcpts"] for visit in visits)
    if expect.rcpts is not None and rcpts != expect.rcpts:
        yield f"{rcpts} RCPT commands, not {expect.rcpts}"
    if expect.rcpts_at_most is not None and rcpts > expect.rcpts_at_most:
        yield f"{rcpts} RCPT commands, at most {expect.rcpts_at_most}"
    if expect.tls is not None and any(visit["tls"] for visit in visits) != expect.tls:
        yield "TLS was used" if not expect.tls else "TLS was not used"
    if expect.quit is not None and all(visit["quit"] for visit in visits) != expect.quit:
        yield "QUIT was not said"
    for member in ("helo", "mail_from"):
        wanted = getattr(expect, member)
        given = {visit["helo_name" if member == "helo" else member] for visit in visits}
        if wanted is not None and given != {wanted}:
            yield f"{member} was {given!r}, not {wanted!r}"
    sources = tuple((visit["client"] or "").split(".", 2)[-1] for visit in visits)
    if expect.sources is not None and sources != expect.sources:
        yield f"came from {sources!r}, not {expect.sources!r}"
    for question, most in (expect.questions or {}).items():
        if log["dns"].get(question, 0) > most:
            yield f"{question} was asked {log['dns'][question]} times, at most {most}"
    for host, wanted in (expect.dials or {}).items():
        name = f"{host}.{scenario.domains[0].name}" if not host.endswith(".") else host[:-1]
        dialled = sum(visit["host"] == name for visit in visits)
        if dialled != wanted:
            yield f"{name} was dialled {dialled} times, not {wanted}"


def violations(log):
    """What nobody may do."""
    for visit in log["connections"]:
        for text in visit["violations"]:
            yield f"VIOLATION at {visit['host']}: {text}"


def conversation(log):
    """The commands seen, for the reader of a failure."""
    for visit in log["connections"]:
        lines = " | ".join(f"{c['burst']}:{c['line']}" for c in visit["commands"])
        yield f"  {visit['address']}:{visit['port']} closed by {visit['closed']}: {lines}"
