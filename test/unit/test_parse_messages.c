/* What is read of chat, messages, logs and discovery. */
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void syslog_tells_who_logs(void **unused)
{
	(void)unused;
	talk_udp("syslog",
		 "{\"syslog\":{\"facility\":\"local4\",\"severity\":\"notice\",\"version\":1,"
		 "\"timestamp\":\"2003-10-11T22:14:15.003Z\",\"hostname\":\"host"
		 "\",\"appname\":\"evntslog\",\"procid\":\"12\",\"msgid\":\"ID47"
		 "\",\"structured_data\":\"[a@1 x=\\\"\\\\]\\\"][b]\",\"length\":69}}\n"
		 "{\"syslog\":{\"facility\":\"auth\",\"severity\":\"crit"
		 "\",\"timestamp\":\"Oct 11 22:14:15\",\"hostname\":\"host\",\"appname"
		 "\":\"su\",\"procid\":\"77\",\"length\":35}}\n"
		 "{\"syslog\":{\"facility\":\"kern\",\"severity\":\"emerg"
		 "\",\"timestamp\":\"Oct 11 22:14:15\",\"appname\":\"su\",\"length\":27}}\n"
		 "{\"syslog\":{\"facility\":\"user\",\"severity\":\"notice\",\"length\":8,"
		 "\"malformed\":true,\"malformed_count\":1}}\n"
		 "{\"syslog\":{\"facility\":\"user\",\"severity\":\"notice\",\"version\":1,"
		 "\"length\":13}}\n",
		 CLIENT("<165>1 2003-10-11T22:14:15.003Z host evntslog 12 ID47 [a@1 x=\"\\]\"][b] text"),
		 CLIENT("<34>Oct 11 22:14:15 host su[77]: secret"), CLIENT("<0>Oct 11 22:14:15 su: no host"),
		 CLIENT("<13>anything\n"), CLIENT("<13>1 - - - - - -"));
	talk_udp("syslog", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("<192>x"));
}

static void syslog_takes_both_framings(void **unused)
{
	(void)unused;
	talk_tcp("syslog",
		 "{\"syslog\":{\"facility\":\"auth\",\"severity\":\"crit"
		 "\",\"timestamp\":\"Oct 11 22:14:15\",\"hostname\":\"host\",\"appname"
		 "\":\"su\",\"length\":26}}\n"
		 "{\"syslog\":{\"facility\":\"user\",\"severity\":\"notice\",\"length\":5,"
		 "\"malformed\":true,\"malformed_count\":1}}\n",
		 CLIENT("<34>Oct 11 22:14:15 host su: a\n\n<13>plain\r\n"));
	talk_tcp("syslog",
		 "{\"syslog\":{\"facility\":\"user\",\"severity\":\"notice\",\"version\":1,"
		 "\"hostname\":\"h\",\"appname\":\"a\",\"procid\":\"12\",\"length\":18}}\n"
		 "{\"syslog\":{\"facility\":\"user\",\"severity\":\"notice\",\"version\":1,"
		 "\"hostname\":\"h\",\"appname\":\"a\",\"procid\":\"12\",\"length\":18}}\n",
		 CLIENT("22 <13>1 - h a 12 - - b\n 22 <13>1 - h a 12 - - bcd"));
	talk_tcp("syslog",
		 "{\"syslog\":{\"facility\":\"user\",\"severity\":\"notice\",\"length\":1,"
		 "\"malformed\":true,\"malformed_count\":1}}\n",
		 CLIENT("<34>Oct 11 22:14:15 host su: a"), LOST(SIDE_CLIENT, 9), CLIENT("x\n<13>b\n"));
	talk_tcp("syslog", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("hello\n"));
}

