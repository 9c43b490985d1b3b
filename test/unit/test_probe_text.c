/* The probes of mail, files, terminals, time and management: what their servers tell, and what that means.
 * What holds for every probe stands in test_probes.c. */
#include "protocols/ber.h"
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

static const struct protocol *named(const char *name)
{
	const struct protocol *const protocol = protocol_named(span_text(name));

	assert_non_null(protocol);
	return protocol;
}

#define CONFIRM "\x03\x00\x00\x13\x0e\xd0\0\0\x12\x34\0"
#define ZEROS8  "\0\0\0\0\0\0\0\0"

/* Holds a conversation in which the server says these words whatever it is asked, and then ends. */
static enum probe_step converse(const char *protocol, struct span words, bool inside_tls,
				struct answer *ret_answer)
{
	const struct probe *const probe = named(protocol)->probe;
	_Alignas(max_align_t) uint8_t state[PROBE_STATE_LIMIT] = { 0 };
	struct buffer out = buffer_new(4096);
	enum probe_step step;

	memset(ret_answer, 0, sizeof(*ret_answer));
	ret_answer->inside_tls = inside_tls;
	if (probe->greet != NULL)
		probe->greet(state, TRANSPORT_TCP, &out);
	step = probe->hear(state, &words, false, &out, ret_answer);
	if (step == PROBE_WAIT)
		step = probe->hear(state, &words, true, &out, ret_answer);
	assert_false(out.failed);
	buffer_free(&out);
	return step;
}

static void products_and_versions_are_read_from_greetings(void **unused)
{
	static const struct {
		const char *protocol, *greeting, *product, *version;
	} cases[] = {
		{ "ftp", "220 ProFTPD 1.3.8 Server (Debian) [10.0.0.1]\r\n", "ProFTPD", "1.3.8" },
		{ "ftp", "220---------- Welcome to Pure-FTPd [privsep] ----------\r\n220 x\r\n", "Pure-FTPd",
		  "" },
		{ "ftp", "220-FileZilla Server version 0.9.60 beta\r\n220 ok\r\n", "FileZilla Server",
		  "0.9.60" },
		{ "ftp", "220 alpha FTP server (GNU inetutils 2.4) ready.\r\n", "inetutils ftpd", "2.4" },
		{ "ftp", "220 Serv-U FTP Server v15.1 ready...\r\n", "Serv-U", "15.1" },
		{ "ftp", "220 alpha FTP server (Version wu-2.6.2(1)) ready.\r\n", "WU-FTPD", "2.6.2(1)" },
		{ "smtp", "220 a ESMTP Exim 4.96 Sun, 01 Mar 2026 10:00:00 +0000\r\n", "Exim", "4.96" },
		{ "smtp", "220 a ESMTP Sendmail 8.17.1.9/8.17.1.9/Debian-2; x\r\n", "Sendmail", "8.17.1.9" },
		{ "smtp", "220 a Microsoft ESMTP MAIL Service, Version: 10.0.17763.1 ready\r\n",
		  "Microsoft Exchange or IIS SMTP", "10.0.17763.1" },
		{ "pop3", "+OK Cyrus POP3 v2.4.17 server ready <1.2@a>\r\n", "Cyrus POP3", "2.4.17" },
		{ "imap", "* OK a Cyrus IMAP 3.6.1-Debian-3.6.1-4 server ready\r\n", "Cyrus IMAP",
		  "3.6.1-Debian-3.6.1-4" },
		{ "ssh", "SSH-2.0-dropbear_2022.83\r\n", "Dropbear", "2022.83" },
		{ "ssh", "SSH-2.0-Cisco-1.25\r\n", "Cisco SSH", "1.25" },
		{ "ssh", "SSH-2.0-libssh-0.9.6\n", "libssh", "0.9.6" },
		{ "ssh", "SSH-2.0-NetKit_1.2.3 build 7\r\n", "NetKit", "1.2.3" },
		{ "ssh", "SSH-2.0-nameless\r\n", "nameless", "" },
		{ "munin", "# munin node at a\nmunins node on a version: 2.0.73\n", "Munin node", "2.0.73" },
		{ "munin", "# munin node at a\n", "Munin node", "" },
		{ "munin", "# munin node at a\n# Unknown command.\n", "Munin node", "" },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct answer answer;

		(void)converse(cases[i].protocol, span_text(cases[i].greeting), false, &answer);
		assert_string_equal(answer.product, cases[i].product);
		assert_string_equal(answer.version, cases[i].version);
	}
}

