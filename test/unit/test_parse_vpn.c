/* How conversations of tunnels, their keys and their servers of users are read: IKE, OpenVPN, WireGuard,
 * RADIUS, SOCKS. */
#include "told.h"

/* ---- ike ---- */

#define COOKIES "\1\2\3\4\5\6\7\x08"
#define NOBODY  "\0\0\0\0\0\0\0\0"

static void proposals_of_ike_and_what_is_chosen_are_told(void **state)
{
	const struct turn turns[] = { talk_first("ike.client.udp.strongswan"),
				      talk_first("ike.server.udp.strongswan") };

	(void)state;
	TOLD("ike", TRANSPORT_UDP, turns, "\"version_major\":2", "\"exchange\":\"ike_sa_init\"",
	     "\"proposals\":[{\"alg_enc\":\"AES_CBC\",\"alg_enc_key_length\":128,", "\"role\":\"responder\"",
	     "\"nat_traversal\":true", "!\"weakness\"");
}

static void version_1_of_ike_is_a_finding(void **state)
{
	struct turn turns[] = { talk_first("ike.client.udp.strongswan-v1"),
				talk_first("ike.client.udp.strongswan-v1-answers"),
				talk_first("ike.client.udp.strongswan-quick") };

	(void)state;
	turns[1].side = SIDE_SERVER; /* not an answer to our probe, and so not filed as a server's */
	TOLD("ike", TRANSPORT_UDP, turns, "\"exchange\":\"main\"", "\"auth_method\":\"PSK\"",
	     "\"vendor_ids\":[\"XAUTH\",\"Dead Peer Detection\"", "\"weakness\":\"ike-v1\"",
	     "{\"expect\":\"ike\",\"transport\":50", "{\"expect\":\"ike\",\"transport\":51",
	     "!ike-aggressive");
}

/* Aggressive mode with 3DES, MD5 and group 2 in one proposal of one transform, and an identity. */
#define WEAK_ASSOCIATION                                                                                     \
	"\5\0\0\x30\0\0\0\1\0\0\0\1\0\0\0\x24\1\1\0\1\0\0\0\x1c\1\1\0\0\x80\1\0\5\x80\2\0\1\x80\3\0\1\x80\4" \
	"\0\2\x80\x0b\0\1"

static void aggressive_mode_shows_who_calls(void **state)
{
	const struct turn turns[] = {
		CLIENT(COOKIES NOBODY "\1\x10\4\0\0\0\0\0\0\0\0\x58" WEAK_ASSOCIATION "\0\0\0\x0c\2\0\0\0"
				      "gate"),
		SERVER(COOKIES COOKIES "\1\x10\4\0\0\0\0\0\0\0\0\x58" WEAK_ASSOCIATION "\0\0\0\x0c\2\0\0\0"
				       "gate"),
	};

	(void)state;
	TOLD("ike", TRANSPORT_UDP, turns, "\"identities\":[\"gate\"]", "\"weakness\":\"ike-aggressive\"",
	     "{\"weakness\":\"ike-weak-encryption\",\"evidence\":\"3DES-CBC is agreed on\"}",
	     "{\"weakness\":\"ike-weak-hash\",\"evidence\":\"MD5 is agreed on\"}",
	     "{\"weakness\":\"ike-weak-group\",\"evidence\":\"MODP-1024 is agreed on\"}");
}

static void an_offer_without_an_answer_is_judged_at_the_end(void **state)
{
	const struct turn turns[] = {
		CLIENT(COOKIES NOBODY "\1\x10\2\0\0\0\0\0\0\0\0\x4c\0\0\0\x30\0\0\0\1\0\0\0\1\0\0\0\x24\1\1"
				      "\0\1\0\0\0\x1c\1\1\0\0\x80\1\0\5\x80\2\0\1\x80\3\0\1\x80\4\0\2\x80"
				      "\x0b\0\1"),
	};

	(void)state;
	TOLD("ike", TRANSPORT_UDP, turns, "\"evidence\":\"3DES-CBC is offered\"");
}

