/* What is read of databases, dictionaries and files of which no more than the beginning was known: words of
 * real programs, shortened, and words built to the specifications. */
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GREETS                                                                                               \
	"Tarantool 2.6.0 (Binary) 3baaa637-b90f-47c9-a08c-67c96b3b6253  \n"                                  \
	"rkhaTfgSTlV5ICOI410I18Bt97Flw0AoQrVyQSwMwoM=                   \n"
#define OK_1 "\xce\0\0\0\6\x82\0\0\1\1\x80"
#define OK_2 "\xce\0\0\0\6\x82\0\0\1\2\x80"

static void tarantool_tells_logins_and_what_is_called(void **unused)
{
	(void)unused;
	talk_tcp("tarantool",
		 "{\"software\":\"server\",\"product\":\"Tarantool\",\"version\":\"2.6.0\"}\n"
		 "{\"tarantool\":{\"user\":\"visitor\",\"login\":\"accepted\",\"requests\":{\"auth\":1,"
		 "\"call\":1,\"select\":1},\"functions\":[\"open\"],\"spaces\":[\"281\",\"doors\"],"
		 "\"responses\":3,\"errors\":1,\"last_error\":\"no\"}}\n",
		 SERVER(GREETS), CLIENT("\xce\0\0\0\x11\x82\0\7\1\1\x82#\xa7visitor!\xc0"), SERVER(OK_1),
		 CLIENT("\xce\0\0\0\x0e\x82\0\x0a\1\2\x82\"\xa4open!\x90"), SERVER(OK_2),
		 CLIENT("\xce\0\0\0\x11\x82\0\1\1\3\x82\x10\xcd\1\x19\x10\xa5"
			"doors"),
		 SERVER("\xce\0\0\0\x0c\x82\0\xcd\x80\x2f\1\3\x81\x31\xa2no"));
}

static void tarantool_answers_guests(void **unused)
{
	(void)unused;
	talk_tcp("tarantool",
		 "{\"software\":\"server\",\"product\":\"Tarantool\",\"version\":\"2.6.0\"}\n"
		 "{\"weakness\":\"tarantool-no-auth\",\"evidence\":\"call was answered without a login\"}\n"
		 "{\"tarantool\":{\"requests\":{\"ping\":1,\"call\":1},\"functions\":[\"open\"],"
		 "\"responses\":2,"
		 "\"errors\":0}}\n",
		 SERVER(GREETS), CLIENT("\xce\0\0\0\6\x82\0\x40\1\1\x80"), SERVER(OK_1),
		 CLIENT("\xce\0\0\0\x0e\x82\0\x0a\1\2\x82\"\xa4open!\x90"), SERVER(OK_2));
}

static void tarantool_is_not_what_has_no_length(void **unused)
{
	(void)unused;
	talk_tcp("tarantool",
		 "{\"tarantool\":{\"responses\":0,\"errors\":0}}\n{\"broken\":\"client\",\"at\":0}\n",
		 CLIENT("\xc1hello"));
	talk_tcp("tarantool",
		 "{\"tarantool\":{\"responses\":0,\"errors\":0}}\n{\"broken\":\"client\",\"at\":0}\n",
		 CLIENT("\xce\0\0\0\6\x82\0\xa1y\1\x80\x80"));
	talk_tcp("tarantool",
		 "{\"tarantool\":{\"responses\":0,\"errors\":0}}\n{\"broken\":\"client\",\"at\":0}\n",
		 CLIENT("\xce\0\0\0\6\xdf\xff\xff\xff\xff\0"));
	talk_tcp("tarantool",
		 "{\"weakness\":\"tarantool-console-open\",\"evidence\":\"it greets with the prompt of "
		 "Lua\"}\n"
		 "{\"software\":\"server\",\"product\":\"Tarantool\",\"version\":\"2.6.0\"}\n"
		 "{\"tarantool\":{\"responses\":0,\"errors\":0}}\n{\"done\":\"server\"}\n",
		 SERVER("Tarantool 2.6.0 (Lua console)                                  \n"
			"type 'help' for interactive help                               \n"));
}

#define DSS(length, kind) "\0" length "\xd0" kind "\0\1"