static void lmtp_and_ftp_refuse_ehlo(void **unused)
{
	static const char *const words[] = {
		"220 alpha.example Dovecot ready.\r\n500 5.5.1 Unknown\r\n500 5.5.1 Unknown\r\n",
		"220 ready\r\n530 Please login\r\n530 Please login\r\n",
		"220 alpha LMTP\r\n",
		"220 (vsFTPd 3.0.3)\r\n",
		"+OK ready\r\n",
	};
	struct answer answer;

	(void)unused;
	for (size_t i = 0; i < COUNT(words); i++)
		assert_int_equal(converse("smtp", span_text(words[i]), false, &answer), PROBE_NOT);
	assert_int_equal(converse("smtp", span_text("220 alpha ready\r\n250 alpha\r\n"), false, &answer),
			 PROBE_DONE);
	assert_int_equal(converse("smtp", span_text("220 a\r\n502 what\r\n250 a\r\n"), false, &answer),
			 PROBE_DONE);
}

static void ftp_is_known_by_its_answers_when_the_greeting_says_nothing(void **unused)
{
	struct answer answer;

	(void)unused;
	assert_int_equal(converse("ftp",
				  span_text("220 hi\r\n211-x\r\n AUTH TLS;AUTH SSL\r\n211 e\r\n215 UNIX\r\n"),
				  false, &answer),
			 PROBE_DONE);
	assert_true(answer.starttls);
	assert_string_equal(answer_get(&answer, "system"), "UNIX");
	assert_int_equal(converse("ftp", span_text("220 hi\r\n500 what\r\n500 what\r\n"), false, &answer),
			 PROBE_NOT);
	assert_int_equal(converse("ftp",
				  span_text("220 FTP\r\n500 ?\r\n500 ?\r\n331 Password?\r\n234 go on\r\n"),
				  false, &answer),
			 PROBE_DONE);
	assert_true(answer.starttls);
	assert_int_equal(converse("ftp", span_text("220 FTP\r\n500 ?\r\n500 ?\r\n530 no\r\n500 ?\r\n"), false,
				  &answer),
			 PROBE_DONE);
	assert_false(answer.starttls);
}

static bool has_weakness(const struct answer *answer, const char *id)
{
	for (size_t i = 0; i < answer->weakness_count; i++)
		if (strcmp(answer->weaknesses[i].weakness->id, id) == 0)
			return true;
	return false;
}

/* What servers of each make say to the name; none is given a password. */
static void ftp_tells_whether_anybody_may_come(void **unused)
{
	static const struct {
		const char *words;
		bool offered;
	} cases[] = {
		{ "220 ProFTPD Server\r\n500 ?\r\n215 UNIX\r\n"
		  "331 Anonymous login ok, send your complete email address as your password\r\n500 ?\r\n",
		  true },
		{ "220 FTP\r\n500 ?\r\n215 UNIX\r\n331 Guest login ok, type your name as password.\r\n500 "
		  "?\r\n",
		  true },
		{ "220 FTP\r\n500 ?\r\n215 UNIX\r\n230 Anonymous user logged in\r\n", true },
		{ "220 (vsFTPd 3.0.3)\r\n500 ?\r\n215 UNIX\r\n331 Please specify the password.\r\n"
		  "530 This FTP server is anonymous only.\r\n500 ?\r\n",
		  true },
		{ "220 (vsFTPd 3.0.3)\r\n500 ?\r\n215 UNIX\r\n331 Please specify the password.\r\n"
		  "331 Please specify the password.\r\n500 ?\r\n",
		  false },
		{ "220 FTP\r\n500 ?\r\n215 UNIX\r\n331 Password required for anonymous.\r\n500 ?\r\n",
		  false },
		{ "220 FTP\r\n500 ?\r\n215 UNIX\r\n530 No anonymous login.\r\n500 ?\r\n", false },
	};
	struct answer answer;

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(converse("ftp", span_text(cases[i].words), false, &answer), PROBE_DONE);
		assert_int_equal(has_weakness(&answer, "ftp-anonymous"), cases[i].offered);
	}
}

