/* What is read between routers, and of tunnels between two ends. */
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void esp_between_two_ends(void **unused)
{
	(void)unused;
	talk("esp", TRANSPORT_ESP,
	     "{\"esp\":{\"associations\":[{\"spi\":\"0x00000011\",\"sender\":\"client\",\"pair\":\"0x0"
	     "0000099\",\"packets\":5,\"bytes\":340,\"first_sequence\":1,\"last_sequence\":5,\"missing"
	     "\":1,\"repeated\":1,\"out_of_order\":1},{\"spi\":\"0x00000099\",\"sender\":\"server\",\""
	     "pair\":\"0x00000011\",\"packets\":1,\"bytes\":68,\"first_sequence\":1,\"last_sequence\":"
	     "1},{\"spi\":\"0x00000012\",\"sender\":\"client\",\"pair\":\"0x0000009a\",\"packets\":1,"
	     "\"bytes\":68,\"first_sequence\":1,\"last_sequence\":1},{\"spi\":\"0x0000009a\",\"sender"
	     "\":\"server\",\"pair\":\"0x00000012\",\"packets\":1,\"bytes\":68,\"first_sequence\":7,\""
	     "last_sequence\":7}]}}\n",
	     TURNS(CLIENT("\0\0\0\x11\0\0\0\x01xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
		   SERVER("\0\0\0\x99\0\0\0\x01xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
		   CLIENT("\0\0\0\x11\0\0\0\x02xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
		   CLIENT("\0\0\0\x11\0\0\0\x05xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
		   CLIENT("\0\0\0\x11\0\0\0\x04xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
		   CLIENT("\0\0\0\x11\0\0\0\x04xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
		   CLIENT("\0\0\0\x12\0\0\0\x01xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
		   SERVER("\0\0\0\x9a\0\0\0\x07xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")));
}

static void esp_whose_numbers_begin_anew(void **unused)
{
	(void)unused;
	talk("esp", TRANSPORT_ESP,
	     "{\"esp\":{\"associations\":[{\"spi\":\"0x00000011\",\"sender\":\"client\",\"packets\":6,"
	     "\"bytes\":408,\"first_sequence\":4294967294,\"last_sequence\":100,\"missing\":97,\"out_o"
	     "f_order\":1,\"late\":1}]}}\n",
	     TURNS(CLIENT("\0\0\0\x11\xff\xff\xff\xfexxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
		   CLIENT("\0\0\0\x11\xff\xff\xff\xffxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
		   CLIENT("\0\0\0\x11\0\0\0\x01xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
		   CLIENT("\0\0\0\x11\0\0\0\0xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
		   CLIENT("\0\0\0\x11\0\0\0"
			  "dxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
		   CLIENT("\0\0\0\x11\0\0\0\x03xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")));
}

static void ah_with_its_value(void **unused)
{
	(void)unused;
	talk("ah", TRANSPORT_AH,
	     "{\"weakness\":\"ah-alone\",\"evidence\":\"SPI 0x00000020\"}\n"
	     "{\"ah\":{\"associations\":[{\"spi\":\"0x00000020\",\"sender\":\"client\",\"mode\":\"tran"
	     "sport\",\"protects\":\"tcp\",\"icv_bytes\":12,\"packets\":1,\"bytes\":55,\"first_sequenc"
	     "e\":1,\"last_sequence\":1}]}}\n",
	     TURNS(CLIENT("\x06\x04\0\0\0\0\0 \0\0\0\x01iiiiiiiiiiiitcp")));
}

static void ah_that_cannot_be(void **unused)
{
	(void)unused;
	talk("ah", TRANSPORT_AH, "{\"broken\":\"client\",\"at\":0}\n", TURNS(CLIENT("\x06\x04\0\0\0\0\0 ")));
}

static void gre_with_keys_and_numbers(void **unused)
{
	(void)unused;
	talk("gre", TRANSPORT_GRE,
	     "{\"gre\":{\"tunnels\":[{\"sender\":\"client\",\"version\":0,\"carries\":\"ipv4\",\"key\""
	     ":7,\"packets\":1,\"bytes\":42,\"first_sequence\":1,\"last_sequence\":1},{\"sender\":\"se"
	     "rver\",\"version\":0,\"carries\":\"ipv6\",\"packets\":1,\"bytes\":34},{\"sender\":\"clie"
	     "nt\",\"version\":0,\"carries\":\"ethernet\",\"checksum\":true,\"routing\":true,\"packets"
	     "\":1,\"bytes\":40},{\"sender\":\"client\",\"version\":1,\"carries\":\"ppp\",\"call_id\":"
	     "9,\"packets\":1,\"bytes\":41,\"first_sequence\":3,\"last_sequence\":3},{\"sender\":\"cli"
	     "ent\",\"version\":0,\"carries\":\"keepalive\",\"packets\":1,\"bytes\":32},{\"sender\":\""
	     "client\",\"version\":0,\"carries\":\"0x9999\",\"packets\":1,\"bytes\":32}]}}\n",
	     TURNS(CLIENT("0\0\x08\0\0\0\0\x07\0\0\0\x01ip"), SERVER("\0\0\x86\xddip"),
		   CLIENT("\xc0\0"
			  "eX\0\0\0\0\0\0\0\0"),
		   CLIENT("0\x01\x88\x0b\0\x04\0\x09\0\0\0\x03p"), CLIENT("\0\0\0\0"),
		   CLIENT("\0\0\x99\x99")));
}

static void gre_that_cannot_be(void **unused)
{
	(void)unused;
	talk("gre", TRANSPORT_GRE, "{\"broken\":\"client\",\"at\":0}\n", TURNS(CLIENT("\0\x02\x08\0")));
}

static void ospf_hello_without_proof(void **unused)
{
	(void)unused;
	talk("ospf", TRANSPORT_OSPF,
	     "{\"weakness\":\"ospf-no-authentication\",\"evidence\":\"router 192.0.2.1 in area 0.0.0.0"
	     "\"}\n"
	     "{\"ospf\":{\"version\":2,\"type\":\"hello\",\"router_id\":\"192.0.2.1\",\"area\":\"0.0.0"
	     ".0\",\"authentication\":\"null\",\"mask\":\"255.255.255.0\",\"hello_interval\":10,\"dead"
	     "_interval\":40,\"priority\":1,\"designated_router\":\"192.0.2.1\",\"backup_designated_ro"
	     "uter\":\"192.0.2.2\",\"neighbor_count\":1,\"neighbors\":[\"192.0.2.2\"]}}\n",
	     TURNS(CLIENT("\x02\x01\0"
			  "0\xc0\0\x02\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff"
			  "\0\0\x0a\x02\x01\0\0\0(\xc0\0\x02\x01\xc0\0\x02\x02\xc0\0\x02\x02"),
		   CLIENT("\x02\x01\0"
			  "0\xc0\0\x02\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff"
			  "\0\0\x0a\x02\x01\0\0\0(\xc0\0\x02\x01\xc0\0\x02\x02\xc0\0\x02\x02")));
}

static void ospf_with_a_password(void **unused)
{
	(void)unused;
	talk("ospf", TRANSPORT_OSPF,
	     "{\"weakness\":\"ospf-clear-password\",\"evidence\":\"router 192.0.2.1 in area 0.0.0.0\"}"
	     "\n"
	     "{\"ospf\":{\"version\":2,\"type\":\"hello\",\"router_id\":\"192.0.2.1\",\"area\":\"0.0.0"
	     ".0\",\"authentication\":\"simple\",\"mask\":\"255.255.255.0\",\"hello_interval\":10,\"de"
	     "ad_interval\":40,\"priority\":1,\"designated_router\":\"192.0.2.1\",\"backup_designated_"
	     "router\":\"192.0.2.2\",\"neighbor_count\":1,\"neighbors\":[\"192.0.2.2\"]}}\n",
	     TURNS(CLIENT("\x02\x01\0"
			  "0\xc0\0\x02\x01\0\0\0\0\0\0\0\x01secret\0\0\xff\xff\xff\0\0"
			  "\x0a\x02\x01\0\0\0(\xc0\0\x02\x01\xc0\0\x02\x02\xc0\0\x02\x02")));
}

static void ospf_with_a_key_repeats_itself(void **unused)
{
	(void)unused;
	talk("ospf", TRANSPORT_OSPF,
	     "{\"ospf\":{\"version\":2,\"type\":\"hello\",\"router_id\":\"192.0.2.1\",\"area\":\"0.0.0"
	     ".0\",\"authentication\":\"cryptographic\",\"key_id\":3,\"mask\":\"255.255.255.0\",\"hell"
	     "o_interval\":10,\"dead_interval\":40,\"priority\":1,\"designated_router\":\"192.0.2.1\","
	     "\"backup_designated_router\":\"192.0.2.2\",\"neighbor_count\":1,\"neighbors\":[\"192.0.2"
	     ".2\"]}}\n",
	     TURNS(CLIENT("\x02\x01\0"
			  "0\xc0\0\x02\x01\0\0\0\0\0\0\0\x02\0\0\x03\x10\0\0\0\x01\xff"
			  "\xff\xff\0\0\x0a\x02\x01\0\0\0(\xc0\0\x02\x01\xc0\0\x02\x02\xc0\0\x02"
			  "\x02"
			  "dddddddddddddddd"),
		   CLIENT("\x02\x01\0"
			  "0\xc0\0\x02\x01\0\0\0\0\0\0\0\x02\0\0\x03\x10\0\0\0\x02\xff"
			  "\xff\xff\0\0\x0a\x02\x01\0\0\0(\xc0\0\x02\x01\xc0\0\x02\x02\xc0\0\x02"
			  "\x02"
			  "dddddddddddddddd")));
}

static void ospf_describes_and_asks(void **unused)
{
	(void)unused;
	talk("ospf", TRANSPORT_OSPF,
	     "{\"weakness\":\"ospf-no-authentication\",\"evidence\":\"router 192.0.2.1 in area 0.0.0.0"
	     "\"}\n"
	     "{\"ospf\":{\"version\":2,\"type\":\"database-description\",\"router_id\":\"192.0.2.1\","
	     "\"area\":\"0.0.0.0\",\"authentication\":\"null\",\"mtu\":1500,\"master\":true,\"advertis"
	     "ement_count\":1,\"advertisements\":[{\"type\":\"router\",\"id\":\"192.0.2.1\",\"advertis"
	     "ing_router\":\"192.0.2.1\",\"sequence\":\"0x80000002\",\"age\":3}]}}\n"
	     "{\"ospf\":{\"version\":2,\"type\":\"link-state-request\",\"router_id\":\"192.0.2.1\",\"a"
	     "rea\":\"0.0.0.0\",\"authentication\":\"null\",\"advertisement_count\":1,\"advertisements"
	     "\":[{\"type\":\"router\",\"id\":\"192.0.2.1\",\"advertising_router\":\"192.0.2.1\"}]}}\n",
	     TURNS(CLIENT("\x02\x02\0"
			  "4\xc0\0\x02\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05\xdc\x02"
			  "\x07\0\0\0"
			  "c\0\x03\x02\x01\xc0\0\x02\x01\xc0\0\x02\x01\x80\0\0\x02\0\0"
			  "\0\x14"),
		   SERVER("\x02\x03\0$\xc0\0\x02\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\xc0"
			  "\0\x02\x01\xc0\0\x02\x01")));
}

static void ospf_updates(void **unused)
{
	(void)unused;
	talk("ospf", TRANSPORT_OSPF,
	     "{\"weakness\":\"ospf-no-authentication\",\"evidence\":\"router 192.0.2.1 in area 0.0.0.0"
	     "\"}\n"
	     "{\"ospf\":{\"version\":2,\"type\":\"link-state-update\",\"router_id\":\"192.0.2.1\",\"ar"
	     "ea\":\"0.0.0.0\",\"authentication\":\"null\",\"advertisement_count\":2,\"advertisements"
	     "\":[{\"type\":\"router\",\"id\":\"192.0.2.1\",\"advertising_router\":\"192.0.2.1\",\"seq"
	     "uence\":\"0x80000002\",\"age\":3},{\"type\":\"external\",\"id\":\"192.0.2.1\",\"advertis"
	     "ing_router\":\"192.0.2.1\",\"sequence\":\"0x80000002\",\"age\":3}]}}\n"
	     "{\"ospf\":{\"version\":2,\"type\":\"link-state-acknowledgement\",\"router_id\":\"192.0.2"
	     ".1\",\"area\":\"0.0.0.0\",\"authentication\":\"null\",\"advertisement_count\":2,\"advert"
	     "isements\":[{\"type\":\"router\",\"id\":\"192.0.2.1\",\"advertising_router\":\"192.0.2.1"
	     "\",\"sequence\":\"0x80000002\",\"age\":3},{\"type\":\"external\",\"id\":\"192.0.2.1\",\""
	     "advertising_router\":\"192.0.2.1\",\"sequence\":\"0x80000002\",\"age\":3}]}}\n",
	     TURNS(CLIENT("\x02\x04\0`\xc0\0\x02\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0"
			  "\x03\x02\x01\xc0\0\x02\x01\xc0\0\x02\x01\x80\0\0\x02\0\0\0 rrrrrrrrrrrr"
			  "\0\x03\x02\x05\xc0\0\x02\x01\xc0\0\x02\x01\x80\0\0\x02\0\0\0$eeeeeeeeeee"
			  "eeeee"),
		   SERVER("\x02\x05\0@\xc0\0\x02\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x03\x02\x01"
			  "\xc0\0\x02\x01\xc0\0\x02\x01\x80\0\0\x02\0\0\0\x14\0\x03\x02\x05\xc0\0"
			  "\x02\x01\xc0\0\x02\x01\x80\0\0\x02\0\0\0\x14")));
}

static void ospf_of_version_three(void **unused)
{
	(void)unused;
	talk("ospf", TRANSPORT_OSPF,
	     "{\"weakness\":\"ospf-no-authentication\",\"evidence\":\"router 1.1.1.1 in area 0.0.0.0\""
	     "}\n"
	     "{\"ospf\":{\"version\":3,\"type\":\"hello\",\"router_id\":\"1.1.1.1\",\"area\":\"0.0.0.0"
	     "\",\"authentication\":\"null\",\"interface_id\":5,\"hello_interval\":10,\"dead_interval"
	     "\":40,\"priority\":1,\"designated_router\":\"1.1.1.1\",\"neighbor_count\":1,\"neighbors"
	     "\":[\"2.2.2.2\"]}}\n"
	     "{\"ospf\":{\"version\":3,\"type\":\"hello\",\"router_id\":\"1.1.1.1\",\"area\":\"0.0.0.0"
	     "\",\"authentication\":\"cryptographic\",\"interface_id\":5,\"hello_interval\":10,\"dead_"
	     "interval\":40,\"priority\":1,\"neighbor_count\":0}}\n",
	     TURNS(CLIENT("\x03\x01\0(\x01\x01\x01\x01\0\0\0\0\0\0\0\0\0\0\0\x05\x01\0\0\x13\0\x0a"
			  "\0(\x01\x01\x01\x01\0\0\0\0\x02\x02\x02\x02"),
		   CLIENT("\x03\x01\0$\x01\x01\x01\x01\0\0\0\0\0\0\0\0\0\0\0\x05\x01\0\x04\x13\0"
			  "\x0a\0(\0\0\0\0\0\0\0\0trailer")));
}

static void ospf_databases_of_version_three(void **unused)
{
	(void)unused;
	talk("ospf", TRANSPORT_OSPF,
	     "{\"ospf\":{\"version\":3,\"type\":\"database-description\",\"router_id\":\"1.1.1.1\",\"a"
	     "rea\":\"0.0.0.0\",\"authentication\":\"null\",\"mtu\":1500,\"master\":false,\"advertisem"
	     "ent_count\":1,\"advertisements\":[{\"type\":\"intra-area-prefix\",\"id\":\"0.0.0.1\",\"a"
	     "dvertising_router\":\"1.1.1.1\",\"sequence\":\"0x80000002\",\"age\":3}]}}\n"
	     "{\"ospf\":{\"version\":3,\"type\":\"link-state-update\",\"router_id\":\"1.1.1.1\",\"area"
	     "\":\"0.0.0.0\",\"advertisement_count\":1,\"advertisements\":[{\"type\":\"link\",\"id\":"
	     "\"0.0.0.1\",\"advertising_router\":\"1.1.1.1\",\"sequence\":\"0x80000002\",\"age\":3}]}}"
	     "\n",
	     TURNS(CLIENT("\x03\x02\0"
			  "0\x01\x01\x01\x01\0\0\0\0\0\0\0\0\0\0\0\x13\x05\xdc\0\x02\0"
			  "\0\0\x07\0\x03 \x09\0\0\0\x01\x01\x01\x01\x01\x80\0\0\x02\0\0\0\x14"),
		   SERVER("\x03\x04\0,\x01\x01\x01\x01\0\0\0\0\0\0\0\0\0\0\0\x01\0\x03\0\x08\0\0\0"
			  "\x01\x01\x01\x01\x01\x80\0\0\x02\0\0\0\x18"
			  "body")));
}

static void ospf_that_cannot_be(void **unused)
{
	(void)unused;
	talk("ospf", TRANSPORT_OSPF, "{\"broken\":\"client\",\"at\":0}\n",
	     TURNS(CLIENT("\x02\x04\0"
			  "0\xc0\0\x02\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff"
			  "\xff\0\x03\x02\x01\xc0\0\x02\x01\xc0\0\x02\x01\x80\0\0\x02\0\0\0\x14")));
}

static void ospf_of_no_version(void **unused)
{
	(void)unused;
	talk("ospf", TRANSPORT_OSPF, "{\"broken\":\"client\",\"at\":0}\n",
	     TURNS(CLIENT("\x01\x01\0"
			  "0\xc0\0\x02\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff"
			  "\0\0\x0a\x02\x01\0\0\0(\xc0\0\x02\x01\xc0\0\x02\x02\xc0\0\x02\x02")));
}

static void vrrp_of_version_two(void **unused)
{
	(void)unused;
	talk("vrrp", TRANSPORT_VRRP,
	     "{\"weakness\":\"vrrp-clear-password\",\"evidence\":\"virtual router 7\"}\n"
	     "{\"vrrp\":{\"variant\":\"vrrp\",\"version\":2,\"virtual_router\":7,\"priority\":100,\"in"
	     "terval_ms\":1000,\"authentication\":\"password\",\"addresses\":[\"192.0.2.254\",\"192.0."
	     "2.253\"]}}\n"
	     "{\"vrrp\":{\"variant\":\"vrrp\",\"version\":2,\"virtual_router\":7,\"priority\":0,\"inte"
	     "rval_ms\":1000,\"authentication\":\"password\",\"addresses\":[\"192.0.2.254\",\"192.0.2."
	     "253\"]}}\n",
	     TURNS(CLIENT("!\x07"
			  "d\x02\x01\x01\0\0\xc0\0\x02\xfe\xc0\0\x02\xfdpassword"),
		   CLIENT("!\x07"
			  "d\x02\x01\x01\0\0\xc0\0\x02\xfe\xc0\0\x02\xfdpassword"),
		   CLIENT("!\x07\0\x02\x01\x01\0\0\xc0\0\x02\xfe\xc0\0\x02\xfdpassword")));
}

static void vrrp_of_version_three(void **unused)
{
	(void)unused;
	talk("vrrp", TRANSPORT_VRRP,
	     "{\"weakness\":\"vrrp-no-authentication\",\"evidence\":\"virtual router 9\"}\n"
	     "{\"vrrp\":{\"variant\":\"vrrp\",\"version\":3,\"virtual_router\":9,\"priority\":255,\"in"
	     "terval_ms\":500,\"addresses\":[\"192.0.2.254\"]}}\n",
	     TURNS(CLIENT("1\x09\xff\x01\0"
			  "2\0\0\xc0\0\x02\xfe")));
}

static void carp_shares_the_number(void **unused)
{
	(void)unused;
	talk("vrrp", TRANSPORT_VRRP,
	     "{\"vrrp\":{\"variant\":\"carp\",\"version\":2,\"virtual_router\":3,\"skew\":100,\"interv"
	     "al_ms\":1000}}\n",
	     TURNS(CLIENT("!\x03"
			  "d\x07\0\x01\0\0\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"
			  "\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b"),
		   CLIENT("!\x03"
			  "d\x07\0\x01\0\0\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14"
			  "\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f !\x22#$")));
}

static void vrrp_that_cannot_be(void **unused)
{
	(void)unused;
	talk("vrrp", TRANSPORT_VRRP, "{\"broken\":\"client\",\"at\":0}\n",
	     TURNS(CLIENT("1\x09\xff\x02\0"
			  "2\0\0\xc0\0\x02\xfe")));
}

static void pim_hello(void **unused)
{
	(void)unused;
	talk("pim", TRANSPORT_PIM,
	     "{\"pim\":{\"version\":2,\"type\":\"hello\",\"hold_time\":105,\"priority\":1,\"generation"
	     "_id\":12345,\"prune_delay_ms\":500,\"override_ms\":2500,\"addresses\":[\"192.0.2.9\",\"2"
	     "001:db8::9\"]}}\n",
	     TURNS(CLIENT(" \0\0\0\0\x01\0\x02\0i\0\x02\0\x04\x81\xf4\x09\xc4\0\x13\0\x04\0\0\0\x01"
			  "\0\x14\0\x04\0\0"
			  "09\0\x18\0\x18\x01\0\xc0\0\x02\x09\x02\0 \x01\x0d\xb8"
			  "\0\0\0\0\0\0\0\0\0\0\0\x09\0"
			  "c\0\x01x")));
}

static void pim_joins_and_prunes(void **unused)
{
	(void)unused;
	talk("pim", TRANSPORT_PIM,
	     "{\"pim\":{\"version\":2,\"type\":\"join-prune\",\"hold_time\":210,\"upstream\":\"192.0.2"
	     ".1\",\"group_count\":2,\"groups\":[{\"group\":\"239.1.1.1/32\",\"join_count\":1,\"prune_"
	     "count\":2,\"joins\":[\"192.0.2.7\"],\"prunes\":[\"192.0.2.8\",\"192.0.2.9\"]},{\"group\""
	     ":\"239.2.0.0/16\",\"join_count\":0,\"prune_count\":1,\"prunes\":[\"192.0.2.8\"]}]}}\n",
	     TURNS(CLIENT("#\0\0\0\x01\0\xc0\0\x02\x01\0\x02\0\xd2\x01\0\0 \xef\x01\x01\x01\0\x01\0"
			  "\x02\x01\0\x04 \xc0\0\x02\x07\x01\0\x04 \xc0\0\x02\x08\x01\0\x04 \xc0\0"
			  "\x02\x09\x01\0\0\x10\xef\x02\0\0\0\0\0\x01\x01\0\x04 \xc0\0\x02\x08")));
}

static void pim_registers_and_stops(void **unused)
{
	(void)unused;
	talk("pim", TRANSPORT_PIM,
	     "{\"pim\":{\"version\":2,\"type\":\"register\",\"source\":\"192.0.2.7\",\"group_count\":1"
	     ",\"groups\":[{\"group\":\"239.1.1.1/32\"}]}}\n"
	     "{\"pim\":{\"version\":2,\"type\":\"register\",\"source\":\"2001:db8::7\",\"null_register"
	     "\":true,\"group_count\":1,\"groups\":[{\"group\":\"ff05::1/128\"}]}}\n"
	     "{\"pim\":{\"version\":2,\"type\":\"register-stop\",\"source\":\"192.0.2.7\",\"group_coun"
	     "t\":1,\"groups\":[{\"group\":\"239.1.1.1/32\"}]}}\n",
	     TURNS(CLIENT("!\0\0\0\0\0\0\0"
			  "E\0\0\x1c\0\x01\0\0@\x11\0\0\xc0\0\x02\x07\xef\x01\x01"
			  "\x01\0\x01\0\x02\0\x08\0\0"),
		   CLIENT("!\0\0\0\0\0\0\0"
			  "E\0\0\x1c\0\x01\0\0@\x11\0\0\xc0\0\x02\x07\xef\x01\x01"
			  "\x01\0\x01\0\x02\0\x08\0\0"),
		   CLIENT("!\0\0\0@\0\0\0`\0\0\0\0\0\x11@ \x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"
			  "\xff\x05\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"),
		   SERVER("\x22\0\0\0\x01\0\0 \xef\x01\x01\x01\x01\0\xc0\0\x02\x07")));
}

static void pim_finds_the_point(void **unused)
{
	(void)unused;
	talk("pim", TRANSPORT_PIM,
	     "{\"pim\":{\"version\":2,\"type\":\"bootstrap\",\"priority\":64,\"bootstrap_router\":\"19"
	     "2.0.2.1\",\"group_count\":1,\"groups\":[{\"group\":\"224.0.0.0/4\",\"rendezvous_points\""
	     ":[\"192.0.2.5\"]}]}}\n"
	     "{\"pim\":{\"version\":2,\"type\":\"candidate-rp\",\"hold_time\":150,\"priority\":192,\"r"
	     "endezvous_point\":\"192.0.2.5\",\"group_count\":1,\"groups\":[{\"group\":\"224.0.0.0/4\""
	     "}]}}\n"
	     "{\"pim\":{\"version\":2,\"type\":\"assert\",\"source\":\"192.0.2.7\",\"preference\":110,"
	     "\"metric\":20,\"group_count\":1,\"groups\":[{\"group\":\"239.1.1.1/32\"}]}}\n",
	     TURNS(CLIENT("$\0\0\0\0\x01\x1e@\x01\0\xc0\0\x02\x01\x01\0\0\x04\xe0\0\0\0\x01\x01\0\0"
			  "\x01\0\xc0\0\x02\x05\0\x96\xc0\0"),
		   CLIENT("(\0\0\0\x01\xc0\0\x96\x01\0\xc0\0\x02\x05\x01\0\0\x04\xe0\0\0\0"),
		   CLIENT("%\0\0\0\x01\0\0 \xef\x01\x01\x01\x01\0\xc0\0\x02\x07\x80\0\0n\0\0\0\x14")));
}

static void pim_that_cannot_be(void **unused)
{
	(void)unused;
	talk("pim", TRANSPORT_PIM, "{\"broken\":\"client\",\"at\":0}\n",
	     TURNS(CLIENT("#\0\0\0\x01\0\xc0\0\x02\x01\0\x01\0\xd2\x01\0\0 \xef\x01\x01\x01\xff\xff"
			  "\xff\xff\x01\0\x04 \xc0\0\x02\x07")));
}

static void eigrp_hello_and_update(void **unused)
{
	(void)unused;
	talk("eigrp", TRANSPORT_EIGRP,
	     "{\"weakness\":\"eigrp-no-authentication\",\"evidence\":\"autonomous system 100\"}\n"
	     "{\"eigrp\":{\"type\":\"hello\",\"as\":100,\"authentication\":\"none\",\"k\":[1,0,1,0,0,0"
	     "],\"hold_time\":15,\"software\":\"15.2\",\"release\":\"3.0\"}}\n"
	     "{\"eigrp\":{\"type\":\"update\",\"as\":100,\"sequence\":3,\"authentication\":\"none\",\""
	     "route_count\":3,\"routes\":[{\"prefix\":\"192.0.2.0/24\"},{\"prefix\":\"0.0.0.0/0\"},{\""
	     "prefix\":\"198.51.100.1/32\",\"external\":true}]}}\n"
	     "{\"eigrp\":{\"type\":\"acknowledgement\",\"as\":100,\"acknowledges\":3}}\n",
	     TURNS(CLIENT("\x02\x05\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			  "d\0\x01\0\x0c\x01\0\x01\0\0"
			  "\0\0\x0f\0\x04\0\x08\x0f\x02\x03\0"),
		   CLIENT("\x02\x05\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			  "d\0\x01\0\x0c\x01\0\x01\0\0"
			  "\0\0\x0f\0\x04\0\x08\x0f\x02\x03\0"),
		   CLIENT("\x02\x01\0\0\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0"
			  "d\x01\x02\0\x1d\0\0\0\0mmm"
			  "mmmmmmmmmmmmm\x18\xc0\0\x02\0\x01\x03\0"
			  "1\0\0\0\0"
			  "eeeeeeeeeeeeeeeeeeee"
			  "mmmmmmmmmmmmmmmm \xc6"
			  "3d\x01"),
		   SERVER("\x02\x05\0\0\0\0\0\0\0\0\0\0\0\0\0\x03\0\0\0"
			  "d")));
}

static void eigrp_of_version_six_and_wide(void **unused)
{
	(void)unused;
	talk("eigrp", TRANSPORT_EIGRP,
	     "{\"eigrp\":{\"type\":\"update\",\"as\":100,\"sequence\":3,\"authentication\":\"sha256\","
	     "\"route_count\":3,\"routes\":[{\"prefix\":\"2001:db8::/32\"},{\"prefix\":\"192.0.2.0/24"
	     "\"},{\"prefix\":\"2001:db8:5::/48\",\"external\":true}]}}\n",
	     TURNS(CLIENT("\x02\x01\0\0\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0"
			  "d\0\x02\0<\0\x03\0 \0\0\0"
			  "\x01hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh\x04\x02\0)nnnnnnnnn"
			  "nnnnnnnmmmmmmmmmmmmmmmm  \x01\x0d\xb8\x06\x02\0,\0\0\0\x01\0\0\0\x07\0\0"
			  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x18\xc0\0\x02\x06"
			  "\x03\0O\0\0\0\x02\0\0\0\x07\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			  "\0\0nnnnnnnnnnnnnnnneeeeeeeeeeeeeeeeeeee0 \x01\x0d\xb8\0\x05")));
}

static void eigrp_takes_its_leave_with_a_key(void **unused)
{
	(void)unused;
	talk("eigrp", TRANSPORT_EIGRP,
	     "{\"eigrp\":{\"type\":\"hello\",\"as\":100,\"authentication\":\"md5\",\"k\":[255,255,255,"
	     "255,255,255],\"hold_time\":15,\"goodbye\":true}}\n",
	     TURNS(CLIENT("\x02\x05\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			  "d\0\x01\0\x0c\xff\xff\xff"
			  "\xff\xff\xff\0\x0f\0\x02\0(\0\x02\0\x10\0\0\0\x01hhhhhhhhhhhhhhhhhhhhhhh"
			  "hhhhh\0\x07\0\x08xxxx")));
}

static void eigrp_that_cannot_be(void **unused)
{
	(void)unused;
	talk("eigrp", TRANSPORT_EIGRP, "{\"broken\":\"client\",\"at\":0}\n",
	     TURNS(CLIENT("\x02\x01\0\0\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0"
			  "d\x01\x02\0\x1e\0\0\0\0mmm"
			  "mmmmmmmmmmmmm!\xc0\0\x02\x01\x01")));
}

static void ripng_asks_and_tells(void **unused)
{
	(void)unused;
	talk("ripng", TRANSPORT_UDP,
	     "{\"ripng\":{\"command\":\"request\",\"version\":1,\"whole_table\":true}}\n"
	     "{\"weakness\":\"ripng-no-authentication\",\"evidence\":\"3 routes\"}\n"
	     "{\"ripng\":{\"command\":\"response\",\"version\":1,\"route_count\":3,\"routes\":[{\"pref"
	     "ix\":\"2001:db8:1::/48\",\"metric\":1},{\"prefix\":\"2001:db8:2::/64\",\"metric\":16,\"t"
	     "ag\":5,\"next_hop\":\"fe80::9\"},{\"prefix\":\"::/0\",\"metric\":2}]}}\n",
	     TURNS(CLIENT("\x01\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10"),
		   SERVER("\x02\x01\0\0 \x01\x0d\xb8\0\x01\0\0\0\0\0\0\0\0\0\0\0\0"
			  "0\x01\xfe\x80\0"
			  "\0\0\0\0\0\0\0\0\0\0\0\0\x09\0\0\0\xff \x01\x0d\xb8\0\x02\0\0\0\0\0\0\0"
			  "\0\0\0\0\x05@\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\0\0\0\0\0\0"
			  "\0\0\0\0\0\0\0\0\0\0\0\0\0\x02")));
}

static void ripng_that_cannot_be(void **unused)
{
	(void)unused;
	talk("ripng", TRANSPORT_UDP, "{\"broken\":\"server\",\"at\":0}\n",
	     TURNS(SERVER("\x02\x01\0\0 \x01\x0d\xb8\0\x01\0\0\0\0\0\0\0\0\0\x01\0\0"
			  "0\x01")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(esp_between_two_ends),
		cmocka_unit_test(esp_whose_numbers_begin_anew),
		cmocka_unit_test(ah_with_its_value),
		cmocka_unit_test(ah_that_cannot_be),
		cmocka_unit_test(gre_with_keys_and_numbers),
		cmocka_unit_test(gre_that_cannot_be),
		cmocka_unit_test(ospf_hello_without_proof),
		cmocka_unit_test(ospf_with_a_password),
		cmocka_unit_test(ospf_with_a_key_repeats_itself),
		cmocka_unit_test(ospf_describes_and_asks),
		cmocka_unit_test(ospf_updates),
		cmocka_unit_test(ospf_of_version_three),
		cmocka_unit_test(ospf_databases_of_version_three),
		cmocka_unit_test(ospf_that_cannot_be),
		cmocka_unit_test(ospf_of_no_version),
		cmocka_unit_test(vrrp_of_version_two),
		cmocka_unit_test(vrrp_of_version_three),
		cmocka_unit_test(carp_shares_the_number),
		cmocka_unit_test(vrrp_that_cannot_be),
		cmocka_unit_test(pim_hello),
		cmocka_unit_test(pim_joins_and_prunes),
		cmocka_unit_test(pim_registers_and_stops),
		cmocka_unit_test(pim_finds_the_point),
		cmocka_unit_test(pim_that_cannot_be),
		cmocka_unit_test(eigrp_hello_and_update),
		cmocka_unit_test(eigrp_of_version_six_and_wide),
		cmocka_unit_test(eigrp_takes_its_leave_with_a_key),
		cmocka_unit_test(eigrp_that_cannot_be),
		cmocka_unit_test(ripng_asks_and_tells),
		cmocka_unit_test(ripng_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
