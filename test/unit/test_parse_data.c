/* How conversations with directories and databases are read: LDAP, MySQL, PostgreSQL, TDS. */
#include "told.h"

static void a_simple_bind_in_the_clear_is_a_finding(void **state)
{
	(void)state;
	talk_tcp("ldap",
		 "{\"weakness\":\"ldap-clear-login\",\"evidence\":\"cn=joe binds with a password\"}\n"
		 "{\"ldap\":{\"request\":{\"operation\":\"bind_request\",\"message_id\":1,\"bind_request\":{"
		 "\"version\":3,\"name\":\"cn=joe\",\"authentication\":\"simple\"}},\"responses\":[{"
		 "\"operation\":\"bind_response\",\"message_id\":1,\"bind_response\":{\"result_code\":"
		 "\"invalid_credentials\",\"code\":49,\"matched_dn\":\"\",\"message\":\"no\"}}]}}\n",
		 CLIENT("\x30\x14\2\1\1\x60\x0f\2\1\3\4\6"
			"cn=joe"
			"\x80\2pw"),
		 SERVER("\x30\x0e\2\1\1\x61\x09\x0a\1\x31\4\0\4\2no"));
}

static void who_binds_with_a_mechanism_is_told(void **state)
{
	const struct turn turns[] = { CLIENT(
		"\x30\x1c\2\1\1\x60\x17\2\1\3\4\0\xa3\x10\4\5PLAIN\4\7\0joe\0pw") };

	(void)state;
	TOLD("ldap", TRANSPORT_TCP, turns, "\"sasl\":{\"mechanism\":\"PLAIN\",\"user\":\"joe\"}",
	     "{\"weakness\":\"ldap-clear-login\",\"evidence\":\"PLAIN of user joe\"}", "!pw");
}

static void other_servers_that_know_more_are_told(void **state)
{
	const struct turn turns[] = {
		CLIENT("\x30\x0a\2\1\2\x63\5\4\0\x0a\1\0"),
		SERVER("\x30\x10\2\1\2\x73\x0b\4\x09ldap://b/"),
		SERVER("\x30\x19\2\1\2\x65\x14\x0a\1\x0a\4\0\4\0\xa3\x0b\4\x09ldap://c/"),
	};

	(void)state;
	TOLD("ldap", TRANSPORT_TCP, turns, "\"references\":1,\"reference\":\"ldap://b/\"",
	     "\"result_code\":\"referral\",\"code\":10,", "\"referral\":\"ldap://c/\"");
}

static void entries_of_a_search_are_counted(void **state)
{
	const struct turn turns[] = { talk_first("ldap.client.tcp.ldapsearch"),
				      talk_first("ldap.server.tcp.openldap") };

	(void)state;
	TOLD("ldap", TRANSPORT_TCP, turns, "\"operation\":\"bind_request\"", "!weakness");
}

static void starttls_changes_to_tls(void **state)
{
	const struct turn turns[] = { talk_first("ldap.client.tcp.ldapsearch-starttls"),
				      SERVER("\x30\x0c\2\1\1\x78\7\x0a\1\0\4\0\4\0") };

	(void)state;
	TOLD("ldap", TRANSPORT_TCP, turns, "\"name\":\"1.3.6.1.4.1.1466.20037\"", "{\"upgrade\":\"tls\"}");
}

static void a_login_at_mysql_is_told_and_statements_are_counted(void **state)
{
	const struct turn turns[] = {
		talk_first("mysql.server.tcp.mariadb"),
		talk_first("mysql.client.tcp.mariadb"),
		SERVER("\7\0\0\2\0\0\0\2\0\0\0"),
		CLIENT("\x09\0\0\0\3SELECT 1"),
		SERVER("\1\0\0\1\1"),
		CLIENT("\6\0\0\0\3DROP "),
		SERVER("\x0c\0\0\1\xff\x28\4#42000bad"),
	};

	(void)state;
	TOLD("mysql", TRANSPORT_TCP, turns, "{\"software\":\"server\",\"product\":\"MariaDB\"",
	     "\"login\":\"accepted\"", "\"statements\":2", "\"error_code\":1064,\"error_message\":\"bad\"",
	     "\"tls\":false");
}