static void all_that_may_be_chosen_is_told_and_judged(void **state)
{
	/* Twice each of encryption, integrity and group: the first of each is sound. */
	const struct turn turns[] = {
		CLIENT(COOKIES NOBODY "\x21\x20\x22\x08\0\0\0\0\0\0\0\x5c\0\0\0\x40"
				      "\0\0\0\x3c\1\1\0\6"
				      "\3\0\0\x0c\1\0\0\x0c\x80\x0e\1\0"
				      "\3\0\0\x08\1\0\0\3"
				      "\3\0\0\x08\3\0\0\x0c"
				      "\3\0\0\x08\3\0\0\1"
				      "\3\0\0\x08\4\0\0\x0e"
				      "\0\0\0\x08\4\0\0\2"),
	};

	(void)state;
	TOLD("ike", TRANSPORT_UDP, turns, "\"alg_enc\":\"AES_CBC\",\"alg_enc_key_length\":256,",
	     "\"alg_dh\":\"MODP-2048\",\"others\":[{\"alg_enc\":\"3DES\"},{\"alg_auth\":\"HMAC_MD5_96\"},"
	     "{\"alg_dh\":\"MODP-1024\"}]",
	     "\"evidence\":\"3DES is offered\"", "\"evidence\":\"HMAC_MD5_96 is offered\"",
	     "\"evidence\":\"MODP-1024 is offered\"");
}

static void a_beginning_is_known_although_its_end_is_missing(void **state)
{
	static const char cut[] = COOKIES NOBODY "\x21\x20\x22\x08\0\0\0\0\0\0\1\xfc\x22\x80";
	static const char damaged[] = COOKIES COOKIES "\x2e\x20\x23\x08\0\0\0\1\0\0\0\x40\x23\0\0\x08";
	const struct protocol *const ike = protocol_named(span_text("ike"));

	(void)state;
	assert_int_equal(ike->recognise(span_of(cut, sizeof(cut) - 1), SIDE_CLIENT, TRANSPORT_UDP), YES);
	assert_int_equal(ike->recognise(span_of(damaged, sizeof(damaged) - 1), SIDE_CLIENT, TRANSPORT_UDP),
			 NO);
}

static void esp_in_udp_belongs_to_the_keys(void **state)
{
	const struct turn turns[] = {
		CLIENT("\0\0\0\0" COOKIES COOKIES "\x2e\x20\x23\x08\0\0\0\1\0\0\0\x24\x23\0\0\x08"
		       "abcd"),
		CLIENT("\xff"),
		CLIENT("\xc0\1\2\3\0\0\0\1 and the rest of it"),
		CLIENT("\xc0\1\2\3\0\0\0\3 and the rest of it"),
		CLIENT("\xc0\1\2\3\0\0\0\2 and the rest of it"),
		SERVER("\xc9\1\2\3\0\0\0\1 and the rest of it"),
	};

	(void)state;
	TOLD("ike", TRANSPORT_UDP, turns, "\"encapsulated\":true",
	     "{\"spi\":\"0xc0010203\",\"sender\":\"client\",\"pair\":\"0xc9010203\",\"packets\":3,",
	     "\"first_sequence\":1,\"last_sequence\":3,\"out_of_order\":1}",
	     "{\"spi\":\"0xc9010203\",\"sender\":\"server\",\"pair\":\"0xc0010203\",\"packets\":1,");
}

/* A packet of IPv4 behind the numbers, its padding, and an integrity value of twelve octets. */
static void esp_in_udp_that_is_not_encrypted_is_opened(void **state)
{
	const struct turn turns[] = {
		CLIENT("\0\0\0\0" COOKIES COOKIES "\x2e\x20\x23\x08\0\0\0\1\0\0\0\x24\x23\0\0\x08"
		       "abcd"),
		CLIENT("\xc0\x01\x02\x03\x00\x00\x00\x01\x45\x00\x00\x1c\x00\x01\x00\x00"
		       "\x40\x11\x6c\xca\x01\x02\x03\x04\x0a\x00\x00\x01\x10\x00\x10\x01"
		       "\x00\x08\x00\x00\x01\x02\x02\x04\x31\x32\x33\x34\x35\x36\x37\x38"
		       "\x39\x61\x62\x63"),
	};

	(void)state;
	TOLD("ike", TRANSPORT_UDP, turns, "\"mode\":\"tunnel\",\"protects\":\"ipip\",\"encryption\":\"null\"",
	     "\"weakness\":\"esp-null\"", "{\"open\":\"esp\"");
}

