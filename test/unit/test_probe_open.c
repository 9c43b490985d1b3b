/* The probes of servers that ask nobody who he is: debuggers, monitors, sockets of programs. What they tell,
 * and what that means. What holds for every probe stands in test_probes.c. */
#include "protocols/protocols.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* A text with zeros in it, as it was sent. */
#define SENT(text)                                                                                           \
	{                                                                                                    \
		(const uint8_t *)(text), (const uint8_t *)(text) + sizeof(text) - 1, false                   \
	}
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Holds a conversation in which the server says these words whatever it is asked, and then ends. */
static enum probe_step converse(const char *name, unsigned transport, struct span words,
				struct answer *ret_answer)
{
	const struct protocol *const protocol = protocol_named(span_text(name));
	_Alignas(max_align_t) uint8_t state[PROBE_STATE_LIMIT] = { 0 };
	struct buffer out = buffer_new(4096);
	enum probe_step step;

	assert_non_null(protocol);
	memset(ret_answer, 0, sizeof(*ret_answer));
	if (protocol->probe->greet != NULL)
		protocol->probe->greet(state, transport, &out);
	step = protocol->probe->hear(state, &words, false, &out, ret_answer);
	if (step == PROBE_WAIT)
		step = protocol->probe->hear(state, &words, true, &out, ret_answer);
	assert_false(out.failed);
	buffer_free(&out);
	return step;
}

static bool has_weakness(const struct answer *answer, const char *id)
{
	for (size_t i = 0; i < answer->weakness_count; i++)
		if (strcmp(answer->weaknesses[i].weakness->id, id) == 0)
			return true;
	return false;
}

#define JDWP_VERSION                                                                                         \
	"\0\0\0\x35\0\0\0\x01\x80\0\0"                                                                       \
	"\0\0\0\x01x\0\0\0\x11\0\0\0\0\0\0\0\x09"                                                            \
	"17.0.21.1"                                                                                          \
	"\0\0\0\x0c"                                                                                         \
	"OpenJDK Zero"
#define CONSOLE  "Tarantool 2.6.0 (Lua console)\ntype 'help' for interactive help\n"
#define GANGLIA  "<?xml version=\"1.0\"?>\n<!DOCTYPE GANGLIA_XML [\n]>\n"
#define RELEASED "\x00\x0c\x11\x5a\xe2\xd8\xd3\xf1\xf1\xf0\xf5\xf5"
#define DB2                                                                                                  \
	"\x00\x23\xd0\x02\x00\x01\x00\x1d\x14\x43"                                                           \
	"\x00\x0d\x11\x47\xd8\xc4\xc2\xf2\x61\xd3\xd5\xe7\xf6" RELEASED

#define CORE                                                                                                 \
	"\0\0\0\x02\0\0\0\x1d\0\0\0\x02\0\0\0\x0c\0\0\0\0\x0a"                                               \
	"Configured\0\0\0\x01\0\0"

#define LOGINS "\0\0\0\x24\x20\0\x80\x86\0\0\0\x01\0\0\0\x42\0\0\0\x01\0\0\0\x01\0\0\0\0"

#define ZEROS_20 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define ZEROS_240                                                                                            \
	ZEROS_20 ZEROS_20 ZEROS_20 ZEROS_20 ZEROS_20 ZEROS_20 ZEROS_20 ZEROS_20 ZEROS_20 ZEROS_20 ZEROS_20   \
		ZEROS_20
/* A description with texts of 256 octets, and behind them a serial number and the name of the data path. */
#define SWITCH                                                                                               \
	"\x06\0\0\x08\0\0\0\x02\x04\x13\x04\x30\0\0\0\x02\0\0\0\0\0\0\0\0"                                   \
	"Nicira, Inc.\0\0\0\0" ZEROS_240 "Open vSwitch\0\0\0\0" ZEROS_240                                    \
	"3.1.0\0\0\0\0\0\0\0\0\0\0\0" ZEROS_240                                                              \
	"None\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"                                       \
	"None\0\0\0\0\0\0\0\0\0\0\0\0" ZEROS_240

