/* iscsi_parse.c: sessions of iSCSI, RFC 7143: who logs in where and how, and the commands of SCSI (SPC-4,
 * SBC-3) that follow. Nothing of what disks hold is looked at. */
#include "protocols/iscsi.h"

enum {
	SCSI_COMMAND = 0x01,
	TEXT = 0x04,
	SCSI_ANSWER = 0x21,
	TEXT_ANSWER = 0x24,
	DATA_IN = 0x25,
	REJECT = 0x3f,
	DIGEST = 4,
	DATA_IN_STATUS = 0x01, /* S: the answer is in here (11.7.3) */
	READS = 0x40,
	WRITES = 0x20,
	STATUS_AT = 3,
	TRANSFER_AT = 20,
	CDB_AT = 32,
	CLASS_AT = 36,
};

const struct weakness iscsi_no_auth = {
	"iscsi-no-auth",
	"iSCSI gives disks without a login",
	2,
	"Demand CHAP from every initiator, and keep iSCSI in a network of its own.",
};

const struct weakness iscsi_open_discovery = {
	"iscsi-open-discovery",
	"iSCSI tells its targets without a login",
	3,
	"Demand CHAP for discovery as well.",
};

static const struct code_name scsi_names[] = {
	{ 0x00, "test_unit_ready" },
	{ 0x03, "request_sense" },
	{ 0x04, "format_unit" },
	{ 0x08, "read_6" },
	{ 0x0a, "write_6" },
	{ 0x12, "inquiry" },
	{ 0x15, "mode_select_6" },
	{ 0x1a, "mode_sense_6" },
	{ 0x1b, "start_stop_unit" },
	{ 0x1e, "prevent_allow_removal" },
	{ 0x25, "read_capacity_10" },
	{ 0x28, "read_10" },
	{ 0x2a, "write_10" },
	{ 0x2f, "verify_10" },
	{ 0x35, "synchronize_cache_10" },
	{ 0x41, "write_same_10" },
	{ 0x42, "unmap" },
	{ 0x4d, "log_sense" },
	{ 0x55, "mode_select_10" },
	{ 0x5a, "mode_sense_10" },
	{ 0x5e, "persistent_reserve_in" },
	{ 0x5f, "persistent_reserve_out" },
	{ 0x83, "extended_copy" },
	{ 0x84, "receive_copy_results" },
	{ 0x88, "read_16" },
	{ 0x89, "compare_and_write" },
	{ 0x8a, "write_16" },
	{ 0x91, "synchronize_cache_16" },
	{ 0x93, "write_same_16" },
	{ 0x9e, "service_action_in_16" },
	{ 0xa0, "report_luns" },
	{ 0xa3, "maintenance_in" },
	{ 0xa8, "read_12" },
	{ 0xaa, "write_12" },
};

/* ---- messages ---- */

bool iscsi_read_header(struct span s, bool from_target, struct iscsi_pdu *ret)
{
	static const uint64_t initiator = 0x1007f,
			      target = 0x800600bf; /* opcodes below 0x20, and from there */
	uint8_t opcode;

	ret->opcode = opcode = span_u8(&s) & 0x3f;
	ret->flags = span_u8(&s);
	span_skip(&s, 2);
	ret->more = span_u8(&s) * 4u;
	ret->data = span_u24(&s);
	if (opcode >= 0x1c && opcode < 0x20)
		return !from_target; /* of vendors */
	if (opcode >= 0x3c && opcode < REJECT)
		return from_target;
	return from_target == (opcode >= 0x20) && ((from_target ? target : initiator) >> (opcode & 0x1f) & 1);
}

bool iscsi_next_key(struct span *text, struct span *ret_key, struct span *ret_value)
{
	struct span pair;

	while (span_left(*text) > 0 && span_peek(*text, 0) == 0)
		span_skip(text, 1);
	if (span_left(*text) == 0)
		return false;
	pair = *text;
	*ret_value = span_until(&pair, 0);
	if (pair.failed) { /* the last NUL is missing */
		*ret_value = *text;
		pair.at = text->end;
	}
	text->at = pair.at;
	*ret_key = span_until(ret_value, '=');
	return !ret_key->failed;
}

const char *iscsi_status(uint8_t status_class)
{
	static const char *const names[] = { "success", "redirected", "refused", "target_error" };

	return status_class < 4 ? names[status_class] : "unknown";
}

/* ---- reading ---- */

struct conversation {
	struct tally commands;
	char initiator[224], target[224], alias[64]; /* names have 223 octets at most (4.2.7.1) */
	char method[32], user[96], targets[1024];
	uint64_t read, written;
	uint32_t requests, errors, rejected;
	uint8_t status;
	bool discovery, begun, answered, header_digest, data_digest, told;
};

