/* The audit, on snapshots and answers made by hand: each kind of finding, and where none may be claimed. */
#include "audit/audit.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "protocols/protocols.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SEATS = 6, MEMORY = 64 << 20, KEYS = 4096 };

/* What `seat` names besides the address: who listens, and what was heard. */
struct seat {
	uint16_t transport, port;
	const char *address; /* "::" takes IPv4 as well; NULL ends the list */
	const char *program; /* NULL: nobody can be seen */
	const char *spoken;  /* "ssh", "tls:http"; "silent"; NULL: not asked */
};

struct scene {
	const char *what;
	const char *policy; /* NULL: none */
	struct seat seats[SEATS];
	const char *findings; /* keys, worst first, parted by blanks */
	enum filtering filtering;
};

static const struct weakness test_weakness = { "old-thing", "an old thing is offered", 2, "Turn it off." };

/* What may be heard. The real ones have tests of their own. */
static const struct protocol protocols[] = {
	{ .name = "dns", .title = "names", .privacy = PRIVACY_CLEAR },
	{ .name = "http", .title = "web", .privacy = PRIVACY_CLEAR },
	{ .name = "ldap", .title = "directory", .privacy = PRIVACY_EITHER },
	{ .name = "ssh", .title = "shell", .privacy = PRIVACY_ENCRYPTED },
	{ .name = "tls", .title = "TLS", .privacy = PRIVACY_ENCRYPTED },
};

static const struct protocol *protocol_of(const char *name)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		if (strcmp(protocols[i].name, name) == 0)
			return &protocols[i];
	}
	fail_msg("no protocol %s", name);
	return NULL;
}

/* A host with loopback, 10.0.0.5/24 and 2001:db8::5/64, and what is heard at its doors. */
struct stage {
	struct arena *arena;
	struct host host;
	struct surroundings around;
	struct policy *policy;
	struct knock_door *plan;
	struct knock_result *results;
	size_t plan_count;
	struct audit *audit;
};

static void set_interface(struct stage *stage, size_t nth, const char *name, const char *const *networks,
			  const char *const *addresses)
{
	struct host_interface *const interface = &stage->host.interfaces[nth];

	*interface = (struct host_interface){
		.index = (uint32_t)nth + 1,
		.name = name,
		.up = true,
		.loopback = nth == 0,
		.networks = arena_array(stage->arena, 2, sizeof(struct address_range)),
		.addresses = arena_array(stage->arena, 2, sizeof(struct address)),
		.address_count = 2,
	};
	for (size_t i = 0; i < 2; i++) {
		assert_true(address_range_parse(span_text(networks[i]), &interface->networks[i], NULL));
		assert_true(address_parse(span_text(addresses[i]), &interface->addresses[i]));
	}
}

static void set_host(struct stage *stage, const struct scene *scene)
{
	struct host *const host = &stage->host;

	*host = (struct host){
		.arena = stage->arena,
		.sockets = arena_array(stage->arena, SEATS, sizeof(struct host_socket)),
		.holders = arena_array(stage->arena, SEATS, sizeof(struct holder)),
		.processes = arena_array(stage->arena, SEATS, sizeof(struct host_process)),
		.interfaces = arena_array(stage->arena, 2, sizeof(struct host_interface)),
		.spaces = arena_array(stage->arena, 1, sizeof(struct host_space)),
		.interface_count = 2,
		.space_count = 1,
		.filtering = scene->filtering,
		.name = "stage",
	};
	host->spaces[0] = (struct host_space){
		.name = "host", .visible = true, .ephemeral_first = 32768, .ephemeral_last = 60999
	};
	set_interface(stage, 0, "lo", (const char *const[]){ "127.0.0.0/8", "::1" },
		      (const char *const[]){ "127.0.0.1", "::1" });
	set_interface(stage, 1, "eth0", (const char *const[]){ "10.0.0.0/24", "2001:db8::/64" },
		      (const char *const[]){ "10.0.0.5", "2001:db8::5" });
}

