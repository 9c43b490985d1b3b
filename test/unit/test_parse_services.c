/* What is read of controllers, buildings, flow records, monitoring and queues: words of real programs where
 * they can be had, and words built to the specifications. */
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void s7comm_tells_the_controller_and_what_changed(void **unused)
{
	(void)unused;
	talk_tcp("s7comm",
		 "{\"weakness\":\"s7comm-clear-control\",\"evidence\":\"write_variable to 0102\"}\n"
		 "{\"software\":\"server\",\"product\":\"6ES7 315-2EH14-0AB0\",\"version\":\"3.2.6\"}\n"
		 "{\"s7comm\":{\"variant\":\"s7comm\",\"calling_tsap\":\"0100\",\"called_tsap\":\"0102\","
		 "\"connection\":\"pg\",\"rack\":0,\"slot\":2,\"pdu_size\":240,\"jobs\":6,\"functions\":{"
		 "\"setup_communication\":1,\"read_variable\":1,\"write_variable\":1,\"read_szl\":2,\"stop\":"
		 "1},\"areas\":{\"data_blocks\":1,\"flags\":1,\"outputs\":1},\"errors\":1,\"order_number\":"
		 "\"6ES7 "
		 "315-2EH14-0AB0\",\"firmware\":\"3.2.6\",\"system_name\":\"PLANT-7\",\"module_name\":\"CPU "
		 "315-2 PN/DP\",\"serial\":\"S C-X4U421302009\"}}\n",
		 talk_first("s7comm.client.tcp.specification"),
		 talk_first("s7comm.server.tcp.specification"));
}

static void s7comm_tells_its_successor(void **unused)
{
	(void)unused;
	talk_tcp("s7comm",
		 "{\"weakness\":\"s7comm-clear-control\",\"evidence\":\"set_variables to SIMATIC-ROOT-ES\"}\n"
		 "{\"s7comm\":{\"variant\":\"s7comm-plus\",\"calling_tsap\":\"0600\",\"called_tsap\":"
		 "\"SIMATIC-ROOT-ES\",\"jobs\":3,\"functions\":{\"create_object\":1,\"get_variables\":1,"
		 "\"set_variables\":1},\"errors\":0}}\n",
		 talk_first("s7comm.client.tcp.specification-plus"),
		 talk_first("s7comm.server.tcp.specification-plus"));
}

static void bacnet_tells_devices(void **unused)
{
	(void)unused;
	talk_udp("bacnet",
		 "{\"bacnet\":{\"services\":{\"who_is\":1,\"i_am\":1,\"read_property\":1},\"device_"
		 "instance\":1201,\"vendor_id\":24,\"device_name\":\"Boiler "
		 "12\",\"vendor_name\":\"Acme\",\"properties\":[\"device:4194303.object-name\"],\"errors\":0,"
		 "\"foreign_device\":false}}\n",
		 talk_first("bacnet.client.udp.specification-whois"),
		 talk_first("bacnet.server.udp.specification-iam"),
		 talk_first("bacnet.client.udp.specification"), talk_first("bacnet.server.udp.specification"),
		 talk_first("bacnet.server.udp.specification-forwarded"));
}

static void bacnet_tells_what_is_changed(void **unused)
{
	(void)unused;
	talk_udp(
		"bacnet",
		"{\"weakness\":\"bacnet-clear-control\",\"evidence\":\"write_property to analog-output:3\"}\n"
		"{\"bacnet\":{\"services\":{\"write_property\":1},\"network_messages\":{\"who_is_router\":1},"
		"\"properties\":[\"analog-output:3.present-value\"],\"errors\":1,\"foreign_device\":true}}\n",
		talk_first("bacnet.client.udp.specification-write"),
		talk_first("bacnet.server.udp.specification-error"),
		talk_first("bacnet.client.udp.specification-register"),
		talk_first("bacnet.server.udp.specification-result"),
		talk_first("bacnet.client.udp.specification-router"));
}

static void ipfix_counts_records_of_templates(void **unused)
{
	(void)unused;
	talk_udp("ipfix",
		 "{\"ipfix\":{\"version\":10,\"observation_domain\":0,\"sequence\":10,\"export_time\":"
		 "1795269412,\"messages\":1,\"templates\":4,\"option_templates\":1,\"data_sets\":2,"
		 "\"records\":11,\"unknown_sets\":0}}\n",
		 talk_first("ipfix.client.udp.softflowd"));
}

static void ipfix_reads_fields_of_any_length(void **unused)
{
	(void)unused;
	talk_tcp("ipfix",
		 "{\"ipfix\":{\"version\":10,\"observation_domain\":7,\"sequence\":2,\"export_time\":"
		 "1795269412,\"messages\":3,\"templates\":1,\"option_templates\":1,\"data_sets\":3,"
		 "\"records\":3,\"unknown_sets\":1}}\n",
		 talk_first("ipfix.client.tcp.specification"));
}

