/* dns, ldap, mysql, pgsql, redis, smb and tds: which first words are theirs and which are those of protocols
 * that look alike, and what their probes make of answers. Words of real servers are read from
 * test/data/first; the others are put together here after the specification. */
#include "protocols/ber.h"
#include "words.h"

#include <stdlib.h>

/* A text with its length, so that it may hold zeros. */
#define BYTES(text) text, sizeof(text) - 1

/* ---- recognising ---- */

struct first {
	const char *what;
	const char *bytes;
	size_t length;
	enum verdict verdict;
};

static void check(const char *name, enum side side, unsigned transport, const struct first *cases,
		  size_t count)
{
	const struct protocol *const protocol = protocol_named(span_text(name));

	assert_non_null(protocol);
	for (size_t i = 0; i < count; i++) {
		const enum verdict verdict = protocol->recognise(span_of(cases[i].bytes, cases[i].length),
								 side, transport);

		if (verdict != cases[i].verdict)
			fail_msg("%s says %d to: %s", name, verdict, cases[i].what);
	}
}
#define CHECK(name, side, transport, cases)                                                                  \
	check(name, side, transport, cases, sizeof(cases) / sizeof((cases)[0]))

#define EXAMPLE_A    "\7example\3com\0\0\1\0\1"
#define NETBIOS_NAME " EBEBEBEBEBEBEBEBEBEBEBEBEBEBEBEB\0"

static void dns_requests_are_told_from_their_relatives(void **unused)
{
	static const struct first cases[] = {
		{ "a query", BYTES("\x12\x34\1\0\0\1\0\0\0\0\0\0" EXAMPLE_A), YES },
		{ "a query without recursion", BYTES("\x12\x34\0\0\0\1\0\0\0\0\0\0" EXAMPLE_A), YES },
		{ "a query below .local that wants recursion",
		  BYTES("\x12\x34\1\0\0\1\0\0\0\0\0\0\5_ldap\4_tcp\5local\0\0\x21\0\1"), YES },
		{ "an update", BYTES("\x12\x34\x28\0\0\1\0\0\0\0\0\0\7example\3com\0\0\6\0\1"), YES },
		{ "a notify", BYTES("\x12\x34\x24\0\0\1\0\0\0\0\0\0\7example\3com\0\0\6\0\1"), YES },
		{ "multicast DNS", BYTES("\0\0\0\0\0\1\0\0\0\0\0\0\4door\5local\0\0\1\0\1"), NO },
		{ "multicast DNS that wants one answer",
		  BYTES("\x12\x34\0\0\0\1\0\0\0\0\0\0\4door\5local\0\0\1\0\1"), NO },
		{ "multicast DNS with the bit for unicast",
		  BYTES("\0\0\0\0\0\1\0\0\0\0\0\0\4door\5local\0\0\1\x80\1"), NO },
		{ "LLMNR", BYTES("\x12\x34\0\0\0\1\0\0\0\0\0\0\4door\0\0\1\0\1"), NO },
		{ "NetBIOS name query", BYTES("\x12\x34\1\x10\0\1\0\0\0\0\0\0" NETBIOS_NAME "\0\x20\0\1"),
		  NO },
		{ "NetBIOS status", BYTES("\x12\x34\0\0\0\1\0\0\0\0\0\0" NETBIOS_NAME "\0\x21\0\1"), NO },
		{ "an answer, from the wrong side", BYTES("\x12\x34\x81\x80\0\1\0\0\0\0\0\0" EXAMPLE_A), NO },
		{ "octets behind the message", BYTES("\x12\x34\1\0\0\1\0\0\0\0\0\0" EXAMPLE_A "\0"), NO },
		{ "two questions", BYTES("\x12\x34\1\0\0\2\0\0\0\0\0\0" EXAMPLE_A EXAMPLE_A), NO },
		{ "a name that never ends", BYTES("\x12\x34\1\0\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1"), NO },
		{ "a class that is none", BYTES("\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\7"), NO },
		{ "a header alone", BYTES("\x12\x34\1\0\0\1\0\0\0\0\0\0"), NO },
		{ "STUN",
		  BYTES("\0\1\0\0\x21\x12\xa4\x42"
			"abcdefghijkl"),
		  NO },
	};

	(void)unused;
	CHECK("dns", SIDE_CLIENT, TRANSPORT_UDP, cases);
}

static void dns_over_tcp_needs_a_length_that_fits(void **unused)
{
	static const struct first cases[] = {
		{ "a query", BYTES("\0\x1d\x12\x34\1\0\0\1\0\0\0\0\0\0" EXAMPLE_A), YES },
		{ "a query and the next one's length",
		  BYTES("\0\x1d\x12\x34\1\0\0\1\0\0\0\0\0\0" EXAMPLE_A "\0"), YES },
		{ "half a question", BYTES("\0\x1d\x12\x34\1\0\0\1\0\0\0\0\0\0\7exam"), MORE },
		{ "a length too small for a header", BYTES("\0\x0b"), NO },
		{ "a length that ends in the question", BYTES("\0\x11\x12\x34\1\0\0\1\0\0\0\0\0\0\7exam"),
		  NO },
		{ "modbus", BYTES("\0\1\0\0\0\6\1\3\0\0\0\1"), NO },
	};
	static const struct first answers[] = {
		{ "a refusal of one header", BYTES("\0\x0c\x12\x34\x80\5\0\0\0\0\0\0\0\0"), YES },
		{ "no error, and no question", BYTES("\0\x0c\x12\x34\x80\0\0\0\0\0\0\0\0\0"), NO },
		{ "more records than the length holds",
		  BYTES("\0\x1d\x12\x34\x81\x80\0\1\xff\xff\0\0\0\0" EXAMPLE_A), NO },
	};

	(void)unused;
	CHECK("dns", SIDE_CLIENT, TRANSPORT_TCP, cases);
	CHECK("dns", SIDE_SERVER, TRANSPORT_TCP, answers);
}

static void ldap_operations_are_told_from_other_ber(void **unused)
{
	static const struct first cases[] = {
		{ "an anonymous bind", BYTES("\x30\x0c\2\1\1\x60\7\2\1\3\4\0\x80\0"), YES },
		{ "a bind by SASL, whose token is still to come",
		  BYTES("\x30\x84\0\0\x20\0\2\1\1\x60\x84\0\0\x1f\xf5\2\1\3\4\0\xa3"), YES },
		{ "StartTLS",
		  BYTES("\x30\x1d\2\1\1\x77\x18\x80\x16"
			"1.3.6.1.4.1.1466.20037"),
		  YES },
		{ "half a bind", BYTES("\x30\x0c\2\1\1\x60\7\2\1"), MORE },
		{ "a bind of version 9", BYTES("\x30\x0c\2\1\1\x60\7\2\1\x09\4\0\x80\0"), NO },
		{ "an operation longer than its message", BYTES("\x30\x0c\2\1\1\x60\x17\2\1\3\4\0\x80\0"),
		  NO },
		{ "SNMP", BYTES("\x30\x0c\2\1\1\4\6public\xa0"), NO },
		{ "a bind response, from the wrong side", BYTES("\x30\x0c\2\1\1\x61\7\x0a\1\0\4\0\4\0"), NO },
	};

	(void)unused;
	CHECK("ldap", SIDE_CLIENT, TRANSPORT_TCP, cases);
}

