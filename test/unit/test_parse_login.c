/* What is read of Telnet and of others in which people log in. */
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* ---- telnet ---- */

static void telnet_tells_options_and_the_login(void **unused)
{
	(void)unused;
	talk_tcp("telnet",
		 "{\"weakness\":\"telnet-clear-login\",\"evidence\":\"a password was typed in the clear fo"
		 "r user joe\"}\n"
		 "{\"telnet\":{\"client\":{\"will\":[\"terminal-type\",\"window-size"
		 "\",\"new-environment\"]},\"server\":{\"will\":[\"echo\",\"suppress-go-ahead"
		 "\"],\"do\":[\"terminal-type\",\"window-size\",\"new-environment\"]},"
		 "\"terminal_type\":\"XTERM\",\"x_display\":\"x:0\",\"columns\":80,\"rows\":24,"
		 "\"variables\":[\"USER\",\"DISPLAY\"],"
		 "\"user\":\"joe\",\"login\":true,\"banner\":\"Debian GNU/Linux\\u000d\\nalpha login:"
		 "\"}}\n"
		 "{\"telnet\":{\"client\":{\"will\":[\"terminal-type\",\"window-size"
		 "\",\"new-environment\"]},\"server\":{\"will\":[\"echo\",\"suppress-go-ahead"
		 "\"],\"do\":[\"terminal-type\",\"window-size\",\"new-environment\"]},"
		 "\"terminal_type\":\"XTERM\",\"x_display\":\"x:0\",\"columns\":80,\"rows\":24,"
		 "\"variables\":[\"USER\",\"DISPLAY\"],"
		 "\"user\":\"ann\",\"login\":true,\"banner\":\"Debian GNU/Linux\\u000d\\nalpha login:"
		 "\"}}\n",
		 SERVER("\377\375\030\377\375\037\377\375\047"),
		 CLIENT("\377\373\030\377\373\037\377\373\047"),
		 SERVER("\377\372\030\001\377\360\377\372\047\001\377\360"),
		 CLIENT("\377\372\037\000\120\000\030\377\360\377\372\030\000XTERM\377\360"
			"\377\372\047\000\000USER\001jim\000DISPLAY\001x:0\377\360"),
		 SERVER("\377\373\001\377\373\003Debian GNU/Linux\r\nalpha login: "), CLIENT("jox"),
		 SERVER("jox"), CLIENT("\177e\r\0"), SERVER("\b e\r\nPassword: "), CLIENT("secret\r\n"),
		 SERVER("\r\nLogin incorrect\r\nalpha login: "), CLIENT("ann\r\n"), SERVER("Password:"),
		 CLIENT("word\r\n"), SERVER("\r\nLast login: Mon\r\n$ "), CLIENT("ls\r\n"));
}

/* RFC 1572: a variable of the user's own, one with octets that are escaped, one without a value, and IAC in a
 * value; INFO changes one later. */
static void telnet_reads_the_environment(void **unused)
{
	(void)unused;
	talk_tcp("telnet",
		 "{\"telnet\":{\"client\":{},\"server\":{\"do\":[\"new-environment\"]},\"variables\":["
		 "\"LANG\","
		 "\"US\\u0001R\",\"ACCT\",\"USER\"],\"user\":\"-f "
		 "root\",\"login\":false,\"banner\":\"login:\"}}\n",
		 SERVER("\377\375\047\377\372\047\1\377\360"),
		 CLIENT("\377\372\047\0\3LANG\1C\0US\2\1R\1x\2\3\377\377y\0ACCT\377\360"),
		 CLIENT("\377\372\047\2\0USER\1-f root\377\360"), SERVER("login: "));
}

/* RFC 2941: the server takes Kerberos 5 and SRP, the client begins with SRP and says for whom. RFC 2946: both
 * know DES and CAST; what follows START is not read. */
