/* ldap_parse.c: reads conversations of LDAP (RFC 4511), over TCP and over UDP. A request is told with its
 * final answer, in the form that EVE has; entries are counted. */
#include "protocols/ldap.h"
#include "protocols/ldap_netlogon.h"
#include "protocols/ntlmssp.h"
#include "protocols/parse.h"
#include "protocols/sasl.h"
#include "protocols/tls.h"

const struct weakness ldap_clear_login = {
	"ldap-clear-login",
	"LDAP takes passwords in the clear",
	2,
	"Demand StartTLS or ldaps before a simple bind: \"security simple_bind=128\" in OpenLDAP, LDAP "
	"signing and "
	"channel binding in Active Directory.",
};

enum { PENDING = 12, NAME = 192, MECHANISM = 24, MESSAGE_MOST = 60000, SCOPES = 4 };

/* A request that waits for its answer. */
struct request {
	int32_t id;
	uint8_t operation; /* its tag; 0: none */
	uint8_t version, scope;
	bool simple, secret; /* of a bind: with a password */
	bool sicily;         /* of a bind: NTLM without SASL */
	uint32_t entries, references;
	char name[NAME]; /* who binds, where is searched, what is changed, which extension */
};

/* Of the bind that waits; nothing else may be asked meanwhile (RFC 4511 4.2.1). */
struct login {
	int32_t id;
	char mechanism[MECHANISM];
	char user[SASL_USER]; /* whom the mechanism names */
};

/* The first address of another server that a search was told; kept of the last such search. */
struct reference {
	int32_t id;
	char address[NAME];
};

struct state {
	struct request pending[PENDING];
	struct login login;
	struct reference reference;
	struct span netlogon; /* what a domain controller said of itself, kept until its answer ends */
	int32_t netlogon_id;
	uint8_t next; /* place that is given to the next request */
	bool sealed;
};

/* A request and its answer on their way into an event; either may be NULL or have no operation. */
struct record {
	const struct request *request;
	const struct login *login;         /* of this request, or NULL */
	const struct reference *reference; /* likewise */
	int64_t id;
	uint8_t answer; /* tag */
	int64_t code;
	struct span message, matched;
	struct span referral; /* the first of them */
	struct span netlogon; /* or empty */
};

/* ---- the event ---- */

static const struct {
	uint8_t tag, answer;
	const char *name, *object; /* as EVE has them */
} operations[] = {
	{ LDAP_BIND_REQUEST, LDAP_BIND_RESPONSE, "bind_request", "name" },
	{ LDAP_SEARCH_REQUEST, LDAP_SEARCH_DONE, "search_request", "base_object" },
	{ LDAP_MODIFY_REQUEST, LDAP_MODIFY_RESPONSE, "modify_request", "object" },
	{ LDAP_ADD_REQUEST, LDAP_ADD_RESPONSE, "add_request", "entry" },
	{ LDAP_DELETE_REQUEST, LDAP_DELETE_RESPONSE, "del_request", "dn" },
	{ LDAP_RENAME_REQUEST, LDAP_RENAME_RESPONSE, "mod_dn_request", "entry" },
	{ LDAP_COMPARE_REQUEST, LDAP_COMPARE_RESPONSE, "compare_request", "entry" },
	{ LDAP_EXTENDED_REQUEST, LDAP_EXTENDED_RESPONSE, "extended_request", "name" },
	{ LDAP_UNBIND_REQUEST, 0, "unbind_request", NULL },
	{ LDAP_ABANDON_REQUEST, 0, "abandon_request", NULL },
	{ 0, LDAP_BIND_RESPONSE, "bind_response", NULL },
	{ 0, LDAP_SEARCH_DONE, "search_result_done", NULL },
	{ 0, LDAP_MODIFY_RESPONSE, "modify_response", NULL },
	{ 0, LDAP_ADD_RESPONSE, "add_response", NULL },
	{ 0, LDAP_DELETE_RESPONSE, "del_response", NULL },
	{ 0, LDAP_RENAME_RESPONSE, "mod_dn_response", NULL },
	{ 0, LDAP_COMPARE_RESPONSE, "compare_response", NULL },
	{ 0, LDAP_EXTENDED_RESPONSE, "extended_response", NULL },
};
enum { OPERATIONS = sizeof(operations) / sizeof(operations[0]) };

static const char *answer_name(uint8_t tag)
{
	for (size_t i = 0; i < OPERATIONS; i++)
		if (operations[i].tag == 0 && operations[i].answer == tag)
			return operations[i].name;
	return "unknown";
}

