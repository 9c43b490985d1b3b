"""What `doorward read` tells of messages, held against what tshark reads in the same packets, field by field.

FACTS is the table: an event's field, the field of tshark that says the same, and how both are brought to one form.
They are compared flow by flow, where both know the protocol: a port decides nothing here. Where they differ for a
reason, test/tshark-differences.tsv has the reason; a row there that explains nothing any more is an error.

The golden captures are always read, and conversations that are built here, of what no capture has. Of others that lie
beside the project one of each folder is, or with TSHARK=all each.
"""
import collections
import concurrent.futures
import functools
import os
import pathlib
import random
import re
import struct
import subprocess

import pytest

import packets as p
from test_read_weaknesses import op_msg

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
GOLDEN = sorted((TOP / "test/golden/captures").glob("*.pcap"))
OTHERS = sorted((TOP.parent / "shared/captures").rglob("*.pcap*"))
LARGE = 200000  # bytes; larger ones are read with TSHARK=all alone
DIFFERENCES = TOP / "test/tshark-differences.tsv"
FIRST = TOP / "test/data/first"


def chosen():
    """All golden captures, and of each folder of others one that is not large; the same ones each time."""
    if os.environ.get("TSHARK") == "all":
        return GOLDEN + OTHERS
    folders = collections.defaultdict(list)
    for path in OTHERS:
        if path.stat().st_size < LARGE:
            folders[path.parent].append(path)
    return GOLDEN + [random.Random(7).choice(paths) for _, paths in sorted(folders.items())]


def identity(path):
    return "/".join(path.parts[-2:])


# ---- bringing both to one form ----

def same(value):
    return value


def lower(value):
    return str(value).lower()


def number(value):
    try:
        return str(int(str(value), 0))
    except ValueError:
        return str(value)


def hexadecimal(value):
    return "0x%x" % int(str(value), 16)


def numbered(value):
    return "0x%x" % value


def bare_hex(value):
    return re.sub("[^0-9a-f]", "", str(value).lower().removeprefix("0x")).lstrip("0")


def named(*names, first=0):
    """Numbers of tshark become names that stand in a row."""
    return mapped(dict(enumerate(names, first)))


def mapped(table):
    named_by = {str(key): name for key, name in table.items()}
    return lambda value: named_by.get(number(value), value)


def without_port(value):
    return re.sub(r":\d+$", "", str(value)).strip("[]").lower()


def stripped(value):
    return str(value).strip()


def matching(pattern, form=same):
    """What the pattern finds, brought to a form; nothing where it finds nothing."""
    def take(value):
        found = re.search(pattern, str(value))
        return form(found[0]) if found else None
    return take


def unescaped(value):
    """The octets that DNS names write as \\ddd, as UTF-8."""
    octets = re.sub(rb"\\(\d{3})", lambda m: bytes([int(m[1])]), str(value).encode())
    return octets.decode("utf-8", "replace").lower()


def last_component(value):
    """Of a principal's name, whose components tshark tells one by one."""
    return str(value).split("/")[-1]


def without_prefix(value):
    return str(value).split("/")[0]


def selector(value):
    """Without what is looked for, which stands behind a tab."""
    return None if value == "[Directory list]" else value.split("\\t")[0]


def lower_bits(value):
    """The code of which tshark tells the four bits of the header."""
    return EDNS_RCODES.get(value, value)


def not_zero(value):
    return None if value in ("0.0.0.0", "NULL") else value


DNS_TYPES = mapped({1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 13: "HINFO", 15: "MX", 16: "TXT", 24: "SIG",
                    25: "KEY", 28: "AAAA", 29: "LOC", 33: "SRV", 35: "NAPTR", 37: "CERT", 39: "DNAME", 43: "DS",
                    44: "SSHFP", 46: "RRSIG", 47: "NSEC", 48: "DNSKEY", 50: "NSEC3", 51: "NSEC3PARAM", 52: "TLSA",
                    42: "APL", 59: "CDS", 60: "CDNSKEY", 64: "SVCB", 65: "HTTPS", 99: "SPF", 250: "TSIG", 251: "IXFR", 252: "AXFR", 255: "ANY", 256: "URI", 257: "CAA"})
RCODES = named("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET",
               "NOTAUTH", "NOTZONE")
EDNS_RCODES = {"BADVERS": "NOERROR", "BADCOOKIE": "YXRRSET"}
DHCP_TYPES = named("discover", "offer", "request", "decline", "ack", "nak", "release", "inform", first=1)
DHCPV6_TYPES = named("solicit", "advertise", "request", "confirm", "renew", "rebind", "reply", "release", "decline",
                     "reconfigure", "information_request", "relay_forward", "relay_reply", first=1)
PDUS = named("get_request", "get_next_request", "response", "set_request", "trap_v1", "get_bulk_request",
             "inform_request", "trap_v2", "report")
FACILITIES = named("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
                   "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5",
                   "local6", "local7")