static void servers_tell_what_they_are_and_whether_all_may_come(void **unused)
{
	static const struct {
		const char *protocol;
		struct span words;
		const char *product, *version, *weakness;
	} cases[] = {
		{ "jdwp", SENT("JDWP-Handshake" JDWP_VERSION), "OpenJDK", "17.0.21.1", "jdwp-no-auth" },
		{ "fastcgi",
		  SENT("\x01\x0a\0\0\0\x12\x06\0\x0f\x01"
		       "FCGI_MPXS_CONNS0\0\0\0\0\0\0"),
		  "PHP-FPM", "", "fastcgi-open" },
		{ "fastcgi",
		  SENT("\x01\x0a\0\0\0\x11\x00\0\x0e\x01"
		       "FCGI_MAX_CONNS1"),
		  "", "", "fastcgi-open" },
		{ "zeromq",
		  SENT("\xff\0\0\0\0\0\0\0\x01\x7f\x03\x01NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
		       "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
		  "", "", "zeromq-no-auth" },
		{ "dbus", SENT("REJECTED EXTERNAL ANONYMOUS\r\n"), "", "", "dbus-anonymous" },
		{ "dbus", SENT("REJECTED EXTERNAL DBUS_COOKIE_SHA1\r\n"), "", "", NULL },
		{ "quassel", SENT(CORE), "Quassel", "", "quassel-not-set-up" },
		{ "libvirt", SENT(LOGINS "\0\0\0\x01\0\0\0\0"), "libvirt", "", "libvirt-no-auth" },
		{ "libvirt", SENT(LOGINS "\0\0\0\x01\0\0\0\x01"), "libvirt", "", NULL },
		{ "asterisk-ami", SENT("Asterisk Call Manager/5.0.2\r\n"), "Asterisk", "", NULL },
		{ "hylafax", SENT("220 fax.example server (HylaFAX (tm) Version 6.0.7) ready.\r\n"),
		  "HylaFAX", "6.0.7", NULL },
		{ "icap",
		  SENT("ICAP/1.0 404 Service not found\r\nServer: C-ICAP/0.5.10\r\nConnection: "
		       "close\r\n\r\n"),
		  "c-icap", "0.5.10", NULL },
		{ "rrdcached", SENT("5 Help for STATS\nUsage: STATS\n\n"), "rrdcached", "",
		  "rrdcached-open" },
		{ "hamlib", SENT("get_info:\nInfo: Nothing much (dummy)\nRPRT 0\n"), "Hamlib", "",
		  "hamlib-open" },
		{ "bzr", SENT("ok\0012\n"), "", "", NULL },
		{ "lcdproc", SENT("connect LCDproc 0.5.9 protocol 0.3 lcd wid 20 hgt 4\n"), "LCDproc",
		  "0.5.9", NULL },
		{ "relp",
		  SENT("1 rsp 93 200 OK\nrelp_version=0\n"
		       "relp_software=librelp,1.11.0,http://librelp.adiscon.com\ncommands=syslog\n"),
		  "librelp", "1.11.0", NULL },
		{ "ovsdb",
		  SENT("{\"id\":1,\"result\":[\"Open_vSwitch\",\"_Server\"],\"error\":null}"
		       "{\"id\":2,\"result\":[{\"rows\":[{\"ovs_version\":\"3.1.0\"}]}],\"error\":null}"),
		  "Open vSwitch", "3.1.0", "ovsdb-no-auth" },
		{ "openflow", SENT(SWITCH), "Open vSwitch", "3.1.0", "openflow-no-auth" },
		{ "openflow", SENT("\x06\0\0\x08\0\0\0\x02\x04\x01\0\x0c\0\0\0\x02\0\x01\0\x01"), "", "",
		  NULL },
		{ "teamspeak-query",
		  SENT("TS3\n\rWelcome to the TeamSpeak 3 ServerQuery interface, type \"help\"\n\r"
		       "version=3.13.7 build=1655727713 platform=Linux\n\rerror id=0 msg=ok\n\r"),
		  "TeamSpeak", "3.13.7", NULL },
		{ "vmware-authd",
		  SENT("220 VMware Authentication Daemon Version 1.10: SSL Required, NFCSSL supported\r\n"),
		  "", "", NULL },
		{ "deluge",
		  SENT("\x01\0\0\0\x11\x78\x9c\x3b\xcc\xc8\xd8\x6a\xa4\x67\xa0\x67\x0c\0\x0c\xe2\x02\x3c"),
		  "Deluge", "2.0.3", NULL },
		{ "deluge",
		  SENT("\x01\0\0\0\x11\x78\x9c\x3d\xcc\xc8\xd8\x6a\xa4\x67\xa0\x67\x0c\0\x0c\xe2\x02\x3c"),
		  "Deluge", "", NULL },
		{ "tarantool", SENT(CONSOLE), "Tarantool", "2.6.0", "tarantool-console-open" },
		{ "tarantool", SENT("Tarantool 2.6.0 (Binary) a250bcb3\n"), "Tarantool", "2.6.0", NULL },
		{ "qemu-monitor", SENT("QEMU 7.2.22 monitor - type 'help' for more information\r\n(qemu) "),
		  "QEMU", "7.2.22", "qemu-monitor-no-auth" },
		{ "qemu-monitor",
		  SENT("{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}, "
		       "\"package\": \"\"}, \"capabilities\": [\"oob\"]}}\r\n"),
		  "QEMU", "7.2.22", "qemu-monitor-no-auth" },
		{ "ganglia", SENT(GANGLIA "<GANGLIA_XML VERSION=\"3.7.2\" SOURCE=\"gmond\">\n"),
		  "Ganglia gmond", "3.7.2", NULL },
		{ "ganglia", SENT(GANGLIA "<GANGLIA_XML VERSION=\"3.7.2\" SOURCE=\"gmetad\">\n"),
		  "Ganglia gmetad", "3.7.2", NULL },
		{ "drda", SENT(DB2), "IBM Db2", "11.5.5", NULL },
		{ "telnet",
		  SENT("\r\nHello, this is FRRouting (version 8.4.4).\r\nCopyright 1996-2005 Kunihiro "
		       "Ishiguro, et al.\r\n\r\n\r\nUser Access Verification\r\n\r\n"
		       "\xff\xfb\x01\xff\xfb\x03\xff\xfe\"\xff\xfd\x1fPassword: "),
		  "FRRouting", "8.4.4", NULL },
	};
	struct answer answer;

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(converse(cases[i].protocol, TRANSPORT_TCP, cases[i].words, &answer),
				 PROBE_DONE);
		assert_string_equal(answer.product, cases[i].product);
		assert_string_equal(answer.version, cases[i].version);
		assert_int_equal(answer.weakness_count, cases[i].weakness != NULL);
		if (cases[i].weakness != NULL)
			assert_true(has_weakness(&answer, cases[i].weakness));
	}
}

