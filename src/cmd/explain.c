/* doorward explain: what is known of a port, protocol, address or finding before any packet is seen. */
#include "output/explain.h"
#include "base/suggest.h"
#include "cmd/command.h"
#include "protocols/protocols.h"

/* What is needed to show one word's meanings. */
struct asking {
	struct out *out;
	const char *word;
	struct explanation template; /* what all explanations of this run share */
	size_t meanings;
};

static void show(struct asking *asking, enum explained kind, const struct explanation *facts)
{
	struct explanation explanation = *facts;

	explanation.kind = kind;
	explanation.asked = asking->word;
	explanation.ephemeral_first = asking->template.ephemeral_first;
	explanation.ephemeral_last = asking->template.ephemeral_last;
	asking->out->format->explanation(asking->out, &explanation);
	asking->meanings++;
}

/* "445" or "8000-8100". */
static bool read_ports(struct span text, struct explanation *explanation)
{
	struct span rest = text, first = span_until(&rest, '-');
	uint64_t low, high;

	if (first.failed)
		first = rest = text;
	rest.failed = false;
	if (!span_number(first, UINT16_MAX, &low) || !span_number(rest, UINT16_MAX, &high) || low > high)
		return false;
	explanation->first = (uint16_t)low;
	explanation->last = (uint16_t)high;
	return true;
}

/* "well-known", "registered" or "dynamic". */
static bool read_range_name(struct span text, struct explanation *explanation)
{
	for (size_t i = 0; i < PORT_RANGES; i++) {
		if (!span_is_nocase(text, catalog_port_ranges[i].name))
			continue;
		explanation->first = catalog_port_ranges[i].first;
		explanation->last = catalog_port_ranges[i].last;
		return true;
	}
	return false;
}

/* A number is a port, and if it is small also an IP protocol: two things that are often confused. */
static void explain_number(struct asking *asking)
{
	struct explanation facts = { 0 };

	if (!read_ports(span_text(asking->word), &facts))
		return;
	show(asking, EXPLAINED_PORTS, &facts);
	facts.transport = facts.first == facts.last ? catalog_transport(facts.first) : NULL;
	if (facts.transport != NULL)
		show(asking, EXPLAINED_TRANSPORT, &facts);
}

static void explain_addresses(struct asking *asking)
{
	struct explanation facts = { 0 };

	if (address_range_parse(span_text(asking->word), &facts.range, NULL))
		show(asking, EXPLAINED_ADDRESSES, &facts);
}

/* tcp/3389, 3389/tcp, http/8080, udp/dynamic, icmp/echo-request. */
static void explain_door(struct asking *asking)
{
	struct span right = span_text(asking->word), left = span_until(&right, '/');
	struct explanation facts = { 0 };
	uint64_t number;

	if (left.failed)
		return;
	if (span_number(left, UINT16_MAX, &number)) {
		const struct span swap = left;

		left = right;
		right = swap;
	}
	facts.transport = catalog_transport_named(left);
	facts.service = facts.transport == NULL ? catalog_service(left) : NULL;
	if (facts.transport != NULL)
		facts.icmp = catalog_icmp_named(facts.transport->number, right);
	if (facts.icmp == NULL && facts.transport != NULL && span_number(right, UINT8_MAX, &number))
		facts.icmp = catalog_icmp(facts.transport->number, (uint8_t)number);
	if (facts.icmp != NULL)
		show(asking, EXPLAINED_ICMP, &facts);
	else if ((facts.service != NULL || (facts.transport != NULL && facts.transport->has_ports)) &&
		 (read_ports(right, &facts) || read_range_name(right, &facts)))
		show(asking, EXPLAINED_PORTS, &facts);
}

static void explain_block_names(struct asking *asking)
{
	const struct special_address *block;

	for (size_t n = 0; (block = catalog_address_nth(n)) != NULL; n++) {
		if (span_is_nocase(span_text(asking->word), block->name))
			show(asking, EXPLAINED_ADDRESSES, &(struct explanation){ .range = block->range });
	}
}

/* A weakness is a finding whose words stand in the protocol's own file. */
static void explain_weakness(struct asking *asking, const struct weakness *weakness)
{
	struct finding_type told = finding_types[FINDING_WEAKNESS];

	told.id = weakness->id;
	told.title = weakness->title;
	told.severity = weakness->severity;
	told.remedy = weakness->remedy;
	show(asking, EXPLAINED_FINDING, &(struct explanation){ .finding = &told });
}

/* "findings" means each of them. */
static void explain_findings(struct asking *asking)
{
	const bool all = strcmp(asking->word, "findings") == 0;
	const struct weakness *weakness;

	for (size_t kind = 0; kind < FINDING_KINDS; kind++) {
		if (strcmp(asking->word, finding_types[kind].id) == 0 || (all && kind != FINDING_WEAKNESS))
			show(asking, EXPLAINED_FINDING,
			     &(struct explanation){ .finding = &finding_types[kind] });
	}
	for (size_t n = 0; (weakness = weakness_nth(n)) != NULL; n++) {
		if (all || strcmp(asking->word, weakness->id) == 0)
			explain_weakness(asking, weakness);
	}
}

