/* What is read of frames that carry no IP. */
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void an_address_is_asked_for(void **unused)
{
	(void)unused;
	talk("arp", 0,
	     "{\"arp\":{\"hw_type\":\"ethernet\",\"proto_type\":\"ipv4\",\"opcode\":\"request\",\"src_"
	     "mac\":\"02:00:00:00:00:01\",\"src_ip\":\"192.0.2.1\",\"dest_mac\":\"00:00:00:00:00:00\","
	     "\"dest_ip\":\"192.0.2.2\"}}\n"
	     "{\"arp\":{\"hw_type\":\"ethernet\",\"proto_type\":\"ipv4\",\"opcode\":\"reply\",\"src_ma"
	     "c\":\"02:00:00:00:00:02\",\"src_ip\":\"192.0.2.2\",\"dest_mac\":\"02:00:00:00:00:01\",\""
	     "dest_ip\":\"192.0.2.1\"}}\n",
	     TURNS(CLIENT("\0\x01\x08\0\x06\x04\0\x01\x02\0\0\0\0\x01\xc0\0\x02\x01\0\0\0\0\0\0\xc0"
			  "\0\x02\x02pad"),
		   SERVER("\0\x01\x08\0\x06\x04\0\x02\x02\0\0\0\0\x02\xc0\0\x02\x02\x02\0\0\0\0\x01"
			  "\xc0\0\x02\x01"),
		   CLIENT("\0\x01\x08\0\x06\x04\0\x01\x02\0\0\0\0\x01\xc0\0\x02\x01\0\0\0\0\0\0\xc0"
			  "\0\x02\x02pad")));
}

static void an_address_changes_hands(void **unused)
{
	(void)unused;
	talk("arp", 0,
	     "{\"arp\":{\"hw_type\":\"ethernet\",\"proto_type\":\"ipv4\",\"opcode\":\"request\",\"src_"
	     "mac\":\"00:00:00:00:00:03\",\"src_ip\":\"0.0.0.0\",\"dest_mac\":\"00:00:00:00:00:00\",\""
	     "dest_ip\":\"192.0.2.9\",\"probe\":true}}\n"
	     "{\"arp\":{\"hw_type\":\"ethernet\",\"proto_type\":\"ipv4\",\"opcode\":\"request\",\"src_"
	     "mac\":\"02:00:00:00:00:01\",\"src_ip\":\"192.0.2.9\",\"dest_mac\":\"00:00:00:00:00:00\","
	     "\"dest_ip\":\"192.0.2.9\",\"gratuitous\":true}}\n"
	     "{\"weakness\":\"arp-address-moved\",\"evidence\":\"192.0.2.9: from 02:00:00:00:00:01 to "
	     "02:00:00:00:00:02\"}\n"
	     "{\"arp\":{\"hw_type\":\"ethernet\",\"proto_type\":\"ipv4\",\"opcode\":\"reply\",\"src_ma"
	     "c\":\"02:00:00:00:00:02\",\"src_ip\":\"192.0.2.9\",\"dest_mac\":\"02:00:00:00:00:01\",\""
	     "dest_ip\":\"192.0.2.1\",\"previous_mac\":\"02:00:00:00:00:01\"}}\n"
	     "{\"arp\":{\"hw_type\":\"ethernet\",\"proto_type\":\"ipv4\",\"opcode\":\"request\",\"src_"
	     "mac\":\"02:00:00:00:00:01\",\"src_ip\":\"192.0.2.9\",\"dest_mac\":\"00:00:00:00:00:00\","
	     "\"dest_ip\":\"192.0.2.9\",\"gratuitous\":true,\"previous_mac\":\"02:00:00:00:00:02\"}}\n",
	     TURNS(CLIENT("\0\x01\x08\0\x06\x04\0\x01\0\0\0\0\0\x03\0\0\0\0\0\0\0\0\0\0\xc0\0\x02"
			  "\x09"),
		   CLIENT("\0\x01\x08\0\x06\x04\0\x01\x02\0\0\0\0\x01\xc0\0\x02\x09\0\0\0\0\0\0\xc0"
			  "\0\x02\x09"),
		   SERVER("\0\x01\x08\0\x06\x04\0\x02\x02\0\0\0\0\x02\xc0\0\x02\x09\x02\0\0\0\0\x01"
			  "\xc0\0\x02\x01"),
		   CLIENT("\0\x01\x08\0\x06\x04\0\x01\x02\0\0\0\0\x01\xc0\0\x02\x09\0\0\0\0\0\0\xc0"
			  "\0\x02\x09")));
}