static void nrpe_tells_command_and_result(void **unused)
{
	(void)unused;
	talk_tcp("nrpe",
		 "{\"weakness\":\"nrpe-clear\",\"evidence\":\"command check_fire\"}\n"
		 "{\"nrpe\":{\"version\":2,\"command\":\"check_fire\",\"result\":\"critical\",\"output\":"
		 "\"FIRE\"}}\n",
		 talk_first("nrpe.client.tcp.check_nrpe"), talk_first("nrpe.server.tcp.nrpe"));
}

static void nrpe_reads_later_versions(void **unused)
{
	(void)unused;
	talk_tcp("nrpe",
		 "{\"weakness\":\"nrpe-clear\",\"evidence\":\"command _NRPE_CHECK\"}\n"
		 "{\"nrpe\":{\"version\":4,\"command\":\"_NRPE_CHECK\",\"result\":\"ok\",\"output\":\"NRPE "
		 "v4.1.0\"}}\n",
		 talk_first("nrpe.client.tcp.check_nrpe-4"), talk_first("nrpe.server.tcp.nrpe-4"));
}

static void checkmk_tells_the_host(void **unused)
{
	(void)unused;
	talk_tcp("checkmk",
		 "{\"weakness\":\"checkmk-open\",\"evidence\":\"agent 2.1.0p11 of alpha\"}\n"
		 "{\"checkmk\":{\"encrypted\":false,\"version\":\"2.1.0p11\",\"os\":\"linux\",\"hostname\":"
		 "\"alpha\",\"only_from\":\"192.0.2.0/"
		 "24\",\"sections\":[\"check_mk\",\"df_v2\",\"mem\",\"uptime\"],\"section_count\":4,"
		 "\"response_length\":225}}\n",
		 talk_first("checkmk.server.tcp.specification"));
}

static void checkmk_tells_that_all_is_encrypted(void **unused)
{
	(void)unused;
	talk_tcp("checkmk", "{\"checkmk\":{\"encrypted\":true,\"section_count\":0,\"response_length\":34}}\n",
		 talk_first("checkmk.server.tcp.specification-encrypted"));
}

static void gearman_tells_workers(void **unused)
{
	(void)unused;
	talk_tcp("gearman",
		 "{\"weakness\":\"gearman-no-auth\",\"evidence\":\"a worker of function doors\"}\n"
		 "{\"gearman\":{\"functions\":[\"doors\"],\"messages\":{\"can_do\":1,\"grab_job_all\":5,"
		 "\"pre_sleep\":3,\"work_complete\":2},\"jobs\":0,\"bytes\":32,\"errors\":0}}\n",
		 talk_first("gearman.client.tcp.gearman-worker"));
}

static void gearman_tells_jobs(void **unused)
{
	(void)unused;
	talk_tcp("gearman",
		 "{\"weakness\":\"gearman-no-auth\",\"evidence\":\"a job of function doors\"}\n"
		 "{\"gearman\":{\"functions\":[\"doors\"],\"messages\":{\"submit_job\":1,\"job_created\":1,"
		 "\"work_complete\":1},\"jobs\":1,\"bytes\":68,\"errors\":0}}\n",
		 talk_first("gearman.client.tcp.gearman"),
		 SERVER("\0RES\0\0\0\10\0\0\0\6H:vm:1\0RES\0\0\0\15\0\0\0\15H:vm:1\0hello\12"));
}

static void gearman_tells_errors_among_words_for_administrators(void **unused)
{
	(void)unused;
	talk_tcp("gearman",
		 "{\"gearman\":{\"client_id\":\"anna\",\"messages\":{\"set_client_id\":1,\"error\":1},"
		 "\"jobs\":0,\"bytes\":20,\"errors\":1,\"error\":\"no such job\"}}\n",
		 CLIENT("status\r\n\0REQ\0\0\0\26\0\0\0\4anna"),
		 SERVER("doors\t0\t0\t1\n.\n\0RES\0\0\0\23\0\0\0\20CODE\0no such job"));
}

static void beanstalkd_tells_tubes_and_jobs(void **unused)
{
	(void)unused;
	talk_tcp("beanstalkd",
		 "{\"weakness\":\"beanstalkd-no-auth\",\"evidence\":\"a tube was chosen without a login\"}\n"
		 "{\"software\":\"server\",\"product\":\"beanstalkd\",\"version\":\"1.12\"}\n"
		 "{\"beanstalkd\":{\"commands\":{\"use\":1,\"put\":1,\"watch\":1,\"reserve\":2,\"delete\":1,"
		 "\"stats\":1},\"tubes_used\":[\"doors\"],\"tubes_watched\":[\"doors\"],\"jobs_put\":1,"
		 "\"jobs_reserved\":1,\"jobs_deleted\":1,\"bytes\":12,\"errors\":1,\"version\":\"1.12\"}}\n",
		 CLIENT("use doors\r\nput 1 0 60 6\r\nput 1\n\r\nwatch doors\r\n"),
		 SERVER("USING doors\r\nINSERTED 1\r\nWATCHING 2\r\n"),
		 CLIENT("reserve-with-timeout 5\r\ndelete 1\r\nreserve\r\nstats\r\n"),
		 SERVER("RESERVED 1 6\r\nput 1\n\r\nDELETED\r\nNOT_FOUND\r\nOK 40\r\n---\n"
			"total-jobs: 1\npid: 1\nversion: \"1.12\"\n\r\n"));
}

