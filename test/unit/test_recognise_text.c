/* The recognisers of mail, files, terminals, time and management: who is meant by first words that several
 * protocols could say. What holds for every protocol stands in test_protocols.c. */
#include "protocols/protocols.h"
#include "protocols/text.h"

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

static const struct protocol *named(const char *name)
{
	const struct protocol *const protocol = protocol_named(span_text(name));

	assert_non_null(protocol);
	return protocol;
}

struct first_words {
	const char *protocol;
	enum side side;
	unsigned transport;
	struct span words;
	enum verdict verdict;
};

static void assert_verdicts(const struct first_words *cases, size_t count)
{
	static const char *const verdicts[] = { "NO", "MORE", "YES" };

	for (size_t i = 0; i < count; i++) {
		const struct first_words *const c = &cases[i];
		const enum verdict verdict = named(c->protocol)->recognise(c->words, c->side, c->transport);

		if (verdict != c->verdict)
			fail_msg("%s says %s, not %s, to case %zu: %.*s", c->protocol, verdicts[verdict],
				 verdicts[c->verdict], i, (int)span_left(c->words),
				 (const char *)c->words.at);
	}
}

#define SERVER SIDE_SERVER, TRANSPORT_TCP
#define CLIENT SIDE_CLIENT, TRANSPORT_TCP

static void greetings_with_220_are_told_apart_by_their_words(void **unused)
{
	static const struct first_words cases[] = {
		{ "ftp", SERVER, SENT("220 (vsFTPd 3.0.3)\r\n"), YES },
		{ "smtp", SERVER, SENT("220 (vsFTPd 3.0.3)\r\n"), NO },
		{ "smtp", SERVER, SENT("220 mail.example.com ESMTP Postfix\r\n"), YES },
		{ "ftp", SERVER, SENT("220 mail.example.com ESMTP Postfix\r\n"), NO },
		/* A host's name is not a word. */
		{ "smtp", SERVER, SENT("220 ftp.example.com ESMTP Exim 4.96\r\n"), YES },
		{ "ftp", SERVER, SENT("220 ftp.example.com ESMTP Exim 4.96\r\n"), NO },
		{ "ftp", SERVER, SENT("220 smtp.example.com FTP server ready.\r\n"), YES },
		{ "smtp", SERVER, SENT("220 smtp FTP server ready.\r\n"), NO },
		{ "ftp", SERVER, SENT("220 ftp ESMTP ready\r\n"), NO },
		{ "smtp", SERVER, SENT("220 ftp ESMTP ready\r\n"), YES },
		/* Nothing said: what follows may tell FTP; LMTP's answers look like SMTP's. */
		{ "ftp", SERVER, SENT("220 alpha ready.\r\n"), MORE },
		{ "ftp", SERVER, SENT("220 alpha ready.\r\n331 Password required\r\n"), YES },
		{ "ftp", SERVER, SENT("220 alpha ready.\r\n250-alpha\r\n250 8BITMIME\r\n"), NO },
		{ "smtp", SERVER, SENT("220 alpha ready.\r\n250-alpha\r\n250 8BITMIME\r\n"), MORE },
		{ "smtp", SERVER, SENT("220 alpha LMTP Postfix-like\r\n"), NO },
		{ "smtp", SERVER, SENT("220 alpha.example Dovecot ready.\r\n"), MORE },
		{ "ftp", SERVER, SENT("220 fax server (HylaFAX (tm) Version 6.0.6) ready.\r\n331 x\r\n"),
		  NO },
		{ "ftp", SERVER, SENT("220 VMware Authentication Daemon Version 1.10: SSL Required\r\n"),
		  NO },
		/* Both words beyond the name contradict each other. */
		{ "smtp", SERVER, SENT("220 alpha FTP and SMTP gateway\r\n"), MORE },
		/* Greetings of several lines are read to their end. */
		{ "ftp", SERVER, SENT("220-Welcome\r\n220-to our\r\n"), MORE },
		{ "ftp", SERVER, SENT("220-Welcome\r\n220-to our\r\n220 FTP server\r\n"), YES },
		{ "ftp", SERVER, SENT("220-FileZilla Server 1.8.1\r\n220 Please visit\r\n"), YES },
		{ "smtp", SERVER, SENT("554-mx.example ESMTP\r\n554 go away\r\n"), YES },
		{ "smtp", SERVER, SENT("200 news.example InterNetNews NNRP server\r\n"), NO },
		{ "ftp", SERVER, SENT("2200 bytes\r\n"), NO },
	};

	(void)unused;
	assert_verdicts(cases, COUNT(cases));
}

