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
		 "{\"expect\":\"ftp-data\",\"transport\":6,\"address\":\"192.0.2.2\",\"port\":1025"
		 ",\"waiting\":\"server\"}\n"
		 "{\"ftp\":{\"command\":\"PASV\",\"mode\":\"passive\",\"dynamic_port\":1025,\"completion_c"
		 "ode\":[\"227\"],\"reply\":[\"Entering Passive Mode (192,0,2,2,4,1).\"],\"reply_received"
		 "\":\"yes\"}}\n"
		 "{\"expect\":\"ftp-data\",\"transport\":6,\"address\":\"192.0.2.2\",\"port\":1025"
		 ",\"waiting\":\"server\",\"about\":\"RETR a file\"}\n"
		 "{\"ftp\":{\"command\":\"RETR\",\"command_data\":\"a file\",\"mode\":\"passive\",\"dynami"
		 "c_port\":1025,\"completion_code\":[\"150\",\"226\"],\"reply\":[\"Opening.\",\"Done."
		 "\"],\"reply_received\":\"yes\"}}\n"
		 "{\"expect\":\"ftp-data\",\"transport\":6,\"address\":\"192.0.2.2\",\"port\":1030"
		 ",\"waiting\":\"server\"}\n"
		 "{\"ftp\":{\"command\":\"EPSV\",\"mode\":\"passive\",\"dynamic_port\":1030,\"completion_c"
		 "ode\":[\"229\"],\"reply\":[\"Entering Extended Passive Mode (|||1030|)\"],\"reply_receiv"
		 "ed\":\"yes\"}}\n"
		 "{\"expect\":\"ftp-data\",\"transport\":6,\"address\":\"192.0.2.2\",\"port\":1030"
		 ",\"waiting\":\"server\",\"about\":\"STOR b\"}\n"
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
		 "{\"broken\":\"client\",\"at\":10}\n",
		 CLIENT("USER joe\r\n\001\002\r\n"));
	talk_tcp("ftp", "{\"broken\":\"server\",\"at\":0}\n", SERVER("hello\r\n"));
}

static void ftp_data_is_named_by_its_announcement(void **unused)
{
	(void)unused;
	talk_tcp("ftp-data", "{\"ftp_data\":{\"direction\":\"download\",\"bytes\":1}}\n", SERVER("a"));
	talk_tcp("ftp-data", "{\"ftp_data\":{\"direction\":\"upload\",\"bytes\":1}}\n", CLIENT("a"));
}

/* ---- smtp ---- */

static void smtp_tells_each_mail(void **unused)
{
	(void)unused;
	talk_tcp("smtp",
		 "{\"software\":\"server\",\"product\":\"Postfix\",\"version\":\"3.7.2\"}\n"
		 "{\"smtp\":{\"helo\":\"alpha\",\"mail_from\":\"<a@example.com>"
		 "\",\"rcpt_to\":[\"<b@example.com>\",\"<c@example.com>\"],\"recipients\":2,"
		 "\"recipients_refused\":1,\"length\":33,\"status\":250,"
		 "\"banner\":\"mx.example.com ESMTP Postfix (3.7.2)\",\"extensions\":[\"PIPELINING"
		 "\",\"8BITMIME\"]}}\n"
		 "{\"smtp\":{\"helo\":\"alpha\",\"mail_from\":\"<>\",\"rcpt_to\":[\"<d@example.com>"
		 "\"],\"recipients\":1,\"length\":8,\"status\":250,"
		 "\"banner\":\"mx.example.com ESMTP Postfix (3.7.2)\",\"extensions\":[\"PIPELINING"
		 "\",\"8BITMIME\"]}}\n",
		 SERVER("220 mx.example.com ESMTP Postfix (3.7.2)\r\n"), CLIENT("EHLO alpha\r\n"),
		 SERVER("250-mx.example.com\r\n250-PIPELINING\r\n250 8BITMIME\r\n"),
		 CLIENT("MAIL FROM:<a@example.com> SIZE=7\r\nRCPT TO:<b@example.com>\r\n"
			"RCPT TO:<c@example.com>\r\nDATA\r\n"),
		 SERVER("250 ok\r\n250 ok\r\n550 nobody\r\n354 go\r\n"),
		 CLIENT("Subject: x\r\n\r\nMAIL FROM:<no>\r\n..\r\n.\r\n"), SERVER("250 queued\r\n"),
		 CLIENT("MAIL FROM:<>\r\n"), SERVER("250 ok\r\n"), CLIENT("RCPT TO:<d@example.com>\r\n"),
		 SERVER("250 ok\r\n"), CLIENT("BDAT 5\r\nabc\r\n"), SERVER("250 ok\r\n"),
		 CLIENT("BDAT 3 LAST\r\nx\r\n"), SERVER("250 ok\r\n"), CLIENT("QUIT\r\n"),
		 SERVER("221 bye\r\n"));
}

