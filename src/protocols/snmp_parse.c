/* snmp_parse.c: reads conversations of SNMP. RFC 1157, RFC 3416 (PDUs), RFC 3412 and RFC 3414 (version 3:
 * engine, user, level of security). Of a community no more is told than how long it is and whether it is one
 * that everybody tries. */
#include "base/escape.h"
#include "protocols/parse.h"
#include "protocols/snmp.h"

#include <stdio.h>

enum {
	BULKS_AWAITED = 4,
	VARIABLES_SHOWN = 32,
	OID_TEXT = 256,
	ENGINE = 32,
	AUTHENTICATED = 1,
	ENCRYPTED = 2,
	REPORTABLE = 4
};

/* Questions for many variables at once, and what was answered to them. */
struct bulk {
	uint64_t requests, responses, variables, bytes;
	int64_t awaited[BULKS_AWAITED]; /* the last requests' numbers, in a ring */
};

struct record {
	const struct snmp_message *message;
	uint8_t flags; /* of version 3 */
	struct span engine, user;
	int64_t request, status, index;           /* of a bulk request: not repeated, times repeated */
	struct span variables, enterprise, agent; /* the latter two of a trap of version 1 */
	int64_t generic, specific;
};

/* ---- the event ---- */

static const char *pdu_text(uint8_t tag)
{
	static const char *const names[] = {
		"get_request",      "get_next_request", "response", "set_request", "trap_v1",
		"get_bulk_request", "inform_request",   "trap_v2",  "report",
	};

	return snmp_is_pdu(tag) ? names[tag - SNMP_GET] : "encrypted";
}

static const char *error_text(int64_t status)
{
	static const char *const names[] = {
		"no_error",
		"too_big",
		"no_such_name",
		"bad_value",
		"read_only",
		"gen_err",
		"no_access",
		"wrong_type",
		"wrong_length",
		"wrong_encoding",
		"wrong_value",
		"no_creation",
		"inconsistent_value",
		"resource_unavailable",
		"commit_failed",
		"undo_failed",
		"authorization_error",
		"not_writable",
		"inconsistent_name",
	};

	return status >= 0 && (size_t)status < sizeof(names) / sizeof(names[0]) ? names[status] : "unknown";
}

static void write_variables(struct json *json, struct span list)
{
	unsigned count = 0;

	json_open_array(json, "vars");
	for (; span_left(list) > 0 && !list.failed; count++) {
		struct span variable = ber_take(&list, BER_SEQUENCE);
		char text[OID_TEXT];

		if (list.failed)
			break;
		if (count < VARIABLES_SHOWN && ber_oid_text(ber_take(&variable, BER_OID), text, sizeof(text)))
			json_text(json, NULL, text);
	}
	json_end(json);
	json_unsigned(json, "var_count", count);
}

/* What a trap of version 2 says that it is: the value of snmpTrapOID (RFC 3416 4.2.6). */
static void write_notification(struct json *json, struct span list)
{
	while (span_left(list) > 0 && !list.failed) {
		struct span variable = ber_take(&list, BER_SEQUENCE);
		char text[OID_TEXT];

		if (!ber_oid_text(ber_take(&variable, BER_OID), text, sizeof(text)) ||
		    strcmp(text, "1.3.6.1.6.3.1.1.4.1.0") != 0)
			continue;
		if (ber_oid_text(ber_take(&variable, BER_OID), text, sizeof(text)))
			json_text(json, "trap_oid", text);
		return;
	}
}

static void write_security(struct json *json, const struct record *record)
{
	char engine[2 * ENGINE + 1];

	json_span(json, "usm", record->user);
	json_text(json, "engine_id", hex_text(record->engine, 0, engine, sizeof(engine)));
	json_text(json, "security_level",
		  record->flags & ENCRYPTED       ? "authPriv"
		  : record->flags & AUTHENTICATED ? "authNoPriv"
						  : "noAuthNoPriv");
	json_bool(json, "encrypted", (record->flags & ENCRYPTED) != 0);
}

static void write_trap(struct json *json, const struct record *record)
{
	static const char *const generic[] = {
		"cold_start",        "warm_start",         "link_down", "link_up", "authentication_failure",
		"egp_neighbor_loss", "enterprise_specific"
	};
	struct span agent = record->agent;
	char text[OID_TEXT];

	if (ber_oid_text(record->enterprise, text, sizeof(text)))
		json_text(json, "trap_oid", text);
	if (span_left(agent) == 4) {
		(void)snprintf(text, sizeof(text), "%u.%u.%u.%u", agent.at[0], agent.at[1], agent.at[2],
			       agent.at[3]);
		json_text(json, "trap_address", text);
	}
	if (record->generic >= 0 && record->generic < 7)
		json_text(json, "trap_type", generic[record->generic]);
	json_number(json, "trap_specific", record->specific);
}

static void emit(const void *memory, struct json *json)
{
	const struct record *const record = memory;
	const struct snmp_message *const m = record->message;

	json_number(json, "version", m->version == SNMP_V3 ? 3 : m->version + 1);
	if (m->version != SNMP_V3)
		json_text(json, "community", "***");
	else
		write_security(json, record);
	json_text(json, "pdu_type", pdu_text(m->pdu_tag));
	if (m->pdu_tag == SNMP_TRAP_V1)
		write_trap(json, record);
	if (m->pdu_tag == SNMP_TRAP_V2 || m->pdu_tag == SNMP_INFORM)
		write_notification(json, record->variables);
	if (m->pdu_tag == SNMP_GET_BULK) {
		json_number(json, "non_repeaters", record->status);
		json_number(json, "max_repetitions", record->index);
	} else if (record->status != 0) {
		json_text(json, "error", error_text(record->status));
		json_number(json, "error_index", record->index);
	}
	if (m->pdu_tag != 0 && m->pdu_tag != SNMP_TRAP_V1)
		json_number(json, "request_id", record->request);
	if (m->pdu_tag != 0)
		write_variables(json, record->variables);
}