static void sit(struct stage *stage, const struct seat *seat)
{
	struct host *const host = &stage->host;
	struct host_socket *const socket = &host->sockets[host->socket_count++];

	*socket = (struct host_socket){
		.transport = seat->transport,
		.local_port = seat->port,
		.inode = host->socket_count,
		.door = NO_SOCKET,
		.kind = SOCKET_PASSIVE,
		.family = SOCKET_INET,
		.state = seat->transport == TRANSPORT_TCP ? STATE_LISTEN : STATE_CLOSE,
		.v6_socket = strchr(seat->address, ':') != NULL,
	};
	assert_true(address_parse(span_text(seat->address), &socket->local));
	if (seat->program == NULL)
		return;
	host->processes[host->process_count] = (struct host_process){
		.pid = 100 + (uint32_t)host->process_count, .name = seat->program
	};
	host->holders[host->holder_count] = (struct holder){ .process = (uint32_t)host->process_count++ };
	socket->holder = (uint32_t)host->holder_count++;
	socket->holder_count = 1;
}

static void answer(struct knock_result *result, const char *spoken)
{
	const char *const inside = strncmp(spoken, "tls:", 4) == 0 ? spoken + 4 : NULL;

	if (strcmp(spoken, "silent") == 0) {
		result->outcome = KNOCK_SILENT;
		return;
	}
	result->outcome = KNOCK_IDENTIFIED;
	result->protocol = protocol_of(inside != NULL ? "tls" : spoken);
	result->inside_tls = inside != NULL ? protocol_of(inside) : NULL;
	if (strcmp(spoken, "ssh") == 0)
		snprintf(result->answer.product, sizeof(result->answer.product), "Weak\033[2JSSH");
}

/* What the seats speak, at the doors that the audit plans to knock at. */
static void hear(struct stage *stage, const struct seat *seats)
{
	bool any = false;

	for (size_t s = 0; s < SEATS && seats[s].address != NULL; s++)
		any |= seats[s].spoken != NULL;
	if (!any)
		return;
	stage->plan = audit_knock_plan(stage->arena, &stage->host, &stage->plan_count);
	stage->results = arena_array(stage->arena, stage->plan_count + 1, sizeof(struct knock_result));
	for (size_t i = 0; i < stage->plan_count; i++) {
		for (size_t s = 0; s < SEATS && seats[s].address != NULL; s++) {
			if (seats[s].spoken != NULL && seats[s].port == stage->plan[i].port &&
			    seats[s].transport == stage->plan[i].transport)
				answer(&stage->results[i], seats[s].spoken);
		}
	}
}

static struct policy *policy_of(struct stage *stage, const char *text)
{
	struct diagnostics *const diagnostics = diagnostics_new(stage->arena);
	struct policy *policy;

	if (text == NULL)
		return NULL;
	policy = policy_parse(stage->arena, "test.policy", span_text(text), diagnostics);
	if (policy == NULL)
		print_error("%s\n", diagnostics->count > 0 ? diagnostics->list[0].text : "no memory");
	assert_non_null(policy);
	return policy;
}

static void run_audit(struct stage *stage)
{
	const struct audit_input input = {
		.policy = stage->policy,
		.host = &stage->host,
		.around = &stage->around,
		.knocked = stage->plan,
		.results = stage->results,
		.knock_count = stage->plan_count,
	};
	struct error err = { "" };

	stage->audit = audit_run(stage->arena, &input, &err);
	if (stage->audit == NULL)
		print_error("%s\n", err.text);
	assert_non_null(stage->audit);
}

static struct address_range *ranges(struct stage *stage, const char *const *texts, size_t count)
{
	struct address_range *const list = arena_array(stage->arena, count, sizeof(*list));

	for (size_t i = 0; i < count; i++)
		assert_true(address_range_parse(span_text(texts[i]), &list[i], NULL));
	return list;
}

static void set_surroundings(struct stage *stage)
{
	static const char *const self[] = { "127.0.0.0/8", "::1", "10.0.0.5", "2001:db8::5" };
	static const char *const local[] = { "10.0.0.0/24", "2001:db8::/64" };

	stage->around = (struct surroundings){
		.self = ranges(stage, self, 4),
		.self_count = 4,
		.local = ranges(stage, local, 2),
		.local_count = 2,
	};
	assert_true(date_parse("2026-06-15", &stage->around.today));
}