static void passwords_in_the_clear_are_only_those_outside_of_tls(void **unused)
{
	static const struct {
		const char *protocol, *words, *weakness;
		bool clear;
	} cases[] = {
		{ "smtp", "220 a ESMTP\r\n250-a\r\n250 AUTH PLAIN LOGIN\r\n", "smtp-clear-login", true },
		{ "smtp", "220 a ESMTP\r\n250-a\r\n250-AUTH=LOGIN\r\n250 STARTTLS\r\n", "smtp-clear-login",
		  true },
		{ "smtp", "220 a ESMTP\r\n250-a\r\n250 AUTH SCRAM-SHA-256\r\n", "smtp-clear-login", false },
		{ "smtp", "220 a ESMTP\r\n250-a\r\n250 STARTTLS\r\n", "smtp-clear-login", false },
		{ "pop3", "+OK a\r\n+OK\r\nUSER\r\nSTLS\r\n.\r\n", "pop3-clear-login", true },
		{ "pop3", "+OK a\r\n+OK\r\nSASL CRAM-MD5 PLAIN\r\n.\r\n", "pop3-clear-login", true },
		{ "pop3", "+OK a\r\n+OK\r\nSTLS\r\nTOP\r\n.\r\n", "pop3-clear-login", false },
		{ "imap", "* OK a\r\n* CAPABILITY IMAP4rev1\r\nd1 OK x\r\n", "imap-clear-login", true },
		{ "imap", "* OK a\r\n* CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=PLAIN\r\nd1 OK x\r\n",
		  "imap-clear-login", true },
		{ "imap", "* OK a\r\n* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\nd1 OK x\r\n",
		  "imap-clear-login", false },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct answer answer;

		assert_int_equal(converse(cases[i].protocol, span_text(cases[i].words), false, &answer),
				 PROBE_DONE);
		assert_int_equal(has_weakness(&answer, cases[i].weakness), cases[i].clear);
		assert_int_equal(converse(cases[i].protocol, span_text(cases[i].words), true, &answer),
				 PROBE_DONE);
		assert_false(has_weakness(&answer, cases[i].weakness));
	}
}

static void imap_tells_its_product_when_asked(void **unused)
{
	struct answer answer;

	(void)unused;
	(void)converse(
		"imap",
		span_text("* OK ready\r\n* CAPABILITY IMAP4rev1 ID STARTTLS\r\nd1 OK\r\n"
			  "* ID (\"name\" \"Cyrus IMAPD\" \"os\" NIL \"version\" \"3.6.1\")\r\nd2 OK\r\n"),
		false, &answer);
	assert_string_equal(answer.product, "Cyrus IMAPD");
	assert_string_equal(answer.version, "3.6.1");
	assert_null(answer_get(&answer, "os"));
	assert_true(answer.starttls);
}

/* A KEXINIT with these lists, behind a version. */
static struct span ssh_offers(struct buffer *out, const char *version, const char *const lists[10])
{
	size_t start;

	buffer_text(out, version);
	start = out->length;
	buffer_u32(out, 0);
	buffer_u8(out, 4);
	buffer_u8(out, 20);
	buffer_fill(out, 'c', 16);
	for (size_t i = 0; i < 10; i++) {
		buffer_u32(out, (uint32_t)strlen(lists[i]));
		buffer_text(out, lists[i]);
	}
	buffer_fill(out, 0, 5 + 4);
	buffer_set_u32(out, start, (uint32_t)(out->length - start - 4));
	return buffer_read(out);
}