static void smtp_tells_a_login_in_the_clear(void **unused)
{
	(void)unused;
	/* joe, secret */
	talk_tcp("smtp",
		 "{\"weakness\":\"smtp-clear-login\",\"evidence\":\"AUTH PLAIN was used before TLS by joe"
		 "\"}\n"
		 "{\"smtp\":{\"helo\":\"a\",\"banner\":\"mx SMTP\",\"extensions\":[\"STARTTLS"
		 "\",\"AUTH PLAIN LOGIN\"],\"auth_mechanism\":\"PLAIN\",\"user\":\"joe"
		 "\",\"authenticated\":true}}\n",
		 SERVER("220 mx SMTP\r\n"), CLIENT("EHLO a\r\n"),
		 SERVER("250-mx\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n"),
		 CLIENT("AUTH PLAIN AGpvZQBzZWNyZXQ=\r\n"), SERVER("235 ok\r\n"), CLIENT("QUIT\r\n"),
		 SERVER("221 bye\r\n"));
	talk_tcp("smtp",
		 "{\"weakness\":\"smtp-clear-login\",\"evidence\":\"AUTH LOGIN was used before TLS by joe"
		 "\"}\n"
		 "{\"smtp\":{\"helo\":\"a\",\"banner\":\"mx SMTP\",\"extensions\":[\"AUTH=LOGIN"
		 "\"],\"auth_mechanism\":\"LOGIN\",\"user\":\"joe\",\"authenticated\":false}}\n",
		 SERVER("220 mx SMTP\r\n"), CLIENT("EHLO a\r\n"), SERVER("250-mx\r\n250 AUTH=LOGIN\r\n"),
		 CLIENT("AUTH LOGIN\r\n"), SERVER("334 VXNlcm5hbWU6\r\n"), CLIENT("am9l\r\n"),
		 SERVER("334 UGFzc3dvcmQ6\r\n"), CLIENT("c2VjcmV0\r\n"), SERVER("535 no\r\n"));
}

static void smtp_goes_on_with_tls(void **unused)
{
	(void)unused;
	talk_tcp("smtp",
		 "{\"smtp\":{\"helo\":\"a\",\"banner\":\"mx ESMTP\",\"extensions\":[\"AUTH PLAIN"
		 "\",\"STARTTLS\"],\"starttls\":true}}\n"
		 "{\"weakness\":\"smtp-clear-login\",\"evidence\":\"AUTH PLAIN is offered before TLS\"}\n"
		 "{\"upgrade\":\"tls\"}\n",
		 SERVER("220 mx ESMTP\r\n"), CLIENT("EHLO a\r\n"),
		 SERVER("250-mx\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n"), CLIENT("STARTTLS\r\n"),
		 SERVER("220 go\r\n"), CLIENT("\026\003\001"));
	talk_tcp("smtp",
		 "{\"smtp\":{\"helo\":\"a\",\"starttls\":true}}\n"
		 "{\"upgrade\":\"tls\"}\n",
		 CLIENT("EHLO a\r\nSTARTTLS\r\n"), CLIENT("\026\003\001"));
	talk_tcp("smtp", "{\"smtp\":{\"banner\":\"mx ESMTP\"}}\n", SERVER("220 mx ESMTP\r\n"),
		 CLIENT("STARTTLS\r\n"), SERVER("454 not now\r\n"), CLIENT("QUIT\r\n"),
		 SERVER("221 bye\r\n"));
}