static void commands_that_several_protocols_have_wait_for_more(void **unused)
{
	static const struct first_words cases[] = {
		{ "ftp", CLIENT, SENT("USER anonymous\r\n"), MORE },
		{ "pop3", CLIENT, SENT("USER anonymous\r\n"), MORE },
		{ "ftp", CLIENT, SENT("USER anonymous\r\nPASS me@\r\nTYPE I\r\n"), YES },
		{ "pop3", CLIENT, SENT("USER anonymous\r\nPASS me@\r\nTYPE I\r\n"), NO },
		{ "pop3", CLIENT, SENT("USER joe\r\nPASS x\r\nSTAT\r\nUIDL\r\n"), YES },
		{ "ftp", CLIENT, SENT("USER joe\r\nPASS x\r\nSTAT\r\nUIDL\r\n"), NO },
		{ "ftp", CLIENT, SENT("USER guest 0 * :real name\r\nJOIN #room\r\n"), NO },
		/* The first letter of a line that is not whole may tell that it is none of theirs. */
		{ "ftp", CLIENT, SENT("g"), NO },
		{ "ftp", CLIENT, SENT("USER joe\r\n?"), NO },
		{ "ftp", CLIENT, SENT("USER joe\r\np"), MORE },
		{ "pop3", CLIENT, SENT("r"), MORE },
		{ "ftp", CLIENT, SENT("auth tls\r\n"), YES },
		{ "ftp", CLIENT, SENT("AUTH PLAIN\r\n"), NO },
		{ "pop3", CLIENT, SENT("AUTH PLAIN\r\n"), YES },
		{ "pop3", CLIENT, SENT("AUTH secret\r\n"), NO },
		{ "smtp", CLIENT, SENT("EHLO x\r\n"), YES },
		{ "smtp", CLIENT, SENT("ehlo"), MORE },
		{ "smtp", CLIENT, SENT("LHLO x\r\n"), NO },
		{ "smtp", CLIENT, SENT("QUIT\r\n"), MORE },
		{ "imap", CLIENT, SENT("a1 CAPABILITY\r\n"), YES },
		{ "imap", CLIENT, SENT(". CAPABILITY\r\n"), YES },
		{ "imap", CLIENT, SENT("a1 NOOP\r\n"), MORE },
		{ "imap", CLIENT, SENT("NICK login \r\n"), NO },
		{ "imap", CLIENT, SENT("USER login 0 * :real name\r\n"), NO },
		{ "imap", CLIENT, SENT("a1 AUTHENTICATE \"CRAM-MD5\"\r\n"), NO },
		{ "imap", CLIENT, SENT("a1 AUTHENTICATE PLAIN\r\n"), YES },
		{ "imap", CLIENT, SENT("CAPABILITY\r\n"), NO },
		{ "pop3", CLIENT, SENT("CAPABILITIES\r\n"), NO },
		/* Patterns: a * that must try again, a range, a list, and what is too short for either. */
		{ "ftp", CLIENT, SENT("PORT 10,0,0,1,4,5\r\n"), YES },
		{ "ftp", CLIENT, SENT("PORT 10,0,0,1,4\r\n"), NO },
		{ "ftp", CLIENT, SENT("EPRT |1|10.0.0.1|1029|\r\n"), YES },
		{ "ftp", CLIENT, SENT("EPRT |1|10.0.0.1|1029\r\n"), NO },
		{ "ftp", CLIENT, SENT("prot p\r\n"), YES },
		{ "ftp", CLIENT, SENT("PROT X\r\n"), NO },
		{ "pop3", CLIENT, SENT("TOP 12 0\r\n"), YES },
		{ "pop3", CLIENT, SENT("TOP 12 \r\n"), NO },
		{ "pop3", CLIENT, SENT("TOP :2 0\r\n"), NO },
		/* Of a line that has not ended, what no command begins with is nobody's. */
		{ "pop3", CLIENT, SENT("u"), MORE },
		{ "pop3", CLIENT, SENT("uid"), MORE },
		{ "pop3", CLIENT, SENT("uix"), NO },
		{ "pop3", CLIENT, SENT("STLS\r"), MORE },
		{ "pop3", CLIENT, SENT("STLSX"), NO },
		{ "pop3", CLIENT, SENT("STLS\rX"), NO },
		{ "pop3", CLIENT, SENT("UIDL anything"), MORE },
		{ "pop3", CLIENT, SENT("TOP 1"), MORE },
		{ "pop3", CLIENT, SENT("TOP x"), NO },
		{ "pop3", CLIENT, SENT("USER joe\r\nPA"), MORE },
		{ "pop3", CLIENT, SENT("USER joe\r\nPX"), NO },
	};

	(void)unused;
	assert_verdicts(cases, COUNT(cases));
}

