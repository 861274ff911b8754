# SPDX-License-Identifier: MIT
"""Where a mutant can be: tools/mutate plays them.

Each operator is a function that yields (what, start, end, replacement) of the places in one function of a file; the text between
start and end becomes `replacement`, and `what` and that text are the mutant's name. Declarations, asserts and lines of the log
stay as they are.
"""
import re

LOG = r"jobs_context_log|jobs_states_say|say_leaving|runtime_log|port_board_log|log_down|say|say_again_at"
ASSIGNED = re.compile(r"\*?[A-Za-z_](?:[\w>.\-]|\[[^\]\n]*\])* (?:[-+|&^*/%]|<<|>>)?=(?!=)\s*")
COUNTED = re.compile(r"(?:\+\+|--)[\w>.\-]+;|[\w>.\-]+(?:\+\+|--);")


# ---- reading C

def blank_comments(text):
    """Comments become blanks, and strings underscores, of the same length, so that offsets stay."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"' + r"|'(?:\\.|[^'\\\n])*'"
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " " if m.group()[0] == "/" else "_", m.group()), text, flags=re.S)


def closing(text, at):
    """The index behind the parenthesis that closes the one at `at`."""
    depth = 0
    for i in range(at, len(text)):
        depth += (text[i] == "(") - (text[i] == ")")
        if depth == 0:
            return i + 1
    raise ValueError("no closing parenthesis")


def functions(text):
    """(name, start, end, header) of each function body."""
    found = []
    for m in re.finditer(r"^\{$", text, re.M):
        end = text.index("\n}", m.start()) + 2
        header = text[text.rfind("\n\n", 0, m.start()) + 2:m.start()]
        name = re.search(r"(\w+)\(", header)
        if name:
            found.append((name.group(1), m.start(), end, header))
    return found


def squeeze(text):
    return re.sub(r"\s+", " ", text).strip()


def blank_quiet(text):
    """The statements that call assert or the log become blanks, too."""
    for m in re.finditer(rf"^ +(?:assert|{LOG})\(", text, re.M):
        end = closing(text, m.end() - 1)
        text = text[:m.start()] + re.sub(r"[^\n]", " ", text[m.start():end]) + text[end:]
    return text


def edge(text, at, step, ends):
    """From `at` to the first of `ends` at the same depth, to the right (step 1) or to the left (-1)."""
    depth, opening, closed = 0, "([{", ")]}"
    if step < 0:
        opening, closed = closed, opening
    while True:
        c = text[at]
        if depth == 0 and (c in closed or ends(text, at)):
            return at
        depth += (c in opening) - (c in closed)
        at += step


def ends_operand(text, at):
    """Is the character at `at` behind or before an operand of && or ||?"""
    if text[at] in ",;?:" or text[at:at + 2] == "}\n":
        return True
    if text[at:at + 2] in ("&&", "||") or text[at - 1:at + 1] in ("&&", "||"):
        return True
    return text[at] == "=" and text[at - 1] not in "=!<>" and text[at + 1] != "="


# ---- the operators: each gets the file's text without comments, and the function as (start, end, header)

def conditions(text, start, end, _):
    for m in re.finditer(r"\b(if|while) \(", text[start:end]):
        opened = start + m.end() - 1
        closed = closing(text, opened)
        yield "not", opened, closed, lambda t: f"(!{t})"


def results(text, start, end, header):
    if not re.search(r"\bbool\s+\w+\(", header):
        return
    for m in re.finditer(r"\breturn ([^;]+);", text[start:end]):
        if m.group(1).strip() not in ("true", "false"):
            yield "not return", start + m.start(1), start + m.end(1), lambda t: f"!({t})"


def calls(text, start, end, _):
    for m in re.finditer(r"(?<=[;{})\n])\s*\n?\s+((?:\+\+|\*)?[\w>.\-]+\()", text[start:end]):
        at = start + m.start(1)
        if not re.match(rf"(if|while|for|switch|return|assert|sizeof|{LOG})\b", text[at:]):
            to = closing(text, text.index("(", at))
            if text[to] == ";":
                yield "no", at, to, lambda _: "(void)0"


def effects(text, start, end, _):
    """A call whose result is used."""
    pattern = r"(?:\w+->)+io\.(publish|subscribe|save|random)\(|(?<![\w])jobs_states_save\("
    for m in re.finditer(pattern, text[start:end]):
        at = start + m.start()
        to = closing(text, start + m.end() - 1)
        value = "0u" if m.group(1) == "random" else "ERR_OK"
        if text[to] != ";" or text[:at].rstrip()[-1] not in ";{})":
            yield "no", at, to, lambda _, value=value: value


def rows(text):
    """Of the engine's state table, which is no function's."""
    for m in re.finditer(r"^    ON\(([^)]*)\),", text, re.M):
        yield "no", m.start(), m.end(), lambda _: ""


def assignments(text, start, end, _):
    """A whole statement; of a = b = c first a, then b."""
    for m in re.finditer(r"(?<=[;{}:])\s*\n\s+(?=[\w*+-])", text[start:end]):
        first = at = start + m.end()
        targets = []
        assigned = ASSIGNED.match(text, at)
        while assigned:
            targets.append((at, assigned.end()))
            at = assigned.end()
            assigned = ASSIGNED.match(text, at)
        if len(targets) == 1 or COUNTED.match(text, first):
            yield "no", first, text.index(";", first), lambda _: "(void)0"
        else:
            for left, right in targets:
                yield "no", left, right, lambda _: ""


def choices(text, start, end, _):
    for m in re.finditer(r"\?", text[start:end]):
        at = start + m.start()
        open_ones, colon = 1, at  # up to this one's colon, behind those of the choices within
        while open_ones > 0:
            colon = edge(text, colon + 1, 1, lambda t, i: t[i] in "?:")
            open_ones += 1 if text[colon] == "?" else -1
        to = edge(text, colon + 1, 1, lambda t, i: t[i] in ",;")
        yield "swapped", at, to, lambda t, n=colon - at: f"? ({t[n + 1:]}) : ({t[1:n]})"


def loops(text, start, end, _):
    """No round at all; and one less where a count is compared with its end."""
    for m in re.finditer(r"\bfor \(", text[start:end]):
        opened = start + m.end() - 1
        closed = closing(text, opened) - 1
        first = text.index(";", opened) + 1
        second = text.index(";", first)
        condition = text[first:second]
        if second < closed and condition.strip():
            yield "never", first, second, lambda _: " 0"
            if re.fullmatch(r" \w+ <=? [^<>&|?]+", condition):
                yield "one round less:", first, second, lambda t: re.sub(r"^ (\w+) ", r" \1 + 1 ", t)


def operands(text, start, end, _):
    found = {}
    for m in re.finditer(r"&&|\|\|", text[start:end]):
        at = start + m.start()
        neutral = "1" if m.group() == "&&" else "0"
        left, right = edge(text, at - 1, -1, ends_operand) + 1, edge(text, at + 2, 1, ends_operand)
        word = re.match(r"\s*return\b", text[left:at])
        found[left + (word.end() if word else 0), at] = neutral
        found[at + 2, right] = neutral
    for (left, right), neutral in sorted(found.items()):
        blanks = len(text[left:right]) - len(text[left:right].lstrip())
        yield "without", left + blanks, left + len(text[left:right].rstrip()), lambda _, n=neutral: n


OPERATORS = (conditions, results, calls, effects, loops, operands, choices, assignments)


def mutants_of(path, source):
    """(name, start, end, replacement) in the file's text."""
    text = blank_quiet(blank_comments(source))
    found = []

    def add(function, verb, start, end, replace):
        found.append([f"{path.name} {function}: {verb} {squeeze(source[start:end])}", start, end, replace(source[start:end])])

    for function, start, end, header in functions(text):
        for operator in OPERATORS:
            for place in operator(text, start, end, header):
                add(function, *place)
    for place in rows(text):
        add("steps", *place)
    seen = {}
    for mutant in found:  # the same text twice in one function
        seen[mutant[0]] = seen.get(mutant[0], 0) + 1
        if seen[mutant[0]] > 1:
            mutant[0] += f" ({seen[mutant[0]]})"
    return [tuple(m) for m in found]