static void smtp_survives_a_gap_and_one_side(void **unused)
{
	(void)unused;
	talk_tcp("smtp",
		 "{\"smtp\":{\"helo\":\"a\",\"mail_from\":\"<a@example.com>\",\"length\":110,"
		 "\"banner\":\"mx ESMTP\"}}\n"
		 "{\"smtp\":{\"helo\":\"a\",\"mail_from\":\"<c@example.com>\",\"banner\":\"mx ESMTP\"}}\n",
		 SERVER("220 mx ESMTP\r\n"), CLIENT("HELO a\r\n"), SERVER("250 mx\r\n"),
		 CLIENT("MAIL FROM:<a@example.com>\r\nDATA\r\nbegin"), LOST(SIDE_CLIENT, 100),
		 CLIENT("end\r\n.\r\nMAIL FROM:<b@exa"), LOST(SIDE_CLIENT, 7),
		 CLIENT("\r\nMAIL FROM:<c@example.com>\r\n"));
	talk_tcp("smtp",
		 "{\"smtp\":{\"helo\":\"a\",\"mail_from\":\"<a@example.com>"
		 "\",\"rcpt_to\":[\"<b@example.com>\"],\"recipients\":1,\"length\":3}}\n",
		 CLIENT("EHLO a\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"
			"x\r\n.\r\nQUIT\r\n"));
	talk_tcp("smtp", "{\"smtp\":{\"banner\":\"mx ESMTP\",\"extensions\":[\"SIZE 9\"]}}\n",
		 SERVER("220 mx ESMTP\r\n250-mx\r\n250 SIZE 9\r\n250 ok\r\n"));
	talk_tcp("smtp",
		 "{\"smtp\":{\"helo\":\"a\",\"banner\":\"mx ESMTP\"}}\n"
		 "{\"broken\":\"client\",\"at\":8}\n",
		 SERVER("220 mx ESMTP\r\n"), CLIENT("EHLO a\r\n\001\r\n"));
}

/* ---- pop3 ---- */

