/* Conversations with management controllers, debuggers of Java, programs behind FastCGI and sockets of
 * ZeroMQ: words of ipmi_sim, ipmitool, libzmq and PHP-FPM, and of the specifications. */
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void ipmi_tells_a_session_without_authentication(void **unused)
{
	(void)unused;
	talk_udp(
		"ipmi",
		"{\"weakness\":\"ipmi-no-authentication\",\"evidence\":\"a session was opened with ci"
		"pher suite 0\"}\n"
		"{\"weakness\":\"ipmi-no-encryption\",\"evidence\":\"a session was opened without enc"
		"ryption\"}\n"
		"{\"ipmi\":{\"version\":\"2.0\",\"user\":\"visitor\",\"privilege\":\"administrator\","
		"\"cipher_suite\":0,\"authentication\":\"none\",\"integrity\":\"none\",\"encryption\""
		":\"none\",\"login\":\"accepted\",\"commands\":{\"set_session_privilege_level\":1,\"g"
		"et_device_id\":1,\"close_session\":1},\"errors\":0,\"encrypted\":0,\"serial\":0,\"pi"
		"ngs\":0,\"pongs\":0,\"manufacturer_id\":4753,\"product_id\":3842,\"firmware\":\"9.08"
		"\"}}\n",
		CLIENT("\006\000\377\007\006\020\000\000\000\000\000\000\000\000 \000\000\000\000\000\244\243"
		       "\242\240\000\000\000\010\000\000\000\000\001\000\000\010\000\000\000\000\002\000\000"
		       "\010"
		       "\000\000\000\000"),
		SERVER("\006\000\377\007\006\021\000\000\000\000\000\000\000\000$\000\000\000\000\000\244\243"
		       "\242\240\202\000\000\000\000\000\000\010\000\000\000\000\001\000\000\010\000\000\000"
		       "\000"
		       "\002\000\000\010\000\000\000\000"),
		CLIENT("\006\000\377\007\006\022\000\000\000\000\000\000\000\000#\000\000\000\000\000\202\000"
		       "\000\000\344M\302\333\313=\364\345e-\042q\244\224\315A\024\000\000\007visitor"),
		SERVER("\006\000\377\007\006\023\000\000\000\000\000\000\000\000(\000\000\000\000\000\244\243"
		       "\242\240\354!h{~\301\314\2655\364\256z\353\333\030p\241#Eg\211\253\315\357\241#Eg\211"
		       "\253\315\357"),
		CLIENT("\006\000\377\007\006\024\000\000\000\000\000\000\000\000\010\000\000\000\000\000\202"
		       "\000"
		       "\000\000"),
		SERVER("\006\000\377\007\006\025\000\000\000\000\000\000\000\000\010\000\000\000\000\000\244"
		       "\243"
		       "\242\240"),
		CLIENT("\006\000\377\007\006\000\202\000\000\000\003\000\000\000\010\000 "
		       "\030\310\201\004;\004<"),
		SERVER("\006\000\377\007\006\000\244\243\242\240\001\000\000\000\011\000\201\034c "
		       "\004;\000\004"
		       "\235"),
		CLIENT("\006\000\377\007\006\000\202\000\000\000\005\000\000\000\007\000 "
		       "\030\310\201\014\001r"),
		SERVER("\006\000\377\007\006\000\244\243\242\240\003\000\000\000\027\000\201\034c "
		       "\014\001\000"
		       "\000\003\011\010\002\237\221\022\000\002\017\000\000\000\000j"),
		CLIENT("\006\000\377\007\006\000\202\000\000\000\011\000\000\000\013\000 "
		       "\030\310\201\034<\202"
		       "\000\000\000\245"),
		SERVER("\006\000\377\007\006\000\244\243\242\240\007\000\000\000\010\000\201\034c "
		       "\034<\000\210"));
}