/* RFC 4511 4.1.9 */
static const char *code_text(int64_t code)
{
	static const char *const names[] = {
		[0] = "success",
		[1] = "operations_error",
		[2] = "protocol_error",
		[3] = "time_limit_exceeded",
		[4] = "size_limit_exceeded",
		[5] = "compare_false",
		[6] = "compare_true",
		[7] = "auth_method_not_supported",
		[8] = "stronger_auth_required",
		[10] = "referral",
		[11] = "admin_limit_exceeded",
		[12] = "unavailable_critical_extension",
		[13] = "confidentiality_required",
		[14] = "sasl_bind_in_progress",
		[16] = "no_such_attribute",
		[32] = "no_such_object",
		[34] = "invalid_dn_syntax",
		[48] = "inappropriate_authentication",
		[49] = "invalid_credentials",
		[50] = "insufficient_access_rights",
		[51] = "busy",
		[52] = "unavailable",
		[53] = "unwilling_to_perform",
		[65] = "object_class_violation",
		[68] = "entry_already_exists",
		[80] = "other",
	};
	const size_t count = sizeof(names) / sizeof(names[0]);

	return code >= 0 && (uint64_t)code < count && names[code] != NULL ? names[code] : "unknown";
}

static void write_login(struct json *json, const struct login *login)
{
	const bool sasl = login->mechanism[0] != '\0';

	if (sasl) {
		json_open_object(json, "sasl");
		json_text(json, "mechanism", login->mechanism);
	}
	if (login->user[0] != '\0')
		json_text(json, "user", login->user);
	if (sasl)
		json_end(json);
}

static void write_request(struct json *json, const struct record *record)
{
	static const char *const scopes[SCOPES] = { "base_object", "single_level", "whole_subtree",
						    "subordinate_subtree" };
	const struct request *const request = record->request;
	size_t nth = 0;

	while (nth < OPERATIONS - 1 && operations[nth].tag != request->operation)
		nth++;
	json_open_object(json, "request");
	json_text(json, "operation", operations[nth].name);
	json_number(json, "message_id", request->id);
	if (operations[nth].object != NULL) {
		json_open_object(json, operations[nth].name);
		if (request->operation == LDAP_BIND_REQUEST)
			json_unsigned(json, "version", request->version);
		json_text(json, operations[nth].object, request->name);
		if (request->operation == LDAP_SEARCH_REQUEST)
			json_text(json, "scope", scopes[request->scope % SCOPES]);
		if (request->operation == LDAP_BIND_REQUEST)
			json_text(json, "authentication",
				  request->simple   ? "simple"
				  : request->sicily ? "sicily"
						    : "sasl");
		if (record->login != NULL)
			write_login(json, record->login);
		json_end(json);
	}
	json_end(json);
}

static void write_answer(struct json *json, const struct record *record)
{
	json_open_array(json, "responses");
	json_begin(json);
	json_text(json, "operation", answer_name(record->answer));
	json_number(json, "message_id", record->id);
	json_open_object(json, answer_name(record->answer));
	json_text(json, "result_code", code_text(record->code));
	json_number(json, "code", record->code);
	json_span(json, "matched_dn", record->matched);
	json_span(json, "message", record->message);
	if (span_left(record->referral) > 0)
		json_span(json, "referral", record->referral);
	json_end(json);
	json_end(json);
	json_end(json);
}

static void emit(const void *memory, struct json *json)
{
	const struct record *const record = memory;

	if (record->request != NULL) {
		write_request(json, record);
		if (record->request->entries > 0)
			json_unsigned(json, "entries", record->request->entries);
		if (record->request->references > 0)
			json_unsigned(json, "references", record->request->references);
		if (record->reference != NULL)
			json_text(json, "reference", record->reference->address);
		if (span_left(record->netlogon) > 0)
			netlogon_write(json, record->netlogon);
	}
	if (record->answer != 0)
		write_answer(json, record);
}

/* ---- requests ---- */

static struct request *find_request(struct state *state, int64_t id)
{
	for (size_t i = 0; i < PENDING; i++)
		if (state->pending[i].operation != 0 && state->pending[i].id == id)
			return &state->pending[i];
	return NULL;
}

/* A request with what is kept beside it. */
static struct record record_of(const struct state *state, const struct request *request)
{
	struct record record = { .request = request, .netlogon = span_of(NULL, 0) };

	if (request == NULL)
		return record;
	if (request->operation == LDAP_BIND_REQUEST && state->login.id == request->id)
		record.login = &state->login;
	if (request->references > 0 && state->reference.id == request->id)
		record.reference = &state->reference;
	if (state->netlogon_id == request->id)
		record.netlogon = state->netlogon;
	return record;
}

