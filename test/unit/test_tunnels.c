/* Tunnels in UDP: what is opened of them, and what looks like one and is none. Whole datagrams lie in
 * test/data/first; here they are changed in one place. */
#include "talk.h"
#include "words.h"

#include <stdlib.h>

/* ---- what is opened ---- */

static void frames_are_opened(void **unused)
{
	(void)unused;
	talk_udp("vxlan",
		 "{\"open\":\"vxlan\",\"key\":5,\"length\":47}\n{\"open\":\"vxlan\",\"key\":5,\"length\":47}"
		 "\n"
		 "{\"vxlan\":{\"networks\":[{\"vni\":5,\"pkts_toserver\":1,\"pkts_toclient\":1,\"bytes_"
		 "toserver\":47,\"bytes_toclient\":47}]}}\n",
		 talk_first("vxlan.client.udp.specification"), talk_first("vxlan.server.udp.specification"));
	talk_udp("vxlan",
		 "{\"open\":\"vxlan\",\"key\":5,\"length\":67}\n"
		 "{\"vxlan\":{\"networks\":[{\"vni\":5,\"pkts_toserver\":1,\"pkts_toclient\":0,\"bytes_"
		 "toserver\":67,\"bytes_toclient\":0}]}}\n",
		 talk_first("vxlan.client.udp.specification-group"));
	talk_udp("geneve",
		 "{\"open\":\"geneve\",\"key\":7,\"length\":71}\n{\"open\":\"geneve\",\"key\":7,\"length\":"
		 "33}\n"
		 "{\"geneve\":{\"networks\":[{\"vni\":7,\"pkts_toserver\":1,\"pkts_toclient\":1,\"bytes_"
		 "toserver\":71,\"bytes_toclient\":33}]}}\n",
		 talk_first("geneve.client.udp.specification-options"),
		 talk_first("geneve.server.udp.specification"));
	talk_udp("l2tp",
		 "{\"l2tp\":{\"version\":2,\"message\":\"SCCRQ\",\"message_type\":1,\"tunnel\":0,"
		 "\"session\":0,\"sequence\":0,\"expected_sequence\":0,\"host_name\":\"client\",\"assigned_"
		 "tunnel\":1}}\n"
		 "{\"open\":\"l2tp\",\"key\":131073,\"length\":37}\n{\"open\":\"l2tp\",\"key\":9,\"length\":"
		 "47}\n",
		 talk_first("l2tp.client.udp.specification"),
		 talk_first("l2tp.client.udp.specification-data"),
		 talk_first("l2tp.client.udp.specification-3-data"));
}

#define L2TP(type, attributes, length) "\310\2\0" length "\0\7\0\0\0\1\0\2\200\10\0\0\0\0\0" type attributes

/* What is hidden, of another vendor, or of the other version has no name; a repetition is told once. */
static void control_messages_of_l2tp_are_told(void **unused)
{
	(void)unused;
	talk_udp(
		"l2tp",
		"{\"l2tp\":{\"version\":2,\"message\":\"ICRQ\",\"message_type\":10,\"tunnel\":7,\"session\":"
		"0,"
		"\"sequence\":1,\"expected_sequence\":2,\"assigned_session\":9,\"called_number\":\"4711\"}}\n"
		"{\"l2tp\":{\"version\":2,\"message\":\"CDN\",\"message_type\":14,\"tunnel\":7,\"session\":0,"
		"\"sequence\":1,\"expected_sequence\":2,\"result\":2,\"error\":6,\"error_message\":\"gone\"}}"
		"\n",
		CLIENT(L2TP("\12",
			    "\200\10\0\0\0\16\0\11"
			    "\200\12\0\0\0\25"
			    "4711"
			    "\300\10\0\0\0\26"
			    "ab"
			    "\200\12\0\0\0\75\0\0\0\1",
			    "\70")),
		CLIENT(L2TP("\12",
			    "\200\10\0\0\0\16\0\11"
			    "\200\12\0\0\0\25"
			    "4711"
			    "\300\10\0\0\0\26"
			    "ab"
			    "\200\12\0\0\0\75\0\0\0\1",
			    "\70")),
		SERVER("\310\2\0\14\0\7\0\0\0\1\0\2"),
		SERVER(L2TP("\16", "\200\16\0\0\0\1\0\2\0\6gone", "\42")));
}