static void ipmi_tells_a_password_of_1_5(void **unused)
{
	(void)unused;
	talk_udp(
		"ipmi",
		"{\"weakness\":\"ipmi-clear-login\",\"evidence\":\"login of user visitor\"}\n"
		"{\"weakness\":\"ipmi-no-encryption\",\"evidence\":\"a session of IPMI 1.5 was opened"
		"\"}\n"
		"{\"ipmi\":{\"version\":\"1.5\",\"user\":\"visitor\",\"privilege\":\"administrator\","
		"\"authentication\":\"password\",\"login\":\"accepted\",\"commands\":{\"get_channel_a"
		"uthentication_capabilities\":1,\"get_session_challenge\":1,\"activate_session\":1},"
		"\"errors\":0,\"encrypted\":0,\"serial\":0,\"pings\":1,\"pongs\":1}}\n",
		CLIENT("\006\000\377\006\000\000\021\276\200\000\000\000"),
		SERVER("\006\000\377\006\000\000\021\276@\000\000\020\000\000\021\276\000\000\000\000\201\000"
		       "\000\000\000\000\000\000"),
		CLIENT("\006\000\377\007\000\000\000\000\000\000\000\000\000\011 \030\310\201\0048\016\0041"),
		SERVER("\006\000\377\007\000\000\000\000\000\000\000\000\000\020\201\034c "
		       "\0048\000\001\027\004"
		       "\000\000\000\000\000\210"),
		CLIENT("\006\000\377\007\000\000\000\000\000\000\000\000\000\030 \030\310\201\0109\004visitor"
		       "\000\000\000\000\000\000\000\000\000*"),
		SERVER("\006\000\377\007\000\000\000\000\000\000\000\000\000\034\201\034c "
		       "\0109\000\205\000\000"
		       "\000\330\356~D\267\326Y\017\024\353h\077\341\303.\005 "),
		CLIENT("\006\000\377\007\004\000\000\000\000\205\000\000\000sesame\000\000\000\000\000\000"
		       "\000"
		       "\000\000\000\035 "
		       "\030\310\201\014:\004\004\330\356~D\267\326Y\017\024\353h\077\341\303."
		       "\005\007\373\014^\313"),
		SERVER("\006\000\377\007\004\007\373\014^"
		       "\205\000\000\000sesame\000\000\000\000\000\000\000\000"
		       "\000\000\022\201\034c \014:\000\004\002\001\000\000f\361)\264\004["));
}

/* A hash is given before anybody has logged in; the user has another password. */
static void ipmi_tells_a_hash_and_a_refusal(void **unused)
{
	(void)unused;
	talk_udp("ipmi",
		 "{\"weakness\":\"ipmi-hash-told\",\"evidence\":\"RAKP message 2 has one of user joe\""
		 "}\n"
		 "{\"ipmi\":{\"version\":\"2.0\",\"user\":\"joe\",\"privilege\":\"administrator\",\"lo"
		 "gin\":\"refused\",\"error\":\"invalid_integrity_check\",\"errors\":1,\"encrypted\":1"
		 ",\"serial\":1,\"pings\":0,\"pongs\":0}}\n",
		 CLIENT("\006\000\377\007\006\022\0\0\0\0\0\0\0\0\037\0\0\0\0\0\202\0\0\0abcdefghijklmnop"
			"\024\0\0\003joe"),
		 SERVER("\006\000\377\007\006\023\0\0\0\0\0\0\0\0\074\0\0\0\0\0\244\243\242\240"
			"abcdefghijklmnopABCDEFGHIJKLMNOP01234567890123456789"),
		 CLIENT("\006\000\377\007\006\024\0\0\0\0\0\0\0\0\010\0\0\017\0\0\202\0\0\0"),
		 CLIENT("\006\000\377\007\006\300\202\0\0\0\1\0\0\0\020\0ABCDEFGHIJKLMNOP\377\377\002\007"
			"012345678901"),
		 SERVER("\006\000\377\007\006\001\202\0\0\0\1\0\0\0\004\0\1\0\0\0"));
}

static void ipmi_passes_over_what_is_none(void **unused)
{
	(void)unused;
	talk_udp("ipmi",
		 "{\"ipmi\":{\"errors\":0,\"encrypted\":0,\"serial\":0,\"pings\":0,\"pongs\":0}}\n"
		 "{\"broken\":\"client\",\"at\":9}\n",
		 CLIENT("\006\000\377\007\003"), CLIENT("\006\000\007\006"), CLIENT("\006\000\1"));
}

