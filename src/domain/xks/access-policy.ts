/**
 * Secondary authorization on request metadata (XKS Proxy API specification, "Authorization"). KMS has
 * authorized the caller already, so the default is to trust it; statements narrow that.
 */

/** One statement. A field that is absent matches anything; a present one matches when any of its patterns does. */
export interface PolicyStatement {
  /** Named in the log when this statement decides. */
  readonly sid: string;
  readonly effect: 'ALLOW' | 'DENY';
  /** Patterns with `*` and `?` over external key ids. */
  readonly externalKeyIds?: readonly string[];
  /** Patterns over awsPrincipalArn (an ARN, a service principal, or `AWS Internal`). */
  readonly principals?: readonly string[];
  /** Patterns over the account id of the principal's ARN. */
  readonly accounts?: readonly string[];
  readonly kmsOperations?: readonly string[];
  readonly kmsKeyArns?: readonly string[];
  readonly kmsViaServices?: readonly string[];
  readonly sourceVpcs?: readonly string[];
  readonly sourceVpces?: readonly string[];
  /** Region of the signature's credential scope. */
  readonly regions?: readonly string[];
  readonly accessKeyIds?: readonly string[];
}

export interface AccessPolicy {
  /** What holds when no statement matches. */
  readonly default: 'ALLOW' | 'DENY';
  readonly statements: readonly PolicyStatement[];
}
