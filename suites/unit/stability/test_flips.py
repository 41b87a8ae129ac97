#!/usr/bin/env python3
"""What suites/stability says of recorded verdicts."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "stability"))
import flips  # noqa: E402 (its folder is no package)


def run(number, verdict="pass", is_exercised=True, reason=None, others=2):
    rows = [{"id": "aliasing/a", "variant": "tls", "verdict": verdict, "exercised": is_exercised, "reason": reason}]
    rows += [{"id": f"wire/{i}", "variant": "tcp", "verdict": "pass", "exercised": True, "reason": None} for i in range(others)]
    return f"{number:03}", flips.rows_of({"scenarios": rows})


class Flips(unittest.TestCase):
    def test_the_same_each_time(self):
        found, odd = flips.compare([run(i) for i in range(59)])
        self.assertEqual((found, odd), ([], set()))
        self.assertEqual(flips.describe(found), [])

    def test_once_in_twenty(self):
        found, odd = flips.compare([run(i, *(("fail", True, "It rode c1.") if i == 13 else ())) for i in range(20)])
        self.assertEqual([key for key, _ in found], [("aliasing/a", "tls")])
        self.assertEqual(odd, {"013"})
        self.assertEqual(flips.describe(found), ["aliasing/a tls flipped: 19 times pass, 1 times fail", "    fail: It rode c1.  (013)"])

    def test_inconclusive_is_another_verdict(self):
        found, _ = flips.compare([run(0), run(1, "inconclusive", True, "The barrier did not come through.")])
        self.assertEqual(len(found), 1)

    def test_not_exercised_is_another_verdict(self):
        found, odd = flips.compare([run(0), run(1), run(2, is_exercised=False)])
        self.assertEqual((len(found), odd), (1, {"002"}))

    def test_a_verdict_that_is_missing(self):
        found, odd = flips.compare([run(0), run(1), run(2, others=1)])
        self.assertEqual(([key for key, _ in found], odd), ([("wire/1", "tcp")], {"002"}))

    def test_other_words_for_one_verdict(self):
        found, _ = flips.compare([run(0, "fail", True, "after 1.2 s"), run(1, "fail", True, "after 1.3 s")])
        self.assertEqual(found, [])

    def test_chance(self):
        self.assertGreaterEqual(flips.chance_of_seeing(59), 0.95)
        self.assertLess(flips.chance_of_seeing(58), 0.95)
        self.assertAlmostEqual(flips.chance_of_seeing(2, once_in=2), 0.75)


if __name__ == "__main__":
    unittest.main()
