/* rpc.c: ONC RPC over datagrams and streams (RFC 5531), and what it says of its programs: rpcbind and
 * portmap (RFC 1833), mount (RFC 1813 appendix I), the lock manager and others by name. NFS is a protocol of
 * its own (nfs.c). */
#include "base/address.h"
#include "protocols/rpc_message.h"

#include <stdio.h>

enum {
	PATH = 256,
	GETPORT = 3,
	GETADDR = 3,
	GETVERSADDR = 9,
	SET = 1,
	UNSET = 2,
	DUMP = 4,
	KADMIN = 2112,
	DENIAL = 24, /* with its record mark */
	TOO_WEAK = 5,
	MNT = 1,
	UMNT = 3,
	EXPORT = 5,
	EXPORTS_SHOWN = 32,
	GROUPS_MOST = 256,
};

static const struct weakness clear_mount = {
	.id = "rpc-auth-sys",
	.title = "Users of RPC programs are taken at the client's word (AUTH_SYS)",
	.severity = 3,
	.remedy = "Demand Kerberos (sec=krb5p) of clients, or RPC over TLS.",
};
static const struct weakness *const weaknesses[] = { &clear_mount, NULL };

static const struct code_name programs[] = {
	{ 100000, "rpcbind" },     { 100001, "rstatd" },  { 100002, "rusersd" },
	{ 100003, "nfs" },         { 100004, "ypserv" },  { 100005, "mount" },
	{ 100007, "ypbind" },      { 100008, "walld" },   { 100009, "yppasswdd" },
	{ 100011, "rquotad" },     { 100012, "sprayd" },  { 100017, "rexd" },
	{ 100021, "nlm" },         { 100024, "status" },  { 100026, "bootparam" },
	{ 100028, "ypupdated" },   { 100029, "keyserv" }, { 100068, "cmsd" },
	{ 100083, "ttdbserverd" }, { 100099, "autofs" },  { 100133, "nsm_addrand" },
	{ 100227, "nfsacl" },      { 100232, "sadmind" }, { 100235, "cachefsd" },
	{ 100300, "nisplus" },     { 150001, "pcnfsd" },  { 300019, "amd" },
	{ 395179, "vxi11" },       { 395183, "vxi11" },   { 536870913, "nlm_callback" },
};

static const struct code_name portmap_names[] = {
	{ 0, "null" },        { 1, "set" },         { 2, "unset" },     { 3, "getport" },
	{ 4, "dump" },        { 5, "callit" },      { 6, "gettime" },   { 7, "uaddr2taddr" },
	{ 8, "taddr2uaddr" }, { 9, "getversaddr" }, { 10, "indirect" }, { 11, "getaddrlist" },
	{ 12, "getstat" },
};
static const struct code_name mount_names[] = {
	{ 0, "null" }, { 1, "mnt" }, { 2, "dump" }, { 3, "umnt" }, { 4, "umntall" }, { 5, "export" },
};
static const struct code_name nlm_names[] = {
	{ 0, "null" },         { 1, "test" },     { 2, "lock" },     { 3, "cancel" },     { 4, "unlock" },
	{ 5, "granted" },      { 6, "test_msg" }, { 7, "lock_msg" }, { 8, "cancel_msg" }, { 9, "unlock_msg" },
	{ 10, "granted_msg" }, { 20, "share" },   { 21, "unshare" }, { 22, "nm_lock" },   { 23, "free_all" },
};

/* ---- recognising ---- */

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	struct rpc_message message;
	const enum verdict verdict = rpc_recognise(first, transport, &message);

	if (verdict != YES)
		return verdict;
	if (message.call && (message.program == RPC_NFS || message.program == RPC_NFS_CALLBACK))
		return NO;
	return message.call == (side == SIDE_CLIENT) ? YES : NO;
}

/* ---- reading ---- */

struct conversation {
	struct rpc_calls calls;
	char machine[64], path[PATH];
	uint32_t uid, gid, flavour;
};

struct record {
	const struct conversation *state;
	const struct rpc_call *call;
	const struct rpc_message *reply; /* NULL: none came */
	struct span results;
};

static const char *procedure_text(const struct rpc_call *call)
{
	switch (call->program) {
	case RPC_PORTMAP:
		if (call->version > 2 && call->procedure == GETADDR)
			return "getaddr";
		return CODE_TEXT(portmap_names, call->procedure);
	case RPC_MOUNT: return CODE_TEXT(mount_names, call->procedure);
	case RPC_NLM: return CODE_TEXT(nlm_names, call->procedure);
	default: return call->procedure == 0 ? "null" : NULL;
	}
}