/* RFC 4513 5.2.1: the mechanism, and perhaps its first response. Windows puts NTLM into GSS-SPNEGO. */
static void read_sasl(struct parse *parse, struct span credentials, struct login *login)
{
	struct sasl sasl = { .mechanism = "" };
	struct ntlmssp ntlm;
	struct span response;

	span_copy_text(ber_take(&credentials, BER_OCTETS), login->mechanism, sizeof(login->mechanism));
	response = ber_take(&credentials, BER_OCTETS);
	if (credentials.failed)
		return; /* without one */
	span_copy_text(span_text(login->mechanism), sasl.mechanism, sizeof(sasl.mechanism));
	if (ntlmssp_read(response, &ntlm))
		span_copy_text(span_text(ntlm.type == NTLMSSP_AUTHENTICATE ? ntlm.user : ""), login->user,
			       sizeof(login->user));
	else
		sasl_octets(&sasl, response);
	if (sasl.user[0] != '\0')
		span_copy_text(span_text(sasl.user), login->user, sizeof(login->user));
	if (sasl_is_clear(&sasl))
		parse_weakness(parse, &ldap_clear_login, "%s of user %s", login->mechanism, login->user);
}

/* MS-ADTS 5.1.1.1.3: a question for what there is, and the two messages of NTLM. */
static void read_sicily(struct span credentials, struct login *login)
{
	struct ntlmssp ntlm;

	if (ntlmssp_read(credentials, &ntlm) && ntlm.type == NTLMSSP_AUTHENTICATE)
		span_copy_text(span_text(ntlm.user), login->user, sizeof(login->user));
}

static void read_bind(struct state *state, struct parse *parse, struct span op, struct request *request)
{
	enum { SICILY_FIRST = BER_CONTEXT | 9, SICILY_LAST = BER_CONTEXT | 11 };
	const uint8_t sasl = BER_CONTEXT | BER_CONSTRUCTED | 3;
	struct span credentials;
	uint8_t tag;

	state->login = (struct login){ .id = request->id };
	request->version = (uint8_t)ber_integer(&op, BER_INTEGER);
	span_copy_text(ber_take(&op, BER_OCTETS), request->name, sizeof(request->name));
	credentials = ber_any(&op, &tag);
	request->simple = tag == BER_CONTEXT;
	request->sicily = tag >= SICILY_FIRST && tag <= SICILY_LAST;
	request->secret = request->simple && span_left(credentials) > 0;
	if (tag == sasl)
		read_sasl(parse, credentials, &state->login);
	else if (request->sicily)
		read_sicily(credentials, &state->login);
	if (request->secret && !op.failed)
		parse_weakness(parse, &ldap_clear_login, "%s binds with a password", request->name);
}

static void read_request(struct state *state, struct parse *parse, uint8_t tag, struct span op,
			 struct request *request)
{
	switch (tag) {
	case LDAP_BIND_REQUEST: read_bind(state, parse, op, request); break;
	case LDAP_SEARCH_REQUEST:
		span_copy_text(ber_take(&op, BER_OCTETS), request->name, sizeof(request->name));
		request->scope = (uint8_t)ber_integer(&op, BER_ENUMERATED);
		break;
	case LDAP_EXTENDED_REQUEST:
		span_copy_text(ber_take(&op, BER_CONTEXT), request->name, sizeof(request->name));
		break;
	case LDAP_DELETE_REQUEST: span_copy_text(op, request->name, sizeof(request->name)); break;
	default: span_copy_text(ber_take(&op, BER_OCTETS), request->name, sizeof(request->name)); break;
	}
}

static void hear_request(struct state *state, struct parse *parse, int64_t id, uint8_t tag, struct span op)
{
	struct request *const request = &state->pending[state->next];
	struct record record;

	if (request->operation != 0) { /* more wait than there are places: told as far as it is known */
		record = record_of(state, request);
		parse_event(parse, &record);
	}
	*request = (struct request){ .id = (int32_t)id, .operation = tag };
	if (tag == LDAP_UNBIND_REQUEST || tag == LDAP_ABANDON_REQUEST) {
		record = record_of(state, request);
		parse_event(parse, &record);
		request->operation = 0;
		return;
	}
	read_request(state, parse, tag, op, request);
	state->next = (uint8_t)((state->next + 1) % PENDING);
}

/* ---- answers ---- */

/* RFC 4511 4.1.10: addresses of others that know more; the first of them. */
static struct span take_referral(struct span op)
{
	const uint8_t referral = BER_CONTEXT | BER_CONSTRUCTED | 3;
	struct span list;

	if (span_peek(op, 0) != referral)
		return span_of(NULL, 0);
	list = ber_take(&op, referral);
	return ber_take(&list, BER_OCTETS);
}

