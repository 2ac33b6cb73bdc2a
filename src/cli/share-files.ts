/** Shares of a domain as files: one for each custodian, of mode 0600. */

import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { FileFault, ownGroups, readRegularFile } from '../config/private-file.ts';
import { HsmFault } from '../domain/hsm-fault.ts';
import { type DomainShare, parseShare } from '../hsm/vault/domain-shares.ts';
import { CliFault } from './cli-fault.ts';
import { writePrivateFile } from './private-file.ts';

export interface ShareCount {
  readonly threshold: number;
  readonly shares: number;
}

/** Parses `2-of-3`. */
export function shareCount(text: string): ShareCount {
  const [, threshold, shares] = /^([0-9]{1,3})-of-([0-9]{1,3})$/.exec(text)?.map(Number) ?? [];
  const sound =
    threshold !== undefined && shares !== undefined && threshold >= 2 && threshold <= shares && shares <= 255;
  if (sound) return { threshold, shares };
  throw new CliFault('usage', `--shares takes M-of-N with 2 ≤ M ≤ N ≤ 255, such as 2-of-3, not '${text}'`);
}

/** The paths that were written. None stays when one cannot be. */
export function writeShares(directory: string, shares: readonly DomainShare[]): string[] {
  const written: string[] = [];
  try {
    for (const share of shares) {
      const file = resolve(directory, fileName(share));
      writePrivateFile(file, `${JSON.stringify(share, null, 2)}\n`);
      written.push(file);
    }
    return written;
  } catch (error) {
    removeShares(written);
    throw error;
  }
}

/** For shares of keys that were never made. */
export function removeShares(files: readonly string[]): void {
  for (const file of files) rmSync(file, { force: true });
}

export function readShare(file: string): DomainShare {
  try {
    const { bytes } = readRegularFile(file, MAX_SHARE_BYTES, ownGroups());
    return parseShare(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    if (error instanceof FileFault || error instanceof HsmFault) {
      const reason = error instanceof HsmFault ? `: ${error.detail}` : ` ${error.message}`;
      throw new CliFault('refused', `${file}${reason}`, { cause: error });
    }
    throw error;
  }
}

function fileName({ domainId, generation, number, shares }: DomainShare): string {
  return `portcullis-share-${domainId.slice(0, 8)}-g${generation}-${number}-of-${shares}.json`;
}

const MAX_SHARE_BYTES = 4_096;