static void arp_that_is_not_of_ethernet(void **unused)
{
	(void)unused;
	talk("arp", 0, "{\"broken\":\"client\",\"at\":28}\n",
	     TURNS(CLIENT("\0\x01\x08\0\x08\x04\0\x01xxxxxxxxxxxxxxxxxxxxxxxx")));
}

static void arp_that_is_cut(void **unused)
{
	(void)unused;
	talk("arp", 0, "{\"broken\":\"client\",\"at\":27}\n",
	     TURNS(CLIENT("\0\x01\x08\0\x06\x04\0\x01\x02\0\0\0\0\x01\xc0\0\x02\x01\0\0\0\0\0\0\xc0"
			  "\0\x02")));
}

static void a_switch_tells_who_it_is(void **unused)
{
	(void)unused;
	talk("lldp", 0,
	     "{\"lldp\":{\"chassis\":\"02:00:00:00:00:01\",\"port\":\"eth0\",\"ttl\":120,\"port_descri"
	     "ption\":\"uplink\",\"system_name\":\"sw1.example.org\",\"system_description\":\"a switch"
	     "\",\"capabilities\":[\"bridge\",\"router\"],\"enabled\":[\"bridge\"],\"management_addres"
	     "ses\":[\"192.0.2.1\",\"2001:db8::1\"],\"native_vlan\":10,\"vlans\":[\"10 users\"],\"max_"
	     "frame_size\":1522}}\n",
	     TURNS(CLIENT("\x02\x07\x04\x02\0\0\0\0\x01\x04\x05\x05"
			  "eth0\x06\x02\0x\x08\x06uplink"
			  "\x0a\x0fsw1.example.org\x0c\x08"
			  "a switch\x0e\x04\0\x14\0\x04\x10\x0c"
			  "\x05\x01\xc0\0\x02\x01\x02\0\0\0\x01\0\x10\x18\x11\x02 \x01\x0d\xb8\0\0"
			  "\0\0\0\0\0\0\0\0\0\x01\x02\0\0\0\x01\0\xfe\x06\0\x80\xc2\x01\0\x0a\xfe"
			  "\x0c\0\x80\xc2\x03\0\x0a\x05users\xfe\x06\0\x12\x0f\x04\x05\xf2\xfe\x01"
			  "\0\0\0"),
		   CLIENT("\x02\x07\x04\x02\0\0\0\0\x01\x04\x05\x05"
			  "eth0\x06\x02\0x\x08\x06uplink"
			  "\x0a\x0fsw1.example.org\x0c\x08"
			  "a switch\x0e\x04\0\x14\0\x04\x10\x0c"
			  "\x05\x01\xc0\0\x02\x01\x02\0\0\0\x01\0\x10\x18\x11\x02 \x01\x0d\xb8\0\0"
			  "\0\0\0\0\0\0\0\0\0\x01\x02\0\0\0\x01\0\xfe\x06\0\x80\xc2\x01\0\x0a\xfe"
			  "\x0c\0\x80\xc2\x03\0\x0a\x05users\xfe\x06\0\x12\x0f\x04\x05\xf2\xfe\x01"
			  "\0\0\0")));
}

static void a_system_takes_its_leave(void **unused)
{
	(void)unused;
	talk("lldp", 0, "{\"lldp\":{\"chassis\":\"192.0.2.1\",\"port\":\"02:00:00:00:00:01\",\"ttl\":0}}\n",
	     TURNS(CLIENT("\x02\x06\x05\x01\xc0\0\x02\x01\x04\x07\x03\x02\0\0\0\0\x01\x06\x02\0\0\0"
			  "\0pad")));
}