static void pop3_tells_commands_with_their_answers(void **unused)
{
	(void)unused;
	talk_tcp("pop3",
		 "{\"software\":\"server\",\"product\":\"Dovecot\"}\n"
		 "{\"pop3\":{\"response\":{\"success\":true,\"status"
		 "\":\"OK\",\"header\":\"Dovecot ready.\"}}}\n"
		 "{\"pop3\":{\"request\":{\"command\":\"CAPA\",\"args\":[]},"
		 "\"response\":{\"success\":true,\"status\":\"OK\",\"data\":[\"TOP\",\"USER"
		 "\",\"SASL PLAIN\"]}}}\n"
		 "{\"pop3\":{\"request\":{\"command\":\"USER\",\"args\":[\"joe\"]},"
		 "\"response\":{\"success\":true,\"status\":\"OK\"},\"user\":\"joe\"}}\n"
		 "{\"weakness\":\"pop3-clear-login\",\"evidence\":\"USER and PASS was used before TLS by j"
		 "oe\"}\n"
		 "{\"pop3\":{\"request\":{\"command\":\"PASS\",\"args\":[]},"
		 "\"response\":{\"success\":true,\"status\":\"OK\",\"header\":\"Logged in."
		 "\"},\"user\":\"joe\"}}\n"
		 "{\"pop3\":{\"request\":{\"command\":\"LIST\",\"args\":[]},"
		 "\"response\":{\"success\":true,\"status\":\"OK\",\"header\":\"1 messages:"
		 "\",\"length\":6},\"user\":\"joe\"}}\n"
		 "{\"pop3\":{\"request\":{\"command\":\"RETR\",\"args\":[\"1\"]},"
		 "\"response\":{\"success\":true,\"status\":\"OK\",\"header\":\"20 octets"
		 "\",\"length\":14},\"user\":\"joe\"}}\n"
		 "{\"pop3\":{\"request\":{\"command\":\"DELE\",\"args\":[\"1\"]},"
		 "\"response\":{\"success\":false,\"status\":\"ERR\",\"header"
		 "\":\"no\"},\"user\":\"joe\"}}\n"
		 "{\"pop3\":{\"request\":{\"command\":\"QUIT\",\"args\":[]},"
		 "\"response\":{\"success\":true,\"status\":\"OK\"},\"user\":\"joe\"}}\n",
		 SERVER("+OK Dovecot ready.\r\n"), CLIENT("CAPA\r\n"),
		 SERVER("+OK\r\nTOP\r\nUSER\r\nSASL PLAIN\r\n.\r\n"), CLIENT("USER joe\r\n"),
		 SERVER("+OK\r\n"), CLIENT("PASS secret\r\n"), SERVER("+OK Logged in.\r\n"),
		 CLIENT("LIST\r\nRETR 1\r\nDELE 1\r\n"),
		 SERVER("+OK 1 messages:\r\n1 20\r\n.\r\n+OK 20 octets\r\n-ERR\r\n..\r\n\r\nx\r\n.\r\n-ERR "
			"no\r\n"),
		 CLIENT("quit\r\n"), SERVER("+OK\r\n"));
}

static void pop3_tells_logins(void **unused)
{
	(void)unused;
	talk_tcp("pop3",
		 "{\"pop3\":{\"response\":{\"success\":true,\"status\":\"OK\",\"header\":\"<1.2@a>\"}}}\n"
		 "{\"pop3\":{\"request\":{\"command\":\"APOP\",\"args\":[\"joe\"]},"
		 "\"response\":{\"success\":true,\"status\":\"OK\"},\"user\":\"joe\"}}\n",
		 SERVER("+OK <1.2@a>\r\n"), CLIENT("APOP joe c4c9334bac560ecc979e58001b3e22fb\r\n"),
		 SERVER("+OK\r\n"));
	talk_tcp("pop3",
		 "{\"pop3\":{\"response\":{\"success\":true,\"status\":\"OK\",\"header\":\"a\"}}}\n"
		 "{\"weakness\":\"pop3-clear-login\",\"evidence\":\"AUTH PLAIN was used before TLS by joe"
		 "\"}\n"
		 "{\"pop3\":{\"request\":{\"command\":\"AUTH\",\"args\":[\"PLAIN\"]},"
		 "\"response\":{\"success\":false,\"status\":\"ERR\",\"header\":\"no\"},\"user\":\"joe"
		 "\",\"auth_mechanism\":\"PLAIN\"}}\n",
		 SERVER("+OK a\r\n"), CLIENT("AUTH PLAIN\r\n"), SERVER("+ \r\n"),
		 CLIENT("AGpvZQBzZWNyZXQ=\r\n"), SERVER("-ERR no\r\n"));
	talk_tcp("pop3",
		 "{\"pop3\":{\"response\":{\"success\":true,\"status\":\"OK\",\"header\":\"a\"}}}\n"
		 "{\"weakness\":\"pop3-clear-login\",\"evidence\":\"AUTH PLAIN was used before TLS by joe"
		 "\"}\n"
		 "{\"pop3\":{\"request\":{\"command\":\"AUTH\",\"args\":[\"PLAIN\"]},"
		 "\"response\":{\"success\":true,\"status\":\"OK\",\"header\":\"in\"},\"user\":\"joe"
		 "\",\"auth_mechanism\":\"PLAIN\"}}\n",
		 SERVER("+OK a\r\n"), CLIENT("AUTH PLAIN AGpvZQBzZWNyZXQ=\r\n"), SERVER("+OK in\r\n"));
}