static void open_stage(struct stage *stage, const struct scene *scene)
{
	*stage = (struct stage){ .arena = arena_new(MEMORY) };
	assert_non_null(stage->arena);
	set_host(stage, scene);
	for (size_t s = 0; s < SEATS && scene->seats[s].address != NULL; s++)
		sit(stage, &scene->seats[s]);
	hear(stage, scene->seats);
	set_surroundings(stage);
	stage->policy = policy_of(stage, scene->policy);
}

static void close_stage(struct stage *stage)
{
	arena_free(stage->arena);
}

static char *keys_of(const struct audit *audit, char keys[static KEYS])
{
	size_t length = 0;

	keys[0] = '\0';
	for (size_t i = 0; i < audit->finding_count; i++)
		length += (size_t)snprintf(keys + length, KEYS - length, "%s%s%s", i > 0 ? " " : "",
					   audit->findings[i].accepted != NULL ? "accepted:" : "",
					   audit->findings[i].key);
	return keys;
}

#define OWNED " owner \"web\" because \"sales\"\n"

static const struct scene scenes[] = {
	{ "a documented door is no finding",
	  "allow ssh/22 from any" OWNED,
	  { { TRANSPORT_TCP, 22, "::", "sshd", "ssh" } },
	  "",
	  FILTERING_NONE },
	{ "a listener that no rule allows",
	  "allow ssh/22" OWNED,
	  { { TRANSPORT_TCP, 22, "::", "sshd", "ssh" }, { TRANSPORT_TCP, 8081, "0.0.0.0", "x", "silent" } },
	  "undocumented:tcp/8081",
	  FILTERING_NONE },
	{ "deny all is not a word about a door",
	  "deny all\n",
	  { { TRANSPORT_TCP, 8081, "::", "x", NULL } },
	  "undocumented:tcp/8081",
	  FILTERING_NONE },
	{ "a listener that a rule denies",
	  "deny mysql/3306\ndeny all\n",
	  { { TRANSPORT_TCP, 3306, "0.0.0.0", "mariadbd", NULL } },
	  "denied-open:tcp/3306",
	  FILTERING_NONE },
	{ "twins of both families are one door",
	  "deny all\n",
	  { { TRANSPORT_TCP, 80, "0.0.0.0", "nginx", NULL },
	    { TRANSPORT_TCP, 80, "2001:db8::5", "nginx", NULL } },
	  "undocumented:tcp/80",
	  FILTERING_NONE },
	{ "two programs on one port are two doors",
	  "deny all\n",
	  { { TRANSPORT_TCP, 80, "10.0.0.5", "nginx", NULL },
	    { TRANSPORT_TCP, 80, "127.0.0.1", "apache2", NULL } },
	  "undocumented:tcp/80 undocumented:tcp/80#2",
	  FILTERING_NONE },
	{ "a rule for some sources documents a door; a firewall may keep the others out",
	  "allow ssh/22 from 10.0.0.0/24" OWNED,
	  { { TRANSPORT_TCP, 22, "10.0.0.5", "sshd", NULL } },
	  "",
	  FILTERING_PRESENT },
	{ "without a firewall nobody keeps them out",
	  "allow ssh/22 from 10.0.0.0/24" OWNED,
	  { { TRANSPORT_TCP, 22, "10.0.0.5", "sshd", NULL } },
	  "wider:tcp/22",
	  FILTERING_NONE },
	{ "whether there is a firewall may be unknown",
	  "allow ssh/22 from 10.0.0.0/24" OWNED,
	  { { TRANSPORT_TCP, 22, "10.0.0.5", "sshd", NULL } },
	  "",
	  FILTERING_UNKNOWN },
	{ "two rules together may let all in",
	  "allow ssh/22 from 10.0.0.0/24" OWNED "allow ssh/22 from any except 10.0.0.0/24" OWNED,
	  { { TRANSPORT_TCP, 22, "10.0.0.5", "sshd", NULL } },
	  "",
	  FILTERING_NONE },
	{ "a refusal before the rule leaves somebody out",
	  "deny ssh/22 from 10.9.0.0/16\nallow ssh/22 from any" OWNED,
	  { { TRANSPORT_TCP, 22, "10.0.0.5", "sshd", NULL } },
	  "wider:tcp/22",
	  FILTERING_NONE },
	{ "bound to more addresses than the rule has",
	  "allow ssh/22 to 10.0.0.5" OWNED,
	  { { TRANSPORT_TCP, 22, "::", "sshd", NULL } },
	  "wider:tcp/22",
	  FILTERING_PRESENT },
	{ "bound to just the rule's address",
	  "allow ssh/22 to 10.0.0.5" OWNED,
	  { { TRANSPORT_TCP, 22, "10.0.0.5", "sshd", NULL } },
	  "",
	  FILTERING_PRESENT },
	{ "bound to more interfaces than the rule has",
	  "allow ssh/22 on eth1" OWNED,
	  { { TRANSPORT_TCP, 22, "0.0.0.0", "sshd", NULL } },
	  "wider:tcp/22",
	  FILTERING_PRESENT },
	{ "the rule means this host alone",
	  "allow redis/6379 from self" OWNED,
	  { { TRANSPORT_TCP, 6379, "0.0.0.0", "redis-server", NULL } },
	  "wider:tcp/6379",
	  FILTERING_PRESENT },
	{ "and so it is bound",
	  "allow redis/6379 from self" OWNED,
	  { { TRANSPORT_TCP, 6379, "127.0.0.1", "redis-server", NULL } },
	  "",
	  FILTERING_NONE },
	{ "another protocol than documented",
	  "allow https/443" OWNED,
	  { { TRANSPORT_TCP, 443, "::", "sshd", "ssh" } },
	  "wrong-protocol:tcp/443",
	  FILTERING_NONE },
	{ "a wrong protocol is not also a door that is not open",
	  "allow smtp/25" OWNED,
	  { { TRANSPORT_TCP, 25, "::", "sshd", "ssh" } },
	  "wrong-protocol:tcp/25",
	  FILTERING_NONE },
	{ "TLS where clear text is documented",
	  "allow http/80" OWNED,
	  { { TRANSPORT_TCP, 80, "::", "nginx", "tls:http" } },
	  "wrong-protocol:tcp/80",
	  FILTERING_NONE },
	{ "TLS whose inside is unknown may be what is documented",
	  "allow https/443" OWNED,
	  { { TRANSPORT_TCP, 443, "::", "nginx", "tls" } },
	  "",
	  FILTERING_NONE },
	{ "silence accuses nobody",
	  "allow https/443" OWNED,
	  { { TRANSPORT_TCP, 443, "::", "nginx", "silent" } },
	  "",
	  FILTERING_NONE },
	{ "either form of a service that negotiates",
	  "allow ldap/389" OWNED,
	  { { TRANSPORT_TCP, 389, "::", "slapd", "tls:ldap" } },
	  "",
	  FILTERING_NONE },
	{ "a rule for a bare port allows any protocol",
	  "allow tcp/443" OWNED,
	  { { TRANSPORT_TCP, 443, "::", "sshd", "ssh" } },
	  "",
	  FILTERING_NONE },
	{ "one of the rule's protocols will do",
	  "allow ssh/443, https/443" OWNED,
	  { { TRANSPORT_TCP, 443, "::", "sslh", "ssh" } },
	  "",
	  FILTERING_NONE },
	{ "another process than documented",
	  "allow ssh/22 by sshd" OWNED,
	  { { TRANSPORT_TCP, 22, "::", "nc", NULL } },
	  "wrong-process:tcp/22",
	  FILTERING_NONE },
	{ "a process that cannot be seen is not the wrong one",
	  "allow ssh/22 by sshd" OWNED,
	  { { TRANSPORT_TCP, 22, "::", NULL, NULL } },
	  "",
	  FILTERING_NONE },
	{ "the kernel cuts names of processes",
	  "allow dns/53/udp by systemd-resolved" OWNED,
	  { { TRANSPORT_UDP, 53, "127.0.0.53", "systemd-resolve", NULL } },
	  "",
	  FILTERING_NONE },
	{ "documented, and nobody listens",
	  "allow http/80, ssh/22" OWNED,
	  { { TRANSPORT_TCP, 22, "::", "sshd", NULL } },
	  "not-open:tcp/80",
	  FILTERING_NONE },
	{ "half of a service's own ports is enough",
	  "allow dns/53" OWNED,
	  { { TRANSPORT_UDP, 53, "::", "named", NULL } },
	  "",
	  FILTERING_NONE },
	{ "of ranges and of transports without ports nobody must listen",
	  "allow tcp/5000-5010, icmp/echo-request, esp" OWNED "allow out http/80" OWNED,
	  { { 0 } },
	  "",
	  FILTERING_NONE },
	{ "a rule about another host", "allow http/80 to 192.0.2.7" OWNED, { { 0 } }, "", FILTERING_NONE },
	{ "clear text beyond loopback, without a policy too",
	  NULL,
	  { { TRANSPORT_TCP, 80, "0.0.0.0", "nginx", "http" } },
	  "clear-text:tcp/80",
	  FILTERING_NONE },
	{ "clear text on loopback",
	  NULL,
	  { { TRANSPORT_TCP, 80, "127.0.0.1", "nginx", "http" } },
	  "",
	  FILTERING_NONE },
	{ "clear text with a mitigation is a note",
	  "allow http/80 mitigation \"in a tunnel\"" OWNED,
	  { { TRANSPORT_TCP, 80, "::", "nginx", "http" } },
	  "clear-text:tcp/80",
	  FILTERING_NONE },
	{ "undocumented and clear are two causes",
	  "deny all\n",
	  { { TRANSPORT_TCP, 80, "::", "nginx", "http" } },
	  "undocumented:tcp/80 clear-text:tcp/80",
	  FILTERING_NONE },
	{ "a rule without owner or reason",
	  "allow ssh/22 id shell\n",
	  { { TRANSPORT_TCP, 22, "::", "sshd", NULL } },
	  "no-owner:shell",
	  FILTERING_NONE },
	{ "a review whose day is past",
	  "allow ssh/22 id shell review 2026-06-14" OWNED,
	  { { TRANSPORT_TCP, 22, "::", "sshd", NULL } },
	  "review-due:shell",
	  FILTERING_NONE },
	{ "a review that is due today",
	  "allow ssh/22 review 2026-06-15" OWNED,
	  { { TRANSPORT_TCP, 22, "::", "sshd", NULL } },
	  "",
	  FILTERING_NONE },
	{ "an open door whose rule is over is not undocumented as well",
	  "allow ssh/22 until 2026-06-14" OWNED,
	  { { TRANSPORT_TCP, 22, "::", "sshd", NULL } },
	  "expired:tcp/22",
	  FILTERING_NONE },
	{ "a rule lasts through its last day",
	  "allow ssh/22 until 2026-06-15" OWNED,
	  { { TRANSPORT_TCP, 22, "::", "sshd", NULL } },
	  "",
	  FILTERING_NONE },
	{ "a rule that is over and open nowhere",
	  "allow ssh/22 id shell until 2026-06-14" OWNED,
	  { { 0 } },
	  "expired:shell",
	  FILTERING_NONE },
	{ "an expectation that fails",
	  "expect allow ssh/22 from 10.0.0.9\nexpect deny ssh/22 from 10.0.0.9\ndeny all\n",
	  { { 0 } },
	  "expectation:ssh/22 from 10.0.0.9",
	  FILTERING_NONE },
	{ "an accepted finding does not count",
	  "accept undocumented on tcp/8081 because \"moving\" until 2026-12-31\ndeny all\n",
	  { { TRANSPORT_TCP, 8081, "::", "x", NULL } },
	  "accepted:undocumented:tcp/8081",
	  FILTERING_NONE },
	{ "it is accepted for its door alone",
	  "accept undocumented on tcp/8082 because \"moving\" until 2026-12-31\ndeny all\n",
	  { { TRANSPORT_TCP, 8081, "::", "x", NULL } },
	  "undocumented:tcp/8081",
	  FILTERING_NONE },
	{ "past its date it counts again, and the lapse is told",
	  "accept undocumented on tcp/8081 because \"moving\" until 2026-06-14\ndeny all\n",
	  { { TRANSPORT_TCP, 8081, "::", "x", NULL } },
	  "undocumented:tcp/8081 acceptance-ended:undocumented:test.policy:1",
	  FILTERING_NONE },
	{ "a udp socket on a temporary port is shown, not counted",
	  "deny all\n",
	  { { TRANSPORT_UDP, 40123, "0.0.0.0", "resolver", NULL } },
	  "",
	  FILTERING_NONE },
	{ "a tcp listener there is a listener",
	  "deny all\n",
	  { { TRANSPORT_TCP, 40123, "0.0.0.0", "x", NULL } },
	  "undocumented:tcp/40123",
	  FILTERING_NONE },
	{ "without a policy nothing is undocumented",
	  NULL,
	  { { TRANSPORT_TCP, 8081, "::", "x", "silent" } },
	  "",
	  FILTERING_NONE },
};

