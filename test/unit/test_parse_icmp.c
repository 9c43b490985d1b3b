/* What is read of ICMP, of groups and of neighbours. */
#include "base/hash.h"
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void a_ping_and_its_round_trip(void **unused)
{
	(void)unused;
	talk("icmp", TRANSPORT_ICMP,
	     "{\"icmp\":{\"messages\":{\"echo-request\":3,\"echo-reply\":3},\"echo\":{\"requests\":3,"
	     "\"replies\":3,\"answered\":2,\"duplicates\":1,\"bytes\":280,\"largest\":56,\"ids\":[7,9]"
	     ",\"rtt_min_us\":1000,\"rtt_avg_us\":1000,\"rtt_max_us\":1000}}}\n",
	     TURNS(CLIENT("\x08\0\0\0\0\x07\0\x01\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"
			  "\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e"
			  "\x1f !\x22#$%&'()*+,-./01234567"),
		   SERVER("\0\0\0\0\0\x07\0\x01\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"
			  "\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e"
			  "\x1f !\x22#$%&'()*+,-./01234567"),
		   CLIENT("\x08\0\0\0\0\x07\0\x02\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"
			  "\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e"
			  "\x1f !\x22#$%&'()*+,-./01234567"),
		   SERVER("\0\0\0\0\0\x07\0\x02\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"
			  "\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e"
			  "\x1f !\x22#$%&'()*+,-./01234567"),
		   SERVER("\0\0\0\0\0\x07\0\x02\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"
			  "\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e"
			  "\x1f !\x22#$%&'()*+,-./01234567"),
		   CLIENT("\x08\0\0\0\0\x09\0\x01")));
}

static void both_sides_ask(void **unused)
{
	(void)unused;
	talk("icmp", TRANSPORT_ICMP,
	     "{\"icmp\":{\"messages\":{\"echo-request\":2,\"echo-reply\":2},\"echo\":{\"requests\":2,"
	     "\"replies\":2,\"answered\":2,\"bytes\":224,\"largest\":56,\"ids\":[7],\"rtt_min_us\":100"
	     "0,\"rtt_avg_us\":2000,\"rtt_max_us\":3000}}}\n",
	     TURNS(CLIENT("\x08\0\0\0\0\x07\0\x01\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"
			  "\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e"
			  "\x1f !\x22#$%&'()*+,-./01234567"),
		   SERVER("\x08\0\0\0\0\x07\0\x01\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"
			  "\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e"
			  "\x1f !\x22#$%&'()*+,-./01234567"),
		   CLIENT("\0\0\0\0\0\x07\0\x01\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"
			  "\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e"
			  "\x1f !\x22#$%&'()*+,-./01234567"),
		   SERVER("\0\0\0\0\0\x07\0\x01\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"
			  "\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e"
			  "\x1f !\x22#$%&'()*+,-./01234567")));
}

static void replies_with_other_data_are_a_tunnel(void **unused)
{
	(void)unused;
	talk("icmp", TRANSPORT_ICMP,
	     "{\"weakness\":\"icmp-tunnel\",\"evidence\":\"4 of 4 replies carry other data than their "
	     "requests\"}\n"
	     "{\"icmp\":{\"messages\":{\"echo-request\":4,\"echo-reply\":4},\"echo\":{\"requests\":4,"
	     "\"replies\":4,\"answered\":4,\"bytes\":36,\"largest\":7,\"differing\":4,\"ids\":[7],\"rt"
	     "t_min_us\":1000,\"rtt_avg_us\":1000,\"rtt_max_us\":1000}}}\n",
	     TURNS(CLIENT("\x08\0\0\0\0\x07\0\0ls"), SERVER("\0\0\0\0\0\x07\0\0total 0"),
		   CLIENT("\x08\0\0\0\0\x07\0\x01ls"), SERVER("\0\0\0\0\0\x07\0\x01total 1"),
		   CLIENT("\x08\0\0\0\0\x07\0\x02ls"), SERVER("\0\0\0\0\0\x07\0\x02total 2"),
		   CLIENT("\x08\0\0\0\0\x07\0\x03ls"), SERVER("\0\0\0\0\0\x07\0\x03total 3")));
}

