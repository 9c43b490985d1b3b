/* nbdgm_browser.c: what the computer browser says in mailslots: MS-BRWS section 2.2, in a transaction of SMB
 * (MS-MAIL section 2.2.1, MS-CIFS section 2.2.4.33.1). */
#include "protocols/nbdgm.h"

#include "protocols/smb.h"
#include "protocols/tally.h"

#include <stdio.h>

enum command {
	HOST_ANNOUNCEMENT = 1,
	ANNOUNCEMENT_REQUEST = 2,
	ELECTION_REQUEST = 8,
	BACKUP_LIST_REQUEST = 9,
	BACKUP_LIST_RESPONSE = 10,
	BECOME_BACKUP = 11,
	DOMAIN_ANNOUNCEMENT = 12,
	MASTER_ANNOUNCEMENT = 13,
	RESET_STATE = 14,
	LOCAL_MASTER_ANNOUNCEMENT = 15,
};
enum { TRANSACTION = 0x25, MAILSLOT_WORDS = 17, SERVER_NAME = 16 };

/* The data of the transaction; its name is copied. Empty where it is none. */
static struct span take_mail(struct span message, char *mailslot, size_t size)
{
	struct span s = message, words;
	uint16_t length, offset;

	if (!span_begins(s, SMB1_BEGINS) || span_peek(s, 4) != TRANSACTION ||
	    span_peek(s, SMB1_HEADER) != MAILSLOT_WORDS)
		return span_of(NULL, 0);
	span_skip(&s, SMB1_HEADER + 1);
	words = span_take(&s, 2u * MAILSLOT_WORDS);
	span_skip(&words, 22);
	length = span_u16_le(&words);
	offset = span_u16_le(&words);
	span_skip(&s, 2);
	span_copy_text(span_until(&s, 0), mailslot, size);
	span_skip(&message, offset);
	return span_take(&message, length);
}

static void take_name(struct span *s, size_t length, char *name, size_t size)
{
	const struct span field = span_take(s, length);
	const uint8_t *const zero = memchr(field.at, 0, span_left(field));

	span_copy_text(span_of(field.at, zero != NULL ? (size_t)(zero - field.at) : span_left(field)), name,
		       size);
}

/* The three announcements differ in the meaning of their texts alone. */
static void read_announcement(struct span s, struct browser *browser)
{
	const bool of_domain = browser->command == DOMAIN_ANNOUNCEMENT;

	span_skip(&s, 1 + 4);
	take_name(&s, SERVER_NAME, of_domain ? browser->group : browser->host, BROWSER_NAME);
	browser->major = span_u8(&s);
	browser->minor = span_u8(&s);
	browser->kinds = span_u32_le(&s);
	span_skip(&s, 4);
	if (of_domain)
		take_name(&s, span_left(s), browser->host, sizeof(browser->host));
	else
		take_name(&s, span_left(s), browser->comment, sizeof(browser->comment));
	browser->announces = !s.failed;
}

void nbdgm_read_mail(struct span message, struct browser *browser)
{
	struct span mail = take_mail(message, browser->mailslot, sizeof(browser->mailslot));
	const uint8_t command = span_u8(&mail);

	if (!span_is_nocase(span_text(browser->mailslot), "\\MAILSLOT\\BROWSE") &&
	    !span_is_nocase(span_text(browser->mailslot), "\\MAILSLOT\\LANMAN"))
		return;
	browser->command = command;
	switch (command) {
	case HOST_ANNOUNCEMENT:
	case DOMAIN_ANNOUNCEMENT:
	case LOCAL_MASTER_ANNOUNCEMENT: read_announcement(mail, browser); break;
	case ELECTION_REQUEST:
		span_skip(&mail, 1 + 4 + 4 + 4);
		take_name(&mail, span_left(mail), browser->host, sizeof(browser->host));
		break;
	case ANNOUNCEMENT_REQUEST:
		span_skip(&mail, 1);
		take_name(&mail, span_left(mail), browser->host, sizeof(browser->host));
		break;
	case BECOME_BACKUP:
	case MASTER_ANNOUNCEMENT:
		take_name(&mail, span_left(mail), browser->host, sizeof(browser->host));
		break;
	default: break;
	}
}

/* Of the kinds of server, those that tell something of what the host is for. */
static void emit_kinds(struct json *json, uint32_t kinds)
{
	static const struct code_name names[] = {
		{ 0x00000001, "workstation" },
		{ 0x00000002, "server" },
		{ 0x00000004, "sql_server" },
		{ 0x00000008, "domain_controller" },
		{ 0x00000010, "backup_domain_controller" },
		{ 0x00000020, "time_source" },
		{ 0x00000100, "domain_member" },
		{ 0x00000200, "print_server" },
		{ 0x00000400, "dialin_server" },
		{ 0x00000800, "unix" },
		{ 0x00001000, "nt_workstation" },
		{ 0x00008000, "nt_server" },
		{ 0x00010000, "potential_browser" },
		{ 0x00020000, "backup_browser" },
		{ 0x00040000, "master_browser" },
		{ 0x00080000, "domain_master_browser" },
		{ 0x02000000, "terminal_server" },
	};

	json_open_array(json, "server_types");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (kinds & names[i].code)
			json_text(json, NULL, names[i].name);
	json_end(json);
}

void nbdgm_emit_mail(struct json *json, const struct browser *browser)
{
	static const struct code_name commands[] = {
		{ HOST_ANNOUNCEMENT, "host_announcement" },
		{ ANNOUNCEMENT_REQUEST, "announcement_request" },
		{ ELECTION_REQUEST, "election_request" },
		{ BACKUP_LIST_REQUEST, "backup_list_request" },
		{ BACKUP_LIST_RESPONSE, "backup_list_response" },
		{ BECOME_BACKUP, "become_backup" },
		{ DOMAIN_ANNOUNCEMENT, "domain_announcement" },
		{ MASTER_ANNOUNCEMENT, "master_announcement" },
		{ RESET_STATE, "reset_state" },
		{ LOCAL_MASTER_ANNOUNCEMENT, "local_master_announcement" },
	};
	const char *const command = CODE_TEXT(commands, browser->command);
	char version[8];

	emit_text(json, "mailslot_name", browser->mailslot);
	if (command == NULL)
		return;
	json_open_object(json, "browser");
	json_text(json, "command", command);
	emit_text(json, "host", browser->host);
	emit_text(json, "group", browser->group);
	emit_text(json, "comment", browser->comment);
	if (browser->announces) {
		(void)snprintf(version, sizeof(version), "%u.%u", browser->major, browser->minor);
		json_text(json, "os_version", version);
		emit_kinds(json, browser->kinds);
	}
	json_end(json);
}
