"""Plays `pip` where no package index answers: reads requirements and says which of them this machine has.

Nothing is downloaded. A virtual environment sees the host's packages, so tests that need no missing package really run.
"""

import os
import re
import sys
from importlib import metadata

REQUIREMENT = re.compile(
    r"^(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:\[[^\]]*\])?\s*"
    r"(?P<version>(?:(?:===|==|~=|!=|<=|>=|<|>)\s*[^\s,;]+\s*,?\s*)*)(?:;.*)?$"
)
RECORD = os.path.join(sys.prefix, "simulated-requirements.txt")


class Failure(Exception):
    pass


def requirements(file, seen=()):
    """Yields (name, version specifier, where) of a requirements file and of those that it includes."""
    if file in seen:
        return
    try:
        with open(file, encoding="utf-8-sig") as lines:
            text = lines.read()
    except OSError as error:
        raise Failure(f"Could not open requirements file: [Errno {error.errno}] {error.strerror}: '{file}'")
    for number, line in enumerate(text.replace("\\\n", " ").splitlines(), 1):
        line = re.sub(r"(^|\s)#.*$", "", line).strip()
        line = re.sub(r"\s--hash=\S+", "", line)
        included = re.match(r"^(?:-r|--requirement)[ =]\s*(\S+)$", line)
        if included:
            yield from requirements(os.path.join(os.path.dirname(file), included[1]), (*seen, file))
        elif line and not line.startswith("-"):
            yield parsed(line, f" (from line {number} of {file})")


def parsed(line, where=""):
    match = REQUIREMENT.match(line)
    if not match and not re.match(r"^[\w.-]+\s*@\s*\S+$|^(git\+|https?:|\.{0,2}/)", line):
        raise Failure(f"Invalid requirement: '{line}'{where}")
    return (match["name"], match["version"].replace(" ", ""), where) if match else (line, "", where)


def install(args):
    wanted, files, quiet, items = [], 0, False, list(args)
    while items:
        arg = items.pop(0)
        file = re.match(r"^(?:-r|--requirement)(?:=(.+))?$", arg)
        if file:
            if not file[1] and not items:
                raise Failure("-r needs a file")
            files += 1
            wanted += requirements(file[1] or items.pop(0))
        elif arg in ("-c", "--constraint", "-i", "--index-url", "--extra-index-url", "-t", "--target", "--cache-dir"):
            items.pop(0)
        elif arg in ("-q", "--quiet"):
            quiet = True
        elif not arg.startswith("-"):
            wanted.append(parsed(arg))
    if not wanted and not files:
        raise Failure("You must give at least one requirement to install (see \"pip help install\")")
    for name, version, _ in wanted:
        try:
            here = metadata.version(name)
            told = f"this machine has {here}"
        except metadata.PackageNotFoundError:
            told = "not on this machine, not downloaded"
        pinned = "" if version.startswith("==") else "  WARNING: not pinned with =="
        if not quiet or pinned:
            print(f"(simulated) {name}{version}: {told}{pinned}")
    with open(RECORD, "a", encoding="utf-8") as record:
        record.writelines(f"{name}{version}\n" for name, version, _ in wanted)
    print(f"(simulated) {len(wanted)} requirements are well-formed; no package index answers, so nothing was downloaded")


def main(argv):
    command, args = (argv[0], argv[1:]) if argv else ("", [])
    try:
        if command == "install":
            install(args)
        elif command in ("--version", "-V"):
            print(f"pip (simulated) from {os.path.dirname(__file__)} (python {sys.version_info[0]}.{sys.version_info[1]})")
        elif command == "freeze":
            if os.path.exists(RECORD):
                with open(RECORD, encoding="utf-8") as record:
                    print("".join(sorted(set(record.readlines()))), end="")
        elif command in ("check", "cache"):
            print("(simulated) nothing to check")
        else:
            raise Failure(f"'pip {command}' is not simulated")
    except Failure as failure:
        print(f"ERROR: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