static void greetings_of_mailboxes_are_not_those_of_their_neighbours(void **unused)
{
	static const struct first_words cases[] = {
		{ "pop3", SERVER, SENT("+OK"), MORE },
		{ "pop3", SERVER, SENT("+OK\r\n"), MORE },
		{ "pop3", SERVER, SENT("+OK ready <1896.697170952@example>\r\n"), YES },
		{ "pop3", SERVER, SENT("-ERR unknown command\r\n"), NO },
		{ "pop3", SERVER, SENT("-ERR [SYS/TEMP] try later\r\n"), YES },
		{ "imap", SERVER, SENT("* OK IMAP4rev1 ready\r\n"), YES },
		{ "imap", SERVER, SENT("* PREAUTH ready\r\n"), YES },
		{ "imap", SERVER, SENT("* 12 EXISTS\r\n"), YES },
		{ "imap", SERVER, SENT("* 3 FETCH (FLAGS (\\Seen))\r\n"), YES },
		{ "imap", SERVER, SENT("* 3 doors\r\n"), NO },
		{ "imap", SERVER, SENT("* OK MUPDATE \"host\" \"Cyrus\" \"2.2\"\r\n"), NO },
		{ "imap", SERVER, SENT("* OK Cyrus IMSP version 1.6a4 ready\r\n"), NO },
		{ "imap", SERVER, SENT("* ACAP (IMPLEMENTATION \"x\")\r\n"), NO },
		{ "imap", SERVER, SENT("*1\r\n$4\r\nPONG\r\n"), NO },
		{ "imap", SERVER, SENT("OK \"Dovecot ready.\"\r\n"), NO },
	};

	(void)unused;
	assert_verdicts(cases, COUNT(cases));
}

static void ssh_may_be_announced_by_lines_of_text(void **unused)
{
	static const struct first_words cases[] = {
		{ "ssh", SERVER, SENT("SSH-2.0-OpenSSH_9.2p1\r\n"), YES },
		{ "ssh", SERVER, SENT("SSH-1.99-Cisco-1.25\n"), YES },
		{ "ssh", SERVER, SENT("SSH-3"), NO },
		{ "ssh", SERVER, SENT("For members only\r\nSSH-2.0-x\r\n\x00\x00\x03"), YES },
		{ "ssh", SERVER, SENT("For members only\r\n\x01\x02"), NO },
		{ "ssh", CLIENT, SENT("For members only\r\nSSH-2.0-x\r\n"), NO },
		{ "ssh", CLIENT, SENT("SS"), MORE },
	};

	(void)unused;
	assert_verdicts(cases, COUNT(cases));
}

