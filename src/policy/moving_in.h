/* moving_in.h: a first policy from what another tool has: its rules line by line, as far as a policy can say
 * the same, with their comments. Owners and reasons stay empty: what was there is not thereby approved. What
 * cannot be carried over is said in its place, and counted; nothing is guessed.
 *
 *     ufw        user.rules, with its tuples           nft        nft list ruleset
 *     iptables   iptables-save                         firewalld  the XML of a zone or a policy
 *     compose    compose.yaml: published ports         nmap       -oX, or what it prints: open ports */
#ifndef POLICY_MOVING_IN_H
#define POLICY_MOVING_IN_H

#include "base/buffer.h"
#include "base/error.h"
#include "policy/policy.h"

#define MOVING_KINDS "ufw firewalld nft iptables compose nmap"

struct moved {
	size_t rules;    /* that were written */
	size_t left_out; /* lines that say something which was not carried over */
	size_t implied;  /* lines that a policy has by itself: established connections, loopback */
};

/* Writes the policy. False, with words, for a kind that there is not, for rules that would never end, and
 * without memory: nothing that was written is to be used then. */
bool moving_in(const char *kind, struct span text, struct buffer *out, struct moved *ret_moved,
	       struct error *err);

#endif
