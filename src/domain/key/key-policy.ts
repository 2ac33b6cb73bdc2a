/**
 * Policy documents of keys: kms-behaviour.md §1.2 and §1.9. Here they are texts; what they allow, and whether they
 * lock the caller out, is the authorizer's business.
 */
import { KmsFault } from '../kms/kms-fault.ts';

/** The only name that a key's policy has. */
export const POLICY_NAME: string = 'default';

/** Faults: `LimitExceededException`, `MalformedPolicyDocumentException`. */
export function checkPolicyDocument(policy: string): void {
  if (new TextEncoder().encode(policy).length > MAX_POLICY_BYTES) {
    throw new KmsFault('LimitExceededException', `Key policy document exceeds ${MAX_POLICY_BYTES} bytes.`);
  }
  if (!isJsonObject(policy)) throw new KmsFault('MalformedPolicyDocumentException', SYNTAX_ERRORS);
}

/** Fault: `NotFoundException` for every name but that one. */
export function requirePolicyName(name = POLICY_NAME): void {
  if (name !== POLICY_NAME) throw new KmsFault('NotFoundException', 'No such policy exists');
}

/** The policy of a key that was made without one: `root` is the ARN of the account itself. */
export function defaultPolicy(root: string): string {
  return `{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "${root}"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}`;
}

function isJsonObject(text: string): boolean {
  const value = parsed(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Undefined, which JSON has no word for, when it is no JSON: there is no other way to fail. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const MAX_POLICY_BYTES = 32_768;
const SYNTAX_ERRORS = 'Syntax errors in policy.';
