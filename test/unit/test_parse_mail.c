/* What is read of FTP and of the protocols of mail. */
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* ---- ftp ---- */

static void ftp_tells_commands_with_their_replies(void **unused)
{
	(void)unused;
	talk_tcp("ftp",
		 "{\"software\":\"server\",\"product\":\"vsftpd\",\"version\":\"3.0.3\"}\n"
		 "{\"ftp\":{\"completion_code\":[\"220\"],\"reply\":[\"(vsFTPd 3.0.3)\"],\"reply_received"
		 "\":\"yes\"}}\n"
		 "{\"ftp\":{\"command\":\"USER\",\"command_data\":\"joe\",\"user\":\"joe\",\"completion_co"
		 "de\":[\"331\"],\"reply\":[\"Please specify the password.\"],\"reply_received\":\"yes"
		 "\"}}\n"
		 "{\"weakness\":\"ftp-clear-login\",\"evidence\":\"a password was sent in the clear for us"
		 "er joe\"}\n"
		 "{\"ftp\":{\"command\":\"PASS\",\"user\":\"joe\",\"completion_code\":[\"230\"],\"reply"
		 "\":[\"Login successful.\"],\"reply_received\":\"yes\"}}\n"
		 "{\"ftp\":{\"command\":\"SYST\",\"user\":\"joe\",\"completion_code\":[\"215\"],\"reply"
		 "\":[\"UNIX Type: L8\"],\"reply_received\":\"yes\"}}\n"
		 "{\"ftp\":{\"command\":\"QUIT\",\"user\":\"joe\",\"completion_code\":[\"221\"],\"reply"
		 "\":[\"Goodbye.\"],\"reply_received\":\"yes\"}}\n",
		 SERVER("220 (vsFTPd 3.0.3)\r\n"), CLIENT("USER joe\r\n"),
		 SERVER("331 Please specify the password.\r\n"), CLIENT("PASS secret word\r\n"),
		 SERVER("230 Login successful.\r\n"), CLIENT("SYST\r\n"), SERVER("215 UNIX Type: L8\r\n"),
		 CLIENT("QUIT\r\n"), SERVER("221 Goodbye.\r\n"));
}

static void ftp_announces_what_waits_at_the_server(void **unused)
{
	(void)unused;
	talk_tcp("ftp",
		 "{\"ftp\":{\"completion_code\":[\"220\"],\"reply\":[\"FTP\"],\"reply_received\":\"yes"
		 "\"}}\n"
		 "{\"expect\":\"ftp-data\",\"transport\":6,\"address\":\"192.0.2.2\",\"port\":1025,\"other"
		 "\":\"192.0.2.1\",\"waiting\":\"server\"}\n"
		 "{\"ftp\":{\"command\":\"PASV\",\"mode\":\"passive\",\"dynamic_port\":1025,\"completion_c"
		 "ode\":[\"227\"],\"reply\":[\"Entering Passive Mode (192,0,2,2,4,1).\"],\"reply_received"
		 "\":\"yes\"}}\n"
		 "{\"expect\":\"ftp-data\",\"transport\":6,\"address\":\"192.0.2.2\",\"port\":1025,\"other"
		 "\":\"192.0.2.1\",\"waiting\":\"server\",\"about\":\"RETR a file\"}\n"
		 "{\"ftp\":{\"command\":\"RETR\",\"command_data\":\"a file\",\"mode\":\"passive\",\"dynami"
		 "c_port\":1025,\"completion_code\":[\"150\",\"226\"],\"reply\":[\"Opening.\",\"Done."
		 "\"],\"reply_received\":\"yes\"}}\n"
		 "{\"expect\":\"ftp-data\",\"transport\":6,\"address\":\"192.0.2.2\",\"port\":1030,\"other"
		 "\":\"192.0.2.1\",\"waiting\":\"server\"}\n"
		 "{\"ftp\":{\"command\":\"EPSV\",\"mode\":\"passive\",\"dynamic_port\":1030,\"completion_c"
		 "ode\":[\"229\"],\"reply\":[\"Entering Extended Passive Mode (|||1030|)\"],\"reply_receiv"
		 "ed\":\"yes\"}}\n"
		 "{\"expect\":\"ftp-data\",\"transport\":6,\"address\":\"192.0.2.2\",\"port\":1030,\"other"
		 "\":\"192.0.2.1\",\"waiting\":\"server\",\"about\":\"STOR b\"}\n"
		 "{\"ftp\":{\"command\":\"STOR\",\"command_data\":\"b\",\"mode\":\"passive\",\"dynamic_por"
		 "t\":1030,\"completion_code\":[\"150\",\"426\"],\"reply\":[\"Go.\",\"Broken.\"],\"reply_r"
		 "eceived\":\"yes\"}}\n",
		 SERVER("220 FTP\r\n"), CLIENT("PASV\r\n"),
		 SERVER("227 Entering Passive Mode (192,0,2,2,4,1).\r\n"), CLIENT("RETR a file\r\n"),
		 SERVER("150 Opening.\r\n226 Done.\r\n"), CLIENT("EPSV\r\n"),
		 SERVER("229 Entering Extended Passive Mode (|||1030|)\r\n"), CLIENT("STOR b\r\n"),
		 SERVER("150 Go.\r\n"), SERVER("426 Broken.\r\n"));
}