static void telnet_needs_more_than_one_option(void **unused)
{
	static const struct first_words cases[] = {
		{ "telnet", SERVER, SENT("\xff\xfd\x18"), MORE },
		{ "telnet", SERVER, SENT("\xff\xfd\x18\xff\xfd\x20"), YES },
		{ "telnet", SERVER, SENT("\xff\xfb\x01login: "), YES },
		{ "telnet", SERVER, SENT("\xff\xfd"), MORE },
		{ "telnet", CLIENT, SENT("\xff\xfa\x18\x00xterm\xff\xf0\xff\xfb\x18"), YES },
		{ "telnet", CLIENT, SENT("\xff\xfa\x18\x00xt"), MORE },
		{ "telnet", CLIENT, SENT("\xff\xfa\x18\xff\x01"), NO },
		{ "telnet", SERVER, SENT("\xff\xfb\x90\x64"), NO }, /* MPEG sound */
		{ "telnet", SERVER,
		  SENT("\xff\xfe"
		       "A\0B\0"),
		  NO }, /* UTF-16 */
		{ "telnet", SERVER, SENT("\xff\xfe\x0d\x00\x0a\x00"), NO },
		{ "telnet", SERVER, SENT("\xff\xd8\xff\xe0"), NO },                 /* JPEG */
		{ "telnet", SERVER, SENT("\xff\xff\xff\xff\xff\xff\xff\xff"), NO }, /* BGP */
		{ "telnet", SERVER, SENT("\xff\xf1\xff\xf1"), NO },
	};

	(void)unused;
	assert_verdicts(cases, COUNT(cases));
}

#define REQUEST "\x03\x00\x00\x13\x0e\xe0\0\0\0\0\0"
#define CONFIRM "\x03\x00\x00\x13\x0e\xd0\0\0\x12\x34\0"

static void rdp_is_not_its_neighbours_on_tpkt(void **unused)
{
	static const struct first_words cases[] = {
		{ "rdp", CLIENT, SENT(REQUEST "\x01\0\x08\0\x03\0\0\0"), YES },
		{ "rdp", CLIENT,
		  SENT("\x03\x00\x00\x1e\x19\xe0\0\0\0\0\0"
		       "Cookie: mstshash=a\r\n"),
		  NO },
		{ "rdp", CLIENT,
		  SENT("\x03\x00\x00\x1f\x1a\xe0\0\0\0\0\0"
		       "Cookie: mstshash=a\r\n"),
		  YES },
		{ "rdp", CLIENT, SENT(REQUEST "\x01\0\x08\0\x03\0\0"), MORE },
		{ "rdp", CLIENT, SENT(REQUEST "\x01\0\x09\0\x03\0\0\0"), NO },
		{ "rdp", SERVER, SENT(CONFIRM "\x02\0\x08\0\x02\0\0\0"), YES },
		{ "rdp", SERVER, SENT(CONFIRM "\x02\0\x08\0\x03\0\0\0"), NO },
		{ "rdp", SERVER, SENT(CONFIRM "\x03\0\x08\0\x05\0\0\0"), YES },
		{ "rdp", SERVER, SENT(CONFIRM "\x03\0\x08\0\x00\0\0\0"), NO },
		{ "rdp", CLIENT, SENT(CONFIRM "\x02\0\x08\0\x02\0\0\0"), NO },
		/* S7: size of packets and the two access points. */
		{ "rdp", CLIENT,
		  SENT("\x03\x00\x00\x16\x11\xe0\0\0\0\x01\0\xc0\x01\x0a\xc1\x02\x01\0\xc2\x02\x01\x02"),
		  NO },
		{ "rdp", SERVER,
		  SENT("\x03\x00\x00\x16\x11\xd0\0\x01\0\x02\0\xc0\x01\x0a\xc1\x02\x01\0\xc2\x02\x01\x02"),
		  NO },
		/* H.225 over TPKT. */
		{ "rdp", CLIENT, SENT("\x03\x00\x00\x0b\x08\x02\x01\x02\x05\x04\x03"), NO },
		/* Without a negotiation the next packet tells. */
		{ "rdp", CLIENT, SENT("\x03\x00\x00\x0b\x06\xe0\0\0\0\0\0"), MORE },
		{ "rdp", CLIENT,
		  SENT("\x03\x00\x00\x0b\x06\xe0\0\0\0\0\0\x03\0\0\x0c\x02\xf0\x80"
		       "Duca\0"),
		  YES },
		{ "rdp", CLIENT,
		  SENT("\x03\x00\x00\x0b\x06\xe0\0\0\0\0\0\x03\0\0\x0c\x02\xf0\x80"
		       "Ducks"),
		  NO },
		{ "rdp", CLIENT,
		  SENT("\x03\x00\x00\x0b\x06\xe0\0\0\0\0\0\x03\0\0\x0c\x02\xe0\x80"
		       "Duca\0"),
		  NO },
	};

	(void)unused;
	assert_verdicts(cases, COUNT(cases));
}