static void a_wish_for_tls_changes_mysql_to_tls(void **state)
{
	const struct turn turns[] = { talk_first("mysql.server.tcp.mariadb"),
				      talk_first("mysql.client.tcp.mariadb-tls") };

	(void)state;
	TOLD("mysql", TRANSPORT_TCP, turns, "\"tls\":true", "{\"upgrade\":\"tls\"}");
}

static void a_clear_password_at_postgresql_is_a_finding(void **state)
{
	const struct turn turns[] = {
		CLIENT("\0\0\0\x16\0\3\0\0user\0joe\0a\0b\0\0"),
		SERVER("R\0\0\0\x08\0\0\0\3"),
		CLIENT("p\0\0\0\x0bsecret\0"),
		SERVER("R\0\0\0\x08\0\0\0\0S\0\0\0\x18server_version\0"
		       "15.4\0"
		       "Z\0\0\0\5I"),
		CLIENT("Q\0\0\0\x0dSELECT 1\0"),
		SERVER("E\0\0\0\x1aSERROR\0C42601\0Mno no\0\0"),
	};

	(void)state;
	TOLD("pgsql", TRANSPORT_TCP, turns,
	     "{\"weakness\":\"pgsql-clear-login\",\"evidence\":\"joe is asked for the password itself\"}",
	     "{\"software\":\"server\",\"product\":\"PostgreSQL\",\"version\":\"15.4\"}",
	     "\"authentication\":\"cleartext_password\",\"login\":\"accepted\"",
	     "\"code\":\"42601\",\"message\":\"no no\"", "\"statements\":1", "!secret");
}

static void a_wish_for_tls_changes_postgresql_to_tls(void **state)
{
	const struct turn yes[] = { talk_first("pgsql.client.tcp.psql-tls"), SERVER("S") };
	const struct turn no[] = { talk_first("pgsql.client.tcp.psql-tls"), SERVER("N"),
				   talk_first("pgsql.client.tcp.psql") };

	(void)state;
	TOLD("pgsql", TRANSPORT_TCP, yes, "{\"upgrade\":\"tls\"}", "\"tls\":true}}");
	TOLD("pgsql", TRANSPORT_TCP, no, "!upgrade", "!tls", "\"user\":");
}

static void a_login_at_sql_server_without_tls_is_a_finding(void **state)
{
	const struct turn turns[] = { talk_first("tds.client.tcp.freetds"),
				      talk_first("tds.server.tcp.specification-unencrypted"),
				      talk_first("tds.client.tcp.freetds-login") };

	(void)state;
	TOLD("tds", TRANSPORT_TCP, turns, "\"encryption\":\"not supported\"", "\"user\":", "\"tls\":false",
	     "\"weakness\":\"tds-no-encryption\"",
	     "{\"software\":\"server\",\"product\":\"Microsoft SQL Server\"");
}

static void an_old_login_at_sql_server_is_read(void **state)
{
	const struct turn turns[] = { talk_first("tds.client.tcp.freetds-login-5") };

	(void)state;
	TOLD("tds", TRANSPORT_TCP, turns,
	     "{\"tds\":{\"tls\":false,\"user\":\"visitor\",\"host\":\"me\","
	     "\"application\":\"TSQL\",\"server\":\"192.0.2.1\"}}",
	     "\"evidence\":\"visitor logs in without encryption\"");
}

/* The packets in which a flight of TLS travels, of at most 500 octets each; the last one ends the message. */
static struct span carry(struct span flight, uint8_t *room)
{
	uint8_t *at = room;

