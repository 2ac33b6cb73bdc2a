/** An HSM layer over a throw-away token, without HTTP in front of it, and with fast health checks. */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { HealthKey } from '../../src/domain/hsm/health-key.ts';
import type { Clock } from '../../src/domain/ports/clock.ts';
import type { LogFields } from '../../src/domain/ports/log.ts';
import { Secret } from '../../src/domain/secret.ts';
import { softhsm2 } from '../../src/hsm/devices/softhsm2.ts';
import { Fleet, type FleetOptions } from '../../src/hsm/fleet.ts';
import { testRunEnvironment } from './test-run-environment.ts';

export interface TestFleet {
  readonly fleet: Fleet;
  readonly lines: { readonly event: string; readonly fields: LogFields }[];
  readonly meterCalls: unknown[][];
}

export type FleetTweaks = Partial<Omit<FleetOptions, 'tokens'>> & {
  /** A health key of undefined: none. */
  readonly token?: Partial<Omit<TokenOptions, 'healthKey'>> & {
    readonly healthKey?: HealthKey | undefined;
  };
};

type TokenOptions = FleetOptions['tokens'][number];

/** A token to open: of SoftHSM2, unless the tweaks name another profile. */
export interface FleetToken {
  readonly paths: { readonly directory: string; readonly module: string };
  readonly libraryParameters?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly label: string;
  readonly pin: string;
}

export function openTestFleet(
  token: FleetToken,
  { token: tokenTweaks, ...tweaks }: FleetTweaks = {},
): TestFleet {
  const { healthKey, ...others } = {
    healthKey: { label: 'health', scheme: 'native-gcm' as const },
    ...tokenTweaks,
  };
  const stateDir = join(token.paths.directory, 'state');
  mkdirSync(stateDir, { recursive: true });
  const lines: TestFleet['lines'] = [];
  const meterCalls: unknown[][] = [];
  const note = (event: string, fields: LogFields = {}) => void lines.push({ event, fields });
  const count =
    (name: string) =>
    (...args: unknown[]) =>
      void meterCalls.push([name, ...args]);
  const fleet = new Fleet({
    tokens: [
      {
        name: 'soft',
        profile: softhsm2,
        module: token.paths.module,
        ...(token.libraryParameters !== undefined && { libraryParameters: token.libraryParameters }),
        env: { ...token.env, ...testRunEnvironment() },
        token: { label: token.label },
        pin: new Secret(token.pin),
        hosts: 1,
        ...(healthKey !== undefined && { healthKey }),
        ...others,
      },
    ],
    stateDir,
    clock: realClock,
    entropy: { randomBytes: (length) => randomBytes(length) },
    log: { debug: note, info: note, warn: note, error: note },
    meter: {
      request: count('request'),
      kmsRequest: count('kmsRequest'),
      tokenCall: count('tokenCall'),
      hostStarted: count('hostStarted'),
      tokenStatus: count('tokenStatus'),
      keyInvocations: count('keyInvocations'),
      configurationLoaded: count('configurationLoaded'),
      configurationRefused: count('configurationRefused'),
    },
    healthEveryMs: 50,
    ...tweaks,
  });
  return { fleet, lines, meterCalls };
}

export const realClock: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
