# SPDX-License-Identifier: Apache-2.0
"""The search for shared parts: which sums are formed once and used in several places."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from models.unrolled._digits import Digit, csd, weight, within

Vector: TypeAlias = tuple[int, ...]
Pattern: TypeAlias = tuple[int, int, int, int]  # words a <= b, b's shift over a's, product of their signs
_EPSILON = 1e-6


@dataclass(frozen=True)
class Prices:
    """What a sum costs in LUTs: `bit` for each bit that goes in and not out, `carry` for each column of the last carry.

    Fitted to what Yosys makes of heaps of 2, 3, 4 and more words.
    """

    bit: float
    carry: tuple[float, float, float, float]
    """For sums of 2, 3, 4, and of more words."""

    def of(self, terms: int) -> float:
        """Returns the price of a column of the last carry in a sum of so many terms, at least 2."""
        return self.carry[min(terms, 5) - 2]


PRICES = {
    "lut6": Prices(1.03, (0.64, 0.96, 1.3, 1.4)),
    "lut4": Prices(2.0, (0.33, 0.33, 0.4, 0.5)),
    "carry": Prices(1.07, (0.35, 0.35, 0.8, 1.0)),
}


class Search:
    """A set of sums, each a set of words with integer factors, that all stay equal to what they were made for.

    Words are numbered: inputs, then sums. A sum is a dict from word to factor; factors are not yet digits, so that
    every shortest way to write them stays open. A pattern is a sum of two shifted words; what is counted of it is in
    how many places it could be taken out of a sum.
    """

    def __init__(self, spans: Sequence[int], prices: Prices, limit: int | None) -> None:
        self.inputs = len(spans)
        self.spans = list(spans)
        """Greatest less least value, of inputs here, of all words in `reach`."""
        self.prices = prices
        self.limit = limit
        self.vectors: list[Vector] = []
        self.reach: list[int] = []
        self.width: list[int] = []
        self.support: list[int] = []
        self.sums: dict[int, dict[int, int]] = {}
        self.users: list[set[int]] = []
        self.roots: set[int] = set()
        self.count: dict[Pattern, int] = {}
        self.worth: dict[Pattern, tuple[float, float]] = {}
        self.queue: list[tuple[float, Pattern, int]] = []
        self.banned: set[Pattern] = set()
        self.journal: list[tuple[int, int, int]] = []
        self.costs: dict[int, float] = {}
        self.noise = 0.0
        self.work = 0
        """Patterns counted so far: a measure of time that is the same on every machine."""
        self.random = random.Random(0)
        for i in range(self.inputs):
            self.word(tuple(int(k == i) for k in range(self.inputs)))

    def word(self, vector: Vector) -> int:
        """Adds a word that stands for this sum of inputs; returns its number."""
        self.vectors.append(vector)
        self.reach.append(sum(abs(v) * r for v, r in zip(vector, self.spans, strict=True)))
        self.width.append(self.reach[-1].bit_length())
        self.support.append(sum(1 << i for i, v in enumerate(vector) if v))
        self.users.append(set())
        return len(self.vectors) - 1

    def root(self, vector: Vector, factors: dict[int, int]) -> int:
        """Adds a sum that must stay; returns its number."""
        number = self.word(vector)
        self.sums[number] = {}
        self.roots.add(number)
        for source, factor in factors.items():
            self.set(number, source, factor)
        return number

    def set(self, target: int, source: int, factor: int) -> None:
        """Sets a word's factor in a sum, and keeps all counts up to date."""
        terms = self.sums[target]
        old = terms.get(source, 0)
        if old == factor:
            return
        self.journal.append((target, source, old))
        self.costs.pop(target, None)
        before, after = within(old), within(factor)
        self.tally(target, source, [d for d in before if d not in after], -1)
        self.tally(target, source, [d for d in after if d not in before], 1)
        for digits, step in ((before, -1), (after, 1)):
            for key in _pairs(source, digits):
                self.tick(key, step)
        if factor:
            terms[source] = factor
            self.users[source].add(target)
        else:
            del terms[source]
            self.users[source].discard(target)

    def tally(self, target: int, source: int, digits: list[Digit], step: int) -> None:
        """Counts the patterns of some digits of a word with those of all other words of a sum."""
        for other, value in self.sums[target].items():
            if other != source:
                for u, r in within(value):
                    for t, s in digits:
                        self.tick(
                            (source, other, u - t, s * r) if source < other else (other, source, t - u, s * r), step
                        )

    def tick(self, key: Pattern, step: int) -> None:
        """Counts one pattern up or down."""
        self.work += 1
        count = self.count[key] = self.count.get(key, 0) + step
        if step > 0 and count >= 2:
            self.push(key, count)

    def undo(self, mark: int) -> None:
        """Takes back all changes since the journal had this length."""
        while len(self.journal) > mark:
            target, source, old = self.journal.pop()
            self.set(target, source, old)
            self.journal.pop()

    def push(self, key: Pattern, count: int) -> None:
        """Queues a pattern by what it would save, if it does."""
        if key not in self.worth:
            self.worth[key] = self.judge(key)
        each, once = self.worth[key]
        gain = count * each - once
        if gain > _EPSILON:
            if self.noise:
                gain *= 1 + self.noise * (self.random.random() - 0.5)
            heapq.heappush(self.queue, (-gain, key, count))

    def judge(self, key: Pattern) -> tuple[float, float]:
        """Finds what a pattern saves in each place, and what it costs once."""
        a, b, shift, sign = key
        up_a, up_b = max(0, -shift), max(0, shift)
        if self.support[a] & self.support[b]:
            pairs = zip(self.vectors[a], self.vectors[b], self.spans, strict=True)
            reach = sum(abs((x << up_a) + sign * (y << up_b)) * r for x, y, r in pairs)
        else:
            reach = (self.reach[a] << up_a) + (self.reach[b] << up_b)
        if not reach:
            return -1.0, 0.0
        saved = self.prices.bit * (self.width[a] + self.width[b] - reach.bit_length())
        if min(self.width[a] + up_a, self.width[b] + up_b) <= max(up_a, up_b):
            return saved, 0.0  # they do not overlap
        return saved, saved + self.prices.of(2) * (reach.bit_length() - max(up_a, up_b))

    def greedy(self) -> None:
        """Takes out patterns, each time the one that saves most, until none saves anything."""
        while self.queue:
            _, key, count = heapq.heappop(self.queue)
            now = self.count.get(key, 0)
            if now == count:
                if key not in self.banned:
                    self.extract(key)
            elif 2 <= now < count:
                self.push(key, now)
        self.inline()

    def extract(self, key: Pattern) -> None:
        """Makes a pattern a word, and uses it wherever it is found, if that is in two places or more."""
        a, b, shift, sign = key
        up_a, up_b = max(0, -shift), max(0, shift)
        mark = len(self.journal)
        number = self.word(
            tuple((x << up_a) + sign * (y << up_b) for x, y in zip(self.vectors[a], self.vectors[b], strict=True))
        )
        uses = 0
        for target in sorted(self.users[a] & self.users[b]):
            for t, s in within(self.sums[target][a]):
                uses += self.replace(target, key, (t, s), number)
        self.sums[number] = {}
        if a == b:
            self.set(number, a, (1 << up_a) + sign * (1 << up_b))
        else:
            self.set(number, a, 1 << up_a)
            self.set(number, b, sign << up_b)
        if uses < 2 or self.too_deep():
            self.undo(mark)
            self.banned.add(key)

    def replace(self, target: int, key: Pattern, digit: Digit, number: int) -> bool:
        """Takes one occurrence of a pattern out of a sum, if it is still there, and puts its word in."""
        a, b, shift, sign = key
        terms = self.sums[target]
        (t, s), old_a, old_b = digit, terms.get(a, 0), terms.get(b, 0)
        part_a, part_b = s * (1 << t), s * sign * (1 << (t + shift)) if t + shift >= 0 else 0
        if not part_b:
            return False
        if a == b:
            if weight(old_a - part_a - part_b) != weight(old_a) - 2:
                return False
            self.set(target, a, old_a - part_a - part_b)
        else:
            if weight(old_a - part_a) != weight(old_a) - 1 or weight(old_b - part_b) != weight(old_b) - 1:
                return False
            self.set(target, a, old_a - part_a)
            self.set(target, b, old_b - part_b)
        self.set(target, number, terms.get(number, 0) + s * (1 << (t - max(0, -shift))))
        return True

    def shared(self) -> list[int]:
        """Lists the words that are neither input nor root and in use."""
        return [number for number, terms in self.sums.items() if terms and number not in self.roots]

    def dissolve(self, number: int) -> None:
        """Writes a word's own terms wherever it is used, so that it is not used any more."""
        terms = dict(self.sums[number])
        for target in sorted(self.users[number]):
            factor = self.sums[target][number]
            self.set(target, number, 0)
            for source, value in terms.items():
                self.set(target, source, self.sums[target].get(source, 0) + factor * value)
        for source in terms:
            self.set(number, source, 0)

    def inline(self) -> None:
        """Dissolves the words that are used once or not at all."""
        again = True
        while again:
            again = False
            for number in self.shared():
                if sum(weight(self.sums[target][number]) for target in self.users[number]) <= 1:
                    self.dissolve(number)
                    again = True

    def too_deep(self) -> bool:
        """Whether a root lies deeper than the limit."""
        if self.limit is None:
            return False
        levels: dict[int, int] = {}
        return any(self.level(root, levels) > self.limit for root in self.roots)

    def level(self, number: int, levels: dict[int, int]) -> int:
        """Finds a word's depth in two-operand adders."""
        if number < self.inputs:
            return 0
        if number not in levels:
            total = sum(weight(f) << self.level(n, levels) for n, f in self.sums[number].items())
            levels[number] = max(0, (total - 1).bit_length()) if total else 0
        return levels[number]

    def cost(self, number: int) -> float:
        """Estimates what one sum costs, in LUTs."""
        if number not in self.costs:
            ends = sorted((t, t + self.width[n]) for n, f in self.sums[number].items() for t, _ in csd(f))
            price = 0.0
            if len(ends) > 2 or (len(ends) == 2 and ends[0][1] > ends[1][0]):
                price = self.prices.bit * (sum(e - t for t, e in ends) - self.width[number])
                price += self.prices.of(len(ends)) * (self.width[number] - ends[1][0])
            self.costs[number] = price
        return self.costs[number]

    def total(self) -> float:
        """Estimates what all sums cost, in LUTs."""
        return sum(self.cost(number) for number, terms in self.sums.items() if terms)

    def improve(self, work: float) -> None:
        """Dissolves a few words at random and searches again, and keeps what is not worse; repeats that for a time."""
        best = self.total()
        self.noise = 0.3
        end = self.work + work
        while self.work < end:
            self.work += 1000  # what a round takes that counts little
            self.journal.clear()
            shared = self.shared()
            for number in self.random.sample(shared, min(len(shared), self.random.randint(1, 4))):
                self.dissolve(number)
            self.greedy()
            now = self.total()
            if now <= best + _EPSILON and not self.too_deep():
                best = now
            else:
                self.undo(0)
                self.queue.clear()


def _pairs(source: int, digits: Sequence[Digit]) -> Iterator[Pattern]:
    """Lists the patterns within one word's factor."""
    for index, (t, s) in enumerate(digits):
        for u, r in digits[index + 1 :]:
            if u != t:
                yield source, source, u - t, s * r