static void pop3_goes_on_with_tls(void **unused)
{
	(void)unused;
	talk_tcp("pop3",
		 "{\"pop3\":{\"response\":{\"success\":true,\"status\":\"OK\",\"header\":\"a\"}}}\n"
		 "{\"pop3\":{\"request\":{\"command\":\"CAPA\",\"args\":[]},"
		 "\"response\":{\"success\":true,\"status\":\"OK\",\"data\":[\"USER\",\"STLS"
		 "\"]}}}\n"
		 "{\"pop3\":{\"request\":{\"command\":\"STLS\",\"args\":[]},"
		 "\"response\":{\"success\":true,\"status\":\"OK\",\"header\":\"begin\"}}}\n"
		 "{\"weakness\":\"pop3-clear-login\",\"evidence\":\"USER is offered before TLS\"}\n"
		 "{\"upgrade\":\"tls\"}\n",
		 SERVER("+OK a\r\n"), CLIENT("CAPA\r\n"), SERVER("+OK\r\nUSER\r\nSTLS\r\n.\r\n"),
		 CLIENT("STLS\r\n"), SERVER("+OK begin\r\n"), CLIENT("\026\003\001"));
	talk_tcp("pop3",
		 "{\"pop3\":{\"request\":{\"command\":\"STLS\",\"args\":[]}}}\n"
		 "{\"upgrade\":\"tls\"}\n",
		 CLIENT("STLS\r\n"), CLIENT("\026\003\001"));
	talk_tcp("pop3",
		 "{\"pop3\":{\"response\":{\"success\":true,\"status\":\"OK\",\"header\":\"a\"}}}\n"
		 "{\"pop3\":{\"request\":{\"command\":\"STLS\",\"args\":[]},"
		 "\"response\":{\"success\":false,\"status\":\"ERR\",\"header\":\"no\"}}}\n"
		 "{\"pop3\":{\"request\":{\"command\":\"QUIT\",\"args\":[]}}}\n",
		 SERVER("+OK a\r\n"), CLIENT("STLS\r\n"), SERVER("-ERR no\r\n"), CLIENT("QUIT\r\n"));
	talk_tcp("pop3",
		 "{\"pop3\":{\"response\":{\"success\":true,\"status\":\"OK\",\"header\":\"a\"}}}\n"
		 "{\"broken\":\"server\",\"at\":7}\n",
		 SERVER("+OK a\r\nnonsense\r\n"));
	talk_tcp("pop3",
		 "{\"pop3\":{\"request\":{\"command\":\"NOOP\",\"args\":[]}}}\n{\"broken\":\"client\",\"at\":"
		 "6}\n",
		 CLIENT("NOOP\r\n\001\r\n"));
}

/* ---- imap ---- */