#define ZEROS8     "\0\0\0\0\0\0\0\0"
#define TIMES      ZEROS8 ZEROS8 ZEROS8 "\xee\xab\x98\x99\xc7\x6a\x95\x0a"
#define NTP_CLIENT SIDE_CLIENT, TRANSPORT_UDP
#define NTP_SERVER SIDE_SERVER, TRANSPORT_UDP

static void ntp_must_be_plausible_to_the_last_octet(void **unused)
{
	static const struct first_words cases[] = {
		{ "ntp", NTP_CLIENT, SENT("\x23\0\x06\xec" ZEROS8 "\0\0\0\0" TIMES), YES },
		{ "ntp", NTP_SERVER, SENT("\x23\0\x06\xec" ZEROS8 "\0\0\0\0" TIMES), NO },
		{ "ntp", CLIENT, SENT("\x23\0\x06\xec" ZEROS8 "\0\0\0\0" TIMES), NO },
		{ "ntp", NTP_CLIENT, SENT("\x2b\0\x06\xec" ZEROS8 "\0\0\0\0" TIMES), NO },
		{ "ntp", NTP_CLIENT, SENT("\x23\x11\x06\xec" ZEROS8 "\0\0\0\0" TIMES), NO },
		{ "ntp", NTP_CLIENT,
		  SENT("\x23\0\x06\xec"
		       "abcd"
		       "\0\0\0\0\0\0\0\0" TIMES),
		  NO },
		{ "ntp", NTP_CLIENT,
		  SENT("\x23\0\x06\xec" ZEROS8 "\0\0\0\0" TIMES "\0\0\0\x01" ZEROS8 ZEROS8), YES },
		{ "ntp", NTP_CLIENT, SENT("\x23\0\x06\xec" ZEROS8 "\0\0\0\0" TIMES "\0\0\0\x01" ZEROS8), NO },
		{ "ntp", NTP_CLIENT,
		  SENT("\x23\0\x06\xec" ZEROS8 "\0\0\0\0" TIMES "\x01\x04\x00\x1c" ZEROS8 ZEROS8 ZEROS8),
		  YES },
		{ "ntp", NTP_CLIENT,
		  SENT("\x23\0\x06\xec" ZEROS8 "\0\0\0\0" TIMES "\x01\x04\x00\x1b" ZEROS8 ZEROS8 ZEROS8),
		  NO },
		/* A question of DNS that begins like a client: its letters are no time. */
		{ "ntp", NTP_CLIENT,
		  SENT("\x1b\x02\x01\0\0\x01\0\0\0\0\0\0\x0a"
		       "workgroups\x04"
		       "test\x07"
		       "example\0\0\x01\0\x01"),
		  NO },
		/* Control and private mode. */
		{ "ntp", NTP_CLIENT, SENT("\x16\x02\0\x01" ZEROS8), YES },
		{ "ntp", NTP_CLIENT, SENT("\x16\x02\0\x01\0\x01\0\0\0\0\0\0"), NO },
		{ "ntp", NTP_SERVER,
		  SENT("\x16\x82\0\x01\x06\x18\0\0\0\0\0\x03"
		       "a=1\0"),
		  YES },
		{ "ntp", NTP_SERVER,
		  SENT("\x16\x82\0\x01\x06\x18\0\0\0\0\0\x05"
		       "a=1\0"),
		  NO },
		{ "ntp", NTP_CLIENT, SENT("\x17\0\x03\x2a\0\0\0\0"), YES },
		{ "ntp", NTP_CLIENT, SENT("\x17\0\x03\x2a\0\0\0\0" ZEROS8 "\0\0\0\x01"), NO },
		{ "ntp", NTP_CLIENT,
		  SENT("\x57\xd2\0\0\0\x01\0\0\0\0\0\0\0\x01"
		       "1\0\0\x0c\0\x01"),
		  NO },
		{ "ntp", NTP_CLIENT,
		  SENT("\x17\xd2\0\0\0\x01\0\0\0\0\0\0\0\x01"
		       "1\0\0\x0c\0\x01"),
		  NO },
		{ "ntp", NTP_SERVER, SENT("\x97\0\x03\x2a\0\x01\0\x04\x01\x02\x03\x04"), YES },
		{ "ntp", NTP_SERVER, SENT("\x97\0\x03\x2a\0\x02\0\x04\x01\x02\x03\x04"), NO },
	};

	(void)unused;
	assert_verdicts(cases, COUNT(cases));
}

