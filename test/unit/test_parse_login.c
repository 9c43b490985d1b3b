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
		 "\"user\":\"joe\",\"login\":true,\"banner\":\"Debian GNU/Linux\\u000d\\nalpha login:"
		 "\"}}\n"
		 "{\"telnet\":{\"client\":{\"will\":[\"terminal-type\",\"window-size"
		 "\",\"new-environment\"]},\"server\":{\"will\":[\"echo\",\"suppress-go-ahead"
		 "\"],\"do\":[\"terminal-type\",\"window-size\",\"new-environment\"]},"
		 "\"terminal_type\":\"XTERM\",\"x_display\":\"x:0\",\"columns\":80,\"rows\":24,"
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(telnet_tells_options_and_the_login),
		cmocka_unit_test(telnet_ends_behind_the_login),
		cmocka_unit_test(telnet_refuses_what_is_not_telnet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