static void drda_tells_logins_but_no_password(void **unused)
{
	(void)unused;
	talk_tcp(
		"drda",
		"{\"software\":\"server\",\"product\":\"Apache Derby\",\"version\":\"10.14.2.0\"}\n"
		"{\"weakness\":\"drda-clear-login\",\"evidence\":\"a password was sent in the clear for user "
		"joe\"}\n"
		"{\"drda\":{\"client\":\"ij\",\"server_class\":\"Apache "
		"Derby\",\"server_release\":\"CSS10140/"
		"10.14.2.0 - "
		"(1)\",\"databases\":[\"doors\"],\"user\":\"joe\",\"mechanism\":\"user_password\","
		"\"login\":\"refused\",\"commands\":{\"exchange_attributes\":1,\"security_check\":1},"
		"\"replies\":3,\"errors\":2}}\n",
		CLIENT(DSS("\x10", "\1") "\0\x0a\x10\x41\0\6\x11\x5e\x89\x91"),
		SERVER(DSS("\x36", "\2") "\0\x30\x14\x43\0\x10\x11\x47"
					 "Apache Derby\0\x1c\x11\x5a"
					 "CSS10140/10.14.2.0 - (1)"),
		CLIENT(DSS("\x37", "\1") "\0\x31\x10\x6e\0\6\x11\xa2\0\3\0\x0f\x21\x10"
					 "doors;key=x\0\7\x11\xa0"
					 "joe\0\x0a\x11\xa1sesame\0\7\xff\xff"
					 "xyz"),
		SERVER(DSS("\x14", "\2") "\0\x0e\x12\x19\0\5\x11\xa4\x0f\0\5\x11\x49\0"),
		SERVER(DSS("\x0f", "\3") "\0\x09\x24\x08\0\xff\xff\xff\x34"));
}

static void drda_is_not_what_has_no_sign(void **unused)
{
	(void)unused;
	talk_tcp("drda", "{\"drda\":{\"replies\":0,\"errors\":0}}\n{\"broken\":\"client\",\"at\":0}\n",
		 CLIENT("\0\x10\xd1\1\0\1\0\x0a\x10\x41"));
	talk_tcp("drda", "{\"drda\":{\"replies\":0,\"errors\":0}}\n{\"broken\":\"client\",\"at\":0}\n",
		 CLIENT("\0\5\xd0\1\0\1\0\x0a\x10\x41"));
}

#define ANSWERED "\0\0\0\x09\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static void firebird_tells_logins_but_no_password(void **unused)
{
	(void)unused;
	talk_tcp("firebird",
		 "{\"weakness\":\"firebird-clear-login\",\"evidence\":\"a hash that serves as the password "
		 "was "
		 "sent in the clear for user joe\"}\n"
		 "{\"firebird\":{\"version\":10,\"databases\":[\"/"
		 "doors\"],\"user\":\"joe\",\"login\":\"accepted\","
		 "\"encrypted\":false,\"client_user\":\"ann\",\"requests\":{\"connect\":1,\"attach\":1,"
		 "\"prepare\":1,\"execute\":1},\"statements\":1,\"errors\":0}}\n{\"done\":\"server\"}\n",
		 CLIENT("\0\0\0\1\0\0\0\x13\0\0\0\2\0\0\0\1\0\0\0\6/doors\0\0\0\0\0\1\0\0\0\5\1\3"
			"ann\0\0\0\0\0\0\x0a\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\2"),
		 SERVER("\0\0\0\3\0\0\0\x0a\0\0\0\1\0\0\0\3"),
		 CLIENT("\0\0\0\x13\0\0\0\0\0\0\0\6/doors\0\0\0\0\0\x0a\1\x1c\3joe\x1e\2xy\0\0"),
		 SERVER(ANSWERED),
		 CLIENT("\0\0\0\x44\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\6select\0\0\0\0\0\0\0\0\0\x40"),
		 CLIENT("\0\0\0\x3f\0\0\0\2\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\1rows that nobody can tell from "
			"more"),
		 SERVER("\0\0\0\x42\0\0\0\0\0\0\0\1rows"));
}

static void firebird_may_be_encrypted(void **unused)
{
	(void)unused;
	talk_tcp("firebird",
		 "{\"firebird\":{\"version\":15,\"plugin\":\"Srp\",\"login\":\"accepted\",\"encrypted\":true,"
		 "\"requests\":{\"login_step\":1,\"encrypt\":1},\"statements\":0,\"errors\":0}}\n{\"done\":"
		 "\"client\"}\n",
		 SERVER("\0\0\0\x62\xff\xff\x80\x0f\0\0\0\1\0\0\0\5\0\0\0\0\0\0\0\3Srp\0\0\0\0\0\0\0\0\0"),
		 CLIENT("\0\0\0\x5c\0\0\0\1x\0\0\0\0\0\0\3Srp\0\0\0\0\0\0\0\0\0"), SERVER(ANSWERED),
		 CLIENT("\0\0\0\x60\0\0\0\4"
			"Arc4\0\0\0\x09Symmetric\0\0\0"),
		 SERVER("\x93\x11\x01"));
}