SEVERITIES = named("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
KRB5 = mapped({10: "KRB_AS_REQ", 11: "KRB_AS_REP", 12: "KRB_TGS_REQ", 13: "KRB_TGS_REP", 14: "KRB_AP_REQ",
               15: "KRB_AP_REP", 30: "KRB_ERROR"})
RADIUS = mapped({1: "Access-Request", 2: "Access-Accept", 3: "Access-Reject", 4: "Accounting-Request",
                 5: "Accounting-Response", 11: "Access-Challenge", 40: "Disconnect-Request", 41: "Disconnect-ACK",
                 42: "Disconnect-NAK", 43: "CoA-Request", 44: "CoA-ACK", 45: "CoA-NAK"})
ENVELOPE = matching(r"(?i)^(from|to):\s*<[^>]*>", lambda v: v.lower().replace(" ", ""))


class Fact:
    """A field of events, and the fields of tshark that say the same.

    events       types of event, parted by blanks
    path         of the field in the event; [] where a list stands
    layer        of tshark, in frame.protocols
    fields       of tshark, parted by blanks
    ours, theirs bring a value to the common form; None, or nothing: it is left out
    part         ours need not tell all that stands there
    only         of the events those of which this is true
    rows         of tshark's frames likewise
    """

    def __init__(self, events, path, layer, fields, theirs=same, ours=same, part=False, only=None, rows=None):
        self.events, self.path, self.layer = events.split(), path, layer.split()
        self.fields, self.theirs, self.ours, self.part = fields.split(), theirs, ours, part
        self.only, self.rows = only or (lambda body: True), rows or (lambda row: True)

    @property
    def name(self):
        return "%s.%s" % (self.events[0], self.path)


def is_http1(body):
    return body.get("protocol") != "HTTP/2"


def is_http2(body):
    return body.get("protocol") == "HTTP/2"


def is_ntp_time(row):
    return not {"6", "7"} & set(row.get("ntp.flags.mode", ()))


def is_smtp_hello(row):
    return {"HELO", "EHLO"} & {command.upper() for command in row.get("smtp.req.command", ())}


def is_bgp_cease(body):
    return body.get("error") == "cease"


def is_gtp_control(row):
    return not {"0x01", "0x02", "0xfe", "0xff"} & set(row.get("gtp.message", ()))


def is_gtp_data(row):
    return "0xff" in row.get("gtp.message", ())


def is_ipmi_1(body):
    return body.get("version") == "1.5"  # how one logs in to 2.0 tshark does not show


def is_smb_create(row):
    return "5" in row.get("smb2.cmd", ())


FACTS = [
    Fact("dns mdns llmnr", "id", "dns mdns llmnr", "dns.id", number, number),
    Fact("dns mdns llmnr", "rrname", "dns mdns llmnr", "dns.qry.name", lower, unescaped),
    Fact("dns mdns llmnr", "rrtype", "dns mdns llmnr", "dns.qry.type", DNS_TYPES),
    Fact("dns llmnr", "rcode", "dns llmnr", "dns.flags.rcode", RCODES, lower_bits),
    Fact("dns mdns llmnr", "*.rdata A", "dns mdns llmnr", "dns.a"),
    Fact("dns mdns llmnr", "*.rdata AAAA", "dns mdns llmnr", "dns.aaaa"),
    Fact("dns mdns llmnr", "*.rdata CNAME", "dns mdns llmnr", "dns.cname", lower, unescaped),
    Fact("dns mdns llmnr", "*.rdata NS", "dns mdns llmnr", "dns.ns", lower, unescaped),
    Fact("dns mdns llmnr", "*.rdata PTR", "dns mdns llmnr", "dns.ptr.domain_name", lower, unescaped),
    Fact("dns mdns llmnr", "*.rdata MX", "dns mdns llmnr", "dns.mx.mail_exchange", lower, unescaped),
    Fact("dns mdns llmnr", "*.srv.port", "dns mdns llmnr", "dns.srv.port", number, number),
    Fact("dns mdns llmnr", "*.soa.serial", "dns mdns llmnr", "dns.soa.serial_number", number, number),
    Fact("dns", "edns.client_cookie", "dns", "dns.opt.cookie.client", bare_hex, bare_hex),
    Fact("dns", "edns.server_cookie", "dns", "dns.opt.cookie.server", bare_hex, bare_hex),
    Fact("dns", "edns.client_subnet", "dns", "dns.opt.client.addr4 dns.opt.client.addr6", ours=without_prefix),
    Fact("dns", "*.nsec3.iterations", "dns", "dns.nsec3.iterations", number, number),
    Fact("dns", "*.nsec3.salt", "dns", "dns.nsec3.salt_value", bare_hex, bare_hex),
    Fact("dns", "*.tsig.fudge", "dns", "dns.tsig.fudge", number, number),
    Fact("dns", "*.cert.key_tag", "dns", "dns.cert.key_tag", number, number),
    Fact("dns", "*.ds.key_tag", "dns", "dns.ds.key_id", number, number),
    Fact("dns", "*.svcb.port", "dns", "dns.svcb.svcparam.port", number, number),
    Fact("dns", "*.svcb.ipv6hint[]", "dns", "dns.svcb.svcparam.ipv6hint.ip"),
    Fact("nbns", "id", "nbns", "nbns.id", number, number),
    Fact("nbns", "name", "nbns", "nbns.name", lambda v: v.split("<")[0].strip(), lambda v: v.split("<")[0].strip()),
    Fact("nbns", "addresses[]", "nbns", "nbns.addr"),

    Fact("http", "http_method", "http", "http.request.method", only=is_http1),
    Fact("http", "hostname", "http", "http.host", without_port, without_port, only=is_http1),
    Fact("http", "url", "http", "http.request.uri", only=is_http1),
    Fact("http", "http_user_agent", "http", "http.user_agent", stripped, stripped, only=is_http1),
    Fact("http", "status", "http", "http.response.code", number, number, only=is_http1),
    Fact("http", "server", "http", "http.server", stripped, stripped, only=is_http1),
    Fact("http", "redirect", "http", "http.location", stripped, stripped, only=is_http1),
    Fact("http", "http_refer", "http", "http.referer", stripped, stripped, only=is_http1),
    Fact("http", "http_method", "http2", "http2.headers.method", only=is_http2),
    Fact("http", "url", "http2", "http2.headers.path", only=is_http2),
    Fact("http", "hostname", "http2", "http2.headers.authority", without_port, without_port, only=is_http2),
    Fact("http", "status", "http2", "http2.headers.status", number, number, only=is_http2),
    Fact("ssdp", "method", "ssdp", "http.request.method"),
    Fact("ssdp", "server", "ssdp", "http.server", stripped, stripped),

    Fact("tls", "sni", "tls", "tls.handshake.extensions_server_name"),
    Fact("tls", "ja3.hash", "tls", "tls.handshake.ja3", part=True),
    Fact("tls", "ja3s.hash", "tls", "tls.handshake.ja3s", part=True),
    Fact("tls", "*alpn", "tls", "tls.handshake.extensions_alpn_str"),
    Fact("tls", "serial", "tls", "x509af.serialNumber", bare_hex, bare_hex, part=True),
    Fact("tls", "subjectaltname[]", "tls", "x509ce.dNSName x509ce.IPAddress.ipv4 x509ce.IPAddress.ipv6 x509ce.rfc822Name", part=True),
    Fact("quic", "sni", "quic", "tls.handshake.extensions_server_name"),
    Fact("quic", "ja3.hash", "quic", "tls.handshake.ja3"),
    Fact("quic", "alpn[]", "quic", "tls.handshake.extensions_alpn_str"),
    Fact("quic", "ja3s.hash", "quic", "tls.handshake.ja3s"),
    Fact("dtls", "sni", "dtls", "dtls.handshake.extensions_server_name"),
    Fact("dtls", "ja3.hash", "dtls", "dtls.handshake.ja3", part=True),
    Fact("ssh", "*software", "ssh", "ssh.protocol", stripped),
    Fact("ssh", "client.hassh.hash", "ssh", "ssh.kex.hassh"),
    Fact("ssh", "server.hassh.hash", "ssh", "ssh.kex.hasshserver"),

    Fact("ftp", "command", "ftp", "ftp.request.command", matching(r"^[A-Za-z]{3,4}$", str.upper), str.upper),
    Fact("ftp", "completion_code[]", "ftp", "ftp.response.code", matching(r"^\d{3}$")),
    Fact("imap", "request.tag", "imap", "imap.request_tag"),
    Fact("imap", "request.command", "imap", "imap.request.command", str.upper, str.upper),
    Fact("pop3", "request.command", "pop", "pop.request.command", matching(r"^[A-Za-z]{3,4}$", str.upper), str.upper),
    Fact("smtp", "*parameters", "smtp", "smtp.req.parameter", ENVELOPE, ENVELOPE),
    Fact("smtp", "helo", "smtp", "smtp.req.parameter", rows=is_smtp_hello, part=True),
    Fact("irc", "channels[]", "irc", "irc.request.command_parameter", part=True),

    Fact("dhcp", "id", "dhcp", "dhcp.id", number, number),
    Fact("dhcp", "dhcp_type", "dhcp", "dhcp.option.dhcp", DHCP_TYPES, lambda v: None if v == "bootp" else v),
    Fact("dhcp", "client_mac", "dhcp", "dhcp.hw.mac_addr"),
    Fact("dhcp", "assigned_ip", "dhcp", "dhcp.ip.your", not_zero, not_zero),
    Fact("dhcp", "requested_ip", "dhcp", "dhcp.option.requested_ip_address"),
    Fact("dhcp", "hostname", "dhcp", "dhcp.option.hostname"),
    Fact("dhcp", "subnet_mask", "dhcp", "dhcp.option.subnet_mask"),
    Fact("dhcp", "routers[]", "dhcp", "dhcp.option.router"),
    Fact("dhcp", "dns_servers[]", "dhcp", "dhcp.option.domain_name_server"),
    Fact("dhcp", "lease_time", "dhcp", "dhcp.option.ip_address_lease_time", number, number),
    Fact("dhcp", "renewal_time", "dhcp", "dhcp.option.renewal_time_value", number, number),
    Fact("dhcp", "rebinding_time", "dhcp", "dhcp.option.rebinding_time_value", number, number),
    Fact("dhcp", "server_identifier", "dhcp", "dhcp.option.dhcp_server_id"),
    Fact("dhcpv6", "id", "dhcpv6", "dhcpv6.xid", number, number),
    Fact("dhcpv6", "associations[].ip", "dhcpv6", "dhcpv6.iaaddr.ip"),
    Fact("dhcpv6", "type", "dhcpv6", "dhcpv6.msgtype", DHCPV6_TYPES),
    Fact("dhcpv6", "*_id", "dhcpv6", "dhcpv6.duid.bytes", bare_hex, bare_hex),
    Fact("dhcpv6", "associations[].iaid", "dhcpv6", "dhcpv6.iaid", bare_hex, lambda v: "%x" % v),
    Fact("dhcpv6", "associations[].renewal_time", "dhcpv6", "dhcpv6.iaid.t1", number, number),
    Fact("dhcpv6", "associations[].rebinding_time", "dhcpv6", "dhcpv6.iaid.t2", number, number),
    Fact("dhcpv6", "associations[].lease_time", "dhcpv6", "dhcpv6.iaaddr.valid_lifetime dhcpv6.iaprefix.valid_lifetime",
         number, number),
    Fact("dhcpv6", "dns_servers[]", "dhcpv6", "dhcpv6.dns_server"),
    Fact("dhcpv6", "associations[].preferred_time", "dhcpv6",
         "dhcpv6.iaaddr.pref_lifetime dhcpv6.iaprefix.pref_lifetime", number, number),
    Fact("ptp", "domain", "ptp", "ptp.v2.domainnumber", number, number),
    Fact("ptp", "clock_identity", "ptp", "ptp.v2.clockidentity", bare_hex, bare_hex),
    Fact("ptp", "port_number", "ptp", "ptp.v2.sourceportid", number, number),
    Fact("ptp", "grandmaster_identity", "ptp", "ptp.v2.an.grandmasterclockidentity", bare_hex, bare_hex),
    Fact("ptp", "clock_class", "ptp", "ptp.v2.an.grandmasterclockclass", number, number),
    Fact("ptp", "clock_accuracy", "ptp", "ptp.v2.an.grandmasterclockaccuracy", number, number),
    Fact("ptp", "priority1", "ptp", "ptp.v2.an.priority1", number, number),
    Fact("ptp", "priority2", "ptp", "ptp.v2.an.priority2", number, number),
    Fact("ntp", "version", "ntp", "ntp.flags.vn", number, number),
    Fact("ntp", "mode", "ntp", "ntp.flags.mode", number, number),
    Fact("ntp", "stratum", "ntp", "ntp.stratum", number, number, rows=is_ntp_time),
    Fact("snmp", "version", "snmp", "snmp.version snmp.msgVersion",
         mapped({0: "1", 1: "2", 3: "3"}), number),
    Fact("snmp", "pdu_type", "snmp", "snmp.data", PDUS, lambda v: None if v == "encrypted" else v),
    Fact("snmp", "request_id", "snmp", "snmp.request_id", number, number),
    Fact("snmp", "vars[]", "snmp", "snmp.name", part=True),
    Fact("snmp", "trap_oid", "snmp", "snmp.oid snmp.value.oid snmp.enterprise", part=True),
    Fact("snmp", "usm", "snmp", "snmp.msgUserName"),
    Fact("snmp", "engine_id", "snmp", "snmp.msgAuthoritativeEngineID", bare_hex, bare_hex),
    Fact("syslog", "facility", "syslog", "syslog.facility", FACILITIES),
    Fact("syslog", "severity", "syslog", "syslog.level", SEVERITIES),
    Fact("tftp", "file", "tftp", "tftp.source_file tftp.destination_file"),
    Fact("tftp", "mode", "tftp", "tftp.type", lower, lower),
    Fact("radius", "code", "radius", "radius.code", RADIUS),
    Fact("radius", "id", "radius", "radius.id", number, number),
    Fact("radius", "user_name", "radius", "radius.User_Name"),
    Fact("radius", "nas_ip", "radius", "radius.NAS_IP_Address"),
    Fact("radius", "acct_session_id", "radius", "radius.Acct_Session_Id"),
    Fact("radius", "called_station_id", "radius", "radius.Called_Station_Id"),
    Fact("krb5", "msg_type", "kerberos", "kerberos.msg_type", KRB5, part=True),
    Fact("krb5", "cname", "kerberos", "kerberos.CNameString", ours=last_component, part=True),
    Fact("krb5", "realm", "kerberos", "kerberos.realm kerberos.crealm", part=True),

    Fact("ldap", "request.bind_request.name", "ldap", "ldap.name"),
    Fact("ldap", "request.search_request.base_object", "ldap cldap", "ldap.baseObject"),
    Fact("ldap", "request.search_request.scope", "ldap cldap", "ldap.scope",
         named("base_object", "single_level", "whole_subtree", "subordinate_subtree")),
    Fact("ldap", "request.message_id", "ldap cldap", "ldap.messageID", number, number, part=True),
    Fact("ldap", "netlogon.forest", "cldap", "mscldap.forest"),
    Fact("ldap", "netlogon.domain", "cldap", "mscldap.domain"),
    Fact("ldap", "netlogon.server", "cldap", "mscldap.hostname"),
    Fact("ldap", "netlogon.server_site", "cldap", "mscldap.sitename"),
    Fact("ldap", "netlogon.client_site", "cldap", "mscldap.clientsitename"),
    Fact("ldap", "netlogon.domain_guid", "cldap", "mscldap.domain.guid"),
    Fact("smb", "*opened", "smb2", "smb2.filename", rows=is_smb_create, part=True),
    Fact("smb", "share", "smb2", "smb2.tree", part=True),
    Fact("smb", "ntlmssp.user", "smb2", "ntlmssp.auth.username", not_zero, not_zero),
    Fact("smb", "ntlmssp.domain", "smb2", "ntlmssp.auth.domain", not_zero, not_zero),
    Fact("smb", "ntlmssp.host", "smb2", "ntlmssp.auth.hostname", not_zero, not_zero),
    Fact("dcerpc", "interfaces[].uuid", "dcerpc", "dcerpc.cn_bind_to_uuid dcerpc.dg_if_id", lower, lower, part=True),
    Fact("dcerpc", "ntlmssp.user", "dcerpc", "ntlmssp.auth.username", not_zero, not_zero, part=True),
    Fact("rpc", "xid", "rpc", "rpc.xid", number, number),
    Fact("rpc", "program_number", "rpc", "rpc.program", number, number),
    Fact("rpc", "procedure_number", "rpc", "rpc.procedure", number, number),

    Fact("mysql", "version", "mysql", "mysql.version"),
    Fact("mysql", "user", "mysql", "mysql.user"),
    Fact("pgsql", "*parameters", "pgsql", "pgsql.parameter_value", part=True),
    Fact("tds", "user", "tds", "tds.7login.username tds.login.username"),
    Fact("tds", "application", "tds", "tds.7login.appname tds.login.appname"),
    Fact("tds", "database", "tds", "tds.7login.databasename"),
    Fact("gopher", "selector", "gopher", "gopher.request", selector),
    Fact("spice", "machine", "spice", "spice.main_name"),
    Fact("spice", "channel_type", "spice", "spice.channel_type", number, number),
    Fact("spice", "channel_number", "spice", "spice.channel_id", number, number),
    Fact("dbus", "errors[]", "dbus", "dbus.error_name"),
    Fact("p9fs", "version", "9p", "9p.version"),
    Fact("p9fs", "trees[]", "9p", "9p.aname", part=True),
    Fact("p9fs", "files[]", "9p", "9p.wname"),
    Fact("mongodb", "databases[]", "mongo", "mongo.element.value.string mongo.full_collection_name",
         lambda v: v.removesuffix(".$cmd"), part=True),

    Fact("sip", "method", "sip", "sip.Method"),
    Fact("sip", "code", "sip", "sip.Status-Code", number, number),
    Fact("sip", "call_id", "sip", "sip.Call-ID", stripped, stripped),
    Fact("sip", "uri", "sip", "sip.r-uri"),
    Fact("sip", "user_agent", "sip", "sip.User-Agent", stripped, stripped),
    Fact("sip", "sdp.media_descriptions[].media", "sip", "sdp.media"),
    Fact("rtsp", "method", "rtsp", "rtsp.method"),
    Fact("rtsp", "code", "rtsp", "rtsp.status", number, number),
    Fact("rtp", "to_*[].ssrc", "rtp", "rtp.ssrc", hexadecimal, hexadecimal),
    Fact("rtp", "to_*[].payload_type", "rtp", "rtp.p_type", number, number),
    Fact("stun", "username", "stun", "stun.att.username", part=True),
    Fact("stun", "realm", "stun", "stun.att.realm", part=True),
    Fact("stun", "software", "stun", "stun.att.software", part=True),

    Fact("gtp", "message_type", "gtp", "gtp.message", hexadecimal, numbered, rows=is_gtp_control),
    Fact("gtp", "imsi", "gtp", "e212.imsi"),
    Fact("gtp", "msisdn", "gtp", "e164.msisdn"),
    Fact("gtp", "apn", "gtp", "gtp.apn"),
    Fact("gtp", "cause", "gtp", "gtp.cause", number, number),
    Fact("gtp", "bearers[].id", "gtp", "gtp.nsapi", number, number),
    Fact("gtp", "endpoints[].teid", "gtp", "gtp.teid_data gtp.teid_cp", hexadecimal, numbered),
    Fact("gtp", "endpoints[].ip", "gtp", "gtp.gsn_ipv4"),
    Fact("gtp", "addresses[]", "gtp", "gtp.user_ipv4"),
    Fact("gtp", "tunnels[].teid", "gtp", "gtp.teid", hexadecimal, numbered, rows=is_gtp_data),
    Fact("teredo", "origin_ip", "teredo", "teredo.orig.addr", part=True),
    Fact("teredo", "origin_port", "teredo", "teredo.orig.port", number, number, part=True),
    Fact("ike", "init_spi", "isakmp", "isakmp.ispi", bare_hex, bare_hex),
    Fact("ike", "resp_spi", "isakmp", "isakmp.rspi", bare_hex, bare_hex),
    Fact("ike", "exchange_type", "isakmp", "isakmp.exchangetype", number, number),
    Fact("ike", "message_id", "isakmp", "isakmp.messageid", number, number),
    Fact("mqtt", "connect.client_id", "mqtt", "mqtt.clientid"),
    Fact("mqtt", "connect.protocol_version", "mqtt", "mqtt.ver", number, number),
    Fact("mqtt", "connect.username", "mqtt", "mqtt.username"),
    Fact("mqtt", "*topics", "mqtt", "mqtt.topic", part=True),
    Fact("modbus", "units[]", "mbtcp", "mbtcp.unit_id", number, number),
    Fact("rdp", "cookie", "rdp", "rdp.rt_cookie", lambda v: v.split("=")[-1].strip(), stripped),
    Fact("rip", "version", "rip", "rip.version", number, number),
    Fact("rip", "first_route", "rip", "rip.ip", ours=lambda v: None if v == "0.0.0.0" else v, part=True),
    Fact("tacacs", "session_id", "tacplus", "tacplus.session_id", lambda v: numbered(int(v)), hexadecimal),
    Fact("rexec", "user", "exec", "exec.username"),
    Fact("rexec", "command", "exec", "exec.command"),
    Fact("opcua", "endpoint_url", "opcua", "opcua.transport.endpoint"),
    Fact("mgcp", "command", "mgcp", "mgcp.req.verb"),
    Fact("mgcp", "version", "mgcp", "mgcp.version", part=True),
    Fact("mgcp", "call_id", "mgcp", "mgcp.param.callid"),
    Fact("mgcp", "connection_id", "mgcp", "mgcp.param.connectionid"),
    Fact("mgcp", "code", "mgcp", "mgcp.rsp.rspcode", number, number),
    Fact("bgp", "as", "bgp", "bgp.open.myas", lambda v: None if v == "23456" else number(v), number),
    Fact("bgp", "router_id", "bgp", "bgp.open.identifier"),
    Fact("bgp", "hold_time", "bgp", "bgp.open.holdtime", number, number),
    Fact("bgp", "error_code", "bgp", "bgp.notify.major_error", number, number),
    Fact("bgp", "error_subcode", "bgp", "bgp.notify.minor_error_cease", number, number, only=is_bgp_cease),
    Fact("bittorrent", "info_hash", "bittorrent", "bittorrent.info_hash", bare_hex, bare_hex),
    Fact("socks", "host", "socks", "socks.dst socks.dstV6 socks.remote_name socks.v4a_dns_name", part=True),
    Fact("socks", "port", "socks", "socks.dstport socks.port", number, number, part=True),
    Fact("wireguard", "*index", "wg", "wg.sender", hexadecimal, hexadecimal, part=True),
    Fact("coap", "paths[]", "coap", "coap.opt.uri_path_recon"),
    Fact("ajp", "hostname", "ajp13", "ajp13.srv"),
    Fact("ajp", "port", "ajp13", "ajp13.port", number, number),
    Fact("ajp", "protocol", "ajp13", "ajp13.ver"),
    Fact("ajp", "remote_address", "ajp13", "ajp13.raddr"),
    Fact("ajp", "user_agent", "ajp13", "ajp13.user_agent"),
    Fact("ajp", "status", "ajp13", "ajp13.rstatus", number, number),
    Fact("ipmi", "user", "ipmi", "ipmi.app39.user", lambda v: v.rstrip("\0"), part=True, only=is_ipmi_1),
    Fact("ipmi", "manufacturer_id", "ipmi", "ipmi.app01.manufacturer", number, number),
    Fact("ipmi", "product_id", "ipmi", "ipmi.app01.product", number, number),
    Fact("fastcgi", "application_status", "fcgi", "fcgi.end_request.app_status", number, number),
    Fact("amqp", "vhost", "amqp", "amqp.method.arguments.virtual_host"),
]


# ---- conversations that no capture has, from first words of real programs and from the specifications ----

ENDS = "192.0.2.10", "192.0.2.20"


def first(name):
    return (FIRST / name).read_bytes()


def talk(port, *words):
    return p.conversation(ENDS[0], 40000, ENDS[1], port, *words)


def dhcp_lease():
    """An acknowledgement with both times after which the lease is asked for again (RFC 2131, RFC 2132 9.11, 9.12)."""
    head = struct.pack("!BBBBIHH", 2, 1, 6, 0, 0x12345678, 0, 0) + bytes(4) + bytes([192, 0, 2, 10]) + bytes(8)
    options = b"\x35\1\5" + b"\x3a\4" + struct.pack("!I", 1800) + b"\x3b\4" + struct.pack("!I", 3150) + b"\xff"
    body = head + bytes([2, 0, 0, 0, 0, 7]) + bytes(10 + 192) + b"\x63\x82\x53\x63" + options
    return [p.udp(ENDS[1], 67, ENDS[0], 68, body)]


def amqp_frame(kind, arguments):
    """A method of the connection's class (AMQP 0-9-1, 2.3.5)."""
    body = struct.pack("!HH", 10, kind) + arguments
    return struct.pack("!BHI", 1, 0, len(body)) + body + b"\xce"


def amqp_open():
    words = (0, b"AMQP\0\0\x09\x01"), (1, amqp_frame(10, b"\0\x09" + struct.pack("!II", 0, 5) + b"PLAIN" + b"\0\0\0\5en_US"))
    answer = struct.pack("!I", 0) + b"\5PLAIN" + struct.pack("!I", 16) + b"\0visitor\0sesame\0" + b"\5en_US"
    tune = struct.pack("!HIH", 0, 131072, 60)
    return talk(5672, *words, (0, amqp_frame(11, answer)), (1, amqp_frame(30, tune)), (0, amqp_frame(31, tune)),
                (0, amqp_frame(40, b"\x06/doors\0\0")), (1, amqp_frame(41, b"\0")))


def dtls_hello():
    """DTLS 1.2 (RFC 6347 4.2) with a server's name (RFC 6066 3)."""
    name = b"door.example.org"
    listed = struct.pack("!BH", 0, len(name)) + name
    extension = struct.pack("!HHH", 0, len(listed) + 2, len(listed)) + listed
    body = b"\xfe\xfd" + bytes(range(32)) + b"\0\0" + b"\0\2\xc0\x2b" + b"\1\0" + struct.pack("!H", len(extension)) + extension
    message = b"\1" + struct.pack("!I", len(body))[1:] + b"\0\0" + bytes(3) + struct.pack("!I", len(body))[1:] + body
    record = b"\x16\xfe\xff" + bytes(8) + struct.pack("!H", len(message)) + message
    return [p.udp(ENDS[0], 40000, ENDS[1], 4433, record)]


def tds_login(database):
    """FreeTDS's login names no database: its place is the ninth of the pairs ([MS-TDS] 2.2.6.4)."""
    body, name = bytearray(first("tds.client.tcp.freetds-login")[8:]), database.encode("utf-16-le")
    struct.pack_into("<HH", body, 36 + 8 * 4, len(body), len(database))
    body += name
    struct.pack_into("<I", body, 0, len(body))
    return struct.pack("!BBHHBB", 16, 1, 8 + len(body), 0, 1, 0) + body


# What they are for: fields that no other capture has.
RARE = {"amqp.vhost", "dhcp.rebinding_time", "dhcp.renewal_time", "dtls.sni", "mongodb.databases[]", "rtsp.code",
        "rtsp.method", "tds.database", "tds.user"}
BUILT = {
    "dhcp": dhcp_lease(),
    "amqp": amqp_open(),
    "dtls": dtls_hello(),
    "rtsp": talk(554, (0, first("rtsp.client.tcp.specification")), (1, first("rtsp.server.tcp.specification"))),
    "tds": talk(1433, (0, first("tds.client.tcp.freetds")), (1, first("tds.server.tcp.specification-unencrypted")),
                (0, tds_login("doors"))),
    "mongodb": talk(27017, (0, op_msg(1, 0, ("find", "doors"), ("$db", "shop"))), (1, op_msg(2, 1, ("ok", 1.0)))),
}


# ---- ours ----

def values(inside, path):
    """What stands at a path, with "name[]" for lists and a "*" for anything at the end of a key."""
    if not path:
        yield inside
        return
    key, many = path[0].removesuffix("[]"), path[0].endswith("[]")
    if not isinstance(inside, dict):
        return
    for name, value in inside.items():
        if name == key or key.endswith("*") and name.startswith(key[:-1]):
            for one in value if many else [value]:
                yield from values(one, path[1:])


def records(body):
    return [record for part in ("answers", "authorities", "additionals") for record in body.get(part, ())]


def smtp_parameters(body):
    for sender in values(body, ["mail_from"]):
        yield "FROM:" + sender
    for receiver in body.get("rcpt_to", ()):
        yield "TO:" + receiver


def ssh_software(body):
    for side in ("client", "server"):
        who = body.get(side, {})
        if "software_version" in who:
            words = "SSH-%s-%s" % (who["proto_version"], who["software_version"])
            yield " ".join([words, who["comments"]] if "comments" in who else [words])


SPECIAL = {
    "tls.*alpn": lambda body: body.get("client_alpns", []) + body.get("server_alpns", []),
    "ssh.*software": ssh_software,
    "smtp.*parameters": smtp_parameters,
    "smb.*opened": lambda body: [body[key] for key in ("filename", "named_pipe") if key in body],
    "pgsql.*parameters": lambda body: values(body, ["request", "startup_parameters", "*"]),
    "dhcpv6.*_id": lambda body: [body[key] for key in ("client_id", "server_id") if key in body],
    "mqtt.*topics": lambda body: body.get("subscribed", []) + body.get("published", []),
    "wireguard.*index": lambda body: [body[side]["index"] for side in ("client", "server")
                                      if "index" in body.get(side, {})],
}


def told(fact, body):
    if fact.name in SPECIAL:
        return SPECIAL[fact.name](body)
    if fact.path.startswith("*."):
        path, _, kind = fact.path[2:].partition(" ")
        return (value for record in records(body) if kind in ("", record["rrtype"])
                for value in values(record, path.split(".")))
    return values(body, fact.path.split("."))


# ---- both, flow by flow ----

def flow_of(proto, one, other):
    return proto.lower(), *sorted([one, other])


def ours_of(events):
    """For each flow and event type the bodies of its events."""
    flows = collections.defaultdict(lambda: collections.defaultdict(list))
    for event in events:
        kind = event["event_type"]
        if "src_port" in event and kind in event and kind != "flow":
            key = flow_of(event["proto"], (event["src_ip"], event["src_port"]), (event["dest_ip"], event["dest_port"]))
            flows[key][kind].append(event[kind])
    return flows


PLACES = ["frame.protocols", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "tcp.srcport", "tcp.dstport", "udp.srcport",
          "udp.dstport"]


@functools.cache
def known_fields():
    """Names that this tshark has: they change with its version."""
    done = subprocess.run(["tshark", "-G", "fields"], capture_output=True, text=True, timeout=60)
    return {line.split("\t")[2] for line in done.stdout.splitlines() if line.startswith("F\t")}


def wanted_fields():
    asked = {"smb2.cmd", "smtp.req.command", *(field for fact in FACTS for field in fact.fields)}
    return PLACES + sorted(asked & known_fields())


def tshark(path):
    """For each frame a dictionary of field to its values."""
    fields = wanted_fields()
    words = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "separator=\x01", "-E", "occurrence=a",
             "-E", "aggregator=\x02", "-o", "http.desegment_body:FALSE", "-o", "tcp.reassemble_out_of_order:TRUE",
             "-d", "tcp.port==27017,mongo",  # which it takes for TLS
             "-d", "tcp.port==55884,dbus", "-d", "tcp.port==9000,fcgi", "-o", "ipmi.dissect_bus_commands:TRUE"]
    for field in fields:
        words += ["-e", field]
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=120)
    rows = []
    for line in done.stdout.split("\n"):
        if line:
            rows.append({field: value.split("\x02") for field, value in zip(fields, line.split("\x01")) if value})
    return rows