static void a_port_is_unreachable(void **unused)
{
	(void)unused;
	talk("icmp", TRANSPORT_ICMP,
	     "{\"icmp\":{\"messages\":{\"destination-unreachable\":3},\"errors\":[{\"error\":\"destina"
	     "tion-unreachable\",\"icmp_type\":3,\"icmp_code\":3,\"reason\":\"port-unreachable\",\"pro"
	     "to\":\"udp\",\"src_ip\":\"192.0.2.1\",\"src_port\":40000,\"dest_ip\":\"192.0.2.2\",\"des"
	     "t_port\":53,\"count\":2},{\"error\":\"destination-unreachable\",\"icmp_type\":3,\"icmp_c"
	     "ode\":13,\"reason\":\"administratively-prohibited\",\"proto\":\"tcp\",\"src_ip\":\"192.0"
	     ".2.1\",\"src_port\":40001,\"dest_ip\":\"192.0.2.2\",\"dest_port\":25,\"count\":1}]}}\n",
	     TURNS(SERVER("\x03\x03\0\0\0\0\0\0"
			  "E\0\0\x1c\0\x01\0\0@\x11\0\0\xc0\0\x02\x01\xc0\0"
			  "\x02\x02\x9c@\0"
			  "5\0\x08\0\0"),
		   SERVER("\x03\x03\0\0\0\0\0\0"
			  "E\0\0\x1c\0\x01\0\0@\x11\0\0\xc0\0\x02\x01\xc0\0"
			  "\x02\x02\x9c@\0"
			  "5\0\x08\0\0"),
		   SERVER("\x03\x0d\0\0\0\0\0\0"
			  "E\0\0\x1c\0\x01\0\0@\x06\0\0\xc0\0\x02\x01\xc0\0"
			  "\x02\x02\x9c"
			  "A\0\x19\0\0\0\x07")));
}

static void a_packet_is_too_big_and_others_go_round(void **unused)
{
	(void)unused;
	talk("icmp", TRANSPORT_ICMP,
	     "{\"icmp\":{\"messages\":{\"destination-unreachable\":1,\"time-exceeded\":1,\"parameter-p"
	     "roblem\":1},\"errors\":[{\"error\":\"destination-unreachable\",\"icmp_type\":3,\"icmp_co"
	     "de\":4,\"reason\":\"fragmentation-needed\",\"mtu\":1400,\"proto\":\"esp\",\"src_ip\":\"1"
	     "92.0.2.1\",\"dest_ip\":\"198.51.100.1\",\"count\":1},{\"error\":\"time-exceeded\",\"icmp"
	     "_type\":11,\"icmp_code\":0,\"reason\":\"hop-limit\",\"proto\":\"icmp\",\"src_ip\":\"192."
	     "0.2.1\",\"dest_ip\":\"198.51.100.1\",\"count\":1},{\"error\":\"parameter-problem\",\"icm"
	     "p_type\":12,\"icmp_code\":0,\"reason\":\"pointer\",\"pointer\":20,\"proto\":\"udp\",\"sr"
	     "c_ip\":\"192.0.2.1\",\"src_port\":1,\"dest_ip\":\"198.51.100.1\",\"dest_port\":2,\"count"
	     "\":1}]}}\n",
	     TURNS(SERVER("\x03\x04\0\0\0\0\x05xE\0\0\x1c\0\x01\0\0@2\0\0\xc0\0\x02\x01\xc6"
			  "3d\x01"
			  "\0\0\0\x01\0\0\0\x02"),
		   SERVER("\x0b\0\0\0\0\0\0\0"
			  "E\0\0\x1c\0\x01\0\0@\x01\0\0\xc0\0\x02\x01\xc6"
			  "3d"
			  "\x01\x08\0\0\0\0\x01\0\x01"),
		   SERVER("\x0c\0\0\0\x14\0\0\0"
			  "E\0\0\x1c\0\x01\0\0@\x11\0\0\xc0\0\x02\x01\xc6"
			  "3d"
			  "\x01\0\x01\0\x02\0\x08\0\0")));
}