static void ssh_weaknesses_name_what_is_weak(void **unused)
{
	static const char *const old[10] = {
		"diffie-hellman-group1-sha1,curve25519-sha256",
		"ssh-dss,ssh-ed25519",
		"aes128-ctr,3des-cbc",
		"aes128-ctr,3des-cbc,arcfour256",
		"hmac-md5,hmac-sha2-256",
		"hmac-md5,hmac-sha2-256",
		"none",
		"none",
		"",
		"",
	};
	static const char *const good[10] = {
		"curve25519-sha256,kex-strict-s-v00@openssh.com",
		"ssh-ed25519",
		"chacha20-poly1305@openssh.com",
		"chacha20-poly1305@openssh.com",
		"hmac-sha2-256",
		"hmac-sha2-256",
		"none",
		"none",
		"",
		"",
	};
	static const char *const cut[10] = {
		"curve25519-sha256",
		"ssh-ed25519",
		"chacha20-poly1305@openssh.com",
		"chacha20-poly1305@openssh.com",
		"hmac-sha2-256",
		"hmac-sha2-256",
		"none",
		"none",
		"",
		"",
	};
	struct buffer bytes = buffer_new(4096);
	struct answer answer;

	(void)unused;
	assert_int_equal(converse("ssh", ssh_offers(&bytes, "SSH-1.99-x_1\r\n", old), false, &answer),
			 PROBE_DONE);
	assert_true(has_weakness(&answer, "ssh-1"));
	assert_true(has_weakness(&answer, "ssh-weak-kex"));
	assert_true(has_weakness(&answer, "ssh-weak-host-key"));
	assert_true(has_weakness(&answer, "ssh-weak-mac"));
	assert_true(has_weakness(&answer, "ssh-weak-cipher"));
	assert_string_equal(answer.weaknesses[3].evidence, "3des-cbc, arcfour256");
	/* md5sum of "kex;ciphers;macs;compressions" */
	assert_string_equal(answer_get(&answer, "hassh"), "d79c3c39ea43dc5ef7c4e6b8afdb19ba");
	buffer_clear(&bytes);
	assert_int_equal(converse("ssh", ssh_offers(&bytes, "SSH-2.0-x_1\r\n", good), false, &answer),
			 PROBE_DONE);
	assert_int_equal(answer.weakness_count, 0);
	buffer_clear(&bytes);
	assert_int_equal(converse("ssh", ssh_offers(&bytes, "SSH-2.0-x_1\r\n", cut), false, &answer),
			 PROBE_DONE);
	assert_true(has_weakness(&answer, "ssh-terrapin"));
	buffer_free(&bytes);
}

static void ssh_that_knows_only_version_1_is_told_by_its_banner(void **unused)
{
	struct answer answer;

	(void)unused;
	assert_int_equal(converse("ssh", span_text("SSH-1.5-1.2.27\n"), false, &answer), PROBE_DONE);
	assert_true(has_weakness(&answer, "ssh-1"));
	assert_string_equal(answer_get(&answer, "proto_version"), "1.5");
}

static void telnet_refuses_every_option_once(void **unused)
{
	const struct probe *const probe = named("telnet")->probe;
	_Alignas(max_align_t) uint8_t state[PROBE_STATE_LIMIT] = { 0 };
	struct span words = SENT(
		"\xff\xfd\x18\xff\xfb\x01\xff\xfe\x05\xff\xfa\x18\x01\xff\xf0\r\nalpha login: ");
	struct buffer out = buffer_new(4096);
	struct answer answer = { .product = "" };

	(void)unused;
	assert_int_equal(probe->hear(state, &words, false, &out, &answer), PROBE_DONE);
	assert_int_equal(out.length, 6);
	assert_memory_equal(out.bytes, "\xff\xfc\x18\xff\xfe\x01", 6);
	assert_string_equal(answer_get(&answer, "banner"), "alpha login:");
	assert_string_equal(answer_get(&answer, "options_asked"), "terminal-type");
	assert_string_equal(answer_get(&answer, "options_offered"), "echo");
	buffer_free(&out);
}

static void busybox_is_known_by_its_commands(void **unused)
{
	struct answer answer;

	(void)unused;
	assert_int_equal(converse("telnet",
				  (struct span)SENT("\xff\xfd\x01\xff\xfd\x1f\xff\xfb\x01\xff\xfb\x03"
						    "\r\r\nbeta login: "),
				  false, &answer),
			 PROBE_DONE);
	assert_string_equal(answer.product, "BusyBox telnetd");
	assert_int_equal(converse("telnet",
				  (struct span)SENT("\xff\xfd\x1f\xff\xfd\x01\xff\xfb\x01\xff\xfb\x03"
						    "\r\r\nbeta login: "),
				  false, &answer),
			 PROBE_DONE);
	assert_string_equal(answer.product, "");
}

static void x11_tells_the_release_by_its_name(void **unused)
{
	struct answer answer;

	(void)unused;
	assert_int_equal(converse("x11",
				  (struct span)SENT("\1\0\x0b\0\0\0\x0d\0\x8f\xa5\xb8\0\0\0\0\0\xff\xff\x1f\0"
						    "\0\1\0\0\x14\0\xff\xff\1\7\0\0\x20\x20\x08\xff\0\0\0\0"
						    "The X.Org Foundation"),
				  true, &answer),
			 PROBE_DONE);
	assert_string_equal(answer.product, "X.Org");
	assert_string_equal(answer.version, "21.1.7");
}

