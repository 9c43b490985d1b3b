/* What is read of doors by which machines and their programs are controlled, and of menus: words of real
 * programs, shortened, and words built to the specifications. */
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void gopher_tells_what_is_wanted_and_where_menus_lead(void **unused)
{
	(void)unused;
	talk_tcp("gopher",
		 "{\"software\":\"server\",\"product\":\"Gophernicus\",\"version\":\"3.1.1\"}\n"
		 "{\"gopher\":{\"selector\":\"/doors\",\"search\":\"open ones\",\"answer\":\"menu\","
		 "\"entries\":{\"words\":2,\"menu\":1,\"text\":1,\"search\":1,\"88\":1},\"hosts\":["
		 "\"door.example\",\"hall.example\"],\"bytes\":196}}\n",
		 CLIENT("/doors\topen ones\r\n"),
		 SERVER("iDoors\tTITLE\tnull.host\t1\r\n1Cellar\t/cellar\tdoor.example\t70\r\n"
			"0Open\t/open\tdoor.example\t70\t+\r\n7Find\t/find\thall.example\t7070\r\n"
			"XOther\t/x\tdoor.example\t70\r\n"),
		 SERVER("iGophered by Gophernicus/3.1.1\t\tnull.host\t1\r\n.\r\n"));
}

static void gopher_knows_documents_and_errors(void **unused)
{
	(void)unused;
	talk_tcp("gopher",
		 "{\"gopher\":{\"selector\":\"/open\",\"gopher_plus\":true,\"answer\":\"document\",\"bytes\":"
		 "12}}\n",
		 CLIENT("/open\t+text/plain\r\n"), SERVER("open\nit is.\n"));
	talk_tcp("gopher",
		 "{\"gopher\":{\"selector\":\"/none\",\"search\":\"a\",\"gopher_plus\":true,\"answer\":"
		 "\"menu\",\"entries\":{\"error\":1},\"bytes\":21}}\n",
		 CLIENT("/none\ta\t$\r\n"), SERVER("3Not there\t\terror\t1\r\n"));
	talk_tcp("gopher",
		 "{\"gopher\":{\"selector\":\"\",\"answer\":\"menu\",\"entries\":{\"text\":1},\"hosts\":["
		 "\"h\"],\"bytes\":12}}\n{\"broken\":\"server\",\"at\":12}\n",
		 CLIENT("\r\n"), SERVER("0a\t/a\th\t70\r\nno entry\r\n"));
}

#define QMP_GREETS                                                                                           \
	"{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}, \"package\": "      \
	"\"Debian\"}, \"capabilities\": [\"oob\"]}}\r\n"

static void qemu_monitors_tell_commands_but_no_arguments(void **unused)
{
	(void)unused;
	talk_tcp("qemu-monitor",
		 "{\"software\":\"server\",\"product\":\"QEMU\",\"version\":\"7.2.22\"}\n"
		 "{\"weakness\":\"qemu-monitor-no-auth\",\"evidence\":\"stop was run without a login\"}\n"
		 "{\"qemu_monitor\":{\"monitor\":\"qmp\",\"package\":\"Debian\",\"commands\":["
		 "\"qmp_capabilities\",\"stop\",\"set_password\"],\"events\":[\"STOP\"],\"requests\":3,"
		 "\"responses\":3,\"errors\":1,\"last_error\":\"no \\\"vnc\\\" here\"}}\n",
		 SERVER(QMP_GREETS), CLIENT("{\"execute\": \"qmp_capabilities\"}\n"),
		 SERVER("{\"return\": {}}\r\n"),
		 CLIENT("{\"execute\":\"stop\",\"id\":{\"execute\":\"none\"}}"),
		 SERVER("{\"timestamp\": {\"seconds\": 1}, \"event\": \"STOP\"}\r\n"
			"{\"return\": [{\"event\": \"none\", \"return\": {}}, -1]}\r\n"),
		 CLIENT("{\"execute\":\"set_password\",\"arguments\":{\"protocol\":\"vnc\",\"password\":"
			"\"sesame\"}}"),
		 SERVER("{\"error\": {\"class\": \"GenericError\", \"desc\": \"no \\\"vnc\\\" here\"}}\r\n"));
}

