/* start_tls.c: a server is asked to go on in TLS: RFC 3207 (SMTP), RFC 2595 (IMAP, POP3), RFC 4217 (FTP),
 * RFC 5804 (ManageSieve). What the protocols say stands in their own files. */
#include "protocols/lines.h"
#include "protocols/protocols.h"

void start_tls_greet(const struct start_tls *start, struct buffer *out)
{
	if (start->greet != NULL)
		start->greet(out);
	else if (start->steps != NULL && start->steps->awaits == NULL)
		buffer_text(out, start->steps->says);
}

static enum probe_step take_steps(const struct start_tls_step *steps, uint8_t *nth, struct span *heard,
				  bool ended, struct buffer *out)
{
	struct span line;
	enum verdict whole;

	*nth += steps->awaits == NULL && *nth == 0; /* it was said already */
	while ((whole = line_hear(heard, ended, &line)) == YES) {
		const struct start_tls_step *const step = &steps[*nth];

		if (!span_begins_nocase(line, step->awaits))
			continue;
		if (step->says == NULL)
			return PROBE_DONE;
		buffer_text(out, step->says);
		(*nth)++;
	}
	return whole == MORE && !ended ? PROBE_WAIT : PROBE_NOT;
}

enum probe_step start_tls_hear(const struct start_tls *start, void *state, struct span *heard, bool ended,
			       struct buffer *out)
{
	if (start->steps != NULL)
		return take_steps(start->steps, state, heard, ended, out);
	return start->hear(state, heard, ended, out);
}