static void telnet_tells_authentication_and_encryption(void **unused)
{
	(void)unused;
	talk_tcp("telnet",
		 "{\"telnet\":{\"client\":{\"will\":[\"authentication\",\"encryption\"]},\"server\":{\"do\":["
		 "\"authentication\",\"encryption\"]},\"authentications\":[\"kerberos_v5\",\"srp\"],"
		 "\"authentication\":\"srp\",\"encryptions\":[\"des_cfb64\",\"cast128_ofb64\"],\"encrypted\":"
		 "true,"
		 "\"user\":\"joe\",\"login\":false}}\n{\"done\":\"client\"}\n",
		 SERVER("\377\375\045\377\375\046"), CLIENT("\377\373\045\377\373\046"),
		 SERVER("\377\372\045\1\2\0\5\2\377\360"),
		 CLIENT("\377\372\045\3joe\377\360\377\372\045\0\5\2\0\377\360"),
		 SERVER("\377\372\046\1\1\377\360"), CLIENT("\377\372\046\1\1\13\377\360"),
		 CLIENT("\377\372\046\3\0\377\360"));
}

static void telnet_ends_behind_the_login(void **unused)
{
	(void)unused;
	talk_tcp("telnet",
		 "{\"weakness\":\"telnet-clear-login\",\"evidence\":\"a password was typed in the clear fo"
		 "r user a\"}\n"
		 "{\"telnet\":{\"client\":{},\"server\":{\"do\":[\"terminal-type\"]},\"user"
		 "\":\"a\",\"login\":true,\"banner\":\"login:\"}}\n"
		 "{\"telnet\":{\"client\":{},\"server\":{\"do\":[\"terminal-type\"]},\"user"
		 "\":\"b\",\"login\":true,\"banner\":\"login:\"}}\n"
		 "{\"telnet\":{\"client\":{},\"server\":{\"do\":[\"terminal-type\"]},\"user"
		 "\":\"c\",\"login\":true,\"banner\":\"login:\"}}\n"
		 "{\"done\":\"client\"}\n",
		 SERVER("\377\375\030login:"), CLIENT("a\r"), SERVER("Password:"), CLIENT("1\r"),
		 SERVER("login:"), CLIENT("b\r"), SERVER("Password:"), CLIENT("2\r"), SERVER("login:"),
		 CLIENT("c\r"), SERVER("Password:"), CLIENT("3\r"), CLIENT("d"));
}

static void telnet_refuses_what_is_not_telnet(void **unused)
{
	(void)unused;
	talk_tcp("telnet",
		 "{\"telnet\":{\"client\":{},\"server\":{\"do\":[\"terminal-type\"]},\"login\":false}}\n"
		 "{\"broken\":\"server\",\"at\":3}\n",
		 SERVER("\377\375\030\377\001"));
}

/* ---- rlogin, rsh, rexec ---- */

static void remote_logins_are_told_without_passwords(void **unused)
{
	(void)unused;
	talk_tcp("rlogin",
		 "{\"weakness\":\"rlogin-clear-login\",\"evidence\":\"a login of user ann\"}\n"
		 "{\"rlogin\":{\"client_user\":\"joe\",\"user\":\"ann\",\"terminal\":\"xterm/38400\"}}\n"
		 "{\"done\":\"client\"}\n",
		 CLIENT("\0joe\0ann\0xterm/38400\0"), SERVER("\0"));
	talk_tcp("rsh",
		 "{\"weakness\":\"rsh-no-auth\",\"evidence\":\"a command of user ann\"}\n"
		 "{\"expect\":\"rsh\",\"transport\":6,\"address\":\"192.0.2.1\",\"port\":1021,\"other\":"
		 "\"192.0.2.2\",\"waiting\":\"server\",\"about\":\"errors\"}\n"
		 "{\"rsh\":{\"client_user\":\"joe\",\"user\":\"ann\",\"command\":\"uname -a"
		 "\",\"error_port\":1021}}\n"
		 "{\"done\":\"client\"}\n",
		 CLIENT("1021\0joe\0ann\0uname -a\0"), SERVER("\0"));
	talk_tcp("rexec",
		 "{\"weakness\":\"rexec-clear-login\",\"evidence\":\"a password was sent in the clear for "
		 "user ann\"}\n"
		 "{\"expect\":\"rexec\",\"transport\":6,\"address\":\"192.0.2.1\",\"port\":40021,\"other\":"
		 "\"192.0.2.2\",\"waiting\":\"server\",\"about\":\"errors\"}\n"
		 "{\"rexec\":{\"user\":\"ann\",\"command\":\"uname "
		 "-a\",\"error_port\":40021,\"login\":\"accepted\"}}\n"
		 "{\"done\":\"server\"}\n",
		 CLIENT("40021\0ann\0secret\0uname -a\0"), SERVER("\0"));
	talk_tcp("rexec", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("4x"));
}