static void packets_are_opened(void **unused)
{
	(void)unused;
	talk_udp("teredo",
		 "{\"open\":\"teredo\",\"length\":53}\n"
		 "{\"teredo\":{\"ends\":[{\"address\":\"2001:0:c000:201:8000:63bf:3fff:fdd2\",\"server_ip\":"
		 "\"192.0.2.1\",\"client_ip\":\"192.0.2.45\",\"client_port\":40000}],\"pkts_toserver\":1,"
		 "\"pkts_toclient\":0,\"bytes_toserver\":53,\"bytes_toclient\":0,\"bubbles_toserver\":0,"
		 "\"bubbles_toclient\":1}}\n",
		 talk_first("teredo.client.udp.specification"),
		 talk_first("teredo.server.udp.specification-bubble"));
	talk_udp("gtp",
		 "{\"open\":\"gtp\",\"key\":4660,\"length\":33}\n{\"open\":\"gtp\",\"key\":4660,\"length\":"
		 "53}\n"
		 "{\"gtp\":{\"tunnels\":[{\"teid\":4660,\"pkts_toserver\":2,\"pkts_toclient\":0,\"bytes_"
		 "toserver\":86,\"bytes_toclient\":0}]}}\n",
		 talk_first("gtp.client.udp.specification"), talk_first("gtp.server.udp.specification-echo"),
		 talk_first("gtp.client.udp.specification-extension"));
	talk_udp("mpls-udp", "{\"open\":\"mpls\",\"length\":41}\n",
		 talk_first("mpls-udp.client.udp.specification"));
}

/* Where the server saw the client: each bit is turned round. */
static void origin_of_teredo_is_told(void **unused)
{
	(void)unused;
	talk_udp(
		"teredo",
		"{\"teredo\":{\"ends\":[{\"address\":\"2001:0:c000:201:8000:63bf:3fff:fdd2\",\"server_ip\":"
		"\"192.0.2.1\",\"client_ip\":\"192.0.2.45\",\"client_port\":40000}],\"origin_ip\":"
		"\"198.51.100.7\",\"origin_port\":4096,\"pkts_toserver\":0,\"pkts_toclient\":0,"
		"\"bytes_toserver\":0,\"bytes_toclient\":0,\"bubbles_toserver\":0,\"bubbles_toclient\":1}}\n",
		SERVER("\0\0\357\377\71\314\233\370"
		       "\x60\0\0\0\0\0\x3b\x40\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2"
		       "\x20\1\0\0\xc0\0\2\1\x80\0\x63\xbf\x3f\xff\xfd\xd2"));
}

#define GTP_CREATE_1                                                                                         \
	"\x32\x10\0\111\0\0\0\0\0\1\0\0"                                                                     \
	"\2\0\x01\x01\x21\x43\x65\x87\xf9"                                                                   \
	"\x10\0\0\0\7\x11\0\0\0\10\x14\5"                                                                    \
	"\x80\0\2\xf1\x21"                                                                                   \
	"\x83\0\015\4door\7example"                                                                          \
	"\x85\0\4\xc0\0\2\2\x85\0\4\xc0\0\2\3"                                                               \
	"\x86\0\6\x91\x94\x51\x55\x21\xf3\x97\0\1\1"

/* A context of version 1 is asked for twice, and refused; echoes are counted. */
static void control_of_gtp_1_is_told(void **unused)
{
	(void)unused;
	talk_udp(
		"gtp",
		"{\"gtp\":{\"version\":1,\"message\":\"Create PDP Context Request\",\"message_type\":16,"
		"\"teid\":0,\"sequence\":1,\"imsi\":\"001010123456789\",\"msisdn\":\"491555123\",\"apn\":"
		"\"door.example\",\"radio\":\"UTRAN\",\"bearers\":[{\"id\":5}],\"endpoints\":[{\"interface\":"
		"\"data\",\"teid\":7,\"ip\":\"192.0.2.3\"},{\"interface\":\"control\",\"teid\":8,\"ip\":"
		"\"192.0.2.2\"}]}}\n"
		"{\"gtp\":{\"version\":1,\"message\":\"Create PDP Context Response\",\"message_type\":17,"
		"\"teid\":8,\"sequence\":1,\"cause\":219,\"cause_text\":\"missing or unknown APN\"}}\n"
		"{\"gtp\":{\"echoes_toserver\":1}}\n",
		talk_first("gtp.client.udp.specification-echo"),
		talk_first("gtp.server.udp.specification-echo"), CLIENT(GTP_CREATE_1), CLIENT(GTP_CREATE_1),
		SERVER("\x32\x11\0\6\0\0\0\10\0\1\0\0\1\xdb"));
}