static void emit_bulk(const void *memory, struct json *json)
{
	const struct bulk *const bulk = memory;

	json_unsigned(json, "requests", bulk->requests);
	json_unsigned(json, "responses", bulk->responses);
	json_unsigned(json, "variables", bulk->variables);
	json_unsigned(json, "bytes", bulk->bytes);
}

/* ---- reading ---- */

static void read_security(struct record *record)
{
	struct span s = record->message->security, parameters = ber_take(&s, BER_SEQUENCE);

	record->engine = ber_take(&parameters, BER_OCTETS);
	(void)ber_integer(&parameters, BER_INTEGER);
	(void)ber_integer(&parameters, BER_INTEGER);
	record->user = ber_take(&parameters, BER_OCTETS);
}

static void read_pdu(struct record *record)
{
	enum { IP_ADDRESS = 0x40, TICKS = 0x43 };
	struct span pdu = record->message->pdu;

	if (record->message->pdu_tag == SNMP_TRAP_V1) {
		record->enterprise = ber_take(&pdu, BER_OID);
		record->agent = ber_take(&pdu, IP_ADDRESS);
		record->generic = ber_integer(&pdu, BER_INTEGER);
		record->specific = ber_integer(&pdu, BER_INTEGER);
		(void)ber_take(&pdu, TICKS);
	} else {
		record->request = ber_integer(&pdu, BER_INTEGER);
		record->status = ber_integer(&pdu, BER_INTEGER);
		record->index = ber_integer(&pdu, BER_INTEGER);
	}
	record->variables = ber_take(&pdu, BER_SEQUENCE);
}

static uint64_t count_variables(struct span list)
{
	uint64_t count = 0;

	while (span_left(list) > 0 && !ber_take(&list, BER_SEQUENCE).failed)
		count++;
	return count;
}

static void note_bulk(struct bulk *bulk, const struct record *record, size_t length)
{
	const uint8_t tag = record->message->pdu_tag;

	if (tag == SNMP_GET_BULK)
		bulk->awaited[bulk->requests++ % BULKS_AWAITED] = record->request;
	if (tag != SNMP_RESPONSE)
		return;
	for (uint64_t i = 0; i < BULKS_AWAITED && i < bulk->requests; i++) {
		if (bulk->awaited[i] != record->request)
			continue;
		bulk->responses++;
		bulk->variables += count_variables(record->variables);
		bulk->bytes += length;
		return;
	}
}

/* An agent that answers takes the community; a trap gives it away as well. */
static bool shows_community(uint8_t tag)
{
	return tag == SNMP_RESPONSE || tag == SNMP_TRAP_V1 || tag == SNMP_TRAP_V2 || tag == SNMP_INFORM;
}

static void judge(struct parse *parse, const struct snmp_message *m)
{
	if (m->version == SNMP_V3)
		return;
	parse_weakness(parse, m->version == SNMP_V1 ? &snmp_v1 : &snmp_v2c, "%s in the clear",
		       pdu_text(m->pdu_tag));
	if (shows_community(m->pdu_tag) &&
	    (span_is(m->community, "public") || span_is(m->community, "private")))
		parse_weakness(parse, &snmp_community_public, "the community is one that everybody tries");
}

static enum parse_step hear_message(struct bulk *bulk, struct parse *parse, struct span bytes)
{
	const struct span nothing = span_of(NULL, 0);
	struct snmp_message message;
	struct record record = { .message = &message,
				 .engine = nothing,
				 .user = nothing,
				 .variables = nothing,
				 .enterprise = nothing,
				 .agent = nothing };

	if (!snmp_message_read(bytes, &message))
		return parse->cut ? PARSE_ON : PARSE_BROKEN;
	record.flags = message.flags;
	if (message.version == SNMP_V3)
		read_security(&record);
	if (message.pdu_tag != 0)
		read_pdu(&record);
	note_bulk(bulk, &record, span_left(bytes));
	judge(parse, &message);
	parse_event(parse, &record);
	return PARSE_ON;
}

static enum parse_step read_snmp(void *state, struct parse *parse, struct span *bytes)
{
	if (parse->transport != TRANSPORT_TCP)
		return hear_message(state, parse, *bytes);
	while (span_left(*bytes) > 0) {
		uint8_t tag;
		size_t whole;
		const enum ber_frame frame = ber_frame(*bytes, &tag, &whole);

		if (frame == BER_PARTIAL)
			return PARSE_ON;
		if (frame == BER_MALFORMED || whole > SNMP_MESSAGE_LIMIT)
			return PARSE_BROKEN;
		if (whole > span_left(*bytes)) {
			parse_want(parse, whole);
			return PARSE_ON;
		}
		if (hear_message(state, parse, span_of(bytes->at, whole)) == PARSE_BROKEN)
			return PARSE_BROKEN;
		span_skip(bytes, whole);
	}
	return PARSE_ON;
}

static void end(void *state, struct parse *parse)
{
	const struct bulk *const bulk = state;

	if (bulk->requests > 0)
		parse_event_as(parse, "snmp_bulk", emit_bulk, bulk);
}

const struct parser snmp_parser = {
	.state_size = PARSE_STATE(struct bulk),
	.read = read_snmp,
	.end = end,
	.emit = emit,
};
