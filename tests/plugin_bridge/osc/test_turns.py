"""Turns: each client's order is kept, and nobody who asks much keeps others waiting."""

from plugin_bridge.osc import turns as module
from plugin_bridge.osc.turns import Turns

ME = ("127.0.0.1", 1)


def others(count, start=1000):
    return [("127.0.0.1", start + n) for n in range(count)]


def taken(turns, count):
    """Whose turn it is, so many times; each takes one datagram."""
    order = []
    for _ in range(count):
        client, queue = turns.take()
        order.append((client, queue.take()))
        turns.done(client)
    return order


def test_a_client_s_datagrams_keep_their_order():
    turns = Turns()
    for n in range(5):
        turns.put(ME, b"%d" % n)
    assert [data for _, data in taken(turns, 5)] == [b"0", b"1", b"2", b"3", b"4"]
    assert turns.take() is None
    assert turns.clients == 0


def test_who_comes_now_waits_for_one_turn_and_not_for_all_that_others_want():
    turns = Turns()
    for client in others(100):
        for _ in range(10):
            turns.put(client, b"x")
    taken(turns, 250)  # by now, none of them is new
    turns.put(ME, b"me")
    assert (ME, b"me") in taken(turns, 2)


def test_those_who_come_now_do_not_keep_out_those_who_wait():
    turns = Turns()
    for _ in range(2):
        turns.put(ME, b"me")
    taken(turns, 1)
    for client in others(50):
        turns.put(client, b"x")
    assert (ME, b"me") in taken(turns, 2)


def test_while_a_turn_lasts_the_client_has_no_other():
    turns = Turns()
    turns.put(ME, b"1")
    client, queue = turns.take()
    queue.take()
    turns.put(ME, b"2")
    assert turns.take() is None
    turns.done(client)
    assert taken(turns, 1) == [(ME, b"2")]


def test_no_more_is_kept_than_there_is_room_for():
    turns = Turns()
    for n in range(module.MAX_WAITING + 10):
        assert turns.put(ME, b"x") is (n < module.MAX_WAITING)
    assert turns.is_full(ME)
    long, (other,) = bytes(16_000), others(1)
    assert [turns.put(other, long) for _ in range(6)] == [True] * 4 + [False] * 2
    for client in others(2 * module.MAX_CLIENTS):
        turns.put(client, b"x")
    assert turns.clients == module.MAX_CLIENTS


def test_as_many_greedy_clients_as_there_is_room_for_keep_nobody_out():
    turns = Turns()
    for client in others(module.MAX_CLIENTS):
        for _ in range(10):
            turns.put(client, b"x")
    assert not turns.put(ME, b"me")  # nobody has had a turn yet
    taken(turns, 1)
    assert turns.put(ME, b"me")
    assert turns.clients == module.MAX_CLIENTS
    order = [client for client, _ in taken(turns, 2 * module.MAX_CLIENTS)]
    assert ME in order