static void emit_program(struct json *json, const char *key, uint32_t program)
{
	char number[16];
	const char *const name = CODE_TEXT(programs, program);

	(void)snprintf(number, sizeof(number), "%u", program);
	json_text(json, key, name != NULL ? name : number);
}

/* What a portmapper lists: program, version, transport and port of each. */
static void emit_dump(struct json *json, const struct rpc_call *call, struct span s)
{
	json_open_array(json, "listed");
	for (unsigned i = 0; i < 64 && span_u32(&s) == 1 && !s.failed; i++) {
		const uint32_t program = span_u32(&s), version = span_u32(&s);

		json_begin(json);
		emit_program(json, "program", program);
		json_unsigned(json, "version", version);
		if (call->version == 2) {
			json_unsigned(json, "transport", span_u32(&s));
			json_unsigned(json, "port", span_u32(&s));
		} else {
			emit_span(json, "netid", xdr_opaque(&s, 64));
			emit_span(json, "address", xdr_opaque(&s, 256));
			(void)xdr_opaque(&s, 256);
		}
		json_end(json);
	}
	json_end(json);
}

static void emit_portmap(struct json *json, const struct record *record)
{
	const struct rpc_call *const call = record->call;
	struct span s = record->results;

	if (call->argument != 0) {
		emit_program(json, "asked_program", call->argument);
		json_unsigned(json, "asked_version", call->argument2);
	}
	if (record->reply == NULL || record->reply->status != 0 || record->reply->denied)
		return;
	if (call->procedure == DUMP)
		emit_dump(json, call, s);
	else if (call->procedure == GETPORT && call->version == 2)
		json_unsigned(json, "port", span_u32(&s));
	else if (call->version > 2 && (call->procedure == GETADDR || call->procedure == GETVERSADDR))
		emit_span(json, "address", xdr_opaque(&s, 256));
}

/* RFC 1813 appendix I 5.2.5: folders, each with a list of who may mount it. */
static void emit_exports(struct json *json, struct span s)
{
	json_open_array(json, "exports");
	for (unsigned i = 0; i < EXPORTS_SHOWN && span_u32(&s) == 1 && !s.failed; i++) {
		const struct span path = xdr_opaque(&s, 1024);

		if (s.failed)
			break;
		json_span(json, NULL, path);
		for (unsigned group = 0; group < GROUPS_MOST && span_u32(&s) == 1; group++)
			(void)xdr_opaque(&s, 256);
	}
	json_end(json);
}

static void emit(const void *memory, struct json *json)
{
	const struct record *const record = memory;
	const struct rpc_call *const call = record->call;
	struct span s = record->results;

	json_unsigned(json, "xid", call->xid);
	emit_program(json, "program", call->program);
	json_unsigned(json, "program_number", call->program);
	json_unsigned(json, "version", call->version);
	json_unsigned(json, "procedure_number", call->procedure);
	json_text(json, "procedure", procedure_text(call));
	json_text(json, "auth_type", rpc_flavour_text(record->state->flavour));
	if (record->state->flavour == 1) {
		emit_text(json, "machine_name", record->state->machine);
		json_unsigned(json, "uid", record->state->uid);
		json_unsigned(json, "gid", record->state->gid);
	}
	if (record->reply != NULL)
		json_text(json, "status", rpc_status_text(record->reply));
	if (call->program == RPC_PORTMAP)
		emit_portmap(json, record);
	if (call->program == RPC_MOUNT && (call->procedure == MNT || call->procedure == UMNT)) {
		emit_text(json, "path", record->state->path);
		if (record->reply != NULL && call->procedure == MNT && span_left(s) >= 4)
			json_unsigned(json, "mount_status", span_u32(&s));
	}
	if (call->program == RPC_MOUNT && call->procedure == EXPORT && record->reply != NULL &&
	    record->reply->status == 0 && !record->reply->denied)
		emit_exports(json, s);
}

/* RFC 5665 5.2.3: the names of transports; 0 for those of none of ours. */
static uint32_t transport_of(struct span netid)
{
	if (span_is(netid, "tcp") || span_is(netid, "tcp6"))
		return TRANSPORT_TCP;
	return span_is(netid, "udp") || span_is(netid, "udp6") ? TRANSPORT_UDP : 0;
}

