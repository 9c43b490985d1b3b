/* smtp_parse.c: SMTP between two others. A mail is told when the server has answered it, with who sent it to
 * whom; the content is stepped over (RFC 5321 4.5.2, RFC 3030 for BDAT). */
#include "protocols/lines.h"
#include "protocols/sasl.h"
#include "protocols/smtp.h"
#include "protocols/tls.h"

enum { PIPELINE = 64 }; /* commands that may wait for their replies (RFC 2920) */

/* What the client has said, and the server shall answer. */
enum asked { OTHER, HELLO, MAIL, RECIPIENT, DATA, END_OF_MAIL, STARTTLS, AUTH };

struct mail {
	char from[256], recipients[1024]; /* texts */
	uint32_t recipient_count, refused_count;
	uint64_t length; /* octets of the content */
	unsigned status; /* the reply; 0 without */
	bool has_content;
};

struct conversation {
	char banner[128], helo[128];
	struct smtp_extensions extensions;
	struct sasl auth;
	unsigned auth_status;
	struct mail mail;
	uint8_t asked[PIPELINE]; /* enum asked, in a ring */
	uint32_t sent, answered;
	struct dotted content;
	bool in_content, greeted, told, starttls;
	bool lost[2];
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "helo", state->helo);
	emit_text(json, "mail_from", state->mail.from);
	emit_texts(json, "rcpt_to", state->mail.recipients);
	if (state->mail.recipient_count > 0)
		json_unsigned(json, "recipients", state->mail.recipient_count);
	if (state->mail.refused_count > 0)
		json_unsigned(json, "recipients_refused", state->mail.refused_count);
	if (state->mail.has_content)
		json_unsigned(json, "length", state->mail.length);
	if (state->mail.status > 0)
		json_unsigned(json, "status", state->mail.status);
	emit_text(json, "banner", state->banner);
	emit_texts(json, "extensions", state->extensions.list);
	emit_text(json, "auth_mechanism", state->auth.mechanism);
	emit_text(json, "user", state->auth.user);
	if (state->auth_status > 0)
		json_bool(json, "authenticated", state->auth_status == LOGGED_IN);
	if (state->starttls)
		json_bool(json, "starttls", true);
}

/* Tells the mail, if one was begun; or the conversation, of which nothing was told yet. */
static void tell(struct conversation *state, struct parse *parse, bool last)
{
	if (state->mail.from[0] == '\0' && !state->mail.has_content && (!last || state->told))
		return;
	if (state->mail.from[0] == '\0' && state->banner[0] == '\0' && state->helo[0] == '\0' &&
	    state->extensions.list[0] == '\0')
		return;
	parse_event(parse, state);
	state->told = true;
	state->mail = (struct mail){ .status = 0 };
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	tell(state, parse, true);
	if (state->extensions.clear_auth && state->auth.mechanism[0] == '\0')
		parse_weakness(parse, &smtp_clear_login, "AUTH %s is offered before TLS",
			       state->extensions.auth);
}

static enum parse_step start_tls(struct conversation *state, struct parse *parse)
{
	state->starttls = true;
	state->told = false;
	end(state, parse);
	parse_upgrade(parse, &protocol_tls);
	return PARSE_ON;
}

/* ---- the client ---- */

static void ask(struct conversation *state, enum asked asked)
{
	if (state->sent - state->answered == PIPELINE)
		state->answered++;
	state->asked[state->sent++ % PIPELINE] = (uint8_t)asked;
}

/* What stands behind the colon: "<joe@example.com>", without parameters. */
static struct span path_of(struct span line)
{
	struct span path;

	(void)span_until(&line, ':');
	path = text_word(&line);
	return path;
}

static void judge_login(const struct conversation *state, struct parse *parse)
{
	if (sasl_is_clear(&state->auth) && state->auth.responses > 0)
		parse_weakness(parse, &smtp_clear_login, "AUTH %s was used before TLS%s%s",
			       state->auth.mechanism, state->auth.user[0] != '\0' ? " by " : "",
			       state->auth.user);
}

static void read_response(struct conversation *state, struct parse *parse, struct span line)
{
	if (span_is(line, "*")) {
		state->auth.active = false;
		return;
	}
	sasl_response(&state->auth, line);
	judge_login(state, parse);
}

static void read_envelope(struct conversation *state, struct parse *parse, struct span line)
{
	struct mail *const mail = &state->mail;

	if (span_begins_nocase(line, "MAIL FROM:")) {
		tell(state, parse, false);
		span_copy_text(path_of(line), mail->from, sizeof(mail->from));
		ask(state, MAIL);
	} else {
		(void)texts_add(mail->recipients, sizeof(mail->recipients), path_of(line));
		mail->recipient_count++;
		ask(state, RECIPIENT);
	}
}

/* RFC 3030 2: "BDAT 1000", "BDAT 86 LAST"; the octets stand behind it. */
static void read_chunk(struct conversation *state, struct parse *parse, struct span line)
{
	uint64_t length = 0;

	(void)text_word(&line);
	(void)span_number(text_word(&line), UINT32_MAX, &length);
	state->mail.has_content = true;
	state->mail.length += length;
	ask(state, span_is_nocase(text_trim(line), "LAST") ? END_OF_MAIL : OTHER);
	if (length > 0)
		parse_skip(parse, length);
}