static void qemu_monitors_for_people_tell_first_words(void **unused)
{
	(void)unused;
	talk_tcp("qemu-monitor",
		 "{\"software\":\"server\",\"product\":\"QEMU\",\"version\":\"7.2.22\"}\n"
		 "{\"weakness\":\"qemu-monitor-no-auth\",\"evidence\":\"info version was run without a "
		 "login\"}\n"
		 "{\"qemu_monitor\":{\"monitor\":\"human\",\"commands\":[\"info version\",\"set_password\"],"
		 "\"requests\":2}}\n",
		 SERVER("QEMU 7.2.22 monitor - type 'help' for more information\r\n(qemu) "),
		 CLIENT("info version all\r\r"), SERVER("i\033[Kin\033[K\r\n7.2.22\r\n(qemu) "),
		 CLIENT("set_password vnc sesame\n"));
}

static void what_a_monitor_asks_for_in_secret_is_not_told(void **unused)
{
	(void)unused;
	talk_tcp("qemu-monitor",
		 "{\"software\":\"server\",\"product\":\"QEMU\",\"version\":\"7.2.22\"}\n"
		 "{\"weakness\":\"qemu-monitor-no-auth\",\"evidence\":\"change was run without a login\"}\n"
		 "{\"qemu_monitor\":{\"monitor\":\"human\",\"commands\":[\"change\",\"stop\"],"
		 "\"requests\":2}}\n",
		 SERVER("QEMU 7.2.22 monitor - type 'help' for more information\r\n(qemu) "),
		 CLIENT("change vnc password\n"), SERVER("change vnc password\r\nPPassword: "),
		 CLIENT("hush\n"), SERVER("\r\n(qemu) "), CLIENT("stop\n"));
}

static void qemu_monitors_say_nothing_else(void **unused)
{
	(void)unused;
	talk_tcp("qemu-monitor",
		 "{\"qemu_monitor\":{\"monitor\":\"qmp\",\"requests\":0,\"responses\":0,\"errors\":0}}\n"
		 "{\"broken\":\"server\",\"at\":2}\n",
		 SERVER("{}null"));
	talk_tcp("qemu-monitor",
		 "{\"qemu_monitor\":{\"monitor\":\"qmp\",\"requests\":0,\"responses\":0,\"errors\":0}}\n"
		 "{\"broken\":\"client\",\"at\":63}\n",
		 CLIENT("{[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["));
	talk_tcp("qemu-monitor",
		 "{\"qemu_monitor\":{\"monitor\":\"human\",\"requests\":0}}\n{\"broken\":\"server\",\"at\":6}"
		 "\n",
		 SERVER("hello\n"));
}

#define LINK(channel, abilities)                                                                             \
	"REDQ\2\0\0\0\2\0\0\0\x16\0\0\0\0\0\0\0" channel "\0\1\0\0\0\0\0\0\0\x12\0\0\0" abilities "\0\0\0"
#define KEY_18  "0123456789abcdefgh"
#define KEY_162 KEY_18 KEY_18 KEY_18 KEY_18 KEY_18 KEY_18 KEY_18 KEY_18 KEY_18
#define LINK_REPLY(error, abilities)                                                                         \
	"REDQ\2\0\0\0\2\0\0\0\xb6\0\0\0" error "\0\0\0" KEY_162 "\1\0\0\0\0\0\0\0\xb2\0\0\0" abilities       \
	"\0\0\0"
#define TICKET_128 KEY_18 KEY_18 KEY_18 KEY_18 KEY_18 KEY_18 KEY_18 "ab"