static void rpcbind_is_who_has_version_4(void **unused)
{
	struct answer answer;

	(void)unused;
	assert_int_equal(converse("rpc",
				  (struct span)SENT("Door\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
						    "\0\0\0\1\0\1\x86\xa0\0\0\0\4\0\0\0\6\0\0\0\x6f\0\0\0\0"),
				  true, &answer),
			 PROBE_DONE);
	assert_string_equal(answer_get(&answer, "programs"), "rpcbind 4 tcp/111");
	assert_string_equal(answer.product, "rpcbind");
}

static void rdp_tells_what_it_chose_or_why_not(void **unused)
{
	struct answer answer;

	(void)unused;
	assert_int_equal(
		converse("rdp", (struct span)SENT(CONFIRM "\x02\x01\x08\0\x02\0\0\0"), false, &answer),
		PROBE_DONE);
	assert_true(answer.starttls);
	assert_string_equal(answer_get(&answer, "protocol"), "hybrid");
	assert_int_equal(answer.weakness_count, 0);
	assert_int_equal(converse("rdp", (struct span)SENT(CONFIRM "\x02\0\x08\0\0\0\0\0"), false, &answer),
			 PROBE_DONE);
	assert_false(answer.starttls);
	assert_true(has_weakness(&answer, "rdp-standard-security"));
	assert_int_equal(converse("rdp", (struct span)SENT(CONFIRM "\x03\0\x08\0\x02\0\0\0"), false, &answer),
			 PROBE_DONE);
	assert_string_equal(answer_get(&answer, "reason"), "ssl not allowed by server");
	/* Any server on X.224 could confirm so. */
	assert_int_equal(
		converse("rdp", (struct span)SENT("\x03\0\0\x0b\x06\xd0\0\0\x12\x34\0"), false, &answer),
		PROBE_NOT);
}

static void ntp_answers_to_another_are_not_heard(void **unused)
{
	struct answer answer;

	(void)unused;
	assert_int_equal(converse("ntp",
				  (struct span)SENT(
					  "\x24\x01\0\xe6" ZEROS8 "GPS\0" ZEROS8 ZEROS8
					  "\xee\xab\x98\x99\xc7\x64\x33\x01\xee\xab\x98\x99\xc7\x6a\x95\x0a"),
				  false, &answer),
			 PROBE_NOT);
}

static void ntp_variables_are_read_with_their_quotes(void **unused)
{
	const struct probe *const probe = named("ntp")->probe;
	static const char text[] =
		"\x16\x82\0\x01\x06\x18\0\0\0\0\0\x61"
		"version=\"ntpd ntpsec-1.2.2 2022-12-29T10:52:00Z\", processor=\"x86_64\",\r\n"
		"system=\"Linux/6.1\", leap=3";
	struct span words = SENT(text);
	struct answer answer = { .product = "" };

	(void)unused;
	assert_int_equal(probe->hear_more(NULL, 0, &words, false, &answer), PROBE_DONE);
	assert_string_equal(answer.product, "NTPsec");
	assert_string_equal(answer.version, "1.2.2");
	assert_string_equal(answer_get(&answer, "system"), "Linux/6.1");
	assert_true(has_weakness(&answer, "ntp-control"));
	words = (struct span)SENT("\x16\xc2\0\x01\0\0\0\0\0\0\0\0");
	memset(&answer, 0, sizeof(answer));
	assert_int_equal(probe->hear_more(NULL, 0, &words, false, &answer), PROBE_DONE);
	assert_int_equal(answer.weakness_count, 0);
}

/* An answer of version 2c whose first variable is sysDescr. */
static struct span snmp_answer(struct buffer *out, uint8_t tag, const char *description)
{
	static const uint8_t oid[] = { 0x2b, 6, 1, 2, 1, 1, 1, 0 };
	const size_t message = ber_begin(out, BER_SEQUENCE);
	size_t pdu, list, variable;

	ber_write_integer(out, BER_INTEGER, 1);
	ber_write_text(out, BER_OCTETS, "public");
	pdu = ber_begin(out, 0xa2);
	ber_write_integer(out, BER_INTEGER, 0x0d00a4e);
	ber_write_integer(out, BER_INTEGER, 0);
	ber_write_integer(out, BER_INTEGER, 0);
	list = ber_begin(out, BER_SEQUENCE);
	variable = ber_begin(out, BER_SEQUENCE);
	ber_write(out, BER_OID, span_of(oid, sizeof(oid)));
	ber_write_text(out, tag, description);
	ber_end(out, variable);
	ber_end(out, list);
	ber_end(out, pdu);
	ber_end(out, message);
	return buffer_read(out);
}