/* The answer says where the tunnels end, and what became of each bearer. */
static void control_of_gtp_2_is_told(void **unused)
{
	(void)unused;
	talk_udp(
		"gtp",
		"{\"gtp\":{\"version\":2,\"message\":\"Create Session Request\",\"message_type\":32,\"teid\":"
		"0,\"sequence\":2,\"imsi\":\"001010123456789\",\"imei\":\"3512345678901230\",\"apn\":"
		"\"door\","
		"\"radio\":\"EUTRAN\",\"bearers\":[{\"id\":5}],\"endpoints\":[{\"interface\":"
		"\"S11 MME GTP-C\",\"teid\":9,\"ip\":\"192.0.2.2\"}]}}\n"
		"{\"gtp\":{\"version\":2,\"message\":\"Create Session "
		"Response\",\"message_type\":33,\"teid\":"
		"9,\"sequence\":2,\"cause\":16,\"cause_text\":\"request accepted\",\"addresses\":"
		"[\"2001:db8::5\",\"198.51.100.5\"],\"bearers\":[{\"id\":5,\"cause\":16,\"cause_text\":"
		"\"request accepted\"}],\"endpoints\":[{\"interface\":\"S1-U SGW\",\"teid\":10,\"ip\":"
		"\"192.0.2.1\",\"ipv6\":\"2001:db8::1\"}]}}\n",
		CLIENT("\x48\x20\0\104\0\0\0\0\0\0\2\0"
		       "\1\0\10\0\0\x01\x01\x21\x43\x65\x87\xf9"
		       "\x4b\0\10\0\x53\x21\x43\x65\x87\x09\x21\x03"
		       "\x47\0\5\0\4door"
		       "\x52\0\1\0\6"
		       "\x57\0\11\0\x8a\0\0\0\11\xc0\0\2\2"
		       "\x5d\0\5\0\x49\0\1\0\5"),
		SERVER("\x48\x21\0\124\0\0\0\11\0\0\2\0"
		       "\2\0\2\0\x10\0"
		       "\x4f\0\26\0\3\100\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\5\306\63\144\5"
		       "\x5d\0\50\0\x49\0\1\0\5\2\0\2\0\x10\0"
		       "\x57\0\31\0\xc1\0\0\0\12\xc0\0\2\1\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"));
}

/* ---- what is not taken ---- */

static const struct words *words_named(const char *name)
{
	for (const struct words *w = words; w < words + words_count; w++)
		if (strcmp(w->name, name) == 0)
			return w;
	fail_msg("no %s in test/data/first", name);
	return NULL;
}

