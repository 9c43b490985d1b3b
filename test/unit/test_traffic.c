/* The doors seen in traffic: bounds that do not depend on the order, and workers that are put together. */
#include "audit/traffic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { FLOWS = 4000, BOUND = 50 };

static struct flow make_flow(uint32_t client, uint32_t server, uint16_t port, bool answered)
{
	struct flow flow = {
		.ends = { address_v4(client), address_v4(server) },
		.ports = { 40000, port },
		.transport = TRANSPORT_TCP,
		.version = 4,
		.first_ns = (int64_t)client * 1000,
		.last_ns = (int64_t)client * 1000 + port,
		.first_frame = client,
	};

	flow.sides[0].packets = 3;
	flow.sides[0].bytes = 120;
	flow.sides[0].seen = SEEN_SYN | (answered ? SEEN_ACK : 0);
	flow.sides[1].packets = answered ? 2 : 0;
	flow.sides[1].bytes = answered ? 80 : 0;
	flow.sides[1].seen = answered ? SEEN_SYN_ACK | SEEN_ACK : 0;
	return flow;
}

/* The nth of many: some clients, many doors, every third without an answer. */
static struct flow nth_flow(uint32_t n)
{
	return make_flow(0x0a000000 + n % 700, 0xc0000200 + n % 13, (uint16_t)(1 + n % 997), n % 3 != 0);
}

static struct traffic *traffic_with(size_t doors)
{
	struct traffic *const traffic = traffic_new(&(struct traffic_options){ .doors = doors });

	assert_non_null(traffic);
	return traffic;
}

/* Everything that a summary says, as text. */
static char *told(struct traffic *traffic)
{
	struct arena *const arena = arena_new(1 << 28);
	struct traffic_summary *const summary = traffic_summary(traffic, arena);
	char *text = NULL, address[ADDRESS_TEXT];
	size_t size;
	FILE *const out = open_memstream(&text, &size);

	assert_non_null(summary);
	fprintf(out, "%llu flows %llu bytes %llu left out\n", (unsigned long long)summary->flows,
		(unsigned long long)summary->bytes, (unsigned long long)summary->left_out_flows);
	for (size_t i = 0; i < summary->door_count; i++) {
		const struct traffic_door *const door = &summary->doors[i];

		fprintf(out, "%s %u %s %llu %llu %llu %lld %lld", address_text(&door->server, address),
			door->port, door->protocol, (unsigned long long)door->flows,
			(unsigned long long)door->parties.count, (unsigned long long)door->unanswered,
			(long long)door->first_ns, (long long)door->last_ns);
		for (size_t s = 0; s < door->parties.some_count; s++)
			fprintf(out, " %s", address_text(&door->parties.some[s], address));
		fputc('\n', out);
	}
	fclose(out);
	arena_free(arena);
	return text;
}

static void the_order_of_flows_does_not_matter(void **state)
{
	struct traffic *const forth = traffic_with(BOUND), *const back = traffic_with(BOUND);
	char *one, *other;

	(void)state;
	for (uint32_t n = 0; n < FLOWS; n++) {
		const struct flow first = nth_flow(n), second = nth_flow(FLOWS - 1 - n);

		traffic_flow(forth, &first);
		traffic_flow(back, &second);
	}
	one = told(forth);
	other = told(back);
	assert_string_equal(one, other);
	assert_non_null(strstr(one, "4000 flows"));
	assert_null(strstr(one, " 0 left out"));
	free(one);
	free(other);
	traffic_free(forth);
	traffic_free(back);
}

static void workers_together_are_one(void **state)
{
	enum { WORKERS = 3 };
	struct traffic *const alone = traffic_with(BOUND), *workers[WORKERS];
	char *one, *other;

	(void)state;
	for (size_t i = 0; i < WORKERS; i++)
		workers[i] = traffic_with(BOUND);
	for (uint32_t n = 0; n < FLOWS; n++) {
		const struct flow flow = nth_flow(n);

		traffic_flow(alone, &flow);
		traffic_flow(workers[n * 7 % WORKERS], &flow);
	}
	for (size_t i = 1; i < WORKERS; i++)
		traffic_merge(workers[0], workers[i]);
	one = told(alone);
	other = told(workers[0]);
	assert_string_equal(one, other);
	free(one);
	free(other);
	traffic_free(alone);
	for (size_t i = 0; i < WORKERS; i++)
		traffic_free(workers[i]);
}