static void read_call(struct conversation *state, struct parse *parse, const struct rpc_message *message)
{
	struct rpc_call *const call = rpc_remember(&state->calls, message);
	struct span s = message->body;

	state->flavour = message->flavour;
	if (message->flavour == 1) {
		span_copy_text(message->machine, state->machine, sizeof(state->machine));
		state->uid = message->uid;
		state->gid = message->gid;
		if (message->program == RPC_MOUNT && message->procedure == MNT)
			parse_weakness(parse, &clear_mount, "mount as uid %u of %s", state->uid,
				       state->machine);
	}
	if (message->program == RPC_PORTMAP &&
	    ((message->procedure >= SET && message->procedure <= GETPORT) ||
	     (message->version > 2 && message->procedure == GETVERSADDR))) {
		call->argument = span_u32(&s);
		call->argument2 = span_u32(&s);
		call->argument3 = message->version > 2 ? transport_of(xdr_opaque(&s, 64)) : span_u32(&s);
	} else if (message->program == RPC_MOUNT) {
		span_copy_text(xdr_opaque(&s, 1024), state->path, sizeof(state->path));
	}
}

/* RFC 5665 5.2.3.3: "192.0.2.7.8.1" is port 2049 there. 0: it is no such text. */
static uint32_t port_of(struct span text)
{
	uint64_t parts[2] = { 0, 0 };

	for (size_t i = 0; i < 2; i++) {
		const size_t dot = span_find_last(text, '.');
		struct span part = text;

		if (dot == SIZE_MAX)
			return 0;
		span_skip(&part, dot + 1);
		if (!span_number(part, UINT8_MAX, &parts[i]))
			return 0;
		text.end = text.at + dot;
	}
	return (uint32_t)(parts[1] << 8 | parts[0]);
}

/* The portmapper has told where a program listens: who calls there is known. An address is that of the
 * server, or all that it has. */
static void expect_program(struct parse *parse, const struct rpc_call *call, struct span results)
{
	extern const struct protocol protocol_nfs;
	const uint32_t port = call->version > 2 ? port_of(xdr_opaque(&results, 256)) : span_u32(&results);
	const struct expectation expectation = {
		.transport = (uint8_t)call->argument3,
		.address = parse->addresses[SIDE_SERVER],
		.port = (uint16_t)port,
		.protocol = call->argument == RPC_NFS ? &protocol_nfs : parse->protocol,
		.waiting = SIDE_SERVER,
	};

	if (!results.failed && port > 0 && port <= 65535 &&
	    (call->argument3 == TRANSPORT_TCP || call->argument3 == TRANSPORT_UDP))
		parse_expect(parse, &expectation);
}

static void read_message(struct conversation *state, struct parse *parse, const struct rpc_message *message)
{
	struct rpc_call call;
	struct record record = { .state = state, .call = &call, .reply = message, .results = message->body };

	if (message->call) {
		read_call(state, parse, message);
		return;
	}
	if (!rpc_recall(&state->calls, message->xid, &call))
		return;
	parse_event(parse, &record);
	if (call.program == RPC_PORTMAP && message->status == 0 && !message->denied &&
	    (call.procedure == GETPORT || (call.version > 2 && call.procedure == GETVERSADDR)))
		expect_program(parse, &call, message->body);
}

static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
{
	struct conversation *const state = memory;
	struct rpc_message message;
	struct rpc_record record;
	enum verdict whole = YES;

	while (span_left(*bytes) > 0 && parse->skip == 0) {
		whole = rpc_take(&state->calls, parse, bytes, &record);
		if (whole != YES)
			break;
		if (rpc_message_read(record.bytes, &message) == YES)
			read_message(state, parse, &message);
		else if (!parse->cut)
			return PARSE_BROKEN;
	}
	return whole == NO ? PARSE_BROKEN : PARSE_ON;
}

/* Calls that nobody answered. */
static void end(void *memory, struct parse *parse)
{
	struct conversation *const state = memory;

	for (size_t i = 0; i < RPC_AWAITED; i++) {
		const struct rpc_call *const call =
			&state->calls.calls[(state->calls.next + i) % RPC_AWAITED];
		const struct record record = { .state = state, .call = call };

		if (call->waits)
			parse_event(parse, &record);
	}
	memset(&state->calls, 0, sizeof(state->calls));
}

static const struct parser parser = {
	.state_size = PARSE_STATE(struct conversation),
	.read = read,
	.end = end,
	.emit = emit,
	.leads = true,
};

/* ---- asking ---- */

/* A call without credential and arguments. */
static void write_call(struct buffer *out, unsigned transport, uint32_t program, uint32_t procedure)
{
	if (transport == TRANSPORT_TCP)
		buffer_u32(out, 0x80000028);
	buffer_u32(out, 0x446f6f72);
	buffer_u32(out, 0);
	buffer_u32(out, 2);
	buffer_u32(out, program);
	buffer_u32(out, 2);
	buffer_u32(out, procedure);
	buffer_fill(out, 0, 16);
}

static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	write_call(out, transport, RPC_PORTMAP, DUMP);
}

