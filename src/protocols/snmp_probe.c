/* snmp_probe.c: asks an agent of SNMP. RFC 3414 (user-based security) has every agent of version 3 tell its
 * engine to whoever asks; RFC 3411 section 5 says what the engine's id tells. Versions 1 and 2c are asked
 * what the system is, with the community "public" and no other. */
#include "base/escape.h"
#include "protocols/snmp.h"
#include "protocols/text.h"

enum {
	FIRST_EXCEPTION = 0x80, /* noSuchObject and its like: RFC 3416 3 */
	ENGINE_LEAST = 5,       /* RFC 3411 SnmpEngineID */
	ENGINE_MOST = 32,
	FLAG_REPORTABLE = 4,
	SECURITY_USER_BASED = 3,
	VARIABLES = 4,
	NET_SNMP = 8072,
};

/* What tells the answer to our question from another's. */
enum { MESSAGE_ID = 0x0d00a4d, REQUEST_ID = 0x0d00a4e };

const struct weakness snmp_v1 = {
	"snmp-v1",
	"SNMP version 1 is answered",
	2,
	"Allow version 3 with authPriv only: versions 1 and 2c have no protection but a word in the clear.",
};
const struct weakness snmp_v2c = {
	"snmp-v2c",
	"SNMP version 2c is answered",
	2,
	"Allow version 3 with authPriv only: versions 1 and 2c have no protection but a word in the clear.",
};
const struct weakness snmp_community_public = {
	"snmp-community-public",
	"SNMP tells about the system to the community \"public\"",
	2,
	"Remove the community \"public\"; use version 3, or at least a word of your own and a list of "
	"managers.",
};
const struct weakness *const snmp_weaknesses[] = { &snmp_v1, &snmp_v2c, &snmp_community_public, NULL };

/* sysDescr.0, sysObjectID.0, sysName.0, and versionTag.0 of UCD-SNMP-MIB, in which Net-SNMP tells its own. */
static const struct {
	const char *key; /* NULL: the version of Net-SNMP */
	uint8_t length;
	uint8_t oid[12];
} questions[VARIABLES] = {
	{ "description", 8, { 0x2b, 6, 1, 2, 1, 1, 1, 0 } },
	{ "object_id", 8, { 0x2b, 6, 1, 2, 1, 1, 2, 0 } },
	{ "name", 8, { 0x2b, 6, 1, 2, 1, 1, 5, 0 } },
	{ NULL, 10, { 0x2b, 6, 1, 4, 1, 0x8f, 0x65, 100, 2, 0 } },
};

/* Private enterprise numbers of IANA, by the makers of agents that are met most. */
static const struct {
	uint32_t number;
	const char *name;
} enterprises[] = {
	{ 2, "IBM" },
	{ 9, "Cisco" },
	{ 11, "Hewlett-Packard" },
	{ 42, "Sun" },
	{ 43, "3Com" },
	{ 171, "D-Link" },
	{ 311, "Microsoft" },
	{ 318, "APC" },
	{ 343, "Intel" },
	{ 674, "Dell" },
	{ 890, "ZyXEL" },
	{ 1588, "Brocade" },
	{ 1916, "Extreme Networks" },
	{ 1991, "Foundry" },
	{ 2011, "Huawei" },
	{ 2021, "UCD-SNMP" },
	{ 2435, "Brother" },
	{ 2636, "Juniper" },
	{ 3375, "F5" },
	{ 4526, "Netgear" },
	{ 6527, "Nokia" },
	{ 6574, "Synology" },
	{ 6876, "VMware" },
	{ 8072, "Net-SNMP" },
	{ 11863, "TP-Link" },
	{ 12356, "Fortinet" },
	{ 14823, "Aruba" },
	{ 14988, "MikroTik" },
	{ 25461, "Palo Alto Networks" },
	{ 25506, "H3C" },
	{ 30065, "Arista" },
	{ 41112, "Ubiquiti" },
};

/* Programs that name themselves and their version in sysDescr. */
static const struct text_product products[] = {
	{ "Cisco NX-OS(tm)", "Cisco NX-OS" },
	{ "Cisco IOS XR Software", "Cisco IOS XR" },
	{ "Cisco IOS Software", "Cisco IOS" },
	{ "Cisco Adaptive Security Appliance", "Cisco ASA" },
	{ "JUNOS", "Juniper Junos" },
	{ "RouterOS", "MikroTik RouterOS" },
	{ "ExtremeXOS", "Extreme XOS" },
	{ "Arista Networks EOS", "Arista EOS" },
	{ "Huawei Versatile Routing Platform", "Huawei VRP" },
	{ "Comware Platform Software", "Comware" },
	{ "VMware ESXi", "VMware ESXi" },
	{ "Windows Version", "Windows" },
	{ "pfSense", "pfSense" },
	{ "FortiGate", "FortiGate" },
};