static void snmp_names_a_program_only_when_the_description_does(void **unused)
{
	static const struct {
		const char *description, *product, *version;
	} cases[] = {
		{ "Cisco IOS Software, C2960 Software (C2960-LANBASEK9-M), Version 12.2(55)SE, RELEASE",
		  "Cisco IOS", "12.2(55)SE" },
		{ "Juniper Networks, Inc. srx210h internet router, kernel JUNOS 12.3R6.6 #0: x",
		  "Juniper Junos", "12.3R6.6" },
		{ "Linux alpha 6.1.0-18-amd64 #1 SMP x86_64", "", "" },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buffer bytes = buffer_new(1024);
		struct span words = snmp_answer(&bytes, BER_OCTETS, cases[i].description);
		struct answer answer = { .product = "" };

		assert_int_equal(named("snmp")->probe->hear_more(NULL, 0, &words, false, &answer),
				 PROBE_DONE);
		assert_string_equal(answer.product, cases[i].product);
		assert_string_equal(answer.version, cases[i].version);
		assert_string_equal(answer_get(&answer, "description"), cases[i].description);
		assert_true(has_weakness(&answer, "snmp-v2c"));
		assert_true(has_weakness(&answer, "snmp-community-public"));
		buffer_free(&bytes);
	}
}

static void snmp_that_tells_nothing_to_public_is_only_old(void **unused)
{
	struct buffer bytes = buffer_new(1024);
	struct span words = snmp_answer(&bytes, 0x80, ""); /* noSuchObject */
	struct answer answer = { .product = "" };

	(void)unused;
	assert_int_equal(named("snmp")->probe->hear_more(NULL, 0, &words, false, &answer), PROBE_DONE);
	assert_true(has_weakness(&answer, "snmp-v2c"));
	assert_false(has_weakness(&answer, "snmp-community-public"));
	buffer_clear(&bytes);
	words = snmp_answer(&bytes, BER_OCTETS, "x");
	memset(&answer, 0, sizeof(answer)); /* version 1 was asked, version 2c answers */
	assert_int_equal(named("snmp")->probe->hear_more(NULL, 1, &words, false, &answer), PROBE_NOT);
	buffer_free(&bytes);
}

static void remote_logins_are_known_by_what_they_say_to_strangers(void **unused)
{
	static const struct {
		const char *protocol;
		struct span words;
		enum probe_step step;
		const char *told;
	} cases[] = {
		{ "rlogin", SENT("\0Password: "), PROBE_DONE, "Password:" },
		{ "rlogin", SENT("\0"), PROBE_DONE, NULL },
		{ "rlogin", SENT("\1rlogind: Permission denied.\r\n"), PROBE_DONE,
		  "rlogind: Permission denied." },
		{ "rlogin", SENT("\1"), PROBE_NOT, NULL },
		{ "rlogin", SENT("\0\0\0\x10"), PROBE_NOT, NULL },
		{ "rlogin", SENT("\xff\xfd\x18"), PROBE_NOT, NULL },
		{ "rlogin", SENT(""), PROBE_NOT, NULL },
		{ "rsh", SENT("\1Login incorrect.\n"), PROBE_DONE, "Login incorrect." },
		{ "rsh", SENT("\0Authentication failure\n"), PROBE_DONE, "Authentication failure" },
		{ "rsh", SENT("\2\n"), PROBE_NOT, NULL },
		{ "rsh", SENT("<13>a log\n"), PROBE_NOT, NULL },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *const weak = strcmp(cases[i].protocol, "rsh") == 0 ? "rsh-no-auth"
									       : "rlogin-clear-login";
		struct answer answer;

		assert_int_equal(converse(cases[i].protocol, cases[i].words, false, &answer), cases[i].step);
		if (cases[i].told != NULL)
			assert_string_equal(answer_get(&answer, "answer"), cases[i].told);
		assert_int_equal(answer.weakness_count, cases[i].step == PROBE_DONE);
		if (answer.weakness_count > 0)
			assert_string_equal(answer.weaknesses[0].weakness->id, weak);
	}
}

