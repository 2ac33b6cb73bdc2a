/** A token host in the process of the test, over a socket pair, so that a test can stand between it and the module. */
import { duplexPair } from 'node:stream';
import type { PKCS11 } from 'pkcs11js';
import { type Mock, vi } from 'vitest';
import type { HealthKey } from '../../src/domain/hsm/health-key.ts';
import type { CallToken } from '../../src/hsm/aead/token-call.ts';
import type { DeviceProfile } from '../../src/hsm/devices/profile.ts';
import { softhsm2 } from '../../src/hsm/devices/softhsm2.ts';
import { TokenHost } from '../../src/hsm/host/token-host.ts';
import { HostLink } from '../../src/hsm/supervisor/host-link.ts';
import { decodeJson, encodeJson, type PreparedToken } from '../../src/hsm/wire/messages.ts';
import { realClock } from './test-fleet.ts';
import type { TestToken } from './token.ts';

export interface InProcessHost {
  readonly link: HostLink;
  readonly onUnfit: Mock<(reason: string) => void>;
  /** Sends to the host whatever the key's token. */
  readonly call: CallToken;
  prepare(healthKey?: HealthKey): Promise<PreparedToken>;
}

/** Logged in; not prepared. */
export async function openInProcessHost(
  library: PKCS11,
  token: TestToken,
  profile: DeviceProfile = softhsm2,
): Promise<InProcessHost> {
  const [ours, theirs] = duplexPair();
  // As a socket does: what is wiped here once it is written has reached the other side.
  for (const end of [ours, theirs]) {
    const write = end.write.bind(end) as (chunk: Uint8Array, done?: () => void) => boolean;
    end.write = ((chunk: Uint8Array, done?: () => void) => write(Buffer.from(chunk), done)) as never;
  }
  new TokenHost(
    theirs,
    () => undefined,
    () => library,
  );
  const onUnfit = vi.fn<(reason: string) => void>();
  const events = { onGreeting: () => undefined, onClosed: () => undefined, onLost: () => undefined, onUnfit };
  const link = new HostLink({
    pid: 1,
    socket: ours,
    profile,
    clock: realClock,
    maxQueue: 10,
    events,
  });
  const which = { module: token.paths.module, profile, token: { label: token.label } };
  await link.call('open', encodeJson(which));
  await link.call('login', Buffer.from(token.pin));
  return {
    link,
    onUnfit,
    call: (_key, operation, body, context) => link.call(operation, body, context),
    prepare: async (healthKey) =>
      decodeJson<PreparedToken>(await link.call('prepare', encodeJson(healthKey ? { healthKey } : {}))),
  };
}
