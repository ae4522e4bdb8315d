"""House rules: imports run one way, between the floors and among the rooms, without circles."""

from collections import defaultdict, deque
from typing import NamedTuple

from .house_tree import Complaint, imports, inside
from .paths import OWN_ADDONS

HOUSE = "tools/sam/house.py"


class May(NamedTuple):
    """What a part of the house may import: parts of the addons, and packages of others."""

    parts: tuple
    packages: tuple | None = None  # besides the standard library; None: any


def check_floors(modules, rules, standard) -> list:
    """Complaints about imports that a part of the house may not make.

    :param rules: {"ai_brain/engine": May(…)}; the longest path counts, for tests only one of tests
    :param standard: names of the standard library's modules
    """
    found = []
    for module in modules.values():
        ruling = [part for part in rules if inside(module.name, dotted(part))]
        part = max(ruling, key=len, default="")
        if not part or module.test != part.endswith("/tests"):
            continue
        may = rules[part]
        for target, line in imports(module, modules):
            top = target.split(".")[0]
            if top in OWN_ADDONS:
                if any(inside(target, dotted(own)) for own in may.parts):
                    continue
                allowed = ", ".join(may.parts)
                text = f"of our addons {part} may import only {allowed}: move what it needs there."
            elif may.packages is None or top in standard or top in may.packages:
                continue
            else:
                allowed = ", ".join(may.packages)
                text = f"{part} may import the standard library and {allowed}: do without, or say"
                text += f" so in {HOUSE}."
            found.append(Complaint(module.path, line, f"imports {target}; {text}"))
    return found


class Floor:
    """A floor, its rooms, and the imports among them.

    :param path: like "ai_brain/engine"
    :param line: the rooms in their order; each may import those before it
    """

    def __init__(self, path, line, modules):
        self.path, self.line, self.name = path, line, dotted(path)
        self.modules = [m for m in modules.values() if inside(m.name, self.name) and not m.test]
        self.rooms = set()
        for module in self.modules:
            below = self._below(module.name)
            if len(below) > 1 or (below and module.package):
                self.rooms.add(below[0])
        self.crossing = []  # (room, room, module, Import)
        for module in self.modules:
            for each in imports(module, modules):
                if inside(each.target, self.name) and self.room(each.target):
                    self.crossing.append(
                        (self.room(module.name), self.room(each.target), module, each)
                    )

    def _below(self, name):
        return name.split(".")[len(self.name.split(".")) :]

    def room(self, name):
        """The room of a module of this floor; empty for what lies at the root."""
        below = self._below(name)
        return below[0] if below and below[0] in self.rooms else ""

    def standing(self):
        """The rooms of the line that are there, in its order."""
        return [room for room in self.line if room in self.rooms]

    def check(self):
        """(complaints, the imports among them as pairs of module names)."""
        found, pairs = [], set()
        for room in sorted(self.rooms - set(self.line)):
            file = min(m.path for m in self.modules if self.room(m.name) == room)
            text = f"the line of {self.path} in {HOUSE} does not name the room {room}: add it."
            found.append(Complaint(file, 1, text))
        reached = 0
        for here, there, module, each in self.crossing:
            if there == here or not {here, there} <= {"", *self.line}:
                continue
            place = self.line.index(there)
            if module.name == self.name:
                # the floor's own __init__: what is imported first is extended by the later
                if place < reached:
                    text = f"imports {there} after {self.line[reached]}: import along the line."
                    found.append(Complaint(module.path, each.line, text))
                reached = max(reached, place)
            elif not here or place > self.line.index(here):
                found.append(Complaint(module.path, each.line, self._breach(here, there)))
                pairs.add((module.name, each.target))
        return found, pairs

    def _breach(self, here, there):
        if not here:
            return (
                f"a module at the root of {self.path} imports the room {there}: move it into a "
                "room, or what it needs to the root."
            )
        text = f"{here} imports {there}, which comes after it in the line of {self.path}"
        graph = defaultdict(dict)
        for one, other, module, each in self.crossing:
            if one and one != other:
                graph[one].setdefault(other, f"{module.path}:{each.line}")
        back = shortest(graph, there, here)
        if back:
            text += f", a circle: {' → '.join([here, *back])} ({graph[back[-2]][here]})"
        return f"{text}. Move the code, or the line in {HOUSE}."


def check_circles(modules, told) -> list:
    """Complaints about modules that import each other in a circle.

    :param told: pairs of module names whose import was complained of already
    """
    graph = defaultdict(dict)
    for module in modules.values():
        if not module.test:
            for target, line in imports(module, modules):
                if target in modules and (module.name, target) not in told:
                    graph[module.name].setdefault(target, line)
    found, seen = [], set()
    for name in sorted(graph):
        ring = shortest(graph, name, name)
        if ring and not seen & set(ring):
            seen |= set(ring)
            text = f"a circle of imports: {' → '.join(ring)}. Take out what both need."
            found.append(Complaint(modules[name].path, graph[name][ring[1]], text))
    return found


def shortest(graph, start, end) -> list:
    """The nodes of a shortest path of at least one step; empty if there is none.

    >>> shortest({"a": "b", "b": "ca"}, "a", "a")
    ['a', 'b', 'a']
    """
    before, waiting = {}, deque([start])
    while waiting:
        node = waiting.popleft()
        for following in graph.get(node, ()):
            if following not in before:
                before[following] = node
                waiting.append(following)
    if end not in before:
        return []
    path = [end]
    while len(path) == 1 or path[-1] != start:
        path.append(before[path[-1]])
    return path[::-1]


def dotted(path):
    """The name of the modules in a folder.

    >>> dotted("ai_brain/engine")
    'ai_brain.engine'
    """
    return path.replace("/", ".")
