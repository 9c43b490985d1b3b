"""The generator of the catalogue: it takes the tables as they are, and refuses rows that would make a look-up lie."""
import pathlib
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
TABLES = ["services", "transports", "icmp", "addresses"]


def generate(tmp_path, table=None, change=None):
    """Runs the generator on copies of the tables, one of them changed."""
    paths = []
    for name in TABLES:
        text = (TOP / "data" / (name + ".tsv")).read_text()
        paths.append(tmp_path / (name + ".tsv"))
        paths[-1].write_text(change(text) if name == table else text)
    return subprocess.run([sys.executable, TOP / "src/catalog/generate.py", *paths, "--output", tmp_path / "tables.c"],
                          capture_output=True, text=True, timeout=60)


def test_the_tables_are_taken(tmp_path):
    done = generate(tmp_path)
    assert done.returncode == 0 and "table_services" in (tmp_path / "tables.c").read_text()


def after(name, row):
    """Puts a row behind the one of this name."""
    return lambda text: "\n".join(line + ("\n" + row if line.startswith(name + "\t") else "")
                                  for line in text.split("\n"))


SSH = "ssh-%s\t%s\t%s\tssh\t%s\tremote-administration\t-\ttitle"


@pytest.mark.parametrize("table,change,said", [
    ("services", after("ssh", "ssh\t-\t-\tssh\tclear\tweb\t-\ttitle"), "the name 'ssh' is taken by"),
    ("services", after("ssh", SSH % ("a", "telnet", "-", "clear")), "the name 'telnet' is taken by"),
    ("services", after("ssh", SSH % ("a", "-", "tcp/22", "clear")), "port 22 is customary for"),
    ("services", after("ssh", SSH % ("a", "-", "(tcp/70000)", "clear")), "ports are a number or a range"),
    ("services", after("ssh", SSH % ("a", "-", "(tcp/30-20)", "clear")), "ports are a number or a range"),
    ("services", after("ssh", SSH % ("a", "-", "tcpp/22", "clear")), "there is no transport 'tcpp'"),
    ("services", after("ssh", SSH % ("a", "-", "esp/22", "clear")), "has no ports"),
    ("services", after("ssh", SSH % ("a", "-", "tcp", "clear")), "needs ports"),
    ("services", after("ssh", SSH % ("a", "-", "-", "secret")), "privacy 'secret' is none of"),
    ("services", after("ssh", SSH % ("A", "-", "-", "clear")), "is not a name"),
    ("services", after("ssh", "aaa\t-\t-\tssh\tclear\tweb\t-\ttitle"), "is out of order"),
    ("services", after("ssh", "ssh-a\t-\t-\tssh\tclear\tweb\ttitle"), "7 cells, but there are 8 columns"),
    ("services", after("ssh", SSH % ("a", "", "-", "clear")), "an empty cell"),
    ("services", after("ssh", "ssh-a\t-\t-\tssh\tclear\tweb\tnosuch\ttitle"), "instead 'nosuch' is no service"),
    ("services", lambda text: text.replace("\netcd\t", "\nesp\t-\t-\tesp\tclear\tweb\t-\ttitle\netcd\t"),
     "'esp' is the name of a transport"),
    ("services", lambda text: text.replace("\nftp\t", "\nfrom\t-\t-\tx\tclear\tweb\t-\ttitle\nftp\t"),
     "is a word of the policy language"),
    ("transports", after("6", "6\ttcp-again\t-\tyes\ttitle"), "the number 6 is taken by"),
    ("transports", after("6", "256\tbig\t-\tyes\ttitle"), "is not a number from 0 to 255"),
    ("icmp", after("icmp", "icmp\t300\tbig\ttitle"), "is not a number from 0 to 255"),
    ("addresses", after("10.0.0.0/8", "10.0.0.1/8\tx\ttitle\tRFC 1\tunicast\tprivate"), "has host bits set"),
    ("addresses", after("10.0.0.0/8", "10.0.0.0/8\tx\ttitle\tRFC 1\tunicast\tprivate"), "is the same block as"),
    ("addresses", after("10.0.0.0/8", "9.0.0.0-10.1.0.0\tx\ttitle\tRFC 1\tunicast\tprivate"), "neither holds the other"),
    ("addresses", after("10.0.0.0/8", "11.0.0.0/8\tx\ttitle\tRFC 1\tmonocast\tprivate"), "cast 'monocast' is none of"),
])
def test_bad_rows_are_refused_with_their_place(tmp_path, table, change, said):
    done = generate(tmp_path, table, change)
    assert done.returncode == 1 and said in done.stderr and "%s.tsv:" % table in done.stderr
    assert "Traceback" not in done.stderr and not (tmp_path / "tables.c").exists()
