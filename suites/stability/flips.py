"""Verdicts of several runs of one selection, compared: which of them flipped, and what the number of runs says."""
import collections

ONCE_IN = 20


def rows_of(result):
    """By scenario and variant: the word that is compared, and the reason."""
    rows = {}
    for row in result["scenarios"]:
        word = row["verdict"]
        if word == "pass" and not row["exercised"]:
            word = "pass, not exercised"
        rows[row["id"], row["variant"]] = (word, row["reason"] or "")
    return rows


def compare(runs):
    """runs: [(name, rows)]. Returns [(key, {word: [(name, reason)]})] of what flipped, and the names of the runs that differ from the most."""
    flips, odd = [], set()
    for key in sorted({key for _, rows in runs for key in rows}):
        by_word = collections.defaultdict(list)
        for name, rows in runs:
            word, reason = rows.get(key, ("absent", ""))
            by_word[word].append((name, reason))
        if len(by_word) > 1:
            usual = max(by_word, key=lambda word: len(by_word[word]))
            flips.append((key, dict(by_word)))
            odd.update(name for word, seen in by_word.items() if word != usual for name, _ in seen)
    return flips, odd


def chance_of_seeing(runs, once_in=ONCE_IN):
    """That a verdict which comes out otherwise once in so many runs did so in one of these."""
    return 1 - (1 - 1 / once_in) ** runs


def describe(flips):
    lines = []
    for (scenario, variant), by_word in flips:
        lines.append(f"{scenario} {variant} flipped: " + ", ".join(f"{len(seen)} times {word}" for word, seen in by_word.items()))
        rarest = min(by_word, key=lambda word: len(by_word[word]))
        lines += [f"    {rarest}: {reason or 'no reason'}  ({name})" for name, reason in by_word[rarest][:3]]
    return lines