static void beanstalkd_is_not_what_is_no_text(void **unused)
{
	(void)unused;
	talk_tcp("beanstalkd",
		 "{\"beanstalkd\":{\"commands\":{\"other\":1,\"quit\":1},\"jobs_put\":0,\"jobs_reserved\":0,"
		 "\"jobs_deleted\":0,\"bytes\":0,\"errors\":1}}\n"
		 "{\"broken\":\"server\",\"at\":17}\n",
		 CLIENT("dance\r\nquit\r\n"), SERVER("UNKNOWN_COMMAND\r\n"), SERVER("\1\2\r\n"));
}

static void stomp_tells_queues_but_no_password(void **unused)
{
	(void)unused;
	talk_tcp("stomp",
		 "{\"weakness\":\"stomp-clear-login\",\"evidence\":\"login of user guest\"}\n"
		 "{\"software\":\"server\",\"product\":\"RabbitMQ\",\"version\":\"3.10.8\"}\n"
		 "{\"stomp\":{\"version\":\"1.2\",\"server\":\"RabbitMQ/3.10.8\",\"host\":\"/"
		 "\",\"user\":\"guest\",\"connected\":true,\"commands\":{\"STOMP\":1,\"SUBSCRIBE\":1,"
		 "\"SEND\":1,\"DISCONNECT\":1,\"CONNECTED\":1,\"MESSAGE\":1,\"RECEIPT\":1},\"destinations\":["
		 "\"/queue/doors\"]}}\n",
		 talk_first("stomp.client.tcp.python"), talk_first("stomp.server.tcp.rabbitmq-asked"));
}

static void stomp_tells_refusals(void **unused)
{
	(void)unused;
	talk_tcp("stomp",
		 "{\"weakness\":\"stomp-clear-login\",\"evidence\":\"login of user porter\"}\n"
		 "{\"stomp\":{\"version\":\"1.0,1.1,1.2\",\"host\":\"/"
		 "\",\"user\":\"porter\",\"connected\":false,\"commands\":{\"STOMP\":1,\"ERROR\":1},"
		 "\"error\":\"Bad CONNECT\"}}\n",
		 talk_first("stomp.client.tcp.python-refused"),
		 talk_first("stomp.server.tcp.rabbitmq-refused"));
}

static void ptp_reads_version_1(void **unused)
{
	(void)unused;
	talk_udp("ptp",
		 "{\"ptp\":{\"version\":\"1\",\"subdomain\":\"_DFLT\",\"clock_identity\":\"001122334455\","
		 "\"port_number\":1,\"messages\":{\"sync\":1,\"follow_up\":1,\"delay_resp\":1},\"grandmaster_"
		 "identity\":\"0011aabbccdd\",\"clock_stratum\":2,\"steps_removed\":3}}\n",
		 talk_first("ptp.client.udp.specification-1"),
		 talk_first("ptp.client.udp.specification-1-follow"),
		 talk_first("ptp.server.udp.specification-1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(s7comm_tells_the_controller_and_what_changed),
		cmocka_unit_test(s7comm_tells_its_successor),
		cmocka_unit_test(bacnet_tells_devices),
		cmocka_unit_test(bacnet_tells_what_is_changed),
		cmocka_unit_test(ipfix_counts_records_of_templates),
		cmocka_unit_test(ipfix_reads_fields_of_any_length),
		cmocka_unit_test(nrpe_tells_command_and_result),
		cmocka_unit_test(nrpe_reads_later_versions),
		cmocka_unit_test(checkmk_tells_the_host),
		cmocka_unit_test(checkmk_tells_that_all_is_encrypted),
		cmocka_unit_test(gearman_tells_workers),
		cmocka_unit_test(gearman_tells_jobs),
		cmocka_unit_test(gearman_tells_errors_among_words_for_administrators),
		cmocka_unit_test(beanstalkd_tells_tubes_and_jobs),
		cmocka_unit_test(beanstalkd_is_not_what_is_no_text),
		cmocka_unit_test(stomp_tells_queues_but_no_password),
		cmocka_unit_test(stomp_tells_refusals),
		cmocka_unit_test(ptp_reads_version_1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
