/** A scheme through a token host: queue, frames, host process and token, without HTTP. */
import type { AeadScheme } from '../../src/domain/hsm/aead-scheme.ts';
import type { CallContext, KeyRole, Sealed } from '../../src/domain/ports/hsm.ts';
import { profileOf } from '../../src/hsm/devices/profiles.ts';
import { until } from '../../test/support/running-proxy.ts';
import { type FleetToken, openTestFleet } from '../../test/support/test-fleet.ts';
import type { FleetScheme } from './device-run.ts';
import { latencyOf } from './distribution.ts';

export interface DeviceFleetJob {
  readonly token: FleetToken;
  readonly profile: string;
  readonly keys: readonly { readonly scheme: AeadScheme; readonly label: string }[];
  readonly plaintextBytes: number;
  readonly aadBytes: number;
  /** For each figure. */
  readonly seconds: number;
}

/** In the order of the job's keys. */
export async function runDeviceFleet(job: DeviceFleetJob): Promise<FleetScheme[]> {
  const { fleet } = openTestFleet(job.token, {
    token: { profile: profileOf(job.profile), healthKey: undefined },
  });
  await using _ = fleet;
  await until(() => fleet.hosts().every(({ phase }) => phase === 'ready'), { withinMs: READY_MS });
  const results: FleetScheme[] = [];
  for (const { scheme, label } of job.keys) {
    const key = { token: 'soft', selector: { label } };
    const admitted = await fleet.describe(key, context());
    const role: KeyRole = { key, admitted, scheme, generation: 0, keyName: 'foo' };
    const aad = Buffer.alloc(job.aadBytes, 2);
    const plaintext = Buffer.alloc(job.plaintextBytes, 3);
    const seal = () => fleet.aead.seal({ ...role, plaintext, aad: () => aad }, context());
    const sealed = await seal();
    const open = async (): Promise<Sealed> => {
      await fleet.aead.open({ ...role, ...sealed, aad }, context());
      return sealed;
    };
    await drive(seal, AT_A_TIME, job.seconds / 4);
    const alone = await drive(seal, 1, job.seconds);
    const sealing = await drive(seal, AT_A_TIME, job.seconds);
    const opening = await drive(open, AT_A_TIME, job.seconds);
    results.push({
      alone: { ...latencyOf(Float64Array.from(alone.latencies)), perSecond: alone.perSecond },
      sealPerSecond: sealing.perSecond,
      openPerSecond: opening.perSecond,
      errors: alone.errors + sealing.errors + opening.errors,
    });
  }
  return results;
}

/** Keeps so many calls in flight. */
async function drive(work: () => Promise<unknown>, atATime: number, seconds: number) {
  const latencies: number[] = [];
  let errors = 0;
  const startedMs = performance.now();
  const endMs = startedMs + seconds * 1000;
  const worker = async (): Promise<void> => {
    for (let sentMs = performance.now(); sentMs < endMs; ) {
      try {
        await work();
      } catch {
        errors += 1;
      }
      const nowMs = performance.now();
      latencies.push(nowMs - sentMs);
      sentMs = nowMs;
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  const elapsed = (performance.now() - startedMs) / 1000;
  return { latencies, errors, perSecond: Math.round((latencies.length - errors) / elapsed) };
}

function context(): CallContext {
  return { tenant: 1, deadlineMs: performance.now() + DEADLINE_MS };
}

const AT_A_TIME = 16;
const READY_MS = 30_000;
const DEADLINE_MS = 10_000;
