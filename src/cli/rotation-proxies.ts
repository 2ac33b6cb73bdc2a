/** Whether the running proxies are ready for a step of a rotation: asked through their control sockets. */
import { selectorText } from '../domain/hsm/key-selector.ts';
import type { MappedKey } from '../domain/xks/key-store.ts';
import { controlGet } from '../edge/control/control-client.ts';
import type { GenerationInForce } from '../engine/xks/generations-in-force.ts';
import { CliFault } from './cli-fault.ts';
import type { RotatedKey, RotateOptions } from './keys-rotate.ts';

type Asked = Pick<RotateOptions, 'control' | 'allProxiesReloaded' | 'prefix'>;

/** Refuses unless every proxy can open what others will encrypt with this generation. @req X-38 */
export async function requireAllDecrypt(rotated: RotatedKey, target: MappedKey, asked: Asked): Promise<void> {
  await requireOfAll(rotated, asked, (generations) => {
    const found = generations.find(({ generation }) => generation === target.generation);
    if (found === undefined) return `has no generation ${target.generation} in force; reload it`;
    const same =
      found.token === target.key.token &&
      found.selector === selectorText(target.key.selector) &&
      found.scheme === target.scheme;
    if (!same)
      return `has another key as generation ${target.generation} in force; give it this file and reload it`;
    return found.decrypts
      ? undefined
      : `cannot decrypt with generation ${target.generation}: ${found.reason}`;
  });
}

/** Refuses while a proxy encrypts with this generation: others could no longer open it. @req X-38 */
export async function requireNoneEncrypts(
  rotated: RotatedKey,
  target: MappedKey,
  asked: Asked,
): Promise<void> {
  await requireOfAll(rotated, asked, (generations) =>
    generations.some(({ generation, current }) => current && generation === target.generation)
      ? `still encrypts with generation ${target.generation}; reload it`
      : undefined,
  );
}

async function requireOfAll(
  { config, mapped }: RotatedKey,
  { control, allProxiesReloaded, prefix }: Asked,
  obstacle: (generations: readonly GenerationInForce[]) => string | undefined,
): Promise<void> {
  const { fleetSize } = config.proxy;
  if (new Set(control).size < fleetSize && !allProxiesReloaded) {
    throw new CliFault(
      'refused',
      `proxy.fleetSize is ${fleetSize}, and ${new Set(control).size} of them can be asked; name the control socket of each with --control, or say --all-proxies-reloaded`,
    );
  }
  const refusals: string[] = [];
  for (const socket of control) {
    // An older release does not tell, and is as good as a proxy without the generation.
    const { generations = [] } = (await controlGet(socket, '/status')) as {
      readonly generations?: readonly GenerationInForce[];
    };
    const ofKey = generations.filter(
      ({ pathPrefix, externalKeyId }) => pathPrefix === prefix && externalKeyId === mapped.externalKeyId,
    );
    const reason = obstacle(ofKey);
    if (reason !== undefined) refusals.push(`the proxy at ${socket} ${reason}`);
  }
  if (refusals.length > 0) throw new CliFault('refused', refusals.join('\n'));
}