static void jdwp_tells_what_a_debugger_does(void **unused)
{
	(void)unused;
	talk_tcp("jdwp",
		 "{\"weakness\":\"jdwp-no-auth\",\"evidence\":\"it answered a debugger\"}\n"
		 "{\"software\":\"server\",\"product\":\"OpenJDK\",\"version\":\"17.0.1\"}\n"
		 "{\"jdwp\":{\"virtual_machine\":\"OpenJDK VM\",\"version\":\"17.0.1\",\"commands\":{"
		 "\"virtual_machine\":6,\"event_request\":1,\"class_type\":2,\"object_reference\":1,\""
		 "interface_type\":1},\"classes\":[\"Ljava/lang/Runtime;\"],\"breakpoints\":1,\"invoca"
		 "tions\":3,\"instances\":1,\"strings\":1,\"redefinitions\":1,\"suspensions\":1,\"exit"
		 "s\":1,\"answers\":3,\"errors\":1,\"events\":1}}\n",
		 CLIENT("JDWP-Handshake"), SERVER("JDWP-Handshake"),
		 CLIENT("\000\000\000\013\000\000\000\001\000\001\001"),
		 SERVER("\000\000\0002\000\000\000\001\200\000\000\000\000\000\003a\012b\000\000\000\021\000"
			"\000\000\000\000\000\000\00617.0.1\000\000\000\012OpenJDK VM"),
		 CLIENT("\000\000\000\042\000\000\000\002\000\001\002\000\000\000\023Ljava/lang/Runtime;"),
		 SERVER("\000\000\000\017\000\000\000\002\200\000\000\000\000\000\000"),
		 CLIENT("\000\000\000\022\000\000\000\003\000\001\013\000\000\000\003who"),
		 SERVER("\000\000\000\013\000\000\000\003\200\000\024"),
		 CLIENT("\000\000\000\021\000\000\000\004\000\017\001\002\001\000\000\000\000\000\000\000\013"
			"\000\000\000\005\000\003\003\000\000\000\013\000\000\000\006\000\003\004\000\000\000"
			"\013\000\000\000\007\000\001\022\000\000\000\013\000\000\000\010\000\001\010\000\000"
			"\000\013\000\000\000\011\000\001\012\000\000\000\013\000\000\000\012\000\011\006\000"
			"\000\000\013\000\000\000\013\000\005\001"),
		 SERVER("\000\000\000\014\000\000\000\001\000@d\000"));
}

static void jdwp_is_not_what_has_other_flags(void **unused)
{
	(void)unused;
	talk_tcp("jdwp",
		 "{\"jdwp\":{\"breakpoints\":0,\"invocations\":0,\"instances\":0,\"strings\":0,\"redef"
		 "initions\":0,\"suspensions\":0,\"exits\":0,\"answers\":0,\"errors\":0,\"events\":0}}\n"
		 "{\"broken\":\"client\",\"at\":25}\n",
		 CLIENT("JDWP-Handshake\0\0\0\013\0\0\0\1\1\1\1"));
	talk_tcp("jdwp",
		 "{\"jdwp\":{\"breakpoints\":0,\"invocations\":0,\"instances\":0,\"strings\":0,\"redef"
		 "initions\":0,\"suspensions\":0,\"exits\":0,\"answers\":0,\"errors\":0,\"events\":0}}\n"
		 "{\"broken\":\"client\",\"at\":14}\n",
		 CLIENT("JDWP-Handshake\0\0\0\003\0\0\0\1"));
}