static void lldp_in_another_order(void **unused)
{
	(void)unused;
	talk("lldp", 0, "{\"broken\":\"client\",\"at\":0}\n",
	     TURNS(CLIENT("\x04\x05\x05"
			  "eth0\x02\x07\x04\x02\0\0\0\0\x01\x06\x02\0x")));
}

static void lldp_that_is_cut(void **unused)
{
	(void)unused;
	talk("lldp", 0, "{\"lldp\":{\"chassis\":\"02:00:00:00:00:01\",\"port\":\"eth0\",\"ttl\":120}}\n",
	     TURNS(CLIENT("\x02\x07\x04\x02\0\0\0\0\x01\x04\x05\x05"
			  "eth0\x06\x02\0x")));
}

static void a_device_tells_who_it_is(void **unused)
{
	(void)unused;
	talk("cdp", 0,
	     "{\"cdp\":{\"version\":2,\"ttl\":180,\"device_id\":\"sw1\",\"port\":\"Gi0/1\",\"software"
	     "\":\"IOS 15.2\",\"platform\":\"WS-C2960\",\"capabilities\":[\"switch\",\"igmp\"],\"addre"
	     "sses\":[\"192.0.2.1\",\"2001:db8::1\"],\"management_addresses\":[\"192.0.2.9\"],\"vtp_do"
	     "main\":\"corp\",\"native_vlan\":10,\"voice_vlan\":20,\"duplex\":\"full\"}}\n",
	     TURNS(CLIENT("\x02\xb4\0\0\0\x01\0\x07sw1\0\x02\0-\0\0\0\x02\x01\x01\xcc\0\x04\xc0\0"
			  "\x02\x01\x02\x08\xaa\xaa\x03\0\0\0\x86\xdd\0\x10 \x01\x0d\xb8\0\0\0\0\0"
			  "\0\0\0\0\0\0\x01\0\x03\0\x09Gi0/1\0\x04\0\x08\0\0\0(\0\x05\0\x0cIOS 15.2"
			  "\0\x06\0\x0cWS-C2960\0\x09\0\x08"
			  "corp\0\x0a\0\x06\0\x0a\0\x0b\0\x05\x01"
			  "\0\x0e\0\x07\x01\0\x14\0\x16\0\x11\0\0\0\x01\x01\x01\xcc\0\x04\xc0\0\x02"
			  "\x09"),
		   CLIENT("\x02\xb4\0\0\0\x01\0\x07sw1\0\x02\0-\0\0\0\x02\x01\x01\xcc\0\x04\xc0\0"
			  "\x02\x01\x02\x08\xaa\xaa\x03\0\0\0\x86\xdd\0\x10 \x01\x0d\xb8\0\0\0\0\0"
			  "\0\0\0\0\0\0\x01\0\x03\0\x09Gi0/1\0\x04\0\x08\0\0\0(\0\x05\0\x0cIOS 15.2"
			  "\0\x06\0\x0cWS-C2960\0\x09\0\x08"
			  "corp\0\x0a\0\x06\0\x0a\0\x0b\0\x05\x01"
			  "\0\x0e\0\x07\x01\0\x14\0\x16\0\x11\0\0\0\x01\x01\x01\xcc\0\x04\xc0\0\x02"
			  "\x09")));
}

static void cdp_that_cannot_be(void **unused)
{
	(void)unused;
	talk("cdp", 0, "{\"broken\":\"client\",\"at\":0}\n", TURNS(CLIENT("\x02\xb4\0\0\0\x01\0\x03")));
}

static void addresses_of_cdp_without_end(void **unused)
{
	(void)unused;
	talk("cdp", 0,
	     "{\"cdp\":{\"version\":1,\"ttl\":180,\"device_id\":\"x\",\"addresses\":[\"192.0.2.1\"]}}"
	     "\n",
	     TURNS(CLIENT("\x01\xb4\0\0\0\x01\0\x05x\0\x02\0\x11\xff\xff\xff\xff\x01\x01\xcc\0\x04"
			  "\xc0\0\x02\x01")));
}