/* ---- socks ---- */

static void socks_leads_to_what_it_carries(void **unused)
{
	(void)unused;
	talk_tcp("socks",
		 "{\"weakness\":\"socks-no-auth\",\"evidence\":\"the server chose no authentication\"}\n"
		 "{\"socks\":{\"version\":5,\"method\":0,\"command\":\"connect\",\"host\":\"example.com"
		 "\",\"port\":443,\"reply\":0}}\n"
		 "{\"upgrade\":\"\"}\n",
		 CLIENT("\005\001\000"), SERVER("\005\000"),
		 CLIENT("\005\001\000\003\013example.com\001\273"),
		 SERVER("\005\000\000\001\300\000\002\011\004\001"), CLIENT("\026\003\001"));
	talk_tcp("socks",
		 "{\"weakness\":\"socks-clear-login\",\"evidence\":\"a password was sent in the clear for "
		 "user joe\"}\n"
		 "{\"socks\":{\"version\":5,\"method\":2,\"user\":\"joe\",\"login\":\"accepted\",\"command\":"
		 "\"connect\",\"host\":\"192.0.2.7\",\"port\":80,\"reply\":5}}\n"
		 "{\"done\":\"server\"}\n",
		 CLIENT("\005\002\000\002"), SERVER("\005\002"), CLIENT("\001\003joe\006secret"),
		 SERVER("\001\000"), CLIENT("\005\001\000\001\300\000\002\007\000\120"),
		 SERVER("\005\005\000\001\0\0\0\0\0\0"));
	talk_tcp("socks",
		 "{\"socks\":{\"version\":4,\"user\":\"joe\",\"command\":\"connect"
		 "\",\"host\":\"192.0.2.7\",\"port\":80,\"reply\":90}}\n"
		 "{\"upgrade\":\"\"}\n",
		 CLIENT("\004\001\000\120\300\000\002\007joe\0"), SERVER("\000\132\0\0\0\0\0\0"),
		 CLIENT("GET"));
	talk_tcp("socks",
		 "{\"socks\":{\"version\":4,\"command\":\"connect\",\"host\":\"example.com\",\"port\":80,"
		 "\"reply\":91}}\n"
		 "{\"done\":\"server\"}\n",
		 CLIENT("\004\001\000\120\000\000\000\001\0example.com\0"), SERVER("\000\133\0\0\0\0\0\0"));
	talk_tcp("socks", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("\006\001"));
}

static void socks_tells_who_called_where_it_waits(void **unused)
{
	(void)unused;
	talk_tcp("socks",
		 "{\"weakness\":\"socks-no-auth\",\"evidence\":\"the server chose no authentication\"}\n"
		 "{\"socks\":{\"version\":5,\"method\":0,\"command\":\"bind\",\"host\":\"192.0.2.7\","
		 "\"port\":21,"
		 "\"reply\":0,\"bound_host\":\"192.0.2.1\",\"bound_port\":4000,\"peer_host\":\"192.0.2.7\","
		 "\"peer_port\":20}}\n"
		 "{\"upgrade\":\"\"}\n",
		 CLIENT("\005\001\000"), SERVER("\005\000"),
		 CLIENT("\005\002\000\001\300\000\002\007\000\025"),
		 SERVER("\005\000\000\001\300\000\002\001\017\240"),
		 SERVER("\005\000\000\001\300\000\002\007\000\024"), CLIENT("\026\003\001"));
	talk_tcp("socks",
		 "{\"socks\":{\"version\":4,\"user\":\"joe\",\"command\":\"bind\",\"host\":\"192.0.2.7\","
		 "\"port\":21,"
		 "\"reply\":91,\"bound_host\":\"192.0.2.1\",\"bound_port\":4000,\"peer_host\":\"192.0.2.9\","
		 "\"peer_port\":20}}\n"
		 "{\"done\":\"server\"}\n",
		 CLIENT("\004\002\000\025\300\000\002\007joe\0"), SERVER("\000\132\017\240\300\000\002\001"),
		 SERVER("\000\133\000\024\300\000\002\011"));
}

