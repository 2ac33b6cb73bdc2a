/**
 * Evaluates the secondary authorization of a path prefix. The request is authenticated before; KMS has
 * authorized its caller, and the policy only narrows that (XKS Proxy API specification, "Authorization").
 */
import type { AccessPolicy, PolicyStatement } from './access-policy.ts';
import type { RequestAttributes } from './request-attributes.ts';
import { matchesWildcard } from './wildcard.ts';

/** What the policy says, and why. */
export interface AccessDecision {
  readonly allowed: boolean;
  /** The statement that decided; undefined when none matched and the policy's default did. */
  readonly statement: PolicyStatement | undefined;
}

/**
 * A matching DENY wins over any ALLOW, an ALLOW over the default. A field that a statement names but the
 * request lacks does not match, not even `*`: GetKeyMetadata carries no kmsKeyArn, so under `default: DENY`
 * allow it by principal or key id.
 * @req X-11 X-14 X-15 X-67 X-68
 */
export function decideAccess(
  policy: AccessPolicy,
  externalKeyId: string,
  attributes: RequestAttributes,
): AccessDecision {
  let allowedBy: PolicyStatement | undefined;
  for (const statement of policy.statements) {
    if (allowedBy !== undefined && statement.effect === 'ALLOW') continue;
    if (!statementMatches(statement, externalKeyId, attributes)) continue;
    if (statement.effect === 'DENY') return { allowed: false, statement };
    allowedBy = statement;
  }
  if (allowedBy !== undefined) return { allowed: true, statement: allowedBy };
  return policy.default === 'ALLOW' ? ALLOWED_BY_DEFAULT : DENIED_BY_DEFAULT;
}

function statementMatches(
  statement: PolicyStatement,
  externalKeyId: string,
  attributes: RequestAttributes,
): boolean {
  return (
    fieldMatches(statement.externalKeyIds, externalKeyId) &&
    fieldMatches(statement.principals, attributes.awsPrincipalArn) &&
    fieldMatches(statement.accounts, accountOf(attributes.awsPrincipalArn)) &&
    fieldMatches(statement.kmsOperations, attributes.kmsOperation) &&
    fieldMatches(statement.kmsKeyArns, attributes.kmsKeyArn) &&
    fieldMatches(statement.kmsViaServices, attributes.kmsViaService) &&
    fieldMatches(statement.sourceVpcs, attributes.awsSourceVpc) &&
    fieldMatches(statement.sourceVpces, attributes.awsSourceVpce) &&
    fieldMatches(statement.regions, attributes.region) &&
    fieldMatches(statement.accessKeyIds, attributes.accessKeyId)
  );
}

function fieldMatches(patterns: readonly string[] | undefined, value: string | undefined): boolean {
  if (patterns === undefined) return true;
  if (value === undefined) return false;
  return patterns.some((pattern) => matchesWildcard(pattern, value));
}

/** The account field of `arn:partition:service:region:account:resource`; service principals have none. */
function accountOf(principal: string | undefined): string | undefined {
  if (principal === undefined || !principal.startsWith('arn:')) return undefined;
  const account = principal.split(':', 5)[4];
  return account === '' ? undefined : account;
}

const ALLOWED_BY_DEFAULT: AccessDecision = { allowed: true, statement: undefined };
const DENIED_BY_DEFAULT: AccessDecision = { allowed: false, statement: undefined };