#define GET_1 "\xa0\x0e\x02\x04\x01\x02\x03\x04\x02\x01\0\x02\x01\0\x30\0"

static void chargen_is_a_ring_of_characters(void **unused)
{
	static const struct first_words cases[] = {
		{ "chargen", SERVER,
		  SENT("stuvwxyz{|}~ !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\r\n"),
		  YES },
		/* xinetd's has neither a blank nor a tilde. */
		{ "chargen", SERVER,
		  SENT("@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}!\"#$%&'()*+\r\n"),
		  NO },
		{ "chargen", SERVER,
		  SENT("@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}!\"#$%&'()*\r\n"),
		  YES },
		{ "chargen", SERVER, SENT("wxyz{|}#"), NO },
		{ "chargen", SERVER, SENT("wxyz{|!"), NO },
		{ "chargen", SERVER, SENT("wxyz{|}!"), MORE },
	};

	(void)unused;
	assert_verdicts(cases, COUNT(cases));
}

static void snmp_is_not_every_sequence(void **unused)
{
	static const struct first_words cases[] = {
		{ "snmp", NTP_CLIENT, SENT("\x30\x1b\x02\x01\x01\x04\x06public" GET_1), YES },
		{ "snmp", NTP_CLIENT, SENT("\x30\x1b\x02\x01\x02\x04\x06public" GET_1), NO },
		{ "snmp", NTP_CLIENT, SENT("\x30\x1c\x02\x01\x01\x04\x06public" GET_1), NO },
		{ "snmp", NTP_CLIENT, SENT("\x30\x1b\x02\x01\x01\x04\x06public" GET_1 "\0"), NO },
		{ "snmp", CLIENT, SENT("\x30\x1b\x02\x01\x01\x04\x06public" GET_1), YES },
		{ "snmp", CLIENT, SENT("\x30\x1b\x02\x01\x01\x04\x06pub"), MORE },
		{ "snmp", CLIENT, SENT("\x30\x82\x10"), MORE },
		{ "snmp", CLIENT, SENT("\x30\x84\x7f\xff\xff\xff"), NO },
		/* LDAP's bind. */
		{ "snmp", CLIENT, SENT("\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\0\x80\0"), NO },
		/* A PDU of version 2c in a message of version 1. */
		{ "snmp", NTP_CLIENT,
		  SENT("\x30\x1b\x02\x01\0\x04\x06public"
		       "\xa5\x0e\x02\x04\x01\x02\x03\x04\x02\x01\0\x02\x01\0\x30\0"),
		  NO },
	};

	(void)unused;
	assert_verdicts(cases, COUNT(cases));
}