static void ssdp_tells_questions_answers_and_notices(void **unused)
{
	const struct turn turns[] = {
		talk_first("ssdp.client.udp.specification"),
		talk_first("ssdp.server.udp.specification"),
		talk_first("ssdp.client.udp.specification-notify"),
	};

	(void)unused;
	talk("ssdp", TRANSPORT_UDP,
	     "{\"ssdp\":{\"method\":\"M-SEARCH\",\"host\":\"239.255.255.250:1900"
	     "\",\"st\":\"ssdp:all\",\"mx\":\"2\"}}\n"
	     "{\"software\":\"server\",\"product\":\"MiniDLNA\",\"version\":\"1.3.0\"}\n"
	     "{\"ssdp\":{\"type\":\"response\",\"st\":\"upnp:rootdevice"
	     "\",\"usn\":\"uuid:4d696e69-444c-164e-9d41-000000000000::upnp:rootdevice"
	     "\",\"location\":\"http://192.0.2.7:49152/description.xml"
	     "\",\"server\":\"Linux/6.1 UPnP/1.0 MiniDLNA/1.3.0\"}}\n"
	     "{\"software\":\"client\",\"product\":\"MiniDLNA\",\"version\":\"1.3.0\"}\n"
	     "{\"ssdp\":{\"method\":\"NOTIFY\",\"host\":\"239.255.255.250:1900"
	     "\",\"nt\":\"upnp:rootdevice\",\"nts\":\"ssdp:alive"
	     "\",\"usn\":\"uuid:4d696e69-444c-164e-9d41-000000000000::upnp:rootdevice"
	     "\",\"location\":\"http://192.0.2.7:49152/description.xml"
	     "\",\"server\":\"Linux/6.1 UPnP/1.0 MiniDLNA/1.3.0\"}}\n",
	     turns, 3);
}

static void irc_tells_names_and_channels(void **unused)
{
	(void)unused;
	talk_tcp("irc",
		 "{\"weakness\":\"irc-clear-login\",\"evidence\":\"PASS\"}\n"
		 "{\"software\":\"server\",\"product\":\"ngircd\",\"version\":\"26.1\"}\n"
		 "{\"irc\":{\"nick\":\"joe_\",\"user\":\"joe\",\"real_name\":\"Joe Example"
		 "\",\"server\":\"irc.example.com\",\"channels\":[\"#doors\"],\"messages_toserver\":1,"
		 "\"messages_toclient\":2}}\n",
		 SERVER("NOTICE AUTH :*** Looking up\r\n"),
		 CLIENT("PASS secret\r\nNICK joe\r\nUSER joe 0 * :Joe Example\r\n"),
		 SERVER(":irc.example.com 001 joe_ :Welcome\r\n:irc.example.com 004 joe_ irc.example.com "
			"ngircd-26.1 o o\r\n"),
		 CLIENT("JOIN :\r\nJOIN #doors key\r\nPRIVMSG #doors :hello\r\n"),
		 SERVER(":ann!a@b PRIVMSG #doors :hello\r\n"));
	talk_tcp("irc",
		 "{\"weakness\":\"irc-clear-login\",\"evidence\":\"AUTHENTICATE PLAIN by joe\"}\n"
		 "{\"irc\":{\"nick\":\"joe\",\"auth_mechanism\":\"PLAIN\",\"auth_user\":\"joe\",\"messages_"
		 "toserver\":0,"
		 "\"messages_toclient\":0}}\n",
		 CLIENT("NICK joe\r\nAUTHENTICATE PLAIN\r\n"), SERVER("AUTHENTICATE +\r\n"),
		 CLIENT("AUTHENTICATE AGpvZQBzZWNyZXQ=\r\n"));
	talk_tcp("irc",
		 "{\"irc\":{\"messages_toserver\":0,\"messages_toclient\":0}}\n"
		 "{\"upgrade\":\"tls\"}\n",
		 CLIENT("STARTTLS\r\n"), SERVER(":a 670 * :STARTTLS successful\r\n"), CLIENT("\026\003\001"));
}

static void xmpp_tells_names_and_the_login(void **unused)
{
	(void)unused;
	talk_tcp("xmpp",
		 "{\"weakness\":\"xmpp-clear-login\",\"evidence\":\"auth with PLAIN by joe\"}\n"
		 "{\"xmpp\":{\"to\":\"example.com\",\"from\":\"example.com\",\"version\":\"1.0"
		 "\",\"namespace\":\"jabber:client\",\"mechanisms\":[\"PLAIN\",\"SCRAM-SHA-1"
		 "\"],\"starttls\":false,\"auth_mechanism\":\"PLAIN\",\"user\":\"joe"
		 "\",\"authenticated\":true,\"toserver\":{\"message\":1,\"presence\":1,\"iq\":0},"
		 "\"toclient\":{\"message\":0,\"presence\":0,\"iq\":1}}}\n",
		 CLIENT("<?xml version='1.0'?><stream:stream to='example.com' xmlns='jabber:client' "
			"version='1.0'>"),
		 SERVER("<?xml version='1.0'?><stream:stream from=\"example.com\" "
			"version='1.0'><stream:features><mechanisms>"
			"<mechanism>PLAIN</mechanism><mechanism>SCRAM-SHA-1</mechanism></mechanisms></"
			"stream:features>"),
		 CLIENT("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
			"mechanism='PLAIN'>AGpvZQBzZWNyZXQ=</auth>"),
		 SERVER("<success/>"), CLIENT("<presence/><message to='ann'><body>hi</body></message>"),
		 SERVER("<iq type='result'/>"));
	talk_tcp("xmpp",
		 "{\"xmpp\":{\"to\":\"example.com\",\"starttls\":false,\"toserver\":{\"message\":0,"
		 "\"presence\":0,\"iq\":0},\"toclient\":{\"message\":0,\"presence\":0,\"iq\":0}}}\n"
		 "{\"upgrade\":\"tls\"}\n",
		 CLIENT("<stream:stream to='example.com'><starttls/>"), SERVER("<stream:stream><proceed/>"),
		 CLIENT("\026\003\001"));
}