/* One octet changed makes it another thing. */
static void one_octet_makes_the_difference(void **unused)
{
	static const struct {
		const char *name, *why;
		size_t at;
		uint8_t value;
	} cases[] = {
		{ "vxlan.client.udp.specification", "no network", 0, 0 },
		{ "vxlan.client.udp.specification", "a reserved bit in the flags", 0, 0x0c },
		{ "vxlan.client.udp.specification", "a reserved octet", 7, 1 },
		{ "vxlan.client.udp.specification", "a group without its bit", 3, 1 },
		{ "vxlan.client.udp.specification", "a sender that is a group", 8 + 6, 1 },
		{ "vxlan.client.udp.specification", "a wrong checksum inside", 8 + 14 + 10, 0x55 },
		{ "vxlan.client.udp.specification-arp", "an ARP that asks nothing", 8 + 14 + 7, 9 },
		{ "geneve.client.udp.specification", "version 1", 0, 0x40 },
		{ "geneve.client.udp.specification", "a reserved bit", 1, 1 },
		{ "geneve.client.udp.specification", "a reserved octet", 7, 1 },
		{ "geneve.client.udp.specification", "another type", 3, 0x59 },
		{ "geneve.client.udp.specification-options", "a reserved bit in an option", 8 + 3, 0x21 },
		{ "geneve.client.udp.specification-options", "an option longer than all", 8 + 3, 0x1f },
		{ "geneve.server.udp.specification", "IPv4 that says to be IPv6", 3, 0xdd },
		{ "teredo.client.udp.specification", "no Teredo address", 8 + 1, 2 },
		{ "teredo.client.udp.specification", "a length beyond the end", 5, 200 },
		{ "teredo.client.udp.specification-solicitation", "not to the routers", 13 + 39, 3 },
		{ "gtp.client.udp.specification", "version 0", 0, 0x10 },
		{ "gtp.client.udp.specification", "GTP'", 0, 0x20 },
		{ "gtp.client.udp.specification", "a spare bit", 0, 0x38 },
		{ "gtp.client.udp.specification", "a length that is not the packet's", 3, 34 },
		{ "gtp.client.udp.specification-extension", "an extension without length", 12, 0 },
		{ "gtp.client.udp.specification-echo", "a tunnel that is asked for an echo", 7, 1 },
		{ "gtp.server.udp.specification-error", "an element of no known type", 12, 99 },
		{ "gtp.client.udp.specification-delete2", "a spare bit", 0, 0x49 },
		{ "gtp.client.udp.specification-delete2", "an element beyond the end", 14, 9 },
		{ "l2tp.client.udp.specification", "a length that is not the datagram's", 3, 20 },
		{ "l2tp.client.udp.specification", "a first attribute that is no type", 12 + 5, 1 },
		{ "l2tp.client.udp.specification", "a reserved bit in an attribute", 12, 0xc0 },
		{ "l2tp.client.udp.specification", "version 4", 1, 4 },
		{ "l2tp.client.udp.specification-data", "a reserved bit", 0, 0x10 },
		{ "l2tp.client.udp.specification-lcp", "a length that is not the packet's", 12 + 7, 9 },
		{ "mpls-udp.client.udp.specification", "time to live 0", 3, 0 },
		{ "mpls-udp.client.udp.specification", "a reserved label", 1, 0 },
		{ "mpls-udp.client.udp.specification", "a packet shorter than what is there", 8 + 3, 20 },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct words *const w = words_named(cases[i].name);
		const size_t length = span_left(w->bytes);
		uint8_t *const changed = malloc(length);

		memcpy(changed, w->bytes.at, length);
		assert_true(cases[i].at < length && changed[cases[i].at] != cases[i].value);
		changed[cases[i].at] = cases[i].value;
		if (w->protocol->recognise(span_of(changed, length), w->side, w->transport) != NO)
			fail_msg("%s is taken with %s", cases[i].name, cases[i].why);
		free(changed);
	}
}

static void random_octets_are_no_tunnel(void **unused)
{
	static const char *const names[] = { "geneve", "gtp", "l2tp", "mpls-udp", "teredo", "vxlan" };
	uint64_t random = 1;
	uint8_t bytes[96];

	(void)unused;
	for (unsigned n = 0; n < 100000; n++) {
		for (size_t i = 0; i < sizeof(bytes); i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			bytes[i] = (uint8_t)(random >> 56);
		}
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
			assert_int_equal(
				protocol_named(span_text(names[i]))
					->recognise(span_of(bytes, 8 + n % 88), SIDE_CLIENT, TRANSPORT_UDP),
				NO);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_opened),
		cmocka_unit_test(packets_are_opened),
		cmocka_unit_test(origin_of_teredo_is_told),
		cmocka_unit_test(control_of_gtp_1_is_told),
		cmocka_unit_test(control_of_gtp_2_is_told),
		cmocka_unit_test(control_messages_of_l2tp_are_told),
		cmocka_unit_test(one_octet_makes_the_difference),
		cmocka_unit_test(random_octets_are_no_tunnel),
	};

	return cmocka_run_group_tests(tests, words_read, words_free);
}