static void a_redirect_is_a_finding(void **unused)
{
	(void)unused;
	talk("icmp", TRANSPORT_ICMP,
	     "{\"weakness\":\"icmp-redirect\",\"evidence\":\"192.0.2.2 says that 198.51.100.1 is reach"
	     "ed by way of 192.0.2.254\"}\n"
	     "{\"icmp\":{\"messages\":{\"redirect\":1},\"errors\":[{\"error\":\"redirect\",\"icmp_type"
	     "\":5,\"icmp_code\":1,\"reason\":\"host\",\"gateway\":\"192.0.2.254\",\"proto\":\"tcp\","
	     "\"src_ip\":\"192.0.2.1\",\"src_port\":40001,\"dest_ip\":\"198.51.100.1\",\"dest_port\":2"
	     "5,\"count\":1}]}}\n",
	     TURNS(SERVER("\x05\x01\0\0\xc0\0\x02\xfe"
			  "E\0\0\x1c\0\x01\0\0@\x06\0\0\xc0\0\x02\x01"
			  "\xc6"
			  "3d\x01\x9c"
			  "A\0\x19\0\0\0\x07")));
}

static void routers_and_clocks(void **unused)
{
	(void)unused;
	talk("icmp", TRANSPORT_ICMP,
	     "{\"weakness\":\"icmp-timestamp\",\"evidence\":\"192.0.2.2 answered\"}\n"
	     "{\"weakness\":\"icmp-address-mask\",\"evidence\":\"192.0.2.2 answered\"}\n"
	     "{\"icmp\":{\"messages\":{\"router-advertisement\":1,\"timestamp-request\":1,\"timestamp-"
	     "reply\":1,\"address-mask-reply\":1,\"99\":1},\"router_lifetime\":1800,\"routers\":[{\"ad"
	     "dress\":\"192.0.2.1\",\"preference\":0},{\"address\":\"192.0.2.2\",\"preference\":-5}]}}"
	     "\n",
	     TURNS(SERVER("\x09\0\0\0\x02\x02\x07\x08\xc0\0\x02\x01\0\0\0\0\xc0\0\x02\x02\xff\xff"
			  "\xff\xfb"),
		   CLIENT("\x0d\0\0\0\0\x01\0\x01\0\0\0\0\0\0\0\0\0\0\0\0"),
		   SERVER("\x0e\0\0\0\0\x01\0\x01\0\0\0\0\0\0\0\x05\0\0\0\x05"),
		   SERVER("\x12\0\0\0\0\x01\0\x01\xff\xff\xff\0"), SERVER("c\0\0\0\0\0\0\0")));
}

/* Each ends the reading of its conversation, behind an echo request that was read. */
#define PING "\x08\0\0\0\0\1\0\1"
#define DAMAGED_ICMP(name, turn, side)                                                                       \
	talk("icmp", TRANSPORT_ICMP,                                                                         \
	     "{\"icmp\":{\"messages\":{" name ",\"echo\":{\"requests\":1,\"replies\":0,\"answered\":0,"      \
	     "\"bytes\":0,\"largest\":0,\"ids\":[1]}}}\n{\"broken\":\"" side "\n",                           \
	     TURNS(CLIENT(PING), turn))

static void messages_that_are_too_short(void **unused)
{
	(void)unused;
	DAMAGED_ICMP("\"echo-request\":2}", CLIENT("\x08\0\0\0\0\x01"), "client\",\"at\":4}");
	DAMAGED_ICMP("\"echo-request\":1,\"destination-unreachable\":1}", CLIENT("\x03\0\0\0\0\x01"),
		     "client\",\"at\":4}");
	DAMAGED_ICMP("\"echo-request\":1,\"router-advertisement\":1}", SERVER("\x09\0\0\0\x02\x02\x07\x08"),
		     "server\",\"at\":0}");
	DAMAGED_ICMP("\"echo-request\":1,\"router-advertisement\":1}",
		     SERVER("\x09\0\0\0\x01\x01\x07\x08\0\0\0\0"), "server\",\"at\":0}");
}

