/** Every token of this machine after one another, scheme by scheme, each figure beside that of the bare calls. */
import { AEAD_SCHEMES, type AeadScheme } from '../../src/domain/hsm/aead-scheme.ts';
import { SCHEME_MECHANISMS } from '../../src/hsm/devices/scheme-mechanisms.ts';
import { NSS } from '../../test/support/tokens/nss-kind.ts';
import { OPENCRYPTOKI } from '../../test/support/tokens/opencryptoki-kind.ts';
import { P11_KIT } from '../../test/support/tokens/p11-kit-kind.ts';
import { SOFTHSM2 } from '../../test/support/tokens/softhsm2-kind.ts';
import type { TokenKind } from '../../test/support/tokens/token-kind.ts';
import { atWorkbench } from '../../test/support/tokens/workbench.ts';
import type { KeyOrder, MechanismName } from '../../test/support/tokens/workbench-orders.ts';
import { runPart } from './child-processes.ts';
import type { DeviceFleetJob } from './device-fleet.ts';
import type { DeviceLoopJob } from './device-loop.ts';
import type { DeviceRun, FleetScheme, RawScheme, SchemeResult, TokenResult } from './device-run.ts';
import { describeMachine } from './machine.ts';
import { busyMicros, othersSince } from './process-usage.ts';
import { AAD_BYTES, PLAINTEXT_BYTES } from './signed-requests.ts';

/** `say` is told of each step; `quick` takes too few samples to be published. */
export async function runDevices(quick: boolean, say: (line: string) => void): Promise<DeviceRun> {
  const startedAt = new Date().toISOString();
  const startedMs = performance.now();
  const machine = describeMachine();
  const busyBefore = busyMicros();
  const tokens: TokenResult[] = [];
  for (const kind of KINDS.filter(({ absent }) => absent === undefined)) {
    tokens.push(await runToken(kind, quick ? QUICK_SECONDS : SECONDS, say));
  }
  const elapsedMs = performance.now() - startedMs;
  return {
    ...{ format: 1, quick, startedAt, seconds: Math.round(elapsedMs / 1000), machine },
    othersShare: othersSince(busyBefore, elapsedMs * 1000 * machine.cores),
    message: { plaintextBytes: PLAINTEXT_BYTES, aadBytes: AAD_BYTES },
    tokens,
    absent: KINDS.flatMap(({ name, absent }) =>
      absent === undefined ? [] : [{ token: name, reason: absent }],
    ),
    commands: ['npm run bench -- devices'],
  };
}

async function runToken(kind: TokenKind, seconds: number, say: (line: string) => void): Promise<TokenResult> {
  await using token = await kind.provision();
  const answers = await atWorkbench(token, { do: 'ask known answers' });
  const made = await atWorkbench(token, {
    do: 'make keys',
    keys: AEAD_SCHEMES.map((scheme) => KEYS[scheme]),
  });
  const without = AEAD_SCHEMES.flatMap((scheme, index) => {
    const name = SCHEME_MECHANISMS[scheme].name as MechanismName;
    const reason = answers[name] === 'right' ? (made[index] ?? '') : `${name}: ${answers[name]}`;
    return reason === '' ? [] : [{ scheme, reason }];
  });
  const able = AEAD_SCHEMES.filter((scheme) => without.every((each) => each.scheme !== scheme));
  const keys = able.map((scheme) => ({ scheme, label: KEYS[scheme].label }));
  const { paths, libraryParameters, env, label, pin } = token;
  const shared = {
    profile: kind.profile.name,
    keys,
    plaintextBytes: PLAINTEXT_BYTES,
    aadBytes: SEALED_AAD_BYTES,
    seconds,
  };
  const extra = libraryParameters === undefined ? {} : { libraryParameters };
  const loop: DeviceLoopJob = { ...shared, ...extra, module: paths.module, tokenLabel: label, pin };
  const raw = await runPart<RawScheme[]>('device-loop', loop, { ...env });
  const fleet: DeviceFleetJob = { ...shared, token: { paths, ...extra, env, label, pin } };
  const hosted = await runPart<FleetScheme[]>('device-fleet', fleet);
  const schemes: SchemeResult[] = able.map((scheme, index) => ({
    scheme,
    raw: raw[index] as RawScheme,
    fleet: hosted[index] as FleetScheme,
  }));
  for (const each of schemes) {
    say(
      `${kind.name}, ${each.scheme}: bare calls ${each.raw.callsPerSecond}/s, through a host ${each.fleet.sealPerSecond}/s`,
    );
  }
  return { token: kind.name, profile: kind.profile.name, schemes, without };
}

const KINDS: readonly TokenKind[] = [SOFTHSM2, NSS, OPENCRYPTOKI, P11_KIT];

const KEYS: Readonly<Record<AeadScheme, KeyOrder>> = {
  'native-gcm': { label: 'bench-gcm', idHex: 'b001', type: 'AES', usages: ['encrypt', 'decrypt'] },
  hmac: { label: 'bench-hmac', idHex: 'b002', type: 'GENERIC_SECRET', usages: ['sign'] },
  cmac: { label: 'bench-cmac', idHex: 'b003', type: 'AES', usages: ['sign'] },
  'cbc-mac': { label: 'bench-cbc-mac', idHex: 'b004', type: 'AES', usages: ['encrypt'] },
};

/** What the layout of AWS KMS makes of the caller's: two bytes of length before it, one of metadata behind. */
const SEALED_AAD_BYTES = AAD_BYTES + 3;
const SECONDS = 3;
const QUICK_SECONDS = 0.5;