static void more_associations_than_are_kept_are_counted(void **state)
{
	struct turn turns[18];
	uint8_t words[18][12] = { 0 };

	(void)state;
	for (size_t i = 0; i < 18; i++) {
		words[i][0] = 0xc0;
		words[i][3] = (uint8_t)i;
		words[i][7] = 1;
		turns[i] = (struct turn){ SIDE_CLIENT, span_of(words[i], sizeof(words[i])), 0 };
	}
	TOLD("ike", TRANSPORT_UDP, turns, "\"spi\":\"0xc000000f\"", "\"other_packets\":2");
}

/* An exchange of version 2 with nothing but its encrypted payload. */
#define IKE2(exchange, flags, id)                                                                            \
	"\0\0\0\0" COOKIES COOKIES "\x2e\x20" exchange flags "\0\0\0" id "\0\0\0\x24\x23\0\0\x08"            \
	"abcd"
#define ESP_IN_UDP(spi) spi "\0\0\0\1 and the rest of it"

/* Keys are made anew while the old ones are still used: the SPIs of each exchange are a pair. */
static void associations_are_those_of_their_exchange(void **state)
{
	const struct turn turns[] = {
		CLIENT(IKE2("\x23", "\x08", "\1")), SERVER(IKE2("\x23", "\x20", "\1")),
		CLIENT(ESP_IN_UDP("\xc0\0\0\1")),   SERVER(IKE2("\x24", "\0", "\0")),
		CLIENT(IKE2("\x24", "\x28", "\0")), CLIENT(ESP_IN_UDP("\xc0\0\0\2")),
		SERVER(ESP_IN_UDP("\xc9\0\0\2")),   SERVER(ESP_IN_UDP("\xc9\0\0\1")),
	};
	const struct turn lone[] = { CLIENT(IKE2("\x23", "\x08", "\1")), CLIENT(ESP_IN_UDP("\xc0\0\0\1")) };

	(void)state;
	TOLD("ike", TRANSPORT_UDP, turns,
	     "{\"spi\":\"0xc0000001\",\"sender\":\"client\",\"pair\":\"0xc9000001\",\"negotiated\":\"ike_"
	     "auth 1 "
	     "of ",
	     "{\"spi\":\"0xc0000002\",\"sender\":\"client\",\"pair\":\"0xc9000002\",\"negotiated\":\"create_"
	     "child_"
	     "sa 0 of ",
	     "{\"spi\":\"0xc9000002\",\"sender\":\"server\",\"pair\":\"0xc0000002\",\"negotiated\":\"create_"
	     "child_"
	     "sa 0 of ",
	     "\"joined_by\":\"order\"", "\"joined_by\":\"time\"", "{\"expect\":\"ike\",\"transport\":50");
	TOLD("ike", TRANSPORT_UDP, lone, "\"spi\":\"0xc0000001\",\"sender\":\"client\",\"packets\":1",
	     "!negotiated");
}

static void spis_in_the_clear_are_told(void **state)
{
	const struct turn old[] = {
		CLIENT(COOKIES COOKIES "\x0c\x10\5\0\1\2\3\4\0\0\0\x30\0\0\0\x14\0\0\0\1\3\4\0\2"
				       "\xc0\0\0\1\xc0\0\0\2"),
	};
	const struct turn refused[] = {
		SERVER(COOKIES COOKIES "\x29\x20\x25\x20\0\0\0\0\0\0\0\x28\0\0\0\x0c\0\0\0\x0b\xde\xad\0\1"),
	};

	(void)state;
	TOLD("ike", TRANSPORT_UDP, old, "\"spis\":[\"c0000001\",\"c0000002\"]");
	TOLD("ike", TRANSPORT_UDP, refused, "\"spis\":[\"dead0001\"]");
}

static void ike_goes_over_tcp_as_well(void **state)
{
	const struct turn turns[] = {
		CLIENT("IKETCP\0\x2a\0\0\0\0" COOKIES COOKIES "\x2e\x20\x23\x08\0\0\0\1\0\0\0\x24\x23\0\0\x08"
		       "abcd"),
		SERVER("\0\x2a\0\0\0\0" COOKIES COOKIES "\x2e\x20\x23\x20\0\0\0\1\0\0\0\x24\x23\0\0\x08"
		       "abcd"),
	};

	(void)state;
	TOLD("ike", TRANSPORT_TCP, turns, "\"exchange\":\"ike_auth\"", "\"role\":\"responder\"", "!broken");
}