static void read_command(struct conversation *state, struct parse *parse, struct span line)
{
	struct span rest = line, verb = text_word(&rest);

	if (span_is_nocase(verb, "EHLO") || span_is_nocase(verb, "HELO") || span_is_nocase(verb, "LHLO")) {
		span_copy_text(text_trim(rest), state->helo, sizeof(state->helo));
		ask(state, HELLO);
	} else if (span_begins_nocase(line, "MAIL FROM:") || span_begins_nocase(line, "RCPT TO:")) {
		read_envelope(state, parse, line);
	} else if (span_is_nocase(verb, "DATA")) {
		state->in_content = true;
		state->content = (struct dotted){ .place = 0 };
		ask(state, DATA);
	} else if (span_is_nocase(verb, "BDAT")) {
		read_chunk(state, parse, line);
	} else if (span_is_nocase(verb, "AUTH")) {
		sasl_begin(&state->auth, rest);
		judge_login(state, parse);
		ask(state, AUTH);
	} else if (span_is_nocase(verb, "STARTTLS")) {
		state->starttls = true;
		ask(state, STARTTLS);
	} else {
		if (span_is_nocase(verb, "RSET") || span_is_nocase(verb, "QUIT"))
			tell(state, parse, false);
		ask(state, OTHER);
	}
}

/* Whether the client goes on although its login has no end, of which a capture of one side knows nothing. */
static bool is_next_command(struct span line)
{
	return span_begins_nocase(line, "MAIL FROM:") || span_is_nocase(line, "QUIT") ||
	       span_is_nocase(line, "RSET");
}

/* True when the whole content has come. */
static bool read_content(struct conversation *state, struct span *bytes)
{
	if (!dotted_skip(&state->content, bytes))
		return false;
	state->in_content = false;
	state->mail.has_content = true;
	state->mail.length = state->content.length;
	ask(state, END_OF_MAIL);
	return true;
}

static enum parse_step read_client(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct span line;
	enum verdict whole = YES;

	if (!state->in_content && !line_resume(&state->lost[SIDE_CLIENT], bytes))
		return PARSE_ON;
	while (span_left(*bytes) > 0 && parse->skip == 0) {
		if (state->in_content && !read_content(state, bytes))
			return PARSE_ON;
		if (state->starttls && span_peek(*bytes, 0) == 0x16) /* the answer was not seen */
			return start_tls(state, parse);
		whole = line_take(bytes, &line);
		if (whole != YES)
			return whole == NO ? PARSE_BROKEN : PARSE_ON;
		if (!text_is_plain(line))
			return line_refuse(bytes, line);
		if (state->auth.active && !is_next_command(line))
			read_response(state, parse, line);
		else
			read_command(state, parse, line);
	}
	return PARSE_ON;
}

/* ---- the server ---- */

static void read_hello(struct conversation *state, const struct reply *reply)
{
	if (reply->code == DONE_WELL)
		smtp_read_extensions(reply, &state->extensions);
}

static void read_answer(struct conversation *state, struct parse *parse, const struct reply *reply,
			enum asked asked)
{
	struct mail *const mail = &state->mail;

	switch (asked) {
	case HELLO: read_hello(state, reply); break;
	case MAIL:
		if (reply->code != DONE_WELL)
			mail->status = reply->code;
		break;
	case RECIPIENT: mail->refused_count += reply->code >= 400; break;
	case DATA:
		if (reply->code != GO_ON_WITH_MAIL) {
			state->in_content = false;
			mail->status = reply->code;
		}
		break;
	case END_OF_MAIL:
		if (mail->has_content) {
			mail->status = reply->code;
			tell(state, parse, false);
		}
		break;
	case AUTH:
		state->auth.active = false;
		state->auth_status = reply->code;
		break;
	case STARTTLS: state->starttls = reply->code == READY; break;
	default: break;
	}
}

/* A reply whose command was not seen is the greeting, or that to EHLO if it has several lines. */
static void read_reply(struct conversation *state, struct parse *parse, const struct reply *reply)
{
	if (!state->greeted && parse->from_start[SIDE_SERVER]) {
		state->greeted = true;
		span_copy_text(reply_first(reply), state->banner, sizeof(state->banner));
		parse_product(parse, SIDE_SERVER, reply->lines, smtp_products, smtp_product_count);
	} else if (state->answered == state->sent) {
		struct span lines = reply->lines;

		(void)span_line(&lines);
		if (span_left(lines) > 0)
			read_hello(state, reply);
	} else if (reply->code != CHALLENGE) {
		read_answer(state, parse, reply, state->asked[state->answered++ % PIPELINE]);
	}
}

static enum parse_step read_server(struct conversation *state, struct parse *parse, struct span *bytes)
{
	struct reply reply;
	enum verdict whole = MORE;

	if (!line_resume(&state->lost[SIDE_SERVER], bytes))
		return PARSE_ON;
	while (span_left(*bytes) > 0 && (whole = reply_take(bytes, &reply)) == YES) {
		const bool asked_tls = state->answered != state->sent &&
				       state->asked[state->answered % PIPELINE] == STARTTLS;

		read_reply(state, parse, &reply);
		if (asked_tls && reply.code == READY)
			return start_tls(state, parse);
	}
	return whole == NO || span_left(*bytes) > LINES_LIMIT ? PARSE_BROKEN : PARSE_ON;
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	return parse->side == SIDE_CLIENT ? read_client(memory, parse, bytes)
					  : read_server(memory, parse, bytes);
}

/* Replies behind a gap are no longer told to belong to commands. */
static enum parse_step gap(void *memory, struct parse *parse, uint64_t length)
{
	struct conversation *const state = memory;

	if (parse->side == SIDE_CLIENT && state->in_content) {
		state->content.length += length;
		return PARSE_ON;
	}
	state->lost[parse->side] = true;
	state->answered = state->sent;
	state->auth.active = false;
	return PARSE_ON;
}

const struct parser smtp_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.gap = gap,
	.end = end,
	.emit = emit,
	.leads = true,
};