static void a_ping_of_version_six(void **unused)
{
	(void)unused;
	talk("icmpv6", TRANSPORT_ICMPV6,
	     "{\"icmpv6\":{\"messages\":{\"echo-request\":1,\"echo-reply\":1},\"echo\":{\"requests\":1"
	     ",\"replies\":1,\"answered\":1,\"bytes\":112,\"largest\":56,\"ids\":[7],\"rtt_min_us\":10"
	     "00,\"rtt_avg_us\":1000,\"rtt_max_us\":1000}}}\n",
	     TURNS(CLIENT("\x80\0\0\0\0\x07\0\x01\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"
			  "\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e"
			  "\x1f !\x22#$%&'()*+,-./01234567"),
		   SERVER("\x81\0\0\0\0\x07\0\x01\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"
			  "\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e"
			  "\x1f !\x22#$%&'()*+,-./01234567")));
}

static void errors_of_version_six(void **unused)
{
	(void)unused;
	talk("icmpv6", TRANSPORT_ICMPV6,
	     "{\"icmpv6\":{\"messages\":{\"packet-too-big\":1,\"destination-unreachable\":1,\"time-exc"
	     "eeded\":1,\"parameter-problem\":1},\"errors\":[{\"error\":\"packet-too-big\",\"icmp_type"
	     "\":2,\"icmp_code\":0,\"mtu\":1280,\"proto\":\"udp\",\"src_ip\":\"2001:db8::1\",\"src_por"
	     "t\":40000,\"dest_ip\":\"2001:db8::2\",\"dest_port\":53,\"count\":1},{\"error\":\"destina"
	     "tion-unreachable\",\"icmp_type\":1,\"icmp_code\":4,\"reason\":\"port-unreachable\",\"pro"
	     "to\":\"udp\",\"src_ip\":\"2001:db8::1\",\"src_port\":40000,\"dest_ip\":\"2001:db8::2\","
	     "\"dest_port\":53,\"count\":1},{\"error\":\"time-exceeded\",\"icmp_type\":3,\"icmp_code\""
	     ":0,\"reason\":\"hop-limit\",\"proto\":\"tcp\",\"src_ip\":\"2001:db8::1\",\"src_port\":1,"
	     "\"dest_ip\":\"2001:db8::2\",\"dest_port\":2,\"count\":1},{\"error\":\"parameter-problem"
	     "\",\"icmp_type\":4,\"icmp_code\":1,\"reason\":\"unknown-next-header\",\"pointer\":6,\"pr"
	     "oto\":\"any-private-encryption\",\"src_ip\":\"2001:db8::1\",\"dest_ip\":\"2001:db8::2\","
	     "\"count\":1}]}}\n",
	     TURNS(SERVER("\x02\0\0\0\0\0\x05\0`\0\0\0\0\x08\x11@ \x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0"
			  "\0\x01 \x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\x9c@\0"
			  "5\0\x08\0\0"),
		   SERVER("\x01\x04\0\0\0\0\0\0`\0\0\0\0\x08\x11@ \x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0"
			  "\0\x01 \x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\x9c@\0"
			  "5\0\x08\0\0"),
		   SERVER("\x03\0\0\0\0\0\0\0`\0\0\0\0\x08\x06@ \x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0"
			  "\x01 \x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\0\x01\0\x02\0\0\0\x03"),
		   SERVER("\x04\x01\0\0\0\0\0\x06`\0\0\0\0\0"
			  "c@ \x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0"
			  "\x01 \x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02")));
}