static void firebird_refuses(void **unused)
{
	(void)unused;
	talk_tcp("firebird",
		 "{\"firebird\":{\"services\":[\"service_mgr\"],\"login\":\"refused\",\"encrypted\":false,"
		 "\"requests\":{\"service_attach\":1},\"statements\":0,\"errors\":1}}\n",
		 CLIENT("\0\0\0\x52\0\0\0\0\0\0\0\x0bservice_mgr\0\0\0\0\2\2\2\0\0"),
		 SERVER("\0\0\0\x09\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x14\0\0\x98\0\0\0\2\0\0\0\3joe\0"
			"\0\0\0\0"));
	talk_tcp("firebird",
		 "{\"firebird\":{\"encrypted\":false,\"statements\":0,\"errors\":0}}\n"
		 "{\"broken\":\"client\",\"at\":0}\n",
		 CLIENT("\0\0\1\1\0\0\0\x13"));
	talk_tcp("firebird",
		 "{\"firebird\":{\"encrypted\":false,\"statements\":0,\"errors\":0}}\n"
		 "{\"broken\":\"client\",\"at\":0}\n",
		 CLIENT("\0\0\0\x13\0\0\0\0\xff\xff\xff\xff"));
}

static void dict_tells_words_and_logins(void **unused)
{
	(void)unused;
	talk_tcp("dict",
		 "{\"software\":\"server\",\"product\":\"dictd\",\"version\":\"1.13.0\"}\n"
		 "{\"dict\":{\"commands\":{\"client\":1,\"auth\":1,\"define\":1,\"match\":1,\"show\":1,"
		 "\"other\":1,"
		 "\"quit\":1},\"client\":\"dict "
		 "1.13\",\"user\":\"visitor\",\"login\":\"refused\",\"databases\":["
		 "\"*\",\"words\"],\"strategies\":[\"prefix\"],\"words\":[\"open "
		 "door\",\"hel\"],\"definitions\":"
		 "1,\"matches\":2,\"errors\":2}}\n",
		 SERVER("220 dict.example dictd 1.13.0/rf <auth.mime> <1.2.3@dict.example>\r\n"),
		 CLIENT("client \"dict 1.13\"\r\nauth visitor c8b6c09ed1d5b06304ccc4b0a3db6d2e\r\n"
			"DEFINE * 'open door'\r\nmatch words prefix hel\r\nshow db\r\ndance\r\nquit\r\n"),
		 SERVER("250 ok\r\n531 denied\r\n150 1 definitions retrieved\r\n151 \"open door\" words "
			"\"w\"\r\n"
			"220 is no greeting here\r\n..\r\n.\r\n250 ok\r\n152 2 matches found\r\nwords "
			"\"hello\"\r\n"
			"words \"help\"\r\n.\r\n250 ok\r\n110 1 databases\r\nwords \"w\"\r\n.\r\n250 ok\r\n"
			"500 what\r\n221 bye\r\n"));
	talk_tcp("dict",
		 "{\"dict\":{\"definitions\":0,\"matches\":0,\"errors\":0}}\n{\"broken\":\"server\",\"at\":0}"
		 "\n",
		 SERVER("hello\r\n"));
}

static void p9fs_tells_who_attaches_to_what(void **unused)
{
	(void)unused;
	talk_tcp("p9fs",
		 "{\"weakness\":\"p9fs-no-auth\",\"evidence\":\"user joe (7) was let in unasked\"}\n"
		 "{\"p9fs\":{\"version\":\"9P2000.L\",\"user\":\"joe\",\"user_id\":7,\"trees\":[\"/hall\"],"
		 "\"requests\":{\"version\":1,\"attach\":1,\"walk\":1,\"write\":1,\"mkdir\":1,\"read\":1},"
		 "\"files\":[\"doors/open\",\"new\"],\"bytes_read\":2,\"bytes_written\":3,\"errors\":2,"
		 "\"last_error\":\"no\"}}\n",
		 CLIENT("\x15\0\0\0\x64\xff\xff\0\0\1\0\10\0009P2000.L"),
		 SERVER("\x15\0\0\0\x65\xff\xff\0\0\1\0\10\0009P2000.L"),
		 CLIENT("\x1f\0\0\0\x68\0\0\0\0\0\0\xff\xff\xff\xff\3\0joe\5\0/hall\7\0\0\0"),
		 SERVER("\x14\0\0\0\x69\0\0\x80\0\0\0\0\1\0\0\0\0\0\0\0"),
		 CLIENT("\x1e\0\0\0\x6e\0\0\0\0\0\0\1\0\0\0\2\0\5\0doors\4\0open"),
		 SERVER("\x0b\0\0\0\7\0\0\2\0\0\0"),
		 CLIENT("\x1a\0\0\0\x76\0\0\1\0\0\0\0\0\0\0\0\0\0\0\3\0\0\0abc"),
		 SERVER("\x0b\0\0\0\x77\0\0\3\0\0\0"),
		 CLIENT("\x18\0\0\0\x48\0\0\1\0\0\0\3\0new\xed\1\0\0\0\0\0\0"),
		 SERVER("\x0b\0\0\0\x6b\0\0\2\0no"),
		 CLIENT("\x17\0\0\0\x74\0\0\1\0\0\0\0\0\0\0\0\0\0\0\2\0\0\0"),
		 SERVER("\x0d\0\0\0\x75\0\0\2\0\0\0hi"));
}