static void spice_tells_channels_and_machines(void **unused)
{
	(void)unused;
	talk_tcp("spice",
		 "{\"weakness\":\"spice-clear\",\"evidence\":\"the channel main was opened without TLS\"}\n"
		 "{\"spice\":{\"version\":\"2.2\",\"channel\":\"main\",\"channel_type\":1,\"channel_number\":"
		 "0,\"session\":7,\"mechanism\":\"password\",\"login\":\"accepted\",\"machine\":\"door\","
		 "\"uuid\":\"00010203-0405-0607-0809-0a0b0c0d0e0f\",\"requests\":2,\"responses\":4}}\n",
		 CLIENT(LINK("\1", "\x0d")), SERVER(LINK_REPLY("\0", "\x0b")), CLIENT("\1\0\0\0" TICKET_128),
		 SERVER("\0\0\0\0\x67\0\6\0\0\0\7\0\0\0xx"), CLIENT("\x68\0\0\0\0\0"),
		 SERVER("\x71\0\x09\0\0\0\5\0\0\0door\0\x72\0\x10\0\0\0\0\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c"
			"\x0d"
			"\x0e\x0f\4\0\3\0\0\0abc"),
		 CLIENT("\3\0\2\0\0\0ab"));
}

/* Neither side can choose how to log in, or leave half of the head out. */
static void spice_has_old_clients(void **unused)
{
	(void)unused;
	talk_tcp("spice",
		 "{\"weakness\":\"spice-clear\",\"evidence\":\"the channel display was opened without "
		 "TLS\"}\n"
		 "{\"spice\":{\"version\":\"2.2\",\"channel\":\"display\",\"channel_type\":2,"
		 "\"channel_number\":0,\"mechanism\":\"password\",\"login\":\"accepted\",\"requests\":1,"
		 "\"responses\":1}}\n",
		 CLIENT(LINK("\2", "\x09")), SERVER(LINK_REPLY("\0", "\x00")), CLIENT(TICKET_128),
		 SERVER("\0\0\0\0\1\0\0\0\0\0\0\0\x67\0\2\0\0\0\0\0\0\0ab"),
		 CLIENT("\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0"));
}

static void spice_refuses(void **unused)
{
	(void)unused;
	talk_tcp("spice",
		 "{\"spice\":{\"version\":\"2.2\",\"channel\":\"inputs\",\"channel_type\":3,"
		 "\"channel_number\":0,\"mechanism\":\"password\",\"login\":\"refused\",\"error\":"
		 "\"permission_denied\",\"requests\":0,\"responses\":0}}\n",
		 CLIENT(LINK("\3", "\x0d")), SERVER(LINK_REPLY("\0", "\x0b")), CLIENT("\1\0\0\0" TICKET_128),
		 SERVER("\7\0\0\0"));
	talk_tcp("spice",
		 "{\"spice\":{\"version\":\"2.2\",\"channel\":\"main\",\"channel_type\":1,\"channel_number\":"
		 "0,\"mechanism\":\"sasl\",\"requests\":0,\"responses\":0}}\n{\"done\":\"client\"}\n",
		 CLIENT(LINK("\1", "\x0d")), SERVER(LINK_REPLY("\0", "\x0b")),
		 CLIENT("\2\0\0\0\5\0\0\0PLAIN"));
	talk_tcp("spice", "{\"spice\":{\"requests\":0,\"responses\":0}}\n{\"broken\":\"client\",\"at\":0}\n",
		 CLIENT("REDX\2\0\0\0\2\0\0\0\x16\0\0\0"));
}

#define CALL                                                                                                 \
	"l\1\0\1\0\0\0\0\1\0\0\0\x6e\0\0\0\1\1o\0\x15\0\0\0/org/freedesktop/DBus\0\0\0"                      \
	"\6\1s\0\x14\0\0\0org.freedesktop.DBus\0\0\0\0\2\1s\0\x14\0\0\0org.freedesktop.DBus\0\0\0\0"         \
	"\3\1s\0\5\0\0\0Hello\0\0\0"