static void hear_reference(struct reference *reference, int32_t id, struct span op)
{
	reference->id = id;
	span_copy_text(ber_take(&op, BER_OCTETS), reference->address, sizeof(reference->address));
}

/* One answer of a domain controller is kept at a time. */
static void hear_entry(struct state *state, struct parse *parse, struct request *request, struct span op)
{
	const struct span netlogon = netlogon_find(op);

	request->entries++;
	if (span_left(netlogon) == 0)
		return;
	parse_forget(parse);
	state->netlogon = parse_keep(parse, netlogon);
	state->netlogon_id = request->id;
}

static void hear_part(struct state *state, struct parse *parse, struct request *request, uint8_t tag,
		      struct span op)
{
	if (tag == LDAP_SEARCH_ENTRY)
		hear_entry(state, parse, request, op);
	else if (tag == LDAP_SEARCH_REFERENCE && request->references++ == 0)
		hear_reference(&state->reference, request->id, op);
}

/* A bind through GSS-API or DIGEST-MD5 may be followed by a layer that signs or encrypts. */
static void hear_answer(struct state *state, struct parse *parse, int64_t id, uint8_t tag, struct span op)
{
	struct request *const request = find_request(state, id);
	struct record record = record_of(state, request);

	if (tag == LDAP_SEARCH_ENTRY || tag == LDAP_SEARCH_REFERENCE || tag == LDAP_INTERMEDIATE_RESPONSE) {
		if (request != NULL)
			hear_part(state, parse, request, tag, op);
		return;
	}
	record.id = id;
	record.answer = tag;
	record.code = ber_integer(&op, BER_ENUMERATED);
	record.matched = ber_take(&op, BER_OCTETS);
	record.message = ber_take(&op, BER_OCTETS);
	if (op.failed)
		return;
	record.referral = take_referral(op);
	parse_event(parse, &record);
	if (request == NULL)
		return;
	if (span_left(record.netlogon) > 0) {
		parse_forget(parse);
		state->netlogon = span_of(NULL, 0);
	}
	if (record.code == 0 && request->operation == LDAP_BIND_REQUEST && !request->simple)
		state->sealed = true;
	if (record.code == 0 && request->operation == LDAP_EXTENDED_REQUEST &&
	    strcmp(request->name, LDAP_STARTTLS) == 0)
		parse_upgrade(parse, &protocol_tls);
	request->operation = 0;
}

/* ---- reading ---- */

static bool read_message(struct state *state, struct parse *parse, struct span message)
{
	const int64_t id = ber_integer(&message, BER_INTEGER);
	uint8_t tag;
	const struct span op = ber_any(&message, &tag);

	if (message.failed || id < 0)
		return false;
	if (parse->side == SIDE_CLIENT)
		hear_request(state, parse, id, tag, op);
	else
		hear_answer(state, parse, id, tag, op);
	return true;
}

static enum parse_step read_ldap(void *memory, struct parse *parse, struct span *bytes)
{
	struct state *const state = memory;

	if (!parse->listened && parse->transport == TRANSPORT_UDP)
		return PARSE_DONE; /* TLS begins over streams alone */
	while (span_left(*bytes) > 0 && !parse->upgraded) {
		const struct ldap_element message = ldap_element(*bytes);

		if (state->sealed && span_peek(*bytes, 0) == 0)
			return PARSE_DONE;
		if (message.frame == BER_PARTIAL)
			return PARSE_ON;
		if (message.frame == BER_MALFORMED || message.tag != BER_SEQUENCE)
			return PARSE_BROKEN;
		if (message.cut && message.whole <= MESSAGE_MOST) {
			parse_want(parse, message.whole);
			return PARSE_ON;
		}
		if (message.cut) { /* an entry with a picture, or the like */
			const size_t come = span_left(*bytes);

			span_skip(bytes, come);
			parse_skip(parse, message.whole - come);
			return PARSE_ON;
		}
		if (!read_message(state, parse, message.content))
			return PARSE_BROKEN;
		span_skip(bytes, message.whole);
	}
	return PARSE_ON;
}

/* What was never answered. */
static void end(void *memory, struct parse *parse)
{
	struct state *const state = memory;

	for (size_t i = 0; i < PENDING; i++) {
		const struct request *const request = &state->pending[(state->next + i) % PENDING];
		const struct record record = record_of(state, request);

		if (request->operation != 0)
			parse_event(parse, &record);
	}
}

const struct parser ldap_parser = {
	.state_size = PARSE_STATE(struct state),
	.read = read_ldap,
	.end = end,
	.emit = emit,
	.leads = true, /* to TLS */
};