static void few_parties_are_counted_and_many_estimated(void **state)
{
	struct arena *const arena = arena_new(1 << 24);
	struct traffic *const traffic = traffic_with(0);
	struct traffic_summary *summary;

	(void)state;
	for (uint32_t n = 0; n < 3 * 100; n++) {
		const struct flow flow = make_flow(0x0a000000 + n % 100, 0xc0000207, 80, true);

		traffic_flow(traffic, &flow);
	}
	for (uint32_t n = 0; n < 100000; n++) {
		const struct flow flow = make_flow(0x0a000000 + n, 0xc0000207, 443, true);

		traffic_flow(traffic, &flow);
	}
	summary = traffic_summary(traffic, arena);
	assert_non_null(summary);
	assert_int_equal(summary->door_count, 2);
	assert_int_equal(summary->doors[0].parties.count, 100);
	assert_false(summary->doors[0].parties.estimated);
	assert_true(summary->doors[1].parties.estimated);
	assert_in_range(summary->doors[1].parties.count, 65000, 135000);
	arena_free(arena);
	traffic_free(traffic);
}

/* Counted in the same way, whether or not anything is said of the doors. */
static void totals_are_those_of_doors(void **state)
{
	struct arena *const arena = arena_new(1 << 24);
	struct traffic *const whole = traffic_with(BOUND);
	struct traffic *const counted = traffic_new(
		&(struct traffic_options){ .doors = BOUND, .only_totals = true });
	struct traffic_summary *one, *other;

	(void)state;
	assert_non_null(counted);
	for (uint32_t n = 0; n < FLOWS; n++) {
		const struct flow flow = nth_flow(n);

		traffic_flow(whole, &flow);
		traffic_flow(counted, &flow);
	}
	one = traffic_summary(whole, arena);
	other = traffic_summary(counted, arena);
	assert_true(one != NULL && other != NULL);
	assert_int_equal(one->flows, other->flows);
	assert_int_equal(one->unanswered, other->unanswered);
	assert_int_equal(one->left_out_flows, other->left_out_flows);
	assert_int_equal(one->left_out_bytes, other->left_out_bytes);
	assert_int_equal(one->protocol_count, other->protocol_count);
	assert_int_equal(one->door_count, other->door_count);
	assert_true(one->doors[0].parties.count > 0);
	assert_null(other->doors);
	arena_free(arena);
	traffic_free(whole);
	traffic_free(counted);
}

static void a_weakness_is_told_once_for_each_door(void **state)
{
	static const struct weakness weakness = { "test-weak", "weak", AUDIT_MEDIUM, "be strong" };
	struct arena *const arena = arena_new(1 << 24);
	struct traffic *const traffic = traffic_with(0), *const other = traffic_with(0);
	struct traffic_summary *summary;

	(void)state;
	for (uint32_t n = 9; n > 0; n--) {
		const struct flow flow = make_flow(0x0a000000 + n, 0xc0000207, 22, true);
		struct traffic *const one = n % 2 == 0 ? traffic : other;
		char evidence[16];

		snprintf(evidence, sizeof(evidence), "frame %u", n);
		traffic_flow(one, &flow);
		traffic_weakness(one, &flow, &weakness, evidence, flow.last_ns, n);
	}
	traffic_merge(traffic, other);
	summary = traffic_summary(traffic, arena);
	assert_non_null(summary);
	assert_int_equal(summary->audit->finding_count, 1);
	assert_non_null(strstr(summary->audit->findings[0].evidence, "frame 1;"));
	assert_non_null(strstr(summary->audit->findings[0].evidence, "9 times"));
	assert_string_equal(summary->audit->findings[0].subject, "tcp/22 on 192.0.2.7");
	assert_int_equal(summary->doors[0].weakness_count, 1);
	arena_free(arena);
	traffic_free(traffic);
	traffic_free(other);
}

/* Of two doors, begun by one party or by two. */
static void a_weakness_of_several_takes_several(void **state)
{
	const struct weakness *const weakness = protocol_named(span_text("dhcp"))->weaknesses[0];

	(void)state;
	for (uint32_t parties = 1; parties <= 2; parties++) {
		struct arena *const arena = arena_new(1 << 24);
		struct traffic *const traffic = traffic_with(0);
		struct traffic_summary *summary;

		for (uint32_t n = 0; n < 4; n++) {
			const struct flow flow = make_flow(0x0a000001 + n % parties, 0xc0000207 + n / 2, 68,
							   true);

			traffic_flow(traffic, &flow);
			traffic_weakness(traffic, &flow, weakness, "it gives", flow.last_ns, n + 1);
		}
		summary = traffic_summary(traffic, arena);
		assert_non_null(summary);
		assert_int_equal(summary->audit->finding_count, parties - 1);
		assert_int_equal(summary->doors[0].weakness_count, parties - 1);
		if (parties == 2)
			assert_non_null(strstr(summary->audit->findings[0].evidence, "4 times from 10.0.0."));
		arena_free(arena);
		traffic_free(traffic);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_order_of_flows_does_not_matter),
		cmocka_unit_test(workers_together_are_one),
		cmocka_unit_test(few_parties_are_counted_and_many_estimated),
		cmocka_unit_test(totals_are_those_of_doors),
		cmocka_unit_test(a_weakness_is_told_once_for_each_door),
		cmocka_unit_test(a_weakness_of_several_takes_several),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
