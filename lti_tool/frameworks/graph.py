"""Paths, cycles and order in small directed graphs, without recursion: imported files may be deep."""

from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush

Edge = tuple[str, str]


def _out(edges: Iterable[Edge]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for origin, destination in edges:
        found.setdefault(origin, []).append(destination)
    return found


def find_cycle(edges: Iterable[Edge]) -> tuple[str, ...]:
    """Nodes of one cycle, the first repeated at the end; () when there is none. O(nodes + edges)."""
    out = _out(edges)
    done: set[str] = set()
    for start in out:
        if start in done:
            continue
        path, on_path, turns = [start], {start}, [iter(out[start])]
        while turns:
            step = next(turns[-1], None)
            if step is None:
                turns.pop()
                last = path.pop()
                on_path.discard(last)
                done.add(last)
            elif step in on_path:
                return (*path[path.index(step) :], step)
            elif step not in done:
                path.append(step)
                on_path.add(step)
                turns.append(iter(out.get(step, ())))
    return ()


def cycles(edges: Iterable[Edge]) -> tuple[tuple[str, ...], ...]:
    """One cycle for each knot of nodes that reach each other, each with its first node repeated at the end."""
    known = list(edges)
    knot_of = {node: number for number, knot in enumerate(_knots(known)) for node in knot}
    inside: dict[int, list[Edge]] = {}
    for origin, destination in known:
        knot = knot_of.get(origin)
        if knot is not None and knot == knot_of.get(destination):
            inside.setdefault(knot, []).append((origin, destination))
    return tuple(find_cycle(inside[knot]) for knot in sorted(inside))


def _knots(edges: Sequence[Edge]) -> list[list[str]]:
    """Strongly connected components that hold a cycle (Tarjan 1972, with a stack in place of recursion)."""
    out = _out(edges)
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    stacked: set[str] = set()
    found: list[list[str]] = []
    for root in out:
        if root in index:
            continue
        work = [(root, iter(out[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        stacked.add(root)
        while work:
            node, steps = work[-1]
            step = next(steps, None)
            if step is not None:
                if step not in index:
                    index[step] = low[step] = len(index)
                    stack.append(step)
                    stacked.add(step)
                    work.append((step, iter(out.get(step, ()))))
                elif step in stacked:
                    low[node] = min(low[node], index[step])
                continue
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[node])
            if low[node] == index[node]:
                knot = [stack.pop()]
                while knot[-1] != node:
                    knot.append(stack.pop())
                stacked.difference_update(knot)
                if len(knot) > 1 or node in out.get(node, ()):
                    found.append(knot)
    return found


def path_between(edges: Iterable[Edge], start: str, goal: str) -> tuple[str, ...]:
    """A shortest path, both ends included; (start,) when they are one node, () when there is none."""
    if start == goal:
        return (start,)
    out = _out(edges)
    came_from = {start: start}
    waiting = [start]
    for node in waiting:
        for step in out.get(node, ()):
            if step in came_from:
                continue
            came_from[step] = node
            if step == goal:
                return _walk_back(came_from, start, goal)
            waiting.append(step)
    return ()


def _walk_back(came_from: dict[str, str], start: str, goal: str) -> tuple[str, ...]:
    path = [goal]
    while path[-1] != start:
        path.append(came_from[path[-1]])
    return tuple(reversed(path))


def in_order(nodes: Sequence[str], edges: Iterable[Edge]) -> tuple[str, ...]:
    """Topological order that keeps the given order where edges allow; members of a cycle come last."""
    place = {node: number for number, node in enumerate(nodes)}
    out = _out(edge for edge in edges if edge[0] in place and edge[1] in place)
    waits = dict.fromkeys(nodes, 0)
    for steps in out.values():
        for step in steps:
            waits[step] += 1
    ready = [place[node] for node in nodes if not waits[node]]
    heapify(ready)
    ordered: list[str] = []
    while ready:
        node = nodes[heappop(ready)]
        ordered.append(node)
        for step in out.get(node, ()):
            waits[step] -= 1
            if not waits[step]:
                heappush(ready, place[step])
    placed = set(ordered)
    return (*ordered, *(node for node in nodes if node not in placed))