/* ---- asking version 3 ---- */

/* RFC 3414 4: a request with no engine and no user is answered with the engine's own id. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	const size_t message = ber_begin(out, BER_SEQUENCE);
	size_t part, inner;

	(void)state;
	(void)transport;
	ber_write_integer(out, BER_INTEGER, SNMP_V3);
	part = ber_begin(out, BER_SEQUENCE);
	ber_write_integer(out, BER_INTEGER, MESSAGE_ID);
	ber_write_integer(out, BER_INTEGER, SNMP_MESSAGE_LIMIT);
	ber_write(out, BER_OCTETS, span_of((const uint8_t[]){ FLAG_REPORTABLE }, 1));
	ber_write_integer(out, BER_INTEGER, SECURITY_USER_BASED);
	ber_end(out, part);
	part = ber_begin(out, BER_OCTETS);
	inner = ber_begin(out, BER_SEQUENCE);
	ber_write_text(out, BER_OCTETS, ""); /* engine */
	ber_write_integer(out, BER_INTEGER, 0);
	ber_write_integer(out, BER_INTEGER, 0);
	for (int i = 0; i < 3; i++) /* user, authentication, privacy */
		ber_write_text(out, BER_OCTETS, "");
	ber_end(out, inner);
	ber_end(out, part);
	part = ber_begin(out, BER_SEQUENCE);
	ber_write_text(out, BER_OCTETS, "");
	ber_write_text(out, BER_OCTETS, "");
	inner = ber_begin(out, SNMP_GET);
	ber_write_integer(out, BER_INTEGER, REQUEST_ID);
	ber_write_integer(out, BER_INTEGER, 0);
	ber_write_integer(out, BER_INTEGER, 0);
	ber_end(out, ber_begin(out, BER_SEQUENCE));
	ber_end(out, inner);
	ber_end(out, part);
	ber_end(out, message);
}

/* RFC 3411: the first four octets are the maker's number, with the highest bit set since 1999. */
static void tell_engine(struct span id, struct answer *answer)
{
	char text[2 * ENGINE_MOST + 1];
	uint32_t enterprise;

	if (span_left(id) < ENGINE_LEAST || span_left(id) > ENGINE_MOST)
		return;
	answer_fact(answer, "engine_id", span_text(hex_text(id, 0, text, sizeof(text))));
	enterprise = span_u32(&id) & 0x7fffffff;
	answer_fact_format(answer, "enterprise", "%u", enterprise);
	for (size_t i = 0; i < sizeof(enterprises) / sizeof(*enterprises); i++)
		if (enterprises[i].number == enterprise)
			answer_fact(answer, "enterprise", span_text(enterprises[i].name));
	if (enterprise == NET_SNMP)
		answer_product(answer, span_text("Net-SNMP"), span_of(NULL, 0));
}

/* RFC 3414 2.4: engine, boots, time, user, authentication, privacy. */
static bool read_security(struct span security, struct answer *answer)
{
	struct span s = ber_take(&security, BER_SEQUENCE);
	const struct span id = ber_take(&s, BER_OCTETS);
	const int64_t boots = ber_integer(&s, BER_INTEGER), seconds = ber_integer(&s, BER_INTEGER);

	if (s.failed || span_left(id) == 0)
		return false;
	tell_engine(id, answer);
	answer_fact_format(answer, "engine_boots", "%lld", (long long)boots);
	answer_fact_format(answer, "engine_time", "%lld", (long long)seconds);
	return true;
}

/* Takes one message off what was heard: over UDP the datagram, over TCP as much as its length says. */
static enum verdict take_message(struct span *heard, struct snmp_message *ret_message)
{
	uint8_t tag;
	size_t whole;
	const enum ber_frame frame = ber_frame(*heard, &tag, &whole);

	if (frame == BER_MALFORMED || (frame == BER_FRAMED && whole > SNMP_MESSAGE_LIMIT))
		return NO;
	if (frame == BER_PARTIAL || whole > span_left(*heard))
		return MORE;
	return snmp_message_read(span_take(heard, whole), ret_message) ? YES : NO;
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	struct snmp_message m;
	const enum verdict whole = take_message(heard, &m);