static void tell_dump(struct span s, struct answer *answer)
{
	char all[FACT_VALUE] = "";
	size_t length = 0;

	for (unsigned i = 0; i < 256 && span_u32(&s) == 1 && length + 48 < sizeof(all); i++) {
		const uint32_t program = span_u32(&s), version = span_u32(&s), transport = span_u32(&s),
			       port = span_u32(&s);
		const char *const name = CODE_TEXT(programs, program);
		char number[16];

		if (s.failed)
			break;
		if (program == RPC_PORTMAP && version == 4) /* which older portmappers have not */
			answer_product(answer, span_text("rpcbind"), span_of(NULL, 0));
		(void)snprintf(number, sizeof(number), "%u", program);
		length += (size_t)snprintf(all + length, sizeof(all) - length, "%s%s %u %s/%u",
					   length > 0 ? ", " : "", name != NULL ? name : number, version,
					   transport == TRANSPORT_TCP ? "tcp" : "udp", port);
	}
	answer_fact(answer, "programs", span_text(all));
}

static enum probe_step hear(void *memory, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct span s = *heard;
	struct rpc_message message;
	uint32_t mark;

	(void)memory;
	(void)out;
	if (span_left(s) >= 4 && load_u32(s.at) != 0x446f6f72) { /* over a stream */
		mark = span_u32(&s);
		if ((mark & 0x80000000u) == 0 || (mark & 0x7fffffff) > RPC_RECORD_MOST)
			return PROBE_NOT;
		if (span_left(s) < (mark & 0x7fffffff))
			return ended ? PROBE_NOT : PROBE_WAIT;
	}
	if (rpc_message_read(s, &message) != YES)
		return ended || span_left(s) >= 24 ? PROBE_NOT : PROBE_WAIT;
	if (message.call || message.xid != 0x446f6f72)
		return PROBE_NOT;
	heard->at = heard->end;
	answer_fact(answer, "status", span_text(rpc_status_text(&message)));
	if (message.status == 0 && !message.denied)
		tell_dump(message.body, answer);
	return PROBE_DONE;
}

/* ---- whether a server that is no portmapper serves files, or administers Kerberos ---- */

enum { TO_KADMIN, TO_NFS, FURTHER };

static bool wants_further(const struct answer *known, size_t variant)
{
	const char *const status = answer_get(known, "status");

	(void)variant;
	return known->product[0] == '\0' && status != NULL && strcmp(status, "prog_unavail") == 0;
}

static void greet_further(void *state, size_t variant, const struct answer *known, struct buffer *out)
{
	(void)state;
	(void)known;
	if (variant == TO_NFS)
		nfs_ask_who(out);
	else
		write_call(out, TRANSPORT_TCP, KADMIN, 0);
}

/* MIT's has the program, and demands credentials even of a call that does nothing. Heimdal's knows no call
 * for another program, and would not have said that it lacks the portmapper's. */
static enum probe_step hear_kadmin(struct span *heard, bool ended, struct answer *answer)
{
	struct span s = *heard;
	struct rpc_message message;

	span_skip(&s, 4);
	if (s.failed || rpc_message_read(s, &message) != YES)
		return ended || span_left(*heard) >= DENIAL ? PROBE_NOT : PROBE_WAIT;
	if (message.call || message.xid != 0x446f6f72)
		return PROBE_NOT;
	if (message.denied && span_left(*heard) == DENIAL && load_u32(heard->end - 4) == TOO_WEAK)
		answer_product(answer, span_text("MIT Kerberos"), span_of(NULL, 0));
	heard->at = heard->end;
	return PROBE_DONE;
}

static enum probe_step hear_further(void *memory, size_t variant, struct span *heard, bool ended,
				    struct answer *answer)
{
	(void)memory;
	return variant == TO_NFS ? nfs_hear_who(heard, ended, answer) : hear_kadmin(heard, ended, answer);
}

static const struct probe probe = {
	.rare = true,
	.transports = PROBE_TCP | PROBE_UDP,
	.greet = greet,
	.hear = hear,
	.variants = FURTHER,
	.wants_more = wants_further,
	.greet_more = greet_further,
	.hear_more = hear_further,
};

const struct protocol protocol_rpc = {
	.name = "rpc",
	.title = "ONC Remote Procedure Call",
	DOORS(TCP(111), UDP(111), TCP(2049), UDP(2049)), /* NFS is called by RPC */
	.privacy = PRIVACY_CLEAR,
	.recognise = recognise,
	.datagram_least = 16,
	MARKS(OCTET(4, 0), OCTET(5, 0), OCTET(6, 0), OCTETS(7, 0, 1)),
	.parser = &parser,
	.probe = &probe,
	.weaknesses = weaknesses,
};