static void each_kind_is_found_where_it_is_and_nowhere_else(void **unused)
{
	char keys[KEYS];

	(void)unused;
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		struct stage stage;

		open_stage(&stage, &scenes[i]);
		run_audit(&stage);
		if (strcmp(keys_of(stage.audit, keys), scenes[i].findings) != 0)
			print_error("in the scene: %s\n", scenes[i].what);
		assert_string_equal(keys, scenes[i].findings);
		close_stage(&stage);
	}
}

/* Each scene has one thing wrong with it, which two kinds of findings or two sockets could tell. */
static void one_cause_is_one_finding(void **unused)
{
	static const struct scene causes[] = {
		{ .what = "twins of IPv4 and IPv6 that no rule allows",
		  .policy = "deny all\n",
		  .seats = { { TRANSPORT_TCP, 8081, "0.0.0.0", "x", NULL },
			     { TRANSPORT_TCP, 8081, "2001:db8::5", "x", NULL } },
		  .findings = "undocumented:tcp/8081" },
		{ .what = "the rule is over, so that the door has none",
		  .policy = "allow ssh/22 until 2026-06-14" OWNED "deny all\n",
		  .seats = { { TRANSPORT_TCP, 22, "::", "sshd", "ssh" } },
		  .findings = "expired:tcp/22" },
		{ .what = "another protocol, so that the documented one is not open",
		  .policy = "allow https/443" OWNED,
		  .seats = { { TRANSPORT_TCP, 443, "::", "x", "ssh" } },
		  .findings = "wrong-protocol:tcp/443" },
		{ .what = "neither owner nor reason",
		  .policy = "allow ssh/22 id shell\n",
		  .seats = { { TRANSPORT_TCP, 22, "::", "sshd", "ssh" } },
		  .findings = "no-owner:shell" },
		{ .what = "clear text at both addresses of a door",
		  .policy = "allow http/80" OWNED,
		  .seats = { { TRANSPORT_TCP, 80, "10.0.0.5", "nginx", "http" },
			     { TRANSPORT_TCP, 80, "2001:db8::5", "nginx", "http" } },
		  .findings = "clear-text:tcp/80" },
	};
	char keys[KEYS];

	(void)unused;
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		struct stage stage;

		open_stage(&stage, &causes[i]);
		run_audit(&stage);
		if (strcmp(keys_of(stage.audit, keys), causes[i].findings) != 0)
			print_error("in the scene: %s\n", causes[i].what);
		assert_string_equal(keys, causes[i].findings);
		close_stage(&stage);
	}
}