def theirs_of(rows):
    """For each flow its rows, without errors of ICMP, which quote packets of others."""
    flows = collections.defaultdict(list)
    for row in rows:
        layers = row.get("frame.protocols", [""])[-1].split(":")
        transport = next((name for name in ("tcp", "udp") if name in layers), None)
        ip = next((name for name in reversed(layers) if name in ("ip", "ipv6")), "ip")
        if transport is None or {"icmp", "icmpv6"} & set(layers) or ip + ".src" not in row:
            continue
        ends = [(row["%s.%s" % (ip, side)][-1], int(row["%s.%sport" % (transport, side)][-1]))
                for side in ("src", "dst")]
        flows[flow_of(transport, *ends)].append((layers, row))
    return flows


def forms(values, form):
    brought = (form(value) for value in values)
    return {str(value) for value in brought if value not in (None, "")}


def compare(fact, bodies, rows):
    """Values that only ours, and only theirs has."""
    rows = [row for layers, row in rows if set(fact.layer) & set(layers) and fact.rows(row)]
    ours = forms((value for body in bodies for value in told(fact, body)), fact.ours)
    theirs = forms((value for row in rows for field in fact.fields for value in row.get(field, ())), fact.theirs)
    return ours - theirs, set() if fact.part else theirs - ours