static void a_tree(void **unused)
{
	(void)unused;
	talk("stp", 0,
	     "{\"stp\":{\"version\":\"stp\",\"type\":\"configuration\",\"topology_change\":true,\"root"
	     "\":{\"priority\":32768,\"tree\":1,\"mac\":\"02:00:00:00:00:01\"},\"root_cost\":4,\"bridg"
	     "e\":{\"priority\":36864,\"tree\":10,\"mac\":\"02:00:00:00:00:02\"},\"port\":\"0x8002\","
	     "\"age_ms\":1000,\"max_age_ms\":20000,\"hello_ms\":2000,\"forward_delay_ms\":15000}}\n"
	     "{\"stp\":{\"version\":\"stp\",\"type\":\"configuration\",\"acknowledgement\":true,\"root"
	     "\":{\"priority\":32768,\"tree\":1,\"mac\":\"02:00:00:00:00:01\"},\"root_cost\":4,\"bridg"
	     "e\":{\"priority\":36864,\"tree\":10,\"mac\":\"02:00:00:00:00:02\"},\"port\":\"0x8002\","
	     "\"age_ms\":0,\"max_age_ms\":20000,\"hello_ms\":2000,\"forward_delay_ms\":15000}}\n"
	     "{\"stp\":{\"version\":\"stp\",\"type\":\"topology-change\"}}\n",
	     TURNS(CLIENT("BB\x03\0\0\0\0\x01\x80\x01\x02\0\0\0\0\x01\0\0\0\x04\x90\x0a\x02\0\0\0\0"
			  "\x02\x80\x02\x01\0\x14\0\x02\0\x0f\0"),
		   CLIENT("BB\x03\0\0\0\0\x01\x80\x01\x02\0\0\0\0\x01\0\0\0\x04\x90\x0a\x02\0\0\0\0"
			  "\x02\x80\x02\x01\0\x14\0\x02\0\x0f\0"),
		   CLIENT("BB\x03\0\0\0\0\x80\x80\x01\x02\0\0\0\0\x01\0\0\0\x04\x90\x0a\x02\0\0\0\0"
			  "\x02\x80\x02\0\0\x14\0\x02\0\x0f\0"),
		   CLIENT("BB\x03\0\0\0\x80")));
}

static void a_rapid_tree(void **unused)
{
	(void)unused;
	talk("stp", 0,
	     "{\"stp\":{\"version\":\"rstp\",\"type\":\"rapid\",\"proposal\":true,\"role\":\"designate"
	     "d\",\"learning\":true,\"forwarding\":true,\"agreement\":true,\"root\":{\"priority\":3276"
	     "8,\"tree\":1,\"mac\":\"02:00:00:00:00:01\"},\"root_cost\":4,\"bridge\":{\"priority\":368"
	     "64,\"tree\":10,\"mac\":\"02:00:00:00:00:02\"},\"port\":\"0x8002\",\"age_ms\":0,\"max_age"
	     "_ms\":20000,\"hello_ms\":2000,\"forward_delay_ms\":15000}}\n",
	     TURNS(CLIENT("BB\x03\0\0\x02\x02~\x80\x01\x02\0\0\0\0\x01\0\0\0\x04\x90\x0a\x02\0\0\0"
			  "\0\x02\x80\x02\0\0\x14\0\x02\0\x0f\0\0")));
}