/* What comes back as it was said is nobody's answer. */
static void an_echo_is_no_debugger(void **unused)
{
	struct answer answer;

	(void)unused;
	assert_int_equal(converse("jdwp", TRANSPORT_TCP,
				  (struct span)SENT("JDWP-Handshake\0\0\0\x0b\0\0\0\x01\0\x01\x01"), &answer),
			 PROBE_NOT);
	assert_int_equal(answer.weakness_count, 0);
}

#define CAPABILITIES(types, logins)                                                                          \
	"\x06\0\xff\x07\0\0\0\0\0\0\0\0\0\x10\x81\x1c\x63\x20\0\x38\0\x01" types logins "\x03\0\0\0\0\0\0"

static void a_management_controller_tells_how_one_may_log_in(void **unused)
{
	struct answer answer;

	(void)unused;
	assert_int_equal(
		converse("ipmi", TRANSPORT_UDP, (struct span)SENT(CAPABILITIES("\x97", "\x04")), &answer),
		PROBE_DONE);
	assert_string_equal(answer_get(&answer, "authentication"), "none, md2, md5, password");
	assert_string_equal(answer_get(&answer, "versions"), "1.5, 2.0");
	assert_true(has_weakness(&answer, "ipmi-no-authentication"));
	assert_false(has_weakness(&answer, "ipmi-anonymous-login"));
	(void)converse("ipmi", TRANSPORT_UDP, (struct span)SENT(CAPABILITIES("\x84", "\x02")), &answer);
	assert_string_equal(answer_get(&answer, "authentication"), "md5");
	assert_false(has_weakness(&answer, "ipmi-no-authentication"));
	assert_true(has_weakness(&answer, "ipmi-anonymous-login"));
}

static void clients_of_torrents_tell_their_library(void **unused)
{
	struct answer answer;

	(void)unused;
	assert_int_equal(converse("bittorrent", TRANSPORT_UDP,
				  (struct span)SENT("d1:rd2:id20:aaaaaaaaaaaaaaaaaaaae1:t2:dw1:v4:LT\x02\x08"
						    "1:y1:re"),
				  &answer),
			 PROBE_DONE);
	assert_string_equal(answer.product, "libtorrent");
	assert_string_equal(answer.version, "2.0.8");
}

/* NSCA's 128 octets of noise, and a time that is near. */
static void noise_with_the_time_behind_it_is_nsca(void **unused)
{
	static const int64_t now_s = 1795354000;
	const struct protocol *const nsca = protocol_named(span_text("nsca"));
	uint8_t words[132] = { 0x19, 0x5b };

	(void)unused;
	for (int64_t off = -1200; off <= 1200; off += 300) {
		const uint32_t told = (uint32_t)(now_s + off);

		for (size_t i = 0; i < 4; i++)
			words[128 + i] = (uint8_t)(told >> (24 - 8 * i));
		assert_int_equal(nsca->tells_time(span_of(words, sizeof(words)), now_s * 1000000000),
				 off >= -600 && off <= 600);
		assert_false(nsca->tells_time(span_of(words, sizeof(words) - 1), now_s * 1000000000));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(servers_tell_what_they_are_and_whether_all_may_come),
		cmocka_unit_test(an_echo_is_no_debugger),
		cmocka_unit_test(a_management_controller_tells_how_one_may_log_in),
		cmocka_unit_test(clients_of_torrents_tell_their_library),
		cmocka_unit_test(noise_with_the_time_behind_it_is_nsca),
	};

	return cmocka_run_group_tests_name("probes of open servers", tests, NULL, NULL);
}