static void imap_tells_commands_with_their_answers(void **unused)
{
	(void)unused;
	talk_tcp("imap",
		 "{\"software\":\"server\",\"product\":\"Dovecot\"}\n"
		 "{\"imap\":{\"response\":{\"status"
		 "\":\"OK\",\"text\":\"[CAPABILITY IMAP4rev1 ID STARTTLS] Dovecot ready."
		 "\"},\"capabilities\":\"IMAP4rev1 ID STARTTLS\"}}\n"
		 "{\"software\":\"client\",\"product\":\"Thunderbird\",\"version\":\"115.1\"}\n"
		 "{\"software\":\"server\",\"product\":\"Dovecot\"}\n"
		 "{\"imap\":{\"request\":{\"tag\":\"a1\",\"command"
		 "\":\"ID\"},\"response\":{\"status\":\"OK\",\"text\":\"done\"}}}\n"
		 "{\"weakness\":\"imap-clear-login\",\"evidence\":\"LOGIN was used before TLS by joe\"}\n"
		 "{\"imap\":{\"request\":{\"tag\":\"a2\",\"command\":\"LOGIN"
		 "\"},\"response\":{\"status\":\"OK\",\"text"
		 "\":\"in\"},\"capabilities\":\"IMAP4rev1 IDLE\",\"user\":\"joe\"}}\n"
		 "{\"imap\":{\"request\":{\"tag\":\"a3\",\"command\":\"SELECT\",\"argument\":\"In Box"
		 "\"},\"response\":{\"status\":\"OK\",\"text\":\"[READ-WRITE] done\"},\"user\":\"joe\"}}\n"
		 "{\"imap\":{\"request\":{\"tag\":\"a4\",\"command\":\"FETCH"
		 "\"},\"response\":{\"status\":\"OK\",\"text\":\"y\"},\"user\":\"joe\"}}\n"
		 "{\"imap\":{\"request\":{\"tag\":\"a5\",\"command\":\"LOGOUT"
		 "\"},\"response\":{\"status\":\"OK\"},\"user\":\"joe\"}}\n",
		 SERVER("* OK [CAPABILITY IMAP4rev1 ID STARTTLS] Dovecot ready.\r\n"),
		 CLIENT("a1 ID (\"name\" \"Thunderbird\" \"version\" \"115.1\" \"os\" NIL)\r\n"),
		 SERVER("* ID (\"name\" \"Dovecot\")\r\na1 OK done\r\n"),
		 CLIENT("a2 login joe \"secret\"\r\n"), SERVER("* CAPABILITY IMAP4rev1 IDLE\r\na2 OK in\r\n"),
		 CLIENT("a3 SELECT \"In Box\"\r\na4 FETCH 1 BODY[]\r\n"),
		 SERVER("* 1 EXISTS\r\na3 OK [READ-WRITE] done\r\n* 1 FETCH (BODY[] {8}\r\na4 OK x\r\n UID "
			"{2}\r\nab)\r\na4 OK y\r\n"),
		 CLIENT("a5 LOGOUT\r\n"), SERVER("* BYE\r\na5 OK\r\n"));
}

static void imap_tells_logins(void **unused)
{
	(void)unused;
	talk_tcp("imap",
		 "{\"imap\":{\"response\":{\"status\":\"OK\",\"text\":\"hello\"}}}\n"
		 "{\"weakness\":\"imap-clear-login\",\"evidence\":\"LOGIN was used before TLS by joe\"}\n"
		 "{\"imap\":{\"request\":{\"tag\":\"a\",\"command\":\"LOGIN"
		 "\"},\"response\":{\"status\":\"NO\"},\"user\":\"joe\"}}\n",
		 SERVER("* OK hello\r\n"), CLIENT("a LOGIN {3}\r\n"), SERVER("+ go\r\n"),
		 CLIENT("joe {6}\r\n"), SERVER("+ go\r\n"), CLIENT("secret\r\n"), SERVER("a NO\r\n"));
	talk_tcp("imap",
		 "{\"imap\":{\"response\":{\"status\":\"OK\",\"text\":\"hello\"}}}\n"
		 "{\"weakness\":\"imap-clear-login\",\"evidence\":\"AUTHENTICATE PLAIN was used before TLS"
		 " by joe\"}\n"
		 "{\"imap\":{\"request\":{\"tag\":\"a\",\"command\":\"AUTHENTICATE"
		 "\",\"argument\":\"PLAIN\"},\"response\":{\"status\":\"OK\",\"text"
		 "\":\"in\"},\"user\":\"joe\",\"auth_mechanism\":\"PLAIN\"}}\n",
		 SERVER("* OK hello\r\n"), CLIENT("a AUTHENTICATE PLAIN\r\n"), SERVER("+\r\n"),
		 CLIENT("AGpvZQBzZWNyZXQ=\r\n"), SERVER("a OK in\r\n"));
	talk_tcp("imap",
		 "{\"imap\":{\"response\":{\"status\":\"OK\",\"text\":\"hello\"}}}\n"
		 "{\"imap\":{\"request\":{\"tag\":\"a\",\"command\":\"APPEND\",\"argument\":\"Sent"
		 "\"},\"response\":{\"status\":\"OK\"}}}\n"
		 "{\"imap\":{\"request\":{\"tag\":\"b\",\"command\":\"NOOP"
		 "\"},\"response\":{\"status\":\"OK\"}}}\n",
		 SERVER("* OK hello\r\n"), CLIENT("a APPEND Sent {9}\r\nb LOGIN x\r\nb NOOP\r\n"),
		 SERVER("a OK\r\nb OK\r\n"));
}

