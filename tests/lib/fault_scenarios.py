"""Small misfortunes that always happen the same way: what test_controls shows broken builds to.

Each takes a Rig and raises Wrong when something was lost, doubled or accepted that must not be."""

import os
import signal
import threading
import time

from commit_eater import REQUEST, CommitEater, nth
from faults import COMPLETED, List, addresses, require

ROWS = 60
LAST_STATEMENTS = 4
WAKING_SECONDS = 1.0  # for what a sleeper does when it wakes: settling comes within 0.25 s


def wait_for(rig, what, question, want=lambda value: value != "0", seconds=30):
    """Asks until the answer is the one."""
    until = time.monotonic() + seconds
    while not want(value := rig.sql(question)[0][0]):
        require(time.monotonic() < until, f"{what}: still {value}; {rig.states()}")
        time.sleep(0.01)
    return value


def everything(rig):
    """What somebody who has no right to it could add to."""
    return rig.sql("SELECT (SELECT COUNT(*) FROM job_item), (SELECT COUNT(*) FROM ledger),"
                   " (SELECT MAX(settled) FROM job_item), (SELECT SUM(done) FROM job),"
                   " (SELECT MAX(at) FROM ledger)")


def both_asleep(rig, account, sleeper, other, rows=ROWS):
    """The sleeper wakes up while the rows are the other's, and the other sleeps in its turn:
    nothing may happen until it wakes.  The clock stands still for the rows meanwhile, or the
    sleeper would rightly take them again.  Whether it had rows that the other took over."""
    other.send_signal(signal.SIGSTOP)
    lst = rig.running_list(account, rows, grey=0)
    batch = rig.sql(f"SELECT HEX(batch_id) FROM job WHERE id = X'{lst.hex}'")[0][0]
    mine = f"SELECT COUNT(*) FROM work WHERE batch_id = X'{batch}'"
    wait_for(rig, "the sleeper has rows", mine)
    sleeper.send_signal(signal.SIGSTOP)
    owner = rig.sql(f"SELECT COALESCE(MAX(HEX(owner)), '') FROM work WHERE batch_id = X'{batch}'")
    other.send_signal(signal.SIGCONT)
    # Not before: what nobody has taken from a sleeper is still its own.
    wait_for(rig, "the other takes over", f"{mine} AND owner = X'{owner[0][0]}'",
             lambda value: value == "0", seconds=15)
    other.send_signal(signal.SIGSTOP)
    rig.sql(f"UPDATE work SET run_at = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR"
            f" WHERE batch_id = X'{batch}'")
    left, before = int(rig.sql(mine)[0][0]), everything(rig)
    sleeper.send_signal(signal.SIGCONT)
    time.sleep(WAKING_SECONDS)
    after = everything(rig)
    require(after == before, f"the sleeper has stored something: {before}, then {after}")
    rig.sql(f"UPDATE work SET run_at = UTC_TIMESTAMP(6) WHERE batch_id = X'{batch}'")
    other.send_signal(signal.SIGCONT)
    wait_for(rig, "both finish", f"SELECT state FROM job WHERE id = X'{lst.hex}'",
             lambda state: state == str(COMPLETED))
    rig.prove_lists([lst], download=False)
    return owner != [['']] and left > 0


def asleep(rig):
    """both_asleep, until it was one."""
    workers = [rig.worker(), rig.worker()]
    account = rig.new_account()
    for i in range(10):
        if both_asleep(rig, account, workers[i % 2], workers[1 - i % 2]):
            break
    else:
        raise RuntimeError("the sleepers never had rows in hand")
    for worker in workers:
        rig.end(worker)
    rig.check_books()


def commit_lost(rig):
    """COMMIT of a start never reaches the server; what the client is told must be true."""
    eater = CommitEater(rig.path(f"eater-{rig.database}"), rig.path("db", "sock"))
    try:
        conf = rig.second_conf("eaten.conf", database__socket=eater.path)
        lst = List(rig.new_account(), addresses(ROWS, rig.dice))
        rig.until_acknowledged(lambda: rig.upload(lst))
        eater.choose = nth(1, REQUEST)
        answer = rig.process(lst, env={"VRFY_CONF": conf})
        require(sum(eater.eaten.values()) == 1, "no COMMIT was lost")
        require(answer.acknowledged, f"it was not asked again: {answer.status}")
    finally:
        eater.stop()
    rig.settle_all()
    rig.prove_lists([lst])


def killed_within(rig, transaction):
    """A worker is killed before each of the last statements of a transaction, COMMIT among them;
    the books are in order at any time."""
    account, log = rig.new_account(), rig.path("places")
    rig.running_list(account, ROWS, grey=0)
    rig.settle_all(env={"VRFY_CRASH_LOG": log})
    with open(log, encoding="ascii") as file:
        places = [place for place in file.read().split()
                  if place.startswith(transaction) and place.endswith(":before")]
    os.unlink(log)
    require(len(places) >= LAST_STATEMENTS, f"{transaction} has {len(places)} statements")
    for place in places[-LAST_STATEMENTS:]:
        rig.running_list(account, ROWS, grey=0)
        child = rig.worker("--max-seconds", "10", env={"VRFY_CRASH": place})
        require(rig.reap(child) == -signal.SIGKILL, f"not killed at {place}")
        rig.check_books()
    rig.settle_all()
    rig.prove_lists(account.lists, download=False)


def killed_settling(rig):
    """See killed_within."""
    killed_within(rig, "src/store/store_work_settle.c:settle_run")


def killed_feeding(rig):
    """See killed_within."""
    killed_within(rig, "src/store/store_work.c:feed_run")


def started_together(rig):
    """Several lists of one purse are started at the same time."""
    account = rig.new_account()
    lists = [List(account, addresses(ROWS, rig.dice)) for _ in range(4)]
    for lst in lists:
        rig.until_acknowledged(lambda l=lst: rig.upload(l))
    threads = [threading.Thread(target=rig.process, args=[lst]) for lst in lists]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for lst in lists:
        rig.until_acknowledged(lambda l=lst: rig.process(l))
    rig.check_books()
    rig.settle_all()
    rig.prove_lists(lists)


def cancelled(rig):
    """A list that nobody has begun."""
    lst = rig.running_list(rig.new_account(), ROWS)
    rig.until_acknowledged(lambda: rig.finish(lst, "cancel"))
    rig.prove_lists([lst])


def processed(rig):
    """A list with every address twice, from upload to download."""
    account = rig.new_account()
    rows = addresses(ROWS, rig.dice)
    lst = List(account, rows + rows)
    rig.until_acknowledged(lambda: rig.upload(lst), seconds=5)
    rig.until_acknowledged(lambda: rig.process(lst), seconds=5)
    rig.check_books()
    rig.settle_all(seconds=15)
    rig.prove_lists([lst])
    rig.check_books()


def too_poor(rig):
    """A list that costs more than there is: not started, nothing held."""
    account = rig.new_account(1)
    lst = List(account, addresses(account.credits + 1, rig.dice))
    rig.until_acknowledged(lambda: rig.upload(lst))
    answer = rig.process(lst)
    require(answer.status == 402, f"started without credits: {answer.status} {answer.body[:200]}")
    rig.check_books()
    rig.prove_lists([lst])