static void ftp_announces_what_waits_at_the_client(void **unused)
{
	(void)unused;
	talk_tcp("ftp",
		 "{\"ftp\":{\"completion_code\":[\"220\"],\"reply\":[\"FTP\"],\"reply_received\":\"yes"
		 "\"}}\n"
		 "{\"expect\":\"ftp-data\",\"transport\":6,\"address\":\"192.0.2.1\",\"port\":1026,\"other"
		 "\":\"192.0.2.2\",\"waiting\":\"server\"}\n"
		 "{\"ftp\":{\"command\":\"PORT\",\"command_data\":\"192,0,2,1,4,2\",\"completion_code"
		 "\":[\"200\"],\"reply\":[\"OK\"],\"reply_received\":\"yes\"}}\n"
		 "{\"expect\":\"ftp-data\",\"transport\":6,\"address\":\"192.0.2.1\",\"port\":1026,\"other"
		 "\":\"192.0.2.2\",\"waiting\":\"server\",\"about\":\"LIST\"}\n"
		 "{\"ftp\":{\"command\":\"LIST\",\"mode\":\"active\",\"dynamic_port\":1026,\"completion_co"
		 "de\":[\"150\",\"226\"],\"reply\":[\"Opening.\",\"Done.\"],\"reply_received\":\"yes\"}}\n"
		 "{\"expect\":\"ftp-data\",\"transport\":6,\"address\":\"192.0.2.1\",\"port\":1026,\"waiti"
		 "ng\":\"server\"}\n"
		 "{\"expect\":\"ftp-data\",\"transport\":6,\"address\":\"2001:db8::7\",\"port\":1026,\"wai"
		 "ting\":\"server\"}\n"
		 "{\"ftp\":{\"command\":\"EPRT\",\"command_data\":\"|2|2001:db8::7|1026|\",\"completion_co"
		 "de\":[\"200\"],\"reply\":[\"OK\"],\"reply_received\":\"yes\"}}\n"
		 "{\"expect\":\"ftp-data\",\"transport\":6,\"address\":\"2001:db8::7\",\"port\":1026,\"wai"
		 "ting\":\"server\",\"about\":\"NLST *.c\"}\n"
		 "{\"ftp\":{\"command\":\"NLST\",\"command_data\":\"*.c\",\"mode\":\"active\",\"dynamic_po"
		 "rt\":1026,\"completion_code\":[\"150\",\"226\"],\"reply\":[\"Opening.\",\"Done.\"],\"rep"
		 "ly_received\":\"yes\"}}\n",
		 SERVER("220 FTP\r\n"), CLIENT("PORT 192,0,2,1,4,2\r\n"), SERVER("200 OK\r\n"),
		 CLIENT("LIST\r\n"), SERVER("150 Opening.\r\n226 Done.\r\n"),
		 CLIENT("EPRT |2|2001:db8::7|1026|\r\n"), SERVER("200 OK\r\n"), CLIENT("NLST *.c\r\n"),
		 SERVER("150 Opening.\r\n226 Done.\r\n"));
}

static void ftp_goes_on_with_tls(void **unused)
{
	(void)unused;
	talk_tcp("ftp",
		 "{\"ftp\":{\"completion_code\":[\"220\"],\"reply\":[\"FTP\"],\"reply_received\":\"yes"
		 "\"}}\n"
		 "{\"ftp\":{\"command\":\"AUTH\",\"command_data\":\"TLS\",\"completion_code\":[\"234"
		 "\"],\"reply\":[\"Go on.\"],\"reply_received\":\"yes\"}}\n"
		 "{\"upgrade\":\"tls\"}\n",
		 SERVER("220 FTP\r\n"), CLIENT("AUTH TLS\r\n"), SERVER("234 Go on.\r\n"),
		 CLIENT("\026\003\001"));
}

static void ftp_refuses_what_is_not_ftp(void **unused)
{
	(void)unused;
	talk_tcp("ftp",
		 "{\"ftp\":{\"command\":\"USER\",\"command_data\":\"joe\",\"user\":\"joe\",\"reply_receive"
		 "d\":\"no\"}}\n"
		 "{\"broken\":\"client\",\"at\":14}\n",
		 CLIENT("USER joe\r\n\001\002\r\n"));
	talk_tcp("ftp", "{\"broken\":\"server\",\"at\":0}\n", SERVER("hello\r\n"));
}

static void ftp_data_is_named_by_its_announcement(void **unused)
{
	(void)unused;
	talk_tcp("ftp-data", "{\"ftp_data\":{\"direction\":\"download\"}}\n{\"done\":\"server\"}\n",
		 SERVER("a"));
	talk_tcp("ftp-data", "{\"ftp_data\":{\"direction\":\"upload\"}}\n{\"done\":\"client\"}\n",
		 CLIENT("a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ftp_tells_commands_with_their_replies),
		cmocka_unit_test(ftp_announces_what_waits_at_the_server),
		cmocka_unit_test(ftp_announces_what_waits_at_the_client),
		cmocka_unit_test(ftp_goes_on_with_tls),
		cmocka_unit_test(ftp_refuses_what_is_not_ftp),
		cmocka_unit_test(ftp_data_is_named_by_its_announcement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