static void imap_goes_on_with_tls_and_ends_where_it_is_compressed(void **unused)
{
	(void)unused;
	talk_tcp("imap",
		 "{\"imap\":{\"response\":{\"status"
		 "\":\"OK\",\"text\":\"[CAPABILITY IMAP4rev1 STARTTLS] a"
		 "\"},\"capabilities\":\"IMAP4rev1 STARTTLS\"}}\n"
		 "{\"imap\":{\"request\":{\"tag\":\"1\",\"command\":\"STARTTLS"
		 "\"},\"response\":{\"status\":\"OK\",\"text\":\"begin\"}}}\n"
		 "{\"weakness\":\"imap-clear-login\",\"evidence\":\"LOGIN is allowed before TLS\"}\n"
		 "{\"upgrade\":\"tls\"}\n",
		 SERVER("* OK [CAPABILITY IMAP4rev1 STARTTLS] a\r\n"), CLIENT("1 STARTTLS\r\n"),
		 SERVER("1 OK begin\r\n"), CLIENT("\026\003\001"));
	talk_tcp("imap",
		 "{\"imap\":{\"request\":{\"tag\":\"1\",\"command\":\"STARTTLS\"}}}\n"
		 "{\"upgrade\":\"tls\"}\n",
		 CLIENT("1 STARTTLS\r\n"), CLIENT("\026\003\001"));
	talk_tcp("imap",
		 "{\"imap\":{\"response\":{\"status\":\"OK\",\"text\":\"a\"}}}\n"
		 "{\"imap\":{\"request\":{\"tag\":\"1\",\"command\":\"COMPRESS"
		 "\"},\"response\":{\"status\":\"OK\"}}}\n"
		 "{\"done\":\"server\"}\n",
		 SERVER("* OK a\r\n"), CLIENT("1 COMPRESS DEFLATE\r\n"), SERVER("1 OK\r\n\001"));
	talk_tcp("imap",
		 "{\"imap\":{\"request\":{\"tag\":\"1\",\"command\":\"NOOP\"}}}\n{\"broken\":\"client\","
		 "\"at\":8}\n",
		 CLIENT("1 NOOP\r\n\001\r\n"));
	talk_tcp("imap", "{\"broken\":\"server\",\"at\":0}\n", SERVER("nonsense\r\n"));
}

static void pop3_lists_languages(void **unused)
{
	(void)unused;
	talk_tcp("pop3",
		 "{\"pop3\":{\"response\":{\"success\":true,\"status\":\"OK\",\"header\":\"a\"}}}\n"
		 "{\"pop3\":{\"request\":{\"command\":\"LANG\",\"args\":[]},\"response\":{\"success\":true,"
		 "\"status\":\"OK\",\"header\":\"languages\",\"length\":20}}}\n"
		 "{\"pop3\":{\"request\":{\"command\":\"LANG\",\"args\":[\"de\"]},\"response\":{\"success\":"
		 "true,"
		 "\"status\":\"OK\",\"header\":\"de Gut\"}}}\n",
		 SERVER("+OK a\r\n"), CLIENT("LANG\r\n"),
		 SERVER("+OK languages\r\nde Deutsch\r\nen Eng\r\n.\r\n"), CLIENT("LANG de\r\n"),
		 SERVER("+OK de Gut\r\n"));
}