def differences(events, rows):
    """Of a capture the fields that differ, with what each has alone."""
    theirs = theirs_of(rows)
    for flow, kinds in ours_of(events).items():
        for fact in FACTS:
            bodies = [body for kind in fact.events for body in kinds.get(kind, ()) if fact.only(body)]
            if not bodies or not any(set(fact.layer) & set(layers) for layers, _ in theirs[flow]):
                continue
            if not set(fact.fields) & known_fields():
                continue
            more, less = compare(fact, bodies, theirs[flow])
            if more or less:
                yield fact.name, "%s: doorward alone %s, tshark alone %s" % (
                    fact.name, sorted(more)[:8], sorted(less)[:8])


def explained():
    """(capture, field) -> why; a capture's name may end with "*", and "*" is any field."""
    reasons = {}
    for line in DIFFERENCES.read_text().splitlines():
        if line and not line.startswith("#"):
            capture, field, why = line.split("\t")
            reasons[capture, field] = why
    return reasons


def reason_for(reasons, capture, field):
    for (name, which), _ in reasons.items():
        if which in ("*", field) and (name == capture or name.endswith("*") and capture.startswith(name[:-1])):
            return name, which
    return None


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("any") / "built"
    folder.mkdir()
    for name, frames in BUILT.items():
        (folder / (name + ".pcap")).write_bytes(p.capture(frames))
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def both(doorward, built):
    """Of each capture the events, and the rows of tshark: all read beforehand, two at a time."""
    def read(path):
        run = doorward("read", "--json", path)
        assert run.status in (0, 1, 3), run.err
        return run.events(), tshark(path)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        paths = chosen() + built
        return dict(zip(paths, pool.map(read, paths)))