/* ---- openvpn, wireguard ---- */

static void openvpn_without_a_key_is_a_finding(void **state)
{
	const struct turn turns[] = { talk_first("openvpn.client.udp.openvpn"),
				      talk_first("openvpn.server.udp.openvpn"),
				      talk_first("openvpn.client.udp.openvpn-control"),
				      CLIENT("\x48\0\0\0\0\0\0\1data") };

	(void)state;
	TOLD("openvpn", TRANSPORT_UDP, turns, "\"protection\":\"none\"", "\"key_method\":2",
	     "\"control_packets\":2,\"data_packets\":1", "\"weakness\":\"openvpn-no-tls-auth\"");
}

#define SESSION "\x81\x32\x93\x54\x75\xa6\x17\xd8"
#define STAMP   "\0\0\0\1\x66\x00\x00\x01"
#define SIXTEEN "0123456789abcdef"

static void openvpn_with_keys_tells_of_which_kind(void **state)
{
	const struct turn crypt[] = { CLIENT("\x38" SESSION STAMP SIXTEEN SIXTEEN "12345") };
	const struct turn auth[] = { CLIENT("\0\x2a\x38" SESSION SIXTEEN "0123" STAMP "\0\0\0\0\0") };

	(void)state;
	TOLD("openvpn", TRANSPORT_UDP, crypt, "\"protection\":\"tls-crypt\"", "!weakness");
	TOLD("openvpn", TRANSPORT_TCP, auth, "\"protection\":\"tls-auth\",\"hmac_bits\":160", "!weakness");
}

static void wireguard_counts_sessions_and_keepalives(void **state)
{
	const struct turn turns[] = { talk_first("wireguard.client.udp.linux"),
				      talk_first("wireguard.server.udp.linux"),
				      talk_first("wireguard.client.udp.linux-data") };

	(void)state;
	TOLD("wireguard", TRANSPORT_UDP, turns, "\"handshakes\":1",
	     "\"packets\":1,\"bytes\":32,\"keepalives\":0");
}

/* ---- pptp, tacacs, tinc, nat-pmp ---- */

static void calls_of_pptp_are_told_and_their_tunnel_announced(void **state)
{
	const struct turn turns[] = { talk_first("pptp.client.tcp.pptp-linux"),
				      talk_first("pptp.server.tcp.pptpd") };

	(void)state;
	TOLD("pptp", TRANSPORT_TCP, turns, "\"type\":\"start_control_connection_request\"",
	     "\"host\":\"local\",\"vendor\":\"cananian\"", "{\"software\":\"server\",\"product\":\"linux\"",
	     "\"type\":\"outgoing_call_reply\"", "{\"expect\":\"pptp\",\"transport\":47",
	     "\"weakness\":\"pptp\"");
}

static void tacacs_shows_users_only_where_nothing_hides_them(void **state)
{
	const struct turn hidden[] = { talk_first("tacacs.client.tcp.specification"),
				       talk_first("tacacs.server.tcp.specification") };
	const struct turn clear[] = { talk_first("tacacs.client.tcp.specification-clear") };

	(void)state;
	TOLD("tacacs", TRANSPORT_TCP, hidden, "\"type\":\"authentication\"", "\"session_id\":\"5a3b9c17\"",
	     "\"obfuscated\":true", "!jane", "!weakness");
	TOLD("tacacs", TRANSPORT_TCP, clear,
	     "\"action\":\"login\",\"privilege\":1,\"user\":\"jane\",\"port\":\"tty1\",\"remote_address\":"
	     "\"192.0."
	     "2.9\"",
	     "\"weakness\":\"tacacs-unencrypted\"");
}

static void nodes_of_tinc_tell_their_names(void **state)
{
	(void)state;
	talk_tcp("tinc",
		 "{\"tinc\":{\"client\":{\"name\":\"alpha\",\"version\":\"17.7\"},\"server\":{\"name\":"
		 "\"beta\","
		 "\"version\":\"17\"}}}\n{\"expect\":\"tinc\",\"transport\":17,\"address\":\"192.0.2.2\","
		 "\"port\":655,\"other\":"
		 "\"192.0.2.1\",\"waiting\":\"server\",\"seconds\":600,\"many\":true}\n{\"done\":\"server\"}"
		 "\n",
		 CLIENT("0 alpha 17.7\n"), SERVER("0 beta 17\n"));
}

