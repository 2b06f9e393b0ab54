"""Work beside the window: results arrive in order of asking, stale ones never."""

from __future__ import annotations

import threading

import pytest

from desktop.walking.worker import Worker


@pytest.fixture
def worker(qapp):
    worker = Worker()
    yield worker
    worker.close()


def heard_by(worker):
    heard = []
    worker.finished.connect(heard.append)
    return heard


def test_a_result_comes_back_to_the_interface_with_its_tag(worker, qtbot):
    heard, here = heard_by(worker), threading.get_ident()
    worker.submit("sum", lambda cancelled: (sum(range(10)), threading.get_ident()))
    qtbot.waitUntil(lambda: bool(heard))
    assert heard[0].tag == "sum"
    assert heard[0].value[0] == 45
    assert heard[0].value[1] != here
    assert not worker.busy


def test_what_goes_wrong_comes_back_too(worker, qtbot):
    heard = heard_by(worker)
    worker.submit("wrong", lambda cancelled: 1 / 0)
    qtbot.waitUntil(lambda: bool(heard))
    assert isinstance(heard[0].error, ZeroDivisionError)


def test_a_later_job_of_the_same_tag_makes_the_first_one_stale(worker, qtbot):
    heard, go = heard_by(worker), threading.Event()
    worker.submit("proof", lambda cancelled: (go.wait(5), "old")[1])
    worker.submit("proof", lambda cancelled: "new")
    go.set()
    qtbot.waitUntil(lambda: bool(heard))
    qtbot.wait(30)
    assert [result.value for result in heard] == ["new"]


def test_a_job_is_told_when_nobody_wants_it_any_more(worker, qtbot):
    heard, told, begun = heard_by(worker), threading.Event(), threading.Event()

    def work(cancelled):
        begun.set()
        while not cancelled():
            pass
        told.set()

    worker.submit("long", work)
    assert begun.wait(5)
    assert worker.cancel("long")
    assert told.wait(5)
    qtbot.wait(30)
    assert heard == []
    assert not worker.cancel("long")
