/* shown.c: how much of the first octets of a conversation may be shown as evidence: up to where a password
 * could stand. */
#include "protocols/protocols.h"

/* Behind them, and a blank, stands what nobody may read: of POP3, FTP, IRC and NNTP, of Redis and SMTP, of
 * IMAP, of MPD and NUT. */
static const char *const before_secrets[] = { "PASS", "AUTH", "LOGIN", "AUTHENTICATE", "PASSWORD" };

static bool is_between(uint8_t octet)
{
	return octet == ' ' || octet == '\t' || octet == '\r' || octet == '\n';
}

static bool is_before_secret(struct span word)
{
	for (size_t i = 0; i < sizeof(before_secrets) / sizeof(*before_secrets); i++)
		if (span_is_nocase(word, before_secrets[i]))
			return true;
	return false;
}

/* The next word of a line or of the one behind it; it begins where it stands. */
static struct span next_word(struct span *rest)
{
	struct span word;

	while (span_left(*rest) > 0 && is_between(*rest->at))
		rest->at++;
	word = *rest;
	while (span_left(*rest) > 0 && !is_between(*rest->at))
		rest->at++;
	word.end = rest->at;
	return word;
}

struct span protocol_shown(const struct protocol *protocol, struct span first)
{
	struct span rest = first;

	if (protocol != NULL && protocol->secret_at > 0 && protocol->secret_at < span_left(first))
		return span_take(&first, protocol->secret_at);
	while (span_left(rest) > 0) {
		const struct span word = next_word(&rest);

		if (is_before_secret(word))
			return (struct span){ .at = first.at, .end = word.end };
	}
	return first;
}