static void a_router_tells_all_that_it_can(void **unused)
{
	(void)unused;
	talk("icmpv6", TRANSPORT_ICMPV6,
	     "{\"ndp\":{\"message\":\"router-solicitation\",\"source_mac\":\"02:00:00:00:00:01\"}}\n"
	     "{\"ndp\":{\"message\":\"router-advertisement\",\"hop_limit\":64,\"managed\":true,\"other"
	     "_config\":true,\"preference\":\"high\",\"lifetime\":1800,\"reachable_ms\":30000,\"retran"
	     "smit_ms\":1000,\"source_mac\":\"02:00:00:00:00:01\",\"mtu\":1480,\"prefixes\":[{\"prefix"
	     "\":\"2001:db8:1::/64\",\"on_link\":true,\"autonomous\":true,\"valid\":86400,\"preferred"
	     "\":14400}],\"routes\":[{\"prefix\":\"2001:db8:2::/48\",\"preference\":\"high\",\"valid\""
	     ":3600},{\"prefix\":\"::/0\",\"preference\":\"low\",\"valid\":600}],\"dns_servers\":[\"20"
	     "01:db8::53\",\"2001:db8::54\"],\"search\":[\"example.org\",\"lab.example\"],\"captive_po"
	     "rtal\":\"https://portal.example/\",\"nat64_prefix\":\"64:ff9b::/96\"}}\n"
	     "{\"icmpv6\":{\"messages\":{\"router-solicitation\":1,\"router-advertisement\":2}}}\n",
	     TURNS(CLIENT("\x85\0\0\0\0\0\0\0\x01\x01\x02\0\0\0\0\x01"),
		   SERVER("\x86\0\0\0@\xc8\x07\x08\0\0u0\0\0\x03\xe8\x01\x01\x02\0\0\0\0\x01\x05"
			  "\x01\0\0\0\0\x05\xc8\x03\x04@\xc0\0\x01Q\x80\0\0"
			  "8@\0\0\0\0 \x01\x0d"
			  "\xb8\0\x01\0\0\0\0\0\0\0\0\0\0\x18\x02"
			  "0\x08\0\0\x0e\x10 \x01\x0d\xb8\0"
			  "\x02\0\0\x18\x01\0\x18\0\0\x02X\x19\x05\0\0\0\0\x04\xb0 \x01\x0d\xb8\0\0"
			  "\0\0\0\0\0\0\0\0\0S \x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0T\x1f\x05\0\0\0\0"
			  "\x04\xb0\x07"
			  "example\x03org\0\x03lab\x07"
			  "example\0\0\0\0\0\0\0%\x04htt"
			  "ps://portal.example/\0\0\0\0\0\0\0&\x02\x07\x08\0"
			  "d\xff\x9b\0\0\0\0\0\0"
			  "\0\0"),
		   SERVER("\x86\0\0\0@\xc8\x07\x08\0\0u0\0\0\x03\xe8\x01\x01\x02\0\0\0\0\x01\x05"
			  "\x01\0\0\0\0\x05\xc8\x03\x04@\xc0\0\x01Q\x80\0\0"
			  "8@\0\0\0\0 \x01\x0d"
			  "\xb8\0\x01\0\0\0\0\0\0\0\0\0\0\x18\x02"
			  "0\x08\0\0\x0e\x10 \x01\x0d\xb8\0"
			  "\x02\0\0\x18\x01\0\x18\0\0\x02X\x19\x05\0\0\0\0\x04\xb0 \x01\x0d\xb8\0\0"
			  "\0\0\0\0\0\0\0\0\0S \x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0T\x1f\x05\0\0\0\0"
			  "\x04\xb0\x07"
			  "example\x03org\0\x03lab\x07"
			  "example\0\0\0\0\0\0\0%\x04htt"
			  "ps://portal.example/\0\0\0\0\0\0\0&\x02\x07\x08\0"
			  "d\xff\x9b\0\0\0\0\0\0"
			  "\0\0")));
}

static void neighbours_ask_and_answer(void **unused)
{
	(void)unused;
	talk("icmpv6", TRANSPORT_ICMPV6,
	     "{\"ndp\":{\"message\":\"neighbor-solicitation\",\"target\":\"2001:db8::2\",\"source_mac"
	     "\":\"02:00:00:00:00:01\"}}\n"
	     "{\"ndp\":{\"message\":\"neighbor-advertisement\",\"router\":true,\"solicited\":true,\"ov"
	     "erride\":true,\"target\":\"2001:db8::2\",\"target_mac\":\"02:00:00:00:00:01\"}}\n"
	     "{\"icmpv6\":{\"messages\":{\"neighbor-solicitation\":2,\"neighbor-advertisement\":1}}}\n",
	     TURNS(CLIENT("\x87\0\0\0\0\0\0\0 \x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\x01\x01\x02\0"
			  "\0\0\0\x01"),
		   SERVER("\x88\0\0\0\xe0\0\0\0 \x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\x02\x01\x02"
			  "\0\0\0\0\x01"),
		   CLIENT("\x87\0\0\0\0\0\0\0 \x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\x01\x01\x02\0"
			  "\0\0\0\x01")));
}

