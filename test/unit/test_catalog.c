/* test_catalog.c: what is known of ports, protocols and addresses. */
#include "catalog/catalog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>

static const struct service *named(const char *name)
{
	return catalog_service(span_text(name));
}

static const char *name_at(unsigned transport, uint16_t port, size_t nth)
{
	const struct service *const service = catalog_service_at(transport, port, nth);

	return service != NULL ? service->name : "none";
}

static void customary_services_stand_first_at_their_ports(void **unused)
{
	static const struct {
		unsigned transport;
		uint16_t port;
		const char *name;
	} cases[] = {
		{ TRANSPORT_TCP, 20, "ftp-data" }, { TRANSPORT_TCP, 21, "ftp" },
		{ TRANSPORT_TCP, 22, "ssh" },      { TRANSPORT_TCP, 23, "telnet" },
		{ TRANSPORT_TCP, 25, "smtp" },     { TRANSPORT_UDP, 53, "dns" },
		{ TRANSPORT_TCP, 53, "dns" },      { TRANSPORT_UDP, 67, "dhcp" },
		{ TRANSPORT_UDP, 68, "dhcp" },     { TRANSPORT_TCP, 80, "http" },
		{ TRANSPORT_UDP, 123, "ntp" },     { TRANSPORT_UDP, 161, "snmp" },
		{ TRANSPORT_TCP, 443, "https" },   { TRANSPORT_UDP, 443, "quic" },
		{ TRANSPORT_TCP, 445, "smb" },     { TRANSPORT_UDP, 500, "ike" },
		{ TRANSPORT_UDP, 4500, "ike" },    { TRANSPORT_TCP, 1433, "tds" },
		{ TRANSPORT_TCP, 3306, "mysql" },  { TRANSPORT_TCP, 3389, "rdp" },
		{ TRANSPORT_TCP, 5432, "pgsql" },  { TRANSPORT_TCP, 5900, "rfb" },
		{ TRANSPORT_TCP, 6010, "x11" },    { TRANSPORT_TCP, 6379, "redis" },
		{ TRANSPORT_UDP, 15000, "rtp" },   { TRANSPORT_SCTP, 38412, "ngap" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(name_at(cases[i].transport, cases[i].port, 0), cases[i].name);
}

static void ports_without_a_service_have_none(void **unused)
{
	(void)unused;
	assert_null(catalog_service_at(TRANSPORT_TCP, 0, 0));
	assert_null(catalog_service_at(TRANSPORT_TCP, 65535, 0));
	assert_null(catalog_service_at(TRANSPORT_UDP, 22, 0));
	assert_null(catalog_service_at(TRANSPORT_ESP, 22, 0));
	assert_null(catalog_service_at(TRANSPORT_ANY, 22, 0));
	assert_null(catalog_service_at(UINT32_MAX, 22, 0));
	assert_null(catalog_service_at(TRANSPORT_TCP, 22, 1000));
}

static void names_and_aliases_are_found_in_any_case(void **unused)
{
	static const struct {
		const char *written, *name;
	} cases[] = {
		{ "SSH", "ssh" },          { "Kerberos", "krb5" },
		{ "VNC", "rfb" },          { "mssql", "tds" },
		{ "PostgreSQL", "pgsql" }, { "microsoft-ds", "smb" },
		{ "isakmp", "ike" },       { "domain", "dns" },
		{ "msrpc", "dcerpc" },     { "tacacs-plus", "tacacs" },
	};
	static const char *const strangers[] = { "", "s", "sshh", "ss", "-", "zzzzzz", "\xff", "ssh " };

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_non_null(named(cases[i].written));
		assert_string_equal(named(cases[i].written)->name, cases[i].name);
	}
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
		assert_null(named(strangers[i]));
	assert_null(catalog_service(span_of("ssh\0", 4)));
}

static void assert_at_its_door(const struct service *service, const struct catalog_door *door)
{
	const struct transport *const transport = catalog_transport(door->transport);

	assert_non_null(transport);
	assert_true(door->first <= door->last);
	if (!transport->has_ports) {
		assert_int_equal(door->last, 0);
		return;
	}
	for (unsigned port = door->first; port <= door->last; port++) {
		size_t nth = 0;

		while (catalog_service_at(door->transport, (uint16_t)port, nth) != service)
			assert_non_null(catalog_service_at(door->transport, (uint16_t)port, nth++));
	}
}

static void every_service_is_found_by_name_alias_and_port(void **unused)
{
	const struct service *service, *before = NULL;

	(void)unused;
	for (size_t n = 0; (service = catalog_service_nth(n)) != NULL; n++) {
		assert_ptr_equal(named(service->name), service);
		for (const char *const *alias = service->aliases; *alias != NULL; alias++)
			assert_ptr_equal(named(*alias), service);
		for (size_t i = 0; i < service->door_count; i++)
			assert_at_its_door(service, &service->doors[i]);
		assert_true(service->title[0] != '\0' && service->group[0] != '\0');
		assert_non_null(service->spoken);
		assert_true(before == NULL || strcmp(before->name, service->name) < 0);
		assert_null(catalog_transport_named(span_text(service->name)));
		before = service;
	}
}

static void a_replacement_is_a_service_that_is_not_clear_text(void **unused)
{
	const struct service *service;

	(void)unused;
	for (size_t n = 0; (service = catalog_service_nth(n)) != NULL; n++) {
		if (service->instead == NULL)
			continue;
		assert_non_null(named(service->instead));
		assert_int_not_equal(named(service->instead)->privacy, PRIVACY_CLEAR);
	}
	assert_string_equal(named("telnet")->instead, "ssh");
	assert_null(named("https")->instead);
}

static void what_is_spoken_inside_tls_is_said(void **unused)
{
	(void)unused;
	assert_string_equal(named("https")->spoken, "tls:http");
	assert_string_equal(named("imaps")->spoken, "tls:imap");
	assert_string_equal(named("submission")->spoken, "smtp");
	assert_string_equal(named("ipp")->spoken, "http");
	assert_string_equal(named("dns")->spoken, "dns");
	assert_int_equal(named("https")->privacy, PRIVACY_ENCRYPTED);
	assert_int_equal(named("telnet")->privacy, PRIVACY_CLEAR);
	assert_int_equal(named("smtp")->privacy, PRIVACY_EITHER);
}

static void the_three_ranges_of_ports_meet_without_a_gap(void **unused)
{
	(void)unused;
	assert_int_equal(catalog_port_range(0), PORTS_WELL_KNOWN);
	assert_int_equal(catalog_port_range(1023), PORTS_WELL_KNOWN);
	assert_int_equal(catalog_port_range(1024), PORTS_REGISTERED);
	assert_int_equal(catalog_port_range(49151), PORTS_REGISTERED);
	assert_int_equal(catalog_port_range(49152), PORTS_DYNAMIC);
	assert_int_equal(catalog_port_range(65535), PORTS_DYNAMIC);
	for (int i = 1; i < PORT_RANGES; i++)
		assert_int_equal(catalog_port_ranges[i].first, catalog_port_ranges[i - 1].last + 1);
}

static void every_assigned_transport_is_known(void **unused)
{
	(void)unused;
	for (unsigned number = 0; number <= 147; number++) {
		const struct transport *const transport = catalog_transport(number);

		assert_non_null(transport);
		assert_int_equal(transport->number, number);
		assert_ptr_equal(catalog_transport_named(span_text(transport->name)), transport);
	}
	assert_null(catalog_transport(148));
	assert_null(catalog_transport(252));
	assert_non_null(catalog_transport(254));
	assert_null(catalog_transport(255));
	assert_null(catalog_transport(TRANSPORT_ANY));
}

static void transports_have_the_names_that_people_use(void **unused)
{
	static const struct {
		const char *name;
		unsigned number;
	} cases[] = {
		{ "icmp", 1 },  { "IGMP", 2 },  { "tcp", 6 },     { "udp", 17 },       { "gre", 47 },
		{ "esp", 50 },  { "ah", 51 },   { "icmpv6", 58 }, { "ipv6-icmp", 58 }, { "eigrp", 88 },
		{ "ospf", 89 }, { "pim", 103 }, { "vrrp", 112 },  { "sctp", 132 },     { "udplite", 136 },
		{ "ipip", 4 },  { "sit", 41 },
	};
	unsigned with_ports = 0;

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(catalog_transport_named(span_text(cases[i].name))->number, cases[i].number);
	assert_null(catalog_transport_named(span_text("rdp")));
	for (unsigned number = 0; number < 256; number++)
		with_ports += catalog_transport(number) != NULL && catalog_transport(number)->has_ports;
	assert_int_equal(with_ports, 5);
}

static void icmp_types_are_found_by_name_and_number(void **unused)
{
	const struct icmp_type *type;

	(void)unused;
	assert_int_equal(catalog_icmp_named(TRANSPORT_ICMP, span_text("echo-request"))->type, 8);
	assert_int_equal(catalog_icmp_named(TRANSPORT_ICMPV6, span_text("Echo-Request"))->type, 128);
	assert_string_equal(catalog_icmp(TRANSPORT_ICMPV6, 135)->name, "neighbor-solicitation");
	assert_string_equal(catalog_icmp(TRANSPORT_ICMP, 3)->name, "destination-unreachable");
	assert_null(catalog_icmp(TRANSPORT_ICMP, 7));
	assert_null(catalog_icmp(TRANSPORT_TCP, 8));
	assert_null(catalog_icmp_named(TRANSPORT_ICMP, span_text("packet-too-big")));
	for (size_t n = 0; (type = catalog_icmp_nth(n)) != NULL; n++) {
		assert_ptr_equal(catalog_icmp_named(type->transport, span_text(type->name)), type);
		assert_ptr_equal(catalog_icmp(type->transport, type->type), type);
	}
}

static struct address address(const char *text)
{
	struct address address;

	assert_true(address_parse(span_text(text), &address));
	return address;
}

static void addresses_have_their_cast_and_scope(void **unused)
{
	static const struct {
		const char *text;
		enum cast cast;
		enum scope scope;
	} cases[] = {
		{ "0.0.0.0", CAST_UNICAST, SCOPE_HOST },
		{ "127.0.0.1", CAST_UNICAST, SCOPE_HOST },
		{ "::1", CAST_UNICAST, SCOPE_HOST },
		{ "::", CAST_UNICAST, SCOPE_HOST },
		{ "10.1.2.3", CAST_UNICAST, SCOPE_PRIVATE },
		{ "172.15.255.255", CAST_UNICAST, SCOPE_GLOBAL },
		{ "172.16.0.0", CAST_UNICAST, SCOPE_PRIVATE },
		{ "172.31.255.255", CAST_UNICAST, SCOPE_PRIVATE },
		{ "172.32.0.0", CAST_UNICAST, SCOPE_GLOBAL },
		{ "192.168.1.1", CAST_UNICAST, SCOPE_PRIVATE },
		{ "100.64.0.1", CAST_UNICAST, SCOPE_PRIVATE },
		{ "100.128.0.0", CAST_UNICAST, SCOPE_GLOBAL },
		{ "169.254.1.1", CAST_UNICAST, SCOPE_LINK },
		{ "fe80::1", CAST_UNICAST, SCOPE_LINK },
		{ "fd12::1", CAST_UNICAST, SCOPE_PRIVATE },
		{ "8.8.8.8", CAST_UNICAST, SCOPE_GLOBAL },
		{ "2606:4700::1111", CAST_UNICAST, SCOPE_GLOBAL },
		{ "255.255.255.255", CAST_BROADCAST, SCOPE_LINK },
		{ "255.255.255.254", CAST_UNICAST, SCOPE_PRIVATE },
		{ "192.88.99.1", CAST_ANYCAST, SCOPE_GLOBAL },
		{ "224.0.0.5", CAST_MULTICAST, SCOPE_LINK },
		{ "224.0.1.1", CAST_MULTICAST, SCOPE_GLOBAL },
		{ "239.255.255.250", CAST_MULTICAST, SCOPE_PRIVATE },
		{ "223.255.255.255", CAST_UNICAST, SCOPE_GLOBAL },
		{ "ff01::1", CAST_MULTICAST, SCOPE_HOST },
		{ "ff02::1", CAST_MULTICAST, SCOPE_LINK },
		{ "ff12::1234", CAST_MULTICAST, SCOPE_LINK },
		{ "ff05::2", CAST_MULTICAST, SCOPE_PRIVATE },
		{ "ff0e::101", CAST_MULTICAST, SCOPE_GLOBAL },
		{ "ff3e::8000:1", CAST_MULTICAST, SCOPE_GLOBAL },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct address asked = address(cases[i].text);

		if (catalog_cast(&asked) != cases[i].cast || catalog_scope(&asked) != cases[i].scope)
			fail_msg("%s is %s, %s", cases[i].text, cast_text(catalog_cast(&asked)),
				 scope_text(catalog_scope(&asked)));
	}
}

static void the_narrowest_block_comes_first(void **unused)
{
	const struct address group = address("224.0.0.5"), plain = address("8.8.8.8");
	const struct address neighbour = address("ff02::1:ff12:3456"), last = address("224.0.0.200");

	(void)unused;
	assert_string_equal(catalog_address(&group, 0)->name, "ospf-all-routers");
	assert_string_equal(catalog_address(&group, 0)->reference, "RFC 2328");
	assert_string_equal(catalog_address(&group, 1)->name, "local-network-control");
	assert_string_equal(catalog_address(&group, 2)->name, "multicast");
	assert_null(catalog_address(&group, 3));
	assert_string_equal(catalog_address(&neighbour, 0)->name, "solicited-node");
	assert_string_equal(catalog_address(&last, 0)->name, "local-network-control");
	assert_null(catalog_address(&plain, 0));
	assert_null(catalog_address(&plain, 7));
}

/* A plain reading of the port tables, service by service, against the look-up. */
static size_t count_plainly(unsigned transport, uint16_t port)
{
	const struct service *service;
	size_t count = 0;

	for (size_t n = 0; (service = catalog_service_nth(n)) != NULL; n++) {
		bool here = false;

		for (size_t i = 0; i < service->door_count; i++)
			here |= service->doors[i].transport == transport && service->doors[i].first <= port &&
				service->doors[i].last >= port;
		count += here;
	}
	return count;
}

static void a_port_has_exactly_the_services_that_name_it(void **unused)
{
	static const unsigned transports[] = { TRANSPORT_TCP, TRANSPORT_UDP, TRANSPORT_SCTP };

	(void)unused;
	for (size_t t = 0; t < sizeof(transports) / sizeof(transports[0]); t++) {
		for (unsigned port = 0; port < 65536; port += port < 12000 ? 1 : 37) {
			size_t count = 0;

			while (catalog_service_at(transports[t], (uint16_t)port, count) != NULL)
				count++;
			assert_int_equal(count, count_plainly(transports[t], (uint16_t)port));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(customary_services_stand_first_at_their_ports),
		cmocka_unit_test(ports_without_a_service_have_none),
		cmocka_unit_test(names_and_aliases_are_found_in_any_case),
		cmocka_unit_test(every_service_is_found_by_name_alias_and_port),
		cmocka_unit_test(a_replacement_is_a_service_that_is_not_clear_text),
		cmocka_unit_test(what_is_spoken_inside_tls_is_said),
		cmocka_unit_test(the_three_ranges_of_ports_meet_without_a_gap),
		cmocka_unit_test(every_assigned_transport_is_known),
		cmocka_unit_test(transports_have_the_names_that_people_use),
		cmocka_unit_test(icmp_types_are_found_by_name_and_number),
		cmocka_unit_test(addresses_have_their_cast_and_scope),
		cmocka_unit_test(the_narrowest_block_comes_first),
		cmocka_unit_test(a_port_has_exactly_the_services_that_name_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