static void a_door_on_loopback_weighs_less(void **unused)
{
	const struct scene scene = { .policy = "deny all\n",
				     .seats = { { TRANSPORT_TCP, 8081, "127.0.0.1", "x", NULL },
						{ TRANSPORT_TCP, 8082, "0.0.0.0", "x", NULL } } };
	struct stage stage;

	(void)unused;
	open_stage(&stage, &scene);
	run_audit(&stage);
	assert_int_equal(stage.audit->finding_count, 2);
	assert_int_equal(stage.audit->findings[0].severity, AUDIT_HIGH);
	assert_int_equal(stage.audit->findings[0].door->port, 8082);
	assert_int_equal(stage.audit->findings[1].severity, AUDIT_MEDIUM);
	assert_int_equal(stage.audit->doors[0].worst, AUDIT_MEDIUM);
	close_stage(&stage);
}

static void a_weakness_is_told_with_its_own_words_once_for_each_door(void **unused)
{
	const struct scene scene = { .seats = { { TRANSPORT_TCP, 22, "10.0.0.5", "sshd", "ssh" },
						{ TRANSPORT_TCP, 22, "2001:db8::5", "sshd", "ssh" } } };
	struct stage stage;

	(void)unused;
	open_stage(&stage, &scene);
	for (size_t i = 0; i < stage.plan_count; i++)
		answer_weakness(&stage.results[i].answer, &test_weakness, "seen at %zu", i);
	run_audit(&stage);
	assert_int_equal(stage.audit->door_count, 1);
	assert_int_equal(stage.audit->doors[0].heard_count, 2);
	assert_int_equal(stage.audit->finding_count, 1);
	assert_string_equal(stage.audit->findings[0].key, "old-thing:tcp/22");
	assert_string_equal(stage.audit->findings[0].title, "an old thing is offered");
	assert_string_equal(stage.audit->findings[0].remedy, "Turn it off.");
	assert_int_equal(stage.audit->findings[0].severity, 2);
	close_stage(&stage);
}