static void what_is_shown_ends_where_a_password_could_stand(void **state)
{
	static const struct {
		const char *protocol;
		struct span first;
		size_t shown;
	} cases[] = {
		{ "rip", SENT("\2\2\0\0\xff\xff\0\2sesame\0\0"), 8 },
		{ "hsrp", SENT("\0\0\20\3\12\144\1\0sesame\0\0"), 8 },
		{ "snmp", SENT("\x30\x26\2\1\1\4\6sesame\xa0\x19\2"), 7 },
		{ "vrrp", SENT("\x21\1\144\1\1\1\0\0\xc0\0\2\1sesa"), 12 },
		{ "rexec", SENT("0\0u\0sesame\0id\0\0\0"), 4 },
		{ "ldap", SENT("\x30\x13\2\1\1\x60\x0e\2\1\3\4\0\x80\6se"), 14 },
		{ "irc", SENT("PASS sesame\r\nNICK"), 4 },
		{ "irc", SENT("CAP LS\r\nPASS ses"), 12 },
		{ "ftp", SENT("USER joe\r\nPASS s"), 14 },
		{ "redis", SENT("auth sesame\r\n"), 4 },
		{ "imap", SENT("a1 LOGIN joe ses"), 8 },
		{ NULL, SENT("AUTHENTICATE ses"), 12 },
		{ "nntp", SENT("AUTHINFO PASS se"), 13 },
		{ "ftp", SENT("PASSWORDS are a "), 16 },
		{ "http", SENT("GET / HTTP/1.1\r\n"), 16 },
		{ "ssh", SENT(""), 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct protocol *const protocol = cases[i].protocol != NULL ? named(cases[i].protocol)
										  : NULL;
		const struct span shown = protocol_shown(protocol, cases[i].first);

		assert_ptr_equal(shown.at, cases[i].first.at);
		assert_int_equal(span_left(shown), cases[i].shown);
	}
}

/* Each length, and each place at which one octet spoils it or does not. */
static void plain_text_has_no_control_characters(void **state)
{
	static const uint8_t allowed[] = { '\t', '\n', '\r', '\a', 033, 0x80, 0xff },
			     forbidden[] = { 0, 1, 0x1f, 0x7f };
	uint8_t text[70];

	(void)state;
	for (size_t length = 0; length < sizeof(text); length++) {
		memset(text, 'x', sizeof(text));
		assert_true(text_is_plain(span_of(text, length)));
		for (size_t place = 0; place < length; place++) {
			for (size_t i = 0; i < sizeof(allowed); i++) {
				text[place] = allowed[i];
				assert_true(text_is_plain(span_of(text, length)));
			}
			for (size_t i = 0; i < sizeof(forbidden); i++) {
				text[place] = forbidden[i];
				assert_false(text_is_plain(span_of(text, length)));
				assert_true(
					text_is_plain(span_of(text, place))); /* it stands behind the end */
			}
			text[place] = 'x';
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(greetings_with_220_are_told_apart_by_their_words),
		cmocka_unit_test(commands_that_several_protocols_have_wait_for_more),
		cmocka_unit_test(greetings_of_mailboxes_are_not_those_of_their_neighbours),
		cmocka_unit_test(ssh_may_be_announced_by_lines_of_text),
		cmocka_unit_test(telnet_needs_more_than_one_option),
		cmocka_unit_test(rdp_is_not_its_neighbours_on_tpkt),
		cmocka_unit_test(ntp_must_be_plausible_to_the_last_octet),
		cmocka_unit_test(chargen_is_a_ring_of_characters),
		cmocka_unit_test(snmp_is_not_every_sequence),
		cmocka_unit_test(what_is_shown_ends_where_a_password_could_stand),
		cmocka_unit_test(plain_text_has_no_control_characters),
	};

	return cmocka_run_group_tests_name("recognisers of text", tests, NULL, NULL);
}
