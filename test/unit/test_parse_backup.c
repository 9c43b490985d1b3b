/* What is read of disks over the network and of backups: words of real programs where they can be had. */
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void iscsi_tells_targets_of_a_discovery(void **unused)
{
	(void)unused;
	talk_tcp("iscsi",
		 "{\"weakness\":\"iscsi-open-discovery\",\"evidence\":\"discovery by "
		 "iqn.2026-01.example:porter\"}\n"
		 "{\"iscsi\":{\"initiator_name\":\"iqn.2026-01.example:porter\",\"session_type\":"
		 "\"discovery\",\"status\":\"success\",\"targets\":[\"iqn.2026-01.example:doors\",\"iqn.2026-"
		 "01.example:closed\"],\"header_digest\":false,\"data_digest\":false,\"requests\":0,\"bytes_"
		 "read\":0,\"bytes_written\":0,\"errors\":0,\"rejected\":0}}\n",
		 talk_first("iscsi.client.tcp.libiscsi-discovery"),
		 talk_first("iscsi.server.tcp.tgt-discovery"));
}

static void iscsi_tells_commands_and_logins(void **unused)
{
	(void)unused;
	talk_tcp("iscsi",
		 "{\"iscsi\":{\"initiator_name\":\"iqn.2026-01.example:porter\",\"target_name\":\"iqn.2026-"
		 "01.example:closed\",\"session_type\":\"normal\",\"user\":\"porter\",\"header_digest\":"
		 "false,\"data_digest\":false,\"commands\":{\"test_unit_ready\":2,\"inquiry\":2},"
		 "\"requests\":4,\"bytes_read\":130,\"bytes_written\":0,\"errors\":0,\"rejected\":0}}\n",
		 talk_first("iscsi.client.tcp.libiscsi"));
}

