"""Sessions: bounded, expiring, unguessable, safe in threads."""

from __future__ import annotations

import pytest
from threads import in_threads

from t2po_gym.server.seats import Press
from t2po_gym.server.sessions import Sessions, SessionsFull


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class StubSeat:
    closed = 0

    def html(self, message: str = "") -> str:
        return message

    def page_id(self) -> str:
        return "p"

    def act(self, press: Press) -> None:
        raise AssertionError(press)

    def close(self) -> None:
        self.closed += 1


def made(**settings: float) -> tuple[Sessions, Clock]:
    clock = Clock()
    sessions = Sessions(int(settings.get("places", 3)), 100.0, 1_000.0, spared_s=10.0, clock=clock)
    return sessions, clock


def test_tokens_are_long_and_differ() -> None:
    sessions = Sessions(1_000)
    tokens = {sessions.add(StubSeat()) for _ in range(500)}
    assert len(tokens) == 500
    assert min(map(len, tokens)) >= 24
    assert all(token.replace("-", "").replace("_", "").isalnum() for token in tokens)


def test_an_idle_session_expires_and_is_closed_once() -> None:
    sessions, clock = made()
    seat = StubSeat()
    token = sessions.add(seat)
    clock.now = 99.0
    assert sessions.get(token) is seat  # which counts as use
    clock.now = 198.0
    assert sessions.get(token) is seat
    clock.now = 299.0
    assert sessions.get(token) is None
    assert sessions.get(token) is None
    assert (seat.closed, len(sessions)) == (1, 0)


def test_an_old_session_expires_although_it_is_used() -> None:
    sessions, clock = made()
    token = sessions.add(StubSeat())
    for clock.now in range(0, 1_001, 50):
        assert sessions.get(token) is not None
    clock.now = 1_001.0
    assert sessions.get(token) is None


def test_the_longest_idle_one_makes_room_and_a_busy_one_never() -> None:
    sessions, clock = made()
    seats = [StubSeat() for _ in range(4)]
    tokens = []
    for clock.now, seat in enumerate(seats[:3]):
        tokens.append(sessions.add(seat))
    clock.now = 9.0
    assert not sessions.has_room()
    with pytest.raises(SessionsFull, match="All 3 sessions are in use; try again in a minute"):
        sessions.add(seats[3])
    sessions.get(tokens[0])
    clock.now = 11.0
    assert sessions.has_room()
    last = sessions.add(seats[3])
    assert [seat.closed for seat in seats] == [0, 1, 0, 0]
    assert sessions.get(tokens[1]) is None
    assert sessions.get(last) is seats[3]
    assert len(sessions) == 3


def test_a_spare_one_makes_room_at_once_until_it_is_used_again() -> None:
    sessions, clock = made()
    seats = [StubSeat() for _ in range(5)]
    tokens = []
    for clock.now, seat in enumerate(seats[:3]):
        tokens.append(sessions.add(seat))
    sessions.spare("unknown")
    sessions.spare(tokens[2])
    assert sessions.get(tokens[2]) is seats[2]  # kept, and no longer spare
    with pytest.raises(SessionsFull):
        sessions.add(seats[3])
    sessions.spare(tokens[2])
    assert sessions.has_room()
    sessions.add(seats[3])
    assert [seat.closed for seat in seats] == [0, 0, 1, 0, 0]
    clock.now = 20.0
    sessions.get(tokens[1])
    sessions.spare(tokens[1])
    sessions.add(seats[4])  # the spare one, although another was idle for longer
    assert [seat.closed for seat in seats] == [0, 1, 1, 0, 0]


def test_removing_and_closing() -> None:
    sessions, _ = made()
    seats = [StubSeat(), StubSeat()]
    first, _ = [sessions.add(seat) for seat in seats]
    sessions.remove(first)
    sessions.remove(first)
    sessions.remove("unknown")
    sessions.close()
    assert [seat.closed for seat in seats] == [1, 1]


@pytest.mark.parametrize("settings", [(0, 1.0, 1.0), (1, 0.0, 1.0), (1, 1.0, -1.0)])
def test_wrong_limits_are_refused(settings: tuple[int, float, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Sessions(*settings)


def test_threads_never_exceed_the_bound() -> None:
    sessions = Sessions(20, spared_s=0.0)
    seats = [[StubSeat() for _ in range(50)] for _ in range(4)]
    left = list(seats)

    def work() -> None:
        for seat in left.pop():
            token = sessions.add(seat)
            assert len(sessions) <= 20
            sessions.get(token)

    in_threads(work, 4)
    sessions.close()
    assert {seat.closed for group in seats for seat in group} == {1}
