"""The binary as it is shipped, read as the loader reads it: what an attacker of memory would miss.

`scripts/test` builds it in its last step and names it in OCMGATE_SHIPPED; a debug build is another thing.
"""

import os
import re
import struct
from pathlib import Path

import pytest

# Of elf(5).
PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_GNU_STACK, PT_GNU_RELRO = 1, 2, 3, 0x6474E551, 0x6474E552
PF_X, PF_W = 1, 2
ET_DYN = 3
DT_NEEDED, DT_STRTAB, DT_STRSZ, DT_RPATH, DT_FLAGS, DT_RUNPATH, DT_FLAGS_1, DT_TEXTREL = \
    1, 5, 10, 15, 30, 29, 0x6FFFFFFB, 22
DF_TEXTREL, DF_BIND_NOW = 0x4, 0x8
DF_1_NOW, DF_1_PIE = 0x1, 0x08000000

# What it takes from the system; Swift's own libraries are inside it.
LIBRARIES = {"libc.so.6", "libcrypto.so.3", "libgcc_s.so.1", "libm.so.6", "libnghttp2.so.14",
             "libsqlite3.so.0", "libssl.so.3", "libstdc++.so.6", "libz.so.1"}
LOADERS = {"ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}


class Program:
    """The headers and the dynamic section of a 64-bit little-endian ELF file."""

    def __init__(self, file: Path):
        data = file.read_bytes()
        assert data[:6] == b"\x7fELF\x02\x01", "not an ELF file of 64 bits"
        self.type, = struct.unpack_from("<H", data, 16)
        start, = struct.unpack_from("<Q", data, 32)
        size, count = struct.unpack_from("<HH", data, 54)
        # (type, flags, offset, address, _, size in the file, size in memory, _)
        self.segments = [struct.unpack_from("<IIQQQQQQ", data, start + size * number)
                         for number in range(count)]
        offset, length = next((one[2], one[5]) for one in self.segments if one[0] == PT_DYNAMIC)
        self.dynamic = [struct.unpack_from("<QQ", data, at)
                        for at in range(offset, offset + length, 16)]
        address, length = self.value(DT_STRTAB), self.value(DT_STRSZ)
        offset = next(one[2] + address - one[3] for one in self.segments
                      if one[0] == PT_LOAD and one[3] <= address < one[3] + one[5])
        self.names = data[offset:offset + length]

    def values(self, tag: int) -> list[int]:
        return [value for key, value in self.dynamic if key == tag]

    def value(self, tag: int) -> int:
        return next(iter(self.values(tag)), 0)

    def of(self, kind: int) -> list[tuple]:
        return [one for one in self.segments if one[0] == kind]

    @property
    def needed(self) -> set[str]:
        return {self.names[at:self.names.index(b"\0", at)].decode() for at in self.values(DT_NEEDED)}


@pytest.fixture(scope="module")
def program() -> Program:
    named = os.environ.get("OCMGATE_SHIPPED")
    if not named:
        pytest.skip("OCMGATE_SHIPPED names no release build")
    return Program(Path(named))


def test_its_place_in_memory_is_drawn_anew_at_each_start(program):
    assert program.type == ET_DYN and program.of(PT_INTERP)
    assert program.value(DT_FLAGS_1) & DF_1_PIE


def test_no_memory_is_both_written_and_run(program):
    (_, flags, *_), = program.of(PT_GNU_STACK)
    assert not flags & PF_X, "the stack can be run"
    assert not [one for one in program.of(PT_LOAD) if one[1] & PF_X and one[1] & PF_W]
    assert not program.values(DT_TEXTREL) and not program.value(DT_FLAGS) & DF_TEXTREL


def test_what_is_linked_is_fixed_before_it_runs(program):
    (_, _, _, start, _, _, size, _), = program.of(PT_GNU_RELRO)
    assert program.value(DT_FLAGS) & DF_BIND_NOW and program.value(DT_FLAGS_1) & DF_1_NOW
    (_, _, _, dynamic, *_), = program.of(PT_DYNAMIC)
    assert start <= dynamic < start + size, "the table of what is linked stays writable"


def test_its_parts_in_C_watch_their_stack(program):
    assert b"\0__stack_chk_fail\0" in program.names


def test_its_libraries_are_the_systems_own_and_no_others(program):
    assert program.needed - LOADERS <= LIBRARIES, program.needed
    assert not program.values(DT_RPATH) and not program.values(DT_RUNPATH), \
        "a file beside the binary would be taken for a library"


def test_the_service_gives_its_folders_the_modes_that_they_were_made_with():
    """systemd sets the mode of its folders at every start, 0755 where the unit names none."""
    deploy = Path(__file__).parents[2] / "deploy"
    unit = dict(re.findall(r"^(\w+)=(.*)$", (deploy / "systemd/ocmgate.service").read_text(), re.M))
    folders = re.findall(r"install -d -m (\d+) -o ocmgate -g ocmgate (/\S+)", (deploy / "README.md").read_text())
    made = {folder: mode for mode, folder in folders}
    assert made == {"/etc/ocmgate": unit["ConfigurationDirectoryMode"],
                    "/var/lib/ocmgate": unit["StateDirectoryMode"]}


def test_a_reload_of_the_service_that_is_refused_fails():
    """A signal has no answer. The same file is read again that was served."""
    unit = (Path(__file__).parents[2] / "deploy/systemd/ocmgate.service").read_text()
    served, = re.findall(r"^ExecStart=(\S+) run (.*)$", unit, re.M)
    assert re.findall(r"^ExecReload=(\S+) reload (.*)$", unit, re.M) == [served]


def test_a_service_that_cannot_start_is_tried_for_as_long_as_it_cannot():
    """By its default systemd gives it up after five tries, and the ports with it."""
    unit = (Path(__file__).parents[2] / "deploy/systemd/ocmgate.service").read_text()
    general, service = unit.split("[Service]")
    assert "\nStartLimitIntervalSec=0\n" in general
    assert "\nRestart=on-failure\n" in service and "\nRestartSec=1s\n" in service
    # Nor is one that has many shares to read ended after its 90 s, to begin with them anew.
    assert "\nTimeoutStartSec=15min\n" in service