static void notes_and_accepted_findings_do_not_count(void **unused)
{
	const struct scene scene = {
		.policy = "allow http/80 mitigation \"in a tunnel\"" OWNED
			  "accept undocumented because \"x\" until 2027-01-01\ndeny all\n",
		.seats = { { TRANSPORT_TCP, 80, "::", "nginx", "http" },
			   { TRANSPORT_TCP, 8081, "::", "x", NULL } }
	};
	struct stage stage;

	(void)unused;
	open_stage(&stage, &scene);
	run_audit(&stage);
	assert_int_equal(stage.audit->finding_count, 2);
	assert_int_equal(stage.audit->note_count, 1);
	assert_int_equal(stage.audit->accepted_count, 1);
	assert_int_equal(audit_counting(stage.audit), 0);
	close_stage(&stage);
}

static void what_could_not_be_seen_is_said(void **unused)
{
	const struct scene scene = { .seats = { { TRANSPORT_TCP, 22, "::", "sshd", "silent" } } };
	static const char *unseen[] = { "processes of other users (needs root)" };
	struct stage stage;

	(void)unused;
	open_stage(&stage, &scene);
	stage.host.unseen = unseen;
	stage.host.unseen_count = 1;
	stage.results[0].outcome = KNOCK_UNFINISHED;
	run_audit(&stage);
	assert_int_equal(stage.audit->incomplete_count, 2);
	assert_string_equal(stage.audit->incomplete[0], unseen[0]);
	close_stage(&stage);
}

