/**
 * Pages of lists. A marker says after which entry the next page starts; it is sealed by the vault together with the
 * list that it belongs to, so that nobody can make one, and none serves for another list.
 */
import { hash } from 'node:crypto';
import { HsmFault } from '../../domain/hsm-fault.ts';
import type { KmsOperationName } from '../../domain/kms/api/operations.ts';
import { KmsFault } from '../../domain/kms/kms-fault.ts';
import type { OperationRequest } from './operation.ts';

export interface ListRequest {
  readonly operation: KmsOperationName;
  /** What else makes the list another one: a key's id, names to filter by. */
  readonly of?: string;
  /** As the request has them. */
  readonly limit?: number | undefined;
  readonly marker?: string | undefined;
  /** Entries of a page for requests that don't say, and at most. */
  readonly defaultLimit: number;
  readonly maxLimit: number;
}

export interface ListPage<T> {
  readonly entries: readonly T[];
  /** The end of the answer, as each list of the API has it. */
  readonly more: { readonly truncated: boolean; readonly nextMarker?: string };
}

/** Where pages come from: in the order of their ids, which come after `after`. */
export interface ListSource<T> {
  readonly read: (from: { readonly after?: string; readonly limit: number }) => Promise<readonly T[]>;
  readonly idOf: (entry: T) => string;
}

type Surroundings = Pick<OperationRequest<KmsOperationName, []>, 'call' | 'services' | 'context'>;

/** The page that was asked for. Fault: `InvalidMarkerException`. */
export async function listPage<T>(
  list: ListRequest,
  source: ListSource<T>,
  surroundings: Surroundings,
): Promise<ListPage<T>> {
  const { marker, limit = list.defaultLimit } = list;
  const size = Math.min(limit, list.maxLimit);
  const after = marker === undefined ? undefined : await openMarker(list, marker, surroundings);
  const found = await source.read({ limit: size + 1, ...(after !== undefined && { after }) });
  const entries = found.slice(0, size);
  const last = entries.at(-1);
  if (found.length <= size || last === undefined) return { entries, more: { truncated: false } };
  const nextMarker = await sealMarker(list, source.idOf(last), surroundings);
  return { entries, more: { truncated: true, nextMarker } };
}

/** A list that is in memory as a whole; order and ids are those of `idOf`, by UTF-16 code units. */
export function sourceOf<T>(all: readonly T[], idOf: (entry: T) => string): ListSource<T> {
  const sorted = all.toSorted((left, right) => (idOf(left) < idOf(right) ? -1 : 1));
  const read: ListSource<T>['read'] = async ({ after, limit }) =>
    sorted.filter((entry) => after === undefined || idOf(entry) > after).slice(0, limit);
  return { idOf, read };
}

async function sealMarker(list: ListRequest, after: string, surroundings: Surroundings): Promise<string> {
  const { services, context } = surroundings;
  const text = Buffer.concat([identityOf(list, surroundings), Buffer.from(after, ID_ENCODING)]);
  return Buffer.from(await services.vault.seal('marker', text, context)).toString('base64url');
}

async function openMarker(list: ListRequest, marker: string, surroundings: Surroundings): Promise<string> {
  const sealed = Buffer.from(marker, 'base64url');
  if (sealed.toString('base64url') !== marker) throw new KmsFault('InvalidMarkerException');
  const text = Buffer.from(await unseal(sealed, surroundings));
  const identity = identityOf(list, surroundings);
  if (!text.subarray(0, identity.length).equals(identity)) throw new KmsFault('InvalidMarkerException');
  return text.toString(ID_ENCODING, identity.length);
}

async function unseal(sealed: Uint8Array, { services, context }: Surroundings): Promise<Uint8Array> {
  try {
    return await services.vault.unseal('marker', sealed, context);
  } catch (error) {
    if (!(error instanceof HsmFault) || error.code !== 'corrupt') throw error;
    throw new KmsFault('InvalidMarkerException', undefined, { cause: error });
  }
}

/** 32 bytes, so that a marker stays below the 1 024 characters that the API takes, whatever an entry's id. */
function identityOf({ operation, of = '' }: ListRequest, { call }: Surroundings): Buffer {
  return hash('sha256', JSON.stringify([operation, call.caller.account, call.region, of]), 'buffer');
}

/** Of at most 256 characters, any of which may be half of a surrogate pair. */
const ID_ENCODING = 'utf16le';