static void mqtt_tells_the_login_and_topics(void **unused)
{
	const struct turn turns[] = {
		talk_first("mqtt.client.tcp.specification"), SERVER("\040\002\000\000"),
		CLIENT("\202\006\000\001\000\001#\000\060\006\000\003a/bx\060\006\000\003a/by"),
		SERVER("\220\003\000\001\000\060\005\000\001cyz")
	};

	(void)unused;
	talk("mqtt", TRANSPORT_TCP,
	     "{\"weakness\":\"mqtt-clear-login\",\"evidence\":\"a password was sent in the clear for u"
	     "ser joe\"}\n"
	     "{\"mqtt\":{\"connect\":{\"protocol_string\":\"MQTT\",\"protocol_version\":4,"
	     "\"flags\":{\"username\":true,\"password\":true,\"will\":false,\"clean_session\":true},"
	     "\"client_id\":\"sensor\",\"username\":\"joe\",\"keepalive\":60},"
	     "\"connack\":{\"return_code\":0},\"subscribed\":[\"#\"],\"published\":[\"a/b"
	     "\",\"c\"],\"published_toserver\":2,\"published_toclient\":1}}\n",
	     turns, 4);
	talk_tcp("mqtt",
		 "{\"weakness\":\"mqtt-no-auth\",\"evidence\":\"client door was let in without a name\"}\n"
		 "{\"mqtt\":{\"connect\":{\"protocol_string\":\"MQTT\",\"protocol_version\":5,"
		 "\"flags\":{\"username\":false,\"password\":false,\"will\":false,\"clean_session\":true},"
		 "\"client_id\":\"door\",\"keepalive\":60},\"connack\":{\"return_code\":0},"
		 "\"published_toserver\":0,\"published_toclient\":0}}\n",
		 CLIENT("\020\021\000\004MQTT\005\002\000\074\000\000\004door"),
		 SERVER("\040\003\000\000\000"));
	talk_tcp("mqtt", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("\000\001"));
}

static void nats_tells_both_sides(void **unused)
{
	const struct turn turns[] = { talk_first("nats.server.tcp.specification"),
				      talk_first("nats.client.tcp.specification"),
				      CLIENT("SUB doors 1\r\nPUB doors 5\r\nPUB a\r\n"),
				      SERVER("+OK\r\nMSG doors 1 5\r\nhello\r\n-ERR 'Slow'\r\n") };

	(void)unused;
	talk("nats", TRANSPORT_TCP,
	     "{\"software\":\"server\",\"product\":\"NATS server\",\"version\":\"2.9.10\"}\n"
	     "{\"weakness\":\"nats-clear-login\",\"evidence\":\"CONNECT with a secret of joe\"}\n"
	     "{\"nats\":{\"server_name\":\"alpha\",\"version\":\"2.9.10\",\"auth_required\":false,"
	     "\"tls_required\":false,\"user\":\"joe\",\"client_name\":\"doors"
	     "\",\"client_lang\":\"go\",\"client_version\":\"1.31.0\",\"published\":1,\"delivered\":1,"
	     "\"subscriptions\":1,\"subjects\":[\"doors\"],\"error\":\"'Slow'\"}}\n",
	     turns, 4);
	talk_tcp("nats",
		 "{\"software\":\"server\",\"product\":\"NATS server\",\"version\":\"2.9.10\"}\n"
		 "{\"nats\":{\"version\":\"2.9.10\",\"auth_required\":false,\"tls_required\":true,"
		 "\"published\":0,\"delivered\":0,\"subscriptions\":0}}\n"
		 "{\"upgrade\":\"tls\"}\n",
		 SERVER("INFO {\"server_id\":\"NA\",\"version\":\"2.9.10\",\"tls_required\":true}\r\n"),
		 CLIENT("\026\003\001"));
	talk_tcp("nats",
		 "{\"software\":\"server\",\"product\":\"NATS server\",\"version\":\"2.9.10\"}\n"
		 "{\"weakness\":\"nats-no-auth\",\"evidence\":\"INFO asks for no authentication\"}\n"
		 "{\"nats\":{\"version\":\"2.9.10\",\"auth_required\":false,\"tls_required\":false,"
		 "\"client_lang\":\"go\",\"published\":0,\"delivered\":0,\"subscriptions\":0}}\n",
		 SERVER("INFO {\"server_id\":\"NA\",\"version\":\"2.9.10\"}\r\n"),
		 CLIENT("CONNECT {\"lang\":\"go\"}\r\n"));
}