static void the_plan_knocks_once_at_each_address_that_can_be_reached(void **unused)
{
	const struct scene scene = { .seats = { { TRANSPORT_TCP, 80, "0.0.0.0", "a", NULL },
						{ TRANSPORT_TCP, 80, "::", "b", NULL },
						{ TRANSPORT_TCP, 80, "10.0.0.5", "c", NULL },
						{ TRANSPORT_UDP, 5353, "224.0.0.251", "d", NULL },
						{ TRANSPORT_UDP, 40123, "0.0.0.0", "e", NULL },
						{ TRANSPORT_SCTP, 99, "0.0.0.0", "f", NULL } } };
	char text[ADDRESS_TEXT];
	struct stage stage;
	size_t count;

	(void)unused;
	open_stage(&stage, &scene);
	stage.plan = audit_knock_plan(stage.arena, &stage.host, &count);
	assert_int_equal(count, 2);
	assert_string_equal(address_text(&stage.plan[0].address, text), "10.0.0.5");
	assert_string_equal(address_text(&stage.plan[1].address, text), "127.0.0.1");
	close_stage(&stage);
}

/* Learns from the stage, and audits it again with what was learned. */
static char *learn(struct stage *stage, char keys[static KEYS])
{
	struct buffer text = buffer_new(1 << 20);

	stage->policy = NULL;
	run_audit(stage);
	assert_true(audit_learn(stage->arena, stage->audit, &text));
	stage->policy = policy_of(stage, arena_span_text(stage->arena, buffer_read(&text)));
	buffer_free(&text);
	run_audit(stage);
	return keys_of(stage->audit, keys);
}