/* Octets that have the lengths and the first few values of a message, and no more of it. */
static void what_only_looks_like_a_tunnel_is_none(void **state)
{
	static const struct {
		const char *protocol, *bytes;
		size_t length;
	} cases[] = {
		{ "nat-pmp", "\2\3\0\0\0\2\1\x19\2\x4d\4\xe7\x6f\x49\2\x08\xae\x88\x23\x61\x1b\xc4\xc2\xe9",
		  24 },
		{ "nat-pmp", "\0\0", 2 },
		{ "wireguard", "\3\0\0\0" SIXTEEN SIXTEEN SIXTEEN "0123456789ab", 64 },
		{ "wireguard", "\4\0\0\0abcd\1\0\0\0\0\0\0\0" SIXTEEN "0", 33 },
		{ "openvpn", "\x38" SESSION "\0\0\0\1\0\0\0\1" SIXTEEN SIXTEEN "12345", 54 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(protocol_named(span_text(cases[i].protocol))
					 ->recognise(span_of(cases[i].bytes, cases[i].length), SIDE_CLIENT,
						     TRANSPORT_UDP),
				 cases[i].length == 2 ? MORE : NO);
}

/* Two zeros are no sign; asked again they are one. */
static void questions_for_the_outer_address_are_known_when_they_are_repeated(void **state)
{
	const struct protocol *const nat_pmp = protocol_named(span_text("nat-pmp"));
	const struct span question = span_of("\0\0", 2), other = span_of("\0\0\0", 3);

	(void)state;
	assert_true(nat_pmp->continues(question, question));
	assert_false(nat_pmp->continues(question, other));
	assert_int_equal(nat_pmp->recognise(other, SIDE_CLIENT, TRANSPORT_UDP), NO);
}

static void mappings_of_routers_are_told(void **state)
{
	const struct turn first[] = { CLIENT("\0\0"), talk_first("nat-pmp.server.udp.specification-address"),
				      talk_first("nat-pmp.client.udp.specification"),
				      talk_first("nat-pmp.server.udp.specification") };
	const struct turn second[] = { talk_first("nat-pmp.client.udp.specification-pcp"),
				       talk_first("nat-pmp.server.udp.specification-pcp") };

	(void)state;
	TOLD("nat-pmp", TRANSPORT_UDP, first, "\"operation\":\"external_address\",\"response\":false",
	     "\"external_address\":\"203.0.113.7\"",
	     "\"transport\":\"udp\",\"internal_port\":6881,\"external_port\":6881,\"lifetime\":7200");
	TOLD("nat-pmp", TRANSPORT_UDP, second, "\"protocol\":\"pcp\"", "\"internal_port\":51820",
	     "\"external_address\":\"203.0.113.7\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(proposals_of_ike_and_what_is_chosen_are_told),
		cmocka_unit_test(version_1_of_ike_is_a_finding),
		cmocka_unit_test(aggressive_mode_shows_who_calls),
		cmocka_unit_test(an_offer_without_an_answer_is_judged_at_the_end),
		cmocka_unit_test(all_that_may_be_chosen_is_told_and_judged),
		cmocka_unit_test(a_beginning_is_known_although_its_end_is_missing),
		cmocka_unit_test(esp_in_udp_belongs_to_the_keys),
		cmocka_unit_test(esp_in_udp_that_is_not_encrypted_is_opened),
		cmocka_unit_test(more_associations_than_are_kept_are_counted),
		cmocka_unit_test(associations_are_those_of_their_exchange),
		cmocka_unit_test(spis_in_the_clear_are_told),
		cmocka_unit_test(ike_goes_over_tcp_as_well),
		cmocka_unit_test(openvpn_without_a_key_is_a_finding),
		cmocka_unit_test(openvpn_with_keys_tells_of_which_kind),
		cmocka_unit_test(wireguard_counts_sessions_and_keepalives),
		cmocka_unit_test(calls_of_pptp_are_told_and_their_tunnel_announced),
		cmocka_unit_test(tacacs_shows_users_only_where_nothing_hides_them),
		cmocka_unit_test(nodes_of_tinc_tell_their_names),
		cmocka_unit_test(what_only_looks_like_a_tunnel_is_none),
		cmocka_unit_test(questions_for_the_outer_address_are_known_when_they_are_repeated),
		cmocka_unit_test(mappings_of_routers_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