def test_fields_are_those_of_tshark(need, both):
    need("tshark")
    reasons, used, wrong = explained(), set(), []
    for path, (events, rows) in both.items():
        for field, words in differences(events, rows):
            reason = reason_for(reasons, identity(path), field)
            used.add(reason)
            if reason is None:
                wrong.append("%s: %s" % (identity(path), words))
    assert not wrong, "\n".join(wrong)


def test_every_explanation_explains_something(need, both):
    need("tshark")
    names = {identity(path): read for path, read in both.items()}
    useless = []
    for name, field in explained():
        if name in names and not any(field == found for found, _ in differences(*names[name])):
            useless.append((name, field))
    assert not useless


def test_most_fields_are_compared(need, both):
    """The table is about something: of these captures most of its rows have met a value on both sides."""
    need("tshark")
    met = set()
    for path, (events, rows) in both.items():
        theirs = theirs_of(rows)
        for flow, kinds in ours_of(events).items():
            for fact in FACTS:
                if any(kind in kinds for kind in fact.events) and any(
                        field in row for _, row in theirs[flow] for field in fact.fields):
                    met.add(fact.name)
    print("never met:", sorted({fact.name for fact in FACTS} - met))
    assert len(met) > len({fact.name for fact in FACTS}) / 2


def test_rare_fields_are_the_same(need, both):
    need("tshark")
    equal = set()
    for path in both:
        if path.parent.name != "built":
            continue
        events, rows = both[path]
        theirs = theirs_of(rows)
        for flow, kinds in ours_of(events).items():
            for fact in FACTS:
                bodies = [body for kind in fact.events for body in kinds.get(kind, ())]
                ours = forms((value for body in bodies for value in told(fact, body)), fact.ours)
                if ours and ours <= forms((value for _, row in theirs[flow] for field in fact.fields
                                           for value in row.get(field, ())), fact.theirs):
                    equal.add(fact.name)
    assert RARE <= equal