	(void)state;
	(void)out;
	if (whole == MORE && !ended)
		return PROBE_WAIT;
	if (whole != YES || m.version != SNMP_V3 || m.pdu_tag != SNMP_REPORT || m.message_id != MESSAGE_ID ||
	    !read_security(m.security, answer))
		return PROBE_NOT;
	answer_fact(answer, "version", span_text("3"));
	return PROBE_DONE;
}

/* ---- asking versions 1 and 2c ---- */

enum { VARIANT_V2C, VARIANT_V1, VARIANTS };

/* An agent of version 1 refuses a whole request for one variable that it does not have: it is asked for the
 * description alone, which all have. */
static void greet_community(void *state, size_t variant, const struct answer *known, struct buffer *out)
{
	const size_t message = ber_begin(out, BER_SEQUENCE);
	size_t pdu, list;

	(void)state;
	(void)known;
	ber_write_integer(out, BER_INTEGER, variant == VARIANT_V1 ? SNMP_V1 : SNMP_V2C);
	ber_write_text(out, BER_OCTETS, "public");
	pdu = ber_begin(out, SNMP_GET);
	ber_write_integer(out, BER_INTEGER, REQUEST_ID);
	ber_write_integer(out, BER_INTEGER, 0);
	ber_write_integer(out, BER_INTEGER, 0);
	list = ber_begin(out, BER_SEQUENCE);
	for (size_t i = 0; i < (variant == VARIANT_V1 ? 1 : VARIABLES); i++) {
		const size_t variable = ber_begin(out, BER_SEQUENCE);

		ber_write(out, BER_OID, span_of(questions[i].oid, questions[i].length));
		ber_write_text(out, BER_NULL, "");
		ber_end(out, variable);
	}
	ber_end(out, list);
	ber_end(out, pdu);
	ber_end(out, message);
}

static void tell_variable(size_t question, uint8_t tag, struct span value, struct answer *answer)
{
	char oid[FACT_VALUE];

	if (tag == BER_OID && ber_oid_text(value, oid, sizeof(oid)))
		answer_fact(answer, questions[question].key, span_text(oid));
	if (tag != BER_OCTETS)
		return;
	if (questions[question].key == NULL) {
		answer_product(answer, span_text("Net-SNMP"), value);
		return;
	}
	answer_fact(answer, questions[question].key, value);
	if (question == 0 && answer->product[0] == '\0')
		(void)text_tell_product(answer, value, products, sizeof(products) / sizeof(*products));
}

/* True if a value was told for one of the questions. */
static bool read_variables(struct span pdu, struct answer *answer)
{
	struct span list;
	bool told = false;

	for (int i = 0; i < 3; i++)
		(void)ber_integer(&pdu, BER_INTEGER);
	list = ber_take(&pdu, BER_SEQUENCE);
	while (span_left(list) > 0 && !list.failed) {
		struct span variable = ber_take(&list, BER_SEQUENCE);
		const struct span oid = ber_take(&variable, BER_OID);
		uint8_t tag;
		const struct span value = ber_any(&variable, &tag);

		for (size_t i = 0; i < VARIABLES && !variable.failed; i++)
			if (span_left(oid) == questions[i].length &&
			    memcmp(oid.at, questions[i].oid, questions[i].length) == 0) {
				told = told || (tag < FIRST_EXCEPTION && tag != BER_NULL);
				tell_variable(i, tag, value, answer);
			}
	}
	return told;
}

static enum probe_step hear_community(void *state, size_t variant, struct span *heard, bool ended,
				      struct answer *answer)
{
	const bool is_v1 = variant == VARIANT_V1;
	struct snmp_message m;
	const enum verdict whole = take_message(heard, &m);
	struct span id;

	(void)state;
	if (whole == MORE && !ended)
		return PROBE_WAIT;
	if (whole != YES || m.version != (is_v1 ? SNMP_V1 : SNMP_V2C) || m.pdu_tag != SNMP_RESPONSE)
		return PROBE_NOT;
	id = m.pdu;
	if (ber_integer(&id, BER_INTEGER) != REQUEST_ID)
		return PROBE_NOT;
	answer_weakness(answer, is_v1 ? &snmp_v1 : &snmp_v2c, "an answer in version %s came",
			is_v1 ? "1" : "2c");
	if (read_variables(m.pdu, answer))
		answer_weakness(answer, &snmp_community_public, "it told what system it is");
	return PROBE_DONE;
}

const struct probe snmp_probe = {
	.transports = PROBE_UDP | PROBE_TCP,
	.greet = greet,
	.hear = hear,
	.variants = VARIANTS,
	.greet_more = greet_community,
	.hear_more = hear_community,
};