/* Who hears nobody but root is asked where that makes sense alone. */
static void remote_logins_are_asked_as_root_and_as_nobody(void **unused)
{
	static const char *const names[] = { "rlogin", "rsh" };

	(void)unused;
	for (size_t i = 0; i < COUNT(names); i++) {
		const struct probe *const probe = named(names[i])->probe;
		struct buffer out = buffer_new(256);

		assert_true(probe->from_reserved);
		probe->greet(NULL, TRANSPORT_TCP, &out);
		assert_memory_equal(out.bytes, "\0\0\0", 3);
		buffer_free(&out);
	}
	assert_true(named("rsh")->probe->closes_on_others);
}

/* The further opening that asks for a WebSocket. */
static size_t variant_of_broker(const struct probe *probe)
{
	for (size_t variant = 0; variant < probe->variants; variant++) {
		const struct answer known = { .product = "" };
		struct buffer out = buffer_new(1024);
		bool found;

		probe->greet_more(NULL, variant, &known, &out);
		found = span_find(buffer_read(&out), "Sec-WebSocket-Protocol: mqtt\r\n") != SIZE_MAX;
		buffer_free(&out);
		if (found)
			return variant;
	}
	return SIZE_MAX;
}

static void a_broker_behind_a_web_server_is_heard_in_any_pieces(void **unused)
{
	static const char text[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n"
				   "Sec-WebSocket-Protocol: mqtt\r\n\r\n\x82\x04 \x02\0\0"
				   "\x82\x05\x90\x03\0\x01\0\x82/1-\0\x13$SYS/broker/version"
				   "mosquitto version 2.0.11";
	const struct probe *const probe = named("http")->probe;
	const size_t variant = variant_of_broker(probe);
	struct answer answer = { .product = "" };

	(void)unused;
	assert_true(variant < probe->variants);
	for (size_t length = 1; length < sizeof(text) - 1; length++) {
		struct span part = span_of((const uint8_t *)text, length);

		assert_int_equal(probe->hear_more(NULL, variant, &part, false, &answer), PROBE_WAIT);
		assert_string_equal(answer.product, "");
	}
	assert_int_equal(probe->hear_more(NULL, variant, &(struct span)SENT(text), false, &answer),
			 PROBE_DONE);
	assert_string_equal(answer.product, "Mosquitto");
	assert_string_equal(answer.version, "2.0.11");
	memset(&answer, 0, sizeof(answer));
	assert_int_equal(probe->hear_more(NULL, variant, &(struct span)SENT("HTTP/1.1 404 Not Found\r\n"),
					  false, &answer),
			 PROBE_DONE);
	assert_int_equal(
		probe->hear_more(NULL, variant,
				 &(struct span)SENT("HTTP/1.1 101 Switching\r\n\r\n\x82\x7e\xff\xff"), true,
				 &answer),
		PROBE_DONE);
	assert_string_equal(answer.product, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(remote_logins_are_known_by_what_they_say_to_strangers),
		cmocka_unit_test(remote_logins_are_asked_as_root_and_as_nobody),
		cmocka_unit_test(products_and_versions_are_read_from_greetings),
		cmocka_unit_test(lmtp_and_ftp_refuse_ehlo),
		cmocka_unit_test(ftp_is_known_by_its_answers_when_the_greeting_says_nothing),
		cmocka_unit_test(ftp_tells_whether_anybody_may_come),
		cmocka_unit_test(passwords_in_the_clear_are_only_those_outside_of_tls),
		cmocka_unit_test(imap_tells_its_product_when_asked),
		cmocka_unit_test(ssh_weaknesses_name_what_is_weak),
		cmocka_unit_test(ssh_that_knows_only_version_1_is_told_by_its_banner),
		cmocka_unit_test(telnet_refuses_every_option_once),
		cmocka_unit_test(busybox_is_known_by_its_commands),
		cmocka_unit_test(x11_tells_the_release_by_its_name),
		cmocka_unit_test(rpcbind_is_who_has_version_4),
		cmocka_unit_test(rdp_tells_what_it_chose_or_why_not),
		cmocka_unit_test(ntp_answers_to_another_are_not_heard),
		cmocka_unit_test(ntp_variables_are_read_with_their_quotes),
		cmocka_unit_test(snmp_names_a_program_only_when_the_description_does),
		cmocka_unit_test(snmp_that_tells_nothing_to_public_is_only_old),
		cmocka_unit_test(a_broker_behind_a_web_server_is_heard_in_any_pieces),
	};

	return cmocka_run_group_tests_name("probes of text", tests, NULL, NULL);
}
