"""What the journal costs: shares with and without it (reading a month of it: scripts/month).

    .venv/bin/python Benchmarks/journal.py [--rounds 11] [--seconds 1] [--senders 16,32,64,128]

The gateway is the release build. wrk sends distinct signed shares over so many connections, which nginx accepts as the
legacy server; which begins changes each round. Ratios are medians of those of the rounds. CPU time is that of the
gateway's process, shares a second by the clock. Ends with 1 when more than 10 % fewer shares pass with the journal.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "Tests/Harness"))

from load import sending, timed_with_wrk  # noqa: E402
from processes import cpu_seconds  # noqa: E402
from senders import A_SECOND, shares  # noqa: E402
from world import World  # noqa: E402


# Of the shares without it.
AT_MOST = 0.10
# Rounds of a second that a gateway takes: it remembers 50,000 messages of one peer, and no more.
AT_A_TIME = 5


def once(world: World, gateway, script: Path, connections: int, seconds: int) -> tuple[float, float]:
    """Shares a second, and microseconds of CPU for each."""
    before = cpu_seconds(gateway.process.pid)
    count, took = timed_with_wrk(
        f"https://127.0.0.1:{gateway.port}", connections, seconds, script=script)
    return count / took, (cpu_seconds(gateway.process.pid) - before) / count * 1e6


def rounds(world: World, connections: int, options) -> bool:
    """Whether the bar is kept. What is compared ran in the same seconds: the machine is not always equally fast."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ("with", "without")}
    for begin in range(0, options.rounds, AT_A_TIME):
        gateways = {name: world.another_gateway(f"{name}-{connections}-{begin}", journal=name == "with")
                    for name in taken}
        # The first does not count: people are new to the journal then, and connections to the backend are made.
        for number in range(begin - 1, min(begin + AT_A_TIME, options.rounds)):
            script = sending(world.folder, shares(world.peer, A_SECOND * options.seconds))
            for name in list(gateways)[:: 1 if number % 2 else -1]:
                run = once(world, gateways[name], script, connections, options.seconds)
                if number >= begin:
                    taken[name].append(run)
        for gateway in gateways.values():
            world.end(gateway)
    for name, runs in taken.items():
        rate, cpu = (statistics.median(each) for each in zip(*runs))
        print(f"{connections} connections, {name} the journal: {rate:.0f} shares a second, "
              f"{cpu:.0f} us of CPU each")
    fewer, more = (statistics.median(ours[place] / theirs[place] for ours, theirs in zip(*taken.values()))
                   for place in (0, 1))
    print(f"{connections} connections: {(1 - fewer) * 100:.1f} % fewer shares with the journal, "
          f"{(more - 1) * 100:.1f} % more CPU for each", flush=True)
    return 1 - fewer <= AT_MOST


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--seconds", type=int, default=1, help="of each")
    parser.add_argument("--senders", default="16,32,64,128", help="connections that shares come by")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        world = World(Path(name))
        try:
            kept = [rounds(world, int(each), options) for each in options.senders.split(",")]
        finally:
            world.stop()
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