static void websocket_counts_frames(void **unused)
{
	(void)unused;
	talk_tcp("websocket",
		 "{\"websocket\":{\"toserver\":{\"frames\":2,\"text\":1,\"binary\":0,\"ping\":0,"
		 "\"payload_bytes\":5,\"close_code\":1000},\"toclient\":{\"frames\":3,\"text\":0,"
		 "\"binary\":1,\"ping\":1,\"payload_bytes\":6,\"close_code\":1000}}}\n",
		 CLIENT("\201\203abcd123"), SERVER("\202\176\000\004abcd\211\000"),
		 CLIENT("\210\202\000\000\000\000\003\350"), SERVER("\210\002\003\350"));
	talk_tcp("websocket", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("\203\000"));
}

static void irc_reads_behind_tags(void **unused)
{
	(void)unused;
	talk_tcp("irc",
		 "{\"weakness\":\"irc-clear-login\",\"evidence\":\"AUTHENTICATE PLAIN by joe\"}\n"
		 "{\"irc\":{\"nick\":\"joe\",\"server\":\"irc.example.com\",\"channels\":[\"#doors\"],"
		 "\"auth_mechanism\":\"PLAIN\",\"auth_user\":\"joe\",\"messages_toserver\":1,"
		 "\"messages_toclient\":1}}\n",
		 CLIENT("NICK joe\r\nAUTHENTICATE PLAIN\r\n"), SERVER("AUTHENTICATE +\r\n"),
		 CLIENT("AUTHENTICATE AGpvZQBzZWNyZXQ=\r\n"),
		 SERVER("@time=2026-01-01T00:00:00.000Z :irc.example.com 001 joe :Welcome\r\n"),
		 CLIENT("JOIN #doors\r\n@+draft/reply=1 PRIVMSG #doors :hello\r\n"),
		 SERVER("@time=2026-01-01T00:00:01.000Z;account=ann :ann!a@b PRIVMSG #doors :hello\r\n"));
}

static void syslog_reads_dates_and_counts_what_has_no_form(void **unused)
{
	(void)unused;
	talk_tcp("syslog",
		 "{\"syslog\":{\"facility\":\"user\",\"severity\":\"notice\",\"timestamp\":\"2023-11-14T22:"
		 "13:20."
		 "003+00:00\",\"hostname\":\"alpha\",\"appname\":\"app\",\"length\":46}}\n",
		 CLIENT("<13>2023-11-14T22:13:20.003+00:00 alpha app: hello\n"));
	talk_udp("syslog",
		 "{\"syslog\":{\"facility\":\"user\",\"severity\":\"notice\",\"length\":9,\"malformed\":true,"
		 "\"malformed_count\":1}}\n"
		 "{\"syslog\":{\"facility\":\"user\",\"severity\":\"notice\",\"timestamp\":\"2023-11-14T22:"
		 "13:20Z\","
		 "\"hostname\":\"alpha\",\"appname\":\"app\",\"procid\":\"7\",\"length\":40}}\n"
		 "{\"syslog\":{\"facility\":\"user\",\"severity\":\"notice\",\"length\":4,\"malformed\":true,"
		 "\"malformed_count\":2}}\n",
		 CLIENT("<13>app: what"), CLIENT("<13>2023-11-14T22:13:20Z alpha app[7]: hello"),
		 CLIENT("<13>what"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(syslog_tells_who_logs),
		cmocka_unit_test(syslog_takes_both_framings),
		cmocka_unit_test(ssdp_tells_questions_answers_and_notices),
		cmocka_unit_test(irc_tells_names_and_channels),
		cmocka_unit_test(xmpp_tells_names_and_the_login),
		cmocka_unit_test(mqtt_tells_the_login_and_topics),
		cmocka_unit_test(nats_tells_both_sides),
		cmocka_unit_test(websocket_counts_frames),
		cmocka_unit_test(irc_reads_behind_tags),
		cmocka_unit_test(syslog_reads_dates_and_counts_what_has_no_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
