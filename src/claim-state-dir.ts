/** The folder of what must survive a restart, and that it is one process's where several listen on one port. */
import fs from 'node:fs';
import path from 'node:path';
import type { PortcullisConfig } from './config/portcullis-config.ts';

/**
 * Makes the folder where there is none. Processes that share a port must not share it: each would overwrite what the
 * other has counted there. Without a shared port, the port itself keeps a second process out. Rejects with a
 * StoreFailure when another process has the folder; dispose of the claim when this one is done with it.
 */
export async function claimStateDir({ stateDir, proxy, kms }: PortcullisConfig): Promise<DisposableStack> {
  fs.mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const claim = new DisposableStack();
  if (proxy.reusePort || kms?.reusePort === true) {
    const { FileLock } = await import('./store/sqlite/file-lock.ts');
    claim.use(
      FileLock.take(
        path.join(stateDir, 'process.lock'),
        `stateDir ${stateDir} is in use by another process: give each process that shares a port a folder of its own`,
      ),
    );
  }
  return claim;
}