static void mysql_greetings_are_told_from_other_packets(void **unused)
{
	static const struct first cases[] = {
		{ "a refused host", BYTES("\x18\0\0\0\xff\x6a\4Host 'a' may not come"), YES },
		{ "a refusal that is not whole", BYTES("\x18\0\0\0\xff\x6a\4Host 'a' may"), MORE },
		{ "a refusal with a control character", BYTES("\x18\0\0\0\xff\x6a\4Host\x1b"), NO },
		{ "an error that only clients make", BYTES("\x18\0\0\0\xff\xff\xffHost 'a' may not come"),
		  NO },
		{ "the X protocol", BYTES("\5\0\0\0\x0b\x08\5\x1a\0"), NO },
		{ "a greeting that has just begun",
		  BYTES("\x5b\0\0\0\x0a"
			"8.0.36\0"),
		  MORE },
		{ "a version that is no number", BYTES("\x5b\0\0\0\x0aHello"), NO },
		{ "protocol 9",
		  BYTES("\x5b\0\0\0\x09"
			"3.20"),
		  NO },
	};

	(void)unused;
	CHECK("mysql", SIDE_SERVER, TRANSPORT_TCP, cases);
}

static void pgsql_openings_are_told_from_other_lengths(void **unused)
{
	static const struct first cases[] = {
		{ "the wish for TLS", BYTES("\0\0\0\x08\4\xd2\x16\x2f"), YES },
		{ "the wish for GSS", BYTES("\0\0\0\x08\4\xd2\x16\x30"), YES },
		{ "a cancellation", BYTES("\0\0\0\x10\4\xd2\x16\x2e\0\0\1\0\0\0\2\0"), YES },
		{ "a start", BYTES("\0\0\0\x14\0\3\0\0user\0reader\0\0"), YES },
		{ "a start whose user is still to come", BYTES("\0\0\0\x40\0\3\0\0options\0-c x\0"), MORE },
		{ "a start without any user", BYTES("\0\0\0\x13\0\3\0\0options\0-c\0\0"), NO },
		{ "version 4", BYTES("\0\0\0\x14\0\4\0\0user\0reader\0\0"), NO },
		{ "a name with a space", BYTES("\0\0\0\x14\0\3\0\0us r\0reader\0\0"), NO },
		{ "a length without a version", BYTES("\0\0\0\4"), NO },
	};
	static const struct first answers[] = {
		{ "no password wanted", BYTES("R\0\0\0\x08\0\0\0\0"), YES },
		{ "a password as MD5", BYTES("R\0\0\0\x0c\0\0\0\5abcd"), YES },
		{ "SASL", BYTES("R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0"), YES },
		{ "a kind of authentication that is none", BYTES("R\0\0\0\x08\0\0\0\x63"), NO },
		{ "an error of the old protocol", BYTES("EFATAL: unsupported"), NO },
		{ "an error that has just begun", BYTES("E\0\0\0\x79SFATAL\0"), MORE },
		{ "yes to TLS", BYTES("S"), MORE },
		{ "yes to TLS, and TLS", BYTES("S\x16\x03\3"), YES },
		{ "no to GSS, yes to TLS, and TLS", BYTES("NS\x16\x03\3"), YES },
		{ "SSH", BYTES("SSH-2.0-"), NO },
		{ "NNTP or anything", BYTES("No\r\n"), NO },
	};

	(void)unused;
	CHECK("pgsql", SIDE_CLIENT, TRANSPORT_TCP, cases);
	CHECK("pgsql", SIDE_SERVER, TRANSPORT_TCP, answers);
}

static void redis_is_not_named_by_words_of_others(void **unused)
{
	static const struct first cases[] = {
		{ "a command", BYTES("*2\r\n$3\r\nGET\r\n$4\r\ndoor\r\n"), YES },
		{ "a command whose name is still to come", BYTES("*2\r\n$3\r\nGE"), MORE },
		{ "an array of nothing", BYTES("*0\r\n"), NO },
		{ "a name of digits", BYTES("*1\r\n$3\r\n123\r\n"), NO },
		{ "the same of NATS, IRC and Redis", BYTES("PING\r\n"), NO },
		{ "IMAP", BYTES("* OK ready\r\n"), NO },
	};
	static const struct first answers[] = {
		{ "a pong", BYTES("+PONG\r\n"), YES },
		{ "OK of POP3 and NATS", BYTES("+OK\r\n"), MORE },
		{ "POP3", BYTES("+OK ready\r\n"), NO },
		{ "OK and a number", BYTES("+OK\r\n:2\r\n"), YES },
		{ "an error of POP3", BYTES("-ERR Unknown command.\r\n"), NO },
		{ "an error of NATS", BYTES("-ERR 'Unknown Protocol Operation'\r\n"), NO },
		{ "an error of Redis", BYTES("-ERR unknown command 'FOO'\r\n"), YES },
		{ "a number alone", BYTES(":1\r\n"), NO },
		{ "a string", BYTES("$5\r\nhello\r\n"), YES },
		{ "a string without its end", BYTES("$5\r\nhelloo"), NO },
		{ "nothing", BYTES("$-1\r\n"), YES },
		{ "an array of strings", BYTES("*2\r\n$1\r\na\r\n"), YES },
		{ "a map", BYTES("%1\r\n$6\r\nserver\r\n"), YES },
		{ "memcached", BYTES("STAT pid 1\r\n"), NO },
	};

	(void)unused;
	CHECK("redis", SIDE_CLIENT, TRANSPORT_TCP, cases);
	CHECK("redis", SIDE_SERVER, TRANSPORT_TCP, answers);
}

#define ZEROS_8         "\0\0\0\0\0\0\0\0"
#define SMB2_REQUEST    "\xfeSMB\x40\0\0\0\0\0\0\0\0\0\1\0" ZEROS_8 ZEROS_8 ZEROS_8 ZEROS_8 ZEROS_8 ZEROS_8
#define SESSION_REQUEST "\x81\0\0\x44" NETBIOS_NAME NETBIOS_NAME