static void fastcgi_tells_a_request(void **unused)
{
	(void)unused;
	talk_tcp("fastcgi",
		 "{\"software\":\"server\",\"product\":\"PHP\",\"version\":\"8.2.7\"}\n"
		 "{\"weakness\":\"fastcgi-open\",\"evidence\":\"a request was answered\"}\n"
		 "{\"fastcgi\":{\"role\":\"responder\",\"method\":\"GET\",\"url\":\"/a?b\",\"script\":"
		 "\"/a.php\",\"user\":\"joe\",\"request_length\":3,\"status\":404,\"content_type\":\"a"
		 "/b\",\"length\":73,\"error_length\":4,\"application_status\":1,\"end\":\"complete\"}"
		 "}\n",
		 CLIENT("\001\001\000\001\000\010\000\000\000\001\000\000\000\000\000\000\001\004\000\001\000"
			"`\004\000\016\003REQUEST_METHODGET\017\006SCRIPT_FILENAME/a.php\013\004REQUEST_URI/a"
			"\077b\013\003REMOTE_USERjoe\013\010HTTP_COOKIEdoor=key\000\000\000\000\001\004\000"
			"\001\000\000\000\000\001\005\000\001\000\003\000\000a=b\001\005\000\001\000\000\000"
			"\000"),
		 SERVER("\001\006\000\001\000I\006\000Status: 404 Not Found\015\012X-Powered-By: PHP/8.2.7"
			"\015\012Content-Type: a/b\015\012\015\012none\000\000\000\000\000\000\001\006\000"
			"\001\000\000\000\000\001\007\000\001\000\004\000\000oops\001\003\000\001\000\010\000"
			"\000\000\000\000\001\000\000\000\000"));
}

/* A pair goes from one record into the next, and one has lengths of four octets. */
static void fastcgi_reads_on_behind_a_pair_in_two_records(void **unused)
{
	(void)unused;
	talk_tcp("fastcgi",
		 "{\"fastcgi\":{\"role\":\"responder\",\"hostname\":\"abc\",\"php_settings\":true,\"re"
		 "quest_length\":0,\"length\":0,\"error_length\":0}}\n"
		 "{\"fastcgi\":{\"role\":\"authorizer\",\"request_length\":0,\"length\":0,\"error_leng"
		 "th\":0,\"application_status\":0,\"end\":\"overloaded\"}}\n",
		 CLIENT("\001\001\000\001\000\010\000\000\000\001\000\000\000\000\000\000\001\004\000\001\000"
			"\007\000\000\013\010HTTP_\001\004\000\001\0001\000\000COOKIEdoor=key\200\000\000\011"
			"\200\000\000\004PHP_VALUEab=c\011\003HTTP_HOSTabc"),
		 CLIENT("\001\001\000\002\000\010\000\000\000\002\000\000\000\000\000\000\001\004\000\002\000"
			"\001\000\000\200\001\004\000\002\000\016\000\000\011\003HTTP_HOSTabc"),
		 SERVER("\001\003\000\002\000\010\000\000\000\000\000\000\002\000\000\000"));
	talk_tcp("fastcgi",
		 "{\"fastcgi\":{\"role\":\"responder\",\"request_length\":0,\"length\":0,\"error_lengt"
		 "h\":0}}\n"
		 "{\"broken\":\"client\",\"at\":16}\n",
		 CLIENT("\001\001\000\001\000\010\000\000\000\001\000\000\000\000\000\000\001\014\000\001\000"
			"\000\000\000"));
}

#define ZEROS "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
/* The name of a mechanism has five octets here. */
#define GREETING(minor, mechanism)                                                                           \
	"\377\0\0\0\0\0\0\0\1\177\3" minor mechanism ZEROS ZEROS "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static void zeromq_tells_subscriptions(void **unused)
{
	(void)unused;
	talk_tcp("zeromq",
		 "{\"weakness\":\"zeromq-no-auth\",\"evidence\":\"a socket of type PUB was ready witho"
		 "ut a login\"}\n"
		 "{\"zeromq\":{\"mechanism\":\"NULL\",\"subscriptions\":[\"ab\",\"*\",\"cd\"],\"client"
		 "\":{\"version\":\"3.0\",\"socket_type\":\"SUB\",\"identity\":\"me\",\"messages\":0,"
		 "\"bytes\":0},\"server\":{\"version\":\"3.1\",\"socket_type\":\"PUB\",\"messages\":1,"
		 "\"bytes\":5}}}\n",
		 CLIENT(GREETING("\0", "NULL\0")), SERVER(GREETING("\1", "NULL\0")),
		 SERVER("\4\031\5READY\13Socket-Type\0\0\0\3PUB"),
		 CLIENT("\4\050\5READY\13Socket-Type\0\0\0\3SUB\10Identity\0\0\0\2me\0\3\1ab\0\1\1\0\3\0ab"
			"\4\14\11SUBSCRIBEcd"),
		 SERVER("\1\2ab\2\0\0\0\0\0\0\0\3def"));
}

