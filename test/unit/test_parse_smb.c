/* How SMB is read beyond what one command in a message tells: chains, the older ways to open, and what nobody
 * answered; and LDAP where it logs in as SMB does. */
#include "told.h"

/* MS-CIFS 2.2.3.4: a login, a share and a file in one message, by a client that has no Unicode (word count
 * 10).
 */
static void each_command_of_a_chain_is_told(void **state)
{
	const struct turn turns[] = {
		CLIENT("\0\0\0\230\377SMBs\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\7\0\1\0\12u\0P\0\4"
		       "\0212\0"
		       "\0\0\0\0\0\0\6\0\0\0\0\0\31\0sesameJOE\0LAB\0Unix\0Samba\0\4-"
		       "\0m\0\0\0\1\0\22\0\0\134\134"
		       "ALPHA\134DOORS\0A:"
		       "\0\17\377\0\0\0\0\0B\0\0\0\0\0\0\0\0\0\21\0\0\0\0\0\0\0\0\0\0\0\0\0\12\0"
		       "\134door.txt\0"),
		SERVER("\0\0\0n\377SMBs\0\0\0\0\200\0\0\0\0\0\0\0\0\0\0\0\0\0\0\3\0\1\0\7\0\1\0\3u\0<"
		       "\0\0\0\23\0U"
		       "nix\0Samba "
		       "2.0\0LAB\0\3-\0M\0\1\0\10\0A:\0NTFS\0\17\377\0\0\0\5\0\0\0\0\0\0\0\12\0\0\0\0\0"
		       "\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
		CLIENT("\0\0\0i\377SMB2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\3\0\1\0\7\0\2\0\17%"
		       "\0\0\0\12\0\0\0\0"
		       "\0\0\0\0\0\0\0\0\0%\0D\0\0\0\0\0\1\0\0\0("
		       "\0\0\0\0\0\0A\0\0\0\0\0\0\0\0\0\22\0\0\0\0\0\0\0"
		       "\0\0\0\0\0\0\0\0\134key.txt\0"),
		SERVER("\0\0\0V\377SMB2\0\0\0\0\200\0\0\0\0\0\0\0\0\0\0\0\0\0\0\3\0\1\0\7\0\2\0\12\36\0\0\0\0"
		       "\0\36"
		       "\0008\0\0\0\0\0\0\0\0\0\0\0\37\0\0\11\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
		       "\0\0"
		       "\0\0\0"),
	};

	(void)state;
	TOLD("smb", TRANSPORT_TCP, turns,
	     "\"id\":1,\"command\":\"SMB1_COMMAND_SESSION_SETUP_ANDX\",\"status\":\"STATUS_SUCCESS\"",
	     "\"domain\":\"LAB\",\"user\":\"JOE\"", "\"native_lm\":\"Samba 2.0\"",
	     "\"id\":2,\"command\":\"SMB1_COMMAND_TREE_CONNECT_ANDX\"",
	     "\"share\":\"\\\\\\\\ALPHA\\\\DOORS\",\"share_type\":\"FILE\"",
	     "\"id\":3,\"command\":\"SMB1_COMMAND_OPEN_ANDX\"",
	     "\"filename\":\"\\\\door.txt\",\"disposition\":\"FILE_OPEN_IF\",\"access\":\"0x42\"",
	     "\"id\":4,\"command\":\"SMB1_COMMAND_TRANS2_OPEN2\"",
	     "\"filename\":\"\\\\key.txt\",\"disposition\":\"FILE_OVERWRITE_IF\",\"access\":\"0x41\"",
	     "!sesame", "!unanswered", "!broken");
}

static void what_stands_behind_a_failure_has_no_answer_of_its_own(void **state)
{
	const struct turn turns[] = {
		CLIENT("\0\0\0m\377SMBs\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\7\0\3\0\12u\0P\0\4\0212"
		       "\0\0"
		       "\0\0\0\0\0\6\0\0\0\0\0\31\0sesameJOE\0LAB\0Unix\0Samba\0\4\377\0\0\0\0\0\1\0\22\0\0"
		       "\134\134"
		       "ALPHA\134DOORS\0A:\0"),
		SERVER("\0\0\0'"
		       "\377SMBsm\0\0\300\200\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\7\0\3\0\2\377\0\0\0\0\0"),
	};

	(void)state;
	TOLD("smb", TRANSPORT_TCP, turns, "\"status\":\"STATUS_LOGON_FAILURE\"",
	     "!SMB1_COMMAND_TREE_CONNECT_ANDX");
}

static void what_was_not_answered_is_told_at_the_end(void **state)
{
	const struct turn turns[] = {
		CLIENT("\0\0\0m\377SMBs\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\7\0\3\0\12u\0P\0\4\0212"
		       "\0\0"
		       "\0\0\0\0\0\6\0\0\0\0\0\31\0sesameJOE\0LAB\0Unix\0Samba\0\4\377\0\0\0\0\0\1\0\22\0\0"
		       "\134\134"
		       "ALPHA\134DOORS\0A:\0"),
	};

	(void)state;
	TOLD("smb", TRANSPORT_TCP, turns,
	     "\"id\":1,\"command\":\"SMB1_COMMAND_SESSION_SETUP_ANDX\",\"unanswered\":true",
	     "\"id\":2,\"command\":\"SMB1_COMMAND_TREE_CONNECT_ANDX\",\"unanswered\":true",
	     "\"share\":\"\\\\\\\\ALPHA\\\\DOORS\"", "!status");
}

/* The offset of the second command points before the first: no way back, so no loop. */
static void a_chain_that_leads_back_ends(void **state)
{
	const struct turn turns[] = {
		CLIENT("\0\0\0\47\377SMBt\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\3\0\1\0\7\0\4\0\2t\0\40\0\0"
		       "\0"),
		SERVER("\0\0\0\47\377SMBt\0\0\0\0\200\0\0\0\0\0\0\0\0\0\0\0\0\0\0\3\0\1\0\7\0\4\0\2t\0\377"
		       "\377\0\0"),
	};

	(void)state;
	TOLD("smb", TRANSPORT_TCP, turns, "!SMB1");
}

#define SMB2(command, response, message, tree)                                                               \
	"\xfeSMB\x40\0\0\0\0\0\0\0" command "\0\1\0" response "\0\0\0\0\0\0\0" message                       \
	"\0\0\0\0\0\0\0\0\0\0\0" tree "\0\0\0\7\0\0\0\0\0\0\0"                                               \
	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

/* MS-SMB2 2.2.4 (capability 0x40 of 3.0.2) and 2.2.10 (share flag 0x8000). */
static void encryption_of_servers_and_shares_is_told(void **state)
{
	const struct turn turns[] = {
		SERVER("\0\0\0\x80" SMB2("\0", "\1", "\0", "\0") "\x41\0\1\0\2\3\0\0"
								 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
								 "\x7f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
								 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
								 "\x80\0\0\0\0\0\0\0"),
		CLIENT("\0\0\0\x4c" SMB2("\3", "\0", "\1", "\0") "\x09\0\0\0\x48\0\4\0"
								 "X\0Y\0"),
		SERVER("\0\0\0\x50" SMB2("\3", "\1", "\1", "\5") "\x10\0\1\0\0\x80\0\0\0\0\0\0\0\0\0\0"),
		CLIENT("\0\0\0\x4c" SMB2("\3", "\0", "\2", "\0") "\x09\0\0\0\x48\0\4\0"
								 "Z\0Z\0"),
		SERVER("\0\0\0\x50" SMB2("\3", "\1", "\2", "\6") "\x10\0\1\0\0\x08\0\0\0\0\0\0\0\0\0\0"),
	};

	(void)state;
	TOLD("smb", TRANSPORT_TCP, turns, "\"dialect\":\"3.02\"", "\"encryption\":\"AES-128-CCM\"",
	     "\"share\":\"XY\",\"share_type\":\"FILE\",\"encrypted\":true",
	     "\"share\":\"ZZ\",\"share_type\":\"FILE\"}");
}

/* RFC 1002 4.3.2: the names of both ends; a second label is the scope. A name of other letters is none. */
#define SEALED(session)                                                                                      \
	"\0\0\0\x3c\xfdSMB\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"                                                  \
	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"                                                                   \
	"\x8\0\0\0\0\0\1\0" session "\0\0\0\0\0\0\0sealed!!"

/* MS-SMB2 2.2.41, between messages in the clear: of two sessions, the second as another share's. */
static void what_is_encrypted_is_told_once_and_the_rest_read_on(void **state)
{
	const struct turn turns[] = {
		CLIENT(SEALED("\7")),
		SERVER(SEALED("\7")),
		CLIENT(SEALED("\x8")),
		CLIENT("\0\0\0\x4c" SMB2("\3", "\0", "\1", "\0") "\x09\0\0\0\x48\0\4\0"
								 "X\0Y\0"),
		SERVER("\0\0\0\x50" SMB2("\3", "\1", "\1", "\5") "\x10\0\1\0\0\0\0\0\0\0\0\0\0\0\0"),
		SERVER(SEALED("\7")),
	};

	(void)state;
	TOLD("smb", TRANSPORT_TCP, turns,
	     "\"id\":1,\"command\":\"SMB2_TRANSFORM_HEADER\",\"session_id\":7,\"encrypted\":true}",
	     "\"id\":2,\"command\":\"SMB2_TRANSFORM_HEADER\",\"session_id\":8,\"encrypted\":true}",
	     "\"id\":3,\"command\":\"SMB2_COMMAND_TREE_CONNECT\"", "\"share\":\"XY\"", "!\"id\":4",
	     "!broken");
}

static void names_of_a_session_are_told(void **state)
{
	const struct turn turns[] = {
		CLIENT("\x81\0\0\x48\40EBEMFAEIEBCACACACACACACACACACACA\3lab\0"
		       "\40ECEFFEEBCACACACACACACACACACACAAA\0"),
		SERVER("\x82\0\0\0"),
		CLIENT("\0\0\0\57\377SMBr\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\1\0\0\14\0\2NT "
		       "LM 0.12\0"),
	};
	const struct turn odd[] = {
		CLIENT("\x81\0\0\x44\40ebemFAEIEBCACACACACACACACACACACA\0"
		       "\40ECEFFEEBCACACACACACACACACACACAAA\0"),
		CLIENT("\0\0\0\57\377SMBr\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\1\0\0\14\0\2NT "
		       "LM 0.12\0"),
	};

	(void)state;
	TOLD("smb", TRANSPORT_TCP, turns,
	     "\"netbios\":{\"called_name\":\"ALPHA<20>\",\"calling_name\":\"BETA<00>\"}",
	     "\"unanswered\":true");
	TOLD("smb", TRANSPORT_TCP, odd, "!netbios", "NT LM 0.12");
}

#define DATAGRAM(words)                                                                                      \
	"\x11\2\0M\300\0\2\7\0\x8a\0\xc0\0\0 EBEMFAEIEBCACACACACACACACACACAAA\0"                             \
	" EMEBECCACACACACACACACACACACACABN\0\377SMB%"                                                        \
	"\0\0\0\0\0\0\0\0\0"                                                                                 \
	"\0\0\0\0\0\0\0\0\0"                                                                                 \
	"\0\0\0\0\0\0\0\0\0" words
#define MAIL(length, offset)                                                                                 \
	"\21\0\0" length "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" length offset "\3\0\1\0\0\0\2\0\0\0"         \
	"\\MAILSLOT\\BROWSE\0"

/* MS-BRWS 2.2.1, 2.2.10: a host announces itself, and a group its master. */
static void who_announces_itself_is_told(void **state)
{
	const struct turn host[] = { CLIENT(
		DATAGRAM(MAIL("\51\0", "\126\0")) "\1\0\200\374\12\0ALPHA\0\0\0\0\0\0\0\0\0\0\0"
						  "\6\1\3\1\0\0\17\1\125\252the door\0") };
	const struct turn group[] = { CLIENT(
		DATAGRAM(MAIL("\51\0", "\126\0")) "\14\0\200\374\12\0LAB\0\0\0\0\0\0\0\0\0\0\0\0\0"
						  "\4\11\0\20\0\200\17\1\125\252ALPHA\0\0\0\0") };
	const struct turn beyond[] = { CLIENT(DATAGRAM(MAIL("\51\0", "\126\1")) "\1\0\200\374\12\0ALPHA\0") };
	const struct turn cut[] = { CLIENT(DATAGRAM(MAIL("\14\0", "\126\0")) "\1\0\200\374\12\0ALPHA\0") };
	const struct turn another[] = { CLIENT(DATAGRAM(MAIL("\4\0", "\126\0")) "\21\0\0\0") };

	(void)state;
	TOLD("nbdgm", TRANSPORT_UDP, host,
	     "\"mailslot_name\":\"\\\\MAILSLOT\\\\BROWSE\",\"browser\":{\"command\":\"host_announcement\","
	     "\"host\":"
	     "\"ALPHA\",\"comment\":\"the door\",\"os_version\":\"6.1\",\"server_types\":[\"workstation\","
	     "\"server\",\"domain_member\"]}");
	TOLD("nbdgm", TRANSPORT_UDP, group,
	     "\"command\":\"domain_announcement\",\"host\":\"ALPHA\",\"group\":\"LAB\"");
	TOLD("nbdgm", TRANSPORT_UDP, beyond, "\"mailslot_name\"", "!\"browser\"");
	TOLD("nbdgm", TRANSPORT_UDP, cut, "\"mailslot_name\"", "!\"host\"", "!os_version");
	TOLD("nbdgm", TRANSPORT_UDP, another, "\"mailslot_name\"", "!\"browser\"");
}

/* MS-ADTS 5.1.1.1.3: NTLM in the place of SASL. */
static void who_binds_to_ldap_by_sicily_is_told(void **state)
{
	const struct turn turns[] = {
		CLIENT("0j\2\1\1`e\2\1\3\4\0\213^"
		       "NTLMSSP\0\3\0\0\0\0\0\0\0H\0\0\0\0\0\0\0H\0\0\0\6\0\6\0H\0\0\0\6"
		       "\0\6\0N\0\0\0\12\0\12\0T\0\0\0\0\0\0\0H\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0L\0A\0B\0J\0O\0E"
		       "\0A\0"
		       "L\0P\0H\0A\0"),
		SERVER("0\14\2\1\1a\7\12\1\0\4\0\4\0"), CLIENT("0\14\2\1\2`\7\2\1\3\4\0\211\0")
	};

	(void)state;
	TOLD("ldap", TRANSPORT_TCP, turns, "\"authentication\":\"sicily\",\"user\":\"JOE\"",
	     "\"result_code\":\"success\"", "!weakness", "!\"sasl\"");
}

/* The first of thirteen has lost its place when the last is asked, and no more. */
static void what_ldap_has_no_place_for_is_told(void **state)
{
	const struct turn turns[] = { CLIENT(
		"0 \2\1\1c\33\4\4cn=1\12\1\0\12\1\0\2\1\0\2\1\0\1\1\0\207\2cn0\0000 \2\1\2c\33\4\4cn=2\12\1"
		"\0\12\1\0\2\1\0\2\1\0\1\1\0\207\2cn0\0000 \2\1\3c\33\4\4cn=3\12\1\0\12\1\0\2\1\0\2\1\0\1\1"
		"\0\207\2cn0\0000 \2\1\4c\33\4\4cn=4\12\1\0\12\1\0\2\1\0\2\1\0\1\1\0\207\2cn0\0000 \2\1\5c"
		"\33\4\4cn=5\12\1\0\12\1\0\2\1\0\2\1\0\1\1\0\207\2cn0\0000 \2\1\6c\33\4\4cn=6\12\1\0\12\1\0"
		"\2\1\0\2\1\0\1\1\0\207\2cn0\0000 \2\1\7c\33\4\4cn=7\12\1\0\12\1\0\2\1\0\2\1\0\1\1\0\207\2"
		"cn0\0000 \2\1\10c\33\4\4cn=8\12\1\0\12\1\0\2\1\0\2\1\0\1\1\0\207\2cn0\0000 \2\1\11c\33\4\4"
		"cn=9\12\1\0\12\1\0\2\1\0\2\1\0\1\1\0\207\2cn0\0000!\2\1\12c\34\4\5cn=10\12\1\0\12\1\0\2\1"
		"\0\2\1\0\1\1\0\207\2cn0\0000!\2\1\13c\34\4\5cn=11\12\1\0\12\1\0\2\1\0\2\1\0\1\1\0\207\2cn"
		"0\0000!\2\1\14c\34\4\5cn=12\12\1\0\12\1\0\2\1\0\2\1\0\1\1\0\207\2cn0\0000!\2\1\15c\34\4\5"
		"cn=13\12\1\0\12\1\0\2\1\0\2\1\0\1\1\0\207\2cn0\0") };

	(void)state;
	TOLD("ldap", TRANSPORT_TCP, turns, "\"base_object\":\"cn=1\"", "\"base_object\":\"cn=13\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_command_of_a_chain_is_told),
		cmocka_unit_test(what_stands_behind_a_failure_has_no_answer_of_its_own),
		cmocka_unit_test(what_was_not_answered_is_told_at_the_end),
		cmocka_unit_test(a_chain_that_leads_back_ends),
		cmocka_unit_test(encryption_of_servers_and_shares_is_told),
		cmocka_unit_test(what_is_encrypted_is_told_once_and_the_rest_read_on),
		cmocka_unit_test(names_of_a_session_are_told),
		cmocka_unit_test(who_announces_itself_is_told),
		cmocka_unit_test(who_binds_to_ldap_by_sicily_is_told),
		cmocka_unit_test(what_ldap_has_no_place_for_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