static void smb_is_known_directly_and_in_a_session(void **unused)
{
	static const struct first cases[] = {
		{ "SMB 2", BYTES("\0\0\0\x40" SMB2_REQUEST), YES },
		{ "SMB 2 in a session", BYTES(SESSION_REQUEST "\0\0\0\x40" SMB2_REQUEST), YES },
		{ "the request of a session alone", BYTES(SESSION_REQUEST), MORE },
		{ "a session for a name of other letters",
		  BYTES("\x81\0\0\x44 ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF"), MORE },
		{ "encrypted SMB 3",
		  BYTES("\0\0\0\x40\xfdSMB" ZEROS_8 ZEROS_8 ZEROS_8 ZEROS_8 ZEROS_8 ZEROS_8), YES },
		{ "a header that is cut", BYTES("\0\0\0\x40\xfeSMB\x40"), MORE },
		{ "a length that holds no header", BYTES("\0\0\0\x20" SMB2_REQUEST), NO },
		{ "a header of another size",
		  BYTES("\0\0\0\x40\xfeSMB\x41\0\0\0" ZEROS_8 ZEROS_8 ZEROS_8 ZEROS_8 ZEROS_8 ZEROS_8
				ZEROS_8),
		  NO },
		{ "something else in a session message", BYTES("\0\0\0\x40HTTP"), NO },
	};

	(void)unused;
	CHECK("smb", SIDE_CLIENT, TRANSPORT_TCP, cases);
}

static void tds_packets_are_told_from_other_headers(void **unused)
{
	static const struct first cases[] = {
		{ "PRELOGIN of one option", BYTES("\x12\1\0\x14\0\0\1\0\0\0\6\0\6\xff\0\0\0\0\0\0"), YES },
		{ "PRELOGIN without VERSION", BYTES("\x12\1\0\x10\0\0\1\0\1\0\6\0\1\xff\0\0"), NO },
		{ "a value past the end", BYTES("\x12\1\0\x14\0\0\1\0\0\0\7\0\6\xff\0\0\0\0\0\0"), NO },
		{ "a list without end", BYTES("\x12\1\0\x14\0\0\1\0\0\0\6\0\6\0\0\0\0\0\0\0"), NO },
		{ "TLS inside", BYTES("\x12\1\0\xc8\0\0\0\0\x16\3\1\0\xbb"), YES },
		{ "a batch after the login", BYTES("\1\1\0\x24\0\0\1\0\x16\0\0\0\x12\0\0\0\2\0"), YES },
		{ "a call of version 7.0", BYTES("\3\1\0\x1a\0\0\1\0\7\0s\0p\0_\0h\0e\0l\0p\0\0\0"), YES },
		{ "a window", BYTES("\x12\1\0\x14\0\0\1\1"), NO },
		{ "RDP", BYTES("\3\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\3\0\0\0"), NO },
		{ "RDP with a cookie", BYTES("\3\0\0\x1c\x17\xe0\0\0\0\0\0Cookie: mstshash=a"), NO },
		{ "FastCGI", BYTES("\1\1\0\1\0\x08\0\0\0\1\0\0\0\0\0\0"), NO },
	};
	static const struct first answers[] = {
		{ "a change of the database", BYTES("\4\1\0\x13\0\x33\1\0\xe3\x08\0\1\1m\0\1t\0\xab\0"),
		  YES },
		{ "a token that is none", BYTES("\4\1\0\x13\0\x33\1\0\x42\x08\0\1"), NO },
		{ "a token longer than its packet", BYTES("\4\1\0\x13\0\x33\1\0\xe3\xff\0\1"), NO },
		{ "SOCKS 4", BYTES("\4\1\0\x50\x7f\0\0\1\0"), NO },
	};

	(void)unused;
	CHECK("tds", SIDE_CLIENT, TRANSPORT_TCP, cases);
	CHECK("tds", SIDE_SERVER, TRANSPORT_TCP, answers);
}

/* ---- probes ---- */

/* What a probe makes of all that a server says; `out` collects what it says in between. */
static enum probe_step tell(const char *name, int variant, unsigned transport, struct span bytes,
			    struct buffer *out, struct answer *answer)
{
	const struct protocol *const protocol = protocol_named(span_text(name));
	void *const state = calloc(1, PROBE_STATE_LIMIT);
	enum probe_step step = PROBE_WAIT;
	const uint8_t *before;

	assert_non_null(state);
	if (variant >= 0)
		protocol->probe->greet_more(state, (size_t)variant, answer, out);
	else if (protocol->probe->greet != NULL)
		protocol->probe->greet(state, transport, out);
	buffer_clear(out);
	do {
		before = bytes.at;
		step = variant >= 0
			       ? protocol->probe->hear_more(state, (size_t)variant, &bytes, false, answer)
			       : protocol->probe->hear(state, &bytes, false, out, answer);
	} while (step == PROBE_WAIT && bytes.at > before);
	if (step == PROBE_WAIT)
		step = variant >= 0 ? protocol->probe->hear_more(state, (size_t)variant, &bytes, true, answer)
				    : protocol->probe->hear(state, &bytes, true, out, answer);
	free(state);
	return step;
}

static enum probe_step tell_only(const char *name, int variant, struct span bytes, struct answer *answer)
{
	struct buffer out = buffer_new(4096);
	enum probe_step step;

	*answer = (struct answer){ 0 };
	step = tell(name, variant, TRANSPORT_TCP, bytes, &out, answer);
	buffer_free(&out);
	return step;
}

static bool is_weak(const struct answer *answer, const char *id)
{
	for (size_t i = 0; i < answer->weakness_count; i++)
		if (strcmp(answer->weaknesses[i].weakness->id, id) == 0)
			return true;
	return false;
}

static const struct words *words_of(const char *name)
{
	for (const struct words *w = words; w < words + words_count; w++)
		if (strcmp(w->name, name) == 0)
			return w;
	fail_msg("test/data/first/%s is not there", name);
	return NULL;
}

