"""Every parser has seeds for its fuzzer, and every recogniser and probe first words that are real."""
import pathlib

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
SEEDS = TOP / "fuzz/seeds/parse"
LARGE = 1 << 20


def protocols(doorward):
    return [event["explanation"] for event in doorward("explain", "--json", "protocols").events()]


def test_every_parser_has_seeds(doorward):
    """test/unit/test_seeds.c holds that they reach it."""
    seeded = {path.read_bytes().split(b" ", 1)[0].decode() for path in SEEDS.iterdir()}
    missing = [facts["name"] for facts in protocols(doorward) if facts["read"] and facts["name"] not in seeded]
    assert not missing, "run the tests of these parsers with DOORWARD_SEEDS=fuzz/seeds/parse"


def test_seeds_stay_small():
    assert sum(path.stat().st_size for path in SEEDS.iterdir()) < LARGE