static void many_trees_of_a_region(void **unused)
{
	(void)unused;
	talk("stp", 0,
	     "{\"stp\":{\"version\":\"mstp\",\"type\":\"rapid\",\"role\":\"designated\",\"learning\":t"
	     "rue,\"forwarding\":true,\"root\":{\"priority\":32768,\"tree\":1,\"mac\":\"02:00:00:00:00"
	     ":01\"},\"root_cost\":4,\"bridge\":{\"priority\":36864,\"tree\":10,\"mac\":\"02:00:00:00:"
	     "00:02\"},\"port\":\"0x8002\",\"age_ms\":0,\"max_age_ms\":20000,\"hello_ms\":2000,\"forwa"
	     "rd_delay_ms\":15000,\"region\":\"region1\",\"revision\":7}}\n",
	     TURNS(CLIENT("BB\x03\0\0\x03\x02<\x80\x01\x02\0\0\0\0\x01\0\0\0\x04\x90\x0a\x02\0\0\0"
			  "\0\x02\x80\x02\0\0\x14\0\x02\0\x0f\0\0\0@\0region1\0\0\0\0\0\0\0\0\0\0\0"
			  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x07"
			  "dddddddddddddddd\0\0\0\0\x80\0\x02\0"
			  "\0\0\0\x02\x14")));
}

static void a_tree_for_each_vlan(void **unused)
{
	(void)unused;
	talk("stp", 0,
	     "{\"stp\":{\"version\":\"rstp\",\"type\":\"rapid\",\"per_vlan\":true,\"role\":\"designate"
	     "d\",\"learning\":true,\"forwarding\":true,\"root\":{\"priority\":32768,\"tree\":1,\"mac"
	     "\":\"02:00:00:00:00:01\"},\"root_cost\":4,\"bridge\":{\"priority\":36864,\"tree\":10,\"m"
	     "ac\":\"02:00:00:00:00:02\"},\"port\":\"0x8002\",\"age_ms\":0,\"max_age_ms\":20000,\"hell"
	     "o_ms\":2000,\"forward_delay_ms\":15000,\"originating_vlan\":10}}\n"
	     "{\"stp\":{\"version\":\"stp\",\"type\":\"configuration\",\"per_vlan\":true,\"root\":{\"p"
	     "riority\":32768,\"tree\":1,\"mac\":\"02:00:00:00:00:01\"},\"root_cost\":4,\"bridge\":{\""
	     "priority\":36864,\"tree\":10,\"mac\":\"02:00:00:00:00:02\"},\"port\":\"0x8002\",\"age_ms"
	     "\":0,\"max_age_ms\":20000,\"hello_ms\":2000,\"forward_delay_ms\":15000,\"originating_vla"
	     "n\":11}}\n",
	     TURNS(CLIENT("\0\0\x02\x02<\x80\x01\x02\0\0\0\0\x01\0\0\0\x04\x90\x0a\x02\0\0\0\0\x02"
			  "\x80\x02\0\0\x14\0\x02\0\x0f\0\0\0\0\0\x02\0\x0a"),
		   CLIENT("\0\0\0\0\0\x80\x01\x02\0\0\0\0\x01\0\0\0\x04\x90\x0a\x02\0\0\0\0\x02\x80"
			  "\x02\0\0\x14\0\x02\0\x0f\0\0\0\0\0\x02\0\x0b")));
}

static void stp_that_cannot_be(void **unused)
{
	(void)unused;
	talk("stp", 0, "{\"broken\":\"client\",\"at\":3}\n",
	     TURNS(CLIENT("BB\x03\0\0\0\0\x01\x80\x01\x02\0\0\0\0\x01\0\0\0\x04\x90\x0a\x02\0\0\0\0"
			  "\x02\x80\x02\0\0\x14")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_asked_for),
		cmocka_unit_test(an_address_changes_hands),
		cmocka_unit_test(arp_that_is_not_of_ethernet),
		cmocka_unit_test(arp_that_is_cut),
		cmocka_unit_test(a_switch_tells_who_it_is),
		cmocka_unit_test(a_system_takes_its_leave),
		cmocka_unit_test(lldp_in_another_order),
		cmocka_unit_test(lldp_that_is_cut),
		cmocka_unit_test(a_device_tells_who_it_is),
		cmocka_unit_test(cdp_that_cannot_be),
		cmocka_unit_test(addresses_of_cdp_without_end),
		cmocka_unit_test(a_tree),
		cmocka_unit_test(a_rapid_tree),
		cmocka_unit_test(many_trees_of_a_region),
		cmocka_unit_test(a_tree_for_each_vlan),
		cmocka_unit_test(stp_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
