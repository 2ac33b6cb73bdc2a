/** What the suites over many tokens know of a kind of token, and of one throw-away token of that kind. */
import { randomBytes } from 'node:crypto';
import type { KeySpec } from '../../../src/domain/kms/api/enums.ts';
import type { Feature } from '../../../src/hsm/devices/features.ts';
import type { DeviceProfile } from '../../../src/hsm/devices/profile.ts';
import type { MechanismName } from './workbench-orders.ts';

export interface TokenKind {
  readonly name: string;
  readonly profile: DeviceProfile;
  /** Those that must give the known answer; others may be there or not. */
  readonly mechanisms: readonly MechanismName[];
  /** What the version of Debian 12 cannot do: all else that a probe tries, it can. Absent where nobody knows. */
  readonly lacks?: readonly Feature[];
  /** What the token's module can do, and a filter in the token host hides. */
  readonly hidden?: readonly MechanismName[];
  /** Whether it wraps keys as the key hierarchy needs it (CKM_AES_KEY_WRAP); absent where it makes no keys for tests. */
  readonly wrapsKeys?: boolean;
  /** Specs of which it can have no keys, although it wraps others. */
  readonly withoutSpecs?: readonly KeySpec[];
  /** Why this machine has none, with what to install; undefined where it has. */
  readonly absent: string | undefined;
  /** Why no wrong PIN may be tried on it; absent where that costs nothing. */
  readonly keepPin?: string;
  /** A fresh token with a random PIN; `await using` removes it with everything that was started for it. */
  provision(): Promise<ProvisionedToken>;
}

/** Structurally what the other test supports take for a token. */
export interface ProvisionedToken extends AsyncDisposable {
  /** `directory` holds everything of this token; a test may put its own files there. */
  readonly paths: { readonly directory: string; readonly module: string };
  readonly libraryParameters?: string;
  /** What a process needs in its environment to see this token. */
  readonly env: Readonly<Record<string, string>>;
  readonly label: string;
  readonly pin: string;
  /** CK_RV of all logins so far, where the module counts them by itself. */
  readonly logins?: () => (number | undefined)[];
  /** Taking the token away from whoever uses it; absent where nobody can. */
  readonly outage?: Outage;
}

export interface Outage {
  begin(): Promise<void>;
  /** Safe to call when nothing is out. */
  end(): Promise<void>;
}

/** What only a token of the tests bears: whatever has another label is left alone. */
export const TEST_LABEL_PREFIX = 'portcullis-test-';

export function randomLabel(): string {
  return TEST_LABEL_PREFIX + randomBytes(4).toString('hex');
}