/* "protocols" means each of those that are known by content. */
static void explain_protocols(struct asking *asking)
{
	const struct protocol *protocol;

	if (strcmp(asking->word, "protocols") != 0)
		return;
	for (size_t n = 0; (protocol = protocol_nth(n)) != NULL; n++)
		show(asking, EXPLAINED_PROTOCOL, &(struct explanation){ .protocol = protocol });
}

static void explain_name(struct asking *asking)
{
	const struct span word = span_text(asking->word);
	const struct icmp_type *icmp;
	struct explanation facts = {
		.service = catalog_service(word),
		.transport = catalog_transport_named(word),
	};

	if (facts.service != NULL)
		show(asking, EXPLAINED_SERVICE, &facts);
	if (facts.transport != NULL)
		show(asking, EXPLAINED_TRANSPORT, &facts);
	explain_protocols(asking);
	explain_findings(asking);
	facts = (struct explanation){ 0 };
	if (read_range_name(word, &facts))
		show(asking, EXPLAINED_PORTS, &facts);
	for (size_t n = 0; (icmp = catalog_icmp_nth(n)) != NULL; n++) {
		if (span_is_nocase(word, icmp->name))
			show(asking, EXPLAINED_ICMP, &(struct explanation){ .icmp = icmp });
	}
	explain_block_names(asking);
}

static void offer_all(struct suggestion *near)
{
	const struct service *service;
	const struct icmp_type *icmp;
	const struct special_address *block;
	const struct weakness *weakness;

	for (size_t n = 0; (service = catalog_service_nth(n)) != NULL; n++) {
		suggest_offer(near, service->name);
		for (const char *const *alias = service->aliases; *alias != NULL; alias++)
			suggest_offer(near, *alias);
	}
	for (unsigned number = 0; number < TRANSPORT_ANY; number++) {
		if (catalog_transport(number) != NULL)
			suggest_offer(near, catalog_transport(number)->name);
	}
	for (size_t i = 0; i < FINDING_KINDS; i++)
		suggest_offer(near, finding_types[i].id);
	for (size_t n = 0; (weakness = weakness_nth(n)) != NULL; n++)
		suggest_offer(near, weakness->id);
	for (size_t i = 0; i < PORT_RANGES; i++)
		suggest_offer(near, catalog_port_ranges[i].name);
	for (size_t n = 0; (icmp = catalog_icmp_nth(n)) != NULL; n++)
		suggest_offer(near, icmp->name);
	for (size_t n = 0; (block = catalog_address_nth(n)) != NULL; n++)
		suggest_offer(near, block->name);
}

/* Why a word means nothing: the reason that is nearest to what it looks like. */
static int refuse(const struct invocation *invocation, const char *word)
{
	struct suggestion near = { .typed = word };
	struct address_range range;
	const char *reason = NULL;

	if (word[0] != '\0' && strspn(word, "0123456789") == strlen(word))
		return command_usage(invocation, "'%s' is no port: ports go from 0 to 65535", word);
	if (strpbrk(word, ".:") != NULL && !address_range_parse(span_text(word), &range, &reason) &&
	    reason != NULL)
		return command_usage(invocation, "'%s' is no address: %s", word, reason);
	offer_all(&near);
	if (near.best != NULL)
		return command_usage(invocation, "nothing is known of '%s'; did you mean '%s'?", word,
				     near.best);
	return command_usage(invocation,
			     "nothing is known of '%s': it is no port, protocol, service, address or finding",
			     word);
}

static int run(const struct invocation *invocation)
{
	int status = STATUS_AGREES;
	struct error err;
	struct out out;
	struct asking asking = { .out = &out };

	if (!out_open(&out, invocation->json, invocation->colour))
		return command_usage(invocation, "out of memory");
	(void)host_ephemeral(&asking.template.ephemeral_first, &asking.template.ephemeral_last);
	for (size_t i = 0; i < invocation->argument_count; i++) {
		asking.word = invocation->arguments[i];
		asking.meanings = 0;
		explain_number(&asking);
		explain_addresses(&asking);
		explain_door(&asking);
		explain_name(&asking);
		if (asking.meanings == 0)
			status = refuse(invocation, asking.word);
	}
	return out_close(&out, &err) ? status : command_trouble(invocation, &err);
}

extern const struct command command_explain;
const struct command command_explain = {
	.name = "explain",
	.arguments = "WORD...",
	.summary = "what is known of a port, protocol, address or finding",
	.description =
		"Explains a port (445, tcp/3389, 8000-8100), a range (well-known), a service (ldap), a "
		"protocol without ports (esp), a message (icmp/echo-request), an address or prefix "
		"(224.0.0.5), the id of a finding (undocumented) or all of them (findings), or all protocols "
		"that are known by their content (protocols). A small number is both a port and an IP "
		"protocol, and the two are kept apart. It says what is registered "
		"and customary, which is not what is spoken: 'doorward check' finds that out.",
	.least_arguments = 1,
	.most_arguments = 1000,
	.completes = COMPLETES_SERVICE,
	.run = run,
};