static void real_servers_are_told_what_they_are(void **unused)
{
	static const struct {
		const char *file, *product, *version;
		bool starttls;
		const char *key, *value, *weakness;
	} cases[] = {
		{ "dns.server.tcp.bind", "ISC BIND", "9.18.49", false, "ra", "false", NULL },
		{ "dns.server.udp.bind", "ISC BIND", "9.18.49", false, "edns_udp_size", "1232", NULL },
		{ "dns.server.tcp.nsd", "NSD", "4.6.1", false, "ra", "false", NULL },
		{ "dns.server.tcp.unbound", "Unbound", "1.17.1", false, "ra", "true", "dns-open-resolver" },
		{ "dns.server.udp.knot", "Knot DNS", "3.2.6", false, "version_bind", "Knot DNS 3.2.6", NULL },
		{ "dns.server.udp.pdns-recursor", "PowerDNS Recursor", "4.8.8", false, "edns_udp_size", "512",
		  NULL },
		{ "dns.server.tcp.dnsmasq", "dnsmasq", "2.90", false, "ra", "true", "dns-open-resolver" },
		{ "ldap.server.tcp.openldap", "OpenLDAP", "", true, "naming_contexts", "dc=lab,dc=example",
		  NULL },
		{ "mysql.server.tcp.mariadb", "MariaDB", "10.11.19", true, "auth_plugin",
		  "mysql_native_password", NULL },
		{ "pgsql.server.tcp.postgresql", "PostgreSQL", "", false, "routine", "ProcessStartupPacket",
		  NULL },
		{ "pgsql.server.tcp.pgbouncer", "PgBouncer", "", false, "code", "08P01", NULL },
		{ "redis.server.tcp.redis", "Redis", "7.0.15", false, "mode", "standalone", "redis-no-auth" },
		{ "redis.server.tcp.redis-password", "", "", false, "authentication", "required", NULL },
		{ "smb.server.tcp.samba", "Samba smbd", "", false, "dialect", "3.11",
		  "smb-signing-not-required" },
		{ "smb.server.tcp.samba-smb1", "", "", false, "domain", "LABORATORY", "smb-1" },
		{ "smb.variant0.tcp.samba-smb1", "Samba smbd", "", false, "host", "beta", "smb-1" },
		{ "smb.variant0.tcp.samba", "", "", false, NULL, NULL, NULL },
		{ "tds.server.tcp.specification", "Microsoft SQL Server", "15.0.2000", true, "release",
		  "2019", NULL },
		{ "tds.server.tcp.specification-unencrypted", "Microsoft SQL Server", "10.50.1600", false,
		  "release", "2008 R2", "tds-no-encryption" },
		{ "enip.server.udp.specification", "1756-L61/B", "20.11", false, "serial", "00c0ffee", NULL },
		{ "enip.server.tcp.specification", "", "", false, NULL, NULL, NULL },
		{ "bacnet.server.udp.specification-forwarded", "", "", false, "vendor", "Acme", NULL },
		{ "bacnet.server.udp.specification-iam", "", "", false, NULL, NULL, NULL },
		{ "oracle.server.tcp.specification-refuse", "Oracle Database", "19.0.0.0.0", false, NULL,
		  NULL, NULL },
		{ "cassandra.server.tcp.specification", "", "", false, "cql_version", "3.4.6", NULL },
		{ "dcerpc.server.tcp.specification", "", "", false, "endpoint", "135", NULL },
		{ "opcua.server.tcp.specification", "", "", false, "version", "0", NULL },
		{ "gtp.server.udp.specification-echo", "", "", false, "version", "1", NULL },
		{ "nat-pmp.server.udp.specification-address", "", "", false, "external_address",
		  "203.0.113.7", NULL },
		{ "iec104.server.tcp.specification", "", "", false, NULL, NULL, NULL },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct words *const w = words_of(cases[i].file);
		struct buffer out = buffer_new(4096);
		struct answer answer = { 0 };

		assert_int_equal(tell(w->protocol->name, w->variant, w->transport, w->bytes, &out, &answer),
				 PROBE_DONE);
		assert_string_equal(answer.product, cases[i].product);
		assert_string_equal(answer.version, cases[i].version);
		assert_int_equal(answer.starttls, cases[i].starttls);
		if (cases[i].key != NULL)
			assert_string_equal(answer_get(&answer, cases[i].key), cases[i].value);
		if (cases[i].weakness != NULL)
			assert_true(is_weak(&answer, cases[i].weakness));
		else
			assert_int_equal(answer.weakness_count, 0);
		buffer_free(&out);
	}
}

/* A device tells one property at a time, and is asked for the next; an error is an answer, too. */
static void bacnet_is_asked_for_one_name_after_the_other(void **unused)
{
	static const uint8_t vendor[] =
		"\x81\x0a\0\x19\1\0\x30\1\x0c\x0c\2\0\4\xb1\x19\x79\x3e\x75\5\0Acme\x3f";
	static const uint8_t model[] =
		"\x81\x0a\0\x19\1\0\x30\2\x0c\x0c\2\0\4\xb1\x19\x46\x3e\x75\5\0Door\x3f";
	static const uint8_t version[] = "\x81\x0a\0\x17\1\0\x30\3\x0c\x0c\2\0\4\xb1\x19\x2c\x3e\x74\0"
					 "1.2\x3f";
	static const uint8_t unknown[] = "\x81\x0a\0\x0d\1\0\x50\4\x0c\x91\2\x91\x20";
	const struct probe *const probe = protocol_named(span_text("bacnet"))->probe;
	const struct span said[] = { span_of(vendor, sizeof(vendor) - 1), span_of(model, sizeof(model) - 1),
				     span_of(version, sizeof(version) - 1),
				     span_of(unknown, sizeof(unknown) - 1) };
	static const uint8_t asked[] = { 121, 70, 44, 12 };
	uint8_t state[PROBE_STATE_LIMIT] = { 0 };
	struct answer answer = { 0 };
	struct buffer out = buffer_new(256);

	(void)unused;
	probe->greet(state, TRANSPORT_UDP, &out);
	for (size_t i = 0; i < 4; i++) {
		struct span heard = said[i];

		assert_int_equal(out.length, 17);
		assert_memory_equal(out.bytes + 8, ((uint8_t[]){ (uint8_t)(i + 1), 12, 0x0c }), 3);
		assert_int_equal(out.bytes[16], asked[i]);
		buffer_clear(&out);
		assert_int_equal(probe->hear(state, &heard, false, &out, &answer),
				 i < 3 ? PROBE_WAIT : PROBE_DONE);
	}
	assert_string_equal(answer.product, "Door");
	assert_string_equal(answer.version, "1.2");
	assert_string_equal(answer_get(&answer, "vendor"), "Acme");
	buffer_free(&out);
}

/* What is asked of machines reads who they are, and nothing else. */
static void machines_are_asked_to_read_alone(void **unused)
{
	static const struct {
		const char *name;
		unsigned transport;
		const char *said;
		size_t length;
	} cases[] = {
		{ "iec104", TRANSPORT_TCP, BYTES("\x68\4\x43\0\0\0") },
		{ "enip", TRANSPORT_TCP, BYTES("\x63\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") },
		{ "gtp", TRANSPORT_UDP, BYTES("\x32\1\0\4\0\0\0\0\0\1\0\0") },
		{ "nat-pmp", TRANSPORT_UDP, BYTES("\0\0") },
		{ "mgcp", TRANSPORT_UDP, BYTES("AUEP 645231 doorward@doorward.invalid MGCP 1.0\r\n") },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t state[PROBE_STATE_LIMIT] = { 0 };
		struct buffer out = buffer_new(256);

		protocol_named(span_text(cases[i].name))->probe->greet(state, cases[i].transport, &out);
		assert_int_equal(out.length, cases[i].length);
		assert_memory_equal(out.bytes, cases[i].said, cases[i].length);
		buffer_free(&out);
	}
}

/* A refusal could be anybody's, but for the number that it repeats. */
static void gateways_refuse_by_the_number_of_the_question(void **unused)
{
	static const struct {
		const char *words;
		enum probe_step step;
	} cases[] = {
		{ "500 645231 Endpoint unknown\r\n", PROBE_DONE },
		{ "500 645231", PROBE_DONE },
		{ "500 645232 Endpoint unknown\r\n", PROBE_NOT },
		{ "500 Endpoint unknown\r\n", PROBE_NOT },
		{ "50 645231 x\r\n", PROBE_NOT },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer out = buffer_new(256);
		struct answer answer = { 0 };

		assert_int_equal(tell("mgcp", -1, TRANSPORT_UDP, span_text(cases[i].words), &out, &answer),
				 cases[i].step);
		buffer_free(&out);
	}
}

