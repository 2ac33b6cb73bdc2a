/** Opens what the configuration of a KMS engine names: its store, its vault and where its events go. */
import type { KmsConfig } from './config/portcullis-config.ts';
import type { Clock } from './domain/ports/clock.ts';
import type { Entropy } from './domain/ports/entropy.ts';
import type { KeyVault } from './domain/ports/key-vault.ts';
import type { Log } from './domain/ports/log.ts';
import type { EventMeter, Meter } from './domain/ports/meter.ts';
import type { RecordStore } from './domain/ports/record-store.ts';
import type { Fleet } from './hsm/fleet.ts';
import { SoftwareVault } from './hsm/software/software-vault.ts';
import { readDomain } from './hsm/vault/domain-keys.ts';
import { TokenVault } from './hsm/vault/token-vault.ts';
import { KmsFace } from './main-kms.ts';
import { openEventSinks } from './open-event-sinks.ts';
import { openRecordStore } from './open-record-store.ts';

/** The store has no domain whose keys could wrap anything: `portcullis domain init` makes one. */
class NoDomain extends Error {
  override readonly name = 'NoDomain';
}

export interface OpenKmsOptions {
  readonly config: KmsConfig;
  readonly fleet: Fleet;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly meter: EventMeter & Pick<Meter, 'kmsRequest'>;
}

/**
 * Opens the store, finds the domain and starts the engine. Tokens that are down do not stop it. Rejects with a
 * StoreFailure, a SeedConflict or {@link NoDomain}.
 */
export async function openKms({ config, fleet, ...outside }: OpenKmsOptions): Promise<KmsFace> {
  const store = await openRecordStore(config.store, outside.log);
  try {
    const vault = await openVault({ config, store, fleet, entropy: outside.entropy });
    const shared = typeof config.store === 'object' && 'postgres' in config.store;
    const events = { sinks: openEventSinks(config.events), shared, meter: outside.meter };
    const face = await KmsFace.start({ ...outside, config, store, vault, events });
    face.wrapAgain();
    return face;
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

async function openVault({
  config,
  store,
  fleet,
  entropy,
}: Pick<OpenKmsOptions, 'config' | 'fleet' | 'entropy'> & {
  readonly store: RecordStore;
}): Promise<KeyVault> {
  if (config.token === undefined) return new SoftwareVault({ entropy });
  const domain = await readDomain(store);
  if (domain === undefined)
    throw new NoDomain(
      'the store of the KMS engine has no domain yet; run: portcullis domain init --config <file>',
    );
  return new TokenVault({ tokens: fleet, entropy, domain: domain.body });
}
