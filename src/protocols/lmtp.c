/* lmtp.c: Local Mail Transfer Protocol, RFC 2033: SMTP whose client greets with LHLO, and whose server
 * answers a mail once for each recipient. It is read as SMTP is. */
#include "protocols/probes.h"
#include "protocols/smtp.h"

static enum verdict recognise_server(struct span first)
{
	struct reply reply;
	const enum verdict whole = reply_take(&first, &reply);
	struct span text;

	if (whole != YES)
		return whole;
	/* What greets without a word of its own has to be asked. */
	if (reply.code == READY && text_greeting(reply.lines) == GREETS_UNCLEAR)
		return MORE;
	if (reply.code != READY || text_greeting(reply.lines) != GREETS_OTHER)
		return NO;
	text = reply_first(&reply);
	(void)text_word(&text); /* the host's name */
	return text_has_word(text, "LMTP") ? YES : NO;
}

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const struct text_command commands[] = { { "LHLO ?*", YES } };
	enum verdict verdict;

	if (transport != TRANSPORT_TCP)
		return NO;
	if (side == SIDE_CLIENT)
		return text_commands(first, commands, 1);
	verdict = recognise_server(text_first(first, TEXT_LINE_LIMIT));
	return verdict == MORE && span_left(first) >= TEXT_LINE_LIMIT ? NO : verdict;
}

const struct protocol protocol_lmtp = {
	.name = "lmtp",
	.title = "Local Mail Transfer Protocol",
	DOORS(TCP(24)),
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.parser = &smtp_parser,
	.probe = &lmtp_probe,
	.probe_state_size = sizeof(bool),
};
