"""What was used of late stays in memory, up to a size."""

from effects.running.recent import Recent


def test_what_was_unused_for_longest_goes_first():
    recent = Recent(10)
    for key in "abc":
        assert recent.put(key, key.upper(), 3)
    assert recent.get("a") == "A"
    assert recent.put("d", "D", 3)
    assert [recent.get(it) for it in "abcd"] == ["A", None, "C", "D"]


def test_what_is_too_large_is_not_kept_and_leaves_the_others():
    recent = Recent(10)
    recent.put("a", "A", 3)
    assert not recent.put("b", "B", 11)
    assert (recent.get("a"), recent.get("b")) == ("A", None)


def test_a_new_value_takes_the_place_of_the_old():
    recent = Recent(10)
    recent.put("a", "A", 6)
    recent.put("a", "a", 6)
    recent.put("b", "B", 4)
    assert (recent.get("a"), recent.get("b")) == ("a", "B")
    recent.clear()
    assert recent.get("a") is None
