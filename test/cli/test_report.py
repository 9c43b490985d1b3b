"""doorward report: a table for an auditor, in each format, against what a host really has open."""
import csv
import hashlib
import html.parser
import io
import pathlib
import re
import socket
import subprocess

import pytest

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "golden" / "report"
HEADINGS = ["Service", "Protocol", "Transport", "Port", "Direction", "Source", "Destination", "Boundary", "Data",
            "Purpose", "Owner", "Approved by", "Approved on", "Review by", "Mitigation", "Process", "Observed", "Status"]
POLICY = """\
host "shop-1"
let branch = 203.0.113.64/26, 2001:db8:9::/48
allow ssh/22 from 192.0.2.0/24
    service "administration"
    owner "=cmd|' /C calc'!A0"
    because "administrators <b>work</b> | \\"here\\""
    approved "Ada Lovelace" 2026-06-01
    boundary "11; 9"
    review 2999-01-01
allow telnet/23 from branch
    owner "@network" because "old switches" mitigation "only inside IPsec"
allow out dns/53 to 192.0.2.53
    owner "platform team" because "names"
allow esp, icmp/echo-request from branch
    owner "network team" because "tunnel"
allow tcp/%d from any
    owner "tests" because "open while the test runs"
deny all
"""


@pytest.fixture
def listener():
    """A listening socket on loopback, and its port."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        made.listen()
        yield made


@pytest.fixture
def policy(tmp_path, listener):
    path = tmp_path / "shop.policy"
    path.write_text(POLICY % listener.getsockname()[1])
    return path


def sheet(doorward, policy, *more):
    run = doorward("report", "--format", "csv", "--no-knock", "-P", policy, *more)
    assert run.status in (0, 1, 3), run.err
    heading, *rows = csv.reader(io.StringIO(run.out, newline=""), strict=True)
    assert all(len(row) == len(heading) for row in rows)
    return heading, rows


def rows_by_port(doorward, policy):
    heading, rows = sheet(doorward, policy)
    return {(row[2], row[3]): dict(zip(heading, row)) for row in rows}


def test_the_sheet_has_a_row_for_each_rule_and_door(doorward, policy):
    heading, rows = sheet(doorward, policy)
    assert heading == HEADINGS
    documented = [(row[1], row[2], row[3], row[4]) for row in rows][:6]
    assert documented == [("ssh", "tcp", "22", "in"), ("telnet", "tcp", "23", "in"), ("dns", "udp", "53", "out"),
                          ("dns", "tcp", "53", "out"), ("esp", "esp", "-", "in"), ("echo-request", "icmp", "-", "in")]


def test_documented_and_observed_stand_side_by_side(doorward, policy, listener):
    rows = rows_by_port(doorward, policy)
    door = rows["tcp", str(listener.getsockname()[1])]
    assert door["Status"] == "documented and open" and door["Observed"].startswith("open: ")
    assert rows["udp", "53"]["Status"] == "documented" and rows["udp", "53"]["Source"] == "this host"
    assert rows["esp", "-"]["Status"] == "documented" and rows["esp", "-"]["Observed"] == "-"
    assert rows["any", "any"]["Status"] == "denied"


def test_names_of_addresses_and_boundaries_are_spelt_out(doorward, policy):
    rows = rows_by_port(doorward, policy)
    assert rows["tcp", "23"]["Source"] == "branch (203.0.113.64/26, 2001:db8:9::/48)"
    assert rows["tcp", "22"]["Boundary"] == "11. Enclave GW to Enclave (In); 9. Enclave GW to Enclave DMZ (In)"
    assert (rows["tcp", "22"]["Approved by"], rows["tcp", "22"]["Approved on"]) == ("Ada Lovelace", "2026-06-01")


def test_an_open_door_that_no_rule_names_is_a_row(doorward, policy):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        row = rows_by_port(doorward, policy)["tcp", str(other.getsockname()[1])]
    assert row["Status"] == "not documented" and row["Destination"] == "127.0.0.1"


def test_a_sheet_holds_no_formula(doorward, policy):
    rows = rows_by_port(doorward, policy)
    assert rows["tcp", "22"]["Owner"] == "'=cmd|' /C calc'!A0"
    assert rows["tcp", "23"]["Owner"] == "'@network"
    for row in rows.values():
        assert all(cell == "-" or cell[:1] not in "=+-@" for cell in row.values() if cell)


def test_lines_of_the_sheet_end_as_rfc_4180_wants(doorward, policy):
    out = subprocess.run([doorward.program, "report", "--format", "csv", "--no-knock", "-P", policy],
                         capture_output=True, timeout=60).stdout
    assert out.endswith(b"\r\n") and out.count(b"\n") == out.count(b"\r\n")


class Page(html.parser.HTMLParser):
    """Collects tags, the cells of the table and what refers to somewhere else."""
    VOID = {"meta", "br", "link", "img"}

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.stack, self.cells, self.heads, self.tags, self.outside = [], [], [], set(), []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.outside += [value for name, value in attributes if name in ("src", "href", "action", "style")]
        if tag not in self.VOID:
            self.stack.append(tag)
        if tag in ("td", "th"):
            (self.cells if tag == "td" else self.heads).append("")

    def handle_endtag(self, tag):
        assert self.stack and self.stack[-1] == tag, "%s closes %s" % (tag, self.stack[-3:])
        self.stack.pop()

    def handle_data(self, data):
        if "td" in self.stack:
            self.cells[-1] += data
        elif "th" in self.stack:
            self.heads[-1] += data


def test_the_page_stands_alone_and_says_the_same_as_the_sheet(doorward, policy):
    run = doorward("report", "--format", "html", "--no-knock", "-P", policy)
    page = Page(run.out)
    heading, rows = sheet(doorward, policy)
    assert not page.stack and page.heads == heading
    assert not page.tags & {"script", "link", "img", "iframe"} and page.outside == []
    assert "url(" not in run.out and "@import" not in run.out and "http://" not in run.out
    plain = [[re.sub(r"^'(?=[=@+-])", "", cell) for cell in row] for row in rows]
    assert page.cells == [cell for row in plain for cell in row]
    assert "<b>work</b>" not in run.out and "&lt;b&gt;work&lt;/b&gt;" in run.out


def test_a_report_names_its_policy_with_a_hash(doorward, policy):
    digest = hashlib.sha256(policy.read_bytes()).hexdigest()
    for form in ("md", "html", "json"):
        out = doorward("report", "--format", form, "--no-knock", "-P", policy).out
        assert digest in out and "shop-1" in out and "PCI DSS version 4.0.1" in out


def test_every_file_of_a_policy_is_named(doorward, tmp_path, policy):
    whole = tmp_path / "whole.policy"
    whole.write_text('include "shop.policy"\n')
    report = doorward("report", "--json", "--no-knock", "-P", whole).events()[0]["report"]
    assert [pathlib.Path(source["file"]).name for source in report["policy"]] == ["whole.policy", "shop.policy"]


def test_markdown_as_it_was_meant(doorward, policy, namespaces, tmp_path):
    """Nothing else is open in a namespace of its own: the whole report is known."""
    space = namespaces.new()
    policy.write_text(POLICY % 8080)
    run = doorward("report", "--format", "md", "--no-knock", "-P", "shop.policy", wrap=space.command(), cwd=tmp_path)
    out = re.sub(r"^- Made: .*$", "- Made: DATE", run.out, flags=re.M)
    out = re.sub(r"^- SHA-256 of it: [0-9a-f]{64}$", "- SHA-256 of it: HASH", out, flags=re.M)
    out = re.sub(r"^- (Not seen|Left out): .*\n", "", out, flags=re.M)
    out = re.sub(r"^- Made by: .*$", "- Made by: VERSION", out, flags=re.M)
    assert out == (GOLDEN / "shop.md").read_text()


def test_cells_of_markdown_stay_in_their_column(doorward, policy):
    out = doorward("report", "--format", "md", "--no-knock", "-P", policy).out
    table = [line for line in out.splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table}) == 1
    assert "\\|" in out and "<b>" not in out


@pytest.mark.parametrize("name,count,some", [("ppsm", 20, "Connection Logical Source Point"),
                                             ("pci", 18, "Security features (1.2.6)")])
def test_column_sets(doorward, policy, name, count, some):
    heading, rows = sheet(doorward, policy, "--columns", name)
    assert len(heading) == count and some in heading and rows


def test_ppsm_writes_a_dash_where_there_are_no_ports(doorward, policy):
    heading, rows = sheet(doorward, policy, "--columns", "ppsm")
    esp = next(dict(zip(heading, row)) for row in rows if row[heading.index("Protocol")] == "esp")
    assert (esp["Port"], esp["Data Service"], esp["VPN / Encrypted Tunnel Traffic"]) == ("-", "-", "Yes")
    ssh = next(dict(zip(heading, row)) for row in rows if row[heading.index("Data Service")] == "SSH")
    assert ssh["Port"] == "22" and ssh["Destination Device or Server Name"] == "shop-1"


def test_columns_of_ones_own(doorward, policy, tmp_path):
    own = tmp_path / "own.tsv"
    own.write_text("# mine\nheading\tfield\nDoor\tport\nWho, \"really\"\towner")
    heading, rows = sheet(doorward, policy, "--columns", own)
    assert heading == ["Door", 'Who, "really"'] and rows[0][0] == "22"


@pytest.mark.parametrize("text,said", [
    ("heading\tfield\nDoor\tprot\n", "own.tsv:2: there is no field 'prot'; did you mean 'port'?"),
    ("heading\tfield\nDoor port\n", "own.tsv:2: a row is two texts parted by one tab"),
    ("heading\tfield\nA\tport\tB\n", "own.tsv:2: a row is two texts"),
    ("heading\tfield\n", "no rows"), ("", "no rows"), ("heading\tfield\n" + "A\tport\n" * 300, "more than 255 rows")])
def test_columns_with_mistakes_are_refused_with_their_place(doorward, policy, tmp_path, text, said):
    own = tmp_path / "own.tsv"
    own.write_text(text)
    run = doorward("report", "--columns", own, "--no-knock", "-P", policy)
    assert run.status == 2 and said in run.err and run.out == ""


def test_boundaries_of_ones_own(doorward, policy, tmp_path):
    own = tmp_path / "own.tsv"
    own.write_text("number\ttitle\n11\tcourt to hall\n9\thall to tower\n")
    heading, rows = sheet(doorward, policy, "--boundaries", own)
    assert rows[0][heading.index("Boundary")] == "11. court to hall; 9. hall to tower"
    own.write_text("number\ttitle\n11\tcourt\n11\thall\n")
    run = doorward("report", "--boundaries", own, "--no-knock", "-P", policy)
    assert run.status == 2 and "own.tsv:3: the number 11 is given twice" in run.err


def test_what_cannot_be_reported_is_refused(doorward, tmp_path, policy):
    for wrong in (["-P", tmp_path / "none.policy"], ["--columns", tmp_path], ["--columns", "nosuch"],
                  ["--format", "pdf"]):
        run = doorward("report", "--no-knock", *wrong)
        assert run.status == 2 and run.err and run.out == ""
    policy.write_text("alow ssh\n")
    assert doorward("report", "--no-knock", "-P", policy).status == 2


def test_accepted_findings_say_until_when(doorward, policy):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with policy.open("a") as file:
            file.write('accept undocumented on tcp/%d because "a test" until 2999-01-01\n' % port)
        row = rows_by_port(doorward, policy)["tcp", str(port)]
    assert row["Status"] == "not documented, accepted until 2999-01-01"
