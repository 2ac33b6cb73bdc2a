/** Access policies as the engine wants them: effects in upper case, names unique. */
import type { AccessPolicy, PolicyStatement } from '../../domain/xks/access-policy.ts';
import type { Findings, PathInFile } from '../findings.ts';
import type { PolicyInput } from '../schema/policy-schema.ts';

/** The policy of a key store; without one, AWS KMS's own decision stands. */
export function buildPolicy(
  policy: PolicyInput | undefined,
  path: PathInFile,
  findings: Findings,
): AccessPolicy {
  if (policy === undefined) return { default: 'ALLOW', statements: [] };
  const positions = new Map<string, number>();
  for (const [index, { sid }] of policy.statements.entries()) {
    const earlier = positions.get(sid);
    if (earlier === undefined) positions.set(sid, index);
    else {
      const found = `is ${sid}, as in statements[${earlier}]`;
      findings.problem([...path, 'statements', index, 'sid'], found, 'a name of its own', 'rename one');
    }
  }
  return { default: upper(policy.default), statements: policy.statements.map(buildStatement) };
}

function buildStatement(statement: PolicyInput['statements'][number]): PolicyStatement {
  const conditions = Object.entries(statement).filter(([, value]) => value !== undefined);
  return {
    ...(Object.fromEntries(conditions) as unknown as PolicyStatement),
    effect: upper(statement.effect),
  };
}

function upper(effect: PolicyInput['default']): 'ALLOW' | 'DENY' {
  return effect.toUpperCase() as 'ALLOW' | 'DENY';
}