static void what_is_learned_documents_every_door(void **unused)
{
	static const enum filtering filterings[] = { FILTERING_NONE, FILTERING_PRESENT };
	struct scene scene = { .seats = { { TRANSPORT_TCP, 22, "::", "sshd", "ssh" },
					  { TRANSPORT_TCP, 8443, "10.0.0.5", "nginx", "tls:http" },
					  { TRANSPORT_TCP, 8081, "10.0.0.5", "nginx", "silent" },
					  { TRANSPORT_UDP, 53, "127.0.0.1", "named", "dns" },
					  { TRANSPORT_TCP, 2022, "10.0.0.5", "sshd", "ssh" },
					  { TRANSPORT_UDP, 40123, "0.0.0.0", "resolver", NULL } } };
	char keys[KEYS];

	(void)unused;
	for (size_t i = 0; i < 2; i++) {
		struct stage stage;

		scene.filtering = filterings[i];
		open_stage(&stage, &scene);
		learn(&stage, keys);
		for (size_t f = 0; f < stage.audit->finding_count; f++)
			assert_int_equal(stage.audit->findings[f].kind, FINDING_NO_OWNER);
		assert_int_equal(stage.policy->rule_count, 5);
		for (size_t d = 0; d + 1 < stage.audit->door_count; d++)
			assert_int_equal(stage.audit->doors[d].documented, DOCUMENTED_YES);
		close_stage(&stage);
	}
}

static void names_of_processes_cannot_leave_their_line(void **unused)
{
	const struct scene scene = { .seats = { { TRANSPORT_TCP, 22, "::", "x\nallow all\n", "ssh" },
						{ TRANSPORT_TCP, 23, "::", "q\"\nallow all", "silent" },
						{ TRANSPORT_UDP, 40123, "::", "t\nallow all\n", NULL } } };
	char keys[KEYS];
	struct stage stage;

	(void)unused;
	open_stage(&stage, &scene);
	learn(&stage, keys);
	assert_int_equal(stage.policy->rule_count, 3);
	assert_string_equal(stage.policy->rules[1].doors[0].transport->name, "tcp");
	assert_null(stage.policy->rules[0].by);
	close_stage(&stage);
}

static void kinds_are_whole_and_found_by_name(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < FINDING_KINDS; i++) {
		const struct finding_type *const type = &finding_types[i];

		assert_ptr_equal(finding_type_named(type->id), type);
		assert_true(type->severity >= AUDIT_CRITICAL && type->severity <= AUDIT_NOTE);
		assert_true(strlen(type->title) > 0 && strlen(type->remedy) > 0);
		assert_non_null(strstr(type->references, "NIST SP 800-53"));
		assert_null(weakness_named(type->id));
	}
	assert_null(finding_type_named("no such finding"));
	assert_null(weakness_named("no such weakness"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_found_where_it_is_and_nowhere_else),
		cmocka_unit_test(one_cause_is_one_finding),
		cmocka_unit_test(a_door_on_loopback_weighs_less),
		cmocka_unit_test(a_weakness_is_told_with_its_own_words_once_for_each_door),
		cmocka_unit_test(notes_and_accepted_findings_do_not_count),
		cmocka_unit_test(what_could_not_be_seen_is_said),
		cmocka_unit_test(the_plan_knocks_once_at_each_address_that_can_be_reached),
		cmocka_unit_test(what_is_learned_documents_every_door),
		cmocka_unit_test(names_of_processes_cannot_leave_their_line),
		cmocka_unit_test(kinds_are_whole_and_found_by_name),
	};

	return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
