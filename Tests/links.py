"""Whether what the Markdown of the tree links to is in the tree: files, folders, and headings in them.

Prints each link that leads nowhere, as file:line; exits with 1 then."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\]\(([^)\s]+)\)")


def prose(file: Path) -> list[tuple[int, str]]:
    """The lines outside of fences, by their numbers."""
    lines, is_code = [], False
    for number, line in enumerate(file.read_text().split("\n"), 1):
        if line.lstrip().startswith("```"):
            is_code = not is_code
        elif not is_code:
            lines.append((number, line))
    return lines


def anchors(file: Path) -> set[str]:
    """What can stand behind # of a link to a file, as GitHub makes it of the headings."""
    found, count = set(), {}
    for _, line in prose(file):
        heading = re.match(r"#{1,6} (.*)", line)
        if not heading:
            continue
        text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading[1]).strip().lower()
        name = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        again = count[name] = count.get(name, -1) + 1
        found.add(f"{name}-{again}" if again else name)
    return found


def broken(file: Path, there: set[Path]) -> list[str]:
    """Its links that lead nowhere."""
    found = []
    for number, line in prose(file):
        for link in LINK.findall(re.sub(r"`[^`]*`", "", line)):
            if re.match(r"[a-z]+:", link):
                continue
            place, _, anchor = link.partition("#")
            target = (file.parent / place).resolve() if place else file
            if target not in there:
                found.append(f"{file.relative_to(ROOT)}:{number}: there is no {link}")
            elif anchor and target.suffix == ".md" and anchor not in anchors(target):
                found.append(f"{file.relative_to(ROOT)}:{number}: there is no heading {link}")
    return found


def main() -> int:
    names = subprocess.check_output(["git", "-C", ROOT, "ls-files", "-z"], text=True).split("\0")
    files = [ROOT / name for name in names if name]
    there = {place for file in files for place in (file, *file.parents)}
    found = [each for file in files if file.suffix == ".md" for each in broken(file, there)]
    for each in found:
        print(each, file=sys.stderr)
    return 1 if found else 0


sys.exit(main())