static void zeromq_tells_who_logs_in(void **unused)
{
	(void)unused;
	talk_tcp("zeromq",
		 "{\"weakness\":\"zeromq-clear-login\",\"evidence\":\"login of user joe\"}\n"
		 "{\"zeromq\":{\"mechanism\":\"PLAIN\",\"user\":\"joe\",\"login\":\"refused\",\"error"
		 "\":\"400\",\"client\":{\"version\":\"3.1\",\"messages\":0,\"bytes\":0},\"server\":{"
		 "\"version\":\"3.1\",\"messages\":0,\"bytes\":0}}}\n",
		 CLIENT(GREETING("\1", "PLAIN")), SERVER(GREETING("\1", "PLAIN")),
		 CLIENT("\4\021\5HELLO\3joe\6secret"), SERVER("\4\11^RROR\003400"));
	talk_tcp("zeromq",
		 "{\"weakness\":\"zeromq-clear-login\",\"evidence\":\"login of user joe\"}\n"
		 "{\"zeromq\":{\"mechanism\":\"PLAIN\",\"user\":\"joe\",\"login\":\"accepted\",\"error"
		 "\":\"no!\",\"client\":{\"version\":\"3.1\",\"messages\":0,\"bytes\":0},\"server\":{"
		 "\"version\":\"3.1\",\"messages\":0,\"bytes\":0}}}\n",
		 CLIENT(GREETING("\1", "PLAIN")), CLIENT("\4\021\5HELLO\3joe\6secret"),
		 SERVER(GREETING("\1", "PLAIN") "\4\10\7WELCOME"), SERVER("\4\12\5ERROR\3no!"));
}

static void zeromq_counts_what_is_encrypted(void **unused)
{
	(void)unused;
	talk_tcp("zeromq",
		 "{\"zeromq\":{\"mechanism\":\"CURVE\",\"client\":{\"version\":\"3.1\",\"messages\":1,"
		 "\"bytes\":4},\"server\":{\"version\":\"3.1\",\"messages\":0,\"bytes\":0}}}\n",
		 CLIENT(GREETING("\1", "CURVE")), SERVER(GREETING("\1", "CURVE")),
		 CLIENT("\4\11\5HELLO\1\0\0"), CLIENT("\0\4abcd"));
	talk_tcp("zeromq",
		 "{\"zeromq\":{}}\n"
		 "{\"broken\":\"client\",\"at\":0}\n",
		 CLIENT("\377\0\0\0\0\0\0\0\1\177\1"));
	talk_tcp("zeromq",
		 "{\"zeromq\":{\"mechanism\":\"NULL\",\"client\":{\"version\":\"3.0\",\"messages\":0,"
		 "\"bytes\":0}}}\n"
		 "{\"broken\":\"client\",\"at\":64}\n",
		 CLIENT(GREETING("\0", "NULL\0") "\20\0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipmi_tells_a_session_without_authentication),
		cmocka_unit_test(ipmi_tells_a_password_of_1_5),
		cmocka_unit_test(ipmi_tells_a_hash_and_a_refusal),
		cmocka_unit_test(ipmi_passes_over_what_is_none),
		cmocka_unit_test(jdwp_tells_what_a_debugger_does),
		cmocka_unit_test(jdwp_is_not_what_has_other_flags),
		cmocka_unit_test(fastcgi_tells_a_request),
		cmocka_unit_test(fastcgi_reads_on_behind_a_pair_in_two_records),
		cmocka_unit_test(zeromq_tells_subscriptions),
		cmocka_unit_test(zeromq_tells_who_logs_in),
		cmocka_unit_test(zeromq_counts_what_is_encrypted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