static void stun_servers_name_their_software(void **unused)
{
	static const uint8_t said[] = "\1\1\0\x1c!\x12\xa4"
				      "Bdoorward.inv\0 \0\x08\0\1\xbdR\xe1\x12\xa6"
				      "C\x80\"\0\x0c"
				      "Coturn-4.6.1";
	static const unsigned transports[] = { TRANSPORT_TCP, TRANSPORT_UDP };

	(void)unused;
	for (size_t i = 0; i < 2; i++) {
		struct buffer out = buffer_new(256);
		struct answer answer = { 0 };

		assert_int_equal(
			tell("stun", -1, transports[i], span_of(said, sizeof(said) - 1), &out, &answer),
			PROBE_DONE);
		assert_string_equal(answer_get(&answer, "software"), "Coturn-4.6.1");
		buffer_free(&out);
	}
}

/* A listener that wants the question once more gets it, and only once. */
static void a_listener_may_ask_back_once(void **unused)
{
	static const uint8_t again[] = "\0\x08\0\0\x0b\0\0";
	static const uint8_t accepted[] = "\0\x20\0\0\2\0\0\0\1\x3a\0\0\x20\0\x7f\xff\1\0\0\0\0\x20"
					  "AA\0\0\0\0\0\0\0";
	static const char version[] =
		"\0\0\0\0\6\0\0\0\0\0\0TNSLSNR for Linux: Version 12.2.0.1.0 - Production";
	const struct probe *const probe = protocol_named(span_text("oracle"))->probe;
	uint8_t state[PROBE_STATE_LIMIT] = { 0 };
	struct answer answer = { 0 };
	struct buffer first = buffer_new(1024), second = buffer_new(1024), said = buffer_new(1024);
	struct span heard;

	(void)unused;
	probe->greet(state, TRANSPORT_TCP, &first);
	heard = span_of(again, sizeof(again));
	assert_int_equal(probe->hear(state, &heard, false, &second, &answer), PROBE_WAIT);
	assert_int_equal(span_left(heard), 0);
	assert_int_equal(first.length, second.length);
	assert_memory_equal(first.bytes, second.bytes, first.length);
	buffer_clear(&second);
	heard = span_of(again, sizeof(again));
	(void)probe->hear(state, &heard, false, &second, &answer);
	assert_int_equal(second.length, 0);
	buffer_add(&said, accepted, sizeof(accepted));
	heard = buffer_read(&said);
	assert_int_equal(probe->hear(state, &heard, false, &second, &answer), PROBE_WAIT);
	buffer_add(&said, version, sizeof(version) - 1);
	heard = buffer_read(&said);
	assert_int_equal(probe->hear(state, &heard, false, &second, &answer), PROBE_DONE);
	assert_string_equal(answer.product, "Oracle Database");
	assert_string_equal(answer.version, "12.2.0.1.0");
	buffer_free(&first);
	buffer_free(&second);
	buffer_free(&said);
}