static void a_bearer_in_the_clear_is_a_login_in_the_clear(void **unused)
{
	(void)unused;
	talk_tcp("pop3",
		 "{\"pop3\":{\"response\":{\"success\":true,\"status\":\"OK\",\"header\":\"a\"}}}\n"
		 "{\"weakness\":\"pop3-clear-login\",\"evidence\":\"AUTH OAUTHBEARER was used before TLS by "
		 "joe@a.example\"}\n"
		 "{\"pop3\":{\"request\":{\"command\":\"AUTH\",\"args\":[\"OAUTHBEARER\"]},"
		 "\"response\":{\"success\":true,\"status\":\"OK\"},\"user\":\"joe@a.example\","
		 "\"auth_mechanism\":\"OAUTHBEARER\"}}\n",
		 SERVER("+OK a\r\n"),
		 CLIENT("AUTH OAUTHBEARER bixhPWpvZUBhLmV4YW1wbGUsAWF1dGg9QmVhcmVyIHQwawEB\r\n"),
		 SERVER("+OK\r\n"));
	talk_tcp("pop3",
		 "{\"pop3\":{\"response\":{\"success\":true,\"status\":\"OK\",\"header\":\"a\"}}}\n"
		 "{\"weakness\":\"pop3-clear-login\",\"evidence\":\"AUTH XOAUTH2 was used before TLS by "
		 "joe\"}\n"
		 "{\"pop3\":{\"request\":{\"command\":\"AUTH\",\"args\":[\"XOAUTH2\"]},"
		 "\"response\":{\"success\":true,\"status\":\"OK\"},\"user\":\"joe\",\"auth_mechanism\":"
		 "\"XOAUTH2\"}}\n",
		 SERVER("+OK a\r\n"), CLIENT("AUTH XOAUTH2 dXNlcj1qb2UBYXV0aD1CZWFyZXIgdDBrAQE=\r\n"),
		 SERVER("+OK\r\n"));
}

static void ftp_is_not_read_behind_other_mechanisms_than_tls(void **unused)
{
	(void)unused;
	talk_tcp("ftp",
		 "{\"ftp\":{\"completion_code\":[\"220\"],\"reply\":[\"FTP\"],\"reply_received\":\"yes\"}}\n"
		 "{\"ftp\":{\"command\":\"AUTH\",\"command_data\":\"GSSAPI\",\"completion_code\":[\"334\"],"
		 "\"reply\":[\"ADAT must follow\"],\"reply_received\":\"yes\"}}\n"
		 "{\"ftp\":{\"command\":\"AUTH\",\"command_data\":\"KERBEROS_V4\",\"completion_code\":["
		 "\"234\"],"
		 "\"reply\":[\"done\"],\"reply_received\":\"yes\"}}\n{\"done\":\"server\"}\n",
		 SERVER("220 FTP\r\n"), CLIENT("AUTH GSSAPI\r\n"), SERVER("334 ADAT must follow\r\n"),
		 CLIENT("AUTH KERBEROS_V4\r\n"), SERVER("234 done\r\n"), CLIENT("MIC UEFTUyB4\r\n"),
		 SERVER("631 x\r\n"));
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
		cmocka_unit_test(smtp_tells_each_mail),
		cmocka_unit_test(smtp_tells_a_login_in_the_clear),
		cmocka_unit_test(smtp_goes_on_with_tls),
		cmocka_unit_test(smtp_survives_a_gap_and_one_side),
		cmocka_unit_test(pop3_tells_commands_with_their_answers),
		cmocka_unit_test(pop3_tells_logins),
		cmocka_unit_test(pop3_goes_on_with_tls),
		cmocka_unit_test(imap_tells_commands_with_their_answers),
		cmocka_unit_test(imap_tells_logins),
		cmocka_unit_test(imap_goes_on_with_tls_and_ends_where_it_is_compressed),
		cmocka_unit_test(pop3_lists_languages),
		cmocka_unit_test(a_bearer_in_the_clear_is_a_login_in_the_clear),
		cmocka_unit_test(ftp_is_not_read_behind_other_mechanisms_than_tls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
