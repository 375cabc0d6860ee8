"""NAS-Bench-201 cells as their definition says, slow and independent of the package: the reference of the tests."""

from __future__ import annotations

from itertools import permutations, product

EDGES = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]
NONE, SKIP, CONV1, CONV3, POOL = range(5)

Term = tuple[int, int]
"""(how often it is pooled, what it is: -1 for the input of the cell, else the edge of a convolution)."""


def evaluated(cell: tuple[int, ...]) -> tuple[list[Term], dict[int, list[Term]]]:
    """Return the terms of the output, and of what each convolution reads that reads anything.

    Each node holds a sum of terms. Pooling is linear, so it is written on every term of the sum; a convolution
    of a sum without terms is nothing.
    """
    nodes: list[list[Term]] = [[(0, -1)], [], [], []]
    reads: dict[int, list[Term]] = {}
    for edge, ((source, target), choice) in enumerate(zip(EDGES, cell, strict=True)):
        value = nodes[source]
        if choice == SKIP:
            nodes[target] += value
        elif choice == POOL:
            nodes[target] += [(times + 1, atom) for times, atom in value]
        elif choice in {CONV1, CONV3} and value:
            reads[edge] = value
            nodes[target].append((0, edge))
    return nodes[3], reads


def reached(output: list[Term], reads: dict[int, list[Term]]) -> set[int]:
    """Return the convolutions that the output depends on."""
    live: set[int] = set()
    frontier = [atom for _, atom in output]
    while frontier:
        atom = frontier.pop()
        if atom >= 0 and atom not in live:
            live.add(atom)
            frontier += [below for _, below in reads[atom]]
    return live


def exact_form(cell: tuple[int, ...]) -> str:
    """Return a string that two cells share exactly if they compute the same function of their parameters.

    The convolutions that reach the output are numbered in every possible way that keeps the form (1x1 or 3x3);
    the least of the resulting strings is the answer.
    """
    output, reads = evaluated(cell)
    live = reached(output, reads)

    def written(value: list[Term], numbers: dict[int, str]) -> str:
        return "+".join(sorted(f"p{times}{numbers.get(atom, 'x')}" for times, atom in value))

    candidates = []
    groups = [[edge for edge in sorted(live) if cell[edge] == form] for form in (CONV1, CONV3)]
    for orders in product(*(permutations(group) for group in groups)):
        numbers = {e: f"{form}{i}" for form, order in zip("ab", orders, strict=True) for i, e in enumerate(order)}
        lines = sorted(f"{numbers[edge]}={written(reads[edge], numbers)}" for edge in live)
        candidates.append(";".join([*lines, f"out={written(output, numbers)}"]))
    return min(candidates)