	while (span_left(flight) > 0) {
		const size_t length = span_left(flight) < 492 ? span_left(flight) : 492;
		const struct span part = span_take(&flight, length);

		*at++ = 0x12;
		*at++ = span_left(flight) == 0;
		*at++ = (uint8_t)((length + 8) >> 8);
		*at++ = (uint8_t)(length + 8);
		memset(at, 0, 4);
		at += 4;
		memcpy(at, part.at, length);
		at += length;
	}
	return span_of(room, (size_t)(at - room));
}

static void tls_in_packets_of_sql_server_is_read(void **state)
{
	static uint8_t rooms[2][1 << 14];
	struct turn turns[] = { talk_first("tds.client.tcp.freetds"),
				talk_first("tds.server.tcp.specification"),
				talk_first("tls.client.tcp.openssl"),
				talk_first("tls.variant0.tcp.openssl-1.1"), CLIENT("\x17\3\3\0\4abcd") };

	(void)state;
	for (int i = 0; i < 2; i++)
		turns[2 + i].bytes = carry(turns[2 + i].bytes, rooms[i]);
	turns[3].side = SIDE_SERVER;
	TOLD("tds", TRANSPORT_TCP, turns, "{\"tls\":{\"ja3\":", "\"subject\":", "\"tls\":true", "!broken");
}

/* The longest flight that is read, with the heads of its packets: what follows it is not taken for its end.
 */
static void what_follows_a_long_flight_is_read(void **state)
{
	enum { PACKETS = 64, HEAD = 8, PAYLOAD = 512 };
	static uint8_t room[PACKETS * (HEAD + PAYLOAD)];
	struct turn turns[] = { talk_first("tds.client.tcp.freetds"),
				talk_first("tds.server.tcp.specification"),
				{ .side = SIDE_CLIENT, .bytes = span_of(room, sizeof(room)) },
				CLIENT("\1\1\0\x10\0\0\1\0S\0E\0L\0 \0") };

	(void)state;
	for (int i = 0; i < PACKETS; i++) {
		uint8_t *const at = room + i * (HEAD + PAYLOAD);

		memcpy(at, "\x12\0\x02\x08\0\0\1\0", HEAD);
		at[1] = i == PACKETS - 1;
		at[HEAD] = i == 0 ? 0x16 : 0;
	}
	TOLD("tds", TRANSPORT_TCP, turns, "\"batches\":1", "!broken");
}

static void batches_calls_and_errors_are_told(void **state)
{
	const struct turn turns[] = {
		CLIENT("\1\1\0\x10\0\0\1\0S\0E\0L\0 \0"),
		CLIENT("\3\1\0\x0c\0\0\1\0\xff\xff\x0a\0"),
		SERVER("\4\1\0\x18\0\0\1\0\xaa\x0d\0\1\2\0\0\1\x10\1\0n\0\0\0\0"),
	};

	(void)state;
	TOLD("tds", TRANSPORT_TCP, turns, "\"batches\":1,\"rpc_calls\":1,\"rpc\":[\"sp_executesql\"]",
	     "\"errors\":1,\"error_code\":513,\"error_message\":\"n\"");
}

/* An error in place of an acceptance; the same without a login is none. */
static void a_login_that_sql_server_refuses_is_told(void **state)
{
	const struct turn turns[] = { talk_first("tds.client.tcp.freetds-login"),
				      SERVER("\4\1\0>\0\0\0\0\252&\0\30H\0\0\1\16\14\0L\0o\0g\0i\0n\0 "
					     "\0f\0a\0i\0l\0e\0d\0\0\0\1\0\0\0\375"
					     "\0\0\0\0\0\0\0\0\0\0\0\0") };
	const struct turn unasked[] = { SERVER(
		"\4\1\0>\0\0\0\0\252&\0\30H\0\0\1\16\14\0L\0o\0g\0i\0n\0 \0f\0a\0i\0l\0e\0d\0\0\0\1\0\0\0\375"
		"\0\0\0\0\0\0\0\0\0\0\0\0") };

	(void)state;
	TOLD("tds", TRANSPORT_TCP, turns, "\"login\":\"refused\"", "\"error_code\":18456");
	TOLD("tds", TRANSPORT_TCP, unasked, "\"error_code\":18456", "!\"login\"");
}