static void emit(const void *record, struct json *json)
{
	const struct conversation *const state = record;

	emit_text(json, "initiator_name", state->initiator);
	emit_text(json, "target_name", state->target);
	emit_text(json, "target_alias", state->alias);
	if (state->begun)
		json_text(json, "session_type", state->discovery ? "discovery" : "normal");
	emit_text(json, "auth_method", state->method);
	emit_text(json, "user", state->user);
	if (state->answered)
		json_text(json, "status", iscsi_status(state->status));
	emit_texts(json, "targets", state->targets);
	json_bool(json, "header_digest", state->header_digest);
	json_bool(json, "data_digest", state->data_digest);
	EMIT_TALLY(json, "commands", &state->commands, scsi_names);
	json_unsigned(json, "requests", state->requests);
	json_unsigned(json, "bytes_read", state->read);
	json_unsigned(json, "bytes_written", state->written);
	json_unsigned(json, "errors", state->errors);
	json_unsigned(json, "rejected", state->rejected);
}

static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	if (!state->told)
		parse_event(parse, state);
	state->told = true;
}

static void read_initiator_key(struct conversation *state, struct span key, struct span value)
{
	if (span_is(key, "InitiatorName"))
		span_copy_text(value, state->initiator, sizeof(state->initiator));
	else if (span_is(key, "TargetName"))
		span_copy_text(value, state->target, sizeof(state->target));
	else if (span_is(key, "SessionType"))
		state->discovery = span_is(value, "Discovery");
	else if (span_is(key, "CHAP_N") || span_is(key, "SRP_U"))
		span_copy_text(value, state->user, sizeof(state->user));
}

/* What is chosen of a list, the target says. */
static void read_target_key(struct conversation *state, struct span key, struct span value)
{
	if (span_is(key, "TargetAlias"))
		span_copy_text(value, state->alias, sizeof(state->alias));
	else if (span_is(key, "AuthMethod"))
		span_copy_text(value, state->method, sizeof(state->method));
	else if (span_is(key, "HeaderDigest"))
		state->header_digest = span_is(value, "CRC32C");
	else if (span_is(key, "DataDigest"))
		state->data_digest = span_is(value, "CRC32C");
	else if (span_is(key, "TargetName"))
		texts_note(state->targets, sizeof(state->targets), value);
}

static void read_text(struct conversation *state, enum side side, struct span text)
{
	struct span key, value;

	while (iscsi_next_key(&text, &key, &value))
		(side == SIDE_CLIENT ? read_initiator_key : read_target_key)(state, key, value);
}

/* The last step of a login, with success: who was let in, and how (6.3). */
static void read_login_answer(struct conversation *state, struct parse *parse, const struct iscsi_pdu *pdu,
			      uint8_t status)
{
	const bool in = status == 0 && pdu->flags & ISCSI_FINAL && (pdu->flags & 3) == 3;

	state->answered = state->answered || in || status != 0;
	state->status = status;
	if (!in || (state->method[0] != '\0' && strcmp(state->method, "None") != 0))
		return;
	if (state->discovery)
		parse_weakness(parse, &iscsi_open_discovery, "discovery by %s", state->initiator);
	else
		parse_weakness(parse, &iscsi_no_auth, "session of %s with %s", state->initiator,
			       state->target);
}

static void read_pdu(struct conversation *state, struct parse *parse, const struct iscsi_pdu *pdu,
		     struct span s)
{
	const uint8_t *const head = span_header(&s, ISCSI_HEADER);
	struct span text;

	if (span_left(s) < pdu->more)
		return;
	span_skip(&s, pdu->more);
	text = text_first(s, pdu->data);
	switch (pdu->opcode) {
	case ISCSI_LOGIN:
		state->begun = true;
		read_text(state, parse->side, text);
		break;
	case ISCSI_LOGIN_ANSWER:
		read_text(state, parse->side, text);
		read_login_answer(state, parse, pdu, head[CLASS_AT]);
		break;
	case TEXT_ANSWER:
		span_skip(&s, state->header_digest ? DIGEST : 0);
		read_text(state, parse->side, text_first(s, pdu->data));
		break;
	case SCSI_COMMAND:
		state->requests++;
		tally_add(&state->commands, head[CDB_AT]);
		state->read += pdu->flags & READS ? load_u32(head + TRANSFER_AT) : 0;
		state->written += pdu->flags & WRITES ? load_u32(head + TRANSFER_AT) : 0;
		break;
	case SCSI_ANSWER: state->errors += head[STATUS_AT] != 0; break;
	case DATA_IN: state->errors += pdu->flags & DATA_IN_STATUS && head[STATUS_AT] != 0; break;
	case REJECT: state->rejected++; break;
	default: break;
	}
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;

	while (span_left(*bytes) > 0 && parse->skip == 0) {
		struct iscsi_pdu pdu;
		struct span message;
		uint64_t length;

		if (span_left(*bytes) < ISCSI_HEADER) {
			parse_want(parse, ISCSI_HEADER);
			break;
		}
		if (!iscsi_read_header(*bytes, parse->side == SIDE_SERVER, &pdu))
			return PARSE_BROKEN;
		length = ISCSI_HEADER + (uint64_t)pdu.more + (pdu.data + 3u) / 4 * 4;
		if ((pdu.opcode & 0x1f) != ISCSI_LOGIN) /* digests begin behind the login */
			length += (state->header_digest ? DIGEST : 0) +
				  (state->data_digest && pdu.data > 0 ? DIGEST : 0);
		if (message_take(parse, bytes, length, &message) != YES)
			break;
		read_pdu(state, parse, &pdu, message);
	}
	return PARSE_ON;
}

const struct parser iscsi_parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
};