static void iscsi_reads_on_with_checksums(void **unused)
{
	(void)unused;
	talk_tcp("iscsi",
		 "{\"weakness\":\"iscsi-no-auth\",\"evidence\":\"session of iqn.2001-04.example:anna with "
		 "iqn.2001-04.example:disk\"}\n"
		 "{\"iscsi\":{\"initiator_name\":\"iqn.2001-04.example:anna\",\"target_name\":\"iqn.2001-04."
		 "example:disk\",\"target_alias\":\"cellar\",\"session_type\":\"normal\",\"status\":"
		 "\"success\",\"header_digest\":true,\"data_digest\":true,\"commands\":{\"read_10\":1,"
		 "\"write_10\":1},\"requests\":2,\"bytes_read\":512,\"bytes_written\":512,\"errors\":1,"
		 "\"rejected\":1}}\n",
		 talk_first("iscsi.client.tcp.specification-checksums"),
		 talk_first("iscsi.server.tcp.specification-checksums"),
		 CLIENT("\1\301\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2\0\0\2\0\0\0\0\0\0\0\0\0("
			"\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0CRC1\1\241\0\0\0\0\0\10\0\0\0\0\0\0\0\0\0\0\0\2\0\0\2"
			"\0\0\0\0\0\0\0\0\0*\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0CRC2datadataCRC3"),
		 SERVER("%\201\0\0\0\0\0\5\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			"\0\0\0\0\0\0\0CRC4bytes\0\0\0CRC5!"
			"\200\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			"\0\0\0\0\0\0CRC6\77\200\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0CRC7"));
}

static void ndmp_tells_the_server_and_the_login(void **unused)
{
	(void)unused;
	talk_tcp("ndmp",
		 "{\"weakness\":\"ndmp-clear-login\",\"evidence\":\"login of user ndmp\"}\n"
		 "{\"software\":\"server\",\"product\":\"NDMJOB\",\"version\":\"1.4a LIB:1.2/amanda-3.5.1 "
		 "OS:Glib-2.2+ (Glib)\"}\n"
		 "{\"ndmp\":{\"version\":4,\"user\":\"ndmp\",\"auth_method\":\"text\",\"authenticated\":true,"
		 "\"hostname\":\"vm\",\"os\":\"Linux (running NDMJOB from "
		 "PublicDomain)\",\"vendor_name\":\"PublicDomain\",\"product_name\":\"NDMJOB\",\"revision\":"
		 "\"1.4a LIB:1.2/amanda-3.5.1 OS:Glib-2.2+ "
		 "(Glib)\",\"messages\":{\"connect_open\":1,\"connect_client_auth\":1,\"config_get_host_"
		 "info\":1,\"config_get_server_info\":1,\"config_get_connection_type\":1,\"config_get_butype_"
		 "info\":1,\"config_get_fs_info\":1,\"notify_connected\":1},\"errors\":0}}\n",
		 talk_first("ndmp.client.tcp.ndmjob"), talk_first("ndmp.server.tcp.ndmjob-asked"));
}

static void ndmp_tells_logins_without_password(void **unused)
{
	(void)unused;
	talk_tcp("ndmp",
		 "{\"ndmp\":{\"version\":4,\"user\":\"ndmp\",\"auth_method\":\"md5\",\"authenticated\":false,"
		 "\"messages\":{\"connect_open\":1,\"config_get_auth_attr\":1,\"connect_client_auth\":1},"
		 "\"errors\":0}}\n",
		 talk_first("ndmp.client.tcp.ndmjob-md5"));
}

static void ndmp_tells_what_is_backed_up_and_who_may_do_so(void **unused)
{
	(void)unused;
	talk_tcp("ndmp",
		 "{\"weakness\":\"ndmp-no-auth\",\"evidence\":\"a login without a user was taken\"}\n"
		 "{\"ndmp\":{\"auth_method\":\"none\",\"authenticated\":true,\"backup_type\":\"dump\","
		 "\"paths\":[\"/vol/"
		 "home\"],\"messages\":{\"connect_client_auth\":1,\"data_start_backup\":1},\"errors\":0}}\n",
		 CLIENT("\200\0\0\34\0\0\0\2\0\0\0\0\0\0\0\0\0\0\11\1\0\0\0\0\0\0\0\0\0\0\0\0"),
		 SERVER("\200\0\0\34\0\0\0\2\0\0\0\0\0\0\0\1\0\0\11\1\0\0\0\2\0\0\0\0\0\0\0\0"),
		 CLIENT("\200\0\0\104\0\0\0\3\0\0\0\0\0\0\0\0\0\0\4\1\0\0\0\0\0\0\0\0"
			"\0\0\0\4dump\0\0\0\1\0\0\0\12FILESYSTEM\0\0\0\0\0\11/vol/home\0\0\0"));
}

static void amanda_tells_services_and_disks(void **unused)
{
	(void)unused;
	talk_tcp("amanda",
		 "{\"weakness\":\"amanda-host-trust\",\"evidence\":\"requests of user backup, as the caller "
		 "says\"}\n"
		 "{\"amanda\":{\"user\":\"backup\",\"hostname\":\"alpha\",\"config\":\"doors\",\"services\":["
		 "\"noop\",\"selfcheck\"],\"disks\":[\"/srv/doors/of/"
		 "home\"],\"packets\":{\"req\":2,\"ack\":4,\"rep\":1}}}\n",
		 talk_first("amanda.client.tcp.amcheck"), talk_first("amanda.server.tcp.amandad"));
}

static void amanda_tells_refusals(void **unused)
{
	(void)unused;
	talk_udp("amanda",
		 "{\"weakness\":\"amanda-host-trust\",\"evidence\":\"requests of user backup, as the caller "
		 "says\"}\n"
		 "{\"amanda\":{\"user\":\"backup\",\"hostname\":\"alpha\",\"config\":\"doors\",\"version\":"
		 "\"3.5\",\"services\":[\"selfcheck\"],\"packets\":{\"req\":1,\"nak\":1},\"error\":\"host "
		 "localhost: port 51830 not secure\"}}\n",
		 talk_first("amanda.client.udp.specification"), talk_first("amanda.server.udp.amandad"));
}

static void bacula_tells_consoles(void **unused)
{
	(void)unused;
	talk_tcp("bacula",
		 "{\"software\":\"server\",\"product\":\"Bacula\",\"version\":\"9.6.7\"}\n"
		 "{\"weakness\":\"bacula-no-tls\",\"evidence\":\"console *UserAgent* calls door-dir\"}\n"
		 "{\"bacula\":{\"client_role\":\"console\",\"client_name\":\"*UserAgent*\",\"server_role\":"
		 "\"director\",\"server_name\":\"door-dir\",\"version\":\"9.6.7\",\"authenticated\":true,"
		 "\"messages_toserver\":8,\"messages_toclient\":8,\"bytes_toserver\":168,\"bytes_toclient\":"
		 "331}}\n",
		 talk_first("bacula.client.tcp.bconsole"), talk_first("bacula.server.tcp.bacula-dir"));
}

static void bacula_tells_what_is_backed_up(void **unused)
{
	(void)unused;
	talk_tcp("bacula",
		 "{\"weakness\":\"bacula-no-tls\",\"evidence\":\"director door-dir calls door-fd\"}\n"
		 "{\"bacula\":{\"client_role\":\"director\",\"client_name\":\"door-dir\",\"server_role\":"
		 "\"client\",\"server_name\":\"door-fd\",\"authenticated\":true,\"jobs\":[\"Doors.2026-11-21_"
		 "13.28.02_03\"],\"paths\":[\"/srv/doors/of/"
		 "home\"],\"messages_toserver\":15,\"messages_toclient\":10,\"bytes_toserver\":380,\"bytes_"
		 "toclient\":340}}\n",
		 talk_first("bacula.client.tcp.bacula-dir"), talk_first("bacula.server.tcp.bacula-fd"));
}

static void bacula_tells_jobs_of_clients(void **unused)
{
	(void)unused;
	talk_tcp("bacula",
		 "{\"weakness\":\"bacula-no-tls\",\"evidence\":\"client door-fd calls door-sd\"}\n"
		 "{\"bacula\":{\"client_role\":\"client\",\"client_name\":\"door-fd\",\"server_role\":"
		 "\"storage\",\"server_name\":\"door-sd\",\"authenticated\":true,\"jobs\":[\"Doors.2026-11-"
		 "21_13.28.02_03\"],\"messages_toserver\":16,\"messages_toclient\":9,\"bytes_toserver\":427,"
		 "\"bytes_toclient\":201}}\n",
		 talk_first("bacula.client.tcp.bacula-fd"), talk_first("bacula.server.tcp.bacula-sd"));
}

static void bacula_leads_to_tls(void **unused)
{
	(void)unused;
	talk_tcp("bacula",
		 "{\"bacula\":{\"client_role\":\"director\",\"client_name\":\"door-dir\",\"authenticated\":"
		 "false,\"messages_toserver\":1,\"messages_toclient\":0,\"bytes_toserver\":36,\"bytes_"
		 "toclient\":0}}\n"
		 "{\"upgrade\":\"\"}\n",
		 CLIENT("\0\0\0\44Hello Director door-dir calling 103\n"),
		 SERVER("\0\0\0\36auth cram-md5 <1@door> ssl=2\n"), CLIENT("\26\3\1\0\5hello"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(iscsi_tells_targets_of_a_discovery),
		cmocka_unit_test(iscsi_tells_commands_and_logins),
		cmocka_unit_test(iscsi_reads_on_with_checksums),
		cmocka_unit_test(ndmp_tells_the_server_and_the_login),
		cmocka_unit_test(ndmp_tells_logins_without_password),
		cmocka_unit_test(ndmp_tells_what_is_backed_up_and_who_may_do_so),
		cmocka_unit_test(amanda_tells_services_and_disks),
		cmocka_unit_test(amanda_tells_refusals),
		cmocka_unit_test(bacula_tells_consoles),
		cmocka_unit_test(bacula_tells_what_is_backed_up),
		cmocka_unit_test(bacula_tells_jobs_of_clients),
		cmocka_unit_test(bacula_leads_to_tls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
