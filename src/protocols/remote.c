#include "protocols/remote.h"
#include "protocols/text.h"

#include <ctype.h>

enum { NAME_MOST = 64, COMMAND_MOST = 1024, PORT_DIGITS = 5, RESERVED = 1024, RESERVED_FIRST = 512 };

static bool is_name(struct span name)
{
	for (; name.at < name.end; name.at++)
		if (!isgraph(*name.at))
			return false;
	return true;
}

/* Names are of one word and short, a command is text. */
static enum verdict take_text(struct span *s, bool name, struct span *ret_text)
{
	struct span rest = *s;
	const size_t most = name ? NAME_MOST : COMMAND_MOST;

	*ret_text = span_until(&rest, '\0');
	if (ret_text->failed)
		*ret_text = *s;
	if (span_left(*ret_text) > most || !text_is_plain(*ret_text) || (name && !is_name(*ret_text)))
		return NO;
	if (rest.failed)
		return MORE;
	if (span_left(*ret_text) == 0)
		return NO;
	*s = rest;
	return YES;
}

enum verdict remote_take(struct span *s, struct remote_command *ret_command)
{
	struct span rest = *s, digits = rest;
	enum verdict whole = YES;

	while (isdigit(span_peek(rest, 0)))
		span_skip(&rest, 1);
	digits.end = rest.at;
	if (span_left(digits) > PORT_DIGITS || (span_left(rest) > 0 && *rest.at != 0))
		return NO;
	if (span_left(rest) == 0)
		return span_left(digits) > 0 ? MORE : NO;
	if (!span_number(digits, UINT16_MAX, &ret_command->error_port) ||
	    ret_command->error_port < RESERVED_FIRST)
		return NO;
	span_skip(&rest, 1);
	for (size_t i = 0; i < 3 && whole == YES; i++)
		whole = take_text(&rest, i < 2, &ret_command->texts[i]);
	if (whole == YES)
		*s = rest;
	return whole;
}

bool remote_is_shell(const struct remote_command *command)
{
	return command->error_port < RESERVED;
}
