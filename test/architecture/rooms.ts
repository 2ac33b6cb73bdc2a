/**
 * Which room of `src` may import what, as data. A room is a path prefix; the longest one that matches a file
 * is its room. Every room may import itself; what is not listed here is forbidden.
 */

export interface Room {
  /** Relative to src, `/` at the end unless it is a single file. */
  readonly path: string;
  /** Rooms it may import; `*` means any. */
  readonly rooms: readonly string[];
  /** Packages and Node.js modules it may import; `node:*` means any of Node.js. */
  readonly packages: readonly string[];
  /** Time and randomness come through ports alone: no Date.now(), new Date(), Math.random(), performance.now(). */
  readonly ownsNoClock?: true;
}

export const ROOMS: readonly Room[] = [
  { path: 'main.ts', rooms: ['*'], packages: ['node:*'] },
  { path: 'main-kms.ts', rooms: ['*'], packages: ['node:*'] },
  { path: 'listener-settings.ts', rooms: ['config/', 'edge/http/', 'domain/'], packages: ['node:*'] },
  { path: 'claim-state-dir.ts', rooms: ['config/', 'store/'], packages: ['node:*'] },
  { path: 'open-kms.ts', rooms: ['*'], packages: [] },
  { path: 'open-record-store.ts', rooms: ['config/', 'store/', 'domain/'], packages: ['node:*'] },
  { path: 'open-event-sinks.ts', rooms: ['config/', 'events/', 'domain/'], packages: ['node:*'] },
  { path: 'testing.ts', rooms: ['*'], packages: ['node:*'] },
  {
    path: 'cli/',
    rooms: [
      'main.ts',
      'open-record-store.ts',
      'config/',
      'hsm/',
      'store/',
      'engine/xks/',
      'edge/control/',
      'edge/http/',
      'log/',
      'domain/',
    ],
    packages: ['node:*', 'commander'],
  },
  { path: 'domain/', rooms: [], packages: [], ownsNoClock: true },
  { path: 'sigv4/', rooms: ['domain/'], packages: ['node:crypto'], ownsNoClock: true },
  { path: 'engine/xks/', rooms: ['domain/'], packages: ['node:crypto', '@noble/hashes'], ownsNoClock: true },
  {
    path: 'engine/kms/',
    rooms: ['domain/'],
    packages: [
      ...['node:crypto', 'node:os', 'node:util', 'node:worker_threads'],
      ...['@noble/hashes', '@noble/curves', '@noble/post-quantum'],
    ],
    ownsNoClock: true,
  },
  { path: 'edge/http/', rooms: ['sigv4/', 'domain/'], packages: ['node:*', 'express'], ownsNoClock: true },
  {
    path: 'edge/xks/',
    rooms: ['edge/http/', 'sigv4/', 'engine/xks/', 'domain/'],
    packages: ['node:*', 'express'],
    ownsNoClock: true,
  },
  {
    path: 'edge/kms/',
    rooms: ['edge/http/', 'edge/sts/', 'sigv4/', 'engine/kms/', 'domain/'],
    packages: ['node:*'],
    ownsNoClock: true,
  },
  {
    path: 'edge/metrics/',
    rooms: ['edge/http/', 'domain/'],
    packages: ['node:*', 'express'],
    ownsNoClock: true,
  },
  {
    path: 'edge/control/',
    rooms: ['edge/http/', 'domain/'],
    packages: ['node:*', 'express'],
    ownsNoClock: true,
  },
  { path: 'edge/sts/', rooms: ['domain/'], packages: [], ownsNoClock: true },
  { path: 'store/', rooms: ['domain/'], packages: ['node:*', 'pg'], ownsNoClock: true },
  { path: 'schedule/', rooms: ['domain/'], packages: ['node:*'], ownsNoClock: true },
  { path: 'events/', rooms: ['domain/'], packages: ['node:*'], ownsNoClock: true },
  { path: 'hsm/material/', rooms: ['domain/'], packages: ['node:crypto'], ownsNoClock: true },
  {
    path: 'hsm/asymmetric/',
    rooms: ['domain/'],
    packages: [
      'node:crypto',
      'node:module',
      '@noble/curves',
      '@noble/post-quantum',
      '@peculiar/asn1-ecc',
      '@peculiar/asn1-pkcs8',
      '@peculiar/asn1-schema',
      '@peculiar/asn1-x509',
    ],
    ownsNoClock: true,
  },
  { path: 'hsm/vault/', rooms: ['domain/', 'hsm/'], packages: ['node:crypto', 'shamir-secret-sharing'] },
  {
    path: 'hsm/software/',
    rooms: ['domain/', 'hsm/'],
    packages: ['node:crypto', 'node:util', '@noble/curves'],
  },
  { path: 'config/', rooms: ['domain/', 'hsm/devices/'], packages: ['node:*', 'zod', 'yaml'] },
  { path: 'metrics/', rooms: ['domain/'], packages: ['prom-client'] },
  { path: 'log/', rooms: ['domain/'], packages: ['node:*', 'winston'] },
  { path: 'hsm/', rooms: ['domain/'], packages: ['node:*'] },
  { path: 'hsm/aead/', rooms: ['domain/', 'hsm/'], packages: ['node:crypto'] },
  { path: 'hsm/devices/', rooms: ['domain/'], packages: [] },
  { path: 'hsm/wire/', rooms: ['domain/', 'hsm/devices/'], packages: ['node:*'] },
  { path: 'hsm/supervisor/', rooms: ['domain/', 'hsm/wire/', 'hsm/devices/'], packages: ['node:*'] },
  {
    path: 'hsm/host/',
    rooms: [
      'domain/',
      'hsm/wire/',
      'hsm/devices/',
      'hsm/pkcs11/',
      'hsm/aead/',
      'hsm/material/',
      'hsm/asymmetric/',
    ],
    packages: ['node:*', 'pkcs11js', 'graphene-pk11'],
  },
  {
    path: 'hsm/pkcs11/',
    rooms: ['domain/', 'hsm/devices/', 'hsm/material/', 'hsm/asymmetric/'],
    packages: ['node:*', 'pkcs11js', 'graphene-pk11'],
  },
];

/** Rooms of which other rooms of the same parent may import nothing, although `hsm/` as a whole may be imported. */
export const PRIVATE_ROOMS: ReadonlyMap<string, readonly string[]> = new Map([
  ['hsm/pkcs11/', ['hsm/host/', 'hsm/pkcs11/']],
  ['hsm/host/', ['hsm/host/']],
]);

/** The only files that read the environment: one for each kind of process. */
export const ENVIRONMENT_FILES: readonly string[] = ['config/env.ts', 'hsm/host/environment.ts'];

export const MAX_FILE_LINES = 500;
