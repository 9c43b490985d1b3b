/* The kinds of findings: what is the same for all findings of a kind. The editions that the references name
 * are NIST SP 800-53 revision 5, PCI DSS version 4.0.1 and CIS Controls version 8.1; CCI-000382 is the item
 * of DISA's guides that asks for the open ports to be compared with the site's list. */
#include "audit/audit.h"

#define NIST "NIST SP 800-53 r5 "
#define PCI  "PCI DSS v4.0.1 "
#define CIS  "CIS Controls v8.1 "

const struct finding_type finding_types[FINDING_KINDS] = {
	[FINDING_UNDOCUMENTED] = {
		.id = "undocumented",
		.title = "open, and no rule allows it",
		.severity = AUDIT_HIGH,
		.remedy = "Stop the service if nobody needs it. If somebody does, write a rule that names its owner "
			  "and the reason; 'doorward learn' shows what such a rule looks like.",
		.references = NIST "CM-7, CM-7(1), SC-7(5); " PCI "1.2.5, 2.2.4; " CIS "4.8; CCI-000382",
	},
	[FINDING_DENIED_OPEN] = {
		.id = "denied-open",
		.title = "open, although a rule denies it",
		.severity = AUDIT_HIGH,
		.remedy = "Stop the service, or have the owner of the rule change it. A rule alone closes nothing: "
			  "whoever gets past the firewall, or is on this host, finds somebody listening.",
		.references = NIST "CM-7, SC-7(5); " PCI "1.2.5, 2.2.4; " CIS "4.8",
	},
	[FINDING_WIDER] = {
		.id = "wider",
		.title = "reachable from more than is documented",
		.severity = AUDIT_HIGH,
		.remedy = "Bind the service to the address that the rule means, or let a firewall keep the others "
			  "out. If the wider reach is wanted, document it.",
		.references = NIST "SC-7(5), CM-7; " PCI "1.2.5, 1.3.1; " CIS "4.4",
	},
	[FINDING_WRONG_PROTOCOL] = {
		.id = "wrong-protocol",
		.title = "another protocol is spoken than is documented",
		.severity = AUDIT_HIGH,
		.remedy = "Find out who put this service there. Then run the documented one, or correct the rule: "
			  "a port number says nothing about what is spoken.",
		.references = NIST "CM-7, CM-7(1); " PCI "1.2.5, 2.2.4; " CIS "4.8",
	},
	[FINDING_WRONG_PROCESS] = {
		.id = "wrong-process",
		.title = "another process listens than is documented",
		.severity = AUDIT_HIGH,
		.remedy = "Find out who started it. Then start the documented program, or correct 'by' in the rule.",
		.references = NIST "CM-7; " PCI "2.2.4; " CIS "4.8",
	},
	[FINDING_NOT_OPEN] = {
		.id = "not-open",
		.title = "documented, and nobody listens",
		.severity = AUDIT_MEDIUM,
		.remedy = "Start the service if it should run. If it is gone for good, remove its rule: whoever "
			  "listens there next would be allowed already.",
		.references = NIST "CM-7(1); " PCI "1.2.7; " CIS "4.8",
	},
	[FINDING_CLEAR_TEXT] = {
		.id = "clear-text",
		.title = "clear text is spoken beyond this host",
		.severity = AUDIT_HIGH,
		.remedy = "Use the encrypted form of the service, or bind it to loopback. If it must stay, write "
			  "'mitigation' into its rule: what keeps others from reading and changing it on the way.",
		.references = NIST "CM-7, SC-8; " PCI "1.2.6, 2.2.5; " CIS "3.10, 4.6",
	},
	[FINDING_WEAKNESS] = {
		.id = "weakness",
		.title = "a server offers what is known to be weak",
		.severity = AUDIT_HIGH,
		.remedy = "Turn the weak version or option off in the service's configuration.",
		.references = NIST "CM-7, SC-8; " PCI "1.2.6, 2.2.5; " CIS "3.10, 4.6",
	},
	[FINDING_NO_OWNER] = {
		.id = "no-owner",
		.title = "a rule without owner or reason",
		.severity = AUDIT_MEDIUM,
		.remedy = "Ask who needs the door, and write 'owner' and 'because' into the rule. If nobody answers "
			  "for it, close the door.",
		.references = NIST "SC-7(4), CM-7(1); " PCI "1.2.5",
	},
	[FINDING_REVIEW_DUE] = {
		.id = "review-due",
		.title = "a rule's review is due",
		.severity = AUDIT_MEDIUM,
		.remedy = "Ask the owner whether the door is still needed, then set 'review' to the next date.",
		.references = NIST "CM-7(1), SC-7(4); " PCI "1.2.7",
	},
	[FINDING_EXPIRED] = {
		.id = "expired",
		.title = "a rule's time is over",
		.severity = AUDIT_HIGH,
		.remedy = "Remove the rule, and stop what still listens; or have the need approved again with a "
			  "later date.",
		.references = NIST "SC-7(4); " PCI "1.2.7",
	},
	[FINDING_EXPECTATION] = {
		.id = "expectation",
		.title = "the policy does not do what it expects of itself",
		.severity = AUDIT_HIGH,
		.remedy = "'doorward verdict' shows which rule decides and why. Correct the rules or the expect "
			  "line.",
		.references = NIST "SC-7(5), CM-7(1); " PCI "1.2.7",
	},
	[FINDING_ACCEPTANCE_ENDED] = {
		.id = "acceptance-ended",
		.title = "the time of an accepted finding is over",
		.severity = AUDIT_MEDIUM,
		.remedy = "Repair what was accepted, and remove the line; or decide anew, with a later date.",
		.references = NIST "CM-7(1), RA-7; " PCI "1.2.6, 2.2.5",
	},
	[FINDING_TRAFFIC] = {
		.id = "undocumented-traffic",
		.title = "traffic that no rule allows",
		.severity = AUDIT_HIGH,
		.remedy = "Find out who needs it. If nobody does, stop the service and let the firewall refuse it; if "
			  "somebody does, write a rule that names its owner and the reason.",
		.references = NIST "CM-7, SC-7(5), SI-4(4); " PCI "1.2.5, 1.3.1, 1.3.2; " CIS "4.4, 13.6",
	},
	[FINDING_DENIED_TRAFFIC] = {
		.id = "denied-traffic",
		.title = "traffic that a rule denies was answered",
		.severity = AUDIT_HIGH,
		.remedy = "The rule is not in force where these packets went by: apply the policy, and look for a way "
			  "around the firewall. Or have the owner of the rule change it.",
		.references = NIST "SC-7(5), CM-7, SI-4(4); " PCI "1.2.5, 1.3.1, 1.3.2; " CIS "4.4, 13.6",
	},
	[FINDING_UNEXPECTED_PARTY] = {
		.id = "unexpected-party",
		.title = "parties that the rules for this door do not name",
		.severity = AUDIT_HIGH,
		.remedy = "Find out who they are. Add them to the rule if they belong there; otherwise let the "
			  "firewall keep them out, and look at what they have done.",
		.references = NIST "AC-4, SC-7(5), SI-4(4); " PCI "1.2.5, 1.3.1, 1.3.2; " CIS "4.4, 13.6",
	},
	[FINDING_REACHABLE] = {
		.id = "reachable",
		.title = "remote administration, a database or backups can be reached",
		.severity = AUDIT_MEDIUM,
		.remedy = "Let only those in who need it: bind the service to their network, or let a firewall keep "
			  "the others out. With a policy that documents the door, 'doorward scan -P' says whether "
			  "it answers only whom it should.",
		.references = NIST "CM-7, SC-7(5), AC-17; " PCI "1.3.1, 1.4.1, 1.4.4; " CIS "4.4, 12.8",
	},
};

const struct finding_type *finding_type_named(const char *id)
{
	for (size_t kind = 0; kind < FINDING_KINDS; kind++) {
		if (strcmp(finding_types[kind].id, id) == 0)
			return &finding_types[kind];
	}
	return NULL;
}

const char *audit_severity_text(int severity)
{
	static const char *const words[AUDIT_SEVERITIES] = {
		[AUDIT_CRITICAL] = "critical",
		[AUDIT_HIGH] = "high",
		[AUDIT_MEDIUM] = "medium",
		[AUDIT_NOTE] = "note",
	};

	return severity >= AUDIT_CRITICAL && severity < AUDIT_SEVERITIES ? words[severity] : "note";
}

const char *audit_reach_text(enum exposure exposure)
{
	static const char *const words[] = {
		[EXPOSED_NOWHERE] = "nowhere", [EXPOSED_HOST] = "this host",
		[EXPOSED_LINK] = "its link",   [EXPOSED_PRIVATE] = "private networks",
		[EXPOSED_PUBLIC] = "anywhere",
	};

	return words[exposure];
}