static void a_redirect_of_version_six(void **unused)
{
	(void)unused;
	talk("icmpv6", TRANSPORT_ICMPV6,
	     "{\"weakness\":\"icmp-redirect\",\"evidence\":\"192.0.2.2 says that 2001:db8:9::1 is reac"
	     "hed by way of fe80::2\"}\n"
	     "{\"ndp\":{\"message\":\"redirect\",\"target\":\"fe80::2\",\"destination\":\"2001:db8:9::"
	     "1\",\"target_mac\":\"02:00:00:00:00:01\"}}\n"
	     "{\"icmpv6\":{\"messages\":{\"redirect\":1}}}\n",
	     TURNS(SERVER("\x89\0\0\0\0\0\0\0\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x02 \x01\x0d\xb8\0"
			  "\x09\0\0\0\0\0\0\0\0\0\x01\x02\x01\x02\0\0\0\0\x01")));
}

#define DAMAGED_ICMPV6(name, turn)                                                                           \
	talk("icmpv6", TRANSPORT_ICMPV6,                                                                     \
	     "{\"icmpv6\":{\"messages\":{\"" name "\":1}}}\n{\"broken\":\"client\",\"at\":0}\n",             \
	     TURNS(turn))

static void discovery_that_cannot_be(void **unused)
{
	(void)unused;
	DAMAGED_ICMPV6("neighbor-solicitation",
		       CLIENT("\x87\0\0\0\0\0\0\0 \x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0"));
	DAMAGED_ICMPV6("neighbor-solicitation",
		       CLIENT("\x87\0\0\0\0\0\0\0 \x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\x01\0"));
	DAMAGED_ICMPV6("neighbor-solicitation",
		       CLIENT("\x87\0\0\0\0\0\0\0 \x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\x01\x02\x02\0"
			      "\0\0\0\x01"));
}