/* What servers answer to openings that ask who they are, and nearly the same of somebody else. */
static void further_openings_tell_products(void **unused)
{
	static const struct {
		const char *name;
		int variant;
		unsigned transport;
		const char *bytes;
		size_t length;
		enum probe_step step;
		const char *product;
	} cases[] = {
		{ "socks", 0, TRANSPORT_TCP, BYTES("HTTP/1.0 501 Tor is not an HTTP Proxy\r\n"), PROBE_DONE,
		  "Tor" },
		{ "socks", 0, TRANSPORT_TCP, BYTES("HTTP/1.0 501 Not Implemented\r\n"), PROBE_NOT, "" },
		{ "rpc", 0, TRANSPORT_TCP,
		  BYTES("\x80\0\0\x14"
			"Door\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\5"),
		  PROBE_DONE, "MIT Kerberos" },
		{ "rpc", 0, TRANSPORT_TCP,
		  BYTES("\x80\0\0\x14"
			"Door\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1"),
		  PROBE_DONE, "" },
		{ "rpc", 0, TRANSPORT_TCP,
		  BYTES("\x80\0\0\x18"
			"Door\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"),
		  PROBE_DONE, "" },
		{ "mdns", 0, TRANSPORT_UDP,
		  BYTES("\0\0\x84\0\0\0\0\1\0\0\0\0\x0c_workstation\4_tcp\5local\0\0\x0c\0\1\0\0\0\x0a\0\x1b"
			"\x18"
			"beta [7a:53:ae:8e:3b:59]\xc0\x0c"),
		  PROBE_DONE, "Avahi" },
		{ "mdns", 0, TRANSPORT_UDP,
		  BYTES("\0\0\x84\0\0\0\0\1\0\0\0\0\x0c_workstation\4_tcp\5local\0\0\x0c\0\1\0\0\0\x0a\0\x1b"
			"\x18"
			"beta [7a:53:ae:8e:3b:5g]\xc0\x0c"),
		  PROBE_DONE, "" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer out = buffer_new(4096);
		struct answer answer = { 0 };

		assert_int_equal(tell(cases[i].name, cases[i].variant, cases[i].transport,
				      span_of(cases[i].bytes, cases[i].length), &out, &answer),
				 cases[i].step);
		assert_string_equal(answer.product, cases[i].product);
		buffer_free(&out);
	}
}

/* RFC 6614: inside TLS the answer to Status-Server has the number that was asked with, and its length. */
static void radius_is_known_inside_tls(void **unused)
{
	static const struct {
		const char *bytes;
		size_t length;
		enum probe_step step;
	} cases[] = {
		{ BYTES("\2d\0\x14"
			"0123456789abcdef"),
		  PROBE_DONE },
		{ BYTES("\2d\0\x16"
			"0123456789abcdef\6\2"),
		  PROBE_DONE },
		{ BYTES("\2d\0\x16"
			"0123456789abcdef\6\3"),
		  PROBE_NOT },
		{ BYTES("\2e\0\x14"
			"0123456789abcdef"),
		  PROBE_NOT },
		{ BYTES("\1d\0\x14"
			"0123456789abcdef"),
		  PROBE_NOT },
		{ BYTES("\2d\0\x14"
			"0123456789abcdefg"),
		  PROBE_NOT },
		{ BYTES("\2d\0\x14"
			"0123456789"),
		  PROBE_NOT },
		{ BYTES("220 hello there, who is it\r\n"), PROBE_NOT },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct answer answer;

		assert_int_equal(tell_only("radius", -1, span_of(cases[i].bytes, cases[i].length), &answer),
				 cases[i].step);
	}
}

/* RFC 3948: at the door of ESP the opening of IKE begins with four zeros, and so does the answer. */
static void ike_is_asked_at_the_door_of_esp(void **unused)
{
	const struct probe *const probe = protocol_named(span_text("ike"))->probe;
	const struct words *const w = words_of("ike.server.udp.strongswan-probe");
	struct buffer usual = buffer_new(4096), marked = buffer_new(4096), answer_bytes = buffer_new(4096);
	struct answer answer = { 0 };

	(void)unused;
	assert_int_equal(probe->port_of_variant, 4500);
	probe->greet(NULL, TRANSPORT_UDP, &usual);
	probe->greet_more(NULL, probe->variant_at_port, NULL, &marked);
	assert_int_equal(marked.length, usual.length + 4);
	assert_memory_equal(marked.bytes, "\0\0\0\0", 4);
	assert_memory_equal(marked.bytes + 4, usual.bytes, usual.length);
	assert_false(probe->wants_more(&answer, probe->variant_at_port));
	buffer_u32(&answer_bytes, 0);
	buffer_span(&answer_bytes, w->bytes);
	buffer_clear(&usual);
	assert_int_equal(tell("ike", -1, TRANSPORT_UDP, buffer_read(&answer_bytes), &usual, &answer),
			 PROBE_DONE);
	assert_string_equal(answer_get(&answer, "version"), "2.0");
	buffer_free(&usual);
	buffer_free(&marked);
	buffer_free(&answer_bytes);
}

static void samba_tells_no_address_of_its_interface(void **unused)
{
	static const char begins[] = "do\x84\0\0\0\0\1\0\0\0\0\x20"
				     "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\0\0\x21\0\1\0\0\0\0";
	const char *const kinds[] = { "ALPHA          \0\4", "ALPHA          \3\4" };

	(void)unused;
	for (unsigned i = 0; i < 4; i++) {
		const bool messages = i & 1, counts = i & 2;
		struct buffer bytes = buffer_new(512), out = buffer_new(512);
		struct answer answer = { 0 };

		buffer_add(&bytes, begins, sizeof(begins) - 1);
		buffer_u16(&bytes, (uint16_t)(1 + 18 * (1 + messages) + 46));
		buffer_u8(&bytes, (uint8_t)(1 + messages));
		for (unsigned k = 0; k <= messages; k++) {
			buffer_add(&bytes, kinds[k], 17);
			buffer_u8(&bytes, 0);
		}
		buffer_fill(&bytes, counts ? 7 : 0, 46);
		assert_int_equal(tell("nbns", -1, TRANSPORT_UDP, buffer_read(&bytes), &out, &answer),
				 PROBE_DONE);
		assert_string_equal(answer.product, messages && !counts ? "Samba nmbd" : "");
		buffer_free(&bytes);
		buffer_free(&out);
	}
}

/* MS-SMB: what the first step of a session tells of the program, behind the answer to the negotiation. */
static void samba_of_version_1_tells_its_version(void **unused)
{
	static const char program[] = "Samba 4.17.12-Debian", system[] = "Windows 6.1";
	struct buffer bytes = buffer_new(1024), out = buffer_new(1024);
	const struct words *const w = words_of("smb.variant0.tcp.samba-smb1");
	struct answer answer = { 0 };
	size_t begun;

	(void)unused;
	buffer_span(&bytes, w->bytes);
	begun = bytes.length;
	buffer_u32(&bytes, 0);
	buffer_add(&bytes, BYTES("\xffSMB\x73\x16\0\0\xc0\x98\1\xc8"));
	buffer_fill(&bytes, 0, 20);
	buffer_add(&bytes, BYTES("\4\xff\0\0\0\0\0\4\0\x40\0abcd"));
	if ((bytes.length - begun) % 2 != 0)
		buffer_u8(&bytes, 0);
	for (size_t i = 0; i < sizeof(system); i++)
		buffer_u16_le(&bytes, (uint8_t)system[i]);
	for (size_t i = 0; i < sizeof(program); i++)
		buffer_u16_le(&bytes, (uint8_t)program[i]);
	buffer_set_u32(&bytes, begun, (uint32_t)(bytes.length - begun - 4));
	assert_int_equal(tell("smb", 0, TRANSPORT_TCP, buffer_read(&bytes), &out, &answer), PROBE_DONE);
	assert_true(is_weak(&answer, "smb-1"));
	assert_string_equal(answer.product, "Samba smbd");
	assert_string_equal(answer.version, "4.17.12");
	assert_string_equal(answer_get(&answer, "native_os"), system);
	assert_string_equal(answer_get(&answer, "native_lm"), program);
	buffer_free(&bytes);
	buffer_free(&out);
}

static void amanda_refuses_over_tcp(void **unused)
{
	struct answer answer;

	(void)unused;
	assert_int_equal(tell_only("amanda", -1,
				   span_of(BYTES("\0\0\0\x12\0\0\0\1\4ERROR not secure\n\0\0\0\0\0\0\0\1")),
				   &answer),
			 PROBE_DONE);
	assert_string_equal(answer_get(&answer, "error"), "ERROR not secure");
	assert_int_equal(
		tell_only("amanda", -1, span_of(BYTES("\0\0\0\x12\0\0\0\1\4HELLO not secure\n\0")), &answer),
		PROBE_NOT);
}

/* An answer to version.bind with this text. */
static void write_version(struct buffer *out, const char *text)
{
	buffer_add(out, BYTES("\x44\x57\x84\0\0\1\0\1\0\0\0\0\7version\4bind\0\0\x10\0\3"));
	buffer_add(out, BYTES("\xc0\x0c\0\x10\0\3\0\0\0\0"));
	buffer_u16(out, (uint16_t)(strlen(text) + 1));
	buffer_u8(out, (uint8_t)strlen(text));
	buffer_text(out, text);
}

static void names_of_dns_servers_are_taken_from_their_versions(void **unused)
{
	static const struct {
		const char *text, *product, *version;
	} cases[] = {
		{ "9.11.5-P4-5.1+deb10u1-Debian", "ISC BIND", "9.11.5-P4" },
		{ "unbound 1.17.1", "Unbound", "1.17.1" },
		{ "PowerDNS Recursor 4.8.8 (built ...)", "PowerDNS Recursor", "4.8.8" },
		{ "Knot DNS 3.2.6", "Knot DNS", "3.2.6" },
		{ "NSD 4.6.1", "NSD", "4.6.1" },
		{ "Served by PowerDNS - https://www.powerdns.com/", "PowerDNS Authoritative Server", "" },
		{ "none of your business", "", "" },
		{ "", "", "" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer bytes = buffer_new(512), out = buffer_new(4096);
		struct answer answer = { 0 };

		write_version(&bytes, cases[i].text);
		assert_int_equal(tell("dns", -1, TRANSPORT_UDP, buffer_read(&bytes), &out, &answer),
				 PROBE_DONE);
		assert_string_equal(answer.product, cases[i].product);
		assert_string_equal(answer.version, cases[i].version);
		assert_true(span_find(buffer_read(&out), "hostname") != SIZE_MAX);
		buffer_free(&bytes);
		buffer_free(&out);
	}
}

static void an_answer_to_another_question_is_not_heard(void **unused)
{
	struct buffer bytes = buffer_new(512), out = buffer_new(4096);
	struct answer answer = { 0 };

	(void)unused;
	write_version(&bytes, "unbound 1.17.1");
	bytes.bytes[1]++;
	assert_int_equal(tell("dns", -1, TRANSPORT_UDP, buffer_read(&bytes), &out, &answer), PROBE_NOT);
	assert_int_equal(answer.fact_count, 0);
	buffer_free(&bytes);
	buffer_free(&out);
}

struct attribute {
	const char *name, *values[2];
};

/* An entry of the root DSE and the end of the search. */
static void write_root(struct buffer *out, const struct attribute *attributes, size_t count)
{
	const size_t message = ber_begin(out, BER_SEQUENCE);
	size_t entry, list;

	ber_write_integer(out, BER_INTEGER, 1);
	entry = ber_begin(out, 0x64);
	ber_write_text(out, BER_OCTETS, "");
	list = ber_begin(out, BER_SEQUENCE);
	for (size_t i = 0; i < count; i++) {
		const size_t attribute = ber_begin(out, BER_SEQUENCE);
		size_t set;

		ber_write_text(out, BER_OCTETS, attributes[i].name);
		set = ber_begin(out, BER_SET);
		for (size_t v = 0; v < 2 && attributes[i].values[v] != NULL; v++)
			ber_write_text(out, BER_OCTETS, attributes[i].values[v]);
		ber_end(out, set);
		ber_end(out, attribute);
	}
	ber_end(out, list);
	ber_end(out, entry);
	ber_end(out, message);
	buffer_add(out, BYTES("\x30\x0c\2\1\1\x65\7\x0a\1\0\4\0\4\0"));
}

static void directories_are_told_apart_by_their_root(void **unused)
{
	static const struct {
		const char *product, *version;
		struct attribute attributes[3];
	} cases[] = {
		{ "389 Directory Server",
		  "2.3.1",
		  { { "vendorName", { "389 Project" } },
		    { "vendorVersion", { "389-Directory/2.3.1 B2022.340.1200" } } } },
		{ "Samba",
		  "4.17.12",
		  { { "vendorname", { "Samba Team (https://www.samba.org)" } },
		    { "vendorVersion", { "4.17.12-Debian" } },
		    { "supportedCapabilities", { "1.2.840.113556.1.4.800" } } } },
		{ "Microsoft Active Directory",
		  "",
		  { { "supportedCapabilities", { "1.2.840.113556.1.4.1670", "1.2.840.113556.1.4.800" } } } },
		{ "Microsoft AD LDS", "", { { "supportedCapabilities", { "1.2.840.113556.1.4.1851" } } } },
		{ "", "", { { "supportedLDAPVersion", { "2", "3" } } } },
	};
	struct answer answer;

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer bytes = buffer_new(2048);
		size_t count = 0;

		while (count < 3 && cases[i].attributes[count].name != NULL)
			count++;
		write_root(&bytes, cases[i].attributes, count);
		assert_int_equal(tell_only("ldap", -1, buffer_read(&bytes), &answer), PROBE_DONE);
		assert_string_equal(answer.product, cases[i].product);
		assert_string_equal(answer.version, cases[i].version);
		assert_false(answer.starttls);
		buffer_free(&bytes);
	}
	assert_string_equal(answer_get(&answer, "ldap_versions"), "2, 3");
}

/* HandshakeV10 of a version, with the lower and upper half of the capabilities. */
static void write_greeting(struct buffer *out, const char *version, uint16_t low, uint16_t high,
			   const char *plugin)
{
	buffer_u32(out, 0);
	buffer_u8(out, 10);
	buffer_add(out, version, strlen(version) + 1);
	buffer_fill(out, 'x', 12);
	buffer_u8(out, 0);
	buffer_u16_le(out, low);
	buffer_u8(out, 8);
	buffer_u16_le(out, 2);
	buffer_u16_le(out, high);
	buffer_u8(out, 21);
	buffer_fill(out, 0, 10);
	buffer_fill(out, 'y', 12);
	buffer_u8(out, 0);
	buffer_add(out, plugin, strlen(plugin) + 1);
	out->bytes[0] = (uint8_t)(out->length - 4);
}

static void relatives_of_mysql_are_told_apart(void **unused)
{
	static const struct {
		const char *version;
		uint16_t low;
		const char *product, *number;
		bool starttls, old;
	} cases[] = {
		{ "8.0.36-0ubuntu0.22.04.1", 0xffff, "MySQL", "8.0.36", true, false },
		{ "5.5.5-10.6.16-MariaDB-log", 0xf7fe, "MariaDB", "10.6.16", false, false },
		{ "11.4.2", 0xfffe, "MariaDB", "11.4.2", true, false },
		{ "5.5.5", 0xffff, "MySQL", "5.5.5", true, false },
		{ "5.7.25-TiDB-v7.1.0", 0xffff, "TiDB", "7.1.0", true, false },
		{ "8.0.30-Vitess", 0xffff, "Vitess", "", true, false },
		{ "5.1.73", 0xf7ff, "MySQL", "5.1.73", false, true },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer bytes = buffer_new(512);
		struct answer answer;

		write_greeting(&bytes, cases[i].version, cases[i].low, 8,
			       cases[i].old ? "mysql_old_password" : "caching_sha2_password");
		assert_int_equal(tell_only("mysql", -1, buffer_read(&bytes), &answer), PROBE_DONE);
		assert_string_equal(answer.product, cases[i].product);
		assert_string_equal(answer.version, cases[i].number);
		assert_int_equal(answer.starttls, cases[i].starttls);
		assert_int_equal(is_weak(&answer, "mysql-old-password"), cases[i].old);
		buffer_free(&bytes);
	}
}

static void a_refusal_of_mysql_tells_the_server_and_its_reason(void **unused)
{
	struct answer answer;

	(void)unused;
	assert_int_equal(tell_only("mysql", -1,
				   span_of(BYTES("\x1f\0\0\0\xff\x6a\4not allowed, says this MySQL")),
				   &answer),
			 PROBE_DONE);
	assert_string_equal(answer.product, "MySQL");
	assert_string_equal(answer_get(&answer, "error_code"), "1130");
	assert_string_equal(answer_get(&answer, "error_message"), "not allowed, says this MySQL");
}

static void only_a_clear_yes_of_pgsql_means_tls(void **unused)
{
	struct answer answer;

	(void)unused;
	assert_int_equal(tell_only("pgsql", 0, span_text("S"), &answer), PROBE_DONE);
	assert_true(answer.starttls);
	assert_int_equal(tell_only("pgsql", 0, span_text("N"), &answer), PROBE_DONE);
	assert_false(answer.starttls);
	assert_int_equal(tell_only("pgsql", 0, span_text(""), &answer), PROBE_DONE);
	assert_false(answer.starttls);
}

static void descendants_of_redis_are_told_apart(void **unused)
{
	static const struct {
		const char *info, *product, *version;
	} cases[] = {
		{ "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\n", "Valkey",
		  "8.0.1" },
		{ "redis_version:6.2.11\r\ndragonfly_version:df-v1.13.0\r\n", "Dragonfly", "1.13.0" },
		{ "redis_version:6.3.4\r\nexecutable:/usr/bin/keydb-server\r\n", "KeyDB", "6.3.4" },
		{ "redis_version:255.255.255\r\n", "Redis", "255.255.255" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer bytes = buffer_new(512);
		struct answer answer;

		buffer_format(&bytes, "+PONG\r\n$%zu\r\n# Server\r\n%s\r\n", strlen(cases[i].info) + 10,
			      cases[i].info);
		assert_int_equal(tell_only("redis", -1, buffer_read(&bytes), &answer), PROBE_DONE);
		assert_string_equal(answer.product, cases[i].product);
		assert_string_equal(answer.version, cases[i].version);
		assert_true(is_weak(&answer, "redis-no-auth"));
		buffer_free(&bytes);
	}
}

static void a_redis_that_refuses_is_not_weak(void **unused)
{
	struct answer answer;

	(void)unused;
	assert_int_equal(
		tell_only("redis", -1, span_text("-DENIED Redis is running in protected mode\r\n"), &answer),
		PROBE_DONE);
	assert_string_equal(answer_get(&answer, "protected_mode"), "true");
	assert_int_equal(answer.weakness_count, 0);
	assert_int_equal(tell_only("redis", -1, span_text("+PONG\r\n-NOPERM no\r\n"), &answer), PROBE_DONE);
	assert_int_equal(answer.weakness_count, 0);
}

/* A server that takes up the offer of version 2 is asked again, for its newest dialect. */
static void smb_2_is_asked_for_its_dialects(void **unused)
{
	const struct words *const w = words_of("smb.server.tcp.samba");
	struct buffer out = buffer_new(4096);
	struct answer answer = { 0 };

	(void)unused;
	assert_int_equal(tell("smb", -1, TRANSPORT_TCP, w->bytes, &out, &answer), PROBE_DONE);
	assert_true(span_find(buffer_read(&out), "\xfeSMB") == 4);
	assert_int_equal(
		protocol_named(span_text("smb"))->recognise(buffer_read(&out), SIDE_CLIENT, TRANSPORT_TCP),
		YES);
	assert_string_equal(answer_get(&answer, "encryption"), "AES-128-GCM");
	assert_string_equal(answer_get(&answer, "server_guid"), "68706c61-0061-0000-0000-000000000000");
	buffer_free(&out);
}

/* The answer to PRELOGIN with one encryption or another. */
static void encryption_of_tds_is_told(void **unused)
{
	static const struct {
		uint8_t encryption;
		const char *fact;
		bool starttls, weak;
	} cases[] = {
		{ 0, "login only", true, false },    { 1, "required", true, false },
		{ 2, "not supported", false, true }, { 3, "required", true, false },
		{ 9, NULL, false, false },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t packet[] = { 4, 1, 0,  26, 0, 0,    1,  0, 0, 0,    11, 0, 6,
				     1, 0, 17, 0,  1, 0xff, 16, 0, 3, 0xe8, 0,  0, cases[i].encryption };
		struct answer answer;

		assert_int_equal(tell_only("tds", -1, span_of(packet, sizeof(packet)), &answer), PROBE_DONE);
		assert_string_equal(answer.version, "16.0.1000");
		if (cases[i].fact != NULL)
			assert_string_equal(answer_get(&answer, "encryption"), cases[i].fact);
		assert_int_equal(answer.starttls, cases[i].starttls);
		assert_int_equal(is_weak(&answer, "tds-no-encryption"), cases[i].weak);
	}
}

static void rdp_that_shows_out_is_known(void **unused)
{
	static const struct first cases[] = {
		{ "a disconnect ultimatum", BYTES("\3\0\0\11\2\xf0\x80\x21\x80"), YES },
		{ "its beginning", BYTES("\3\0\0\11\2\xf0\x80\x21"), MORE },
		{ "another message of the same length", BYTES("\3\0\0\11\2\xf0\x80\x28\x80"), NO },
		{ "a reason that does not exist", BYTES("\3\0\0\11\2\xf0\x80\x21\x81"), NO },
	};

	(void)unused;
	CHECK("rdp", SIDE_SERVER, TRANSPORT_TCP, cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rdp_that_shows_out_is_known),
		cmocka_unit_test(dns_requests_are_told_from_their_relatives),
		cmocka_unit_test(dns_over_tcp_needs_a_length_that_fits),
		cmocka_unit_test(ldap_operations_are_told_from_other_ber),
		cmocka_unit_test(mysql_greetings_are_told_from_other_packets),
		cmocka_unit_test(pgsql_openings_are_told_from_other_lengths),
		cmocka_unit_test(redis_is_not_named_by_words_of_others),
		cmocka_unit_test(smb_is_known_directly_and_in_a_session),
		cmocka_unit_test(tds_packets_are_told_from_other_headers),
		cmocka_unit_test(real_servers_are_told_what_they_are),
		cmocka_unit_test(bacnet_is_asked_for_one_name_after_the_other),
		cmocka_unit_test(machines_are_asked_to_read_alone),
		cmocka_unit_test(gateways_refuse_by_the_number_of_the_question),
		cmocka_unit_test(stun_servers_name_their_software),
		cmocka_unit_test(a_listener_may_ask_back_once),
		cmocka_unit_test(further_openings_tell_products),
		cmocka_unit_test(radius_is_known_inside_tls),
		cmocka_unit_test(ike_is_asked_at_the_door_of_esp),
		cmocka_unit_test(samba_tells_no_address_of_its_interface),
		cmocka_unit_test(samba_of_version_1_tells_its_version),
		cmocka_unit_test(amanda_refuses_over_tcp),
		cmocka_unit_test(names_of_dns_servers_are_taken_from_their_versions),
		cmocka_unit_test(an_answer_to_another_question_is_not_heard),
		cmocka_unit_test(directories_are_told_apart_by_their_root),
		cmocka_unit_test(relatives_of_mysql_are_told_apart),
		cmocka_unit_test(a_refusal_of_mysql_tells_the_server_and_its_reason),
		cmocka_unit_test(only_a_clear_yes_of_pgsql_means_tls),
		cmocka_unit_test(descendants_of_redis_are_told_apart),
		cmocka_unit_test(a_redis_that_refuses_is_not_weak),
		cmocka_unit_test(smb_2_is_asked_for_its_dialects),
		cmocka_unit_test(encryption_of_tds_is_told),
	};

	return cmocka_run_group_tests(tests, words_read, words_free);
}