static void p9fs_lets_who_is_proved(void **unused)
{
	(void)unused;
	talk_tcp("p9fs",
		 "{\"p9fs\":{\"user\":\"joe\",\"requests\":{\"auth\":1,\"attach\":1},\"bytes_"
		 "read\":0,\"bytes_written\":0,\"errors\":0}}\n",
		 CLIENT("\x14\0\0\0\x66\0\0\1\0\0\0\3\0joe\2\0/x"),
		 SERVER("\x14\0\0\0\x67\0\0\x80\0\0\0\0\1\0\0\0\0\0\0\0"),
		 CLIENT("\x16\0\0\0\x68\0\0\0\0\0\0\1\0\0\0\3\0joe\0\0"),
		 SERVER("\x14\0\0\0\x69\0\0\x80\0\0\0\0\1\0\0\0\0\0\0\0"));
	talk_tcp("p9fs",
		 "{\"p9fs\":{\"bytes_read\":0,\"bytes_written\":0,\"errors\":0}}\n"
		 "{\"broken\":\"client\",\"at\":0}\n",
		 CLIENT("\x14\0\0\0\x65\0\0\1\0\0\0\3\0joe\2\0/x"));
}

/* A result of a check, its checksum made as the sources of NSCA do. */
static void nsca_result(uint8_t *result, size_t length, uint16_t state)
{
	uint32_t crc = UINT32_MAX;

	memset(result, 'x', length);
	memcpy(result, "\0\3\0\0\0\0\0\0\1\2\3\4\0", 13);
	result[13] = (uint8_t)state;
	memcpy(result + 14, "alpha", 6);
	memcpy(result + 78, "door", 5);
	for (size_t i = 0; i < length; i++) {
		crc ^= result[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	for (size_t i = 0; i < 4; i++)
		result[4 + i] = (uint8_t)(~crc >> (24 - 8 * i));
}

static void nsca_tells_results_in_the_clear(void **unused)
{
	static uint8_t words[132], results[4304 + 720];
	const struct turn turns[] = {
		{ .side = SIDE_SERVER, .bytes = { words, words + sizeof(words), false } },
		{ .side = SIDE_CLIENT, .bytes = { results, results + sizeof(results), false } },
	};
	char *told;

	(void)unused;
	memset(words, 7, sizeof(words));
	nsca_result(results, 4304, 2);
	nsca_result(results + 4304, 720, 0);
	told = talk_told("nsca", TRANSPORT_TCP, turns, 2);
	assert_string_equal(told,
			    "{\"weakness\":\"nsca-clear\",\"evidence\":\"a result of alpha was sent in the "
			    "clear\"}\n{\"nsca\":{\"encrypted\":false,\"results\":{\"critical\":1,\"ok\":"
			    "1},\"hosts\":[\"alpha\"],\"services\":[\"door\"],\"bytes\":5024}}\n");
	free(told);
	results[500] ^= 1;
	told = talk_told("nsca", TRANSPORT_TCP, turns, 2);
	assert_string_equal(told, "{\"nsca\":{\"encrypted\":true,\"bytes\":5024}}\n");
	free(told);
}

static void nsca_results_may_be_encrypted(void **unused)
{
	(void)unused;
	talk_tcp("nsca", "{\"nsca\":{\"encrypted\":true,\"bytes\":11}}\n", CLIENT("\1\3and so on"));
	talk_tcp("nsca", "{\"nsca\":{\"bytes\":0}}\n{\"broken\":\"server\",\"at\":132}\n",
		 SERVER("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
			"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\1\2\3\4"),
		 SERVER("more"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tarantool_tells_logins_and_what_is_called),
		cmocka_unit_test(tarantool_answers_guests),
		cmocka_unit_test(tarantool_is_not_what_has_no_length),
		cmocka_unit_test(drda_tells_logins_but_no_password),
		cmocka_unit_test(drda_is_not_what_has_no_sign),
		cmocka_unit_test(firebird_tells_logins_but_no_password),
		cmocka_unit_test(firebird_may_be_encrypted),
		cmocka_unit_test(firebird_refuses),
		cmocka_unit_test(dict_tells_words_and_logins),
		cmocka_unit_test(p9fs_tells_who_attaches_to_what),
		cmocka_unit_test(p9fs_lets_who_is_proved),
		cmocka_unit_test(nsca_tells_results_in_the_clear),
		cmocka_unit_test(nsca_results_may_be_encrypted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