static void a_notice_of_postgresql_is_no_answer_to_a_wish(void **unused)
{
	const struct turn notice[] = {
		CLIENT("\0\0\0\x12\0\3\0\0user\0joe\0\0"),
		SERVER("R\0\0\0\x08\0\0\0\0N\0\0\0\x15SWARNING\0C01000\0\0"),
		SERVER("S\0\0\0\x18server_version\0"
		       "15.4\0Z\0\0\0\5I"),
	};
	const struct turn alone[] = {
		SERVER("NR\0\0\0\x08\0\0\0\3R\0\0\0\x08\0\0\0\0Z\0\0\0\5I"),
	};

	(void)unused;
	TOLD("pgsql", TRANSPORT_TCP, notice, "!broken", "\"login\":\"accepted\",\"server_version\":\"15.4\"");
	TOLD("pgsql", TRANSPORT_TCP, alone, "!broken", "\"authentication\":\"cleartext_password\"");
}

/* A domain controller says over UDP who it is: names with pointers, numbers with the low octet first. */
static void domain_controllers_say_who_they_are(void **unused)
{
	const struct turn turns[] = {
		CLIENT("0)\002\001\001c$"
		       "\004\000\012\001\000\012\001\000\002\001\000\002\001\000\001\001\000\207"
		       "\005NtVer0\012\004\010Netlogon"),
		SERVER("0h\002\001\001dc\004\0000_0]"
		       "\004\010netlogon1Q\004O\027\000\000\000\275\021\000\000\000"
		       "\021\0423DUfw\210\231\252\273\314\335\356\377\003lab\007example\000\300\030\005alpha"
		       "\300"
		       "\030\003LAB\000\005ALPHA\000\000\007Harbour\000\300<"
		       "\005\000\000\000\377\377\377\3770\014"
		       "\002\001\001e\007\012\001\000\004\000\004\000"),
	};

	(void)unused;
	TOLD("ldap", TRANSPORT_UDP, turns,
	     "\"entries\":1,\"netlogon\":{\"kind\":\"answer\",\"roles\":[\"pdc\",\"gc\",\"ldap\",\"ds\","
	     "\"kdc\",\"closest\",\"writable\",\"full_secrets\"],\"domain_guid\":"
	     "\"33221100-5544-7766-8899-aabbccddeeff\",\"forest\":\"lab.example\",\"domain\":\"lab.example\","
	     "\"server\":\"alpha.lab.example\",\"netbios_domain\":\"LAB\",\"netbios_server\":\"ALPHA\","
	     "\"server_site\":\"Harbour\",\"client_site\":\"Harbour\"},\"responses\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(domain_controllers_say_who_they_are),
		cmocka_unit_test(a_login_at_sql_server_without_tls_is_a_finding),
		cmocka_unit_test(an_old_login_at_sql_server_is_read),
		cmocka_unit_test(a_login_that_sql_server_refuses_is_told),
		cmocka_unit_test(tls_in_packets_of_sql_server_is_read),
		cmocka_unit_test(what_follows_a_long_flight_is_read),
		cmocka_unit_test(batches_calls_and_errors_are_told),
		cmocka_unit_test(a_simple_bind_in_the_clear_is_a_finding),
		cmocka_unit_test(who_binds_with_a_mechanism_is_told),
		cmocka_unit_test(other_servers_that_know_more_are_told),
		cmocka_unit_test(entries_of_a_search_are_counted),
		cmocka_unit_test(starttls_changes_to_tls),
		cmocka_unit_test(a_login_at_mysql_is_told_and_statements_are_counted),
		cmocka_unit_test(a_wish_for_tls_changes_mysql_to_tls),
		cmocka_unit_test(a_clear_password_at_postgresql_is_a_finding),
		cmocka_unit_test(a_wish_for_tls_changes_postgresql_to_tls),
		cmocka_unit_test(a_notice_of_postgresql_is_no_answer_to_a_wish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