static void socks_announces_its_relay_and_reads_it(void **unused)
{
	(void)unused;
	talk_tcp("socks",
		 "{\"weakness\":\"socks-no-auth\",\"evidence\":\"the server chose no authentication\"}\n"
		 "{\"socks\":{\"version\":5,\"method\":0,\"command\":\"udp-associate\",\"host\":\"0.0.0.0\","
		 "\"reply\":0,\"bound_host\":\"0.0.0.0\",\"bound_port\":4000}}\n"
		 "{\"expect\":\"socks\",\"transport\":17,\"address\":\"192.0.2.2\",\"port\":4000,\"other\":"
		 "\"192.0.2.1\",\"waiting\":\"server\",\"seconds\":300,\"many\":true}\n"
		 "{\"done\":\"server\"}\n",
		 CLIENT("\005\001\000"), SERVER("\005\000"), CLIENT("\005\003\000\001\0\0\0\0\0\0"),
		 SERVER("\005\000\000\001\0\0\0\0\017\240"));
	talk_udp("socks",
		 "{\"socks\":{\"version\":5,\"command\":\"udp-relay\",\"targets\":[\"192.0.2.9:53\","
		 "\"door.example:123\",\"[2001:db8::9]:9\"],\"inside\":[\"dns\"],\"fragments\":1}}\n",
		 CLIENT("\0\0\0\1\300\0\2\11\0\065\022\064\1\0\0\1\0\0\0\0\0\0\4door\7example\0\0\1\0\1"),
		 CLIENT("\0\0\1\3\14door.example\0\173\43\0"),
		 CLIENT("\0\0\0\4\040\001\015\270\0\0\0\0\0\0\0\0\0\0\0\011\0\011x"));
	talk_udp("socks", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("\0\1\0\1\300\0\2\11\0\065x"));
}

static void remote_commands_without_a_connection_for_errors(void **unused)
{
	(void)unused;
	talk_tcp("rsh",
		 "{\"weakness\":\"rsh-no-auth\",\"evidence\":\"a command of user ann\"}\n"
		 "{\"rsh\":{\"client_user\":\"joe\",\"user\":\"ann\",\"command\":\"rcp -t /tmp"
		 "\",\"error_port\":0}}\n"
		 "{\"done\":\"client\"}\n",
		 CLIENT("\0joe\0ann\0rcp -t /tmp\0"), SERVER("\0"));
	talk_tcp("rexec",
		 "{\"weakness\":\"rexec-clear-login\",\"evidence\":\"a password was sent in the clear for "
		 "user ann\"}\n"
		 "{\"rexec\":{\"user\":\"ann\",\"command\":\"uname -a\",\"error_port\":0,\"login\":"
		 "\"refused\",\"error\":\"Login incorrect.\"}}\n"
		 "{\"done\":\"server\"}\n",
		 CLIENT("0\0ann\0secret\0uname -a\0"), SERVER("\1Login incorrect.\n"));
	talk_tcp("rexec",
		 "{\"weakness\":\"rexec-clear-login\",\"evidence\":\"a password was sent in the clear for "
		 "user ann\"}\n"
		 "{\"rexec\":{\"user\":\"ann\",\"command\":\"uname -a\",\"error_port\":0}}\n"
		 "{\"broken\":\"server\",\"at\":0}\n",
		 CLIENT("0\0ann\0secret\0uname -a\0what it reads"), SERVER("\2"));
	/* Text of two octets each, and a login of rlogin. */
	talk_tcp("rexec", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("\0A\0B\0C\0"));
	talk_tcp("rexec", "{\"broken\":\"client\",\"at\":0}\n", CLIENT("\0joe\0ann\0xterm/38400\0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(telnet_tells_options_and_the_login),
		cmocka_unit_test(telnet_reads_the_environment),
		cmocka_unit_test(telnet_tells_authentication_and_encryption),
		cmocka_unit_test(telnet_ends_behind_the_login),
		cmocka_unit_test(telnet_refuses_what_is_not_telnet),
		cmocka_unit_test(remote_logins_are_told_without_passwords),
		cmocka_unit_test(socks_leads_to_what_it_carries),
		cmocka_unit_test(socks_tells_who_called_where_it_waits),
		cmocka_unit_test(socks_announces_its_relay_and_reads_it),
		cmocka_unit_test(remote_commands_without_a_connection_for_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
