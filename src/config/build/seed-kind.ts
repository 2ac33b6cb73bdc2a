/** Which kind of key an entry of a seed asks for. */
import { KEY_KINDS, type KeyKind, keyKindOf, SYMMETRIC } from '../../domain/key/key-specs.ts';
import type { KeySpec, KeyUsageType } from '../../domain/kms/api/enums.ts';
import type { Findings, PathInFile } from '../findings.ts';

/** Where a spec has one usage only, that is meant. After a problem: any kind. `path`: of the entry. */
export function seedKind(
  { spec, usage }: { readonly spec: KeySpec; readonly usage?: KeyUsageType | undefined },
  path: PathInFile,
  findings: Findings,
): KeyKind {
  const kinds = KEY_KINDS.filter((kind) => kind.spec === spec);
  const wanted = kinds.filter((kind) => usage === undefined || kind.usage === usage);
  const [kind] = wanted;
  if (kind !== undefined && wanted.length === 1) return kind;
  const found = usage === undefined ? 'is missing' : `is ${usage}`;
  const usages = kinds.map((one) => one.usage).join(', ');
  findings.problem([...path, 'usage'], found, `one of ${usages} for a key of ${spec}`);
  return keyKindOf(SYMMETRIC);
}