static void listeners_of_both_versions(void **unused)
{
	(void)unused;
	talk("icmpv6", TRANSPORT_ICMPV6,
	     "{\"mld\":{\"version\":1,\"message\":\"query\",\"max_response_ms\":10000}}\n"
	     "{\"mld\":{\"version\":1,\"message\":\"report\",\"group\":\"ff02::fb\"}}\n"
	     "{\"mld\":{\"version\":1,\"message\":\"done\",\"group\":\"ff02::fb\"}}\n"
	     "{\"mld\":{\"version\":2,\"message\":\"query\",\"group\":\"ff05::1\",\"max_response_ms\":"
	     "49152,\"suppress\":true,\"robustness\":2,\"query_interval\":272,\"record_count\":1,\"rec"
	     "ords\":[{\"group\":\"ff05::1\",\"source_count\":2,\"sources\":[\"2001:db8::1\",\"2001:db"
	     "8::2\"]}]}}\n"
	     "{\"mld\":{\"version\":2,\"message\":\"report\",\"record_count\":2,\"records\":[{\"type\""
	     ":\"to-exclude\",\"group\":\"ff02::fb\"},{\"type\":\"allow-new-sources\",\"group\":\"ff05"
	     "::1\",\"source_count\":1,\"sources\":[\"2001:db8::9\"]}]}}\n"
	     "{\"icmpv6\":{\"messages\":{\"mld-query\":2,\"mld-report\":1,\"mld-done\":1,\"mld2-report"
	     "\":1}}}\n",
	     TURNS(SERVER("\x82\0\0\0'\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
		   CLIENT("\x83\0\0\0\0\0\0\0\xff\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\xfb"),
		   CLIENT("\x84\0\0\0\0\0\0\0\xff\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\xfb"),
		   SERVER("\x82\0\0\0\x88\0\0\0\xff\x05\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x0a\x91\0\x02"
			  " \x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01 \x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0"
			  "\0\x02"),
		   CLIENT("\x8f\0\0\0\0\0\0\x02\x04\0\0\0\xff\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\xfb\x05"
			  "\x01\0\x01\xff\x05\0\0\0\0\0\0\0\0\0\0\0\0\0\x01 \x01\x0d\xb8\0\0\0\0\0"
			  "\0\0\0\0\0\0\x09"
			  "auxd")));
}

static void listeners_that_cannot_be(void **unused)
{
	(void)unused;
	DAMAGED_ICMPV6("mld-report", CLIENT("\x83\0\0\0\0\0\0\0\xff\x02"));
	DAMAGED_ICMPV6("mld2-report", CLIENT("\x8f\0\0\0\0\0\0\x02\x04\0\0\0\xff\x02\0\0\0\0\0\0\0\0\0"
					     "\0\0\0\0\xfb"));
	DAMAGED_ICMPV6("mld2-report", CLIENT("\x8f\0\0\0\0\0\0\x01\x04\0\xff\xff\xff\x02\0\0\0\0\0\0\0"
					     "\0\0\0\0\0\0\xfb"));
}

static void groups_of_three_versions(void **unused)
{
	(void)unused;
	talk("igmp", TRANSPORT_IGMP,
	     "{\"igmp\":{\"version\":1,\"message\":\"query\"}}\n"
	     "{\"igmp\":{\"version\":2,\"message\":\"query\",\"group\":\"224.0.0.251\",\"max_response_"
	     "ms\":10000}}\n"
	     "{\"igmp\":{\"version\":3,\"message\":\"query\",\"group\":\"224.0.0.251\",\"max_response_"
	     "ms\":19200,\"suppress\":true,\"robustness\":2,\"query_interval\":125,\"record_count\":1,"
	     "\"records\":[{\"group\":\"224.0.0.251\",\"source_count\":1,\"sources\":[\"192.0.2.7\"]}]"
	     "}}\n"
	     "{\"igmp\":{\"version\":1,\"message\":\"report\",\"group\":\"224.0.0.251\"}}\n"
	     "{\"igmp\":{\"version\":2,\"message\":\"report\",\"group\":\"224.0.0.251\"}}\n"
	     "{\"igmp\":{\"version\":2,\"message\":\"leave\",\"group\":\"224.0.0.251\"}}\n"
	     "{\"igmp\":{\"version\":3,\"message\":\"report\",\"record_count\":2,\"records\":[{\"type"
	     "\":\"to-include\",\"group\":\"232.0.0.1\",\"source_count\":5,\"sources\":[\"192.0.2.0\","
	     "\"192.0.2.1\",\"192.0.2.2\",\"192.0.2.3\"]},{\"type\":\"block-old-sources\",\"group\":\""
	     "232.0.0.2\"}]}}\n",
	     TURNS(SERVER("\x11\0\0\0\0\0\0\0"),
		   SERVER("\x11"
			  "d\0\0\xe0\0\0\xfb"),
		   SERVER("\x11\x88\0\0\xe0\0\0\xfb\x0a}\0\x01\xc0\0\x02\x07"),
		   CLIENT("\x12\0\0\0\xe0\0\0\xfb"), CLIENT("\x16\0\0\0\xe0\0\0\xfb"),
		   CLIENT("\x16\0\0\0\xe0\0\0\xfb"), CLIENT("\x17\0\0\0\xe0\0\0\xfb"),
		   CLIENT("\x22\0\0\0\0\0\0\x02\x03\0\0\x05\xe8\0\0\x01\xc0\0\x02\0\xc0\0\x02\x01"
			  "\xc0\0\x02\x02\xc0\0\x02\x03\xc0\0\x02\x04\x06\x01\0\0\xe8\0\0\x02"
			  "auxd")));
}

static void groups_that_cannot_be(void **unused)
{
	(void)unused;
	talk("igmp", TRANSPORT_IGMP, "{\"broken\":\"client\",\"at\":8}\n",
	     TURNS(CLIENT("\x13\0\0\0\0\0\0\0"), CLIENT("\x16\0\0\0"))); /* DVMRP is not ours */
	talk("igmp", TRANSPORT_IGMP, "{\"broken\":\"client\",\"at\":0}\n",
	     TURNS(CLIENT("\x22\0\0\0\0\0\0\x01")));
	talk("igmp", TRANSPORT_IGMP, "{\"broken\":\"server\",\"at\":0}\n",
	     TURNS(SERVER("\x11\x88\0\0\0\0\0\0\x0a}\0\x02")));
}

/* Nine different ports: eight errors are told. */
static void errors_find_a_place_or_are_counted(void **unused)
{
	static uint8_t bytes[9][36] = { { 0 } };
	struct turn turns[9];
	char *told;

	(void)unused;
	for (size_t i = 0; i < 9; i++) {
		memcpy(bytes[i],
		       "\3\3\0\0\0\0\0\0\x45\0\0\x1c\0\1\0\0\x40\x11\0\0\xc0\0\2\1\xc0\0\2\2\x9c\x40\0", 31);
		bytes[i][31] = (uint8_t)(i + 1);
		turns[i] = (struct turn){ .side = SIDE_SERVER, .bytes = span_of(bytes[i], sizeof(bytes[i])) };
	}
	told = talk_told("icmp", TRANSPORT_ICMP, turns, 9);
	assert_non_null(strstr(told, "\"dest_port\":8,\"count\":1}],\"other_errors\":1}}"));
	assert_null(strstr(told, "\"dest_port\":9"));
	free(told);
}

/* No pattern, and never twice the same: 20 requests of 200 octets. */
static void data_without_a_pattern_is_a_tunnel(void **unused)
{
	static uint8_t bytes[20][208];
	struct turn turns[20];
	char *told;

	(void)unused;
	for (size_t i = 0; i < 20; i++) {
		bytes[i][0] = 8;
		for (size_t k = 8; k < sizeof(bytes[i]); k++)
			bytes[i][k] = (uint8_t)(hash_number(i * 256 + k) >> 32);
		turns[i] = (struct turn){ .side = SIDE_CLIENT, .bytes = span_of(bytes[i], sizeof(bytes[i])) };
	}
	told = talk_told("icmp", TRANSPORT_ICMP, turns, 20);
	assert_non_null(strstr(
		told, "{\"weakness\":\"icmp-tunnel\",\"evidence\":\"16 echoes carry 3200 bytes that are no "
		      "pattern and change\"}"));
	assert_non_null(strstr(told, "\"opaque\":20"));
	free(told);
	for (size_t i = 0; i < 20; i++) /* the same words each time are somebody's pattern */
		turns[i] = turns[0];
	told = talk_told("icmp", TRANSPORT_ICMP, turns, 20);
	assert_null(strstr(told, "icmp-tunnel"));
	free(told);
}

static void patterns_are_no_tunnel(void **unused)
{
	static uint8_t bytes[40][264];
	struct turn turns[40];
	char *told;

	(void)unused;
	for (size_t i = 0; i < 40; i++) {
		bytes[i][0] = 8;
		for (size_t k = 8; k < sizeof(bytes[i]); k++)
			bytes[i][k] = k < 24       ? (uint8_t)(hash_number(i * 256 + k) >> 32)
				      : i % 4 == 0 ? (uint8_t)(k + i)
				      : i % 4 == 1 ? (uint8_t)i
						   : (uint8_t) "abcd\xab\xcd"[k % 2 + i % 4];
		turns[i] = (struct turn){ .side = SIDE_CLIENT, .bytes = span_of(bytes[i], sizeof(bytes[i])) };
	}
	told = talk_told("icmp", TRANSPORT_ICMP, turns, 40);
	assert_null(strstr(told, "icmp-tunnel"));
	assert_null(strstr(told, "opaque"));
	free(told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ping_and_its_round_trip),
		cmocka_unit_test(both_sides_ask),
		cmocka_unit_test(replies_with_other_data_are_a_tunnel),
		cmocka_unit_test(a_port_is_unreachable),
		cmocka_unit_test(a_packet_is_too_big_and_others_go_round),
		cmocka_unit_test(a_redirect_is_a_finding),
		cmocka_unit_test(routers_and_clocks),
		cmocka_unit_test(messages_that_are_too_short),
		cmocka_unit_test(a_ping_of_version_six),
		cmocka_unit_test(errors_of_version_six),
		cmocka_unit_test(a_router_tells_all_that_it_can),
		cmocka_unit_test(neighbours_ask_and_answer),
		cmocka_unit_test(a_redirect_of_version_six),
		cmocka_unit_test(discovery_that_cannot_be),
		cmocka_unit_test(listeners_of_both_versions),
		cmocka_unit_test(listeners_that_cannot_be),
		cmocka_unit_test(groups_of_three_versions),
		cmocka_unit_test(groups_that_cannot_be),
		cmocka_unit_test(errors_find_a_place_or_are_counted),
		cmocka_unit_test(data_without_a_pattern_is_a_tunnel),
		cmocka_unit_test(patterns_are_no_tunnel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