static void dbus_tells_who_calls_what(void **unused)
{
	(void)unused;
	talk_tcp(
		"dbus",
		"{\"software\":\"client\",\"product\":\"libdbus\",\"version\":\"1.14\"}\n"
		"{\"weakness\":\"dbus-anonymous\",\"evidence\":\"it took a client with the mechanism "
		"ANONYMOUS\"}\n"
		"{\"dbus\":{\"mechanisms\":\"EXTERNAL ANONYMOUS\",\"mechanism\":\"ANONYMOUS\",\"trace\":"
		"\"libdbus 1.14\",\"login\":\"accepted\",\"messages\":{\"method_call\":1,\"method_return\":1,"
		"\"error\":1,\"signal\":1},\"destinations\":[\"org.freedesktop.DBus\"],\"methods\":["
		"\"org.freedesktop.DBus.Hello\"],\"signals\":[\"a.B.C\"],\"errors\":[\"a.No\"]}}\n",
		CLIENT("\0AUTH EXTERNAL 30\r\n"), SERVER("REJECTED EXTERNAL ANONYMOUS\r\n"),
		CLIENT("AUTH ANONYMOUS 6c69626462757320312e3134\r\n"),
		SERVER("OK 7fee731c1502d2c605ba5e176b038714\r\n"), CLIENT("BEGIN\r\n" CALL),
		SERVER("l\2\0\1\2\0\0\0\1\0\0\0\x0f\0\0\0\5\1u\0\1\0\0\0\x08\1g\0\1s\0\0hi"
		       "B\3\0\1\0\0\0\0\0\0\0\2\0\0\0\x0d\4\1s\0\0\0\0\4a.No\0\0\0\0"
		       "l\4\0\1\0\0\0\0\3\0\0\0\x1a\0\0\0\2\1s\0\3\0\0\0a."
		       "B\0\0\0\0\0\3\1s\0\1\0\0\0C\0\0\0\0\0\0\0"));
}

static void dbus_tells_users(void **unused)
{
	(void)unused;
	talk_tcp(
		"dbus",
		"{\"dbus\":{\"mechanism\":\"EXTERNAL\",\"user\":\"1000\",\"login\":\"accepted\",\"messages\":"
		"{\"method_call\":1},\"destinations\":[\"org.freedesktop.DBus\"],\"methods\":["
		"\"org.freedesktop.DBus.Hello\"]}}\n",
		CLIENT("\0AUTH EXTERNAL\r\nDATA 31303030\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n" CALL),
		SERVER("DATA\r\nOK 7fee731c1502d2c605ba5e176b038714\r\nAGREE_UNIX_FD\r\n"));
	talk_tcp("dbus",
		 "{\"dbus\":{\"mechanism\":\"DBUS_COOKIE_SHA1\",\"user\":\"joe\"}}\n"
		 "{\"broken\":\"client\",\"at\":53}\n",
		 CLIENT("\0AUTH DBUS_COOKIE_SHA1 6a6f65\r\nDATA 31323334\r\nBEGIN\r\nno message"));
	talk_tcp("dbus", "{\"dbus\":{}}\n{\"broken\":\"client\",\"at\":0}\n", CLIENT("AUTH\r\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gopher_tells_what_is_wanted_and_where_menus_lead),
		cmocka_unit_test(gopher_knows_documents_and_errors),
		cmocka_unit_test(qemu_monitors_tell_commands_but_no_arguments),
		cmocka_unit_test(qemu_monitors_for_people_tell_first_words),
		cmocka_unit_test(what_a_monitor_asks_for_in_secret_is_not_told),
		cmocka_unit_test(qemu_monitors_say_nothing_else),
		cmocka_unit_test(spice_tells_channels_and_machines),
		cmocka_unit_test(spice_has_old_clients),
		cmocka_unit_test(spice_refuses),
		cmocka_unit_test(dbus_tells_who_calls_what),
		cmocka_unit_test(dbus_tells_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
